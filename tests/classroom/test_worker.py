"""The worker: it answers requests over a socket, and whatever the student's code does, it answers."""

import resource
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from attn_classroom.inside import worker as worker_module
from attn_classroom.inside.wire import HEADER, MAX_FRAME, decode, pack
from attn_classroom.inside.worker import Shell, Worker, describe, limit_this_process


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Worker, Worker]]:
    """A worker, and the judge's end of its socket: one that can `receive`, too."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # put back afterwards
    ours, theirs = socket.socketpair()
    with ours, theirs:
        judge = Worker(ours)
        yield Worker(theirs), judge


@pytest.fixture
def ask(ends: tuple[Worker, Worker]) -> Callable[..., dict[str, Any]]:
    """Send one request, and give the answer to it."""
    worker, judge = ends

    def exchange(do: str, **arguments: Any) -> dict[str, Any]:
        judge.channel.sendall(pack({"nonce": "n1", "do": do, "with": arguments}))
        judge.channel.shutdown(socket.SHUT_WR)
        with pytest.raises(SystemExit):  # the judge has hung up, and the worker ends
            worker.serve()
        return judge.receive()

    return exchange


def test_it_ends_without_an_answer_when_the_judge_hangs_up(ends: tuple[Worker, Worker]) -> None:
    worker, judge = ends
    judge.channel.shutdown(socket.SHUT_WR)
    with pytest.raises(SystemExit) as end:
        worker.serve()
    assert end.value.code is None


def test_a_frame_that_comes_in_pieces_is_put_together(ends: tuple[Worker, Worker]) -> None:
    worker, judge = ends
    for byte in pack({"a": 1}):
        judge.channel.sendall(bytes([byte]))
    assert worker.receive() == {"a": 1}


def test_a_cell_leaves_its_names_and_the_answer_holds_the_nonce(
    ends: tuple[Worker, Worker], ask: Callable[..., dict[str, Any]]
) -> None:
    assert ask("cell", name="cell 1", source="x = 3") == {"nonce": "n1", "value": None}
    assert ends[0].names["x"] == 3


@pytest.mark.parametrize(("name", "kind"), [("f", "function"), ("x", "value"), ("nothing", "value"), ("gone", None)])
def test_kinds(ends: tuple[Worker, Worker], ask: Callable[..., dict[str, Any]], name: str, kind: str | None) -> None:
    ends[0].names.update(f=len, x=1, nothing=None)
    assert ask("kind", name=name) == {"nonce": "n1", "value": kind}


def test_a_value_is_given_as_plain_data(ends: tuple[Worker, Worker], ask: Callable[..., dict[str, Any]]) -> None:
    ends[0].names["x"] = (1, "a")
    assert ask("get", name="x")["value"] == {"tuple": [1, "a"]}


def test_a_function_is_called_with_what_came(ends: tuple[Worker, Worker], ask: Callable[..., dict[str, Any]]) -> None:
    ends[0].names["f"] = lambda *args, **kwargs: [args, kwargs]
    answer = ask("call", name="f", args={"tuple": [1, 2]}, kwargs={"dict": [["a", 3]]})
    assert decode(answer["value"]) == [(1, 2), {"a": 3}]


@pytest.mark.parametrize(
    ("source", "kind", "text", "where"),
    [
        ("\n\n1 / 0", "ZeroDivisionError", "division by zero", "line 3 of cell 1"),
        ("def f():\n  raise ValueError('no')\nf()", "ValueError", "no", "line 2 of cell 1"),
        ("x = = 1", "SyntaxError", "invalid syntax (cell 1, line 1)", "line 1 of cell 1"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", "", "line 1 of cell 1"),
        ("raise SystemExit(3)", "SystemExit", "3", "line 1 of cell 1"),
        ("import sys; sys.exit()", "SystemExit", "", "line 1 of cell 1"),
        ("raise BaseException('b')", "BaseException", "b", "line 1 of cell 1"),
        ("def f(): f()\nf()", "RecursionError", "maximum recursion depth exceeded", "line 1 of cell 1"),
    ],
)
def test_what_a_cell_raises_is_told(
    ask: Callable[..., dict[str, Any]], source: str, kind: str, text: str, where: str
) -> None:
    answer = ask("cell", name="cell 1", source=source)
    assert answer["nonce"] == "n1"
    assert answer["error"][0] == kind
    assert answer["error"][1].replace("<", "").replace(">", "") == text
    assert answer["error"][2] == where


def test_an_error_whose_text_cannot_be_read_is_told_all_the_same(ask: Callable[..., dict[str, Any]]) -> None:
    source = "class Bad(Exception):\n    def __str__(self):\n        raise SystemExit\nraise Bad"
    assert ask("cell", name="c", source=source)["error"] == ["Bad", "(its text cannot be read)", "line 4 of c"]


def test_type_text_and_place_of_an_error_are_cut() -> None:
    long = type("E" * 500, (Exception,), {})
    kind, text, _ = describe(long("t" * 5000))
    assert (len(kind), len(text)) == (100, 1000)


def test_an_answer_that_is_not_plain_is_a_wire_error(
    ends: tuple[Worker, Worker], ask: Callable[..., dict[str, Any]]
) -> None:
    ends[0].names["x"] = object()
    assert ask("get", name="x")["error"][:2] == [
        "WireError",
        "a value of type object cannot be graded; return a tensor, a number or a text",
    ]


def test_an_answer_too_large_for_a_frame_is_a_wire_error(
    ends: tuple[Worker, Worker], ask: Callable[..., dict[str, Any]]
) -> None:
    ends[0].names["x"] = "a" * (MAX_FRAME + 1)
    assert ask("get", name="x")["error"][:2] == ["WireError", "a message is too large to be sent"]


def test_magics_and_shell_lines_are_quietly_nothing(ask: Callable[..., dict[str, Any]]) -> None:
    source = (
        "get_ipython().run_line_magic('matplotlib', 'inline')\n"
        "get_ipython().system('rm -rf /')\n"
        "get_ipython().anything_else(1, a=2)\n"
        "display(1)"
    )
    assert "error" not in ask("cell", name="c", source=source)


def test_a_timed_line_is_run_and_a_cell_of_another_language_is_not(ends: tuple[Worker, Worker]) -> None:
    ends[0].cell("c", "get_ipython().run_line_magic('time', 'y = 5')")
    assert ends[0].names["y"] == 5
    ends[0].cell("c", "get_ipython().run_cell_magic('bash', '', 'z = 5')")
    assert "z" not in ends[0].names
    assert Shell().run_line_magic("timeit", "no_such_name()") is None


def test_the_cells_are_main(ends: tuple[Worker, Worker]) -> None:
    worker = ends[0]
    assert sys.modules["__main__"].__dict__ is worker.names
    worker.cell("c", "class A: pass\nimport __main__\nsame = __main__.A is A\nname, module = __name__, A.__module__")
    assert (worker.names["name"], worker.names["module"], worker.names["same"]) == ("__main__", "__main__", True)


# -- functions of the judge


def test_a_function_of_the_judge_is_called_over_the_line(ends: tuple[Worker, Worker]) -> None:
    worker, judge = ends
    worker.nonce = "n7"
    judge.channel.sendall(pack({"value": {"tuple": [6]}}))
    assert worker.remote(2)(3, by=4) == (6,)
    assert judge.receive() == {"nonce": "n7", "call": 2, "args": {"tuple": [3]}, "kwargs": {"dict": [["by", 4]]}}


@pytest.mark.parametrize(("kind", "raised"), [("ValueError", ValueError), ("NoSuchError", RuntimeError)])
def test_what_a_function_of_the_judge_raises_is_raised_in_the_student_s_code(
    ends: tuple[Worker, Worker], kind: str, raised: type[Exception]
) -> None:
    worker, judge = ends
    judge.channel.sendall(pack({"error": [kind, "not so"]}))
    with pytest.raises(raised, match="not so"):
        worker.remote(0)()


# -- starting


def test_the_limits_of_the_kernel_are_set_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(worker_module.resource, "setrlimit", lambda *each: asked.append(each))
    limit_this_process({"RLIMIT_CORE": 0, "RLIMIT_NOFILE": 99})
    assert asked == [(resource.RLIMIT_CORE, (0, 0)), (resource.RLIMIT_NOFILE, (99, 99))]


def test_a_header_is_as_long_as_the_wire_says() -> None:
    assert HEADER.size == 4
