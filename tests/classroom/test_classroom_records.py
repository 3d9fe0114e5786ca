"""The records: Gradescope's format, read back equal; a table safe in a spreadsheet; files whole or not at all."""

import csv
import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attn_classroom.outcomes import Outcome
from attn_classroom.records import (
    Record,
    from_gradescope,
    points_of,
    read_all,
    said,
    to_gradescope,
    write,
    write_table,
)
from attn_classroom.task import Verdict

GOOD = Outcome("mask", "test_a_row", 2, True, False, "", "Look.")
BAD = Outcome("mask", "test_two_rows", 1.5, False, False, "expected \x1b[31m1\x1b[0m, got 2", "Look again.")
HIDDEN = Outcome("six_words", "test_cat", 1, False, True, "expected 0.24, got 1", "Use your functions.")
VERDICT = Verdict((GOOD, BAD, HIDDEN), "", ("changed given cell: setup",), "printed 中\x1b[1m", 1.25)
RECORD = Record("s1", VERDICT, "abc")


def test_a_record_has_the_points_of_its_tests() -> None:
    assert RECORD.score == 2
    assert RECORD.of_question("mask") == 2
    assert RECORD.of_question("six_words") == 0
    assert points_of([Record("s0", Verdict(why="empty")), RECORD]) == {"mask": 3.5, "six_words": 1}
    assert points_of([]) == {}


def test_the_fields_of_gradescope() -> None:
    data = to_gradescope(replace(RECORD, run={"seed": 3}))
    assert set(data) == {"score", "execution_time", "output", "visibility", "tests", "extra_data"}
    assert (data["score"], data["execution_time"], data["output"], data["visibility"]) == (
        2,
        1.25,
        "Graded.",
        "visible",
    )
    assert data["tests"][:2] == [
        {
            "name": "mask: a row",
            "score": 2,
            "max_score": 2,
            "status": "passed",
            "output": "",
            "visibility": "visible",
        },
        {
            "name": "mask: two rows",
            "score": 0,
            "max_score": 1.5,
            "status": "failed",
            "output": "expected 1, got 2\nHint: Look again.",
            "visibility": "visible",
        },
    ]
    assert data["extra_data"]["run"] == {"seed": 3}
    json.dumps(data)


def test_of_a_hidden_test_the_hint_alone_is_told() -> None:
    assert said(HIDDEN) == "Hint: Use your functions."
    shown = json.dumps(to_gradescope(RECORD)["tests"])
    assert "0.24" not in shown


def test_why_there_is_no_score_is_told() -> None:
    data = to_gradescope(Record("s1", Verdict(why="the file is \x1b[1mempty")))
    assert (data["score"], data["output"], data["tests"]) == (0, "the file is empty", [])


def test_where_the_fault_is_not_the_student_s_there_is_no_score() -> None:
    """Not 0, which Gradescope would show as one."""
    data = to_gradescope(Record("s1", Verdict(why="judging it took too long", fault=True)))
    assert "score" not in data
    assert (data["output"], data["tests"]) == ("judging it took too long", [])


