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
from attn_classroom.marking import MARK, is_marked, mark_of
from attn_classroom.outcomes import Outcome
from attn_classroom.student import Student, StudentError

WITHOUT = ("terminal", "cacheprovider", "warnings", "faulthandler", "capture", "unraisableexception")


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
        self.fault: Exception | None = None
        self.questions: list[str] = []

    @pytest.fixture
    def student(self) -> Student:
        """The submission under test."""
        return self._reached(self._student)

    def _reached(self, reach: Callable[[], Student]) -> Student:
        try:
            return reach()
        except Exception as error:
            if not isinstance(error, StudentError):
                self.fault = error  # the machine's, and not the student's
            raise

    @pytest.fixture
    def fresh_student(self) -> Callable[[], Student]:
        """A function that starts the submission anew and gives it: nothing that was called before is remembered."""
        return lambda: self._reached(self._afresh)

    @pytest.fixture
    def generator(self, request: pytest.FixtureRequest) -> torch.Generator:
        """Random inputs: new in every run, the same for every student of one run."""
        digest = hashlib.sha256(f"{self._seed} {request.node.name}".encode()).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest[:6], "big"))

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the tests that were asked for, and note those without a question."""
        self.broken += [f"{item.name} has no whole marker {MARK}" for item in items if not is_marked(item)]
        marked = [item for item in items if is_marked(item)]
        self.questions = list(dict.fromkeys(mark_of(item)[0] for item in marked))
        items[:] = [item for item in marked if not self._questions or mark_of(item)[0] in self._questions]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a test file that cannot be read: a mistake of the teacher's, never a student's."""
        self.broken += [str(report.longrepr)[-2000:]] if report.failed else []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep the outcome of a test once it was called, or could not be."""
        report = yield
        if report.skipped:
            self.broken.append(f"{item.name} skips, and its points would be lost")
        elif call.when == "call" or (call.when == "setup" and report.failed):
            question, points, hint = mark_of(item)
            error = call.excinfo.value if call.excinfo else None
            message, hidden = describe(error) if error else "", item.path.name != PUBLIC
            self.outcomes.append(Outcome(question, item.name, points, error is None, hidden, message, hint))
            self.fault = self.fault or _no_sandbox(error)
        item.session.shouldfail = bool(self.fault)  # without a score, no further test needs to run
        return report


def _no_sandbox(error: BaseException | None) -> IsolationError | None:
    while error is not None and not isinstance(error, IsolationError):
        error = error.__cause__ or error.__context__
    return error


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
        options = ["-c", os.devnull, "--rootdir", folder, "--noconftest", "--import-mode=importlib", "--assert=plain"]
        code = pytest.main([*options, f"-omarkers={MARK}", *(f"-pno:{each}" for each in WITHOUT), *files], [referee])
    if code == pytest.ExitCode.INTERRUPTED and not referee.broken:
        raise KeyboardInterrupt
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        referee.broken.append(f"pytest ended with {code!r}")
    if referee.broken or referee.fault:
        raise referee.fault or AssignmentError("these tests cannot be used: " + "; ".join(referee.broken))
    return referee.outcomes


@contextmanager
def _as_if_alone() -> Iterator[None]:
    """Keep pytest from what is installed beside it, and what it leaves behind from the process it ran in."""
    variables, modules = dict(os.environ), set(sys.modules)
    os.environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
    try:
        with warnings.catch_warnings():
            yield
    finally:
        os.environ.clear()
        os.environ |= variables
        for name in [name for name in sys.modules.keys() - modules if name.startswith("test_")]:
            del sys.modules[name]
