"""How long a class takes to grade, against nbgrader, in one run: the wall clock of the whole command, per submission.

Both grade the same solved notebooks with the same tests, on the same random inputs, for the same points. nbgrader has
the tests as hidden and visible cells of the notebook, called in the student's own kernel: no sandbox, and neither
pytest nor attn_classroom is imported there. Before anything is timed, a notebook of known mistakes has to get the same
points from both, test by test; a timed run in which somebody has not all the points stops the script.

The clock it has to be, which a busy machine stretches: the CPU time of a sandbox is lost when the sandbox is ended.
"""

import ast
import inspect
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from timing import interleaved, ratios, report, table

from attn_classroom import testing
from attn_classroom.assignment import PUBLIC, Assignment, load
from attn_classroom.releasing import notebook, without_marks

ROOT = Path(__file__).parents[1]
NAME, STUDENTS, ROUNDS, SEED = "distribution", 10, 3, 1
NOTEBOOK = f"{NAME}.ipynb"
TARGETS = {"attn_classroom, one job": (1, 0.75), "attn_classroom, two jobs": (2, 0.5)}
RIVAL = "nbgrader (serial; it has no jobs)"
FIXTURES = f'''
import hashlib


class Student:
    def __getattr__(self, name):
        return globals()[name]


def generator(test):
    digest = hashlib.sha256(f"{SEED} {{test}}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:6], "big"))


student = Student()
'''
Points = dict[str, float]  # by test


def run(*command: str | Path, folder: Path) -> None:
    """Run a command to its end; what it said is shown only if it failed."""
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def nbgrader(*arguments: str, folder: Path) -> None:
    run(Path(sys.executable).with_name("nbgrader"), *arguments, folder=folder)


# The course, as nbgrader wants it


def a_cell(name: str, source: str, *, points: float | None = None, solution: bool = False) -> nbformat.NotebookNode:
    """Write a cell of nbgrader's: a test where it has points, else an answer or a given one."""
    about = {"schema_version": 3, "grade_id": name, "solution": solution, "locked": not solution, "task": False}
    about |= {"grade": False} if points is None else {"grade": True, "points": points}
    return new_code_cell(source.strip("\n"), metadata={"nbgrader": about})


def hide(source: str) -> str:
    return f"### BEGIN HIDDEN TESTS\n{source}\n### END HIDDEN TESTS"


def test_cells(file: str, source: str) -> tuple[nbformat.NotebookNode, dict[str, list[nbformat.NotebookNode]]]:
    """Turn a test file into a cell of its helpers, and for each question one cell a test, which calls it."""
    veil = str if file == PUBLIC else hide
    helpers: list[str] = []
    tests: dict[str, list[nbformat.NotebookNode]] = {}
    for part in ast.parse(source).body:
        text = ast.get_source_segment(source, part) or ""
        if isinstance(part, ast.FunctionDef) and part.name.startswith("test_"):
            (mark,) = part.decorator_list
            assert isinstance(mark, ast.Call)
            (points,) = (ast.literal_eval(each.value) for each in mark.keywords if each.arg == "points")
            given = {"student": "student", "generator": f'generator("{part.name}")'}
            call = f"{part.name}({', '.join(given[each.arg] for each in part.args.args)})"
            cell = a_cell(part.name, veil(f"{text}\n\n\n{call}"), points=points)
            tests.setdefault(ast.literal_eval(mark.args[0]), []).append(cell)
        elif not text.startswith(("import pytest", "from attn_classroom", '"""')):
            helpers.append(text)
    return a_cell(f"helpers_{Path(file).stem}", veil("\n".join(helpers)), points=0), tests


def rivals_notebook(assignment: Assignment) -> nbformat.NotebookNode:
    """Write the teacher's notebook for nbgrader: each `check(...)` makes room for the tests of its question."""
    files = [test_cells(file, assignment.tests[file]) for file in sorted(assignment.tests, key=lambda f: f != PUBLIC)]
    helpers = [a_cell("testing", inspect.getsource(testing) + FIXTURES), *(cell for cell, _ in files)]
    cells: list[nbformat.NotebookNode] = []
    for number, cell in enumerate(assignment.cells):
        if cell.kind == "text":
            cells.append(new_markdown_cell(cell.source))
        elif cell.kind == "free":
            question = ast.literal_eval(cell.source.removeprefix("check(").removesuffix(")"))
            cells += [test for _, tests in files for test in tests.get(question, [])]
        else:
            source = cell.source.replace("from attn_classroom import check\n", "")
            cells += [a_cell(cell.name, source, solution=cell.kind == "answer"), *(helpers if number == 1 else [])]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def make_course(folder: Path, assignment: Assignment, submissions: dict[str, dict[str, str]]) -> None:
    """Make a course, release the assignment, and hand in: the released notebook with the answers filled in."""
    source = folder / "source" / NAME / NOTEBOOK
    source.parent.mkdir(parents=True)
    nbformat.write(rivals_notebook(assignment), source)
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'attention'\n", "utf-8")
    nbgrader("generate_assignment", NAME, folder=folder)
    for student, answers in submissions.items():
        handed_in = nbformat.read(folder / "release" / NAME / NOTEBOOK, as_version=4)
        assert "NotImplementedError" in str(handed_in)
        assert "top_k_by_hand" not in str(handed_in)
        for cell in handed_in.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = answers[cell.metadata["nbgrader"]["grade_id"]]
        place = folder / "submitted" / student / NAME / NOTEBOOK
        place.parent.mkdir(parents=True)
        nbformat.write(handed_in, place)


