"""The command `attn-classroom grade`."""

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from attn_classroom.apart import warm_up
from attn_classroom.assignment import load
from attn_classroom.limits import Limits
from attn_classroom.terminal import Jobs, Name, Unsafe, screen, wrong_use


@contextmanager
def pool(jobs: int, dask: str) -> Iterator[tuple[Executor, int]]:
    """Give the executor, and how many submissions to hand to it at a time."""
    if dask:
        try:
            from distributed import Client
        except ImportError:
            raise ValueError("--dask needs the package distributed: pip install 'attn-lesson[dask]'") from None
        with Client(dask) as client:
            yield client.get_executor(), 2 * max(1, sum(client.ncores().values()))
    else:
        executor = ThreadPoolExecutor(jobs)
        try:
            yield executor, jobs
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


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
    unsafe: Unsafe = False,
) -> None:
    """Grade a class into OUTPUT: scores.csv, ID.json (Gradescope), feedback/ID.html, summary.html, run.json."""
    from attn_classroom.grading import grade as grade_all
    from attn_classroom.run import Run, earlier, seed_of
    from attn_classroom.submissions import Submission, find

    warm_up()
    with wrong_use():
        if output.exists() and not output.is_dir():
            raise ValueError(f"the results need a folder, and {output} is a file")
        assignment = load(name)
        found = find(submissions, assignment.name)
        expected = roster.read_text(encoding="utf-8-sig").split("\n") if roster else []
        absent = {line.strip() for line in expected if line.strip()} - {each.student for each in found}
        found = sorted(
            [*found, *(Submission(each, why="nothing was handed in") for each in absent)], key=lambda s: s.student
        )
        wanted = [each for each in found if not only or each.student == only]
        if not wanted:
            raise ValueError(
                f"nobody called {only!r} handed anything in" if only else f"nothing was handed in at {submissions}"
            )
        known = earlier(output) if output.is_dir() else {}
        if known and not (resume or only or regrade):
            raise ValueError(
                f"{output} holds results: say --resume to go on, --regrade to grade anew, or another folder"
            )
        if seed is None:
            seed = seed_of(output) if resume or only else None
        limits = Limits(total=seconds, call=call_seconds, cell=cell_seconds)
        run = Run(assignment, output, secrets.randbelow(10**6) if seed is None else seed, limits, unsafe)
        run.records = {key: value for key, value in known.items() if key != only and (only or not regrade)}
        if unsafe:
            screen.print("[bold red]No sandbox: students' code runs with your rights, on your files.[/]")
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        interrupted = False
        try:
            with pool(jobs, dask) as (executor, ahead), Progress(*columns, console=screen) as progress:
                bar = progress.add_task(assignment.name, total=len(wanted))
                run.write_tables(found)
                grade_all(run, wanted, executor, ahead, told=lambda record: progress.advance(bar))
        except KeyboardInterrupt:
            interrupted = True
        finally:
            run.write_tables(found)
    bad = [record for record in run.records.values() if record.verdict.why]
    screen.print(
        f"{len(run.records) - len(bad)} graded, {len(bad)} could not be; see {output / 'summary.html'}", highlight=False
    )
    if interrupted:
        screen.print("Stopped. What is done is written; --resume goes on.")
        os._exit(1)  # the judges that are still busy would be waited for
    if bad:
        raise typer.Exit(1)
