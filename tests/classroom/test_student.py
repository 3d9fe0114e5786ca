"""The student as a test sees it: names by attribute, copies both ways, and errors in sentences."""

import math
from typing import Any

import pytest
import torch

from attn_classroom.student import Here, Student, StudentError


def student_of(**names: Any) -> Student:
    return Student(Here(names))


def test_a_function_is_called_with_positions_and_names() -> None:
    student = student_of(f=lambda a, *rest, b=0: (a, rest, b))
    assert student.f(1, 2, 3, b=4) == (1, (2, 3), 4)


@pytest.mark.parametrize("value", [3, 0.5, "a", None, (1, 2)])
def test_a_value_is_given(value: object) -> None:
    assert student_of(limit=value).limit == value


def test_a_name_that_is_missing_is_said_to_be_missing() -> None:
    with pytest.raises(StudentError) as error:
        student_of().top_k_weights  # noqa: B018 (looking it up is the test)
    assert str(error.value) == "top_k_weights is missing from your notebook"
    assert error.value.kind == "Missing"


def test_a_name_with_an_underscore_is_no_name_of_the_notebook() -> None:
    with pytest.raises(AttributeError):
        student_of(_hidden=1)._hidden  # noqa: B018


def test_what_the_function_does_to_its_arguments_stays_there() -> None:
    def spoil(tensor: torch.Tensor, items: list[int]) -> torch.Tensor:
        tensor.zero_()
        items.clear()
        return tensor

    tensor, items = torch.ones(2), [1]
    assert student_of(f=spoil).f(tensor, items).tolist() == [0, 0]
    assert (tensor.tolist(), items) == ([1, 1], [1])


def test_what_the_test_does_to_an_answer_stays_here() -> None:
    kept = torch.ones(2)
    student = student_of(f=lambda: kept, kept=kept)
    student.f().zero_()
    student.kept.zero_()
    assert kept.tolist() == [1, 1]


def test_a_function_of_the_test_can_be_called_by_the_student() -> None:
    assert student_of(f=lambda score, x: score(x) + 1).f(lambda x: 10 * x, 2) == 21


def test_gradients_and_subclasses_do_not_cross() -> None:
    got = student_of(f=lambda x: torch.nn.Parameter(x)).f(torch.ones(1))
    assert type(got) is torch.Tensor
    assert not got.requires_grad


@pytest.mark.parametrize(
    ("raised", "kind", "said"),
    [
        (ValueError("no"), "ValueError", "your code raised ValueError: no"),
        (AssertionError(), "AssertionError", "your code raised AssertionError: "),
        (SystemExit(2), "SystemExit", "your code raised SystemExit: 2"),
        (RecursionError("deep"), "RecursionError", "your code raised RecursionError: deep"),
    ],
)
def test_what_the_function_raises_is_a_student_error(raised: BaseException, kind: str, said: str) -> None:
    def f() -> None:
        raise raised

    with pytest.raises(StudentError) as error:
        student_of(f=f).f()
    assert error.value.kind == kind
    assert str(error.value).startswith(said)
    assert error.value.__suppress_context__


def test_the_line_of_the_error_is_named() -> None:
    names: dict[str, Any] = {}
    exec(compile("def f():\n\n    return 1 / 0\n", "<cell 4>", "exec"), names)
    with pytest.raises(StudentError) as error:
        student_of(**names).f()
    assert str(error.value) == "your code raised ZeroDivisionError: division by zero (line 3 of cell 4)"
    assert error.value.where == "line 3 of cell 4"


def test_a_syntax_error_raised_by_hand_has_its_own_line() -> None:
    names: dict[str, Any] = {}
    exec(compile("def f():\n    raise SyntaxError('x')\n", "<cell 4>", "exec"), names)
    with pytest.raises(StudentError) as error:
        student_of(**names).f()
    assert error.value.where == "line 2 of cell 4"


def test_ctrl_c_is_the_student_s_own() -> None:
    def f() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        student_of(f=f).f()


def test_an_answer_that_cannot_be_graded_is_said_so_without_blame() -> None:
    with pytest.raises(StudentError) as error:
        student_of(f=object).f()
    assert str(error.value) == "a value of type object cannot be graded; return a tensor, a number or a text"
    with pytest.raises(StudentError, match="a value of type set cannot be graded"):
        student_of(x={1}).x  # noqa: B018


@pytest.mark.parametrize("kind", ["WireError", "Missing", "Gone"])
def test_errors_of_the_line_are_their_text(kind: str) -> None:
    assert str(StudentError(kind, "the text", "line 1")) == "the text"


def test_a_nan_crosses() -> None:
    assert math.isnan(student_of(f=lambda x: x).f(math.nan))
