"""What came of a test, and the words for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What came of one test.

    Args:
        question: the question it belongs to.
        test: the name of its function.
        points: what it is worth.
        passed: whether it passed.
        hidden: whether the student has not got this test.
        message: what was expected and what came; empty when it passed.
        hint: what its writer says to who fails it.
    """

    question: str
    test: str
    points: float
    passed: bool
    hidden: bool
    message: str
    hint: str

    @property
    def earned(self) -> float:
        """The points, or 0."""
        return self.points if self.passed else 0


def title(test: str) -> str:
    """Turn the name of a test into words.

    Example:
        >>> title("test_ties_keep_k")
        'ties keep k'
    """
    return test.removeprefix("test_").replace("_", " ")
