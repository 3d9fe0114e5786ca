"""Every input of the list behaves as the list says: drawn with the right values, or one clear sentence."""

import warnings

import numpy as np
import pytest
import torch
from torch._subclasses import FakeTensorMode

from attn_lesson import heatmap_figure
from attn_lesson.heatmaps.matrices import as_panels
from attn_lesson.heatmaps.pooling import pool_in_pieces
from attn_lesson.heatmaps.scale import data_limits

GRID = torch.arange(2 * 3 * 5 * 7).reshape(2, 3, 5, 7) / 210


def test_four_axes_are_the_grid_and_two_are_one_panel():
    assert torch.equal(as_panels(GRID), GRID)
    assert torch.equal(as_panels(GRID[1, 2]), GRID[1, 2][None, None])


@pytest.mark.parametrize(
    ("matrices", "text"),
    [
        (torch.ones(2, 5, 7), r"got three, \(2, 5, 7\): write x\[None\] to draw them in one row"),
        (torch.ones(1, 1, 2, 5, 7), r"got 5, \(1, 1, 2, 5, 7\)"),
        (torch.ones(5), r"got 1, \(5,\)"),
        (torch.tensor(1.0), r"got 0, \(\)"),
        (torch.ones(0, 1, 5, 7), r"at least one panel, one query and one key, got shape \(0, 1, 5, 7\)"),
        (torch.ones(5, 0), r"at least one panel, one query and one key, got shape \(1, 1, 5, 0\)"),
        (torch.ones(0, 5), r"at least one panel, one query and one key, got shape \(1, 1, 0, 5\)"),
        ([[1.0, 2.0], [3.0]], "rows of equal length, got ragged lists"),
        ([[torch.ones(2, 2), torch.ones(3, 3)]], r"need one shape, got \(2, 2\) and \(3, 3\)"),
        (torch.ones(2, 2, device="meta"), "meta device, which holds only a shape"),
        ((torch.ones(1, 4, 6, 6),) * 3, r"3 layers of shape \(1, 4, 6, 6\): write torch.cat\(layers\)"),
    ],
)
def test_a_shape_that_cannot_be_drawn_is_a_value_error(matrices, text):
    with pytest.raises(ValueError, match=text):
        as_panels(matrices)


@pytest.mark.parametrize(
    ("matrices", "text"),
    [
        (torch.ones(2, 2, dtype=torch.complex64), r"real numbers, got torch.complex64: plot x.abs\(\)"),
        (np.ones((2, 2), dtype=complex), r"real numbers, got complex128: plot x.abs\(\)"),
        (np.array([["a", "b"]]), "real numbers, got <U1: plot a tensor, an array or nested lists"),
        (np.array([[object()]]), "real numbers, got object"),
        ("weights", "real numbers, got str"),
        (None, "real numbers, got NoneType"),
        ({1: 2}, "real numbers, got dict"),
        ([[torch.ones(2, 2), 1.0]], "a tensor beside float"),
    ],
)
def test_what_is_not_a_real_number_is_a_type_error(matrices, text):
    with pytest.raises(TypeError, match=text):
        as_panels(matrices)


@pytest.mark.parametrize(
    "dtype",
    [
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2,
        torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.uint16, torch.uint32, torch.uint64,
        torch.bool,
    ],
)  # fmt: skip
def test_every_real_dtype_keeps_its_values(dtype):
    numbers = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).to(dtype)
    panels = as_panels(numbers)
    assert torch.equal(panels[0, 0].to(torch.float64), numbers.to(torch.float64))
    assert pool_in_pieces(panels, 2, 2, signed=False).item() == 1
    least, largest = data_limits(panels)
    assert (least, largest) == (0, 1)
    assert heatmap_figure(numbers, "Keys", "Queries").scales == [[(0.0, 1.0, False, False)]]


@pytest.mark.parametrize(
    "array",
    [
        GRID.numpy(),
        GRID.numpy().astype(np.float16),
        GRID.numpy().astype(">f4"),
        GRID.numpy().astype(np.longdouble),
        np.ascontiguousarray(GRID.numpy()[:, :, ::-1])[:, :, ::-1],
        GRID.numpy().tolist(),
        [[GRID[i, j] for j in range(3)] for i in range(2)],
        [list(GRID[0]), list(GRID[1])],
    ],
    ids=["array", "half", "big-endian", "long double", "reversed", "lists", "lists of tensors", "mixed"],
)
def test_arrays_and_lists_are_the_tensor(array):
    torch.testing.assert_close(as_panels(array).to(torch.float32), GRID, atol=1e-3, rtol=0)


def test_a_read_only_array_is_read_without_a_warning_and_left_alone():
    array = GRID.numpy().copy()
    array.flags.writeable = False
    assert torch.equal(as_panels(array), GRID)


