"""A submission judged in a process of its own, so that whatever it does, the next one is judged all the same.

This module imports neither torch nor pytest: they are imported once, by the process that all judges are forked from.
"""

import multiprocessing
import resource
import tempfile
from contextlib import suppress
from functools import cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection

import psutil

from attn_classroom.isolation import Walls, mounts
from attn_classroom.task import Task, Verdict

JUDGE_MEMORY = 8 * 2**30  # bytes: what a judge may allocate for the answers it compares
GRACE = 120  # seconds that a judge may take beyond the submission's own time

_walls = cache(mounts)


def warm_up() -> None:
    """Start the process that judges are forked from; it imports what they need while this one goes on."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(["attn_classroom.trial"])
    forkserver.ensure_running()


def _judge_and_tell(task: Task, walls: Walls | None, folder: str, answer: Connection) -> None:
    from attn_classroom.trial import judge

    tempfile.tempdir = folder
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
    warm_up()
    with tempfile.TemporaryDirectory(prefix="attn-classroom-") as folder:  # a judge that is killed cannot tidy up
        return _judge_in(folder, task)


def _judge_in(folder: str, task: Task) -> Verdict:
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_judge_and_tell, args=(task, None if task.unsafe else _walls(), folder, theirs))
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
