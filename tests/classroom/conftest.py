"""What the classroom's tests share: a tiny assignment, in memory and on the disk, and the walls of this machine."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from attn_classroom.assignment import Assignment, Wrong, load, read_cells
from attn_classroom.isolation import Walls, mounts

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """Let what these tests start hear Ctrl-C, also where they run in the background of a shell, which ignores it.

    Anew for each: a grader that was interrupted ignores Ctrl-C to its end, and in a test its process goes on.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


SOURCE = '''---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Assignment: toy

```{code-cell} ipython3
:given: setup

FACTOR = 2
```

Write `double`.

```{code-cell} ipython3
:answer: double

def double(x):
    """Return twice the number."""
    ### BEGIN SOLUTION
    result = x * FACTOR
    return result
    ### END SOLUTION
```

```{code-cell} ipython3
print("doubled")
```

```{code-cell} ipython3
:answer: limit

limit = None
### BEGIN SOLUTION
limit = 12345.0
### END SOLUTION
```
'''

PUBLIC_TESTS = """
import pytest

from attn_classroom.testing import assert_number


@pytest.mark.question("double", points=1, hint="Two times three.")
def test_three(student):
    assert_number(student.double(3), 6, "double(3)")
"""

HIDDEN_TESTS = """
import pytest

from attn_classroom.testing import assert_number


@pytest.mark.question("double", points=2, hint="Below zero, too.")
def test_below_zero(student):
    assert_number(student.double(-4), -8, "double(-4)")


@pytest.mark.question("limit", points=1, hint="Count again.")
def test_the_limit(student):
    assert_number(student.limit, 12345, "limit")
"""

WRONG_TOML = """
[[wrong]]
name = "three times"
score = 1
[wrong.answers]
double = '''
def double(x):
    return 3 * x
'''
"""


@pytest.fixture(scope="session")
def toy() -> Assignment:
    """Two questions of 3 and 1 points, of which 1 is public; no torch in the notebook."""
    tests = {"test_hidden.py": HIDDEN_TESTS, "test_public.py": PUBLIC_TESTS}
    wrong = Wrong("three times", {"double": "def double(x):\n    return 3 * x\n"}, 1)
    return Assignment("toy", read_cells(SOURCE), tests, (wrong,))


@pytest.fixture
def toy_folder(tmp_path: Path) -> Path:
    """The same on the disk, in a folder that a test may change."""
    folder = tmp_path / "assignments" / "toy"
    (folder / "tests").mkdir(parents=True)
    (folder / "toy.md").write_text(SOURCE, encoding="utf-8")
    (folder / "tests" / "test_public.py").write_text(PUBLIC_TESTS, encoding="utf-8")
    (folder / "tests" / "test_hidden.py").write_text(HIDDEN_TESTS, encoding="utf-8")
    (folder / "wrong_answers.toml").write_text(WRONG_TOML, encoding="utf-8")
    (folder / "rubric.md").write_text("# Rubric\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def distribution() -> Assignment:
    """The first assignment of the course."""
    return load(str(ROOT / "assignments" / "distribution"))


@pytest.fixture(scope="session")
def walls() -> Walls:
    """What a sandbox holds on this machine."""
    if shutil.which("bwrap") is None:
        pytest.skip("no bubblewrap on this machine")
    return mounts()
