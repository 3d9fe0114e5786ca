"""Chapter 5: the numbers in its prose, by formulas on paper, and by the facets of a hull where it solves a program."""

import math
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from claims.index import sentence_weight
from scipy.spatial import ConvexHull
from torch import Tensor

from attn_lesson import attention_distribution, rand_weights, scaled_dot_product_score
from attn_lesson.experiments import SIX_WORDS

ROOT = Path(__file__).parents[2]


def d2l_version() -> str:
    return re.search(r"^d2l==(\S+)", (ROOT / "requirements-d2l.txt").read_text("utf-8"), flags=re.MULTILINE)[1]


# rand, and softmax of it ----------------------------------------------------------------------------


@cache
def soft_rand() -> list[list[float]]:
    powers = [[math.exp(number) for number in row] for row in rand_weights().tolist()]
    return [[power / sum(row) for power in row] for row in powers]


def flat(rows: list[list[float]]) -> list[float]:
    return [number for row in rows for number in row]


def mean_of_many_sums() -> float:
    return sum(math.fsum(flat(rand_weights(seed=seed).tolist())) / 10 for seed in range(100)) / 100


def diagonal(score: float) -> float:
    """The weight of one score among nine of 0."""
    return math.exp(score) / (math.exp(score) + 9)


# Other weights, same output -------------------------------------------------------------------------


class Drawn(NamedTuple):
    """One attention of ten keys drawn at random: its weights, its values, and what the top key must keep."""

    weights: Tensor
    values: Tensor
    top: int
    least: float


def least_by_facets(weights: Tensor, values: Tensor, key: int) -> float:
    """What a key must keep for the context to stay, without a linear program.

    With a weight t on the key, the other values must average to (context - t v) / (1 - t). That point is in their hull
    if it is on the inner side of each facet, a·x + b ≤ 0, which is (a·context + b) ≤ t (a·v + b).
    """
    others = torch.cat([values[:key], values[key + 1 :]])
    facets = torch.from_numpy(ConvexHull(others.numpy()).equations)
    inner, outer = (facets[:, :-1] @ point + facets[:, -1] for point in (weights @ values, values[key]))
    return max(0.0, float((inner / outer)[outer > 0].max())) if bool((outer > 0).any()) else 0.0


@cache
def drawn(seed: int = 7, draws: int = 2001) -> tuple[list[Drawn], list[Drawn]]:
    """The chapter's dice: 2001 draws with values of their own, then 1000 with the keys as values."""
    dice = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=dice, dtype=torch.float64)

    def one(query: Tensor, keys: Tensor, values: Tensor) -> Drawn:
        powers = ((keys * query).sum(dim=1) / 2).exp()  # the root of four numbers
        weights, top = powers / powers.sum(), int(powers.argmax())
        return Drawn(weights, values, top, least_by_facets(weights, values, top))

    own = [one(draw(1, 4), draw(10, 4), draw(10, 4)) for _ in range(draws)]
    itself = []
    for _ in range(1000):
        query, keys = draw(1, 4), draw(10, 4)
        itself.append(one(query, keys, keys))
    return own, itself


def first() -> Drawn:
    return drawn()[0][0]


def percent_free(draws: list[Drawn], above: float = 0.0) -> float:
    band = [draw for draw in draws if draw.weights[draw.top] > above]
    return 100 * sum(draw.least < 1e-9 for draw in band) / len(band)


