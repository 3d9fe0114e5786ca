"""Both dials of chapter 1's desk agree with the package, from end to end."""

import pytest
import torch

from attn_lesson import attention_distribution, soft_attention
from attn_lesson.explorables import explore_dial
from attn_lesson.saliency import max_pool, mean_pool, softmax_pool
from attn_lesson.scores import scaled_dot_product_score

FEATURES = ("red", "bright", "text")
OBJECTS = ("paper 1", "paper 2", "paper 3", "book", "cup")
DESK = torch.tensor([[0, 9, 4], [0, 9, 4], [0, 9, 4], [1, 4, 9], [9, 5, 0]], dtype=torch.float64)
READ = torch.tensor([[0, 0, 1]], dtype=torch.float64)
SETTINGS = [(round(0.2 * n, 2), round((0.35 * n) % 4.0, 2)) for n in range(21)]  # β from 0 to 4
BETA, STRENGTH = "Dial of pooling, β", "Strength of wish"


def weights(chart, column):
    return {cell["object"]: float(cell["weight"]) for cell in chart.marks("rect mark") if cell["column"] == column}


def results(chart, reader, role="bar"):
    return {mark["feature"]: float(mark["what comes out"]) for mark in chart.marks(role) if mark["reader"] == reader}


def test_the_page_shows_the_packages_numbers(open_chart):
    chart = open_chart(explore_dial())
    assert len(SETTINGS) >= 20
    for beta, strength in SETTINGS:
        chart.slide(BETA, beta)
        chart.slide(STRENGTH, strength)
        pooled, shares = softmax_pool(DESK, beta)
        for n, feature in enumerate(FEATURES):
            shown = weights(chart, feature)
            assert list(shown) == list(OBJECTS)
            assert list(shown.values()) == pytest.approx(shares[:, n].tolist(), abs=1e-4)
        context, asked = soft_attention(strength * READ, DESK, DESK)
        assert list(weights(chart, "wish to read").values()) == pytest.approx(asked[0].tolist(), abs=1e-4)
        by_scores = attention_distribution(strength * scaled_dot_product_score(READ, DESK))
        torch.testing.assert_close(asked, by_scores)
        assert list(results(chart, "pooling")) == list(FEATURES)
        assert list(results(chart, "pooling").values()) == pytest.approx(pooled.tolist(), abs=1e-4)
        assert list(results(chart, "wish to read").values()) == pytest.approx(context[0].tolist(), abs=1e-4)
        numbers = (*shares.flatten().tolist(), *asked[0].tolist(), *pooled.tolist(), *context[0].tolist())
        assert {f"{number:.2f}" for number in numbers} <= set(chart.words())


def test_the_ends_of_the_dials_are_mean_max_and_the_book(open_chart):
    chart = open_chart(explore_dial())
    assert list(results(chart, "mean pool", "point").values()) == pytest.approx(mean_pool(DESK).tolist())
    assert list(results(chart, "max pool", "point").values()) == pytest.approx(max_pool(DESK).tolist())
    for label in (BETA, STRENGTH):
        chart.press(label, "Home")
    for reader in ("pooling", "wish to read"):
        assert results(chart, reader) == pytest.approx(results(chart, "mean pool", "point"), abs=1e-4)
    for label in (BETA, STRENGTH):
        chart.press(label, "End")
    assert results(chart, "pooling") == pytest.approx(results(chart, "max pool", "point"), abs=1e-4)
    book = dict(zip(FEATURES, DESK[3].tolist(), strict=True))
    assert results(chart, "wish to read") == pytest.approx(book, abs=1e-3)


def test_an_arrow_key_turns_one_dial_by_one_step(open_chart):
    chart = open_chart(explore_dial())
    book = weights(chart, "wish to read")["book"], weights(chart, "text")["book"]
    chart.press(STRENGTH, "ArrowRight")
    assert chart.control(STRENGTH).input_value() == "0.55"
    assert weights(chart, "wish to read")["book"] > book[0]
    assert weights(chart, "text")["book"] == book[1]
