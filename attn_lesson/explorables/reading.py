"""Chapter 5: read a heatmap cell by cell, beside a second one, on a scale that is shared or is not."""

import altair as alt
import torch

from attn_lesson.attention import attention_distribution, hard_attention
from attn_lesson.experiments import SIX_WORDS, six_word_vectors
from attn_lesson.explorables.inputs import BLUE, RAMP, checkbox, described, menu, rows_of
from attn_lesson.explorables.showing import Explorable
from attn_lesson.scores import bilinear_score, scaled_dot_product_score

UPPER = "scaled dot product"
WIDTH, HEIGHT = 210, 156


def explore_reading() -> Explorable:
    """Point at a cell, or choose its query and its key, and read its number in words; compare with a second map.

    The upper map is `soft_attention` of the six words; the lower is the bilinear score's, with the W of chapter 3,
    or the upper one at temperature 4, or `hard_attention`. The bars belong to their panels: both end at the largest
    weight of the two maps, or each at its own. It starts at "drinks attends to cat".
    """
    words = six_word_vectors()
    scores = scaled_dot_product_score(words, words)
    who_and_what = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    maps = {
        UPPER: attention_distribution(scores),
        "bilinear: who, and what?": attention_distribution(bilinear_score(words, words, who_and_what)),
        "scaled, at temperature 4": attention_distribution(scores, temperature=4.0),
        "scaled, hard": hard_attention(words, words, words)[1],
    }
    data = rows_of(query=[query for query in SIX_WORDS for _ in SIX_WORDS], key=list(SIX_WORDS) * 6, **maps)
    largest = {name: round(float(weights.max()), 6) for name, weights in maps.items()}
    both = f"max({largest[UPPER]}, {largest}[beside])"
    cell = alt.selection_point(
        name="cell",
        fields=["key", "query"],  # the menus stand in reverse order
        bind={  # type: ignore[arg-type]  # one menu for each field, as Vega-Lite takes it
            "query": alt.binding_select(options=list(SIX_WORDS), name="Query, who asks"),
            "key": alt.binding_select(options=list(SIX_WORDS), name="Key, who is asked"),
        },
        value=[{"query": "drinks", "key": "cat"}],
        on="rect:pointerover",
        clear=False,
    )
    upper = _panel("upper", f"'{UPPER}'", f"one ? {both} : {largest[UPPER]}")
    lower = _panel("lower", "beside", f"one ? {both} : {largest}[beside]")
    chart = alt.vconcat(upper.add_params(cell), lower, data=data, spacing=24).resolve_scale(color="independent")
    others = [name for name in maps if name != UPPER]
    return Explorable(
        chart.add_params(menu("beside", "Lower map", others[0], others), checkbox("one", "One scale for both", True)),
        "explore-reading",
        "Two heatmaps of six words by six: point at a cell, or choose query and key, to read its weight in words.",
    )


def _panel(name: str, map_: str, largest: str) -> alt.LayerChart | alt.FacetChart:
    """Draw one map with its own bar, the frames of the chosen row and column, and the chosen cell in words."""
    base = (
        alt.Chart()
        .transform_calculate(map=map_, weight=f"datum[{map_}]")
        .transform_joinaggregate(given="sum(weight)", groupby=["query"])
        .transform_joinaggregate(received="sum(weight)", groupby=["key"])
    )
    x = alt.X("key:N", sort=list(SIX_WORDS), title="Keys", axis=alt.Axis(labelAngle=-30))
    y = alt.Y("query:N", sort=list(SIX_WORDS), title="Queries", axis=alt.Axis(titlePadding=14))
    ends = alt.ExprRef(f"[0, ({largest}) / 2, {largest}]")
    bar = alt.Legend(
        title="weight", gradientLength=150, values=ends, labelExpr="format(datum.value, '.2f')", labelFontSize=12
    )
    reds = alt.Scale(range=RAMP, domainMin=0, domainMax=alt.ExprRef(largest))
    cells = (
        described(base, "key", "query", "map", number="weight")
        .mark_rect(ariaRoleDescription="cell")
        .encode(x, y, alt.Color("weight:Q", scale=reds, legend=bar), tooltip=["map:N", "query:N", "key:N", "weight:Q"])
    )
    row = base.transform_filter("datum.query == cell.query[0] && datum.key == cell.key[0]")
    across = {"y": y, "x": alt.value(0), "x2": alt.value(WIDTH)}
    down = {"x": x, "y": alt.value(0), "y2": alt.value(HEIGHT)}
    frames = [
        row.mark_rect(fill=None, stroke=ink, strokeWidth=width, aria=False, tooltip=None).encode(**where)
        for where, colour in ((across, BLUE), (down, BLUE), ({"x": x, "y": y}, "#14181e"))
        for ink, width in (("#fff", 5), (colour, 2.5))  # a white rim, so that it shows on every red
    ]
    said = row.transform_calculate(
        words="[datum.query + ' attends to ' + datum.key + ' with ' + format(datum.weight, '.3f'),"
        " 'row ' + datum.query + ': ' + format(datum.given, '.2f') + ' in all, column ' + datum.key + ': '"
        " + format(datum.received, '.2f')]"
    )
    text = said.mark_text(align="left", baseline="top").encode(x=alt.value(0), y=alt.value(-38), text="words:N")
    return alt.layer(cells, *frames, text).properties(
        width=WIDTH, height=HEIGHT, name=name, title=alt.Title(alt.ExprRef(map_), offset=8, frame="bounds")
    )
