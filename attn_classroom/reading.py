"""A notebook as it was handed in, made ready to run: the given cells put back, and what is odd about it noted."""

import re
import warnings
from dataclasses import dataclass
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from attn_classroom.assignment import Assignment
from attn_classroom.submissions import MAX_BYTES, Unreadable

MAX_CELLS = 2000
MAX_READ = 1_000_000  # characters of a cell, which IPython reads again for each of its magics


@dataclass(frozen=True)
class Reading:
    """A notebook that can be run.

    Args:
        cells: name and source of each code cell, in the student's order.
        flags: what a teacher may want to look at.
    """

    cells: list[tuple[str, str]]
    flags: list[str]


def read(data: bytes, assignment: Assignment) -> Reading:
    """Read a notebook.

    Args:
        data: the bytes of the file.
        assignment: whose given cells are put back, and whose answer cells are looked for.

    Raises:
        Unreadable: when it is no notebook, or too large.
    """
    if not data.strip():
        raise Unreadable("the file is empty")
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the file is larger than {MAX_BYTES // 2**20} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a cell without an id is no news to the teacher
            notebook = nbformat.reads(data.decode("utf-8-sig"), as_version=4)
        cells = [(str(cell.cell_type), str(cell.source), dict(cell.metadata)) for cell in notebook.cells]
    except Exception as error:  # noqa: BLE001 (nbformat raises whatever the file makes it raise)
        raise Unreadable(f"the file is not a notebook ({type(error).__name__})") from None
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(cells)} cells, and {MAX_CELLS} are allowed")
    return _merge(cells, assignment)


def _merge(cells: list[tuple[str, str, dict[str, object]]], assignment: Assignment) -> Reading:
    given, answers = assignment.of_kind("given"), assignment.of_kind("answer")
    run: list[tuple[str, str]] = []
    flags: list[str] = []
    seen: list[str] = []
    for number, (kind, source, metadata) in enumerate(cells, start=1):
        ours = metadata.get("attn_classroom")
        name = next((str(name) for name in ours.values()), "") if isinstance(ours, dict) else ""
        if name not in given and name not in answers:
            name = ""
        if name and kind != "code":
            flags.append(f"retyped cell: {name}")
        elif name in seen and name in given:
            flags.append(f"repeated cell: {name}")
        elif name in given:
            seen.append(name)
            if source.strip() != given[name].strip():
                flags.append(f"changed given cell: {name}")
            run.append((name, plain_python(given[name]).rstrip()))
        elif kind == "code":
            if name in seen:
                flags.append(f"repeated cell: {name}")
            if name:
                seen.append(name)
            run.append((name or f"cell {number}", plain_python(source)))
    missing = [name for name in given if name not in seen]
    flags += [f"missing cell: {name}" for name in (*given, *answers) if name not in seen]
    in_order = [name for name in (*dict.fromkeys(cell.name for cell in assignment.cells),) if name in seen]
    if in_order != list(dict.fromkeys(seen)):
        flags.append("cells in another order")
    return Reading([(name, plain_python(given[name]).rstrip()) for name in missing] + run, flags)


class _Transformer(TransformerManager):
    """IPython's own, which stops where a cell would take too long: what is left shows when the cell is compiled."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._left = MAX_READ

    def do_one_token_transform(self, lines: list[str]) -> Any:
        self._left -= sum(len(line) for line in lines)
        if self._left < 0:
            return False, lines
        return super().do_one_token_transform(lines)  # type: ignore[no-untyped-call]


def plain_python(source: str) -> str:
    r"""Turn magics and shell lines into Python, by IPython's own rules; the sandbox lets them do nothing.

    Example:
        >>> plain_python("%matplotlib inline")
        "get_ipython().run_line_magic('matplotlib', 'inline')\n"
    """
    source = re.sub(r"\A\s*%%(time|timeit|capture|prun)\b.*\n", "", source)  # what stands below is run all the same
    try:
        return str(_Transformer().transform_cell(source))
    except Exception:  # noqa: BLE001 (the mistake shows when the cell is compiled)
        return source
