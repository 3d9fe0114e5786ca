"""The classroom as a whole: it keeps to itself, its modules are short, and importing it does nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "attn_classroom"
FILES = sorted(file for file in PACKAGE.rglob("*.py") if "templates" not in file.parts)
INSIDE = sorted((PACKAGE / "inside").glob("*.py"))


def imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_module_is_short_and_leaves_the_lesson_alone(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 150
    assert not [name for name in imported(file) if name.split(".")[0] in {"attn_lesson", "d2l"}]


@pytest.mark.parametrize("file", sorted((ROOT / "attn_lesson").rglob("*.py")), ids=lambda file: file.stem)
def test_the_lesson_never_imports_the_classroom(file):
    assert not [name for name in imported(file) if name.startswith("attn_classroom")]


@pytest.mark.parametrize("file", INSIDE, ids=lambda file: file.stem)
def test_what_runs_in_the_sandbox_needs_torch_alone(file):
    for name in imported(file):
        assert name.split(".")[0] in {*sys.stdlib_module_names, "torch", "attn_classroom"}
        assert not name.startswith("attn_classroom.") or name.startswith("attn_classroom.inside")


@pytest.mark.parametrize("file", [file for file in FILES if file.name != "__main__.py"], ids=lambda file: file.stem)
def test_a_module_does_nothing_when_it_is_imported(file):
    """At the top level stand imports, definitions and assignments; no call for its effect, no loop, no `with`."""
    harmless = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        assert is_text or isinstance(node, harmless), f"{file}:{node.lineno}"


def test_the_package_itself_is_light():
    """The sandbox imports it, and so does every notebook: pytest and torch come with `check`, not before."""
    script = "import sys, attn_classroom; print([m for m in ('torch', 'pytest', 'nbformat') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_legend_names_every_room():
    legend = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    rooms = {file.stem for file in PACKAGE.glob("*.py")} - {"__init__"}
    assert {room for room in rooms if f"`{room}`" not in legend} == set()
