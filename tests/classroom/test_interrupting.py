"""A class is interrupted: what is done is written, what is under way ends, and nothing is left behind."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from attn_classroom.assignment import Assignment
from attn_classroom.isolation import Walls
from attn_classroom.releasing import notebook

SLOW = """
import time
import pytest


@pytest.mark.question("double", points=1, hint="h")
def test_slow(student):
    assert student.double(2) == 4
    time.sleep(student.limit)
"""

INTERRUPTED_IMPORT = """
import builtins

real = __import__


def interrupted(name, *rest, **named):
    if name == "attn_classroom.grading":
        exec("raise KeyboardInterrupt")
    return real(name, *rest, **named)


builtins.__import__ = interrupted
"""


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files with a name short enough for a socket in it."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="t"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def begin(
    toy: Assignment, toy_folder: Path, tmp_path: Path, temporary: Path, walls: Walls
) -> Callable[..., subprocess.Popen[str]]:
    """Start grading: one student who is done at once, and three who take a minute."""
    assert walls
    (toy_folder / "tests" / "test_hidden.py").write_text(SLOW)
    (toy_folder / "tests" / "test_public.py").write_text(SLOW.replace("test_slow", "test_too"))
    (tmp_path / "class").mkdir()
    for name, seconds in {"a": 0, "b": 60, "c": 60, "d": 60}.items():
        made = notebook(toy, {"limit": f"limit = {seconds}"}, solved=True)
        (tmp_path / "class" / f"{name}.ipynb").write_text(made)
    line = [sys.executable, "-m", "attn_classroom", "grade", str(toy_folder), str(tmp_path / "class")]
    line += ["-o", str(tmp_path / "out"), "--jobs", "2", "--seed", "1"]

    def start() -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        env = os.environ | {"TMPDIR": str(temporary)}
        return subprocess.Popen(line, start_new_session=True, text=True, env=env, **pipes)  # type: ignore[call-overload, no-any-return]

    return start


def started(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return [each for each in psutil.Process(process.pid).children(recursive=True) if each.is_running()]


def wait_for(what: Callable[[], object]) -> None:
    for _ in range(900):
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("it took too long")


def left_of(processes: list[psutil.Process]) -> list[str]:
    """List what still lives a moment later: multiprocessing's own tracker ends when it sees that all others have."""
    deadline = time.monotonic() + 20
    while (left := living(processes)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def living(processes: list[psutil.Process]) -> list[str]:
    left = []
    for each in processes:
        try:
            if each.is_running() and each.status() != psutil.STATUS_ZOMBIE:
                left.append(f"{each.pid}: {' '.join(each.cmdline())[:100]}")
        except psutil.NoSuchProcess:
            continue
    return left


def with_line(process: subprocess.Popen[str], part: str) -> list[psutil.Process]:
    """List what it started whose command line holds this; what ends meanwhile does not count."""
    found = []
    for each in started(process):
        with suppress(psutil.NoSuchProcess):  # a zombie counts as such
            if part in " ".join(each.cmdline()):
                found.append(each)
    return found


def sandboxes(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return with_line(process, "bwrap")


@pytest.mark.parametrize("to", ["group", "process", "twice"])
def test_ctrl_c_leaves_partial_results_and_nothing_else(
    begin: Callable[..., subprocess.Popen[str]], to: str, tmp_path: Path, temporary: Path
) -> None:
    process = begin()
    wait_for(lambda: (tmp_path / "out" / "a.json").exists() and len(sandboxes(process)) >= 2)
    family = started(process)
    if to == "process":
        os.kill(process.pid, signal.SIGINT)
    else:
        os.killpg(process.pid, signal.SIGINT)
    if to == "twice":
        time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=50)
    assert left_of(family) == []
    assert list(temporary.iterdir()) == []
    assert process.returncode == 1
    assert "Traceback" not in output
    assert "Stopped. What is done is written; --resume goes on." in " ".join(output.split())
    with (tmp_path / "out" / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: (row["score"], row["status"]) for row in csv.DictReader(file)}
    assert rows == {"a": ("2", "graded")} | dict.fromkeys("bcd", ("", "not graded: not graded yet"))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"a.json", "feedback", "run.json", "scores.csv", "summary.html"}
    assert json.loads((tmp_path / "out" / "a.json").read_text())["score"] == 2


@pytest.mark.parametrize("to", [os.kill, os.killpg])
def test_ctrl_c_before_the_first_judge_leaves_nothing(
    begin: Callable[..., subprocess.Popen[str]], to: Callable[[int, int], None], temporary: Path
) -> None:
    process = begin()
    wait_for(lambda: with_line(process, "multiprocessing.forkserver"))
    family = started(process)
    to(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=50)
    assert left_of(family) == []
    assert list(temporary.iterdir()) == []
    assert process.returncode == 1
    assert "Traceback" not in output


def test_ctrl_c_while_a_string_is_executed_ends_with_1(
    begin: Callable[..., subprocess.Popen[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import may be interrupted within `exec`, which every dataclass calls; CPython remembers that to its end."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(INTERRUPTED_IMPORT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    process = begin()
    output, _ = process.communicate(timeout=50)
    assert output.startswith("Stopped.")
    assert process.returncode == 1


def test_judges_do_not_outlive_a_grader_that_is_killed(begin: Callable[..., subprocess.Popen[str]]) -> None:
    process = begin()
    wait_for(lambda: len(sandboxes(process)) >= 2)
    family = started(process)
    process.kill()
    output, _ = process.communicate(timeout=50)
    assert left_of(family) == []
    assert "Traceback" not in output
