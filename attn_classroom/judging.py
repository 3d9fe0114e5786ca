"""pytest runs the tests of an assignment here, with a `student` they can call; the student's code runs elsewhere."""

import hashlib
import os
import sys
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch

from attn_classroom.assignment import PUBLIC, AssignmentError
from attn_classroom.isolation import IsolationError
from attn_classroom.outcomes import Outcome
from attn_classroom.student import Student, StudentError

MARK = "question(name, points, hint): the question a test belongs to, what it is worth, and what to say if it fails"
WITHOUT = [f"-pno:{plugin}" for plugin in ("terminal", "cacheprovider", "warnings", "faulthandler", "capture")]


class Referee:
    """The pytest plugin: it gives the tests their fixtures and keeps what comes of them.

    Args:
        student: makes the submission's names reachable; called once a test.
        afresh: the same, after everything the submission did before is forgotten.
        seed: of all random inputs; a test's own come from it and the test's name.
        questions: run the tests of these alone; all, when empty.
    """

    def __init__(
        self, student: Callable[[], Student], afresh: Callable[[], Student], seed: int, questions: tuple[str, ...] = ()
    ) -> None:
        self._student, self._afresh, self._seed, self._questions = student, afresh, seed, questions
        self.outcomes: list[Outcome] = []
        self.broken: list[str] = []
        self.fault: IsolationError | None = None
        self.questions: list[str] = []

    @pytest.fixture
    def student(self) -> Student:
        """The submission under test."""
        return self._student()

    @pytest.fixture
    def fresh_student(self) -> Callable[[], Student]:
        """A function that starts the submission anew and gives it: nothing that was called before is remembered."""
        return self._afresh

    @pytest.fixture
    def generator(self, request: pytest.FixtureRequest) -> torch.Generator:
        """Random inputs: new in every run, the same for every student of one run."""
        digest = hashlib.sha256(f"{self._seed} {request.node.name}".encode()).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest[:6], "big"))

    def pytest_configure(self, config: pytest.Config) -> None:
        """Make the marker known."""
        config.addinivalue_line("markers", MARK)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the tests that were asked for, and note those without a question."""
        self.broken += [item.name for item in items if item.get_closest_marker("question") is None]
        marked = [item for item in items if item.get_closest_marker("question") is not None]
        self.questions = list(dict.fromkeys(_mark(item)[0] for item in marked))
        items[:] = [item for item in marked if not self._questions or _mark(item)[0] in self._questions]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a test file that cannot be read: a mistake of the teacher's, never a student's."""
        if report.failed:
            self.broken.append(str(report.longrepr)[-2000:])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep the outcome of a test once it was called, or could not be."""
        report = yield
        if call.when == "call" or (call.when == "setup" and report.failed):
            question, points, hint = _mark(item)
            error = call.excinfo.value if call.excinfo else None
            if isinstance(error, IsolationError):
                self.fault = error  # not the student's
            message = "" if error is None else describe(error)
            hidden = item.path.name != PUBLIC
            self.outcomes.append(Outcome(question, item.name, points, error is None, hidden, message, hint))
        return report


def _mark(item: pytest.Item) -> tuple[str, float, str]:
    mark = item.get_closest_marker("question")
    assert mark is not None
    return str(mark.args[0]), mark.kwargs["points"], mark.kwargs["hint"]


def describe(error: BaseException) -> str:
    """Say in a sentence or two why a test failed, for the student."""
    if isinstance(error, StudentError | AssertionError):
        return str(error)[:600] or "the test says no"
    return f"your answer could not be used: {type(error).__name__}: {error}"[:600]


def run_tests(tests: dict[str, str], referee: Referee) -> list[Outcome]:
    """Run test files with pytest, in this process.

    Args:
        tests: from file name to source.
        referee: gives the tests their fixtures.

    Returns:
        What came of each test, in the order of the files.

    Raises:
        AssignmentError: when a test file cannot be read, or a test has no `question` marker.
        IsolationError: when there was no sandbox for the student's code.
    """
    with TemporaryDirectory(prefix="attn-classroom-") as folder, _as_if_alone():
        for name, source in tests.items():
            (Path(folder) / name).write_text(source, encoding="utf-8")
        files = [str(Path(folder) / name) for name in sorted(tests, key=lambda name: (name != PUBLIC, name))]
        options = ["-c", os.devnull, "--rootdir", folder, "--import-mode=importlib", "--assert=plain", *WITHOUT]
        code = pytest.main([*options, *files], [referee])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        referee.broken.append(f"pytest ended with {code!r}")
    if referee.broken:
        raise AssignmentError("these tests cannot be used: " + "; ".join(referee.broken))
    if referee.fault:
        raise referee.fault
    return referee.outcomes


@contextmanager
def _as_if_alone() -> Iterator[None]:
    """Keep pytest from what is installed beside it, and what it leaves behind from the process it ran in."""
    variables, modules = dict(os.environ), set(sys.modules)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    try:
        with warnings.catch_warnings():
            yield
    finally:
        os.environ.clear()
        os.environ.update(variables)
        for name in sys.modules.keys() - modules:
            if name.startswith("test_"):
                del sys.modules[name]
