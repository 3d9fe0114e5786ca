"""One submission judged: its notebook read, its cells run in a sandbox, the tests run here."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from attn_classroom.isolation import IsolationError, Walls
from attn_classroom.judging import Referee, run_tests
from attn_classroom.reading import read
from attn_classroom.sandbox import Sandbox, spawn
from attn_classroom.session import Session
from attn_classroom.submissions import Unreadable
from attn_classroom.task import Task, Verdict

READING = 20.0  # seconds of this process's own work, so that a busy machine is nobody's fault


class TakesTooLong(BaseException):
    """Raised by the clock; no `Exception`, which whoever reads odd notebooks would take for one of the notebook's."""


def judge(task: Task, walls: Walls | None) -> Verdict:
    """Judge a submission in this process; its own code runs in a sandbox, or without one where `walls` is None.

    It is called in the main thread, where alone a clock can interrupt the reading.

    Raises:
        AssignmentError: when the tests cannot be used.
        IsolationError: when no sandbox can be had.
    """
    start = time.monotonic()
    first: Sandbox | None = None
    with suppress(IsolationError):  # the session tries again
        first = spawn(task.limits, walls)  # torch is imported there while the notebook is read here
    try:
        with _clock(READING):
            reading = read(task.notebook, task.assignment)
    except (Unreadable, TakesTooLong) as error:
        if first is not None:
            first.close()
        return Verdict(why=str(error), flags=task.flags)
    session = Session(reading.cells, task.limits, walls, first)
    try:
        outcomes = run_tests(task.assignment.tests, Referee(session.student, session.fresh, task.seed))
    finally:
        session.close()
    flags = (*task.flags, *reading.flags, *session.flags)
    return Verdict(tuple(outcomes), "", flags, session.output, time.monotonic() - start)


@contextmanager
def _clock(seconds: float) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TakesTooLong("the notebook takes too long to read")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)  # and again, should the first be lost in a destructor
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
