"""Weights made without a model, and the book's running example."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from attn_lesson.attention import hard_attention
from attn_lesson.experiments import FEATURES, SIX_WORDS, eye_weights, rand_weights, six_word_vectors


@pytest.mark.parametrize("n", [1, 2, 7])
def test_eye_lets_each_query_attend_to_its_own_key_alone(n: int) -> None:
    weights = eye_weights(n)
    assert weights.tolist() == [[float(i == j) for j in range(n)] for i in range(n)]
    assert weights.dtype == torch.float32


def test_eye_is_ten_by_ten_as_in_the_source() -> None:
    assert_close(eye_weights(), torch.eye(10), rtol=0, atol=0)


def test_eye_is_what_hard_attention_makes_of_identical_queries_and_keys() -> None:
    _, weights = hard_attention(torch.eye(10), torch.eye(10), torch.eye(10))
    assert_close(weights, eye_weights(10))


def test_rand_is_uniform_and_not_a_distribution() -> None:
    weights = rand_weights()
    assert weights.shape == (10, 10)
    assert ((weights >= 0) & (weights < 1)).all()
    assert weights.mean().item() == pytest.approx(0.5, abs=0.1)
    assert (weights.sum(dim=-1) > 2).all()  # rows of a distribution would sum to 1
    many = rand_weights(300, 300)
    assert many.mean().item() == pytest.approx(1 / 2, abs=0.01)
    assert many.var().item() == pytest.approx(1 / 12, abs=0.005)


def test_rand_has_queries_as_rows_and_keys_as_columns() -> None:
    assert rand_weights(3, 7).shape == (3, 7)
    assert rand_weights(num_keys=3, num_queries=7).shape == (7, 3)


def test_rand_s_seed_is_its_own() -> None:
    assert torch.equal(rand_weights(seed=4), rand_weights(seed=4))
    assert torch.equal(rand_weights(), rand_weights(seed=0))
    assert not torch.equal(rand_weights(seed=4), rand_weights(seed=5))
    state = torch.get_rng_state()
    rand_weights()
    assert torch.equal(torch.get_rng_state(), state)
    with torch.random.fork_rng():
        torch.manual_seed(123)  # a seed set elsewhere makes no difference
        elsewhere = rand_weights()
    assert torch.equal(elsewhere, rand_weights())


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda n: eye_weights(n), "n"),
        (lambda n: rand_weights(n, 5), "num_queries"),
        (lambda n: rand_weights(5, n), "num_keys"),
    ],
)
def test_numbers_are_whole_and_at_least_one(make: Callable[[Any], object], name: str) -> None:
    for number in (0, -3):
        with pytest.raises(ValueError, match=f"^{name} needs to be at least 1, got {number}$"):
            make(number)
    for number, came in [(2.0, "float"), (True, "bool"), ("2", "str"), (None, "NoneType")]:
        with pytest.raises(TypeError, match=f"^{name} needs to be a whole number, got {came}$"):
            make(number)


def test_the_running_example_has_one_row_a_word_and_one_column_a_feature() -> None:
    vectors = six_word_vectors()
    assert vectors.shape == (len(SIX_WORDS), len(FEATURES)) == (6, 3)
    assert " ".join(SIX_WORDS) == "the thirsty cat drinks warm milk"
    assert FEATURES == ("animal", "drink", "action")
    assert vectors.dtype == torch.float32


def test_the_running_example_can_be_worked_by_hand() -> None:
    """Small whole numbers give small whole dot products; all words differ, or one of them could not be told apart."""
    vectors = six_word_vectors()
    assert_close(vectors, vectors.round(), rtol=0, atol=0)
    assert ((vectors >= 0) & (vectors <= 9)).all()
    assert len({tuple(vector) for vector in vectors.tolist()}) == 6
    scores = vectors @ vectors.mT
    word = dict(zip(SIX_WORDS, range(6), strict=True))
    assert scores[word["cat"], word["thirsty"]] == 2  # 2·1
    assert scores[word["drinks"], word["milk"]] == 2  # 1·2
    assert scores[word["drinks"], word["drinks"]] == 5  # 1·1 + 2·2
    assert not scores[word["the"]].any()


def test_the_running_example_is_made_afresh() -> None:
    six_word_vectors().zero_()
    assert six_word_vectors().any()
