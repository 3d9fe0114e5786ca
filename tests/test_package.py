"""The package as a whole: its public face, what an import costs and changes, and the order of its rooms."""

import ast
import importlib
import inspect
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import attn_lesson

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "attn_lesson"
FILES = sorted(PACKAGE.rglob("*.py"))

PUBLIC = {
    "additive_score",
    "dot_product_score",
    "scaled_dot_product_score",
    "bilinear_score",
    "AdditiveScore",
    "BilinearScore",
    "attention_distribution",
    "soft_attention",
    "hard_attention",
    "heatmap_figure",
    "show_heatmaps",
    "eye_weights",
    "rand_weights",
}


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter, in which every warning is an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )


# The public face ------------------------------------------------------------------------------------


def test_the_public_names_are_those_of_the_design() -> None:
    assert set(attn_lesson.__all__) == PUBLIC
    assert list(attn_lesson.__all__) == sorted(attn_lesson.__all__)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_is_there_and_says_what_it_does(name: str) -> None:
    thing = getattr(attn_lesson, name)
    assert callable(thing)
    assert name in dir(attn_lesson)
    assert thing.__module__.startswith("attn_lesson.")
    assert getattr(importlib.import_module(thing.__module__), name) is thing
    assert (inspect.getdoc(thing) or "").split("\n")[0].endswith(".")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'attn_lesson' has no attribute 'no_such_name'$"):
        attn_lesson.no_such_name  # noqa: B018


def test_the_lazy_names_are_those_of_their_room() -> None:
    heatmaps = importlib.import_module("attn_lesson.heatmaps")
    assert attn_lesson.heatmap_figure is heatmaps.heatmap_figure
    assert attn_lesson.show_heatmaps is heatmaps.show_heatmaps


def test_the_course_s_signature_is_kept() -> None:
    for function in (attn_lesson.show_heatmaps, attn_lesson.heatmap_figure):
        parameters = list(inspect.signature(function).parameters.values())
        assert [p.name for p in parameters[:6]] == ["matrices", "xlabel", "ylabel", "titles", "figsize", "cmap"]
        assert [p.default for p in parameters[3:6]] == [None, (2.5, 2.5), "Reds"]
        assert all(p.kind is p.KEYWORD_ONLY for p in parameters[6:])


def test_the_version_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert attn_lesson.__version__ == project["version"]
    assert (PACKAGE / "py.typed").is_file()


def test_the_legend_explains_every_shape_and_room() -> None:
    legend = attn_lesson.__doc__ or ""
    for name in ("queries", "keys", "values", "scores", "weights", "mask", "context", "W_q", "W_k", "w_v", "W"):
        assert f"`{name}" in legend, name
    for name in ("scores", "attention", "saliency", "experiments", "heatmaps", "learning"):
        assert f"`{name}`" in legend, name


# What an import costs and changes ---------------------------------------------------------------------

IMPORT = """
import json, random, sys, torch
torch.manual_seed(5)
random.seed(5)
before, state, coin = set(sys.modules), torch.get_rng_state(), random.getstate()
settings = torch.get_default_dtype(), torch.get_num_threads(), torch.is_grad_enabled()
import attn_lesson
from attn_lesson import attention, experiments, saliency, scores, shapes
new = sorted(name for name in set(sys.modules) - before if not name.startswith("attn_lesson"))
dir(attn_lesson)
heavy = [name for name in ("matplotlib", "altair", "IPython", "d2l", "pandas") if name in sys.modules]
same = torch.equal(state, torch.get_rng_state()) and coin == random.getstate()
same = same and settings == (torch.get_default_dtype(), torch.get_num_threads(), torch.is_grad_enabled())
attn_lesson.heatmap_figure
print(json.dumps({"new": new, "heavy": heavy, "same": same, "lazy": "matplotlib" in sys.modules}))
"""


