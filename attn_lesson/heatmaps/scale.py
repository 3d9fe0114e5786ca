"""Find where the colours begin and end, from the data and before any pooling."""

import math
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attn_lesson.heatmaps.pieces import pieces

SHORTEST = 1e-300  # half the length of a scale that can still be divided


class Scale(NamedTuple):
    """Where the colours of a panel begin and end, and whether it has values beyond."""

    low: float
    high: float
    under: bool = False
    over: bool = False


def data_limits(panels: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and the largest finite value of each panel, two arrays `(rows, columns)`.

    A panel without a finite value has NaN for both. NaN and +inf are warned of, with their number;
    -inf is a masked score, and needs no warning.
    """
    inf, shape = math.inf, panels.shape[:2]
    least, largest = _ends(shape, ((piece, piece) for piece in pieces(panels)))
    odd = not (largest < inf).all()  # there is a NaN or +inf
    if not odd and np.isfinite(least).all():
        return least, largest
    least, largest = _ends(
        shape, ((piece.nan_to_num(inf, inf, inf), piece.nan_to_num(-inf, -inf, -inf)) for piece in pieces(panels))
    )
    empty = np.isinf(least)
    if empty.all():
        raise ValueError("matrices need at least one finite value, got none")
    least[empty] = largest[empty] = math.nan
    if odd:
        counts = [(int(piece.isnan().sum()), int((piece == inf).sum())) for piece in pieces(panels)]
        for number, what in zip(map(sum, zip(*counts, strict=True)), ("NaN", "+inf"), strict=True):
            if number:
                warnings.warn(f"{number} {what} among the matrices, drawn grey", stacklevel=4)
    return least, largest


def _ends(
    shape: Sequence[int], pairs: Iterable[tuple[Tensor, Tensor]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, of each panel, the least value in the first pieces and the largest in the second ones."""
    least, largest = np.full(shape, math.inf), np.full(shape, -math.inf)
    for below, above in pairs:
        least = np.minimum(least, below.amin((-2, -1)).to("cpu", torch.float64).numpy())
        largest = np.maximum(largest, above.amax((-2, -1)).to("cpu", torch.float64).numpy())
    return least, largest


def colour_limits(
    least: float,
    largest: float,
    vmin: float | None,
    vmax: float | None,
) -> tuple[float, float]:
    """Choose where the colours begin and end.

    Data without a negative value begin at 0, signed data at their least; both end
    at their largest. A scale without length is stretched to reach 0, or, for
    nothing but zeros, 1.

    >>> colour_limits(0.2, 0.7, None, None), colour_limits(-3.0, 2.0, None, None)
    ((0.0, 0.7), (-3.0, 2.0))
    >>> colour_limits(0, 0, None, None)
    (0.0, 1.0)
    """
    for name, end in (("vmin", vmin), ("vmax", vmax)):
        if end is not None and not _is_finite_number(end):
            raise ValueError(f"{name} needs to be a finite number, got {end!r:.60}")
    low = min(least, 0.0) if vmin is None else vmin
    high = largest if vmax is None else vmax
    if low == high and vmax is None:
        high = 0.0 if vmin is None and low < 0 else low + 1.0
    if low >= high:
        if vmin is None and vmax is not None and vmax <= 0 <= least:
            start = "where the scale of these data begins"
            raise ValueError(f"vmax needs to be above 0, {start}, got {vmax}")
        scale = f"from {low:g} to {high:g}"
        raise ValueError(f"vmin needs to be below vmax, got a scale {scale}")
    return float(low), float(high)


def scales_of_panels(
    least: NDArray[np.float64], largest: NDArray[np.float64], vmin: float | None, vmax: float | None, share_scale: bool
) -> list[list[Scale]]:
    """Give each panel its scale: the same for all, or each its own (0 to 1 where a panel has no number)."""
    vmin, vmax = _number(vmin), _number(vmax)

    def scale(least: float, largest: float) -> Scale:
        low, high = (0.0, 1.0) if math.isnan(least) else colour_limits(least, largest, vmin, vmax)
        if high / 2 - low / 2 < SHORTEST:
            raise ValueError(f"the colours need a scale longer than {2 * SHORTEST:g}, got one from {low} to {high}")
        return Scale(low, high, under=least < low, over=largest > high)

    shared = scale(float(np.nanmin(least)), float(np.nanmax(largest)))
    if share_scale:
        return [[shared] * least.shape[1] for _ in least]
    rows = zip(least.tolist(), largest.tolist(), strict=True)
    return [[scale(low, high) for low, high in zip(*row, strict=True)] for row in rows]


def normalise(
    values: NDArray[np.float64], low: float | NDArray[np.float64], high: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Map low … high to 0 … 1, and what lies beyond to the nearer end; what is not finite to NaN."""
    finite = np.where(np.isfinite(values), values, np.nan)
    return np.clip((finite / 2 - low / 2) / (high / 2 - low / 2), 0.0, 1.0)  # halves: the difference cannot overflow


def _number(limit: Any) -> Any:
    """Take the number out of a tensor or an array without axes, such as `weights.min()`."""
    return limit.item() if isinstance(limit, (Tensor, np.ndarray)) and limit.ndim == 0 else limit


def _is_finite_number(limit: object) -> bool:
    if not isinstance(limit, (int, float, np.integer, np.floating)) or isinstance(limit, bool):
        return False
    try:
        return math.isfinite(limit)
    except OverflowError:  # a whole number beyond all floats
        return False
