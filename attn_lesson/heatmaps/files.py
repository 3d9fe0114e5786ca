"""Read matrices from a file: plain numbers only, never pickled objects."""

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
        ValueError: If the file is not there, is of another kind, or holds something else than numbers.
    """
    readers = {".npy": _numpy, ".npz": _numpy, ".pt": _torch}
    if path.suffix not in readers:
        raise ValueError(f"what to draw is eye, rand or a .npy, .npz or .pt file, got '{path}'")
    if not path.is_file():
        raise ValueError(f"no such file: {path}")
    found = readers[path.suffix](path)
    if not isinstance(found, dict):
        return found
    if key is None and len(found) == 1:
        return next(iter(found.values()))
    if key not in found:
        raise ValueError(f"{path} holds {', '.join(map(str, found)) or 'nothing'}: name one with --key, got {key}")
    return found[key]


def _numpy(path: Path) -> object:
    try:
        found = np.load(path, allow_pickle=False)
        return found if path.suffix == ".npy" else dict(found)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} holds no plain numbers that NumPy can read") from error


def _torch(path: Path) -> object:
    try:
        found: object = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file fails in whatever way its bytes suggest
        raise ValueError(f"{path} holds no plain tensors (objects are never unpickled)") from error
    return found
