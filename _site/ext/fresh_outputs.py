"""Run the chapters again when the code under their cells changes, not only when the cells do.

MyST-NB's cache of outputs is keyed on the cells alone: after an edit in the package it would show yesterday's results.
This extension names the cache after a hash of everything the cells stand on. Nothing changed: same cache, nothing runs.
Anything changed: an empty cache, and every cell runs. The few newest caches are kept, so undoing an edit costs nothing.
"""

import hashlib
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

PACKAGE = "attn_lesson"
DRAWING = ("matplotlib", "matplotlib-inline", "altair", "vl-convert-python")
TABLED = ("torchvision", "torchaudio", "scikit-learn")  # other rows of the table of versions in "Run it"
LIBRARIES = ("torch", "numpy", "scipy", "transformers", "d2l", "ipython", "ipykernel", "pytest", *DRAWING, *TABLED)
SETTINGS = ("chapters/matplotlibrc", "_site/ipython/ipython_kernel_config.py", "_site/ext/build_kernel.py")
KEPT_CACHES = 3


def package_folder() -> Path:
    """Return the folder from which a cell would import the package."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"the chapters import {PACKAGE}: install it first, for instance with `pip install -e .`")
    return Path(spec.submodule_search_locations[0])


def library_versions() -> list[str]:
    """Return `name==version` for Python and for each library whose results the chapters show."""
    lines = [f"python=={platform.python_version()}"]
    for name in LIBRARIES:
        try:
            lines.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            lines.append(f"{name} is absent")
    return lines


def fingerprint(root: Path) -> str:
    """Return a short hash of the packages' files, the drawing and kernel settings, and the library versions."""
    folder = package_folder()
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    files += (root / "attn_classroom").rglob("*.py")  # the students' page shows what `check` says
    digest = hashlib.sha256()
    for path in sorted(files) + [root / name for name in SETTINGS]:
        name = path.relative_to(folder if path.is_relative_to(folder) else root).as_posix()
        content = path.read_bytes() if path.is_file() else b"absent"
        digest.update(f"{name}:{len(content)}:".encode() + content)
    digest.update("\n".join(library_versions()).encode())
    return digest.hexdigest()[:12]


def name_cache(app: Sphinx, config: Config) -> None:
    """Point MyST-NB at the cache of this fingerprint, and drop all but the newest few of the others."""
    config.code_fingerprint = fingerprint(Path(app.srcdir))
    caches = Path(app.outdir).parent / ".jupyter_cache"
    current = caches / config.code_fingerprint
    current.mkdir(parents=True, exist_ok=True)
    current.touch()
    for stale in sorted(caches.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[KEPT_CACHES:]:
        shutil.rmtree(stale)
    config.nb_execution_cache_path = str(current)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.add_config_value("code_fingerprint", "", "env")  # "env": a change re-reads every page
    app.connect("config-inited", name_cache, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
