"""The tests that every student has: worked examples and laws, on inputs that are new each time."""

import pytest
import torch

from attn_classroom.testing import assert_no_nan, assert_shape, assert_tensor


@pytest.mark.question(
    "cosine_score", points=1, hint="(3, 4) has length 5. (0, 0) has no direction: its scores are 0, not NaN."
)
def test_three_four_five(student):
    queries = torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    keys = torch.tensor([[4.0, 3.0], [-6.0, -8.0], [0.0, 0.0]])
    expected = torch.tensor([[0.96, -1.0, 0.0], [0.0, 0.0, 0.0]])
    assert_tensor(
        student.cosine_score(queries, keys), expected, "the scores of (3, 4), (0, 0) for (4, 3), (-6, -8), (0, 0)"
    )


@pytest.mark.question(
    "cosine_score", points=0, hint="Each query and each key is brought to length 1, along the last axis."
)
def test_length_does_not_count(student, generator):
    vectors = torch.randn(2, 5, 3, generator=generator)
    lengths = 0.1 + 10 * torch.rand(2, 5, 1, generator=generator)
    got = student.cosine_score(vectors, lengths * vectors)
    assert_shape(got, (2, 5, 5), "the scores")
    assert_tensor(got.diagonal(dim1=-2, dim2=-1), torch.ones(2, 5), "the scores of vectors that point the same way")
    assert_tensor(got, student.cosine_score(vectors, vectors), "the scores of keys made longer or shorter")


@pytest.mark.question(
    "distance_score", points=1, hint="Subtract, divide by the key's widths, square, add up, take minus one half."
)
def test_six_pairs_by_hand(student):
    queries = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    keys = torch.tensor([[3.0, 2.0], [1.0, 5.0], [1.0, 2.0]])
    widths = torch.tensor([[1.0, 1.0], [2.0, 3.0], [0.5, 0.25]])
    expected = torch.tensor([[-2.0, -0.5, 0.0], [-4.5, -0.5, -80.0]])
    assert_tensor(student.distance_score(queries, keys, widths), expected, "the scores of (1, 2) and (3, 5)")


@pytest.mark.question(
    "distance_score", points=0, hint="Only q - k counts, and a width of 2 halves it. The square of a half is a quarter."
)
def test_moved_and_widened(student, generator):
    queries, keys = torch.randn(3, 4, generator=generator), torch.randn(5, 4, generator=generator)
    widths = 0.5 + torch.rand(5, 4, generator=generator)
    scores = student.distance_score(queries, keys, widths)
    assert_shape(scores, (3, 5), "the scores")
    moved = student.distance_score(queries + 1, keys + 1, widths)
    assert_tensor(moved, scores, "the scores when queries and keys move by the same vector", atol=1e-4)
    assert_tensor(student.distance_score(queries, keys, 2 * widths), scores / 4, "the scores for widths twice as large")


@pytest.mark.question(
    "thin_bilinear_score",
    points=1,
    hint="What does drinks look for? Itself, and twice the rule: (0, 1, 2) + 2 (1, 1, 0).",
)
def test_drinks_looks_for_cat_and_milk(student):
    words = torch.tensor([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [0, 1, 2], [0, 1, 0], [0, 2, 0]])
    U, V = torch.tensor([[0.0], [0.0], [1.0]]), torch.tensor([[1.0], [1.0], [0.0]])
    got = student.thin_bilinear_score(words[3:4], words, torch.tensor([1.0, 1.0, 1.0]), U, V)
    assert_tensor(
        got, torch.tensor([[0.0, 2.0, 4.0, 7.0, 3.0, 6.0]]), "the scores of drinks, all features looking for themselves"
    )
    got = student.thin_bilinear_score(words[3:4], words, torch.tensor([9.0, 0.0, 0.5]), U, V)
    assert_tensor(
        got, torch.tensor([[0.0, 2.0, 4.0, 4.0, 2.0, 4.0]]), "the scores of drinks for the diagonal 9, 0, 0.5"
    )


@pytest.mark.question("one_length", points=1, hint="Pythagoras: what is missing to the longest key, squared?")
def test_keys_come_out_equally_long(student, generator):
    keys = torch.randn(7, 4, generator=generator).clamp(-2, 2)
    keys[torch.randint(7, (), generator=generator)] = torch.tensor([0.0, 3.0, 0.0, 4.0])  # the longest
    got = student.one_length(keys)
    assert_shape(got, (7, 5), "the keys")
    assert_tensor(got[:, :4], keys, "the old numbers in front")
    assert_no_nan(got, "the keys")
    lengths = torch.linalg.vector_norm(got, dim=-1)
    assert_tensor(lengths, lengths.max().expand(7), "the lengths of the keys")


@pytest.mark.question(
    "query_that_disagrees",
    points=1,
    hint="Go along the longest key, but not far: near the origin, short keys are near.",
)
def test_keys_at_right_angles(student, generator):
    turned = torch.linalg.qr(torch.randn(4, 4, generator=generator, dtype=torch.float64)).Q
    keys = (turned * torch.tensor([[1.2], [3.0], [1.0], [1.5]])).float()
    query = student.query_that_disagrees(keys)
    assert_shape(query, (4,), "the query")
    assert_no_nan(query, "the query")
    query, keys = query.double(), keys.double()
    dots, distances = keys @ query, (keys - query).norm(dim=-1)
    best, near = dots.topk(2), distances.topk(2, largest=False)
    assert best.values[0] > best.values[1], "your query has two best keys by dot product, expected one"
    assert near.values[0] < near.values[1], "your query is equally near to two keys, expected one that is nearest"
    lengths = [f"{keys[place].norm():.1f}" for place in (best.indices[0], near.indices[0])]
    assert lengths[0] != lengths[1], (
        f"expected two different keys, got the key of length {lengths[0]} as the best by dot product and as the nearest"
    )


@pytest.mark.question(
    "repaired_weights", points=1, hint="A query is a column, and each query has one whole 1 to share out."
)
def test_each_query_shares_out_one(student, generator):
    Q, K = torch.randn(3, 5, generator=generator), torch.randn(3, 7, generator=generator)
    got = student.repaired_weights(Q, K, torch.ones(7, 5, dtype=torch.bool))
    assert_shape(got, (7, 5), "the weights")
    assert_no_nan(got, "the weights")
    assert_tensor(got.sum(dim=0), torch.ones(5), "the sums of the columns, one for each query")
    assert (got > 0).all(), f"expected weights above 0 where everything may be attended to, got {got.min():.3g}"


@pytest.mark.question(
    "repaired_weights", points=0, hint="Forbidden keys leave their share to the others. When is it too late for that?"
)
def test_a_query_of_zeros_shares_out_evenly(student, generator):
    K = torch.randn(3, 4, generator=generator)
    may_attend = torch.tensor([[True, True], [False, True], [True, True], [False, True]])
    expected = torch.tensor([[1 / 2, 1 / 4], [0, 1 / 4], [1 / 2, 1 / 4], [0, 1 / 4]])
    got = student.repaired_weights(torch.zeros(3, 2), K, may_attend)
    assert_tensor(got, expected, "the weights of two queries of zeros, the first of which may attend to keys 0 and 2")
