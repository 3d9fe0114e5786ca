"""The three scores of two arrows are those of the package, whatever the arrows and the matrix."""

import itertools
import math
import random

import pytest
import torch

from attn_lesson import bilinear_score, dot_product_score, scaled_dot_product_score
from attn_lesson.explorables import explore_arrows

CONTROLS = ("Angle of q (°)", "Length of q", "Angle of k (°)", "Length of k", "W turns q by (°)")
DRAW = random.Random(0)
SETTINGS = [(0, 3.0, 180, 3.0, -180), (90, 0.0, 45, 1.0, 90), (-180, 1.0, 180, 1.0, 0)] + [
    (
        DRAW.randrange(-180, 181, 5),
        DRAW.randrange(31) / 10,
        DRAW.randrange(-180, 181, 5),
        DRAW.randrange(31) / 10,
        DRAW.randrange(-180, 181, 5),
    )
    for _ in range(20)
]


def vector(degrees, length):
    angle = math.radians(degrees)
    return torch.tensor([[length * math.cos(angle), length * math.sin(angle)]], dtype=torch.float64)


def turning(degrees):
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return torch.tensor([[cos, sin], [-sin, cos]], dtype=torch.float64)


def number(text):
    return float(text.replace("−", "-"))  # the page writes a true minus sign


def scores(chart):
    return {bar["function"]: number(bar["score"]) for bar in chart.marks("bar")}


def test_the_page_shows_the_packages_numbers(open_chart):
    chart = open_chart(explore_arrows())
    assert len(SETTINGS) >= 20
    for setting in SETTINGS:
        for label, value in zip(CONTROLS, setting, strict=True):
            chart.slide(label, value)
        query, key, W = vector(*setting[:2]), vector(*setting[2:4]), turning(setting[4])
        expected = {
            "dot product": dot_product_score(query, key).item(),
            "scaled": scaled_dot_product_score(query, key).item(),
            "bilinear": bilinear_score(query, key, W).item(),
        }
        assert scores(chart) == pytest.approx(expected, abs=1e-4)
        tips = {mark["arrow"]: (number(mark["x"]), number(mark["y"])) for mark in chart.marks("rule mark")}
        arrows = {"query q": query, "key k": key, "query turned by W": query @ W}
        assert tips == {name: pytest.approx(tuple(arrow[0].tolist()), abs=1e-4) for name, arrow in arrows.items()}


def test_it_says_the_dot_product_as_lengths_and_angle(open_chart):
    chart = open_chart(explore_arrows())
    assert "q · k = 2.0 × 2.5 × cos 60° = 2.50" in chart.words()
    for label, angle in (("Angle of q (°)", 170), ("Angle of k (°)", -100)):
        chart.slide(label, angle)
    assert "q · k = 2.0 × 2.5 × cos 90° = 0.00" in chart.words()


def test_the_keyboard_turns_what_the_query_looks_for_and_nothing_else(open_chart):
    chart = open_chart(explore_arrows())
    before = scores(chart)
    chart.press("W turns q by (°)", *["ArrowRight"] * 6)
    assert chart.control("W turns q by (°)").input_value() == "60"
    after = scores(chart)
    assert after["bilinear"] == pytest.approx(5.0)  # it points along the key now: 2 × 2.5
    assert after["dot product"] == before["dot product"] == pytest.approx(2.5)
    chart.press("Length of q", "Home")
    assert scores(chart) == pytest.approx({"dot product": 0.0, "scaled": 0.0, "bilinear": 0.0}, abs=1e-9)
    assert "qᵀW" not in chart.words()


# Where W turns q onto k, or nearly: all around, of one length or not quite, and all three arrows close together.
NEAR = [
    (angle, 3.0, ((angle + turn + off + 180) % 360) - 180, 3.0 - shorter, turn)
    for angle in range(-180, 180, 30)
    for turn, off, shorter in ((30, 0, 0), (-30, 5, 0.2), (5, 0, 0), (90, -5, 0.4))
]


def test_no_letter_is_printed_on_another(open_chart):
    chart = open_chart(explore_arrows())
    for setting in [(20, 3.0, 50, 3.0, 30), *NEAR]:
        for label, value in zip(CONTROLS, setting, strict=True):
            chart.slide(label, value)
        boxes = chart.boxes(".live .mark-text text[font-size='14px']")
        assert len(boxes) == 3
        for (x, y, width, height), (left, top, wide, high) in itertools.combinations(boxes, 2):
            apart = max(left - (x + width), x - (left + wide)), max(top - (y + height), y - (top + high))
            assert max(apart) > -2, setting  # a line is a little higher than its letter
