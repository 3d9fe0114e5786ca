"""The process in which a student's cells and functions run. Nothing it says is trusted; its judge lives elsewhere.

It shares its interpreter with the student's code, which may therefore do to it whatever it likes: it can spoil its own
answers, and nothing else.
"""

import builtins
import json
import resource
import socket
import sys
import types
from typing import Any

import attn_classroom
from attn_classroom.inside.describing import describe
from attn_classroom.inside.wire import HEADER, decode, encode, pack


class Shell:
    """What `get_ipython()` gives here: a magic or a shell line is quietly nothing, and a timed line is just run."""

    def __getattr__(self, name: str) -> Any:
        """Give a function that takes anything and does nothing, whatever the name."""
        return lambda *args, **kwargs: None

    def run_line_magic(self, name: str, line: str, *args: Any) -> None:
        """Run what stands behind a magic that would have run it as well."""
        if name == "time":
            exec(compile(line, "<a line with %time>", "exec"), sys.modules["__main__"].__dict__)


def limit_this_process(limits: dict[str, int]) -> None:
    """Set the limits of the kernel for this process and all it starts: bytes, processes, open files."""
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, name), (value, value))


class Worker:
    """Answers what comes over the socket: run this cell, call that function, give that value."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel, self.nonce = channel, ""
        self.names: dict[str, Any] = {"__name__": "__main__", "get_ipython": Shell, "display": print}
        main = types.ModuleType("__main__")
        main.__dict__.update(self.names)
        self.names = main.__dict__
        sys.modules["__main__"] = main

    def receive(self) -> Any:
        """Wait for the next frame."""
        (length,) = HEADER.unpack(self._exactly(HEADER.size))
        return json.loads(self._exactly(length))

    def _exactly(self, count: int) -> bytes:
        received = bytearray()
        while len(received) < count:
            part = self.channel.recv(count - len(received))
            if not part:
                sys.exit()  # the judge is done with this submission
            received += part
        return bytes(received)

    def serve(self) -> None:
        """Answer requests until the judge hangs up."""
        while True:
            request = self.receive()
            self.nonce = request["nonce"]
            try:
                reply: dict[str, Any] = {"value": getattr(self, request["do"])(**request["with"])}
                frame = pack({"nonce": self.nonce, **reply})
            except BaseException as error:  # noqa: BLE001 (a student's code may raise anything, KeyboardInterrupt too)
                frame = pack({"nonce": self.nonce, "error": describe(error)})
            self.channel.sendall(frame)

    def cell(self, name: str, source: str) -> None:
        """Run one cell of the notebook."""
        exec(compile(source, f"<{name}>", "exec"), self.names)

    def kind(self, name: str) -> str | None:
        """Say whether a name holds a function, a value, or nothing."""
        if name not in self.names:
            return None
        return "function" if callable(self.names[name]) else "value"

    def get(self, name: str) -> Any:
        """Give a value of the notebook."""
        return encode(self.names[name])

    def call(self, name: str, args: Any, kwargs: Any) -> Any:
        """Call a function of the notebook with values from the judge, whose own functions can be called back."""
        return encode(self.names[name](*decode(args, self.remote), **decode(kwargs, self.remote)))

    def remote(self, number: int) -> Any:
        """Make a function of the judge callable here."""

        def function(*args: Any, **kwargs: Any) -> Any:
            call = {"nonce": self.nonce, "call": number, "args": encode(args), "kwargs": encode(kwargs)}
            self.channel.sendall(pack(call))
            reply = self.receive()
            if "error" in reply:
                kind, text = reply["error"]
                raise getattr(builtins, kind, RuntimeError)(text)
            return decode(reply["value"])

        return function


def main(descriptor: int, limits: dict[str, int]) -> None:
    """Serve on an inherited socket.

    Args:
        descriptor: the number of the socket's file descriptor.
        limits: `RLIMIT_...` to its value.
    """
    import torch

    torch.set_num_threads(1)
    limit_this_process(limits)
    attn_classroom.check = lambda *args, **kwargs: None  # its judge is outside
    Worker(socket.socket(fileno=descriptor)).serve()
