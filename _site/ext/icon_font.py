"""Keep of the icon font what the pages show: the theme brings along some 1,400 icons, and a page uses a dozen."""

import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from sphinx.application import Sphinx

FONT = "vendor/fontawesome/webfonts/fa-solid-900.woff2"
THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
RULE = re.compile(r'([^{}]+):before\{content:"\\?([^"]+)"\}')  # .fa-moon:before{content:"\f186"}
PRIVATE = range(0xE000, 0xF900)  # where icon fonts keep their icons


def icons(styles: str, pages: str) -> set[int]:
    """Find the code points that style sheets show anywhere, and those of the icons that pages name."""
    named = set(re.findall(r"\bfa-([a-z0-9-]+)", pages))
    used: set[int] = set()
    for selectors, code in RULE.findall(styles):
        names = re.findall(r"\.fa-([a-z0-9-]+)$", selectors.replace(":before", ""), re.MULTILINE)
        names += re.findall(r"\.fa-([a-z0-9-]+):before", selectors)
        if not names or named & set(names):
            used.add(int(code, 16) if re.fullmatch(r"[0-9a-f]{3,5}", code) else ord(code[0]))
    rest = RULE.sub("", styles)
    used |= {ord(letter) for letter in rest} | {int(code, 16) for code in re.findall(r"\\(f[0-9a-f]{3})", rest)}
    return {code for code in used if code in PRIVATE}


def keep_what_is_used(app: Sphinx, error: Exception | None) -> None:
    """Write the smaller font over the theme's, made each time from the one that the theme brings along."""
    target = Path(app.outdir) / "_static" / FONT
    if error is not None or not target.exists():
        return
    styles = "\n".join(path.read_text("utf-8") for path in sorted((Path(app.outdir) / "_static").rglob("*.css")))
    found = (
        path.read_text("utf-8") for path in sorted(Path(app.outdir).rglob("*.html")) if "_static" not in path.parts
    )
    options = subset.Options(flavor="woff2", layout_features=[], recalc_timestamp=False, notdef_outline=True)
    font = subset.load_font(THEME / FONT, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=icons(styles, "\n".join(found)))
    subsetter.subset(font)
    subset.save_font(font, str(target), options)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("build-finished", keep_what_is_used)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
