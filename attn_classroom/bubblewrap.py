"""The bubblewrap of this machine: its version, and what to do where it is too old."""

import re
import shutil
import subprocess

NEEDED = (0, 8)  # --size came with 0.7.0, --disable-userns with 0.8.0


def version() -> str:
    """Give the version of the installed bubblewrap, `"0.8.0"` for instance; nothing where it cannot be had."""
    program = shutil.which("bwrap")
    if program is None:
        return ""
    try:
        asked = subprocess.run([program, "--version"], capture_output=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    found = re.search(rb"\d+(\.\d+)+", asked.stdout)
    return found[0].decode() if found else ""


def too_old() -> str:
    """Say what to do about a bubblewrap that is too old; nothing where it will do, or where none can be asked."""
    this = version()
    if not this or tuple(map(int, this.split("."))) >= NEEDED:
        return ""
    return (
        f"bubblewrap {'.'.join(map(str, NEEDED))} or newer is needed, this is {this}: Debian 12 and Ubuntu 24.04 have "
        f"one, Ubuntu 22.04 has not; grade on a newer system (a virtual machine, or WSL 2), or build "
        f"https://github.com/containers/bubblewrap and put its bwrap first on PATH"
    )
