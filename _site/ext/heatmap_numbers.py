"""Put the numbers of each heatmap on the page, folded under its picture.

A heatmap of the package carries its numbers in its own SVG (`<metadata>`, JSON). Here they become tables: the picture
need not be seen, nor a kernel run, to read a weight.
"""

import json
import re
from html import escape, unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

NUMBERS = re.compile(r"<metadata>(\{.*?\})</metadata>", re.DOTALL)
WHOLE = "the whole picture"  # what a panel is called that is alone and has no title


class Numbers(nodes.General, nodes.Element):
    """Tables as HTML. Not a raw node: the search would index every number."""


def cell(text: str, scope: str = "") -> str:
    """Write one cell of a table; with a scope, the head of its row or column."""
    return f'<th scope="{scope}">{escape(text)}</th>' if scope else f"<td>{escape(text)}</td>"


def row(head: str, cells: list[str]) -> str:
    """Write one row of a table."""
    return f"<tr>{cell(head, 'row')}{''.join(map(cell, cells))}</tr>"


def table(name: str, corner: str, heads: list[str], body: str) -> str:
    """Write a table with its heads of columns, and above it the name of its panel."""
    caption = f"<caption>{escape(name)}</caption>" if name else ""
    head = "".join(cell(text, "col") for text in heads)
    return f"<table>{caption}<thead><tr>{cell(corner)}{head}</tr></thead><tbody>{body}</tbody></table>"


def tables(said: dict[str, Any]) -> str:
    """Write the numbers of one picture: a table for each panel, or one of the panels' ends."""
    if "keys" in said:
        corner = f"{said['down'] or 'rows'}\N{NO-BREAK SPACE}↓ {said['across'] or 'columns'}\N{NO-BREAK SPACE}→"
        return "".join(
            table(panel["name"], corner, said["keys"], "".join(map(row, said["queries"], panel["cells"])))
            for panel in said["panels"]
        )
    body = "".join(row(panel["name"] or WHOLE, [panel["least"], panel["largest"]]) for panel in said["panels"])
    return table("", "Panel", ["Least", "Largest"], body)


def add_numbers(app: Sphinx, doctree: nodes.document) -> None:
    """Add the numbers of each picture that has some, after it."""
    page = Path(app.env.doc2path(app.env.docname)).parent
    for image in list(doctree.findall(nodes.image)):
        uri = image["uri"]
        path = Path(app.srcdir) / uri.lstrip("/") if uri.startswith("/") else page / uri
        found = NUMBERS.search(path.read_text("utf-8")) if path.suffix == ".svg" and path.is_file() else None
        if found:
            above = image.parent if isinstance(image.parent, nodes.figure) else image
            above.parent.insert(above.parent.index(above) + 1, Numbers(tables=tables(json.loads(unescape(found[1])))))


def open_numbers(writer: Any, node: Numbers) -> None:
    """Write the folded box; its tables scroll in it, by keyboard too."""
    writer.body.append(
        '<details class="numbers"><summary>Numbers of this picture</summary>'
        f'<div role="group" aria-label="Numbers of this picture" tabindex="0">{node["tables"]}</div></details>'
    )


def nothing(writer: Any, node: Numbers) -> None:
    """Write nothing."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension, to run before Sphinx collects and renames the images."""
    app.add_node(Numbers, html=(open_numbers, nothing), latex=(nothing, nothing), text=(nothing, nothing))
    app.connect("doctree-read", add_numbers, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
