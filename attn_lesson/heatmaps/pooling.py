"""Pool large matrices to what can be seen, without losing the value that matters."""

from collections.abc import Callable

import torch
from torch import Tensor


def pool(panels: Tensor, queries: int, keys: int, signed: bool) -> Tensor:
    """Keep one value of each block: the largest, or, signed, the farthest from 0.

    Args:
        panels: `(rows, columns, num_queries, num_keys)`; never copied whole.
        queries: Queries in a block; the last block may hold fewer.
        keys: Keys in a block.
        signed: Whether the data hold negative values.

    Returns:
        `(rows, columns, ceil(num_queries / queries), ceil(num_keys / keys))`. A
        block that holds a NaN is NaN; -inf (masked) stays only where nothing else
        is in the block.

    >>> pool(torch.tensor([[[[1., 9., 2.]]]]), queries=1, keys=2, signed=False)
    tensor([[[[9., 2.]]]], dtype=torch.float64)
    """
    if queries == keys == 1:
        return panels
    highest = _extremes(panels, queries, keys, torch.amax)
    if not signed:
        return highest
    if panels.is_floating_point() and bool((panels.amin() == -torch.inf).item()):
        # masked: not the lowest, but absent
        panels = panels.masked_fill(panels == -torch.inf, torch.inf)
    lowest = _extremes(panels, queries, keys, torch.amin)
    take_highest = (highest >= -lowest) | (lowest == torch.inf) | highest.isnan()
    return torch.where(take_highest, highest, lowest)


def _extremes(panels: Tensor, queries: int, keys: int, extreme: Callable[..., Tensor]) -> Tensor:
    return _blocks(_blocks(panels, queries, -2, extreme), keys, -1, extreme).to(torch.float64)


def _blocks(panels: Tensor, size: int, axis: int, extreme: Callable[..., Tensor]) -> Tensor:
    length = panels.shape[axis]
    whole = length // size * size
    parts = []
    if whole:
        parts.append(extreme(panels.narrow(axis, 0, whole).unflatten(axis, (-1, size)), axis))
    if whole < length:
        parts.append(extreme(panels.narrow(axis, whole, length - whole), axis, keepdim=True))
    return torch.cat(parts, axis)
