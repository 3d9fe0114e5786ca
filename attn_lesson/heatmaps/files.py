"""Read matrices from a file: plain numbers only, never pickled objects."""

import warnings
import zipfile
from pathlib import Path

import numpy as np
import torch


def read_matrices(path: Path, key: str | None = None) -> object:
    """Return the numbers in a `.npy`, `.npz` or `.pt` file.

    Args:
        path: Of the file.
        key: Which array of an `.npz` or `.pt` file that holds several.

    Raises:
        ValueError: If the file is not there, is of another kind, or holds something else than numbers; if it names
            no array, and a key was given.
    """
    readers = {".npy": _numpy, ".npz": _numpy, ".pt": _torch}
    kind = path.suffix.lower()
    if kind not in readers:
        raise ValueError(f"what to draw is eye, rand or a .npy, .npz or .pt file, got '{path}'")
    if not path.is_file():
        raise ValueError(f"no such file: {path}")
    found = readers[kind](path)
    if not isinstance(found, dict):
        if key is not None:
            raise ValueError(f"{path} names nothing that it holds: leave out --key, got {key}")
        return found
    if key is None and len(found) == 1:
        return next(iter(found.values()))
    named = {str(name): numbers for name, numbers in found.items()}  # a .pt file may count its layers: 0, 1, …
    if key not in named:
        raise ValueError(f"{path} holds {', '.join(named) or 'nothing'}: name one with --key, got {key}")
    return named[key]


def _numpy(path: Path) -> object:
    try:
        found = np.load(path, allow_pickle=False)
        return found if path.suffix.lower() == ".npy" else dict(found)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} holds no plain numbers that NumPy can read") from error


def _torch(path: Path) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch says of its own past is not the reader's concern
            found: object = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file fails in whatever way its bytes suggest
        raise ValueError(f"{path} holds no plain tensors (objects are never unpickled)") from error
    return found
