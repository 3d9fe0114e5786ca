"""Chapter 3: the numbers in its prose, by formulas on paper, by hulls, and by watching the scores run."""

import math
import runpy
import sys
from collections.abc import Callable
from functools import cache
from itertools import combinations
from pathlib import Path

import torch
from scipy.spatial import ConvexHull
from torch import Tensor

from attn_lesson.experiments import SIX_WORDS, six_word_vectors

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
WORDS = dict(zip(SIX_WORDS, six_word_vectors().tolist(), strict=True))


def softmax(scores: list[float]) -> list[float]:
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


# The six words --------------------------------------------------------------------------------------


def word_weight(query: str, key: str, scale: float) -> float:
    scores = [sum(map(float.__mul__, WORDS[query], vector)) / scale for vector in WORDS.values()]
    return softmax(scores)[SIX_WORDS.index(key)]


# Cost -----------------------------------------------------------------------------------------------


@cache
def bench() -> dict[str, Callable]:
    """The functions of `benchmarks/scores.py`, which watches the scores run."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return runpy.run_path(str(BENCHMARKS / "scores.py"))
    finally:
        sys.path.remove(str(BENCHMARKS))


def work_ratio(keys: int, other: bool = True) -> float:
    """The operations of the additive score over the dot product's, counted on tensors that hold nothing."""
    with torch.device("meta"):
        score = bench()["scores"](keys, keys, 64, 64)
    add, bend = bench()["operations"](score["additive"])
    return (add + bend * other) / bench()["operations"](score["dot product"])[0]


@cache
def held(name: str, keys: int) -> float:
    """Bytes held: the tables grow with the square of the number of keys, so small ones will do."""
    return 4 * bench()["numbers_held"](bench()["scores"](128, 128, 64, 64)[name]) * (keys / 128) ** 2


# Saturation -----------------------------------------------------------------------------------------


@cache
def drawn(law: str, scaled: bool) -> dict[str, Tensor]:
    """The chapter's draws at d = 1024; softmax in float64, and the gradient by the formula, not by autograd."""
    generator, d = torch.Generator().manual_seed(1024), 1024

    def draw(*shape: int) -> Tensor:
        if law == "uniform":
            return torch.rand(*shape, generator=generator)
        if law == "normal":
            return torch.randn(*shape, generator=generator)
        shared = torch.randn(*shape[:-1], 1, generator=generator)
        return torch.randn(*shape, generator=generator).add_(shared).div_(2**0.5)

    queries, keys = draw(4000, 1, d)[:, 0], draw(4000, 10, d)
    values = torch.randn(4000, 10, 1, generator=generator)[..., 0].double()
    scale = math.sqrt(d) if scaled else 1.0
    scores = torch.einsum("nd,nkd->nk", queries, keys).double() / scale
    weights = scores.softmax(dim=-1)
    nudge = weights * (values - (weights * values).sum(dim=-1, keepdim=True))  # of each score, by the formula
    gradient = torch.einsum("nk,nkd->nd", nudge.float(), keys) / scale
    log_weights = scores.log_softmax(dim=-1)
    return {
        "spread": scores.var(dim=-1).sqrt(),
        "entropy": -(weights * log_weights).sum(dim=-1),
        "gradient": gradient.norm(dim=-1).double(),
        "largest": weights.amax(dim=-1),
    }


def median(law: str, scaled: bool, what: str) -> float:
    return drawn(law, scaled)[what].median().item()


def diagonal(score: float) -> float:
    """The weight of one score among nine of 0."""
    return math.exp(score) / (math.exp(score) + 9)


# Rank, and the additive score without its curve -----------------------------------------------------


@cache
def after_rank() -> tuple[Tensor, dict[int, Tensor], list[Tensor]]:
    """The draws of the rank lab, and those of the section after it."""
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator).double()

    normal(2000, 64)
    keys = normal(40, 64)
    W_k = {r: (normal(r, 64), normal(r, 64))[1] for r in (1, 2, 8, 64)}
    return keys, W_k, [normal(*shape) for shape in ((5, 3), (7, 3), (8, 3), (8, 3), (8,))]


def corners_in_the_plane() -> int:
    keys, W_k, _ = after_rank()
    return len(ConvexHull((keys @ W_k[2].mT).numpy()).vertices)


