"""A class being graded: what is known of it, by which assignment, seed and isolation, and the files it leaves."""

import hashlib
import json
import platform
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attn_classroom.assignment import Assignment
from attn_classroom.escaping import file_name
from attn_classroom.limits import Limits
from attn_classroom.records import Record, points_of, read_all, to_gradescope, write, write_table
from attn_classroom.reports import feedback, summary
from attn_classroom.submissions import Submission, Unreadable
from attn_classroom.task import Verdict

UNSAFE = "NONE: --unsafe-no-sandbox, students' code ran with the rights of the grader"
NOT_YET = "not graded yet"
OTHER = "its result came of other tests or inputs, and its notebook is not here to be graded with these"


@dataclass
class Run:
    """A class being graded.

    Args:
        assignment: what was set.
        folder: where the results go.
        seed: of the random inputs.
        limits: what a submission may use.
        unsafe: without a sandbox.
        records: what is known so far, by student.
    """

    assignment: Assignment
    folder: Path
    seed: int
    limits: Limits = field(default_factory=Limits)
    unsafe: bool = False
    records: dict[str, Record] = field(default_factory=dict)

    def description(self) -> dict[str, Any]:
        """Say by which assignment, seed, versions and isolation a result came about."""
        return {
            "assignment": self.assignment.name,
            "fingerprint": self.assignment.fingerprint,
            "seed": self.seed,
            "isolation": UNSAFE if self.unsafe else isolation(),
            "limits": asdict(self.limits),
            "versions": {name: version(name) for name in ("attn-lesson", "torch", "pytest")}
            | {"python": platform.python_version(), "system": platform.platform()},
        }

    def key(self, data: bytes) -> str:
        """Name a result: another notebook, assignment or seed makes another name."""
        content = f"{hashlib.sha256(data).hexdigest()} {self.assignment.fingerprint} {self.seed} {self.unsafe}"
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def has(self, submission: Submission) -> bool:
        """Whether the result of this very notebook is known, by these tests and inputs."""
        known = self.records.get(submission.student)
        if known is None or not known.key or submission.why:
            return False
        with suppress(Unreadable):
            return known.key == self.key(submission.data())
        return False

    def others(self, students: Iterable[str]) -> list[str]:
        """List who of them has points by other tests or inputs, which cannot stand beside those of this run."""
        these = {"fingerprint": self.assignment.fingerprint, "seed": self.seed}
        known = [self.records[student] for student in sorted(students) if student in self.records]
        return [each.student for each in known if each.verdict.outcomes and not these.items() <= each.run.items()]

    def let_go(self, wanted: list[Submission]) -> None:
        """Forget each result that is to be made again, so that no table shows it as one of this run.

        It reads *not graded yet*; of who is not among those wanted, `OTHER`. The student's own `ID.json` stays.
        """
        again = {each.student for each in wanted if not self.has(each)}
        self.records = {student: record for student, record in self.records.items() if student not in again}
        gone = self.others(self.records.keys() - {each.student for each in wanted})
        self.records |= {student: Record(student, Verdict(why=OTHER, fault=True)) for student in gone}

    def keep(self, record: Record) -> None:
        """Write what came of one student."""
        record = replace(record, run=self.description())
        if self.unsafe:
            flags = ("graded without a sandbox", *record.verdict.flags)
            record = replace(record, verdict=replace(record.verdict, flags=flags))
        self.records[record.student] = record
        text = json.dumps(to_gradescope(record), indent=1, ensure_ascii=False)
        write(self.folder / file_name(record.student, ".json"), text)

    def write_tables(self, submissions: list[Submission]) -> None:
        """Write what is about the whole class; who was not reached yet is named as such."""
        waiting = {each.student: Record(each.student, Verdict(why=NOT_YET, fault=True)) for each in submissions}
        records = [record for _, record in sorted((waiting | self.records).items())]
        points, name, about = points_of(records), self.assignment.name, self.description()
        for record in records:
            page = self.folder / "feedback" / file_name(record.student, ".html")
            write(page, feedback(name, record, points))
        write_table(self.folder / "scores.csv", records)
        write(self.folder / "summary.html", summary(name, records, about))
        done = {"students": len(records), "graded": sum(not record.verdict.why for record in records)}
        write(self.folder / "run.json", json.dumps(about | done, indent=1))


def isolation() -> str:
    """Name the isolation in use."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return "none found"
    return subprocess.run([bwrap, "--version"], capture_output=True, text=True, check=False).stdout.strip()


def seed_of(folder: Path) -> int | None:
    """Give the seed of an earlier run, or None."""
    try:
        return int(json.loads((folder / "run.json").read_text(encoding="utf-8"))["seed"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def earlier(folder: Path) -> dict[str, Record]:
    """Read what an earlier run left, apart from those it did not reach."""
    return {name: record for name, record in read_all(folder).items() if record.verdict.why != NOT_YET}
