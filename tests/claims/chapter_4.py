"""Chapter 4: the numbers in its prose, on paper in 64 bits; lots are drawn again and then counted by hand."""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from attn_lesson import attention_distribution, scaled_dot_product_score
from attn_lesson.experiments import six_word_vectors

Array = NDArray[np.float64]
THE, THIRSTY, CAT, DRINKS, WARM, MILK = range(6)
WORDS = six_word_vectors().double().numpy()
ANIMAL, DRINK = WORDS[:, 0], WORDS[:, 1]


def on_paper(scores: Array) -> Array:
    """Softmax as the formula says it."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def row(word: int, mask: slice = slice(None)) -> Array:
    return on_paper((WORDS[mask] @ WORDS[word]) / math.sqrt(3))


# Lots -----------------------------------------------------------------------------------------------


@cache
def spread() -> tuple[float, float]:
    """Context and spread of one draw, of "animal" for "thirsty": by the six terms of the sum."""
    centre = math.fsum(row(THIRSTY) * ANIMAL)
    return centre, math.sqrt(math.fsum(row(THIRSTY) * (ANIMAL - centre) ** 2))


def package_row() -> torch.Tensor:
    """As the chapter draws from it: in other bits, the same seed could give other lots."""
    words = six_word_vectors()
    return attention_distribution(scaled_dot_product_score(words, words))[THIRSTY]


@cache
def thousand() -> tuple[float, float]:
    """Mean and standard error of the thousand draws, from how often each word was drawn."""
    generator = torch.Generator().manual_seed(0)
    lots = torch.multinomial(package_row(), num_samples=1000, replacement=True, generator=generator)
    often = np.bincount(lots.numpy(), minlength=6)
    mean = often @ ANIMAL / 1000
    return mean, math.sqrt(often @ (ANIMAL - mean) ** 2 / 999 / 1000)


@cache
def inside() -> NDArray[np.bool_]:
    """Of 200 lotteries after each draw: is "thirsty" + 2 x "cat", counted, within two error bars?"""
    generator = torch.Generator().manual_seed(1)
    lots = torch.multinomial(package_row().expand(200, 6), 10_000, replacement=True, generator=generator).numpy()
    animals = np.cumsum(lots == THIRSTY, axis=1) + 2 * np.cumsum(lots == CAT, axis=1)
    draws = np.arange(1, 10_001)
    centre, sigma = spread()
    return np.abs(animals - draws * centre) < 2 * sigma * np.sqrt(draws)


# Slopes ---------------------------------------------------------------------------------------------


def turned(place: float, temperature: float) -> Array:
    """Weights of the query that is `place` of the way from "thirsty" to "warm"."""
    return on_paper((WORDS @ ((1 - place) * WORDS[THIRSTY] + place * WORDS[WARM])) / math.sqrt(3) / temperature)


def slope(place: float, temperature: float) -> float:
    """Of the drink: a sum over pairs of words, which is the covariance without a mean."""
    alpha, rise = turned(place, temperature), (DRINK - ANIMAL) / math.sqrt(3)
    return sum(
        alpha[i] * alpha[j] * (rise[i] - rise[j]) * (DRINK[i] - DRINK[j]) for i in range(6) for j in range(i)
    ) / temperature  # fmt: skip


def powers_of_ten(number: float) -> str:
    """Two digits and a power: 3.9e-23 is "3.9·10⁻²³"."""
    mantissa, exponent = f"{number:.1e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}·10{raised}"


def climb(temperature: float) -> float:
    """The area under a slope is the climb."""
    return float((turned(1, temperature) - turned(0, temperature)) @ DRINK)


@cache
def bar(spot: int, with_baseline: bool) -> float:
    """Standard error of 400 lots, from how often each word was drawn; slopes of ln α by differences."""
    words, spots = six_word_vectors(), torch.linspace(0.1, 0.9, 9)
    queries = torch.stack([1 - spots, spots, 0 * spots], dim=-1)
    alpha = attention_distribution(scaled_dot_product_score(queries, words), temperature=0.3)
    generator = torch.Generator().manual_seed(0)
    often = np.bincount(torch.multinomial(alpha, 400, replacement=True, generator=generator)[spot], minlength=6)
    place, step = 0.1 * (spot + 1), 1e-6
    log_rise = (np.log(turned(place + step, 0.3)) - np.log(turned(place - step, 0.3))) / (2 * step)
    told = (DRINK - with_baseline * (turned(place, 0.3) @ DRINK)) * log_rise
    mean = often @ told / 400
    return math.sqrt(often @ (told - mean) ** 2 / 399 / 400)


# The tide -------------------------------------------------------------------------------------------

ASK = np.linspace(0, 24, 481)
WIDTHS = 10 ** np.linspace(-2, 1, 121)


def tide(hour: Array | float) -> Array:
    return 3 + np.sin(np.asarray(hour) * math.tau / 12.4)


@cache
def gauge() -> tuple[Array, Array]:
    generator = torch.Generator().manual_seed(19)
    hours = (24 * torch.rand(40, 1, generator=generator)).sort(dim=0).values
    waves = 0.3 * torch.randn(40, 1, generator=generator)
    hours, waves = hours[:, 0].double().numpy(), waves[:, 0].double().numpy()
    return hours, tide(hours) + waves


def guess(asked: Array, hours: Array, levels: Array, width: float, itself: bool = True) -> Array:
    """Nadaraya and Watson's quotient of kernels, each as a share of the nearest one: so it exists at any width."""
    squares = (asked[..., :, None] - hours[..., None, :]) ** 2
    squares = squares if itself else np.where(np.eye(40), np.inf, squares)
    kernels = np.exp((squares.min(axis=-1, keepdims=True) - squares) / (2 * width**2))
    return (kernels @ levels[..., None])[..., 0] / kernels.sum(axis=-1)


