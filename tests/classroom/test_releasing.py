"""The release: the solution is out, nothing of it is left behind, and where something is, nothing is written."""

import html
import json
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from attn_classroom.assignment import Assignment, AssignmentError, Cell, load
from attn_classroom.releasing import find_leaks, notebook, release, strip_solution, without_marks

ROOT = Path(__file__).parents[2]
SET = sorted(path.parent.name for path in ROOT.glob("assignments/*/*.md") if path.stem == path.parent.name)
RAISE = 'raise NotImplementedError("your answer here")'
SOLUTION = "result = x * FACTOR\n    return result"


# -- the solution taken out


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION", f"def f():\n    {RAISE}"),
        ("def f():\n\t### BEGIN SOLUTION\n\treturn 1\n\t### END SOLUTION\n", f"def f():\n\t{RAISE}"),
        ("a = None\n### BEGIN SOLUTION\na = 1\n### END SOLUTION", "a = None\n# your answer here"),
        (
            "### BEGIN SOLUTION\na\n### END SOLUTION\nb\n### BEGIN SOLUTION\nc\n### END SOLUTION",
            "# your answer here\nb\n# your answer here",
        ),
        ("### BEGIN SOLUTION\n\na\n\n\n### END SOLUTION   \nb", "# your answer here\nb"),
        ("### BEGIN SOLUTION\n### END SOLUTION", "# your answer here"),
        (
            "class A:\n  def f(self):\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n\nx = 1",
            f"class A:\n  def f(self):\n    {RAISE}\n\nx = 1",
        ),
        ("x = 1", "x = 1"),
    ],
)
def test_the_solution_is_taken_out(source: str, left: str) -> None:
    assert strip_solution(source) == left
    compile(left, "left", "exec")


def test_what_is_left_of_a_function_can_be_called_and_says_so() -> None:
    names: dict[str, object] = {}
    exec(strip_solution("def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"), names)
    with pytest.raises(NotImplementedError, match="^your answer here$"):
        names["f"]()  # type: ignore[operator]


def test_the_marks_go_and_the_solution_stays() -> None:
    source = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n\nf()\n"
    assert without_marks(source) == "def f():\n    return 1\n\nf()"


# -- the notebook


def test_the_notebook_is_valid_and_has_no_output(toy: Assignment) -> None:
    made = nbformat.reads(notebook(toy), as_version=4)
    nbformat.validate(made)
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert made.metadata.kernelspec.name == "python3"
    assert [cell.cell_type for cell in made.cells] == ["markdown", "code", "markdown", "code", "code", "code"]


def test_given_cells_are_locked_and_answers_can_be_edited_and_neither_deleted(toy: Assignment) -> None:
    cells = nbformat.reads(notebook(toy), as_version=4).cells
    named = {name: cell.metadata for cell in cells for name in cell.metadata.get("attn_classroom", {}).values()}
    assert [*named] == ["setup", "double", "limit"]
    assert [each["editable"] for each in named.values()] == [False, True, True]
    assert not any(each["deletable"] for each in named.values())
    assert named["setup"]["attn_classroom"] == {"given": "setup"}
    assert named["limit"]["attn_classroom"] == {"answer": "limit"}
    assert [cell.metadata for cell in cells if "attn_classroom" not in cell.metadata] == [{}, {}, {}]


def test_the_notebook_is_the_same_each_time(toy: Assignment) -> None:
    assert notebook(toy) == notebook(toy)


def test_answers_take_the_place_of_solutions(toy: Assignment) -> None:
    text = notebook(toy, {"double": "def double(x): return 7"}, solved=True)
    sources = [cell.source for cell in nbformat.reads(text, as_version=4).cells]
    assert "def double(x): return 7" in sources
    assert "limit = None\nlimit = 12345.0" in sources
    left = [cell.source for cell in nbformat.reads(notebook(toy, {"double": ""}), as_version=4).cells]
    assert "" in left
    assert "limit = None\n# your answer here" in left


# -- leaks


def as_html(text: str) -> str:
    """As a page shows code: each word in a tag of its own, and what is special escaped."""
    return " ".join(f"<span class='n'>{html.escape(word)}</span>" for word in text.split(" "))


