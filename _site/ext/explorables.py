"""Bring the movable charts to life: one Vega bundle of the site's own, only on pages that hold a chart."""

from pathlib import Path
from typing import Any

import vl_convert
from sphinx.application import Sphinx

FOLDER = "explorables"
SCRIPTS = Path(__file__).parents[1] / "explorables"


def write_bundle(app: Sphinx, exception: Exception | None) -> None:
    """Write Vega (wrapped, so that it leaves no names behind but one), our few lines of glue, and their style."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir) / "_static" / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
        (folder / "vega.js").write_text(f"(() => {{{bundle}}})();", "utf-8")
        for path in sorted(SCRIPTS.iterdir()):
            (folder / path.name).write_text(path.read_text("utf-8"), "utf-8")


def add_to_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Load the bundle where a chart is."""
    if 'class="explorable"' in (context.get("body") or ""):
        app.add_css_file(f"{FOLDER}/explorables.css")
        for name in ("vega.js", "explorables.js"):
            app.add_js_file(f"{FOLDER}/{name}", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", write_bundle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
