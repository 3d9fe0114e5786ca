"""Chapter 6: what it says beyond its glued numbers, above all that each floor is one and can be come near to."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from claims import chapter_6 as claims
from torch import Tensor
from torch.nn import functional as F

from attn_lesson import AdditiveScore, scaled_dot_product_score
from attn_lesson.learning import PositionalAttention, fetch_next, train
from attn_lesson.scores import bilinear_score

ONE, NEXT = torch.eye(10, dtype=torch.float64), torch.arange(10).roll(-1)


pytestmark = pytest.mark.usefixtures("one_thread")


def loss(table: Tensor) -> float:
    """The loss of a table of scores: bilinear_score of one-hot items is the table itself."""
    n = len(table)
    scores = bilinear_score(torch.eye(n, dtype=table.dtype), torch.eye(n, dtype=table.dtype), table)
    return F.cross_entropy(scores, torch.arange(n).roll(-1)).item()


def draws(count: int, *shape: int) -> Iterator[Tensor]:
    """Random matrices, of sizes from small to large."""
    generator = torch.Generator().manual_seed(0)
    for size in torch.logspace(-2, 2, count):
        yield size * torch.randn(shape, generator=generator, dtype=torch.float64)


# Copy, reverse, shift -------------------------------------------------------------------------------


def test_the_smallest_diagonal_after_a_hundred_steps_is_above_0_97_for_every_seed() -> None:
    places = torch.arange(10)
    smallest = [
        train(PositionalAttention(seed=seed), places, seed=seed).weights[-1].diagonal().min() for seed in range(4)
    ]
    assert min(smallest) > 0.97


def test_renaming_the_places_of_the_keys_makes_copying_of_reversing() -> None:
    tokens = torch.randint(12, (64, 10), generator=torch.Generator().manual_seed(0))
    model, renamed = PositionalAttention(), PositionalAttention()
    renamed.places.data = model.places.data.flip(0)
    _, weights = model(tokens)
    _, other = renamed(tokens.flip(-1))
    torch.testing.assert_close(other, weights.flip(-1))


# Floors: never below, and as near as one likes -------------------------------------------------------


@pytest.mark.parametrize("c", [1e-6, 0.1, 1.0, 10.0])
def test_dot_product_at_a_positive_temperature(c: float) -> None:
    assert loss(c * ONE) == pytest.approx(math.log(math.exp(c) + 9))
    assert loss(c * ONE) > math.log(10)
    assert loss(1e-6 * ONE) == pytest.approx(math.log(10), abs=1e-6)
    assert F.cross_entropy(scaled_dot_product_score(ONE, ONE), NEXT) > math.log(10)


@pytest.mark.parametrize("c", [-0.1, -1.0, -10.0])
def test_dot_product_that_may_turn_negative(c: float) -> None:
    assert math.log(9) < loss(c * ONE) < math.log(10)
    assert loss(-30 * ONE) == pytest.approx(math.log(9), abs=1e-12)


def test_symmetric_tables() -> None:
    assert min(loss(U + U.mT) for U in draws(300, 10, 10)) > math.log(2)
    both = ONE.roll(1, dims=1) + ONE.roll(-1, dims=1)
    assert loss(40 * both) == pytest.approx(math.log(2), abs=1e-12)
    assert loss(40 * both) >= math.log(2)


@pytest.mark.parametrize("rows", [1, 2, 5, 10, 30])
def test_one_shared_embedding(rows: int) -> None:
    floor = claims.shared_floor()
    assert min(loss(E.mT @ E) for E in draws(200, rows, 10)) > floor
    angle = 2 * torch.pi * torch.arange(10, dtype=torch.float64) / 10
    circle = math.sqrt(claims.best_strength()) * torch.stack([angle.cos(), angle.sin()])
    assert loss(circle.mT @ circle) == pytest.approx(floor, abs=1e-9)
    for step in draws(50, 2, 10):
        assert loss((circle + 1e-2 * step).mT @ (circle + 1e-2 * step)) > floor


def test_the_floor_of_the_shared_embedding_is_1_4608() -> None:
    assert claims.shared_floor() == pytest.approx(1.4608, abs=5e-5)


def test_no_other_wave_leads_downhill() -> None:
    """The conditions of Karush, Kuhn and Tucker; the loss being convex, they make the circle the lowest of all."""
    waves = np.cos(2 * np.pi * np.outer(np.arange(6), np.arange(10)) / 10)
    slopes = waves @ claims.circle_weights() - waves[:, 1]
    assert abs(slopes[:2]).max() < 1e-9
    assert slopes[2:].min() > 0.1


def test_the_loss_is_the_same_on_a_turned_ring_and_lower_for_the_mean() -> None:
    for W in draws(20, 10, 10):
        turned = [W.roll((n, n), dims=(0, 1)) for n in range(10)]
        assert [loss(table) for table in turned] == pytest.approx([loss(W)] * 10)
        assert loss(torch.stack(turned).mean(dim=0)) <= loss(W) + 1e-12


def test_two_projections_of_two_numbers_reach_0() -> None:
    angle = 2 * torch.pi * torch.arange(10, dtype=torch.float64) / 10
    step = 2 * torch.pi / 10
    keys, queries = (torch.stack([a.cos(), a.sin()]) for a in (angle, angle + step))
    table = queries.mT @ keys
    assert torch.linalg.matrix_rank(table) == 2
    assert loss(200 * table) < 1e-12


def test_additive_needs_two_hidden_units_for_0_and_tanh_for_anything() -> None:
    score = AdditiveScore(10, 10, hidden_size=2).double().requires_grad_(False)
    j = torch.arange(10, dtype=torch.float64)
    score.W_k.copy_(10 * j.expand(2, 10))
    score.W_q.copy_(-10 * j.roll(-1) + torch.tensor([[5.0], [-5.0]]))
    score.w_v.copy_(torch.tensor([20.0, -20.0]))
    assert F.cross_entropy(score(ONE, ONE), NEXT) < 1e-6
    for W_q, W_k in zip(draws(20, 10, 3), draws(20, 10, 3), strict=True):
        linear = W_q.sum(dim=-1)[:, None] + W_k.sum(dim=-1)  # what is left without tanh
        assert loss(linear) >= math.log(10) - 1e-9


def test_one_hidden_unit_has_a_floor_of_its_own() -> None:
    floor = math.lgamma(11) / 10
    generator = torch.Generator().manual_seed(0)
    for w in torch.logspace(-1, 2, 300):
        a, b = 4 * torch.randn(2, 10, generator=generator, dtype=torch.float64)
        assert loss(w * torch.tanh(a[:, None] + b)) > floor
    j = torch.arange(10, dtype=torch.float64)
    assert loss(40 * torch.tanh(20 * (j - j.roll(-1)[:, None] + 0.5))) == pytest.approx(floor, abs=1e-6)


# Met by training ------------------------------------------------------------------------------------


def test_two_hidden_units_often_miss_their_floor_and_sixteen_do_not() -> None:
    trained = [claims.ring_loss(claims.additive_ring(seed, hidden_size=2)) for seed in range(5)]
    assert sum(found > 0.05 for found in trained) >= 3
    assert min(trained) < 0.01
    assert max(claims.ring_loss(claims.additive_ring(seed)) for seed in range(5)) < 0.001


@pytest.mark.parametrize("name", ["any", "shared", "symmetric", "rank 2", "bilinear"])
def test_the_measurements_of_the_table(name: str) -> None:
    said = {"any": 2.198, "shared": 1.4608, "symmetric": 0.694, "rank 2": 0.003, "bilinear": 0.005}[name]
    assert [claims.ring_loss(claims.ring(name, seed)[1]) for seed in range(5)] == pytest.approx([said] * 5, abs=1e-3)


def test_the_rows_of_the_learned_rank_2_table_are_largest_at_the_next_item() -> None:
    for seed in range(5):
        assert claims.ring("rank 2", seed)[1].argmax(axis=1).tolist() == NEXT.tolist()


# Rings of other sizes -------------------------------------------------------------------------------


def test_on_small_rings_a_shared_embedding_is_worth_nothing_and_six_is_the_hardest() -> None:
    floors = {n: claims.shared_floor(n) for n in range(3, 21)}
    assert floors[3] == pytest.approx(math.log(3), abs=1e-6)
    assert floors[4] == pytest.approx(math.log(4), abs=1e-6)
    assert all(floors[n] < math.log(n) - 0.05 for n in range(5, 21))
    assert max(floors, key=floors.__getitem__) == 6
    assert [floors[n] for n in range(6, 21)] == sorted((floors[n] for n in range(6, 21)), reverse=True)
    for n in range(5, 21):  # one wave, the circle, is enough on each of them
        wave = np.cos(2 * np.pi * np.arange(n) / n)
        t = claims.best_strength(n)
        assert math.log(np.exp(t * wave).sum()) - t * wave[1] == pytest.approx(floors[n], abs=1e-6)


def test_training_meets_the_floors_of_other_rings() -> None:
    for n in (4, 6, 20):
        E = torch.nn.Parameter(0.3 * torch.randn(n, n, generator=torch.Generator().manual_seed(0)))
        run = fetch_next(lambda q, k, E=E: bilinear_score(q, k, E.mT @ E), [E], num_items=n)
        assert run.losses[-1].item() == pytest.approx(claims.shared_floor(n), abs=2e-3)
        assert run.losses.min() > claims.shared_floor(n) - 1e-5
