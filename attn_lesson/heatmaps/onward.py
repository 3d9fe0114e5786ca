"""Let pyplot go on after a heatmap: what is drawn next gets a figure of its own."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure


class OnwardFigure(Figure):
    """A figure that, once it is done, sends what pyplot would draw on it to a new figure.

    `plt.gcf()` and `plt.savefig` still mean it, until something else is drawn.

    Attributes:
        done: Whether it has been handed to pyplot, complete.

    >>> figure = OnwardFigure()
    >>> figure.gca() in figure.axes
    True
    """

    done = False

    def _next(self) -> Figure:
        from matplotlib import pyplot as plt

        return plt.figure()

    def gca(self) -> Axes:
        """Return the current axes, for `plt.plot`, `plt.title` and their like."""
        return self._next().gca() if self.done else super().gca()

    def sca(self, a: Axes) -> Axes:
        """Make axes the current ones of the figure they are on."""
        return super().sca(a) if a.figure in (self, None) else a.figure.sca(a)

    def add_subplot(self, *args: Any, **options: Any) -> Axes:
        """Add axes, for `plt.subplot`."""
        add = self._next().add_subplot if self.done else super().add_subplot
        axes: Axes = add(*args, **options)
        return axes

    def add_axes(self, *args: Any, **options: Any) -> Axes:
        """Add axes anywhere, for `plt.axes`."""
        add = self._next().add_axes if self.done else super().add_axes
        axes: Axes = add(*args, **options)
        return axes
