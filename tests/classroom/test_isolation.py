"""The walls: what is inside, the command that builds them, and a student's code that tries them."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from attn_classroom import isolation
from attn_classroom.isolation import (
    FIRST_UID,
    IsolationError,
    Walls,
    advice,
    command,
    environment,
    mounts,
    python,
    visible_packages,
)
from attn_classroom.limits import Limits
from attn_classroom.session import Session
from attn_classroom.student import Student, StudentError

ROOT = Path(__file__).parents[2]


# -- what is inside


def test_torch_numpy_matplotlib_and_ipython_can_be_seen_and_the_lesson_cannot() -> None:
    seen = {name.lower() for name in visible_packages()}
    assert {"torch", "numpy", "matplotlib", "ipython"} <= {name.lower() for name in seen}
    assert not [name for name in seen if name.startswith(("attn", "d2l", "__editable__", "pytest", "_pytest"))]
    assert not [name for name in seen if name.endswith(".pth") or name in ("..", "__pycache__")]


def test_the_walls_hold_the_worker_and_nothing_else_of_the_course(walls: Walls) -> None:
    judge = {source: target for source, target in walls.items() if target.startswith("/judge")}
    package = ROOT / "attn_classroom"
    assert judge == {
        str(package / "__init__.py"): "/judge/attn_classroom/__init__.py",
        str(package / "inside"): "/judge/attn_classroom/inside",
    }
    others = [source for source in walls if Path(source).is_relative_to(ROOT) and source not in judge]
    assert [source for source in others if "site-packages" not in source] == []
    assert not [
        source for source in walls if Path(source) in (ROOT, Path("/"), Path.home(), Path("/etc"), Path("/tmp"))
    ]


@pytest.mark.parametrize("inside", ["/usr", "/usr/share"])
def test_a_course_that_the_sandbox_would_see_is_refused(inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(inside)
    with pytest.raises(IsolationError, match=r"^the course lies inside /usr, which a sandbox has to see; move it"):
        mounts()


def test_the_environment_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "1")
    assert "A_SECRET" not in environment()
    assert environment()["HOME"] == "/tmp"
    assert environment()["OMP_NUM_THREADS"] == "1"


def test_the_interpreter_is_the_one_behind_the_virtual_environment() -> None:
    assert Path(python()).is_file()
    assert not Path(python()).is_symlink()
    assert not Path(python()).is_relative_to(ROOT)


# -- the command


def test_without_bubblewrap_there_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(IsolationError) as error:
        command(3, Limits(), {})
    assert str(error.value) == advice("bubblewrap (the command bwrap) is not installed")
    assert "apt-get install bubblewrap" in advice("x")
    assert advice("x").startswith("no sandbox here: x.")


@pytest.mark.parametrize("root", [True, False])
def test_the_command_shuts_everything_off(root: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/bwrap")
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    line = command(7, Limits(disk=12345), {"/a": "/b/c"}, uid=FIRST_UID + 5)
    text = " ".join(line)
    assert line[0] == "/usr/bin/bwrap"
    for part in (
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        "--cap-drop ALL",
        "--remount-ro /",
        "--size 12345",
    ):
        assert part in text
    if root:
        for kind in ("ipc", "pid", "net", "uts"):
            assert f"--unshare-{kind}" in text
        assert (
            f"chroot /jail setpriv --reuid={FIRST_UID + 5} --regid={FIRST_UID + 5} --clear-groups --no-new-privs"
            in text
        )
        assert "--ro-bind /a /jail/b/c" in text
    else:
        assert "--unshare-all --unshare-user --disable-userns --uid 65534" in text
        assert "--ro-bind /a /b/c" in text
        assert "setpriv" not in text
    assert "--bind" not in line
    assert line[line.index(python()) :][1:6] == ["-I", "-S", "-B", "-u", "-c"]
    assert "main(7, {" in line[-1]
    compile(line[-1], "script", "exec")


def test_the_limits_of_the_kernel() -> None:
    kernel = Limits(memory=1000, disk=20, processes=3, files=4).of_kernel()
    assert kernel == {
        "RLIMIT_DATA": 1000,
        "RLIMIT_AS": 1000 + 4 * 2**30,
        "RLIMIT_FSIZE": 20,
        "RLIMIT_NPROC": 3,
        "RLIMIT_NOFILE": 4,
        "RLIMIT_CORE": 0,
    }


# -- a student's code that tries the walls

PROBES = """
import os, resource, signal, socket, subprocess, sys, threading, time
print("hello from inside")

