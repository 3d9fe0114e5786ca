"""The tests that decide the rest: a loop as reference, and the inputs on which shortcuts go wrong."""

import math

import pytest
import torch

from attn_classroom.testing import assert_no_nan, assert_shape, assert_tensor


def for_each_pair(score, queries, keys, *more):
    """Score pair by pair in 64 bits; what is in `more` has a row for each key."""
    queries, keys, *more = (each.double() for each in (queries, keys, *more))
    *leading, num_queries, _ = queries.shape
    scores = torch.zeros(*leading, num_queries, keys.shape[-2], dtype=torch.float64)
    for place in torch.cartesian_prod(*(torch.arange(size) for size in scores.shape)).tolist():
        *batch, query, key = place
        others = [each[tuple(batch)][key] for each in more]
        scores[tuple(place)] = score(queries[tuple(batch)][query], keys[tuple(batch)][key], *others)
    return scores.float()


def cosine(q, k):
    lengths = math.hypot(*q.tolist()) * math.hypot(*k.tolist())
    return sum((a * b for a, b in zip(q.tolist(), k.tolist(), strict=True)), 0.0) / lengths if lengths else 0.0


def nearness(q, k, widths):
    return -sum(((a - b) / w) ** 2 for a, b, w in zip(q.tolist(), k.tolist(), widths.tolist(), strict=True)) / 2


def softmax_by_hand(row):
    exponentials = [math.exp(score - max(row)) for score in row]
    return [exponential / sum(exponentials) for exponential in exponentials]


@pytest.mark.question(
    "cosine_score", points=1, hint="Axes before the last two are a batch: swap the last two axes, not the first two."
)
def test_batches_of_cosines(student, generator):
    for leading in ((), (3,), (2, 3)):
        queries = torch.randn(*leading, 5, 4, generator=generator)
        keys = torch.randn(*leading, 7, 4, generator=generator)
        expected = for_each_pair(cosine, queries, keys)
        assert_tensor(student.cosine_score(queries, keys), expected, f"the cosines for the leading axes {leading}")


@pytest.mark.question(
    "cosine_score",
    points=2,
    hint="Divide a vector by its largest number first: that does not turn it, and then its squares are harmless.",
)
def test_very_short_and_very_long(student, generator):
    queries, keys = torch.randn(5, 3, generator=generator), torch.randn(7, 3, generator=generator)
    expected = for_each_pair(cosine, queries, keys)
    for length in (1e-30, 1e30):
        assert_tensor(
            student.cosine_score(length * queries, keys), expected, f"the cosines of queries about {length:g} long"
        )
        assert_tensor(
            student.cosine_score(queries, length * keys), expected, f"the cosines of keys about {length:g} long"
        )
    both = torch.tensor([[1e-30], [1e30], [1.0], [1e-20], [1e15]])
    assert_tensor(student.cosine_score(both * queries, keys), expected, "the cosines of short and long queries")


@pytest.mark.question(
    "distance_score",
    points=1,
    hint="unsqueeze counts from the end as well: -2 and -3 work for every number of leading axes.",
)
def test_batches_of_distances(student, generator):
    for leading in ((), (3,), (2, 3)):
        queries = torch.randn(*leading, 5, 4, generator=generator)
        keys = torch.randn(*leading, 7, 4, generator=generator)
        widths = 0.5 + torch.rand(*leading, 7, 4, generator=generator)
        expected = for_each_pair(nearness, queries, keys, widths)
        got = student.distance_score(queries, keys, widths)
        assert_tensor(got, expected, f"the scores for the leading axes {leading}", atol=1e-4)


