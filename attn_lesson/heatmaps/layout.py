"""Divide the figure into panels, margins and bars; everything is in inches, from the top left corner."""

import math
from dataclasses import dataclass

from attn_lesson.heatmaps.bar_ticks import BarTicks
from attn_lesson.heatmaps.labels import HINTED, LABEL, LINE, NOTE, POINT, Ticks, text_width
from attn_lesson.heatmaps.margins import BAR_WIDTH, GAP, SMALLEST_PANEL, Asked, margins
from attn_lesson.heatmaps.options import MOST_INCHES

SMALLEST_CELL = POINT  # so that no drawn cell is lost at 72 dots an inch or more


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
    bars: list[list[BarTicks]]  # the numbers of each bar; of one, if all panels share it
    x_name: list[str]  # the names of the axes, in lines
    y_name: list[str]
    name_x: float  # middle of the first line of the name on the left
    under: float  # from the last row of panels to the name below it
    lift: float  # from a panel up to its title, beyond the usual
    title_room: float  # a wider title is shortened

    def panel(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of a panel."""
        x, y = self.left + column * self.pitch_x, self.top + row * self.pitch_y
        return x, y, x + self.panel_width, y + self.panel_height

    def centred(self, x: float, width: float) -> float:
        """Return the place nearest to x around which a text so wide is inside."""
        return min(max(x, self.content[0] + width / 2), self.content[2] - width / 2)


def lay_out(asked: Asked) -> Layout:
    """Fit the panels into figsize; where they would not be readable, let the figure grow.

    Cells are square, unless that would make a panel thinner than `SMALLEST_PANEL`.

    Raises:
        ValueError: If a readable figure would be larger than `MOST_INCHES` on a side.
    """
    rows, columns, num_queries, num_keys = asked.shape
    panel_x, panel_y = margins(asked, SMALLEST_PANEL, SMALLEST_PANEL).least
    for _ in range(3):  # the labels depend on the cell, and the cell on the room that the labels leave
        around = margins(asked, panel_x, panel_y)
        least_x, least_y = around.least
        gap_x, gap_y = around.gap
        room_x = max((asked.figsize[0] - around.left - around.right + GAP) / columns - gap_x, least_x)
        room_y = max((asked.figsize[1] - around.above - around.below + GAP) / rows - gap_y, least_y)
        cell = min(room_x / num_keys, room_y / num_queries)
        panel_x = min(max(cell * num_keys, least_x), room_x)
        panel_y = min(max(cell * num_queries, least_y), room_y)
    around = margins(asked, panel_x, panel_y)
    block = (_sharing(num_queries, panel_y), _sharing(num_keys, panel_x))
    widest_dot = GAP if asked.share_scale else GAP / 5  # the numbers of own bars need their gap
    gap_x, split_x = _whole(around.gap[0], panel_x / math.ceil(num_keys / block[1]), columns, widest_dot)
    gap_y, split_y = _whole(around.gap[1], panel_y / math.ceil(num_queries / block[0]), rows, widest_dot)
    pitch_x, pitch_y = panel_x + gap_x, panel_y + gap_y
    needed_x = around.left + columns * pitch_x - gap_x + around.own_bar + around.right
    needed_y = around.above + rows * pitch_y - gap_y + around.below
    title_room = min(pitch_x, panel_x + 2 * min(around.queries.depth, GAP + BAR_WIDTH)) - 0.04
    if asked.lone_title:
        title_room = (max(asked.figsize[0], needed_x) - 0.04) / HINTED
    lines = [text_width(name, LABEL) for name in around.x_name] + [text_width(word, NOTE) for word in asked.note]
    widest = max([*lines, min(asked.titles_wide, title_room) if asked.lone_title else 0.0]) * HINTED + 0.04
    beside = max(0.0, widest - needed_x) / 2  # paper on both sides, where words are wider than what they name
    needed_x += 2 * beside
    if max(needed_x, needed_y) > MOST_INCHES:
        raise ValueError(
            f"{rows} × {columns} panels need a figure of {needed_x:.0f} × {needed_y:.0f} inches to be readable, "
            f"and at most {MOST_INCHES:.0f} are drawn: plot a part, such as matrices[:16, :16]"
        )
    width, height = max(asked.figsize[0], needed_x), max(asked.figsize[1], needed_y)
    x, y = (width - needed_x) / 2, (height - needed_y) / 2
    end = x + needed_x - beside
    return Layout(
        width=width, height=height, left=x + beside + around.left, top=y + around.above, panel_width=panel_x,
        panel_height=panel_y, pitch_x=pitch_x, pitch_y=pitch_y, bar_x=end - around.right + around.row_titles + GAP,
        row_title_x=end - around.right + around.row_titles - LABEL * LINE * POINT / 2, block=block,
        split=(split_y, split_x), keys=around.keys, queries=around.queries, content=(x, y, x + needed_x, y + needed_y),
        bars=around.bars, x_name=around.x_name, y_name=around.y_name, name_x=x + beside + 0.08, under=around.under,
        lift=around.lift, title_room=title_room,
    )  # fmt: skip


def _sharing(number: int, length: float) -> int:
    """Count the cells that must share one, for none to be smaller than `SMALLEST_CELL`."""
    return max(1, math.ceil(number * SMALLEST_CELL / length - 1e-9))


def _whole(gap: float, cell: float, panels: int, widest: float = GAP) -> tuple[float, int]:
    """Narrow a gap to whole dots of the picture, of a width; return it, and the dots that a cell is split into.

    >>> _whole(0.1, cell=0.04, panels=2), _whole(0.1, cell=0.25, panels=1)
    ((0.08, 1), (0.0, 1))
    """
    split = 1 if panels == 1 else math.ceil(cell / widest - 1e-9)
    dot = cell / split
    return math.floor(gap / dot + 1e-9) * dot, split
