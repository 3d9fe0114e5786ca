"""What chapters 2 and 3 say in words, beyond the numbers of their prose: laws of softmax, of scaling, of the scores."""

import math
from collections.abc import Callable

import jupytext
import pytest
import torch
from claims.chapter_3 import BENCHMARKS, bench
from torch import Tensor
from torch.testing import assert_close

from attn_lesson import (
    additive_score,
    attention_distribution,
    bilinear_score,
    dot_product_score,
    eye_weights,
    rand_weights,
    scaled_dot_product_score,
)
from attn_lesson.attention import entropy
from attn_lesson.experiments import six_word_vectors


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def slopes(scores: Tensor) -> Tensor:
    weights = attention_distribution(scores)
    return torch.diag(weights) - torch.outer(weights, weights)


def norm(scores: Tensor) -> float:
    return torch.linalg.matrix_norm(slopes(scores), ord=2).item()


# Distributions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "expected"), [(1 / math.sqrt(10), 0.132), (1, 0.232), (10, 0.9996)])
def test_identical_queries_and_keys_give_a_pale_diagonal(factor: float, expected: float) -> None:
    diagonal = attention_distribution(eye_weights() * factor).diagonal()
    assert_close(diagonal, torch.full((10,), expected), atol=1e-3, rtol=0)


def test_rand_is_no_distribution_and_its_softmax_is_almost_flat() -> None:
    draws = torch.stack([rand_weights(seed=seed) for seed in range(100)])
    sums = draws.sum(dim=-1)
    assert sums.amin(dim=-1).mean().item() == pytest.approx(3.7, abs=0.2)
    assert sums.amax(dim=-1).mean().item() == pytest.approx(6.3, abs=0.2)
    assert entropy(attention_distribution(draws)).mean().item() == pytest.approx(2.266, abs=5e-3)


# Variance -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [4, 64, 1024])
def test_the_spread_across_keys_follows_the_law_of_the_input(d: int) -> None:
    def across(draw: Callable[[torch.Generator, int], Tensor]) -> float:
        g = generator(d)
        scores = dot_product_score(draw(g, 2000), draw(g, 400))
        return scores.var(dim=-1).mean().item()

    def correlated(g: torch.Generator, n: int) -> Tensor:
        return (torch.randn(n, d, generator=g) + torch.randn(n, 1, generator=g)) / 2**0.5

    assert across(lambda g, n: torch.randn(n, d, generator=g)) == pytest.approx(d, rel=0.1)
    assert across(lambda g, n: torch.rand(n, d, generator=g)) == pytest.approx(d / 36, rel=0.1)
    assert across(correlated) == pytest.approx(d + d * (d - 1) / 4, rel=0.25)  # of the order of d²: √d is not enough


def test_the_variance_over_queries_and_keys_is_another_one() -> None:
    scores = dot_product_score(
        torch.rand(2000, 64, generator=generator(1)), torch.rand(2000, 64, generator=generator(2))
    )
    assert scores.var().item() == pytest.approx(7 * 64 / 144, rel=0.05)


# Slopes ---------------------------------------------------------------------------------------------


def test_the_slopes_are_those_of_autograd_and_their_rows_sum_to_0() -> None:
    for seed in range(5):
        scores = 3 * normal(7, seed=seed)
        assert_close(slopes(scores), torch.autograd.functional.jacobian(attention_distribution, scores))
        assert_close(slopes(scores).sum(dim=-1), torch.zeros(7, dtype=torch.float64))


def test_the_largest_norm_of_the_slopes_is_a_half_and_only_a_tie_of_two_reaches_it() -> None:
    assert norm(torch.tensor([1.0, 1.0, -torch.inf, -torch.inf]).double()) == pytest.approx(1 / 2)
    for seed in range(300):
        scores = 4 * normal(2 + seed % 9, seed=seed)
        assert norm(scores) < 1 / 2


