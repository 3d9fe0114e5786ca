"""Every option is checked before anything is drawn, and says what it needs and what came."""

import matplotlib as mpl
import numpy as np
import pytest
import torch

from attn_lesson import heatmap_figure
from attn_lesson.heatmaps.options import checked_cmap, checked_figsize, checked_titles

GRID = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "figsize", [(0, 2), (-1, 2), (2, float("nan")), (2, float("inf")), (2,), (2, 2, 2), 3, "ab", "23", None]
)
def test_figsize_needs_two_positive_numbers(figsize):
    with pytest.raises(ValueError, match="figsize needs two positive numbers, width and height in inches, got "):
        heatmap_figure(GRID, "Keys", "Queries", figsize=figsize)


@pytest.mark.parametrize("figsize", [(3, 2), [3, 2], np.array([3, 2]), torch.tensor([3.0, 2.0])])
def test_figsize_may_come_in_any_pair(figsize):
    assert checked_figsize(figsize) == (3.0, 2.0)


def test_an_unknown_cmap_names_its_neighbours():
    with pytest.raises(ValueError, match="perhaps .*Reds or .*, got 'reds_'"):
        heatmap_figure(GRID, "Keys", "Queries", cmap="reds_")
    with pytest.raises(ValueError, match="needs the name of a Matplotlib colour map, got '~~~'"):
        checked_cmap("~~~")
    with pytest.raises(TypeError, match="needs the name of a Matplotlib colour map, got int"):
        checked_cmap(3)
    assert checked_cmap(mpl.colormaps["Blues"]).name == "Blues"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"titles": ["a", "b"]}, "titles needs 3 titles, one for each column or 6, one for each panel, got 2"),
        ({"titles": ["a"] * 7}, "got 7"),
        ({"row_titles": ["a"]}, "row_titles needs 2 labels, one for each row of panels, got 1"),
        ({"query_labels": list("abcd")}, "query_labels needs 5 labels, one for each query, got 4"),
        ({"key_labels": list("abcde")}, "key_labels needs 7 labels, one for each key, got 5"),
        ({"vmin": 2, "vmax": 1}, "vmin needs to be below vmax, got a scale from 2 to 1"),
    ],
)
def test_a_wrong_number_of_words_is_a_value_error(options, text):
    with pytest.raises(ValueError, match=text):
        heatmap_figure(GRID, "Keys", "Queries", **options)


def test_one_column_asks_for_one_title_a_column_only():
    with pytest.raises(ValueError, match="^titles needs 3 titles, one for each column, got 1$"):
        checked_titles(["a"], 1, 3)


@pytest.mark.parametrize("name", ["titles", "row_titles", "query_labels", "key_labels"])
def test_a_string_is_not_a_list_of_labels(name):
    with pytest.raises(TypeError, match=f"{name} needs a list of . .*, got the single string 'abc'"):
        heatmap_figure(GRID, "Keys", "Queries", **{name: "abc"})


def test_titles_may_be_one_for_each_column_or_each_panel_flat_or_in_rows():
    assert checked_titles(None, 2, 3) == []
    assert checked_titles(["a", None, 3], 2, 3) == [["a", "", "3"]]
    assert checked_titles(list("abcdef"), 2, 3) == [["a", "b", "c"], ["d", "e", "f"]]
    assert checked_titles([["a", "b", "c"], ["d", "e", "f"]], 2, 3) == [["a", "b", "c"], ["d", "e", "f"]]


def test_numbers_are_written_only_where_they_can_be_read():
    with pytest.raises(ValueError, match="annotate needs matrices of at most 20 × 20, got 21 × 3"):
        heatmap_figure(torch.rand(21, 3), "Keys", "Queries", annotate=True)


def test_too_many_panels_are_one_clear_error():
    with pytest.raises(ValueError, match=r"200 × 200 panels need .* plot a part, such as matrices\[:16, :16\]"):
        heatmap_figure(torch.rand(200, 200, 2, 2), "Keys", "Queries")
