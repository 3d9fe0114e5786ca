"""One process that is asked: true and forged answers, calls back, limits, and its end. The peer here is a few lines."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from attn_classroom import processes
from attn_classroom import sandbox as sandbox_module
from attn_classroom.isolation import IsolationError
from attn_classroom.limits import Limits
from attn_classroom.line import Gone
from attn_classroom.processes import descendants, end, memory_of
from attn_classroom.sandbox import Sandbox, spawn
from attn_classroom.student import StudentError

HEAD = """
import json, socket, struct, sys, time
line = socket.socket(fileno={number})
def read(count):
    data = b""
    while len(data) < count:
        part = line.recv(count - len(data))
        if not part: sys.exit()
        data += part
    return data
def receive():
    return json.loads(read(struct.unpack(">I", read(4))[0]))
def raw(body):
    line.sendall(struct.pack(">I", len(body)) + body)
def send(**message):
    raw(json.dumps(message).encode())
"""
Start = Callable[..., Sandbox]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a process that runs a few lines in place of the worker."""
    started: list[Sandbox] = []

    def begin(script: str, **limits: Any) -> Sandbox:
        def line(number: int, _: Limits) -> list[str]:
            return [sys.executable, "-I", "-S", "-c", HEAD.format(number=number) + script]

        monkeypatch.setattr(sandbox_module, "_bare", line)
        started.append(Sandbox(Limits(**limits), None))
        return started[-1]

    yield begin
    for each in started:
        each.close()


def test_an_answer_with_the_nonce_of_the_question(start: Start) -> None:
    process = start("while True:\n    q = receive(); send(nonce=q['nonce'], value=[q['do'], q['with']])")
    assert process.ask("kind", 5, name="f") == ["kind", {"name": "f"}]
    assert process.ask("get", 5, name="x") == ["get", {"name": "x"}]


def test_each_question_has_a_nonce_of_its_own(start: Start) -> None:
    process = start("while True:\n    q = receive(); send(nonce=q['nonce'], value=q['nonce'])")
    nonces = {process.ask("kind", 5) for _ in range(20)}
    assert len(nonces) == 20
    assert {len(nonce) for nonce in nonces} == {16}


@pytest.mark.parametrize(
    "script",
    [
        "q = receive(); send(value=1)",
        "q = receive(); send(nonce='', value=1)",
        "q = receive(); send(nonce=None, value=1)",
        "q = receive(); send(nonce=[q['nonce']], value=1)",
        "send(nonce='0' * 16, value=1); receive()",
        "q = receive(); raw(b'not json')",
        "q = receive(); raw(b'[]')",
        "q = receive(); line.sendall(b'\\xff' * 8)",
    ],
)
def test_a_forged_answer_ends_the_process(start: Start, script: str) -> None:
    process = start(script + "; time.sleep(60)")
    with pytest.raises(Gone, match="^garbled$"):
        process.ask("get", 5, name="x")
    assert process._process.poll() is not None


def test_an_answer_that_was_written_before_it_was_asked_for_is_garbled(start: Start) -> None:
    process = start("q = receive(); send(nonce=q['nonce'], value=1); send(nonce=q['nonce'], value=20); time.sleep(60)")
    assert process.ask("call", 5) == 1
    with pytest.raises(Gone, match="^garbled$"):
        process.ask("call", 5)


@pytest.mark.parametrize(
    "answer", ["error=['ValueError', 'no', 'line 1']", "error=['ValueError', 'no', 'line 1'], value=20"]
)
def test_an_error_of_the_student_s_code(start: Start, answer: str) -> None:
    process = start(f"while True:\n    q = receive(); send(nonce=q['nonce'], {answer})")
    for _ in range(2):  # the process lives on
        with pytest.raises(StudentError) as error:
            process.ask("call", 5)
        assert (error.value.kind, error.value.text, error.value.where) == ("ValueError", "no", "line 1")


@pytest.mark.parametrize("error", ["None", "'ValueError'", "['a']", "['a', 'b', 3]", "['a', 'b', 'c', 'd']", "{}"])
def test_a_forged_error_is_garbled(start: Start, error: str) -> None:
    process = start(f"q = receive(); send(nonce=q['nonce'], error={error}); time.sleep(60)")
    with pytest.raises(StudentError, match="^the answer is garbled$"):
        process.ask("call", 5)


def test_an_error_is_cut_and_can_be_written(start: Start) -> None:
    process = start(r"q = receive(); send(nonce=q['nonce'], error=['E' * 5000, '\ud800' + 't' * 5000, ''])")
    with pytest.raises(StudentError) as error:
        process.ask("call", 5)
    assert (len(error.value.kind), len(error.value.text)) == (1000, 1000)
    str(error.value).encode()


# -- calls back

CALLS = """
q = receive()
send(nonce=q['nonce'], {call})
send(nonce=q['nonce'], value=receive())
time.sleep(60)
"""


