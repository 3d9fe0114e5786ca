"""What is kept of a graded class: one JSON file a student, in Gradescope's results format, and a table."""

import csv
import io
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attn_classroom.escaping import FORMULA, clean, spreadsheet_safe
from attn_classroom.outcomes import Outcome, title
from attn_classroom.task import Verdict


@dataclass(frozen=True)
class Record:
    """What is known of one student.

    Args:
        student: the ID.
        verdict: what came of the submission.
        key: of the bytes, the assignment and the seed; a record with the same key need not be made again.
        run: by which assignment, seed, versions and isolation it came about.
    """

    student: str
    verdict: Verdict
    key: str = ""
    run: dict[str, Any] = field(default_factory=dict, compare=False)

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


def to_gradescope(record: Record) -> dict[str, Any]:
    """Write a record as Gradescope reads it; what it has no place for stands under `extra_data`.

    There is no score where a fault that is not the student's left none: Gradescope then says that grading failed.
    """
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
    extra = {"student": record.student, "key": record.key, "why": verdict.why, "fault": verdict.fault}
    extra |= {"run": record.run, "flags": list(verdict.flags), "outcomes": [vars(each) for each in verdict.outcomes]}
    return ({} if verdict.fault else {"score": record.score}) | {
        "execution_time": round(verdict.seconds, 2),
        "output": clean(verdict.why or "Graded."),
        "visibility": "visible",
        "tests": tests,
        "extra_data": extra | {"printed": verdict.output},
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
    rest = extra["printed"], data["execution_time"], extra.get("fault", False)
    verdict = Verdict(outcomes, extra["why"], tuple(extra["flags"]), *rest)
    return Record(extra["student"], verdict, extra["key"], dict(extra["run"]))


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


def write(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Write a file at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{os.getpid()}.part")
    try:
        half.write_text(text, encoding, errors="replace", newline="")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def cell(text: str) -> str:
    """Make a cell that no spreadsheet takes for a formula, nor its second half where cells end at semicolons.

    Example:
        >>> cell("TypeError: x;=1+1")
        "TypeError: x;'=1+1"
    """
    return re.sub(rf'([;|])(?=[\s"]*[{re.escape("".join(FORMULA))}])', r"\1'", spreadsheet_safe(text))


def write_table(path: Path, records: list[Record]) -> None:
    """Write `scores.csv`: a line for each student, with the reason where there is no score."""
    points = points_of(records)
    file = io.StringIO(newline="")
    table = csv.writer(file, quoting=csv.QUOTE_ALL)
    table.writerow(["student", "score", "points", "status", *map(cell, points), "flags", "seconds"])
    for record in records:
        verdict = record.verdict
        score = "" if verdict.fault else f"{record.score:g}"
        earned = ["" if verdict.why else f"{record.of_question(question):g}" for question in points]
        status = "not graded: " + verdict.why if verdict.why else "graded"
        flags = cell(" | ".join(map(cell, verdict.flags)))
        cells = [score, f"{sum(points.values()):g}", cell(status), *earned, flags]
        table.writerow([cell(record.student), *cells, f"{verdict.seconds:.1f}"])
    write(path, file.getvalue(), "utf-8-sig")  # so that Excel reads Chinese names
