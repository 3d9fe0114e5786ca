"""Print the whole book as one PDF: Sphinx writes it as a single page, and a headless Chromium sets that on paper.

Run by `make pdf`. Formulas, figures and links stay what they are: vectors, text and links; headings become bookmarks.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "_build"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FOOTER = '<div style="width:100%;text-align:center;font-size:8px;color:#555"><span class="pageNumber"></span></div>'
WIDTH = 658  # CSS pixels between the margins of A4 that book.css sets
SELECT = "article img, article svg, article pre, article table, .katex-display"
CLIPPED = """select => [...document.querySelectorAll(select)]
    .filter(one => one.getClientRects().length && one.getBoundingClientRect().right > document.body.clientWidth + 1)
    .map(one => one.outerHTML.slice(0, 120))"""


def single_page() -> Path:
    """Build the book as one HTML page, from the same executed cells as the site."""
    command = ["jupyter-book", "build", ".", "--builder", "singlehtml", "-W", "-n"]
    subprocess.run([Path(sys.executable).parent / command[0], *command[1:], "--keep-going"], cwd=ROOT, check=True)
    found = sorted((BUILD / "singlehtml").rglob("index.html"))
    if not found:
        raise SystemExit("jupyter-book wrote no single page")
    return found[0]


def clipped(page: Page) -> list[str]:
    """Return the beginnings of what would reach beyond the paper."""
    found: list[str] = page.evaluate(CLIPPED, SELECT)
    return found


def print_pdf(source: Path, target: Path) -> None:
    """Print one page to PDF, or say what does not fit on the paper."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise SystemExit("make pdf needs Chromium: on Debian, apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme="light")
        page.goto(source.as_uri(), wait_until="networkidle")
        page.emulate_media(media="print", color_scheme="light")
        wide = clipped(page)
        if wide:
            raise SystemExit("wider than the paper:\n" + "\n".join(wide))
        page.pdf(
            path=target,
            format="A4",
            print_background=True,
            tagged=True,
            outline=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOTER,
            margin={"top": "20mm", "bottom": "20mm", "left": "18mm", "right": "18mm"},
        )
        browser.close()


def main() -> None:
    """Write `_build/pdf/attention-step-by-step.pdf`."""
    target = BUILD / "pdf" / "attention-step-by-step.pdf"
    target.parent.mkdir(parents=True, exist_ok=True)
    print_pdf(single_page(), target)
    print(target)


if __name__ == "__main__":
    main()
