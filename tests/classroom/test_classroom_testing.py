"""The assertions for tests: one sentence, what was expected and what came; shape before values."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from attn_classroom.testing import assert_no_nan, assert_number, assert_rows_sum_to_one, assert_shape, assert_tensor


def said(check: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(AssertionError) as error:
        check(*args, **kwargs)
    return str(error.value)


ONES = torch.ones(2, 3)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (ONES, torch.ones(2, 3)),
        (ONES + 1e-6, ONES),
        (torch.tensor(1.0), torch.tensor(1.0)),
        (torch.empty(0), torch.empty(0)),
        (torch.tensor([math.nan, math.inf]), torch.tensor([math.nan, math.inf])),
        (torch.tensor([True]), torch.tensor([True])),
        (torch.tensor([3]), torch.tensor([3])),
        (torch.ones(2, dtype=torch.bfloat16), torch.ones(2, dtype=torch.bfloat16)),
    ],
)
def test_an_answer_that_is_right_passes(got: torch.Tensor, expected: torch.Tensor) -> None:
    assert_tensor(got, expected)


@pytest.mark.parametrize(
    ("got", "expected", "sentence"),
    [
        (None, ONES, "the w: expected a torch tensor of shape (2, 3), got nothing (None)"),
        ([1.0], ONES, "the w: expected a torch tensor of shape (2, 3), got a list"),
        (np.ones((2, 3)), ONES, "the w: expected a torch tensor of shape (2, 3), got a ndarray"),
        (torch.ones(3, 2), ONES, "the w: expected shape (2, 3), got shape (3, 2)"),
        (torch.ones(1, 3), ONES, "the w: expected shape (2, 3), got shape (1, 3)"),  # would broadcast
        (ONES.double(), ONES, "the w: expected dtype torch.float32, got torch.float64"),
        (ONES.long(), ONES, "the w: expected dtype torch.float32, got torch.int64"),
        (ONES * math.nan, ONES, "the w: expected numbers, got NaN in 6 of 6 places"),
        (
            torch.tensor([1.0, 5.0, 3.0]),
            torch.tensor([1.0, 2.0, 4.0]),
            "the w: expected 2, got 5 at index [1]; 2 of 3 values differ",
        ),
        (torch.tensor(2.0), torch.tensor(3.0), "the w: expected 3, got 2; 1 of 1 values differ"),
        (
            torch.tensor([[True]]),
            torch.tensor([[False]]),
            "the w: expected False, got True at index [0, 0]; 1 of 1 values differ",
        ),
        (torch.tensor([7]), torch.tensor([8]), "the w: expected 8, got 7 at index [0]; 1 of 1 values differ"),
        (
            torch.tensor([1.0]),
            torch.tensor([math.nan]),
            "the w: expected nan, got 1 at index [0]; 1 of 1 values differ",
        ),
        (
            torch.tensor([math.inf]),
            torch.tensor([1.0]),
            "the w: expected 1, got inf at index [0]; 1 of 1 values differ",
        ),
    ],
)
def test_one_sentence_says_what_was_expected_and_what_came(got: Any, expected: torch.Tensor, sentence: str) -> None:
    assert said(assert_tensor, got, expected, "the w") == sentence


def test_shape_comes_before_dtype_and_dtype_before_values() -> None:
    assert "shape" in said(assert_tensor, torch.zeros(2, dtype=torch.int64), ONES)
    assert "dtype" in said(assert_tensor, torch.zeros(2, 3, dtype=torch.int64), ONES)


def test_the_tolerances_are_the_callers() -> None:
    assert_tensor(ONES + 0.5, ONES, atol=0.6)
    assert_tensor(ONES * 1.5, ONES, rtol=0.6)
    said(assert_tensor, ONES + 1e-3, ONES)
    said(assert_tensor, ONES + 5e-6, ONES, rtol=0, atol=1e-6)


def test_a_shape() -> None:
    assert_shape(torch.ones(()), ())
    assert said(assert_shape, torch.ones(1), ()) == "the answer: expected shape (), got shape (1,)"
    assert said(assert_shape, None, (2,)) == "the answer: expected a torch tensor of shape (2,), got nothing (None)"


def test_nan_is_allowed_where_it_is_expected() -> None:
    nan = torch.tensor([math.nan, 1.0])
    assert_no_nan(torch.ones(2))
    assert_no_nan(nan, but=nan)
    assert said(assert_no_nan, nan) == "the answer: expected numbers, got NaN in 1 of 2 places"
    assert said(assert_no_nan, nan.flip(0), but=nan).endswith("got NaN in 1 of 2 places")


@pytest.mark.parametrize(
    ("got", "shape", "sentence"),
    [
        (torch.ones(2, 2), (2, 3), "expected shape (2, 3), got shape (2, 2)"),
        (torch.ones(2, 1, dtype=torch.int64), (2, 1), "expected a floating dtype, got torch.int64"),
        (torch.tensor([[math.nan, 1.0]]), (1, 2), "expected numbers, got NaN in 1 of 2 places"),
        (torch.tensor([[-0.5, 1.5]]), (1, 2), "expected no weight below 0, got -0.5"),
        (torch.tensor([[0.5, 0.5], [1.0, 1.0]]), (2, 2), "expected rows that sum to 1, got a row that sums to 2"),
        (torch.tensor([[0.5, 0.25], [0.5, 0.5]]), (2, 2), "expected rows that sum to 1, got a row that sums to 0.75"),
        (torch.ones(2, 0), (2, 0), "expected rows that sum to 1, got a row that sums to 0"),
    ],
)
def test_what_is_no_distribution_is_told(got: torch.Tensor, shape: tuple[int, ...], sentence: str) -> None:
    assert said(assert_rows_sum_to_one, got, shape) == f"the weights: {sentence}"


def test_distributions_pass() -> None:
    assert_rows_sum_to_one(torch.tensor([[0.25, 0.75], [1.0, 0.0]]), (2, 2))
    assert_rows_sum_to_one(torch.ones(0, 3), (0, 3))
    assert_rows_sum_to_one(torch.softmax(torch.zeros(2, 3, 5), dim=-1), (2, 3, 5))


@pytest.mark.parametrize("got", [0.5, torch.tensor(0.5), torch.tensor([[0.5]]), np.float64(0.5)])
def test_a_number_may_come_in_a_tensor(got: Any) -> None:
    assert_number(got, 0.5)


@pytest.mark.parametrize(
    ("got", "sentence"),
    [
        (None, "x: expected a number, got nothing (None)"),
        ("0.5", "x: expected a number, got a str"),
        (True, "x: expected a number, got a bool"),
        (torch.tensor(True), "x: expected a number, got a bool"),
        (torch.ones(2), "x: expected a number, got a Tensor"),
        (1j, "x: expected a number, got a complex"),
        (math.nan, "x: nan is not it (to within 1e-06)"),
        (math.inf, "x: inf is not it (to within 1e-06)"),
        (0.51, "x: 0.51 is not it (to within 1e-06)"),
    ],
)
def test_what_is_not_the_number_is_told_without_the_number(got: Any, sentence: str) -> None:
    assert said(assert_number, got, 0.5, "x") == sentence


def test_nan_is_not_even_itself() -> None:
    said(assert_number, math.nan, math.nan)


def test_how_near_a_number_must_be() -> None:
    assert_number(0.52, 0.5, atol=0.03)
    said(assert_number, 0.52, 0.5, atol=0.01)


def test_a_numpy_number_is_a_number() -> None:
    assert_number(np.asarray(np.float32(0.5)), 0.5)


def test_a_whole_number_beyond_floats_is_not_it() -> None:
    said(assert_number, 10**400, 0.5)
