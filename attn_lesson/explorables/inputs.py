"""Make the parts that the charts share: sliders and menus with a label, softmax in Vega-Lite, cells with names."""

from collections.abc import Sequence
from typing import Any

import altair as alt
from torch import Tensor

BLUE, ORANGE, GREEN = "#2f7fc1", "#cf6a12", "#1f9a6d"  # C0, C1, C2 of the still figures (chapters/matplotlibrc)
GREY = "#8a929b"  # like them, at least 3:1 on light and on dark pages
RAMP = ["#fff5f0", "#fee0d2", "#fcbba1", "#fc9272", "#fb6a4a", "#ef3b2c", "#cb181d", "#a50f15", "#67000d"]  # "Reds"
REDS = alt.Scale(range=RAMP, domain=[0, 1], clamp=True)


def slider(name: str, label: str, value: float, least: float, most: float, step: float) -> alt.Parameter:
    """Bind a number to a range input with a label; arrow keys move it by one step."""
    return alt.param(name=name, value=value, bind=alt.binding_range(min=least, max=most, step=step, name=label))


def menu(
    name: str, label: str, value: Any, options: Sequence[Any], labels: Sequence[str] | None = None
) -> alt.Parameter:
    """Bind a choice to a menu with a label."""
    words = alt.Undefined if labels is None else list(labels)
    return alt.param(name=name, value=value, bind=alt.binding_select(options=list(options), name=label, labels=words))


def checkbox(name: str, label: str, value: bool) -> alt.Parameter:
    """Bind a yes or no to a checkbox with a label."""
    return alt.param(name=name, value=value, bind=alt.binding_checkbox(name=label))


def rows_of(**columns: Sequence[Any] | Tensor) -> alt.Data:
    """Make a data set of columns of equal length, with numbers cut to the six digits that a reader can check."""
    lists = {
        name: [round(float(x), 6) for x in column.flatten().tolist()] if isinstance(column, Tensor) else list(column)
        for name, column in columns.items()
    }
    values = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    return alt.Data(values=values)


def described(chart: alt.Chart, *fields: str, number: str) -> alt.Chart:
    """Let each mark tell a screen reader its fields and its number by their own names, not by the axes' titles."""
    words = [f"'{field}: ' + datum.{field}" for field in fields] + [f"'{number}: ' + format(datum.{number}, '.5~f')"]
    told: alt.Chart = chart.transform_calculate(told=" + '; ' + ".join(words)).encode(description="told:N")
    return told


def with_softmax(chart: alt.Chart, score: str, groupby: Sequence[str] = ()) -> alt.Chart:
    """Add to each row its `weight`: the softmax of the expression `score` over the rows of its group.

    The largest score is subtracted first, as in `attention_distribution`.
    """
    return (
        chart.transform_calculate(z=score)
        .transform_joinaggregate(top="max(z)", groupby=list(groupby))
        .transform_calculate(e="exp(datum.z - datum.top)")
        .transform_joinaggregate(total="sum(e)", groupby=list(groupby))
        .transform_calculate(weight="datum.e / datum.total")
    )
