"""The commands: what they say, what they write, and their exit status. And doctor, ready, new and verify below them."""

import csv
import inspect
import json
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from click.testing import Result
from typer.testing import CliRunner

from attn_classroom import doctor, grading, scaffold, verifying
from attn_classroom.__main__ import app
from attn_classroom.assignment import Assignment, AssignmentError, load
from attn_classroom.isolation import IsolationError, Walls
from attn_classroom.limits import Limits
from attn_classroom.outcomes import Outcome
from attn_classroom.ready import run_clean, unseen
from attn_classroom.releasing import notebook, release
from attn_classroom.run import OTHER
from attn_classroom.task import Task, Verdict
from attn_classroom.verifying import Finding, verify


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})


def said(result: Result) -> str:
    return " ".join(result.output.split())


# -- new


def test_a_new_assignment_can_be_read_and_released(tmp_path: Path) -> None:
    folder = scaffold.create("my_first", tmp_path / "assignments")
    made = load(str(folder))
    assert (made.name, [*made.of_kind("answer")], len(made.wrong)) == ("my_first", ["row_means"], 2)
    assert "NAME" not in "".join(path.read_text() for path in folder.rglob("*.*"))
    release(made, tmp_path / "out")


def test_a_new_assignment_already_verifies(tmp_path: Path) -> None:
    made = load(str(scaffold.create("my_first", tmp_path)))
    with ThreadPoolExecutor(2) as executor:
        findings = list(verify(made, executor, Limits(), seeds=(1,), unsafe=True))
    assert [(each.what, each.seed, each.expected) for each in findings] == [
        ("the solution", 1, 4),
        ("the untouched release", 1, 0),
        ("the mean of each column", 1, 0),
        ("rows on the second axis, wherever the last one is", 1, 2),
    ]
    assert [(each.what, each.score) for each in findings if not each.holds] == []


