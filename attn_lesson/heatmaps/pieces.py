"""Read a large grid of panels piece by piece, so that what is worked out on the way stays small."""

from collections.abc import Iterator

import torch
from torch import Tensor

CELLS = 2**18  # of a piece, or the fewest that one row of blocks has

# Small and wide types that lack the kernels needed here; each is widened without loss.
_WIDER = {
    torch.uint16: torch.int32,
    torch.uint32: torch.int64,
    torch.uint64: torch.float64,
    **{
        getattr(torch, name): torch.float32
        for name in ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu")
        if hasattr(torch, name)
    },
}
_READY = {
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
    torch.bfloat16, torch.float16, torch.float32, torch.float64,
}  # fmt: skip


def is_readable(dtype: torch.dtype) -> bool:
    """Tell whether PyTorch can calculate with the numbers of a dtype, at least after they are widened.

    >>> is_readable(torch.float16), is_readable(torch.bits8)
    (True, False)
    """
    return dtype in _READY or dtype in _WIDER


def widened(numbers: Tensor) -> Tensor:
    """Return the same numbers in a dtype that can be compared; a copy only where theirs cannot.

    >>> widened(torch.tensor([1, 2], dtype=torch.uint16)).dtype
    torch.int32
    """
    return numbers.to(_WIDER.get(numbers.dtype, numbers.dtype))


def pieces(panels: Tensor, queries: int = 1) -> Iterator[Tensor]:
    """Cut panels into a few queries at a time, of all panels, each piece widened.

    Args:
        panels: `(rows, columns, num_queries, num_keys)`.
        queries: Queries that stay together, counted from the first.

    Yields:
        `(rows, columns, some_queries, num_keys)`, of `CELLS` cells or less, if `queries` of them are not more.

    >>> [piece.shape[-2] for piece in pieces(torch.zeros(1, 1, 150, 2**12), queries=10)]
    [60, 60, 30]
    """
    rows, columns, _, num_keys = panels.shape
    blocks = max(1, CELLS // (rows * columns * num_keys * queries))
    yield from map(widened, panels.split(blocks * queries, -2))
