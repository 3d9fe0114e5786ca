"""Pool large matrices to what can be seen, without losing the value that matters."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from attn_lesson.heatmaps.pieces import pieces


def pool(panels: Tensor, queries: int, keys: int, signed: bool) -> Tensor:
    """Keep one value of each block: the largest, or, signed, the farthest from 0.

    Args:
        panels: `(rows, columns, num_queries, num_keys)`.
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
    lowest = _extremes(panels, queries, keys, torch.amin)
    if bool((lowest == -torch.inf).any()):  # masked: not the lowest, but absent
        panels = panels.masked_fill(panels == -torch.inf, torch.inf)
        lowest = _extremes(panels, queries, keys, torch.amin)
    take_highest = (highest >= -lowest) | (lowest == torch.inf) | highest.isnan()
    return torch.where(take_highest, highest, lowest)


def pool_in_pieces(panels: Tensor, queries: int, keys: int, signed: bool) -> Tensor:
    """Do as `pool`, a few rows of blocks at a time: panels of any dtype, never copied whole.

    >>> pool_in_pieces(torch.tensor([[[[1., 9., 2.]]]]).to(torch.float8_e5m2), queries=1, keys=2, signed=False)
    tensor([[[[8., 2.]]]], dtype=torch.float64)
    """
    if queries == keys == 1:
        return panels
    *grid, num_queries, num_keys = panels.shape
    shape = (*grid, math.ceil(num_queries / queries), math.ceil(num_keys / keys))
    pooled, start = torch.empty(shape, dtype=torch.float64, device=panels.device), 0
    for piece in pieces(panels, queries):  # written into one place: kept one by one, they would scatter the memory
        part = pool(piece, queries, keys, signed)
        pooled[..., start : start + part.shape[-2], :] = part
        start += part.shape[-2]
    return pooled


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
