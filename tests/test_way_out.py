"""The book outlives Jupyter Book: plain, current Sphinx makes the same pages, word for word, from the same files."""

import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[1]
PLAIN = ROOT / "_build" / "plain"


@pytest.fixture(scope="module")
def plain(site):
    """Build strictly: a warning fails."""
    done = subprocess.run(["bash", "_site/plain/build.sh"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return PLAIN / "html"


def article(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").article


def test_it_is_sphinx_and_not_jupyter_book(plain):
    script = "import sphinx, importlib.util as u; print(sphinx.version_info[0], u.find_spec('jupyter_book'))"
    python = PLAIN / "venv" / "bin" / "python"
    major, found = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert int(major) >= 9
    assert found == "None"


def words(page: Path) -> list[str]:
    return article(page).get_text(" ", strip=True).split()


def test_every_page_says_the_same(plain, site):
    pages = sorted(path.relative_to(site) for path in (site / "chapters").glob("*.html"))
    assert len(pages) > 10
    assert [str(page) for page in pages if words(plain / page) != words(site / page)] == []


def test_pictures_formulas_and_charts_are_there(plain, site):
    for page in (site / "chapters").glob("0*.html"):
        for parts in ("img", ".katex", ".explorable", "a.reference"):
            there = len(article(plain / "chapters" / page.name).select(parts))
            assert there == len(article(page).select(parts)), (page.name, parts)


def test_what_the_pages_load_is_there(plain):
    for page in (plain / "chapters").glob("*.html"):
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        loaded = [each["href"] for each in soup.select("link[rel=stylesheet]")] + [
            each["src"] for each in soup.select("[src]")
        ]
        assert len(loaded) > 10
        assert [each for each in loaded if not (page.parent / each.split("?")[0]).exists() and ":" not in each] == []
