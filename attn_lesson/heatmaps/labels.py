"""Make labels fit: measure them, shorten them, leave some out, turn them."""

import warnings
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

POINT = 1 / 72  # inches
LABEL, TICK, NOTE = 9.0, 7.0, 6.5  # sizes of the text, in points
LINE = 1.3  # height of a line of text, in units of its size
HINTED = 1.07  # in a PNG, a line of text may be so much longer than it was measured
MOST_LINES, LONGEST_LINE = 3, 8.0  # of an axis name; the latter in inches


@dataclass(frozen=True)
class Ticks:
    """The labels of one axis that are drawn: which cells, with what words, how turned, how deep."""

    cells: list[int]
    words: list[str]
    cell: float  # inches from one cell to the next
    turned: bool
    depth: float  # inches they reach away from the panel, gap included


def text_width(text: str, size: float) -> float:
    """Measure a line of text, in inches."""
    return _width_at_100(text, tuple(FontProperties().get_family())) * size / 100 * POINT


@lru_cache(maxsize=4096)
def _width_at_100(text: str, family: tuple[str, ...]) -> float:
    with missing_glyphs_are_boxes():
        width, _, _ = text_to_path.get_text_width_height_descent(
            text, FontProperties(family=list(family), size=100), False
        )
    return float(width)


@contextmanager
def missing_glyphs_are_boxes() -> Iterator[None]:
    """Let Matplotlib draw a box for a letter its fonts lack, without a warning for each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support .* natively")
        yield


def shortened(text: str, width: float, size: float) -> str:
    """Cut a text to so many inches, and end it in an ellipsis where it was cut."""
    if text_width(text, size) <= width:
        return text
    return text[: _fitting(text, width, size, end="…")].rstrip() + "…"


def _fitting(text: str, width: float, size: float, end: str = "") -> int:
    """Count the letters that fit into so many inches, with the end put after them."""
    return max(0, bisect_right(range(len(text)), width, key=lambda n: text_width(text[:n] + end, size)) - 1)


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines of so many inches at its spaces, and a word that is wider within itself."""
    lines: list[str] = []
    for word in text.split():
        while text_width(word, size) > width and len(word) > 1:
            fits = max(1, _fitting(word, width, size))
            lines.append(word[:fits])
            word = word[fits:]
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def name_lines(name: str, width: float) -> list[str]:
    """Break the name of an axis into lines of so many inches, or wider ones rather than more than `MOST_LINES`.

    No line is longer than `LONGEST_LINE`: the last one then ends in an ellipsis.

    >>> name_lines("Position in the sentence", 1.0), name_lines("", 1.0)
    (['Position in the', 'sentence'], [])
    """
    if text_width(name, LABEL) <= width:
        return [name] if name else []
    width = min(max(width, 1.2 * text_width(name, LABEL) / MOST_LINES), LONGEST_LINE)
    lines = wrapped(name, width, LABEL)
    rest = " ".join(lines[MOST_LINES - 1 :])
    return [*lines[: MOST_LINES - 1], shortened(rest, width, LABEL)] if len(lines) > MOST_LINES else lines


def key_ticks(labels: Sequence[str] | None, number: int, cell: float, longest: float) -> Ticks:
    """Place the labels below a panel: upright where they fit, turned where they do not, else thinned.

    Args:
        labels: One word a key, or None for their numbers.
        number: Keys.
        cell: Inches from one key to the next.
        longest: Inches that a label may have.
    """
    height = TICK * LINE * POINT
    if labels is None:
        step = next(s for s in _steps() if s * cell >= text_width(str(number - 1), TICK) + 0.05 or s >= number)
        cells = list(range(0, number, step))
        return Ticks(cells, [str(c) for c in cells], cell, turned=False, depth=height + 0.03)
    words = [shortened(word, longest, TICK) for word in labels]
    widest = max(text_width(word, TICK) for word in words)
    if widest + 0.05 <= cell:
        return Ticks(list(range(number)), words, cell, turned=False, depth=height + 0.03)
    cells = list(range(0, number, _thinning(cell)))
    drawn = [words[c] for c in cells]
    return Ticks(cells, drawn, cell, turned=True, depth=max(text_width(word, TICK) for word in drawn) + 0.06)


def query_ticks(labels: Sequence[str] | None, number: int, cell: float, longest: float) -> Ticks:
    """Place the labels left of a panel: level, thinned where the rows are too low for them all."""
    height = TICK * LINE * POINT
    if labels is None:
        step = next(s for s in _steps() if s * cell >= height or s >= number)
        cells = list(range(0, number, step))
        words = [str(c) for c in cells]
    else:
        cells = list(range(0, number, _thinning(cell)))
        words = [shortened(labels[c], longest, TICK) for c in cells]
    return Ticks(cells, words, cell, turned=False, depth=max(text_width(word, TICK) for word in words) + 0.06)


def _thinning(cell: float) -> int:
    return max(1, -int(-TICK * LINE * POINT // cell))


def _steps() -> Iterator[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10
