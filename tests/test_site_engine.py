"""The machinery that builds the site, on a throw-away book of two pages with a stand-in package.

One strict build is shared by most tests; the tests that change something work on their own copy, with its cache.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
TOC = "format: jb-book\nroot: chapters/index\nchapters:\n  - file: chapters/01_sample\n"
FRONT = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
"""
PACKAGE = '''"""A stand-in for the package."""


def answer(value: float) -> float:
    """Return the answer, twice the value."""
    return 2 * value
'''
BIB = "@book{james1890, author={James, William}, title={The Principles of Psychology}, publisher={Holt}, year={1890}}\n"
INDEX = "# A small book\n\nSee {doc}`01_sample` and {ref}`sec-formula`.\n\n```{bibliography}\n```\n"
SAMPLE = (
    FRONT
    + r"""# A sample

:::{admonition} In this chapter
:class: tip
You will **do** something.
:::

(sec-formula)=
## A formula

As {cite:t}`james1890` did not write, $\alpha = e^{z}$ and

$$
\operatorname{softmax}(z)_n = \frac{\exp z_n}{\sum_m \exp z_m}
$$ (eq-softmax)

```{literalinclude} ../attn_lesson/__init__.py
:pyobject: answer
```

```{code-cell} ipython3
from pathlib import Path

from attn_lesson import answer

result = answer(21.0)
with Path("runs.log").open("a") as log:
    log.write("run ")
print(f"the answer is {result:.0f} in {Path.cwd().name}")
```

```{code-cell} ipython3
---
mystnb: {image: {alt: A line that rises.}}
---
import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([0, 1, 2], [0, 1, 4])
ax.set_xlabel("Keys");
```

```{code-cell} ipython3
:tags: [remove-cell]
from myst_nb import glue

tripled = 3 * result
glue("answer", result, display=False)
for name in ("first", "second"):
    glue(name, tripled, display=False)
```

The answer is {glue:text}`answer:.1f`, by {eq}`eq-softmax`.

```{exercise} By hand
:label: ex-hand
Double 4.
```

```{solution-start} ex-hand
:class: dropdown
```

```{code-cell} ipython3
tripled + answer(4.0)
```

```{solution-end}
```
"""
)


