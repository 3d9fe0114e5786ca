"""The colours begin and end where the data do, or where they were told to."""

import math

import numpy as np
import pytest
import torch

from attn_lesson.heatmaps.scale import Scale, colour_limits, data_limits, normalise, scales_of_panels

INF = math.inf


@pytest.mark.parametrize(
    ("least", "largest", "vmin", "vmax", "limits"),
    [
        (0.2, 0.7, None, None, (0.0, 0.7)),  # non-negative data begin at 0
        (-3.0, 2.0, None, None, (-3.0, 2.0)),  # signed data run from least to largest
        (-3.0, -1.0, None, None, (-3.0, -1.0)),
        (0.1, 0.1, None, None, (0.0, 0.1)),  # a constant has the colour of its value
        (0.0, 0.0, None, None, (0.0, 1.0)),
        (-2.0, -2.0, None, None, (-2.0, 0.0)),
        (0.2, 0.7, None, 1, (0.0, 1.0)),
        (0.2, 0.7, 0.5, None, (0.5, 0.7)),
        (0.7, 0.7, 0.7, None, (0.7, 1.7)),
        (0.2, 0.7, -1, 1, (-1.0, 1.0)),
    ],
)
def test_limits(least, largest, vmin, vmax, limits):
    assert colour_limits(least, largest, vmin, vmax) == limits


@pytest.mark.parametrize(
    ("vmin", "vmax", "text"),
    [
        (1.0, 0.5, "vmin needs to be below vmax, got a scale from 1 to 0.5"),
        (0.5, 0.5, "vmin needs to be below vmax, got a scale from 0.5 to 0.5"),
        (2.0, None, "vmin needs to be below vmax, got a scale from 2 to 0.7"),
        (None, 0.0, "vmax needs to be above 0, where the scale of these data begins, got 0"),
        (math.nan, None, "vmin needs to be a finite number, got nan"),
        (None, INF, "vmax needs to be a finite number, got inf"),
        ("0", None, "vmin needs to be a finite number, got '0'"),
        (None, True, "vmax needs to be a finite number, got True"),
    ],
)
def test_limits_that_make_no_scale_are_refused(vmin, vmax, text):
    with pytest.raises(ValueError, match=text):
        colour_limits(0.2, 0.7, vmin, vmax)


@pytest.mark.parametrize(
    "limit",
    [torch.tensor(0.5), torch.tensor(0.5, dtype=torch.bfloat16), np.array(0.5), torch.tensor(0.5, requires_grad=True)],
)
def test_a_limit_may_be_a_tensor_or_an_array_without_axes(limit):
    ends = np.array([[0.2]]), np.array([[0.7]])
    assert scales_of_panels(*ends, limit, None, share_scale=True) == [[Scale(0.5, 0.7, under=True)]]
    assert scales_of_panels(*ends, None, limit, share_scale=False) == [[Scale(0.0, 0.5, over=True)]]
    ((scale,),) = scales_of_panels(*ends, limit, 2 * limit, share_scale=True)
    assert [type(end) for end in scale] == [float, float, bool, bool]


@pytest.mark.parametrize(
    "limit", [torch.tensor(math.nan), torch.tensor([0.5]), np.array([0.5]), torch.tensor(True), np.array("0")]
)
def test_a_limit_of_another_kind_in_a_tensor_is_refused(limit):
    with pytest.raises(ValueError, match="^vmin needs to be a finite number, got "):
        scales_of_panels(np.array([[0.2]]), np.array([[0.7]]), limit, None, share_scale=True)


def test_each_panel_may_have_limits_of_its_own():
    least, largest = np.array([[0.0, -1.0, np.nan]]), np.array([[0.5, 2.0, np.nan]])
    assert scales_of_panels(least, largest, None, None, share_scale=True) == [[Scale(-1.0, 2.0)] * 3]
    own = [[Scale(0.0, 0.5), Scale(-1.0, 2.0), Scale(0.0, 1.0)]]
    assert scales_of_panels(least, largest, None, None, share_scale=False) == own
    beyond = [[Scale(0.0, 0.4, over=True), Scale(0.0, 0.4, under=True, over=True), Scale(0.0, 1.0)]]
    assert scales_of_panels(least, largest, 0.0, 0.4, share_scale=False) == beyond


def test_one_nan_is_one_warning_with_the_count_and_no_limit():
    panels = torch.rand(2, 3, 5, 7)
    panels[1, 2, 0, 0] = math.nan
    panels[0, 0, 1, 1] = math.nan
    with pytest.warns(UserWarning, match="^2 NaN among the matrices, drawn grey$") as record:
        least, largest = data_limits(panels)
    assert len(record) == 1
    assert least[1, 2] == panels[1, 2].nan_to_num(1.0).min().item()
    assert largest[0, 0] == panels[0, 0].nan_to_num(0.0).max().item()


def test_plus_infinity_is_warned_of_and_minus_infinity_is_a_mask():
    panels = torch.rand(1, 1, 5, 7)
    panels[..., 0] = -INF
    least, largest = data_limits(panels)
    assert (least, largest) == (panels[..., 1:].min().item(), panels.max().item())
    panels[..., 1] = INF
    with pytest.warns(UserWarning, match=r"^5 \+inf among the matrices, drawn grey$"):
        data_limits(panels)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e5m2])
def test_each_panel_has_the_ends_of_its_own_finite_values(dtype):
    panels = torch.tensor([[[[1, 2, INF]], [[-INF, 3, 4]]], [[[-1, -2, math.nan]], [[-INF, -INF, -INF]]]]).to(dtype)
    with pytest.warns(UserWarning, match=r"^1 (NaN|\+inf) among the matrices, drawn grey$") as record:
        least, largest = data_limits(panels)
    assert len(record) == 2
    np.testing.assert_array_equal(least, [[1, 3], [-2, math.nan]])
    np.testing.assert_array_equal(largest, [[2, 4], [-1, math.nan]])


def test_a_panel_without_a_number_has_no_limits_and_all_of_them_are_an_error():
    panels = torch.stack([torch.full((5, 7), math.nan), torch.rand(5, 7)])[None]
    with pytest.warns(UserWarning, match="35 NaN"):
        least, _ = data_limits(panels)
    assert np.isnan(least).tolist() == [[True, False]]
    with pytest.raises(ValueError, match="at least one finite value, got none"):
        data_limits(panels[:, :1])


def test_normalise_clips_and_cannot_overflow():
    huge = np.finfo(np.float64).max
    np.testing.assert_allclose(normalise(np.array([-huge, 0.0, huge]), -huge, huge), np.array([0.0, 0.5, 1.0]))
    np.testing.assert_array_equal(normalise(np.array([-5.0, 9.0, INF, -INF, math.nan]), 0, 1), [0, 1, *[math.nan] * 3])
