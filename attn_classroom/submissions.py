"""What a class handed in: a folder or a zip, of `ID.ipynb` or of `ID/...ipynb`. None is unpacked, no link followed."""

import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

MAX_BYTES = 20 * 2**20  # of a notebook
OUTSIDE = "its path leads out of the zip"


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
    """

    student: str
    place: Path | None = None
    member: str = ""
    why: str = ""
    flags: tuple[str, ...] = ()

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
            with zipfile.ZipFile(self.place) as archive, archive.open(self.member) as packed:
                return packed.read(MAX_BYTES + 1)
        except (OSError, RuntimeError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError) as error:
            raise Unreadable(f"the file cannot be read ({type(error).__name__})") from None


@dataclass(frozen=True)
class _Entry:
    parts: tuple[str, ...]
    place: Path
    member: str = ""
    problem: str = ""


def find(place: Path, name: str) -> list[Submission]:
    """List what was handed in, in the order of the IDs.

    Args:
        place: a folder or a zip.
        name: of the assignment: of two notebooks of one student, the one called so is taken.

    Raises:
        ValueError: when `place` is neither a folder nor a zip.
    """
    if place.is_dir():
        entries = list(_in_folder(place, ()))
    elif place.is_file() and zipfile.is_zipfile(place):
        try:
            entries = _unwrap(list(_in_zip(place)))
        except zipfile.BadZipFile as error:
            raise ValueError(f"submissions are a folder or a zip file, and {place} is damaged ({error})") from None
    else:
        raise ValueError(f"submissions are a folder or a zip file, and {place} is neither")
    of: dict[str, list[_Entry]] = {}
    for entry in entries:
        top = entry.parts[0]
        student = top if len(entry.parts) > 1 else top.removesuffix(PurePosixPath(top).suffix)
        of.setdefault(student.encode("utf-8", "replace").decode(), []).append(entry)
    return [_choose(student, of[student], name) for student in sorted(of)]


def _choose(student: str, entries: list[_Entry], name: str) -> Submission:
    flags = tuple(dict.fromkeys(entry.problem for entry in entries if entry.problem))
    usable = [entry for entry in entries if not entry.problem and entry.parts[-1].lower().endswith(".ipynb")]
    if len(usable) > 1:
        flags += (f"{len(usable)} notebooks",)
        usable = [entry for entry in usable if entry.parts[-1] == f"{name}.ipynb"] or usable
    if len(usable) == 1:
        return Submission(student, usable[0].place, usable[0].member, "", flags)
    if usable:
        return Submission(student, why=f"{len(usable)} notebooks, and none is called {name}.ipynb", flags=flags)
    return Submission(student, why="; ".join(flags) or "no notebook was handed in", flags=flags)


def _in_folder(folder: Path, above: tuple[str, ...]) -> Iterator[_Entry]:
    inside = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    if above and not inside:
        yield _Entry((*above, ""), folder)
    for path in inside:
        parts = (*above, path.name)
        if path.is_symlink():
            yield _Entry(parts, path, problem="a link, which is not followed")
        elif path.is_dir():
            yield from _in_folder(path, parts)
        elif path.is_file():
            yield _Entry(parts, path)
        else:
            yield _Entry(parts, path, problem="not a plain file")


def _in_zip(place: Path) -> Iterator[_Entry]:
    with zipfile.ZipFile(place) as archive:
        for info in archive.infolist():
            name = info.filename.replace("\\", "/")
            parts = tuple(part for part in name.split("/") if part not in ("", "."))
            if not parts or parts[0] == "__MACOSX" or (info.is_dir() and len(parts) > 1):
                continue
            if name.startswith("/") or ".." in parts:
                yield _Entry(("_".join(parts),), place, problem=OUTSIDE)
            elif any(part.startswith(".") for part in parts):
                continue
            elif stat.S_ISLNK(info.external_attr >> 16):
                yield _Entry(parts, place, info.filename, "a link, which is not followed")
            else:
                yield _Entry((*parts, "") if info.is_dir() else parts, place, info.filename)


def _unwrap(entries: list[_Entry]) -> list[_Entry]:
    """Take off a folder around the whole class, which zipping a folder leaves."""
    outside = [entry for entry in entries if entry.problem == OUTSIDE]
    inside = [entry for entry in entries if entry.problem != OUTSIDE]
    wrapped = [entry for entry in inside if len(entry.parts) > 1 and entry.parts[1]]
    students = {entry.parts[1] for entry in wrapped if len(entry.parts) > 2 or entry.parts[1].endswith(".ipynb")}
    if len({entry.parts[0] for entry in inside}) != 1 or len(students) < 2:
        return entries
    return [*outside, *(replace(entry, parts=entry.parts[1:]) for entry in wrapped)]
