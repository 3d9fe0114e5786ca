"""The chapters as notebooks: each runs as it is, and needs no more than what its opening line installs."""

import ast
import re
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import nbclient
import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
NAMES = [path.stem for path in sorted((ROOT / "chapters").glob("*.md")) if "{code-cell}" in path.read_text("utf-8")]
APART = {"d2l", "torchvision"}  # requirements-d2l.txt; the one cell that imports d2l says so where it is absent


def closure(name: str, extras: set[str], seen: set[tuple[str, str]] | None = None) -> set[str]:
    """Return all that `pip install name[extras]` brings, as canonical names."""
    seen = set() if seen is None else seen
    for extra in ["", *extras]:
        if (canonicalize_name(name), extra) in seen:
            continue
        seen.add((canonicalize_name(name), extra))
        for need in map(Requirement, distribution(name).requires or []):
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                closure(need.name, need.extras, seen)
    return {name for name, _ in seen}


def imported(source: str) -> set[str]:
    """Return the top-level modules that Python code imports from elsewhere."""
    code = "\n".join(line for line in source.splitlines() if not line.lstrip().startswith(("%", "!")))
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found - set(sys.stdlib_module_names)


def lacking(modules: set[str], installed: set[str]) -> set[str]:
    homes = packages_distributions()
    return {name for name in modules if not {canonicalize_name(home) for home in homes.get(name, [])} & installed}


def modules_of(package: str) -> set[str]:
    return set().union(*(imported(path.read_text("utf-8")) for path in (ROOT / package).rglob("*.py")))


def test_the_extra_book_brings_all_that_a_notebook_imports(site: Path) -> None:
    notebooks = [nbformat.read(site / "notebooks" / f"{name}.ipynb", as_version=4) for name in NAMES]
    opening = {
        re.search(r'pip install "attn-lesson\[([a-z,]+)\] @ git\+https://[^"]+"', each.cells[0].source)[1]
        for each in notebooks
    }
    assert opening == {"book"}
    cells = set().union(
        *(imported(cell.source) for each in notebooks for cell in each.cells if cell.cell_type == "code")
    )
    assert {"attn_lesson", "attn_classroom", "torch", "transformers"} <= cells
    installed = closure("attn-lesson", {"book"})
    assert lacking(cells | modules_of("attn_lesson") | modules_of("attn_classroom"), installed) - APART == {
        "distributed"
    }
    assert lacking({"distributed"}, closure("attn-lesson", {"book", "dask"})) == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_s_notebook_runs_as_it_is(name: str, site: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(site / "notebooks" / f"{name}.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
