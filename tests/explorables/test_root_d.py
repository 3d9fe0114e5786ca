"""The weights and entropies of random vectors are those of the package at every d, scaled or not."""

import math

import pytest
import torch

from attn_lesson import attention_distribution, dot_product_score, scaled_dot_product_score
from attn_lesson.attention import entropy
from attn_lesson.explorables import explore_root_d

POWER, DIVIDE, QUERY = "n, where d = 2ⁿ", "Divide the scores by √d", "Query"
GENERATOR = torch.Generator().manual_seed(0)
QUERIES, KEYS = torch.randn(5, 512, generator=GENERATOR), torch.randn(8, 512, generator=GENERATOR)


def expected(n, query, scaled):
    score = scaled_dot_product_score if scaled else dot_product_score
    return attention_distribution(score(QUERIES[query - 1 : query, : 2**n], KEYS[:, : 2**n]))[0]


def weights(chart):
    return [float(bar["weight"]) for bar in chart.marks("bar")]


def entropies(chart, scores):
    return {int(mark["d"]): float(mark["entropy"]) for mark in chart.marks("point") if mark["scores"] == scores}


def test_the_page_shows_the_packages_numbers(open_chart):
    chart = open_chart(explore_root_d())
    for query in (5, 1):
        chart.choose(QUERY, str(query))
        for scaled in (False, True):
            chart.tick(DIVIDE, scaled)
            for n in range(10):  # 40 settings
                chart.slide(POWER, n)
                right = expected(n, query, scaled)
                assert weights(chart) == pytest.approx(right.tolist(), abs=1e-4)
                said = f"d = {2**n}: entropy {entropy(right):.3f} of ln 8 = {math.log(8):.3f}"
                assert said in chart.words()


def test_the_lines_are_the_packages_entropies(open_chart):
    chart = open_chart(explore_root_d())
    for query in range(1, 6):
        chart.choose(QUERY, str(query))
        for scores, scaled in (("not scaled", False), ("scaled", True)):
            right = {2**n: entropy(expected(n, query, scaled)).item() for n in range(10)}
            assert entropies(chart, scores) == pytest.approx(right, abs=1e-4)


def test_it_works_by_keyboard_and_starts_where_scaling_matters(open_chart):
    chart = open_chart(explore_root_d())
    hard = max(weights(chart))
    chart.press(DIVIDE, "Space")
    assert chart.control(DIVIDE).is_checked()
    assert hard > 0.8 > 0.5 > max(weights(chart))
    chart.press(POWER, "End")
    assert chart.control(POWER).input_value() == "9"
    chart.press(QUERY, "Home")
    assert chart.control(QUERY).input_value() == "1"
    assert weights(chart) == pytest.approx(expected(9, 1, scaled=True).tolist(), abs=1e-4)
