"""A submission brought to life: names over the line, deaths and what comes after them, and what is noted."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from attn_classroom import sandbox
from attn_classroom import session as session_module
from attn_classroom.inside import wire
from attn_classroom.inside.wire import WireError
from attn_classroom.isolation import IsolationError, Walls
from attn_classroom.limits import Limits
from attn_classroom.session import Session
from attn_classroom.student import Student, StudentError

CATCHES = """
def catches(score):
    try:
        return score()
    except KeyError as error:
        return str(error)
"""
CELLS = [
    ("setup", "import os, time, torch\nprint('hello')\nFACTOR = 2"),
    ("broken", "1 / 0"),
    ("not python", "def f(:"),
    ("quits", "raise SystemExit"),
    ("answers", "def double(x):\n    return FACTOR * x\n\nlimit = 12\nnothing = None\nbad = object()"),
    ("raises", "def raises():\n    raise ValueError('no')"),
    ("calls", "def apply(score, x):\n    return score(x) + 1"),
    ("catches", CATCHES),
    ("counts", "calls = []\ndef count():\n    calls.append(1)\n    return len(calls)"),
    ("where", "def name():\n    return __name__"),
    ("checks", "from attn_classroom import check\ncheck('double')"),
]  # fmt: skip


@pytest.fixture(scope="module")
def bare() -> Iterator[Session]:
    """A session that no test ends, without a sandbox."""
    session = Session(CELLS, Limits(), None)
    yield session
    session.close()


@pytest.fixture
def student(bare: Session) -> Student:
    return bare.student()


def test_functions_and_values(student: Student) -> None:
    assert student.double(21) == 42
    assert student.limit == 12
    assert student.nothing is None
    got = student.double(torch.arange(3, dtype=torch.bfloat16))
    assert torch.equal(got, torch.tensor([0, 2, 4], dtype=torch.bfloat16))
    assert student.double(x="ab") == "abab"


def test_a_name_that_is_missing(student: Student) -> None:
    with pytest.raises(StudentError, match="^no_such is missing from your notebook$"):
        student.no_such  # noqa: B018
    with pytest.raises(StudentError, match="^f is missing"):
        student.f  # noqa: B018


def test_what_the_function_raises(student: Student) -> None:
    with pytest.raises(StudentError) as error:
        student.raises()
    assert str(error.value) == "your code raised ValueError: no (line 2 of raises)"


def test_an_answer_that_cannot_be_graded(student: Student) -> None:
    with pytest.raises(StudentError, match="^a value of type object cannot be graded"):
        student.bad  # noqa: B018


def test_an_argument_that_cannot_cross_is_the_teacher_s_mistake(student: Student) -> None:
    with pytest.raises(WireError):
        student.double(object())
    assert student.double(1) == 2


def test_a_function_of_the_test_is_called_and_its_error_reaches_the_student(student: Student) -> None:
    assert student.apply(lambda x: 10 * x, 4) == 41

    def fails() -> None:
        raise KeyError("there is none")

    assert "there is none" in student.catches(fails)


def test_the_process_is_the_same_from_test_to_test(bare: Session) -> None:
    first = bare.student().count()
    assert bare.student().count() == first + 1


def test_the_cells_are_main_and_check_does_nothing(student: Student) -> None:
    assert student.name() == "__main__"


def test_what_went_wrong_in_a_cell_is_noted_once_and_the_next_ones_run(bare: Session) -> None:
    bare.student()
    flags = bare.flags
    assert flags[0] == "error in broken: ZeroDivisionError: division by zero"
    assert [flag.split(":")[0] for flag in flags] == ["error in broken", "error in not python", "error in quits"]


def test_death_and_what_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    assert session_module.TRIES == 2
    monkeypatch.setattr(session_module, "TRIES", 1)  # each death is a second of starting again
    cells = [
        ("setup", "import os, time\nprint('first words', flush=True)"),
        ("deadly", "os._exit(1)"),
        ("answers", "def double(x):\n    return 2 * x\n\ndef dies():\n    os._exit(1)"),
        ("slow", "def slow():\n    time.sleep(60)"),
        ("endless", "while True:\n    time.sleep(0.01)"),
        ("last", "last = 3"),
    ]
    session = Session(cells, Limits(cell=3, call=2, total=120), None)
    try:
        student = session.student()
        assert (student.double(2), student.last) == (4, 3)  # all cells but the two that ended it
        with pytest.raises(StudentError, match="^your code ended the Python process$"):
            student.dies()
        with pytest.raises(StudentError, match="^dies was not called again, having ended the process 1 times$"):
            student.dies()
        with pytest.raises(StudentError, match=r"^your code ran longer than 2 s$"):
            student.slow()
        assert session.flags == [
            "process ended in deadly",
            "time limit in endless",
            "process ended in dies",
            "time limit in slow",
        ]
    finally:
        session.close()
    assert session.output == "first words\n"


def test_who_calls_back_too_often_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sandbox.MAX_CALLS == 10_000
    monkeypatch.setattr(sandbox, "MAX_CALLS", 20)
    session = Session([("f", "def f(score):\n    while True:\n        score(1)")], Limits(), None)
    try:
        with pytest.raises(StudentError, match=r"^your code called the function it was given more than 10000 times$"):
            session.student().f(abs)
    finally:
        session.close()
    assert session.flags == ["too many calls in f"]  # no flag of time, for which it would be judged again


def test_a_cell_that_is_too_large_is_noted_and_the_next_ones_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_FRAME", 2000)
    cells = [("first", "x = 1"), ("large", f"y = '{'é' * 1000}'"), ("large enough", f"z = '{'é' * 900}'")]
    session = Session(cells, Limits(), None)
    try:
        student = session.student()
        assert (student.x, len(student.z)) == (1, 900)
        with pytest.raises(StudentError, match="^y is missing"):
            student.y  # noqa: B018
    finally:
        session.close()
    assert session.flags == ["too large to be run: large"]


def test_a_cell_that_cannot_be_written_as_text_is_an_error_of_its_own() -> None:
    session = Session([("odd", "x = '\ud800'"), ("next", "y = 'é\U0001f600'")], Limits(), None)
    try:
        assert session.student().y == "é\U0001f600"
    finally:
        session.close()
    assert [flag[:35] for flag in session.flags] == ["error in odd: UnicodeEncodeError: '"]


def test_a_fresh_student_remembers_nothing() -> None:
    with_count = Session([CELLS[0], ("counts", dict(CELLS)["counts"] + "\nprint('x' * 50)")], Limits(output=20), None)
    try:
        student = with_count.student()
        assert [student.count(), student.count()] == [1, 2]
        assert with_count.fresh().count() == 1
        assert with_count.student().count() == 2
    finally:
        with_count.close()
    assert with_count.output == "hello\n" + "x" * 14
    assert with_count.flags == []  # 57 bytes are no news


def test_no_time_is_left_in_all() -> None:
    session = Session(CELLS, Limits(total=0), None)
    for _ in range(2):
        with pytest.raises(StudentError, match=r"^your notebook ran longer than 0 s in all$"):
            session.student()
    assert session.flags == ["time limit in all"]


def test_the_time_in_all_ends_a_cell() -> None:
    session = Session([("endless", "while True: pass"), ("next", "x = 1")], Limits(total=2), None)
    start = time.monotonic()
    try:
        with pytest.raises(StudentError, match=r"^your notebook ran longer than 2 s in all$"):
            session.student()
    finally:
        session.close()
    assert time.monotonic() - start < 30
    assert session.flags[-1] == "time limit in all"


def test_a_sandbox_that_does_not_start_is_no_fault_of_the_student(walls: Walls) -> None:
    assert walls
    session = Session(CELLS, Limits(), {})
    try:
        with pytest.raises(IsolationError, match=r"^the sandbox did not start: .*\w"):
            session.student()
        assert session.flags == []
    finally:
        session.close()


class Scripted:
    """In place of a sandbox: what the worker would answer, without a process."""

    def __init__(self, *_: Any) -> None:
        self.line = type("L", (), {"dropped": 0, "output": bytearray()})()

    def ready(self, seconds: float) -> "Scripted":
        return self

    def ask(self, do: str, seconds: float, **arguments: Any) -> Any:
        return {"kind": arguments["name"] if arguments["name"] in ("function", "value") else {"odd": 1}}.get(do, 1)

    def close(self) -> None:
        """Nothing to end."""


@pytest.mark.parametrize("failures", [1, 2])
@pytest.mark.parametrize("first", [False, True])
def test_a_sandbox_that_does_not_start_is_tried_once_more(
    monkeypatch: pytest.MonkeyPatch, failures: int, first: bool
) -> None:
    left = [IsolationError("the sandbox cannot be started: no memory")] * failures

    class Failing(Scripted):
        def ready(self, seconds: float) -> Scripted:
            if left:
                raise left.pop()
            return self

    monkeypatch.setattr(session_module, "spawn", Failing)
    monkeypatch.setattr(session_module, "PAUSE", 0)
    session = Session([], Limits(), None, Failing() if first else None)  # type: ignore[arg-type]
    if failures == 1:
        assert session.kind("value") == "value"
    else:
        with pytest.raises(IsolationError, match="no memory"):
            session.kind("value")
        assert session.kind("value") == "value"  # another test may try again


def test_a_failed_start_is_not_the_student_s_time(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [IsolationError("too slow")]

    class Slow(Scripted):
        def ready(self, seconds: float) -> Scripted:
            time.sleep(1)
            if left:
                raise left.pop()
            return self

    monkeypatch.setattr(session_module, "spawn", Slow)
    monkeypatch.setattr(session_module, "PAUSE", 1)
    session = Session([("cell", "pass")], Limits(total=2.9), None)
    assert session.kind("value") == "value"
    assert session.flags == []


@pytest.mark.parametrize(("name", "kind"), [("function", "function"), ("value", "value"), ("other", None)])
def test_a_kind_is_one_of_three(monkeypatch: pytest.MonkeyPatch, name: str, kind: str | None) -> None:
    monkeypatch.setattr(session_module, "spawn", Scripted)
    assert Session([], Limits(), None).kind(name) == kind


def test_an_exception_called_gone_is_an_error_as_any_other() -> None:
    session = Session([("forged", "class Gone(Exception): pass\nraise Gone('away')")], Limits(), None)
    try:
        session.student()
        assert session.flags == ["error in forged: Exception: away"]
    finally:
        session.close()
