"""The checks at the public border: what passes, and the sentence for what does not."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from attn_lesson import shapes
from attn_lesson.attention import attention_distribution

axes = st.lists(st.integers(0, 3), max_size=4).map(tuple)


@settings(derandomize=True, deadline=None, database=None, max_examples=300)
@given(axes, axes)
def test_broadcasts_agrees_with_torch(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    try:
        torch.empty(left) + torch.empty(right)
        expected = True
    except RuntimeError:
        expected = False
    assert shapes.broadcasts(torch.Size(left), torch.Size(right)) is expected
    assert shapes.broadcasts(torch.Size(right), torch.Size(left)) is expected


@settings(derandomize=True, deadline=None, database=None, max_examples=300)
@given(axes, axes)
def test_a_mask_passes_if_and_only_if_it_expands_to_the_scores(mask: tuple[int, ...], scores: tuple[int, ...]) -> None:
    try:
        torch.empty(mask).expand(scores)
        expands = True
    except RuntimeError:
        expands = False
    if expands:
        shapes.check_mask(torch.ones(mask, dtype=torch.bool), torch.empty(scores))
    else:
        with pytest.raises(ValueError, match="^mask needs a shape that broadcasts") as error:
            shapes.check_mask(torch.ones(mask, dtype=torch.bool), torch.empty(scores))
        assert str(error.value) == f"mask needs a shape that broadcasts to the scores' {scores}, got {mask}"


def test_what_fits_passes_without_a_word() -> None:
    queries, keys, values = torch.zeros(11, 1, 3, 7), torch.zeros(2, 5, 7), torch.zeros(1, 5, 13)
    assert shapes.check_axes(queries, keys) is None
    assert shapes.check_one_size(queries, keys, "a score") is None
    assert shapes.check_floating(queries, keys, "a score") is None
    assert shapes.check_values(queries, keys, values) is None
    assert shapes.check_additive(queries, keys, torch.zeros(17, 7), torch.zeros(17, 7), torch.zeros(17)) is None
    assert shapes.check_between(queries, torch.zeros(2, 5, 19), torch.zeros(7, 19)) is None
    assert shapes.check_scores(torch.zeros(1)) is None
    for temperature in (1, 1e-320, 1e300, 10**400, Fraction(1, 2), np.float16(0.5), np.float32(0.5), np.int64(2)):
        assert shapes.check_temperature(temperature) is None


Case = tuple[str, tuple[Any, ...], type[Exception], str]
CASES: list[Case] = [
    (
        "check_axes",
        (torch.zeros(7), torch.zeros(5, 7)),
        ValueError,
        "a score needs queries (..., num_queries, query_size) and keys (..., num_keys, key_size), got (7,) and (5, 7)",
    ),
    (
        "check_axes",
        (torch.zeros(2, 3, 7), torch.zeros(11, 5, 7)),
        ValueError,
        "queries and keys need leading axes that broadcast, got (2,) and (11,)",
    ),
    (
        "check_one_size",
        (torch.zeros(5, 3), torch.zeros(5, 7), "a dot product"),
        ValueError,
        "a dot product needs queries and keys of one size d, got 3 and 7",
    ),
    (
        "check_floating",
        (torch.zeros(5, 3), torch.zeros(5, 3).int(), "a dot product"),
        TypeError,
        "a dot product needs floating-point queries and keys, got torch.float32 and torch.int32",
    ),
    (
        "check_additive",
        (torch.zeros(2, 3), torch.zeros(5, 7), torch.zeros(3, 13), torch.zeros(13, 7), torch.zeros(13)),
        ValueError,
        "an additive score needs W_q (hidden_size, 3), W_k (hidden_size, 7) and w_v (hidden_size,), "
        "got (3, 13), (13, 7) and (13,)",
    ),
    (
        "check_between",
        (torch.zeros(2, 3), torch.zeros(5, 7), torch.zeros(7, 3)),
        ValueError,
        "a bilinear score needs W (query_size, key_size) = (3, 7), got (7, 3)",
    ),
    (
        "check_values",
        (torch.zeros(3, 7), torch.zeros(5, 7), torch.zeros(3, 7)),
        ValueError,
        "each key needs one value, got 5 keys and 3 values",
    ),
    (
        "check_values",
        (torch.zeros(3, 7), torch.zeros(5, 7), torch.zeros(5)),
        ValueError,
        "values need the axes (..., num_keys, value_size), got (5,)",
    ),
    (
        "check_values",
        (torch.zeros(2, 3, 7), torch.zeros(5, 7), torch.zeros(3, 5, 7)),
        ValueError,
        "queries, keys and values need leading axes that broadcast, got (2,), (), (3,)",
    ),
    (
        "check_scores",
        (torch.tensor(1.0),),
        ValueError,
        "scores need a last axis of keys, got the single number of shape ()",
    ),
    (
        "check_scores",
        (torch.ones(3, dtype=torch.int64),),
        TypeError,
        "scores need a floating-point dtype, got torch.int64",
    ),
    (
        "check_mask",
        (torch.ones(3), torch.ones(3)),
        TypeError,
        "mask needs to be a boolean tensor (True = may attend), got torch.float32",
    ),
    ("check_temperature", (0.0,), ValueError, "temperature needs to be above 0 and finite, got 0.0"),
    ("check_temperature", (np.float32(0.0),), ValueError, "temperature needs to be above 0 and finite, got 0.0"),
    ("check_temperature", (np.float32("inf"),), ValueError, "temperature needs to be above 0 and finite, got inf"),
    ("check_temperature", (np.float32("nan"),), ValueError, "temperature needs to be above 0 and finite, got nan"),
    ("check_temperature", ("1",), TypeError, "temperature needs to be a number, got str"),
    ("check_temperature", (True,), TypeError, "temperature needs to be a number, got bool"),
    ("check_temperature", (1j,), TypeError, "temperature needs to be a number, got complex"),
    (
        "check_temperature",
        (np.True_,),
        TypeError,
        f"temperature needs to be a number, got {np.bool_.__name__}",  # `bool` since NumPy 2
    ),
    ("check_temperature", (torch.tensor(1.0),), TypeError, "temperature needs to be a number, got Tensor"),
]


@pytest.mark.parametrize(("check", "arguments", "error", "text"), CASES)
def test_what_does_not_fit_is_said_in_one_sentence(
    check: str, arguments: tuple[Any, ...], error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        getattr(shapes, check)(*arguments)
    assert type(caught.value) is error
    assert str(caught.value) == text


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize(
    "temperature", [np.float16(0.5), np.float32(0.5), np.float64(0.5), np.int64(2), np.uint8(2), Fraction(1, 2)]
)
def test_any_real_number_is_a_temperature(temperature: Any, dtype: torch.dtype) -> None:
    scores = torch.tensor([0.0, 1.0, 3.0], dtype=dtype)
    got = attention_distribution(scores, temperature=temperature)
    assert_close(got, torch.softmax(scores / float(temperature), dim=-1))


def test_every_check_has_a_case() -> None:
    assert {check for check, *_ in CASES} == {name for name in vars(shapes) if name.startswith("check_")}
