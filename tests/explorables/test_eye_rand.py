"""eye and rand on the page are the package's, and the colour bar is true on either scale."""

import itertools
import math
import re

import pytest
import torch

from attn_lesson import attention_distribution, eye_weights, rand_weights
from attn_lesson.attention import entropy
from attn_lesson.explorables import explore_eye_rand

MATRICES = {
    "raw rand": lambda seed: rand_weights(seed=seed),
    "softmax of rand": lambda seed: attention_distribution(rand_weights(seed=seed)),
    "eye": lambda seed: eye_weights(),
}
SHARED = "One colour scale for all, 0 to 1"


def cells(chart):
    said = torch.full((10, 10), math.nan)
    for cell in chart.marks("cell"):
        said[int(cell["query"]), int(cell["key"])] = float(cell["number"])
    return said


def bar(chart):
    """Return the numbers beside the colour bar, and its colours from end to end."""
    labels = chart.page.eval_on_selector_all(
        ".live .role-legend-label text", "texts => texts.map(text => text.textContent)"
    )
    stops = chart.page.eval_on_selector_all(
        ".live linearGradient stop",
        "stops => stops.map(stop => [+stop.getAttribute('offset'), stop.getAttribute('stop-color')])",
    )
    offsets, colours = zip(*((offset, rgb(colour)) for offset, colour in stops), strict=True)
    return [float(label) for label in labels], offsets, colours


def rgb(colour):
    return [int(part) for part in re.findall(r"\d+", colour)]


def assert_bar_is_true(chart, low, high):
    """The bar goes from low to high, and each cell has the colour that the bar has at the cell's number."""
    labels, offsets, colours = bar(chart)
    assert labels == pytest.approx([low, (low + high) / 2, high], abs=5.1e-4)
    fills = chart.page.eval_on_selector_all(
        ".live [aria-roledescription='cell']", "cells => cells.map(cell => cell.getAttribute('fill'))"
    )
    numbers = [float(cell["number"]) for cell in chart.marks("cell")]
    for number, fill in zip(numbers, fills, strict=True):
        place = min(max((number - low) / (high - low), 0), 1)
        after = next(n for n, offset in enumerate(offsets) if offset >= place - 1e-9)
        before = max(after - 1, 0)
        part = (place - offsets[before]) / ((offsets[after] - offsets[before]) or 1)
        expected = [a + part * (b - a) for a, b in zip(colours[before], colours[after], strict=True)]
        assert rgb(fill) == pytest.approx(expected, abs=12)


def test_every_matrix_at_four_seeds_on_either_scale(open_chart):
    chart = open_chart(explore_eye_rand())
    for name, seed in itertools.product(MATRICES, (0, 1, 4, 9)):
        chart.choose("Matrix", name)
        chart.slide("Seed of rand", seed)
        expected = MATRICES[name](seed)
        for shared in (False, True):
            chart.tick(SHARED, shared)
            torch.testing.assert_close(cells(chart), expected, atol=1e-4, rtol=0)
            low, high = (0, 1) if shared else (expected.min().item(), expected.max().item())
            assert_bar_is_true(chart, low, high)
        sums = {int(mark["query"]): float(mark["sum"]) for mark in chart.marks("bar")}
        assert [sums[query] for query in range(10)] == pytest.approx(expected.sum(dim=-1).tolist(), abs=1e-4)
        written = chart.words()
        assert all(f"{total:.2f}" in written for total in expected.sum(dim=-1).tolist())
        said = " ".join(written)
        assert f"numbers from {expected.min():.3f} to {expected.max():.3f}" in said
        if name == "raw rand":
            assert (expected.sum(dim=-1) - 1).abs().min() > 0.5
            assert "no row sums to 1: not a distribution" in said
        else:
            assert f"each row sums to 1, mean entropy {entropy(expected).mean():.3f} of {math.log(10):.3f}" in said


def test_the_lie_at_the_start_and_how_it_stops(open_chart):
    chart = open_chart(explore_eye_rand())
    assert bar(chart)[0] == pytest.approx([0.058, 0.107, 0.157], abs=1e-9)
    before, weights = depth(chart), cells(chart)
    assert before > 200  # nearly the whole way from white to deep red
    chart.press(SHARED, "Space")
    assert bar(chart)[0] == [0, 0.5, 1]
    assert depth(chart) < 60
    torch.testing.assert_close(cells(chart), weights)  # no weight has changed


def test_it_moves_by_keyboard(open_chart):
    chart = open_chart(explore_eye_rand())
    chart.press("Matrix", "ArrowUp")
    torch.testing.assert_close(cells(chart), rand_weights(seed=0), atol=1e-4, rtol=0)
    chart.press("Seed of rand", "ArrowRight", "ArrowRight")
    torch.testing.assert_close(cells(chart), rand_weights(seed=2), atol=1e-4, rtol=0)
    chart.press("Matrix", "ArrowDown", "ArrowDown")
    torch.testing.assert_close(cells(chart), eye_weights(), atol=1e-4, rtol=0)


def depth(chart):
    """Return how far apart the palest and the deepest cell are, in steps of green of 255."""
    fills = chart.page.eval_on_selector_all(
        ".live [aria-roledescription='cell']", "cells => cells.map(cell => cell.getAttribute('fill'))"
    )
    green = [rgb(fill)[1] for fill in fills]
    return max(green) - min(green)
