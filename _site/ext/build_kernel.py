"""Give the chapters' cells one fixed environment, whoever builds the book and wherever.

The kernels get an IPython profile of their own (`_site/ipython/`: figures as SVG, no history file, nothing of the
builder's), one thread for torch (sums come out the same on every machine) and a fixed hash seed.
"""

import os
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

PROFILE = Path(__file__).parents[1] / "ipython" / "ipython_kernel_config.py"
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # the builder's own choice would hide every figure
    "HF_HUB_OFFLINE": "1",
    "ATTN_LESSON_PAGE": "1",  # the movable charts come as HTML that the page brings to life
}


def prepare_environment(app: Sphinx, config: Config) -> None:
    """Copy the profile next to the build, for IPython writes into it, and set the variables that kernels inherit."""
    ipython_dir = Path(app.outdir).parent / "ipython"
    (ipython_dir / "profile_default").mkdir(parents=True, exist_ok=True)
    shutil.copy(PROFILE, ipython_dir / "profile_default")
    os.environ.update(ENVIRONMENT, IPYTHONDIR=str(ipython_dir))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("config-inited", prepare_environment)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
