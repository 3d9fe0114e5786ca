"""The commands: what make offers, what it installs, and that a skipped test cannot pass in CI."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytest_plugins = ["pytester"]

VERBS = ["bench", "book", "check", "clean", "help", "lab", "notebooks", "pdf", "test"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run_make(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("make") is None:
        pytest.skip("no make on this machine")
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_make_alone_lists_its_verbs() -> None:
    assert sorted(re.findall(r"^  make (\w+) +\S", run_make().stdout, flags=re.MULTILINE)) == VERBS


@pytest.mark.parametrize("version", ["3.10", "3.14"])
def test_another_python_is_refused_in_one_sentence(tmp_path: Path, version: str) -> None:
    stranger = tmp_path / "python"
    code = f"import sys; sys.version_info = ({version.replace('.', ', ')}, 0)"
    stranger.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}" && exit\n'
        f'[ "$1" = -c ] || exit 9\nexec {sys.executable} -c "{code}; $2"\n'
    )
    stranger.chmod(0o755)
    answer = run_make("--always-make", f"PYTHON={stranger}", ".venv/.stamp-test")
    assert answer.returncode != 0
    assert f"This book needs Python 3.11, 3.12 or 3.13, and '{stranger}' is: Python {version}." in answer.stderr


def test_everything_is_pinned_exactly_and_once() -> None:
    pins = [line for line in CONSTRAINTS if line and not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+( ; .+)?", pin)] == []
    names = [re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins if ";" not in pin]
    assert len(names) == len(set(names))
    wanted = PROJECT["dependencies"] + [name for extra in PROJECT["optional-dependencies"].values() for name in extra]
    wanted = {re.match(r"[\w-]+", name)[0].lower().replace("_", "-") for name in wanted} - {"attn-lesson"}
    assert wanted - set(names) == set()


def test_torch_is_pinned_without_a_build() -> None:
    assert "torch==2.13.0" in CONSTRAINTS
    assert "+cpu" not in "".join(line for line in CONSTRAINTS if not line.startswith("#"))


def test_d2l_is_no_dependency() -> None:
    declared = str(PROJECT["dependencies"]) + str(PROJECT["optional-dependencies"]) + "".join(CONSTRAINTS[3:])
    assert "d2l" not in declared
    assert "torchvision" not in declared


def test_the_package_alone_brings_nothing_of_the_book() -> None:
    assert {re.match(r"\w+", name)[0] for name in PROJECT["dependencies"]} == {"torch", "matplotlib", "numpy"}


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A test suite under our conftest.py: one test that passes, one that is skipped."""
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile("import pytest\ndef test_a(): pass\n@pytest.mark.skip(reason='no d2l')\ndef test_b(): pass\n")
    return pytester


def test_a_skip_is_a_skip_at_home(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    suite.runpytest_subprocess().assert_outcomes(passed=1, skipped=1)


def test_a_skip_fails_in_ci(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = suite.runpytest_subprocess()
    assert result.ret != 0
    assert result.parseoutcomes()["passed"] == 1
    assert "skipped" not in result.parseoutcomes()
    result.stdout.fnmatch_lines(["*skipped where nothing may be skipped: *no d2l*"])


def test_a_skipped_file_fails_in_ci(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    suite.makepyfile(test_other="import pytest\npytest.importorskip('a_library_that_is_not_there')\n")
    result = suite.runpytest_subprocess("test_other.py")
    assert result.ret != 0
    assert result.parseoutcomes() == {"errors": 1}


def test_only_a_test_of_cuda_may_be_skipped_in_ci(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers = cuda: needs a CUDA device\n")
    pytester.makepyfile("import pytest\n@pytest.mark.cuda\n@pytest.mark.skip(reason='no GPU')\ndef test_c(): pass\n")
    pytester.runpytest_subprocess().assert_outcomes(skipped=1)
