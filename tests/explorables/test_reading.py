"""Each cell of the two maps says the package's number, however it is chosen, and each bar belongs to its panel."""

import pytest
import torch

from attn_lesson import attention_distribution, bilinear_score, hard_attention, soft_attention
from attn_lesson.experiments import SIX_WORDS, six_word_vectors
from attn_lesson.explorables import explore_reading
from attn_lesson.explorables.inputs import BLUE, RAMP

QUERY, KEY, LOWER, ONE = "Query, who asks", "Key, who is asked", "Lower map", "One scale for both"
CELL = ".live [aria-roledescription='cell']"
WORDS = six_word_vectors()
UPPER = soft_attention(WORDS, WORDS, WORDS)[1]
OTHERS = {
    "bilinear: who, and what?": attention_distribution(
        bilinear_score(WORDS, WORDS, torch.tensor([[0.0, 0, 0], [0, 0, 0], [1, 1, 0]]))
    ),
    "scaled, at temperature 4": attention_distribution(WORDS @ WORDS.mT / 3**0.5 / 4),
    "scaled, hard": hard_attention(WORDS, WORDS, WORDS)[1],
}


def shown(chart):
    """The weights of the two panels, each in the order of its words."""
    cells = chart.marks("cell")
    assert [(cell["query"], cell["key"]) for cell in cells] == [(q, k) for q in SIX_WORDS for k in SIX_WORDS] * 2
    return torch.tensor([float(cell["weight"]) for cell in cells]).reshape(2, 6, 6)


def fills(chart):
    found = chart.page.eval_on_selector_all(CELL, "cells => cells.map(cell => getComputedStyle(cell).fill)")
    return found[:36], found[36:]


def ends(chart):
    """What is written at the upper ends of the two bars."""
    return [float(text) for text in chart.words() if text.replace(".", "").isdigit()][2::3]


def sentence(query, key, weights):
    q, k = SIX_WORDS.index(query), SIX_WORDS.index(key)
    return (
        f"{query} attends to {key} with {weights[q, k]:.3f}"
        f"row {query}: {weights[q].sum():.2f} in all, column {key}: {weights[:, k].sum():.2f}"
    )


def chosen(chart):
    return chart.control(QUERY).input_value(), chart.control(KEY).input_value()


def said(chart):
    return [words for words in chart.words() if "attends" in words]


def test_every_cell_says_the_packages_number(open_chart):
    chart = open_chart(explore_reading())
    for lower, weights in OTHERS.items():
        chart.choose(LOWER, lower)
        torch.testing.assert_close(shown(chart), torch.stack([UPPER, weights]), rtol=0, atol=1e-4)
        for query in SIX_WORDS:
            chart.choose(QUERY, query)
            for key in SIX_WORDS[:: 1 if query == "cat" else 3]:
                chart.choose(KEY, key)
                assert said(chart) == [sentence(query, key, UPPER), sentence(query, key, weights)]


def test_pointing_at_a_cell_chooses_it_and_frames_its_row_and_column_in_both(open_chart):
    chart = open_chart(explore_reading())
    assert chosen(chart) == ("drinks", "cat")
    for n, query, key in ((13, "cat", "thirsty"), (36 + 29, "warm", "milk")):  # one in each panel
        chart.page.locator(CELL).nth(n).hover()
        chart.settle()
        assert chosen(chart) == (query, key)
        assert said(chart) == [sentence(query, key, map_) for map_ in (UPPER, OTHERS["bilinear: who, and what?"])]
        frames = chart.boxes(f".live path[stroke='{BLUE}']")
        assert len(frames) == 4
        for cell, row, column in (
            (chart.boxes(CELL)[n % 36], *frames[:2]),
            (chart.boxes(CELL)[36 + n % 36], *frames[2:]),
        ):
            assert (row[1], row[3]) == pytest.approx((cell[1], cell[3]), abs=0.1)
            assert (column[0], column[2]) == pytest.approx((cell[0], cell[2]), abs=0.1)
            assert (row[2], column[3]) == pytest.approx((6 * cell[2], 6 * cell[3]), abs=0.1)


def test_the_bars_are_shared_or_each_panels_own(open_chart):
    chart = open_chart(explore_reading())
    deepest = f"rgb({', '.join(str(int(RAMP[-1][n : n + 2], 16)) for n in (1, 3, 5))})"
    for lower, weights in OTHERS.items():
        chart.choose(LOWER, lower)
        tops = [UPPER.max().item(), weights.max().item()]
        chart.tick(ONE, True)
        assert ends(chart) == pytest.approx([max(tops)] * 2, abs=5e-3)
        assert [deepest in panel for panel in fills(chart)] == [top == max(tops) for top in tops]
        chart.tick(ONE, False)
        assert ends(chart) == pytest.approx(tops, abs=5e-3)
        assert [deepest in panel for panel in fills(chart)] == [True, True]


def test_everything_can_be_done_by_keyboard(open_chart):
    chart = open_chart(explore_reading())
    chart.press(QUERY, "ArrowUp")
    chart.press(KEY, "ArrowUp")
    chart.press(LOWER, "ArrowDown")
    chart.press(ONE, "Space")
    assert chosen(chart) == ("cat", "thirsty")
    assert sentence("cat", "thirsty", OTHERS["scaled, at temperature 4"]) in chart.words()
    assert ends(chart) == [0.69, 0.27]
