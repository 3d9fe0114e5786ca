"""Turn a figure into one SVG that is the same every time, speaks, and suits light and dark pages."""

import io
import re
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib._pylab_helpers import Gcf
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.transforms import Bbox

from attn_lesson.heatmaps.labels import missing_glyphs_are_boxes
from attn_lesson.heatmaps.layout import Layout
from attn_lesson.heatmaps.onward import OnwardFigure
from attn_lesson.heatmaps.scale import Scale

INK, PAPER = "#1b1f24", "#ffffff"  # text and lines on a light page, and the page
DARK_INK, DARK_PAPER = "#e6e8eb", "#14181e"  # and on a dark one
# The thin rim of paper around each letter is not seen on its own page, and saves the text on any other.
STYLE = (
    f"<style>svg{{color-scheme:light dark;--ink:{INK};--paper:{PAPER}}}"
    f"@media (prefers-color-scheme:dark){{svg{{--ink:{DARK_INK};--paper:{DARK_PAPER}}}}}"
    "text{font-family:'DejaVu Sans',Verdana,sans-serif}"
    "text{paint-order:stroke;stroke:var(--paper);stroke-width:1.5px;stroke-linejoin:round}"
    "[id^=number] text{stroke:none}</style>"
)
# The settings that decide the bytes, whatever the user's own are; fonts alone are the user's.
REPRODUCIBLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "attn_lesson", "svg.image_inline": True, "svg.id": None,
    "savefig.bbox": None, "figure.frameon": True, "figure.facecolor": PAPER, "text.usetex": False, "path.sketch": None,
    "path.effects": [],
}  # fmt: skip
if "svg.id" not in mpl.rcParams:  # Matplotlib 3.9 and before
    del REPRODUCIBLE["svg.id"]
# What Matplotlib repeats at every word: the list of fonts, and turning by nothing.
ONCE = (
    (re.compile(f"(?<=fill: ){INK}|(?<=stroke: ){INK}"), "var(--ink)"),  # in styles alone: a label may say it too
    (re.compile(r"font-family: [^;\"]*sans-serif; "), ""),
    (re.compile(r' transform="rotate\(-0 [^)]*\)"'), ""),
)
NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


class HeatmapFigure(OnwardFigure):
    """A Matplotlib figure that shows itself in a notebook as one SVG picture.

    Attributes:
        alt: What is to be seen, in words, for those who cannot see it.
        numbers: The values of its cells, or of each panel's ends, as JSON (`numbers.numbers_of`); an SVG carries them.
        layout: Where its panels are, in inches from the top left corner: the place for marks of one's own.
        scales: Of each panel: where its colours begin and end, and whether values lie beyond.
        content: Box of all that is drawn, in inches from the lower left corner; None for the whole figure.
    """

    alt: str = ""
    numbers: str = ""
    layout: Layout
    scales: list[list[Scale]]
    content: Bbox | None = None
    shown = False

    def inch_axes(self, layout: Layout, scales: list[list[Scale]]) -> Axes:
        """Add one invisible axes over the whole figure, whose unit is the inch, from the top left corner."""
        self.layout, self.scales = layout, scales
        left, top, right, bottom = layout.content
        self.content = Bbox([[left, layout.height - bottom], [right, layout.height - top]])
        axes = self.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set(xlim=(0, layout.width), ylim=(layout.height, 0))
        return axes

    def draw(self, renderer: RendererBase) -> None:
        """Draw as `Figure.draw`; a letter that no font has becomes a box, without a warning."""
        with missing_glyphs_are_boxes():
            super().draw(renderer)

    def to_svg(self, **options: Any) -> str:
        """Return the picture as SVG: the same figure gives the same bytes.

        Args:
            options: As for `Figure.savefig`; without `bbox_inches` the whole figure is drawn.
        """
        metadata = {**NO_METADATA, **(options.pop("metadata", None) or {})}
        options.setdefault("facecolor", "none")
        buffer = io.StringIO()
        with mpl.rc_context(REPRODUCIBLE):
            super().savefig(buffer, **{**options, "format": "svg", "metadata": metadata})
        head, mark, rest = buffer.getvalue().partition(" <defs>")
        words = f"\n <title>{escape(self.alt)}</title>\n <desc>{escape(self.alt)}</desc>\n {STYLE}\n"
        words += f" <metadata>{escape(self.numbers, quote=False)}</metadata>\n"
        for said_once, instead in ONCE:
            rest = said_once.sub(instead, rest)
        return f'{head.rstrip().removesuffix(">")} role="img">{words}{mark}{rest}'

    def savefig(self, fname: Any, *args: Any, **options: Any) -> None:
        """Save as `Figure.savefig`, on its own paper; an SVG is the one that `to_svg` returns, on none."""
        kind = options.get("format") or str(getattr(fname, "name", fname)).rpartition(".")[2]
        if kind.lower() != "svg":
            transparent = options.get("transparent")
            if not (mpl.rcParams["savefig.transparent"] if transparent is None else transparent):
                options.setdefault("facecolor", "auto")
            super().savefig(fname, *args, **options)
            return
        svg = self.to_svg(**options)
        if isinstance(fname, io.TextIOBase):
            fname.write(svg)
        elif hasattr(fname, "write"):
            fname.write(svg.encode())
        else:
            with open(fname, "w", encoding="utf-8") as file:
                file.write(svg)

    def _ipython_display_(self) -> None:
        """Publish the SVG, once if `show_heatmaps` has shown it already."""
        if self.shown:
            return
        from IPython.display import publish_display_data

        data = {"image/svg+xml": self.to_svg(bbox_inches=self.content), "text/plain": self.alt}
        publish_display_data(data, metadata={"image/svg+xml": {"alt": self.alt}})


def show(figure: HeatmapFigure) -> None:
    """Make the figure pyplot's current one, and complete; in a notebook, publish it at once."""
    from matplotlib import pyplot as plt

    for manager in Gcf.get_all_fig_managers():  # a loop in a cell leaves only its last heatmap open, for savefig
        if getattr(manager.canvas.figure, "shown", False):
            plt.close(manager.canvas.figure)
    plt.figure(FigureClass=lambda *args, **options: figure)  # type: ignore[arg-type]  # adopts it: any callable will do
    figure.done = True
    if "inline" in mpl.get_backend().lower():
        from IPython.display import display

        display(figure)
        figure.shown = True
