"""Where a chart is shown decides how: as HTML with a still on a page of the book, as Vega-Lite in a notebook."""

import json
import re

import pytest
import vl_convert
from bs4 import BeautifulSoup

from attn_lesson import explorables


@pytest.fixture(scope="module", params=explorables.__all__)
def chart(request):
    return getattr(explorables, request.param)()


def test_in_a_notebook_it_is_vega_lite_that_jupyterlab_draws_itself(chart, monkeypatch):
    monkeypatch.delenv("ATTN_LESSON_PAGE", raising=False)
    bundle = chart._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.vegalite.v5+json", "image/svg+xml", "text/plain"}
    spec = bundle["application/vnd.vegalite.v5+json"]
    assert "/v5" in spec["$schema"]
    assert vl_convert.vegalite_to_svg(spec, vl_version="5.21").startswith("<svg")  # JupyterLab's version understands it


def test_on_a_page_it_is_a_named_still_and_the_description_that_brings_it_to_life(chart, monkeypatch):
    monkeypatch.setenv("ATTN_LESSON_PAGE", "1")
    bundle = chart._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    group = BeautifulSoup(bundle["text/html"], "html.parser").div
    assert group["id"] == chart.name
    assert group["aria-label"] == chart.label == bundle["text/plain"]
    assert group.select_one(".still svg")
    assert json.loads(group.script.string) == json.loads(json.dumps(chart.spec))
    assert len(bundle["text/html"]) <= 150_000


def test_without_javascript_the_still_is_seen(browser, tmp_path):
    chart = explorables.explore_softmax()
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html><title>chart</title>{chart.page_html()}", "utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert page.locator(".still svg").is_visible()
    context.close()


def test_a_still_names_its_parts_after_its_chart_and_always_alike(chart):
    """Vega counts the gradients of all charts in one row: where that row starts is no concern of a page."""
    still = chart.still()
    assert all(name.startswith(f"{chart.name}-") for name in re.findall(r'\bid="([^"]*)"', still))
    assert still == chart.still()


def test_of_two_charts_on_a_page_each_bar_has_the_colours_of_its_own(open_chart):
    charts = explorables.explore_eye_rand(), explorables.explore_reading()
    page = open_chart(*charts).page
    for shared in (True, False):  # each time the live charts make their gradients anew
        for box in page.get_by_role("checkbox").all():
            box.set_checked(shared)
        for chart in page.locator(".explorable").all():
            chart.evaluate("chart => chart.view.runAsync().then(() => null)")
        names = page.eval_on_selector_all("[id]", "parts => parts.map(part => part.id)")
        assert len(names) == len(set(names)) >= 2 + 2 * 3
        homes = page.eval_on_selector_all(
            "[fill^='url(']",
            """bars => bars.map(bar => {
                const found = document.querySelector(bar.getAttribute('fill').match(/#[^)]+/)[0]);
                return [bar.closest('.explorable').id, found.closest('svg') === bar.closest('svg')];
            })""",
        )
        assert sorted(homes) == [[charts[0].name, True]] * 2 + [[charts[1].name, True]] * 4


SIZES = """charts => charts.map(chart => {
    const size = (svg) => [svg.getScreenCTM().a, svg.getBoundingClientRect().width, svg.getBoundingClientRect().height];
    const live = size(chart.querySelector('.live svg'));
    chart.classList.remove('ready');
    const still = size(chart.querySelector('.still svg'));
    chart.classList.add('ready');
    return [live, still, chart.clientWidth, chart.scrollWidth];
})"""


def test_on_a_wide_screen_a_chart_is_half_as_large_again_and_its_still_alike(open_chart):
    page = open_chart(*(getattr(explorables, name)() for name in explorables.__all__)).page
    for width, height, least, most in ((768, 1200, 1.499, 1.501), (1280, 720, 1, 1.501), (390, 844, 0.9, 1)):
        page.set_viewport_size({"width": width, "height": height})
        for live, still, room, taken in page.eval_on_selector_all(".explorable", SIZES):
            assert least <= live[0] <= most
            assert still == pytest.approx(live, abs=1e-3)
            assert live[1] <= room == taken
