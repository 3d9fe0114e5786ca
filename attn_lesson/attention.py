"""Turn scores into a distribution, and the distribution into an average of the values."""

import torch
from torch import Tensor

from attn_lesson.scores import ScoringFunction, scaled_dot_product_score
from attn_lesson.shapes import check_mask, check_scores, check_temperature, check_values


def attention_distribution(
    scores: Tensor, mask: Tensor | None = None, temperature: float = 1.0,
) -> Tensor:  # fmt: skip
    """Turn scores into probabilities: softmax(scores / temperature) over the keys.

    Args:
        scores: `(..., num_keys)`, floating point. A score of -inf means "masked".
        mask: Boolean, broadcastable to the scores; `True` = may attend.
        temperature: Above 0. Small values sharpen the row towards its largest
            score, large values flatten it towards the uniform distribution.

    Returns:
        Weights of the scores' shape and dtype; each row sums to 1. A row in which
        no key may be attended to is 0 everywhere, with zero gradients. NaN or +inf
        in an allowed score makes that row NaN, and no other.

    Raises:
        TypeError: If the scores are not floating point, the mask not boolean, the
            temperature not a number.
        ValueError: If the scores have no axis, the mask does not broadcast to them,
            or the temperature is not above 0 and finite.

    Source: Bahdanau, Cho and Bengio 2015, arXiv:1409.0473; temperature: Hinton,
    Vinyals and Dean 2015, arXiv:1503.02531.

    >>> attention_distribution(torch.tensor([0.0, 0.0, -torch.inf]))
    tensor([0.5000, 0.5000, 0.0000])
    """
    check_temperature(temperature)
    temperature = temperature if isinstance(temperature, int) else float(temperature)
    scores = _masked(scores, mask)
    dtype = scores.dtype
    scores = scores.to(torch.promote_types(dtype, torch.float32))  # exp needs it
    no_key = (scores == -torch.inf).all(dim=-1, keepdim=True)  # its softmax is NaN
    scores = scores.masked_fill(no_key, 0.0)
    if temperature != 1 and scores.shape[-1] > 0:
        half, limits = scores / 2, torch.finfo(scores.dtype)  # never differ by inf
        # a temperature of 0 or inf would turn a row into NaN
        temperature = min(max(temperature, 2 * limits.tiny), limits.max)
        gaps = half - half.amax(dim=-1, keepdim=True).detach()  # at most 0
        scores = gaps / (temperature / 2)
    return torch.softmax(scores, dim=-1).masked_fill(no_key, 0.0).to(dtype)


def soft_attention(
    queries: Tensor, keys: Tensor, values: Tensor,
    score: ScoringFunction = scaled_dot_product_score, mask: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Average the values by how well their keys answer each query: Σₙ αₙ vₙ.

    Args:
        queries: `(..., num_queries, query_size)`.
        keys: `(..., num_keys, key_size)`.
        values: `(..., num_keys, value_size)`, one value for each key.
        score: Scoring function.
        mask: Boolean, broadcastable to the scores; `True` = may attend.

    Returns:
        `(context, weights)` of shapes `(..., num_queries, value_size)` and
        `(..., num_queries, num_keys)`. Each row of weights sums to 1, so each row
        of the context is an expectation: it lies in the convex hull of the values.

    Raises:
        TypeError, ValueError: As the scoring function and `attention_distribution`
            say, and if keys and values differ in number.

    Source: Vaswani et al. 2017, arXiv:1706.03762.

    >>> soft_attention(torch.zeros(1, 2), torch.eye(2), torch.tensor([[0.], [8.]]))
    (tensor([[4.]]), tensor([[0.5000, 0.5000]]))
    """
    check_values(queries, keys, values)
    scores = score(queries, keys)
    weights = attention_distribution(scores, mask)
    context = weights @ values
    return context, weights


def entropy(weights: Tensor) -> Tensor:
    """Measure how spread out each row of weights is: -Σₙ αₙ ln αₙ, in nats.

    Args:
        weights: `(..., num_keys)`, each row a distribution.

    Returns:
        `(...)`, from 0 (one key has it all) to ln num_keys (all have the same).

    Source: Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x.

    >>> entropy(torch.eye(2))
    tensor([0., 0.])
    """
    surprise: Tensor = torch.special.entr(weights)
    return surprise.sum(dim=-1)


def hard_attention(
    queries: Tensor, keys: Tensor, values: Tensor,
    score: ScoringFunction = scaled_dot_product_score, mask: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Select for each query the value whose key scores best: v at argmaxₙ s(q, kₙ).

    Args:
        queries: `(..., num_queries, query_size)`.
        keys: `(..., num_keys, key_size)`.
        values: `(..., num_keys, value_size)`, one value for each key.
        score: Scoring function.
        mask: Boolean, broadcastable to the scores; `True` = may attend.

    Returns:
        `(context, weights)` as `soft_attention`, with weights of 0 and 1. The first
        of equal scores wins, a NaN in an allowed score is passed on to its row, a
        row in which no key may be attended to is 0. No gradient reaches the scores.

    Raises:
        TypeError, ValueError: As `soft_attention`.

    Source: Xu et al. 2015, arXiv:1502.03044.

    >>> hard_attention(torch.tensor([[0., 1.]]), torch.eye(2), 7 * torch.eye(2))
    (tensor([[0., 7.]]), tensor([[0., 1.]]))
    """
    check_values(queries, keys, values)
    scores = _masked(score(queries, keys), mask)
    weights = torch.zeros_like(scores)
    if scores.shape[-1] > 0:  # among no keys there is no largest
        positions = torch.arange(scores.shape[-1], device=scores.device)
        winner = positions == scores.argmax(dim=-1, keepdim=True)
        weights = (winner & (scores != -torch.inf)).to(scores.dtype)
        weights = weights.masked_fill(scores.isnan().any(-1, True), torch.nan)
    context = weights @ values
    return context, weights


def _masked(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Set to -inf the scores that may not be attended to, in a new tensor."""
    check_scores(scores)
    if mask is None:
        return scores
    check_mask(mask, scores)
    return scores.masked_fill(~mask, -torch.inf)