# Grading, and what came of it


def grade_theirs(course: Path) -> None:
    nbgrader("autograde", NAME, folder=course)


def grade_ours(submissions: Path, results: Path, jobs: int) -> None:
    options = ["-o", results, "--jobs", str(jobs), "--seed", str(SEED)]
    run(sys.executable, "-m", "attn_classroom", "grade", NAME, submissions, *options, folder=ROOT)


def points_theirs(course: Path) -> dict[str, Points]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: {
                grade.cell.name: grade.score
                for grade in submission.notebooks[0].grades
                if grade.cell.name.startswith("test_")
            }
            for submission in gradebook.assignment_submissions(NAME)
        }


def points_ours(results: Path) -> dict[str, Points]:
    found = {}
    for path in results.glob("student-*.json"):
        record = json.loads(path.read_text("utf-8"))
        found[path.stem] = {each["test"]: each["points"] * each["passed"] for each in record["extra_data"]["outcomes"]}
    return found


def check_full(points: dict[str, Points], who: str) -> None:
    scores = sorted(sum(each.values()) for each in points.values())
    if scores != [20] * STUDENTS:
        raise SystemExit(
            f"{who} did not give all {STUDENTS} students 20 points: {scores}. There is nothing to compare."
        )


def check_mistakes(folder: Path, assignment: Assignment, solution: dict[str, str]) -> float:
    """Have both grade one notebook with a known mistake in every answer; return the score they agree on."""
    mildest: dict[str, tuple[float, str]] = {}
    for wrong in assignment.wrong:
        for cell, text in wrong.answers.items():
            mildest[cell] = max(mildest.get(cell, (0, "")), (wrong.score, text))
    expected = 20 - sum(20 - score for score, _ in mildest.values())
    answers = solution | {cell: text for cell, (_, text) in mildest.items()}
    make_course(folder / "course", assignment, {"student-00": answers})
    (folder / "class").mkdir()
    (folder / "class" / "student-00.ipynb").write_text(notebook(assignment, answers), "utf-8")
    grade_theirs(folder / "course")
    grade_ours(folder / "class", folder / "results", 1)
    theirs, ours = points_theirs(folder / "course")["student-00"], points_ours(folder / "results")["student-00"]
    if theirs != ours or sum(ours.values()) != expected:
        raise SystemExit(f"a notebook of mistakes is worth {expected}, and got\n{ours} here,\n{theirs} from nbgrader")
    return expected


def main() -> None:
    assignment = load(str(ROOT / "assignments" / NAME))
    solution = {name: without_marks(source) for name, source in assignment.of_kind("answer").items()}
    students = [f"student-{number:02d}" for number in range(STUDENTS)]
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ |= {"OMP_NUM_THREADS": "1", "JUPYTER_PREFER_ENV_PATH": "1"}
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic
        os.environ |= {"IPYTHONDIR": f"{folder}/ipython", "JUPYTER_CONFIG_DIR": f"{folder}/jupyter"}
        mistakes = check_mistakes(folder / "mistakes", assignment, solution)

        (folder / "class").mkdir()
        for student in students:
            (folder / "class" / f"{student}.ipynb").write_text(notebook(assignment, solved=True), "utf-8")
        courses = [folder / f"course-{number}" for number in range(ROUNDS)]
        for course in courses:
            make_course(course, assignment, dict.fromkeys(students, solution))
        results = {jobs: [folder / f"results-{jobs}-{number}" for number in range(ROUNDS)] for jobs in (1, 2)}

        coming = {0: iter(courses)} | {jobs: iter(places) for jobs, places in results.items()}
        rivals = {RIVAL: lambda: grade_theirs(next(coming[0]))}
        for who, (jobs, _) in TARGETS.items():
            rivals[who] = lambda jobs=jobs: grade_ours(folder / "class", next(coming[jobs]), jobs)
        load_before = os.getloadavg()[0]
        seconds = interleaved(rivals, ROUNDS, time.perf_counter)
        load_after = os.getloadavg()[0]

        for course in courses:
            check_full(points_theirs(course), "nbgrader")
        for place in results[1] + results[2]:
            check_full(points_ours(place), "attn_classroom")

    rows = []
    for who, each in seconds.items():
        ratio, target = ("1", "") if who == RIVAL else (ratios(seconds, who, RIVAL), f"≤ {TARGETS[who][1]}")
        rows.append([who, ratio, target, *(f"{second / STUDENTS:.2f}" for second in each)])
    head = ["grader", "time / nbgrader's", "target", *(f"s each, round {number + 1}" for number in range(ROUNDS))]
    about = (
        f"{STUDENTS} copies of the solved {NAME!r}, each given 20 of 20 by all; a notebook of mistakes was given "
        f"{mistakes:g} of 20 by both, test by test.\n"
        f"Wall clock of the whole command / {STUDENTS}; torch on one thread. "
        f"{os.cpu_count()} cores, load {load_before:.1f} before and {load_after:.1f} after."
    )
    report("classroom", f"{about}\n\n{table(head, rows)}\n")


if __name__ == "__main__":
    main()
