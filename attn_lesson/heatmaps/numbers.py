"""Keep the numbers of a picture inside it, for those who would rather read them than see them."""

import json
import math

import numpy as np
from numpy.typing import NDArray

from attn_lesson.heatmaps.words import Words

MOST = 1000  # cells that are listed one by one


def number_text(value: float) -> str:
    """Write a value to four digits.

    >>> number_text(0.123456), number_text(1.0), number_text(-1e-7), number_text(float("-inf"))
    ('0.1235', '1', '−1e-07', '−∞')
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    text = f"{value + 0.0:.4g}"
    return "−" + text[1:] if text.startswith("-") else text


def named(labels: list[str] | None, size: int) -> list[str]:
    """Name each query or key by its label; by its number if it has none.

    >>> named(["cat", ""], 2), named(None, 2)
    (['cat', '1'], ['0', '1'])
    """
    return [label or str(number) for number, label in enumerate(labels or [""] * size)]


def names_of_panels(words: Words, rows: int, columns: int) -> list[str]:
    """Name each panel, row by row, by the titles above and beside it; by its place if it has none."""
    names = []
    for row, column in np.ndindex(rows, columns):
        beside = words.row_titles[row] if words.row_titles else ""
        above = words.titles[min(row, len(words.titles) - 1)][column] if words.titles else ""
        place = f"row {row}, column {column}" if rows * columns > 1 else ""
        names.append(", ".join(filter(None, (beside, above))) or place)
    return names


def numbers_of(
    values: NDArray[np.float64], words: Words, block: tuple[int, int],
    least: NDArray[np.float64], largest: NDArray[np.float64],
) -> str:  # fmt: skip
    """Write down the numbers of a picture: every cell where they are few and none is pooled, else each panel's ends.

    Args:
        values: `(rows, columns, drawn_queries, drawn_keys)`, as drawn.
        words: All that is written around the panels.
        block: How many queries and keys went into a drawn cell.
        least: Least finite value of each panel, `(rows, columns)`.
        largest: Largest finite value of each panel, `(rows, columns)`.

    Returns:
        JSON: the names of both axes (`down`, `across`), and `panels`, each with its `name` and its `least` and
        `largest` or its `cells`, as text; with cells also the names of the `queries` and `keys`.
    """
    rows, columns, num_queries, num_keys = values.shape
    names = names_of_panels(words, rows, columns)
    said: dict[str, object] = {"down": words.ylabel, "across": words.xlabel}
    if block == (1, 1) and values.size <= MOST:
        said["queries"] = named(words.query_labels, num_queries)
        said["keys"] = named(words.key_labels, num_keys)
        cells = values.reshape(-1, num_queries, num_keys).tolist()
        said["panels"] = [
            {"name": name, "cells": [[number_text(value) for value in row] for row in panel]}
            for name, panel in zip(names, cells, strict=True)
        ]
    else:
        ends = zip(names, least.ravel().tolist(), largest.ravel().tolist(), strict=True)
        said["panels"] = [
            {"name": name, "least": number_text(low), "largest": number_text(high)} for name, low, high in ends
        ]
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
