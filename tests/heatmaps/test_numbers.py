"""A picture carries its own numbers: all of them where they are few, else the ends of each panel."""

import json
from xml.etree import ElementTree

import pytest
import torch

from attn_lesson import heatmap_figure
from attn_lesson.heatmaps.numbers import MOST

WEIGHTS = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))


def numbers(matrices, xlabel="Keys", ylabel="Queries", **options):
    """Read the numbers out of the picture, as anyone would who has only the SVG."""
    svg = heatmap_figure(matrices, xlabel, ylabel, **options).to_svg()
    return json.loads(ElementTree.fromstring(svg).find("{http://www.w3.org/2000/svg}metadata").text)


def test_every_cell_is_there_to_four_digits_in_its_place():
    said = numbers(WEIGHTS)
    cells = torch.tensor([[[float(text) for text in row] for row in panel["cells"]] for panel in said["panels"]])
    torch.testing.assert_close(cells.reshape(2, 3, 4, 5), WEIGHTS, rtol=5e-4, atol=0)
    assert not torch.equal(cells.reshape(2, 3, 4, 5), WEIGHTS)
    assert (said["down"], said["across"]) == ("Queries", "Keys")
    assert (said["queries"], said["keys"]) == (list("0123"), list("01234"))


def test_labels_and_titles_name_them():
    said = numbers(torch.eye(2), query_labels=["猫 & <b>", None], key_labels=["a", 7])
    assert (said["queries"], said["keys"]) == (["猫 & <b>", "1"], ["a", "7"])


@pytest.mark.parametrize(
    ("options", "first", "last"),
    [
        ({}, "row 0, column 0", "row 1, column 2"),
        ({"titles": ["a", "b", "c"]}, "a", "c"),
        ({"titles": list("abcdef")}, "a", "f"),
        ({"row_titles": ["upper", "lower"]}, "upper", "lower"),
        ({"row_titles": ["upper", "lower"], "titles": ["a", "b", "c"]}, "upper, a", "lower, c"),
    ],
)
def test_each_panel_has_a_name(options, first, last):
    names = [panel["name"] for panel in numbers(WEIGHTS, **options)["panels"]]
    assert (len(names), names[0], names[-1]) == (6, first, last)


def test_a_single_panel_needs_no_name_but_keeps_its_title():
    assert numbers(torch.eye(2))["panels"][0]["name"] == ""
    assert numbers(torch.eye(2), titles=["eye"])["panels"][0]["name"] == "eye"


@pytest.mark.filterwarnings("ignore:1 NaN among")
@pytest.mark.filterwarnings("ignore:1 .inf among")
def test_what_is_not_a_number_is_said_in_words():
    strange = torch.tensor([[float("nan"), float("inf"), -float("inf")], [-0.0, -0.25, 1e-9]])
    assert numbers(strange)["panels"][0]["cells"] == [["NaN", "∞", "−∞"], ["0", "−0.25", "1e-09"]]


def test_many_cells_are_told_by_the_ends_of_each_panel():
    assert "cells" in numbers(torch.rand(1, 1, 20, MOST // 20), figsize=(9, 9))["panels"][0]
    many = torch.rand(1, 2, 20, MOST // 20, generator=torch.Generator().manual_seed(0)) - 0.5
    said = numbers(many, titles=["a", "b"], figsize=(9, 9))
    assert "keys" not in said
    for panel, matrix in zip(said["panels"], many[0], strict=True):
        assert set(panel) == {"name", "least", "largest"}
        assert float(panel["least"].replace("−", "-")) == pytest.approx(float(matrix.min()), rel=5e-4)
        assert float(panel["largest"]) == pytest.approx(float(matrix.max()), rel=5e-4)


def test_pooled_cells_are_never_passed_off_as_weights():
    lone = torch.full((1, 1, 500, 2), 0.001)
    lone[0, 0, 250, 1] = 1.0
    said = numbers(lone, figsize=(1, 1))
    assert said["panels"] == [{"name": "", "least": "0.001", "largest": "1"}]


def test_words_cannot_close_the_metadata():
    said = numbers(torch.eye(2), titles=["</metadata><script>"])
    assert said["panels"][0]["name"] == "</metadata><script>"
