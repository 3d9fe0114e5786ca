"""Check shapes and types once, at the public border, and name what is needed and what came."""

import math
from numbers import Real

import torch
from torch import Tensor


def check_axes(queries: Tensor, keys: Tensor) -> None:
    """Raise ValueError unless both have two axes or more, and leading axes that broadcast as in `@`."""
    if queries.dim() < 2 or keys.dim() < 2:
        raise ValueError(
            "a score needs queries (..., num_queries, query_size) and keys (..., num_keys, key_size), "
            f"got {tuple(queries.shape)} and {tuple(keys.shape)}"
        )
    if not broadcasts(queries.shape[:-2], keys.shape[:-2]):
        raise ValueError(
            "queries and keys need leading axes that broadcast, "
            f"got {tuple(queries.shape[:-2])} and {tuple(keys.shape[:-2])}"
        )


def check_one_size(queries: Tensor, keys: Tensor, what: str) -> None:
    """Raise ValueError unless queries and keys have their axes and the same size d."""
    check_axes(queries, keys)
    if queries.shape[-1] != keys.shape[-1]:
        raise ValueError(f"{what} needs queries and keys of one size d, got {queries.shape[-1]} and {keys.shape[-1]}")


def check_floating(queries: Tensor, keys: Tensor, what: str) -> None:
    """Raise TypeError unless queries and keys are floating point."""
    if not (queries.is_floating_point() and keys.is_floating_point()):
        raise TypeError(f"{what} needs floating-point queries and keys, got {queries.dtype} and {keys.dtype}")


def check_additive(queries: Tensor, keys: Tensor, W_q: Tensor, W_k: Tensor, w_v: Tensor) -> None:
    """Raise ValueError unless the three parameters lead from queries and keys through one hidden layer to a number."""
    check_axes(queries, keys)
    query_size, key_size = queries.shape[-1], keys.shape[-1]
    hidden_size = w_v.shape[-1] if w_v.dim() == 1 else None
    if W_q.shape != (hidden_size, query_size) or W_k.shape != (hidden_size, key_size):
        raise ValueError(
            f"an additive score needs W_q (hidden_size, {query_size}), W_k (hidden_size, {key_size}) and "
            f"w_v (hidden_size,), got {tuple(W_q.shape)}, {tuple(W_k.shape)} and {tuple(w_v.shape)}"
        )


def check_between(queries: Tensor, keys: Tensor, W: Tensor) -> None:
    """Raise ValueError unless W leads from the size of the queries to the size of the keys."""
    check_axes(queries, keys)
    if W.shape != (queries.shape[-1], keys.shape[-1]):
        raise ValueError(
            f"a bilinear score needs W (query_size, key_size) = ({queries.shape[-1]}, {keys.shape[-1]}), "
            f"got {tuple(W.shape)}"
        )


def check_values(queries: Tensor, keys: Tensor, values: Tensor) -> None:
    """Raise ValueError unless there is exactly one value for each key, and the leading axes of all three broadcast."""
    if values.dim() < 2:
        raise ValueError(f"values need the axes (..., num_keys, value_size), got {tuple(values.shape)}")
    if keys.dim() >= 2 and keys.shape[-2] != values.shape[-2]:
        raise ValueError(f"each key needs one value, got {keys.shape[-2]} keys and {values.shape[-2]} values")
    leading = [tensor.shape[:-2] for tensor in (queries, keys, values)]
    if not all(broadcasts(axes, leading[-1]) for axes in leading):
        raise ValueError(
            "queries, keys and values need leading axes that broadcast, "
            f"got {', '.join(str(tuple(axes)) for axes in leading)}"
        )


def check_scores(scores: Tensor) -> None:
    """Raise unless scores are floating point (TypeError) and have an axis of keys (ValueError)."""
    if not scores.is_floating_point():
        raise TypeError(f"scores need a floating-point dtype, got {scores.dtype}")
    if scores.dim() == 0:
        raise ValueError("scores need a last axis of keys, got the single number of shape ()")


def check_temperature(temperature: float) -> None:
    """Raise unless the temperature is a real number, NumPy's included (TypeError), above 0 and finite (ValueError)."""
    if isinstance(temperature, bool) or not isinstance(temperature, (float, Real)):  # a float is Real: news to mypy
        raise TypeError(f"temperature needs to be a number, got {type(temperature).__name__}")
    if not 0 < temperature < math.inf:
        raise ValueError(f"temperature needs to be above 0 and finite, got {temperature}")


def check_mask(mask: Tensor, scores: Tensor) -> None:
    """Raise unless the mask is boolean (TypeError) and broadcasts to the scores (ValueError)."""
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        came = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
        raise TypeError(f"mask needs to be a boolean tensor (True = may attend), got {came}")
    if not broadcasts(mask.shape, scores.shape) or torch.broadcast_shapes(mask.shape, scores.shape) != scores.shape:
        raise ValueError(
            f"mask needs a shape that broadcasts to the scores' {tuple(scores.shape)}, got {tuple(mask.shape)}"
        )


def broadcasts(left: torch.Size, right: torch.Size) -> bool:
    """Say whether two shapes broadcast: from the right, equal or 1.

    >>> broadcasts(torch.Size([2, 1]), torch.Size([3])), broadcasts(torch.Size([2]), torch.Size([3]))
    (True, False)
    """
    return all(a == b or a == 1 or b == 1 for a, b in zip(reversed(left), reversed(right), strict=False))