def test_a_function_of_the_judge_is_called(start: Start) -> None:
    process = start(CALLS.format(call="call=1, args={'tuple': [3]}, kwargs={'dict': [['by', 4]]}"))
    functions = [abs, lambda x, by: (x, by)]
    assert process.ask("call", 5, functions=functions) == {"value": {"tuple": [3, 4]}}


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("call=7, args={'tuple': []}, kwargs={'dict': []}", "IndexError"),
        ("call='a', args={'tuple': []}, kwargs={'dict': []}", "TypeError"),
        ("call=None, args={'tuple': []}, kwargs={'dict': []}", "TypeError"),
        ("call=0", "KeyError"),
        ("call=0, args=3, kwargs={'dict': []}", "TypeError"),
        ("call=0, args={'pickle': 'x'}, kwargs={'dict': []}", "WireError"),
        ("call=0, args={'function': 0}, kwargs={'dict': []}", "WireError"),
        ("call=0, args={'tuple': ['a']}, kwargs={'dict': []}", "TypeError"),
        ("call=0, args={'tuple': []}, kwargs={'dict': [[1, 2]]}", "TypeError"),
    ],
)
def test_a_forged_call_is_an_error_of_the_one_who_calls(start: Start, call: str, kind: str) -> None:
    process = start(CALLS.format(call=call))
    assert process.ask("call", 5, functions=[abs])["error"][0] == kind


def test_a_call_with_another_nonce_calls_nothing(start: Start) -> None:
    called: list[int] = []
    process = start("q = receive(); send(nonce='0', call=0, args={'tuple': [1]}, kwargs={'dict': []}); time.sleep(60)")
    with pytest.raises(Gone, match="^garbled$"):
        process.ask("call", 5, functions=[called.append])
    assert called == []


def test_calls_without_end_are_ended(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "MAX_CALLS", 5)
    called: list[int] = []
    forever = "while True:\n    send(nonce=q['nonce'], call=0, args={'tuple': [1]}, kwargs={'dict': []}); receive()"
    process = start("q = receive()\n" + forever)
    with pytest.raises(Gone, match="^calls$"):
        process.ask("call", 60, functions=[called.append])
    assert len(called) == 5


def test_as_many_calls_as_are_allowed_are_answered(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "MAX_CALLS", 5)
    called: list[int] = []
    call = "send(nonce=q['nonce'], call=0, args={'tuple': [1]}, kwargs={'dict': []}); receive()"
    process = start(f"q = receive()\nfor _ in range(5):\n    {call}\nsend(nonce=q['nonce'], value=7); receive()")
    assert process.ask("call", 60, functions=[called.append]) == 7
    assert len(called) == 5


# -- time, memory, and the end


def test_no_answer_in_time(start: Start) -> None:
    process = start("receive(); time.sleep(60)")
    begin = time.monotonic()
    with pytest.raises(Gone, match="^time$"):
        process.ask("call", 0.2)
    assert time.monotonic() - begin < 30
    assert process._process.poll() is not None


def test_a_process_that_ends(start: Start) -> None:
    with pytest.raises(Gone, match="^ended$"):
        start("receive(); print('the last words')").ask("call", 5)


def test_what_it_printed_last_is_kept(start: Start) -> None:
    process = start("receive(); print('the last words', flush=True); time.sleep(0.1)", output=8)
    with pytest.raises(Gone):
        process.ask("call", 5)
    assert bytes(process.line.output) == b"the last"
    assert process.line.dropped == len(" words\n")


def test_too_much_memory_in_all(start: Start) -> None:
    script = "import subprocess; receive(); subprocess.Popen(['sleep', '60']); time.sleep(60)"
    process = start(script, all_memory=1000)
    with pytest.raises(Gone, match="^memory$"):
        process.ask("call", 10)


def test_without_a_sandbox_the_memory_in_all_is_limited_too(start: Start) -> None:
    process = start("receive(); hold = bytearray(64 * 2**20); time.sleep(60)", all_memory=32 * 2**20)
    with pytest.raises(Gone, match="^memory$"):
        process.ask("call", 20)


def test_after_it_was_closed_there_is_no_answer_and_closing_again_does_nothing(start: Start) -> None:
    process = start("time.sleep(60)")
    process.close()
    process.close()
    assert process._process.poll() is not None
    with pytest.raises(Gone, match="^ended$"):
        process.ask("get", 1, name="x")


def test_all_that_a_process_started_ends_with_it(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(['sleep', '61'])\n"
        "other = subprocess.Popen(['sleep', '62'], start_new_session=True)\n"
        "print(child.pid, other.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-S", "-c", script], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        children = [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]
        assert {each.pid for each in descendants(process.pid)} == {each.pid for each in children}
        assert 0 < memory_of(process.pid, 0) <= memory_of(process.pid, 2**40)  # shared pages count once, or twice
        end(process)
        assert process.returncode is not None
    _, alive = psutil.wait_procs(children, timeout=15)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
    assert descendants(process.pid) == []
    assert memory_of(process.pid, 0) == 0


class Process:
    """A process that nobody may look into closely, as that of another user where the grader is not root."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def memory_info(self) -> Any:
        return type("Memory", (), {"rss": 3 * 2**20})

    def memory_full_info(self) -> Any:
        raise psutil.AccessDenied(self.pid)


def test_memory_that_may_not_be_looked_at_closely_is_counted_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "descendants", lambda _: [Process(1), Process(2)])
    assert memory_of(0, enough=10 * 2**20) == memory_of(0, enough=2**20) == 6 * 2**20


# -- the machine's failures


def test_a_process_that_does_not_answer_is_no_sandbox(start: Start) -> None:
    with pytest.raises(IsolationError, match="^the sandbox did not start: no luck$"):
        start("print('no luck'); sys.exit()").ready(5)
    process = start("q = receive(); send(nonce=q['nonce'], value=None); time.sleep(9)")
    assert process.ready(5) is process


@pytest.mark.parametrize("place", ["subprocess.Popen", "socket.socketpair"])
def test_a_machine_without_resources_gives_no_sandbox(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(place, refuse)
    with pytest.raises(IsolationError, match="^the sandbox cannot be started: .*temporarily unavailable"):
        spawn(Limits(), None)
