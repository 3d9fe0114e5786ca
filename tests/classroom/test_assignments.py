"""The four assignments hold: right answers score full, known mistakes what they should, and nothing leaks."""

import ast
import json
import re
import subprocess
import sys
import time
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch

from attn_classroom.assignment import PUBLIC, load
from attn_classroom.checking import check
from attn_classroom.judging import Referee, run_tests
from attn_classroom.releasing import find_leaks, notebook, release
from attn_classroom.student import Here, Student

ROOT = Path(__file__).parents[2]
NAMES = ("distribution", "scoring_functions", "soft_attention", "museum_of_bugs")


@pytest.fixture(scope="module", params=NAMES)
def assignment(request):
    return load(str(ROOT / "assignments" / request.param))


def code_of(text: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]


def names_of(assignment) -> dict[str, object]:
    """Run the solved notebook here, without its checks."""
    names: dict[str, object] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of Matplotlib about torch are not the assignment's
        for source in code_of(notebook(assignment, solved=True)):
            if not source.startswith("check("):
                exec(source, names)
    plt.close("all")
    return names


def test_there_are_four():
    assert sorted(
        path.stem for path in (ROOT / "assignments").glob("*/*.md") if path.stem == path.parent.name
    ) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_verifies(name):
    line = [sys.executable, "-m", "attn_classroom", "verify", f"assignments/{name}", "--jobs", "2", "--seeds", "1"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the solution (seed 1): 20, expected 20" in done.stdout
    assert "the untouched release (seed 1): 0, expected 0" in done.stdout


def test_it_is_stable_under_seeds(assignment):
    """Without a sandbox, for speed: the solution passes whatever the inputs."""
    names = names_of(assignment)
    for seed in range(5):
        student = Student(Here(names))
        outcomes = run_tests(assignment.tests, Referee(lambda s=student: s, lambda s=student: s, seed))
        assert [each.test for each in outcomes if not each.passed] == []


def test_it_is_released_without_solutions_or_hidden_tests(assignment, site, tmp_path):
    files = release(assignment, tmp_path / "once", site)
    release(assignment, tmp_path / "twice", site)
    assert [path.relative_to(tmp_path / "once").as_posix() for path in files] == [
        f"{assignment.name}.ipynb",
        f"tests/{PUBLIC}",
    ]
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert find_leaks(assignment, text) == []
        assert text == (tmp_path / "twice" / path.relative_to(tmp_path / "once")).read_text(encoding="utf-8")
    assert find_leaks(assignment, notebook(assignment, solved=True)) != []


def test_it_needs_torch_alone(assignment):
    sources = [*code_of(notebook(assignment, solved=True)), *assignment.tests.values()]
    imported = {
        name.split(".")[0]
        for source in sources
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    drawn = {"matplotlib"} if assignment.name == "soft_attention" else set()  # its broken picture has to be seen
    assert imported - set(sys.stdlib_module_names) <= {"torch", "pytest", "attn_classroom"} | drawn


def test_every_question_is_checked_graded_and_in_the_rubric(assignment):
    text = notebook(assignment)
    checked = set(re.findall(r'^check\("(\w+)"\)$', "\n".join(code_of(text)), re.MULTILINE))
    outcomes = run_tests(assignment.tests, Referee(lambda: Student(Here({})), lambda: Student(Here({})), 0))
    assert checked == {each.question for each in outcomes}
    assert sum(each.points for each in outcomes) == 20
    assert all(each.hint for each in outcomes)
    rubric = (ROOT / "assignments" / assignment.name / "rubric.md").read_text(encoding="utf-8").replace("_", " ")
    assert [name for name in checked if name.replace("_", " ") not in rubric] == []


def test_known_mistakes_are_listed(assignment):
    assert len(assignment.wrong) >= 10
    assert len({each.name for each in assignment.wrong}) == len(assignment.wrong)
    assert all(0 <= each.score < 20 for each in assignment.wrong)


@pytest.fixture
def one_thread():
    """Several threads of torch spin while they wait for one another: work, on a busy machine, that is none."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_a_student_is_answered_within_a_second_of_work(assignment, tmp_path, monkeypatch, capsys):
    """The fastest of three: what else runs here takes none of the work's time, and half a minute of waiting is much."""
    release(assignment, tmp_path)
    monkeypatch.chdir(tmp_path)
    names = names_of(assignment) | {"check": check}
    work, waiting = [], []
    for _ in range(3):
        start = time.process_time(), time.monotonic()
        exec("check()", names)
        work.append(time.process_time() - start[0])
        waiting.append(time.monotonic() - start[1])
        assert "All public tests pass" in capsys.readouterr().out
    assert min(work) < 1
    assert min(waiting) < 30


def test_the_site_gives_no_answer_away(assignment, site):
    pages = [path for path in site.rglob("*") if path.suffix in {".html", ".ipynb", ".py", ".md", ".js", ".txt"}]
    assert len(pages) > 20
    assert {
        path for path in pages if find_leaks(assignment, path.read_text(encoding="utf-8", errors="replace"))
    } == set()
