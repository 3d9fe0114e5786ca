"""The picture tells the truth: colours, bar, labels, titles, numbers and pooling, read back from the figure."""

import itertools
import math
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from attn_lesson import attention_distribution, eye_weights, heatmap_figure, rand_weights
from attn_lesson.experiments import SIX_WORDS
from attn_lesson.heatmaps.bar_ticks import bar_ticks
from attn_lesson.heatmaps.drawing import GREY
from attn_lesson.heatmaps.layout import SMALLEST_PANEL
from attn_lesson.heatmaps.scale import Scale
from attn_lesson.heatmaps.words import cell_text

GENERATOR = torch.Generator().manual_seed(0)
GREY_BYTES = tuple(round(255 * c) for c in mpl.colors.to_rgba(GREY))


def draw(matrices, xlabel="Keys", ylabel="Queries", **options):
    return heatmap_figure(matrices, xlabel, ylabel, **options)


def panels(figure):
    """Return the colours of each panel, as drawn, row by row: (drawn queries, drawn keys, 4)."""
    image = figure.axes[0].images[0]
    picture = np.asarray(image.get_array())
    left, right, bottom, top = image.get_extent()
    split_y, split_x = figure.layout.split
    cut = []
    for x0, x1, y1, y0 in extents(figure):
        columns = [round((x - left) / (right - left) * picture.shape[1]) for x in (x0, x1)]
        rows = [round((y - top) / (bottom - top) * picture.shape[0]) for y in (y0, y1)]
        cut.append(picture[slice(*rows), slice(*columns)][::split_y, ::split_x])
    return cut


def extents(figure):
    """Return left, right, bottom and top of each panel, in inches, row by row."""
    rows, columns = np.shape(figure.scales)[:2]
    boxes = [figure.layout.panel(i, j) for i in range(rows) for j in range(columns)]
    return [(left, right, bottom, top) for left, top, right, bottom in boxes]


class Bar(NamedTuple):
    """A colour bar as it is drawn: its box, its colours from the top down, and its labels with their heights."""

    left: float
    top: float
    right: float
    bottom: float
    colours: np.ndarray
    labels: list[tuple[str, float]]

    def value(self, height):
        """Read a value off the bar at a height, by its first and its last label, as a person would."""
        ends = [(float(word.strip("≤≥ ").replace("−", "-")), y) for word, y in (self.labels[0], self.labels[-1])]
        (low, y0), (high, y1) = ends
        return low + (high - low) * (y0 - height) / (y0 - y1)


