"""What chapter 1 says of hulls in words: pooling leaves them, attention cannot, and a point inside is never found."""

import pytest
import torch
from torch import Tensor

from attn_lesson import soft_attention
from attn_lesson.saliency import softmax_pool

DESK = torch.tensor([[0.0, 9, 4], [0, 9, 4], [0, 9, 4], [1, 4, 9], [9, 5, 0]], dtype=torch.float64)
SEEN = DESK[:, [0, 2]]


def shares_of_corners(points: Tensor) -> Tensor:
    """Write points as mixtures of paper, book and cup: none of the three is negative inside the triangle."""
    corners = torch.cat([SEEN[2:].mT, torch.ones(1, 3, dtype=torch.float64)])
    return torch.linalg.solve(corners, torch.cat([points.mT, torch.ones(1, len(points), dtype=torch.float64)])).mT


def test_attention_stays_in_the_triangle_of_the_desk_for_any_query() -> None:
    queries = 10 * torch.randn(1000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    context, _ = soft_attention(queries, DESK, SEEN)
    assert shares_of_corners(context).min() > -1e-9


@pytest.mark.parametrize("beta", [0.2, 0.5, 1.0, 4.0])
def test_pooling_leaves_the_triangle_of_the_desk(beta: float) -> None:
    pooled, _ = softmax_pool(SEEN, beta)
    assert shares_of_corners(pooled[None]).min() < 0


@pytest.mark.parametrize("beta", [1e-3, 0.1, 1.0, 10.0])
def test_pooling_two_opposite_items_leaves_their_line_as_soon_as_beta_is_above_zero(beta: float) -> None:
    pooled, _ = softmax_pool(torch.eye(2, dtype=torch.float64), beta)
    assert pooled.sum() > 1


def test_the_object_halfway_between_two_others_never_gets_more_than_a_third() -> None:
    queries = 10 * torch.randn(1000, 2, generator=torch.Generator().manual_seed(0))
    for third, most in (([3.0, 3.0], 1 / 3), ([4.0, 4.0], 1.0)):
        items = torch.tensor([[6.0, 0.0], [0.0, 6.0], third])
        weights = soft_attention(queries, items, items)[1]
        assert weights[:, 2].max().item() == pytest.approx(most, abs=1e-2)
        assert weights[:, 2].max().item() <= most + 1e-6
