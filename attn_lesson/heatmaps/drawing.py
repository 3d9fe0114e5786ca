"""Put paint on a figure: cells, numbers, labels and bars, each where the layout says."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from numpy.typing import NDArray
from torch import Tensor

from attn_lesson.heatmaps.bar import draw_bar
from attn_lesson.heatmaps.labels import HINTED, LABEL, LINE, NOTE, POINT, TICK, shortened, text_width
from attn_lesson.heatmaps.layout import Layout
from attn_lesson.heatmaps.margins import BAR_WIDTH, GAP
from attn_lesson.heatmaps.marks import Box, outline, put_image, write
from attn_lesson.heatmaps.scale import Scale, normalise
from attn_lesson.heatmaps.showing import HeatmapFigure
from attn_lesson.heatmaps.words import Words, cell_text

GREY = "#8a8a8a"  # what is not a number, or masked


def paint(
    figure: HeatmapFigure, layout: Layout, values: NDArray[np.float64], scales: list[list[Scale]], words: Words,
    note: Sequence[str], cmap: Colormap, share_scale: bool, annotate: bool,
) -> None:  # fmt: skip
    """Paint a whole picture.

    Args:
        figure: An empty one, of the layout's size.
        layout: Where everything goes.
        values: `(rows, columns, drawn_queries, drawn_keys)`, pooled.
        scales: Of each panel.
        words: All that is written around the panels.
        note: The lines under the picture.
        cmap: Colour map.
        share_scale: One bar for all, or one for each.
        annotate: Whether the values are written into the cells.
    """
    axes = figure.inch_axes(layout, scales)
    rows, columns = values.shape[:2]
    colours = colours_of(values, scales, cmap)
    draw_cells(axes, layout, colours)
    draw_ticks(axes, layout, rows, columns)
    draw_words(axes, layout, rows, columns, words, note)
    for i, j in np.ndindex(rows, columns):
        _, top, right, bottom = layout.panel(i, j)
        if annotate:
            draw_numbers(axes, layout.panel(i, j), values[i, j], colours[i, j])
        if not share_scale:
            box = (right + GAP, top, right + GAP + BAR_WIDTH, bottom)
            draw_bar(axes, box, scales[i][j], layout.bars[i][j], cmap)
    if share_scale:
        box = (layout.bar_x, layout.top, layout.bar_x + BAR_WIDTH, bottom)
        draw_bar(axes, box, scales[0][0], layout.bars[0][0], cmap)


def colours_of(values: NDArray[np.float64], scales: list[list[Scale]], cmap: Colormap) -> NDArray[np.uint8]:
    """Look up the colour of every cell, on the scale of its panel: `(rows, columns, drawn_queries, drawn_keys, 4)`."""
    ends = np.array([[(scale.low, scale.high) for scale in row] for row in scales])[..., None, None]
    colours: NDArray[np.uint8] = cmap.with_extremes(bad=GREY)(
        normalise(values, ends[:, :, 0], ends[:, :, 1]), bytes=True
    )
    return colours


def draw_cells(axes: Axes, layout: Layout, colours: NDArray[np.uint8]) -> None:
    """Paint all panels as one image with clear gaps, and a thin line around each, so that an empty one is seen too."""
    rows, columns = colours.shape[:2]
    dots = colours.repeat(layout.split[0], axis=2).repeat(layout.split[1], axis=3)
    high, wide = dots.shape[2:4]
    step_y = round(layout.pitch_y / layout.panel_height * high)
    step_x = round(layout.pitch_x / layout.panel_width * wide)
    picture = np.zeros(((rows - 1) * step_y + high, (columns - 1) * step_x + wide, 4), np.uint8)
    for i, j in np.ndindex(rows, columns):
        picture[i * step_y : i * step_y + high, j * step_x : j * step_x + wide] = dots[i, j]
    put_image(axes, picture, (*layout.panel(0, 0)[:2], *layout.panel(rows - 1, columns - 1)[2:]))
    outline(axes, [layout.panel(i, j) for i, j in np.ndindex(rows, columns)])


def draw_numbers(axes: Axes, panel: Box, values: NDArray[np.float64], colours: NDArray[np.uint8]) -> None:
    """Write each value into its cell: dark on a light colour, light on a dark one."""
    left, top, right, bottom = panel
    light = is_light(colours[..., :3] / 255)
    for (query, key), value in np.ndenumerate(values):
        x = left + (key + 0.5) * (right - left) / values.shape[1]
        y = top + (query + 0.5) * (bottom - top) / values.shape[0]
        ink = "#000000" if light[query, key] else "#ffffff"
        write(axes, x, y, cell_text(value), TICK, color=ink, gid=f"number {query} {key}")


def widest_number(panels: Tensor) -> float:
    """Measure the widest of the numbers that are written into the cells, in inches."""
    words = {cell_text(value) for value in panels.to("cpu", torch.float64).flatten().tolist()}
    return max(text_width(word, TICK) for word in words)


def is_light(colours: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell on which colours `(..., 3)`, from 0 to 1, black has more contrast than white, by the luminance of WCAG 2.2.

    >>> is_light(np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))
    array([ True, False])
    """
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    light: NDArray[np.bool_] = linear @ np.array([0.2126, 0.7152, 0.0722]) > 0.179
    return light


