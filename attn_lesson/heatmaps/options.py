"""Check every option before anything is drawn."""

import math
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Colormap

from attn_lesson.heatmaps.words import plain

MOST_ANNOTATED = 20
MOST_INCHES = 60.0


def checked_figsize(figsize: Iterable[float] | str) -> tuple[float, float]:
    """Return width and height in inches, or say that two positive numbers are needed, and how large they may be."""
    try:
        width, height = (float(side) for side in figsize if not isinstance(figsize, str))
    except (TypeError, ValueError, OverflowError):
        width = height = math.nan
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise ValueError(f"figsize needs two positive numbers, width and height in inches, got {figsize!r:.60}")
    if max(width, height) > MOST_INCHES:
        raise ValueError(f"figsize needs a width and a height of at most {MOST_INCHES:.0f} inches, got {figsize!r:.60}")
    return width, height


def checked_cmap(cmap: str | Colormap) -> Colormap:
    """Return the colour map of that name, or say which names are near."""
    if isinstance(cmap, Colormap):
        return cmap
    if not isinstance(cmap, str):
        raise TypeError(f"cmap needs the name of a Matplotlib colour map, got {type(cmap).__name__}")
    if cmap not in mpl.colormaps:
        lower = {name.lower(): name for name in mpl.colormaps}
        near = [lower[name] for name in get_close_matches(cmap.lower(), lower, n=3, cutoff=0.5)]
        hint = f", perhaps {' or '.join(near)}" if near else ""
        raise ValueError(f"cmap needs the name of a Matplotlib colour map{hint}, got {cmap!r}")
    return mpl.colormaps[cmap]


def checked_labels(name: str, labels: Sequence[object] | None, number: int, one: str) -> list[str] | None:
    """Return one word for each query, key or row, or None where none were given."""
    if labels is None:
        return None
    words = [plain(label) for label in _listed(f"{name} needs a list of {number} labels", labels)]
    if len(words) != number:
        raise ValueError(f"{name} needs {number} labels, one for each {one}, got {len(words)}")
    return words


def checked_titles(titles: Sequence[object] | None, rows: int, columns: int) -> list[list[str]]:
    """Return the rows of titles: none, one above the columns, or one above every row of panels."""
    if titles is None:
        return []
    given = _listed(f"titles needs a list of {columns} titles", titles)
    if any(isinstance(entry, (list, tuple, np.ndarray)) for entry in given):
        lengths = [len(entry) if isinstance(entry, (list, tuple, np.ndarray)) else None for entry in given]
        if lengths not in ([columns], [columns] * rows):
            came = "titles and rows mixed" if None in lengths else f"rows of {', '.join(map(str, lengths))}"
            raise ValueError(f"titles in rows needs {rows} rows of {columns} titles, got {came}")
        return [[plain(title) for title in entry] for entry in given]  # type: ignore[attr-defined]  # each is a row
    words = [plain(title) for title in given]
    if len(words) == columns:
        return [words]
    if len(words) == rows * columns:
        return [words[start : start + columns] for start in range(0, len(words), columns)]
    every = f" or {rows * columns}, one for each panel" if rows > 1 else ""
    raise ValueError(f"titles needs {columns} titles, one for each column{every}, got {len(words)}")


def checked_annotate(annotate: bool, num_queries: int, num_keys: int) -> bool:
    """Return annotate, or say that the matrices are too large to hold numbers."""
    if annotate and max(num_queries, num_keys) > MOST_ANNOTATED:
        raise ValueError(
            f"annotate needs matrices of at most {MOST_ANNOTATED} × {MOST_ANNOTATED}, got {num_queries} × {num_keys}"
        )
    return bool(annotate)


def _listed(need: str, words: object) -> list[object]:
    if isinstance(words, str):
        raise TypeError(f"{need}, got the single string {words!r}")
    if not isinstance(words, Iterable):
        raise TypeError(f"{need}, got {type(words).__name__}")
    return list(words)
