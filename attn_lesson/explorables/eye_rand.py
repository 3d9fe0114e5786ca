"""Chapter 5: eye and rand, on one colour scale or on a scale of their own."""

import altair as alt
import torch

from attn_lesson.attention import attention_distribution
from attn_lesson.experiments import eye_weights, rand_weights
from attn_lesson.explorables.inputs import BLUE, RAMP, checkbox, described, menu, rows_of, slider, with_softmax
from attn_lesson.explorables.showing import Explorable

N, SEEDS = 10, 10


def explore_eye_rand() -> Explorable:
    """Choose raw rand, its softmax or eye, the seed of rand, and the colour scale: 0 to 1, or the matrix's own.

    The page shows `rand_weights(seed=seed)`, its `attention_distribution`, and `eye_weights()`, with the sum of each
    row and, where each row is a distribution, the mean entropy. The colour bar is true at every setting. It starts at
    the softmax of seed 0 on a scale of its own, from the least to the largest weight, which looks full of structure.
    """
    matrix = menu("matrix", "Matrix", "soft", ["rand", "soft", "eye"], ["raw rand", "softmax of rand", "eye"])
    seed = slider("seed", "Seed of rand", 0, 0, SEEDS - 1, 1)
    shared = checkbox("shared", "One colour scale for all, 0 to 1", False)
    rand, eye = torch.stack([rand_weights(N, N, seed=seed) for seed in range(SEEDS)]), eye_weights(N)
    ends = {
        name: [[round(end.item(), 6) for end in one.aminmax()] for one in matrices]
        for name, matrices in {"rand": rand, "soft": attention_distribution(rand), "eye": eye.expand_as(rand)}.items()
    }
    low, high = (
        alt.param(name=name, expr=f"shared ? {end} : {ends}[matrix][seed][{end}]")
        for end, name in enumerate(("low", "high"))
    )

    query, key = torch.meshgrid(torch.arange(N), torch.arange(N), indexing="ij")
    dice = [[round(number, 6) for number in cell] for cell in rand.flatten(1).mT.tolist()]
    data = rows_of(query=query.flatten().tolist(), key=key.flatten().tolist(), rand=dice, eye=eye)
    drawn = with_softmax(alt.Chart(data), "datum.rand[seed]", ["query"]).transform_calculate(
        number="matrix == 'rand' ? datum.rand[seed] : matrix == 'eye' ? datum.eye : datum.weight"
    )
    y = alt.Y("query:O", title="Queries")
    bar = alt.Legend(
        orient="bottom", direction="horizontal", gradientLength=200, title="number in a cell",
        labelExpr="format(datum.value, '.3f')", values=alt.ExprRef("[low, (low + high) / 2, high]"),
    )  # fmt: skip
    own = alt.Scale(range=RAMP, domain=[alt.ExprRef("low"), alt.ExprRef("high")], clamp=True)
    cells = (
        described(drawn, "key", "query", number="number")
        .mark_rect(ariaRoleDescription="cell")
        .encode(
            x=alt.X("key:O", title="Keys", axis=alt.Axis(labelAngle=0)),
            y=y,
            color=alt.Color("number:Q", scale=own, legend=bar),
            tooltip=["query:O", "key:O", alt.Tooltip("number:Q", format=".5f")],
        )
    )
    sums = drawn.transform_aggregate(sum="sum(number)", groupby=["query"]).encode(y=y.axis(None))
    length = alt.X("sum:Q", scale=alt.Scale(domain=[0, 8]), title="row sum", axis=alt.Axis(values=[1], format="d"))
    beside = (
        described(sums, "query", number="sum").mark_bar(color=BLUE).encode(x=length, tooltip=["query:O", "sum:Q"])
        + sums.mark_text(align="left", aria=False).encode(x=alt.value(54), text=alt.Text("sum:Q", format=".2f"))
    )  # fmt: skip
    said = (
        drawn.transform_calculate(part="datum.number > 0 ? -datum.number * log(datum.number) : 0")
        .transform_aggregate(low="min(number)", high="max(number)", entropy="sum(part)")
        .transform_calculate(
            words="['numbers from ' + format(datum.low, '.3f') + ' to ' + format(datum.high, '.3f'),"
            " matrix == 'rand' ? 'no row sums to 1: not a distribution' : 'each row sums to 1, mean entropy '"
            f" + format(datum.entropy / {N}, '.3f') + ' of ' + format(log({N}), '.3f')]"
        )
        .mark_text(align="left", baseline="top")
        .encode(x=alt.value(0), y=alt.value(0), text="words:N")
        .properties(width=280, height=32, name="said")
    )
    heatmap = cells.properties(width=200, height=200, name="cells")
    both = alt.hconcat(heatmap, beside.properties(width=50, height=200, name="sums"), spacing=8)
    chart = alt.vconcat(both.resolve_legend(color="independent"), said)
    return Explorable(
        chart.add_params(matrix, seed, shared, low, high),
        "explore-eye-rand",
        "Heatmap of raw rand, of its softmax or of eye, as you choose, with the sum of each row; on one colour scale"
        " from 0 to 1, or on a scale of its own.",
    )