def largest_difference_with_tanh() -> float:
    queries, keys, W_q, W_k, w_v = (tensor.tolist() for tensor in after_rank()[2])

    def score(q: list[float], k: list[float]) -> float:
        hidden = [math.fsum(map(float.__mul__, a + b, q + k)) for a, b in zip(W_q, W_k, strict=True)]
        return sum(v * math.tanh(x) for v, x in zip(w_v, hidden, strict=True))

    weights = [softmax([score(q, k) for k in keys]) for q in queries]
    return max(abs(a - b) for one, other in combinations(weights, 2) for a, b in zip(one, other, strict=True))


CLAIMS = {
    "c3_drinks_dot": (lambda: word_weight("drinks", "drinks", 1), 1e-6),
    "c3_drinks_scaled": (lambda: word_weight("drinks", "drinks", math.sqrt(3)), 1e-6),
    "c3_thirsty_to_cat": (lambda: word_weight("thirsty", "cat", math.sqrt(3)), 1e-6),
    "c3_cat_to_thirsty": (lambda: word_weight("cat", "thirsty", math.sqrt(3)), 1e-6),
    "c3_gap_low": (lambda: math.tanh(2) - math.tanh(1), 1e-6),
    "c3_gap_high": (lambda: math.tanh(0) - math.tanh(-1), 1e-6),
    "c3_mult_ratio": (lambda: work_ratio(1000, other=False), 1e-9),
    "c3_work_ratio": (lambda: work_ratio(1000), 1e-9),
    "c3_work_few": (lambda: work_ratio(16), 1e-9),
    "c3_work_many": (lambda: work_ratio(16384), 1e-9),
    "c3_held_ratio": (lambda: held("additive", 1000) / held("dot product", 1000), 1e-9),
    "c3_held_mb": (lambda: held("additive", 1000) / 1e6, 1e-6),
    "c3_held_many": (lambda: held("additive", 16384) / 1e9, 1e-6),
    "c3_held_dot": (lambda: held("dot product", 16384) / 1e9, 1e-6),
    "c3_norm_tie": (lambda: 1 / 2, 1e-6),
    "c3_norm_ten": (lambda: 1 / 10, 1e-6),
    "c3_norm_ten_peak": (lambda: 1 / 2 * 1 / 2 * 10 / 9, 1e-4),  # a (1 - a) (1 + 1/9), at a = 1/2
    "c3_norm_lead": (lambda: 10 / 9 * diagonal(10) * (1 - diagonal(10)), 1e-6),
    "c3_zero_winner": (lambda: 24 * math.log(2), 0.011),  # the chapter's gaps go by 0.01
    "c3_zero_loser": (lambda: 150 * math.log(2), 0.011),
    "c3_grad_median_unscaled": (lambda: median("normal", False, "gradient"), 5e-6),
    "c3_grad_median_scaled": (lambda: median("normal", True, "gradient"), 1e-4),
    "c3_grad_mean_unscaled": (lambda: drawn("normal", False)["gradient"].mean().item(), 1e-3),
    "c3_grad_mean_scaled": (lambda: drawn("normal", True)["gradient"].mean().item(), 1e-4),
    "c3_normal_spread": (lambda: median("normal", True, "spread"), 1e-4),
    "c3_normal_gradient": (lambda: median("normal", True, "gradient"), 1e-4),
    "c3_uniform_spread": (lambda: median("uniform", True, "spread"), 1e-4),
    "c3_uniform_entropy": (lambda: median("uniform", True, "entropy"), 1e-4),
    "c3_uniform_gradient": (lambda: median("uniform", True, "gradient"), 1e-4),
    "c3_uniform_largest": (lambda: median("uniform", True, "largest"), 1e-4),
    "c3_ln10": (lambda: math.log(10), 1e-6),
    "c3_corr_spread": (lambda: median("correlated", True, "spread"), 1e-3),
    "c3_corr_gradient": (lambda: median("correlated", True, "gradient"), 1e-4),
    "c3_corr_median": (lambda: median("correlated", True, "largest"), 1e-4),
    "c3_corr_mean": (lambda: drawn("correlated", True)["largest"].mean().item(), 1e-4),
    "c3_winners_1": (lambda: 2, 0),  # the largest key and the smallest
    "c3_winners_2": (corners_in_the_plane, 0),
    "c3_deaf": (lambda: 0.0, 1e-6),
    "c3_hears": (largest_difference_with_tanh, 1e-5),
}
