"""pytest as the judge: its fixtures, its seeds, what it refuses, and what it leaves behind."""

import os
import sys
import tempfile
import textwrap
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attn_classroom.assignment import AssignmentError
from attn_classroom.isolation import IsolationError
from attn_classroom.judging import Referee, describe, run_tests
from attn_classroom.outcomes import Outcome
from attn_classroom.student import Here, Student, StudentError

MARK = '@pytest.mark.question("q", points=1, hint="h")\n'


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pytest that runs this file would rewrite the assertions of the tests below as well."""
    finders = [finder for finder in sys.meta_path if type(finder).__name__ != "AssertionRewritingHook"]
    monkeypatch.setattr(sys, "meta_path", finders)


def written(body: str) -> str:
    return "import pytest\nimport torch\n\n" + textwrap.dedent(body).replace("@q\n", MARK)


def judged(
    body: str, names: dict[str, Any] | None = None, *, seed: int = 1, questions: tuple[str, ...] = (), hidden: str = ""
) -> list[Outcome]:
    student: Callable[[], Student] = lambda: Student(Here(names or {}))  # noqa: E731
    tests = {"test_public.py": written(body)} | ({"test_hidden.py": written(hidden)} if hidden else {})
    return run_tests(tests, Referee(student, student, seed, questions))


TWO = """
@pytest.mark.question("one", points=2, hint="first")
def test_a(student): assert student.x == 1

@pytest.mark.question("two", points=0.5, hint="second")
def test_b(student): assert student.x == 2, "x is not two"
"""


def test_each_test_has_an_outcome_with_its_question_points_and_hint() -> None:
    right, wrong = judged(TWO, {"x": 1})
    assert right == Outcome("one", "test_a", 2, True, False, "", "first")
    assert wrong == Outcome("two", "test_b", 0.5, False, False, "x is not two", "second")


def test_the_public_tests_come_first_and_the_others_are_hidden() -> None:
    hidden = "@q\ndef test_z(): pass\n\n@q\ndef test_y(): pass\n"
    got = judged("@q\ndef test_x(): pass\n", hidden=hidden)
    assert [(each.test, each.hidden) for each in got] == [("test_x", False), ("test_z", True), ("test_y", True)]


def test_the_tests_of_some_questions_alone() -> None:
    assert [each.test for each in judged(TWO, {"x": 1}, questions=("two",))] == ["test_b"]
    student = lambda: Student(Here({}))  # noqa: E731
    referee = Referee(student, student, 1, ("none",))
    assert run_tests({"test_public.py": written(TWO)}, referee) == []
    assert referee.questions == ["one", "two"]


def test_what_the_student_raises_fails_the_test_in_a_sentence() -> None:
    def f() -> None:
        raise ValueError("no")

    (got,) = judged("@q\ndef test_a(student): student.f()", {"f": f})
    assert (got.passed, got.message) == (False, "your code raised ValueError: no")
    (got,) = judged("@q\ndef test_a(student): student.f()")
    assert got.message == "f is missing from your notebook"


def test_a_test_may_ask_for_an_error_of_the_student() -> None:
    body = """
    from attn_classroom.student import StudentError
    @q
    def test_a(student):
        with pytest.raises(StudentError, match="ValueError"): student.f()
    """

    def f() -> None:
        raise ValueError

    assert judged(body, {"f": f})[0].passed
    (got,) = judged(body, {"f": lambda: 1})
    assert (got.passed, got.message) == (False, "your answer could not be used: Failed: DID NOT RAISE StudentError")


def test_parametrised_tests_count_one_by_one() -> None:
    got = judged('@q\n@pytest.mark.parametrize("k", [1, 2])\ndef test_a(student, k): assert k == student.x', {"x": 2})
    assert [(each.test, each.passed) for each in got] == [("test_a[1]", False), ("test_a[2]", True)]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AssertionError("expected 1, got 2"), "expected 1, got 2"),
        (AssertionError(), "the test says no"),
        (StudentError("ValueError", "no", "line 1 of cell 2"), "your code raised ValueError: no (line 1 of cell 2)"),
        (StudentError("Missing", "f is missing from your notebook"), "f is missing from your notebook"),
        (TypeError("unhashable"), "your answer could not be used: TypeError: unhashable"),
        (KeyError("a"), "your answer could not be used: KeyError: 'a'"),
    ],
)
def test_why_a_test_failed_in_a_sentence(error: Exception, said: str) -> None:
    assert describe(error) == said


@pytest.mark.parametrize("error", [AssertionError("x" * 5000), TypeError("x" * 5000)])
def test_a_long_reason_is_cut(error: Exception) -> None:
    assert len(describe(error)) == 600


# -- random inputs

DRAWS = """
@q
def test_a(student, generator): student.see(torch.rand(3, generator=generator).tolist())

