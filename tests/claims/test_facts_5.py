"""What chapter 5 says in words: hulls, forced weights, and what a query can and cannot do."""

import math

import pytest
import torch
from claims.chapter_5 import drawn, least_by_facets, percent_free
from scipy.optimize import linprog
from scipy.spatial import ConvexHull, Delaunay
from torch import Tensor

from attn_lesson import attention_distribution, rand_weights, soft_attention
from attn_lesson.attention import entropy
from attn_lesson.experiments import SIX_WORDS, six_word_vectors

WORDS = six_word_vectors().double()


def least_by_program(weights: Tensor, values: Tensor, key: int) -> float:
    equations = torch.cat([values.mT, torch.ones(1, len(weights))])
    cost, totals = torch.eye(len(weights))[key], equations @ weights
    return float(linprog(cost.numpy(), A_eq=equations.numpy(), b_eq=totals.numpy()).fun)


def test_rand_is_no_distribution_and_its_softmax_nearly_uniform() -> None:
    for seed in range(20):
        rand = rand_weights(seed=seed)
        assert 1.5 < rand.sum(dim=-1).min() < rand.sum(dim=-1).max() < 7.5
        assert entropy(attention_distribution(rand)).mean().item() == pytest.approx(2.266, abs=0.02)
    assert math.log(10) == pytest.approx(2.303, abs=1e-3)


def test_the_top_weight_can_be_zero_when_and_only_when_the_context_is_in_the_hull_of_the_other_values() -> None:
    """Three ways to say it agree: the linear program, the facets of the hull, and its simplices (Delaunay)."""
    for weights, values, top, least in drawn()[0][:200]:
        others = torch.cat([values[:top], values[top + 1 :]]).numpy()
        inside = bool(Delaunay(others).find_simplex((weights @ values).numpy()) >= 0)
        assert inside == (least == 0)
        assert least == pytest.approx(least_by_program(weights, values, top), abs=1e-9)


def test_the_draw_that_is_shown_can_do_without_its_top_key_and_that_of_seed_9_cannot() -> None:
    weights, _, top, least = drawn()[0][0]
    assert weights[top] > 0.2
    assert least == 0
    weights, _, top, least = drawn(seed=9, draws=1)[0][0]
    assert 0 < least < weights[top] - 0.01


def test_in_about_62_of_100_draws_it_is_possible_and_seldom_where_the_top_weight_was_large() -> None:
    own, itself = drawn()
    assert percent_free(own) == pytest.approx(62, abs=4)
    assert 20 < percent_free(own, above=0.4) < 36
    assert percent_free(itself) < percent_free(own) - 20
    assert percent_free(itself, above=0.4) < 2


def test_on_the_line_to_the_top_value_the_first_three_contexts_are_inside() -> None:
    others = torch.tensor([[0.0, 0], [1, 2], [2, -1], [3, 1], [1, 1]], dtype=torch.float64)
    share = torch.linspace(0, 1, 11, dtype=torch.float64)[:, None]
    contexts = (1 - share) * others.mean(dim=0) + share * torch.tensor([7.0, 0.0], dtype=torch.float64)
    facets = torch.from_numpy(ConvexHull(others.numpy()).equations)
    inside = (contexts @ facets[:, :-1].mT + facets[:, -1] <= 0).all(dim=1)
    assert inside.tolist() == [True] * 3 + [False] * 8


def test_thirsty_and_warm_can_always_be_replaced_and_drinks_never() -> None:
    _, weights = soft_attention(WORDS, WORDS, WORDS)
    least = torch.tensor([[least_by_program(row, WORDS, key) for key in range(6)] for row in weights])
    column = {word: least[:, key] for key, word in enumerate(SIX_WORDS)}
    for word in ("the", "thirsty", "warm"):
        assert column[word].max() < 1e-9
    torch.testing.assert_close(column["drinks"].double(), weights[:, SIX_WORDS.index("drinks")], atol=1e-6, rtol=0)
    assert (column["cat"] > 1e-9).tolist() == [False, True, True, False, False, False]
    assert (column["milk"] > 1e-9).tolist() == [False, False, False, True, True, True]


@pytest.mark.parametrize(("num_keys", "fixed"), [(30, True), (65, True), (70, False)])
def test_values_of_64_numbers_fix_the_weights_of_up_to_65_words(num_keys: int, fixed: bool) -> None:
    dice = torch.Generator().manual_seed(0)
    values = torch.randn(num_keys, 64, generator=dice, dtype=torch.float64)
    weights = torch.softmax(torch.randn(num_keys, generator=dice, dtype=torch.float64), dim=0)
    top = int(weights.argmax())
    assert (least_by_program(weights, values, top) > float(weights[top]) - 1e-6) == fixed


def test_with_values_as_keys_one_query_makes_a_context_and_no_other() -> None:
    """Newton's method from far away comes back to thirsty: the slope of the loss is the context less the target."""
    target, _ = soft_attention(WORDS[1:2], WORDS, WORDS)
    for query in 3 * torch.randn(20, 1, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64):
        for _ in range(60):
            context, weights = soft_attention(query, WORDS, WORDS)
            spread = (WORDS.mT * weights) @ WORDS - context.mT @ context
            assert torch.linalg.eigvalsh(spread).min() > 0  # strictly convex: one bottom
            step = torch.linalg.solve(spread, (target - context)[0]) * math.sqrt(3)
            query = query + step * (0.5 / max(0.5, float(step.norm())))
        torch.testing.assert_close(query, WORDS[1:2], atol=1e-6, rtol=0)


def test_a_key_that_lies_among_the_others_needs_no_weight_at_all() -> None:
    values = torch.tensor([[0.0, 0], [4, 0], [0, 4], [1, 1]], dtype=torch.float64)
    for share in (0.1, 0.5, 0.9):
        weights = torch.tensor([(1 - share) / 3] * 3 + [share], dtype=torch.float64)
        assert least_by_facets(weights, values, key=3) == 0
