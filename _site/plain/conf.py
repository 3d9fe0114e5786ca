"""The way out: this makes the book with plain, current Sphinx, from the same `_config.yml`. Run by `build.sh`."""

import json
import os
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
book = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
settings = book["sphinx"]["config"]

sys.path[:0] = [str(ROOT), *sorted({str(ROOT / folder) for folder in book["sphinx"]["local_extensions"].values()})]

project = html_title = book["title"]
author, copyright = book["author"], f"{book['copyright']}, {book['author']}"
html_theme = "sphinx_book_theme"
html_logo, html_favicon = str(ROOT / book["logo"]), str(ROOT / book["html"]["favicon"])
# Current Sphinx asks of each static file, too, whether it is excluded, as "./book.css": two patterns would catch it.
exclude_patterns = [each for each in book["exclude_patterns"] if each not in {"_site/**", ".*/**"}] + [".[a-z]*/**"]
external_toc_path, external_toc_exclude_missing = str(ROOT / "_toc.yml"), book["only_build_toc_files"]
myst_enable_extensions = book["parse"]["myst_enable_extensions"]
nb_execution_mode = book["execute"]["execute_notebooks"]
nb_execution_timeout = book["execute"]["timeout"]
nb_execution_allow_errors = book["execute"]["allow_errors"]
nb_execution_show_tb = True
bibtex_bibfiles = [str(ROOT / file) for file in book["bibtex_bibfiles"]]
numfig, use_multitoc_numbering = True, book["html"]["use_multitoc_numbering"]

# What Jupyter Book is told stands in its file as Sphinx's own settings; two of its extensions are Jupyter Book's alone.
globals().update({name: value for name, value in settings.items() if name != "extensions"})
html_static_path = [str(ROOT / folder) for folder in settings["html_static_path"]]
templates_path = [str(ROOT / folder) for folder in settings["templates_path"]]
extensions = [name for name in settings["extensions"] if name not in {"jupyter_book", "sphinx_comments"}]
extensions.append("sphinx_multitoc_numbering")

# The cells run on the kernel of the book's own environment, which has torch; this one has Sphinx.
kernel = Path(os.environ["BOOK_BUILD"]) / "jupyter" / "kernels" / "python3"
kernel.mkdir(parents=True, exist_ok=True)
command = [os.environ["BOOK_PYTHON"], "-m", "ipykernel_launcher", "-f", "{connection_file}"]
(kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "Python 3", "language": "python"}))
os.environ["JUPYTER_PATH"] = str(kernel.parents[1])
