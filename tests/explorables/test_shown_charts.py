"""Where a chart is shown decides how: as HTML with a still on a page of the book, as Vega-Lite in a notebook."""

import json

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
