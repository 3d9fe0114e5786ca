"""A notebook as handed in: read or refused in a sentence, the given cells put back, and what is odd noted."""

import json
import warnings
from typing import Any

import nbformat
import pytest
from IPython.core import inputtransformer2

from attn_classroom import reading
from attn_classroom.assignment import Assignment, Cell
from attn_classroom.reading import MAX_CELLS, Reading, plain_python, read
from attn_classroom.releasing import notebook
from attn_classroom.submissions import MAX_BYTES, Unreadable

Notebook = dict[str, Any]


@pytest.fixture
def handed_in(toy: Assignment) -> Notebook:
    """The solved notebook as plain JSON, to be changed."""
    return json.loads(notebook(toy, solved=True))


def read_json(content: Notebook, assignment: Assignment) -> Reading:
    return read(json.dumps(content).encode(), assignment)


def place(content: Notebook, name: str) -> int:
    return next(
        n for n, cell in enumerate(content["cells"]) if name in cell["metadata"].get("attn_classroom", {}).values()
    )


def free(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": "x", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def test_a_notebook_as_released_has_nothing_odd(toy: Assignment) -> None:
    got = read(notebook(toy).encode(), toy)
    assert got.flags == []
    assert [name for name, _ in got.cells] == ["setup", "double", "cell 5", "limit"]
    assert dict(got.cells)["setup"] == "FACTOR = 2"


def test_the_student_s_own_code_is_run_in_the_student_s_order(toy: Assignment, handed_in: Notebook) -> None:
    handed_in["cells"].insert(0, free("a = 1"))
    handed_in["cells"].append(free("b = 2") | {"id": "y"})
    got = read_json(handed_in, toy)
    assert [name for name, _ in got.cells] == ["cell 1", "setup", "double", "cell 6", "limit", "cell 8"]
    assert (got.cells[0][1], got.cells[-1][1]) == ("a = 1\n", "b = 2\n")
    assert got.flags == []


def test_a_changed_given_cell_is_put_back_and_noted(toy: Assignment, handed_in: Notebook) -> None:
    handed_in["cells"][place(handed_in, "setup")]["source"] = "FACTOR = 3"
    got = read_json(handed_in, toy)
    assert got.flags == ["changed given cell: setup"]
    assert dict(got.cells)["setup"] == "FACTOR = 2"


def test_space_around_a_given_cell_is_no_change(toy: Assignment, handed_in: Notebook) -> None:
    handed_in["cells"][place(handed_in, "setup")]["source"] = "\nFACTOR = 2\n\n"
    assert read_json(handed_in, toy).flags == []


def test_a_missing_given_cell_is_run_first_and_noted(toy: Assignment, handed_in: Notebook) -> None:
    del handed_in["cells"][place(handed_in, "setup")]
    handed_in["cells"].insert(0, free("a = 1"))
    got = read_json(handed_in, toy)
    assert got.flags == ["missing cell: setup"]
    assert [name for name, _ in got.cells][:2] == ["setup", "cell 1"]


def test_a_missing_answer_is_noted(toy: Assignment, handed_in: Notebook) -> None:
    del handed_in["cells"][place(handed_in, "double")]
    assert read_json(handed_in, toy).flags == ["missing cell: double"]


def test_a_given_cell_that_stands_twice_runs_once(toy: Assignment, handed_in: Notebook) -> None:
    copy = dict(handed_in["cells"][place(handed_in, "setup")], source="FACTOR = 100", id="x")
    handed_in["cells"].append(copy)
    got = read_json(handed_in, toy)
    assert got.flags == ["repeated cell: setup"]
    assert [source for name, source in got.cells if name == "setup"] == ["FACTOR = 2"]


def test_an_answer_that_stands_twice_runs_twice_and_is_noted(toy: Assignment, handed_in: Notebook) -> None:
    again = dict(handed_in["cells"][place(handed_in, "double")], source="def double(x): return 0", id="x")
    handed_in["cells"].append(again)
    got = read_json(handed_in, toy)
    assert got.flags == ["repeated cell: double"]
    assert [name for name, _ in got.cells].count("double") == 2


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_a_cell_that_became_text_is_noted_and_a_given_one_put_back(
    toy: Assignment, handed_in: Notebook, kind: str
) -> None:
    for name in ("setup", "double"):
        cell = handed_in["cells"][place(handed_in, name)]
        cell["cell_type"] = kind
        del cell["outputs"], cell["execution_count"]
    got = read_json(handed_in, toy)
    assert got.flags == [
        *("retyped cell: setup", "retyped cell: double"),
        *("missing cell: setup", "missing cell: double"),
    ]
    assert got.cells[0] == ("setup", "FACTOR = 2")
    assert "double" not in dict(got.cells)


def test_cells_in_another_order_run_in_it_and_are_noted(toy: Assignment, handed_in: Notebook) -> None:
    handed_in["cells"].reverse()
    got = read_json(handed_in, toy)
    assert got.flags == ["cells in another order"]
    assert [name for name, _ in got.cells] == ["limit", "cell 2", "double", "setup"]


@pytest.mark.parametrize(
    "ours", [None, "setup", ["setup"], {}, {"given": None}, {"given": ["setup"]}, {"answer": "no such cell"}, 3]
)
def test_metadata_of_any_kind_names_nothing(toy: Assignment, handed_in: Notebook, ours: object) -> None:
    handed_in["cells"].append(free("a = 1") | {"metadata": {"attn_classroom": ours}})
    got = read_json(handed_in, toy)
    assert got.flags == []
    assert got.cells[-1] == ("cell 7", "a = 1\n")


def test_a_given_cell_that_calls_itself_an_answer_is_put_back(toy: Assignment, handed_in: Notebook) -> None:
    cell = handed_in["cells"][place(handed_in, "setup")]
    cell["metadata"]["attn_classroom"] = {"answer": "setup"}
    cell["source"] = "FACTOR = 3"
    got = read_json(handed_in, toy)
    assert dict(got.cells)["setup"] == "FACTOR = 2"
    assert got.flags == ["changed given cell: setup"]


def test_lines_in_a_list_are_one_source(toy: Assignment, handed_in: Notebook) -> None:
    handed_in["cells"].append(free("") | {"source": ["a = 1\n", "b = 2"]})
    assert read_json(handed_in, toy).cells[-1][1] == "a = 1\nb = 2\n"


def test_a_notebook_of_the_third_format_is_read(toy: Assignment) -> None:
    cells = [
        {"cell_type": "heading", "level": 1, "metadata": {}, "source": "Title"},
        {"cell_type": "code", "input": "FACTOR = 3", "language": "python", "outputs": []}
        | {"prompt_number": 1, "metadata": {"attn_classroom": {"given": "setup"}}},
        {"cell_type": "code", "input": ["a = 1\n", "%time b = 2"], "language": "python", "outputs": [], "metadata": {}},
    ]
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": cells, "metadata": {}}],
    }
    got = read_json(old, toy)
    assert got.flags == ["changed given cell: setup", "missing cell: double", "missing cell: limit"]
    assert got.cells[0] == ("setup", "FACTOR = 2")
    assert "get_ipython()" in got.cells[1][1]


