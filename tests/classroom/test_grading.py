"""A class graded: each result written when it is there, each record made once, and one's trouble stays one's own."""

import json
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attn_classroom import grading
from attn_classroom.assignment import Assignment, AssignmentError
from attn_classroom.grading import grade
from attn_classroom.isolation import IsolationError
from attn_classroom.outcomes import Outcome
from attn_classroom.records import Record
from attn_classroom.run import NOT_YET, UNSAFE, Run, earlier, isolation, seed_of
from attn_classroom.submissions import Submission
from attn_classroom.task import Task, Verdict


def verdict_of(task: Task) -> Verdict:
    """In place of the judge: a point for each byte, and what a notebook asks for."""
    if task.notebook.startswith(b"raise "):
        raise {b"A": AssignmentError, b"I": IsolationError, b"K": KeyError}[task.notebook[6:7]]("trouble")
    return Verdict((Outcome("q", "test_a", len(task.notebook), True, False, "", "h"),), "", task.flags)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """The tasks that reach the judge."""
    tasks: list[Task] = []

    def judge(task: Task) -> Verdict:
        tasks.append(task)
        return verdict_of(task)

    monkeypatch.setattr(grading, "judge_apart", judge)
    return tasks


@pytest.fixture
def run(toy: Assignment, tmp_path: Path) -> Run:
    return Run(toy, tmp_path / "out", 5)


def handed_in(tmp_path: Path, **notebooks: bytes) -> list[Submission]:
    for name, data in notebooks.items():
        (tmp_path / name).write_bytes(data)
    return [Submission(name, tmp_path / name) for name in sorted(notebooks)]


def grade_all(run: Run, submissions: list[Submission], ahead: int = 2) -> list[Record]:
    told: list[Record] = []
    with ThreadPoolExecutor(2) as executor:
        grade(run, submissions, executor, ahead, told=told.append)
    return told


def test_each_student_has_a_record_and_is_told(run: Run, judged: list[Task], tmp_path: Path) -> None:
    told = grade_all(run, handed_in(tmp_path, s1=b"x", s2=b"xx", s3=b"xxx"))
    assert sorted((each.student, each.score) for each in told) == [("s1", 1), ("s2", 2), ("s3", 3)]
    assert {name: record.score for name, record in run.records.items()} == {"s1": 1, "s2": 2, "s3": 3}
    assert earlier(run.folder) == run.records
    assert {(each.seed, each.unsafe) for each in judged} == {(5, False)}
    assert json.loads((run.folder / "s1.json").read_text())["extra_data"]["run"]["seed"] == 5


def test_who_handed_in_nothing_and_what_cannot_be_read_need_no_judge(
    run: Run, judged: list[Task], tmp_path: Path
) -> None:
    submissions = [
        Submission("s1", why="no notebook was handed in", flags=("a link",)),
        Submission("s2", tmp_path / "no"),
    ]
    grade_all(run, submissions)
    assert run.records["s1"].verdict == Verdict(why="no notebook was handed in", flags=("a link",))
    assert run.records["s2"].verdict.why == "the file cannot be read (FileNotFoundError)"
    assert judged == []


def test_one_s_trouble_stays_one_s_own(run: Run, judged: list[Task], tmp_path: Path) -> None:
    grade_all(run, handed_in(tmp_path, s1=b"raise K", s2=b"xx"))
    assert run.records["s1"].verdict.why == "judging it failed, see it by hand (KeyError: 'trouble')"
    assert run.records["s2"].score == 2


@pytest.mark.parametrize(("letter", "error"), [(b"A", AssignmentError), (b"I", IsolationError)])
def test_the_teacher_s_trouble_stops_the_class(
    run: Run, judged: list[Task], tmp_path: Path, letter: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error, match="trouble"):
        grade_all(run, handed_in(tmp_path, s1=b"raise " + letter, s2=b"xx"), ahead=1)
    assert len(judged) == 1
    assert "s1" not in run.records


def test_a_record_with_the_same_key_is_not_made_again(run: Run, judged: list[Task], tmp_path: Path) -> None:
    submissions = handed_in(tmp_path, s1=b"x", s2=b"xx")
    grade_all(run, submissions)
    (tmp_path / "s2").write_bytes(b"xxxx")
    told = grade_all(run, submissions)
    assert [each.notebook for each in judged[2:]] == [b"xxxx"]
    assert {each.student: each.score for each in told} == {"s1": 1, "s2": 4}


def test_the_key_names_the_notebook_the_assignment_the_seed_and_the_sandbox(run: Run, toy: Assignment) -> None:
    others = [replace(run, assignment=replace(toy, cells=())), replace(run, seed=6), replace(run, unsafe=True)]
    assert len({run.key(b"a"), run.key(b"b"), *(each.key(b"a") for each in others)}) == 5
    assert replace(run, limits=replace(run.limits, total=1)).key(b"a") == run.key(b"a")


def test_no_more_submissions_than_asked_for_are_handed_out_at_a_time(
    run: Run, judged: list[Task], tmp_path: Path
) -> None:
    class Counting(Executor):
        """Run a task when its result is waited for, and count those that wait."""

        def __init__(self) -> None:
            self.out, self.most = 0, 0

        def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            self.out += 1
            self.most = max(self.most, self.out - len(run.records))
            future: Future[Any] = Future()
            future.set_result(function(*args, **kwargs))
            return future

    executor = Counting()
    grade(run, handed_in(tmp_path, **{f"s{n}": b"x" for n in range(7)}), executor, 3, told=lambda _: None)
    assert (executor.out, executor.most) == (7, 3)


def test_without_a_sandbox_every_record_says_so(run: Run, judged: list[Task], tmp_path: Path) -> None:
    run.unsafe = True
    grade_all(
        run, [*handed_in(tmp_path, s1=b"x"), Submission("s2", why="no notebook was handed in", flags=("a link",))]
    )
    assert run.records["s1"].verdict.flags == ("graded without a sandbox",)
    assert run.records["s2"].verdict.flags == ("graded without a sandbox", "a link")
    assert run.description()["isolation"] == UNSAFE


def test_the_tables_name_who_was_not_reached(run: Run, judged: list[Task], tmp_path: Path) -> None:
    submissions = handed_in(tmp_path, s1=b"x", s2=b"xx", run=b"xxx")
    grade_all(run, submissions[1:2])
    run.write_tables(submissions)
    lines = (run.folder / "scores.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["student", "run", "s1", "s2"]
    assert f"not graded: {NOT_YET}" in lines[3]
    names = sorted(path.name for path in (run.folder / "feedback").iterdir())
    assert names[1:] == ["s1.html", "s2.html"]
    assert names[0].startswith("run-")
    about = json.loads((run.folder / "run.json").read_text())
    assert (about["students"], about["graded"], about["seed"], about["assignment"]) == (3, 1, 5, "toy")
    assert set(about["versions"]) == {"attn-lesson", "torch", "pytest", "python", "system"}
    assert about["fingerprint"] == run.assignment.fingerprint
    assert (run.folder / "summary.html").is_file()
    assert sorted(earlier(run.folder)) == ["s1"]


def test_the_seed_of_an_earlier_run(run: Run, tmp_path: Path) -> None:
    assert seed_of(tmp_path / "nowhere") is None
    run.folder.mkdir()
    for text in ("", "[]", "{}", '{"seed": null}', '{"seed": "x"}'):
        (run.folder / "run.json").write_text(text)
        assert seed_of(run.folder) is None
    run.write_tables([Submission("s1", why="nothing")])
    assert seed_of(run.folder) == 5


def test_the_isolation_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert isolation() == "none found"
