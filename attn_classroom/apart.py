"""A submission judged in a process of its own, so that whatever it does, the next one is judged all the same.

This module imports neither torch nor pytest: they are imported once, by the process that all judges are forked from.
"""

import multiprocessing
import os
import resource
import signal
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection

import psutil

from attn_classroom.isolation import Walls, mounts
from attn_classroom.processes import end_with_children
from attn_classroom.task import Task, Verdict

JUDGE_MEMORY = 8 * 2**30  # bytes: what a judge may allocate for the answers it compares
GRACE = 120  # seconds that a judge may take beyond the submission's own time

_walls = cache(mounts)
_starting, _closed = threading.Lock(), threading.Event()


def warm_up() -> None:
    """Start the process that judges are forked from; it imports what they need while this one goes on."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(["attn_classroom.trial"])
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # is inherited: Ctrl-C is for this process alone
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def judges(jobs: int) -> Iterator[Executor]:
    """Give an executor. Where the block ends by an error or Ctrl-C, its judges end too, and all that they started.

    After a first Ctrl-C this process ignores any further one: what is done has to be written.
    """
    warm_up()
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt_once)
    with ThreadPoolExecutor(jobs) as executor:
        try:
            yield executor
        except BaseException as error:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            _closed.set()
            _end_all()  # a judge that is just being started is not waited for
            with _starting:
                _end_all()
            executor.shutdown(cancel_futures=True)
            _closed.clear()
            if not isinstance(error, KeyboardInterrupt):
                signal.signal(signal.SIGINT, before)
            raise
    signal.signal(signal.SIGINT, before)


def _interrupt_once(number: int, frame: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _judge_and_tell(task: Task, walls: Walls | None, folder: str, answer: Connection) -> None:
    signal.signal(signal.SIGINT, lambda *_: None)  # unlike SIG_IGN, it is not inherited by what is started here
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from attn_classroom.trial import judge  # not before: torch comes with it

    tempfile.tempdir = folder
    resource.setrlimit(resource.RLIMIT_DATA, (JUDGE_MEMORY, JUDGE_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer.send(judge(task, walls))
    except Exception as error:  # noqa: BLE001 (told to whoever asked, who raises it there)
        answer.send(error)


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()  # type: ignore[union-attr] # this is never the first process
    os._exit(1)


def judge_apart(task: Task) -> Verdict:
    """Judge a submission in a process of its own, forked from one that has imported everything.

    Raises:
        AssignmentError: when the tests cannot be used.
        IsolationError: when no sandbox can be had.
    """
    walls = None if task.unsafe else _walls()
    context = multiprocessing.get_context("forkserver")
    answer = Verdict(why="judging it took too long", fault=True)
    with tempfile.TemporaryDirectory(prefix="attn-classroom-") as folder:  # a judge that is killed cannot tidy up
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_judge_and_tell, args=(task, walls, folder, theirs))
        judge = _start(process)
        theirs.close()
        try:
            if ours.poll(task.limits.total + GRACE):
                answer = ours.recv()
        except EOFError:
            process.join(5)
            why = f"the judge of this submission ended with code {process.exitcode}; see it by hand"
            answer = replace(answer, why=why)
        finally:
            ours.close()
            end_with_children(judge)
            process.join()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _start(process: multiprocessing.process.BaseProcess) -> list[psutil.Process]:
    with _starting:
        if _closed.is_set():
            raise CancelledError
        warm_up()
        process.start()
    with suppress(psutil.NoSuchProcess):
        return [psutil.Process(process.pid)]
    return []


def _end_all() -> None:
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # a zombie counts as such
            if "multiprocessing.forkserver" in " ".join(child.cmdline()):
                end_with_children([child])
