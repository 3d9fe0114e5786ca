"""Find the words of a picture: its labels, its numbers, what it says of itself."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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

    >>> plain(None), plain(3), plain("two\nlines")
    ('', '3', 'two lines')
    """
    return "" if label is None else "".join(c if c.isprintable() else " " for c in str(label))


def cell_text(value: float) -> str:
    """Write a value in the few letters that a cell holds.

    >>> cell_text(0.123456), cell_text(1.0), cell_text(-12.34), cell_text(-0.001), cell_text(float("-inf"))
    ('0.12', '1', '−12.3', '0.00', '−∞')
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    text = f"{value:.2f}" if abs(value) < 10 else f"{value:.3g}" if abs(value) < 1e4 else f"{value:.0e}"
    if value == 0 or float(text) == value:
        text = f"{value + 0.0:g}" if abs(value) < 1e4 else text
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


def description(shape: Sequence[int], words: Words, least: float, largest: float) -> str:
    """Describe the picture to those who cannot see it."""
    rows, columns, num_queries, num_keys = shape
    grid = "Heatmap" if rows == columns == 1 else f"{rows} × {columns} heatmaps"
    axes = f"{words.ylabel or 'rows'} (down) by {words.xlabel or 'columns'} (across)"
    span = f"values from {least:.3g} to {largest:.3g}"
    return f"{grid} of {num_queries} × {num_keys} cells, {axes}; {span}."
