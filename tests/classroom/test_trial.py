"""One submission judged: a verdict whatever it holds, and no zero for what the teacher or the machine did."""

import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from attn_classroom import sandbox, session, trial
from attn_classroom.assignment import Assignment, AssignmentError
from attn_classroom.isolation import IsolationError, Walls
from attn_classroom.limits import Limits
from attn_classroom.reading import Reading
from attn_classroom.releasing import notebook
from attn_classroom.task import Task, Verdict
from attn_classroom.trial import judge

QUICK = Limits(cell=5, call=5, total=40)
DEADLY = "import os\ndef double(x): os._exit(1)"


def task(assignment: Assignment, **changes: Any) -> Task:
    return Task(assignment, notebook(assignment, solved=True).encode(), 1, QUICK, unsafe=True, **changes)


def test_the_solution_gets_every_point(toy: Assignment) -> None:
    verdict = judge(task(toy, flags=("handed in late",)), None)
    assert [(each.test, each.passed, each.hidden) for each in verdict.outcomes] == [
        ("test_three", True, False),
        ("test_below_zero", True, True),
        ("test_the_limit", True, True),
    ]
    assert (verdict.why, verdict.flags, verdict.output) == ("", ("handed in late",), "doubled\n")
    assert 0 < verdict.seconds < 40


def test_what_is_odd_is_noted_in_order(toy: Assignment) -> None:
    text = notebook(toy, {"limit": "1 / 0"}, solved=True).replace("FACTOR = 2", "FACTOR = 3")
    verdict = judge(replace(task(toy, flags=("handed in late",)), notebook=text.encode()), None)
    assert verdict.flags == (
        "handed in late",
        "changed given cell: setup",
        "error in limit: ZeroDivisionError: division by zero",
    )
    assert [each.passed for each in verdict.outcomes] == [True, True, False]
    assert verdict.outcomes[2].message == "limit is missing from your notebook"


@pytest.mark.parametrize(
    ("data", "why"), [(b"", "the file is empty"), (b"hello", "the file is not a notebook (NotJSONError)")]
)
def test_what_cannot_be_read_is_not_graded_and_says_why(toy: Assignment, data: bytes, why: str) -> None:
    assert judge(replace(task(toy, flags=("a",)), notebook=data), None) == Verdict(why=why, flags=("a",))


@pytest.mark.parametrize("caught", [Exception, ZeroDivisionError])
def test_a_notebook_that_takes_too_long_to_read_is_the_student_s(
    toy: Assignment, monkeypatch: pytest.MonkeyPatch, caught: type[Exception]
) -> None:
    """The clock counts work and not time that passes, and nobody on the way takes it for an error of the notebook."""

    def read(*_: object) -> Reading:
        end = time.process_time() + 20
        with suppress(caught):
            while time.process_time() < end:
                pass
        return Reading([], [])

    assert trial.READING == 20
    monkeypatch.setattr(trial, "READING", 0.2)
    monkeypatch.setattr(trial, "read", read)
    before = signal.getsignal(signal.SIGPROF)
    why = "the notebook takes too long to read"
    assert judge(task(toy, flags=("a",)), None) == Verdict(why=why, flags=("a",))
    assert signal.getsignal(signal.SIGPROF) is before
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_a_clock_that_is_swallowed_rings_again() -> None:
    heard: list[type[BaseException]] = []

    def work() -> None:
        end = time.process_time() + 20
        for _ in range(2):
            try:
                while time.process_time() < end:
                    pass
            except BaseException as error:  # noqa: BLE001 (it stands for a destructor, which swallows all)
                heard.append(type(error))

    with trial._clock(0.05):
        work()
    assert heard == [trial.TakesTooLong] * 2


def test_the_clock_does_not_count_the_student_s_own_time(toy: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "READING", 5)
    monkeypatch.setattr(trial, "run_tests", lambda *_: [signal.getitimer(signal.ITIMER_PROF)])
    assert judge(task(toy), None).outcomes == ((0, 0),)


def test_tests_that_cannot_be_used_are_nobody_s_zero(toy: Assignment) -> None:
    with pytest.raises(AssignmentError):
        judge(task(replace(toy, tests={"test_public.py": "def broken(:"})), None)


def test_no_sandbox_is_nobody_s_zero(toy: Assignment, walls: Walls) -> None:
    assert walls
    with pytest.raises(IsolationError, match="the sandbox did not start"):
        judge(task(toy), {})


@pytest.mark.parametrize("failures", [1, 9])
def test_a_sandbox_that_fails_at_first_costs_nothing(
    toy: Assignment, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    left = [OSError(11, "Resource temporarily unavailable")] * failures
    popen = subprocess.Popen

    def start(*args: Any, **kwargs: Any) -> Any:
        if left:
            raise left.pop()
        return popen(*args, **kwargs)

    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(session, "PAUSE", 0)
    if failures == 1:
        assert all(each.passed for each in judge(task(toy), None).outcomes)
    else:
        with pytest.raises(IsolationError, match="the sandbox cannot be started"):
            judge(task(toy), None)


def test_no_sandbox_in_the_middle_of_a_test_is_nobody_s_zero(toy: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The student's code ends its process, and the machine has no other."""
    monkeypatch.setattr(session, "PAUSE", 0)
    deadly = replace(task(toy), notebook=notebook(toy, {"double": DEADLY}, solved=True).encode())
    assert [each.passed for each in judge(deadly, None).outcomes] == [False, False, True]
    first = iter([sandbox.spawn(QUICK, None)])

    def spawn(*_: Any) -> sandbox.Sandbox:
        if one := next(first, None):
            return one
        raise IsolationError("the sandbox cannot be started: no memory")

    monkeypatch.setattr(trial, "spawn", spawn)
    monkeypatch.setattr(session, "spawn", spawn)
    with pytest.raises(IsolationError, match="no memory"):
        judge(deadly, None)