@pytest.mark.parametrize("n", [2, 3, 10, 100])
def test_equal_weights_have_slopes_of_norm_1_over_n(n: int) -> None:
    assert norm(torch.zeros(n).double()) == pytest.approx(1 / n)


def test_in_32_bits_the_winner_stops_at_17_and_the_loser_at_104() -> None:
    def own(gap: float, place: int) -> float:
        scores = torch.tensor([gap, 0.0], requires_grad=True)
        attention_distribution(scores)[place].backward()
        return scores.grad[place].item()

    assert own(16.6, 0) > 0 == own(16.7, 0)
    assert own(103.9, 1) > 0 == own(104.0, 1)


def test_the_winner_still_feels_the_losers_score() -> None:
    scores = torch.tensor([30.0, 0.0], requires_grad=True)
    attention_distribution(scores)[0].backward()
    assert scores.grad[0] == 0
    assert scores.grad[1] == pytest.approx(-math.exp(-30), rel=1e-3)


# Symmetry, rank, and the curve ----------------------------------------------------------------------


def test_symmetric_scores_do_not_make_symmetric_weights() -> None:
    words = six_word_vectors()
    scores = scaled_dot_product_score(words, words)
    assert torch.equal(scores, scores.mT)
    assert not torch.allclose(attention_distribution(scores), attention_distribution(scores).mT)


def test_the_bilinear_score_is_symmetric_exactly_if_its_matrix_is() -> None:
    items, W = normal(6, 4), normal(4, 4, seed=1)
    lopsided, even = bilinear_score(items, items, W), bilinear_score(items, items, W + W.mT)
    assert not torch.allclose(lopsided, lopsided.mT)
    assert_close(even, even.mT)


@pytest.mark.parametrize("r", [1, 2, 5])
def test_a_matrix_of_rank_r_bounds_the_rank_of_the_scores_but_not_of_the_weights(r: int) -> None:
    W = normal(r, 16, seed=1).mT @ normal(r, 16, seed=2)
    scores = bilinear_score(normal(30, 16, seed=3), normal(20, 16, seed=4), W)
    assert torch.linalg.matrix_rank(scores) == r
    assert torch.linalg.matrix_rank(attention_distribution(scores)) > r


def test_without_tanh_the_additive_score_ignores_the_query() -> None:
    queries, keys, W_q, W_k, w_v = (
        normal(5, 3),
        normal(7, 3, seed=1),
        normal(8, 3, seed=2),
        normal(8, 3, seed=3),
        normal(8),
    )
    straight = (queries @ W_q.mT @ w_v)[:, None] + keys @ W_k.mT @ w_v
    weights = attention_distribution(straight)
    assert_close(weights, weights[:1].expand(5, 7), atol=1e-12, rtol=0)
    curved = attention_distribution(additive_score(queries, keys, W_q, W_k, w_v))
    assert (curved - curved[0]).abs().max() > 0.01


# Cost -----------------------------------------------------------------------------------------------


def chapter_cost() -> Callable[..., dict[str, tuple[int, int, int, int]]]:
    """The function `cost` as it stands in the chapter."""
    chapter = jupytext.read(BENCHMARKS.parent / "chapters" / "03_scoring_functions.md", fmt="md:myst")
    [source] = [cell.source for cell in chapter.cells if cell.cell_type == "code" and "def cost(" in cell.source]
    names: dict[str, Callable] = {}
    exec(source, names)
    return names["cost"]


@pytest.mark.parametrize("sizes", [(7, 11, 5, 3), (16, 16, 64, 64), (40, 20, 8, 32)])
def test_the_chapter_counts_what_the_scores_do(sizes: tuple[int, int, int, int]) -> None:
    by_hand = [counts[:3] for counts in chapter_cost()(*sizes).values()]
    assert by_hand == list(bench()["by_hand"](*sizes).values())
    watched = [
        (*bench()["operations"](run), bench()["numbers_held"](run)) for run in bench()["scores"](*sizes).values()
    ]
    assert by_hand == watched
