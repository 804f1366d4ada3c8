"""One page: its steps in order, each done once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.encode import Use
from metadata.finding import Finding
from metadata.problem import Problem
from metadata.tool import ToolFailed
from workflows.checking import check_step
from workflows.closing import STEPS, clear_passing, close_step
from workflows.copies import copy_step
from workflows.examining import examine_step
from workflows.reading import read_step
from workflows.step import RECORD, Made, Outcome, Record, Status, Step, perform, read_record
from workflows.straightening import straighten_step
from workflows.task import PageEnd, PageTask

CHAIN: dict[str, tuple[Callable[[PageTask], Step], tuple[str, ...]]] = {
    "examine": (examine_step, ()),
    "straighten": (straighten_step, ("examine",)),
    "read": (read_step, ("straighten",)),
    "master": (lambda task: copy_step(task, Use.MASTER), ("straighten",)),
    "user": (lambda task: copy_step(task, Use.USER), ("straighten",)),
    "check": (check_step, ("read",)),
    "page": (close_step, ("master", "user", "check")),
}
"""Each step of a page: what makes it, and the steps it waits for. The longest is begun first, so that none waits long
for the last page of a batch."""


def run_step(task: PageTask, name: str, *before: Outcome) -> Outcome:
    """Do one step of a page, unless a step it waits for ended badly: then its outcome is passed on."""
    for outcome in before:
        if not outcome.good:
            return outcome
    outcome = perform(_made(task, name), task.place, task.subject)
    if name == "page" and outcome.good:
        clear_passing(task)
    return outcome


def run_page(task: PageTask) -> PageEnd:
    """All steps of a page, one after the other, in this process."""
    done: dict[str, Outcome] = {}
    for name, (_, waits_for) in CHAIN.items():
        done[name] = run_step(task, name, *(done[other] for other in waits_for))
    return page_end(task, done["page"])


def page_end(task: PageTask, last: Outcome) -> PageEnd:
    """How a page ended, from its last outcome."""
    findings = page_findings(task) if last.good else _unique(page_findings(task), last.findings)
    return PageEnd(task.volume, task.page.number, task.subject, last.good, last.reused, last.step, findings)


def finished(task: PageTask) -> PageEnd | None:
    """The end of a page whose results are all there and still what they would be today; None when it must be worked on.

    Files are judged by their size here; their digests are compared when the package is built.
    """
    closing = read_record(task.place / "page")
    if closing is None:
        return None
    try:
        current = all(_current(CHAIN[name][0](task), task) for name in (*STEPS, "page"))
    except (Problem, ToolFailed, LookupError, OSError):
        current = False
    if current:
        return PageEnd(task.volume, task.page.number, task.subject, True, True, "page", page_findings(task))
    (task.place / "page" / RECORD).unlink(missing_ok=True)
    return None


def page_findings(task: PageTask) -> tuple[Finding, ...]:
    """All that the steps of a page noticed so far."""
    records = (read_record(task.place / step) for step in STEPS)
    return tuple(found for record in records if record for found in record.findings)


def _made(task: PageTask, name: str) -> Step:
    """The step; one that cannot even be made (its program is gone) fails with the reason when it is performed."""
    make, _ = CHAIN[name]
    try:
        return make(task)
    except (Problem, ToolFailed, LookupError, OSError) as error:
        why = error

    def fail(_: Path) -> Made:
        raise why

    return Step(name, "not made", {}, fail)


def _current(step: Step, task: PageTask) -> bool:
    record = read_record(task.place / step.name)
    if record is None or record.status is not Status.GOOD or record.fingerprint != step.fingerprint:
        return False
    return _same_size(record, task)


def _same_size(record: Record, task: PageTask) -> bool:
    place = task.place / record.step
    return all((place / o.file.path).stat().st_size == o.file.size for o in record.outputs if o.keep)


def _unique(first: tuple[Finding, ...], second: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return first + tuple(found for found in second if found not in first)
