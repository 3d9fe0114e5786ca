"""The IPython profile of the build: a plain Matplotlib figure comes out as one reproducible SVG."""

from ipykernel.iostream import OutStream

c = get_config()  # noqa: F821  (IPython defines it)

c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": "tight", "metadata": {"Date": None}}
c.InlineBackend.rc = {}  # the settings of chapters/matplotlibrc stand as they are
c.HistoryManager.enabled = False

# What a cell prints is sent when the cell ends, in one piece: MyST-NB breaks a line where it joins two.
OutStream.flush_interval = 3600