HIDING = {
    "as it is": lambda text: text,
    "indented further": lambda text: text.replace("\n", "\n        "),
    "not indented": lambda text: text.replace("\n    ", "\n"),
    "tabs": lambda text: text.replace("    ", "\t"),
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "JSON text": json.dumps,
    "JSON lines": lambda text: json.dumps(text.splitlines(keepends=True), indent=1),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"source": text.splitlines(keepends=True)})),
    "all on one line": lambda text: " ".join(text.split()),
}


@pytest.mark.parametrize("hide", HIDING.values(), ids=HIDING.keys())
def test_a_solution_is_found_however_it_is_spaced_and_quoted(toy: Assignment, hide: object) -> None:
    text = "before\n" + hide(SOLUTION) + "\nafter"  # type: ignore[operator]
    assert find_leaks(toy, text) == ["the solution of double"]


@pytest.mark.parametrize("hide", HIDING.values(), ids=HIDING.keys())
def test_a_real_solution_is_found_however_it_is_spaced_and_quoted(distribution: Assignment, hide: object) -> None:
    solved = without_marks(distribution.of_kind("answer")["window_mask"])
    assert find_leaks(distribution, hide(solved)) == ["the solution of window_mask"]  # type: ignore[operator]


def test_a_hidden_test_is_found_by_its_definition(toy: Assignment) -> None:
    hidden = toy.tests["test_hidden.py"]
    assert find_leaks(toy, hidden) == ["hidden tests of test_hidden.py"]
    assert find_leaks(toy, json.dumps(hidden)) == ["hidden tests of test_hidden.py"]
    assert find_leaks(toy, "def  test_the_limit (") == ["hidden tests of test_hidden.py"]


def test_the_marks_of_a_source_are_found(toy: Assignment) -> None:
    assert find_leaks(toy, '"   ### BEGIN SOLUTION\\n"') == ["the marks of a solution"]
    assert set(find_leaks(toy, toy.of_kind("answer")["limit"])) == {"the marks of a solution", "the solution of limit"}


def test_what_students_get_gives_nothing_away(toy: Assignment) -> None:
    assert find_leaks(toy, notebook(toy)) == []
    assert find_leaks(toy, toy.tests["test_public.py"]) == []
    assert find_leaks(toy, "") == []
    assert find_leaks(toy, notebook(toy, solved=True)) == ["the solution of double", "the solution of limit"]


def test_letters_beyond_ascii_do_not_hide_a_solution_in_json(toy: Assignment) -> None:
    cells = (Cell("answer", "a", "### BEGIN SOLUTION\nx = 'é'\n### END SOLUTION"),)
    assert find_leaks(replace(toy, cells=cells), json.dumps("x = 'é'"))


def test_marks_within_marks_leave_nothing(toy: Assignment) -> None:
    source = "### BEGIN SOLUTION\na\n### BEGIN SOLUTION\nb\n### END SOLUTION\nsecret = 1\n### END SOLUTION"
    nested = replace(toy, cells=(Cell("answer", "a", source),))
    text = notebook(nested)
    assert "secret" not in text or find_leaks(nested, text)


