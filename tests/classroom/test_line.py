"""The line to a process that nobody trusts: frames within a deadline, and no more of what it prints than is kept."""

import json
import os
import socket
import time
from collections.abc import Iterator

import pytest

from attn_classroom.inside.wire import HEADER, MAX_FRAME, pack
from attn_classroom.line import Gone, Line

Ends = tuple[Line, socket.socket, int]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """A line, and the other process's ends of it: the socket, and where it prints."""
    ours, theirs = socket.socketpair()
    printed, printing = os.pipe()
    line = Line(ours, printed, keep=10)
    with theirs:
        yield line, theirs, printing
        line.close()
    os.close(printed)
    try:
        os.close(printing)
    except OSError:
        return


def soon(seconds: float = 5) -> float:
    return time.monotonic() + seconds


def nothing() -> None:
    """Look, and see nothing."""


def receive(line: Line, seconds: float = 5) -> dict[str, object]:
    return line.receive(soon(seconds), nothing)


def test_a_frame_is_sent_and_one_received(ends: Ends) -> None:
    line, theirs, _ = ends
    line.send({"a": 1}, soon())
    assert theirs.recv(100) == pack({"a": 1})
    theirs.sendall(pack({"b": 2}))
    assert receive(line) == {"b": 2}


def test_frames_in_one_piece_or_in_many(ends: Ends) -> None:
    line, theirs, _ = ends
    theirs.sendall(pack({"a": 1}) + pack({"b": 2}) + pack({"c": 3})[:5])
    assert receive(line) == {"a": 1}
    assert receive(line) == {"b": 2}
    theirs.sendall(pack({"c": 3})[5:])
    assert receive(line) == {"c": 3}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"3", b"null", b'"a"', b"\xff\xfe", b"{}{}", b"[" * 50_000, b'{"a":' * 10_000,
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:10]),
)  # fmt: skip
def test_a_frame_that_cannot_be_read_is_garbled(ends: Ends, body: bytes) -> None:
    line, theirs, _ = ends
    theirs.sendall(HEADER.pack(len(body)) + body)
    with pytest.raises(Gone, match="^garbled$"):
        receive(line)


@pytest.mark.parametrize("length", [MAX_FRAME + 1, 2**32 - 1])
def test_a_frame_that_is_too_long_is_refused_before_it_is_read(ends: Ends, length: int) -> None:
    line, theirs, _ = ends
    theirs.sendall(HEADER.pack(length))
    with pytest.raises(Gone, match="^garbled$"):
        receive(line)


@pytest.mark.parametrize("part", [b"", HEADER.pack(10), HEADER.pack(10) + b"{"])
def test_a_frame_that_does_not_come_in_time(ends: Ends, part: bytes) -> None:
    line, theirs, _ = ends
    theirs.sendall(part)
    start = time.monotonic()
    with pytest.raises(Gone, match="^time$"):
        receive(line, 0.15)
    assert 0.1 < time.monotonic() - start < 30


def test_frames_that_come_drop_by_drop_do_not_move_the_deadline(ends: Ends) -> None:
    line, theirs, _ = ends
    theirs.sendall(HEADER.pack(2**20))
    start = time.monotonic()
    with pytest.raises(Gone, match="^time$"):
        line.receive(soon(0.3), lambda: theirs.sendall(b" "))
    assert time.monotonic() - start < 30


def test_the_other_side_hangs_up(ends: Ends) -> None:
    line, theirs, _ = ends
    theirs.close()
    with pytest.raises(Gone, match="^ended$"):
        receive(line)
    with pytest.raises(Gone, match="^ended$"):
        line.send({"a": 1}, soon())


def test_nobody_takes_what_is_sent(ends: Ends) -> None:
    line, _, _ = ends
    start = time.monotonic()
    with pytest.raises(Gone, match="^time$"):
        line.send({"a": "x" * 2**23}, soon(0.2))
    assert time.monotonic() - start < 30


def test_somebody_looks_while_waiting_and_may_end_it(ends: Ends) -> None:
    line = ends[0]
    looks: list[int] = []

    def look() -> None:
        looks.append(1)
        if len(looks) == 3:
            raise Gone("memory")

    with pytest.raises(Gone, match="^memory$"):
        line.receive(soon(), look)


def test_what_is_printed_is_kept_up_to_a_limit_and_counted_beyond_it(ends: Ends) -> None:
    line, theirs, printing = ends
    os.write(printing, b"0123456789abc")
    theirs.sendall(pack({}))
    receive(line)
    os.write(printing, b"def")
    line.close()
    assert (bytes(line.output), line.dropped) == (b"0123456789", 6)


def test_printing_is_no_answer(ends: Ends) -> None:
    line, _, printing = ends
    os.write(printing, pack({"a": 1}))
    with pytest.raises(Gone, match="^time$"):
        receive(line, 0.1)


def test_one_who_closes_what_it_prints_to_can_still_answer(ends: Ends) -> None:
    line, theirs, printing = ends
    os.write(printing, b"bye")
    os.close(printing)
    for number in range(3):
        theirs.sendall(json.dumps({}).encode().join([HEADER.pack(2), b""]))
        assert receive(line) == {}, number
    line.close()
    assert line.output == b"bye"
