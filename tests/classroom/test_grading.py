"""A class graded: each result written when it is there, each record made once, and one's trouble stays one's own."""

import json
import threading
import time
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
from attn_classroom.run import NOT_YET, OTHER, UNSAFE, Run, earlier, isolation, seed_of
from attn_classroom.submissions import Submission
from attn_classroom.task import Task, Verdict


def verdict_of(task: Task, before: int = 0) -> Verdict:
    """In place of the judge: a point for each byte, and what a notebook asks for that was judged so often before."""
    if task.notebook.startswith(b"flaky "):
        if (task.notebook[6:7], before) in {(b"I", 0), (b"N", 1)}:
            raise IsolationError("no memory")
        if before == 1 and task.notebook[6:7] == b"L":
            return Verdict(why="judging it took too long", fault=True)
        if before == 0 and task.notebook[6:7] == b"J":
            return Verdict(why="judging it took too long", fault=True)
        slow = ("time limit in double",) if task.notebook[6:7] == b"S" or before == 0 else ()
        return Verdict((Outcome("q", "test_a", 1 + before, True, False, "", "h"),), "", slow)
    if task.notebook.startswith(b"raise "):
        raise {b"A": AssignmentError, b"I": IsolationError, b"K": KeyError}[task.notebook[6:7]]("trouble")
    return Verdict((Outcome("q", "test_a", len(task.notebook), True, False, "", "h"),), "", task.flags)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """The tasks that reach the judge."""
    tasks: list[Task] = []

    def judge(task: Task) -> Verdict:
        tasks.append(task)
        return verdict_of(task, sum(each.notebook == task.notebook for each in tasks) - 1)

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
        Submission("s3", why="the folder cannot be read (PermissionError)", fault=True),
    ]
    grade_all(run, submissions)
    assert run.records["s3"].verdict == Verdict(why="the folder cannot be read (PermissionError)", fault=True)
    assert run.records["s1"].verdict == Verdict(why="no notebook was handed in", flags=("a link",))
    assert run.records["s2"].verdict == Verdict(why="the file cannot be read (FileNotFoundError)", fault=True)
    assert judged == []


def test_one_s_trouble_stays_one_s_own(run: Run, judged: list[Task], tmp_path: Path) -> None:
    grade_all(run, handed_in(tmp_path, s1=b"raise K", s2=b"xx"))
    why = "judging it failed, see it by hand (KeyError: 'trouble')"
    assert run.records["s1"].verdict == Verdict(why=why, fault=True)
    assert run.records["s2"].score == 2


@pytest.mark.parametrize(("letter", "error"), [(b"A", AssignmentError), (b"I", IsolationError)])
def test_the_teacher_s_trouble_stops_the_class(
    run: Run, judged: list[Task], tmp_path: Path, letter: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error, match="trouble"):
        grade_all(run, handed_in(tmp_path, s1=b"raise " + letter, s2=b"xx"), ahead=1)
    assert len(judged) == 1
    assert "s1" not in run.records


# -- what the machine did


@pytest.mark.parametrize("ahead", [1, 2])
def test_a_student_without_a_sandbox_stops_nobody(run: Run, judged: list[Task], tmp_path: Path, ahead: int) -> None:
    grade_all(run, handed_in(tmp_path, s1=b"xx", s2=b"raise I", s3=b"xxx"), ahead)
    record = run.records["s2"]
    assert record.verdict == Verdict(why="no sandbox could be had for it (trouble)", fault=True)
    assert record.key == ""  # --resume tries again
    assert (run.records["s1"].score, run.records["s3"].score) == (2, 3)
    (tmp_path / "s2").write_bytes(b"x")
    grade_all(run, [Submission("s2", tmp_path / "s2")])
    assert run.records["s2"].score == 1