def bars(figure):
    words = [text for text in figure.axes[0].texts if str(text.get_gid()).startswith("bar")]
    labels = [(text.get_text(), *text.get_position()) for text in words]
    found = []
    for image in figure.axes[0].images[1:]:
        left, right, bottom, top = image.get_extent()
        beside = [(word, y) for word, x, y in labels if 0 < x - right < 0.1 and top - 1e-6 <= y <= bottom + 1e-6]
        colours = np.asarray(image.get_array())[:, 0]
        found.append(Bar(left, top, right, bottom, colours, sorted(beside, key=lambda label: -label[1])))
    return found


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def boxes(figure):
    """Return the box of every text that is drawn, in pixels."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    return {f"{n} {word.get_text()}": word.get_window_extent(renderer) for n, word in enumerate(figure.axes[0].texts)}


def overlapping(figure):
    pairs = itertools.combinations(boxes(figure).items(), 2)
    return [(a, b) for (a, one), (b, two) in pairs if one.padded(-0.5).overlaps(two.padded(-0.5))]


# --- colours -----------------------------------------------------------------------------------------------


def test_the_source_calls_draw_what_the_source_describes():
    (eye,) = panels(draw(torch.eye(10).reshape((1, 1, 10, 10))))
    cmap = mpl.colormaps["Reds"]
    for i, j in np.ndindex(10, 10):
        assert tuple(eye[i, j]) == cmap(float(i == j), bytes=True)
    matrix = torch.rand(1, 1, 10, 10, generator=GENERATOR)
    (rand,) = panels(draw(matrix))
    np.testing.assert_array_equal(rand, cmap(matrix[0, 0].double().numpy() / matrix.max().item(), bytes=True))


def test_equal_values_have_equal_colours_in_any_panel_position_and_call():
    one = torch.stack([torch.full((4, 4), 0.1), torch.rand(4, 4, generator=GENERATOR), torch.eye(4)])[None]
    first, _, eye = panels(draw(one))
    *_, last = panels(draw(one.flip(1)))
    assert len({tuple(colour) for colour in first.reshape(-1, 4)}) == 1
    np.testing.assert_array_equal(first, last)
    (alone,) = panels(draw(one[0, 0], vmin=0, vmax=1))
    np.testing.assert_array_equal(first, alone)
    assert tuple(eye[0, 0]) != tuple(first[0, 0])


def test_the_one_bar_is_true_for_every_panel():
    figure = draw(torch.stack([eye_weights(), attention_distribution(rand_weights())])[None])
    (bar,) = bars(figure)
    assert figure.scales == [[(0.0, 1.0, False, False)] * 2]
    assert {image.origin for image in figure.axes[0].images} == {"upper"}
    heights = np.linspace(bar.bottom, bar.top, 256)
    seen = mpl.colormaps["Reds"](np.array([bar.value(height) for height in heights]), bytes=True)
    np.testing.assert_allclose(bar.colours[::-1].astype(int), seen, atol=2)


def test_without_a_shared_scale_each_panel_has_its_own_and_its_own_bar():
    matrices = torch.stack([eye_weights(), 0.01 * eye_weights(), eye_weights() - 0.5])[None]
    figure = draw(matrices, share_scale=False)
    read = [(bar.value(bar.bottom), bar.value(bar.top)) for bar in bars(figure)]
    np.testing.assert_allclose(read, [(0, 1), (0, 0.01), (-0.5, 0.5)], atol=1e-6)
    np.testing.assert_allclose([scale[:2] for scale in figure.scales[0]], read, atol=1e-6)
    first, second, third = panels(figure)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)
    for bar, (_, right, bottom, top) in zip(bars(figure), extents(figure), strict=True):
        assert 0 < bar.left - right < 0.2  # right beside its panel
        assert (bar.top, bar.bottom) == (top, bottom)


def test_values_beyond_the_limits_are_said_at_the_ends_of_the_bar():
    (bar,) = bars(draw(rand_weights(), vmin=0.25, vmax=0.5))
    words = [word for word, _ in bar.labels]
    assert (words[0], words[-1]) == ("≤ 0.25", "≥ 0.50")
    (bar,) = bars(draw(rand_weights(), vmin=0, vmax=1))
    assert not any("≤" in word or "≥" in word for word, _ in bar.labels)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.1, 0.1 + 1e-9), (-3, 1e6), (0, 1e-12), (-1e308, 1e308), (5, 5.5)])
@pytest.mark.parametrize("most", [2, 5, 9])
def test_bar_labels_differ_and_lie_between_the_limits(low, high, most):
    ticks, words, power = bar_ticks(Scale(low, high), most)
    assert 2 <= len(ticks) == len(set(words)) <= most + 2
    assert list(ticks) == sorted(ticks)
    assert low - 1e-5 * (high / 2 - low / 2) <= ticks[0] < ticks[-1] <= high + 1e-5 * (high / 2 - low / 2)
    np.testing.assert_allclose([float(f"{word.replace('−', '-')}e{power}") for word in words], ticks, rtol=1e-9)


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        (Scale(0.0, 0.168, over=True), ["0", "0.100", "≥ 0.168"]),
        (Scale(0.166, 0.17), ["0.166", "0.168", "0.170"]),
        (Scale(-0.5, 1.0), ["−0.5", "0", "0.5", "1"]),
        (Scale(0.0, 0.13), ["0", "0.05", "0.10"]),
        (Scale(9.5, 10.5), ["9.5", "10", "10.5"]),
        (Scale(0.0, 4.0), ["0", "2", "4"]),
    ],
)
def test_the_labels_of_a_bar_have_equally_many_decimals_but_for_whole_numbers(scale, words):
    assert list(bar_ticks(scale, most=3).words) == words


@pytest.mark.parametrize("high", [0.11, 0.19, 0.29, 0.31, 0.39, 0.59, 0.69, 0.99, 1.0, 31.0])
def test_the_deepest_colours_have_a_number_near_them(high):
    ticks = bar_ticks(Scale(0.0, high), most=2).values
    assert ticks[-1] >= high * 2 / 3
    assert len(ticks) <= 6


def test_what_is_not_a_number_is_grey_and_the_picture_says_so():
    matrix = torch.rand(3, 3, generator=GENERATOR)
    matrix[0, 1], matrix[2, 2] = -math.inf, math.nan
    with pytest.warns(UserWarning, match="1 NaN"):
        figure = draw(matrix)
    (panel,) = panels(figure)
    grey = [(i, j) for i, j in np.ndindex(3, 3) if tuple(panel[i, j]) == GREY_BYTES]
    assert grey == [(0, 1), (2, 2)]
    assert "grey: masked (−∞), NaN" in texts(figure)


# --- pooling -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [64, 100, 149, 513, 1024, 4096])
@pytest.mark.parametrize("figsize", [(2.5, 2.5), (6, 6)])
def test_a_lone_peak_is_seen_at_every_size(size, figsize, tmp_path):
    matrix = torch.full((size, size), 0.001)
    matrix[size // 3, size - 2] = 1.0
    figure = draw(matrix, figsize=figsize)
    (panel,) = panels(figure)
    assert (panel == mpl.colormaps["Reds"](1.0, bytes=True)).all(-1).sum() == 1
    figure.savefig(tmp_path / "peak.png", dpi=72)
    shown = mpl.image.imread(tmp_path / "peak.png")[..., :3]
    shown = shown[:, : int(bars(figure)[0].left / figure.get_figwidth() * shown.shape[1])]
    darkest = shown[shown[..., 0] - shown[..., 1:].max(-1) > 0.2]  # the red ones
    assert np.abs(darkest - np.array(mpl.colormaps["Reds"](1.0)[:3])).max(-1).min() < 0.05


def test_the_picture_says_how_it_was_pooled():
    assert "each cell is the largest of" not in " ".join(texts(draw(torch.rand(64, 64), figsize=(4, 4))))
    assert "each cell is the largest of 10 × 10 weights" in " ".join(texts(draw(torch.rand(1000, 1000))))
    signed = " ".join(texts(draw(torch.randn(1000, 1000, generator=GENERATOR))))
    assert "each cell is the value farthest from 0 of 10 × 10 values" in signed


def test_limits_come_from_before_the_pooling():
    matrix = torch.rand(1000, 1000, generator=GENERATOR) - 0.5
    ((scale,),) = draw(matrix).scales
    assert scale == (matrix.min().item(), matrix.max().item(), False, False)


# --- words -------------------------------------------------------------------------------------------------

SENTENCE = ["a", "sentence", "of", "eight", "words", "is", "drawn", "here"]
CASES = {
    "1x1": ((10, 10), {}),
    "1x4": ((1, 4, 64, 64), {"titles": ["Head 1", "Head 2", "Head 3", "Head 4"]}),
    "12x12": (
        (12, 12, 64, 64),
        {"titles": [f"head {i}" for i in range(12)], "row_titles": [f"layer {i}" for i in range(12)]},
    ),
    "2x500": ((2, 500), {}),
    "500x2": ((500, 2), {}),
    "tokens": ((8, 8), {"query_labels": SENTENCE, "key_labels": SENTENCE}),
    "tokens in a grid": ((2, 3, 8, 8), {"query_labels": SENTENCE, "key_labels": SENTENCE, "titles": list("abcdef")}),
    "many tokens": ((40, 40), {"query_labels": SENTENCE * 5, "key_labels": SENTENCE * 5}),
    "long words": ((2, 2), {"query_labels": ["x" * 80, "y"], "key_labels": ["x", "y" * 80], "titles": ["z" * 200]}),
    "long titles": ((1, 5, 3, 3), {"titles": ["a very long title indeed"] * 5, "row_titles": ["and a long row title"]}),
    "own bars": ((2, 3, 5, 5), {"share_scale": False, "titles": ["a", "b", "c"]}),
    "numbers": ((2, 2, 6, 6), {"annotate": True}),
    "large numbers": ((1, 1, 20, 20), {"annotate": True}),
    "no names": ((3, 3), {"xlabel": "", "ylabel": None}),
    "wide figure": ((1, 2, 4, 4), {"figsize": (9, 2)}),
    "tall figure": ((1, 2, 4, 4), {"figsize": (2, 9)}),
    "tiny figure": ((1, 1, 4, 4), {"figsize": (0.1, 0.1)}),
    "one cell each": ((2, 3, 1, 1), {}),
    "long names": ((1, 12), {"xlabel": "Keys of the source sentence (French)", "ylabel": "Position in the sentence"}),
    "a long name below": ((12, 1), {"xlabel": "Keys of the source sentence (French)"}),
    "very long names": ((3, 3), {"xlabel": "one and another " * 40, "ylabel": "one and another " * 40}),
    "a name without spaces": ((1, 12), {"ylabel": "x" * 90}),
    "a lone title": ((10, 10), {"titles": ["Attention weights, layer 3, head 5"]}),
    "a lone title and a long name": (
        (1, 12),
        {"titles": ["Attention weights " * 3], "ylabel": "Position in it all"},
    ),
    "lone titles in rows": ((2, 1, 5, 5), {"titles": ["Attention weights, layer 3", "Attention weights, layer 4"]}),
    "long titles over own bars": ((2, 3, 5, 5), {"titles": ["a very long title indeed"] * 6, "share_scale": False}),
    "a note wider than the panel": ((500, 1), {}),
}


@pytest.mark.parametrize(("shape", "options"), CASES.values(), ids=CASES.keys())
def test_nothing_overlaps_and_everything_is_inside_the_figure(shape, options):
    check_fit(draw(torch.rand(shape, generator=GENERATOR), **options))


def check_fit(figure):
    """Every word is inside what a notebook shows, off all other words, and off the panels unless it is a number."""
    assert overlapping(figure) == []
    left, bottom, right, top = figure.content.extents * figure.dpi
    assert 0 <= left < right <= figure.bbox.width + 1e-6
    assert 0 <= bottom < top <= figure.bbox.height + 1e-6
    drawn = list(zip(boxes(figure).items(), figure.axes[0].texts, strict=True))
    for (word, box), _ in drawn:
        assert left - 1 <= box.x0 <= box.x1 <= right + 1, word
        assert bottom - 1 <= box.y0 <= box.y1 <= top + 1, word
    for x0, x1, y1, y0 in extents(figure):
        assert min(x1 - x0, y1 - y0) >= SMALLEST_PANEL - 1e-9
        (px0, py0), (px1, py1) = figure.axes[0].transData.transform([(x0, y1), (x1, y0)])
        panel = mpl.transforms.Bbox([[px0, py0], [px1, py1]])
        outside = [box for (_, box), text in drawn if not str(text.get_gid()).startswith("number")]
        assert not any(box.padded(-0.5).overlaps(panel) for box in outside)


EYES = torch.eye(5, dtype=torch.float64).expand(2, 2, 5, 5)
MAGNITUDES = {
    "1/4096": (torch.full((64, 64), 1 / 4096), {}),
    "1e-4": (1e-4 * EYES, {}),
    "1e-4, one by one": (1e-4 * EYES, {"share_scale": False, "titles": list("abcd")}),
    "1e-4, a lone title": (1e-4 * EYES[:, :1], {"titles": ["Attention weights, layer 3, head 5"]}),
    "1e-200": (1e-200 * EYES, {}),
    "1500": (1500 * EYES, {}),
    "1e6": (-1e6 * EYES, {}),
    "1e300": (1e300 * EYES, {}),
    "nearly constant": (torch.tensor([[-1, -1.0000001]], dtype=torch.float64), {}),
    "nearly constant, one by one": (-1 - 1e-7 * EYES, {"share_scale": False}),
    "nearly constant and large": (1e7 + 1e-3 * EYES, {"vmin": 1e7}),
    "given limits": (EYES, {"vmin": 0.0123, "vmax": 0.168}),
    "given limits, one by one": (EYES, {"vmin": 0.2, "vmax": 0.5, "share_scale": False}),
    "a tiny beginning": (EYES, {"vmin": 1e-9, "vmax": 0.5}),
    "eyes, one by one": (EYES, {"share_scale": False}),
}


@pytest.mark.parametrize(("matrices", "options"), MAGNITUDES.values(), ids=MAGNITUDES.keys())
def test_the_numbers_of_a_bar_fit_at_every_magnitude_in_one_notation(matrices, options):
    figure = draw(matrices, **options)
    check_fit(figure)
    for bar in bars(figure):
        words = [word.strip("≤≥ ").replace("−", "-") for word, _ in bar.labels]
        assert not any("e" in word for word in words)
        assert len({len(word.partition(".")[2]) for word in words if "." in word}) <= 1
        assert len(set(words)) == len(words) >= 2


def test_a_power_of_ten_is_written_once_over_its_bar():
    figure = draw(torch.full((64, 64), 1 / 4096))
    (bar,) = bars(figure)
    assert [word for word, _ in bar.labels] == ["0", "0.5", "1", "1.5", "2"]
    (unit,) = [text for text in figure.axes[0].texts if text.get_gid() == "unit"]
    assert unit.get_text() == "×10⁻⁴"
    assert unit.get_position()[1] < bar.top
    assert [text for text in draw(torch.eye(3)).axes[0].texts if text.get_gid() == "unit"] == []


def test_a_name_is_whole_and_a_lone_title_too():
    names = {"xlabel": "Keys of the source sentence (French)", "ylabel": "Position in the sentence"}
    written = " ".join(texts(draw(torch.rand(1, 12, generator=GENERATOR), **names)))
    assert all(name in written for name in names.values())
    assert "Attention weights, layer 3, head 5" in texts(
        draw(torch.rand(10, 10), titles=["Attention weights, layer 3, head 5"])
    )


@pytest.mark.parametrize(("shape", "options"), CASES.values(), ids=CASES.keys())
def test_figsize_is_honoured_while_the_panels_can_be_read(shape, options):
    matrices = torch.rand(shape, generator=GENERATOR)
    grown = draw(matrices, **options).get_size_inches()
    assert (grown >= np.array(options.get("figsize", (2.5, 2.5))) - 1e-9).all()
    large = {**options, "figsize": (15, 16)}
    assert draw(matrices, **large).get_size_inches().tolist() == [15, 16]


def test_labels_stand_at_their_cells():
    figure = draw(torch.rand(6, 6, generator=GENERATOR), query_labels=SIX_WORDS, key_labels=SIX_WORDS, figsize=(4, 4))
    left, right, bottom, top = figure.axes[0].images[0].get_extent()
    places = [(t.get_text(), *t.get_position()) for t in figure.axes[0].texts if t.get_text() in SIX_WORDS]
    keys = [(word, x) for word, x, y in places if y > bottom]
    queries = [(word, y) for word, x, y in places if x < left]
    assert [word for word, _ in keys] == [word for word, _ in queries] == list(SIX_WORDS)
    centres = (np.arange(6) + 0.5) / 6
    np.testing.assert_allclose([x for _, x in keys], left + centres * (right - left))
    np.testing.assert_allclose([y for _, y in queries], top + centres * (bottom - top))


def test_no_room_is_kept_for_a_label_that_is_left_out():
    short = ["a"] * 40
    long = ["a", "a long label", *short[2:]]
    words = [draw(torch.rand(40, 40, generator=GENERATOR), key_labels=labels) for labels in (["ab"] * 40, long, short)]
    wide, thinned, narrow = words
    assert "a long label" not in texts(thinned)
    assert thinned.layout.keys.turned
    assert narrow.layout.under == pytest.approx(thinned.layout.under)
    assert wide.layout.under > thinned.layout.under
    check_fit(thinned)


def test_titles_stand_above_their_own_panels():
    names = [f"r{i}c{j}" for i in range(2) for j in range(3)]
    figure = draw(torch.rand(2, 3, 5, 5, generator=GENERATOR), titles=names, row_titles=["up", "down"])
    where = {t.get_text(): t.get_position() for t in figure.axes[0].texts}
    for name, (left, right, _, top) in zip(names, extents(figure), strict=True):
        assert where[name] == (pytest.approx((left + right) / 2), pytest.approx(top - 0.03))
    assert where["up"][1] < where["down"][1]
    columns = draw(torch.rand(2, 3, 5, 5, generator=GENERATOR), titles=["a", "b", "c"])
    assert [word for word in texts(columns) if word in "abc"] == ["a", "b", "c"]  # once, on top


def test_annotate_writes_each_value_into_its_cell_in_ink_that_can_be_read():
    matrix = torch.tensor([[0.0, 1.0], [0.25, -0.5]])
    figure = draw(matrix, annotate=True)
    left, right, bottom, top = figure.axes[0].images[0].get_extent()
    seen = {}
    for text in figure.axes[0].texts:
        if (text.get_gid() or "").startswith("number"):
            x, y = text.get_position()
            seen[int((y - top) / (bottom - top) * 2), int((x - left) / (right - left) * 2)] = (
                text.get_text(),
                text.get_color(),
            )
    assert {cell: word for cell, (word, _) in seen.items()} == {
        (0, 0): "0",
        (0, 1): "1",
        (1, 0): "0.25",
        (1, 1): "−0.5",
    }
    assert seen[0, 1][1] == "#ffffff"
    assert seen[1, 1][1] == "#000000"


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.004, "0.00"),
        (-0.004, "0.00"),
        (0.5, "0.5"),
        (10, "10"),
        (99.96, "100"),
        (123.456, "123"),
        (999.7, "1000"),
        (-1384.2, "−1384"),
        (12345.0, "12345"),
        (99999.4, "99999"),
        (100000, "1e5"),
        (-1234567, "−1.2e6"),
        (math.inf, "∞"),
        (math.nan, "NaN"),
    ],
)
def test_a_number_is_written_in_few_letters(value, word):
    assert cell_text(value) == word


NUMBERS = torch.randn(6, 6, generator=GENERATOR)


@pytest.mark.parametrize(
    "matrix",
    [NUMBERS.abs() / 9, 3 * NUMBERS, 1500 * NUMBERS, 1e6 * NUMBERS, -1e300 * NUMBERS.double(), 1e-5 * NUMBERS],
    ids=["weights", "signed", "thousands", "millions", "huge", "tiny"],
)
@pytest.mark.parametrize("figsize", [(2.5, 2.5), (1, 4), (6, 6)])
def test_a_number_fits_its_cell(matrix, figsize):
    figure = draw(matrix, annotate=True, figsize=figsize)
    renderer = FigureCanvasAgg(figure).get_renderer()
    ((x0, x1, y1, y0),) = extents(figure)
    seen = 0
    for text in figure.axes[0].texts:
        if str(text.get_gid()).startswith("number"):
            row, column = map(int, text.get_gid().split()[1:])
            corners = [
                (x0 + (x1 - x0) * n / 6, y0 + (y1 - y0) * m / 6) for n, m in ((column, row), (column + 1, row + 1))
            ]
            (left, top), (right, bottom) = figure.axes[0].transData.transform(corners)
            box = text.get_window_extent(renderer)
            assert left + 1 < box.x0 < box.x1 < right - 1
            assert bottom < box.y0 < box.y1 < top
            seen += 1
    assert seen == 36


def test_odd_labels_are_drawn_or_boxed_but_never_an_error(tmp_path):
    odd = ["$\\frac{", "<b>&\"'", "中文", "😀", None, 3, "two\nlines", "\x00\x1b[31m"]
    figure = draw(
        torch.rand(8, 8, generator=GENERATOR),
        "$ <x>",
        "中文 & co",
        query_labels=odd,
        key_labels=odd,
        titles=["\u200d☃ é"],
    )
    for kind in ("svg", "png", "pdf"):
        figure.savefig(tmp_path / f"odd.{kind}")
    assert "$\\frac{" in texts(figure)


# --- the reference ----------------------------------------------------------------------------------------


def test_d2l_draws_the_same_matrices_and_labels_with_the_same_limits():
    d2l = pytest.importorskip("d2l.torch")
    matrices = torch.rand(2, 3, 5, 7, generator=GENERATOR)
    d2l.show_heatmaps(matrices, "Keys", "Queries", titles=["a", "b", "c"])
    reference = d2l.plt.gcf()
    ours = draw(matrices, titles=["a", "b", "c"], vmin=0, vmax=1)
    try:
        theirs = [axes.images[0] for axes in reference.axes if axes.images]
        assert len(theirs) == len(panels(ours)) == 6
        for image, colours in zip(theirs, panels(ours), strict=True):
            image.set_clim(0, 1)
            np.testing.assert_array_equal(image.to_rgba(image.get_array(), bytes=True), colours)
        assert reference.axes[-1].get_ylim() == ours.scales[0][0][:2] == (0, 1)
        words = {axes.get_xlabel() for axes in reference.axes} | {axes.get_ylabel() for axes in reference.axes}
        words |= {axes.get_title() for axes in reference.axes}
        assert words - {""} <= set(texts(ours))
    finally:
        d2l.plt.close(reference)


@pytest.mark.parametrize("cmap", ["Reds", "Blues", "viridis", "gray", "RdBu"])
def test_a_number_stands_out_from_its_cell(cmap):
    """Of black and white the one with more contrast (WCAG 2.2), which is always 4.5 to 1 or more."""

    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    steps = torch.linspace(0, 1, 20)
    figure = heatmap_figure(steps[None], "Keys", "Queries", cmap=cmap, annotate=True, figsize=(8, 2))
    inks = [text.get_color() for text in figure.axes[0].texts if (text.get_gid() or "").startswith("number")]
    assert len(inks) == 20
    for step, ink in zip(steps, inks, strict=True):
        darker, lighter = sorted((luminance(mpl.colormaps[cmap](float(step))), luminance(ink)))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5
