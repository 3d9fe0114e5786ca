"""The tests of the formulas, tested: each bug of the museum, put into a copy of the source, makes one of them fail.

A mutant is a bug that somebody has made, written as a replacement in the source of `scores.py` or `attention.py`. The
module's own test file runs on that copy, in a second Python which imports torch once for all of them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]


class Mutant(NamedTuple):
    """A bug: in which module, and what stands there instead of what."""

    module: str
    edits: dict[str, str]


SCALED = "(queries / math.sqrt(queries.shape[-1])) @ keys.mT"
TANH = "(queries @ W_q.mT).unsqueeze(-2) + (keys @ W_k.mT).unsqueeze(-3),\n    ) @ w_v"
SOFTMAX = "torch.softmax(scores, dim=-1)"
CONTEXT = "weights = attention_distribution(scores, mask)\n    context = weights @ values\n    return context, weights"
ASKED = "scores = score(queries, keys)\n    weights"
MASKED = "scores = _masked(scores, mask)"
HIDDEN = "scores.masked_fill(~mask, -torch.inf)"
NO_KEY = "scores = scores.masked_fill(no_key, 0.0)"
ARGMAX = "scores.argmax(dim=-1, keepdim=True)"

MUTANTS = {
    # the scores
    "no root of d": Mutant("scores", {SCALED: "queries @ keys.mT"}),
    "divided by d, not by its root": Mutant("scores", {SCALED: "(queries / queries.shape[-1]) @ keys.mT"}),
    "the root of the number of keys": Mutant("scores", {SCALED: "(queries / math.sqrt(keys.shape[-2])) @ keys.mT"}),
    "the root of d, after an overflow": Mutant("scores", {SCALED: "queries @ keys.mT / math.sqrt(queries.shape[-1])"}),
    "the root of d, written into the queries": Mutant("scores", {SCALED: SCALED.replace(" / ", ".div_(") + ")"}),
    "tanh left out": Mutant("scores", {f"torch.tanh(\n        {TANH}": f"torch.positive(\n        {TANH}"}),
    "additive, the query dropped": Mutant("scores", {TANH: TANH.replace("W_q.mT)", "W_q.mT * 0)")}),
    "W transposed, where it can be": Mutant(
        "scores", {"queries @ W @ keys.mT": "queries @ (W.mT if W.shape[0] == W.shape[1] else W) @ keys.mT"}
    ),
    # the distribution
    "softmax over the queries": Mutant("attention", {SOFTMAX: "torch.softmax(scores, dim=max(-2, -scores.dim()))"}),
    "no maximum subtracted": Mutant(
        "attention", {SOFTMAX: "scores.exp().div(scores.exp().sum(dim=-1, keepdim=True))"}
    ),
    "multiplied by the temperature": Mutant(
        "attention", {"gaps / (temperature / 2)": "gaps * (2 * temperature)"}
    ),
    "exponentials in half precision": Mutant("attention", {"torch.promote_types(dtype, torch.float32)": "dtype"}),
    "a row without keys is NaN": Mutant("attention", {NO_KEY: "pass", ".masked_fill(no_key, 0.0).to": ".to"}),
    "a row without keys is uniform": Mutant("attention", {".masked_fill(no_key, 0.0).to": ".to"}),
    "a row without keys is NaN on the way back": Mutant("attention", {NO_KEY: "pass"}),
    "NaN swallowed": Mutant("attention", {MASKED: f"{MASKED}.nan_to_num(-torch.inf, torch.inf, -torch.inf)"}),
    # the mask
    "the mask upside down": Mutant("attention", {HIDDEN: "scores.masked_fill(mask, -torch.inf)"}),
    "the mask added, as 0 and -1": Mutant("attention", {HIDDEN: "scores - (~mask).to(scores.dtype)"}),
    "hidden scores of 0": Mutant("attention", {HIDDEN: "scores.masked_fill(~mask, 0.0)"}),
    "the mask after the softmax": Mutant(
        "attention", {HIDDEN: "scores", ".masked_fill(no_key, 0.0).to": ".mul(True if mask is None else mask).to"}
    ),
    "the mask written into the scores": Mutant("attention", {HIDDEN: HIDDEN.replace("fill", "fill_")}),
    "the mask turned round in the caller's hands": Mutant(
        "attention", {HIDDEN: HIDDEN.replace("~mask", "mask.logical_not_()")}
    ),
    # the average
    "the query dropped": Mutant(
        "attention", {ASKED: ASKED.replace("queries", "queries[..., :1, :].expand_as(queries)")}
    ),
    "the root of d, twice": Mutant(
        "attention", {ASKED: ASKED.replace("queries", "queries / queries.shape[-1] ** 0.5")}
    ),
    "weights not used": Mutant(
        "attention", {CONTEXT: CONTEXT.replace("weights @", "weights.sign() / weights.shape[-1] @")}
    ),
    "scores averaged, not values": Mutant(
        "attention",
        {CONTEXT: CONTEXT.replace("weights @ values", "(weights * scores).sum(-1, True).expand_as(weights @ values)")},
    ),
    "a batch taken for the sequence": Mutant(
        "attention",
        {
            ASKED: f"queries, keys, values = (each.transpose(0, -2) for each in (queries, keys, values))\n    {ASKED}",
            CONTEXT: CONTEXT.replace("return context,", "return context.transpose(0, -2),"),
        },
    ),
    "a batch drawn as queries": Mutant(
        "attention", {CONTEXT: CONTEXT.replace("context, weights", "context, weights.transpose(0, -2)")}
    ),
    "the weights cut off from the gradient": Mutant(
        "attention", {CONTEXT: CONTEXT.replace("weights @", "weights.detach() @")}
    ),
    "the last of equal scores wins": Mutant(
        "attention", {ARGMAX: f"scores.shape[-1] - 1 - {ARGMAX.replace('scores', 'scores.flip(-1)')}"}
    ),
    "hard attention swallows NaN": Mutant(
        "attention", {"weights = weights.masked_fill(scores.isnan().any(-1, True), torch.nan)": "pass"}
    ),
}  # fmt: skip

EXHIBITS = {  # the bugs of chapter 7, each by the name of its function there
    "root_left_out": "no root of d",
    "root_taken_twice": "the root of d, twice",
    "first_query_for_all": "the query dropped",
    "softmax_over_queries": "softmax over the queries",
    "scores_averaged": "scores averaged, not values",
    "batch_as_sequence": "a batch taken for the sequence",
    "mask_after_softmax": "the mask after the softmax",
    "mask_upside_down": "the mask upside down",
    "mask_written_into": "the mask turned round in the caller's hands",
}

RUNNER = """
import contextlib, json, sys
import pytest

