"""Chapter 1: the numbers in its prose, each from its formula and plain Python."""

import math

PAPER, BOOK, RED_CUP, DARK_CUP = (0, 9, 4), (1, 4, 9), (9, 5, 0), (0, 1, 0)
DESK, DARK_DESK = [PAPER] * 3 + [BOOK, RED_CUP], [PAPER] * 3 + [BOOK, DARK_CUP]


def softmax(scores: list[float]) -> list[float]:
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


def asked(query: tuple[float, ...], desk: list[tuple[int, ...]]) -> list[float]:
    """The weights of a wish: scaled dot products, softmax."""
    return softmax([sum(q * x for q, x in zip(query, thing, strict=True)) / math.sqrt(3) for thing in desk])


def contrasts(desk: list[tuple[int, ...]]) -> list[float]:
    """The distance of each thing from the mean of the other four."""
    means = [[sum(thing[c] for m, thing in enumerate(desk) if m != n) / 4 for c in range(3)] for n in range(5)]
    return [math.dist(thing, mean) for thing, mean in zip(desk, means, strict=True)]


def open_gate(red: int) -> float:
    return 1 / (1 + math.exp(4.5 - red))


def blend(weights: list[float], feature: int) -> float:
    return sum(weight * thing[feature] for weight, thing in zip(weights, DESK, strict=True))


def pooled(feature: int, beta: float) -> float:
    return blend(softmax([beta * thing[feature] for thing in DESK]), feature)


CAT = softmax([2, 0, 0, 0])  # words that the question about the cat shares with each passage
MILK = softmax([1, 0, 2, 0])  # and the one about the farm

CLAIMS = {
    "c1_human_megabits": (lambda: 875_000 * 10 / 1e6, 1e-9),
    "c1_contrast_red_cup": (lambda: contrasts(DESK)[4], 1e-4),
    "c1_contrast_dark_cup": (lambda: contrasts(DARK_DESK)[4], 1e-4),
    "c1_wish_book": (lambda: asked((0, 0, 1), DESK)[3], 1e-5),
    "c1_wish_paper": (lambda: asked((0, 0, 1), DESK)[0], 1e-5),
    "c1_wish_cup": (lambda: asked((1, 0, 0), DESK)[4], 1e-5),
    "c1_heard_max_red": (lambda: 1 / 3, 1e-5),  # of three features it wins one
    "c1_heard_max_dark": (lambda: 0.0, 1e-5),
    "c1_heard_gate_red": (lambda: open_gate(9), 1e-5),
    "c1_heard_gate_dark": (lambda: 4 * open_gate(0) + open_gate(1), 1e-5),
    "c1_heard_contrast_dark": (lambda: contrasts(DARK_DESK)[4] / sum(contrasts(DARK_DESK)), 1e-5),
    "c1_heard_read_red": (lambda: asked((0, 0, 1), DARK_DESK)[3], 1e-5),  # "both times": the other desk's number
    "c1_heard_dark_dark": (lambda: asked((0, -1, 0), DARK_DESK)[4], 1e-5),
    "c1_heard_dark_book": (lambda: asked((0, -1, 0), DESK)[3], 1e-5),
    "c1_asked_red": (lambda: blend(asked((0, 0, 4), DESK), 0), 1e-4),
    "c1_asked_text": (lambda: blend(asked((0, 0, 4), DESK), 2), 1e-4),
    "c1_pooled_red": (lambda: pooled(0, beta=4), 1e-4),
    "c1_pooled_text": (lambda: pooled(2, beta=4), 1e-4),
    "c1_cat_rest": (lambda: CAT[1], 1e-5),
    "c1_milk_passage": (lambda: MILK[2], 1e-5),
    "c1_milk_cat": (lambda: MILK[0], 1e-5),
    "c1_soft_change": (lambda: 100 * CAT[3], 1e-3),  # a word the passage lacks goes from 0 to 100
}
