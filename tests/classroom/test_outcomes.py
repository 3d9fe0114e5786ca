"""What came of a test, in the words for it."""

import pytest

from attn_classroom.outcomes import Outcome, title


def test_points_are_earned_whole_or_not_at_all() -> None:
    assert Outcome("q", "test_a", 2.5, True, False, "", "").earned == 2.5
    assert Outcome("q", "test_a", 2.5, False, False, "no", "").earned == 0


@pytest.mark.parametrize(
    ("test", "words"), [("test_ties_keep_k", "ties keep k"), ("test_", ""), ("a_test_of_b", "a test of b")]
)
def test_a_title(test: str, words: str) -> None:
    assert title(test) == words
