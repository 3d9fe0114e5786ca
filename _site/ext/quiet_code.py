"""Show code with what a reader needs: no marks for the formatter, no tags that colour nothing.

Pygments puts names, punctuation and blanks into tags of their own, in the colour of the text around them. They are a
quarter of a chapter's code.
"""

import re
from typing import Any

from docutils import nodes
from plain_markdown import FOR_THE_FORMATTER
from sphinx.application import Sphinx

COLOURLESS = re.compile(r'<span class="[npw]">([^<]*)</span>')


def remove_marks(app: Sphinx, doctree: nodes.document) -> None:
    """Remove the marks from every block of code."""
    for block in doctree.findall(nodes.literal_block):
        if FOR_THE_FORMATTER.search(block.astext()):
            block.rawsource = FOR_THE_FORMATTER.sub("", block.astext())
            block.children = []
            block += nodes.Text(block.rawsource)


def remove_tags(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Remove the tags from the body of one page."""
    if context.get("body"):
        context["body"] = COLOURLESS.sub(r"\1", context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("doctree-read", remove_marks)
    app.connect("html-page-context", remove_tags)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
