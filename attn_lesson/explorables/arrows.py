"""Chapter 3: two arrows in the plane, and what three scoring functions make of them."""

from typing import Any

import altair as alt

from attn_lesson.explorables.inputs import BLUE, GREY, ORANGE, rows_of, slider
from attn_lesson.explorables.showing import INK, Explorable

ARROWS = ("key k", "query turned by W", "query q")  # the last is drawn on top
FUNCTIONS = ("dot product", "scaled", "bilinear")
HEAD = "M0,0L0.5,1.4L-0.5,1.4Z"  # points up, with its tip where the arrow ends


def _axis(number: str, **options: Any) -> alt.Axis:
    return alt.Axis(values=list(range(-3, 4)), description=f"{number} number of a vector, from −3.6 to 3.6", **options)


def _pushed_aside(letters: alt.Chart) -> alt.Chart:
    """Place each letter at its arrow's angle, or aside where another's is near: two keep one unit of the plane apart.

    Each of the two gives way by half, to its own side; where both arrows point alike, the one listed first goes right.
    """
    for step in (1, 2):
        letters = (
            letters.transform_calculate(other=f"(datum.n + {step}) % 3")
            .transform_calculate(
                turned="(datum.angle * 180 / PI - [ka, qa + wa, qa][datum.other] + 540) % 360 - 180",
                longer="datum.length - [kl, ql, ql][datum.other]",
                seen="[kl > 0, ql > 0 && wa != 0, ql > 0][datum.other]",
            )
            .transform_calculate(
                gap="abs(datum.turned) * PI / 180 * (datum.length - max(datum.longer, 0) + 0.35)",
                side="datum.turned > 0.1 || (datum.turned > -0.1 && datum.n > datum.other) ? 1 : -1",
            )
            .transform_calculate(
                aside="datum.aside + (datum.seen ? 1 : 0) * datum.side"
                " * max(0, sqrt(max(0, 1 - datum.longer * datum.longer)) - datum.gap) / 2"
            )
        )
    return letters.transform_calculate(placed="datum.angle + datum.aside / (datum.length + 0.35)")


def explore_arrows() -> Explorable:
    """Turn and stretch a query and a key, and turn the query by a matrix W; watch three scores.

    The page shows `dot_product_score`, `scaled_dot_product_score` (here d = 2) and `bilinear_score` of the two arrows,
    with W = [[cos w, sin w], [-sin w, cos w]]: qᵀ W, what the query looks for, is the query turned by the angle w.
    """
    sliders = [
        slider("qa", "Angle of q (°)", 20, -180, 180, 5),
        slider("ql", "Length of q", 2, 0, 3, 0.1),
        slider("ka", "Angle of k (°)", 80, -180, 180, 5),
        slider("kl", "Length of k", 2.5, 0, 3, 0.1),
        slider("wa", "W turns q by (°)", 30, -180, 180, 5),
    ]
    names = alt.Scale(domain=ARROWS, range=[ORANGE, GREY, BLUE])
    plane = alt.Scale(domain=[-3.6, 3.6], nice=False)
    arrows = (
        alt.Chart(rows_of(n=range(3), arrow=ARROWS, letter=["k", "qᵀW", "q"]))
        .transform_calculate(
            angle="[ka, qa + wa, qa][datum.n] * PI / 180", length="[kl, ql, ql][datum.n]",
            turn="90 - datum.angle * 180 / PI",
        )
        .transform_calculate(
            x="datum.length * cos(datum.angle)", y="datum.length * sin(datum.angle)",
            away="datum.length + 0.35 + (datum.n == 1 ? abs(cos(datum.angle)) / 4 : 0)",  # qᵀW is wide
            aside="0",
        )
        .encode(
            x=alt.X("x:Q", title=None, scale=plane, axis=_axis("first", labelOverlap=False)),
            y=alt.Y("y:Q", title=None, scale=plane, axis=_axis("second", minExtent=68)),
        )
    )  # fmt: skip
    colour = alt.Color("arrow:N", title=None, scale=names).legend(
        orient="bottom", columns=2, symbolType="stroke", symbolStrokeWidth=3, labelFontSize=12, values=ARROWS[::-1]
    )
    shafts = arrows.mark_rule(strokeWidth=3).encode(
        x2=alt.datum(0), y2=alt.datum(0), color=colour, tooltip=["arrow:N", "x:Q", "y:Q"],
        strokeDash=alt.condition("datum.n == 1", alt.value([5, 5]), alt.value([1, 0])),
    )  # fmt: skip
    heads = arrows.mark_point(shape=HEAD, filled=True, opacity=1, aria=False).encode(
        color=colour, angle=alt.Angle("turn:Q", scale=None),
        size=alt.condition("datum.length > 0", alt.value(320), alt.value(0)),
    )  # fmt: skip
    letters = (
        _pushed_aside(arrows.transform_filter("datum.length > 0 && (datum.n != 1 || wa != 0)"))
        .transform_calculate(x="datum.away * cos(datum.placed)", y="datum.away * sin(datum.placed)")
        .mark_text(fontSize=14, aria=False)
        .encode(text="letter:N", color=alt.value(INK))
    )
    scored = (
        alt.Chart(rows_of(n=range(3), function=FUNCTIONS))
        .transform_calculate(
            score="ql * kl * cos((qa + (datum.n == 2 ? wa : 0) - ka) * PI / 180) / (datum.n == 1 ? sqrt(2) : 1)"
        )
        .encode(
            x=alt.X(
                "score:Q",
                scale=alt.Scale(domain=[-9, 9]),
                axis=alt.Axis(values=list(range(-9, 10, 3)), labelOverlap=False),
            ),
            y=alt.Y("function:N", sort=list(FUNCTIONS), title=None, axis=alt.Axis(minExtent=68)),
        )
    )
    bars = scored.mark_bar(color=BLUE).encode(tooltip=["function:N", "score:Q"])
    numbers = scored.mark_text(align="right", aria=False).encode(
        x=alt.value(264), text=alt.Text("score:Q", format=".2f")
    )
    said = (
        alt.Chart(rows_of(n=[0]))
        .transform_calculate(apart="abs(qa - ka) > 180 ? 360 - abs(qa - ka) : abs(qa - ka)")
        .transform_calculate(
            words="'q · k = ' + format(ql, '.1f') + ' × ' + format(kl, '.1f') + ' × cos ' + datum.apart + '° = '"
            " + format(ql * kl * cos(datum.apart * PI / 180), '.2f')"
        )
        .mark_text(align="left", baseline="top")
        .encode(x=alt.value(0), y=alt.value(0), text="words:N")
    )
    chart = alt.vconcat(
        (shafts + heads + letters).properties(width=226, height=226, name="plane"),
        (bars + numbers).properties(width=226, height=84, name="scores"),
        said.properties(width=226, height=16, name="said"),
    ).resolve_scale(color="independent")
    return Explorable(
        chart.add_params(*sliders),
        "explore-arrows",
        "Two arrows, a query and a key, that you can turn and stretch, and bars of their dot product, scaled dot"
        " product and bilinear score, with a matrix that turns the query.",
    )
