"""Attend without a query: pooling, gates and contrast, as stand-ins for bottom-up saliency.

Every function takes `items (..., num_items, item_size)`, floating point: the features of the things in one scene.
"""

import math

import torch
from torch import Tensor


def mean_pool(items: Tensor) -> Tensor:
    """Average the items: every one counts the same.

    Args:
        items: `(..., num_items, item_size)`, floating point.

    Returns:
        `(..., item_size)`.

    Raises:
        TypeError, ValueError: If not floating point; without an axis, or any item.

    >>> mean_pool(torch.tensor([[1., 0.], [0., 1.]]))
    tensor([0.5000, 0.5000])
    """
    _check_items(items)
    return items.mean(dim=-2)


def max_pool(items: Tensor) -> Tensor:
    """Take the largest value of each feature, whichever item it comes from.

    Args:
        items: `(..., num_items, item_size)`, floating point.

    Returns:
        `(..., item_size)`. It need not be an item, nor lie in their convex hull.

    Raises:
        TypeError, ValueError: As `mean_pool`.

    >>> max_pool(torch.tensor([[1., 0.], [0., 1.]]))
    tensor([1., 1.])
    """
    _check_items(items)
    return items.amax(dim=-2)


def softmax_pool(items: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """Weigh each feature by its own size: w = softmax(β x) over items, then Σ w x.

    Args:
        items: `(..., num_items, item_size)`, floating point.
        beta: The dial. 0 is mean pooling, towards +∞ max, towards -∞ min pooling.

    Returns:
        `(pooled, weights)` of shapes `(..., item_size)` and
        `(..., num_items, item_size)`; the weights of each feature sum to 1 over the
        items, and no query enters them.

    Raises:
        TypeError, ValueError: As `mean_pool`; or if beta is not finite.

    Source: Boureau, Ponce and LeCun 2010, "A theoretical analysis of feature
    pooling in visual recognition", ICML.

    >>> softmax_pool(torch.tensor([[0.], [4.]]), beta=0.0)
    (tensor([2.]), tensor([[0.5000],
            [0.5000]]))
    """
    _check_items(items)
    if not math.isfinite(beta):
        raise ValueError(f"beta needs to be finite, got {beta}")
    weights = torch.softmax(_times(beta, items), dim=-2)
    return (weights * items).sum(dim=-2), weights


def gate(items: Tensor, w: Tensor, b: float = 0.0) -> tuple[Tensor, Tensor]:
    """Let each item through by its own gate: σ(wᵀ x + b) x.

    Args:
        items: `(..., num_items, item_size)`, floating point.
        w: `(item_size,)`, of the items' dtype, the features that open the gate.
        b: How far the gates stand open by themselves.

    Returns:
        `(gated, gates)` of shapes `(..., num_items, item_size)` and
        `(..., num_items)`. Each gate is between 0 and 1. Gates do not compete: they
        need not sum to 1.

    Raises:
        TypeError, ValueError: As `mean_pool`; or if w does not fit the items.

    Source: Dauphin, Fan, Auli and Grangier 2017, arXiv:1612.08083.

    >>> gate(torch.tensor([[2., 6.]]), w=torch.zeros(2))
    (tensor([[1., 3.]]), tensor([0.5000]))
    """
    _check_items(items)
    if w.dtype != items.dtype:
        raise TypeError(f"a gate needs w of dtype {items.dtype}, got {w.dtype}")
    if w.shape != items.shape[-1:]:
        needed = f"({items.shape[-1]},), one number a feature"
        raise ValueError(f"a gate needs w of shape {needed}, got {tuple(w.shape)}")
    gates = torch.sigmoid(items @ w + b)
    return gates.unsqueeze(-1) * items, gates


def contrast(items: Tensor) -> Tensor:
    """Measure how far each item is from the mean of the others: ‖xₙ - their mean‖.

    Args:
        items: `(..., num_items, item_size)`, floating point; two items or more.

    Returns:
        `(..., num_items)`, at least 0: large where an item differs from its
        surroundings, be it larger *or smaller* than they are.

    Raises:
        TypeError, ValueError: As `mean_pool`; or if there is only one item.

    Source: after the centre-surround differences of Itti, Koch and Niebur 1998,
    doi:10.1109/34.730558.

    >>> contrast(torch.tensor([[9.], [9.], [1.]]))
    tensor([4., 4., 8.])
    """
    _check_items(items)
    num_items = items.shape[-2]
    if num_items < 2:
        raise ValueError(f"contrast needs at least two items, got {num_items}")
    rest = (items.sum(dim=-2, keepdim=True) - items) / (num_items - 1)
    distances: Tensor = torch.linalg.vector_norm(items - rest, dim=-1)
    return distances


def _times(beta: float, items: Tensor) -> Tensor:
    """Return β x less its largest value for each feature, which softmax does not notice and which cannot overflow."""
    half, limit = items / 2, torch.finfo(items.dtype).max / 2  # halving is exact, and halves never differ by inf
    winner = half.amax(dim=-2, keepdim=True) if beta > 0 else half.amin(dim=-2, keepdim=True)
    return 2 * max(-limit, min(beta, limit)) * (half - winner.detach())


def _check_items(items: Tensor) -> None:
    needed = "the axes (..., num_items, item_size) and at least one item"
    if not items.is_floating_point():
        raise TypeError(f"items need a floating-point dtype, got {items.dtype}")
    if items.dim() < 2 or items.shape[-2] == 0:
        raise ValueError(f"items need {needed}, got {tuple(items.shape)}")
