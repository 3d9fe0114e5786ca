"""Put each chapter's runnable notebook into the site, one click from its page."""

from pathlib import Path
from typing import Any

from notebooks import write_notebooks  # _site/notebooks.py, the exporter behind `make notebooks`
from sphinx.application import Sphinx

FOLDER = "notebooks"


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the notebooks when the pages are there, so that they hold the numbers of this build."""
    if exception is None and app.builder.format == "html":
        executed = Path(app.outdir).parent / "jupyter_execute" / "chapters"
        write_notebooks(Path(app.srcdir), executed, Path(app.outdir) / FOLDER)


def link(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Offer the notebook with a button of its own, before the others of the page's head."""
    source = Path(app.srcdir) / f"{pagename}.md"
    if doctree is None or "{code-cell}" not in source.read_text("utf-8"):
        return
    url = context["pathto"](f"{FOLDER}/{source.stem}.ipynb", 1)
    looks = {
        "tooltip": "Download this page as a notebook (.ipynb)",
        "icon": "fas fa-file-code",
        "label": "download-notebook-button",
    }
    context["header_buttons"].insert(0, {"type": "link", "url": url, **looks})


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension; the theme fills its menus at priority 501, and finishes its style sheets at 500."""
    app.connect("html-page-context", link, priority=502)
    app.connect("build-finished", write, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
