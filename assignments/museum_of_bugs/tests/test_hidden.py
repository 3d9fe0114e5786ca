"""The tests that decide the rest: fifteen more bugs, two of them beside a right implementation in each sandbox.

A sandbox meets two bugs and one right implementation, each twice, in random order. So whoever throws a coin, once or at
every call, fails some right implementation; and then nothing counts.
"""

import math

import pytest
import torch
import torch.nn.functional as F

from attn_classroom.student import StudentError

LOST = ("Missing", "Gone", "WireError")  # nothing was tested: not the same as a test that fails
VERDICTS = {}


def by_contract(attend):
    """Give attend, and refuse what its contract does not allow: the judge has to work it out.

    Beside its answer, those of its arguments come back that it wrote into, for `run_tests` to do the same: copies go
    over the wire, and such a bug could not be seen otherwise.
    """

    def checked(queries, keys, values, mask=None):
        tensors = (queries, keys, values)
        for each in tensors:
            if not isinstance(each, torch.Tensor) or each.dtype not in (torch.float32, torch.float64) or each.dim() < 2:
                raise TypeError("outside the contract: attend takes tensors of two axes or more, float32 or float64")
        if not queries.dtype == keys.dtype == values.dtype:
            raise TypeError("outside the contract: queries, keys and values have one dtype")
        leading, (num_queries, d), (num_keys, _) = queries.shape[:-2], queries.shape[-2:], values.shape[-2:]
        if (
            keys.shape != (*leading, num_keys, d)
            or values.shape[:-2] != leading
            or 0 in (*queries.shape, *values.shape)
        ):
            shapes = ", ".join(str(tuple(each.shape)) for each in tensors)
            raise ValueError(f"outside the contract: queries, keys and values of shapes {shapes}")
        if not all(bool(each.isfinite().all()) for each in tensors):
            raise ValueError("outside the contract: queries, keys and values are finite")
        shape = (*leading, num_queries, num_keys)
        if math.prod(shape) > 10_000:
            raise ValueError(f"keep it small: {math.prod(shape)} scores, and 10000 are allowed")
        if mask is None:
            mask = torch.ones((), dtype=torch.bool)
        if not isinstance(mask, torch.Tensor) or mask.dtype != torch.bool:
            raise TypeError("outside the contract: mask is a tensor of dtype torch.bool, or None")
        try:
            mask = mask.expand(shape)
        except RuntimeError:
            raise ValueError(
                f"outside the contract: no mask of shape {tuple(mask.shape)} for scores of {shape}"
            ) from None
        copies = [each.clone() for each in tensors]
        context, weights = attend(*copies, mask)
        written = [None if torch.equal(mine, given) else mine for mine, given in zip(copies, tensors, strict=True)]
        return context, weights, *written

    return checked


# Right, in four ways -------------------------------------------------------------------------------


def scaled(queries, keys):
    return queries @ keys.mT / math.sqrt(queries.shape[-1])


def softmax_where(scores, mask):
    weights = torch.softmax(scores.masked_fill(~mask, -math.inf), dim=-1)
    return torch.where(mask.any(dim=-1, keepdim=True), weights, 0.0)


def right_by_softmax(queries, keys, values, mask):
    """To the last bit what a wrong one gives where it is right: rounding does not tell them apart."""
    weights = softmax_where(scaled(queries, keys), mask)
    return weights @ values, weights


def right_by_loop(queries, keys, values, mask):
    """The contract, query by query, in float64."""
    *leading, num_queries, d = queries.shape
    num_keys, value_size = values.shape[-2:]
    batch = math.prod(leading)
    weights = torch.zeros(batch, num_queries, num_keys, dtype=torch.float64)
    context = torch.zeros(batch, num_queries, value_size, dtype=torch.float64)
    flat = [each.double().reshape(batch, *each.shape[-2:]) for each in (queries, keys, values)]
    for b, (some_queries, some_keys, some_values, may) in enumerate(
        zip(*flat, mask.reshape(batch, num_queries, num_keys), strict=True)
    ):
        for i, query in enumerate(some_queries):
            if may[i].any():
                scores = some_keys[may[i]] @ query / math.sqrt(d)
                powers = (scores - scores.max()).exp()
                weights[b, i, may[i]] = powers / powers.sum()
                context[b, i] = weights[b, i] @ some_values
    weights, context = (
        weights.reshape(*leading, num_queries, num_keys),
        context.reshape(*leading, num_queries, value_size),
    )
    return context.to(queries.dtype), weights.to(queries.dtype)