def attempt(source):
    try:
        return [True, str(eval(source))]
    except BaseException as error:
        return [False, type(error).__name__]

def write(path, size):
    try:
        with open(path, "wb") as file:
            for _ in range(size // 2**20):
                file.write(bytes(2**20))
        return "written"
    except OSError as error:
        return type(error).__name__

def swarm(count):
    started = 0
    try:
        for _ in range(count):
            threading.Thread(target=time.sleep, args=(0.5,), daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    return started

def gobble(size):
    import torch
    try:
        return len(torch.ones(size, dtype=torch.uint8))
    except (RuntimeError, MemoryError):
        return "no memory"

def leave_a_child():
    return subprocess.Popen(["sleep", "61.75"], start_new_session=True).pid > 0

def drawn():
    import matplotlib.pyplot as plt
    return len(plt.subplots()[0].axes)

def endless():
    while True:
        pass
"""


@pytest.fixture(scope="module")
def session(walls: Walls) -> Iterator[Session]:
    """A sandbox with small limits."""
    limits = Limits(cell=5, call=5, total=60, disk=8 * 2**20, processes=24, files=40, memory=2**30)
    behind = Session([("probes", PROBES)], limits, walls)
    yield behind
    behind.close()


@pytest.fixture
def student(session: Session) -> Student:
    return session.student()


@pytest.mark.parametrize(
    "source",
    [
        "socket.create_connection(('1.1.1.1', 53), 1)",
        "socket.getaddrinfo('example.com', 80)",
        "socket.create_connection(('127.0.0.1', 22), 1)",
        "__import__('attn_lesson')",
        "__import__('attn_classroom.testing')",
        "__import__('pytest')",
        "open(os.path.expanduser('~root') + '/.bashrc').read()",
        "os.listdir('/home')",
        f"os.listdir({str(ROOT / 'assignments')!r})",
        f"open({str(ROOT / 'README.md')!r}).read()",
        "open('/etc/shadow').read()",
        "open('/etc/passwd').read()",
        "open('/usr/note', 'w')",
        "open('/judge/attn_classroom/inside/worker.py', 'a')",
        "open('/packages/note', 'w')",
        "open('/note', 'w')",
        "os.mkdir('/etc/note')",
        "os.setuid(0)",
        "os.chroot('/tmp')",
        "os.kill(1, 9)",
        "open('/proc/1/environ').read()",
        "os.setgroups([0])",
        "resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6))",
        "resource.setrlimit(resource.RLIMIT_DATA, (2**40, 2**40))",
    ],
)
def test_what_is_outside_is_out_of_reach(student: Student, source: str) -> None:
    assert student.attempt(source)[0] is False


def test_a_home_holds_at_most_the_way_to_python(student: Student, walls: Walls) -> None:
    home = Path.home()
    came, seen = student.attempt(f"os.listdir({str(home)!r})")
    way = {Path(target).relative_to(home).parts[0] for target in walls.values() if Path(target).is_relative_to(home)}
    assert set(eval(seen) if came else []) == way


def test_it_is_nobody_here(student: Student) -> None:
    assert int(student.attempt("os.getuid()")[1]) not in (0, os.getuid())
    assert int(student.attempt("os.geteuid()")[1]) not in (0, os.getuid())
    assert student.attempt("os.getgroups()")[1] in ("[]", "[65534]")
    assert student.attempt("os.uname().nodename") == [True, "grader"]
    assert set(eval(student.attempt("sorted(os.environ)")[1])) <= {*environment(), "PWD"}
    assert student.attempt("[name for _, name in socket.if_nameindex()]") == [True, "['lo']"]


def test_it_cannot_become_root_in_a_namespace_of_its_own(student: Student) -> None:
    assert student.attempt("subprocess.run(['unshare', '-U', 'true'], capture_output=True).returncode")[1] != "0"


def test_it_sees_no_process_but_its_own(student: Student) -> None:
    pids = eval(student.attempt("[int(name) for name in os.listdir('/proc') if name.isdigit()]")[1])
    assert max(pids) < 100


def test_it_can_use_torch_and_draw_and_write_to_its_own_disk(student: Student) -> None:
    assert student.attempt("__import__('torch').ones(3).sum().item()") == [True, "3.0"]
    assert student.drawn() == 1
    assert student.write("/tmp/note", 2**20) == "written"
    assert student.attempt("os.getcwd()") == [True, "/tmp"]


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])
def test_its_disk_is_small(student: Student, folder: str) -> None:
    assert student.write(f"{folder}/full", 6 * 2**20) == "written"
    assert student.write(f"{folder}/more", 6 * 2**20) == "OSError"
    student.attempt(f"[os.remove({folder!r} + '/' + name) for name in ('full', 'more')]")


def test_its_memory_is_small(student: Student) -> None:
    assert student.gobble(2**20) == 2**20
    assert student.gobble(3 * 2**29) == "no memory"


def test_its_processes_and_files_are_few(student: Student) -> None:
    assert 5 < student.swarm(100) < 24
    assert student.attempt("[open('/dev/null') for _ in range(100)]") == [False, "OSError"]


def test_time_runs_out_and_nothing_is_left_of_it(walls: Walls) -> None:
    limits = Limits(cell=10, call=2, total=120)
    session = Session([("probes", PROBES)], limits, walls)
    try:
        student = session.student()
        assert student.leave_a_child() is True
        assert student.write("/tmp/note", 2**20) == "written"
        start = time.monotonic()
        with pytest.raises(StudentError, match="^your code ran longer than 2 s$"):
            student.endless()
        assert time.monotonic() - start < 30
        left = [each for each in psutil.process_iter(["cmdline"]) if "61.75" in (each.info["cmdline"] or [])]
        _, alive = psutil.wait_procs(left, timeout=15)
        assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
        assert student.attempt("os.path.exists('/tmp/note')") == [True, "False"]  # another sandbox, another disk
    finally:
        session.close()
    assert session.flags == ["time limit in endless"]
    assert session.output == "hello from inside\n"


def test_two_sandboxes_are_two_users_and_share_no_files(session: Session, walls: Walls) -> None:
    first = session.student()
    other = Session([("probes", PROBES)], Limits(cell=5, call=5, total=30), walls)
    try:
        second = other.student()
        first.write("/tmp/secret", 2**20)
        assert second.attempt("os.path.exists('/tmp/secret')") == [True, "False"]
        if os.geteuid() == 0:
            assert first.attempt("os.getuid()") != second.attempt("os.getuid()")
    finally:
        other.close()


def test_the_module_says_where_to_start() -> None:
    assert isolation.START.startswith("import sys; ")


def test_packages_that_are_installed_elsewhere_are_covered(walls: Walls) -> None:
    """Where Python has the lesson among its own packages (conda, a system without venv), it is not there to be read."""
    covered = isolation.other_packages(walls)
    assert covered  # pip's own folder, at least
    source = "import os\ndef look(path):\n    return os.listdir(path)\n"
    session = Session([("look", source)], Limits(), walls)
    try:
        student = session.student()
        assert {path: student.look(path) for path in covered} == {path: [] for path in covered}
    finally:
        session.close()
