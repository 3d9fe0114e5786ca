"""One process behind the walls: ask it, wait no longer than allowed, hang up."""

import itertools
import os
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from attn_classroom.inside.wire import decode, encode
from attn_classroom.isolation import FIRST_UID, START, IsolationError, Walls, command, environment
from attn_classroom.limits import Limits
from attn_classroom.line import MAX_CALLS, TICK, Gone, Line
from attn_classroom.processes import end, memory_of
from attn_classroom.student import StudentError

_number = itertools.count()


class Sandbox:
    """A started worker.

    Args:
        limits: what it may use.
        walls: what it is to see; None starts it without a sandbox, as the user who grades.
        uid: the user it becomes, where root grades.
    """

    def __init__(self, limits: Limits, walls: Walls | None, uid: int = FIRST_UID) -> None:
        self._limits, self._next_look, self._open, self._bare = limits, 0.0, True, walls is None
        ours, theirs = socket.socketpair()
        with theirs, ExitStack() as undo:
            undo.callback(ours.close)
            number = theirs.fileno()
            line = _bare(number, limits) if walls is None else command(number, limits, walls, uid)
            self._process = subprocess.Popen(
                line,
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=tempfile.gettempdir() if walls is None else "/",
                env=environment() if walls is None else None,
            )
            undo.pop_all()
        assert self._process.stdout is not None
        self.line = Line(ours, self._process.stdout.fileno(), limits.output)

    def ask(self, do: str, seconds: float, **arguments: Any) -> Any:
        """Ask the worker for something and wait for the answer, as JSON held it.

        Args:
            do: the name of a method of `Worker`.
            seconds: how long to wait.
            **arguments: its arguments; `functions` are kept here, for the worker to call back.

        Raises:
            StudentError: when the student's code raised.
            Gone: when there is no answer, and will be none; the process has been ended.
        """
        functions: list[Callable[..., Any]] = arguments.pop("functions", [])
        try:
            return self._exchange({"do": do, "with": arguments}, functions, time.monotonic() + seconds)
        except Gone:
            self.close()
            raise

    def ready(self, seconds: float) -> "Sandbox":
        """Wait until it answers, and give it; an `IsolationError` says what came instead."""
        try:
            self.ask("kind", seconds, name="__name__")
        except Gone:
            said = self.line.output.decode("utf-8", "replace").strip()
            raise IsolationError(f"the sandbox did not start: {said[:500] or 'it said nothing'}") from None
        return self

    def _exchange(self, request: dict[str, Any], functions: list[Callable[..., Any]], deadline: float) -> Any:
        nonce = secrets.token_hex(8)  # a frame that was written before it was asked for cannot hold this
        self.line.send({"nonce": nonce, **request}, deadline)
        for calls in itertools.count():
            reply = self.line.receive(deadline, self._look_at_memory)
            if reply.get("nonce") != nonce:
                raise Gone("garbled")
            if "call" not in reply:
                break
            if calls == MAX_CALLS:
                raise Gone("calls")
            self.line.send(_call_back(reply, functions), deadline)
        if "error" in reply:
            raise _student_error(reply["error"])
        return reply.get("value")

    def _look_at_memory(self) -> None:
        start = time.monotonic()
        if start < self._next_look:
            return
        if memory_of(self._process.pid, self._limits.all_memory, with_itself=self._bare) > self._limits.all_memory:
            raise Gone("memory")
        now = time.monotonic()
        self._next_look = now + max(TICK, 5 * (now - start))  # many processes take long to look at

    def close(self) -> None:
        """End the process and all it started, and keep what it printed last. A second time does nothing."""
        if self._open:
            self._open = False
            end(self._process)
            self.line.close()
            assert self._process.stdout is not None
            self._process.stdout.close()


def spawn(limits: Limits, walls: Walls | None) -> Sandbox:
    """Start a sandbox whose user no other sandbox of this machine has just now."""
    try:
        return Sandbox(limits, walls, FIRST_UID + os.getpid() % 1_000_000 * 100 + next(_number) % 100)
    except OSError as error:  # of processes, memory or open files the machine has no more
        raise IsolationError(f"the sandbox cannot be started: {error}") from None


def _bare(number: int, limits: Limits) -> list[str]:
    """Start a worker without a sandbox. A limit on processes would count those of the whole machine's user."""
    kernel = limits.of_kernel() | {"RLIMIT_NPROC": resource.getrlimit(resource.RLIMIT_NPROC)[1]}
    script = START.split("; ", 2)[2].format(descriptor=number, limits=kernel)
    return [sys.executable, "-I", "-B", "-u", "-c", script]


def _call_back(request: dict[str, Any], functions: list[Callable[..., Any]]) -> dict[str, Any]:
    try:
        args, kwargs = decode(request["args"]), decode(request["kwargs"])
        return {"value": encode(functions[request["call"]](*args, **kwargs))}
    except Exception as error:  # noqa: BLE001 (whatever the judge's function does with a student's arguments)
        return {"error": [type(error).__name__, str(error)[:500]]}


def _student_error(error: Any) -> StudentError:
    if isinstance(error, list) and len(error) == 3 and all(isinstance(part, str) for part in error):
        kind, text, where = (decode(part)[:1000] for part in error)
        return StudentError("Exception" if kind in ("Gone", "Missing") else kind, text, where)  # those are the judge's
    return StudentError("WireError", "the answer is garbled")
