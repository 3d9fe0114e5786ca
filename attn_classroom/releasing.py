"""What students get: the notebook without its solutions, and the public tests. Nothing else may be left in it."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import nbformat

from attn_classroom.assignment import PUBLIC, Assignment, AssignmentError, Cell

SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
MARKS = ("### BEGIN SOLUTION", "### END SOLUTION")
TELLING = 32  # letters of a line that nobody writes by chance
TEXT_FILES = {".html", ".js", ".json", ".txt", ".md", ".py", ".ipynb", ".svg", ".css", ".xml", ".toml"}


def strip_solution(source: str) -> str:
    r"""Take the solution out: inside a function an error stands in its place, at the top level a remark.

    Example:
        >>> print(strip_solution("def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"))
        def f():
            raise NotImplementedError("your answer here")
    """

    def place(match: re.Match[str]) -> str:
        indent = match[1]
        return indent + ('raise NotImplementedError("your answer here")' if indent else "# your answer here") + "\n"

    return SOLUTION.sub(place, source).rstrip("\n")


def without_marks(source: str) -> str:
    """Keep the solution and drop the two lines around it."""
    return SOLUTION.sub(lambda match: match[2], source).rstrip("\n")


def notebook(assignment: Assignment, answers: dict[str, str] | None = None, *, solved: bool = False) -> str:
    """Write an assignment as a notebook, without any output.

    Args:
        assignment: whose cells to write.
        answers: code for some of the answer cells.
        solved: whether the other answer cells hold the solution; if not, they are left for the student.

    Returns:
        The text of an `.ipynb` file, the same each time.
    """
    made = nbformat.v4.new_notebook(metadata={"kernelspec": _KERNEL, "language_info": {"name": "python"}})
    for number, cell in enumerate(assignment.cells):
        source = (answers or {}).get(cell.name) if cell.kind == "answer" else None
        if source is None:
            source = (
                cell.source if cell.kind != "answer" else (without_marks if solved else strip_solution)(cell.source)
            )
        parts = {"id": f"cell-{number:02d}", "metadata": _metadata(cell)}
        if cell.kind == "text":
            made.cells.append(nbformat.v4.new_markdown_cell(source.strip("\n"), **parts))
        else:
            made.cells.append(nbformat.v4.new_code_cell(source.strip("\n"), **parts))
    nbformat.validate(made)
    return str(nbformat.writes(made)) + "\n"


_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def _metadata(cell: Cell) -> dict[str, Any]:
    if cell.kind not in ("given", "answer"):
        return {}
    return {"deletable": False, "editable": cell.kind == "answer", "attn_classroom": {cell.kind: cell.name}}


def release(assignment: Assignment, folder: Path, site: Path | None = None) -> list[Path]:
    """Write what the students get.

    Args:
        assignment: what to hand out.
        folder: where to; made if need be.
        site: the built site, which is searched for leaks too.

    Returns:
        The files written.

    Raises:
        AssignmentError: when a solution, a hidden test or the source would be, or already is, in `folder` or in the
            site. Nothing is written then.
    """
    files = {
        folder / f"{assignment.name}.ipynb": notebook(assignment),
        folder / "tests" / PUBLIC: assignment.tests[PUBLIC],
    }
    there = [path for place in (folder, site) if place and place.is_dir() for path in sorted(place.rglob("*"))]
    texts = {path: _text(path) for path in there if path.is_file() and path.suffix in TEXT_FILES} | files
    names = {f"{assignment.name}.md", *(set(assignment.tests) - {PUBLIC}), "wrong_answers.toml", "rubric.md"}
    leaks = [f"{path} is a file of the teacher's" for path in there if path.name in names and folder in path.parents]
    leaks += [f"{path} holds {what}" for path, text in texts.items() for what in find_leaks(assignment, text)]
    if leaks:
        raise AssignmentError(f"{assignment.name} is not released: " + "; ".join(leaks))
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="replace")
    return unescape(text) + unescape(re.sub(r"<[^>]*>", "", text)) if path.suffix == ".html" else text


def find_leaks(assignment: Assignment, text: str) -> list[str]:
    """Name what a text gives away: a line of a solution, a hidden test, the marks of a source.

    Spaces, and the quotes, line ends and escaped letters of JSON, do not hide it. A short line, or one that stands in
    the release as well, gives nothing away.
    """
    flat, released = _flat(text), _flat(notebook(assignment))
    found = ["the marks of a solution"] if any(_flat(mark) in flat for mark in MARKS) else []
    for cell in assignment.cells:
        solutions = [match[2] for match in SOLUTION.finditer(cell.source)]
        lines = [_flat(line) for solution in solutions for line in solution.splitlines()]
        telling = [line for line in lines if len(line) >= TELLING and line not in released]
        if any(each in flat for each in [*telling, *map(_flat, solutions)]):
            found.append(f"the solution of {cell.name}")
    for file, source in assignment.tests.items():
        if file != PUBLIC and any(f"def{name}(" in flat for name in re.findall(r"def (test_\w+)\(", source)):
            found.append(f"hidden tests of {file}")
    return found


def _flat(text: str) -> str:
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    return re.sub(r'\\n|\\t|["\\,\s]', "", text)
