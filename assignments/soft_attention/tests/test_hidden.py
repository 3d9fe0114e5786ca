"""The tests that decide the rest: a loop as reference, a small state, and the inputs on which shortcuts go wrong."""

import math

import pytest
import torch

from attn_classroom.testing import assert_number, assert_shape, assert_tensor

LOOSE = {"rtol": 2e-3, "atol": 2e-3}  # a float near 800 is known to about 0.0001


def by_hand(queries, blocks):
    """Attend with plain loops, in double precision; each block is (keys, values) or (keys, values, mask)."""
    contexts = torch.zeros(len(queries), blocks[0][1].shape[-1])
    for place, query in enumerate(queries.double()):
        scores, values = [], []
        for keys, block_values, *mask in blocks:
            for key in range(len(keys)):
                if not mask or mask[0][place, key]:
                    scores.append((query @ keys[key].double()).item() / math.sqrt(len(query)))
                    values.append(block_values[key].double())
        if scores:
            exponentials = [math.exp(score - max(scores)) for score in scores]
            total = sum(exponentials)
            contexts[place] = sum(share / total * value for share, value in zip(exponentials, values, strict=True))
    return contexts


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


def read(student, queries, blocks, state=None):
    """Absorb the blocks; before each, another block is absorbed and the state it gives is thrown away."""
    value_size = blocks[0][1].shape[-1]
    state = student.start(queries, value_size) if state is None else state
    for number, (keys, values, *mask) in enumerate(blocks, start=1):
        student.absorb(state, keys.flip(0), values + 5, *mask)
        state = student.absorb(state, keys, values, *mask)
        assert_small(state, queries, value_size, f"after block {number}")
    return state


def make_queries(generator, signs=(1.0, 1.0, 1.0)):
    queries = torch.randn(len(signs), 5, generator=generator)
    queries[:, -1] = torch.tensor(signs)
    return queries


def make_block(generator, size, shift):
    """Make keys whose scores lie around `shift` times the last number of the query."""
    keys = torch.randn(size, 5, generator=generator)
    keys[:, -1] = shift * math.sqrt(5)
    return keys, torch.randn(size, 2, generator=generator)


def make_blocks(generator, *sizes_and_shifts):
    return [make_block(generator, size, shift) for size, shift in sizes_and_shifts]


@pytest.mark.question(
    "one_pass",
    points=2,
    hint="The notebook is opened again in the middle of the text: only the state knows what came before.",
)
def test_a_long_text_with_a_restart(student, fresh_student, generator):
    queries = make_queries(generator)
    sizes = torch.randint(1, 40, (40,), generator=generator).tolist()
    blocks = make_blocks(generator, *((size, number % 7) for number, size in enumerate(sizes)))
    state = read(student, queries, blocks[:20])
    again = fresh_student()
    state = read(again, queries, blocks[20:], state)
    assert_tensor(again.finish(state), by_hand(queries, blocks), "the context of forty blocks")


@pytest.mark.question(
    "one_pass", points=1, hint="Never take the exponential of a score, only of a score minus the largest so far."
)
def test_scores_that_grow(student, generator):
    queries = make_queries(generator)
    blocks = make_blocks(generator, (40, 0.0), (30, 2.0), (5, 300.0), (2, 301.0), (40, 800.0), (30, 802.0), (60, 799.0))
    got = student.finish(read(student, queries, blocks))
    assert_tensor(got, by_hand(queries, blocks), "the context of scores that grow to 800", **LOOSE)


@pytest.mark.question(
    "one_pass", points=1, hint="Each query has a largest score of its own, and it may lie far below 0."
)
def test_each_query_has_its_own_largest(student, generator):
    queries = make_queries(generator, signs=(1.0, -1.0, 0.5))
    blocks = make_blocks(generator, (40, 799.0), (60, 800.0), (50, 798.0))
    got = student.finish(read(student, queries, blocks))
    assert_tensor(got, by_hand(queries, blocks), "the context of queries with scores near 800, -800 and 400", **LOOSE)


@pytest.mark.question(
    "masks", points=1, hint="A query that sees nothing of a block has -inf as its largest, and -inf - -inf is NaN."
)
def test_whole_blocks_are_hidden(student, generator):
    queries = make_queries(generator)
    blocks = []
    for number, (keys, values) in enumerate(
        make_blocks(generator, (50, 0.0), (30, -2.0), (70, 1.0), (40, 0.0), (60, 2.0))
    ):
        mask = torch.rand(3, len(keys), generator=generator) < 0.6
        mask[:, 0] = True
        if number in (0, 1):
            mask[0] = False  # query 0 sees nothing yet
        if number in (1, 4):
            mask[1] = False
        blocks.append((keys, values, mask))
    got = student.finish(read(student, queries, blocks))
    assert_tensor(got, by_hand(queries, blocks), "the context where whole blocks are hidden")


@pytest.mark.question("masks", points=1, hint="What is left to divide by, if no key was seen?")
def test_who_sees_nothing_gets_zeros(student, generator):
    queries = make_queries(generator)
    got = student.finish(student.start(queries, 2))
    assert_tensor(got, torch.zeros(3, 2), "the context before the first block")
    blocks = []
    for keys, values in make_blocks(generator, (70, 0.0), (90, 1.0)):
        mask = torch.ones(3, len(keys), dtype=torch.bool)
        mask[1] = False
        blocks.append((keys, values, mask))
    got = student.finish(read(student, queries, blocks))
    assert_tensor(got, by_hand(queries, blocks), "the context where query 1 sees nothing")


