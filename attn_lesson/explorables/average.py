"""Chapter 4: six words averaged for one query, softly or by choice."""

from typing import Any

import altair as alt

from attn_lesson.experiments import FEATURES, SIX_WORDS, six_word_vectors
from attn_lesson.explorables.inputs import GREY, RAMP, checkbox, menu, rows_of, slider, with_softmax
from attn_lesson.explorables.showing import Explorable
from attn_lesson.scores import scaled_dot_product_score

REDS = alt.Scale(range=RAMP, domain=[0, 1])
BLUE_RAMP = ["#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b"]
BLUES = alt.Scale(range=BLUE_RAMP, domain=[0, 2], clamp=True)  # "Blues"; all numbers and products are 0 to 2
TURN = {"weight": 0.68, "value": 1.43, "product": 1.43, "context": 1.43}  # above it, white is read better than black


def explore_average() -> Explorable:
    """Choose which of the six words asks, the temperature, and soft or hard; watch its context come about.

    The page shows scores by `scaled_dot_product_score`, weights by `attention_distribution(scores, temperature=T)`
    or by `hard_attention` (the first of equals wins), and the context that `soft_attention` and `hard_attention`
    make of them. It starts at "thirsty" and temperature 1, the row worked by hand in the chapter.
    """
    words = six_word_vectors()
    query = menu("query", "Query word", 1, range(len(SIX_WORDS)), SIX_WORDS)
    temperature = slider("T", "Temperature (soft)", 1.0, 0.1, 5.0, 0.1)
    hard = checkbox("hard", "Hard: the largest score takes all", False)
    scores = {f"q{n}": row for n, row in enumerate(scaled_dot_product_score(words, words))}
    features = dict(zip(FEATURES, words.mT, strict=True))
    asked = (
        alt.Chart(rows_of(n=range(len(SIX_WORDS)), word=SIX_WORDS, **scores, **features))
        .transform_calculate(score="datum['q' + query]", row="'score'")
        .transform_joinaggregate(best="max(score)")
        .transform_calculate(place="datum.score == datum.best ? datum.n : 99")
        .transform_joinaggregate(first="min(place)")
    )
    # A choice is a softmax of which every other key is masked: exp(-9999) is exactly 0.
    weighed = with_softmax(asked, "hard ? (datum.n == datum.first ? 0 : -9999) : datum.score / T")
    products = weighed.transform_fold([*FEATURES], as_=["feature", "value"]).transform_calculate(
        product="datum.weight * datum.value"
    )
    context = products.transform_aggregate(context="sum(product)", groupby=["feature"])

    x = alt.X("word:N", scale=alt.Scale(domain=[*SIX_WORDS, "sum"]), title=None)
    named, bare = x.axis(orient="top", labelAngle=0, domain=False, ticks=False), x.axis(None)
    row, feature = (
        alt.Y(f"{field}:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False, labelPadding=5))
        for field, order in (("row", ["score", "weight"]), ("feature", FEATURES))
    )
    weighed = weighed.transform_calculate(row="'weight'").encode(x=named, y=row)
    total = weighed.transform_aggregate(sum="sum(weight)").transform_calculate(word="'sum'", row="'weight'")
    weights = (
        asked.mark_text().encode(x=named, y=row, text=alt.Text("score:Q", format=".3f"), tooltip=["word:N", "score:Q"])
        + _cells(weighed, ["word"], "weight", REDS, ".3f", "weight")
        + total.mark_text().encode(x=named, y=row, text=alt.Text("sum:Q", format=".3f"), tooltip=["sum:Q"])
    )
    products = products.encode(x=bare, y=feature)
    context = context.transform_calculate(word="'sum'").encode(x=bare, y=feature)
    values = _cells(products, ["word", "feature"], "value", BLUES, "d")
    bar = "value, product, context"
    averaged = _cells(products, ["word", "feature"], "product", BLUES, ".3f", bar) + _cells(
        context, ["feature"], "context", BLUES, ".3f", bar, stroke=GREY, strokeWidth=3
    )
    named_query = f"'“' + {list(SIX_WORDS)}[query] + '” asks, '"
    asks = f"{named_query} + (hard ? 'hard' : 'soft at temperature ' + format(T, '.1f'))"
    chart = alt.vconcat(
        weights.properties(width=280, height=48, name="weights", title=alt.Title(alt.expr(asks))),
        values.properties(width=280, height=72, name="values", title="values: the words themselves"),
        averaged.properties(width=280, height=72, name="context", title="weight × value; their sum is the context"),
        spacing=14,
    ).resolve_scale(color="independent")
    return Explorable(
        chart.add_params(query, temperature, hard),
        "explore-average",
        "Weights of six words for a query word that you choose, times the words' values, summed to the context;"
        " soft at a temperature that you can slide, or hard.",
    )


def _cells(
    chart: alt.Chart, keys: list[str], field: str, scale: alt.Scale, form: str, bar: str | None = None, **mark: Any
) -> alt.LayerChart:
    """Draw cells with a number in each; the cell says its number, the text over it is for the eye alone."""
    legend = alt.Legend(orient="bottom", title=bar, gradientLength=150, gradientThickness=8) if bar else None
    ink = alt.condition(f"datum.{field} > {TURN[field]}", alt.value("white"), alt.value("black"))
    cells = chart.mark_rect(ariaRoleDescription="cell", **mark).encode(
        color=alt.Color(f"{field}:Q", scale=scale, legend=legend), tooltip=[*(f"{key}:N" for key in keys), f"{field}:Q"]
    )
    numbered: alt.LayerChart = cells + chart.mark_text(aria=False).encode(
        text=alt.Text(f"{field}:Q", format=form), color=ink
    )
    return numbered
