"""Give each figure the alternative text that its SVG carries, and its width.

A heatmap of the package says in its own `<desc>` what is to be seen. MyST-NB publishes the SVG by `<img>`, for which a
screen reader needs the same words in `alt`. A text set in the cell's header (`mystnb: image: alt:`) stays.
Sphinx links a picture of known width to its own file: on a phone, where it is small, a tap shows it whole.
"""

import re
from html import unescape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

DESCRIPTION = re.compile(r"<desc>(.*?)</desc>", re.DOTALL)
WIDTH = re.compile(r'<svg\b[^>]*?\bwidth="([\d.]+)pt"')


def describe_images(app: Sphinx, doctree: nodes.document) -> None:
    """Copy the description of each SVG that the page's cells drew into the image's `alt`."""
    page = Path(app.env.doc2path(app.env.docname)).parent
    for image in doctree.findall(nodes.image):
        uri = image["uri"]
        path = Path(app.srcdir) / uri.lstrip("/") if uri.startswith("/") else page / uri
        if path.suffix != ".svg" or not path.is_file():
            continue
        svg = path.read_text("utf-8")
        description, width = DESCRIPTION.search(svg), WIDTH.search(svg)
        if description and not image.get("alt"):
            image["alt"] = unescape(description[1])
        if width and "width" not in image:
            image["width"] = f"{float(width[1]) * 96 / 72:.0f}px"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension, to run before Sphinx collects and renames the images."""
    app.connect("doctree-read", describe_images, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
