"""What a class handed in: a folder or a zip, of `ID.ipynb` or of `ID/...ipynb`."""

import lzma
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from attn_classroom.entries import CLOSED, Entry, in_folder, in_zip

MAX_BYTES = 20 * 2**20  # of a notebook
MISREAD = "the name is not UTF-8, see --zip-encoding in the teacher's guide"


class Unreadable(Exception):  # noqa: N818 (it says what a file is)
    """What was handed in cannot be run at all; the message says why."""


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Args:
        student: the ID, from the name of the file or folder.
        place: the file, or the zip that holds it; None when there is nothing to grade.
        member: its name inside the zip.
        why: why there is nothing to grade.
        flags: what a teacher may want to look at.
        encoding: of the names in the zip.
        fault: whether nothing to grade is the fault of the teacher's copy, not the student's.
    """

    student: str
    place: Path | None = None
    member: str = ""
    why: str = ""
    flags: tuple[str, ...] = ()
    encoding: str = ""
    fault: bool = False

    def data(self) -> bytes:
        """Read the notebook, and never more of it than may be graded.

        Raises:
            Unreadable: when it cannot be read.
        """
        assert self.place is not None
        try:
            if not self.member:
                with self.place.open("rb") as file:
                    return file.read(MAX_BYTES + 1)
            with (
                zipfile.ZipFile(self.place, metadata_encoding=self.encoding) as archive,
                archive.open(self.member) as packed,
            ):
                return packed.read(MAX_BYTES + 1)
        except (OSError, RuntimeError, zipfile.BadZipFile, EOFError, UnicodeError, zlib.error, lzma.LZMAError) as error:
            raise Unreadable(f"the file cannot be read ({type(error).__name__})") from None


def find(place: Path, name: str, encoding: str = "") -> list[Submission]:
    """List what was handed in, in the order of the IDs.

    Args:
        place: a folder or a zip.
        name: of the assignment: of two notebooks of one student, the one called so is taken.
        encoding: of the names in a zip that do not say they are UTF-8; guessed if not given.

    Raises:
        ValueError: when `place` is neither a folder nor a zip, or its names are not in that encoding.
    """
    if place.is_dir():
        if encoding:
            raise ValueError(f"--zip-encoding is for the names in a zip, and {place} is a folder: give the zip itself")
        entries = list(in_folder(place))
    elif place.is_file() and zipfile.is_zipfile(place):
        entries = in_zip(place, encoding)
    else:
        raise ValueError(f"submissions are a folder or a zip file, and {place} is neither")
    of: dict[str, list[Entry]] = {}
    for entry in entries:
        of.setdefault(composed(entry.student), []).append(entry)
    return [_choose(student, of[student], name) for student in sorted(of)]


def composed(name: str) -> str:
    """Write a name in the one form in which names are compared: a Mac writes é as an e and an accent.

    Example:
        >>> len("e\u0301"), len(composed("e\u0301"))
        (2, 1)
    """
    return unicodedata.normalize("NFC", name)


def absent(roster: Path, found: list[Submission]) -> list[Submission]:
    """List who is on the roster, a file of one ID a line, and handed in nothing.

    Raises:
        ValueError: when the roster is not UTF-8.
    """
    try:
        lines = roster.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise ValueError(f"a roster needs to be text in UTF-8, one ID a line, and {roster} is not") from None
    named = {composed(line.strip()) for line in lines if line.strip()}
    return [Submission(each, why="nothing was handed in") for each in sorted(named - {each.student for each in found})]


def _choose(student: str, entries: list[Entry], name: str) -> Submission:
    problems = tuple(dict.fromkeys(entry.problem for entry in entries if entry.problem))
    flags = ((MISREAD,) if any(entry.misread for entry in entries) else ()) + problems
    usable = [entry for entry in entries if not entry.problem and entry.parts[-1].lower().endswith(".ipynb")]
    if len(usable) > 1:
        flags += (f"{len(usable)} notebooks",)
    called = [entry for entry in usable if entry.parts[-1].lower() == f"{name}.ipynb".lower()]
    if len(usable) == 1 or len(called) == 1:
        (one,) = called or usable
        return Submission(student, one.place, one.member, "", flags, one.encoding)
    fault = any(problem.startswith(CLOSED) for problem in problems)  # what is missing may lie there
    if usable:
        so = f"{len(called)} are" if called else "none is"
        why = f"{len(usable)} notebooks, and {so} called {name}.ipynb"
    else:
        why = "; ".join(problems) or "no notebook was handed in"
    return Submission(student, why=why, flags=flags, fault=fault)
