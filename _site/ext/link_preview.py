"""Say what a page is to those who are sent a link to it: a title, a sentence, and the picture of the whole book."""

import re
from html import escape, unescape
from pathlib import Path
from typing import Any

import vl_convert
from docutils import nodes
from sphinx.application import Sphinx

PICTURE = "_static/preview.png"
README = Path(__file__).parents[1] / "static" / "readme.svg"
INK = "#1b1f24"
LONGEST = 200


def home(app: Sphinx) -> str:
    """Return the address where the repository publishes its pages. A preview needs a full one; no page loads it."""
    owner, name = app.config.html_theme_options["repository_url"].rstrip("/").split("/")[-2:]
    return f"https://{owner}.github.io/{name}"


def words_of(node: nodes.Node) -> str:
    """Return the text of a paragraph, without the marks that some writers alone need, such as a hard break of TeX."""
    if isinstance(node, nodes.raw):
        return " "
    return "".join(map(words_of, node.children)) if node.children else node.astext()


def description(doctree: nodes.document | None) -> str:
    """Return the first real sentence or two of a page."""
    if doctree is None:
        return ""
    words = (" ".join(words_of(node).split()) for node in doctree.findall(nodes.paragraph))
    text = next((text for text in words if len(text) > 40), "")
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0] + " …"


def tags(app: Sphinx, title: str, text: str) -> str:
    """Write the description and the preview of a page."""
    contents = {
        'name="description"': text,
        'property="og:type"': "article",
        'property="og:title"': title,
        'property="og:description"': text,
        'property="og:image"': f"{home(app)}/{PICTURE}",
        'property="og:image:alt"': "Five heatmaps: random numbers, three states of a model that learns, the identity.",
    }
    plain = {name: unescape(re.sub(r"<[^>]*>", "", value)) for name, value in contents.items()}
    return "\n".join(f'<meta {name} content="{escape(value, quote=True)}" />' for name, value in plain.items())


def add_tags(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Add the description and the preview to the page's head."""
    title, text = context.get("title") or app.config.html_title, description(doctree) or app.config.html_title
    context["metatags"] = context.get("metatags", "") + tags(app, title, text)


def draw_picture(app: Sphinx, exception: Exception | None) -> None:
    """Paint the README's picture on white, as the PNG that link previews want."""
    if exception is None and app.builder.format == "html":
        paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
        svg = re.sub(r"<style>.*?</style>", paper, README.read_text("utf-8"), count=1)
        png = vl_convert.svg_to_png(
            svg.replace("var(--ink)", INK).replace("<svg ", '<svg font-family="sans-serif" ', 1), scale=2
        )
        (Path(app.outdir) / PICTURE).write_bytes(png)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", draw_picture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
