"""Divide the figure into panels, margins and bars; everything is in inches, from the top left corner."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from attn_lesson.heatmaps.labels import LABEL, LINE, NOTE, POINT, Ticks, key_ticks, query_ticks, text_width
from attn_lesson.heatmaps.words import Words

SMALLEST_PANEL = 0.4  # a panel narrower than this cannot be read
SMALLEST_CELL = POINT  # so that no drawn cell is lost at 72 dots an inch or more
ANNOTATED_CELL = (0.30, 0.19)  # width and height that hold a number
WIDEST_TITLE, LONGEST_LABEL = 1.2, 1.1  # wider ones are shortened
UNDER = 0.04  # from the key labels to the name of their axis
GAP = 0.1  # between panels, and from a panel to its own bar
BAR_WIDTH, BAR_LABELS = 0.12, 0.42
MOST_INCHES = 60.0


@dataclass(frozen=True)
class Layout:
    """Where things go."""

    width: float  # of the figure
    height: float
    left: float  # corner of the first panel
    top: float
    panel_width: float
    panel_height: float
    pitch_x: float  # from one panel to the next
    pitch_y: float
    bar_x: float  # left edge of the shared bar
    row_title_x: float  # middle of the row titles
    block: tuple[int, int]  # queries and keys that share one drawn cell, so that none is too small to be seen
    split: tuple[int, int]  # dots of the picture in one drawn cell, so that gaps too are whole dots
    keys: Ticks
    queries: Ticks
    content: tuple[float, float, float, float]  # left, top, right, bottom of all that is drawn

    def panel(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of a panel."""
        x, y = self.left + column * self.pitch_x, self.top + row * self.pitch_y
        return x, y, x + self.panel_width, y + self.panel_height


def lay_out(
    shape: Sequence[int], figsize: tuple[float, float], words: Words, share_scale: bool, annotate: bool, note_lines: int
) -> Layout:
    """Fit the panels into figsize; where they would not be readable, let the figure grow.

    Cells are square, unless that would make a panel thinner than `SMALLEST_PANEL`.

    Raises:
        ValueError: If a readable figure would be larger than `MOST_INCHES` on a side.
    """
    rows, columns, num_queries, num_keys = shape
    line = LABEL * LINE * POINT
    title = line if words.titles else 0.0
    above = max(title, 0.06) + 0.02
    own_bar = 0.0 if share_scale else GAP + BAR_WIDTH + BAR_LABELS
    gap_x = GAP + own_bar
    gap_y = GAP + (title if len(words.titles) > 1 else 0.0)
    bar = GAP + BAR_WIDTH + BAR_LABELS if share_scale else 0.0
    right = (line + 0.06 if words.row_titles else 0.0) + bar
    widest = max((text_width(word, LABEL) for row in words.titles for word in row), default=0.0)
    tallest = max((text_width(word, LABEL) for word in words.row_titles), default=0.0)
    least_x = max(SMALLEST_PANEL, min(widest, WIDEST_TITLE) + 0.06 - gap_x)
    least_y = max(SMALLEST_PANEL, min(tallest, WIDEST_TITLE) + 0.06 - gap_y)
    if annotate:
        least_x, least_y = max(least_x, num_keys * ANNOTATED_CELL[0]), max(least_y, num_queries * ANNOTATED_CELL[1])

    panel_x, panel_y = least_x, least_y
    for _ in range(3):  # the labels depend on the cell, and the cell on the room that the labels leave
        keys = key_ticks(words.key_labels, num_keys, panel_x / num_keys, LONGEST_LABEL)
        queries = query_ticks(words.query_labels, num_queries, panel_y / num_queries, LONGEST_LABEL)
        left = queries.depth + 0.04 + (line if words.ylabel else 0.0)
        below = keys.depth + 0.04 + UNDER + (line if words.xlabel else 0.0) + note_lines * NOTE * LINE * POINT
        room_x = max((figsize[0] - left - right + GAP) / columns - gap_x, least_x)
        room_y = max((figsize[1] - above - below + GAP) / rows - gap_y, least_y)
        cell = min(room_x / num_keys, room_y / num_queries)
        panel_x, panel_y = (
            min(max(cell * num_keys, least_x), room_x),
            min(max(cell * num_queries, least_y), room_y),
        )
    keys = key_ticks(words.key_labels, num_keys, panel_x / num_keys, LONGEST_LABEL)
    queries = query_ticks(words.query_labels, num_queries, panel_y / num_queries, LONGEST_LABEL)
    block = (_sharing(num_queries, panel_y), _sharing(num_keys, panel_x))
    gap_x, split_x = _whole(gap_x, panel_x / math.ceil(num_keys / block[1]), columns)
    gap_y, split_y = _whole(gap_y, panel_y / math.ceil(num_queries / block[0]), rows)
    pitch_x, pitch_y = panel_x + gap_x, panel_y + gap_y
    needed_x = left + columns * pitch_x - gap_x + own_bar + right
    needed_y = above + rows * pitch_y - gap_y + below
    if max(needed_x, needed_y) > MOST_INCHES:
        raise ValueError(
            f"{rows} × {columns} panels need a figure of {needed_x:.0f} × {needed_y:.0f} inches to be readable, "
            f"and at most {MOST_INCHES:.0f} are drawn: plot a part, such as matrices[:16, :16]"
        )
    width, height = max(figsize[0], needed_x), max(figsize[1], needed_y)
    x, y = (width - needed_x) / 2, (height - needed_y) / 2
    bar_x = x + needed_x - BAR_WIDTH - BAR_LABELS
    return Layout(
        width=width, height=height, left=x + left, top=y + above, panel_width=panel_x, panel_height=panel_y,
        pitch_x=pitch_x, pitch_y=pitch_y, bar_x=bar_x, row_title_x=x + needed_x - bar - line / 2, block=block,
        split=(split_y, split_x), keys=keys, queries=queries,
        content=(x, y, x + needed_x, y + needed_y),
    )  # fmt: skip


def _sharing(number: int, length: float) -> int:
    """Count the cells that must share one, for none to be smaller than `SMALLEST_CELL`."""
    return max(1, math.ceil(number * SMALLEST_CELL / length - 1e-9))


def _whole(gap: float, cell: float, panels: int) -> tuple[float, int]:
    """Narrow a gap to whole dots of the picture; return it, and the dots that a cell is split into.

    >>> _whole(0.1, cell=0.04, panels=2), _whole(0.1, cell=0.25, panels=1)
    ((0.08, 1), (0.0, 1))
    """
    split = 1 if panels == 1 else math.ceil(cell / GAP - 1e-9)
    dot = cell / split
    return math.floor(gap / dot + 1e-9) * dot, split
