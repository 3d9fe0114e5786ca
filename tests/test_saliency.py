"""Attention without a query: pooling, the dial between mean and max, gates, contrast."""

import math

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from attn_lesson.attention import attention_distribution
from attn_lesson.saliency import contrast, gate, max_pool, mean_pool, softmax_pool


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


ITEMS = randn(5, 3)  # five items of three features
W = randn(3, seed=1)


# The loop as specification ------------------------------------------------------------------------


def test_pools_are_their_formulas() -> None:
    for j in range(3):
        feature = ITEMS[:, j].tolist()
        assert mean_pool(ITEMS)[j].item() == pytest.approx(sum(feature) / 5)
        assert max_pool(ITEMS)[j].item() == max(feature)


@pytest.mark.parametrize("beta", [-2.0, 0.0, 0.5, 1.0, 3.0])
def test_softmax_pool_is_its_formula(beta: float) -> None:
    pooled, weights = softmax_pool(ITEMS, beta)
    assert pooled.shape == (3,)
    assert weights.shape == (5, 3)
    for j in range(3):
        powers = [math.exp(beta * x) for x in ITEMS[:, j]]
        expected = torch.tensor([power / sum(powers) for power in powers], dtype=torch.float64)
        assert_close(weights[:, j], expected)
        assert_close(pooled[j], (expected * ITEMS[:, j]).sum())


def test_gate_is_its_formula() -> None:
    gated, gates = gate(ITEMS, W, b=0.7)
    for n, x in enumerate(ITEMS):
        opening = 1 / (1 + math.exp(-(float(W.dot(x)) + 0.7)))
        assert gates[n].item() == pytest.approx(opening)
        assert_close(gated[n], opening * x)


def test_contrast_is_its_formula() -> None:
    for n, x in enumerate(ITEMS):
        rest = torch.stack([ITEMS[m] for m in range(5) if m != n]).mean(dim=0)
        assert_close(contrast(ITEMS)[n], (x - rest).square().sum().sqrt())


# On paper -------------------------------------------------------------------------------------------


def test_softmax_pool_on_paper() -> None:
    pooled, weights = softmax_pool(torch.tensor([[0.0], [math.log(3)]]), beta=2.0)  # 3² = 9
    assert_close(weights, torch.tensor([[0.1], [0.9]]))
    assert_close(pooled, torch.tensor([0.9 * math.log(3)]))


def test_max_pool_may_leave_the_convex_hull() -> None:
    assert_close(max_pool(torch.eye(2)), torch.ones(2))


def test_a_dark_cup_among_white_papers_is_salient_and_max_pooling_misses_it() -> None:
    scene = torch.tensor([[9.0], [9.0], [1.0], [9.0]])
    assert contrast(scene).argmax().item() == 2
    assert max_pool(scene).item() == 9.0


# The bridge from mean to max --------------------------------------------------------------------------


def test_the_dial_at_zero_is_mean_pooling() -> None:
    pooled, weights = softmax_pool(ITEMS, beta=0.0)
    assert_close(pooled, mean_pool(ITEMS))
    assert_close(weights, torch.full((5, 3), 0.2, dtype=torch.float64))


