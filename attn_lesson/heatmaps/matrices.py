"""Read whatever holds numbers as a grid of panels: `(rows, columns, queries, keys)`."""

import numpy as np
import torch
from torch import Tensor

from attn_lesson.heatmaps.pieces import is_readable, widened


def as_panels(matrices: object) -> Tensor:
    """Return the matrices as one detached tensor `(rows, columns, queries, keys)`, on its own device.

    Args:
        matrices: A tensor, an array or nested lists, of two axes (one matrix) or four. What a NumPy masked array
            masks is -inf, as a masked score is.

    Raises:
        TypeError: If it does not hold real numbers.
        ValueError: If the number of axes is neither two nor four, or an axis is empty.

    >>> as_panels([[0.0, 1.0]]).shape
    torch.Size([1, 1, 1, 2])
    """
    _refuse_layers(matrices)
    panels = _dense(matrices if isinstance(matrices, Tensor) else _from_numbers(matrices))
    if panels.dim() == 2:
        panels = panels[None, None]
    shape = tuple(panels.shape)
    if panels.dim() == 3:
        raise ValueError(
            f"matrices need two axes (queries, keys) or four (rows, columns, queries, keys), got three, {shape}: "
            "write x[None] to draw them in one row"
        )
    if panels.dim() != 4:
        raise ValueError(
            f"matrices need two axes (queries, keys) or four (rows, columns, queries, keys), got {len(shape)}, {shape}"
        )
    if 0 in shape:
        raise ValueError(f"matrices need at least one panel, one query and one key, got shape {shape}")
    return panels


def _dense(tensor: Tensor) -> Tensor:
    """Detach, make dense and undo lazy bits; the tensor given is never written to."""
    if tensor.is_meta:
        raise ValueError("matrices need numbers, got a tensor on the meta device, which holds only a shape")
    if type(tensor).__name__ == "FakeTensor":
        raise ValueError("matrices need numbers, got a FakeTensor, which holds only a shape")
    if tensor.is_nested:
        raise ValueError("matrices need one shape, got a nested tensor: draw one of x.unbind() at a time")
    if tensor.is_complex():
        raise TypeError(f"matrices need real numbers, got {tensor.dtype}: plot x.abs(), x.real or x.imag instead")
    tensor = tensor.detach()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    if not is_readable(tensor.dtype):
        raise TypeError(f"matrices need a dtype that PyTorch calculates with, got {tensor.dtype}")
    return tensor.resolve_neg()


def _from_numbers(numbers: object) -> Tensor:
    if any(issubclass(kind, (Tensor, np.ma.MaskedArray)) for kind in _kinds(numbers)):
        return _stack(numbers)  # entry by entry: NumPy would lose the masks, and refuse gradients
    try:
        array = np.asarray(numbers)
    except ValueError as error:  # NumPy's word for lists of different lengths
        raise ValueError("matrices need rows of equal length, got ragged lists") from error
    if array.dtype == object and array.size and all(isinstance(number, (int, float)) for number in array.flat):
        try:
            array = array.astype(np.float64)  # whole numbers of more than 64 bits
        except OverflowError as error:
            raise ValueError("matrices need numbers up to 1.8e+308, got a larger one") from error
    if array.dtype.kind not in "biuf":
        what = (
            "x.abs(), x.real or x.imag" if array.dtype.kind == "c" else "a tensor, an array or nested lists of numbers"
        )
        raise TypeError(f"matrices need real numbers, got {_name(numbers, array)}: plot {what} instead")
    if array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = array.copy()
    return torch.from_numpy(array)


def _name(numbers: object, array: np.ndarray) -> str:
    return str(array.dtype) if isinstance(numbers, (np.ndarray, list, tuple)) else type(numbers).__name__


def _kinds(numbers: object) -> set[type]:
    """Find the types of the entries of nested lists."""
    if not isinstance(numbers, (list, tuple)):
        return {type(numbers)}
    kinds = set(map(type, numbers))
    if any(issubclass(kind, (list, tuple)) for kind in kinds):
        kinds = set().union(*map(_kinds, numbers))
    return kinds


def _stack(numbers: object) -> Tensor:
    if isinstance(numbers, Tensor):
        return widened(_dense(numbers))  # to stand beside other dtypes
    if isinstance(numbers, np.ma.MaskedArray):
        cells, mask = _from_numbers(numbers.data), torch.from_numpy(np.ma.getmaskarray(numbers).copy())
        return (cells if cells.is_floating_point() else cells.double()).masked_fill(mask, -torch.inf)
    if not isinstance(numbers, (list, tuple)):
        return _from_numbers(numbers)
    parts = [_stack(number) for number in numbers]
    shapes = sorted({tuple(part.shape) for part in parts})
    beside = next((number for number in numbers if isinstance(number, (int, float))), None)
    if len(shapes) != 1 and beside is not None:
        raise TypeError(f"matrices need one kind of entry, got a tensor beside {type(beside).__name__}")
    if len(shapes) != 1:
        raise ValueError(f"matrices in lists need one shape, got {' and '.join(map(str, shapes))}")
    if len({part.device for part in parts}) > 1:
        parts = [part.cpu() for part in parts]
    return torch.stack(parts)


def _refuse_layers(matrices: object) -> None:
    """Name the cure for the commonest case of five axes: what transformers returns as `attentions`."""
    if isinstance(matrices, (list, tuple)) and len(matrices) > 0:
        first = matrices[0]
        if all(isinstance(layer, Tensor) and layer.dim() == 4 for layer in matrices):
            raise ValueError(
                f"matrices came as {len(matrices)} layers of shape {tuple(first.shape)}: write torch.cat(layers) for a "
                "batch of one, or torch.stack(layers)[:, 0] for its first sequence, to draw layers by heads"
            )
