"""After a heatmap pyplot goes on with a figure of its own, and nothing drawn before or after is lost."""

import io

import pytest
import torch
from matplotlib import pyplot as plt

from attn_lesson import heatmap_figure, show_heatmaps
from attn_lesson.heatmaps import HeatmapFigure


@pytest.fixture(autouse=True)
def closed():
    plt.close("all")
    yield
    plt.close("all")


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plt.plot([1, 2, 3]),
        lambda: plt.title("mine"),
        lambda: plt.subplot(1, 2, 2),
        lambda: plt.subplot2grid((2, 2), (0, 1)),
        lambda: plt.axes(),
        lambda: plt.axes((0.1, 0.1, 0.5, 0.5)),
        lambda: plt.gca(),
    ],
    ids=["plot", "title", "subplot", "subplot2grid", "axes", "axes somewhere", "gca"],
)
def test_what_pyplot_draws_next_has_a_figure_of_its_own(draw):
    show_heatmaps(torch.eye(3), "Keys", "Queries")
    heatmap = plt.gcf()
    before = heatmap.to_svg()
    draw()
    assert plt.gcf() is not heatmap
    assert len(plt.gcf().axes) == 1
    assert plt.gcf().axes[0] is plt.gca()
    assert len(plt.get_fignums()) == 2
    draw()
    assert len(plt.get_fignums()) == 2  # further strokes go on the same figure
    assert heatmap.to_svg() == before


def test_until_then_the_heatmap_is_the_current_figure(tmp_path):
    show_heatmaps(torch.eye(3), "Keys", "Queries")
    assert isinstance(plt.gcf(), HeatmapFigure)
    plt.savefig(tmp_path / "heatmap.svg")
    assert (tmp_path / "heatmap.svg").read_text() == heatmap_figure(torch.eye(3), "Keys", "Queries").to_svg()
    plt.plot([1, 2])
    saved = io.BytesIO()
    plt.savefig(saved, format="svg")
    assert b"Queries" not in saved.getvalue()


def test_a_figure_that_was_not_shown_takes_marks_as_any_other():
    figure = heatmap_figure(torch.eye(3), "Keys", "Queries")
    assert figure.gca() is figure.axes[0]
    assert figure.sca(figure.axes[0]) is figure.axes[0]
    figure.add_subplot()
    assert len(figure.axes) == 2
    assert plt.get_fignums() == []