def percent_kept() -> float:
    kept = sorted(float(draw.least / draw.weights[draw.top]) for draw in drawn()[0][1:] if draw.least >= 1e-9)
    return 100 * kept[(len(kept) - 1) // 2]  # as torch's median: the lower of the middle two


def moved_by_masking() -> float:
    """Without its top value v of weight w, the context c moves by w |v - c| / (1 - w)."""
    weights, values, top, _ = first()
    share = float(weights[top])
    return share / (1 - share) * float((values[top] - weights @ values).norm())


# A grid of heads ------------------------------------------------------------------------------------


@cache
def weights_of_heads() -> Tensor:
    """The weights of the tiny BERT, from its hidden states and its matrices, by this package."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=6, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        attn_implementation="eager",
    )  # fmt: skip
    model = BertModel(config).eval()
    weights = []
    with torch.no_grad():
        states = model(torch.arange(6)[None], output_hidden_states=True).hidden_states
        for state, layer in zip(states, model.encoder.layer, strict=False):  # the last state has no layer after it
            project = layer.attention.self
            queries, keys = (linear(state[0]).unflatten(1, (4, 8)).mT for linear in (project.query, project.key))
            queries, keys = queries.permute(2, 0, 1), keys.permute(2, 0, 1)
            weights.append(attention_distribution(scaled_dot_product_score(queries, keys)))
    return torch.stack(weights)


def in_column(key: str) -> float:
    return sum(sentence_weight(query, key) for query in SIX_WORDS)


SENTENCE = ["thirsty cat", "thirsty thirsty", "cat cat", "cat thirsty", "cat milk", "drinks drinks", "drinks milk"]

CLAIMS = {
    "c5_d2l_version": (d2l_version, 0.0),
    "c5_d2l_numpy": (lambda: "1.23.5", 0.0),  # in the setup.py of that release
    "c5_rand_low": (lambda: min(map(sum, rand_weights().tolist())), 1e-4),
    "c5_rand_high": (lambda: max(map(sum, rand_weights().tolist())), 1e-4),
    "c5_rand_mean": (mean_of_many_sums, 1e-4),
    "c5_soft_low": (lambda: min(flat(soft_rand())), 1e-5),
    "c5_soft_high": (lambda: max(flat(soft_rand())), 1e-5),
    "c5_soft_entropy": (lambda: -sum(p * math.log(p) for p in flat(soft_rand())) / 10, 1e-4),
    "c5_ln10": (lambda: math.log(10), 1e-9),
    "c5_eye_scaled": (lambda: diagonal(1 / math.sqrt(10)), 1e-5),
    "c5_eye_unscaled": (lambda: diagonal(1), 1e-5),
    "c5_eye_ten": (lambda: diagonal(10), 1e-5),
    "c5_bar_low": (lambda: min(flat(soft_rand())), 1e-5),  # the bar that d2l draws is that of the last panel
    "c5_bar_high": (lambda: max(flat(soft_rand())), 1e-5),
    "c5_ours_low": (lambda: 0.0, 0.0),
    "c5_ours_high": (lambda: 1.0, 0.0),
    **{f"c5_{pair.replace(' ', '_')}": (lambda pair=pair: sentence_weight(*pair.split()), 1e-5) for pair in SENTENCE},
    "c5_drinks_warm": (lambda: sentence_weight("drinks", "warm"), 1e-5),
    "c5_the_cat": (lambda: 1 / 6, 1e-6),
    "c5_column_the": (lambda: in_column("the"), 1e-5),
    "c5_column_drinks": (lambda: in_column("drinks"), 1e-5),
    "c5_lp_before": (lambda: float(first().weights[first().top]), 1e-9),
    "c5_lp_after": (lambda: first().least, 1e-9),
    "c5_lp_used": (lambda: 4 + 1, 0.0),  # a corner of the program: as many weights as equations
    "c5_hull_share": (lambda: percent_free(drawn()[0][1:]), 1e-9),
    "c5_hull_share_high": (lambda: percent_free(drawn()[0][1:], above=0.4), 1e-9),
    "c5_hull_high_draws": (lambda: sum(float(d.weights[d.top]) > 0.4 for d in drawn()[0][1:]), 0.0),
    "c5_hull_kept": (percent_kept, 1e-4),
    "c5_keys_share": (lambda: percent_free(drawn()[1]), 1e-9),
    "c5_keys_share_high": (lambda: percent_free(drawn()[1], above=0.4), 1e-9),
    "c5_masked_moved": (moved_by_masking, 1e-9),
    "c5_context_length": (lambda: float((first().weights @ first().values).norm()), 1e-9),
    "c5_heads_low": (lambda: float(weights_of_heads().min()), 1e-5),
    "c5_heads_high": (lambda: float(weights_of_heads().max()), 1e-5),
}
