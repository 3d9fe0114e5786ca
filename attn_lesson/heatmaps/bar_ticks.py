"""Choose the numbers beside a colour bar: round, few, in one notation, and as wide as they need."""

import math
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from matplotlib.ticker import MaxNLocator

from attn_lesson.heatmaps.labels import TICK, text_width
from attn_lesson.heatmaps.scale import Scale

LEAST_ROOM = 0.42  # inches kept for the numbers of a bar, with the gap before them
BESIDE = 0.05  # inches from a bar to its numbers
OVER = 0.07  # inches from a bar up to its power of ten
PLAIN = (1e-3, 1e5)  # a scale within these is written without a power of ten


class BarTicks(NamedTuple):
    """The numbers of one bar."""

    values: tuple[float, ...]
    words: tuple[str, ...]
    power: int = 0  # the words are in units of ten to this power

    @property
    def unit(self) -> str:
        """What is written once, over the bar.

        >>> BarTicks((0.0, 2e-4), ("0", "2"), -4).unit, BarTicks((0.0, 2.0), ("0", "2")).unit
        ('×10⁻⁴', '')
        """
        return f"×10{str(self.power).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}" if self.power else ""


def ticks_for(scale: Scale, height: float) -> BarTicks:
    """Choose as many ticks as a bar of so many inches can carry."""
    return bar_ticks(scale, most=min(max(2, int(height / 0.25)), 8))


def label_room(bars: Iterable[BarTicks]) -> float:
    """Measure the inches that the numbers of these bars need beside them, at least `LEAST_ROOM`."""
    words = {word for bar in bars for word in bar.words}
    return max(LEAST_ROOM, *(BESIDE + text_width(word, TICK) + 0.01 for word in words))


@lru_cache(maxsize=1024)
def bar_ticks(scale: Scale, most: int) -> BarTicks:
    """Choose round ticks between the limits, with labels that differ wherever the ticks do.

    The labels have equally many decimals, but for whole numbers, which have none. The last round tick is in the upper
    third, if five ticks allow it. Very small and very large scales are counted in a power of ten.

    >>> bar_ticks(Scale(0.0, 1.0), most=2)[:2]
    ((0.0, 0.5, 1.0), ('0', '0.5', '1'))
    >>> bar_ticks(Scale(0.0, 2e-4, over=True), most=2)
    BarTicks(values=(0.0, 0.0001, 0.0002), words=('0', '1', '≥ 2'), power=-4)
    """
    low, high, under, over = scale
    largest = max(abs(low), abs(high))
    exponent = math.floor(math.log10(largest))
    unit = 10.0**exponent  # the locator overflows on the largest numbers
    locator = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10])
    ticks = [float(tick) * unit for tick in locator.tick_values(low / unit, high / unit)]
    slack, room = (high / 2 - low / 2) * 1e-6, (high / 2 - low / 2) / most
    ticks = [min(max(tick, low), high) for tick in ticks if low - slack <= tick <= high + slack]
    if not over and most < 5 and ticks and high / 2 - ticks[-1] / 2 > (high / 2 - low / 2) / 3:
        return bar_ticks(scale, most + 1)  # the deepest colours, too, need a number near them
    if len(ticks) < 2 or under or over:
        ticks = [low, *(tick for tick in ticks if low + room < tick < high - room), high]
    power = 0 if PLAIN[0] <= largest < PLAIN[1] else exponent
    counts = [tick / unit for tick in ticks] if power else ticks
    tries = (_labels(counts, digits, exponent - power) for digits in range(3, 18))
    words = next((words for words in tries if len(set(words)) == len(ticks)), _labels(counts, 17, exponent - power))
    words = [
        ("≤ " if under and t == low else "≥ " if over and t == high else "") + word
        for t, word in zip(ticks, words, strict=True)
    ]
    return BarTicks(tuple(ticks), tuple(words), power)


def _labels(ticks: list[float], digits: int, exponent: int) -> list[str]:
    """Write each tick to so many digits, all with the decimals that one of them needs, if it is not tiny."""
    places = [-int(Decimal(f"{tick:.{digits}g}").normalize().as_tuple().exponent) for tick in ticks]
    decimals = min(max(0, *places), max(0, digits + 1 - exponent))
    whole = "." + "0" * decimals
    words = [f"{round(tick, decimals) + 0.0:.{decimals}f}" for tick in ticks]  # 0.0: no minus before a 0
    return [word.removesuffix(whole).replace("-", "−") for word in words]