def error(width: float, itself: bool) -> float:
    hours, levels = gauge()
    return float(np.mean((guess(hours, hours, levels, width, itself) - levels) ** 2))


@cache
def descent(itself: bool, start: float = 3.0) -> float:
    """The width before the 300th step; the gradient by a central difference."""
    at, step = math.log(start), 1e-5
    for _ in range(299):
        at -= (error(math.exp(at + step), itself) - error(math.exp(at - step), itself)) / (2 * step)
    return math.exp(at)


@cache
def against_the_tide() -> Array:
    return np.array([np.mean((guess(ASK, *gauge(), width) - tide(ASK)) ** 2) for width in WIDTHS])


@cache
def in_32_bits(width: float = 0.05) -> tuple[int, float]:
    """The quotient, each kernel and each product kept in 32 bits: there the least number above 0 is 2^-149.

    Returns how many of the quotients are 0/0, and the largest error of the others, in mm.
    """
    hours, levels = gauge()
    kernels = np.exp(-((ASK[:, None] - hours) ** 2) / (2 * width**2)).astype(np.float32)
    products = kernels * levels.astype(np.float32)
    sums = kernels.astype(np.float64).sum(axis=-1)
    there = sums > 0
    off = products.astype(np.float64).sum(axis=-1)[there] / sums[there] - guess(ASK[there], hours, levels, width)
    return int((~there).sum()), 1000 * float(np.abs(off).max())


@cache
def fifty_days(of_the_tide: bool) -> Array:
    """The best width of each day, all widths tried."""
    generator = torch.Generator().manual_seed(0)
    days = (24 * torch.rand(50, 40, 1, generator=generator))[..., 0].double().numpy()
    waves = 0.3 * torch.randn(50, 40, 1, generator=generator)[..., 0].double().numpy()
    levels = tide(days) + waves
    asked, wanted = (ASK[::4], tide(ASK[::4])) if of_the_tide else (days, levels)
    losses = [np.mean((guess(asked, days, levels, w, of_the_tide) - wanted) ** 2, axis=-1) for w in WIDTHS]
    return WIDTHS[np.argmin(losses, axis=0)]


def of_fifty(of_the_tide: bool, share: float) -> float:
    return float(np.quantile(fifty_days(of_the_tide), share))