def test_the_dial_turned_up_is_max_pooling_and_turned_down_min_pooling() -> None:
    gaps = [(max_pool(ITEMS) - softmax_pool(ITEMS, beta)[0]).max().item() for beta in (0.0, 1.0, 10.0, 100.0, 1e4)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 1e-12
    assert_close(softmax_pool(ITEMS, beta=-1e4)[0], ITEMS.amin(dim=-2))


@pytest.mark.parametrize("beta", [1e-300, 1.0, 10.0, 1e30, 3.4e38, 1e300])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_any_finite_dial_gives_finite_weights_that_sum_to_one(dtype: torch.dtype, sign: int, beta: float) -> None:
    big = torch.finfo(dtype).max
    items = torch.tensor([[big, 1.0, 0.0, -big], [-big, 2.0, 0.0, -big], [0.0, 3.0, 0.0, -big]], dtype=dtype)
    pooled, weights = softmax_pool(items, sign * beta)
    assert pooled.dtype == weights.dtype == dtype
    assert weights.isfinite().all()
    assert_close(weights.sum(dim=-2), torch.ones(4, dtype=dtype), atol=2 * torch.finfo(dtype).eps, rtol=0)
    assert_close(weights[:, 2:], torch.full((3, 2), 1 / 3, dtype=dtype))
    if beta >= 1e30:
        assert_close(weights[:2, 0], torch.tensor([1.0, 0.0] if sign > 0 else [0.0, 1.0], dtype=dtype))
        assert pooled[1].item() == (3.0 if sign > 0 else 1.0)


@pytest.mark.parametrize("beta", [-3.0, 0.0, 0.5, 3.0])
def test_each_feature_attends_as_the_attention_distribution_does(beta: float) -> None:
    """The bridge to chapter 2: the scores are β times the features themselves, and no query enters."""
    _, weights = softmax_pool(ITEMS, beta)
    assert_close(weights, attention_distribution(beta * ITEMS.mT).mT)


def test_softmax_pool_passes_gradients() -> None:
    items = ITEMS.clone().requires_grad_()
    for beta in (-2.0, 0.0, 0.5, 2.0):
        assert torch.autograd.gradcheck(lambda x, beta=beta: softmax_pool(x, beta), items)


def test_a_large_dial_suits_small_features() -> None:
    _, weights = softmax_pool(torch.tensor([[0.0], [1e-20]]), beta=1e20)
    assert_close(weights, torch.tensor([[1.0], [math.e]]) / (1 + math.e))


# Laws -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beta", [-5.0, 0.0, 1.0, 50.0])
def test_each_pooled_feature_stays_between_the_smallest_and_the_largest(beta: float) -> None:
    items = randn(11, 5, 3)
    pooled, _ = softmax_pool(items, beta)
    assert (pooled <= items.amax(dim=-2) + 1e-12).all()
    assert (pooled >= items.amin(dim=-2) - 1e-12).all()


def test_mean_pool_lies_in_the_convex_hull() -> None:
    direction = randn(3, seed=9)
    assert mean_pool(ITEMS) @ direction <= (ITEMS @ direction).max()


def test_gates_do_not_compete() -> None:
    _, gates = gate(ITEMS, W)
    assert ((gates > 0) & (gates < 1)).all()
    closed, opened = (gate(ITEMS, torch.zeros(3, dtype=torch.float64), b=b)[1] for b in (-50.0, 50.0))
    assert closed.sum().item() == pytest.approx(0.0, abs=1e-12)
    assert opened.sum().item() == pytest.approx(5.0)
    alone = gate(ITEMS[2:3], W)[1]
    assert_close(alone, gates[2:3])  # what the others are makes no difference to a gate


def test_contrast_feels_only_differences() -> None:
    assert_close(contrast(ITEMS + 100.0), contrast(ITEMS))
    assert_close(contrast(-ITEMS), contrast(ITEMS))
    assert_close(contrast(torch.ones(5, 3)), torch.zeros(5))


def test_the_order_of_the_items_does_not_matter() -> None:
    order = [3, 0, 4, 1, 2]
    assert_close(mean_pool(ITEMS[order]), mean_pool(ITEMS))
    assert_close(max_pool(ITEMS[order]), max_pool(ITEMS))
    assert_close(softmax_pool(ITEMS[order], 2.0)[0], softmax_pool(ITEMS, 2.0)[0])
    assert_close(gate(ITEMS[order], W)[1], gate(ITEMS, W)[1][order])
    assert_close(contrast(ITEMS[order]), contrast(ITEMS)[order])


# Axes and errors ------------------------------------------------------------------------------------


FUNCTIONS = {
    "mean_pool": mean_pool,
    "max_pool": max_pool,
    "softmax_pool": lambda items: softmax_pool(items, 2.0),
    "gate": lambda items: gate(items, torch.ones(items.shape[-1:], dtype=items.dtype)),
    "contrast": contrast,
}
SHAPES = {
    "mean_pool": [(3,)],
    "max_pool": [(3,)],
    "softmax_pool": [(3,), (5, 3)],
    "gate": [(5, 3), (5,)],
    "contrast": [(5,)],
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("leading", [(), (2,), (11, 2), (0,)])
def test_leading_axes(name: str, leading: tuple[int, ...]) -> None:
    items = randn(*leading, 5, 3)
    results = FUNCTIONS[name](items)
    results = results if isinstance(results, tuple) else (results,)
    assert [result.shape for result in results] == [(*leading, *shape) for shape in SHAPES[name]]
    if leading == (11, 2):
        alone = FUNCTIONS[name](items[7, 1])
        assert_close(tuple(result[7, 1] for result in results), alone if isinstance(alone, tuple) else (alone,))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_items_are_only_read(name: str) -> None:
    items = ITEMS.clone()
    FUNCTIONS[name](items)
    assert_close(items, ITEMS, rtol=0, atol=0)
    assert items._version == 0


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(3,), (0, 3), (2, 0, 3)])
def test_items_need_their_axes_and_one_item(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="^items need the axes") as error:
        FUNCTIONS[name](torch.zeros(shape))
    assert str(error.value) == (f"items need the axes (..., num_items, item_size) and at least one item, got {shape}")


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool, torch.complex64])
def test_items_are_floating_point(name: str, dtype: torch.dtype) -> None:
    """The numbers of exercise 1.1, without their decimal points."""
    items = torch.tensor([[6, 0], [0, 6], [3, 3]]).to(dtype)
    with pytest.raises(TypeError, match=f"^items need a floating-point dtype, got {dtype}$"):
        FUNCTIONS[name](items)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_floating_point_dtype_is_kept(name: str, dtype: torch.dtype) -> None:
    results = FUNCTIONS[name](torch.tensor([[6, 0], [0, 6], [3, 3]], dtype=dtype))
    assert {result.dtype for result in (results if isinstance(results, tuple) else (results,))} == {dtype}


@pytest.mark.parametrize("dtype", [torch.int64, torch.float64])
def test_a_gate_has_the_dtype_of_its_items(dtype: torch.dtype) -> None:
    with pytest.raises(TypeError, match=f"^a gate needs w of dtype torch.float32, got {dtype}$"):
        gate(torch.zeros(5, 3), torch.ones(3, dtype=dtype))


@pytest.mark.parametrize("beta", [math.inf, -math.inf, math.nan])
def test_the_dial_is_finite(beta: float) -> None:
    with pytest.raises(ValueError, match=f"^beta needs to be finite, got {beta}$"):
        softmax_pool(ITEMS, beta)


@pytest.mark.parametrize("shape", [(5,), (3, 1), (), (1,)])
def test_a_gate_needs_one_number_a_feature(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="^a gate needs w") as error:
        gate(torch.zeros(5, 3), torch.zeros(shape))
    assert str(error.value) == f"a gate needs w of shape (3,), one number a feature, got {shape}"


def test_one_item_has_no_surroundings() -> None:
    with pytest.raises(ValueError, match="^contrast needs at least two items, got 1$"):
        contrast(torch.zeros(2, 1, 3))
    assert_close(contrast(torch.tensor([[0.0, 3.0], [4.0, 0.0]])), torch.tensor([5.0, 5.0]))
