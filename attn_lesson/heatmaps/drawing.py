"""Put paint on a figure: panels, frames, numbers, labels and bars, each where the layout says."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from attn_lesson.heatmaps.bar import draw_bar
from attn_lesson.heatmaps.labels import LABEL, LINE, NOTE, POINT, TICK, shortened
from attn_lesson.heatmaps.layout import GAP, Layout
from attn_lesson.heatmaps.scale import Scale, normalise
from attn_lesson.heatmaps.showing import INK, HeatmapFigure
from attn_lesson.heatmaps.words import Words, cell_text

FRAME = 0.4 * POINT
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
    axes = figure.inch_axes(layout.content)
    rows, columns = values.shape[:2]
    corners = {(i, j): layout.corner(i, j) for i in range(rows) for j in range(columns)}
    for (i, j), (x, y) in corners.items():
        colours = draw_panel(axes, (x, y), layout, values[i, j], scales[i][j], cmap)
        if annotate:
            draw_numbers(axes, (x, y), layout, values[i, j], colours)
        if not share_scale:
            draw_bar(figure, layout, (x + layout.panel_width + GAP, y), layout.panel_height, scales[i][j], cmap)
    if share_scale:
        height = corners[rows - 1, 0][1] - layout.top + layout.panel_height
        draw_bar(figure, layout, (layout.bar_x, layout.top), height, scales[0][0], cmap)
    draw_frames(axes, list(corners.values()), layout)
    draw_ticks(axes, layout, rows, columns)
    draw_words(axes, layout, rows, columns, words, note)


def draw_panel(
    axes: Axes, corner: tuple[float, float], layout: Layout, values: NDArray[np.float64], scale: Scale, cmap: Colormap
) -> NDArray[np.uint8]:
    """Paint one matrix `(drawn_queries, drawn_keys)` as an image of hard-edged cells; return its colours."""
    colours: NDArray[np.uint8] = cmap.with_extremes(bad=GREY)(normalise(values, scale.low, scale.high), bytes=True)
    x, y = corner
    image = AxesImage(axes, interpolation="none", extent=(x, x + layout.panel_width, y + layout.panel_height, y))
    image.set_data(colours)
    axes.add_image(image)
    return colours


def draw_frames(axes: Axes, corners: Sequence[tuple[float, float]], layout: Layout) -> None:
    """Draw a thin line around every panel, so that an empty one is seen too."""
    x, y = layout.panel_width + FRAME / 2, layout.panel_height + FRAME / 2  # around the cells, not over them
    box = np.array([(-FRAME / 2, -FRAME / 2), (x, -FRAME / 2), (x, y), (-FRAME / 2, y), (-FRAME / 2, -FRAME / 2)])
    frames = Path.make_compound_path(*(Path(box + corner, closed=True) for corner in corners))
    axes.add_patch(PathPatch(frames, fill=False, edgecolor=INK, linewidth=FRAME / POINT, zorder=-1))


def draw_numbers(
    axes: Axes, corner: tuple[float, float], layout: Layout, values: NDArray[np.float64], colours: NDArray[np.uint8]
) -> None:
    """Write each value into its cell: dark on a light colour, light on a dark one."""
    light = colours[..., :3] @ np.array([0.299, 0.587, 0.114]) > 140
    for (query, key), value in np.ndenumerate(values):
        x = corner[0] + (key + 0.5) * layout.panel_width / values.shape[1]
        y = corner[1] + (query + 0.5) * layout.panel_height / values.shape[0]
        ink = "#000000" if light[query, key] else "#ffffff"
        write(axes, x, y, cell_text(value), TICK, color=ink, gid=f"number {query} {key}")


def draw_ticks(axes: Axes, layout: Layout, rows: int, columns: int) -> None:
    """Write the key labels below the last row of panels, and the query labels left of the first column."""
    below = layout.corner(rows - 1, 0)[1] + layout.panel_height + 0.03
    for column in range(columns):
        for key, word in zip(layout.keys.cells, layout.keys.words, strict=True):
            x = layout.corner(0, column)[0] + (key + 0.5) * layout.keys.cell
            write(axes, x, below, word, TICK, va="top", rotation=90 if layout.keys.turned else 0)
    for row in range(rows):
        for query, word in zip(layout.queries.cells, layout.queries.words, strict=True):
            y = layout.corner(row, 0)[1] + (query + 0.5) * layout.queries.cell
            write(axes, layout.left - 0.04, y, word, TICK, ha="right")


def draw_words(axes: Axes, layout: Layout, rows: int, columns: int, words: Words, note: Sequence[str]) -> None:
    """Write titles, the two axis names once, in the middle of the grid, and the note under it all."""
    left, _, right, bottom = layout.content
    first, last = layout.corner(0, 0), layout.corner(rows - 1, columns - 1)
    middle_x, middle_y = (first[0] + last[0] + layout.panel_width) / 2, (first[1] + last[1] + layout.panel_height) / 2
    write(axes, middle_x, last[1] + layout.panel_height + layout.keys.depth, words.xlabel, LABEL, va="top")
    write(axes, left + 0.08, middle_y, words.ylabel, LABEL, va="center", rotation=90)
    for below, line in enumerate(note, start=-len(note)):
        write(axes, (left + right) / 2, bottom + (below + 0.5) * NOTE * LINE * POINT, line, NOTE, style="italic")
    for row, titles in enumerate(words.titles):
        for column, word in enumerate(titles):
            x, y = layout.corner(row, column)
            word = shortened(word, layout.pitch_x - 0.04, LABEL)
            write(axes, x + layout.panel_width / 2, y - 0.03, word, LABEL, va="bottom")
    for row, word in enumerate(words.row_titles):
        x, y = layout.corner(row, columns - 1)
        word = shortened(word, layout.pitch_y - 0.04, LABEL)
        write(axes, x + layout.pitch_x + 0.04, y + layout.panel_height / 2, word, LABEL, va="center", rotation=270)


def write(axes: Axes, x: float, y: float, text: str, size: float, **style: object) -> None:
    """Write one line, centred on (x, y) unless said otherwise; a dollar sign is a dollar sign."""
    if text:
        style = {"color": INK, "ha": "center", "va": "center_baseline", **style}
        axes.text(x, y, text, fontsize=size, parse_math=False, **style)  # type: ignore[arg-type]  # Text's own options
