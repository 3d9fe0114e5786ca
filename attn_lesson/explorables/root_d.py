"""Chapter 3: why √d: long vectors make hard choices, unless their scores are scaled."""

import altair as alt
import torch
from torch import Tensor

from attn_lesson.explorables.inputs import BLUE, ORANGE, checkbox, described, menu, rows_of, slider, with_softmax
from attn_lesson.explorables.showing import INK, Explorable
from attn_lesson.scores import dot_product_score

NUM_QUERIES, NUM_KEYS, POWERS = 5, 8, range(10)


def _dot_products() -> Tensor:
    """Score five queries against eight keys, all of independent standard normal components, at d = 1, 2, 4, …, 512.

    Returns:
        `(10, 5, 8)`; the vectors of a smaller d are the first d components of those of 512.
    """
    generator = torch.Generator().manual_seed(0)
    queries = torch.randn(NUM_QUERIES, 2 ** POWERS[-1], generator=generator)
    keys = torch.randn(NUM_KEYS, 2 ** POWERS[-1], generator=generator)
    return torch.stack([dot_product_score(queries[:, : 2**n], keys[:, : 2**n]) for n in POWERS])


def explore_root_d() -> Explorable:
    """Slide d from 1 to 512, divide by √d or not, and change the query; watch its weights and their entropy.

    The page shows `attention_distribution` of the `dot_product_score`, or the `scaled_dot_product_score`, of one random
    query and eight random keys, and its `entropy`, at one d and along all of them, under the most there can be: ln 8.
    """
    places = [(n, query, key) for n in POWERS for query in range(NUM_QUERIES) for key in range(NUM_KEYS)]
    data = rows_of(
        n=[n for n, _, _ in places],
        query=[query + 1 for _, query, _ in places],
        key=[key + 1 for _, _, key in places],
        dot=_dot_products(),
    )
    inputs = [
        slider("N", "n, where d = 2ⁿ", 6, 0, 9, 1),
        checkbox("scaled", "Divide the scores by √d", False),
        menu("Q", "Query", 5, range(1, NUM_QUERIES + 1)),
    ]
    sized = alt.Chart().transform_calculate(d="pow(2, datum.n)")
    chosen = with_softmax(
        sized.transform_filter("datum.query == Q && datum.n == N"), "datum.dot / (scaled ? sqrt(datum.d) : 1)"
    )
    x = alt.X("key:O", title="Keys", axis=alt.Axis(labelAngle=0))
    y = alt.Y("weight:Q", title="weight", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(minExtent=32))
    bars = (
        described(chosen, "key", number="weight")
        .mark_bar(color=alt.ExprRef(f"scaled ? '{ORANGE}' : '{BLUE}'"))
        .encode(x=x, y=y, tooltip=["key:O", "weight:Q"])
    )
    numbers = chosen.mark_text(dy=-7, aria=False).encode(x=x, y=y, text=alt.Text("weight:Q", format=".2f"))

    laws = sized.transform_calculate(scores="['not scaled', 'scaled']").transform_flatten(["scores"])
    both = ["not scaled", "scaled"]
    hues, shapes = alt.Scale(domain=both, range=[BLUE, ORANGE]), alt.Scale(domain=both, range=["circle", "square"])
    of_scores = alt.Legend(orient="bottom", labelFontSize=12, columnPadding=24)
    along = (
        with_softmax(laws, "datum.dot / (datum.scores == 'scaled' ? sqrt(datum.d) : 1)", ["d", "query", "scores"])
        .transform_calculate(part="datum.weight > 0 ? -datum.weight * log(datum.weight) : 0")
        .transform_aggregate(entropy="sum(part)", groupby=["d", "query", "scores"])
        .encode(
            x=alt.X("d:Q", scale=alt.Scale(type="log", base=2))
            .axis(values=[1, 2, 8, 32, 128, 512], labelOverlap=False),
            y=alt.Y("entropy:Q", title="entropy", scale=alt.Scale(domain=[0, 2.5]), axis=alt.Axis(minExtent=32)),
            color=alt.Color("scores:N", title=None, scale=hues, legend=of_scores),
        )
    )  # fmt: skip
    mine = alt.condition("datum.query == Q", alt.value(1), alt.value(0.25))
    lines = along.mark_line(strokeWidth=2, aria=False).encode(detail="query:N", opacity=mine)
    here = "datum.query == Q && datum.d == pow(2, N) && (datum.scores == 'scaled') == scaled"
    points = along.transform_filter("datum.query == Q").mark_point(filled=True, opacity=1).encode(
        shape=alt.Shape("scores:N", title=None, scale=shapes, legend=of_scores),
        size=alt.condition(here, alt.value(180), alt.value(30)), tooltip=["d:Q", "scores:N", "entropy:Q"]
    )  # fmt: skip
    bound = alt.Chart(rows_of(n=[0])).transform_calculate(bound="log(8)").encode(y="bound:Q")
    most = bound.mark_rule(color=INK, strokeDash=[4, 4], aria=False) + bound.mark_text(
        text="ln 8", align="right", baseline="bottom", dy=-2
    ).encode(x=alt.value(260))
    said = (
        along.transform_filter(here)
        .transform_calculate(
            words="'d = ' + datum.d + ': entropy ' + format(datum.entropy, '.3f')"
            " + ' of ln 8 = ' + format(log(8), '.3f')"
        )
        .mark_text(align="left", baseline="top")
        .encode(x=alt.value(0), y=alt.value(0), text="words:N", color=alt.value(INK))
    )
    chart = alt.vconcat(
        said.properties(width=260, height=16, name="said"),
        (bars + numbers).properties(width=260, height=140, name="weights"),
        alt.layer(lines, points, most).properties(width=260, height=130, name="entropies"),
        data=data,  # once, for all views
    )
    return Explorable(
        chart.add_params(*inputs),
        "explore-root-d",
        "Bars of the weights of one random query over eight keys, and lines of their entropy against the size d, which"
        " you can slide from 1 to 512, with the scores scaled or not.",
    )
