"""What a test sees of a submission: its functions and values by name, wherever they really live."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from attn_classroom.inside.describing import describe
from attn_classroom.inside.wire import WireError, decode, encode


class StudentError(Exception):
    """The student's code raised, or lacks what was asked for.

    Args:
        kind: the name of the exception's type, `"AssertionError"` for instance.
        text: its message.
        where: the line it came from, or nothing.
    """

    def __init__(self, kind: str, text: str, where: str = "") -> None:
        super().__init__(kind, text, where)
        self.kind, self.text, self.where = kind, text, where

    def __str__(self) -> str:
        """Say it in a sentence for the student."""
        if self.kind in ("WireError", "Missing", "Gone"):
            return self.text
        return f"your code raised {self.kind}: {self.text}" + (f" ({self.where})" if self.where else "")


class Peer(Protocol):
    """Where the names of a submission live."""

    def kind(self, name: str) -> str | None:
        """Say `"function"`, `"value"`, or None where the name is missing."""

    def get(self, name: str) -> Any:
        """Give a value."""

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function."""


class Student:
    """A submission, as the fixture `student` of every test: `student.top_k_weights(scores, 3)`.

    Values cross as copies in both directions, so that no test depends on what the other side does to its arguments.

    Example:
        >>> student = Student(Here({"double": lambda x: 2 * x, "limit": 3}))
        >>> student.double(student.limit)
        6
    """

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def __getattr__(self, name: str) -> Any:
        """Give the function or value of that name.

        Raises:
            StudentError: when the submission has no such name.
        """
        if name.startswith("_"):
            raise AttributeError(name)
        kind = self._peer.kind(name)
        if kind is None:
            raise StudentError("Missing", f"{name} is missing from your notebook")
        return self._peer.get(name) if kind == "value" else partial(self._call, name)

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self._peer.call(name, args, kwargs)


class Here:
    """Names that live in this process: the student's own notebook, when it checks itself.

    Args:
        names: the namespace of the notebook.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def kind(self, name: str) -> str | None:
        """Say what a name holds, as the sandbox would."""
        if name not in self._names:
            return None
        return "function" if callable(self._names[name]) else "value"

    def get(self, name: str) -> Any:
        """Give a copy of a value, if it is one that can be graded."""
        return _as_sent(lambda: self._names[name])

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function with copies, as the sandbox would; what it raises comes back as a `StudentError`."""
        functions: list[Callable[..., Any]] = []
        sent = encode(args, functions), encode(kwargs, functions)
        args, kwargs = (decode(part, functions.__getitem__) for part in sent)
        return _as_sent(lambda: self._names[name](*args, **kwargs))


def _as_sent(make: Callable[[], Any]) -> Any:
    try:
        return decode(encode(make()))
    except KeyboardInterrupt:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 (a student's code may raise anything)
        kind = "WireError" if isinstance(error, WireError) else None
        name, text, where = describe(error)
        raise StudentError(kind or name, text, where) from None


def decoded(data: Any) -> Any:
    """Build the value that a submission described.

    Raises:
        StudentError: when it is none.
    """
    try:
        return decode(data)
    except WireError as error:
        raise StudentError("WireError", str(error)) from None
