"""A student's own look at an answer, from the notebook: the public tests, at once."""

import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from attn_classroom.assignment import PUBLIC
from attn_classroom.judging import Referee, run_tests
from attn_classroom.outcomes import Outcome, title
from attn_classroom.student import Here, Student


def check(question: str = "", *, tests: str | Path = f"tests/{PUBLIC}", seed: int | None = None) -> None:
    """Run the public tests of one question, or of all, against this notebook, and print what came of them.

    Args:
        question: the name of a question; all, when empty.
        tests: the file of the public tests, beside the notebook.
        seed: of the random inputs; new ones each time, when None. A failure prints it.

    Raises:
        FileNotFoundError: when the public tests are not where the notebook is.
        ValueError: when there is no such question; the message names those there are.
    """
    path = Path(tests)
    if not path.is_file():
        raise FileNotFoundError(
            f"check() needs the public tests beside the notebook, and there is no {path} in {Path.cwd()}; "
            f"unpack the assignment again, and open the notebook from its own folder"
        )
    seed = secrets.randbelow(10**6) if seed is None else seed
    names = sys._getframe(1).f_globals
    student: Callable[[], Student] = lambda: Student(Here(names))  # noqa: E731 (two words need no def)
    referee = Referee(student, student, seed, (question,) if question else ())
    outcomes = run_tests({PUBLIC: path.read_text(encoding="utf-8")}, referee)
    if question and question not in referee.questions:
        raise ValueError(f"there is no question {question!r}; the questions are {', '.join(referee.questions)}")
    print(describe(outcomes, seed))


def describe(outcomes: list[Outcome], seed: int) -> str:
    """Write the outcomes as a student reads them.

    Example:
        >>> print(describe([Outcome("mask", "test_a_row", 2, True, False, "", "")], 3))
        mask
          ✓ a row
        All public tests pass (2 of 2 points). Hidden tests decide the rest.
    """
    lines: list[str] = []
    for question in dict.fromkeys(outcome.question for outcome in outcomes):
        lines.append(question)
        for outcome in (each for each in outcomes if each.question == question):
            lines.append(f"  {'✓' if outcome.passed else '✗'} {title(outcome.test)}")
            if not outcome.passed:
                lines += [f"      {line}" for line in outcome.message.splitlines()] + [f"      Hint: {outcome.hint}"]
    earned, points = sum(each.earned for each in outcomes), sum(each.points for each in outcomes)
    passed = sum(each.passed for each in outcomes)
    say = "All public tests pass" if passed == len(outcomes) else f"{passed} of {len(outcomes)} public tests pass"
    lines.append(f"{say} ({earned:g} of {points:g} points). Hidden tests decide the rest.")
    if passed < len(outcomes):
        lines.append(f"(The same inputs again: seed={seed}.)")
    return "\n".join(lines)