class Failures:
    def __init__(self):
        self.found = {}

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.found[report.nodeid] = str(report.longrepr)[-2000:]

    def pytest_collectreport(self, report):
        if report.failed:
            self.found["collection"] = str(report.longrepr)[-2000:]

for line in sys.stdin:  # a folder with a package, and the tests to run on it: answered with what failed
    folder, *options = json.loads(line)
    failures = Failures()
    sys.path.insert(0, folder)
    with contextlib.redirect_stdout(sys.stderr):
        code = pytest.main(options, plugins=[failures])
    sys.path.remove(folder)
    origin = getattr(sys.modules.get("attn_lesson.scores"), "__file__", "")
    for name in list(sys.modules):
        if name.partition(".")[0] in {"attn_lesson", "conftest", "test_scores", "test_attention"}:
            del sys.modules[name]
    print(json.dumps([int(code), origin, failures.found]), flush=True)
"""
RunTests = Callable[[Mutant | None, tuple[str, ...]], tuple[int, dict[str, str]]]


@pytest.fixture(scope="module")
def run_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunTests]:
    """Give a function that puts a bug into a copy of the package, and runs tests on the copy until one fails."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTEST_ADDOPTS": ""}
    line = [sys.executable, "-c", RUNNER]
    with subprocess.Popen(line, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdin is not None
        assert runner.stdout is not None
        requests, answers = runner.stdin, runner.stdout

        def run(mutant: Mutant | None, modules: tuple[str, ...]) -> tuple[int, dict[str, str]]:
            folder = tmp_path_factory.mktemp("mutant")
            package = folder / "attn_lesson"
            shutil.copytree(ROOT / "attn_lesson", package, ignore=shutil.ignore_patterns("__pycache__"))
            if mutant is not None:
                put_in(mutant, package / f"{mutant.module}.py")
            (folder / "pytest.ini").write_text("[pytest]\nmarkers = cuda\n", encoding="utf-8")
            # neither an oracle that takes seconds to import, nor a compiler
            chosen = ["-k", "not (d2l or compiles)", *(str(ROOT / "tests" / f"test_{module}.py") for module in modules)]
            options = ["-x", "-q", "-p", "no:cacheprovider", "-c", str(folder / "pytest.ini")]
            print(json.dumps([str(folder), *options, *chosen]), file=requests, flush=True)
            answer = answers.readline()
            assert answer, "the second Python has ended; what it said stands above"
            code, origin, failures = json.loads(answer)
            assert Path(origin).is_relative_to(folder), f"the tests ran on {origin}, not on the copy"
            return code, failures

        yield run
        requests.close()  # which ends its loop


def put_in(mutant: Mutant, file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    for old, new in mutant.edits.items():
        assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {file.name}, and 1 is needed"
        source = source.replace(old, new)
    file.write_text(source, encoding="utf-8")


def test_the_package_as_it_is_passes(run_tests: RunTests) -> None:
    assert run_tests(None, ("scores", "attention")) == (0, {})


def test_each_exhibit_of_the_museum_is_a_mutant() -> None:
    rooms = (ROOT / "chapters" / "07_museum_of_bugs.md").read_text(encoding="utf-8").split("\n## Exercises")[0]
    shown = re.findall(r"^def (\w+)\(queries, keys, values, mask=None\)", rooms, re.MULTILINE)
    aside = {"attend", "fourth_root", "no_query_at_all", "scores_times_mask"}  # right, or relatives of an exhibit
    assert [name for name in shown if name not in aside] == list(EXHIBITS)
    assert set(EXHIBITS.values()) <= set(MUTANTS)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed(name: str, run_tests: RunTests) -> None:
    code, failures = run_tests(MUTANTS[name], (MUTANTS[name].module,))
    assert code == 1, f"expected a test to fail for: {name}; exit status {code}, {failures}"
    assert "collection" not in failures, failures