def right_by_einsum(queries, keys, values, mask):
    """Powers of 2, as fast kernels have them, and sums written as letters."""
    scores = torch.einsum("...id,...jd->...ij", queries, keys) * (math.log2(math.e) / math.sqrt(queries.shape[-1]))
    scores = scores.masked_fill(~mask, -math.inf)
    best = scores.amax(dim=-1, keepdim=True).clamp_min(torch.finfo(scores.dtype).min)
    powers = torch.exp2(scores - best)
    total = powers.sum(dim=-1, keepdim=True)
    total = total.masked_fill(total == 0, 1.0)
    weights = powers / total  # before the values: times them, it might not be finite
    return torch.einsum("...ij,...jv->...iv", weights, values), weights


def right_by_torch(queries, keys, values, mask):
    """PyTorch's own function; values that are the identity bring its weights to light."""
    unit = torch.eye(keys.shape[-2], dtype=keys.dtype).expand(*keys.shape[:-1], keys.shape[-2])
    queries, keys, values, unit, allowed = (each.unsqueeze(0) for each in (queries, keys, values, unit, mask))
    some = mask.any(dim=-1, keepdim=True)
    context, weights = (
        F.scaled_dot_product_attention(queries, keys, each, attn_mask=allowed).squeeze(0) for each in (values, unit)
    )
    return torch.where(some, context, 0.0), torch.where(some, weights, 0.0)


RIGHT = (right_by_softmax, right_by_loop, right_by_einsum, right_by_torch)


# Wrong, in one way each ----------------------------------------------------------------------------


def root_of_the_size_of_the_values(queries, keys, values, mask):
    weights = softmax_where(queries @ keys.mT / math.sqrt(values.shape[-1]), mask)
    return weights @ values, weights


def root_of_the_number_of_keys(queries, keys, values, mask):
    weights = softmax_where(queries @ keys.mT / math.sqrt(keys.shape[-2]), mask)
    return weights @ values, weights


def keys_ask_themselves(queries, keys, values, mask):
    """Drop the queries: in row 0 asks key 0, in row 1 key 1, and from the top again if there are more rows."""
    askers = keys[..., torch.arange(queries.shape[-2]) % keys.shape[-2], :]
    weights = softmax_where(scaled(askers, keys), mask)
    return weights @ values, weights


def softmax_twice(queries, keys, values, mask):
    weights = softmax_where(softmax_where(scaled(queries, keys), mask), mask)
    return weights @ values, weights


def four_best_keys(queries, keys, values, mask):
    """Leave out all keys but the four with the highest scores, to save work that nobody asked to save."""
    scores = scaled(queries, keys).masked_fill(~mask, -math.inf)
    fourth = scores.topk(min(4, scores.shape[-1]), dim=-1).values[..., -1:]
    weights = softmax_where(scores, mask & (scores >= fourth))
    return weights @ values, weights


def exponentials_as_they_are(queries, keys, values, mask):
    powers = scaled(queries, keys).exp().masked_fill(~mask, 0.0)
    weights = powers / powers.sum(dim=-1, keepdim=True)
    weights = torch.where(mask.any(dim=-1, keepdim=True), weights, 0.0)
    return weights @ values, weights


def weights_on_their_side(queries, keys, values, mask):
    weights = softmax_where(scaled(queries, keys), mask)
    return weights @ values, weights.mT


def float64_comes_back_as_float32(queries, keys, values, mask):
    weights = softmax_where(scaled(queries.float(), keys.float()), mask)
    return weights @ values.float(), weights


