"""What is kept of a graded class: one JSON file a student, in Gradescope's results format, and a table."""

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attn_classroom.escaping import clean, spreadsheet_safe
from attn_classroom.outcomes import Outcome, title
from attn_classroom.task import Verdict


@dataclass(frozen=True)
class Record:
    """What is known of one student.

    Args:
        student: the ID.
        verdict: what came of the submission.
        key: of the bytes, the assignment and the seed; a record with the same key need not be made again.
    """

    student: str
    verdict: Verdict
    key: str = ""

    @property
    def score(self) -> float:
        """The points earned."""
        return sum(outcome.earned for outcome in self.verdict.outcomes)

    def of_question(self, question: str) -> float:
        """The points earned in one question."""
        return sum(outcome.earned for outcome in self.verdict.outcomes if outcome.question == question)


def points_of(records: list[Record]) -> dict[str, float]:
    """Give the questions, in order, with the points of each."""
    outcomes = next((record.verdict.outcomes for record in records if record.verdict.outcomes), ())
    points: dict[str, float] = {}
    for outcome in outcomes:
        points[outcome.question] = points.get(outcome.question, 0) + outcome.points
    return points


def to_gradescope(record: Record, run: dict[str, Any]) -> dict[str, Any]:
    """Write a record as Gradescope reads it; what it has no place for stands under `extra_data`."""
    verdict = record.verdict
    tests = [
        {
            "name": f"{each.question}: {title(each.test)}",
            "score": each.earned,
            "max_score": each.points,
            "status": "passed" if each.passed else "failed",
            "output": said(each),
            "visibility": "visible",
        }
        for each in verdict.outcomes
    ]
    extra = {"student": record.student, "key": record.key, "why": verdict.why, "flags": list(verdict.flags), "run": run}
    return {
        "score": record.score,
        "execution_time": round(verdict.seconds, 2),
        "output": clean(verdict.why or "Graded."),
        "visibility": "visible",
        "tests": tests,
        "extra_data": extra | {"outcomes": [vars(each) for each in verdict.outcomes], "printed": verdict.output},
    }


def said(outcome: Outcome) -> str:
    """Say what a student is told of a test: of a hidden one, the hint alone."""
    if outcome.passed:
        return ""
    return "Hint: " + outcome.hint if outcome.hidden else f"{clean(outcome.message)}\nHint: {outcome.hint}"


def from_gradescope(data: dict[str, Any]) -> Record:
    """Read a record back."""
    extra = data["extra_data"]
    outcomes = tuple(Outcome(**each) for each in extra["outcomes"])
    verdict = Verdict(outcomes, extra["why"], tuple(extra["flags"]), extra["printed"], data["execution_time"])
    return Record(extra["student"], verdict, extra["key"])


def read_all(folder: Path) -> dict[str, Record]:
    """Read the records of a folder: by student. A file that is not a record is left out."""
    records = {}
    for path in sorted(folder.glob("*.json")):
        try:
            record = from_gradescope(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        records[record.student] = record
    return records


def write(path: Path, text: str) -> None:
    """Write a file at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{os.getpid()}.part")
    half.write_text(text, encoding="utf-8", errors="replace")
    half.replace(path)


def write_table(path: Path, records: list[Record]) -> None:
    """Write `scores.csv`: a line for each student, with the reason where there is no score."""
    points = points_of(records)
    half = path.with_name(f".{os.getpid()}.part")
    with half.open(
        "w", newline="", encoding="utf-8-sig", errors="replace"
    ) as file:  # so that Excel reads Chinese names
        table = csv.writer(file)
        table.writerow(["student", "score", "points", "status", *map(spreadsheet_safe, points), "flags", "seconds"])
        for record in records:
            verdict = record.verdict
            earned = (
                [f"{record.of_question(question):g}" for question in points] if not verdict.why else [""] * len(points)
            )
            status = "not graded: " + verdict.why if verdict.why else "graded"
            cells = [f"{record.score:g}", f"{sum(points.values()):g}", spreadsheet_safe(status), *earned]
            flags = spreadsheet_safe("; ".join(verdict.flags))
            table.writerow([spreadsheet_safe(record.student), *cells, flags, f"{verdict.seconds:.1f}"])
    half.replace(path)
