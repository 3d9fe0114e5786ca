"""The distribution and the averages made with it: five kinds of tests, numerics, and every error."""

import importlib
import math
import shutil
import sys
import warnings
from collections.abc import Callable
from fractions import Fraction
from types import ModuleType
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from attn_lesson.attention import attention_distribution, entropy, hard_attention, soft_attention
from attn_lesson.scores import additive_score, bilinear_score, dot_product_score, scaled_dot_product_score

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
TEMPERATURES = [1e-300, 1e-38, 1e-3, 0.5, 1.0, 1.5, 7.0, 1e3, 1e38, 1e300]
BOTH = pytest.mark.parametrize("attention", [soft_attention, hard_attention])
Attention = Callable[..., tuple[Tensor, Tensor]]
inf, nan = math.inf, math.nan


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def scene(
    *leading: int, num_queries: int = 3, num_keys: int = 5, d: int = 7, value_size: int = 2
) -> tuple[Tensor, ...]:
    """Make queries, keys, values on distinct primes, so that no two axes can be swapped unnoticed."""
    shapes = (num_queries, d), (num_keys, d), (num_keys, value_size)
    return tuple(randn(*leading, *shape, seed=i) for i, shape in enumerate(shapes))


SOME_KEYS = torch.tensor([[True, False, True, True, False], [False] * 5, [True] * 5])  # row 1 may attend to nothing


# The loop as specification ------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.1, 1.0, 3.0])
def test_the_distribution_is_its_formula(temperature: float) -> None:
    scores = randn(3, 5)
    for row, allowed, weights in zip(
        scores, SOME_KEYS, attention_distribution(scores, SOME_KEYS, temperature), strict=True
    ):
        powers = [math.exp(s / temperature) if may else 0.0 for s, may in zip(row, allowed, strict=True)]
        expected = [power / sum(powers) if sum(powers) else 0.0 for power in powers]
        assert_close(weights, torch.tensor(expected, dtype=torch.float64))


def test_soft_attention_is_its_formula() -> None:
    queries, keys, values = scene()
    context, weights = soft_attention(queries, keys, values)
    assert context.shape == (3, 2)
    assert weights.shape == (3, 5)
    for i, q in enumerate(queries):
        powers = [math.exp(q.dot(k) / math.sqrt(7)) for k in keys]
        alpha = [power / sum(powers) for power in powers]
        assert_close(weights[i], torch.tensor(alpha, dtype=torch.float64))
        assert_close(context[i], sum(a * v for a, v in zip(alpha, values, strict=True)))


def test_hard_attention_is_its_formula() -> None:
    queries, keys, values = scene()
    context, weights = hard_attention(queries, keys, values)
    for i, q in enumerate(queries):
        scores = [float(q.dot(k)) for k in keys]
        best = scores.index(max(scores))
        assert_close(context[i], values[best])
        assert weights[i].tolist() == [float(n == best) for n in range(5)]


def test_entropy_is_its_formula() -> None:
    weights = attention_distribution(randn(3, 5))
    expected = [-sum(w * math.log(w) for w in row.tolist()) for row in weights]
    assert_close(entropy(weights), torch.tensor(expected, dtype=torch.float64))


# One case on paper --------------------------------------------------------------------------------


def test_on_paper() -> None:
    queries, keys, values = torch.tensor([[0.0, math.sqrt(2)]]), torch.eye(2), torch.tensor([[0.0], [1.0 + math.e]])
    context, weights = soft_attention(queries, keys, values)
    assert_close(weights, torch.tensor([[1.0, math.e]]) / (1 + math.e))
    assert_close(context, torch.tensor([[math.e]]))


def test_temperature_on_paper() -> None:
    scores = torch.tensor([0.0, math.log(3)])
    assert_close(attention_distribution(scores), torch.tensor([1 / 4, 3 / 4]))
    assert_close(attention_distribution(scores, temperature=0.5), torch.tensor([1 / 10, 9 / 10]))  # 3² = 9
    assert_close(attention_distribution(2 * scores, temperature=2), torch.tensor([1 / 4, 3 / 4]))


