"""The book on paper: one PDF with contents, page numbers, embedded fonts, and nothing cut off."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def reader(site):
    done = subprocess.run([sys.executable, "_site/paper.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return PdfReader(ROOT / "_build" / "pdf" / "attention.pdf")


def test_it_has_the_whole_book_and_not_much_paper(reader):
    assert 100 < len(reader.pages) < 250
    text = "\n".join(page.extract_text() for page in reader.pages)
    for chapter in ("Attention in people", "Scoring functions", "Learned attention", "Glossary", "Works cited"):
        assert chapter in text
    assert "Numbers of this picture" not in text  # folded boxes are for the screen


def test_it_is_a4_and_says_whose_it_is(reader):
    for page in reader.pages:
        assert [round(float(size)) for size in page.mediabox[2:]] == [595, 842]
    assert reader.metadata.title == "Attention, step by step"


def test_every_font_is_embedded(reader):
    fonts = {
        str(font.get_object().get("/BaseFont", f"type 3, {font}")): font.get_object()
        for page in reader.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert len(fonts) > 3

    def embedded(font):
        parts = [part.get_object() for part in font.get("/DescendantFonts", [font])]
        programs = ("/FontFile", "/FontFile2", "/FontFile3")
        return font["/Subtype"] == "/Type3" or all(
            any(program in part["/FontDescriptor"] for program in programs) for part in parts
        )

    assert [name for name, font in fonts.items() if not embedded(font)] == []


def test_the_contents_give_the_pages_on_which_the_chapters_are(reader):
    contents = "\n".join(reader.pages[number].extract_text() for number in range(1, 6))
    found = re.findall(r"^(\d)\. ([A-Z][^\n]*?) ?\n?(\d+)$", contents, re.MULTILINE)
    assert [number for number, *_ in found] == list("1234567")
    for number, title, page in found:
        assert f"{number}. {title}" in reader.pages[int(page) - 1].extract_text()


def test_links_and_bookmarks_lead_somewhere(reader):
    places = reader.named_destinations
    links = [
        annotation.get_object()
        for page in reader.pages
        for annotation in page.get("/Annots", [])
        if annotation.get_object()["/Subtype"] == "/Link"
    ]
    inside = [str(link["/Dest"]) for link in links if "/Dest" in link]
    assert len(inside) > 300
    assert [target for target in inside if target not in places] == []
    assert len(reader.outline) > 10


def test_figures_are_drawn_and_not_pixels(reader):
    """A heatmap's cells are one small picture, stretched; words, axes and curves are not in it."""
    sizes = [
        (image.get_object()["/Width"], image.get_object()["/Height"])
        for page in reader.pages
        for image in (page["/Resources"].get("/XObject") or {}).values()
        if image.get_object()["/Subtype"] == "/Image"
    ]
    assert max(width * height for width, height in sizes) < 1_000_000


def test_nothing_is_cut_off_at_the_side(reader, browser):
    page = browser.new_context(
        viewport={"width": 643, "height": 900}, java_script_enabled=True, offline=True
    ).new_page()
    page.emulate_media(media="print")
    page.goto((ROOT / "_build" / "pdf" / "attention.html").as_uri(), wait_until="load")
    wide = page.evaluate(
        """() => {
          const edge = document.documentElement.clientWidth + 1, found = [];
          for (const each of document.querySelectorAll("main *")) {
            if (each.closest(".katex") && !each.matches(".katex")) continue;
            if (each.closest("svg") && each.tagName !== "svg") continue;
            const box = each.getBoundingClientRect();
            const hidden = getComputedStyle(each).overflowX !== "visible" && each.scrollWidth > each.clientWidth + 1;
            if (box.width > 0 && (box.right > edge || hidden)) found.push(each.tagName + "." + each.className);
          }
          return found;
        }"""
    )
    page.context.close()
    assert wide == []
