"""Draw a colour bar that is the scale itself."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.ticker import MaxNLocator

from attn_lesson.heatmaps.labels import TICK
from attn_lesson.heatmaps.marks import Box, outline, put_image, write
from attn_lesson.heatmaps.scale import Scale


def draw_bar(axes: Axes, box: Box, scale: Scale, cmap: Colormap) -> None:
    """Draw the colours from the scale's low end (bottom) to its high end (top), and round numbers beside them."""
    _, top, right, bottom = box
    put_image(axes, cmap(np.linspace(1, 0, 256), bytes=True)[:, None], box)
    ticks, words = bar_ticks(scale, most=min(max(2, int((bottom - top) / 0.25)), 8))
    shares = [(tick / 2 - scale.low / 2) / (scale.high / 2 - scale.low / 2) for tick in ticks]  # halves cannot overflow
    heights = [bottom - share * (bottom - top) for share in shares]
    outline(axes, [box], [(right, height, right + 0.03, height) for height in heights])
    for height, word in zip(heights, words, strict=True):
        write(axes, right + 0.05, height, word, TICK, ha="left", gid=f"bar {word}")


def bar_ticks(scale: Scale, most: int) -> tuple[list[float], list[str]]:
    """Choose round ticks between the limits, with labels that differ wherever the ticks do.

    The labels have equally many decimals, but for whole numbers, which have none. The last round tick is in the upper
    third, if five ticks allow it.

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
    if not over and most < 5 and ticks and high / 2 - ticks[-1] / 2 > (high / 2 - low / 2) / 3:
        return bar_ticks(scale, most + 1)  # the deepest colours, too, need a number near them
    if len(ticks) < 2 or under or over:
        ticks = [low, *(tick for tick in ticks if low + room < tick < high - room), high]
    tries = (_labels(ticks, digits) for digits in range(3, 18))
    words = next((words for words in tries if len(set(words)) == len(ticks)), _labels(ticks, 17))
    return ticks, [
        ("≤ " if under and t == low else "≥ " if over and t == high else "") + word
        for t, word in zip(ticks, words, strict=True)
    ]


def _labels(ticks: list[float], digits: int) -> list[str]:
    words = [f"{tick + 0.0:.{digits}g}" for tick in ticks]  # 0.0: no minus before a 0
    decimals = max(0 if "e" in word else len(word.partition(".")[2]) for word in words)
    whole = "." + "0" * decimals
    for n, tick in enumerate(ticks):
        if "e" not in words[n]:
            words[n] = f"{tick + 0.0:.{decimals}f}".removesuffix(whole)
    return [word.replace("-", "−") for word in words]
