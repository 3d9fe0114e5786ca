"""Time rivals side by side: interleaved in one run, by CPU time or the clock, reported as ratios with their ranges."""

import gc
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

REPORTS = Path(__file__).parents[1] / "_build" / "bench"


def interleaved(
    rivals: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.process_time
) -> dict[str, list[float]]:
    """Run every rival once a round, in turn; return the seconds of each of its runs, by default of CPU time.

    Turn about, so that a busy moment of the machine meets them all alike.
    """
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, run in rivals.items():
            gc.collect()
            start = clock()
            run()
            seconds[name].append(clock() - start)
    return seconds


def ratios(seconds: Mapping[str, list[float]], rival: str, ours: str) -> str:
    """Write rival / ours, round by round, as a median and a range."""
    each = [a / b for a, b in zip(seconds[rival], seconds[ours], strict=True)]
    return f"{median(each):.3g} ({min(each):.3g}-{max(each):.3g})"


def report(name: str, text: str) -> None:
    """Print a report, and keep it under `_build/bench`."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / f"{name}.md").write_text(text, "utf-8")
    print(text)


def table(head: list[str], rows: list[list[str]]) -> str:
    """Lay out a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