def test_whoever_came_without_a_sandbox_waits_for_those_beside_them(run: Run, tmp_path: Path) -> None:
    """The first result of the run is a failure; the next student had a sandbox all the same."""

    class Late(Executor):
        """Finish the first task at once, and the others once the first is known."""

        def __init__(self) -> None:
            self.tasks: list[tuple[Future[Any], Task]] = []

        def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            self.tasks.append((future, args[0]))
            if len(self.tasks) == 1:
                future.set_exception(IsolationError("no memory"))
            elif len(self.tasks) == 2:
                threading.Timer(0.2, lambda: future.set_result(verdict_of(args[0]))).start()
            else:
                assert self.tasks[1][0].done()  # no more were begun before it was clear
                future.set_result(verdict_of(args[0]))
            return future

    executor = Late()
    grade(run, handed_in(tmp_path, s1=b"x", s2=b"xx", s3=b"xxx"), executor, 2, told=lambda _: None)
    assert {name: record.score for name, record in run.records.items()} == {"s1": 1, "s2": 2, "s3": 3}
    assert [task.notebook for _, task in executor.tasks] == [b"x", b"xx", b"xxx", b"x"]


@pytest.mark.parametrize("ahead", [1, 2])
def test_without_any_sandbox_the_class_is_stopped(run: Run, judged: list[Task], tmp_path: Path, ahead: int) -> None:
    class_ = {f"s{n}": b"raise I" for n in range(6)}
    with pytest.raises(IsolationError, match="trouble"):
        grade_all(run, handed_in(tmp_path, **class_), ahead)
    assert len(judged) <= 2
    assert run.records == {}


@pytest.mark.parametrize("letter", ["I", "J", "T"])
def test_beside_others_the_second_verdict_counts(run: Run, judged: list[Task], tmp_path: Path, letter: str) -> None:
    told = grade_all(run, handed_in(tmp_path, s1=b"x", s2=b"flaky " + letter.encode(), s3=b"xxx"), ahead=3)
    assert run.records["s2"].verdict == Verdict((Outcome("q", "test_a", 2, True, False, "", "h"),))
    assert [each.student for each in told][-1] == "s2"  # told once, when it is final
    assert len(told) == 3
    assert len(judged) == 4


@pytest.mark.parametrize(
    ("letter", "why"), [("N", "no sandbox could be had for it (no memory)"), ("L", "judging it took too long")]
)
def test_the_first_verdict_stands_where_the_second_is_none(
    run: Run, judged: list[Task], tmp_path: Path, letter: str, why: str
) -> None:
    submissions = handed_in(tmp_path, s1=b"x", s2=b"flaky " + letter.encode())
    told = grade_all(run, submissions)
    assert [each.student for each in told] == ["s1", "s2"]
    verdict = run.records["s2"].verdict
    assert (run.records["s2"].score, verdict.why, verdict.fault) == (1, "", False)
    assert verdict.flags == ("time limit in double", f"could not be judged again, alone: {why}")
    assert len(judged) == 3
    grade_all(run, submissions)  # the load of the others may have cost points: --resume tries again
    assert [each.notebook for each in judged[3:]] == [submissions[1].data()]
    assert run.records["s2"].verdict.flags == ()


def test_alone_a_time_limit_is_a_time_limit(run: Run, judged: list[Task], tmp_path: Path) -> None:
    grade_all(run, handed_in(tmp_path, s1=b"x", s2=b"flaky T"), ahead=1)
    assert (run.records["s2"].score, run.records["s2"].verdict.flags) == (1, ("time limit in double",))
    assert len(judged) == 2


def test_who_is_slow_alone_too_is_judged_twice_and_no_more(run: Run, judged: list[Task], tmp_path: Path) -> None:
    grade_all(run, handed_in(tmp_path, s1=b"x", s2=b"flaky S"), ahead=2)
    assert run.records["s2"].verdict.flags == ("time limit in double",)
    assert len(judged) == 3


