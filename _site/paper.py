"""The whole book as one PDF: the built pages joined, and printed by Chromium.

    python _site/paper.py            writes _build/pdf/attention.pdf, from what stands in _build/html

The pages are joined as they are: nothing is typeset anew, so the paper says what the site says. Ids get the name of
their page in front, and links between pages become links within the book. It is printed twice: the first time tells on
which page each section lies, the second time the contents say so.
"""

import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Page, sync_playwright
from pypdf import PdfReader

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
FOLDER = ROOT / "_build" / "pdf"
BROWSERS = ("chromium", "google-chrome", "chromium-browser", "google-chrome-stable")
FOOT = '<div style="font: 8pt sans-serif; width: 100%; text-align: center"><span class="pageNumber"></span></div>'
NOT_ON_PAPER = ".headerlink, .prev-next-footer, script, button, .pst-js-only, template, details.numbers"


def page_names() -> list[str]:
    """List the pages of the book in order, as they stand in the table of contents."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    parts = contents.get("parts", [contents])
    return [contents["root"], *(entry["file"] for part in parts for entry in part["chapters"])]


def anchor(page: str, fragment: str = "") -> str:
    """Name a place in the joined book."""
    return "--".join([Path(page).name, *([fragment] if fragment else [])])


def article(page: str, pages: list[str]) -> Tag:
    """Take a page's text out of the site, with ids and links that hold in the joined book."""
    soup = BeautifulSoup((SITE / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    text = soup.find("article")
    assert isinstance(text, Tag), f"{page}.html has no article"
    for each in text.select(NOT_ON_PAPER):
        each.decompose()
    for each in text.select("a.image-reference"):
        each.unwrap()  # on paper a picture cannot be opened
    for each in text.find_all(True):
        if each.get("id"):
            each["id"] = anchor(page, str(each["id"]))
        for name in ("aria-labelledby", "aria-describedby", "for"):
            if each.get(name):
                each[name] = " ".join(anchor(page, one) for one in str(each[name]).split())
        if each.get("src"):
            each["src"] = str((SITE / page).parent.joinpath(str(each["src"])).resolve().as_uri())
            each.attrs.pop("loading", None)
        if each.get("href"):
            each["href"] = link(str(each["href"]), page, pages)
    text["id"] = anchor(page)
    return text


def link(target: str, page: str, pages: list[str]) -> str:
    """Turn a link of a page into one that works on paper."""
    if re.match(r"[a-z]+:", target):
        return target
    file, _, fragment = target.partition("#")
    other = str((Path(page).parent / file).with_suffix("")) if file else page
    if other not in pages or (file and not file.endswith(".html")):
        return "#" + anchor(page)  # a download, or a page that is not printed
    return "#" + anchor(other, fragment)


def contents_of(articles: list[Tag], numbers: dict[str, int]) -> str:
    """Write the table of contents: pages and their sections, with the numbers known so far."""
    lines = []
    for text in articles:
        for heading in text.find_all(["h1", "h2"]):
            holder = heading.find_parent("section")
            target = text["id"] if heading.name == "h1" else holder["id"] if holder else text["id"]
            words, number = html.escape(heading.get_text(" ", strip=True)), numbers.get(str(target), "")
            kind = "chapter" if heading.name == "h1" else "section"
            lines.append(f'<li class="{kind}"><a href="#{target}">{words}</a><span>{number}</span></li>')
    return "\n".join(lines)


def join(numbers: dict[str, int]) -> str:
    """Write the joined book as HTML."""
    pages = page_names()
    articles = [article(page, pages) for page in pages]
    head = BeautifulSoup((SITE / f"{pages[0]}.html").read_text(encoding="utf-8"), "html.parser")
    base = (SITE / pages[0]).parent
    styles = [
        (base / str(each["href"]).split("?")[0]).resolve().as_uri() for each in head.select("link[rel=stylesheet]")
    ]
    styles.append((ROOT / "_site" / "paper.css").as_uri())
    about = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    title, author = html.escape(about["title"]), html.escape(about["author"])
    return "\n".join(
        [
            '<!doctype html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">',
            f"<title>{title}</title>",
            *(f'<link rel="stylesheet" href="{style}">' for style in styles),
            f'</head><body><main><div class="front"><h1>{title}</h1><p>{author}</p></div>',
            f'<nav class="paper-contents"><h2>Contents</h2><ul>{contents_of(articles, numbers)}</ul></nav>',
            *(str(text) for text in articles),
            "</main></body></html>",
        ]
    )


def places(pdf: Path) -> dict[str, int]:
    """Find on which page each named place lies, counting from 1."""
    reader = PdfReader(pdf)
    found = {}
    for name, target in reader.named_destinations.items():
        number = reader.get_destination_page_number(target)
        if number is not None:
            found[name.removeprefix("/")] = number + 1
    return found


def write(page: Page, numbers: dict[str, int], target: Path) -> None:
    """Print the book once."""
    source = target.with_suffix(".html")
    source.write_text(join(numbers), encoding="utf-8")
    page.goto(source.as_uri(), wait_until="load")
    page.pdf(
        path=target,
        prefer_css_page_size=True,
        print_background=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=FOOT,
        outline=True,
        tagged=True,
    )


def browser() -> str:
    """Find Chromium; on Debian, as root, install it."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], check=True)
        found = shutil.which("chromium")
    if found is None:
        sys.exit("make pdf prints with Chromium, and finds none: install it (Debian: apt-get install chromium)")
    return found


def main() -> None:
    """Print the book, and say where it is."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    target = FOLDER / "attention.pdf"
    program = browser()
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=arguments)
        page = chromium.new_context(java_script_enabled=False, color_scheme="light", offline=True).new_page()
        write(page, {}, target)
        write(page, places(target), target)
        chromium.close()
    print(f"{target}: {len(PdfReader(target).pages)} pages")


if __name__ == "__main__":
    main()
