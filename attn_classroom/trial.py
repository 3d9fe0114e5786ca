"""One submission judged, in a process of its own, so that whatever it does, the next one is judged all the same."""

import multiprocessing
import resource
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection

import psutil

from attn_classroom.assignment import Assignment
from attn_classroom.isolation import Walls, mounts
from attn_classroom.judging import Referee, run_tests
from attn_classroom.limits import Limits
from attn_classroom.outcomes import Outcome
from attn_classroom.reading import Unreadable, read
from attn_classroom.session import Session

JUDGE_MEMORY = 8 * 2**30  # bytes: what a judge may allocate for the answers it compares
GRACE = 120  # seconds that a judge may take beyond the submission's own time


@dataclass(frozen=True)
class Task:
    """What to judge.

    Args:
        assignment: the tests and the cells that are put back.
        notebook: the bytes that were handed in.
        seed: of the random inputs.
        limits: what the submission may use.
        unsafe: without a sandbox.
        flags: what was odd about how it was handed in.
    """

    assignment: Assignment
    notebook: bytes
    seed: int
    limits: Limits = field(default_factory=Limits)
    unsafe: bool = False
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What came of a submission.

    Args:
        outcomes: one for each test; empty when it could not be graded.
        why: why it could not be graded; empty when it was.
        flags: what a teacher may want to look at.
        output: what the student's code printed, cut.
        seconds: how long it took.
    """

    outcomes: tuple[Outcome, ...] = ()
    why: str = ""
    flags: tuple[str, ...] = ()
    output: str = ""
    seconds: float = 0


def judge(task: Task, walls: Walls | None) -> Verdict:
    """Judge a submission in this process; its own code runs in a sandbox, or without one where `walls` is None.

    Raises:
        AssignmentError: when the tests cannot be used.
        IsolationError: when no sandbox can be had.
    """
    start = time.monotonic()
    try:
        reading = read(task.notebook, task.assignment)
    except Unreadable as error:
        return Verdict(why=str(error), flags=task.flags)
    session = Session(reading.cells, task.limits, walls)
    try:
        outcomes = run_tests(task.assignment.tests, Referee(session.student, session.fresh, task.seed))
    finally:
        session.close()
    flags = [*task.flags, *reading.flags, *session.flags]
    return Verdict(tuple(outcomes), "", tuple(flags), session.output, time.monotonic() - start)


_walls = cache(mounts)


def _judge_and_tell(task: Task, walls: Walls | None, answer: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (JUDGE_MEMORY, JUDGE_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer.send(judge(task, walls))
    except Exception as error:  # noqa: BLE001 (told to whoever asked, who raises it there)
        answer.send(error)


def judge_apart(task: Task) -> Verdict:
    """Judge a submission in a process of its own, forked from one that has imported everything.

    Raises:
        AssignmentError: when the tests cannot be used.
        IsolationError: when no sandbox can be had.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["attn_classroom.trial"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_judge_and_tell, args=(task, None if task.unsafe else _walls(), theirs))
    process.start()
    theirs.close()
    try:
        answer = ours.recv() if ours.poll(task.limits.total + GRACE) else Verdict(why="judging it took too long")
    except EOFError:
        answer = Verdict(why=f"the judge of this submission ended with code {_code(process)}; see it by hand")
    finally:
        ours.close()
        _end(process)
    if isinstance(answer, Exception):
        raise answer
    return answer


def _code(process: multiprocessing.process.BaseProcess) -> int | None:
    process.join(5)
    return process.exitcode


def _end(process: multiprocessing.process.BaseProcess) -> None:
    process.join(1)
    with suppress(psutil.NoSuchProcess):
        for each in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
            with suppress(psutil.NoSuchProcess):
                each.kill()
    process.join()
