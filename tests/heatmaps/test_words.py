"""What a picture says of itself, and how any label becomes one line of text."""

from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from attn_lesson import heatmap_figure
from attn_lesson.heatmaps.words import plain


@pytest.mark.parametrize(
    "text", ["👩\u200d💻", "می\u200cخواهم", "中文", "🏴\U000e0067\U000e0062\U000e007f", "a\u200eb", "é", "ünï"]
)
def test_what_joins_letters_into_one_sign_stays(text):
    assert plain(text) == text
    assert text in heatmap_figure(torch.eye(2), text, "Queries").to_svg()


@pytest.mark.parametrize(
    "breaking", ["\n", "\t", "\x00", "\x1b", "\x85", "\u2028", "\u202e", "\u2066", "\ud800", "\uffff"]
)
def test_what_breaks_a_line_or_a_file_is_a_space(breaking):
    assert plain(f"a{breaking}b") == "a b"
    figure = heatmap_figure(torch.eye(2), f"a{breaking}b", "Queries", titles=[breaking])
    ElementTree.fromstring(figure.to_svg())


def test_the_description_says_what_the_picture_says_in_words():
    weights = torch.eye(6)
    weights[0, 5] = -torch.inf
    figure = heatmap_figure(
        weights[None, None].expand(2, 2, 6, 6), "Keys", "Queries", ["a", None], row_titles=["b", "c"]
    )
    assert figure.alt == (
        "2 × 2 heatmaps of 6 × 6 cells, Queries (down) by Keys (across); values from 0 to 1. "
        "Title: a. Row titles: b, c. Grey: masked (−∞)."
    )
    pooled = heatmap_figure(torch.ones(1000, 1000), "Keys", "Queries").alt
    assert pooled.endswith("values from 1 to 1. Each cell is the largest of 10 × 10 weights.")
    titled = heatmap_figure(torch.eye(6), "Keys", "Queries", ["softmax"])
    assert "Title: softmax." in ElementTree.fromstring(titled.to_svg()).find("{http://www.w3.org/2000/svg}desc").text
    assert heatmap_figure(torch.eye(6), "Keys", "Queries", ["softmax"], alt="mine").alt == "mine"


def test_a_nan_is_in_the_description_too():
    with pytest.warns(UserWarning, match="1 NaN"):
        assert heatmap_figure([[np.nan, 1.0]], "Keys", "Queries").alt.endswith(" Grey: NaN.")


def test_many_titles_are_described_by_the_first_and_the_last():
    titles = [f"head {n}" for n in range(20)]
    alt = heatmap_figure(torch.rand(1, 20, 2, 2), "Keys", "Queries", titles).alt
    assert "head 0, head 1" in alt
    assert alt.endswith("head 9, …, head 19.")
