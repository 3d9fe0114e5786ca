"""A submission judged in a process of its own: whatever becomes of that process, there is a verdict."""

import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from attn_classroom import apart
from attn_classroom.apart import judge_apart, judges
from attn_classroom.assignment import Assignment, AssignmentError
from attn_classroom.isolation import IsolationError, Walls
from attn_classroom.limits import Limits
from attn_classroom.releasing import notebook
from attn_classroom.task import Task, Verdict

QUICK = Limits(cell=5, call=5, total=40)


def lone(assignment: Assignment, body: str) -> Assignment:
    """The assignment with one test, which needs no student."""
    marked = f"import os, pytest, time\n@pytest.mark.question('q', points=1, hint='h')\ndef test_a():\n    {body}\n"
    return replace(assignment, tests={"test_public.py": marked})


def task(assignment: Assignment, **changes: Any) -> Task:
    return Task(assignment, notebook(assignment, solved=True).encode(), 1, QUICK, unsafe=True, **changes)


def test_in_a_process_of_its_own_and_in_a_sandbox_the_verdict_is_the_same(toy: Assignment, walls: Walls) -> None:
    assert walls
    apart = judge_apart(replace(task(toy), unsafe=False))
    assert apart.outcomes == judge_apart(task(toy)).outcomes
    assert len(apart.outcomes) == 3
    assert all(each.passed for each in apart.outcomes)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("os._exit(3)", "the judge of this submission ended with code 3; see it by hand"),
        ("os.kill(os.getpid(), 9)", "the judge of this submission ended with code -9; see it by hand"),
    ],
)
def test_a_judge_that_dies_is_told_and_leaves_nothing(
    toy: Assignment, body: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen = f"import tempfile; assert tempfile.gettempdir().startswith({str(tmp_path)!r}); {body}"
    assert judge_apart(task(lone(toy, seen))) == Verdict(why=why, fault=True)
    assert list(tmp_path.iterdir()) == []


def test_a_judge_that_takes_too_long_is_ended(toy: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "GRACE", 1)
    slow = replace(task(lone(toy, "time.sleep(60)")), limits=Limits(total=1))
    assert judge_apart(slow) == Verdict(why="judging it took too long", fault=True)


def test_a_judge_s_own_memory_is_limited(toy: Assignment) -> None:
    (outcome,) = judge_apart(task(lone(toy, "bytearray(20 * 2**30)"))).outcomes
    assert not outcome.passed
    assert "MemoryError" in outcome.message


def test_ctrl_c_is_not_for_a_judge(toy: Assignment) -> None:
    (outcome,) = judge_apart(
        task(lone(toy, "import signal; os.kill(os.getpid(), signal.SIGINT); time.sleep(0.1)"))
    ).outcomes
    assert outcome.passed
    (outcome,) = judge_apart(
        task(lone(toy, "import subprocess; assert subprocess.run(['sh', '-c', 'kill -2 $$']).returncode"))
    ).outcomes
    assert outcome.passed  # what it starts hears of it


def lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):  # it may end while it is looked at
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def test_judges_end_with_the_block_that_fails(toy: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    slow = task(lone(toy, f"open({str(tmp_path / 'judging')!r}, 'w').close(); time.sleep(60)"))
    tasks: list[Future[Verdict]] = []
    started: list[psutil.Process] = []

    def fail() -> None:
        with judges(1) as executor:
            tasks.extend(executor.submit(judge_apart, slow) for _ in range(3))
            while not (tmp_path / "judging").exists():
                time.sleep(0.05)
            started.extend(each for each in psutil.Process().children(True) if "forkserver" in str(each.cmdline()))
            raise ZeroDivisionError

    start = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        fail()
    assert time.monotonic() - start < 50
    assert tasks[0].result().fault
    # never begun, or begun too late to be judged
    assert all(each.cancelled() or isinstance(each.exception(), CancelledError) for each in tasks[1:])
    assert len(started) >= 2
    assert not any(map(lives, started))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("attn-classroom")] == []
    with judges(1) as executor:
        assert executor.submit(judge_apart, task(toy)).result().outcomes


def test_a_judge_that_was_about_to_start_does_not(toy: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_closed", closed := threading.Event())
    closed.set()
    with pytest.raises(CancelledError):
        judge_apart(task(toy))


def test_the_teacher_s_mistakes_come_back_from_the_other_process(
    toy: Assignment, walls: Walls, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert walls
    with pytest.raises(AssignmentError, match="these tests cannot be used"):
        judge_apart(task(replace(toy, tests={"test_public.py": "def broken(:"})))
    monkeypatch.setattr(apart, "_walls", dict)
    with pytest.raises(IsolationError, match="the sandbox did not start"):
        judge_apart(replace(task(toy), unsafe=False))


def test_neither_torch_nor_pytest_is_imported_here() -> None:
    code = "import sys, attn_classroom.apart; sys.exit('torch' in sys.modules or 'pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
