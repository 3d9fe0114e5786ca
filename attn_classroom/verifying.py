"""Does an assignment hold: all points for the solution, none for the untouched release, for each mistake its score?"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

from attn_classroom.apart import judge_apart
from attn_classroom.assignment import Assignment
from attn_classroom.limits import Limits
from attn_classroom.releasing import notebook
from attn_classroom.task import Task, Verdict


@dataclass(frozen=True)
class Finding:
    """One notebook of known quality, and what it scored.

    Args:
        what: the solution, the untouched release, or the name of a mistake.
        seed: of the random inputs.
        expected: what it must score.
        verdict: what came.
    """

    what: str
    seed: int
    expected: float
    verdict: Verdict

    @property
    def score(self) -> float:
        """What it scored."""
        return sum(outcome.earned for outcome in self.verdict.outcomes)

    @property
    def holds(self) -> bool:
        """Whether it scored what it must."""
        return not self.verdict.why and abs(self.score - self.expected) < 1e-9


def verify(
    assignment: Assignment,
    executor: Executor,
    limits: Limits,
    *,
    seeds: Iterable[int] = (1, 2, 3),
    unsafe: bool = False,
) -> Iterator[Finding]:
    """Grade the notebooks whose score is known, each with every seed.

    Args:
        assignment: the assignment.
        executor: where the judging is done.
        limits: what a notebook may use.
        seeds: the random inputs to try.
        unsafe: without a sandbox.

    Yields:
        A finding for each notebook and seed, in order.
    """
    known: list[tuple[str, Callable[[float], float], str]] = [
        ("the solution", lambda points: points, notebook(assignment, solved=True)),
        ("the untouched release", lambda _: 0, notebook(assignment)),
    ]
    for wrong in assignment.wrong:
        known.append((wrong.name, lambda _, score=wrong.score: score, notebook(assignment, wrong.answers, solved=True)))  # type: ignore[misc]
    seeds = list(seeds)
    tasks = [
        (what, expected, seed, executor.submit(judge_apart, Task(assignment, text.encode(), seed, limits, unsafe)))
        for what, expected, text in known
        for seed in seeds
    ]
    for what, expected, seed, future in tasks:
        verdict = future.result()
        points = sum(outcome.points for outcome in verdict.outcomes)
        yield Finding(what, seed, expected(points), verdict)
