"""A class graded: each submission a task of an executor, each result written when it is final."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import replace
from typing import NamedTuple

from attn_classroom.apart import judge_apart
from attn_classroom.assignment import AssignmentError
from attn_classroom.isolation import IsolationError
from attn_classroom.records import Record
from attn_classroom.run import Run
from attn_classroom.submissions import Submission, Unreadable
from attn_classroom.task import Task, Verdict

ONCE = "could not be judged again, alone"


class _Entry(NamedTuple):
    student: str
    key: str
    task: Task


def grade(
    run: Run, submissions: list[Submission], executor: Executor, ahead: int, *, told: Callable[[Record], None]
) -> None:
    """Grade submissions, and write each result when it is final.

    Where several are judged at a time, one can suffer from the load of the others: whoever hit a time limit, or could
    not be judged, is judged once more at the end, alone, and that verdict counts, unless it is no verdict.

    Args:
        run: what is graded, and where to.
        submissions: whom to grade; the records that `run` has of others are kept.
        executor: where the judging is done.
        ahead: how many submissions are handed to the executor at a time.
        told: called with each record.

    Raises:
        AssignmentError: when the tests cannot be used.
        IsolationError: when nobody at all had a sandbox.
    """
    bench = _Bench(executor)
    doubtful: dict[str, tuple[_Entry, Verdict]] = {}

    def keep(record: Record) -> None:
        run.keep(record)
        told(record)

    for entry, verdict in bench.judged(_entries(run, submissions, keep, told), ahead):
        if ahead > 1 and (verdict.fault or any(flag.startswith("time limit") for flag in verdict.flags)):
            doubtful[entry.student] = entry, verdict
        else:
            keep(_record(entry, verdict))
    for entry, verdict in bench.judged(iter([entry for entry, _ in doubtful.values()]), 1):
        _, first = doubtful[entry.student]
        if verdict.fault and first.outcomes:
            first = replace(first, flags=(*first.flags, f"{ONCE}: {verdict.why}"))
            keep(_record(entry._replace(key=""), first))
        else:
            keep(_record(entry, verdict))


def _record(entry: _Entry, verdict: Verdict) -> Record:
    return Record(entry.student, verdict, "" if verdict.why else entry.key)  # without a key, --resume tries again


def _entries(
    run: Run, submissions: list[Submission], keep: Callable[[Record], None], told: Callable[[Record], None]
) -> Iterator[_Entry]:
    for each in submissions:
        fault = each.fault
        try:
            data = b"" if each.why else each.data()
        except Unreadable as error:  # the teacher's copy of it, whatever it holds
            each, fault = replace(each, why=str(error)), True
        if each.why:
            keep(Record(each.student, Verdict(why=each.why, flags=each.flags, fault=fault)))
        elif (known := run.records.get(each.student)) and known.key == run.key(data):
            told(known)
        else:
            task = Task(run.assignment, data, run.seed, run.limits, run.unsafe, each.flags)
            yield _Entry(each.student, run.key(data), task)


class _Bench:
    """An executor that is asked for verdicts; it knows whether any sandbox ever started there.

    Args:
        executor: where the judging is done.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor, self._started = executor, False
        self._failure: IsolationError | None = None

    def judged(self, entries: Iterator[_Entry], ahead: int) -> Iterator[tuple[_Entry, Verdict]]:
        """Judge so many at a time, and give each verdict when it is there.

        After a first failure to start a sandbox, no more are begun until another sandbox has started.
        """
        waiting: dict[Future[Verdict], _Entry] = {}
        try:
            while True:
                while len(waiting) < ahead and (self._started or not self._failure) and (entry := next(entries, None)):
                    waiting[self._executor.submit(judge_apart, entry.task)] = entry
                if not waiting:
                    return
                done = wait(waiting, return_when=FIRST_COMPLETED).done
                verdicts = [(waiting.pop(future), self._verdict(future)) for future in done]
                if self._failure and not self._started and not waiting:
                    raise self._failure
                yield from verdicts
        finally:
            for future in waiting:
                future.cancel()

    def _verdict(self, future: Future[Verdict]) -> Verdict:
        try:
            verdict = future.result()
        except AssignmentError:
            raise
        except IsolationError as error:
            self._failure = error
            return Verdict(why=f"no sandbox could be had for it ({error})"[:300], fault=True)
        except Exception as error:  # noqa: BLE001 (one student's trouble stays one student's)
            return Verdict(why=f"judging it failed, see it by hand ({type(error).__name__}: {error})"[:300], fault=True)
        self._started = self._started or bool(verdict.outcomes)
        return verdict
