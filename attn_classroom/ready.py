"""A student's last look before handing in: the notebook runs from the top, and its public tests say what they say."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from attn_classroom.escaping import clean

MISSING = """
for name in ("attn_lesson", "d2l"):
    if name in sys.modules:
        print(f"This notebook imports {name}, which the grader's Python does not have: it will fail there.")
"""


def run_clean(path: Path, seconds: int = 60) -> tuple[bool, str]:
    """Run a notebook in a new kernel, from the top, and then all its public tests. The file stays as it is.

    Args:
        path: the notebook.
        seconds: for one cell.

    Returns:
        Whether every cell ran, and what there is to say: the cell that failed, or what the public tests found.

    Raises:
        ValueError: when the file is not a notebook.
    """
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} is not a notebook that can be read ({type(error).__name__})") from None
    last = f"import sys\nfrom attn_classroom import check\ncheck()\n{MISSING}"
    notebook.cells.append(nbformat.v4.new_code_cell(last))
    client = NotebookClient(notebook, timeout=seconds, kernel_name="python3")
    try:
        client.execute(cwd=str(path.resolve().parent))
    except CellTimeoutError:
        number = next(n for n, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code" and not _ran(cell))
        return False, f"cell {number} ran longer than {seconds} s; in the grader it would be stopped as well"
    except DeadKernelError:
        return False, "the notebook ended its own Python process"
    except CellExecutionError as error:
        number = next(n for n, cell in enumerate(notebook.cells, 1) if _failed(cell))
        first = clean(f"{error.ename}: {error.evalue}")
        if number == len(notebook.cells):
            return False, first
        return False, f"cell {number} stops the notebook: {first}\n\n{notebook.cells[number - 1].source}"
    said = "".join(output.get("text", "") for output in notebook.cells[-1].outputs)
    return True, clean(said).strip()


def _failed(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and any(output.output_type == "error" for output in cell.outputs)


def _ran(cell: nbformat.NotebookNode) -> bool:
    return cell.execution_count is not None
