"""An assignment as it lies on the disk: one MyST source, its tests, its wrong answers, its rubric."""

import hashlib
import re
import tomllib
from dataclasses import asdict, dataclass, field
from json import dumps
from pathlib import Path
from typing import Any

PUBLIC = "test_public.py"


class AssignmentError(Exception):
    """The assignment cannot be used as it is; the message says what to change."""


@dataclass(frozen=True)
class Cell:
    """One cell of the source.

    Args:
        kind: `"text"`, `"given"` (put back by the grader), `"answer"` (holds a solution), or `"free"`.
        name: what a given or an answer cell is called; empty for the others.
        source: its text, an answer with its solution.
    """

    kind: str
    name: str
    source: str


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that the tests have to catch.

    Args:
        name: what the mistake is called.
        answers: from the name of an answer cell to the wrong code in it.
        score: what the whole notebook must score, its other answers being right.
    """

    name: str
    answers: dict[str, str]
    score: float


@dataclass(frozen=True)
class Assignment:
    """Everything the grader needs to know of an assignment, as plain text, so that it can be sent to a cluster.

    Args:
        name: the folder's name.
        cells: those of the source, in order.
        tests: from file name to source; all but `test_public.py` are hidden.
        wrong: the wrong answers.
    """

    name: str
    cells: tuple[Cell, ...]
    tests: dict[str, str] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()

    def of_kind(self, kind: str) -> dict[str, str]:
        """Give the cells of one kind: name to source."""
        return {cell.name: cell.source for cell in self.cells if cell.kind == kind}

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change when a cell or a test does."""
        content = dumps([[asdict(cell) for cell in self.cells], self.tests], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def folder_of(name: str) -> Path:
    """Find an assignment: a folder's path, or a name under `assignments/`.

    Raises:
        AssignmentError: when there is none.
    """
    for folder in (Path(name), Path("assignments") / name):
        if (folder / f"{folder.resolve().name}.md").is_file():
            return folder.resolve()
    have = ", ".join(sorted(path.stem for path in Path("assignments").glob("*/*.md") if path.stem == path.parent.name))
    raise AssignmentError(f"no assignment {name!r} with a source NAME/NAME.md; here there are: {have or 'none'}")


def load(name: str) -> Assignment:
    """Read an assignment from the disk.

    Raises:
        AssignmentError: when a part is missing, or a name stands twice.
    """
    folder = folder_of(name)
    tests = {path.name: path.read_text(encoding="utf-8") for path in sorted((folder / "tests").glob("test_*.py"))}
    if PUBLIC not in tests or len(tests) < 2:
        raise AssignmentError(f"{folder.name}/tests needs {PUBLIC} and at least one hidden test_*.py, got {[*tests]}")
    wrong = folder / "wrong_answers.toml"
    listed = tomllib.loads(wrong.read_text("utf-8")) if wrong.exists() else {}
    cells = read_cells((folder / f"{folder.name}.md").read_text(encoding="utf-8"))
    return Assignment(folder.name, cells, tests, read_wrong(listed, {c.name for c in cells if c.kind == "answer"}))


def read_cells(source: str) -> tuple[Cell, ...]:
    """Split a MyST source into its cells.

    Raises:
        AssignmentError: when two cells have one name, or an answer cell has no solution.
    """
    import jupytext  # here, because it takes long

    cells = [_cell(cell) for cell in jupytext.reads(source, fmt="md:myst").cells]
    names = [cell.name for cell in cells if cell.name]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise AssignmentError(f"a cell's name may stand once, these stand twice: {', '.join(twice)}")
    for cell in cells:
        marks = re.findall("### (BEGIN|END) SOLUTION", cell.source)
        if marks != ["BEGIN", "END"] * (len(marks) // 2) or (cell.kind == "answer") != bool(marks):
            raise AssignmentError(
                f"an answer cell, and no other, holds its solution between ### BEGIN SOLUTION and ### END SOLUTION; "
                f"the {cell.kind} cell {cell.name or cell.source[:30]!r} has {marks.count('BEGIN')} beginnings "
                f"and {marks.count('END')} ends"
            )
    return tuple(cells)


def _cell(cell: Any) -> Cell:
    for kind in ("given", "answer"):
        if cell.cell_type == "code" and kind in cell.metadata:
            return Cell(kind, str(cell.metadata[kind]), cell.source)
    return Cell("free" if cell.cell_type == "code" else "text", "", cell.source)


def read_wrong(listed: dict[str, Any], answers: set[str]) -> tuple[Wrong, ...]:
    """Read the wrong answers.

    Raises:
        AssignmentError: when a part is missing, or one names an answer cell that is not there.
    """
    try:
        wrong = tuple(Wrong(each["name"], dict(each["answers"]), each["score"]) for each in listed.get("wrong", []))
    except KeyError as error:
        raise AssignmentError(f"each wrong answer needs a name, answers and a score; one has no {error}") from None
    for each in wrong:
        unknown = sorted(each.answers.keys() - answers)
        if unknown:
            told = f"the wrong answer {each.name!r} is for {unknown}; the answer cells are {sorted(answers)}"
            raise AssignmentError(told)
    return wrong