STEP = 0.03  # half the distance of two widths that were tried, near 1 hour: which of two equals wins is a rounding

CLAIMS: dict[str, tuple[Callable[[], float | str], float]] = {
    **{f"c4_a{word}": (lambda word=word: row(THIRSTY)[word], 1e-6) for word in range(6)},
    "c4_e1": (lambda: math.exp(1 / math.sqrt(3)), 1e-6),
    "c4_e2": (lambda: math.exp(2 / math.sqrt(3)), 1e-6),
    "c4_total": (lambda: 4 + math.exp(1 / math.sqrt(3)) + math.exp(2 / math.sqrt(3)), 1e-5),
    "c4_drink": (lambda: 4 / (4 + math.exp(1 / math.sqrt(3)) + math.exp(2 / math.sqrt(3))), 1e-6),
    "c4_draw_error": (lambda: thousand()[1], 1e-6),
    "c4_draw_distance": (lambda: abs(thousand()[0] - spread()[0]), 1e-6),
    "c4_sigma": (lambda: spread()[1], 1e-6),
    "c4_inside_1": (lambda: 100.0 if np.abs(np.arange(3) - spread()[0]).max() < 2 * spread()[1] else 0.0, 1e-4),
    "c4_inside_1000": (lambda: 100 * inside()[:, 999].mean(), 1e-4),
    "c4_left_once": (lambda: 100 - 100 * inside()[:, 9:].all(axis=1).mean(), 0.6),  # one lottery may graze the band
    "c4_slope_warm": (lambda: slope(0.25, 1.0), 1e-6),
    "c4_slope_cold": (lambda: powers_of_ten(slope(0.25, 0.01)), 0),
    "c4_slope_cold_middle": (lambda: 2 / (math.sqrt(3) * 0.01), 1e-3),  # two words tie: ¼ · 2 · 4/√3 / T
    "c4_area_warm": (lambda: climb(1.0), 1e-5),
    "c4_area_cold": (lambda: climb(0.1), 1e-4),
    "c4_lot_middle": (lambda: bar(4, False), 1e-5),
    "c4_lot_middle_based": (lambda: bar(4, True), 1e-5),
    "c4_lot_late": (lambda: bar(7, False), 1e-5),
    "c4_lot_late_based": (lambda: bar(7, True), 1e-5),
    "c4_where_cat": (lambda: row(CAT) @ np.arange(1, 7), 1e-5),
    "c4_where_milk": (lambda: row(MILK) @ np.arange(1, 7), 1e-5),
    "c4_drinks_before": (lambda: row(DRINKS)[DRINKS], 1e-6),
    "c4_drinks_causal": (lambda: row(DRINKS, slice(4))[DRINKS], 1e-6),
    "c4_tide_19": (lambda: guess(np.array([19.0]), *gauge(), 1.0)[0], 1e-5),
    "c4_tide_19_true": (lambda: float(tide(19.0)), 1e-9),
    "c4_quotient_nan": (lambda: in_32_bits()[0], 0),
    "c4_quotient_off": (lambda: in_32_bits()[1], 0.5),
    "c4_width": (lambda: descent(itself=False), 1e-4),
    "c4_width_error": (lambda: error(descent(itself=False), itself=False), 1e-6),
    "c4_width_itself": (lambda: descent(itself=True), 1e-4),
    "c4_width_other": (lambda: descent(itself=False, start=0.2), 1e-4),
    "c4_width_truth": (lambda: WIDTHS[against_the_tide().argmin()], 1e-6),
    "c4_truth_error": (lambda: against_the_tide().min(), 1e-6),
    "c4_days_loo_low": (lambda: of_fifty(False, 0.1), STEP),
    "c4_days_loo_middle": (lambda: of_fifty(False, 0.5), STEP),
    "c4_days_loo_high": (lambda: of_fifty(False, 0.9), STEP),
    "c4_days_true_low": (lambda: of_fifty(True, 0.1), STEP),
    "c4_days_true_middle": (lambda: of_fifty(True, 0.5), STEP),
    "c4_days_true_high": (lambda: of_fifty(True, 0.9), STEP),
}
