"""Hold together what a line should not break: a short formula and the punctuation beside it, the numbers of a vector.

A browser may break a line between KaTeX's boxes and any letter beside them: a full stop would begin a line.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

NO_BREAK = "\N{NO-BREAK SPACE}"
LONGEST = 30  # signs of a formula; a longer one has to break somewhere itself
NAME = re.compile(r"\\[a-zA-Z]+|[{}^_ ]+")
AS_WRITTEN = (nodes.literal, nodes.FixedTextElement, nodes.math)  # code, and raw HTML, where a vector may be a colour
VECTOR = re.compile(r"[(\[][−\d.½⅓⅔]+(?:, [−\d.½⅓⅔]+)+[)\]]")
BEFORE, AFTER = re.compile(r"[(\[“‘]+$"), re.compile(r"^[.,;:?!)\]”’…]+")


def hold_together(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put each short formula into one span with the punctuation that touches it."""
    for formula in list(doctree.findall(nodes.math)):
        if len(NAME.sub(".", formula.astext())) > LONGEST:
            continue
        parent = formula.parent
        at = parent.index(formula)
        left = parent[at - 1] if at and isinstance(parent[at - 1], nodes.Text) else nodes.Text("")
        right = parent[at + 1] if at + 1 < len(parent) and isinstance(parent[at + 1], nodes.Text) else nodes.Text("")
        before, after = BEFORE.search(left), AFTER.search(right)
        if not before and not after:
            continue
        held = nodes.inline("", "", classes=["nowrap"])
        formula.replace_self(held)
        held += [nodes.Text(before[0] if before else ""), formula, nodes.Text(after[0] if after else "")]
        if before:
            parent[at - 1] = nodes.Text(left[: before.start()])
        if after:
            parent[at + 1] = nodes.Text(right[after.end() :])
    for text in list(doctree.findall(nodes.Text)):
        if VECTOR.search(text) and not isinstance(text.parent, AS_WRITTEN):
            text.parent.replace(text, nodes.Text(VECTOR.sub(lambda vector: vector[0].replace(" ", NO_BREAK), text)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("doctree-resolved", hold_together)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