@pytest.mark.question("merge", points=1, hint="Readers may be 800 apart, and one of them may have read nothing.")
def test_readers_far_apart(student, generator):
    queries = make_queries(generator, signs=(1.0, -1.0, 0.5))
    high, low = make_blocks(generator, (80, 800.0), (90, 801.0)), make_blocks(generator, (100, 799.0), (60, 10.0))
    nothing, a, b = student.start(queries, 2), read(student, queries, high), read(student, queries, low)
    for name, one, other, blocks in (
        ("two readers far apart", a, b, high + low),
        ("one who read nothing, and another", nothing, b, low),
        ("one, and another who read nothing", a, nothing, high),
    ):
        got = student.finish(student.merge(one, other))
        assert_tensor(got, by_hand(queries, blocks), f"the context of {name}", **LOOSE)


@pytest.mark.question(
    "merge", points=1, hint="What merge gives is a state like any other, and it holds all there is to know."
)
def test_merged_states_go_on(student, fresh_student, generator):
    queries = make_queries(generator)
    parts = [make_blocks(generator, (60, shift), (70, shift + 2)) for shift in (0.0, 3.0, 1.0, 2.0)]
    a = read(student, queries, parts[0])
    other = fresh_student()
    state = other.merge(a, read(other, queries, parts[1]))
    assert_small(state, queries, 2, "that merge gives")
    state = other.merge(read(other, queries, parts[3]), read(other, queries, parts[2], state))
    assert_small(state, queries, 2, "that a second merge gives")
    assert_tensor(
        other.finish(state),
        by_hand(queries, [block for part in parts for block in part]),
        "the context of three readers",
    )


def part_of(picture, name):
    expect(isinstance(picture, dict), f"the picture: expected a dict, got a {type(picture).__name__}")
    expect(name in picture, f"the picture: expected an entry {name!r}, there are {[*picture]}")
    return picture[name]


@pytest.mark.question(
    "picture_of", points=1, hint="One scale for all the panels. Which of them holds the largest weight?"
)
def test_one_scale_for_all_panels(student, generator):
    for sharpest in (0, 1, 2):
        scores = 2 * torch.rand(3, 5, 7, generator=generator) - 1
        scores[sharpest, 2, 4] = 5.0  # the largest weight of all
        picture = student.picture_of(scores, list("abcde"), list("tuvwxyz"))
        panels, limits = part_of(picture, "panels"), part_of(picture, "limits")
        deepest = max(float(panel.max()) for panel in panels)
        expect(len(limits) == 3, f"limits: expected a pair for each of 3 panels, got {len(limits)}")
        for panel, pair in enumerate(limits):
            expect(len(pair) == 2, f"limits: expected pairs, got {pair!r} for panel {panel}")
            assert_number(pair[0], 0, f"where the scale of panel {panel} begins")
            assert_number(pair[1], deepest, f"where the scale of panel {panel} ends", atol=1e-5)


@pytest.mark.question(
    "picture_of", points=1, hint="Follow one score: in which row and column does its weight arrive, under which word?"
)
def test_each_weight_is_found_by_its_words(student, generator):
    query_words, key_words = ["le", "chat", "et", "le", "lait"], ["the", "cat", "and", "also", "the", "warm", "milk"]
    scores = 2 * torch.randn(2, 5, 7, generator=generator)
    picture = student.picture_of(scores, query_words, key_words)
    for name, expected in (("xticks", key_words), ("yticks", query_words)):
        got = list(part_of(picture, name))
        expect(got == expected, f"{name}: expected {expected}, got {got}")
    panels = part_of(picture, "panels")
    expect(len(panels) == 2, f"expected a panel for each of 2 heads, got {len(panels)}")
    for head in range(2):
        assert_shape(panels[head], (5, 7), f"panel {head}")
        expected = torch.zeros(5, 7)
        for query in range(5):
            exponentials = [math.exp(score) for score in scores[head, query].tolist()]
            for key in range(7):
                expected[query, key] = exponentials[key] / sum(exponentials)
        assert_tensor(panels[head], expected, f"the weights of panel {head}")


def assert_answer(student, name, expected):
    got = getattr(student, name)
    expect(isinstance(got, str), f"{name}: expected a text, got {got!r}")
    expect(got.strip().lower() == expected, f"{name}: {got!r} is not it")


@pytest.mark.question(
    "reading", points=0.5, hint="Who reads is a row. Go along the row of drinks, not down its column."
)
def test_what_drinks_reads(student):
    assert_answer(student, "drinks_reads", "milk")


@pytest.mark.question(
    "reading", points=0.5, hint="Compute the entropy of each row: -(w * w.log()).sum(), with 0 for a weight of 0."
)
def test_who_spreads_most(student):
    assert_answer(student, "most_spread", "thirsty")


@pytest.mark.question("reading", points=0.5, hint="What a key receives stands in its column.")
def test_what_cat_receives(student):
    assert_number(student.cat_receives, 0.30 + 0.40 + 0.55 + 0.16 + 0.05 + 0.10, "cat_receives", atol=0.0051)


@pytest.mark.question("reading", points=0.5, hint="Sum each map along its rows, then along its columns.")
def test_which_map_is_none(student):
    assert_answer(student, "not_weights", "c")


@pytest.mark.question("reading", points=0.5, hint="Read each deep cell with the bar of its own panel.")
def test_panels_with_bars_of_their_own(student):
    assert_answer(student, "own_bars", "d")


@pytest.mark.question(
    "reading", points=0.5, hint="Write the context as a sum: what does the term of the word 'the' add?"
)
def test_a_dark_column(student):
    assert_answer(student, "dark_column", "b")
