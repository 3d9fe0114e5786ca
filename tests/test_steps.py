"""The picture of one query's way: its numbers are those of soft attention, and what cannot be drawn is refused."""

import json
from xml.etree import ElementTree

import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from attn_lesson import dot_product_score, soft_attention
from attn_lesson.experiments import SIX_WORDS, six_word_vectors
from attn_lesson.heatmaps.words import cell_text
from attn_lesson.steps import WIDEST_THREAD, steps_figure

SVG = "{http://www.w3.org/2000/svg}"
WORDS = six_word_vectors()


def texts(figure):
    return [text.text for text in ElementTree.fromstring(figure.to_svg()).iter(SVG + "text")]


def test_every_number_of_the_four_steps_is_written():
    query, keys, values = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0], [7.0, 6.0]]) / 8, WORDS[2:4] * 9
    context, weights = soft_attention(query, keys, values)
    wanted = [*query[0], *keys.ravel(), *weights[0], *values.ravel(), *context[0], *((query @ keys.mT)[0] / 2**0.5)]
    found = texts(steps_figure(query, keys, values))
    for text in {cell_text(float(number)) for number in wanted}:
        assert found.count(text) >= [cell_text(float(number)) for number in wanted].count(text)


def test_the_threads_are_as_wide_as_the_weights():
    _, weights = soft_attention(WORDS[1:2], WORDS, WORDS)
    lines = steps_figure(WORDS[1:2], WORDS, WORDS, SIX_WORDS).axes[0].lines
    threads = [line for line in lines if isinstance(line, Line2D) and line.get_color() == "#c8372d"]
    assert [line.get_linewidth() for line in threads[::2]] == pytest.approx((WIDEST_THREAD * weights[0]).tolist())
    assert [line.get_linewidth() for line in threads[1::2]] == pytest.approx((WIDEST_THREAD * weights[0]).tolist())


def test_it_says_what_it_shows_and_carries_its_numbers():
    figure = steps_figure(WORDS[1:2], WORDS, WORDS, SIX_WORDS, name="thirsty")
    assert "0.58, 1.15, 0, 0, 0 against the keys the, thirsty, cat" in figure.alt
    assert "thirsty" in texts(figure)
    assert set(SIX_WORDS) <= set(texts(figure))
    root = ElementTree.fromstring(figure.to_svg())
    said = json.loads(root.find(SVG + "metadata").text)
    assert said["keys"] == list(SIX_WORDS)
    assert said["panels"][0]["cells"][1] == ["0.1117", "0.1989", "0.3544", "0.1117", "0.1117", "0.1117"]


def test_another_score_gives_other_weights():
    scaled, plain = (
        steps_figure(WORDS[1:2], WORDS, WORDS, **options).alt for options in ({}, {"score": dot_product_score})
    )
    assert "scores 0, 1, 2, 0" in plain
    assert scaled.partition("weights")[2] != plain.partition("weights")[2]


def test_it_is_the_same_every_time_and_leaves_nothing_open():
    first, again = (steps_figure(WORDS[1:2], WORDS, WORDS).to_svg() for _ in range(2))
    assert first == again
    assert plt.get_fignums() == []


@pytest.mark.parametrize("keys", [torch.zeros(3, 2), torch.tensor([[1e30, -1e30]]), torch.tensor([[-0.001, 12345.0]])])
def test_zeros_and_large_and_negative_numbers_are_drawn(keys):
    figure = steps_figure(torch.zeros(1, 2), keys, keys)
    root = ElementTree.fromstring(figure.to_svg())
    assert len(list(root.iter(SVG + "text"))) > 10


@pytest.mark.parametrize("num_keys", [1, 2, 10])
def test_numbers_fit_into_their_boxes_and_the_picture_into_the_figure(num_keys):
    keys = -torch.rand(num_keys, 6, generator=torch.Generator().manual_seed(0)) * 999
    figure = steps_figure(-keys[:1] / 1e6, keys, keys, ["an uncommonly long word"] * num_keys)
    figure.draw_without_rendering()
    axes, dots = figure.axes[0], figure.dpi
    boxes = [patch.get_window_extent() for patch in axes.patches]
    for text in axes.texts:
        extent = text.get_window_extent()
        assert extent.x0 >= 0
        assert extent.x1 <= figure.get_figwidth() * dots
        assert extent.y0 >= 0
        assert extent.y1 <= figure.get_figheight() * dots
        if (text.get_gid() or "").startswith("number"):
            around = [box for box in boxes if box.contains(*extent.get_points().mean(0))]
            assert any(box.x0 <= extent.x0 and extent.x1 <= box.x1 for box in around), text.get_text()


@pytest.mark.parametrize(
    ("query", "keys", "values", "options", "message"),
    [
        (WORDS[:2], WORDS, WORDS, {}, r"one query, \(1, query_size\), got shape \(2, 3\)"),
        (WORDS[0], WORDS, WORDS, {}, r"query needs to be a matrix, one vector a row, got shape \(3,\)"),
        (WORDS[:1], WORDS[None], WORDS, {}, r"keys needs to be a matrix, one vector a row, got shape \(1, 6, 3\)"),
        (WORDS[:1], torch.zeros(11, 3), torch.zeros(11, 3), {}, "needs 1 to 10 keys, got 11"),
        (WORDS[:1], torch.zeros(0, 3), torch.zeros(0, 3), {}, "needs 1 to 10 keys, got 0"),
        (WORDS[:1], WORDS, torch.zeros(6, 7), {}, "values needs vectors of 1 to 6 numbers to be drawn, got 7"),
        (torch.zeros(1, 0), torch.zeros(2, 0), WORDS[:2], {}, "query needs vectors of 1 to 6 numbers .* got 0"),
        (WORDS[:1], WORDS, WORDS / 0, {}, "values needs finite numbers to be drawn, got NaN or infinity"),
        (WORDS[:1], WORDS, WORDS, {"labels": ["a"]}, "labels need to be one for each of 6 keys, got 1"),
        (WORDS[:1], WORDS, WORDS[:2], {}, "2"),
        (
            WORDS[:1],
            WORDS[:2],
            WORDS[:2],
            {"score": lambda queries, keys: queries @ keys.mT / 0},
            "needs weights that are numbers, got the scores NaN, NaN",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(query, keys, values, options, message):
    with pytest.raises(ValueError, match=message):
        steps_figure(query, keys, values, **options)