def test_importing_the_package_costs_torch_and_changes_nothing() -> None:
    done = run_python(IMPORT)
    assert done.stderr == ""
    found = json.loads(done.stdout)  # which also says that nothing else was printed
    assert found["heavy"] == []
    assert found["new"] == [], "modules that torch alone does not load"
    assert found["same"] is True
    assert found["lazy"] is True, "the heatmap names load on first use"


DRAWING = """
import json, matplotlib, torch, warnings
import matplotlib.pyplot as plt
before, filters = dict(matplotlib.rcParams), list(warnings.filters)
import attn_lesson
from attn_lesson import heatmap_figure, show_heatmaps, learning
changed = [key for key, value in matplotlib.rcParams.items() if before[key] != value]
print(json.dumps({"changed": changed, "figures": plt.get_fignums(), "filters": filters == list(warnings.filters)}))
"""


def test_importing_the_rooms_that_draw_sets_no_option_and_opens_no_figure() -> None:
    done = run_python(DRAWING)
    assert done.stderr == ""
    assert json.loads(done.stdout) == {"changed": [], "figures": [], "filters": True}


def test_a_star_import_brings_the_public_names_and_no_others() -> None:
    done = run_python("from attn_lesson import *\nprint(*sorted(set(dir()) - {'__builtins__'}))")
    names = {name for name in done.stdout.split() if not name.startswith("__")}
    assert names == PUBLIC


# The rooms --------------------------------------------------------------------------------------------

MAY_IMPORT = {  # a room: the packages (besides Python's own) and the rooms that it may import
    "shapes": ({"torch"}, set[str]()),
    "scores": ({"torch"}, {"shapes"}),
    "attention": ({"torch"}, {"scores", "shapes"}),
    "saliency": ({"torch"}, set[str]()),
    "experiments": ({"torch"}, set[str]()),
    "heatmaps": ({"torch", "matplotlib", "numpy", "IPython"}, {"heatmaps"}),
    "steps": ({"torch", "matplotlib", "numpy"}, {"scores", "attention", "heatmaps"}),
    "learning": ({"torch"}, {"scores", "attention"}),
    "__main__": (set[str](), {"heatmaps", "experiments"}),
    "explorables": (
        {"torch", "altair", "vl_convert"},
        {"scores", "attention", "saliency", "experiments", "heatmaps", "learning", "explorables"},
    ),
}


def imports(file: Path) -> set[str]:
    """Collect every absolute import in a file, wherever in the file it stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            assert all(alias.name != "*" for alias in node.names), f"{file}: a star import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


INSIDE = [file for file in FILES if file != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("file", INSIDE, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_backwards_in_the_story(file: Path) -> None:
    packages, rooms = MAY_IMPORT[room(file)]
    for name in imports(file):
        first, *rest = name.split(".")
        if first == "attn_lesson":
            assert rest[:1] != [], f"{room(file)} imports the whole package"
            assert rest[0] in rooms, f"{room(file)} imports {name}"
        elif first not in sys.stdlib_module_names:
            assert first in packages, f"{room(file)} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_module_is_short_and_its_name_says_something(file: Path) -> None:
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= 150
    if file.name not in {"__init__.py", "__main__.py"}:
        assert lines >= 20
    assert file.stem not in {"utils", "util", "common", "helpers", "helper", "misc", "tools"}


@pytest.mark.parametrize("file", INSIDE, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_module_does_nothing_when_it_is_imported(file: Path) -> None:
    """At the top level stand imports, definitions and assignments; no call for its effect, no loop, no `with`."""
    harmless = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.If)
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        assert is_text or isinstance(node, harmless), f"{file}:{node.lineno}"


def test_every_room_has_its_tests() -> None:
    """One file a module, or for a room of several modules a folder."""
    tests = ROOT / "tests"
    rooms = {room(file).strip("_") for file in INSIDE}
    assert {name for name in rooms if not [*tests.glob(f"test_{name}.py"), *tests.glob(f"{name}/test_*.py")]} == set()
