"""The tests that every student has: worked examples and laws, on inputs that are new each time."""

import math

import pytest
import torch

from attn_classroom.testing import assert_number, assert_rows_sum_to_one, assert_tensor

SIX_WORDS = ("the", "thirsty", "cat", "drinks", "warm", "milk")


def all_at_once(queries, blocks):
    """Soft attention with all keys at hand; each block is (keys, values) or (keys, values, mask)."""
    keys, values = (torch.cat([block[part] for block in blocks]) for part in (0, 1))
    scores = queries @ keys.mT / math.sqrt(queries.shape[-1])
    if len(blocks[0]) == 3:
        scores = scores.masked_fill(~torch.cat([block[2] for block in blocks], dim=-1), -math.inf)
    return torch.softmax(scores, dim=-1) @ values


def expect(met, message):
    """Raise the message and nothing more: pytest would add both sides of a bare assert, and so the answer."""
    if not met:
        raise AssertionError(message)


def numbers_in(state):
    """Count numbers of 64 bits: those of tensors, and 1 for each bracket, name, and 8 letters."""
    if isinstance(state, dict):
        return 1 + sum(numbers_in(name) + numbers_in(part) for name, part in state.items())
    if isinstance(state, list | tuple):
        return 1 + sum(numbers_in(part) for part in state)
    if isinstance(state, str):
        return 1 + len(state.encode()) // 8
    if isinstance(state, int):
        return 1 + state.bit_length() // 64
    shape = getattr(state, "shape", ())
    return math.prod(shape) or 1 + len(shape)  # a tensor without numbers still has a shape


def assert_small(state, queries, value_size, when):
    num_queries, query_size = queries.shape
    most, count = 2 * num_queries * (query_size + value_size + 4) + 40, numbers_in(state)
    expect(state is not None, f"expected a state {when}, got nothing (None)")
    expect(count <= most, f"expected at most {most} numbers in the state {when}, got {count}")


def read(student, queries, blocks):
    """Start, and absorb the blocks one after the other; the state must stay small."""
    value_size = blocks[0][1].shape[-1]
    state = student.start(queries, value_size)
    assert_small(state, queries, value_size, "before the first block")
    for number, block in enumerate(blocks, start=1):
        state = student.absorb(state, *block)
        assert_small(state, queries, value_size, f"after block {number}")
    return state


def make_queries(generator):
    queries = torch.randn(3, 5, generator=generator)
    queries[:, -1] = 1.0
    return queries


def make_block(generator, size, shift):
    """Make keys whose scores lie around `shift`, because the last number of every query is 1."""
    keys = torch.randn(size, 5, generator=generator)
    keys[:, -1] = shift * math.sqrt(5)
    return keys, torch.randn(size, 2, generator=generator)


@pytest.mark.question(
    "one_pass",
    points=1,
    hint="The scores are 0 and ln 3, so the weights are 1/4 and 3/4. Follow your sums through both blocks.",
)
def test_two_keys_by_hand(student):
    queries = torch.tensor([[2.0, 0.0, 0.0, 0.0]])
    first = torch.tensor([[0.0, 1.0, 1.0, 1.0]]), torch.tensor([[8.0, 0.0]])
    second = torch.tensor([[math.log(3), 1.0, 1.0, 1.0]]), torch.tensor([[0.0, 4.0]])
    got = student.finish(read(student, queries, [first, second]))
    assert_tensor(got, torch.tensor([[2.0, 3.0]]), "the context of two keys")


@pytest.mark.question(
    "one_pass",
    points=1,
    hint="When a larger score comes, both sums have to be brought to it. The example with the pencil says how.",
)
def test_blocks_of_many_sizes(student, generator):
    queries = make_queries(generator)
    blocks = [make_block(generator, size, shift) for size, shift in ((40, 0.0), (1, 3.0), (80, -1.0), (30, 5.0))]
    got = student.finish(read(student, queries, blocks))
    assert_tensor(got, all_at_once(queries, blocks), "the context of four blocks")


