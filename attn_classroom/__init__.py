"""Hand out, check and grade the assignments of the attention lesson.

In a notebook, `check("top_k_weights")` runs the public tests of one question against what the notebook holds, and
`check()` runs them all. Everything else is the command `attn-classroom`: see `attn-classroom --help`.

Which room holds what:

| room | what happens there |
|---|---|
| `assignment` | an assignment as it lies on the disk: cells, tests, wrong answers |
| `releasing`, `scaffold` | the solution taken out, and nothing of it left behind; a new assignment to start from |
| `inside` | what runs in the sandbox beside the student's code: the wire and the worker |
| `limits`, `bubblewrap`, `isolation` | what a submission may use, and the walls around it |
| `line`, `processes`, `sandbox` | one process behind the walls: the talk with it, its memory and its end |
| `entries`, `submissions` | the files of a class in a folder or a zip, and what each student handed in |
| `reading`, `session` | a notebook made ready to run, and its cells run one by one |
| `student`, `testing` | what a test sees of a submission, and the assertions it makes |
| `marking`, `outcomes`, `judging`, `trial` | pytest runs the tests of one submission |
| `task`, `apart` | what is judged and what comes of it; judged in a process of its own |
| `checking`, `ready` | the student's own look before handing in |
| `escaping`, `records`, `reports` | the record of each student, the table, the pages |
| `run`, `grading` | a class: what is known of it, and the pool that grades it |
| `verifying`, `doctor` | does the assignment hold; does the sandbox |
| `terminal`, `grade_command`, `__main__` | the words typed at the command line |
"""

from typing import Any

__all__ = ["check"]


def __getattr__(name: str) -> Any:
    """Load `check`, and with it pytest and torch, on first use: the sandbox imports this package and needs neither."""
    if name == "check":
        from attn_classroom.checking import check

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