def test_entropy_on_paper() -> None:
    weights = torch.tensor([[0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    assert_close(entropy(weights), torch.tensor([math.log(4), math.log(2), 0.0]))


# Oracles ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [None, SOME_KEYS, SOME_KEYS[:1], SOME_KEYS.any(dim=-1, keepdim=True)])
def test_soft_attention_agrees_with_torch(mask: Tensor | None) -> None:
    queries, keys, values = scene(11)
    context, _ = soft_attention(queries, keys, values, mask=mask)
    full = None if mask is None else mask.expand(3, 5)  # torch's function wants both axes
    assert_close(context, F.scaled_dot_product_attention(queries, keys, values, attn_mask=full))


def test_a_causal_mask_agrees_with_torch() -> None:
    queries, keys, values = scene(11, num_queries=5)
    context, _ = soft_attention(queries, keys, values, mask=torch.ones(5, 5, dtype=torch.bool).tril())
    assert_close(context, F.scaled_dot_product_attention(queries, keys, values, is_causal=True))


def test_temperature_agrees_with_torch_s_scale() -> None:
    queries, keys, values = scene(11)
    weights = attention_distribution(dot_product_score(queries, keys), SOME_KEYS, temperature=0.3)
    assert_close(weights @ values, F.scaled_dot_product_attention(queries, keys, values, SOME_KEYS, scale=1 / 0.3))


def test_gradients_agree_with_torch() -> None:
    ours, theirs = ([tensor.requires_grad_() for tensor in scene(11)] for _ in range(2))
    soft_attention(*ours, mask=SOME_KEYS)[0].square().sum().backward()
    F.scaled_dot_product_attention(*theirs, attn_mask=SOME_KEYS).square().sum().backward()
    for our, their in zip(ours, theirs, strict=True):
        assert_close(our.grad, their.grad)


@pytest.fixture(scope="module")
def d2l() -> ModuleType:
    with warnings.catch_warnings(record=True):  # d2l's import may warn about the torchvision beside it
        warnings.simplefilter("always")
        if sys.version_info[:2] == (3, 11):  # here it can be installed, and is never skipped
            return importlib.import_module("d2l.torch")
        return pytest.importorskip("d2l.torch", reason="d2l cannot be imported on this Python")


VALID = torch.tensor([2, 5])  # d2l's masks are numbers of valid keys, one a batch entry
AS_MASK = (torch.arange(5) < VALID[:, None])[:, None, :]


def test_additive_attention_agrees_with_d2l(d2l: ModuleType) -> None:
    queries, keys, values = (tensor.float() for tensor in (randn(2, 3, 7), randn(2, 5, 11), randn(2, 5, 13)))
    W_q, W_k, w_v = (tensor.float() for tensor in (randn(17, 7), randn(17, 11), randn(17)))
    theirs = d2l.AdditiveAttention(num_hiddens=17, dropout=0.0).eval()
    theirs(queries, keys, values, VALID)  # gives its lazy layers their sizes
    theirs.load_state_dict({"W_q.weight": W_q, "W_k.weight": W_k, "w_v.weight": w_v[None]})
    context, weights = soft_attention(
        queries, keys, values, score=lambda q, k: additive_score(q, k, W_q, W_k, w_v), mask=AS_MASK
    )
    assert_close(context, theirs(queries, keys, values, VALID))
    assert_close(weights, theirs.attention_weights)


def test_scaled_dot_product_attention_agrees_with_d2l(d2l: ModuleType) -> None:
    queries, keys, values = (tensor.float() for tensor in scene(2))
    theirs = d2l.DotProductAttention(dropout=0.0).eval()
    context, weights = soft_attention(queries, keys, values, mask=AS_MASK)
    assert_close(context, theirs(queries, keys, values, VALID))
    assert_close(weights, theirs.attention_weights)


def test_where_we_differ_from_d2l(d2l: ModuleType) -> None:
    """With no key allowed d2l gives a uniform row, and writes into its argument; we give 0, and only read."""
    scores, none_valid = randn(1, 3, 5).float(), torch.tensor([0])
    ours = attention_distribution(scores, torch.zeros(1, 3, 5, dtype=torch.bool))
    assert not ours.any()
    theirs = d2l.masked_softmax(scores, none_valid)
    assert_close(theirs, torch.full((1, 3, 5), 0.2))
    assert (scores == -1e6).all()


# Laws ---------------------------------------------------------------------------------------------


def test_identity_keys_copy_the_values() -> None:
    values = randn(5, 3)
    sharp = 1e3 * torch.eye(5, dtype=torch.float64)
    for attention in (soft_attention, hard_attention):
        context, weights = attention(sharp, sharp, values)
        assert_close(context, values)
        assert_close(weights, torch.eye(5, dtype=torch.float64))


def test_adding_a_constant_to_a_row_changes_nothing() -> None:
    scores = randn(3, 5)
    for temperature in (0.1, 1.0, 10.0):
        shifted = scores + torch.tensor([[1.0], [-20.0], [300.0]])
        assert_close(
            attention_distribution(shifted, temperature=temperature),
            attention_distribution(scores, temperature=temperature),
        )


def test_temperature_divides_the_scores() -> None:
    scores = randn(3, 5)
    for temperature in (0.1, 1, 10.0):
        expected = attention_distribution(scores / temperature)
        assert_close(attention_distribution(scores, temperature=temperature), expected)


def test_masking_sets_scores_and_the_rest_is_shared_out_again() -> None:
    scores, mask = randn(3, 5), SOME_KEYS[:1]
    weights = attention_distribution(scores, mask)
    assert_close(weights, attention_distribution(scores.masked_fill(~mask, -inf)))
    assert_close(weights[:, mask[0]], attention_distribution(scores[:, mask[0]]))
    assert (weights[:, ~mask[0]] == 0).all()


def test_the_context_lies_in_the_convex_hull_of_the_values() -> None:
    queries, keys, values = scene(11)
    context, weights = soft_attention(5 * queries, keys, values)
    assert (weights >= 0).all()
    assert_close(weights.sum(dim=-1), torch.ones(11, 3, dtype=torch.float64))
    assert (context <= values.amax(dim=-2, keepdim=True)).all()
    assert (context >= values.amin(dim=-2, keepdim=True)).all()
    direction = randn(2, seed=9)  # in every direction, not only along the axes
    assert ((context @ direction).amax(dim=-1) <= (values @ direction).amax(dim=-1)).all()


def test_hard_is_soft_in_the_limit_of_temperature_to_zero() -> None:
    queries, keys, values = scene(11)
    _, hard = hard_attention(queries, keys, values)
    scores = scaled_dot_product_score(queries, keys)
    gaps = [(attention_distribution(scores, temperature=t) - hard).abs().max().item() for t in (1.0, 0.1, 0.01, 1e-5)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 1e-12


def test_a_high_temperature_makes_the_row_uniform() -> None:
    assert_close(attention_distribution(randn(3, 5), temperature=1e9), torch.full((3, 5), 0.2, dtype=torch.float64))


@BOTH
def test_the_order_of_the_keys_does_not_matter(attention: Attention) -> None:
    queries, keys, values = scene(11)
    order = [3, 0, 4, 1, 2]
    context, weights = attention(queries, keys, values)
    permuted_context, permuted_weights = attention(queries, keys[:, order], values[:, order])
    assert_close(permuted_context, context)
    assert_close(permuted_weights, weights[..., order])


def test_the_jacobian_is_diag_minus_outer_product() -> None:
    scores = randn(5)
    alpha = attention_distribution(scores)
    jacobian = torch.autograd.functional.jacobian(attention_distribution, scores)
    assert_close(jacobian, torch.diag(alpha) - torch.outer(alpha, alpha))


# The contract: axes ---------------------------------------------------------------------------------


@BOTH
def test_leading_axes_broadcast_and_two_dimensions_equal_a_batch(attention: Attention) -> None:
    queries, keys, values = randn(11, 1, 3, 7, seed=1), randn(2, 5, 7, seed=2), randn(13, 1, 1, 5, 17, seed=3)
    context, weights = attention(queries, keys, values, mask=SOME_KEYS)
    assert context.shape == (13, 11, 2, 3, 17)
    assert weights.shape == (11, 2, 3, 5)
    for i in range(11):
        for j in range(2):
            one_context, one_weights = attention(queries[i, 0], keys[j], values[4, 0, 0], mask=SOME_KEYS)
            assert_close(weights[i, j], one_weights)
            assert_close(context[4, i, j], one_context)


@BOTH
@pytest.mark.parametrize("mask_is_given", [False, True])
@pytest.mark.parametrize(
    ("leading", "num_queries", "num_keys"), [((0,), 3, 5), ((2,), 0, 5), ((2,), 3, 0), ((), 3, 0), ((0,), 0, 0)]
)
def test_nothing_is_a_number_too(
    attention: Attention, mask_is_given: bool, leading: tuple[int, ...], num_queries: int, num_keys: int
) -> None:
    queries, keys, values = (t.requires_grad_() for t in scene(*leading, num_queries=num_queries, num_keys=num_keys))
    mask = torch.ones(num_queries, num_keys, dtype=torch.bool) if mask_is_given else None
    context, weights = attention(queries, keys, values, mask=mask)
    assert weights.shape == (*leading, num_queries, num_keys)
    assert context.shape == (*leading, num_queries, 2)
    assert (context == 0).all()  # an average of no values is 0
    context.sum().backward()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 5)])
def test_the_distribution_over_nothing_is_empty(shape: tuple[int, ...], temperature: float) -> None:
    assert attention_distribution(torch.zeros(shape), temperature=temperature).shape == shape


def test_a_single_row_needs_no_other_axis() -> None:
    mask = torch.tensor([True, False, True])
    assert_close(attention_distribution(torch.zeros(3), mask), torch.tensor([0.5, 0.0, 0.5]))


# Numerics -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_extreme_scores_give_finite_weights_that_sum_to_one(dtype: torch.dtype, temperature: float) -> None:
    limits = torch.finfo(dtype)
    big, tiny = limits.max, limits.smallest_normal
    rows = [
        [big, -big, 0.0],
        [big, big, big],
        [-big, -big, -big],
        [big, big, -big],
        [-big, -inf, -big],
        [0.0, 0.0, 0.0],
        [tiny, -tiny, 0.0],
        [-big, -inf, -inf],
    ]
    scores = torch.tensor(rows, dtype=dtype, requires_grad=True)
    weights = attention_distribution(scores, temperature=temperature)
    assert weights.dtype == dtype
    assert weights.isfinite().all()
    assert ((weights >= 0) & (weights <= 1)).all()
    assert_close(weights.double().sum(dim=-1), torch.ones(len(rows), dtype=torch.float64), atol=limits.eps, rtol=0)
    for row in (1, 2, 5):
        assert_close(weights[row].double(), torch.full((3,), 1 / 3, dtype=torch.float64), atol=limits.eps, rtol=0)
    (100 * weights[:, 0]).sum().backward()  # at a tie and a tiny temperature a gradient may be inf, but never NaN
    assert scores.grad is not None
    assert not scores.grad.isnan().any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_largest_scores_are_told_apart_at_the_largest_temperatures(dtype: torch.dtype) -> None:
    """The difference of two such scores would overflow; their quotients by the temperature are 2, 0 and -2."""
    big = torch.finfo(dtype).max
    weights = attention_distribution(torch.tensor([big, 0.0, -big], dtype=dtype), temperature=big / 2)
    assert_close(weights, attention_distribution(torch.tensor([2.0, 0.0, -2.0], dtype=dtype)))


def exact_distribution(scores: list[float], temperature: float) -> list[float]:
    """Compute softmax with exact differences and quotients: nothing overflows, whatever the sizes."""
    largest = max(map(Fraction, scores))
    powers = [math.exp(max((Fraction(s) - largest) / Fraction(temperature), Fraction(-1000))) for s in scores]
    return [power / math.fsum(powers) for power in powers]


rows_of_scores = st.lists(
    st.one_of(st.floats(-10, 10, width=32), st.floats(allow_nan=False, allow_infinity=False, width=32)),
    min_size=1,
    max_size=6,
)


@settings(derandomize=True, deadline=None, database=None, max_examples=150)
@given(rows_of_scores, st.floats(-37, 37).map(lambda exponent: 10.0**exponent))
def test_any_row_at_any_temperature_agrees_with_exact_arithmetic(scores: list[float], temperature: float) -> None:
    assume(all(s == 0 or abs(s) > 1e-37 for s in scores))  # normal numbers
    weights = attention_distribution(torch.tensor(scores), temperature=temperature)
    assert_close(weights, torch.tensor(exact_distribution(scores, temperature)), atol=1e-6, rtol=0)


@settings(derandomize=True, deadline=None, database=None, max_examples=150)
@given(
    st.sampled_from(DTYPES),
    st.lists(st.floats(-1, 1), min_size=1, max_size=6),
    st.floats(-300, 300).map(lambda exponent: 10.0**exponent),
)
def test_a_larger_score_never_has_a_smaller_weight(dtype: torch.dtype, parts: list[float], temperature: float) -> None:
    scores = (torch.tensor(parts, dtype=torch.float64) * torch.finfo(dtype).max).to(dtype).sort().values
    weights = attention_distribution(scores, temperature=temperature).double()
    assert weights.isfinite().all()
    assert weights.sum().item() == pytest.approx(1.0, abs=3 * torch.finfo(dtype).eps)
    assert (weights.diff() >= 0).all()


def test_scores_far_from_zero_keep_their_small_differences() -> None:
    weights = attention_distribution(torch.tensor([1.5e6, 1.5e6 + 0.125]), temperature=1.5)
    assert_close(weights, attention_distribution(torch.tensor([0.0, 0.125]), temperature=1.5))


def test_a_temperature_may_be_a_whole_number_of_any_size() -> None:
    assert_close(attention_distribution(torch.tensor([0.0, 5.0]), temperature=10**400), torch.tensor([0.5, 0.5]))


@pytest.mark.parametrize("temperature", [1e-7, 1e5])
def test_half_precision_is_computed_in_float32(temperature: float) -> None:
    """Neither temperature is a number of float16; the scores lie about half a temperature apart all the same."""
    scores = torch.tensor([0.0, temperature / 2], dtype=torch.float16)
    gap = scores[1].item() / temperature
    expected = torch.tensor([1 / (1 + math.exp(gap)), 1 / (1 + math.exp(-gap))], dtype=torch.float16)
    assert_close(attention_distribution(scores, temperature=temperature), expected)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_a_score_of_minus_infinity_means_masked(temperature: float) -> None:
    scores, mask = randn(3, 5), SOME_KEYS
    masked = scores.masked_fill(~mask, -inf)
    assert_close(attention_distribution(masked, None, temperature), attention_distribution(scores, mask, temperature))


@pytest.mark.parametrize("temperature", [1e-300, 0.5, 1.0, 2.0, 1e300])
@pytest.mark.parametrize("bad", [inf, nan])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_bad_score_spoils_its_own_row_and_no_other(dtype: torch.dtype, bad: float, temperature: float) -> None:
    scores = torch.tensor([[0.0, bad, -inf], [1.0, 2.0, 3.0], [-inf, bad, -inf], [-inf, -inf, -inf]], dtype=dtype)
    weights = attention_distribution(scores, temperature=temperature)
    assert weights[[0, 2]].isnan().all()
    assert_close(weights[1], attention_distribution(scores[1], temperature=temperature))
    assert (weights[3] == 0).all()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("bad", [inf, nan])
def test_a_bad_score_that_is_not_allowed_does_nothing(bad: float, temperature: float) -> None:
    scores = torch.tensor([[0.0, bad, 1.0], [bad, bad, bad]], dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[True, False, True], [False, False, False]])
    weights = attention_distribution(scores, mask, temperature)
    expected = attention_distribution(torch.tensor([0.0, 1.0], dtype=torch.float64), temperature=temperature)
    assert_close(weights[0, [0, 2]], expected)
    assert weights[0, 1] == 0
    assert (weights[1] == 0).all()
    weights.square().sum().backward()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()
    assert (scores.grad[~mask] == 0).all()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_key_allowed_gives_zeros_and_zero_gradients(dtype: torch.dtype, temperature: float) -> None:
    minus_infinity = torch.full((2, 5), -inf, dtype=dtype)
    scores = torch.cat([randn(3, 5).to(dtype), minus_infinity]).requires_grad_()
    mask = torch.cat([SOME_KEYS, torch.tensor([[True] * 5, [False] * 5])])
    with torch.autograd.set_detect_anomaly(True):  # raises if any step on the way back makes a NaN
        weights = attention_distribution(scores, mask, temperature)
        (weights * torch.arange(5)).sum().backward()
    assert (weights[[1, 3, 4]] == 0).all()
    assert scores.grad is not None
    assert (scores.grad[[1, 3, 4]] == 0).all()
    assert (scores.grad[[0, 2]] != 0).any(dim=-1).all()


