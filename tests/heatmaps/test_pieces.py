"""The pieces of a grid are the grid: in order, small, and of a dtype that can be compared."""

import pytest
import torch

from attn_lesson.heatmaps.pieces import CELLS, is_readable, pieces, widened

GRID = torch.arange(2 * 3 * 500 * 301).reshape(2, 3, 500, 301)


@pytest.mark.parametrize("queries", [1, 7, 500])
def test_the_pieces_are_the_grid(queries):
    cut = list(pieces(GRID, queries))
    assert torch.equal(torch.cat(cut, -2), GRID)
    assert all(piece.shape[-2] % queries == 0 for piece in cut[:-1])


def test_a_piece_is_small_but_keeps_its_queries_together():
    assert max(piece.numel() for piece in pieces(GRID, 7)) <= CELLS
    assert len(list(pieces(GRID, 7))) < 2 * GRID.numel() / CELLS
    assert [piece.shape[-2] for piece in pieces(GRID, 300)] == [300, 200]
    assert [piece.shape[-2] for piece in pieces(torch.zeros(1, 1, 3, CELLS + 1), 2)] == [2, 1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float8_e4m3fn, torch.uint16])
def test_a_piece_can_be_compared_and_is_a_copy_only_if_it_must(dtype):
    given = torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]]).to(dtype)
    (piece,) = pieces(given)
    assert (piece.amin(), piece.amax()) == (0, 3)
    assert (piece.data_ptr() == given.data_ptr()) == (dtype == torch.float32)


def test_whole_numbers_stay_exact_where_they_can():
    assert widened(torch.tensor([2**32 - 1], dtype=torch.uint32)).item() == 2**32 - 1
    assert not any(map(is_readable, (torch.complex64, torch.bits8, torch.quint8)))
