"""What several test files share: the built site, a browser, and the rule that CI skips nothing."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
os.environ.setdefault("MPLBACKEND", "agg")  # read when a test first imports pyplot: no window opens


def fail_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    """In CI a skipped test is a failed test: a skip there means that something was not installed or not built."""
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.get_closest_marker("cuda") is None:  # the machines of CI have no CUDA device
        fail_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_in_ci(report)
    return report


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Matrices of ten by ten: on a busy machine, threads that wait for one another cost more than they bring."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    html = ROOT / "_build" / "html"
    if not (html / "index.html").is_file():
        pytest.skip("the site is not built: make book")
    return html


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A headless Chromium (a `playwright.sync_api.Browser`), the one of the system."""
    playwright = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium, or install Google Chrome")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()