@pytest.mark.question(
    "one_pass", points=1, hint="Keep nothing outside the state, and do not count on being called in order."
)
def test_an_old_state_stays_good(student, generator):
    queries = make_queries(generator)
    first, one, other = (make_block(generator, size, shift) for size, shift in ((120, 0.0), (4, 2.0), (5, 1.0)))
    state = read(student, queries, [first])
    with_one, with_other = student.absorb(state, *one), student.absorb(state, *other)
    for name, got, block in (("one way", with_one, one), ("the other way", with_other, other)):
        expected = all_at_once(queries, [first, block])
        assert_tensor(student.finish(got), expected, f"the context after going on from one state {name}")


@pytest.mark.question("masks", points=1, hint="Mask the scores, before anything is done with them.")
def test_some_keys_are_hidden(student, generator):
    queries, blocks = make_queries(generator), []
    for size, shift in ((50, 0.0), (70, 2.0), (60, 1.0)):
        mask = torch.rand(3, size, generator=generator) < 0.5
        mask[:, 0] = True  # every query sees a key in every block
        mask[:, 1] = False
        blocks.append((*make_block(generator, size, shift), mask))
    got = student.finish(read(student, queries, blocks))
    assert_tensor(got, all_at_once(queries, blocks), "the context of three masked blocks")


@pytest.mark.question("merge", points=1, hint="Bring both readers' sums to one largest score, then add.")
def test_two_halves(student, generator):
    queries = make_queries(generator)
    one = [make_block(generator, size, shift) for size, shift in ((70, 0.0), (40, 1.0))]
    other = [make_block(generator, size, shift) for size, shift in ((30, 3.0), (60, 2.0))]
    a, b = read(student, queries, one), read(student, queries, other)
    for name, state in (("merge(a, b)", student.merge(a, b)), ("merge(b, a)", student.merge(b, a))):
        assert_small(state, queries, 2, f"that {name} gives")
        assert_tensor(student.finish(state), all_at_once(queries, one + other), f"the context of {name}")


def part_of(picture, name):
    expect(isinstance(picture, dict), f"the picture: expected a dict, got a {type(picture).__name__}")
    expect(name in picture, f"the picture: expected an entry {name!r}, there are {[*picture]}")
    return picture[name]


@pytest.mark.question(
    "picture_of", points=1, hint="Which axis of the scores are the keys on? And who stands on the rows?"
)
def test_each_query_has_a_row_that_sums_to_one(student, generator):
    scores = 2 * torch.randn(3, 4, 6, generator=generator)
    panels = part_of(student.picture_of(scores, ("here", "is", "cold", "tea"), SIX_WORDS), "panels")
    expect(len(panels) == 3, f"expected a panel for each of 3 heads, got {len(panels)}")
    for head, panel in enumerate(panels):
        assert_rows_sum_to_one(panel, (4, 6), f"panel {head}, of 4 queries and 6 keys")


@pytest.mark.question("picture_of", points=1, hint="Columns are keys. Row 0 is at the top.")
def test_words_stand_where_they_belong(student):
    query_words = ["here", "is", "cold", "tea"]
    picture = student.picture_of(torch.zeros(2, 4, 6), query_words, SIX_WORDS)
    labels = part_of(picture, "xlabel"), part_of(picture, "ylabel")
    expect(
        labels == ("Keys", "Queries"),
        f"expected one label 'Keys' and one 'Queries', each where it belongs, got {labels}",
    )
    for name, expected in (("xticks", list(SIX_WORDS)), ("yticks", query_words)):
        got = list(part_of(picture, name))
        expect(got == expected, f"{name}: expected {expected}, got {got}")


@pytest.mark.question("reading", points=0, hint="Put a word, a number or a letter in place of each None.")
def test_six_answers_are_there(student):
    for name in ("drinks_reads", "most_spread"):
        got = getattr(student, name)
        expect(got in SIX_WORDS, f"{name}: expected one of the six words as a text, got {got!r}")
    assert_number(student.cat_receives, 3, "cat_receives: a number from 0 to 6 is wanted", atol=3)
    for name in ("not_weights", "own_bars", "dark_column"):
        got = getattr(student, name)
        expect(got in ("a", "b", "c", "d"), f'{name}: expected "a", "b", "c" or "d", got {got!r}')
