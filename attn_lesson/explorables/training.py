"""Chapter 6: slide through a hundred steps of training, from weights that know nothing to weights that know."""

import math

import altair as alt
import torch

from attn_lesson.explorables.inputs import BLUE, ORANGE, RAMP, checkbox, described, menu, rows_of, slider
from attn_lesson.explorables.showing import Explorable
from attn_lesson.learning import PositionalAttention, Training, train

EVERY, PARTS = 4, 10_000  # every fourth step is kept, its weights as whole ten-thousandths
KINDS = ("loss", "entropy")


def explore_training() -> Explorable:
    """Slide through the training steps of copying, reversing or shifting; watch the weights, loss and entropy.

    The page shows `weights`, `losses` and `entropies` of `train(PositionalAttention(), source, learning_rate=0.02)`,
    trained when this is called: at every fourth step of a hundred the weights, rounded to 1e-4, and how much of
    them is on the wanted place. It starts at step 24 of copying, when the diagonal has just appeared.
    """
    places = torch.arange(10)
    sources = {"copy": places, "reverse": places.flip(0), "shift by one": places.roll(1)}
    runs = [train(PositionalAttention(), source, learning_rate=0.02) for source in sources.values()]
    numbers = [
        alt.param(name="weights", value=[_whole(run.weights[::EVERY].flatten(1)) for run in runs]),
        alt.param(name="curves", value=[_curves(run) for run in runs]),
        alt.param(name="sources", value=[source.tolist() for source in sources.values()]),
    ]
    step = slider("step", "Training step", 24, 0, 100, EVERY)
    task = menu("task", "Task", 0, range(len(sources)), list(sources))
    outline = checkbox("outline", "Outline the wanted places", False)
    chart = alt.vconcat(_heatmap(), _said(), _course(), spacing=12).resolve_scale(
        color="independent", strokeDash="independent"
    )
    return Explorable(
        chart.add_params(step, task, outline, *numbers),
        "explore-training",
        "A heatmap of ten places by ten that you can slide through a hundred steps of training, with loss and entropy.",
    )


def _whole(numbers: torch.Tensor) -> list[list[int]]:
    whole: list[list[int]] = (numbers.double() * PARTS).round().int().tolist()
    return whole


def _curves(run: Training) -> list[list[int]]:
    return _whole(torch.stack([run.losses, run.entropies]))


def _cells() -> alt.Chart:
    """Return a hundred cells, each with the weight that the chosen run had at the chosen step."""
    places = range(10)
    data = rows_of(query=[q for q in places for _ in places], key=list(places) * 10)
    return alt.Chart(data).transform_calculate(
        weight=f"weights[task][step / {EVERY}][10 * datum.query + datum.key] / {PARTS}",
        wanted="sources[task][datum.query] == datum.key",
    )


def _heatmap() -> alt.LayerChart | alt.FacetChart:
    x = alt.X("key:O", title="Keys", axis=alt.Axis(labelAngle=0))
    y = alt.Y("query:O", title="Queries", axis=alt.Axis(titlePadding=12))
    bar = alt.Legend(title="weight", gradientLength=190, labelFontSize=12)
    colour = alt.Color("weight:Q", scale=alt.Scale(range=RAMP, domain=[0, 1]), legend=bar)
    cells = (
        described(_cells(), "key", "query", number="weight")
        .mark_rect(ariaRoleDescription="cell")
        .encode(x, y, colour, tooltip=["query:O", "key:O", alt.Tooltip("weight:Q", format=".4f")])
    )
    wanted = _cells().transform_filter("outline && datum.wanted").encode(x, y)
    frames = wanted.mark_rect(fill=None, stroke=BLUE, strokeWidth=2, aria=False)
    return alt.layer(cells, frames).properties(width=230, height=230, name="heatmap")


def _said() -> alt.Chart:
    now = {kind: f"curves[task][{n}][step] / {PARTS}" for n, kind in enumerate(KINDS)}
    said: alt.Chart = (
        _cells()
        .transform_filter("datum.wanted")
        .transform_aggregate(mean="mean(weight)", least="min(weight)")
        .transform_calculate(
            words=f"['step ' + step + ': loss ' + format({now['loss']}, '.3f') + ', entropy '"
            f" + format({now['entropy']}, '.3f') + ' of {math.log(10):.3f}',"
            " 'on the wanted places: ' + format(datum.mean, '.3f') + ', at least ' + format(datum.least, '.3f')]"
        )
        .mark_text(align="left", baseline="top")
        .encode(x=alt.value(0), y=alt.value(0), text="words:N")
        .properties(width=270, height=32, name="said")
    )
    return said


def _course() -> alt.LayerChart | alt.FacetChart:
    curves = (
        alt.Chart(alt.sequence(0, 101, as_="at"))
        .transform_calculate(**{kind: f"curves[task][{n}][datum.at] / {PARTS}" for n, kind in enumerate(KINDS)})
        .transform_fold([*KINDS], as_=["curve", "nats"])
    )
    x = alt.X("at:Q", title="training step")
    y = alt.Y("nats:Q", title="nats", scale=alt.Scale(domain=[0, 2.4]), axis=alt.Axis(tickCount=4, titlePadding=12))
    named = alt.Legend(title=None, orient="top", symbolType="stroke", symbolSize=300, labelFontSize=12)
    colour = alt.Color("curve:N", scale=alt.Scale(domain=[*KINDS], range=[BLUE, ORANGE]), legend=named)
    dash = alt.StrokeDash("curve:N", scale=alt.Scale(domain=[*KINDS], range=[[1, 0], [5, 3]]), legend=named)
    now = curves.transform_filter("datum.at == step")
    rule = now.mark_rule(stroke="currentColor", aria=False).encode(x=x, y=alt.value(0), y2=alt.value(110))
    points = now.mark_circle(size=70, opacity=1).encode(
        x, y, colour, tooltip=["curve:N", alt.Tooltip("nats:Q", format=".4f")]
    )
    lines = curves.mark_line(aria=False).encode(x, y, colour, dash)
    return alt.layer(rule, lines, points).properties(width=230, height=110, name="course")
