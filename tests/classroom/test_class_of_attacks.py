"""One class, graded twice: each student tries something, and nobody else's result is touched."""

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import psutil
import pytest
from attacks import CLASS, FOLDERS, hand_in, hand_in_folders

from attn_classroom.assignment import load
from attn_classroom.records import read_all
from attn_classroom.releasing import notebook

ROOT = Path(__file__).parents[2]
ASSIGNMENT = ROOT / "assignments" / "distribution"
SHORT = ["--seconds", "60", "--call-seconds", "4", "--cell-seconds", "5"]
STUDENTS = [*CLASS, *FOLDERS]


def grade(submissions: Path, results: Path, *options: str, wait: bool = True):
    line = [sys.executable, "-m", "attn_classroom", "grade", str(ASSIGNMENT), str(submissions), "-o", str(results)]
    environment = os.environ | {"SECRET_OF_THE_GRADER": "secret"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "env": environment}
    process = subprocess.Popen([*line, *options], start_new_session=True, **pipes)
    if not wait:
        return process
    output, _ = process.communicate(timeout=1500)
    return process.returncode, output


@pytest.fixture(scope="module", autouse=True)
def temporary():
    """The grader's folder for temporary files; its name marks all that the grader starts, bubblewrap included."""
    folder = tempfile.mkdtemp(dir="/tmp", prefix="t")  # short enough for a socket in it
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        yield Path(folder)
    shutil.rmtree(folder)


