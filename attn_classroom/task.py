"""What is judged, and what comes of it: plain data that can be sent to a process or a cluster."""

from dataclasses import dataclass, field

from attn_classroom.assignment import Assignment
from attn_classroom.limits import Limits
from attn_classroom.outcomes import Outcome


@dataclass(frozen=True)
class Task:
    """What to judge.

    Args:
        assignment: the tests and the cells that are put back.
        notebook: the bytes that were handed in.
        seed: of the random inputs.
        limits: what the submission may use.
        unsafe: without a sandbox.
        flags: what was odd about how it was handed in.
    """

    assignment: Assignment
    notebook: bytes
    seed: int
    limits: Limits = field(default_factory=Limits)
    unsafe: bool = False
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What came of a submission.

    Args:
        outcomes: one for each test; empty when it could not be graded.
        why: why it could not be graded; empty when it was.
        flags: what a teacher may want to look at.
        output: what the student's code printed, cut.
        seconds: how long it took.
        fault: whether it could not be graded for a reason that is the machine's or the teacher's, not the student's.
    """

    outcomes: tuple[Outcome, ...] = ()
    why: str = ""
    flags: tuple[str, ...] = ()
    output: str = ""
    seconds: float = 0
    fault: bool = False
