"""The first page: the numbers in its prose, computed again by hand and by a training loop of its own."""

import math
from functools import cache

import torch
from torch import Tensor

from attn_lesson import rand_weights
from attn_lesson.experiments import SIX_WORDS, six_word_vectors

WORDS = [[int(number) for number in vector] for vector in six_word_vectors().tolist()]


def sentence_weight(query: str, key: str) -> float:
    """With a pencil: whole-number dot products over √3, their exponentials, and this one's share of them."""
    asking = WORDS[SIX_WORDS.index(query)]
    scores = [sum(q * k for q, k in zip(asking, word, strict=True)) / math.sqrt(3) for word in WORDS]
    return math.exp(scores[SIX_WORDS.index(key)]) / sum(map(math.exp, scores))


@cache
def copying() -> Tensor:
    """Train the copier without the package: a plain softmax over its own scores; the weights of each state."""
    dice = torch.Generator().manual_seed(0)
    parameters = [torch.rand(rows, 32, generator=dice).requires_grad_() for rows in (10, 10, 12)]
    queries, places, tokens = parameters
    dice.manual_seed(0)
    probe = torch.randint(12, (1, 10), generator=dice)
    adam, states = torch.optim.Adam(parameters, lr=0.1), []
    for _ in range(101):
        states.append(torch.softmax(queries @ (tokens[probe[0]] + places).T / 32**0.5, dim=1).detach())
        batch = torch.randint(12, (64, 10), generator=dice)
        weights = torch.softmax(torch.einsum("qd,bkd->bqk", queries, tokens[batch] + places) / 32**0.5, dim=2)
        right = (weights * (batch[:, None, :] == batch[:, :, None])).sum(dim=2)  # of all keys with the wanted token
        adam.zero_grad()
        (-right.clamp_min(1e-9).log().mean()).backward()
        adam.step()
    return torch.stack(states)


def sums_of_rand() -> list[float]:
    return [sum(row) for row in rand_weights(10, 10, seed=0).tolist()]


CLAIMS = {
    "c0_rand_least": (lambda: min(sums_of_rand()), 1e-4),
    "c0_rand_most": (lambda: max(sums_of_rand()), 1e-4),
    "c0_diagonal_6": (lambda: float(copying()[6].diagonal().mean()), 1e-3),
    "c0_eye_gap": (lambda: float((copying()[100] - torch.eye(10)).abs().max()), 2e-6),
    "c0_cat_cat": (lambda: sentence_weight("cat", "cat"), 1e-5),
    "c0_cat_thirsty": (lambda: sentence_weight("cat", "thirsty"), 1e-5),
    "c0_thirsty_cat": (lambda: sentence_weight("thirsty", "cat"), 1e-5),
    "c0_warm_milk": (lambda: sentence_weight("warm", "milk"), 1e-5),
    "c0_warm_warm": (lambda: sentence_weight("warm", "warm"), 1e-5),
    "c0_the": (lambda: 1 / 6, 1e-6),
    "c0_drinks_milk": (lambda: sentence_weight("drinks", "milk"), 1e-5),
}
