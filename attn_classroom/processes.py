"""What a sandbox started: how much memory it takes, and its end."""

import os
import signal
import subprocess
from contextlib import suppress

import psutil


def descendants(pid: int) -> list[psutil.Process]:
    """List all that a process started, and what those started; none where it is gone."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def memory_of(pid: int) -> int:
    """Add up the memory of a process and all it started, in bytes; pages that two of them share count once."""
    resident, exact = 0, 0
    processes = descendants(pid)
    for process in processes:
        with suppress(psutil.Error):
            resident += process.memory_info().rss
    if resident < 2**30:
        return resident
    for process in processes:
        with suppress(psutil.Error):
            exact += process.memory_full_info().pss
    return exact


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads a session, and all it started, and wait for it."""
    started = descendants(process.pid)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # bubblewrap's children die with it
    for each in started:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            each.kill()
    process.wait()
