"""Find the words of a picture: its labels, its numbers, what it says of itself."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Controls, separators of all kinds, overrides of the direction, halves of characters, and what XML forbids.
BREAKING = re.compile("[\\s\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
MOST_TITLES = 12  # that a description lists one by one


@dataclass(frozen=True)
class Words:
    """Everything that is written around the panels."""

    xlabel: str
    ylabel: str
    titles: list[list[str]]  # none, one row of them, or one for every row of panels
    row_titles: list[str]
    query_labels: list[str] | None
    key_labels: list[str] | None


def plain(label: object) -> str:
    r"""Write any label as one line of text; None is an empty one.

    What joins letters into one sign stays; what breaks a line, or turns the writing round, is a space.

    >>> plain(None), plain(3), plain("two\nlines")
    ('', '3', 'two lines')
    """
    return "" if label is None else BREAKING.sub(" ", str(label))


def cell_text(value: float) -> str:
    """Write a value in the few letters that a cell holds.

    >>> cell_text(0.123456), cell_text(1.0), cell_text(-12.34), cell_text(-0.001), cell_text(float("-inf"))
    ('0.12', '1', '−12.3', '0.00', '−∞')
    >>> cell_text(1384.2), cell_text(-1234567)
    ('1384', '−1.2e6')
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    if size >= 99999.5:
        digits, _, power = f"{value:.1e}".partition("e")
        text = f"{digits.removesuffix('.0')}e{int(power)}"
    else:
        text = f"{value:.2f}" if size < 10 else f"{value:.3g}" if size < 999.5 else f"{value:.0f}"
        text = f"{value + 0.0:g}" if float(text) == value else text  # no decimals where none are needed
    return text.replace("-0.00", "0.00").replace("-", "−")


def note_on(block: tuple[int, int], signed: bool, values: NDArray[np.float64]) -> str:
    """Say what the picture does not show by itself: pooling, and what the grey cells are."""
    said = []
    if block != (1, 1):
        what = "the value farthest from 0" if signed else "the largest"
        said.append(f"each cell is {what} of {block[0]} × {block[1]} {'values' if signed else 'weights'}")
    grey = {"masked (−∞)": np.isneginf(values), "NaN": np.isnan(values), "+∞": np.isposinf(values)}
    kinds = [name for name, cells in grey.items() if cells.any()]
    if kinds:
        said.append(f"grey: {', '.join(kinds)}")
    return "; ".join(said)


def description(shape: Sequence[int], words: Words, least: float, largest: float, note: str) -> str:
    """Describe the picture to those who cannot see it, with what it says in words itself."""
    rows, columns, num_queries, num_keys = shape
    grid = "Heatmap" if rows == columns == 1 else f"{rows} × {columns} heatmaps"
    axes = f"{words.ylabel or 'rows'} (down) by {words.xlabel or 'columns'} (across)"
    said = [f"{grid} of {num_queries} × {num_keys} cells, {axes}; values from {least:.3g} to {largest:.3g}."]
    above = [title for row in words.titles for title in row]
    for kind, names in (("Title", above), ("Row title", words.row_titles)):
        named = [name for name in names if name]
        if len(named) > MOST_TITLES:
            named = [*named[: MOST_TITLES - 2], "…", named[-1]]
        if named:
            said.append(f"{kind}{'s' if len(named) > 1 else ''}: {', '.join(named)}.")
    if note:
        said.append(f"{note[0].upper()}{note[1:]}.")
    return " ".join(said)
