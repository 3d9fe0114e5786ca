# Two commands do everything on a machine with Python 3.11-3.13, git and make:
#     make book     make test
# On Linux, TORCH_INDEX=https://download.pytorch.org/whl/cpu gets the small CPU build of torch.

PYTHON      ?= python3
TORCH_INDEX ?=
BIN         := .venv/bin
RUN         := $(BIN)/python -m
PINS        := pyproject.toml constraints.txt requirements-d2l.txt
PAGE        := _build/html/index.html
BENCHMARKS  := benchmarks/attention.py benchmarks/heatmaps.py benchmarks/scores.py benchmarks/explorables.py \
               benchmarks/classroom.py benchmarks/site.py
SOURCES     := $(shell find _config.yml _toc.yml _site attn_lesson attn_classroom chapters -type f ! -name '*.pyc' ! -path '*/.*')

.DEFAULT_GOAL := help
.PHONY: help book pdf test lab notebooks check bench clean

# The kernel, the libraries and the plots are those of .venv, whatever the shell was set up for.
export JUPYTER_PREFER_ENV_PATH := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport JUPYTER_PATH PYTHONPATH PYTHONHOME MPLBACKEND

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-17s %s\n", $$1, $$2 }'

# A stamp is newer than what it was made from, so a second run installs nothing.
.venv/.stamp-test: $(PINS)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "This book needs Python 3.11, 3.12 or 3.13, and '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)." \
	       "Name another: make PYTHON=python3.12 book" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	if [ -n "$(TORCH_INDEX)" ]; then \
	  $(RUN) pip install -q --no-deps --index-url "$(TORCH_INDEX)" "$$(grep '^torch==' constraints.txt)"; fi
	$(RUN) pip install -q -c constraints.txt -e '.[book,test]'
	$(RUN) pip install -q --no-deps -r requirements-d2l.txt
	@touch $@

.venv/.stamp-bench: .venv/.stamp-test
	$(RUN) pip install -q -c constraints.txt -e '.[bench]'
	@touch $@

.venv/.stamp-lab: .venv/.stamp-test
	$(RUN) pip install -q -c constraints.txt -e '.[lab]'
	mkdir -p .venv/share/jupyter/lab/settings
	printf '%s\n' '{"@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Jupytext Notebook"}},' \
	  ' "@jupyterlab/apputils-extension:notification": {"checkForUpdates": false, "fetchNews": "false"}}' \
	  > .venv/share/jupyter/lab/settings/overrides.json
	@touch $@

# --all re-reads every page: without it a second run shows no warning. Cells run again only when they, the package or
# the libraries changed. Jupyter Book can exit 0 without having written a page, hence the last check.
book: .venv/.stamp-test  ## build the site, strictly, into _build/html
	$(BIN)/jupyter-book build . --all -W -n --keep-going
	@test -f $(PAGE) || { echo "jupyter-book wrote no $(PAGE)" >&2; exit 1; }
	@echo "Open file://$(CURDIR)/$(PAGE)"

pdf: $(PAGE)  ## print the whole book into _build/pdf/attention.pdf, with Chromium
	$(BIN)/python _site/paper.py

# The tests read the built pages: built here only where they are missing, or older than what they are made from.
$(PAGE): .venv/.stamp-test $(SOURCES)
	$(MAKE) book

test: $(PAGE)  ## run the whole test suite, with its coverage gate
	$(RUN) pytest --cov $(ARGS)

lab: .venv/.stamp-lab  ## open the chapters as notebooks in JupyterLab
	$(BIN)/jupyter lab --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/chapters/index.md $(ARGS)

notebooks: .venv/.stamp-test  ## write the chapters as .ipynb into _build/notebooks
	$(BIN)/python _site/notebooks.py

check: .venv/.stamp-test  ## ruff, ruff format, and mypy on the package
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

bench: .venv/.stamp-bench  ## measure what the book says about speed
	@for script in $(BENCHMARKS); do echo "$$script"; $(BIN)/python "$$script" || exit 1; done

clean:  ## remove what the other verbs made, but not .venv
	rm -rf _build build dist *.egg-info .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name .venv -prune -o -type d \( -name __pycache__ -o -name .ipynb_checkpoints \) -exec rm -rf {} +
