"""Models that learn their weights: where they start, what they reach, and that a seed repeats a run."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from attn_lesson.attention import entropy, soft_attention
from attn_lesson.learning import PositionalAttention, Training, fetch_next, train
from attn_lesson.scores import AdditiveScore, BilinearScore, bilinear_score, dot_product_score

COPY = torch.arange(10)


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def copying(one_thread: None) -> Training:
    return train(PositionalAttention(), COPY)


# Copy, reverse, shift -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "seed"),
    [(COPY, 0), (COPY, 1), (COPY.flip(0), 0), (COPY.roll(1), 0), (COPY.roll(-1), 0)],
    ids=["copy", "copy, another seed", "reverse", "shift", "shift back"],
)
def test_the_learned_map_is_the_one_that_can_be_predicted(source: Tensor, seed: int) -> None:
    final = train(PositionalAttention(seed=seed), source, seed=seed).weights[-1]
    predicted = torch.eye(10)[source]  # query i attends to place source[i]
    assert final[predicted.bool()].min() > 0.95
    assert_close(final, predicted, atol=0.05, rtol=0)


def test_weights_start_near_uniform(copying: Training) -> None:
    assert copying.entropies[0].item() == pytest.approx(math.log(10), abs=0.05)
    assert copying.weights[0].max() < 0.2
    assert copying.entropies[-1] < 0.1


def test_a_training_holds_every_state_from_before_the_first_step_to_after_the_last(copying: Training) -> None:
    assert copying.losses.shape == copying.entropies.shape == (101,)
    assert copying.weights.shape == (101, 10, 10)
    assert_close(copying.weights.sum(dim=-1), torch.ones(101, 10))
    assert_close(copying.entropies, entropy(copying.weights).mean(dim=-1))
    assert not copying.losses.requires_grad
    assert not copying.weights.requires_grad
    assert copying.losses[-1] < 0.05 < copying.losses[0]


def test_the_first_state_is_the_untrained_model() -> None:
    model = PositionalAttention(length=5, num_tokens=7, size=3)
    start = [parameter.clone() for parameter in model.parameters()]
    training = train(model, torch.arange(5), steps=1)
    untrained = PositionalAttention(length=5, num_tokens=7, size=3)
    assert_close(start, list(untrained.parameters()), rtol=0, atol=0)
    probe = torch.randint(7, (1, 5), generator=torch.Generator().manual_seed(0))
    context, weights = untrained(probe)
    assert_close(training.weights[0], weights[0].detach())
    fetched = context[0, torch.arange(5), probe[0]]
    assert_close(training.losses[0], -fetched.log().mean().detach())
    assert any(not torch.equal(a, b) for a, b in zip(start, model.parameters(), strict=True))  # trained in place


def test_the_loss_looks_at_the_token_of_the_source() -> None:
    """A model that copies perfectly is right about copying, and wrong about reversing wherever the tokens differ."""
    model = PositionalAttention(length=5, num_tokens=97, size=32)
    train(model, torch.arange(5), steps=150)
    copied, reversed_ = (
        train(model, source, steps=0).losses[0] for source in (torch.arange(5), torch.arange(5).flip(0))
    )
    assert copied < 0.2
    assert reversed_ > 1.0


def test_no_steps_train_nothing() -> None:
    model = PositionalAttention(length=5)
    start = [parameter.clone() for parameter in model.parameters()]
    assert train(model, torch.arange(5), steps=0).losses.shape == (1,)
    assert_close(start, list(model.parameters()), rtol=0, atol=0)


def test_gradients_of_an_earlier_run_are_forgotten() -> None:
    fresh, used = PositionalAttention(length=5), PositionalAttention(length=5)
    W_fresh, W_used = nn.Parameter(torch.zeros(3, 3)), nn.Parameter(torch.zeros(3, 3))
    for parameter in (*used.parameters(), W_used):
        parameter.grad = torch.full_like(parameter, 100.0)
    assert torch.equal(train(fresh, torch.arange(5), steps=2).losses, train(used, torch.arange(5), steps=2).losses)
    runs = [fetch_next(lambda q, k, W=W: bilinear_score(q, k, W), [W], num_items=3, steps=2) for W in (W_fresh, W_used)]
    assert torch.equal(runs[0].losses, runs[1].losses)


# Seeds ----------------------------------------------------------------------------------------------


def test_the_same_seeds_give_the_same_run(copying: Training) -> None:
    again = train(PositionalAttention(), COPY)
    assert torch.equal(again.losses, copying.losses)
    assert torch.equal(again.weights, copying.weights)


def test_other_seeds_give_another_run() -> None:
    runs = [train(PositionalAttention(seed=a), COPY, steps=2, seed=b).losses for a, b in ((0, 0), (1, 0), (0, 1))]
    assert not torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_torch_s_global_generator_is_left_alone() -> None:
    state = torch.get_rng_state()
    train(PositionalAttention(), COPY, steps=2)
    W = nn.Parameter(torch.zeros(3, 3))
    fetch_next(lambda q, k: bilinear_score(q, k, W), [W], num_items=3, steps=2)
    assert torch.equal(torch.get_rng_state(), state)


# The model ------------------------------------------------------------------------------------------


def test_the_model_is_soft_attention_over_tokens_and_places() -> None:
    model = PositionalAttention(length=5, num_tokens=7, size=3, seed=1)
    tokens = torch.tensor([[0, 6, 2, 2, 1], [3, 3, 3, 4, 5]])
    context, weights = model(tokens)
    for sequence, got, alpha in zip(tokens, context, weights, strict=True):
        keys = torch.stack([model.tokens[token] + model.places[i] for i, token in enumerate(sequence)])
        expected_context, expected_weights = soft_attention(model.queries, keys, torch.eye(7)[sequence])
        assert_close(alpha, expected_weights)
        assert_close(got, expected_context)
    assert_close(context.sum(dim=-1), torch.ones(2, 5))  # a distribution over tokens


def test_the_model_s_parameters() -> None:
    model = PositionalAttention(length=5, num_tokens=7, size=3)
    assert {name: tuple(p.shape) for name, p in model.named_parameters()} == {
        "queries": (5, 3),
        "places": (5, 3),
        "tokens": (7, 3),
    }


@pytest.mark.parametrize("shape", [(4,), (11,), (1, 10), ()])
def test_a_source_has_one_place_for_each(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="^source needs one place") as error:
        train(PositionalAttention(), torch.zeros(shape, dtype=torch.long))
    assert str(error.value) == f"source needs one place for each of the model's 10, got shape {shape}"


# Fetch the next item: floors that can be computed ---------------------------------------------------


def start(*shape: int) -> nn.Parameter:
    return nn.Parameter(0.3 * torch.randn(shape, generator=torch.Generator().manual_seed(0)))


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return make()


def test_the_dot_product_with_a_scale_of_its_own_can_only_avoid_itself() -> None:
    scale = nn.Parameter(torch.tensor(1.0))
    training = fetch_next(lambda q, k: scale * dot_product_score(q, k), [scale])
    assert training.losses[-1].item() == pytest.approx(math.log(9), abs=0.01)
    assert scale < -3


def test_the_dot_product_with_a_positive_scale_can_only_flatten() -> None:
    log_scale = nn.Parameter(torch.tensor(0.0))
    training = fetch_next(lambda q, k: log_scale.exp() * dot_product_score(q, k), [log_scale])
    assert training.losses[-1].item() == pytest.approx(math.log(10), abs=0.01)
    assert training.losses.min() > math.log(10) - 1e-4


def test_a_symmetric_matrix_takes_the_next_item_for_the_previous_one() -> None:
    U = start(10, 10)
    training = fetch_next(lambda q, k: bilinear_score(q, k, U + U.mT), [U])
    assert training.losses[-1].item() == pytest.approx(math.log(2), abs=0.01)
    assert training.losses.min() > math.log(2) - 1e-4


def test_one_shared_embedding_has_its_own_floor() -> None:
    E = start(10, 10)
    training = fetch_next(lambda q, k: dot_product_score(q @ E.mT, k @ E.mT), [E], steps=800)
    assert training.losses[-1].item() == pytest.approx(1.4608, abs=0.002)


@pytest.mark.parametrize("make", [lambda: BilinearScore(10, 10), lambda: AdditiveScore(10, 10, 16)])
def test_bilinear_and_additive_reach_zero(make: Callable[[], nn.Module]) -> None:
    score = seeded(make)
    training = fetch_next(score, list(score.parameters()))
    assert training.losses[-1] < 0.01
    assert_close(training.weights[-1], torch.eye(10).roll(1, dims=1), atol=0.02, rtol=0)  # item i + 1 on the ring


def test_separate_projections_make_the_dot_product_bilinear() -> None:
    W_q, W_k = start(10, 10), start(10, 10).detach().flip(0).requires_grad_()
    parameters = [W_q, nn.Parameter(W_k)]
    training = fetch_next(lambda q, k: dot_product_score(q @ parameters[0].mT, k @ parameters[1].mT), parameters)
    assert training.losses[-1] < 0.01


def test_two_numbers_for_each_query_and_each_key_are_enough() -> None:
    """Rank 2 reaches the 0 that one shared embedding of ten numbers cannot."""
    W_q, W_k = start(2, 10), nn.Parameter(start(2, 10).detach().flip(1))
    training = fetch_next(lambda q, k: bilinear_score(q, k, W_q.mT @ W_k), [W_q, W_k])
    assert training.losses[-1] < 0.01
    assert_close(training.weights[-1], torch.eye(10).roll(1, dims=1), atol=0.02, rtol=0)


@pytest.mark.parametrize("rows", [2, 3, 30])
def test_the_floor_of_a_shared_embedding_does_not_depend_on_its_size(rows: int) -> None:
    E = start(rows, 10)
    training = fetch_next(lambda q, k: bilinear_score(q, k, E.mT @ E), [E])
    assert training.losses[-1].item() == pytest.approx(1.4608, abs=0.002)
    assert training.losses.min() > 1.4608
    assert training.weights[-1].argmax(dim=-1).tolist() == list(range(10))  # each item looks at itself most


@pytest.mark.parametrize("num_items", [3, 7, 13])
def test_a_ring_has_as_many_items_as_asked_for_and_the_last_is_followed_by_the_first(num_items: int) -> None:
    W = nn.Parameter(torch.zeros(num_items, num_items))
    training = fetch_next(lambda q, k: bilinear_score(q, k, W), [W], num_items=num_items)
    assert_close(training.weights[-1], torch.eye(num_items).roll(1, dims=1), atol=0.02, rtol=0)
    assert training.weights[-1, -1, 0] > 0.98


def test_fetch_next_records_from_before_the_first_step() -> None:
    W = nn.Parameter(torch.zeros(5, 5))
    training = fetch_next(lambda q, k: bilinear_score(q, k, W), [W], num_items=5, steps=3)
    assert training.losses.shape == training.entropies.shape == (4,)
    assert training.weights.shape == (4, 5, 5)
    assert training.losses[0].item() == pytest.approx(math.log(5))
    assert training.entropies[0].item() == pytest.approx(math.log(5))
    assert not training.losses.requires_grad
    assert not training.weights.requires_grad
    for i in range(4):  # the loss is the cross-entropy of the very weights that are kept
        following = training.weights[i][torch.arange(5), (torch.arange(5) + 1) % 5]
        assert_close(training.losses[i], -following.log().mean())
