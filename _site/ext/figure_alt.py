"""Give each figure the alternative text that its SVG carries, and its size.

A heatmap of the package says in its own `<desc>` what is to be seen. MyST-NB publishes the SVG by `<img>`, for which a
screen reader needs the same words in `alt`. A text set in the cell's header (`mystnb: image: alt:`) stays.
Sphinx links a picture of known size to its own file: on a phone, where it is small, a tap shows it whole. A browser
keeps the room of a picture that it has not fetched yet, so nothing below it moves (`a11y` writes the attributes).
"""

import re
from html import unescape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

DESCRIPTION = re.compile(r"<desc>(.*?)</desc>", re.DOTALL)
SIZE = {side: re.compile(rf'<svg\b[^>]*?\b{side}="([\d.]+)pt"') for side in ("width", "height")}


def describe_images(app: Sphinx, doctree: nodes.document) -> None:
    """Copy the description of each SVG that the page's cells drew into the image's `alt`."""
    page = Path(app.env.doc2path(app.env.docname)).parent
    for image in doctree.findall(nodes.image):
        uri = image["uri"]
        path = Path(app.srcdir) / uri.lstrip("/") if uri.startswith("/") else page / uri
        if path.suffix != ".svg" or not path.is_file():
            continue
        svg = path.read_text("utf-8")
        description = DESCRIPTION.search(svg)
        if description and not image.get("alt"):
            image["alt"] = unescape(description[1])
        drawn = {side: found[1] for side, pattern in SIZE.items() if (found := pattern.search(svg))}
        if len(drawn) == 2 and "width" not in image:
            image.attributes |= {side: f"{float(points) * 96 / 72:.0f}px" for side, points in drawn.items()}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension, to run before Sphinx collects and renames the images."""
    app.connect("doctree-read", describe_images, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