def test_a_notebook_without_cell_ids_is_read(toy: Assignment, handed_in: Notebook) -> None:
    for cell in handed_in["cells"]:
        del cell["id"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert read_json(handed_in, toy).flags == []


def test_a_notebook_without_cell_ids_is_read_quietly(toy: Assignment, handed_in: Notebook) -> None:
    for cell in handed_in["cells"]:
        del cell["id"]
    assert read_json(handed_in, toy).flags == []


def test_a_byte_order_mark_is_no_obstacle(toy: Assignment) -> None:
    assert read(b"\xef\xbb\xbf" + notebook(toy).encode(), toy).flags == []


def test_a_magic_in_a_given_cell_is_nothing(toy: Assignment) -> None:
    assignment = Assignment("a", (Cell("given", "setup", "%matplotlib inline\nx = 1"),))
    ((_, source),) = read(notebook(assignment).encode(), assignment).cells
    compile(source, "setup", "exec")


# -- what cannot be read


@pytest.mark.parametrize("data", [b"", b"  \n\t"])
def test_an_empty_file(toy: Assignment, data: bytes) -> None:
    with pytest.raises(Unreadable, match="^the file is empty$"):
        read(data, toy)


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    "data",
    [
        b"hello", b"[]", b"{}", b"3", b"null", b'"a"', b"\xff\xfe\x00", b"\x00", b"PK\x03\x04", deep(100_000),
        b'{"nbformat": 4}', b'{"nbformat": 4, "cells": 3}', b'{"nbformat": 4, "cells": [3]}',
        b'{"nbformat": 4, "cells": [{}]}', b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [null]}',
        b'{"nbformat": 99, "cells": []}', b'{"nbformat": "4", "cells": []}', b'{"nbformat": 3, "worksheets": [[]]}',
        b'{"cells": [{"cell_type": "code", "source": "a", "metadata": 3}], "nbformat": 4, "nbformat_minor": 4}',
    ],
    ids=lambda data: repr(data[:40]),
)  # fmt: skip
def test_what_is_no_notebook_is_refused_in_a_sentence(toy: Assignment, data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(Unreadable, match=r"^the file is not a notebook \(\w+\)$"):
            read(data, toy)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    toy: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nbformat, "reads", None)
    with pytest.raises(Unreadable, match=r"^the file is larger than 20 MB$"):
        read(b"x" * (MAX_BYTES + 1), toy)