@pytest.mark.question(
    "distance_score",
    points=2,
    hint="Two large numbers that are nearly equal: subtract them first, before anything else is done to them.",
)
def test_far_from_the_origin(student, generator):
    # 2^20 plus eighths is exact in 32 bits, and so is every difference
    queries = 2**20 + torch.randint(-12, 13, (29, 3), generator=generator) / 8
    keys = 2**20 + torch.randint(-12, 13, (31, 3), generator=generator) / 8
    widths = 0.5 + torch.rand(31, 3, generator=generator)
    expected = for_each_pair(nearness, queries, keys, widths)
    assert_tensor(
        student.distance_score(queries, keys, widths), expected, "the scores of points a million from the origin"
    )


@pytest.mark.question(
    "thin_bilinear_score",
    points=1,
    hint="U belongs to the queries and V to the keys; leading axes are the queries' and keys' alone.",
)
def test_batches_and_several_rules(student, generator):
    for leading in ((), (3,), (2, 3)):
        queries = torch.randn(*leading, 5, 7, generator=generator)
        keys = torch.randn(*leading, 11, 7, generator=generator)
        diagonal, U, V = (torch.randn(7, *more, generator=generator) for more in ((), (2,), (2,)))
        W = torch.zeros(7, 7, dtype=torch.float64)
        for row in range(7):
            for column in range(7):
                W[row, column] = (U[row] * V[column]).sum() + (diagonal[row] if row == column else 0)
        expected = for_each_pair(lambda q, k, W=W: q @ W @ k, queries, keys)
        got = student.thin_bilinear_score(queries, keys, diagonal, U, V)
        assert_tensor(got, expected, f"the scores for the leading axes {leading}", atol=1e-4)


@pytest.mark.question(
    "thin_bilinear_score",
    points=2,
    hint="Brackets decide what is built. A product with r columns is small; torch.diag and U @ V.mT are not.",
)
def test_two_hundred_thousand_features(student, generator):
    d, r = 200_003, 3
    queries, keys = torch.randn(2, d, generator=generator), torch.randn(5, d, generator=generator)
    diagonal = torch.randn(d, generator=generator) / math.sqrt(d)
    U, V = torch.randn(2, d, r, generator=generator) / math.sqrt(d)
    expected = torch.zeros(2, 5)
    for query in range(2):
        for key in range(5):
            q, k = queries[query].double(), keys[key].double()
            rules = sum((q * U[:, rule]).sum() * (k * V[:, rule]).sum() for rule in range(r))
            expected[query, key] = (q * diagonal * k).sum() + rules
    got = student.thin_bilinear_score(queries, keys, diagonal, U, V)
    assert_tensor(got, expected, "the scores of vectors of 200003 numbers", atol=1e-3)


@pytest.mark.question(
    "one_length", points=1, hint="Each set has its own longest key, and sets lie on the axes before the last two."
)
def test_nearness_gives_the_weights_of_the_dot_product(student, generator):
    for leading in ((), (3,), (2, 3)):
        queries = torch.randn(*leading, 5, 4, generator=generator)
        keys = torch.randn(*leading, 7, 4, generator=generator).clamp(-2, 2)
        longest = torch.randint(7, (*leading, 1, 1), generator=generator)
        keys = torch.where(torch.arange(7)[:, None] == longest, torch.tensor([3.0, 0.0, 4.0, 0.0]), keys)
        longer = student.one_length(keys)
        assert_shape(longer, (*leading, 7, 5), "the keys")
        assert_tensor(longer[..., :4], keys, "the old numbers in front")
        dots = for_each_pair(lambda q, k: q @ k, queries, keys)
        queries = torch.cat([queries, torch.zeros(*leading, 5, 1)], dim=-1)
        near = for_each_pair(lambda q, k: -((q - k) ** 2).sum() / 2, queries, longer)
        what = f"the weights by nearness, leading axes {leading}, against those by dot product"
        assert_tensor(torch.softmax(near, dim=-1), torch.softmax(dots, dim=-1), what, atol=1e-4)


