"""Draw the way of one query: scored against keys, shared out, averaged, with every number in its place."""

import json
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from torch import Tensor

from attn_lesson.attention import soft_attention
from attn_lesson.heatmaps.drawing import is_light
from attn_lesson.heatmaps.labels import text_width
from attn_lesson.heatmaps.marks import write
from attn_lesson.heatmaps.numbers import number_text
from attn_lesson.heatmaps.showing import HeatmapFigure
from attn_lesson.heatmaps.words import cell_text, plain
from attn_lesson.scores import ScoringFunction, scaled_dot_product_score

MOST_KEYS, MOST_NUMBERS = 10, 6
LEFT, HEIGHT, BOX, GAP = 1.1, 4.15, 0.28, 0.1  # inches: for the steps' names, in all, of a box, between boxes
NUMBER, WORD = 8.0, 9.0  # points
THREAD, RIM = "#c8372d", "#8a8a8a"
WIDEST_THREAD = 14.0  # points, for a weight of 1
TOPS = {"query": 0.1, "keys": 0.95, "scores": 1.5, "weights": 2.05, "values": 2.65, "context": 3.71}
Colour = Callable[[float], tuple[float, ...]]


def steps_figure(
    query: Tensor, keys: Tensor, values: Tensor, labels: Sequence[object] | None = None,
    score: ScoringFunction = scaled_dot_product_score, name: object = "",
) -> HeatmapFigure:  # fmt: skip
    """Draw the four steps of soft attention for one query, from top to bottom.

    Vectors are rows of boxes, blue for positive numbers and orange for negative ones, the deeper the larger. Weights
    are red, on a scale from 0 to 1, and a thread as wide as its weight leads through each value to the context.

    Args:
        query: `(1, query_size)`.
        keys: `(num_keys, key_size)`, at most 10.
        values: `(num_keys, value_size)`; no vector has more than 6 numbers.
        labels: One for each key; their numbers by default.
        score: Scoring function.
        name: What the query is called.

    Returns:
        The figure; it shows itself at the end of a notebook's cell. Its `alt` tells the steps in numbers.

    Raises:
        TypeError, ValueError: As `soft_attention`; for more than can be drawn; for a wrong number of labels.

    Source: the steps are those of Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1.

    >>> import torch
    >>> steps_figure(torch.tensor([[1.0]]), torch.zeros(2, 1), torch.tensor([[0.0], [4.0]])).alt
    'The query (1) scores 0, 0 against the keys 0, 1. The weights are 0.5, 0.5, and the context is (2).'
    """
    check_drawable(query, keys, values)
    words = [str(number) for number in range(len(keys))] if labels is None else [plain(label) for label in labels]
    if len(words) != len(keys):
        raise ValueError(f"labels need to be one for each of {len(keys)} keys, got {len(words)}")
    context, weights = soft_attention(query, keys, values, score)
    scores, shares = score(query, keys)[0].tolist(), weights[0].tolist()
    if not context.isfinite().all():
        raise ValueError(f"a picture of the steps needs weights that are numbers, got the scores {listed(scores)}")
    vectors = [*query.tolist(), *keys.tolist(), *values.tolist()]
    box, context_box = box_width(vectors), box_width([*vectors, *context.tolist()])
    wide = max(0.6, box * max(map(len, vectors)), *(text_width(word, WORD) for word in words))
    pitch = max(wide, context_box * context.shape[1] / len(keys)) + GAP
    figure = HeatmapFigure(figsize=(LEFT + len(keys) * pitch, HEIGHT))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, figure.get_figwidth()), ylim=(HEIGHT, 0))
    axes.set_axis_off()
    middles = [LEFT + (n + 0.5) * pitch for n in range(len(keys))]
    centre = (middles[0] + middles[-1]) / 2
    blue = blue_or_orange(max(abs(number) for vector in vectors for number in vector))

    for step, how in (("query", plain(name)), ("keys", ""), ("scores", ""), ("weights", "softmax: sum is 1"),
                      ("values", ""), ("context", "weights · values")):  # fmt: skip
        write(axes, 0.05, TOPS[step] + BOX / 2, step, 9, ha="left", weight="bold")
        write(axes, 0.05, TOPS[step] + BOX / 2 + 0.19, how, 7, ha="left")
    draw_boxes(axes, centre, TOPS["query"], query[0].tolist(), blue, box)
    for n, (word, middle, share) in enumerate(zip(words, middles, shares, strict=True)):
        draw_line(axes, (centre, middle), (TOPS["query"] + BOX, TOPS["keys"] - 0.22), RIM, 0.9)
        write(axes, middle, TOPS["keys"] - 0.12, word, WORD, style="italic")
        draw_boxes(axes, middle, TOPS["keys"], keys[n].tolist(), blue, box)
        write(axes, middle, TOPS["scores"] + BOX / 2, cell_text(scores[n]), WORD)
        draw_boxes(axes, middle, TOPS["weights"], [share], colormaps["Reds"], wide)
        draw_line(axes, (middle, middle), (TOPS["weights"] + BOX, TOPS["values"]), THREAD, WIDEST_THREAD * share)
        draw_boxes(axes, middle, TOPS["values"], values[n].tolist(), blue, box)
        end = centre + 0.12 * (middle - centre)
        draw_line(axes, (middle, end), (TOPS["values"] + BOX, TOPS["context"]), THREAD, WIDEST_THREAD * share)
    draw_boxes(axes, centre, TOPS["context"], context[0].tolist(), blue, context_box)
    figure.alt = (
        f"The query ({listed(query[0].tolist())}) scores {listed(scores)} against the keys {', '.join(words)}. "
        f"The weights are {listed(shares)}, and the context is ({listed(context[0].tolist())})."
    )
    cells = [[number_text(number) for number in row] for row in (scores, shares)]
    said = {"down": "step", "across": "keys", "queries": ["scores", "weights"], "keys": words}
    figure.numbers = json.dumps({**said, "panels": [{"name": "", "cells": cells}]}, ensure_ascii=False)
    return figure


