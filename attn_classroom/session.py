"""A submission brought to life: its cells run in a sandbox, which is started again when the student's code ends it."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from attn_classroom.inside.wire import WireError, encode
from attn_classroom.isolation import IsolationError, Walls
from attn_classroom.limits import Limits
from attn_classroom.line import Gone
from attn_classroom.sandbox import Sandbox, spawn
from attn_classroom.student import Student, StudentError, decoded

TRIES = 2  # a function that has ended the process so often is not called again
START, PAUSE = 60.0, 1.0  # seconds for a sandbox to start, and before that is tried a second time


class Session:
    """The names of a submission, wherever its process may be just now.

    Args:
        cells: name and source of each code cell.
        limits: what it may use.
        walls: what its sandbox holds; None for no sandbox.
        first: a sandbox that is starting already.
    """

    def __init__(
        self, cells: list[tuple[str, str]], limits: Limits, walls: Walls | None, first: Sandbox | None = None
    ) -> None:
        self._cells = [(f"{index} {name}", name, source) for index, (name, source) in enumerate(cells)]
        self._keys = {key for key, *_ in self._cells}
        self._limits, self._walls, self._first = limits, walls, first
        self._deadline = time.monotonic() + limits.total
        self._sandbox: Sandbox | None = None
        self._deaths: Counter[str] = Counter()
        self._flags: dict[str, None] = {}
        self.output, self._printed = "", 0

    @property
    def flags(self) -> list[str]:
        """What a teacher may want to look at, each once."""
        much = [f"printed {self._printed / 1e6:.1f} MB"] if self._printed > 1e5 else []
        return [*self._flags, *much]

    def student(self) -> Student:
        """Give the submission to a test; its process is running when this returns, or the time is up."""
        self._running()
        return Student(self)

    def fresh(self) -> Student:
        """Start the submission anew and give it; its functions are called again, whatever they did before."""
        self.close()
        self._deaths = Counter({key: count for key, count in self._deaths.items() if key in self._keys})
        return self.student()

    def kind(self, name: str) -> str | None:
        """Say what a name holds."""
        answer = self._ask("", "kind", {"name": name})
        return answer if answer in ("function", "value") else None

    def get(self, name: str) -> Any:
        """Give a value."""
        return decoded(self._ask(name, "get", {"name": name}))

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function."""
        functions: list[Callable[..., Any]] = []
        sent = {"name": name, "args": encode(args, functions), "kwargs": encode(kwargs, functions)}
        return decoded(self._ask(name, "call", sent | {"functions": functions}))

    def close(self) -> None:
        """End the process."""
        if self._first is not None:
            self._first.close()
            self._first = None
        if self._sandbox is not None:
            self._sandbox.close()
            line = self._sandbox.line
            self._printed += line.dropped + len(line.output)
            self.output = self.output or line.output.decode("utf-8", "replace")
            self._sandbox = None

    def _flag(self, text: str) -> None:
        self._flags.setdefault(text)

    def _left(self, most: float) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            self.close()
            self._flag("time limit in all")
            raise StudentError("Gone", f"your notebook ran longer than {self._limits.total:g} s in all")
        return min(most, left)

    def _ask(self, name: str, do: str, arguments: dict[str, Any]) -> Any:
        if name and self._deaths[name] >= TRIES:
            raise StudentError("Gone", f"{name} was not called again, having ended the process {TRIES} times")
        sandbox = self._running()
        try:
            return sandbox.ask(do, self._left(self._limits.call), **arguments)
        except Gone as gone:
            self._deaths[name] += 1
            what, told = gone.told(self._limits)
            self._flag(f"{what} in {name or 'a name'}")
            self.close()
            raise StudentError("Gone", told) from None

    def _running(self) -> Sandbox:
        while self._sandbox is None:
            self._left(START)
            self._sandbox = sandbox = self._started()
            for key, name, source in self._cells:
                if not self._run_cell(sandbox, key, name, source):
                    break
        return self._sandbox

    def _started(self) -> Sandbox:
        first, self._first, begun = self._first, None, time.monotonic()
        try:
            return (first or spawn(self._limits, self._walls)).ready(START)
        except IsolationError:
            time.sleep(PAUSE)
            self._deadline += time.monotonic() - begun  # this was not the student's time
            return spawn(self._limits, self._walls).ready(START)

    def _run_cell(self, sandbox: Sandbox, key: str, name: str, source: str) -> bool:
        """Run a cell; False when it ended the process, and all has to start again without it."""
        if self._deaths[key]:
            return True
        try:
            sandbox.ask("cell", self._left(self._limits.cell), name=name, source=source)
        except StudentError as error:
            if error.kind == "Gone":
                raise
            self._flag(f"error in {name}: {error.kind}: {error.text}"[:200].removesuffix(": "))
        except WireError:
            self._flag(f"too large to be run: {name}")
        except Gone as gone:
            self._deaths[key] += 1
            self._flag(f"{gone.told(self._limits)[0]} in {name}")
            self.close()
            return False
        return True
