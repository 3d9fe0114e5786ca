"""The files of a class as they lie in a folder or a zip, and whose they are. None is unpacked, no link followed."""

import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path, PurePosixPath
from urllib.parse import quote_from_bytes

OUTSIDE = "its path leads out of the zip"
LINK = "a link, which is not followed"
CLOSED = "the folder cannot be read"
NAMED_UTF_8 = 0x800  # the flag of a zip's member whose name says that it is UTF-8
AS_THEY_ARE = bytes(range(0x20, 0x7F)).replace(b"%", b"")


@dataclass(frozen=True)
class Entry:
    """A file of the class, or a folder with nothing in it.

    Args:
        parts: its path, folder by folder; the last is empty for a folder.
        place: the file, or the zip that holds it.
        member: its name inside the zip.
        problem: why it cannot be graded.
        encoding: of the names in the zip.
        guessed: whether nothing says that the encoding is the right one.
    """

    parts: tuple[str, ...]
    place: Path
    member: str = ""
    problem: str = ""
    encoding: str = ""
    guessed: bool = False

    @property
    def stem(self) -> str:
        """The name of the student's folder, or of the file without its ending."""
        top = self.parts[0]
        return top if len(self.parts) > 1 else top.removesuffix(PurePosixPath(top).suffix)

    @property
    def student(self) -> str:
        """The ID: the stem; where that is not text, its bytes in percent form, so that two names stay two."""
        try:
            self.stem.encode()
        except UnicodeEncodeError:
            return quote_from_bytes(os.fsencode(self.stem), safe=AS_THEY_ARE)
        return self.stem

    @property
    def misread(self) -> bool:
        """Whether the ID may not be what the student is called."""
        return self.student != self.stem or (self.guessed and not self.stem.isascii())


def in_folder(folder: Path, above: tuple[str, ...] = ()) -> Iterator[Entry]:
    """Find the files of a folder and those below it; what begins with a dot is nobody's.

    Raises:
        OSError: when the folder itself cannot be read. One below it is its student's problem alone.
    """
    try:
        inside = {path: path.lstat().st_mode for path in sorted(folder.iterdir()) if not path.name.startswith(".")}
    except OSError as error:
        if not above:
            raise
        yield Entry((*above, ""), folder, problem=f"{CLOSED} ({type(error).__name__})")
        return
    if above and not inside:
        yield Entry((*above, ""), folder)
    for path, mode in inside.items():
        parts = (*above, path.name)
        if stat.S_ISLNK(mode):
            yield Entry(parts, path, problem=LINK)
        elif stat.S_ISDIR(mode):
            yield from in_folder(path, parts)
        elif stat.S_ISREG(mode):
            yield Entry(parts, path)
        else:
            yield Entry(parts, path, problem="not a plain file")


def in_zip(place: Path, encoding: str = "") -> list[Entry]:
    """Find the files of a zip.

    Args:
        place: the zip.
        encoding: of the names that do not say they are UTF-8. Without it, they are tried as UTF-8, as a Mac writes
            them, and then as the old cp437, in which everything can be read, rightly or not.

    Raises:
        ValueError: when the zip is damaged, the encoding unknown, or the names cannot be read with it.
    """
    known = [encoding] if encoding else ["utf-8", "cp437"]
    try:
        b"a".decode(known[0], "replace")
    except (LookupError, ValueError):
        wanted = "the name of an encoding, such as gbk or big5"
        raise ValueError(f"--zip-encoding needs {wanted}, got {encoding!r}") from None
    for each in known:
        try:
            with zipfile.ZipFile(place, metadata_encoding=each) as archive:
                "".join(archive.namelist()).encode()
                return _unwrap([*_of_infos(archive.infolist(), place, each, guessed=each not in (encoding, "utf-8"))])
        except UnicodeError:
            continue
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise ValueError(f"submissions are a folder or a zip file, and {place} is damaged ({error})") from None
    raise ValueError(f"the names in {place} are not {', nor '.join(known)}; try another --zip-encoding")


def _of_infos(infos: list[zipfile.ZipInfo], place: Path, encoding: str, *, guessed: bool) -> Iterator[Entry]:
    for info in infos:
        says = info.flag_bits & NAMED_UTF_8 or info.filename != info.orig_filename or info.filename.isascii()
        doubtful = guessed and not says
        name = info.filename if doubtful else info.filename.replace("\\", "/")  # half a character may look like one
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        out = name.startswith("/") or ".." in parts
        if not parts or parts[0] == "__MACOSX" or (info.is_dir() and out):
            continue
        shown = tuple(takewhile(lambda part: not part.startswith("."), parts))
        entry = Entry(parts, place, info.filename, encoding=encoding, guessed=doubtful)
        if out:
            yield replace(entry, parts=("_".join(parts),), problem=OUTSIDE)
        elif info.is_dir() or shown != parts:  # of a file that is nobody's, the folder is somebody's
            yield from [replace(entry, parts=(*shown, ""))] if shown else []
        elif stat.S_ISLNK(info.external_attr >> 16):
            yield replace(entry, problem=LINK)
        else:
            yield entry


def _unwrap(entries: list[Entry]) -> list[Entry]:
    """Take off a folder around the whole class, which zipping a folder leaves.

    A folder beside a notebook makes it a class only if it holds one too: it may be a lone student's pictures, or tests.
    """
    outside = [entry for entry in entries if entry.problem == OUTSIDE]
    inside = [entry for entry in entries if entry.problem != OUTSIDE]
    wrapped = [entry for entry in inside if len(entry.parts) > 1 and entry.parts[1]]
    notebooks = [entry for entry in wrapped if entry.parts[-1].lower().endswith(".ipynb")]
    folders = [entry for entry in wrapped if len(entry.parts) > 2]
    students = {entry.parts[1] for entry in (folders if all(len(each.parts) > 2 for each in notebooks) else notebooks)}
    if len({entry.parts[0] for entry in inside}) != 1 or len(students) < 2:
        return entries
    return [*outside, *(replace(entry, parts=entry.parts[1:]) for entry in wrapped)]
