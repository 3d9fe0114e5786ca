"""Find the limits of the colour scale, and pool large matrices to what can be seen."""

import math
import warnings
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Limits = tuple[float, float]


def data_limits(panels: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and the largest finite value of each panel, two arrays `(rows, columns)`.

    A panel without a finite value has NaN for both. NaN and +inf are warned of, with their number;
    -inf is a masked score, and needs no warning.
    """
    least, largest = (
        extreme.to("cpu", torch.float64).numpy() for extreme in (panels.amin((-2, -1)), panels.amax((-2, -1)))
    )
    unclear = ~(np.isfinite(least) & np.isfinite(largest))
    if not unclear.any():
        return least, largest
    least, largest, nans, infs = least.copy(), largest.copy(), 0, 0
    for row, column in np.argwhere(unclear):
        panel = panels[row, column]
        nans += int(panel.isnan().sum())
        infs += int((panel == torch.inf).sum())
        finite = panel[panel.isfinite()]
        low, high = torch.aminmax(finite) if finite.numel() else (math.nan, math.nan)
        least[row, column], largest[row, column] = float(low), float(high)
    if np.isnan(least).all():
        raise ValueError("matrices need at least one finite value, got none")
    for number, what in ((nans, "NaN"), (infs, "+inf")):
        if number:
            warnings.warn(f"{number} {what} among the matrices, drawn grey", stacklevel=4)
    return least, largest


def colour_limits(least: float, largest: float, vmin: float | None, vmax: float | None) -> Limits:
    """Choose where the colours begin and end.

    Data without a negative value begin at 0, signed data at their least; both end at their largest.
    A scale without length is stretched to reach 0, or, for nothing but zeros, 1.

    >>> colour_limits(0.2, 0.7, None, None), colour_limits(-3.0, 2.0, None, None), colour_limits(0, 0, None, None)
    ((0.0, 0.7), (-3.0, 2.0), (0.0, 1.0))
    """
    for name, limit in (("vmin", vmin), ("vmax", vmax)):
        if limit is not None and not _is_finite_number(limit):
            raise ValueError(f"{name} needs to be a finite number, got {limit!r}")
    low = min(least, 0.0) if vmin is None and least >= 0 else least if vmin is None else vmin
    high = largest if vmax is None else vmax
    if vmin is None and vmax is None and low == high:
        low, high = (low, 0.0) if low < 0 else (0.0, 1.0)
    if vmin is not None and vmax is None and low == high:
        high = low + 1.0
    if low >= high:
        if vmin is None and vmax is not None and vmax <= 0 <= least:
            raise ValueError(f"vmax needs to be above 0, where the scale of these data begins, got {vmax}")
        raise ValueError(f"vmin needs to be below vmax, got a scale from {low:g} to {high:g}")
    return float(low), float(high)


def limits_of_panels(
    least: NDArray[np.float64], largest: NDArray[np.float64], vmin: float | None, vmax: float | None, share_scale: bool
) -> list[list[Limits]]:
    """Give each panel the limits of its colours: all the same, or each its own (0 to 1 where it has no number)."""
    shared = colour_limits(float(np.nanmin(least)), float(np.nanmax(largest)), vmin, vmax)
    if share_scale:
        return [[shared] * least.shape[1] for _ in least]
    return [
        [
            (0.0, 1.0) if np.isnan(low) else colour_limits(float(low), float(high), vmin, vmax)
            for low, high in zip(*pair, strict=True)
        ]
        for pair in zip(least, largest, strict=True)
    ]


def pool(panels: Tensor, queries: int, keys: int, signed: bool) -> Tensor:
    """Keep one value of each block of `queries × keys` cells: the largest, or, signed, the farthest from 0.

    Args:
        panels: `(rows, columns, num_queries, num_keys)`; never copied whole.
        queries: Queries in a block; the last block may hold fewer.
        keys: Keys in a block.
        signed: Whether the data hold negative values.

    Returns:
        `(rows, columns, ceil(num_queries / queries), ceil(num_keys / keys))`. A block that holds a NaN
        is NaN; -inf (masked) stays only where nothing else is in the block.

    >>> pool(torch.tensor([[[[1., 9., 2.]]]]), queries=1, keys=2, signed=False)
    tensor([[[[9., 2.]]]], dtype=torch.float64)
    """
    if queries == keys == 1:
        return panels
    highest = _blocks(_blocks(panels, queries, -2, torch.amax), keys, -1, torch.amax).to(torch.float64)
    if not signed:
        return highest
    if panels.is_floating_point() and bool((panels.amin() == -torch.inf).item()):
        panels = panels.masked_fill(panels == -torch.inf, torch.inf)  # masked: not the lowest, but absent
    lowest = _blocks(_blocks(panels, queries, -2, torch.amin), keys, -1, torch.amin).to(torch.float64)
    return torch.where((highest >= -lowest) | (lowest == torch.inf) | highest.isnan(), highest, lowest)


def normalise(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Map low … high to 0 … 1, and what lies beyond to the nearer end; what is not finite to NaN."""
    finite = np.where(np.isfinite(values), values, np.nan)
    return np.clip((finite / 2 - low / 2) / (high / 2 - low / 2), 0.0, 1.0)  # halves: the difference cannot overflow


def _blocks(panels: Tensor, size: int, axis: int, extreme: Callable[..., Tensor]) -> Tensor:
    length = panels.shape[axis]
    whole = length // size * size
    parts = []
    if whole:
        parts.append(extreme(panels.narrow(axis, 0, whole).unflatten(axis, (-1, size)), axis))
    if whole < length:
        parts.append(extreme(panels.narrow(axis, whole, length - whole), axis, keepdim=True))
    return torch.cat(parts, axis)


def _is_finite_number(limit: object) -> bool:
    return isinstance(limit, (int, float, np.number)) and not isinstance(limit, bool) and math.isfinite(limit)
