"""Values as they cross between a submission and its judge: plain data in JSON frames, never pickle.

A tensor crosses as its dtype, its shape and its bytes, and each is checked before anything is built from it.
"""

import base64
import json
import math
import struct
import sys
from collections.abc import Callable
from typing import Any

import torch

MAX_FRAME = 32 * 2**20  # bytes: a longer answer is refused before it is read
MAX_DEPTH = 20
MAX_AXES = 8
MAX_PAIRS = 1000  # of a dict: keys can be chosen so that building it takes the square of their number
GARBLED = "the answer is garbled"
HEADER = struct.Struct(">I")
DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name)
    for name in ("float16", "bfloat16", "float32", "float64", "bool", "uint8", "int8", "int16", "int32", "int64")
}
SIZES = {name: torch.empty(0, dtype=dtype).element_size() for name, dtype in DTYPES.items()}


class WireError(Exception):
    """What came, or what was to be sent, is not plain data."""


def encode(value: Any, functions: list[Callable[..., Any]] | None = None, depth: int = 0) -> Any:
    """Turn plain data into what JSON can hold.

    Args:
        value: None, a bool, number, text, tensor or NumPy array, or a list, tuple or dict of such.
        functions: where a callable is put so that the other side can call it back; without it a callable is refused.
        depth: how many containers this value is inside of, at most `MAX_DEPTH`.

    Raises:
        WireError: for any other type, named in the message.

    Example:
        >>> encode((1, "a"))
        {'tuple': [1, 'a']}
    """
    if depth > MAX_DEPTH:
        raise WireError(f"an answer may be nested {MAX_DEPTH} deep, this one is deeper")
    if value is None or isinstance(value, bool):
        return value
    for plain in (int, float, str):
        if isinstance(value, plain):
            return plain(value)
    if isinstance(value, torch.Tensor):
        return {"tensor": _encode_tensor(value)}
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray | numpy.generic):
        try:
            return {"array": _encode_tensor(torch.from_numpy(numpy.array(value)))}
        except (TypeError, ValueError) as error:
            raise WireError(f"an array of dtype {value.dtype} cannot be graded") from error
    for kind in (tuple, list):
        if isinstance(value, kind):
            return {kind.__name__: [encode(item, functions, depth + 1) for item in value]}
    if isinstance(value, dict):
        if len(value) > MAX_PAIRS:
            raise WireError(f"a dict may have {MAX_PAIRS} entries, this one has {len(value)}")
        return {"dict": [[encode(each, functions, depth + 1) for each in pair] for pair in value.items()]}
    if functions is not None and callable(value):
        functions.append(value)
        return {"function": len(functions) - 1}
    raise WireError(f"a value of type {type(value).__name__} cannot be graded; return a tensor, a number or a text")


def _encode_tensor(tensor: torch.Tensor) -> list[Any]:
    name = str(tensor.dtype).removeprefix("torch.")
    if name not in DTYPES:
        raise WireError(f"a tensor of dtype {tensor.dtype} cannot be graded")
    plain = tensor.detach().cpu().contiguous()
    if plain.numel() * SIZES[name] > MAX_FRAME // 2:
        raise WireError(f"a tensor of shape {tuple(plain.shape)} is too large to be graded")
    raw = plain.reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b""
    return [name, list(plain.shape), base64.b64encode(raw).decode()]


def decode(data: Any, function: Callable[[int], Any] | None = None, depth: int = 0) -> Any:
    """Build the value that `encode` described, or refuse.

    Args:
        data: what JSON held; from a submission, so nothing about it is taken for granted.
        function: makes the callable for a function's number; without it a function is refused.
        depth: as in `encode`.

    Raises:
        WireError: when the description is not one that `encode` makes.

    Example:
        >>> decode({"tuple": [1, "a"]})
        (1, 'a')
    """
    if depth > MAX_DEPTH:
        raise WireError(f"an answer may be nested {MAX_DEPTH} deep, this one is deeper")
    if type(data) is str:
        return data.encode("utf-8", "replace").decode()  # a lone surrogate could not be written to a file
    if type(data) in (type(None), bool, int, float):
        return data
    if type(data) is not dict or len(data) != 1:
        raise WireError(GARBLED)
    ((kind, content),) = data.items()
    if kind in ("tensor", "array"):
        tensor = _decode_tensor(content)
        if kind == "tensor" or tensor.dtype is not torch.bfloat16:  # which NumPy does not have
            return tensor if kind == "tensor" else tensor.numpy()
    if kind == "function" and function is not None and type(content) is int:
        return function(content)
    if kind not in ("tuple", "list", "dict") or type(content) is not list:
        raise WireError(GARBLED)
    if kind != "dict":
        return {"tuple": tuple, "list": list}[kind](decode(item, function, depth + 1) for item in content)
    if len(content) > MAX_PAIRS:
        raise WireError(f"a dict may have {MAX_PAIRS} entries, this one has {len(content)}")
    if any(type(pair) is not list or len(pair) != 2 for pair in content):
        raise WireError(GARBLED)
    try:
        return {decode(key, None, depth + 1): decode(item, function, depth + 1) for key, item in content}
    except (TypeError, ValueError) as error:
        raise WireError(GARBLED) from error


def _decode_tensor(content: Any) -> torch.Tensor:
    try:
        name, shape, text = content
        dtype = DTYPES[name]
        raw = bytearray(base64.b64decode(text, validate=True))
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(GARBLED) from error
    good = type(shape) is list and len(shape) <= MAX_AXES and all(type(size) is int for size in shape)
    good = good and all(0 <= size <= MAX_FRAME for size in shape) and math.prod(shape) * SIZES[name] == len(raw)
    if not good or (dtype is torch.bool and raw.strip(b"\0\1")):
        raise WireError(GARBLED)
    return (torch.frombuffer(raw, dtype=dtype) if raw else torch.empty(0, dtype=dtype)).reshape(shape)


def pack(message: dict[str, Any]) -> bytes:
    """Make one frame: four bytes of length, then JSON."""
    body = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")  # json.loads does as well
    if len(body) > MAX_FRAME:
        raise WireError("a message is too large to be sent")
    return HEADER.pack(len(body)) + body
