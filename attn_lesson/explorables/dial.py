"""Chapter 1: one desk and two dials, from mean pooling to max pooling, and from the stimulus to the task."""

import altair as alt
import torch

from attn_lesson.explorables.inputs import GREEN, ORANGE, REDS, rows_of, slider, with_softmax
from attn_lesson.explorables.showing import INK, Explorable
from attn_lesson.saliency import max_pool, mean_pool
from attn_lesson.scores import scaled_dot_product_score

FEATURES = ("red", "bright", "text")
OBJECTS = ("paper 1", "paper 2", "paper 3", "book", "cup")
POOLING, WISH = "pooling", "wish to read"
ENDS = ("mean pool", "max pool")


def explore_dial() -> Explorable:
    """Turn β, and the strength of a wish to read, over the desk of chapter 1; watch who is heard and what comes out.

    The page shows the weights and the pooled features of `softmax_pool(desk, beta)`, between `mean_pool` and
    `max_pool`, and, beside them, the weights and the context of `soft_attention(strength * wish, keys=desk,
    values=desk)`, where the wish is the query (0, 0, 1): it asks for text.
    """
    paper, book, red_cup = [0.0, 9.0, 4.0], [1.0, 4.0, 9.0], [9.0, 5.0, 0.0]
    desk = torch.tensor([paper, paper, paper, book, red_cup])
    asked = scaled_dot_product_score(torch.tensor([[0.0, 0.0, 1.0]]), desk)
    places = [(thing, feature) for thing in OBJECTS for feature in FEATURES]
    scene = rows_of(
        reader=[POOLING] * len(places) + [WISH] * len(places),
        object=[thing for thing, _ in places] * 2,
        feature=[feature for _, feature in places] * 2,
        value=torch.cat([desk, desk]),
        score=torch.cat([desk, asked.mT.expand_as(desk)]),  # in pooling, each value is its own score
    )
    dials = [
        slider("B", "Dial of pooling, β", 0.2, 0, 4, 0.05),
        slider("S", "Strength of wish", 0.5, 0, 4, 0.05),
    ]
    pooling = f"datum.reader == '{POOLING}'"
    heard = with_softmax(alt.Chart(scene), f"datum.score * ({pooling} ? B : S)", ["reader", "feature"])

    bare = alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False, labelOverlap=False)
    cells = (
        heard.transform_filter(f"{pooling} || datum.feature == 'red'")  # one column is enough for the wish
        .transform_calculate(column=f"{pooling} ? datum.feature : datum.reader")
        .encode(
            x=alt.X("column:N", title=None, scale=alt.Scale(domain=[*FEATURES, " ", WISH]), axis=bare),
            y=alt.Y(
                "object:N",
                sort=list(OBJECTS),
                title=None,
                axis=alt.Axis(ticks=False, domain=False, labelPadding=5, minExtent=60),
            ),
        )
    )
    squares = cells.mark_rect().encode(
        color=alt.Color(
            "weight:Q",
            scale=REDS,
            legend=alt.Legend(orient="bottom", gradientLength=150, labelFontSize=12, titleFontSize=12),
        ),
        tooltip=["object:N", "column:N", "weight:Q"],
    )
    numbers = cells.mark_text(aria=False).encode(
        text=alt.Text("weight:Q", format=".2f"),
        color=alt.condition("datum.weight > 0.7", alt.value("white"), alt.value("black")),
    )

    results = heard.transform_calculate(part="datum.weight * datum.value").transform_aggregate(
        result="sum(part)", groupby=["reader", "feature"]
    )
    x = alt.X(
        "result:Q",
        title="what comes out",
        scale=alt.Scale(domain=[0, 9.5], nice=False),
        axis=alt.Axis(values=[0, 3, 6, 9]),
    )
    y = alt.Y("feature:N", sort=list(FEATURES), title=None, axis=alt.Axis(minExtent=60))
    each = {"y": y, "yOffset": alt.YOffset("reader:N", scale=alt.Scale(domain=[POOLING, WISH]))}
    colour = alt.Color("reader:N", title=None, scale=alt.Scale(domain=[POOLING, WISH], range=[ORANGE, GREEN]))
    told = ["reader:N", "feature:N", alt.Tooltip("result:Q", title="what comes out")]
    bars = results.mark_bar().encode(
        x=x,
        **each,
        color=colour.legend(orient="bottom", symbolType="square", labelFontSize=12, columns=1, padding=6),
        tooltip=told,
    )
    said = results.mark_text(align="right", aria=False).encode(
        x=alt.value(260), **each, text=alt.Text("result:Q", format=".2f")
    )
    ends = rows_of(
        reader=[end for end in ENDS for _ in FEATURES],
        feature=FEATURES * 2,
        result=torch.cat([mean_pool(desk), max_pool(desk)]),
    )
    shape = alt.Shape("reader:N", title=None, scale=alt.Scale(domain=ENDS, range=["diamond", "triangle-left"]))
    key = shape.legend(
        orient="bottom", symbolFillColor=INK, symbolStrokeColor=INK, labelFontSize=12, columns=1, padding=6
    )
    marks = alt.Chart(ends).mark_point(filled=True, color=INK, opacity=1, size=70)
    marks = marks.encode(x=x, y=y, shape=key, tooltip=told)
    chart = alt.vconcat(
        (squares + numbers).properties(width=260, height=150, name="weights"),
        (bars + marks + said).properties(width=226, height=132, name="results"),
    ).resolve_scale(color="independent", shape="independent")
    return Explorable(
        chart.add_params(*dials),
        "explore-dial",
        "A heatmap of who is heard on a desk of five objects, by pooling and by a wish to read, and bars of what comes"
        " out, with a dial for the pooling and the strength of the wish, which you can slide.",
    )