def test_a_tensor_that_requires_grad_keeps_its_graph():
    leaf = GRID.clone().requires_grad_()
    doubled = leaf * 2
    panels = as_panels(doubled)
    assert not panels.requires_grad
    assert doubled.requires_grad
    assert doubled.grad_fn is not None


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.mT, lambda x: x[:, :, ::2], lambda x: x[:1].expand(4, 3, 5, 7), lambda x: x.to_sparse(),
        lambda x: torch.view_as_complex(torch.stack([x, -x], -1)).conj().imag,
    ],
    ids=["transposed", "strided", "expanded", "sparse", "negative bit"],
)  # fmt: skip
def test_views_have_the_right_values_and_are_never_written_to(view):
    given = GRID.clone()
    seen = view(given)
    dense = seen.to_dense() if seen.is_sparse else seen
    before = dense.clone()
    assert torch.equal(as_panels(seen), before)
    assert torch.equal(dense, before)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_tensor_stays_on_its_device():
    assert as_panels(GRID.cuda()).is_cuda


MASKED = np.ma.masked_array([[1.0, 2.0], [3.0, 99.0]], mask=[[0, 0], [0, 1]])


@pytest.mark.parametrize(
    "numbers",
    [
        MASKED,
        MASKED.astype(np.float16),
        MASKED.astype(np.int64),
        [MASKED[0], MASKED[1]],
        [[MASKED]],
        [[1.0, 2.0], [3, np.ma.masked]],
        [torch.tensor([1.0, 2.0]), MASKED[1]],
    ],
    ids=["array", "half", "integers", "rows", "in a grid", "a constant", "beside a tensor"],
)
def test_what_an_array_masks_is_a_masked_score(numbers):
    assert as_panels(numbers)[0, 0].tolist() == [[1.0, 2.0], [3.0, -np.inf]]


def test_masked_cells_are_grey_and_set_no_limit():
    figure = heatmap_figure(MASKED, "Keys", "Queries")
    assert figure.scales == [[(0.0, 3.0, False, False)]]
    assert "grey: masked (−∞)" in [text.get_text() for text in figure.axes[0].texts]
    assert MASKED.data[1, 1] == 99.0


def test_an_array_that_masks_nothing_keeps_its_numbers():
    assert as_panels(np.ma.masked_array([[1, 2**40]])).tolist() == [[[[1.0, 2.0**40]]]]


def test_tensors_that_require_grad_may_stand_among_numbers():
    assert as_panels([[1.0, torch.tensor(2.0, requires_grad=True)]]).tolist() == [[[[1.0, 2.0]]]]


def test_a_quantised_tensor_is_drawn():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch's own, that quantised tensors are to go
        given = torch.quantize_per_tensor(torch.tensor([[0.5, 1.0]]), 0.25, 0, torch.quint8)
        assert as_panels(given).tolist() == [[[[0.5, 1.0]]]]


def test_whole_numbers_of_any_size_are_drawn():
    assert as_panels([[10**30, 1]]).tolist() == [[[[1e30, 1.0]]]]
    with pytest.raises(ValueError, match=r"^matrices need numbers up to 1.8e\+308, got a larger one$"):
        as_panels([[10**400]])


def test_what_holds_only_a_shape_or_several_is_a_value_error():
    with FakeTensorMode() as fake:
        given = fake.from_tensor(torch.ones(2, 2))
    with pytest.raises(ValueError, match="^matrices need numbers, got a FakeTensor, which holds only a shape$"):
        as_panels(given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch's own, that they may change
        nested = torch.nested.nested_tensor([torch.ones(2, 2), torch.ones(3, 3)])
        with pytest.raises(ValueError, match=r"^matrices need one shape, got a nested tensor: draw one of "):
            as_panels(nested)


@pytest.mark.parametrize("name", ["bits8", "bits1x8", "float4_e2m1fn_x2", "uint4"])
def test_a_dtype_that_pytorch_only_stores_is_a_type_error_that_names_it(name):
    dtype = getattr(torch, name, None)
    if dtype is None:  # float4 is younger than the oldest PyTorch
        return
    given = torch.zeros(2, 2, dtype=torch.uint8).view(dtype)
    for matrices in (given, [[given]]):
        with pytest.raises(TypeError, match=f"^matrices need a dtype that PyTorch calculates with, got torch.{name}$"):
            heatmap_figure(matrices, "Keys", "Queries")


def test_small_floats_may_stand_beside_others_in_lists():
    row = torch.tensor([1.0, 2.0])
    assert as_panels([row, row.to(torch.float8_e4m3fn)]).tolist() == [[[[1.0, 2.0], [1.0, 2.0]]]]
