"""The three marks a picture is made of: an image of cells, thin lines, and words, all in inches on one axes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from attn_lesson.heatmaps.labels import POINT
from attn_lesson.heatmaps.showing import INK

THIN = 0.4  # points
Box = tuple[float, float, float, float]  # left, top, right, bottom


def put_image(axes: Axes, picture: NDArray[np.uint8], box: Box) -> None:
    """Fill a box with a picture `(dots down, dots across, 4)` whose dots keep their hard edges at any size."""
    left, top, right, bottom = box
    image = AxesImage(axes, interpolation="none", origin="upper", extent=(left, right, bottom, top))
    image.set_data(picture)
    axes.add_image(image)


def outline(axes: Axes, boxes: Sequence[Box], dashes: Sequence[Box] = ()) -> None:
    """Draw thin lines around boxes, not over them, and along dashes, from their left top to their right bottom."""
    out = THIN * POINT / 2
    corners = [((x0 - out, y0 - out), (x1 + out, y1 + out)) for x0, y0, x1, y1 in boxes]
    paths = [Path([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], closed=True) for (x0, y0), (x1, y1) in corners]
    paths += [Path([(x0, y0), (x1, y1)]) for x0, y0, x1, y1 in dashes]
    lines = Path.make_compound_path(*paths)
    axes.add_artist(PathPatch(lines, fill=False, edgecolor=INK, linewidth=THIN, zorder=-1, clip_on=False))


def write(axes: Axes, x: float, y: float, text: str, size: float, **style: object) -> None:
    """Write one line, centred on (x, y) unless said otherwise; a dollar sign is a dollar sign."""
    if text:
        style = {"color": INK, "ha": "center", "va": "center_baseline", **style}
        axes.text(x, y, text, fontsize=size, parse_math=False, **style)  # type: ignore[arg-type]  # Text's own options
