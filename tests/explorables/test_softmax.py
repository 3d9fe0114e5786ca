"""The softmax of the page is the softmax of the package, at every setting, by mouse and by keyboard."""

import math
import random

import pytest
import torch

from attn_lesson import attention_distribution
from attn_lesson.attention import entropy
from attn_lesson.experiments import SIX_WORDS
from attn_lesson.explorables import explore_softmax

SETTINGS = [
    ([round(random.Random(n).uniform(-3, 6), 1) for n in range(k, k + 6)], round(random.Random(k).uniform(0.1, 5), 1))
    for k in range(0, 144, 6)
]


def weights(chart):
    return {bar["word"]: float(bar["weight"]) for bar in chart.marks("bar")}


def test_the_page_shows_the_packages_numbers(open_chart):
    chart = open_chart(explore_softmax())
    assert len(SETTINGS) >= 20
    for scores, temperature in SETTINGS:
        for word, score in zip(SIX_WORDS, scores, strict=True):
            chart.slide(f"Score of “{word}”", score)
        chart.slide("Temperature", temperature)
        expected = attention_distribution(torch.tensor(scores, dtype=torch.float64), temperature=temperature)
        shown = weights(chart)
        assert list(shown) == list(SIX_WORDS)
        assert list(shown.values()) == pytest.approx(expected.tolist(), abs=1e-4)
        said = f"entropy {entropy(expected):.3f} of {math.log(6):.3f}, sum 1.000"
        assert said in chart.words()


def test_it_starts_at_the_cat_and_moves_by_keyboard(open_chart):
    chart = open_chart(explore_softmax())
    before = weights(chart)
    assert max(before, key=before.get) == "cat"
    chart.press("Score of “milk”", *["ArrowRight"] * 5)
    assert chart.control("Score of “milk”").input_value() == "0.5"
    assert weights(chart)["milk"] > before["milk"]
