"""Open charts in a real browser, as a page of the book would, with everything but the file itself cut off."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import vl_convert

GLUE = Path(__file__).parents[2] / "_site" / "explorables"
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>chart</title><style>{style}</style></head>
<body><main><h1>chart</h1>{chart}</main><script src="{vega}"></script><script src="{glue}"></script></body></html>"""


class Chart:
    """A chart on a page, driven as a person drives it and read as a screen reader reads it."""

    def __init__(self, page, problems):
        self.page, self.problems = page, problems

    def control(self, label):
        return self.page.get_by_label(label, exact=True)

    def slide(self, label, value):
        """Move a slider to a value; the input event is the one that a finger or an arrow key sends."""
        self.control(label).fill(str(value))
        self.settle()

    def press(self, label, *keys):
        """Press keys on a control that has the focus."""
        self.control(label).focus()
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def choose(self, label, option):
        self.control(label).select_option(label=option)
        self.settle()

    def tick(self, label, yes):
        self.control(label).set_checked(yes)
        self.settle()

    def settle(self):
        """Wait until Vega has drawn what was asked for."""
        self.page.evaluate("document.querySelector('.explorable').view.runAsync().then(() => null)")

    def marks(self, role):
        """Return what the marks of one kind (bar, cell, point, ...) say of themselves, as dictionaries."""
        labels = self.page.eval_on_selector_all(
            f".live [aria-roledescription='{role}']", "marks => marks.map(mark => mark.getAttribute('aria-label'))"
        )
        return [dict(part.split(": ", 1) for part in re.split(r"; (?=[^;]*: )", label)) for label in labels]

    def boxes(self, selector):
        """Return left, top, width and height of the marks, on the screen, without their strokes."""
        return self.page.eval_on_selector_all(
            selector,
            """marks => marks.map(mark => {
                const box = mark.getBBox(), here = mark.getScreenCTM();
                const at = new DOMPoint(box.x, box.y).matrixTransform(here);
                return [at.x, at.y, box.width * here.a, box.height * here.d];
            })""",
        )

    def words(self):
        """Return every text that is written in the chart."""
        return self.page.eval_on_selector_all(".live svg text", "texts => texts.map(text => text.textContent)")


@pytest.fixture(scope="session")
def vega(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("vega") / "vega.js"
    path.write_text(f"(() => {{{vl_convert.javascript_bundle('window.vegaEmbed = vegaEmbed;')}}})();", "utf-8")
    return path


@pytest.fixture
def open_chart(browser, vega, tmp_path) -> Iterator[Callable[..., Chart]]:
    """Return a function that opens explorables on one page and gives the live chart, the first of them.

    They must not have complained at the end.
    """
    opened = []

    def open_one(*charts, **options) -> Chart:
        style, glue = (GLUE / "explorables.css").read_text(), (GLUE / "explorables.js").as_uri()
        file, html = tmp_path / f"{charts[0].name}.html", "".join(chart.page_html() for chart in charts)
        file.write_text(PAGE.format(style=style, chart=html, vega=vega.as_uri(), glue=glue), "utf-8")
        page = browser.new_page(**options)
        page.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
        problems = []
        page.on("request", lambda request: None if request.url.startswith("file:") else problems.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if said.type in {"error", "warning"} else None)
        page.goto(file.as_uri())
        for chart in page.locator(".explorable").all():
            chart.scroll_into_view_if_needed()  # it comes to life near the screen
            chart.and_(page.locator(".ready")).wait_for(timeout=60_000)
        page.evaluate("scrollTo(0, 0)")
        opened.append(Chart(page, problems))
        return opened[-1]

    yield open_one
    for chart in opened:
        chart.page.close()
        assert chart.problems == []
