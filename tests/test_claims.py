"""Every number that a chapter's prose states is computed again here, from the package, and must agree.

The prose holds no typed measurements: each is glued in from a hidden cell of its chapter. `tests/claims/` says, for
each of those names, how to compute the number once more, by another route where there is one, and how near is near
enough. This file compares the two with what the built page says. A sentence and a computation that part ways, a glued
number without a claim, or a claim that no sentence makes any more, is red.
"""

import importlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.md") if "{glue:text}" in path.read_text("utf-8"))
GLUED = re.compile(r"\{glue:text\}`([^`:]+)(?::([^`]*))?`")


def claims(chapter: str) -> dict[str, object]:
    """Return the chapter's claims: name -> (how to compute it, tolerance)."""
    return importlib.import_module(f"claims.{name(chapter)}").CLAIMS


def name(chapter: str) -> str:
    return f"chapter_{int(chapter[:2])}" if chapter[:2].isdigit() else chapter


def built_values(chapter: str, site: Path) -> dict[str, str]:
    """Return what the cells of the built page glued, as the text MyST-NB keeps."""
    glued = json.loads((site.parent / "jupyter_execute" / "chapters" / f"{chapter}.glue.json").read_text("utf-8"))
    return {name: "".join(output["data"]["text/plain"]) for name, output in glued.items()}


CASES = [(chapter, claim) for chapter in CHAPTERS for claim in claims(chapter)]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_number_in_the_prose_has_a_claim_and_each_claim_a_number(chapter: str) -> None:
    stated = {match[1] for match in GLUED.finditer((ROOT / "chapters" / f"{chapter}.md").read_text("utf-8"))}
    assert stated == set(claims(chapter))


@pytest.mark.parametrize(("chapter", "claim"), CASES, ids=[claim for _, claim in CASES])
def test_the_page_and_the_computation_agree(chapter: str, claim: str, site: Path) -> None:
    compute, tolerance = claims(chapter)[claim]
    said = built_values(chapter, site)[claim].strip("'\"")
    expected = compute()
    if isinstance(expected, str):
        assert said == expected
    else:
        assert float(said) == pytest.approx(expected, abs=tolerance)
