"""Heatmaps that tell the truth: one colour scale, one true bar, from any tensor.

Rooms, in the order in which a picture is made: `matrices` reads the input, `options` checks what was asked,
`scale` finds the limits, `pooling` shrinks what is too large to be seen (both read it in `pieces`), `words` and
`labels` find what to write and make it fit, `bar_ticks` chooses the numbers of a bar, `margins` and `layout` divide the
room, `numbers` keeps the values with the picture, `drawing` and `bar` paint, `showing` turns it into one SVG after
which pyplot goes `onward`, and `figure` calls them in turn.
"""

from attn_lesson.heatmaps.figure import heatmap_figure, show_heatmaps
from attn_lesson.heatmaps.showing import HeatmapFigure

__all__ = ["HeatmapFigure", "heatmap_figure", "show_heatmaps"]
