"""The four scoring functions: a loop, a case on paper, oracles, laws, and one contract over them all."""

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.testing import assert_close

from attn_lesson.attention import soft_attention
from attn_lesson.scores import (
    AdditiveScore,
    BilinearScore,
    ScoringFunction,
    additive_score,
    bilinear_score,
    dot_product_score,
    scaled_dot_product_score,
)


def randn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    """Draw normal numbers in float64, so that a float16 and a float64 test see the same ones."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


# The loop as specification ------------------------------------------------------------------------


def loop(one_score: Callable[[Tensor, Tensor], Tensor], queries: Tensor, keys: Tensor) -> Tensor:
    return torch.stack([torch.stack([one_score(q, k) for k in keys]) for q in queries])


def test_additive_is_its_formula_for_every_pair() -> None:
    queries, keys = randn(3, 5, seed=1), randn(7, 11, seed=2)
    W_q, W_k, w_v = randn(13, 5, seed=3), randn(13, 11, seed=4), randn(13, seed=5)
    expected = loop(lambda q, k: w_v.dot(torch.tanh(W_q.mv(q) + W_k.mv(k))), queries, keys)
    assert_close(additive_score(queries, keys, W_q, W_k, w_v), expected)


def test_dot_product_is_its_formula_for_every_pair() -> None:
    queries, keys = randn(3, 5, seed=1), randn(7, 5, seed=2)
    assert_close(dot_product_score(queries, keys), loop(lambda q, k: sum(q * k), queries, keys))


def test_scaled_dot_product_is_its_formula_for_every_pair() -> None:
    queries, keys = randn(3, 5, seed=1), randn(7, 5, seed=2)
    expected = loop(lambda q, k: sum(q * k) / math.sqrt(5), queries, keys)
    assert_close(scaled_dot_product_score(queries, keys), expected)


@pytest.mark.parametrize("key_size", [11, 5])  # a square W can be transposed unnoticed by its shape
def test_bilinear_is_its_formula_for_every_pair(key_size: int) -> None:
    queries, keys, W = randn(3, 5, seed=1), randn(7, key_size, seed=2), randn(5, key_size, seed=3)
    expected = loop(lambda q, k: sum(q[i] * W[i, j] * k[j] for i in range(5) for j in range(key_size)), queries, keys)
    assert_close(bilinear_score(queries, keys, W), expected)


# One case on paper --------------------------------------------------------------------------------


def test_dot_and_scaled_on_paper() -> None:
    queries, keys = torch.tensor([[0.0, math.sqrt(2)]]), torch.eye(2)
    assert_close(dot_product_score(queries, keys), torch.tensor([[0.0, math.sqrt(2)]]))
    assert_close(scaled_dot_product_score(queries, keys), torch.tensor([[0.0, 1.0]]))


def test_additive_on_paper() -> None:
    half = math.log(3) / 2  # tanh(ln 3 / 2) = (3 - 1) / (3 + 1) = 1/2
    W_q, W_k, w_v = torch.tensor([[1.0], [1.0]]), torch.tensor([[1.0], [-1.0]]), torch.tensor([10.0, 2.0])
    scores = additive_score(torch.tensor([[half]]), torch.tensor([[0.0], [half], [-half]]), W_q, W_k, w_v)
    both, one = 10 * 0.5 + 2 * 0.5, math.tanh(2 * half)  # tanh(ln 3) = (9 - 1) / (9 + 1) = 4/5
    assert one == pytest.approx(0.8)
    assert_close(scores, torch.tensor([[both, 10 * 0.8, 2 * 0.8]]))


def test_bilinear_on_paper() -> None:
    W = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]])  # W (query_size 2, key_size 3)
    scores = bilinear_score(torch.tensor([[3.0, 5.0]]), torch.tensor([[7.0, 11.0, 13.0]]), W)
    assert_close(scores, torch.tensor([[3.0 * 11.0 + 5.0 * 2.0 * 13.0]]))


# Oracles (d2l's attention layers stand in test_attention.py) ----------------------------------------


def test_bilinear_agrees_with_torch() -> None:
    queries, keys, W = randn(3, 5, seed=1), randn(7, 11, seed=2), randn(5, 11, seed=3)
    pairs = queries.repeat_interleave(7, dim=0), keys.repeat(3, 1)
    assert_close(bilinear_score(queries, keys, W), F.bilinear(*pairs, W.unsqueeze(0)).reshape(3, 7))


def test_dot_product_agrees_with_einsum() -> None:
    queries, keys = randn(2, 3, 5, seed=1), randn(2, 7, 5, seed=2)
    assert_close(dot_product_score(queries, keys), torch.einsum("bqd,bkd->bqk", queries, keys))


# Laws ---------------------------------------------------------------------------------------------


def test_bilinear_with_the_identity_is_the_dot_product() -> None:
    queries, keys = randn(3, 5, seed=1), randn(7, 5, seed=2)
    assert_close(bilinear_score(queries, keys, torch.eye(5, dtype=torch.float64)), dot_product_score(queries, keys))


def test_bilinear_with_a_product_is_the_dot_product_of_projections() -> None:
    queries, keys = randn(3, 5, seed=1), randn(7, 11, seed=2)
    U, V = randn(2, 5, seed=3), randn(2, 11, seed=4)
    assert_close(bilinear_score(queries, keys, U.mT @ V), dot_product_score(queries @ U.mT, keys @ V.mT))


def test_swapping_queries_and_keys_transposes_w() -> None:
    queries, keys, W = randn(3, 5, seed=1), randn(7, 5, seed=2), randn(5, 5, seed=3)
    assert_close(bilinear_score(keys, queries, W.mT), bilinear_score(queries, keys, W).mT)
    assert not torch.allclose(bilinear_score(keys, queries, W), bilinear_score(queries, keys, W).mT)


@pytest.mark.parametrize("d", [1, 4, 7, 1024])
def test_scaled_is_the_dot_product_over_the_root_of_its_size(d: int) -> None:
    queries, keys = randn(3, d, seed=1), randn(5, d, seed=2)
    assert_close(scaled_dot_product_score(queries, keys), dot_product_score(queries, keys) / d**0.5)


@pytest.mark.parametrize("d", [2, 32, 512])
def test_scaled_scores_of_independent_components_have_variance_one(d: int) -> None:
    scores = scaled_dot_product_score(randn(500, d, seed=1), randn(500, d, seed=2))
    assert scores.var().item() == pytest.approx(1.0, rel=0.1)


def test_scaled_overflows_later_than_dividing_last_would() -> None:
    big = torch.full((1, 4), 128.0, dtype=torch.float16)  # 4 · 128² = 65536, just beyond float16
    assert dot_product_score(big, big).isinf().all()
    assert_close(scaled_dot_product_score(big, big), torch.tensor([[32768.0]], dtype=torch.float16))


def test_additive_stays_between_plus_and_minus_the_sum_of_w_v() -> None:
    w_v = randn(13, seed=5)
    scores = additive_score(1e6 * randn(3, 5), randn(7, 11), randn(13, 5), randn(13, 11), w_v)
    assert (scores.abs() <= w_v.abs().sum() + 1e-12).all()


def test_additive_without_tanh_would_ignore_the_query() -> None:
    """Why the tanh is there: without it a query adds one constant to its row, and softmax removes it."""
    queries, keys = randn(3, 5, seed=1), randn(7, 11, seed=2)
    W_q, W_k, w_v = randn(13, 5, seed=3), randn(13, 11, seed=4), randn(13, seed=5)
    linear = torch.softmax((queries @ W_q.mT @ w_v).unsqueeze(-1) + keys @ W_k.mT @ w_v, dim=-1)
    assert_close(linear[0], linear[1])
    weights = torch.softmax(additive_score(queries, keys, W_q, W_k, w_v), dim=-1)
    assert (weights[0] - weights[1]).abs().max() > 0.1


# The contract over them all -------------------------------------------------------------------------

D = 7


def additive(dtype: torch.dtype) -> ScoringFunction:
    W_q, W_k, w_v = randn(13, D, seed=3, dtype=dtype), randn(13, D, seed=4, dtype=dtype), randn(13, seed=5, dtype=dtype)
    return lambda queries, keys: additive_score(
        queries, keys, W_q.to(queries.device), W_k.to(keys.device), w_v.to(keys.device)
    )


def bilinear(dtype: torch.dtype) -> ScoringFunction:
    W = randn(D, D, seed=3, dtype=dtype)
    return lambda queries, keys: bilinear_score(queries, keys, W.to(queries.device))


MAKERS: dict[str, Callable[[torch.dtype], ScoringFunction]] = {
    "additive": additive,
    "dot_product": lambda dtype: dot_product_score,
    "scaled_dot_product": lambda dtype: scaled_dot_product_score,
    "bilinear": bilinear,
    "AdditiveScore": lambda dtype: AdditiveScore(query_size=D, key_size=D, hidden_size=13).to(dtype),
    "BilinearScore": lambda dtype: BilinearScore(query_size=D, key_size=D).to(dtype),
}
MakeScore = Callable[..., ScoringFunction]


@pytest.fixture(params=MAKERS)
def make_score(request: pytest.FixtureRequest) -> MakeScore:
    def make(dtype: torch.dtype = torch.float64) -> ScoringFunction:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return MAKERS[request.param](dtype)

    return make


def test_contract_shape_and_dtype(make_score: MakeScore) -> None:
    scores = make_score()(randn(3, D), randn(5, D))
    assert scores.shape == (3, 5)
    assert scores.dtype == torch.float64


def test_contract_leading_axes_broadcast_and_each_scene_is_scored_alone(make_score: MakeScore) -> None:
    score, queries, keys = make_score(), randn(11, 1, 3, D, seed=1), randn(2, 5, D, seed=2)
    scores = score(queries, keys)
    assert scores.shape == (11, 2, 3, 5)
    for i in range(11):
        for j in range(2):
            assert_close(scores[i, j], score(queries[i, 0], keys[j]))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ((0, 3, D), (0, 5, D), (0, 3, 5)),  # an empty batch
        ((2, 0, D), (2, 5, D), (2, 0, 5)),  # nobody asks
        ((2, 3, D), (2, 0, D), (2, 3, 0)),  # nothing to be found
        ((3, D), (0, 2, 5, D), (0, 2, 3, 5)),
    ],
)
def test_contract_nothing_is_a_number_too(
    make_score: MakeScore, left: tuple[int, ...], right: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert make_score()(randn(*left), randn(*right)).shape == expected


def test_contract_gradients(make_score: MakeScore) -> None:
    queries, keys = randn(2, 3, D, seed=1).requires_grad_(), randn(5, D, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(make_score(), (queries, keys))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_contract_dtypes(make_score: MakeScore, dtype: torch.dtype) -> None:
    queries, keys = randn(3, D, seed=1, dtype=dtype), randn(5, D, seed=2, dtype=dtype)
    scores = make_score(dtype)(queries, keys)
    assert scores.dtype == dtype
    tolerance = 40 * torch.finfo(dtype).eps
    assert_close(scores.double(), make_score()(queries.double(), keys.double()), atol=tolerance, rtol=tolerance)


def test_contract_vmap_is_the_batch(make_score: MakeScore) -> None:
    score, queries, keys = make_score(), randn(2, 3, D, seed=1), randn(2, 5, D, seed=2)
    assert_close(torch.func.vmap(score)(queries, keys), score(queries, keys))
    assert_close(torch.func.vmap(score, in_dims=(0, None))(queries, keys[0]), score(queries, keys[0]))


def test_contract_inputs_are_only_read(make_score: MakeScore) -> None:
    queries, keys = randn(3, D, seed=1), randn(5, D, seed=2)
    copies, versions = (queries.clone(), keys.clone()), (queries._version, keys._version)
    make_score()(queries, keys)
    assert_close((queries, keys), copies, rtol=0, atol=0)
    assert (queries._version, keys._version) == versions


def test_contract_permuting_keys_permutes_scores(make_score: MakeScore) -> None:
    score, queries, keys, order = make_score(), randn(3, D, seed=1), randn(5, D, seed=2), [3, 0, 4, 1, 2]
    assert_close(score(queries, keys[order]), score(queries, keys)[:, order])


def test_contract_serves_soft_attention(make_score: MakeScore) -> None:
    score, queries, keys, values = make_score(), randn(3, D, seed=1), randn(5, D, seed=2), randn(5, 2, seed=3)
    context, weights = soft_attention(queries, keys, values, score=score)
    assert_close(weights, torch.softmax(score(queries, keys), dim=-1))
    assert_close(context, weights @ values)


@pytest.mark.parametrize(("left", "right"), [((D,), (5, D)), ((3, D), (D,)), ((), (5, D))])
def test_contract_a_missing_axis_is_named(make_score: MakeScore, left: tuple[int, ...], right: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^a score needs queries ") as error:
        make_score()(torch.zeros(left), torch.zeros(right))
    assert str(error.value) == (
        "a score needs queries (..., num_queries, query_size) and keys (..., num_keys, key_size), "
        f"got {left} and {right}"
    )


def test_contract_leading_axes_that_do_not_broadcast_are_named(make_score: MakeScore) -> None:
    with pytest.raises(
        ValueError, match=r"^queries and keys need leading axes that broadcast, got \(2,\) and \(11, 3\)$"
    ):
        make_score()(randn(2, 3, D), randn(11, 3, 5, D))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_contract_stays_on_its_device(make_score: MakeScore) -> None:
    score = make_score(torch.float32)
    if isinstance(score, torch.nn.Module):
        score = score.cuda()
    assert score(torch.ones(3, D, device="cuda"), torch.ones(5, D, device="cuda")).device.type == "cuda"


# Sizes and errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "name"), [(dot_product_score, "a dot product"), (scaled_dot_product_score, "a scaled dot product")]
)
def test_dot_products_need_one_size(score: ScoringFunction, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} needs queries and keys of one size d, got 3 and 7$"):
        score(torch.zeros(2, 3), torch.zeros(5, 7))


def test_scaled_names_a_dtype_that_cannot_be_scaled() -> None:
    whole, real = torch.ones(2, 3, dtype=torch.int64), torch.ones(2, 3)
    for queries, keys in [(whole, whole), (whole, real), (real, whole)]:
        with pytest.raises(
            TypeError,
            match=f"^a scaled dot product needs floating-point queries and keys, got {queries.dtype} and {keys.dtype}$",
        ):
            scaled_dot_product_score(queries, keys)


@pytest.mark.parametrize(
    ("W_q", "W_k", "w_v"),
    [
        ((13, 7), (13, 7), (13,)),  # W_q made for keys
        ((13, 3), (13, 3), (13,)),  # W_k made for queries
        ((3, 13), (7, 13), (13,)),  # both transposed
        ((11, 3), (13, 7), (13,)),  # two hidden sizes
        ((13, 3), (13, 7), (11,)),
        ((13, 3), (13, 7), (13, 1)),  # a matrix where a vector is needed
        ((13, 3), (13, 7), ()),
    ],
)
def test_additive_names_all_three_parameters(W_q: tuple[int, ...], W_k: tuple[int, ...], w_v: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^an additive score needs ") as error:
        additive_score(torch.zeros(2, 3), torch.zeros(5, 7), torch.zeros(W_q), torch.zeros(W_k), torch.zeros(w_v))
    assert str(error.value) == (
        f"an additive score needs W_q (hidden_size, 3), W_k (hidden_size, 7) and w_v (hidden_size,), "
        f"got {W_q}, {W_k} and {w_v}"
    )


@pytest.mark.parametrize("W", [(7, 3), (3, 3), (7, 7), (3,), (1, 3, 7)])
def test_bilinear_names_the_shape_of_w(W: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^a bilinear score needs ") as error:
        bilinear_score(torch.zeros(2, 3), torch.zeros(5, 7), torch.zeros(W))
    assert str(error.value) == f"a bilinear score needs W (query_size, key_size) = (3, 7), got {W}"


# The two that learn -----------------------------------------------------------------------------------


def test_modules_own_their_parameters_under_the_formula_s_letters() -> None:
    additive = AdditiveScore(query_size=3, key_size=7, hidden_size=13)
    assert {name: tuple(p.shape) for name, p in additive.named_parameters()} == {
        "W_q": (13, 3),
        "W_k": (13, 7),
        "w_v": (13,),
    }
    bilinear = BilinearScore(query_size=3, key_size=7)
    assert {name: tuple(p.shape) for name, p in bilinear.named_parameters()} == {"W": (3, 7)}


def test_modules_call_their_functions() -> None:
    queries, keys = randn(2, 3, dtype=torch.float32), randn(5, 7, dtype=torch.float32)
    additive, bilinear = AdditiveScore(3, 7, 13), BilinearScore(3, 7)
    assert_close(additive(queries, keys), additive_score(queries, keys, additive.W_q, additive.W_k, additive.w_v))
    assert_close(bilinear(queries, keys), bilinear_score(queries, keys, bilinear.W))


def test_modules_pass_gradients_to_every_parameter() -> None:
    for module in (AdditiveScore(3, 7, 13), BilinearScore(3, 7)):
        module(randn(2, 3, dtype=torch.float32), randn(5, 7, dtype=torch.float32)).sum().backward()
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())


def test_modules_start_like_linear_layers() -> None:
    """Uniform within ±1/√(last axis), as `nn.Linear`: the spread of a uniform draw is the bound over √3."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        additive, bilinear = AdditiveScore(100, 400, 2500), BilinearScore(100, 400)
    starts = [(additive.W_q, 100), (additive.W_k, 400), (additive.w_v, 2500), (bilinear.W, 400)]
    for parameter, size in starts:
        bound = size**-0.5
        assert parameter.abs().max().item() <= bound
        assert parameter.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)
        assert parameter.mean().item() == pytest.approx(0.0, abs=bound / 10)
