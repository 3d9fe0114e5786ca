"""Write each chapter as a notebook that runs as it is, once the package is installed.

    python _site/notebooks.py        writes _build/notebooks/NAME.ipynb (`make notebooks`)

Included source is expanded, MyST becomes plain Markdown, pictures are attached. Numbers that the chapter glues into its
prose are those of the last build; without a build the prose says to run the cell.
"""

import ast
import json
import sys
from pathlib import Path

import jupytext
import nbformat
from book_index import BookIndex
from nbformat import NotebookNode
from plain_markdown import PlainMarkdown

ROOT = Path(__file__).resolve().parents[1]
OPENING = """*A chapter of **{title}**, as a notebook. It needs the package `attn-lesson` and the libraries of the
book: see the page "Run it", or `pip install "attn-lesson[book] @ git+{url}"`.*"""

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class WithoutGlue(ast.NodeTransformer):
    """Drop `glue(...)` statements, their import, and what is empty without them."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        """Drop the import of `glue`."""
        return None if node.module == "myst_nb" else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Drop a call of `glue`."""
        call = node.value
        return None if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "glue" else node

    def generic_visit(self, node: ast.AST) -> ast.AST | None:
        """Visit the parts; drop a loop, branch or block that has nothing left to do."""
        node = super().generic_visit(node)
        return None if isinstance(node, ast.For | ast.If | ast.With) and not node.body else node


def names(source: str, context: type[ast.expr_context]) -> set[str]:
    """Return the names that the source reads (ast.Load) or binds (ast.Store); magics count as blank lines."""
    tree = ast.parse("\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n")))
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, context)}
    if context is ast.Store:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                found |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
    return found


def without_glue(source: str, later: list[str]) -> str:
    """Return what the later cells need of a cell that glues numbers into the prose: often nothing."""
    rest = ast.unparse(WithoutGlue().visit(ast.parse(source)))
    needed = names(rest, ast.Store) & {name for cell in later for name in names(cell, ast.Load)}
    return rest if needed else ""


def glued_values(executed: Path) -> dict[str, str]:
    """Return what a chapter glued in the last build, from the file that MyST-NB wrote; nothing without a build."""
    if not executed.is_file():
        return {}
    outputs = json.loads(executed.read_text("utf-8"))
    return {key: output["data"]["text/plain"] for key, output in outputs.items() if "text/plain" in output["data"]}


def chapter_notebook(book: BookIndex, path: Path, executed: Path) -> NotebookNode:
    """Return one chapter as a notebook; `executed` is the folder of the last build's executed chapters."""
    source = jupytext.read(path, fmt="md:myst")
    markdown = PlainMarkdown(book, path, glued_values(executed / f"{path.stem}.glue.json"))
    cells = [nbformat.v4.new_markdown_cell(OPENING.format(title=book.title, url=book.url))]
    codes = [cell.source for cell in source.cells if cell.cell_type == "code"]
    for cell in source.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code":
            codes = codes[1:]
            gluing = "remove-cell" in tags and "glue(" in cell.source
            text = without_glue(cell.source, codes) if gluing else cell.source
            made = nbformat.v4.new_code_cell(text, metadata={"tags": tags} if tags else {})
        else:
            markdown.pictures = {}
            text = markdown.convert(cell.source)
            made = nbformat.v4.new_markdown_cell(text)
            if markdown.pictures:
                made.attachments = markdown.pictures
        if text:
            cells.append(made)
    if markdown.cited:
        lines = [f"- {book.reference(key)}" for key in sorted(markdown.cited) if key in book.works]
        cells.append(nbformat.v4.new_markdown_cell("## References\n\n" + "\n".join(lines)))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number:03d}"  # not random: two builds are the same
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    nbformat.validate(notebook)
    return notebook


def write_notebooks(root: Path, executed: Path, target: Path) -> list[Path]:
    """Write the notebook of every chapter that has code, and return the files."""
    book = BookIndex(root)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for path in book.chapters:
        if path.stem in book.with_code:
            written.append(target / f"{path.stem}.ipynb")
            nbformat.write(chapter_notebook(book, path, executed), written[-1])
    return written


def main(root: Path = ROOT) -> None:
    """Write the notebooks of the book and say where."""
    for path in write_notebooks(root, root / "_build" / "jupyter_execute" / "chapters", root / "_build" / "notebooks"):
        print(path.relative_to(root))


if __name__ == "__main__":
    sys.exit(main())
