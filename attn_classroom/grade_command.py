"""The command `attn-classroom grade`."""

import platform
import secrets
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from attn_classroom.assignment import load
from attn_classroom.isolation import IsolationError, advice
from attn_classroom.limits import Limits
from attn_classroom.terminal import Jobs, Name, Unsafe, screen, wrong_use


@contextmanager
def pool(jobs: int, dask: str) -> Iterator[tuple[Executor, int]]:
    """Give the executor, and how many submissions to hand to it at a time."""
    if platform.system() == "Windows":  # it has no limits to set: what judges could not even be imported
        raise IsolationError(advice("this is Windows"))
    if dask:
        try:
            from distributed import Client
        except ImportError:
            raise ValueError("--dask needs the package distributed: pip install 'attn-lesson[dask]'") from None
        with Client(dask) as client:  # pure=False: the same notebook judged again is another task
            yield client.get_executor(pure=False), 2 * max(1, sum(client.ncores().values()))
    else:
        from attn_classroom.apart import judges

        with judges(jobs) as executor:
            yield executor, jobs


def grade(
    name: Name,
    submissions: Annotated[Path, typer.Argument(help="A folder or a zip, of ID.ipynb or of ID/...ipynb.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder of the results.")],
    jobs: Jobs = 1,
    resume: Annotated[bool, typer.Option(help="Go on where an earlier run stopped.")] = False,
    only: Annotated[str, typer.Option(help="Grade this student alone, and keep the other results.")] = "",
    regrade: Annotated[bool, typer.Option(help="Grade all anew, with new random inputs.")] = False,
    seed: Annotated[int | None, typer.Option(help="Of the random inputs; drawn if not said.")] = None,
    dask: Annotated[str, typer.Option(help="The address of a Dask cluster, tcp://...")] = "",
    seconds: Annotated[float, typer.Option(help="For a submission in all.")] = Limits.total,
    call_seconds: Annotated[float, typer.Option(help="For one call of a function.")] = Limits.call,
    cell_seconds: Annotated[float, typer.Option(help="For one cell.")] = Limits.cell,
    roster: Annotated[Path | None, typer.Option(help="A file with one ID a line; who is missing is listed.")] = None,
    zip_encoding: Annotated[str, typer.Option(help="Of the names in a zip that does not say, gbk for instance.")] = "",
    unsafe: Unsafe = False,
) -> None:
    """Grade a class into OUTPUT: scores.csv, ID.json (Gradescope), feedback/ID.html, summary.html, run.json."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    run = None
    try:
        with wrong_use(), pool(jobs, dask) as (executor, ahead):
            from attn_classroom.grading import grade as grade_all
            from attn_classroom.run import Run, earlier, seed_of
            from attn_classroom.submissions import absent, composed, find

            if output.exists() and not output.is_dir():
                raise ValueError(f"the results need a folder, and {output} is a file")
            assignment = load(name)
            found = find(submissions, assignment.name, zip_encoding)
            known = earlier(output) if output.is_dir() else {}
            if roster:
                before = set() if regrade else {student for student, record in known.items() if record.key}
                missing = [each for each in absent(roster, found) if each.student not in before]
                found = sorted([*found, *missing], key=lambda each: each.student)
            only = composed(only)
            wanted = [each for each in found if not only or each.student == only]
            if not wanted:
                raise ValueError(
                    f"nobody called {only!r} handed anything in" if only else f"nothing was handed in at {submissions}"
                )
            if known and not (resume or only or regrade):
                raise ValueError(
                    f"{output} holds results: say --resume to go on, --regrade to grade anew, or another folder"
                )
            if seed is None:
                seed = seed_of(output) if resume or only else None
            limits = Limits(total=seconds, call=call_seconds, cell=cell_seconds)
            run = Run(assignment, output, secrets.randbelow(10**6) if seed is None else seed, limits, unsafe)
            run.records = {key: value for key, value in known.items() if key != only and (only or not regrade)}
            if only and (others := run.others(each.student for each in found)):
                raise ValueError(
                    f"{output} holds results that came of other tests or inputs ({len(others)}, {others[0]} for one): "
                    "say --resume instead of --only to grade these anew as well, or another folder"
                )
            run.let_go(wanted)
            if unsafe:
                screen.print("[bold red]No sandbox: students' code runs with your rights, on your files.[/]")
            with Progress(*columns, *times, console=screen) as progress:
                bar = progress.add_task(assignment.name, total=len(wanted))
                try:
                    run.write_tables(found)
                    grade_all(run, wanted, executor, ahead, told=lambda record: progress.advance(bar))
                finally:
                    run.write_tables(found)
    except KeyboardInterrupt:
        interrupted = True
        exec("")  # else CPython ends `python -m` by SIGINT where the interrupt came through an exec, as of a dataclass
    else:
        interrupted = False
    bad = [record for record in run.records.values() if record.verdict.why] if run else []
    if run:
        graded = len(run.records) - len(bad)
        summary = output / "summary.html"
        screen.print(f"{graded} graded, {len(bad)} could not be; see {summary}", highlight=False)
    if interrupted:
        screen.print("Stopped. What is done is written; --resume goes on.")
    if bad or interrupted:
        raise typer.Exit(1)
