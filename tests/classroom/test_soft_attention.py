"""The rule of the third assignment that a state stays small: what counts, in the notebook and in both of its tests."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from attn_classroom.assignment import Assignment, load

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return load(str(ROOT / "assignments" / "soft_attention"))


@pytest.fixture(params=["the notebook", "test_public.py", "test_hidden.py"])
def numbers_in(assignment: Assignment, request: pytest.FixtureRequest) -> Callable[[Any], int]:
    names: dict[str, Any] = {"math": math, "torch": torch}
    given = "\n\n\n".join(assignment.of_kind("given").values())
    source = (assignment.tests | {"the notebook": given})[request.param]
    exec(source[source.index("def numbers_in") :].split("\n\n\n")[0], names)
    return names["numbers_in"]


@pytest.mark.parametrize(
    ("state", "count"),
    [
        (None, 1),
        (3, 1),
        (2.5, 1),
        (2**63, 2),
        (-(2**640), 11),
        ("", 1),
        ("a" * 7, 1),
        ("a" * 8, 2),
        ("\U00010000" * 8, 5),  # 4 bytes each
        (torch.ones(()), 1),
        (torch.ones(3, 5), 15),
        (torch.zeros(2, 3, dtype=torch.bool), 6),
        (torch.ones(3, 5).numpy(), 15),
        (torch.empty(0, 7, 1000), 4),  # a shape is numbers, too
        ([], 1),
        ((), 1),
        ({}, 1),
        ([[], [[], ()]], 5),
        ({"queries": torch.ones(2, 3), "total": 1.0}, 1 + 1 + 6 + 1 + 1),
        ({"f" * 36: []}, 1 + 5 + 1),
        ({(1, 2): 0}, 1 + 3 + 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nothing_is_free_in_a_state(numbers_in: Callable[[Any], int], state: object, count: int) -> None:
    assert numbers_in(state) == count


def test_the_budget_is_the_same_in_the_text_and_in_both_tests(assignment: Assignment) -> None:
    budget = "2 * num_queries * (query_size + value_size + 4) + 40"
    text = (ROOT / "assignments" / "soft_attention" / "soft_attention.md").read_text(encoding="utf-8")
    assert [budget in source for source in (text, *assignment.tests.values())] == [True] * 3