def two_leading_axes_mixed(queries, keys, values, mask):
    """Hand back the right shapes, and the answers of other members: a reshape where a transpose belongs."""
    weights = softmax_where(scaled(queries, keys), mask)
    answers = weights @ values, weights
    if queries.dim() < 4:
        return answers
    context, weights = (each.transpose(0, 1).reshape(each.shape) for each in answers)
    return context, weights


def loses_a_batch_of_one(queries, keys, values, mask):
    weights = softmax_where(scaled(queries, keys), mask)
    context = weights @ values
    return (context.squeeze(0), weights.squeeze(0)) if queries.dim() > 2 else (context, weights)


def mask_after_the_softmax(queries, keys, values, mask):
    weights = torch.softmax(scaled(queries, keys), dim=-1) * mask
    return weights @ values, weights


def hidden_scores_of_zero(queries, keys, values, mask):
    weights = torch.softmax(scaled(queries, keys).masked_fill(~mask, 0.0), dim=-1)
    weights = torch.where(mask.any(dim=-1, keepdim=True), weights, 0.0)
    return weights @ values, weights


def nan_without_keys(queries, keys, values, mask):
    weights = torch.softmax(scaled(queries, keys).masked_fill(~mask, -math.inf), dim=-1)
    return weights @ values, weights


def first_mask_for_all(queries, keys, values, mask):
    weights = softmax_where(scaled(queries, keys), mask.reshape(-1, *mask.shape[-2:])[0].expand(mask.shape))
    return weights @ values, weights


def mask_written_into_the_values(queries, keys, values, mask):
    """What no query may see weighs 0 anyway, so the answer is right. But the values were the caller's."""
    weights = softmax_where(scaled(queries, keys), mask)
    values *= mask.any(dim=-2).unsqueeze(-1)
    return weights @ values, weights


WRONG = (
    *(root_of_the_size_of_the_values, root_of_the_number_of_keys, keys_ask_themselves),
    *(softmax_twice, four_best_keys, exponentials_as_they_are),
    *(weights_on_their_side, float64_comes_back_as_float32, two_leading_axes_mixed, loses_a_batch_of_one),
    *(mask_after_the_softmax, hidden_scores_of_zero, nan_without_keys, first_mask_for_all),
    mask_written_into_the_values,
)


# The trial -----------------------------------------------------------------------------------------


def try_all(fresh_student, generator):
    """Find out, once a run, whether right code passes and which bugs are caught.

    Returns:
        From an implementation to how often its two runs failed; `"right"` to what a right one failed with, or nothing.
    """
    verdicts = {"right": ""}
    order = torch.randperm(len(WRONG), generator=generator).tolist()
    for number, start in enumerate(range(0, len(order), 2)):
        bugs, right = [WRONG[place] for place in order[start : start + 2]], RIGHT[number % len(RIGHT)]
        verdicts |= dict.fromkeys(bugs, 0)
        runs, lost, student = 2 * [*bugs, right], [], fresh_student()
        for turn in torch.randperm(len(runs), generator=generator).tolist():
            attend = runs[turn]
            if attend in lost:
                continue
            try:
                student.run_tests(by_contract(attend))
            except StudentError as error:
                nothing_tested = error.kind in LOST
                if attend is right:
                    verdicts["right"] = str(error) if nothing_tested else error.text or error.kind
                    return verdicts  # nothing counts any more
                verdicts[attend] += 1
                if nothing_tested:
                    verdicts[attend] = 0
                    lost.append(attend)
                    student = fresh_student()
    return verdicts


def assert_caught(wrong, what, fresh_student, generator):
    if not VERDICTS:
        VERDICTS.update(try_all(fresh_student, generator))
    if said := VERDICTS["right"]:
        raise AssertionError(f"expected right code to pass your tests, and no bug counts before it does: {said}")
    if VERDICTS[wrong] == 1:
        raise AssertionError(f"your tests caught {what}, but not each time: draw their inputs from a seed")
    if not VERDICTS[wrong]:
        raise AssertionError(f"expected a test of yours to fail for {what}, and none did")


