"""Pooling keeps the extreme value of each block, as a loop would, and never copies the whole."""

import itertools
import math

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from attn_lesson import heatmap_figure
from attn_lesson.heatmaps.pieces import pieces
from attn_lesson.heatmaps.pooling import pool, pool_in_pieces
from attn_lesson.heatmaps.scale import data_limits

INF = math.inf


def pool_by_loop(matrix, queries, keys, signed):
    """The loop as specification: the extreme of what is not masked; NaN wins, -inf where nothing else is."""
    rows = []
    for q in range(0, matrix.shape[0], queries):
        row = []
        for k in range(0, matrix.shape[1], keys):
            block = matrix[q : q + queries, k : k + keys].flatten().tolist()
            seen = [value for value in block if value != -INF]
            if any(math.isnan(value) for value in block):
                row.append(math.nan)
            elif not seen:
                row.append(-INF)
            else:
                row.append(max(seen, key=lambda value: (abs(value), value)) if signed else max(seen))
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize("block", [(1, 1), (2, 3), (4, 4), (11, 13), (20, 20), (1, 5)])
@pytest.mark.parametrize("odd", [None, -INF, INF, math.nan])
@pytest.mark.parametrize("signed", [True, False])
def test_pooling_is_the_loop(block, odd, signed):
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(11, 13, generator=generator) if signed else torch.rand(11, 13, generator=generator)
    if odd is not None:
        matrix[:4, :6] = odd
    given = matrix.clone()
    pooled = pool(matrix[None, None], *block, signed)[0, 0].to(torch.float64)
    torch.testing.assert_close(pooled, pool_by_loop(matrix, *block, signed), equal_nan=True)
    torch.testing.assert_close(matrix, given, equal_nan=True)


@pytest.mark.parametrize("dtype", [torch.int8, torch.bool, torch.bfloat16])
def test_pooling_knows_every_dtype(dtype):
    matrix = torch.tensor([[-128, 127], [0, 1]]).to(dtype)
    signed = dtype != torch.bool
    assert pool(matrix[None, None], 2, 2, signed).item() == (-128 if signed else 1)


def test_a_nan_far_away_does_not_let_the_mask_hide_a_value():
    matrix = torch.full((6, 4), -INF)
    matrix[0, 0], matrix[1, 1], matrix[5, 3] = 0.5, -0.25, math.nan
    pooled = pool(matrix[None, None], 2, 2, signed=True)[0, 0]
    torch.testing.assert_close(pooled, pool_by_loop(matrix, 2, 2, signed=True), equal_nan=True)
    assert pooled[0, 0] == 0.5


def test_many_pieces_are_pooled_as_one():
    matrix = torch.randn(1001, 1300, generator=torch.Generator().manual_seed(0))
    matrix[:, 700:] = -INF
    assert len(list(pieces(matrix[None, None], 7))) > 3
    for block in ((7, 9), (1, 9), (7, 1), (1, 1), (2000, 2000)):
        whole = pool(matrix[None, None], *block, signed=True)
        torch.testing.assert_close(pool_in_pieces(matrix[None, None], *block, signed=True), whole)
    least, largest = data_limits(matrix[None, None])
    assert (least, largest) == (matrix[:, :700].min().item(), matrix[:, :700].max().item())


def peak_memory(call):
    """Return how many bytes of tensors are held at once while a call runs, beyond those held before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        call()
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    return max(itertools.accumulate(event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())))


def test_the_measure_of_memory_sees_a_copy():
    given = torch.zeros(1000, dtype=torch.float64)
    assert peak_memory(given.clone) == given.nbytes
    assert peak_memory(lambda: given.clone().neg().neg()) == 2 * given.nbytes


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("what", ["clean", "masked", "NaN", "+inf", "both", "float8", "transposed"])
@pytest.mark.filterwarnings("ignore:.* among the matrices, drawn grey")
def test_drawing_never_copies_the_whole(what, signed):
    panels = torch.rand(1, 1, 2048, 2048) - 0.5 * signed  # 16 MiB
    if what in ("masked", "both"):
        panels.masked_fill_(torch.ones(2048, 2048, dtype=torch.bool).triu_(1), -INF)
    if what in ("NaN", "+inf", "both"):
        panels[..., 3, 3] = INF if what == "+inf" else math.nan
    panels = panels.to(torch.float8_e4m3fn) if what == "float8" else panels.mT if what == "transposed" else panels
    assert (
        0
        < peak_memory(lambda: heatmap_figure(panels, "Keys", "Queries"))
        < (0.6 if what == "float8" else 0.3) * panels.nbytes
    )
