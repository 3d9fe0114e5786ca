"""What chapter 4 states without a number: of choices, lotteries, slopes, masks and kernels."""

import math
from pathlib import Path

import jupytext
import pytest
import torch
from claims.chapter_4 import inside, spread
from torch import Tensor
from torch.nn import functional as F

from attn_lesson import attention_distribution, hard_attention, scaled_dot_product_score, soft_attention
from attn_lesson.experiments import six_word_vectors

CHAPTER = Path(__file__).parents[2] / "chapters" / "04_soft_attention.md"
WORDS = six_word_vectors()
SCORES = scaled_dot_product_score(WORDS, WORDS)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def turned(at: Tensor) -> Tensor:
    """The query that is `at` of the way from "thirsty" to "warm"."""
    return torch.stack([1 - at, at, 0 * at], dim=-1)


# Averages and choices -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0.1, 1.0, 30.0])
def test_the_context_lies_in_the_hull_of_the_values(size: float) -> None:
    """A point is in a hull if in no direction it is farther out than all the corners."""
    values = drawn(7, 3)
    context, _ = soft_attention(size * drawn(50, 5, seed=1), drawn(7, 5, seed=2), values)
    directions = drawn(3, 500, seed=3)
    assert ((context @ directions) <= (values @ directions).amax(dim=0) + 1e-12).all()


def test_max_pooling_leaves_the_hull() -> None:
    outwards = torch.tensor([1.0, 1.0, 0.0])
    assert WORDS.amax(dim=0) @ outwards == 4
    assert (WORDS @ outwards).max() == 2


