"""How long the book takes to build, against the bare execution of the same cells, and what its pages weigh.

A copy of the tree is built in a folder of its own: once from nothing, once with nothing but a changed sentence. In
between, the code cells of the same chapters run one after the other in kernels with the same settings, and nothing else
is done with them.
"""

import gzip
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
import nbformat
from nbclient import NotebookClient
from timing import report, table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "_site" / "ext"))
from build_kernel import ENVIRONMENT, PROFILE  # noqa: E402 (the path above leads to it)

SENTENCE = "\nThis sentence was added to see how long it takes.\n"


def copy_tree(target: Path) -> None:
    """Copy what git knows of, and what it would add."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def build(tree: Path) -> float:
    """Build the book strictly; return the seconds it took."""
    start = time.perf_counter()
    command = [Path(sys.executable).with_name("jupyter-book"), "build", tree, "--all", "-W", "-n", "--keep-going"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-3000:])
    return time.perf_counter() - start


def execute(tree: Path, folder: Path) -> float:
    """Run the cells of all chapters and nothing else; return the seconds it took."""
    profile = folder / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    shutil.copy(PROFILE, profile)
    os.environ.update(ENVIRONMENT, IPYTHONDIR=str(profile.parent))
    seconds = 0.0
    for path in sorted((tree / "chapters").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if "{code-cell}" not in text:
            continue
        notebook = jupytext.reads(text, fmt="md:myst")
        notebook.cells = [nbformat.v4.new_code_cell(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
        start = time.perf_counter()
        NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(path.parent))
        seconds += time.perf_counter() - start
    return seconds


def weigh(site: Path) -> list[list[str]]:
    """Add up a page, its style sheets and its scripts: raw and packed, the movable charts apart."""
    rows = []
    for page in sorted((site / "chapters").glob("*.html")):
        text = page.read_text(encoding="utf-8")
        tags = re.findall(r"<(?:link|script)\b[^>]*>", text)
        loading = [tag for tag in tags if tag.startswith("<script") or 'rel="stylesheet"' in tag]
        names = [name for tag in loading for name in re.findall(r'(?:href|src)="([^":]+)"', tag)]
        files = [(page.parent / name.split("?")[0]).resolve() for name in dict.fromkeys(names)]
        plain = re.sub(r'<div class="explorable".*?</script></div>', "", text, flags=re.DOTALL)
        bodies = [plain.encode(), *(file.read_bytes() for file in files if "explorables" not in file.parts)]
        raw, packed = sum(map(len, bodies)), sum(len(gzip.compress(body, 6)) for body in bodies)
        rows.append([page.stem, f"{len(plain.encode()) / 1e3:.0f}", f"{raw / 1e3:.0f}", f"{packed / 1e3:.0f}"])
    return rows


def main() -> None:
    """Measure once each: a build is long enough to drown the noise of its start."""
    with TemporaryDirectory() as place:
        tree = Path(place) / "tree"
        copy_tree(tree)
        cold = build(tree)
        bare = execute(tree, Path(place))
        chapter = tree / "chapters" / "02_attention_distribution.md"
        chapter.write_text(chapter.read_text(encoding="utf-8") + SENTENCE, encoding="utf-8")
        again = build(tree)
        weights = weigh(tree / "_build" / "html")
    times = [
        ["cells alone, one chapter after the other", f"{bare:.1f}", "1", ""],
        ["the book, from nothing", f"{cold:.1f}", f"{cold / bare:.2f}", "≤ 1.25"],
        ["the book, one sentence changed", f"{again:.1f}", f"{again / bare:.2f}", "≤ 0.25"],
    ]
    report(
        "site",
        table(["build", "s", "time / bare execution", "target"], times)
        + "\n\nkB of a page with its style sheets and scripts, charts, fonts and pictures apart:\n\n"
        + table(["page", "HTML", "raw", "gzip"], weights)
        + "\n",
    )


if __name__ == "__main__":
    main()
