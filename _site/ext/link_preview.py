"""Say what a page is to those who are sent a link to it: a title, a sentence, and the picture of the whole book."""

import re
from html import escape, unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

PICTURE = "_static/preview.png"
LONGEST = 200


def description(doctree: nodes.document | None) -> str:
    """Return the first real sentence or two of a page."""
    if doctree is None:
        return ""
    words = (node.astext().replace("\n", " ") for node in doctree.findall(nodes.paragraph))
    text = next((text for text in words if len(text) > 40), "")
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0] + " …"


def add_tags(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Add the description and the preview to the page's head."""
    base = app.config.html_baseurl.rstrip("/")
    tags = {
        'name="description"': description(doctree) or app.config.project,
        'property="og:type"': "article",
        'property="og:title"': context.get("title") or app.config.project,
        'property="og:description"': description(doctree) or app.config.project,
        'property="og:image"': f"{base}/{PICTURE}",
        'property="og:image:alt"': "Five heatmaps: random numbers, three states of a model that learns, the identity.",
    }
    plain = {name: re.sub(r"<[^>]*>", "", str(value)) for name, value in tags.items()}
    lines = [f'<meta {name} content="{escape(unescape(value), quote=True)}" />' for name, value in plain.items()]
    context["metatags"] = context.get("metatags", "") + "\n".join(lines)


def draw_picture(app: Sphinx, exception: Exception | None) -> None:
    """Draw the picture with the package itself, in the size that link previews have."""
    if exception is not None or app.builder.format != "html":
        return
    import torch

    from attn_lesson import eye_weights, heatmap_figure, rand_weights
    from attn_lesson.learning import PositionalAttention, train

    learned = train(PositionalAttention(), torch.arange(10), learning_rate=0.1)
    row = torch.stack([rand_weights(), *learned.weights[[0, 6, 100]], eye_weights()])
    titles = ["rand", "learned: step 0", "step 6", "step 100", "eye"]
    figure = heatmap_figure(row[None], "Keys", "Queries", titles=titles, figsize=(12, 6.3))
    figure.savefig(Path(app.outdir) / PICTURE, dpi=100, facecolor="white", metadata={"Software": None})


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", draw_picture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