def make_book(folder: Path) -> Path:
    """Write the throw-away book around the real engine."""
    shutil.copytree(ROOT / "_site", folder / "_site", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / "chapters").mkdir()
    (folder / "attn_lesson").mkdir()
    shutil.copy(ROOT / "chapters" / "matplotlibrc", folder / "chapters")
    for name, text in {
        "_toc.yml": TOC,
        "attn_lesson/__init__.py": PACKAGE,
        "chapters/references.bib": BIB,
        "chapters/index.md": INDEX,
        "chapters/01_sample.md": SAMPLE,
    }.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def build(book: Path) -> subprocess.CompletedProcess[str]:
    """Build the book strictly, as `make book` does, with the book's own package first on the path."""
    command = [Path(sys.executable).with_name("jupyter-book"), "build", ".", "--all", "-W", "-n", "--keep-going"]
    environment = {**os.environ, "PYTHONPATH": str(book), "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=book, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def page(book: Path) -> str:
    """Return the built sample chapter."""
    return (book / "_build" / "html" / "chapters" / "01_sample.html").read_text("utf-8")


def runs(book: Path) -> int:
    """Return how often the sample's cells were run."""
    return (book / "chapters" / "runs.log").read_text("utf-8").count("run")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One book, built once."""
    book = make_book(tmp_path_factory.mktemp("engine") / "book")
    outcome = build(book)
    assert outcome.returncode == 0, outcome.stdout
    return book


def copy_of(built: Path, tmp_path: Path) -> Path:
    """Return a copy of the built book and its caches, to change."""
    return Path(shutil.copytree(built, tmp_path / "book"))


def test_strict_build_writes_the_pages(built: Path) -> None:
    start = (built / "_build" / "html" / "index.html").read_text("utf-8")
    assert '<html lang="en">' in start
    assert 'href="chapters/index.html"' in start
    assert "the answer is 42 in chapters" in page(built)
    assert 'The answer is <span class="pasted-text">42.0</span>' in page(built)


def test_maths_is_set_at_build_time(built: Path) -> None:
    html = page(built)
    assert html.count('<math xmlns="http://www.w3.org/1998/Math/MathML"') == 2
    assert 'class="katex-html" aria-hidden="true"' in html
    assert "eqno" in html
    assert not re.search(r"<script[^>]*mathjax", html, re.IGNORECASE)
    assert not (built / "_build" / "html" / "_static" / "katex" / "katex.min.js").exists()


def test_pages_ask_nothing_of_other_sites(built: Path) -> None:
    for path in (built / "_build" / "html").rglob("*.html"):
        html = path.read_text("utf-8")
        loads = re.findall(r"<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=[\"'](?:https?:)?//[^\"']+", html)
        assert loads == [], path
        assert "thebe" not in html
    for path in (built / "_build" / "html" / "_static").rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", path.read_text("utf-8")), path
    assert (built / "_build/html/_static/scripts/fontawesome.js").stat().st_size < 1000


def test_figures_follow_the_theme(built: Path) -> None:
    (figure,) = (built / "_build" / "html" / "_images").glob("*.svg")
    svg = figure.read_text("utf-8")
    assert "fill: var(--ink)" in svg
    assert "prefers-color-scheme:dark" in svg
    assert svg.count("#1b1f24") == 1, "the ink stands in the style element only"
    assert "<text" in svg, "text stays text"
    assert "<dc:date>" not in svg, "no date: two builds are the same"
    assert re.search(r'<img alt="A line that rises."[^>]*\.svg', page(built))


def test_ink_is_rewritten_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "_site" / "ext"))
    from figure_ink import follow_theme

    plain = '<?xml version="1.0"?>\n<svg width="1"><path stroke="#1B1F24"/><path fill="#b3261e"/></svg>'
    inked = follow_theme(plain)
    assert inked.startswith('<?xml version="1.0"?>\n<svg width="1"><style class="ink">')
    assert '<path stroke="var(--ink)"/><path fill="#b3261e"/>' in inked
    assert follow_theme(inked) == inked
    assert follow_theme('<svg><path fill="#b3261e"/></svg>') == '<svg><path fill="#b3261e"/></svg>'


def test_an_unchanged_book_runs_no_cell_again(built: Path, tmp_path: Path) -> None:
    book = copy_of(built, tmp_path)
    before = runs(book)
    outcome = build(book)
    assert outcome.returncode == 0, outcome.stdout
    assert runs(book) == before
    assert "the answer is 42" in page(book)


def test_an_edit_in_the_package_reaches_the_page(built: Path, tmp_path: Path) -> None:
    book = copy_of(built, tmp_path)
    before = runs(book)
    source = book / "attn_lesson" / "__init__.py"
    source.write_text(PACKAGE.replace("2 * value", "4 * value"), "utf-8")
    outcome = build(book)
    assert outcome.returncode == 0, outcome.stdout
    assert runs(book) == before + 1
    assert "the answer is 84" in page(book)
    assert "the answer is 42" not in page(book)


def test_faults_fail_the_build(built: Path, tmp_path: Path) -> None:
    book = copy_of(built, tmp_path)
    (book / "chapters" / "index.md").write_text(INDEX + "\nNo such thing: $\\nosuchmacro{x}$.\n", "utf-8")
    failing = SAMPLE.replace("print(f", "raise RuntimeError('on purpose')\nprint(f")
    (book / "chapters" / "01_sample.md").write_text(failing, "utf-8")
    outcome = build(book)
    assert outcome.returncode != 0
    assert re.search(r"index\.md:\d+: WARNING: KaTeX:.*nosuchmacro", outcome.stdout)
    assert re.search(r"01_sample\.md: WARNING: Executing notebook failed", outcome.stdout)


def test_a_chapter_is_a_notebook_that_runs(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = built / "_build" / "html" / "notebooks" / "01_sample.ipynb"
    assert 'href="../notebooks/01_sample.ipynb"' in page(built)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert "> **In this chapter**" in prose
    assert "As James (1890) did not write, $\\alpha = e^{z}$" in prose
    assert "\\tag{1}" in prose
    assert '```python\ndef answer(value: float) -> float:\n    """Return the answer' in prose
    assert "The answer is 42.0, by (1)." in prose
    assert "#### Exercise 1: By hand" in prose
    assert "#### Solution to exercise 1" in prose
    assert not re.search(r"\{[a-z:-]+\}[`\s]|^:::", prose, re.MULTILINE), "no directive and no role is left"
    assert not any("glue" in source for source in code)
    assert "tripled = 3 * result" in code, "what a later cell needs of a gluing cell stays"
    monkeypatch.setenv("PYTHONPATH", str(built))
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert notebook.cells[-2].outputs[0].data["text/plain"] == "134.0"


def test_without_a_build_the_notebook_says_so(built: Path, tmp_path: Path) -> None:
    book = make_book(tmp_path / "book")
    subprocess.run([sys.executable, "_site/notebooks.py"], cwd=book, check=True, stdout=subprocess.DEVNULL)
    (path,) = (book / "_build" / "notebooks").glob("*.ipynb")
    assert path.name == "01_sample.ipynb"
    assert "The answer is (run the cell above), by (1)." in path.read_text("utf-8")