@BOTH
def test_no_key_allowed_gives_a_context_of_zero(attention: Attention) -> None:
    queries, keys, values = (tensor.requires_grad_() for tensor in scene())
    with torch.autograd.set_detect_anomaly(True):
        context, weights = attention(queries, keys, values, mask=SOME_KEYS)
        context.square().sum().backward()
    assert (context[1] == 0).all()
    assert (weights[1] == 0).all()
    assert all(tensor.grad is None or tensor.grad.isfinite().all() for tensor in (queries, keys, values))
    assert queries.grad is None or (queries.grad[1] == 0).all()


@pytest.mark.parametrize("temperature", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("mask", [None, SOME_KEYS])
def test_gradients_of_the_distribution(mask: Tensor | None, temperature: float) -> None:
    def distribution(scores: Tensor) -> Tensor:
        return attention_distribution(scores, mask, temperature)

    scores = randn(2, 3, 5).requires_grad_()
    assert torch.autograd.gradcheck(distribution, scores)
    assert torch.autograd.gradgradcheck(distribution, scores)


@pytest.mark.parametrize("mask", [None, SOME_KEYS])
def test_gradients_of_soft_attention(mask: Tensor | None) -> None:
    inputs = tuple(tensor.requires_grad_() for tensor in scene(2))
    assert torch.autograd.gradcheck(lambda *tensors: soft_attention(*tensors, mask=mask), inputs)


@BOTH
def test_inputs_are_only_read(attention: Attention) -> None:
    inputs = [*scene(2), SOME_KEYS.clone()]
    copies, versions = [tensor.clone() for tensor in inputs], [tensor._version for tensor in inputs]
    attention(*inputs[:3], mask=inputs[3])
    assert_close(inputs, copies, rtol=0, atol=0)
    assert [tensor._version for tensor in inputs] == versions
    assert not any(tensor.requires_grad for tensor in inputs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_scores_are_only_read_and_never_returned(dtype: torch.dtype, temperature: float) -> None:
    scores = torch.tensor([[0.0, nan, -inf], [-inf, -inf, -inf], [1.0, 2.0, 3.0]], dtype=dtype)
    copy, version = scores.clone(), scores._version
    weights = attention_distribution(scores, torch.ones(3, dtype=torch.bool), temperature)
    weights.fill_(7.0)
    attention_distribution(scores).fill_(7.0)
    assert_close(scores, copy, rtol=0, atol=0, equal_nan=True)
    assert scores._version == version


@BOTH
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_are_kept(attention: Attention, dtype: torch.dtype) -> None:
    context, weights = attention(*(tensor.to(dtype) for tensor in scene(2)), mask=SOME_KEYS)
    assert context.dtype == weights.dtype == dtype


@BOTH
def test_vmap_is_the_batch(attention: Attention) -> None:
    inputs = scene(11)
    assert_close(
        torch.func.vmap(lambda *tensors: attention(*tensors, mask=SOME_KEYS))(*inputs),
        attention(*inputs, mask=SOME_KEYS),
    )
    masks = torch.stack([SOME_KEYS, ~SOME_KEYS])
    one = scene()
    by_mask = torch.func.vmap(lambda mask: attention(*one, mask=mask))(masks)
    assert_close(by_mask[1], attention(*(tensor.expand(2, *tensor.shape) for tensor in one), mask=masks)[1])


def test_vmap_of_the_distribution_at_a_low_temperature() -> None:
    scores = randn(11, 3, 5)
    expected = attention_distribution(scores, SOME_KEYS, 0.01)
    assert_close(torch.func.vmap(lambda row: attention_distribution(row, SOME_KEYS, 0.01))(scores), expected)


def test_vmap_of_gradients_one_a_sample() -> None:
    queries, keys, values = scene(11)

    def loss(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return soft_attention(q, k, v, mask=SOME_KEYS)[0].square().sum()

    per_sample = torch.func.vmap(torch.func.grad(loss))(queries, keys, values)
    assert_close(per_sample[4], torch.func.grad(loss)(queries[4], keys[4], values[4]))
    assert (per_sample[:, 1] == 0).all()


def compiled(function: Callable[..., Any], backend: str) -> Callable[..., Any]:
    return torch.compile(function, backend=backend, fullgraph=True)


@BOTH
def test_compiles_as_one_graph(attention: Attention) -> None:
    """aot_eager traces forwards and backwards, and calls no C++ compiler: it works wherever torch does."""

    def run(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        weights = attention_distribution(dot_product_score(queries, keys), SOME_KEYS, temperature=0.5)
        context, _ = attention(queries, keys, values, mask=SOME_KEYS)
        return weights, context

    ours, theirs = ([tensor.requires_grad_() for tensor in scene(2)] for _ in range(2))
    with warnings.catch_warnings(record=True):  # the compiler's own imports use what torch has deprecated
        warnings.simplefilter("always")
        got = compiled(run, "aot_eager")(*ours)
        sum(tensor.square().sum() for tensor in got).backward()
    expected = run(*theirs)
    sum(tensor.square().sum() for tensor in expected).backward()
    assert_close(got, expected)
    assert_close([tensor.grad for tensor in ours], [tensor.grad for tensor in theirs])


@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="torch.compile needs a C++ compiler")
def test_compiles_to_machine_code() -> None:
    """The default backend, which is what a reader's `torch.compile(...)` uses."""

    def run(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        return soft_attention(queries, keys, values, mask=SOME_KEYS)

    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        assert_close(compiled(run, "inductor")(*scene(2)), run(*scene(2)))


@BOTH
@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_stays_on_its_device(attention: Attention) -> None:
    context, weights = attention(*(tensor.cuda() for tensor in scene(2)), mask=SOME_KEYS.cuda())
    assert context.device.type == weights.device.type == "cuda"
    assert_close((context.cpu(), weights.cpu()), attention(*scene(2), mask=SOME_KEYS))


# Hard attention -------------------------------------------------------------------------------------


def choose(*scores: float, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Attend hard with these very scores; the values are 10, 20, 30, ..."""
    values = 10.0 * torch.arange(1, len(scores) + 1).unsqueeze(-1)
    return hard_attention(
        torch.zeros(1, 1), torch.zeros(len(scores), 1), values, lambda q, k: torch.tensor([scores]), mask
    )


@pytest.mark.parametrize(
    ("scores", "winner"),
    [((1.0, 3.0, 3.0), 1), ((2.0, 2.0, 2.0), 0), ((-inf, 0.0, 0.0), 1), ((0.0, inf, inf), 1), ((-0.0, 0.0), 0)],
)
def test_the_first_of_equal_scores_wins(scores: tuple[float, ...], winner: int) -> None:
    context, weights = choose(*scores)
    assert weights.tolist() == [[float(n == winner) for n in range(len(scores))]]
    assert context.item() == 10.0 * (winner + 1)


def test_the_first_of_many_equal_scores_wins() -> None:
    _, weights = hard_attention(torch.zeros(3, 2), torch.zeros(1009, 2), torch.zeros(1009, 1))
    assert weights.argmax(dim=-1).tolist() == [0, 0, 0]
    assert (weights.sum(dim=-1) == 1).all()


def test_hard_attention_passes_nan_on_in_its_own_row_only() -> None:
    queries = torch.tensor([[1.0, 0.0], [nan, 0.0], [0.0, 1.0]])
    context, weights = hard_attention(queries, torch.eye(2), torch.tensor([[5.0], [7.0]]))
    assert weights[1].isnan().all()
    assert context[1].isnan().all()
    assert weights[[0, 2]].tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert context[[0, 2]].tolist() == [[5.0], [7.0]]


def test_hard_attention_ignores_what_is_not_allowed() -> None:
    mask = torch.tensor([[False, True, True]])
    assert choose(nan, 1.0, 2.0, mask=mask)[0].item() == 30.0
    assert choose(inf, 2.0, 1.0, mask=mask)[0].item() == 20.0
    assert choose(0.0, -inf, -inf, mask=mask)[0].item() == 0.0
    assert choose(-inf, -inf)[1].tolist() == [[0.0, 0.0]]
    assert choose(-inf, nan)[0].isnan().all()


def test_no_gradient_reaches_the_scores_of_hard_attention() -> None:
    queries, keys, values = (tensor.requires_grad_() for tensor in scene())
    context, weights = hard_attention(queries, keys, values)
    assert not weights.requires_grad
    context.sum().backward()
    assert queries.grad is None
    assert keys.grad is None
    assert_close(values.grad, weights.sum(dim=0).unsqueeze(-1).expand(5, 2))


# Arguments and errors -------------------------------------------------------------------------------


@BOTH
def test_the_scoring_function_is_the_caller_s(attention: Attention) -> None:
    queries, keys, values, W = randn(3, 7), randn(5, 11, seed=1), randn(5, 2, seed=2), randn(7, 11, seed=3)
    _, weights = attention(queries, keys, values, lambda q, k: bilinear_score(q, k, W))
    assert (weights.argmax(dim=-1) == (queries @ W @ keys.mT).argmax(dim=-1)).all()


@BOTH
def test_scaled_dot_product_is_the_default(attention: Attention) -> None:
    inputs = scene()
    assert_close(attention(*inputs), attention(*inputs, score=scaled_dot_product_score), rtol=0, atol=0)


@BOTH
@pytest.mark.parametrize("num_values", [1, 4, 6])
def test_each_key_needs_one_value(attention: Attention, num_values: int) -> None:
    with pytest.raises(ValueError, match=f"^each key needs one value, got 5 keys and {num_values} values$"):
        attention(torch.zeros(3, 7), torch.zeros(5, 7), torch.zeros(num_values, 2))


@BOTH
def test_values_need_their_axes(attention: Attention) -> None:
    with pytest.raises(ValueError, match=r"^values need the axes \(\.\.\., num_keys, value_size\), got \(5,\)$"):
        attention(torch.zeros(3, 7), torch.zeros(5, 7), torch.zeros(5))


@BOTH
def test_queries_and_keys_need_their_axes(attention: Attention) -> None:
    with pytest.raises(ValueError, match=r"^a score needs queries .* got \(7,\) and \(5, 7\)$"):
        attention(torch.zeros(7), torch.zeros(5, 7), torch.zeros(5, 2))
    with pytest.raises(ValueError, match=r"^a score needs queries .* got \(3, 7\) and \(7,\)$"):
        attention(torch.zeros(3, 7), torch.zeros(7), torch.zeros(5, 2))


@BOTH
@pytest.mark.parametrize(
    ("queries", "keys", "values"), [((2,), (), (3,)), ((), (2,), (3,)), ((2, 1), (1, 2), (3, 1)), ((2,), (1,), (3,))]
)
def test_leading_axes_of_the_values_must_broadcast_too(
    attention: Attention, queries: tuple[int, ...], keys: tuple[int, ...], values: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"^queries, keys and values need leading axes") as error:
        attention(torch.zeros(*queries, 3, 7), torch.zeros(*keys, 5, 7), torch.zeros(*values, 5, 2))
    assert str(error.value) == (
        f"queries, keys and values need leading axes that broadcast, got {queries}, {keys}, {values}"
    )


@BOTH
def test_wrong_sizes_are_named(attention: Attention) -> None:
    with pytest.raises(ValueError, match=r"^a scaled dot product needs queries and keys of one size d, got 3 and 7$"):
        attention(torch.zeros(2, 3), torch.zeros(5, 7), torch.zeros(5, 2))


MASK_TEXT = r"^mask needs to be a boolean tensor \(True = may attend\), got "


@pytest.mark.parametrize(
    ("mask", "came"),
    [
        (torch.ones(3, 5), "torch.float32"),
        (torch.ones(3, 5, dtype=torch.uint8), "torch.uint8"),
        (torch.ones(3, 5, dtype=torch.int64), "torch.int64"),
        ([[True] * 5] * 3, "list"),
        (True, "bool"),
    ],
)
def test_a_mask_is_boolean(mask: Any, came: str) -> None:
    with pytest.raises(TypeError, match=f"{MASK_TEXT}{came}$"):
        attention_distribution(torch.zeros(3, 5), mask)
    for attention in (soft_attention, hard_attention):
        with pytest.raises(TypeError, match=f"{MASK_TEXT}{came}$"):
            attention(*scene(), mask=mask)


@pytest.mark.parametrize("shape", [(5, 3), (4,), (3,), (2, 5), (2, 3, 5), (1, 3, 5), (3, 0)])
def test_a_mask_broadcasts_to_the_scores_and_never_enlarges_them(shape: tuple[int, ...]) -> None:
    mask = torch.ones(shape, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"^mask needs a shape that broadcasts to the scores' ") as error:
        attention_distribution(torch.zeros(3, 5), mask)
    assert str(error.value) == f"mask needs a shape that broadcasts to the scores' (3, 5), got {shape}"
    with pytest.raises(ValueError, match=r"scores' \(3, 5\)"):
        hard_attention(*scene(), mask=mask)


def test_a_mask_of_a_whole_batch_does_not_fit_scores_of_one() -> None:
    with pytest.raises(ValueError, match=r"^mask needs a shape that broadcasts to the scores' \(1, 5\), got \(3, 5\)$"):
        attention_distribution(torch.zeros(1, 5), SOME_KEYS)


@pytest.mark.parametrize("shape", [(), (1,), (5,), (1, 1), (3, 1), (1, 5), (3, 5), (1, 3, 5), (2, 1, 1)])
def test_a_mask_that_broadcasts_is_welcome(shape: tuple[int, ...]) -> None:
    mask = torch.ones(shape, dtype=torch.bool)
    assert_close(attention_distribution(torch.zeros(2, 3, 5), mask), torch.full((2, 3, 5), 0.2))


@pytest.mark.parametrize("temperature", [0, 0.0, -0.0, -1, -1e-300, nan, inf, -inf])
def test_a_temperature_is_above_zero_and_finite(temperature: float) -> None:
    with pytest.raises(ValueError, match=f"^temperature needs to be above 0 and finite, got {temperature}$"):
        attention_distribution(torch.zeros(2), temperature=temperature)


@pytest.mark.parametrize(
    ("temperature", "came"),
    [(True, "bool"), (torch.tensor(1.0), "Tensor"), ("1", "str"), (None, "NoneType"), (1j, "complex")],
)
def test_a_temperature_is_a_number(temperature: Any, came: str) -> None:
    with pytest.raises(TypeError, match=f"^temperature needs to be a number, got {came}$"):
        attention_distribution(torch.zeros(2), temperature=temperature)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
def test_scores_are_floating_point(dtype: torch.dtype) -> None:
    with pytest.raises(TypeError, match=f"^scores need a floating-point dtype, got {dtype}$"):
        attention_distribution(torch.zeros(2, dtype=dtype))


@BOTH
def test_integer_scores_are_named(attention: Attention) -> None:
    whole = torch.ones(2, 2, dtype=torch.int64)
    with pytest.raises(TypeError, match=r"^scores need a floating-point dtype, got torch\.int64$"):
        attention(whole, whole, torch.ones(2, 2), score=dot_product_score)


def test_scores_have_an_axis_of_keys() -> None:
    with pytest.raises(ValueError, match=r"^scores need a last axis of keys, got the single number of shape \(\)$"):
        attention_distribution(torch.tensor(1.0))
