"""Two builds of the book from nothing, in two places, are the same, byte for byte."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAY_DIFFER = {".buildinfo": "a hash of all settings of Sphinx, the name of the folder among them"}


def build(folder: Path) -> dict[str, bytes]:
    """Build what git knows of and would add in another place, every cell run anew; return the files of the site."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    command = [Path(sys.executable).with_name("jupyter-book"), "build", folder, "--all", "-W", "-n", "--keep-going"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    site = folder / "_build" / "html"
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_two_builds_are_the_same(tmp_path):
    one, two = build(tmp_path / "one"), build(tmp_path / "a place with another name")
    assert len(one) > 100
    assert one.keys() == two.keys()
    assert {name for name in one if one[name] != two[name]} <= set(MAY_DIFFER)
