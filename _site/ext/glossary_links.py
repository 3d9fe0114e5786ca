"""Link a page's first use of each glossary term, in its running text, to the glossary."""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

GLOSSARY = "chapters/glossary"
# Not running text. The card over a chapter names what the chapter then explains.
NOT_IN = (nodes.reference, nodes.title, nodes.rubric, nodes.term, nodes.caption, nodes.literal, nodes.math, nodes.raw)
NOT_IN_CLASS = {"cell_output", "chapter-card"}
# Words of every day, which mean the term only where they are set in italics.
EVERYDAY = {
    "attention", "batch", "context", "contrast", "eye", "gate", "head", "item", "key", "loss", "mask", "panel",
    "projection", "query", "rand", "rank", "score", "seed", "shape", "value", "weight",
}  # fmt: skip


def is_running(text: nodes.Text) -> bool:
    """Say whether a text stands in a paragraph, and in nothing that is no running text."""
    node, in_paragraph = text.parent, False
    while node is not None:
        if isinstance(node, NOT_IN) or NOT_IN_CLASS & set(getattr(node, "attributes", {}).get("classes", [])):
            return False
        in_paragraph |= isinstance(node, nodes.paragraph)
        node = node.parent
    return in_paragraph


def first_uses(doctree: nodes.document, pattern: re.Pattern[str]) -> Iterator[tuple[nodes.Text, list[re.Match[str]]]]:
    """Give each text of the page with the terms that are used there for the first time."""
    seen: set[str] = set()
    for text in [text for text in doctree.findall(nodes.Text) if is_running(text)]:
        found = []
        for match in pattern.finditer(text):
            term = match["term"].lower()
            alone = isinstance(text.parent, nodes.emphasis) and match[0] == str(text)
            if term not in seen and (alone or term not in EVERYDAY):
                seen.add(term)
                found.append(match)
        if found:
            yield text, found


def link_first_uses(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Wrap the first use of each term in a link to its entry."""
    objects = app.env.domaindata["std"]["objects"].items()
    terms = {term: label for (kind, term), (_, label) in objects if kind == "term"}
    labels = {term.lower(): label for term, label in terms.items() if term.upper() != term.lower()}  # not the Chinese
    if docname == GLOSSARY or not labels:
        return
    longest_first = "|".join(re.escape(term) for term in sorted(labels, key=len, reverse=True))
    pattern = re.compile(rf"\b(?P<term>{longest_first})(?:s|es)?\b", re.IGNORECASE)
    home = app.builder.get_relative_uri(docname, GLOSSARY)
    for text, found in list(first_uses(doctree, pattern)):
        parts: list[nodes.Node] = []
        end = 0
        for match in found:
            link = nodes.reference("", match[0], internal=True, refuri=f"{home}#{labels[match['term'].lower()]}")
            link["classes"].append("glossary-term")
            parts += [nodes.Text(text[end : match.start()]), link]
            end = match.end()
        text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("doctree-resolved", link_first_uses)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
