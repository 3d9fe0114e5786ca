"""The line to a process that nobody trusts: frames with a deadline, and whatever it prints meanwhile."""

import json
import os
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from attn_classroom.inside.wire import HEADER, MAX_FRAME, pack
from attn_classroom.limits import Limits

TICK = 0.1  # seconds between two looks at the process
MAX_CALLS = 10_000  # calls back to the judge within one call


class Gone(Exception):  # noqa: N818 (it says what happened, and is always caught)
    """The process is of no use any more, and why: `time`, `memory`, `calls`, `ended`, or `garbled`."""

    def told(self, limits: Limits) -> tuple[str, str]:
        """Say why: in two words for a flag, and in a sentence for the student whose function was called."""
        return {
            "time": ("time limit", f"your code ran longer than {limits.call:g} s"),
            "memory": (
                "memory limit",
                f"your code used more than {limits.all_memory / 2**30:.1f} GiB of memory in all",
            ),
            "calls": ("too many calls", f"your code called the function it was given more than {MAX_CALLS} times"),
            "ended": ("process ended", "your code ended the Python process"),
            "garbled": ("garbled answer", "your code disturbed the line to the grader, or its answer was too large"),
        }[str(self)]


class Line:
    """Two file descriptors of one process: a socket for frames, and a pipe for what it prints.

    Args:
        channel: our end of the socket.
        printed: our end of the pipe.
        keep: bytes of the printed text to keep; the rest is counted and dropped.
    """

    def __init__(self, channel: socket.socket, printed: int, keep: int) -> None:
        self._channel, self._printed, self._keep, self._buffer = channel, printed, keep, bytearray()
        self.output, self.dropped = bytearray(), 0
        os.set_blocking(printed, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ)
        self._selector.register(printed, selectors.EVENT_READ)

    def send(self, message: dict[str, Any], deadline: float) -> None:
        """Send a frame.

        Raises:
            Gone: when it is not taken in time, or there is nobody to take it.
            WireError: when it is too large; nothing of it was sent.
        """
        try:
            self._channel.settimeout(max(0.01, deadline - time.monotonic()))
            self._channel.sendall(pack(message))
        except TimeoutError:
            raise Gone("time") from None
        except OSError:
            raise Gone("ended") from None

    def receive(self, deadline: float, look: Callable[[], None]) -> dict[str, Any]:
        """Wait for a frame.

        Args:
            deadline: of `time.monotonic()`.
            look: called every `TICK` seconds or oftener; it may raise `Gone`.

        Raises:
            Gone: when none comes in time, or none that can be read.
        """
        frame = None
        while frame is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Gone("time")
            for key, _ in self._selector.select(min(left, TICK)):
                (self.drain if key.fd == self._printed else self._read)()
            look()
            frame = self._frame()
        try:
            message = json.loads(frame)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise Gone("garbled")
        return message

    def _read(self) -> None:
        try:
            part = self._channel.recv(2**20)
        except OSError:
            part = b""
        if not part:
            raise Gone("ended")
        self._buffer += part

    def _frame(self) -> bytes | None:
        if len(self._buffer) < HEADER.size:
            return None
        (length,) = HEADER.unpack(self._buffer[: HEADER.size])
        if length > MAX_FRAME:
            raise Gone("garbled")
        if len(self._buffer) < HEADER.size + length:
            return None
        frame = bytes(self._buffer[HEADER.size : HEADER.size + length])
        del self._buffer[: HEADER.size + length]
        return frame

    def drain(self) -> None:
        """Take what was printed off the pipe."""
        with suppress(BlockingIOError):
            part = os.read(self._printed, 2**20)
            if not part:
                self._selector.unregister(self._printed)
            room = max(0, self._keep - len(self.output))
            self.output += part[:room]
            self.dropped += len(part[room:])

    def close(self) -> None:
        """Hang up, having kept what was printed last."""
        with suppress(KeyError, ValueError, OSError):
            self.drain()
        self._selector.close()
        self._channel.close()
