"""Let the figures follow the page's light or dark theme.

Chapters draw with Matplotlib and know nothing of themes: text and axes have one ink (`chapters/matplotlibrc`, and the
same constant in the package). After the build, that ink becomes a CSS variable inside each SVG. An SVG shown by `<img>`
takes the colour scheme of the page around it, so the theme switch turns its ink without any script.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

INK = "#1b1f24"  # on light pages
INK_ON_DARK = "#e6e8eb"
STYLE = (
    f'<style class="ink">:root{{color-scheme:light dark;--ink:{INK}}}'
    f"@media (prefers-color-scheme:dark){{:root{{--ink:{INK_ON_DARK}}}}}</style>"
)


def follow_theme(svg: str) -> str:
    """Return the SVG with its ink as a variable; unchanged if it has none of it, or themes itself already."""
    if INK not in svg.lower() or "--ink:" in svg:
        return svg
    inked = re.sub(INK, "var(--ink)", svg, flags=re.IGNORECASE)
    return re.sub(r"(<svg\b[^>]*>)", lambda match: match[1] + STYLE, inked, count=1)


def rewrite_images(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite every SVG that the build published."""
    if exception is None and app.builder.format == "html":
        for path in sorted((Path(app.outdir) / app.builder.imagedir).rglob("*.svg")):
            svg = path.read_text("utf-8")
            inked = follow_theme(svg)
            if inked != svg:
                path.write_text(inked, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("build-finished", rewrite_images)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