@pytest.mark.question(
    "one_length",
    points=1,
    hint="Rounding can make what is missing a hair less than 0, and its root is NaN. Compare squares with squares.",
)
def test_keys_of_one_length_already(student, generator):
    for d in (2, 7, 8, 18):
        signs = 2 * torch.randint(0, 2, (5, d), generator=generator).float() - 1
        got = student.one_length(signs)
        assert_shape(got, (5, d + 1), "the keys")
        assert_tensor(got[:, :d], signs, "the old numbers in front")
        assert_no_nan(got, f"keys of {d} numbers that are all 1 or -1")
        lengths = torch.linalg.vector_norm(got, dim=-1)
        assert_tensor(lengths, lengths.max().expand(5), f"the lengths of keys of {d} numbers that are all 1 or -1")
        assert lengths.max() < 3 * math.sqrt(d), (
            f"expected a length of about {math.sqrt(d):.2f}, got {lengths.max():.4g}"
        )


@pytest.mark.question(
    "query_that_disagrees",
    points=1,
    hint="The smaller the difference of the lengths, the nearer to the origin the query has to stay.",
)
def test_keys_of_nearly_one_length(student, generator):
    turned = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64)).Q
    for scale in (1.0, 100.0):
        keys = scale * torch.stack([-0.999 * turned[0], turned[0], 0.9995 * turned[1], 0.9995 * turned[2]]).float()
        query = student.query_that_disagrees(keys)
        assert_shape(query, (3,), "the query")
        assert_no_nan(query, "the query")
        dots = keys.double() @ query.double()
        near = dots - keys.double().square().sum(dim=-1) / 2
        for scores, by in ((dots, "by dot product"), (near, "by nearness")):
            best = scores.topk(2).values
            assert best[0] > best[1], f"expected one best key {by}, got a tie"
        same = int(dots.argmax())
        assert same != int(near.argmax()), (
            f"expected two different keys, got key {same} as the best by both; the keys' lengths are a thousandth apart"
        )


def weights_by_hand(Q, K, may_attend):
    weights = torch.zeros(may_attend.shape)
    for batch in torch.cartesian_prod(torch.arange(2), torch.arange(3)).tolist():
        queries, keys = Q[tuple(batch)].double(), K[tuple(batch)].double()
        for query in range(queries.shape[1]):
            allowed = [key for key in range(keys.shape[1]) if may_attend[(*batch, key, query)]]
            scores = [(queries[:, query] * keys[:, key]).sum().item() / math.sqrt(len(keys)) for key in allowed]
            for key, weight in zip(allowed, softmax_by_hand(scores), strict=True):
                weights[(*batch, key, query)] = weight
    return weights


@pytest.mark.question(
    "repaired_weights",
    points=1,
    hint="Under the root stands the size of one vector. Which axis is that, when vectors are columns?",
)
def test_the_root_of_the_size(student, generator):
    Q, K = torch.randn(2, 3, 13, 5, generator=generator), torch.randn(2, 3, 13, 7, generator=generator)
    everything = torch.ones(2, 3, 7, 5, dtype=torch.bool)
    got = student.repaired_weights(Q, K, everything)
    assert_tensor(got, weights_by_hand(Q, K, everything), "the weights, everything allowed")


@pytest.mark.question(
    "repaired_weights",
    points=1,
    hint="A mask acts on the scores, before the softmax. After it, nothing may be left of the allowed keys.",
)
def test_a_forbidden_giant(student, generator):
    Q, K = torch.randn(2, 3, 13, 5, generator=generator), torch.randn(2, 3, 13, 7, generator=generator)
    Q[..., 0, :], K[..., 0, 3] = 40.0, 60.0  # key 3 leads every query by hundreds
    may_attend = torch.rand(2, 3, 7, 5, generator=generator) < 0.6
    may_attend[..., 3, :], may_attend[..., 4, :] = False, True
    got = student.repaired_weights(Q, K, may_attend)
    assert_tensor(
        got, weights_by_hand(Q, K, may_attend), "the weights, one forbidden key scoring hundreds above the others"
    )
