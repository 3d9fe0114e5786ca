"""Text of students made harmless: as a file's name, on a terminal or page, in a spreadsheet."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_classroom.escaping import FORMULA, clean, file_name, spreadsheet_safe

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


@pytest.mark.parametrize("student", ["s1", "Ada Lovelace", "李雷", "a.b", "<b>", "run2", "=1+1"])
def test_an_id_that_can_be_a_file_name_is_it(student: str) -> None:
    assert file_name(student, ".json") == student + ".json"


@pytest.mark.parametrize("student", ["", "run", "a/b", "..\\b", "a\x00b", "a\nb", "x" * 300, "李" * 100])
def test_another_id_gets_a_name_of_its_own(student: str, tmp_path: Path) -> None:
    name = file_name(student, ".json")
    assert name != student + ".json"
    (tmp_path / name).write_text("")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_names_that_would_become_one_stay_two() -> None:
    assert len({file_name(student, "") for student in ("a/b", "a\\b", "a_b", "a\x01b")}) == 4
    assert file_name("x" * 300, "") != file_name("x" * 301, "")


@given(TEXT)
def test_a_name_leads_nowhere_else(student: str) -> None:
    name = file_name(student, ".json")
    assert Path("folder", name).parent == Path("folder")
    assert len(name.encode()) <= 255
    assert "\x00" not in name


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bcreset", "reset"),
        ("a\x1b", "a"),
        ("bell\x07 null\x00 back\x08", "bell null back"),
        ("over\rwritten", "overwritten"),
        ("c1\x9b31m", "c131m"),
        ("\u202eright to left\u2066", "right to left"),
        ("line\nand\ttab, é 中 😀", "line\nand\ttab, é 中 😀"),
    ],
)
def test_what_a_terminal_would_obey_is_taken_out(text: str, left: str) -> None:
    assert clean(text) == left


@given(TEXT)
def test_nothing_is_left_to_obey(text: str) -> None:
    left = clean(text)
    assert clean(left) == left
    assert not [letter for letter in left if ord(letter) < 32 and letter not in "\n\t"]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"),
        ("\ta", "'a"),
        ("\r=1", "'=1"),
        ("  =1", "'=1"),
        ("\x1b[0m=1", "'=1"),
        ("\x00=1", "'=1"),
        ("\n@a", "'@a"),
        ("a=1", "a=1"),
        ("a\nb\tc", "a b c"),
        ("", ""),
    ],
)
def test_no_spreadsheet_takes_it_for_a_formula(text: str, safe: str) -> None:
    assert spreadsheet_safe(text) == safe


@given(TEXT)
def test_a_cell_is_one_line_that_begins_no_formula(text: str) -> None:
    assert not spreadsheet_safe(text).startswith(FORMULA)
    assert "\n" not in spreadsheet_safe(text)
