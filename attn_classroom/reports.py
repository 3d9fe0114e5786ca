"""The pages: one for each student, one for the teacher. Each is one file, and everything in it is escaped."""

from collections import Counter
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from attn_classroom.escaping import clean
from attn_classroom.outcomes import title
from attn_classroom.records import Record, points_of, said

BINS = 10


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("attn_classroom"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clean": clean, "said": said, "title_of": title, "words": words}
    return environment


def words(name: str) -> str:
    """Turn a name of the code into words.

    Example:
        >>> words("top_k_weights")
        'top k weights'
    """
    return name.replace("_", " ")


def _render(template: str, **values: Any) -> str:
    # The style sheet is our own and holds no markup: it may stand unescaped.
    from markupsafe import Markup

    source, _, _ = _templates().loader.get_source(_templates(), "page.css")  # type: ignore[union-attr] # set above
    return _templates().get_template(template).render(css=Markup(source), **values)


def feedback(name: str, record: Record, points: dict[str, float]) -> str:
    """Write a student's page.

    Args:
        name: of the assignment.
        record: what came of the submission.
        points: of each question.
    """
    return _render("feedback.html", name=name, record=record, points=points)


def summary(name: str, records: list[Record], run: dict[str, Any]) -> str:
    """Write the teacher's page: how the scores lie, what was hardest, what is worth a look."""
    graded = [record for record in records if not record.verdict.why]
    most = sum(points_of(records).values())
    outcomes = [each for record in graded for each in record.verdict.outcomes if each.points]
    failed = Counter((each.test, each.question) for each in outcomes if not each.passed)
    bins = histogram([record.score for record in graded], most)
    return _render(
        "summary.html",
        name=name,
        records=records,
        graded=graded,
        flagged=[record for record in records if record.verdict.flags],
        most=most,
        bins=bins,
        largest=max((count for *_, count in bins), default=1) or 1,
        hardest=[(test, question, count) for (test, question), count in failed.most_common(8)],
        run=run,
    )


def histogram(scores: list[float], most: float) -> list[tuple[int, int, int]]:
    """Count scores in at most `BINS` equal steps of whole points, the last of which holds full marks.

    Example:
        >>> histogram([0, 3, 4], 4)
        [(0, 0, 1), (1, 1, 0), (2, 2, 0), (3, 3, 1), (4, 4, 1)]
    """
    width = -(-(int(most) + 1) // BINS)
    steps = [(low, min(low + width - 1, int(most))) for low in range(0, int(most) + 1, width)]
    return [(low, high, sum(low <= score < high + 1 for score in scores)) for low, high in steps]