def test_too_many_cells(toy: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_CELLS == 2000
    monkeypatch.setattr(reading, "MAX_CELLS", 5)
    with pytest.raises(Unreadable, match=r"^the notebook has 6 cells, and 5 are allowed$"):
        read(notebook(toy).encode(), toy)


# -- magics


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("%matplotlib inline", "get_ipython().run_line_magic('matplotlib', 'inline')\n"),
        ("!pip install torch", "get_ipython().system('pip install torch')\n"),
        ("%%time\nx = 1", "x = 1\n"),
        ("f?", "get_ipython().run_line_magic('pinfo', 'f')\n"),
        ("x = 1", "x = 1\n"),
        ("", "\n"),
    ],
)
def test_magics_become_python(source: str, plain: str) -> None:
    assert plain_python(source) == plain


def test_a_cell_of_many_magics_is_not_read_again_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def count(lines: list[str]) -> Any:
        read.append(sum(len(line) for line in lines))
        return tokens(lines)

    tokens = inputtransformer2.make_tokens_by_line
    monkeypatch.setattr(inputtransformer2, "make_tokens_by_line", count)
    monkeypatch.setattr(reading, "MAX_READ", 5000)
    source = "x = 1\n" * 100 + "%pwd\n" * 30
    assert 0 < plain_python(source).count("%pwd\n") < 30
    assert max(read) <= sum(read) <= 5000
    read.clear()
    assert "%pwd" not in plain_python("x = 1\n" * 100 + "%pwd\n" * 3)
    assert len(read) == 4


def test_a_cell_that_is_too_long_to_be_read_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reading.MAX_READ == 1_000_000
    monkeypatch.setattr(reading, "MAX_READ", 100)
    assert plain_python("x = 1\n" * 20) == "x = 1\n" * 20


def test_what_is_no_python_stays_for_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    assert plain_python("def f(:") == "def f(:\n"
    monkeypatch.setattr(reading.TransformerManager, "transform_cell", lambda *_: 1 / 0)
    assert plain_python("x = = 1") == "x = = 1"
