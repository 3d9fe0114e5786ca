"""Remove the pictures of earlier builds: Sphinx only ever adds to its folder of images."""

from pathlib import Path

from sphinx.application import Sphinx


def remove_unused(app: Sphinx, exception: Exception | None) -> None:
    """Remove each published image whose name stands in no page."""
    if exception is None and app.builder.format == "html":
        pages = "\n".join(path.read_text("utf-8") for path in Path(app.outdir).rglob("*.html"))
        for path in (Path(app.outdir) / app.builder.imagedir).glob("*"):
            if path.name not in pages:
                path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("build-finished", remove_unused)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