def check_drawable(query: Tensor, keys: Tensor, values: Tensor) -> None:
    """Check that there is one query, no more than a picture holds, and nothing that has no colour."""
    for what, tensor in (("query", query), ("keys", keys), ("values", values)):
        if tensor.ndim != 2:
            raise ValueError(f"{what} needs to be a matrix, one vector a row, got shape {tuple(tensor.shape)}")
        if not 1 <= tensor.shape[1] <= MOST_NUMBERS:
            raise ValueError(f"{what} needs vectors of 1 to {MOST_NUMBERS} numbers to be drawn, got {tensor.shape[1]}")
        if not tensor.isfinite().all():
            raise ValueError(f"{what} needs finite numbers to be drawn, got NaN or infinity")
    if len(query) != 1:
        raise ValueError(f"a picture of the steps needs one query, (1, query_size), got shape {tuple(query.shape)}")
    if not 1 <= len(keys) <= MOST_KEYS:
        raise ValueError(f"a picture of the steps needs 1 to {MOST_KEYS} keys, got {len(keys)}")


def blue_or_orange(largest: float) -> Colour:
    """Make a scale on which `largest` has a middle blue, 0 is white, and negative numbers are orange."""

    def colour(number: float) -> tuple[float, ...]:
        return colormaps["Blues" if number >= 0 else "Oranges"](abs(number) / (2 * largest or 1))

    return colour


def box_width(vectors: list[list[float]]) -> float:
    """Find the width of a box, in inches, into which each number fits."""
    return max(0.22, *(text_width(cell_text(number), NUMBER) + 0.07 for vector in vectors for number in vector))


def draw_boxes(axes: Axes, middle: float, top: float, numbers: list[float], colour: Colour, width: float) -> None:
    """Write numbers into coloured boxes, side by side around the middle."""
    for n, number in enumerate(numbers):
        left = middle + (n - len(numbers) / 2) * width
        axes.add_patch(Rectangle((left, top), width, BOX, facecolor=colour(number), edgecolor=RIM, linewidth=0.6))
        ink = "#000000" if is_light(np.array(colour(number)[:3])) else "#ffffff"
        write(axes, left + width / 2, top + BOX / 2, cell_text(number), NUMBER, color=ink, gid=f"number {n}")


def draw_line(axes: Axes, across: tuple[float, float], down: tuple[float, float], colour: str, width: float) -> None:
    """Draw a straight line, so many points wide."""
    axes.add_line(Line2D(across, down, color=colour, linewidth=width, solid_capstyle="butt"))


def listed(numbers: list[float]) -> str:
    """Write numbers as a list in a sentence."""
    return ", ".join(map(cell_text, numbers))
