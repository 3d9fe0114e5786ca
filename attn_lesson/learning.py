"""Small models that learn their weights, with every step of the learning kept to be looked at."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attn_lesson.attention import attention_distribution, entropy, soft_attention
from attn_lesson.scores import ScoringFunction, scaled_dot_product_score


@dataclass(frozen=True)
class Training:
    """What a training run looked like, from before the first step to after the last.

    Attributes:
        losses: `(steps + 1,)`, cross-entropy in nats.
        entropies: `(steps + 1,)`, mean entropy of the rows of weights, in nats.
        weights: `(steps + 1, num_queries, num_keys)`; each row sums to 1.
    """

    losses: Tensor
    entropies: Tensor
    weights: Tensor


class PositionalAttention(nn.Module):
    """Learn where to look: each place asks one learned query of all the tokens.

    The key of an item is its token plus its place, both learned; its value is the
    token, one-hot. So the context says with what probability each one is fetched.

    Args:
        length: Places in a sequence.
        num_tokens: Size of the vocabulary.
        size: Numbers in a query and in a key.
        seed: The same seed gives the same start; torch's own is left alone.

    >>> model = PositionalAttention(length=5, num_tokens=7, size=3)
    >>> context, weights = model(torch.zeros(2, 5, dtype=torch.long))
    >>> context.shape, weights.shape
    (torch.Size([2, 5, 7]), torch.Size([2, 5, 5]))
    """

    def __init__(
        self, length: int = 10, num_tokens: int = 12, size: int = 32, seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        dice = torch.Generator().manual_seed(seed)
        self.queries = nn.Parameter(torch.rand(length, size, generator=dice))
        self.places = nn.Parameter(torch.rand(length, size, generator=dice))
        self.tokens = nn.Parameter(torch.rand(num_tokens, size, generator=dice))

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Fetch a token for each place.

        Args:
            tokens: `(batch, length)`, whole numbers below num_tokens.

        Returns:
            Context `(batch, length, num_tokens)`, weights `(batch, length, length)`.
        """
        keys = self.tokens[tokens] + self.places
        values = F.one_hot(tokens, len(self.tokens)).to(keys.dtype)
        return soft_attention(self.queries, keys, values, scaled_dot_product_score)


def train(
    model: PositionalAttention, source: Tensor,
    steps: int = 100, learning_rate: float = 0.02, seed: int = 0,
) -> Training:  # fmt: skip
    """Train the model to put, at each place i, the token found at place source[i].

    Args:
        model: Trained in place, with Adam, on fresh random sequences at every step.
        source: `(length,)`, whole numbers: `arange` is copying, its `flip`
            reversing, its `roll` shifting.
        steps: Optimiser steps.
        learning_rate: Adam's.
        seed: Of the sequences; torch's global generator is left alone.

    Returns:
        Losses, entropies, weights of steps + 1 states, on a sequence set apart.

    >>> train(PositionalAttention(length=5), torch.arange(5), steps=2).weights.shape
    torch.Size([3, 5, 5])
    """
    length, num_tokens = len(model.places), len(model.tokens)
    if source.shape != (length,):
        needs = f"source needs one place for each of the model's {length}"
        raise ValueError(f"{needs}, got shape {tuple(source.shape)}")
    dice = torch.Generator().manual_seed(seed)
    probe = torch.randint(num_tokens, (1, length), generator=dice)
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)

    def loss_and_weights(tokens: Tensor) -> tuple[Tensor, Tensor]:
        context, weights = model(tokens)
        return F.nll_loss(context.clamp(1e-9).log().mT, tokens[:, source]), weights

    states = []
    for step in range(steps + 1):
        with torch.no_grad():
            loss, weights = loss_and_weights(probe)
        states.append((loss, weights[0]))
        if step < steps:
            tokens = torch.randint(num_tokens, (64, length), generator=dice)
            optimiser.zero_grad()
            loss_and_weights(tokens)[0].backward()
            optimiser.step()
    return _record(states)


def fetch_next(
    score: ScoringFunction, parameters: list[nn.Parameter],
    num_items: int = 10, steps: int = 500, learning_rate: float = 0.05,
) -> Training:  # fmt: skip
    """Train one score so that each one-hot item on a ring attends to the next one.

    Args:
        score: Scoring function; called with queries = keys = `eye(num_items)`.
        parameters: What may be learned.
        num_items: Items on the ring.
        steps: Adam's steps.
        learning_rate: Adam's.

    Returns:
        Losses (cross-entropy), entropies and weights of the steps + 1 states.

    >>> c = nn.Parameter(torch.tensor(0.0))  # all scores 0: the first loss is ln 10
    >>> fetch_next(lambda q, k: c * (q @ k.mT), [c], steps=2).losses[0]
    tensor(2.3026)
    """
    items, following = torch.eye(num_items), torch.arange(num_items).roll(-1)
    optimiser = torch.optim.Adam(parameters, lr=learning_rate)
    states = []
    for step in range(steps + 1):
        scores = score(items, items)
        loss = F.cross_entropy(scores, following)
        states.append((loss.detach(), attention_distribution(scores.detach())))
        if step < steps:
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return _record(states)


def _record(states: list[tuple[Tensor, Tensor]]) -> Training:
    losses, weights = (torch.stack(column) for column in zip(*states, strict=True))
    return Training(losses, entropy(weights).mean(dim=-1), weights)
