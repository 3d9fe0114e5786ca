"""The README: short, its example runs, its lines are those of the Makefile, and what it names is there."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 80


def test_the_quick_start_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    [example] = fenced("python")
    assert len(example.splitlines()) <= 10
    test = doctest.DocTestParser().get_doctest(example, {}, "quick start", "README.md", 0)
    assert len(test.examples) >= 6
    doctest.DebugRunner().run(test)  # raises at the first difference
    assert (tmp_path / "six-words.svg").stat().st_size > 1000


@pytest.mark.parametrize("file", ["CONTRIBUTING.md", "CHANGELOG.md"])
def test_contributing_and_changelog_are_there(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert len(text.splitlines()) <= (30 if file == "CONTRIBUTING.md" else 1000)


def test_the_lines_for_people_without_make_are_those_of_the_makefile() -> None:
    [by_hand] = [block for block in fenced("sh") if "venv" in block]
    extras = set(re.search(r'-e "\.\[([a-z,]+)\]"', by_hand)[1].split(","))
    assert extras == set(",".join(re.findall(r"-e '\.\[([a-z,]+)\]'", MAKEFILE)).split(","))
    for line in ("pip install --no-deps -r requirements-d2l.txt", "jupyter-book build . --all -W -n --keep-going"):
        assert line in by_hand
    assert "jupyter-book build . --all -W -n --keep-going" in MAKEFILE
    assert re.search(r"pip install .*--no-deps -r requirements-d2l.txt", MAKEFILE)
    [torch] = re.findall(r"torch==[^ ]+", by_hand)
    assert torch in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def test_what_it_names_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    paths = [name for name in re.findall(r"`([\w./]+)`", README) if re.search(r"/|\.(md|yml|py|txt)$", name)]
    local = [name for name in links + paths if "://" not in name and "_build" not in name]
    assert len(local) >= 10
    homes = [ROOT, ROOT / "attn_lesson", ROOT / "chapters"]
    assert [name for name in local if not any((home / name).exists() for home in homes)] == []


def test_every_verb_it_names_is_one_of_make() -> None:
    verbs = set(re.findall(r"make (\w+)", README))
    assert {"book", "test", "lab", "notebooks"} <= verbs
    assert verbs <= set(re.findall(r"^(\w+):", MAKEFILE, flags=re.MULTILINE))
