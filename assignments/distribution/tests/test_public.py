"""The tests that every student has: worked examples and laws, on inputs that are new each time."""

import math

import pytest
import torch

from attn_classroom.testing import assert_number, assert_rows_sum_to_one, assert_tensor


def entropy(weights):
    return -torch.special.xlogy(weights, weights).sum(dim=-1)


@pytest.mark.question(
    "temperature_for_entropy",
    points=1,
    hint="Two scores, 1 apart: try T = 0.5, 1 and 2 by hand, and see the entropy rise.",
)
def test_a_row_of_two(student, generator):
    gap = 0.5 + 3 * torch.rand((), generator=generator).item()
    scores = torch.tensor([0.0, gap])
    weights = torch.softmax(scores / 0.7, dim=-1)
    got = student.temperature_for_entropy(scores, entropy(weights).item())
    assert_number(got, 0.7, f"the temperature for the scores 0 and {gap:.3f}", atol=0.01)


@pytest.mark.question(
    "temperature_for_entropy",
    points=1,
    hint="Halve the interval until the entropy fits: too low an entropy needs a higher T.",
)
def test_a_random_row(student, generator):
    scores = torch.randn(12, generator=generator)
    for wanted in (0.7 + 1.3 * torch.rand(3, generator=generator)).tolist():
        got = student.temperature_for_entropy(scores, wanted)
        assert_number(got, got, "the temperature")
        assert float(got) > 0, f"expected a temperature above 0, got {got}"
        reached = entropy(torch.softmax(scores.double() / float(got), dim=-1)).item()
        assert_number(reached, wanted, "the entropy at your temperature", atol=1e-3)


@pytest.mark.question(
    "top_k_weights", points=1, hint="Whoever is not among the k best gets 0; the k best then share out the whole 1."
)
def test_keeps_k_and_sums_to_one(student, generator):
    scores = torch.randn(3, 7, generator=generator)
    got = student.top_k_weights(scores, 2)
    assert_rows_sum_to_one(got, (3, 7))
    kept = (got > 0).sum(dim=-1).tolist()
    assert kept == [2, 2, 2], f"expected 2 weights above 0 in each row, got {kept}"


@pytest.mark.question(
    "top_k_weights", points=1, hint="Keep the two largest, 1 and 0: their weights are e/(e + 1) and 1/(e + 1)."
)
def test_a_row_by_hand(student):
    e = math.e
    expected = torch.tensor([0.0, e / (e + 1), 1 / (e + 1), 0.0])
    assert_tensor(
        student.top_k_weights(torch.tensor([-2.0, 1.0, 0.0, -1.0]), 2), expected, "the weights of -2, 1, 0, -1"
    )


@pytest.mark.question("causal_mask", points=1, hint="Look at the example: which corner of the matrix is False?")
def test_the_example_of_the_text(student):
    expected = torch.tensor([[True, True, True, True, False], [True, True, True, True, True]])
    assert_tensor(student.causal_mask(2, 5), expected, "causal_mask(2, 5)")


@pytest.mark.question("window_mask", points=1, hint="How far back lies a key? From 0 to width - 1 is allowed.")
def test_the_window_of_the_text(student):
    expected = torch.tensor([[False, True, True, True, False], [False, False, True, True, True]])
    assert_tensor(student.window_mask(2, 5, 3), expected, "window_mask(2, 5, 3)")


@pytest.mark.question("six_words", points=0, hint="Write a number in place of None.")
def test_two_numbers_are_there(student):
    for name in ("cat_temperature", "cat_runner_up"):
        assert getattr(student, name) is not None, f"{name} is still None"
