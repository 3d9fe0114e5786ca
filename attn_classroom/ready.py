"""A student's last look before handing in: the notebook runs from the top, and its public tests say what they say."""

import ast
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from attn_classroom.escaping import clean
from attn_classroom.isolation import visible_packages
from attn_classroom.limits import Limits
from attn_classroom.reading import plain_python

LAST = "from attn_classroom import check\ncheck()"


def run_clean(path: Path, seconds: float = Limits.cell) -> tuple[bool, str]:
    """Run a notebook in a new kernel, from the top, and then all its public tests. The file stays as it is.

    Args:
        path: the notebook.
        seconds: for one cell, as the grader counts them.

    Returns:
        Whether every cell ran and the grader has what they import, and what there is to say: the cell that failed, or
        what the public tests found and which modules the grader lacks.

    Raises:
        ValueError: when the file is not a notebook.
    """
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} is not a notebook that can be read ({type(error).__name__})") from None
    missing = unseen([cell.source for cell in notebook.cells if cell.cell_type == "code"])
    last = nbformat.v4.new_code_cell(LAST)
    notebook.cells.append(last)
    begun: list[int] = []
    client = NotebookClient(
        notebook,
        timeout_func=lambda cell: Limits.total if cell is last else seconds,
        on_cell_execute=lambda cell, cell_index: begun.append(cell_index + 1),
        kernel_name="python3",
    )
    try:
        client.execute(cwd=str(path.resolve().parent))
    except CellTimeoutError:
        if begun[-1] == len(notebook.cells):
            return False, f"the public tests ran longer than {Limits.total:g} s, with your answers"
        return False, f"cell {begun[-1]} ran longer than {seconds:g} s; in the grader it would be stopped as well"
    except DeadKernelError:
        return False, "the notebook ended its own Python process"
    except CellExecutionError as error:
        first = clean(f"{error.ename}: {error.evalue}")
        if begun[-1] == len(notebook.cells):
            return False, first
        return False, f"cell {begun[-1]} stops the notebook: {first}\n\n{notebook.cells[begun[-1] - 1].source}"
    said = clean("".join(output.get("text", "") for output in notebook.cells[-1].outputs)).strip()
    lacks = [
        f"This notebook imports {name}, which the grader's Python does not have: it fails there." for name in missing
    ]
    return not missing, "\n".join([said, *lacks])


def unseen(sources: list[str]) -> list[str]:
    r"""List the modules that cells import, in functions too, and that the grader's sandbox does not hold.

    Example:
        >>> unseen(["import math, torch", "def f():\n    from no_such.module import g"])
        ['no_such']
    """
    seen = {name.split(".")[0] for name in visible_packages()} | sys.stdlib_module_names | {"attn_classroom"}
    found: list[str] = []
    for source in sources:
        try:
            nodes = [*ast.walk(ast.parse(plain_python(source)))]
        except (SyntaxError, ValueError):
            continue  # it stops the notebook, or a cell magic makes something else of it
        found += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        found += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    tops = [name if name.startswith("attn_classroom.") else name.split(".")[0] for name in found]
    return [top for top in dict.fromkeys(tops) if top not in seen]  # of attn_classroom it holds the door alone
