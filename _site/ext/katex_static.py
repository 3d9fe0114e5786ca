"""Render maths while the book is built: KaTeX inside QuickJS, no script in the page, no CDN, no node.

Each formula becomes HTML for the eye and MathML for screen readers. TeX that KaTeX cannot set is a warning, and so, in
a strict build, an error at the chapter's line.
"""

import json
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import quickjs
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

KATEX = Path(__file__).parents[1] / "katex" / "katex.min.js"
RENDER = """(tex, display) => JSON.stringify(katex.renderToString(
  tex, {displayMode: display, throwOnError: true, strict: "error"}))"""
UNNUMBERED = re.compile(r"\\(begin|end)\{(equation|align|alignat|gather)\}")  # numbers are Sphinx's to give
log = logging.getLogger(__name__)


@cache
def katex() -> Any:
    """Load KaTeX once, and return its renderer `(tex, display) -> JSON string`."""
    context = quickjs.Context()
    context.eval(KATEX.read_text("utf-8"))
    return context.eval(RENDER)


def render(node: nodes.Element, display: bool) -> str:
    """Return the HTML of one formula; bad TeX is a warning and shows as code."""
    tex = UNNUMBERED.sub(r"\\\1{\2*}", node.astext())
    try:
        return str(json.loads(katex()(tex, display)))
    except quickjs.JSException as error:
        log.warning("KaTeX: %s", str(error).splitlines()[0], location=node, type="katex")
        return f"<code>{escape(tex)}</code>"


def in_table_head(node: nodes.Node) -> bool:
    """Return whether the node stands in a table's head, where checkers do not see MathML and ask for a name."""
    return node.parent is not None and (isinstance(node.parent, nodes.thead) or in_table_head(node.parent))


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula inside a line."""
    named = {"role": "math", "aria-label": node.astext()} if in_table_head(node) else {}
    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate", **named))
    translator.body.append(render(node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula with its number, in a box that scrolls by itself and takes the keyboard."""
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    translator.body.append(f'<div class="formula">{render(node, display=True)}</div></div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer under the name that `html_math_renderer` asks for."""
    app.add_html_math_renderer("katex_static", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
