"""Link a page's first mention of a term, where the page sets it in italics, to the glossary."""

from docutils import nodes
from sphinx.application import Sphinx

GLOSSARY = "chapters/glossary"
NOT_IN = (nodes.reference, nodes.title, nodes.term, nodes.caption)


def inside(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    """Say whether a node stands somewhere inside one of these."""
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def link_first_mentions(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Wrap the first italic mention of each glossary term in a link to its entry."""
    if docname == GLOSSARY:
        return
    terms = {
        text: label for (kind, text), (page, label) in app.env.domaindata["std"]["objects"].items() if kind == "term"
    }
    terms = {text.lower(): label for text, label in terms.items()}
    seen: set[str] = set()
    for word in list(doctree.findall(nodes.emphasis)):
        text = word.astext().lower()
        label = terms.get(text) or terms.get(text.removesuffix("s"))
        if label is None or label in seen or inside(word, NOT_IN):
            continue
        seen.add(label)
        link = nodes.reference(refuri=f"{app.builder.get_relative_uri(docname, GLOSSARY)}#{label}", internal=True)
        link["classes"].append("glossary-term")
        word.replace_self(link)
        link += word


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("doctree-resolved", link_first_mentions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