# -- the files


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_release_is_the_notebook_and_the_public_tests(toy: Assignment, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "toy"
    made = release(toy, folder)
    assert made == [folder / "toy.ipynb", folder / "tests" / "test_public.py"]
    assert sorted(files_below(folder)) == ["tests/test_public.py", "toy.ipynb"]
    assert (folder / "toy.ipynb").read_text(encoding="utf-8") == notebook(toy)
    assert (folder / "tests" / "test_public.py").read_text(encoding="utf-8") == toy.tests["test_public.py"]


def test_releasing_twice_changes_no_byte(toy: Assignment, tmp_path: Path) -> None:
    release(toy, tmp_path)
    once = files_below(tmp_path)
    release(toy, tmp_path, tmp_path)
    assert files_below(tmp_path) == once


@pytest.mark.parametrize(
    "name", ["toy.md", "test_hidden.py", "tests/test_hidden.py", "wrong_answers.toml", "a/rubric.md"]
)
def test_a_file_of_the_teacher_s_stops_it(toy: Assignment, tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("harmless")
    with pytest.raises(AssignmentError, match=r"^toy is not released: .* is a file of the teacher's$"):
        release(toy, tmp_path)
    assert [*files_below(tmp_path)] == [name]


@pytest.mark.parametrize(
    "ending", [".html", ".js", ".json", ".txt", ".md", ".py", ".ipynb", ".svg", ".css", ".xml", ".toml"]
)
@pytest.mark.parametrize("where", ["folder", "site"])
def test_a_solution_in_the_folder_or_the_site_stops_it(
    toy: Assignment, tmp_path: Path, where: str, ending: str
) -> None:
    (tmp_path / where / "deep").mkdir(parents=True)
    (tmp_path / where / "deep" / f"leak{ending}").write_text(SOLUTION)
    before = files_below(tmp_path)
    with pytest.raises(AssignmentError, match=rf"leak\{ending} holds the solution of double"):
        release(toy, tmp_path / "folder", tmp_path / "site")
    assert files_below(tmp_path) == before


@pytest.mark.parametrize("text", ["x < FACTOR and 'a' & b", "return [item for item in x]"])
def test_a_page_s_tags_and_escapes_hide_nothing(toy: Assignment, tmp_path: Path, text: str) -> None:
    cells = (Cell("answer", "a", f"### BEGIN SOLUTION\n{text}\n### END SOLUTION"),)
    (tmp_path / "page.html").write_text(f"<p>An answer:</p><pre>{as_html(text)}</pre>")
    with pytest.raises(AssignmentError, match=r"page\.html holds the solution of a"):
        release(replace(toy, cells=cells), tmp_path / "folder", tmp_path)


@pytest.mark.parametrize(
    "page",
    [
        f'<button data-copy="{html.escape(SOLUTION)}">copy</button>',
        f"<script>if (a<b) {{ code = {json.dumps(SOLUTION)} }}</script>",
    ],
    ids=["attribute", "script"],
)
def test_a_page_s_attributes_and_scripts_hide_nothing(toy: Assignment, tmp_path: Path, page: str) -> None:
    (tmp_path / "page.html").write_text(page)
    with pytest.raises(AssignmentError):
        release(toy, tmp_path / "folder", tmp_path)


def test_hidden_tests_in_the_public_ones_stop_it(toy: Assignment, tmp_path: Path) -> None:
    public = toy.tests["test_public.py"] + "\n\ndef test_the_limit(student):\n    pass\n"
    spoiled = replace(toy, tests=toy.tests | {"test_public.py": public})
    with pytest.raises(AssignmentError, match=r"test_public\.py holds hidden tests of test_hidden\.py"):
        release(spoiled, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_a_solution_in_the_text_of_the_source_stops_it(toy: Assignment, tmp_path: Path) -> None:
    spoiled = replace(toy, cells=(*toy.cells, Cell("text", "", "The limit is `limit = 12345.0`.")))
    with pytest.raises(AssignmentError, match=r"toy\.ipynb holds the solution of limit"):
        release(spoiled, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_marks_that_were_not_taken_out_stop_it(toy: Assignment, tmp_path: Path) -> None:
    cells = (Cell("answer", "a", "### BEGIN SOLUTION (see the rubric)\nx = 1\n### END SOLUTION"),)
    with pytest.raises(AssignmentError, match="the marks of a solution"):
        release(replace(toy, cells=cells), tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_a_site_that_is_not_built_stops_nothing(toy: Assignment, tmp_path: Path) -> None:
    assert release(toy, tmp_path / "folder", tmp_path / "nowhere")


def test_a_binary_file_stops_nothing(toy: Assignment, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\xff\xfe" + SOLUTION.encode())
    (tmp_path / "page.html").write_bytes(b"\xff\xfe\x00")
    assert release(toy, tmp_path / "folder", tmp_path)


@pytest.mark.parametrize("name", SET)
def test_every_assignment_of_the_course_can_be_released(name: str, tmp_path: Path) -> None:
    assignment = load(str(ROOT / "assignments" / name))
    release(assignment, tmp_path / name)
    text = (tmp_path / name / f"{name}.ipynb").read_text(encoding="utf-8")
    assert "SOLUTION" not in text
    for cell in nbformat.reads(text, as_version=4).cells:
        if cell.cell_type == "code":
            compile(cell.source, cell.id, "exec")
