"""Draw a colour bar that is the scale itself."""

import math

import numpy as np
from matplotlib.colors import Colormap
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from attn_lesson.heatmaps.labels import TICK
from attn_lesson.heatmaps.layout import BAR_WIDTH, Layout
from attn_lesson.heatmaps.scale import Scale
from attn_lesson.heatmaps.showing import INK, HeatmapFigure


def draw_bar(
    figure: HeatmapFigure, layout: Layout, corner: tuple[float, float], height: float, scale: Scale, cmap: Colormap
) -> None:
    """Draw a colour bar on axes of its own, whose y limits are the limits of the colours.

    Args:
        figure: The bar is added to it.
        layout: Of the figure.
        corner: Top left corner of the bar, in inches.
        height: Of the bar, in inches.
        scale: Of the colours.
        cmap: Colour map.
    """
    x, y = corner[0] / layout.width, 1 - (corner[1] + height) / layout.height
    axes = figure.add_axes((x, y, BAR_WIDTH / layout.width, height / layout.height), label="colour bar")
    axes.set(xlim=(0, 1), xticks=[])
    image = AxesImage(axes, interpolation="none", extent=(0, 1, scale.low, scale.high), origin="lower")
    image.set_data(cmap(np.linspace(0, 1, 256), bytes=True)[:, None])
    axes.add_image(image)
    ticks, words = bar_ticks(scale, most=min(max(2, int(height / 0.3)), 8))
    axes.yaxis.tick_right()
    axes.set_yticks(ticks, words, fontsize=TICK, color=INK)
    axes.set_ylim(scale.low, scale.high)
    axes.tick_params(length=2, width=0.4, pad=2, color=INK)
    axes.spines[:].set(linewidth=0.4, edgecolor=INK)


def bar_ticks(scale: Scale, most: int) -> tuple[list[float], list[str]]:
    """Choose round ticks between the limits, with labels that differ wherever the ticks do.

    >>> bar_ticks(Scale(0.0, 1.0), most=2)
    ([0.0, 0.5, 1.0], ['0', '0.5', '1'])
    >>> bar_ticks(Scale(0.0, 1.0, over=True), most=2)
    ([0.0, 0.5, 1.0], ['0', '0.5', '≥ 1'])
    """
    low, high, under, over = scale
    unit = 10.0 ** math.floor(math.log10(max(abs(low), abs(high))))  # the locator overflows on the largest numbers
    locator = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10])
    ticks = [float(tick) * unit for tick in locator.tick_values(low / unit, high / unit)]
    slack, room = (high / 2 - low / 2) * 1e-6, (high / 2 - low / 2) / most
    ticks = [min(max(tick, low), high) for tick in ticks if low - slack <= tick <= high + slack]
    if len(ticks) < 2 or under or over:
        ticks = [low, *(tick for tick in ticks if low + room < tick < high - room), high]
    digits = next((d for d in range(3, 17) if len({f"{t:.{d}g}" for t in ticks}) == len(ticks)), 17)
    words = [f"{t + 0.0:.{digits}g}".replace("-", "−") for t in ticks]
    return ticks, [
        ("≤ " if under and t == low else "≥ " if over and t == high else "") + word
        for t, word in zip(ticks, words, strict=True)
    ]
