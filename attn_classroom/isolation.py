"""The walls: bubblewrap's command line for one sandbox, with nothing in it but Python, torch and the worker.

As root, the sandbox is mounted first, and the student's code then becomes a user of its own, one for each sandbox: the
kernel's limits on processes do not bind root, and are shared by all processes of one user. A `chroot` below the
sandbox's root keeps that user from opening a user namespace, in which it would be root again. Without root,
bubblewrap's own user namespace does the same.
"""

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

import attn_classroom
from attn_classroom.bubblewrap import too_old
from attn_classroom.limits import Limits

VISIBLE = ("torch", "numpy", "matplotlib", "ipython")  # and what they need; the lesson and d2l are not among it
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts")
FIRST_UID = 2_000_000  # far above those of people and services
Walls = dict[str, str]  # what a sandbox holds: from the place on this machine to the place inside
START = (
    "import sys; sys.path[:0] = ['/judge', '/packages']; "  # without walls, this line is left out
    "from attn_classroom.inside.worker import main; main({descriptor}, {limits})"
)


class IsolationError(Exception):
    """No sandbox can be had here; the message says what to do."""


def visible_packages() -> dict[str, Path]:
    """Find what a notebook may import: names in `site-packages` and where they lie, from `VISIBLE` and its needs."""
    found: dict[str, Path] = {}
    seen: set[str] = set()
    wanted = [*VISIBLE]
    while wanted:
        name = wanted.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        needs = [Requirement(text) for text in package.requires or []]
        wanted += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
        tops = {file.parts[0] for file in package.files or []} - {"..", "__pycache__"}
        found |= {top: Path(str(package.locate_file(top))) for top in tops if not top.endswith(".pth")}
    return found


def command(descriptor: int, limits: Limits, walls: Walls, uid: int = FIRST_UID) -> list[str]:
    """Write the command that starts a worker in a sandbox.

    Args:
        descriptor: the inherited socket that the worker serves on.
        limits: see `Limits`.
        walls: what the sandbox holds, see `mounts`.
        uid: the user that the student's code becomes, where this process is root.

    Raises:
        IsolationError: when bubblewrap is missing.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise IsolationError(advice("bubblewrap (the command bwrap) is not installed"))
    root = os.geteuid() == 0
    jail = "/jail" if root else ""
    line = [bwrap, "--die-with-parent", "--new-session", "--clearenv", "--hostname", "grader", "--cap-drop", "ALL"]
    if root:
        line += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        for capability in ("SETUID", "SETGID", "SETPCAP", "SYS_CHROOT"):
            line += ["--cap-add", f"CAP_{capability}"]
    else:
        line += ["--unshare-all", "--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534"]
    for name, value in environment().items():
        line += ["--setenv", name, value]
    parents = {parent for target in [jail + target for target in walls.values()] for parent in Path(target).parents}
    for parent in sorted(parents - {Path("/")}):
        line += ["--perms", "0755", "--dir", str(parent)]  # bubblewrap's own would be closed to other users
    line += ["--proc", f"{jail}/proc", "--dev", f"{jail}/dev"]
    for folder in ("/tmp", "/dev/shm"):
        line += ["--perms", "1777", "--size", str(limits.disk), "--tmpfs", jail + folder]
    for source, target in walls.items():
        line += ["--ro-bind", source, jail + target]
    for folder in other_packages(walls):  # whatever else is installed there: the lesson, perhaps
        line += ["--perms", "0555", "--tmpfs", jail + folder, "--remount-ro", jail + folder]
    for folder in ("/usr", "/lib", "/lib64", "/bin") if root else ():
        line += ["--symlink", jail + folder, folder]  # for `chroot` itself
    line += ["--remount-ro", "/", "--"]
    if root:
        line += ["chroot", jail, "setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]
        line += ["--inh-caps=-all", "--bounding-set=-all"]
    script = "import os; os.chdir('/tmp'); " + START.format(descriptor=descriptor, limits=limits.of_kernel())
    return [*line, python(), "-I", "-S", "-B", "-u", "-c", script]


def other_packages(walls: Walls) -> list[str]:
    """Find the folders of installed packages inside what the sandbox holds; they are covered with emptiness."""
    libraries = [
        Path(path) / part for path, target in walls.items() if path == target for part in (".", "lib", "local/lib")
    ]
    return sorted({str(folder) for library in libraries for folder in library.glob("python3*/*-packages")})


def environment() -> dict[str, str]:
    """Give the environment of the student's process: all of it."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    plain = {"HOME": "/tmp", "PATH": "/usr/bin:/bin:/usr/sbin", "LANG": "C.UTF-8"}
    return plain | {"MPLBACKEND": "Agg", "MPLCONFIGDIR": "/tmp"} | threads


def python() -> str:
    """Give the interpreter behind the virtual environment, which the sandbox does not hold."""
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


def mounts() -> Walls:
    """Find what the sandbox has to hold. It takes a while, so it is done once for a whole class.

    Raises:
        IsolationError: when the course's own folder would be inside, or bubblewrap is too old.
    """
    here = Path(attn_classroom.__file__).parent
    held = {path: path for path in SYSTEM if Path(path).exists()}
    base = Path(sys.base_prefix).resolve()
    if not base.is_relative_to("/usr"):
        held |= {str(base / part): str(base / part) for part in ("bin", "lib") if (base / part).exists()}
    held |= {str(path): f"/packages/{name}" for name, path in sorted(visible_packages().items()) if path.exists()}
    held |= {str(here / name): f"/judge/attn_classroom/{name}" for name in ("__init__.py", "inside")}
    for source in (*SYSTEM, str(base)):
        if Path.cwd().resolve().is_relative_to(source):
            raise IsolationError(f"the course lies inside {source}, which a sandbox has to see; move it elsewhere")
    if why := too_old():
        raise IsolationError(why)
    return held


def advice(why: str) -> str:
    """Say what is missing and how to get it."""
    unsafe = "" if platform.system() == "Windows" else "; --unsafe-no-sandbox runs students' code with your own rights"
    ways = "On Debian 12, Ubuntu 24.04 or newer: apt-get install bubblewrap util-linux. On macOS and Windows, grade in "
    ways += "a Linux virtual machine (or WSL 2). If user namespaces are forbidden, grade as root."
    return f"no sandbox here: {why}. {ways} `attn-classroom doctor` tells more{unsafe}"
