"""Which isolation works here: a sandbox is started, and a student's code in it tries what it must not be able to do."""

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass

from attn_classroom import bubblewrap
from attn_classroom.isolation import IsolationError, advice, mounts
from attn_classroom.limits import Limits

PROBES = """
import os, resource, socket, subprocess

def quiet(attempt):
    try:
        attempt()
    except Exception as error:
        return type(error).__name__
    return ""

def user():
    return os.getuid()

def network():
    return quiet(lambda: socket.create_connection(("1.1.1.1", 53), 2))

def interfaces():
    return [name for _, name in socket.if_nameindex()]

def lesson():
    return quiet(lambda: __import__("attn_lesson"))

def home(path):
    return quiet(lambda: os.listdir(path))

def write():
    return quiet(lambda: open("/usr/note", "w"))

def fill():
    return quiet(lambda: open("/tmp/full", "wb").write(bytes(80 * 2**20)))

def gobble():
    import torch
    return quiet(lambda: torch.zeros(3 * 2**28) + 1)

def swarm():
    import threading, time
    return quiet(lambda: [threading.Thread(target=time.sleep, args=(5,), daemon=True).start() for _ in range(200)])

def namespaces():
    return subprocess.run(["unshare", "-U", "true"], capture_output=True).returncode
"""


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Args:
        what: the thing, in words.
        good: whether it is as it has to be.
        detail: what came.
    """

    what: str
    good: bool
    detail: str = ""


def examine(limits: Limits) -> Iterator[Finding]:
    """Try the sandbox from the inside.

    Args:
        limits: what the probe may use.

    Yields:
        A finding for each wall; after one that says there is no sandbox, nothing more.
    """
    if platform.system() != "Linux":
        yield Finding("the system is Linux", False, advice(f"this is {platform.system()}"))
        return
    from attn_classroom.session import Session  # it needs what Linux alone has

    try:
        session = Session([("probes", PROBES)], limits, mounts())
        student = session.student()
    except IsolationError as error:
        text = str(error)
        yield Finding("a sandbox starts", False, text if "bubblewrap" in text else advice(text))
        return
    try:
        yield Finding("a sandbox starts", True, f"bubblewrap {bubblewrap.version()}")
        uid = student.user()
        yield Finding("its user is not the grader's", uid not in (0, os.getuid()), f"user {uid}")
        yield Finding("it cannot become root in a namespace of its own", student.namespaces() != 0)
        here = os.path.expanduser("~")
        for what, came in (
            ("the network is out of reach", student.network()),
            ("the lesson's package is out of sight", student.lesson()),
            ("the course's folder is out of sight", student.home(os.getcwd())),
            (f"{here} is out of sight", student.home(here) or "" if not _holds_python(here) else "holds Python alone"),
            ("the system cannot be written to", student.write()),
            ("memory is limited", student.gobble()),
            ("disk is limited", student.fill()),
            ("processes are limited", student.swarm()),
        ):
            yield Finding(what, bool(came), came)
    finally:
        session.close()


def _holds_python(home: str) -> bool:
    return any(source.startswith(home) for source in mounts())
