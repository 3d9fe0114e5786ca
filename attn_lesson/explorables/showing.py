"""Show an Altair chart that a reader can move: on a page without a kernel, in a notebook, and, as a still, on paper."""

import json
import os
import re
from html import escape
from typing import Any

import altair as alt
import vl_convert

INK = "currentColor"
CONFIG: dict[str, Any] = {
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "title": {"color": INK, "fontSize": 14, "anchor": "start"},
    "text": {"color": INK, "fontSize": 12},
    "legend": {"labelColor": INK, "titleColor": INK, "gradientStrokeWidth": 0},
    "axis": {
        "labelColor": INK, "titleColor": INK, "domainColor": INK, "tickColor": INK, "gridColor": "#8884",
        "labelFontSize": 12, "labelFlush": False, "titleFontSize": 12, "titleFontWeight": "normal",
    },
}  # fmt: skip
NOTEBOOK_SCHEMA = (
    "https://vega.github.io/schema/vega-lite/v5.json"  # a name, not an address that is asked: JupyterLab's
)


class Explorable:
    """A chart with its name and its description.

    On a page of the book (the build sets `ATTN_LESSON_PAGE`) it is a still picture and the chart's description, which
    the page's one Vega bundle brings to life. In a notebook it is a Vega-Lite output, which JupyterLab draws itself,
    without network.

    Args:
        chart: The Altair chart; every parameter a reader may move is bound to a labelled native input.
        name: Its id on the page, such as `explore-softmax`.
        label: What it shows and what can be moved, in one sentence, for a screen reader.
    """

    def __init__(self, chart: alt.TopLevelMixin, name: str, label: str) -> None:
        self.spec: dict[str, Any] = {**chart.to_dict(), "description": label}
        self.spec["config"] = CONFIG | {
            key: value for key, value in self.spec.get("config", {}).items() if key != "view"
        }
        self.name, self.label = name, label

    def still(self) -> str:
        """Return the chart as it first stands, as SVG, whose ids are its own: no other chart of a page has them."""
        svg: str = vl_convert.vegalite_to_svg(self.spec)
        ids = {name: n for n, name in enumerate(dict.fromkeys(re.findall(r' id="([^"]+)"', svg)))}
        return re.sub(r'( id="|url\(#)([^")]+)', lambda found: f"{found[1]}{self.name}-{ids[found[2]]}", svg)

    def page_html(self) -> str:
        """Return the chart as HTML for a page: a still, and the description that brings it to life."""
        spec = json.dumps(self.spec, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
        label = escape(self.label, quote=True)
        return (
            f'<div class="explorable" id="{escape(self.name)}" role="group" aria-label="{label}">'
            f'<div class="live"></div><div class="still" role="img" aria-label="{label}">{self.still()}</div>'
            f'<script type="application/json">{spec}</script></div>'
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        if os.environ.get("ATTN_LESSON_PAGE"):
            return {"text/html": self.page_html(), "text/plain": self.label}
        notebook = {**self.spec, "$schema": NOTEBOOK_SCHEMA}
        return {"application/vnd.vegalite.v5+json": notebook, "image/svg+xml": self.still(), "text/plain": self.label}
