"""What the commands share: the screen, the options with one meaning, and the end with exit status 2."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from attn_classroom.assignment import AssignmentError
from attn_classroom.isolation import IsolationError

screen = Console()
Unsafe = Annotated[
    bool, typer.Option("--unsafe-no-sandbox", help="Run students' code with YOUR rights. Written into every result.")
]
Jobs = Annotated[int, typer.Option(min=1, help="Submissions graded at a time.")]
Name = Annotated[str, typer.Argument(help="A name under assignments/, or a folder.")]


@contextmanager
def wrong_use() -> Iterator[None]:
    """Turn what the teacher has to change into one sentence and exit status 2."""
    try:
        yield
    except (AssignmentError, IsolationError, ValueError, OSError) as error:
        screen.print(f"[red]{escape(str(error))}[/]", soft_wrap=True)
        raise typer.Exit(2) from None
