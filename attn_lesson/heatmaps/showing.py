"""Turn a figure into one SVG that is the same every time, speaks, and suits light and dark pages."""

import io
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib._pylab_helpers import Gcf
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from attn_lesson.heatmaps.labels import missing_glyphs_are_boxes

INK, PAPER = "#1b1f24", "#ffffff"  # text and lines on a light page, and the page
DARK_INK, DARK_PAPER = "#e6e8eb", "#14181e"  # and on a dark one
# The thin rim of paper around each letter is not seen on its own page, and saves the text on any other.
STYLE = (
    f"<style>svg{{--ink:{INK};--paper:{PAPER}}}"
    f"@media (prefers-color-scheme:dark){{svg{{--ink:{DARK_INK};--paper:{DARK_PAPER}}}}}"
    "text{paint-order:stroke;stroke:var(--paper);stroke-width:1.5px;stroke-linejoin:round}"
    "[id^=number] text{stroke:none}</style>"
)
REPRODUCIBLE: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "attn_lesson"}
NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


class HeatmapFigure(Figure):
    """A Matplotlib figure that shows itself in a notebook as one SVG picture.

    Attributes:
        alt: What is to be seen, in words, for those who cannot see it.
        content: Box of all that is drawn, in inches from the lower left corner; None for the whole figure.
    """

    alt: str = ""
    content: Bbox | None = None
    shown = False

    def inch_axes(self, content: tuple[float, float, float, float]) -> Axes:
        """Add one invisible axes whose unit is the inch, from the top left corner of the figure.

        Args:
            content: Left, top, right and bottom of all that will be drawn.
        """
        width, height = self.get_size_inches()
        left, top, right, bottom = content
        self.content = Bbox([[left, height - bottom], [right, height - top]])
        axes = self.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set(xlim=(0, width), ylim=(height, 0))
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
        head = head.rstrip()
        head = f'{head.removesuffix(">")} role="img">'
        words = f"\n <title>{escape(self.alt)}</title>\n <desc>{escape(self.alt)}</desc>\n {STYLE}\n"
        return head + words + mark + rest.replace(INK, "var(--ink)")

    def savefig(self, fname: Any, *args: Any, **options: Any) -> None:
        """Save as `Figure.savefig`; an SVG is the one that `to_svg` returns."""
        kind = options.get("format") or str(getattr(fname, "name", fname)).rpartition(".")[2]
        if kind.lower() != "svg":
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
    """Make the figure pyplot's current one; in a notebook, publish it at once."""
    from matplotlib import pyplot as plt

    for manager in Gcf.get_all_fig_managers():  # a loop in a cell leaves only its last heatmap open, for savefig
        if getattr(manager.canvas.figure, "shown", False):
            plt.close(manager.canvas.figure)
    plt.figure(FigureClass=lambda *args, **options: figure)  # type: ignore[arg-type]  # adopts it: any callable will do
    if "inline" in mpl.get_backend().lower():
        from IPython.display import display

        display(figure)
        figure.shown = True
