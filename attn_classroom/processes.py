"""What a sandbox started: how much memory it takes, and its end."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import psutil


def descendants(pid: int) -> list[psutil.Process]:
    """List all that a process started, and what those started; none where it is gone."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def memory_of(pid: int, enough: int, *, with_itself: bool = False) -> int:
    """Add up the memory of all that a process started, in bytes.

    Args:
        pid: of the process.
        enough: below this sum the cheap count will do, in which pages that two processes share count twice; above it
            they are counted once, in each process that may be looked at so closely.
        with_itself: count the process too.
    """
    processes = descendants(pid)
    if with_itself:
        with suppress(psutil.NoSuchProcess):
            processes.append(psutil.Process(pid))
    counted = _sum(processes, lambda each: each.memory_info().rss)
    return counted if counted <= enough else _sum(processes, _without_shares)


def _without_shares(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:  # a sandbox's user is another one, and not every grader may look that closely
        return int(process.memory_info().rss)


def _sum(processes: list[psutil.Process], count: Callable[[psutil.Process], int]) -> int:
    total = 0
    for each in processes:
        with suppress(psutil.Error):
            total += count(each)
    return total


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads a session, and all it started, and wait for it."""
    started = descendants(process.pid)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # bubblewrap's children die with it
    for each in started:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            each.kill()
    process.wait()


def end_with_children(processes: list[psutil.Process]) -> None:
    """End processes and all that they started, and wait until they are gone."""
    found = [*processes]
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.suspend()  # it starts nothing more
            found += each.children(recursive=True)
    for each in found:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    deadline = time.monotonic() + 5
    while any(_lives(each) for each in found) and time.monotonic() < deadline:
        time.sleep(0.01)


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
