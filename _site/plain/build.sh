#!/usr/bin/env bash
# Builds the book with plain, current Sphinx into _build/plain/html, in an environment of its own (_build/plain/venv).
# The cells run on the kernel of .venv, so `make book` has to have made that one.
set -euo pipefail
cd "$(dirname "$0")/../.."
export BOOK_PYTHON="$PWD/.venv/bin/python" BOOK_BUILD="$PWD/_build/plain" PIP_DISABLE_PIP_VERSION_CHECK=1
if [ ! -x "$BOOK_PYTHON" ]; then
  echo "there is no .venv: run make book first" >&2
  exit 1
fi
if [ ! _build/plain/venv/.made -nt _site/plain/requirements.txt ]; then
  "${PYTHON:-python3}" -m venv _build/plain/venv
  _build/plain/venv/bin/python -m pip install -q -r _site/plain/requirements.txt
  touch _build/plain/venv/.made
fi
_build/plain/venv/bin/python -m sphinx -b html -W -n --keep-going -q -c _site/plain . _build/plain/html
