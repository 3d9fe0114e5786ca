"""A class graded: each submission a task of an executor, each result written when it is there."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import replace

from attn_classroom.apart import judge_apart
from attn_classroom.assignment import AssignmentError
from attn_classroom.isolation import IsolationError
from attn_classroom.records import Record
from attn_classroom.run import Run
from attn_classroom.submissions import Submission, Unreadable
from attn_classroom.task import Task, Verdict


def grade(
    run: Run, submissions: list[Submission], executor: Executor, ahead: int, *, told: Callable[[Record], None]
) -> None:
    """Grade submissions, and write each result when it is there.

    Args:
        run: what is graded, and where to.
        submissions: whom to grade; the records that `run` has of others are kept.
        executor: where the judging is done.
        ahead: how many submissions are handed to the executor at a time.
        told: called with each record.

    Raises:
        AssignmentError: when the tests cannot be used.
        IsolationError: when no sandbox can be had.
    """
    waiting: dict[Future[Verdict], tuple[str, str]] = {}
    queue = _tasks(run, submissions, told)
    try:
        while True:
            while len(waiting) < ahead and (entry := next(queue, None)):
                student, key, task = entry
                waiting[executor.submit(judge_apart, task)] = student, key
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                student, key = waiting[future]
                verdict = _verdict(future)
                record = Record(student, verdict, "" if verdict.why else key)  # --resume tries again
                del waiting[future]
                run.keep(record)
                told(record)
    finally:
        for future in waiting:
            future.cancel()


def _tasks(run: Run, submissions: list[Submission], told: Callable[[Record], None]) -> Iterator[tuple[str, str, Task]]:
    for each in submissions:
        try:
            data = b"" if each.why else each.data()
        except Unreadable as error:
            each = replace(each, why=str(error))
        if each.why:
            record = Record(each.student, Verdict(why=each.why, flags=each.flags))
            run.keep(record)
            told(record)
        elif (known := run.records.get(each.student)) and known.key == run.key(data):
            told(known)
        else:
            task = Task(run.assignment, data, run.seed, run.limits, run.unsafe, each.flags)
            yield each.student, run.key(data), task


def _verdict(future: Future[Verdict]) -> Verdict:
    try:
        return future.result()
    except (AssignmentError, IsolationError):
        raise
    except Exception as error:  # noqa: BLE001 (one student's trouble stays one student's)
        return Verdict(why=f"judging it failed, see it by hand ({type(error).__name__}: {error})"[:300])