@pytest.mark.parametrize(("fault", "status"), [(False, 0), (True, 1)])
def test_the_guide_s_script_hands_over_no_record_without_a_score(tmp_path: Path, fault: bool, status: int) -> None:
    guide = (Path(__file__).parents[2] / "assignments" / "README.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```sh\n(#!/usr/bin/env bash\n.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    (tmp_path / "source" / "results").mkdir(parents=True)
    (tmp_path / "results").mkdir()
    (tmp_path / "submission_metadata.json").write_text('{"users": [{"email": "a@example.org"}]}')
    record = json.dumps(to_gradescope(Record("a@example.org", Verdict(why="why", fault=fault))))
    (tmp_path / "source" / "results" / "a@example.org.json").write_text(record)
    environment = os.environ | {"AUTOGRADER": str(tmp_path)}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (status, "not graded" if fault else "")
    assert (tmp_path / "results" / "results.json").exists() == (not fault)


def test_a_record_of_an_older_version_is_read() -> None:
    data = to_gradescope(RECORD)
    del data["extra_data"]["fault"]
    assert from_gradescope(data) == RECORD


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        Record("s4", Verdict(why="judging it took too long", fault=True)),
        Record("=1", Verdict(why="the file is empty", flags=("a", "b"))),
        Record("李 <b>", Verdict(), "k"),
    ],
)
def test_a_record_is_read_back_equal(record: Record, tmp_path: Path) -> None:
    text = json.dumps(to_gradescope(record))
    assert from_gradescope(json.loads(text)) == record
    (tmp_path / "x.json").write_text(text)
    assert read_all(tmp_path) == {record.student: record}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", "{}", '{"extra_data": {}}', '{"extra_data": {"outcomes": [{"a": 1}]}}', '{"extra_data": 3}'],
)
def test_a_file_that_is_no_record_is_left_out(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    (tmp_path / "b.json").write_bytes(b"\xff\xfe")
    (tmp_path / "s1.json").write_text(json.dumps(to_gradescope(RECORD)))
    assert read_all(tmp_path) == {"s1": RECORD}


def test_a_folder_without_records(tmp_path: Path) -> None:
    assert read_all(tmp_path / "nowhere") == {}


def test_a_folder_that_is_called_like_a_record_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    assert read_all(tmp_path) == {}


def test_a_file_is_written_at_once_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "a.json"
    write(path, "old")
    write(path, "new \ud800")
    assert path.read_text() == "new ?"
    assert [each.name for each in path.parent.iterdir()] == ["a.json"]

    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        write(path, "half")
    assert path.read_text() == "new ?"


# -- the table


def table(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def test_a_line_for_each_student_and_the_reason_where_there_is_no_score(tmp_path: Path) -> None:
    records = [RECORD, Record("s2", Verdict(why="the file is empty", flags=("2 notebooks", "late")))]
    records.append(Record("s3", Verdict(why="judging it took too long", fault=True)))  # blank is not 0
    write_table(tmp_path / "scores.csv", records)
    assert table(tmp_path / "scores.csv") == [
        ["student", "score", "points", "status", "mask", "six_words", "flags", "seconds"],
        ["s1", "2", "4.5", "graded", "2", "0", "changed given cell: setup", "1.2"],
        ["s2", "0", "4.5", "not graded: the file is empty", "", "", "2 notebooks | late", "0.0"],
        ["s3", "", "4.5", "not graded: judging it took too long", "", "", "", "0.0"],
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]


def test_excel_reads_chinese_names(tmp_path: Path) -> None:
    write_table(tmp_path / "scores.csv", [Record("李雷", VERDICT)])
    data = (tmp_path / "scores.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert "李雷" in data.decode()


EVIL = ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(1)", "\t=1", "\r\n=1", "\x1b[0m=1"]
EVIL += [
    "x;=cmd|calc!A1",
    "x; =1",
    "x;\t+1",
    'x;"=1',
    'x;""=1";-1',
    ";;=1",
    "x\t=1",
    "x|=1",
    "x;＝1",
    "x;\x1b[0m@a",
    '";=1',
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("evil", EVIL)
def test_no_cell_is_a_formula(evil: str, delimiter: str, tmp_path: Path) -> None:
    """Not even where the cells are taken to end elsewhere, as in most of Europe."""
    outcome = Outcome(evil, "test_a", 1, False, False, evil, evil)
    flags = (evil, f"ValueError: {evil}")
    records = [Record(evil, Verdict((outcome,), "", flags)), Record(evil + "2", Verdict(why=evil, flags=flags))]
    write_table(tmp_path / "scores.csv", records)
    with (tmp_path / "scores.csv").open(newline="", encoding="utf-8-sig") as file:
        lines = list(csv.reader(file, delimiter=delimiter))
    assert len(lines) == 3
    signs = ("=", "+", "-", "@", "＝", "\t", "\r")
    assert not [cell for line in lines for cell in line if cell.strip(' "').startswith(signs)]


def test_a_text_with_semicolons_is_one_cell_and_reads_as_it_was(tmp_path: Path) -> None:
    write_table(tmp_path / "scores.csv", [Record("a; b", Verdict((GOOD,), "", ("x; y", "1;2")))])
    assert table(tmp_path / "scores.csv")[1] == ["a; b", "2", "2", "graded", "2", "x; y | 1;2", "0.0"]
    assert '"a; b","2","2","graded"' in (tmp_path / "scores.csv").read_text(encoding="utf-8-sig")


def test_a_table_of_nobody(tmp_path: Path) -> None:
    write_table(tmp_path / "scores.csv", [])
    assert table(tmp_path / "scores.csv") == [["student", "score", "points", "status", "flags", "seconds"]]
