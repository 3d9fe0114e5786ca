"""An assignment on the disk: what is read, and in which words it is refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from attn_classroom.assignment import (
    Assignment,
    AssignmentError,
    Cell,
    Wrong,
    folder_of,
    load,
    read_cells,
    read_wrong,
)

ROOT = Path(__file__).parents[2]
SET = sorted(path.parent.name for path in ROOT.glob("assignments/*/*.md") if path.stem == path.parent.name)
CODE = "```{code-cell} ipython3\n%s\n```\n"
SOLVED = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"


def cell(options: str, source: str) -> str:
    return CODE % f"{options}\n\n{source}" if options else CODE % source


def test_the_parts_of_an_assignment(toy_folder: Path, toy: Assignment) -> None:
    got = load(str(toy_folder))
    assert got.name == "toy"
    assert got.cells == toy.cells
    assert got.tests == toy.tests
    assert got.wrong == (Wrong("three times", {"double": "def double(x):\n    return 3 * x\n"}, 1),)


def test_the_four_kinds_of_cells(toy: Assignment) -> None:
    kinds = [(each.kind, each.name) for each in toy.cells]
    assert kinds == [
        ("text", ""),
        ("given", "setup"),
        ("text", ""),
        ("answer", "double"),
        ("free", ""),
        ("answer", "limit"),
    ]
    assert toy.of_kind("given") == {"setup": "FACTOR = 2"}
    assert [*toy.of_kind("answer")] == ["double", "limit"]
    assert "### BEGIN SOLUTION" in toy.of_kind("answer")["double"]


def test_a_folder_is_found_by_path_and_by_name(toy_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder_of(str(toy_folder)) == toy_folder
    monkeypatch.chdir(toy_folder.parents[1])
    assert folder_of("toy") == toy_folder
    assert folder_of("assignments/toy/") == toy_folder
    monkeypatch.chdir(toy_folder)
    assert folder_of(".") == toy_folder


def test_an_unknown_name_is_answered_with_those_there_are(toy_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(toy_folder.parents[1])
    (toy_folder.parent / "no_assignment").mkdir()
    with pytest.raises(AssignmentError, match=r"no assignment 'tpy' .*there are: toy$"):
        load("tpy")
    monkeypatch.chdir(toy_folder / "tests")
    with pytest.raises(AssignmentError, match=r"there are: none$"):
        load("toy")


@pytest.mark.parametrize(("gone", "left"), [("test_public.py", "test_hidden"), ("test_hidden.py", "test_public")])
def test_public_and_hidden_tests_are_needed(toy_folder: Path, gone: str, left: str) -> None:
    (toy_folder / "tests" / gone).unlink()
    with pytest.raises(AssignmentError, match=rf"toy/tests needs test_public.py and at least one hidden .*{left}"):
        load(str(toy_folder))


def test_wrong_answers_may_be_absent(toy_folder: Path) -> None:
    (toy_folder / "wrong_answers.toml").unlink()
    assert load(str(toy_folder)).wrong == ()


def test_a_wrong_answer_for_no_cell_is_refused() -> None:
    listed = {"wrong": [{"name": "typo", "answers": {"dobule": ""}, "score": 0}]}
    with pytest.raises(
        AssignmentError, match=r"the wrong answer 'typo' is for \['dobule'\]; the answer cells are \['d'\]"
    ):
        read_wrong(listed, {"d"})


@pytest.mark.parametrize("missing", ["name", "answers", "score"])
def test_a_wrong_answer_without_a_part_is_refused_in_a_sentence(missing: str) -> None:
    whole = {"name": "a", "answers": {"d": ""}, "score": 0}
    del whole[missing]
    with pytest.raises(AssignmentError, match=missing):
        read_wrong({"wrong": [whole]}, {"d"})


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(AssignmentError, match=r"a cell's name may stand once, these stand twice: a$"):
        read_cells(cell(":given: a", "x = 1") + cell(":answer: a", SOLVED))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (cell(":answer: a", "x = 1"), "the answer cell 'a' has 0 beginnings and 0 ends"),
        (cell(":answer: a", "### BEGIN SOLUTION\nx = 1"), "has 1 beginnings and 0 ends"),
        (cell(":answer: a", "x = 1\n### END SOLUTION"), "has 0 beginnings and 1 ends"),
        (cell(":given: g", SOLVED), "the given cell 'g' has 1 beginnings and 1 ends"),
        (cell("", SOLVED), "the free cell '### BEGIN SOLUTION"),
        ("Text\n\n### BEGIN SOLUTION\n\n### END SOLUTION\n", "the text cell 'Text"),
    ],
)
def test_solutions_stand_in_answer_cells_and_nowhere_else(source: str, said: str) -> None:
    with pytest.raises(AssignmentError) as error:
        read_cells(source)
    assert said in str(error.value)


def test_the_fingerprint_changes_with_a_cell_and_with_a_test_and_with_nothing_else(toy: Assignment) -> None:
    assert len(toy.fingerprint) == 16
    int(toy.fingerprint, 16)
    same = replace(toy, wrong=(), tests=dict(reversed(toy.tests.items())))
    assert same.fingerprint == toy.fingerprint
    others = [
        replace(toy, cells=toy.cells[1:]),
        replace(toy, cells=(Cell("free", "", "1"), *toy.cells)),
        replace(toy, cells=toy.cells[::-1]),
        replace(toy, tests=toy.tests | {"test_hidden.py": toy.tests["test_hidden.py"] + " "}),
        replace(toy, tests={"test_x.py": "", **toy.tests}),
    ]
    assert len({each.fingerprint for each in [toy, *others]}) == 6


def test_an_assignment_can_be_sent_as_plain_text(toy: Assignment) -> None:
    assert json.dumps([toy.name, toy.tests, [vars(each) for each in toy.cells]])


@pytest.mark.parametrize("name", SET)
def test_every_assignment_of_the_course_can_be_read(name: str) -> None:
    got = load(str(ROOT / "assignments" / name))
    assert got.name == name
    assert got.of_kind("given")
    assert got.of_kind("answer")
    assert got.wrong
