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


@pytest.mark.parametrize(
    "titles",
    [
        [["a0", "b0"], ["a1", "b1"], ["a2", "b2"]],
        [["a", "b", "c"]] * 3,
        [["a", "b"], "c"],
        [["a", "b", "c"], "d", "e", "f"],
        np.array([["a0", "b0"], ["a1", "b1"], ["a2", "b2"]]),
    ],
    ids=["turned", "too many rows", "mixed", "mixed to the right number", "array"],
)
def test_titles_in_rows_need_the_shape_of_the_grid(titles):
    with pytest.raises(
        ValueError, match=r"^titles in rows needs 2 rows of 3 titles, got (rows of .*|titles and rows mixed)$"
    ):
        heatmap_figure(GRID, "Keys", "Queries", titles=titles)


def test_titles_may_be_an_array():
    assert checked_titles(np.array([["a", "b", "c"], ["d", "e", "f"]]), 2, 3) == [["a", "b", "c"], ["d", "e", "f"]]
    assert checked_titles(np.array(["a", "b", "c"]), 2, 3) == [["a", "b", "c"]]
    assert checked_titles([["a", "b", "c"]], 2, 3) == [["a", "b", "c"]]


@pytest.mark.parametrize("figsize", [(61, 61), (1e6, 1), (1, 60.1)])
def test_figsize_has_an_end(figsize):
    with pytest.raises(ValueError, match=r"^figsize needs a width and a height of at most 60 inches, got \("):
        heatmap_figure(GRID, "Keys", "Queries", figsize=figsize)
    assert checked_figsize((60, 60)) == (60.0, 60.0)


@pytest.mark.parametrize("name", ["titles", "row_titles", "query_labels", "key_labels"])
def test_a_number_is_not_a_list_of_labels(name):
    with pytest.raises(TypeError, match=f"^{name} needs a list of . (titles|labels), got int$"):
        heatmap_figure(GRID, "Keys", "Queries", **{name: 3})


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"vmin": -(10**400)}, r"^vmin needs to be a finite number, got -1000000000\d*$"),
        ({"vmax": 1j}, "^vmax needs to be a finite number, got 1j$"),
        ({"vmax": np.complex128(1)}, "^vmax needs to be a finite number, got "),
        ({"vmax": 5e-324}, "^the colours need a scale longer than 2e-300, got one from 0.0 to 5e-324$"),
        ({"figsize": (10**400, 1)}, "^figsize needs two positive numbers, width and height in inches, got "),
    ],
)
def test_a_number_beyond_all_floats_is_one_sentence(options, text):
    with pytest.raises(ValueError, match=text) as caught:
        heatmap_figure(GRID, "Keys", "Queries", **options)
    assert len(str(caught.value)) < 150


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


def test_limits_may_be_read_off_the_weights():
    figure = heatmap_figure(GRID, "Keys", "Queries", vmin=GRID.min(), vmax=GRID.numpy().max(keepdims=True).reshape(()))
    assert figure.scales == [[(GRID.min().item(), GRID.max().item(), False, False)] * 3] * 2