@pytest.mark.question("scores", points=1, hint="Let values have another size than queries and keys.")
def test_the_root_of_the_values_size(fresh_student, generator):
    assert_caught(
        root_of_the_size_of_the_values, "scores divided by the root of a wrong size", fresh_student, generator
    )


@pytest.mark.question("scores", points=1, hint="Let no two sizes be equal: not even the number of keys and their size.")
def test_the_root_of_another_size(fresh_student, generator):
    assert_caught(root_of_the_number_of_keys, "scores divided by the root of another size", fresh_student, generator)


@pytest.mark.question(
    "scores", points=1, hint="Ask something else than the keys themselves: the weights have to follow the query."
)
def test_the_query_is_dropped(fresh_student, generator):
    assert_caught(keys_ask_themselves, "weights that do not depend on the query", fresh_student, generator)


@pytest.mark.question(
    "weights", points=1, hint="Rows may sum to 1 and be wrong. Compare the numbers with a loop, or with a pencil."
)
def test_softmax_of_a_softmax(fresh_student, generator):
    assert_caught(softmax_twice, "weights that went through softmax twice", fresh_student, generator)


@pytest.mark.question("weights", points=1, hint="Soft attention leaves nobody out. With how many keys do you try it?")
def test_only_the_best_keys(fresh_student, generator):
    assert_caught(four_best_keys, "weights for the four best keys alone", fresh_student, generator)


@pytest.mark.question(
    "weights", points=2, hint="Clause 7: try a score of 1000. You know the weights without computing them."
)
def test_large_scores_overflow(fresh_student, generator):
    assert_caught(exponentials_as_they_are, "large scores that become infinite", fresh_student, generator)


@pytest.mark.question("shapes", points=1, hint="With as many queries as keys this one has the right shape.")
def test_weights_lie_on_their_side(fresh_student, generator):
    assert_caught(weights_on_their_side, "weights with queries and keys swapped", fresh_student, generator)


@pytest.mark.question("shapes", points=1, hint="Clause 6, its last sentence. Clause 1 allows two dtypes.")
def test_the_dtype_is_lost(fresh_student, generator):
    assert_caught(float64_comes_back_as_float32, "float64 that comes back as float32", fresh_student, generator)


@pytest.mark.question("shapes", points=1, hint="Two leading axes: is each answer that of its own member?")
def test_members_get_the_answers_of_others(fresh_student, generator):
    assert_caught(two_leading_axes_mixed, "members that get the answers of others", fresh_student, generator)


@pytest.mark.question("shapes", points=1, hint="Clause 6, the second half of its first sentence.")
def test_a_batch_of_one(fresh_student, generator):
    assert_caught(loses_a_batch_of_one, "a leading axis that is lost when its size is 1", fresh_student, generator)


@pytest.mark.question("masks", points=1, hint="Which law of the weights holds under a mask as well?")
def test_masked_too_late(fresh_student, generator):
    assert_caught(mask_after_the_softmax, "weights masked after the softmax", fresh_student, generator)


@pytest.mark.question(
    "masks", points=1, hint="A score of 0 is not a weight of 0. Where the mask is False, look at the weight."
)
def test_a_score_of_zero_hides_nothing(fresh_student, generator):
    assert_caught(hidden_scores_of_zero, "hidden keys that get a score of 0", fresh_student, generator)


@pytest.mark.question("masks", points=1, hint="What does the contract say of a row without any True?")
def test_a_row_without_any_key(fresh_student, generator):
    assert_caught(nan_without_keys, "a row without any key that becomes NaN", fresh_student, generator)


@pytest.mark.question(
    "masks", points=1, hint="A mask may have leading axes. Let every member of a batch have another one."
)
def test_one_mask_for_the_whole_batch(fresh_student, generator):
    assert_caught(first_mask_for_all, "a batch in which all share the first one's mask", fresh_student, generator)


@pytest.mark.question(
    "masks", points=1, hint="Clause 9, with a key that no query may see: are your tensors what they were before?"
)
def test_the_mask_is_written_into_an_argument(fresh_student, generator):
    assert_caught(mask_written_into_the_values, "a mask that is written into the values", fresh_student, generator)
