"""The tests that decide the rest: a reference, and the inputs on which shortcuts go wrong."""

import math

import pytest
import torch

from attn_classroom.testing import assert_number, assert_tensor


def entropy(weights):
    return -torch.special.xlogy(weights, weights).sum(dim=-1)


def top_k_by_hand(scores, k):
    weights = torch.zeros_like(scores)
    for row, out in zip(scores.reshape(-1, scores.shape[-1]), weights.view(-1, scores.shape[-1]), strict=True):
        best = sorted(range(len(row)), key=lambda place: -row[place].item())[:k]
        exponentials = [math.exp(row[place].item() - row[best[0]].item()) for place in best]
        for place, exponential in zip(best, exponentials, strict=True):
            out[place] = exponential / sum(exponentials)
    return weights


def window_by_hand(num_queries, num_keys, width):
    mask = torch.zeros(num_queries, num_keys, dtype=torch.bool)
    for query in range(num_queries):
        own = query + num_keys - num_queries
        for key in range(num_keys):
            mask[query, key] = own - width < key <= own
    return mask


def assert_entropy(student, scores, wanted):
    got = student.temperature_for_entropy(scores, wanted)
    assert_number(got, got, "the temperature")
    assert float(got) > 0, f"expected a temperature above 0, got {got}"
    reached = entropy(torch.softmax(scores.double() / float(got), dim=-1)).item()
    assert_number(reached, wanted, "the entropy at your temperature", atol=1e-3)


@pytest.mark.question("temperature_for_entropy", points=2, hint="Nearly 0 and nearly ln n have a temperature, too.")
def test_sharp_and_flat_rows(student, generator):
    for n in (3, 50):
        for share in (0.03, 0.5, 0.97):
            scores = torch.randn(n, generator=generator)
            scores[scores.argmax()] += 0.5  # a winner, and not by a hair
            assert_entropy(student, scores, share * math.log(n))


@pytest.mark.question(
    "temperature_for_entropy",
    points=2,
    hint="Scores a thousand times as large need a temperature a thousand times as large.",
)
def test_scores_of_any_size(student, generator):
    scores = torch.randn(9, generator=generator)
    scores[scores.argmax()] += 0.5
    for size in (0.001, 1000.0):
        assert_entropy(student, size * scores, 1.2)
        assert_entropy(student, size * (scores + 3), 1.2)


@pytest.mark.question("top_k_weights", points=1, hint="Rows lie on the last axis, whatever stands before it.")
def test_batches_of_rows(student, generator):
    scores = 2 * torch.randn(2, 3, 11, generator=generator)
    for k in (1, 4, 11):
        assert_tensor(student.top_k_weights(scores, k), top_k_by_hand(scores, k), f"the weights for k = {k}")


@pytest.mark.question(
    "top_k_weights", points=1, hint="Take the winners by place, not by comparing with the k-th score."
)
def test_ties_keep_k(student, generator):
    scores = torch.randint(0, 3, (6, 9), generator=generator).float()
    got = student.top_k_weights(scores, 4)
    ordered = top_k_by_hand(scores, 4).sort(dim=-1).values
    assert isinstance(got, torch.Tensor), f"the weights: expected a torch tensor, got a {type(got).__name__}"
    assert_tensor(got.sort(dim=-1).values, ordered, "the weights of tied scores, in order of size")


@pytest.mark.question(
    "top_k_weights",
    points=1,
    hint="A score of -5000 among others like it is as good as 5 among others like it: only gaps count.",
)
def test_only_gaps_count(student, generator):
    scores = torch.randn(4, 8, generator=generator)
    for shift in (-5000.0, 5000.0):
        shifted = scores + shift
        expected = top_k_by_hand(shifted, 3)
        assert_tensor(student.top_k_weights(shifted, 3), expected, f"the weights of scores near {shift:g}")


@pytest.mark.question("causal_mask", points=3, hint="The last query belongs to the last key.")
def test_causal_masks_of_many_sizes(student, generator):
    for _ in range(5):
        queries, more = torch.randint(1, 8, (2,), generator=generator).tolist()
        expected = window_by_hand(queries, queries + more, queries + more)
        assert_tensor(student.causal_mask(queries, queries + more), expected, "the mask")
    assert_tensor(student.causal_mask(4, 4), window_by_hand(4, 4, 4), "the mask of four queries and four keys")


@pytest.mark.question("window_mask", points=2, hint="A width of 1 leaves each query its own key alone.")
def test_windows_of_many_sizes(student, generator):
    for width in (1, 2, 5, 40):
        queries, more = torch.randint(1, 8, (2,), generator=generator).tolist()
        expected = window_by_hand(queries, queries + more, width)
        assert_tensor(student.window_mask(queries, queries + more, width), expected, f"the mask for a width of {width}")


@pytest.mark.question("six_words", points=1, hint="temperature_for_entropy(cat_scores, 1.0)")
def test_the_temperature_of_cat(student):
    scores = torch.tensor([0.0, 2.0, 4.0, 0.0, 0.0, 0.0], dtype=torch.float64) / math.sqrt(3)
    low, high = 0.1, 10.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if entropy(torch.softmax(scores / middle, dim=-1)) < 1 else (low, middle)
    assert_number(student.cat_temperature, low, "cat_temperature", atol=0.0015)


@pytest.mark.question("six_words", points=1, hint="top_k_weights(cat_scores, 2)")
def test_the_runner_up_of_cat(student):
    assert_number(student.cat_runner_up, 1 / (1 + math.exp(2 / math.sqrt(3))), "cat_runner_up", atol=0.0015)
