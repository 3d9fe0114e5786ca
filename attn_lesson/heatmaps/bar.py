"""Draw a colour bar that is the scale itself."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap

from attn_lesson.heatmaps.bar_ticks import BESIDE, OVER, BarTicks
from attn_lesson.heatmaps.labels import TICK
from attn_lesson.heatmaps.marks import Box, outline, put_image, write
from attn_lesson.heatmaps.scale import Scale


def draw_bar(axes: Axes, box: Box, scale: Scale, ticks: BarTicks, cmap: Colormap) -> None:
    """Draw the colours from the scale's low end (bottom) to its high end (top), and round numbers beside them."""
    left, top, right, bottom = box
    put_image(axes, cmap(np.linspace(1, 0, 256), bytes=True)[:, None], box)
    shares = [(tick / 2 - scale.low / 2) / (scale.high / 2 - scale.low / 2) for tick in ticks.values]  # no overflow
    heights = [bottom - share * (bottom - top) for share in shares]
    outline(axes, [box], [(right, height, right + 0.03, height) for height in heights])
    for height, word in zip(heights, ticks.words, strict=True):
        write(axes, right + BESIDE, height, word, TICK, ha="left", gid=f"bar {word}")
    write(axes, left, top - OVER, ticks.unit, TICK, ha="left", va="bottom", gid="unit")
