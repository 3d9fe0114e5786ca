"""The two names people use: `heatmap_figure` makes the picture, `show_heatmaps` shows it."""

from collections.abc import Sequence
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.colors import Colormap

from attn_lesson.heatmaps import options
from attn_lesson.heatmaps.drawing import paint, widest_number
from attn_lesson.heatmaps.labels import NOTE, wrapped
from attn_lesson.heatmaps.layout import lay_out
from attn_lesson.heatmaps.margins import Asked
from attn_lesson.heatmaps.matrices import as_panels
from attn_lesson.heatmaps.numbers import numbers_of
from attn_lesson.heatmaps.pooling import pool_in_pieces
from attn_lesson.heatmaps.scale import data_limits, scales_of_panels
from attn_lesson.heatmaps.showing import REPRODUCIBLE, HeatmapFigure, show
from attn_lesson.heatmaps.words import Words, description, note_on, plain


def heatmap_figure(
    matrices: object,
    xlabel: str,
    ylabel: str,
    titles: Sequence[object] | None = None,
    figsize: tuple[float, float] = (2.5, 2.5),
    cmap: str | Colormap = "Reds",
    *,
    row_titles: Sequence[object] | None = None,
    query_labels: Sequence[object] | None = None,
    key_labels: Sequence[object] | None = None,
    vmin: float | None = None,
    vmax: float | None = None,
    share_scale: bool = True,
    annotate: bool = False,
    alt: str | None = None,
) -> HeatmapFigure:
    """Draw attention weights, or any matrices, as heatmaps that can be compared with one another.

    All panels share one colour scale, and the one bar is true for each of them. Its limits come from
    the data: from 0, or from the least value where there are negative ones, to the largest. A matrix with
    more cells than can be seen is pooled: each drawn cell is the largest of its block (with negative values
    about, the one farthest from 0), and a line under the picture says so. Masked scores (-inf), NaN
    and +inf are grey.

    Args:
        matrices: `(num_queries, num_keys)`, or `(rows, columns, num_queries, num_keys)` for a grid of panels:
            a tensor of any device and real dtype, an array (masked cells are grey), or nested lists.
        xlabel: Name of the keys' axis. A long name is written in up to three lines, and cut only after them.
        ylabel: Name of the queries' axis.
        titles: One for each column, or one for each panel, flat or in rows. One wider than its column ends in an
            ellipsis; a lone one may be as wide as the figure.
        figsize: Width and height in inches, at most 60. The figure is larger only where panels would not be
            readable: under 0.4 inches, under their titles and row titles, or under their numbers; and where
            bars of their own, or the names of the axes, need the room.
        cmap: Matplotlib colour map, or its name.
        row_titles: One for each row of panels.
        query_labels: One for each query, such as its token; their numbers by default.
        key_labels: One for each key.
        vmin: Value where the colours begin; a tensor or an array that holds one number will do.
        vmax: Value where the colours end.
        share_scale: False gives each panel a scale, and a bar, of its own.
        annotate: Write the values into the cells; at most 20 × 20. Below 10, one without decimals is exact:
            0 is nothing at all, 0.00 is less than half a hundredth.
        alt: What is to be seen, for those who cannot see it; a plain description by default, with titles and note.

    Returns:
        The figure. It is not registered with pyplot: nothing is shown, and nothing is left open.

    Raises:
        TypeError, ValueError: In one sentence, before anything is drawn.

    Source: the signature follows `d2l.show_heatmaps` of Zhang et al. 2023, "Dive into Deep Learning".

    >>> heatmap_figure([[1.0, 0.0], [0.0, 1.0]], "Keys", "Queries", figsize=(2, 2)).get_size_inches()
    array([2., 2.])
    """
    panels = as_panels(matrices)
    rows, columns, num_queries, num_keys = panels.shape
    figsize, colours = options.checked_figsize(figsize), options.checked_cmap(cmap)
    annotate = options.checked_annotate(annotate, num_queries, num_keys)
    words = Words(
        plain(xlabel),
        plain(ylabel),
        options.checked_titles(titles, rows, columns),
        options.checked_labels("row_titles", row_titles, rows, "row of panels") or [],
        options.checked_labels("query_labels", query_labels, num_queries, "query"),
        options.checked_labels("key_labels", key_labels, num_keys, "key"),
    )
    least, largest = data_limits(panels)
    scales = scales_of_panels(least, largest, vmin, vmax, share_scale)

    number = widest_number(panels) if annotate else 0.0
    asked = Asked(panels.shape, figsize, words, scales, share_scale, number)
    layout = lay_out(asked)
    signed = bool(np.nanmin(least) < 0)
    values = pool_in_pieces(panels, *layout.block, signed).to("cpu", torch.float64).numpy()
    said = note_on(layout.block, signed, values)
    note = wrapped(said, layout.width - 0.1, NOTE)
    layout = lay_out(replace(asked, note=note)) if note else layout

    with mpl.rc_context(REPRODUCIBLE):
        figure = HeatmapFigure(figsize=(layout.width, layout.height))
        figure.set_layout_engine("none")  # everything has its place already, whatever the user's style says
        paint(figure, layout, values, scales, words, note, colours, share_scale, annotate)
    ends = np.nanmin(least), np.nanmax(largest)
    figure.alt = description(panels.shape, words, *ends, said) if alt is None else plain(alt)
    figure.numbers = numbers_of(values, words, layout.block, least, largest)
    return figure


def show_heatmaps(
    matrices: object,
    xlabel: str,
    ylabel: str,
    titles: Sequence[object] | None = None,
    figsize: tuple[float, float] = (2.5, 2.5),
    cmap: str | Colormap = "Reds",
    *,
    row_titles: Sequence[object] | None = None,
    query_labels: Sequence[object] | None = None,
    key_labels: Sequence[object] | None = None,
    vmin: float | None = None,
    vmax: float | None = None,
    share_scale: bool = True,
    annotate: bool = False,
    alt: str | None = None,
) -> None:
    """Show the picture that `heatmap_figure` makes of the same arguments.

    In a notebook it appears where the call stands, as one SVG. In a script `plt.show()` opens it. Until then,
    or until the cell ends, it is pyplot's current figure: `plt.savefig("weights.png")` saves it. What pyplot draws
    next, as with `plt.plot`, has a figure of its own.

    >>> show_heatmaps([[1.0, 0.0], [0.0, 1.0]], xlabel="Keys", ylabel="Queries")
    """
    figure = heatmap_figure(
        matrices, xlabel, ylabel, titles, figsize, cmap, row_titles=row_titles, query_labels=query_labels,
        key_labels=key_labels, vmin=vmin, vmax=vmax, share_scale=share_scale, annotate=annotate, alt=alt,
    )  # fmt: skip
    show(figure)
