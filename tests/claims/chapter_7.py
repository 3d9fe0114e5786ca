"""Chapter 7: the numbers in its prose, by hand where they can be, and its tests run on its exhibits once more."""

import ast
import math
from pathlib import Path

import jupytext
import torch
from torch import Tensor
from torch.nn import functional as F

from attn_lesson import scaled_dot_product_score
from attn_lesson.experiments import SIX_WORDS, six_word_vectors
from attn_lesson.learning import PositionalAttention, train

CHAPTER = Path(__file__).parents[2] / "chapters" / "07_museum_of_bugs.md"
WORDS = six_word_vectors().tolist()
CAT = SIX_WORDS.index("cat")
WRONG = [  # in the order of the rooms
    "root_left_out",
    "root_taken_twice",
    "first_query_for_all",
    "softmax_over_queries",
    "scores_averaged",
    "batch_as_sequence",
    "mask_after_softmax",
    "mask_upside_down",
    "mask_written_into",
]


def score(query: list[float], key: list[float]) -> float:
    return sum(q * k for q, k in zip(query, key, strict=True))


def cat_on_cat(divisor: float) -> float:
    powers = [math.exp(score(WORDS[CAT], word) / divisor) for word in WORDS]
    return powers[CAT] / sum(powers)


def row_sums_over_queries() -> list[float]:
    powers = [[math.exp(score(query, key) / math.sqrt(3)) for key in WORDS] for query in WORDS]
    columns = [sum(row[key] for row in powers) for key in range(6)]
    return [sum(power / column for power, column in zip(row, columns, strict=True)) for row in powers]


class OverTheQueries(PositionalAttention):
    """The model of chapter 6, with the softmax down the columns."""

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        scores = scaled_dot_product_score(self.queries, self.tokens[tokens] + self.places)
        weights = scores.exp() / scores.exp().sum(dim=-2, keepdim=True)
        return weights @ F.one_hot(tokens, len(self.tokens)).float(), weights


def last_loss(model: type[PositionalAttention], source: Tensor) -> float:
    return train(model(), source).losses[-1].item()


PLACES = torch.arange(10)


def caught() -> list[list[bool]]:
    """Run the chapter's tests on its exhibits: a row for each exhibit, a column for each test."""
    cells = [cell.source for cell in jupytext.read(CHAPTER).cells if cell.cell_type == "code"]
    nodes = [node for source in cells for node in ast.parse(source).body]
    room: dict[str, object] = {}
    end = next(place for place, node in enumerate(nodes) if getattr(node, "name", "") == "keys_averaged")
    for node in nodes[:end]:  # before the exercises
        if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef) and "myst_nb" not in ast.unparse(node):
            exec(ast.unparse(node), room)
    tests = [thing for name, thing in room.items() if name.startswith("test_")]
    assert not any(room["catches"](test, room[right]) for test in tests for right in ("attend", "fourth_root"))  # type: ignore[operator]
    return [[room["catches"](test, room[wrong]) for test in tests] for wrong in WRONG]  # type: ignore[operator]


def tests_with_a_bug_of_their_own() -> int:
    table = caught()
    return sum(any(row[test] and sum(row) == 1 for row in table) for test in range(len(table[0])))


CLAIMS = {
    "c7_cat_left_out": (lambda: cat_on_cat(1), 1e-5),
    "c7_cat_right": (lambda: cat_on_cat(math.sqrt(3)), 1e-5),
    "c7_cat_twice": (lambda: cat_on_cat(3), 1e-5),
    "c7_sum_least": (lambda: min(row_sums_over_queries()), 1e-5),
    "c7_sum_most": (lambda: max(row_sums_over_queries()), 1e-5),
    "c7_copy_PositionalAttention": (lambda: last_loss(PositionalAttention, PLACES), 1e-3),
    "c7_copy_Sideways": (lambda: last_loss(OverTheQueries, PLACES), 1e-3),
    "c7_all_PositionalAttention": (lambda: last_loss(PositionalAttention, 0 * PLACES), 1e-3),
    "c7_all_Sideways": (lambda: math.log(10), 1e-3),
    "c7_late_sum": (lambda: 1 / 6, 1e-6),
    "c7_most_by_one_test": (lambda: max(sum(column) for column in zip(*caught(), strict=True)), 0),
    "c7_tests_for_the_axis": (lambda: sum(caught()[WRONG.index("softmax_over_queries")]), 0),
    "c7_sum_lets_by": (lambda: sum(not row[2] for row in caught()), 0),
    "c7_tests_needed": (tests_with_a_bug_of_their_own, 0),
}