def test_cooling_walks_from_the_mean_to_the_choice() -> None:
    hard, _ = hard_attention(WORDS, WORDS, WORDS)
    hot, cold = (attention_distribution(SCORES, temperature=t) @ WORDS for t in (1e6, 1e-3))
    torch.testing.assert_close(hot, WORDS.mean(dim=0).expand(6, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(cold[1:], hard[1:])
    torch.testing.assert_close(cold[0], WORDS.mean(dim=0))  # "the", all of whose scores tie


@pytest.mark.parametrize(("quiet", "loud"), [(1, 2), (4, 5)])
def test_a_query_twice_as_long_is_a_query_half_as_warm(quiet: int, loud: int) -> None:
    half = attention_distribution(SCORES[quiet], temperature=0.5)
    torch.testing.assert_close(half, attention_distribution(SCORES[loud]))


def test_without_the_word_between_the_road_to_the_cat_is_straight() -> None:
    """The chapter says that roads bend because of "thirsty", halfway to "cat"."""
    for mask, straight in [(None, False), (torch.tensor([True, False, True, True, True, True]), True)]:
        walk = torch.stack([attention_distribution(SCORES[2], mask, t) @ WORDS for t in (1e6, 1.0, 0.5, 1e-3)])
        steps = (walk - walk[0])[1:, :2]
        area = steps[0, 0] * steps[-1, 1] - steps[0, 1] * steps[-1, 0]
        assert bool(area.abs() < 1e-5) is straight


# Slopes ---------------------------------------------------------------------------------------------


def test_the_choice_has_slope_0_but_at_one_step() -> None:
    """By differences: no autograd is asked."""
    chosen, _ = hard_attention(turned(torch.linspace(0, 1, 400)), WORDS, WORDS)
    steps = chosen[:, 1].diff()
    assert steps[steps != 0].tolist() == [2.0]


def test_the_lottery_tells_the_exact_slope_whatever_the_baseline() -> None:
    """All six lots, each as often as its probability says: the mean of REINFORCE is the gradient of the average."""
    at = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    alpha = attention_distribution(scaled_dot_product_score(turned(at)[None], WORDS.double()), temperature=0.3)[0]
    drink = WORDS[:, 1].double()
    (exact,) = torch.autograd.grad(alpha @ drink, at, retain_graph=True)
    log_rise = torch.stack([torch.autograd.grad(one.log(), at, retain_graph=True)[0] for one in alpha])
    for baseline in (0.0, float(alpha.detach() @ drink), -5.0):
        torch.testing.assert_close((alpha.detach() * (drink - baseline) * log_rise).sum(), exact)


def test_the_spread_of_a_draw_knows_nothing_of_the_number_of_words() -> None:
    """Each word a thousand times: the same spread."""
    crowd = WORDS.repeat(1000, 1).double()
    alpha = attention_distribution(scaled_dot_product_score(WORDS[1:2].double(), crowd))[0]
    centre = alpha @ crowd[:, 0]
    assert (alpha @ (crowd[:, 0] - centre) ** 2).sqrt().item() == pytest.approx(spread()[1], abs=1e-9)


@pytest.mark.parametrize("draws", [100, 1000, 10_000])
def test_the_band_holds_95_of_100_at_one_moment(draws: int) -> None:
    assert 0.91 <= inside()[:, draws - 1].mean() <= 0.99  # 200 lotteries: 0.954 give or take 0.015, thrice


# Masks ----------------------------------------------------------------------------------------------


def test_a_row_with_nothing_to_look_at_is_0_here_and_in_torch() -> None:
    mask = torch.ones(6, 6, dtype=torch.bool).tril(-1)  # "the" may look nowhere
    context, weights = soft_attention(WORDS, WORDS, WORDS, mask=mask)
    assert weights[0].eq(0).all()
    assert context[0].eq(0).all()
    torch.testing.assert_close(context, F.scaled_dot_product_attention(WORDS, WORDS, WORDS, attn_mask=mask))


def test_true_means_the_contrary_in_multihead_attention() -> None:
    layer = torch.nn.MultiheadAttention(3, 1)
    seen = torch.ones(6, 6, dtype=torch.bool).tril()
    with torch.no_grad():
        weights = layer(WORDS, WORDS, WORDS, attn_mask=~seen)[1]
    assert weights.ne(0).equal(seen)


def test_a_value_of_weight_0_is_read_all_the_same() -> None:
    values = WORDS.clone()
    values[5] = torch.nan
    context, _ = soft_attention(WORDS, WORDS, values, mask=torch.ones(6, 6, dtype=torch.bool).tril())
    assert context.isnan().all()


def test_two_distributions_one_context() -> None:
    """ "Thirsty" is the midpoint of "the" and "cat": the smallest case of other weights, same output."""
    weights = attention_distribution(SCORES[1])
    moved = weights + weights[1] * torch.tensor([0.5, -1.0, 0.5, 0.0, 0.0, 0.0])
    assert moved[1] == 0
    torch.testing.assert_close(moved @ WORDS, weights @ WORDS)


# Kernels: the chapter's own cells, against the formulas of the textbooks ----------------------------

KERNELS = {
    "gaussian": lambda u: math.exp(-u * u / 2),
    "boxcar": lambda u: float(abs(u) <= 1),
    "triangular": lambda u: max(0.0, 1 - abs(u)),  # what Dive into Deep Learning 1.0.3 calls Epanechikov
    "constant": lambda u: 1.0,
    "parabola": lambda u: 0.75 * max(0.0, 1 - u * u),  # Epanechnikov's
}


@pytest.fixture(scope="module")
def chapter() -> dict[str, object]:
    """The kernels as the chapter defines them."""
    notebook = jupytext.read(CHAPTER)
    names = {"torch": torch}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.startswith(("def gaussian(", "def parabola(")):
            exec(cell.source.split("\nfor ")[0], names)
    return names


@pytest.mark.parametrize("name", KERNELS)
def test_the_log_of_a_kernel_is_a_score(chapter: dict[str, object], name: str) -> None:
    queries, keys = 3 * drawn(5, 1), 3 * drawn(11, 1, seed=1)
    weights = attention_distribution(chapter["by_distance"](chapter[name], 2.0)(queries, keys))
    for query, row in zip(queries[:, 0].tolist(), weights, strict=True):
        kernels = [KERNELS[name]((query - key) / 2.0) for key in keys[:, 0].tolist()]
        assert row.tolist() == pytest.approx([kernel / (sum(kernels) or 1) for kernel in kernels], abs=1e-7)


def test_a_boxcar_is_a_mask(chapter: dict[str, object]) -> None:
    queries, keys = 3 * drawn(5, 1), 3 * drawn(11, 1, seed=1)
    scores = chapter["by_distance"](chapter["boxcar"], 2.0)(queries, keys)
    mask = (queries - keys.mT).abs() <= 2
    assert attention_distribution(scores).equal(attention_distribution(torch.zeros(5, 11), mask).double())


def test_the_square_of_the_width_is_a_temperature(chapter: dict[str, object]) -> None:
    queries, keys = 3 * drawn(5, 1), 3 * drawn(11, 1, seed=1)
    narrow, one = (chapter["by_distance"](chapter["gaussian"], width)(queries, keys) for width in (0.4, 1.0))
    torch.testing.assert_close(attention_distribution(narrow), attention_distribution(one, temperature=0.16))


def test_the_best_width_on_the_training_points_is_0(chapter: dict[str, object]) -> None:
    """Each reading looks at itself alone: the weights become eye, and the error 0."""
    hours, levels = drawn(20, 1), drawn(20, 1, seed=1)
    errors = []
    for width in (1.0, 0.1, 0.01, 1e-5):
        guess, weights = soft_attention(hours, hours, levels, chapter["by_distance"](chapter["gaussian"], width))
        errors.append((guess - levels).square().mean().item())
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] == 0
    assert weights.equal(torch.eye(20, dtype=torch.float64))


def test_no_gradient_reaches_the_width_of_a_boxcar(chapter: dict[str, object]) -> None:
    width = torch.tensor(1.0, requires_grad=True)
    hours = torch.arange(5.0)[:, None]
    for name, learns in [("boxcar", False), ("gaussian", True)]:
        assert chapter["by_distance"](chapter[name], width)(hours, hours).requires_grad is learns
