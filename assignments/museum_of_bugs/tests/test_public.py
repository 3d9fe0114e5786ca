"""The tests that every student has: two right implementations, and one easy bug for each room."""

import math

import pytest
import torch

from attn_classroom.student import StudentError

LOST = ("Missing", "Gone", "WireError")  # nothing was tested: not the same as a test that fails


def by_contract(attend):
    """Give attend, and refuse what its contract does not allow.

    Beside its answer, those of its arguments come back that it wrote into, for `run_tests` to do the same.
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
        if mask is not None and (not isinstance(mask, torch.Tensor) or mask.dtype != torch.bool):
            raise TypeError("outside the contract: mask is a tensor of dtype torch.bool, or None")
        try:
            mask = mask if mask is None else mask.expand(shape)
        except RuntimeError:
            raise ValueError(
                f"outside the contract: no mask of shape {tuple(mask.shape)} for scores of {shape}"
            ) from None
        copies = [each.clone() for each in tensors]
        context, weights = attend(*copies, mask)
        written = [None if torch.equal(mine, given) else mine for mine, given in zip(copies, tensors, strict=True)]
        return context, weights, *written

    return checked


def scaled(queries, keys):
    return queries @ keys.mT / math.sqrt(queries.shape[-1])


def softmax_where(scores, mask):
    if mask is None:
        return torch.softmax(scores, dim=-1)
    weights = torch.softmax(scores.masked_fill(~mask, -math.inf), dim=-1)
    return torch.where(mask.any(dim=-1, keepdim=True), weights, 0.0)


def right(queries, keys, values, mask):
    weights = softmax_where(scaled(queries, keys), mask)
    return weights @ values, weights


def right_in_another_order(queries, keys, values, mask):
    """The same with powers of 2, as fast kernels have it, and with a division by hand."""
    scores = (queries @ keys.mT) * (math.log2(math.e) / math.sqrt(queries.shape[-1]))
    scores = scores if mask is None else scores.masked_fill(~mask, -math.inf)
    best = scores.amax(dim=-1, keepdim=True).clamp_min(torch.finfo(scores.dtype).min)
    powers = torch.exp2(scores - best)
    total = powers.sum(dim=-1, keepdim=True)
    total = total.masked_fill(total == 0, 1.0)
    weights = powers / total
    return weights @ values, weights


def without_the_root(queries, keys, values, mask):
    weights = softmax_where(queries @ keys.mT, mask)
    return weights @ values, weights


def over_the_queries(queries, keys, values, mask):
    weights = softmax_where(scaled(queries, keys).mT, mask if mask is None else mask.mT).mT
    return weights @ values, weights


def averages_the_keys(queries, keys, values, mask):
    weights = softmax_where(scaled(queries, keys), mask)
    return weights @ keys, weights


def mask_upside_down(queries, keys, values, mask):
    weights = softmax_where(scaled(queries, keys), mask if mask is None else ~mask)
    return weights @ values, weights


def failure(student, attend):
    """Say which tests of the student's fail for this implementation; nothing when all pass."""
    try:
        student.run_tests(by_contract(attend))
    except StudentError as error:
        if error.kind in LOST:
            raise
        return error.text or error.kind
    return ""


RIGHT = (right, right_in_another_order)
FIRST = "expected right code to pass your tests, and no bug counts before it does: "


def assert_caught(student, generator, wrong, what):
    """Try a bug and right code, twice each, in random order: a bug counts when both its runs fail and no other does."""
    runs, said, caught = (*RIGHT, *RIGHT, wrong, wrong), "", 0
    for place in torch.randperm(len(runs), generator=generator).tolist():
        failed = failure(student, runs[place])
        if runs[place] is wrong:
            caught += bool(failed)
        else:
            said = said or failed
    if said:
        raise AssertionError(FIRST + said)
    if caught == 1:
        raise AssertionError(f"your tests caught {what}, but not each time: draw their inputs from a seed")
    if not caught:
        raise AssertionError(f"expected a test of yours to fail for {what}, and none did")


@pytest.mark.question(
    "scores",
    points=0,
    hint="Read which test failed. Does the contract promise what it asks for? Is its tolerance too small?",
)
def test_right_code_passes(student):
    for attend in RIGHT:
        if said := failure(student, attend):
            raise AssertionError(FIRST + said)


@pytest.mark.question("scores", points=1, hint="With d = 1 the root changes nothing. With d = 4 it halves every score.")
def test_the_root_is_left_out(student, generator):
    assert_caught(student, generator, without_the_root, "scores that are not divided by the root of d")


@pytest.mark.question("weights", points=1, hint="Which sums are 1: those of the rows, or those of the columns?")
def test_softmax_over_the_queries(student, generator):
    assert_caught(student, generator, over_the_queries, "a softmax over the queries")


@pytest.mark.question(
    "shapes", points=1, hint="If there is only one key, the context is its value. Let values differ from keys."
)
def test_keys_in_place_of_values(student, generator):
    assert_caught(student, generator, averages_the_keys, "a context that is the average of the keys")


@pytest.mark.question("masks", points=1, hint="Where the mask is False, which number does the contract promise?")
def test_a_mask_upside_down(student, generator):
    assert_caught(student, generator, mask_upside_down, "a mask that is read the other way round")
