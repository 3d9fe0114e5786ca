"""The pages: every text is escaped, nothing is loaded from elsewhere, and the numbers are those of the records."""

import re

import pytest
from bs4 import BeautifulSoup

from attn_classroom.outcomes import Outcome
from attn_classroom.records import Record
from attn_classroom.reports import BINS, feedback, histogram, summary, words
from attn_classroom.task import Verdict

RUN = {"seed": 5, "isolation": "bubblewrap 0.8.0"}
GOOD = Outcome("mask", "test_a_row", 2, True, False, "", "Look.")
BAD = Outcome("mask", "test_two_rows", 1, False, False, "expected 1, got 2", "Look again.")
HIDDEN = Outcome("six_words", "test_cat", 1, False, True, "expected 0.24, got 1", "Use your functions.")
RECORD = Record("s1", Verdict((GOOD, BAD, HIDDEN), "", ("changed given cell: setup",), "hello\n", 1.0))
POINTS = {"mask": 3.0, "six_words": 1.0}
EVIL = "<script>alert('x')</script>\x1b[31m&\"{{ 7*7 }}\u202e"


def text_of(page: str) -> str:
    return " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())


def test_a_student_s_page() -> None:
    text = text_of(feedback("soft_attention", RECORD, POINTS))
    assert "soft attention s1 2 of 4 points mask: 2 of 3" in text
    assert "✓ passed a row, 2 points" in text
    assert "✗ failed two rows, 1 point expected 1, got 2 Hint: Look again." in text
    assert "six words: 0 of 1 ✗ failed cat (hidden test), 1 point Hint: Use your functions." in text
    assert "Noted while grading changed given cell: setup What your notebook printed hello" in text
    assert "0.24" not in text  # a hidden test says its hint alone


def test_a_page_without_a_score_says_why() -> None:
    text = text_of(feedback("toy", Record("s1", Verdict(why="the file is empty")), POINTS))
    assert "Not graded the file is empty. Please talk to your teacher." in text
    assert "points" not in text
    assert "Noted" not in text


def test_the_teacher_s_page() -> None:
    other = Record("s2", Verdict((GOOD, BAD, HIDDEN)))
    none = Record("s3", Verdict(why="the file is empty"))
    text = text_of(summary("soft_attention", [RECORD, other, none], RUN))
    assert "3 students, 2 graded ; mean 2.0 of 4 points" in text.replace("graded;", "graded ;")
    assert "Random inputs of seed 5. Isolation: bubblewrap 0.8.0." in text
    assert "two rows mask 2 of 2 cat six words 2 of 2" in text
    assert "Not graded s3 the file is empty" in text
    assert "Worth a look s1 changed given cell: setup" in text
    assert "a row" not in text.split("Hardest tests")[1]


def test_a_class_without_trouble() -> None:
    text = text_of(summary("toy", [Record("s1", Verdict((GOOD,)))], RUN))
    assert "Not graded Nobody." in text
    assert "Worth a look Nothing." in text


@pytest.mark.parametrize("records", [[], [Record("s1", Verdict(why="the file is empty"))]])
def test_a_class_of_nobody(records: list[Record]) -> None:
    text = text_of(summary("toy", records, RUN))
    assert f"{len(records)} students, 0 graded" in text
    assert "mean" not in text


def evil_pages() -> list[str]:
    outcomes = (Outcome(EVIL, EVIL, 1, False, False, EVIL, EVIL), Outcome(EVIL, EVIL, 1, False, True, EVIL, EVIL))
    graded = Record(EVIL, Verdict(outcomes, "", (EVIL,), EVIL))
    not_graded = Record(EVIL + "2", Verdict(why=EVIL, flags=(EVIL,)))
    return [
        feedback(EVIL, graded, {EVIL: 2}),
        feedback(EVIL, not_graded, {EVIL: 2}),
        summary(EVIL, [graded, not_graded], {"seed": EVIL, "isolation": EVIL}),
    ]


@pytest.mark.parametrize("page", evil_pages(), ids=["graded", "not graded", "class"])
def test_everything_is_escaped(page: str) -> None:
    parsed = BeautifulSoup(page, "html.parser")
    assert parsed.find("script") is None
    assert "<script>alert('x')</script>" in parsed.get_text()
    assert "{{ 7*7 }}" in parsed.get_text()  # and not 49


@pytest.mark.parametrize("page", evil_pages()[:2], ids=["graded", "not graded"])
def test_a_student_s_page_holds_no_control_characters_of_the_student(page: str) -> None:
    # the name of the assignment, the question and the hint are the teacher's
    for student_s in re.findall(r"<(?:p|pre|h1|li)[^>]*>(?!.*Hint)(.*?)</", page)[1:]:
        assert "\x1b" not in student_s.split("failed")[0]


@pytest.mark.parametrize("page", [feedback("toy", RECORD, POINTS), summary("toy", [RECORD], RUN)], ids=["one", "class"])
def test_a_page_is_one_file_and_loads_nothing(page: str) -> None:
    assert "http" not in page
    assert "src=" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert BeautifulSoup(page, "html.parser").find(["script", "link", "img", "iframe"]) is None
    assert page.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("scores", "most", "counts"),
    [
        ([], 0, [(0, 0, 0)]),
        ([0, 0.5, 1], 1, [(0, 0, 2), (1, 1, 1)]),
        ([0, 3.5, 4], 4, [(0, 0, 1), (1, 1, 0), (2, 2, 0), (3, 3, 1), (4, 4, 1)]),
        ([2.5], 2.5, [(0, 0, 0), (1, 1, 0), (2, 2, 1)]),
    ],
)
def test_how_scores_lie(scores: list[float], most: float, counts: list[tuple[int, int, int]]) -> None:
    assert histogram(scores, most) == counts


@pytest.mark.parametrize("most", [1, 5, 9, 11, 19, 23, 100, 7.5])
def test_each_score_is_counted_once_and_full_marks_in_the_last_step(most: float) -> None:
    scores = [most * part / 7 for part in range(8)]
    steps = histogram(scores, most)
    assert sum(count for *_, count in steps) == 8
    assert steps[-1][1] == int(most)
    assert steps[-1][2] >= 1
    assert [low for low, *_ in steps[1:]] == [high + 1 for _, high, _ in steps[:-1]]


@pytest.mark.parametrize("most", [10, 20, 30, 100])
def test_there_are_at_most_ten_steps(most: int) -> None:
    assert len(histogram([], most)) <= BINS


def test_words() -> None:
    assert words("top_k_weights") == "top k weights"
