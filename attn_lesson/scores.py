"""Score every key against every query: four formulas, and the two of them that learn."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from attn_lesson.shapes import check_additive, check_between, check_floating, check_one_size

ScoringFunction = Callable[[Tensor, Tensor], Tensor]  # (queries, keys) -> scores; one of your own can stand in for any


def additive_score(
    queries: Tensor, keys: Tensor, W_q: Tensor, W_k: Tensor, w_v: Tensor,
) -> Tensor:  # fmt: skip
    """Score with a one-layer network: w_vᵀ tanh(W_q q + W_k k).

    Args:
        queries: `(..., num_queries, query_size)`.
        keys: `(..., num_keys, key_size)`; its size may differ from the queries'.
        W_q: `(hidden_size, query_size)`, brings a query into the hidden layer,
        W_k: `(hidden_size, key_size)`, a key.
        w_v: `(hidden_size,)`, reads a score off the hidden layer.

    Returns:
        Scores `(..., num_queries, num_keys)`, each between -‖w_v‖₁ and ‖w_v‖₁. On
        the way `(..., num_queries, num_keys, hidden_size)` numbers exist: its cost.

    Raises:
        ValueError: If an axis is missing or the sizes do not fit together.

    Source: Bahdanau, Cho and Bengio 2015, arXiv:1409.0473.

    >>> W, w_v = torch.ones(1, 1), torch.ones(1)
    >>> additive_score(torch.zeros(1, 1), torch.zeros(3, 1), W, W, w_v)
    tensor([[0., 0., 0.]])
    """
    check_additive(queries, keys, W_q, W_k, w_v)
    return torch.tanh(
        (queries @ W_q.mT).unsqueeze(-2) + (keys @ W_k.mT).unsqueeze(-3),
    ) @ w_v  # fmt: skip


def dot_product_score(queries: Tensor, keys: Tensor) -> Tensor:
    """Score by the dot product: qᵀ k.

    Args:
        queries: `(..., num_queries, d)`.
        keys: `(..., num_keys, d)`, the same size d as the queries.

    Returns:
        Scores `(..., num_queries, num_keys)`.

    Raises:
        ValueError: If an axis is missing or the two sizes differ.

    Source: Luong, Pham and Manning 2015, arXiv:1508.04025.

    >>> dot_product_score(torch.tensor([[1., 2.]]), 3 * torch.eye(2))
    tensor([[3., 6.]])
    """
    check_one_size(queries, keys, "a dot product")
    return queries @ keys.mT


def scaled_dot_product_score(queries: Tensor, keys: Tensor) -> Tensor:
    """Score by the dot product over the root of its size: qᵀ k / √d.

    Args:
        queries: `(..., num_queries, d)`.
        keys: `(..., num_keys, d)`.

    Returns:
        Scores `(..., num_queries, num_keys)`. For independent components of zero
        mean and unit variance each score has variance 1, whatever d is.

    Raises:
        TypeError, ValueError: If not floating point; or as `dot_product_score`.

    Source: Vaswani et al. 2017, arXiv:1706.03762.

    >>> scaled_dot_product_score(torch.ones(1, 4), torch.ones(1, 4))
    tensor([[2.]])
    """
    check_one_size(queries, keys, "a scaled dot product")
    check_floating(queries, keys, "a scaled dot product")
    return (queries / math.sqrt(queries.shape[-1])) @ keys.mT  # first: no overflow


def bilinear_score(queries: Tensor, keys: Tensor, W: Tensor) -> Tensor:
    """Score through a matrix of one's own: qᵀ W k.

    Args:
        queries: `(..., num_queries, query_size)`.
        keys: `(..., num_keys, key_size)`; its size may differ from the queries'.
        W: `(query_size, key_size)`. I gives the dot product; W ≠ Wᵀ: no symmetry.

    Returns:
        Scores `(..., num_queries, num_keys)`.

    Raises:
        ValueError: If an axis is missing or W does not fit between the two.

    Source: Luong, Pham and Manning 2015 ("general"), arXiv:1508.04025.

    >>> bilinear_score(torch.tensor([[5., 0.]]), torch.eye(2), torch.eye(2).flip(0))
    tensor([[0., 5.]])
    """
    check_between(queries, keys, W)
    return queries @ W @ keys.mT


class AdditiveScore(nn.Module):
    """Learn the additive score: owns W_q, W_k and w_v, and calls `additive_score`.

    >>> AdditiveScore(query_size=2, key_size=3, hidden_size=5)(torch.ones(7, 2), torch.ones(11, 3)).shape
    torch.Size([7, 11])
    """

    def __init__(self, query_size: int, key_size: int, hidden_size: int) -> None:
        super().__init__()
        self.W_q = _small(hidden_size, query_size)
        self.W_k = _small(hidden_size, key_size)
        self.w_v = _small(hidden_size)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return `additive_score` of queries and keys with the learned parameters."""
        return additive_score(queries, keys, self.W_q, self.W_k, self.w_v)


class BilinearScore(nn.Module):
    """Learn the bilinear score: owns W, and calls `bilinear_score`.

    >>> BilinearScore(2, 3)(torch.ones(7, 2), torch.ones(11, 3)).shape
    torch.Size([7, 11])
    """

    def __init__(self, query_size: int, key_size: int) -> None:
        super().__init__()
        self.W = _small(query_size, key_size)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return `bilinear_score` of queries and keys with the learned W."""
        return bilinear_score(queries, keys, self.W)


def _small(*shape: int) -> nn.Parameter:
    """Draw uniformly from ±1/√(last axis), as `nn.Linear` does, so that scores start small."""
    return nn.Parameter(torch.empty(shape).uniform_(-1, 1) / math.sqrt(shape[-1]))
