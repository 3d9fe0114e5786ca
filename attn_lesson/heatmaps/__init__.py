"""Heatmaps that tell the truth: one colour scale, one true bar, from any tensor.

Rooms, in the order in which a picture is made: `matrices` reads the input, `options` checks what was asked,
`scale` finds the limits and pools, `labels` makes words fit, `layout` divides the room, `drawing` paints,
`figure` does it all in turn, `showing` turns it into one SVG.
"""

from attn_lesson.heatmaps.figure import heatmap_figure, show_heatmaps
from attn_lesson.heatmaps.showing import HeatmapFigure

__all__ = ["HeatmapFigure", "heatmap_figure", "show_heatmaps"]