def test_the_second_judging_is_one_at_a_time_and_after_all_others(run: Run, tmp_path: Path) -> None:
    running: list[bytes] = []
    together: list[list[bytes]] = []

    def judge(task: Task) -> Verdict:
        running.append(task.notebook)
        together.append(running[:])
        time.sleep(0.05)
        running.remove(task.notebook)
        return verdict_of(task, before=0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grading, "judge_apart", judge)
        grade_all(run, handed_in(tmp_path, s1=b"flaky S1", s2=b"flaky S2", s3=b"x", s4=b"xx"), ahead=3)
    assert together[-2:] in ([[b"flaky S1"], [b"flaky S2"]], [[b"flaky S2"], [b"flaky S1"]])
    assert len(together) == 6


def test_what_is_in_doubt_is_not_written(run: Run, judged: list[Task], tmp_path: Path) -> None:
    """Ctrl-C before the second judging: --resume judges it as one that was not reached."""

    def interrupt(record: Record) -> None:
        if record.student == "s3":
            raise KeyboardInterrupt

    submissions = handed_in(tmp_path, s1=b"flaky T", s2=b"xx", s3=b"xxx")
    with ThreadPoolExecutor(2) as executor, pytest.raises(KeyboardInterrupt):
        grade(run, submissions, executor, 2, told=interrupt)
    assert not (run.folder / "s1.json").exists()
    assert earlier(run.folder)["s3"].score == 3
    grade_all(run, submissions, ahead=1)
    assert sorted(run.records) == ["s1", "s2", "s3"]


# -- what is kept


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


def again(run: Run, **others: Any) -> Run:
    """Begin another run on the results of this one, as the command does."""
    return replace(run, records=earlier(run.folder), **others)


def test_what_holds_is_kept_and_what_is_to_be_made_again_is_let_go(
    run: Run, judged: list[Task], tmp_path: Path
) -> None:
    submissions = handed_in(tmp_path, s1=b"x", s2=b"xx", s3=b"raise K", s4=b"xxxx")
    grade_all(run, submissions)
    (tmp_path / "s2").write_bytes(b"xxx")
    submissions[3] = Submission("s4", why="no notebook was handed in")
    resumed = again(run)
    resumed.let_go(submissions)
    assert sorted(resumed.records) == ["s1"]
    (tmp_path / "s1").unlink()
    resumed.let_go(submissions)
    assert resumed.records == {}


@pytest.mark.parametrize("other", ["tests", "seed"])
def test_results_of_other_tests_or_inputs_are_never_those_of_this_run(
    run: Run, judged: list[Task], toy: Assignment, tmp_path: Path, other: str
) -> None:
    submissions = handed_in(tmp_path, s1=b"x", s2=b"xx", s3=b"xxx", s4=b"raise K")
    grade_all(run, submissions)
    same, changed = again(run), again(run, seed=6) if other == "seed" else again(run, assignment=replace(toy, tests={}))
    assert same.others(["s1", "s2", "s4", "s9"]) == []
    assert changed.others(["s4", "s2", "s1", "s9"]) == ["s1", "s2"]
    for each in (same, changed):
        each.let_go(submissions[:1])
        each.write_tables(submissions[:1])
        assert list(each.records) == (["s1", "s2", "s3", "s4"] if each is same else ["s2", "s3", "s4"])
    assert same.records == run.records
    assert {changed.records[name].verdict for name in ("s2", "s3")} == {Verdict(why=OTHER, fault=True)}
    assert changed.records["s4"] == run.records["s4"]  # no points, of no tests
    assert again(run).records == run.records  # on the disk, nothing is lost
    lines = (run.folder / "scores.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[:4] for line in lines[1:3]] == [
        ['"s1"', '""', '"0"', f'"not graded: {NOT_YET}"'],
        ['"s2"', '""', '"0"', f'"not graded: {OTHER.split(",")[0]}'],
    ]


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
    assert [line.split(",")[0] for line in lines] == ['"student"', '"run"', '"s1"', '"s2"']
    assert lines[3].startswith(f'"s2","","1","not graded: {NOT_YET}",')
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
