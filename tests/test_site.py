"""The built site as its readers meet it: every page, light and dark, wide and on a phone, with the network cut off."""

import functools
import gzip
import http.server
import io
import itertools
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import html5lib
import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from PIL import Image

ROOT = Path(__file__).parents[1]
PAGES = [f"chapters/{path.stem}" for path in sorted((ROOT / "chapters").glob("*.md"))]
CHAPTERS = [page for page in PAGES if re.match(r"chapters/\d", page)]
VIEWS = {f"{theme} {width}": (theme, width) for theme in ("light", "dark") for width in (1280, 390)}
MEASURED: list[str] = []
HEAVIEST = 1_200_000  # bytes before compression, charts apart


@pytest.fixture(scope="module", autouse=True)
def print_what_was_measured(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    lines = "\n".join(["", "page                              raw kB   gzip kB  requests", *MEASURED])
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(lines)  # noqa: T201  (the table is what this file leaves behind)


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[str]:
    """Serve the site on the loopback, as any plain file server would."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site)) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def open_page(browser, address, theme="light", width=1280):
    """Open a page with every other host cut off; return it, what went wrong, and the bodies it loaded."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    own, wrong, loaded = f"{urlsplit(address).scheme}://{urlsplit(address).netloc}", [], {}
    page.route(lambda url: not url.startswith((own, "data:", "blob:")), lambda route: route.abort())
    page.on("request", lambda asked: None if asked.url.startswith((own, "data:", "blob:")) else wrong.append(asked.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("response", lambda answer: loaded.setdefault(answer.url, answer))
    page.on("requestfailed", lambda asked: wrong.append(f"{asked.url}: {asked.failure}"))
    page.goto(address, wait_until="networkidle")
    return page, wrong, loaded


@functools.cache
def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


# --- offline, quiet, accessible, and no wider than the screen -------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", [*PAGES, "search", "genindex"])
def test_a_page_is_whole_quiet_accessible_and_fits(name, view, site, browser):
    theme, width = VIEWS[view]
    page, wrong, _ = open_page(browser, (site / f"{name}.html").as_uri(), theme, width)
    try:
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        for chart in page.locator(".explorable").all():
            chart.scroll_into_view_if_needed()
        if page.locator(".explorable").count():
            page.wait_for_function("document.querySelectorAll('.explorable:not(.ready)').length === 0", timeout=60_000)
        page.evaluate("document.querySelectorAll('details.numbers').forEach(box => { box.open = true })")
        page.evaluate("window.scrollTo(0, 0)")
        assert wrong == []  # before axe, which tries to read the style sheets again
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.add_script_tag(path=AXE_FILE_PATH)
        found = page.evaluate("axe.run().then(result => result.violations)")
        assert [(one["id"], [node["html"][:150] for node in one["nodes"]][:3]) for one in found] == []
    finally:
        page.close()


@pytest.mark.parametrize("name", PAGES)
def test_over_http_a_page_asks_no_one_else_and_is_light(name, server, browser, site):
    page, wrong, loaded = open_page(browser, f"{server}/{name}.html")
    bodies = {url: answer.body() for url, answer in list(loaded.items()) if answer.ok and url.startswith("http")}
    page.close()
    raw, packed = sum(map(len, bodies.values())), sum(len(gzip.compress(body, 6)) for body in bodies.values())
    MEASURED.append(f"{name:32} {raw / 1e3:8.0f} {packed / 1e3:9.0f} {len(bodies):9}")
    scripts = [body for url, body in bodies.items() if "/explorables/" in url]
    inline = re.findall(rb'<div class="explorable".*?</script></div>', bodies[f"{server}/{name}.html"], re.DOTALL)
    charts = sum(map(len, scripts)) + sum(map(len, inline))
    charts_packed = sum(len(gzip.compress(body, 6)) for body in [*scripts, *inline])
    assert wrong == []
    assert raw - charts <= HEAVIEST
    assert packed - charts_packed <= 500_000
    assert sum(map(len, scripts)) <= 1_000_000
    assert all(len(chart) <= 150_000 for chart in inline)


def test_search_works_from_the_file_system(site, browser):
    page, wrong, _ = open_page(browser, (site / "search.html").as_uri() + "?q=softmax")
    page.wait_for_selector("#search-results li a", timeout=60_000)
    found = page.locator("#search-results li a").all_inner_texts()
    page.close()
    assert any("distribution" in title.lower() for title in found)
    assert wrong == []


# --- nothing broken -------------------------------------------------------------------------------------------


def test_every_internal_link_and_anchor_leads_somewhere(site):
    broken = []
    for name in PAGES:
        here = site / f"{name}.html"
        for tag, attribute in (("a", "href"), ("img", "src"), ("link", "href"), ("script", "src")):
            for element in soup(here).find_all(tag, attrs={attribute: True}):
                target = urlsplit(element[attribute])
                if target.scheme or target.netloc or not (target.path or target.fragment):
                    continue
                file = (here.parent / unquote(target.path)).resolve() if target.path else here
                if not file.is_file():
                    broken.append(f"{name}: {element[attribute]}")
                elif target.fragment and file.suffix == ".html" and not soup(file).find(id=unquote(target.fragment)):
                    broken.append(f"{name}: {element[attribute]} (no such anchor)")
    assert broken == []


@pytest.mark.parametrize("name", PAGES)
def test_ids_are_unique_and_headings_in_order(name, site):
    page = soup(site / f"{name}.html")
    ids = [element["id"] for element in page.find_all(id=True) if not element.find_parent("svg")]
    assert sorted({one for one in ids if ids.count(one) > 1}) == []
    levels = [int(heading.name[1]) for heading in page.find("article").find_all(re.compile(r"^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_no_attribute_was_set_like_prose(site):
    """A colour written rgb(1, 2, 3) looks like a vector; with spaces that do not break it is no colour at all."""
    for name in PAGES:
        text = (site / f"{name}.html").read_text("utf-8")
        assert re.findall(r"(?:rgba?|hsl|matrix|translate|scale|rotate)\([^)<>\"]*[\xa0][^)<>\"]*\)", text) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_link_into_a_page_leads_there(name, site, browser):
    """Pictures that are fetched late must not push away what a reader was led to."""
    targets = [
        link["href"]
        for link in soup(site / f"{name}.html").select("nav.page-toc a[href^='#'], .toc-entry a[href^='#']")
    ]
    assert len(targets) > 5
    for target in dict.fromkeys([targets[len(targets) // 2], targets[-2], targets[-1]]):
        page, wrong, _ = open_page(browser, (site / f"{name}.html").as_uri() + target)
        page.wait_for_timeout(300)
        place = page.evaluate("id => document.getElementById(id).getBoundingClientRect().top", target[1:])
        at_the_end = page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 2")
        page.close()
        assert 0 <= place < 300 or at_the_end, (target, place)
        assert wrong == []


def test_without_javascript_charts_stand_still_and_have_their_colours(site, browser):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    for name in PAGES:
        if 'class="explorable"' not in (site / f"{name}.html").read_text("utf-8"):
            continue
        page = context.new_page()
        page.goto((site / f"{name}.html").as_uri())
        for chart in page.locator(".explorable").all():
            image = Image.open(io.BytesIO(chart.screenshot())).convert("RGB")
            coloured = sum(count for count, pixel in image.getcolors(2**24) if max(pixel) - min(pixel) > 60)
            assert coloured > 5000, f"{name}: a chart without colours"  # a bar, or curves alone, have fewer
        page.close()
    context.close()


def test_no_picture_of_an_earlier_build_is_left(site):
    pages = "".join(path.read_text("utf-8") for path in site.rglob("*.html"))
    assert [path.name for path in (site / "_images").iterdir() if path.name not in pages] == []


# --- for the reader -------------------------------------------------------------------------------------------


def test_every_icon_that_a_page_names_is_in_the_small_font(site):
    styles = (site / "_static/styles/pydata-sphinx-theme.css").read_text("utf-8")
    codes = {
        name: int(code, 16) for name, code in re.findall(r'\.fa-([a-z0-9-]+):before\{content:"\\([0-9a-f]+)"', styles)
    }
    named = {
        each for page in PAGES for each in re.findall(r"\bfa-([a-z0-9-]+)", (site / f"{page}.html").read_text("utf-8"))
    }
    shown = {name: codes[name] for name in named & set(codes)}
    assert len(shown) >= 8
    path = site / "_static/vendor/fontawesome/webfonts/fa-solid-900.woff2"
    assert path.stat().st_size < 20_000
    there = TTFont(path).getBestCmap()
    assert {name for name, code in shown.items() if code not in there} == set()


@pytest.mark.parametrize("name", [*PAGES, "index", "genindex", "search"])
def test_the_html_is_valid(name, site):
    """A parser that follows the standard to the letter finds nothing to mend. Nothing of upstream's is excepted."""
    parser = html5lib.HTMLParser()
    parser.parse((site / f"{name}.html").read_text(encoding="utf-8"))
    assert [f"{code} {data} at {place}" for place, code, data in parser.errors] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_what_a_reader_expects(name, site):
    page = soup(site / f"{name}.html")
    assert page.html["lang"] == "en"
    assert page.find("link", rel=re.compile("icon"))
    assert page.find("meta", attrs={"name": "viewport"})
    assert "skip" in page.find("a").get_text().lower()
    tags = {tag.get("property") or tag.get("name"): tag["content"] for tag in page.select("meta[property], meta[name]")}
    assert tags["og:image"].startswith("https://")
    assert tags["description"] == tags["og:description"]
    assert len(tags["description"]) > 20
    assert not re.search(r"\\\\|not set|<|\n|  ", tags["description"] + tags["og:title"])
    assert page.select_one(".prev-next-footer a, .prev-next-area a")
    for formula in page.select(".math"):
        assert formula.find("math"), "a formula without MathML"


def test_the_numbers_of_every_heatmap_can_be_read_under_it(site):
    without, seen = [], 0
    for name in PAGES:
        for image in soup(site / f"{name}.html").select(".cell_output img[src$='.svg']"):
            svg = ElementTree.parse((site / name).parent / image["src"]).getroot()
            carried = svg.find("{http://www.w3.org/2000/svg}metadata")
            if carried is None or not (carried.text or "").startswith("{"):
                continue
            seen += 1
            said, box = json.loads(carried.text), (image.find_parent("a") or image).find_next_sibling()
            if box is None or "numbers" not in box.get("class", []):
                without.append(image["alt"])
            elif "keys" in said:
                cells = [[[td.text for td in tr("td")] for tr in table.tbody("tr")] for table in box("table")]
                assert cells == [panel["cells"] for panel in said["panels"]]
                assert [th.text for th in box.thead("th")] == said["keys"]
                assert [tr.th.text for tr in box.tbody("tr")] == said["queries"]
            else:
                ends = [[td.text for td in tr("td")] for tr in box.tbody("tr")]
                assert ends == [[panel["least"], panel["largest"]] for panel in said["panels"]]
    assert without == []
    assert seen > 40


@pytest.mark.parametrize("name", CHAPTERS)
def test_shown_sources_fit_the_column_and_have_no_marks_of_the_formatter(name, site):
    code = [pre.text for pre in soup(site / f"{name}.html").select("article div.highlight-python pre, .cell_input pre")]
    assert code
    assert [line for text in code for line in text.splitlines() if "# fmt:" in line] == []
    assert [line for text in code for line in text.splitlines() if len(line) > 85] == []


def test_every_picture_opens_on_its_own(site):
    pictures = [
        image for name in PAGES for image in soup(site / f"{name}.html").select(".cell_output img[src$='.svg']")
    ]
    assert len(pictures) > 70
    assert [image["alt"] for image in pictures if image.parent.get("href") != image["src"]] == []


@pytest.mark.parametrize("name", PAGES)
def test_no_line_begins_with_the_full_stop_of_a_formula(name, site):
    alone = []
    for formula in soup(site / f"{name}.html").select("span.math"):
        after, tex = formula.next_sibling, formula.find("annotation").text
        torn = isinstance(after, str) and after[:1] in tuple(".,;:?!)")
        if torn and len(tex) <= 30 and "nowrap" not in formula.parent.get("class", []):
            alone.append(tex + after[:1])
    assert alone == []


def test_the_numbers_of_eye_are_those_of_the_identity(site):
    page = soup(site / "chapters/05_heatmaps.html")
    image = page.find("img", alt=re.compile("^Ten by ten heatmap: the diagonal"))
    cells = [[td.text for td in tr("td")] for tr in image.find_next("details", class_="numbers").tbody("tr")]
    assert cells == [["1" if query == key else "0" for key in range(10)] for query in range(10)]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapters_notebook_is_one_click_away(name, site, browser):
    for width in (1280, 390):
        page, _, _ = open_page(browser, (site / f"{name}.html").as_uri(), width=width)
        link = page.get_by_role("link", name="notebook").and_(page.locator("[href$='.ipynb']")).first
        assert link.is_visible()
        assert ((site / name).parent / link.get_attribute("href")).resolve().is_file()
        page.close()
    assert soup(site / f"{name}.html").select_one(".highlight pre")


TERMS = (
    "softmax", "entropy", "gradient", "convex hull", "max pooling", "heatmap", "bilinear score", "soft attention",
    "identity matrix", "temperature", "variance", "saliency", "scoring function", "tensor",
)  # fmt: skip


def running_text(page: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Give each piece of a page's running text, with the address that it leads to."""
    aside = "h1, h2, h3, h4, .admonition-title, .chapter-card, .caption, .cell_output, .math, code, figcaption"
    apart = {id(element) for element in page.select(aside)}
    for paragraph in page.select("article p"):
        for text in paragraph.find_all(string=True):
            if not any(id(element) in apart for element in text.parents):
                yield str(text), next((element["href"] for element in text.parents if element.name == "a"), "")


@pytest.mark.parametrize("name", [*CHAPTERS, "chapters/index"])
def test_the_first_use_of_a_glossary_term_leads_to_the_glossary(name, site):
    pieces = [(text, href) for text, href in running_text(soup(site / f"{name}.html")) if not href or "#term" in href]
    used = 0
    for term in TERMS:
        first = next((href for text, href in pieces if re.search(rf"\b{term}(s|es)?\b", text, re.IGNORECASE)), None)
        used += first is not None
        assert first is None or "glossary.html#term-" in first, term
    assert used >= 5
    links = [link["href"] for link in soup(site / f"{name}.html").select("a.glossary-term")]
    assert len(links) == len(set(links))


def test_the_keyboard_reaches_content_with_visible_focus(site, browser):
    page, _, _ = open_page(browser, (site / "chapters" / "03_scoring_functions.html").as_uri())
    page.keyboard.press("Tab")
    assert "skip" in page.evaluate("document.activeElement.textContent").lower()
    page.keyboard.press("Enter")
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.tagName"))
        style = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement);"
            " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'; })()"
        )
        assert style, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    page.close()
    assert {"A", "BUTTON"} <= seen
