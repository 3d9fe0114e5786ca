"""What came of a test, in the words for it."""

import pytest

from attn_classroom.outcomes import Outcome, describe, title
from attn_classroom.student import StudentError


def test_points_are_earned_whole_or_not_at_all() -> None:
    assert Outcome("q", "test_a", 2.5, True, False, "", "").earned == 2.5
    assert Outcome("q", "test_a", 2.5, False, False, "no", "").earned == 0


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AssertionError("expected 1, got 2"), "expected 1, got 2"),
        (AssertionError(), "the test says no"),
        (StudentError("ValueError", "no", "line 1 of cell 2"), "your code raised ValueError: no (line 1 of cell 2)"),
        (StudentError("Missing", "f is missing from your notebook"), "f is missing from your notebook"),
        (TypeError("unhashable"), "your answer could not be used: TypeError: unhashable"),
        (KeyError("a"), "your answer could not be used: KeyError: 'a'"),
    ],
)
def test_why_a_test_failed_in_a_sentence(error: Exception, said: str) -> None:
    assert describe(error) == said


@pytest.mark.parametrize("error", [AssertionError("x" * 5000), TypeError("x" * 5000)])
def test_a_long_reason_is_cut(error: Exception) -> None:
    assert len(describe(error)) == 600


@pytest.mark.parametrize(
    ("test", "words"), [("test_ties_keep_k", "ties keep k"), ("test_", ""), ("a_test_of_b", "a test of b")]
)
def test_a_title(test: str, words: str) -> None:
    assert title(test) == words