@q
def test_b(student, generator): student.see(torch.rand(3, generator=generator).tolist())
"""


FIRST = [0.4071, 0.8906, 0.0623]  # of seed 7, in every process


def drawn(seed: int) -> list[list[float]]:
    seen: list[list[float]] = []
    assert all(each.passed for each in judged(DRAWS, {"see": seen.append}, seed=seed))
    return seen


def test_one_seed_gives_the_same_inputs_and_another_seed_others() -> None:
    first = drawn(7)
    assert drawn(7) == first
    assert not any(row in first for row in drawn(8))


def test_each_test_has_inputs_of_its_own() -> None:
    first, second = drawn(7)
    assert first != second


def test_random_inputs_are_those_of_every_process() -> None:
    first, _ = drawn(7)
    assert [round(number, 4) for number in first] == FIRST


# -- starting anew


def test_a_fresh_student_is_another_one() -> None:
    body = "@q\ndef test_a(student, fresh_student): assert (student.x, fresh_student().x) == (1, 2)"
    referee = Referee(lambda: Student(Here({"x": 1})), lambda: Student(Here({"x": 2})), 1)
    assert run_tests({"test_public.py": written(body)}, referee)[0].passed


def test_each_test_asks_for_its_student() -> None:
    asked: list[int] = []

    def student() -> Student:
        asked.append(1)
        return Student(Here({"x": 1}))

    run_tests({"test_public.py": written(TWO)}, Referee(student, student, 1))
    assert len(asked) == 2


# -- what is refused


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("def test_lonely(student): pass", "test_lonely"),
        ("@q\ndef test_a(student): pass\n\ndef test_lonely(): pass", "test_lonely"),
        ("def broken(:", "SyntaxError"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("1 / 0", "ZeroDivisionError"),
        ("pytest.exit('enough')", "pytest ended with"),
    ],
)
def test_tests_that_cannot_be_used_are_the_teacher_s_mistake(body: str, said: str) -> None:
    with pytest.raises(AssignmentError, match="^these tests cannot be used: ") as error:
        judged(body)
    assert said in str(error.value)


def test_one_broken_file_spoils_all() -> None:
    with pytest.raises(AssignmentError, match="these tests cannot be used"):
        judged(TWO, {"x": 1}, hidden="def broken(:")


@pytest.mark.parametrize("mark", ['"q"', '"q", points=1', 'points=1, hint="h"'])
def test_a_marker_without_a_part_is_refused_by_the_test_s_name(mark: str) -> None:
    with pytest.raises(AssignmentError, match="test_a"):
        judged(f"@pytest.mark.question({mark})\ndef test_a(): pass")


def test_a_skipped_test_does_not_take_its_points_with_it() -> None:
    try:
        got = judged("@q\n@pytest.mark.skip\ndef test_a(): pass\n\n@q\ndef test_b(): pass")
    except AssignmentError:
        return
    assert sum(each.points for each in got) == 2


def test_ctrl_c_stays_ctrl_c() -> None:
    def f() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judged("@q\ndef test_a(student): student.f()", {"f": f})


# -- no sandbox is no zero


CAUSED = """try:
        student.f()
    except Exception as error:
        raise AssertionError('f does not work') from error"""
HANDLED = """try:
        student.f()
    except Exception:
        raise AssertionError('f does not work') from None"""


def no_sandbox() -> Student:
    raise IsolationError("no sandbox here")


@pytest.mark.parametrize(
    "body",
    [
        "@q\ndef test_a(student): pass",
        "@q\ndef test_a(fresh_student): fresh_student()",
        "@q\ndef test_a(fresh_student):\n    fresh_student()\n\n@q\ndef test_b(): pass",
    ],
    ids=["in a fixture", "in a test", "before another test"],
)
def test_where_there_is_no_sandbox_there_is_no_score(body: str) -> None:
    with pytest.raises(IsolationError, match="^no sandbox here$"):
        run_tests({"test_public.py": written(body)}, Referee(no_sandbox, no_sandbox, 1))


def test_a_sandbox_that_comes_too_late_is_no_score() -> None:
    answers = iter([IsolationError("no sandbox here"), None])

    def student() -> Student:
        if problem := next(answers):
            raise problem
        return Student(Here({"x": 2}))

    with pytest.raises(IsolationError):
        run_tests({"test_public.py": written(TWO)}, Referee(student, student, 1))


def test_a_machine_without_resources_is_no_zero() -> None:
    def student() -> Student:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    with pytest.raises((IsolationError, OSError)):
        run_tests({"test_public.py": written("@q\ndef test_a(student): pass")}, Referee(student, student, 1))


@pytest.mark.parametrize("how", ["student.f()", CAUSED, HANDLED], ids=["bare", "as a cause", "while handling"])
def test_no_sandbox_in_the_middle_of_a_test_is_no_score(how: str) -> None:
    asked: list[int] = []

    class Gone(Here):
        def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            asked.append(1)
            raise IsolationError("no sandbox here")

    student = lambda: Student(Gone({"f": print}))  # noqa: E731
    body = f"@q\ndef test_a(student):\n    {how}\n\n@q\ndef test_b(student): student.f()"
    with pytest.raises(IsolationError, match="^no sandbox here$"):
        run_tests({"test_public.py": written(body)}, Referee(student, student, 1))
    assert len(asked) == 1  # the next test would have waited for a sandbox in vain


# -- alone, and without a trace


def test_nothing_is_left_behind(capfd: pytest.CaptureFixture[str]) -> None:
    judged(TWO, {"x": 1})  # pytest's own modules are loaded
    modules, variables, filters = set(sys.modules), dict(os.environ), list(warnings.filters)
    path, finders, folder = list(sys.path), list(sys.meta_path), os.getcwd()
    here = set(Path(tempfile.gettempdir()).glob("attn-classroom-*"))
    judged(TWO, {"x": 1}, hidden='import os, warnings\nos.environ["A_TEST"] = "1"\nwarnings.simplefilter("ignore")\n')
    with pytest.raises(AssignmentError):
        judged("def broken(:")
    assert set(sys.modules) == modules
    assert dict(os.environ) == variables
    assert list(warnings.filters) == filters
    assert (sys.path, sys.meta_path, os.getcwd()) == (path, finders, folder)
    assert set(Path(tempfile.gettempdir()).glob("attn-classroom-*")) <= here
    assert capfd.readouterr() == ("", "")


def test_a_warning_of_a_test_is_no_failure_and_is_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert judged('import warnings\n@q\ndef test_a(): warnings.warn("careful")')[0].passed
    assert capfd.readouterr() == ("", "")


def test_the_options_of_the_environment_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing --no-such-option")
    assert len(judged(TWO, {"x": 1})) == 2
    assert os.environ["PYTEST_ADDOPTS"] == "-k nothing --no-such-option"


def test_the_plugins_of_the_environment_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin_of_anybody")
    assert len(judged(TWO, {"x": 1})) == 2


def test_a_configuration_in_the_folder_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    monkeypatch.chdir(tmp_path)
    assert len(judged(TWO, {"x": 1})) == 2


def test_a_conftest_in_the_temporary_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conftest.py").write_text("import os\nos.environ['CONFTEST'] = 'ran'\nraise SystemError")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert len(judged(TWO, {"x": 1})) == 2
