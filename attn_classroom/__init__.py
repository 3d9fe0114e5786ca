"""Hand out, check and grade the assignments of the attention lesson.

In a notebook, `check("top_k_weights")` runs the public tests of one question against what the notebook holds, and
`check()` runs them all. Everything else is the command `attn-classroom`: see `attn-classroom --help`.

Which room holds what:

| room | what happens there |
|---|---|
| `assignment` | an assignment as it lies on the disk: cells, tests, wrong answers |
| `releasing` | the solution taken out, and nothing of it left behind |
| `inside` | what runs in the sandbox beside the student's code: the wire and the worker |
| `isolation`, `sandbox` | the walls, and one process behind them |
| `submissions`, `session` | what was handed in, and its cells run cell by cell |
| `student`, `testing`, `judging` | what a test sees, what it says, and pytest running it |
| `checking`, `ready` | the student's own look before handing in |
| `grading`, `records`, `reports` | a class: the pool, the record of each student, the tables and pages |
| `verifying`, `doctor`, `__main__` | does the assignment hold; does the sandbox; the words typed |
"""

from typing import Any

__all__ = ["check"]


def __getattr__(name: str) -> Any:
    """Load `check`, and with it pytest and torch, on first use: the sandbox imports this package and needs neither."""
    if name == "check":
        from attn_classroom.checking import check

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
