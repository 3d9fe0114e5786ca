"""Measure what stands around the panels, given their size: labels, names, titles and bars, in inches."""

from collections.abc import Sequence
from dataclasses import dataclass

from attn_lesson.heatmaps.bar_ticks import BESIDE, OVER, BarTicks, label_room, ticks_for
from attn_lesson.heatmaps.labels import (
    HINTED,
    LABEL,
    LINE,
    NOTE,
    POINT,
    TICK,
    Ticks,
    key_ticks,
    name_lines,
    query_ticks,
    text_width,
)  # fmt: skip
from attn_lesson.heatmaps.scale import Scale
from attn_lesson.heatmaps.words import Words

SMALLEST_PANEL = 0.4  # a panel narrower than this cannot be read
ANNOTATED_CELL = (0.30, 0.19)  # width and height that hold a number, if it is not wider
WIDEST_TITLE, LONGEST_LABEL = 1.2, 1.1  # wider titles do not widen their panel; longer labels are shortened
SHORTEST_NAME = 1.0  # the name of an axis may be so long, however short the axis
UNDER = 0.04  # from the key labels to the name of their axis
GAP = 0.1  # between panels, and from a panel to its own bar
BAR_WIDTH = 0.12


@dataclass(frozen=True)
class Asked:
    """What is to be laid out."""

    shape: Sequence[int]  # (rows, columns, num_queries, num_keys)
    figsize: tuple[float, float]
    words: Words
    scales: list[list[Scale]]  # of each panel
    share_scale: bool  # one bar for all, or one for each
    number: float = 0.0  # width of the widest number written into a cell; 0 where none is
    note: Sequence[str] = ()  # the lines under the picture

    @property
    def lone_title(self) -> bool:
        """Whether there is one title over all, which may be wider than its panel."""
        return self.shape[1] == len(self.words.titles) == 1

    @property
    def titles_wide(self) -> float:
        """Width of the widest title."""
        return max((text_width(word, LABEL) for row in self.words.titles for word in row), default=0.0)


@dataclass(frozen=True)
class Margins:
    """What stands around panels of one size, and the room it takes."""

    keys: Ticks
    queries: Ticks
    bars: list[list[BarTicks]]  # the numbers of each bar; of one, if all panels share it
    x_name: list[str]  # the names of the axes, in lines
    y_name: list[str]
    least: tuple[float, float]  # width and height that a panel needs
    gap: tuple[float, float]  # between panels, own bars included
    left: float
    above: float
    right: float  # row titles, and the bars
    below: float
    own_bar: float  # from a panel to the end of its own bar
    row_titles: float
    under: float  # from the last row of panels to the name below it
    lift: float  # from a panel up to its title, beyond the usual


def margins(asked: Asked, panel_x: float, panel_y: float) -> Margins:
    """Measure what stands around panels of this width and height."""
    rows, columns, num_queries, num_keys = asked.shape
    words, line, tick = asked.words, LABEL * LINE * POINT, TICK * LINE * POINT
    keys = key_ticks(words.key_labels, num_keys, panel_x / num_keys, LONGEST_LABEL)
    queries = query_ticks(words.query_labels, num_queries, panel_y / num_queries, LONGEST_LABEL)
    grid_x, grid_y = columns * panel_x + (columns - 1) * GAP, rows * panel_y + (rows - 1) * GAP
    if asked.share_scale:
        bars = [[ticks_for(asked.scales[0][0], grid_y)]]
    else:
        bars = [[ticks_for(scale, panel_y) for scale in row] for row in asked.scales]
    bar = GAP + BAR_WIDTH + label_room(ticks for row in bars for ticks in row)
    own_bar = 0.0 if asked.share_scale else bar
    over = OVER + tick if any(ticks.unit for row in bars for ticks in row) else 0.0
    row_titles = line + 0.06 if words.row_titles else 0.0
    right = row_titles + (bar if asked.share_scale else 0.0)

    y_name = name_lines(words.ylabel, max(grid_y, SHORTEST_NAME))
    left = queries.depth + 0.04 + line * len(y_name)
    whole = max(asked.figsize[0], left + grid_x + own_bar + right)
    x_name = name_lines(words.xlabel, (whole - 0.04) / HINTED)
    longest = max((HINTED * text_width(word, LABEL) for word in y_name), default=0.0)
    hang = max(0.0, longest - grid_y) / 2  # how far the name reaches beyond the panels, up and down
    title = line if words.titles else 0.0
    beyond = asked.lone_title and asked.titles_wide > panel_x + 2 * GAP  # over the bar and the name, too
    lift = max(over, hang, BESIDE) if beyond else over
    gap_y = GAP + (title + lift if len(words.titles) > 1 else 0.0)
    if not asked.share_scale and rows > 1:
        gap_y = max(gap_y, tick / 2 + max(over, tick / 2) + 0.02)  # room for the numbers of one bar above another
    under = max(keys.depth, hang) + UNDER
    tallest = max((text_width(word, LABEL) for word in words.row_titles), default=0.0)
    least_x = max(SMALLEST_PANEL, min(asked.titles_wide, WIDEST_TITLE) + 0.06 - GAP - own_bar)
    least_y = max(SMALLEST_PANEL, min(tallest, WIDEST_TITLE) + 0.06 - gap_y)
    if asked.number:
        least_x = max(least_x, num_keys * max(ANNOTATED_CELL[0], asked.number + 0.05))
        least_y = max(least_y, num_queries * ANNOTATED_CELL[1])
    return Margins(
        keys=keys, queries=queries, bars=bars, x_name=x_name, y_name=y_name, least=(least_x, least_y),
        gap=(GAP + own_bar, gap_y), left=left, above=max(title + lift, hang, 0.06) + 0.02, right=right,
        below=under + 0.04 + line * len(x_name) + len(asked.note) * NOTE * LINE * POINT,
        own_bar=own_bar, row_titles=row_titles, under=under, lift=lift,
    )  # fmt: skip
