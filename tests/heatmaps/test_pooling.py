"""Pooling keeps the extreme value of each block, as a loop would, and never copies the whole."""

import math

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from attn_lesson.heatmaps.pooling import pool
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


def test_pooling_never_copies_the_whole():
    panels = torch.rand(1, 1, 2048, 2048).numpy()  # 16 MiB
    matrix = torch.from_numpy(panels)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        pool(matrix, 16, 16, signed=False)
        data_limits(matrix)
    allocated = sum(max(event.self_cpu_memory_usage, 0) for event in profiler.events())
    assert allocated < 0.3 * panels.nbytes
