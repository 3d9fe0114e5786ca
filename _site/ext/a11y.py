"""Small accessibility repairs to markup that the theme, MyST-NB and the table of contents emit."""

import re
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

REPAIRS = {
    '<summary aria-label="Toggle hidden content">': "<summary>",  # the visible words are the label
    '<th class="head"><p></p></th>': "<td></td>",  # the empty corner of a table is no header
    'role="doc-biblioentry"': 'role="listitem"',  # deprecated ARIA role
    ' id="exercise-content"': "",  # the same id in every exercise of a page
    ' id="solution-content"': "",
    ' src="../_images/': ' loading="lazy" src="../_images/',  # a figure is fetched as it nears the screen
}
SIZE = re.compile(r' style="width: (\d+)px; height: (\d+)px;"')  # as attributes, which keep a place and still shrink
START_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{preview}
<meta http-equiv="refresh" content="0; url={page}">
<link rel="canonical" href="{page}">
</head>
<body><main><h1>{title}</h1><p><a href="{page}">Open the book</a></p></main></body>
</html>
"""


def repair(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Repair the body of one page."""
    for old, new in REPAIRS.items():
        if context.get("body"):
            context["body"] = context["body"].replace(old, new)
    if context.get("body"):
        context["body"] = SIZE.sub(r' width="\1" height="\2"', context["body"])


def write_start_page(app: Sphinx, exception: Exception | None) -> None:
    """Replace the bare redirect at the top of the site by a valid page: the first page's title, preview and a link."""
    if exception is None and app.builder.format == "html":
        page = app.builder.get_target_uri(app.config.root_doc)
        first = (Path(app.outdir) / page).read_text("utf-8")
        preview = "\n".join(re.findall(r'<meta (?:name="description"|property="og:[a-z:]+") [^>]*>', first))
        start = START_PAGE.format(title=escape(app.config.html_title), page=escape(page), preview=preview)
        (Path(app.outdir) / "index.html").write_text(start, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension; the table of contents writes its redirect at priority 500."""
    app.connect("html-page-context", repair)
    app.connect("build-finished", write_start_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