def draw_ticks(axes: Axes, layout: Layout, rows: int, columns: int) -> None:
    """Write the key labels below the last row of panels, and the query labels left of the first column."""
    for column in range(columns):
        left, _, _, bottom = layout.panel(rows - 1, column)
        for key, word in zip(layout.keys.cells, layout.keys.words, strict=True):
            x = left + (key + 0.5) * layout.keys.cell
            write(axes, x, bottom + 0.03, word, TICK, va="top", rotation=90 if layout.keys.turned else 0)
    for row in range(rows):
        left, top, _, _ = layout.panel(row, 0)
        for query, word in zip(layout.queries.cells, layout.queries.words, strict=True):
            write(axes, left - 0.04, top + (query + 0.5) * layout.queries.cell, word, TICK, ha="right")


def draw_words(axes: Axes, layout: Layout, rows: int, columns: int, words: Words, note: Sequence[str]) -> None:
    """Write titles, the two axis names once, in the middle of the grid, and the note under it all."""
    line = LABEL * LINE * POINT
    (left, top, _, _), (_, _, right, bottom) = layout.panel(0, 0), layout.panel(rows - 1, columns - 1)
    for n, name in enumerate(layout.x_name):
        x = layout.centred((left + right) / 2, HINTED * text_width(name, LABEL))
        write(axes, x, bottom + layout.under + n * line, name, LABEL, va="top")
    for n, name in enumerate(layout.y_name):
        write(axes, layout.name_x + n * line, (top + bottom) / 2, name, LABEL, va="center", rotation=90)
    for row, titles in enumerate(words.titles):
        for column, word in enumerate(titles):
            x0, y0, x1, _ = layout.panel(row, column)
            word = shortened(word, layout.title_room, LABEL)
            x = layout.centred((x0 + x1) / 2, HINTED * text_width(word, LABEL))
            write(axes, x, y0 - 0.03 - layout.lift, word, LABEL, va="bottom")
    for row, word in enumerate(words.row_titles):
        _, y0, _, y1 = layout.panel(row, 0)
        word = shortened(word, layout.pitch_y - 0.04, LABEL)
        write(axes, layout.row_title_x, (y0 + y1) / 2, word, LABEL, va="center", rotation=270)
    middle, lowest = (layout.content[0] + layout.content[2]) / 2, layout.content[3]
    for below, said in enumerate(note, start=-len(note)):
        write(axes, middle, lowest + (below + 0.5) * NOTE * LINE * POINT, said, NOTE, style="italic")
