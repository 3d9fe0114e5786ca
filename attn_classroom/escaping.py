"""Text of students made harmless: as a file's name, on a terminal or page, in a spreadsheet."""

import hashlib
import re

RESERVED = {"run"}  # run.json is the run's own
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")


def file_name(student: str, ending: str) -> str:
    """Make a file name from an ID: the ID itself where that can be one.

    Example:
        >>> file_name("a/b", ".json")
        'a_b-c14cddc0.json'
    """
    plain = re.sub(r"[\x00-\x1f/\\]", "_", student)
    if plain != student or len(student.encode()) > 200 or student in RESERVED or not student:
        plain = plain.encode()[:180].decode("utf-8", "ignore")
        plain += "-" + hashlib.sha256(student.encode()).hexdigest()[:8]
    return plain + ending


def clean(text: str) -> str:
    r"""Take out what a terminal or a page would obey: ANSI sequences and control characters.

    Example:
        >>> clean("\x1b[31mred\x1b[0m\x07")
        'red'
    """
    text = re.sub(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.?)", "", text, flags=re.DOTALL)
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "", text)


def spreadsheet_safe(text: str) -> str:
    """Make a cell that no spreadsheet takes for a formula.

    Example:
        >>> spreadsheet_safe("=1+1")
        "'=1+1"
    """
    flat = " ".join(clean(text).split())
    return "'" + flat if flat.startswith(FORMULA) or text.startswith(FORMULA) else flat
