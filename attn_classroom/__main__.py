"""The command `attn-classroom`. Exit status: 0 done, 1 some could not be graded or a check failed, 2 wrong use."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from attn_classroom.assignment import load
from attn_classroom.grade_command import grade, pool
from attn_classroom.limits import Limits
from attn_classroom.terminal import Jobs, Name, Unsafe, screen, wrong_use

app = typer.Typer(
    help="Hand out, check and grade the assignments of the attention lesson.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(grade)


@app.command()
def new(
    name: str, folder: Annotated[Path, typer.Option(help="The folder of all assignments.")] = Path("assignments")
) -> None:
    """Start a new assignment: small, and it already verifies."""
    from attn_classroom.scaffold import create

    with wrong_use():
        screen.print(escape(f"Made {create(name, folder)}. Try: attn-classroom verify {name}"), soft_wrap=True)


@app.command()
def release(
    name: Name,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to; _build/assignments/NAME if not said.")
    ] = None,
    site: Annotated[Path, typer.Option(help="The built site, searched for leaks.")] = Path("_build/html"),
) -> None:
    """Write what the students get: the notebook without solutions, and the public tests."""
    from attn_classroom.releasing import release as write_release

    with wrong_use():
        assignment = load(name)
        folder = output or Path("_build/assignments") / assignment.name
        for path in write_release(assignment, folder, site):
            screen.print(escape(str(path)), highlight=False, soft_wrap=True)
    if not site.is_dir():
        screen.print(f"(no built site at {site}: it was not searched for solutions)", highlight=False)


@app.command()
def verify(
    name: Name,
    jobs: Jobs = 1,
    seeds: Annotated[int, typer.Option(min=1, help="Sets of random inputs to try.")] = 3,
    unsafe: Unsafe = False,
) -> None:
    """Grade the solution, the untouched release and every listed wrong answer: each must score what it should."""
    wrong = 0
    with wrong_use(), pool(jobs, "") as (executor, _):
        from attn_classroom.verifying import verify as findings  # not before: a system without judges is told so

        for finding in findings(load(name), executor, Limits(), seeds=range(1, seeds + 1), unsafe=unsafe):
            mark = "[green]ok   [/]" if finding.holds else "[red]WRONG[/]"
            told = f"{finding.what} (seed {finding.seed}): {finding.score:g}, expected {finding.expected:g}"
            screen.print(f"{mark} {escape(told)}", highlight=False, soft_wrap=True)
            if not finding.holds:
                wrong += 1
                failed = [f"{each.test}: {each.message}" for each in finding.verdict.outcomes if not each.passed]
                for line in (finding.verdict.why, *finding.verdict.flags, *failed):
                    screen.print(escape(f"        {line}"), highlight=False, soft_wrap=True)
    if wrong:
        screen.print(f"[red]{wrong} did not score what they should.[/]")
        raise typer.Exit(1)
    screen.print(f"{name} holds.")


@app.command()
def doctor() -> None:
    """Say which isolation works here, and how to get it."""
    from attn_classroom.doctor import examine

    bad = 0
    for finding in examine(Limits()):
        bad += not finding.good
        mark = "[green]ok   [/]" if finding.good else "[red]FAILS[/]"
        detail = f" ({finding.detail})" if finding.detail else ""
        screen.print(f"{mark} {escape(finding.what + detail)}", highlight=False, soft_wrap=True)
    if bad:
        raise typer.Exit(1)


@app.command()
def ready(notebook: Path) -> None:
    """Run a notebook clean, from the top, as a student does before handing it in."""
    from attn_classroom.ready import run_clean

    with wrong_use():
        runs, said = run_clean(notebook)
    screen.print(escape(said), highlight=False, soft_wrap=True)
    screen.print("Every cell runs." if runs else "[red]Not yet.[/]")
    if not runs:
        raise typer.Exit(1)


def main() -> None:
    """Run the command."""
    app(prog_name="attn-classroom")


if __name__ == "__main__":
    main()
