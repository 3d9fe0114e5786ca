"""The marker that every test of an assignment carries."""

import pytest

MARK = "question(name, points, hint): the question a test belongs to, what it is worth, and what to say if it fails"


def is_marked(item: pytest.Item) -> bool:
    """Say whether a test has a whole marker."""
    mark = item.get_closest_marker("question")
    return mark is not None and len(mark.args) == 1 and mark.kwargs.keys() == {"points", "hint"}


def mark_of(item: pytest.Item) -> tuple[str, float, str]:
    """Give the question of a test, its points and its hint."""
    mark = item.get_closest_marker("question")
    assert mark is not None
    return str(mark.args[0]), mark.kwargs["points"], mark.kwargs["hint"]
