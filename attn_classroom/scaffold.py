"""A new assignment to start from: it is small, and it already verifies."""

from importlib.resources import files
from pathlib import Path

from attn_classroom.assignment import AssignmentError


def create(name: str, above: Path) -> Path:
    """Make the folder of a new assignment.

    Args:
        name: letters, digits and underscores.
        above: the folder of all assignments.

    Returns:
        The folder made.

    Raises:
        AssignmentError: when the name will not do, or is taken.
    """
    if not name.isidentifier() or not name.isascii():
        raise AssignmentError(f"an assignment's name needs letters, digits and underscores alone, got {name!r}")
    folder = above / name
    if folder.exists():
        raise AssignmentError(f"there is already something at {folder}")
    template = files("attn_classroom") / "templates" / "assignment"
    for source, target in (
        ("source.md", f"{name}.md"),
        ("public.py", "tests/test_public.py"),
        ("hidden.py", "tests/test_hidden.py"),
        ("wrong_answers.toml", "wrong_answers.toml"),
        ("rubric.md", "rubric.md"),
    ):
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((template / source).read_text(encoding="utf-8").replace("NAME", name), encoding="utf-8")
    return folder