@pytest.mark.parametrize("name", ["", "a b", "a-b", "1a", "../a", "ü", "a/b"])
def test_a_name_that_will_not_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(AssignmentError, match="an assignment's name needs letters, digits and underscores alone, got"):
        scaffold.create(name, tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    scaffold.create("mine", tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(AssignmentError, match=r"^there is already something at .*mine$"):
        scaffold.create("mine", tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_the_command_new(tmp_path: Path) -> None:
    result = typed("new", "mine", "--folder", tmp_path)
    assert result.exit_code == 0
    assert "Try: attn-classroom verify mine" in said(result)
    assert (tmp_path / "mine" / "mine.md").is_file()
    assert typed("new", "mine", "--folder", tmp_path).exit_code == 2


# -- release


def test_the_command_release(toy_folder: Path, tmp_path: Path) -> None:
    result = typed("release", toy_folder, "-o", tmp_path / "out", "--site", tmp_path / "site")
    assert result.exit_code == 0
    assert "toy.ipynb" in result.output
    assert "no built site" in said(result)
    assert (tmp_path / "out" / "toy.ipynb").is_file()


def test_the_command_release_refuses(toy_folder: Path) -> None:
    result = typed("release", toy_folder, "-o", toy_folder)
    assert result.exit_code == 2
    assert "toy is not released: " in said(result)
    result = typed("release", "no_such_assignment")
    assert result.exit_code == 2
    assert "no assignment 'no_such_assignment'" in said(result)


# -- verify


def finding(score: float, expected: float, why: str = "") -> Finding:
    outcome = Outcome("q", "test_a", 4, False, True, "expected [1], got [2]", "h")
    passed = Outcome("q", "test_b", score, True, True, "", "h")
    return Finding("three times", 2, expected, Verdict((outcome, passed), why, ("changed given cell: [x]",)))


def test_a_finding_holds_where_the_score_is_as_expected_and_it_was_graded() -> None:
    assert finding(1.5, 1.5).holds
    assert not finding(1, 1.5).holds
    assert not finding(0, 0, "the file is empty").holds


@pytest.mark.parametrize(("score", "status"), [(2, 0), (1, 1)])
def test_the_command_verify(toy_folder: Path, monkeypatch: pytest.MonkeyPatch, score: float, status: int) -> None:
    monkeypatch.setattr(verifying, "verify", lambda *_, **__: [finding(2, 2), finding(score, 2)])
    result = typed("verify", toy_folder)
    assert result.exit_code == status
    assert "ok three times (seed 2): 2, expected 2" in said(result)
    if status:
        assert "WRONG three times (seed 2): 1, expected 2" in said(result)
        assert "test_a: expected [1], got [2]" in said(result)
        assert "changed given cell: [x]" in said(result)
        assert "1 did not score what they should." in said(result)
    else:
        assert "holds." in said(result)


def test_a_mistake_that_the_tests_do_not_catch_is_found(toy: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    passed = Outcome("q", "test_a", 1, True, True, "", "h")
    monkeypatch.setattr(verifying, "judge_apart", lambda _: Verdict((passed,)))
    missed = replace(toy, wrong=(replace(toy.wrong[0], score=0),))
    with ThreadPoolExecutor(2) as executor:
        *_, last = verify(missed, executor, Limits(), seeds=(1,), unsafe=True)
    assert (last.what, last.score, last.expected, last.holds) == ("three times", 1, 0, False)


# -- doctor


def test_the_walls_of_this_machine_hold(walls: Walls) -> None:
    assert walls
    findings = list(doctor.examine(Limits()))
    assert [each.what for each in findings if not each.good] == []
    assert len(findings) == 11
    assert findings[0].what == "a sandbox starts"


def test_another_system_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    (only,) = doctor.examine(Limits())
    assert not only.good
    assert only.detail.startswith("no sandbox here: this is Darwin.")


@pytest.mark.parametrize("text", ["no sandbox here: bubblewrap is missing", "the sandbox did not start"])
def test_without_a_sandbox_nothing_more_is_tried(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def refuse() -> None:
        raise IsolationError(text)

    monkeypatch.setattr(doctor, "mounts", refuse)
    result = typed("doctor")
    assert result.exit_code == 1
    assert said(result).startswith("FAILS a sandbox starts")
    assert said(result).count("no sandbox here") == 1
    assert "apt-get install bubblewrap" in said(result) or "bubblewrap is missing" in said(result)


def test_the_command_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    def findings(_: Limits) -> Iterator[doctor.Finding]:
        yield doctor.Finding("the [network] is out of reach", True, "OSError")

    monkeypatch.setattr(doctor, "examine", findings)
    result = typed("doctor")
    assert (result.exit_code, said(result)) == (0, "ok the [network] is out of reach (OSError)")


# -- ready


@pytest.fixture
def unpacked(toy: Assignment, tmp_path: Path) -> Path:
    release(toy, tmp_path / "toy")
    return tmp_path / "toy" / "toy.ipynb"


def test_a_notebook_that_runs_is_ready_and_stays_as_it_is(toy: Assignment, unpacked: Path) -> None:
    unpacked.write_text(notebook(toy, solved=True))
    result = typed("ready", unpacked)
    assert result.exit_code == 0
    assert (
        said(result)
        == "double ✓ three All public tests pass (1 of 1 points). Hidden tests decide the rest. Every cell runs."
    )
    assert unpacked.read_text() == notebook(toy, solved=True)


def test_a_cell_that_stops_the_notebook_is_named(toy: Assignment, unpacked: Path) -> None:
    unpacked.write_text(notebook(toy, {"double": "1 / 0"}, solved=True))
    runs, text = run_clean(unpacked)
    assert not runs
    assert text == "cell 4 stops the notebook: ZeroDivisionError: division by zero\n\n1 / 0"


def test_the_grader_s_time_for_a_cell_is_the_student_s(toy: Assignment, unpacked: Path) -> None:
    assert inspect.signature(run_clean).parameters["seconds"].default == Limits().cell == 30
    unpacked.write_text(notebook(toy, {"limit": "import time\ntime.sleep(60)"}, solved=True))
    assert run_clean(unpacked, seconds=1) == (
        False,
        "cell 6 ran longer than 1 s; in the grader it would be stopped as well",
    )


def test_public_tests_that_never_end_are_told_apart_from_a_cell(
    toy: Assignment, unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limits, "total", 2)
    unpacked.write_text(notebook(toy, {"double": "def double(x):\n    while True: pass"}, solved=True))
    assert run_clean(unpacked) == (False, "the public tests ran longer than 2 s, with your answers")


def test_a_module_that_the_grader_lacks_is_named(toy: Assignment, unpacked: Path) -> None:
    """It is on this machine, so that every cell runs and every public test passes."""
    answer = "def double(x):\n    import scipy.special\n    return 2 * x"
    made = notebook(toy, {"double": answer, "limit": "import pandas as pd, torch\nlimit = 12345.0"}, solved=True)
    unpacked.write_text(made)
    result = typed("ready", unpacked)
    assert result.exit_code == 1
    assert "All public tests pass" in said(result)
    for name in ("scipy", "pandas"):
        assert f"This notebook imports {name}, which the grader's Python does not have: it fails there." in said(result)
    assert said(result).endswith("Not yet.")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import torch, numpy as np, os.path, matplotlib.pyplot as plt\nfrom torch.nn import functional as F", []),
        ("%matplotlib inline\n!pip install six\nimport six", ["six"]),
        ("%%time\nfrom d2l import torch as d2l", ["d2l"]),
        ("def f():\n    if 1:\n        import attn_lesson.scores", ["attn_lesson"]),
        ("from attn_classroom import check", []),
        ("from attn_classroom.testing import assert_tensor", ["attn_classroom.testing"]),
        ("import my_helpers\nimport my_helpers.more", ["my_helpers"]),
        ("print('import scipy')  # import scipy", []),
        ("import (", []),
        ("import typing_extensions, pylab, mpl_toolkits", []),
    ],
)
def test_what_the_grader_does_not_hold(source: str, names: list[str]) -> None:
    assert unseen([source]) == names


@pytest.mark.parametrize("text", ["", "hello", "[]"])
def test_what_is_no_notebook_is_not_ready(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.ipynb").write_text(text)
    result = typed("ready", tmp_path / "a.ipynb")
    assert result.exit_code == 2
    assert "a.ipynb is not a notebook that can be read" in said(result)
    assert typed("ready", tmp_path / "nowhere.ipynb").exit_code == 2


# -- grade


def handed_in(toy: Assignment, place: Path) -> Path:
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("=s1/toy.ipynb", notebook(toy, solved=True))
        archive.writestr("s2.ipynb", "not a notebook")
    return place


def test_the_command_grade_and_grading_on(toy: Assignment, toy_folder: Path, tmp_path: Path) -> None:
    place, out = handed_in(toy, tmp_path / "class.zip"), tmp_path / "out"
    (tmp_path / "roster.txt").write_text("=s1\ns2\n\n  s3  \r\n")
    grade = ("grade", toy_folder, place, "-o", out, "--unsafe-no-sandbox", "--roster", tmp_path / "roster.txt")
    result = typed(*grade, "--seed", 7)
    assert result.exit_code == 1  # two could not be graded
    assert "No sandbox: students' code runs with your rights, on your files." in said(result)
    assert "1 graded, 2 could not be; see" in said(result)
    with (out / "scores.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert (rows["'=s1"]["score"], rows["'=s1"]["status"]) == ("4", "graded")
    assert rows["s2"]["status"] == "not graded: the file is not a notebook (NotJSONError)"
    assert rows["s3"]["status"] == "not graded: nothing was handed in"
    assert all(row["flags"].startswith("graded without a sandbox") for row in rows.values())
    assert {path.name for path in out.iterdir()} == {
        *("=s1.json", "s2.json", "s3.json", "scores.csv", "summary.html", "run.json", "feedback")
    }
    assert json.loads((out / "run.json").read_text())["seed"] == 7
    again = typed(*grade)
    assert again.exit_code == 2
    assert "holds results: say --resume to go on, --regrade to grade anew, or another folder" in said(again)
    before = (out / "=s1.json").stat().st_mtime_ns
    resumed = typed(*grade, "--resume")
    assert resumed.exit_code == 1
    assert (out / "=s1.json").stat().st_mtime_ns == before  # not graded again
    assert json.loads((out / "run.json").read_text())["seed"] == 7
    alone = typed(*grade, "--only", "s2")
    assert alone.exit_code == 1
    assert "1 graded, 2 could not be" in said(alone)
    assert (out / "=s1.json").stat().st_mtime_ns == before


# -- grade, on results that are there


@pytest.fixture
def graded(toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """A class of three, graded once with points of 5; a function to grade it again, with points of 10.

    The notebook of `stop` is what the function raises instead.
    """
    points, stop = [5], {}

    def judge(task: Task) -> Verdict:
        if task.notebook.decode() in stop:
            raise stop[task.notebook.decode()]
        return Verdict((Outcome("q", "test_a", points[0], True, False, "", "h"),))

    monkeypatch.setattr(grading, "judge_apart", judge)
    (tmp_path / "class").mkdir()
    for name in ("ann", "bob", "cid"):
        (tmp_path / "class" / f"{name}.ipynb").write_text(name)
    place = ["grade", toy_folder, tmp_path / "class", "-o", tmp_path / "out"]
    assert typed(*place, "--seed", 5).exit_code == 0

    def grade_again(*words: object, change_tests: bool = True, **raised: BaseException) -> tuple[int, str]:
        if change_tests:
            (toy_folder / "tests" / "test_hidden.py").write_text("# mended")
            points[0] = 10
        stop.clear()
        stop.update(raised)
        result = typed(*place, *words)
        return result.exit_code, said(result)

    return grade_again


def scores(tmp_path: Path) -> dict[str, tuple[str, str, str]]:
    with (tmp_path / "out" / "scores.csv").open(newline="", encoding="utf-8-sig") as file:
        return {row["student"]: (row["score"], row["points"], row["status"]) for row in csv.DictReader(file)}


LEFT = "not graded: not graded yet"


def test_after_a_change_of_tests_no_older_score_is_shown_as_one_of_these(
    graded: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    status, told = graded("--resume", bob=KeyboardInterrupt())
    assert (status, told.endswith("Stopped. What is done is written; --resume goes on.")) == (1, True)
    assert scores(tmp_path) == {"ann": ("10", "10", "graded"), "bob": ("", "10", LEFT), "cid": ("", "10", LEFT)}
    assert json.loads((tmp_path / "out" / "run.json").read_text())["graded"] == 1
    assert LEFT.removeprefix("not graded: ") in (tmp_path / "out" / "feedback" / "bob.html").read_text()
    assert graded("--resume")[0] == 0
    assert scores(tmp_path) == dict.fromkeys(("ann", "bob", "cid"), ("10", "10", "graded"))


def test_where_grading_on_is_refused_no_older_score_is_shown(
    graded: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    status, told = graded("--resume", ann=IsolationError("no memory"))
    assert (status, "no memory" in told) == (2, True)
    assert scores(tmp_path) == dict.fromkeys(("ann", "bob", "cid"), ("", "0", LEFT))


def test_a_notebook_handed_in_anew_has_no_score_before_it_is_graded(
    graded: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    (tmp_path / "class" / "bob.ipynb").write_text("new")
    assert graded("--resume", change_tests=False, new=KeyboardInterrupt())[0] == 1
    assert scores(tmp_path) == {"ann": ("5", "5", "graded"), "bob": ("", "5", LEFT), "cid": ("5", "5", "graded")}


@pytest.mark.parametrize("words", [("--seed", 6), ()])
def test_one_student_is_not_graded_beside_results_of_other_tests_or_inputs(
    graded: Callable[..., tuple[int, str]], tmp_path: Path, words: tuple[object, ...]
) -> None:
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")}
    for more in ((), ("--regrade",)):
        status, told = graded("--only", "ann", *words, *more, change_tests=not words)
        assert status == 2
        assert "out holds results that came of other tests or inputs (2, bob for one): say --resume instead" in told
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")} == before
    assert graded("--resume", *words, change_tests=not words)[0] == 0  # as the sentence says
    assert graded("--only", "ann", *words, change_tests=not words)[0] == 0
    assert {status for *_, status in scores(tmp_path).values()} == {"graded"}


def test_who_is_not_there_to_be_graded_with_other_tests_is_not_left_out(
    graded: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """Who comes late may come in a folder alone."""
    for name in ("bob", "cid"):
        (tmp_path / "class" / f"{name}.ipynb").unlink()
    (tmp_path / "class" / "late.ipynb").write_text("late")
    assert graded("--resume", change_tests=False)[0] == 0
    assert scores(tmp_path) == dict.fromkeys(("ann", "bob", "cid", "late"), ("5", "5", "graded"))
    for words in (("--resume",), ("--only", "ann")):
        assert graded(*words)[0] == 1
        gone = ("", "10", f"not graded: {OTHER}")
        done = ("10", "10", "graded")
        assert scores(tmp_path) == {"ann": done, "bob": gone, "cid": gone, "late": done}
    (tmp_path / "class" / "bob.ipynb").write_text("bob")
    assert graded("--resume")[0] == 1
    assert scores(tmp_path) == {"ann": done, "bob": done, "cid": gone, "late": done}


def test_the_command_grade_takes_an_accent_for_one_however_it_is_written(
    graded: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    of_mac = unicodedata.normalize("NFD", "José")
    (tmp_path / "class" / f"{of_mac}.ipynb").write_text("José")
    (tmp_path / "roster.txt").write_text("ann\nbob\ncid\nJosé\n", encoding="utf-8")
    for words in (("--roster", tmp_path / "roster.txt", "--resume"), ("--only", of_mac), ("--only", "José")):
        assert graded(*words, change_tests=False)[0] == 0
    assert list(scores(tmp_path)) == ["José", "ann", "bob", "cid"]
    (tmp_path / "roster.txt").write_text("José\n", encoding="latin-1")
    status, told = graded("--roster", tmp_path / "roster.txt", "--resume", change_tests=False)
    assert status == 2
    assert told.startswith("a roster needs to be text in UTF-8, one ID a line, and ")


# -- grade, where there is nothing to grade or not the machine for it


def test_nobody_to_grade(toy: Assignment, toy_folder: Path, tmp_path: Path) -> None:
    place = handed_in(toy, tmp_path / "class.zip")
    (tmp_path / "empty").mkdir()
    for words, sentence in (
        ((toy_folder, tmp_path / "nowhere"), "submissions are a folder or a zip file"),
        ((toy_folder, tmp_path / "empty"), "nothing was handed in at"),
        ((toy_folder, place, "--only", "s9"), "nobody called 's9' handed anything in"),
        (("no_such", place), "no assignment 'no_such'"),
    ):
        result = typed("grade", *words, "-o", tmp_path / "out")
        assert result.exit_code == 2
        assert sentence in said(result)
    assert not (tmp_path / "out").exists()


def test_everybody_graded_is_status_0(
    toy: Assignment, toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "judge_apart", lambda _: Verdict((Outcome("q", "test_a", 1, False, True, "", "h"),)))
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "s1.ipynb").write_text(notebook(toy, solved=True))
    result = typed("grade", toy_folder, tmp_path / "class", "-o", tmp_path / "out", "--unsafe-no-sandbox")
    assert result.exit_code == 0
    assert "1 graded, 0 could not be" in said(result)


def test_a_system_without_unix_s_modules_can_use_what_students_need() -> None:
    """Windows: `ready`, `new` and `release` are for it too."""
    code = "import platform, sys; sys.modules |= {'resource': None}; platform.system = lambda: 'Windows'; "
    code += "import attn_classroom.ready; from attn_classroom.__main__ import main; main()"
    sandbox = "no sandbox here: this is Windows. .* grade in a Linux virtual machine"
    for words, status, sentence in (
        (["--help"], 0, "attn-classroom"),
        (["doctor"], 1, sandbox),
        (["verify", "distribution", "--unsafe-no-sandbox"], 2, sandbox),
        (["grade", "a", "b", "-o", "c", "--unsafe-no-sandbox"], 2, sandbox),
        (["grade", "a", "b", "-o", "c", "--dask", "tcp://127.0.0.1:1"], 2, sandbox),
    ):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (status, "")
        assert re.search(sentence, " ".join(done.stdout.split()))
        assert "--unsafe-no-sandbox" not in done.stdout  # it would lead back here


def test_a_package_that_is_missing_is_not_another_system() -> None:
    code = "import sys; sys.modules |= {'psutil': None}; from attn_classroom.__main__ import main; main()"
    line = [sys.executable, "-c", code, "grade", "a", "b", "-o", "c"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "this is" not in done.stdout
    assert "psutil" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("words", [(), ("nonsense",), ("grade",), ("verify", "x", "--jobs", "0"), ("grade", "a", "b")])
def test_wrong_use_is_status_2(words: tuple[str, ...]) -> None:
    assert typed(*words).exit_code == 2


def test_a_roster_that_is_not_there_is_wrong_use(toy: Assignment, toy_folder: Path, tmp_path: Path) -> None:
    place = handed_in(toy, tmp_path / "class.zip")
    assert typed("grade", toy_folder, place, "-o", tmp_path / "out", "--roster", tmp_path / "no.txt").exit_code == 2


def test_the_released_notebook_is_valid(unpacked: Path) -> None:
    nbformat.validate(nbformat.read(unpacked, as_version=4))


def test_latecomers_with_the_roster_take_nothing_from_those_who_came_before(
    graded: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    (tmp_path / "roster.txt").write_text("ann\nbob\ncid\ndora\nemil\n")
    for name in ("ann", "bob", "cid"):
        (tmp_path / "class" / f"{name}.ipynb").unlink()
    (tmp_path / "class" / "dora.ipynb").write_text("dora")
    assert graded("--resume", "--roster", tmp_path / "roster.txt", change_tests=False)[0] == 1
    nothing = {"emil": ("0", "5", "not graded: nothing was handed in")}
    assert scores(tmp_path) == dict.fromkeys(("ann", "bob", "cid", "dora"), ("5", "5", "graded")) | nothing
    assert graded("--regrade", "--roster", tmp_path / "roster.txt", change_tests=False)[0] == 1
    assert scores(tmp_path)["ann"] == ("0", "5", "not graded: nothing was handed in")
