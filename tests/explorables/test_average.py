"""The weights and the context of the page are those of soft_attention and hard_attention, for every query word."""

import pytest
import torch

from attn_lesson import attention_distribution, hard_attention, scaled_dot_product_score, soft_attention
from attn_lesson.experiments import FEATURES, SIX_WORDS, six_word_vectors
from attn_lesson.explorables import explore_average

WORDS = six_word_vectors().double()


def shown(chart):
    """Return the weights (6), the products (6 × 3) and the context (3) that the cells say."""
    cells = chart.marks("cell")
    weights = {cell["word"]: float(cell["weight"]) for cell in cells if "weight" in cell}
    products = {(cell["word"], cell["feature"]): float(cell["product"]) for cell in cells if "product" in cell}
    context = {cell["feature"]: float(cell["context"]) for cell in cells if "context" in cell}
    assert list(weights) == list(SIX_WORDS)
    assert list(context) == list(FEATURES)
    return (
        torch.tensor([*weights.values()]).double(),
        torch.tensor([[products[word, feature] for feature in FEATURES] for word in SIX_WORDS]).double(),
        torch.tensor([*context.values()]).double(),
    )


def assert_shows(chart, context, weights):
    for number, expected in zip(shown(chart), (weights, weights[:, None] * WORDS, context), strict=True):
        torch.testing.assert_close(number, expected, atol=1e-4, rtol=0)
    written = chart.words()
    assert all(f"{number:.3f}" in written for number in [*weights.tolist(), *context.tolist()])


def test_soft_for_every_word_at_24_settings(open_chart):
    chart = open_chart(explore_average())
    context, weights = soft_attention(WORDS, WORDS, WORDS)
    scores = scaled_dot_product_score(WORDS, WORDS)
    for query, word in enumerate(SIX_WORDS):
        chart.choose("Query word", word)
        said = [float(mark["score"]) for mark in chart.marks("text mark") if "score" in mark]
        assert said == pytest.approx(scores[query].tolist(), abs=5.1e-4)  # three digits
        for temperature in (0.1, 0.1 * (query + 2), 1.3 + 0.5 * query):
            chart.slide("Temperature (soft)", f"{temperature:.1f}")
            warm = attention_distribution(scores[query], temperature=float(f"{temperature:.1f}"))
            assert_shows(chart, warm @ WORDS, warm)
            assert f"“{word}” asks, soft at temperature {temperature:.1f}" in chart.words()
        chart.slide("Temperature (soft)", 1)
        assert_shows(chart, context[query], weights[query])


def test_hard_for_every_word_at_any_temperature_and_back(open_chart):
    chart = open_chart(explore_average())
    context, weights = hard_attention(WORDS, WORDS, WORDS)
    assert weights[0].tolist() == [1, 0, 0, 0, 0, 0]  # all six scores of "the" are equal: the first wins
    chart.tick("Hard: the largest score takes all", True)
    for query, word in enumerate(SIX_WORDS):
        chart.choose("Query word", word)
        chart.slide("Temperature (soft)", (0.1, 3.3)[query % 2])  # plays no part
        assert_shows(chart, context[query], weights[query])
        assert f"“{word}” asks, hard" in chart.words()
    chart.tick("Hard: the largest score takes all", False)
    warm = attention_distribution(scaled_dot_product_score(WORDS, WORDS)[5], temperature=3.3)
    assert_shows(chart, warm @ WORDS, warm)


def test_it_starts_at_thirsty_and_moves_by_keyboard(open_chart):
    chart = open_chart(explore_average())
    context, weights = soft_attention(WORDS, WORDS, WORDS)
    assert_shows(chart, context[1], weights[1])
    chart.press("Query word", "ArrowDown")
    assert_shows(chart, context[2], weights[2])
    chart.press("Temperature (soft)", *["ArrowLeft"] * 5)
    assert chart.control("Temperature (soft)").input_value() == "0.5"
    assert shown(chart)[0][2] > weights[2, 2]
    chart.press("Hard: the largest score takes all", "Space")
    assert shown(chart)[0].tolist() == [0, 0, 1, 0, 0, 0]
    chart.press("Query word", "ArrowUp", "ArrowUp")
    assert shown(chart)[0].tolist() == [1, 0, 0, 0, 0, 0]