def left_over() -> list[str]:
    """List what still lives of graders a moment after their end. No process of a sandbox outlives its bubblewrap."""
    deadline = time.monotonic() + 20  # multiprocessing's own tracker ends when it sees that all others have
    while (left := living()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def living() -> list[str]:
    left = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("TMPDIR") == os.environ["TMPDIR"]:
                left.append(f"{process.pid}: {process.name()} {process.cmdline()}"[:200])
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            if process.name() == "bwrap":  # without root, nobody may look into it
                left.append(f"{process.pid}: bwrap")
    return left


@pytest.fixture(scope="module")
def assignment():
    return load(str(ASSIGNMENT))


@pytest.fixture(scope="module")
def submissions(assignment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    for attack in CLASS:
        hand_in(assignment, attack, folder)
    hand_in_folders(assignment, folder)
    return folder


@pytest.fixture(scope="module")
def parallel(submissions, tmp_path_factory):
    """The class, graded two at a time, with a look at the machine afterwards."""
    results = tmp_path_factory.mktemp("parallel")
    mounts = Path("/proc/mounts").read_text()
    code, output = grade(submissions, results, "--jobs", "2", "--seed", "1", *SHORT)
    assert code == 1, output  # some could not be graded
    return results, read_all(results), mounts, left_over()


@pytest.mark.parametrize("attack", STUDENTS, ids=lambda attack: attack.student)
def test_each_student_gets_what_the_notebook_earns(parallel, attack):
    record = parallel[1][attack.student]
    verdict = record.verdict
    assert attack.why in verdict.why, verdict
    assert bool(verdict.why) == bool(attack.why), verdict
    assert record.score == attack.score, [(each.test, each.message) for each in verdict.outcomes if not each.passed]
    if attack.flag:
        assert attack.flag == "?" or any(attack.flag in flag for flag in verdict.flags), verdict.flags
    elif not attack.why:
        assert verdict.flags == ()
    assert attack.says in verdict.output


def test_every_student_has_a_line_and_a_page(parallel, submissions):
    results, records, *_ = parallel
    with (results / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(STUDENTS) == len(list(submissions.iterdir()))
    assert {line["student"].removeprefix("'") for line in lines} == set(records)
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line.values())
    assert len(list((results / "feedback").glob("*.html"))) == len(STUDENTS)
    assert json.loads((results / "run.json").read_text())["graded"] == sum(not each.why for each in STUDENTS)


def test_no_page_carries_markup_or_control_characters_of_a_student(parallel):
    for page in [*(parallel[0] / "feedback").glob("*.html"), parallel[0] / "summary.html"]:
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "\x1b" not in text


def test_no_secret_of_the_grader_is_in_a_result(parallel):
    for path in parallel[0].rglob("*.*"):
        assert "secret" not in path.read_text(encoding="utf-8").lower(), path


def test_hidden_tests_are_named_and_not_shown(parallel):
    data = json.loads((parallel[0] / "constant.json").read_text())
    hidden = [each for each in data["tests"] if each["name"] == "top_k_weights: batches of rows"]
    assert [each["output"] for each in hidden] == ["Hint: Rows lie on the last axis, whatever stands before it."]


def test_nothing_is_left_of_the_sandboxes(parallel, temporary):
    *_, mounts, left = parallel
    assert left == []
    assert Path("/proc/mounts").read_text() == mounts
    assert list(temporary.iterdir()) == []


def test_serial_grading_gives_the_same_scores(parallel, submissions, tmp_path):
    code, output = grade(submissions, tmp_path / "serial", "--seed", "1", *SHORT)
    assert code == 1, output
    serial = read_all(tmp_path / "serial")
    assert {name: record.score for name, record in serial.items()} == {
        name: record.score for name, record in parallel[1].items()
    }
    assert left_over() == []


def test_a_hundred_perfect_notebooks_all_score_full(assignment, tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    text = notebook(assignment, solved=True)
    for number in range(100):
        (folder / f"student-{number:03d}.ipynb").write_text(text, encoding="utf-8")
    code, output = grade(folder, tmp_path / "results", "--jobs", "2")
    assert code == 0, output
    records = read_all(tmp_path / "results")
    assert [record.score for record in records.values()] == [20.0] * 100
    assert {record.verdict.flags for record in records.values()} == {()}


def test_a_zip_is_graded_and_leaves_nothing_outside(assignment, tmp_path):
    right = notebook(assignment, solved=True)
    with zipfile.ZipFile(tmp_path / "class.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.ipynb", right)
        archive.writestr("folder/distribution.ipynb", right)
        archive.writestr("../slip.ipynb", right)
        archive.writestr(f"{tmp_path}/absolute.ipynb", right)
        archive.writestr("bomb.ipynb", bytes(200 * 2**20))
        link = zipfile.ZipInfo("link.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    code, output = grade(tmp_path / "class.zip", tmp_path / "results", "--jobs", "2")
    assert code == 1, output
    records = read_all(tmp_path / "results")
    assert {name for name, record in records.items() if record.score == 20} == {"good", "folder"}
    reasons = sorted(record.verdict.why for record in records.values() if record.verdict.why)
    assert len(reasons) == 4
    assert sum("leads out of the zip" in why for why in reasons) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class.zip", "results"]


def test_no_connection_reaches_the_grader(assignment, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        port = server.getsockname()[1]
        made = json.loads(notebook(assignment, solved=True))
        source = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2).send(b'hello')"
        made["cells"].append({"cell_type": "code", "id": "net", "metadata": {}, "outputs": [], "execution_count": None,
                              "source": source})  # fmt: skip
        (tmp_path / "class").mkdir()
        (tmp_path / "class" / "a.ipynb").write_text(json.dumps(made))
        assert grade(tmp_path / "class", tmp_path / "results")[0] == 0
        with pytest.raises(TimeoutError):
            server.accept()


def test_an_interrupted_class_is_resumed(assignment, tmp_path):
    folder, results = tmp_path / "class", tmp_path / "results"
    folder.mkdir()
    for number in range(12):  # enough to be far from done, however late the interruption comes
        (folder / f"{number:02}.ipynb").write_text(notebook(assignment, solved=True), encoding="utf-8")
    process = grade(folder, results, wait=False)
    for _ in range(600):
        sandboxed = any("bwrap" in each for each in living())
        if ((results / "01.json").exists() and sandboxed) or process.poll() is not None:
            break
        time.sleep(0.1)
    assert sandboxed  # and `left_over` would see it
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1, output
    with (results / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        status = [line["status"] for line in csv.DictReader(file)]
    assert len(status) == 12
    assert status[:2] == ["graded", "graded"]
    assert status[11] == "not graded: not graded yet"
    done = (results / "00.json").stat().st_mtime_ns
    code, output = grade(folder, results, "--resume")
    assert code == 0, output
    assert [record.score for record in read_all(results).values()] == [20.0] * 12
    assert (results / "00.json").stat().st_mtime_ns == done
    assert left_over() == []


def test_a_class_is_graded_on_a_dask_cluster(assignment, tmp_path):
    import dask
    from distributed import LocalCluster

    (tmp_path / "class").mkdir()
    for number in range(3):
        (tmp_path / "class" / f"{number}.ipynb").write_text(notebook(assignment, solved=True), encoding="utf-8")
    with dask.config.set({"distributed.worker.daemon": False}), LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:  # fmt: skip
        code, output = grade(tmp_path / "class", tmp_path / "results", "--dask", cluster.scheduler_address)
    assert code == 0, output
    assert [record.score for record in read_all(tmp_path / "results").values()] == [20.0] * 3
