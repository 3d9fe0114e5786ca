"""Assertions whose messages a student can act on: what was expected, and what came. Shape first, then values."""

import math
from typing import Any

import numpy as np
import torch


def assert_tensor(
    got: Any, expected: torch.Tensor, what: str = "the answer", *, rtol: float = 1e-4, atol: float = 1e-5
) -> None:
    """Assert that an answer is the expected tensor: its type, shape, dtype, and then its values.

    Args:
        got: what the student's function gave.
        expected: any shape and dtype; the answer needs the same.
        what: what to call it in the message.
        rtol: relative tolerance of the values.
        atol: absolute tolerance of the values.

    Raises:
        AssertionError: with one sentence that says what was expected and what came.

    Example:
        >>> assert_tensor(torch.ones(2), torch.ones(3), "the weights")
        Traceback (most recent call last):
        AssertionError: the weights: expected shape (3,), got shape (2,)
    """
    assert_shape(got, tuple(expected.shape), what)
    assert got.dtype == expected.dtype, f"{what}: expected dtype {expected.dtype}, got {got.dtype}"
    if not expected.is_floating_point():
        wrong = got != expected
    else:
        assert_no_nan(got, what, but=expected)
        wrong = ~torch.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True)
    if wrong.any():
        place = tuple(int(index) for index in wrong.nonzero()[0])
        at = f" at index {list(place)}" if place else ""
        raise AssertionError(
            f"{what}: expected {_short(expected[place])}, got {_short(got[place])}{at}; "
            f"{int(wrong.sum())} of {wrong.numel()} values differ"
        )


def assert_shape(got: Any, shape: tuple[int, ...], what: str = "the answer") -> None:
    """Assert that an answer is a tensor of this shape.

    Example:
        >>> assert_shape([1.0], (1,), "the weights")
        Traceback (most recent call last):
        AssertionError: the weights: expected a torch tensor of shape (1,), got a list
    """
    kind = "nothing (None)" if got is None else f"a {type(got).__name__}"
    assert isinstance(got, torch.Tensor), f"{what}: expected a torch tensor of shape {shape}, got {kind}"
    assert tuple(got.shape) == shape, f"{what}: expected shape {shape}, got shape {tuple(got.shape)}"


def assert_no_nan(got: torch.Tensor, what: str = "the answer", *, but: torch.Tensor | None = None) -> None:
    """Assert that no value is NaN, except where `but` is."""
    bad = got.isnan() if but is None else got.isnan() & ~but.isnan()
    assert not bad.any(), f"{what}: expected numbers, got NaN in {int(bad.sum())} of {got.numel()} places"


def assert_rows_sum_to_one(got: Any, shape: tuple[int, ...], what: str = "the weights") -> None:
    """Assert that an answer is a batch of distributions: this shape, floating, no value below 0, rows that sum to 1."""
    assert_shape(got, shape, what)
    assert got.is_floating_point(), f"{what}: expected a floating dtype, got {got.dtype}"
    assert_no_nan(got, what)
    assert bool((got >= 0).all()), f"{what}: expected no weight below 0, got {_short(got.min())}"
    sums = got.sum(dim=-1).flatten()
    worst = sums[(sums - 1).abs().argmax()] if sums.numel() else torch.ones(())
    assert abs(float(worst) - 1) < 1e-4, f"{what}: expected rows that sum to 1, got a row that sums to {_short(worst)}"


def assert_number(got: Any, expected: float, what: str = "the answer", *, atol: float = 1e-6) -> None:
    """Assert that an answer is a plain number (or a tensor that holds one) near the expected one.

    Example:
        >>> assert_number("0.5", 0.5, "the largest weight")
        Traceback (most recent call last):
        AssertionError: the largest weight: expected a number, got a str
    """
    if isinstance(got, torch.Tensor | np.ndarray) and math.prod(got.shape) == 1:
        got = got.item()
    plain = isinstance(got, int | float) and not isinstance(got, bool)
    assert plain, f"{what}: expected a number, got {'nothing (None)' if got is None else f'a {type(got).__name__}'}"
    close = -1e300 < got < 1e300 and abs(got - expected) <= atol
    assert close, f"{what}: {str(got)[:12]} is not it (to within {atol:g})"


def _short(value: torch.Tensor) -> str:
    return f"{value.item():.4g}" if value.is_floating_point() else str(value.item())
