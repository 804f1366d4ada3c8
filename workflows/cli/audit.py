"""`kdr audit`: plan, status, run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from metadata.wording import wording
from workflows.cli.speech import home, moment, out, show_json, table, tell
from workflows.cli.speech import say as common

if TYPE_CHECKING:
    from metadata.finding import Finding
    from repository.fixity import Check
    from repository.ledger import Kept
    from workflows.audit_due import Forecast
    from workflows.audit_plan import AuditPlan
    from workflows.audit_state import AuditStatus
    from workflows.auditing import RunEnd


def say(key: str, **facts: object) -> str:
    """A sentence of the audits in the reader's language."""
    return wording("workflows", "auditing.toml").say(key, None, **facts)


app = typer.Typer(help=say("help"), no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help=common("help.json"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="audit")


@app.command("plan", help=say("help.plan"))
def plan(
    *,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help=say("help.days"))] = None,
    place: Annotated[list[str] | None, typer.Option(metavar="NAME=DAYS", help=say("help.place.days"))] = None,
    hours: Annotated[float | None, typer.Option(min=0.01, max=24, help=say("help.hours.day"))] = None,
    mb_per_s: Annotated[float | None, typer.Option("--mb-per-s", min=0, max=1e6, help=say("help.mb"))] = None,
    workers: Annotated[int | None, typer.Option(min=0, max=1024, help=say("help.workers.plan"))] = None,
    save: Annotated[bool, typer.Option("--save", help=say("help.save"))] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a plan means, and save it."""
    from workflows.audit_plan import PlanWish
    from workflows.audit_state import plan_audit, promise_findings

    wish = PlanWish(days, tuple(place or ()), hours, mb_per_s, workers)
    made = plan_audit(home(), wish, keep=save)
    if as_json:
        show_json(made)
        return
    wished = wish != PlanWish()
    origin = say("plan.saved") if save else say("plan.wished") if wished else _origin(made.plan)
    console = out()
    console.print(_plan_line(made.plan, origin))
    console.print(_places(made))
    if promise := _promise(made):
        console.print(promise)
    for found in promise_findings(made):
        tell(found, console)


@app.command("status", help=say("help.status"))
def status(*, as_json: AsJson = False) -> None:
    """Show what is due and overdue; exit code 1 when anything is overdue."""
    from workflows.audit_state import status as stand

    found = stand(home())
    if as_json:
        show_json(found)
    else:
        _show_status(found)
    sys.exit(1 if found.overdue else 0)


@app.command("run", help=say("help.run"))
def run(
    *,
    sample: Annotated[int | None, typer.Option(min=1, help=say("help.sample"))] = None,
    object_id: Annotated[str, typer.Option("--object", metavar="ID", help=say("help.object"))] = "",
    place: Annotated[list[str] | None, typer.Option(metavar="NAME", help=say("help.place"))] = None,
    full: Annotated[bool, typer.Option("--full", help=say("help.full"))] = False,
    hours: Annotated[float | None, typer.Option(min=0, max=24 * 365, help=say("help.hours"))] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=1024, help=say("help.workers"))] = None,
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help=say("help.scheduler"))] = "",
    as_json: AsJson = False,
) -> None:
    """Read what is due or named; exit code 1 on any fault, 75 when not all could be read."""
    from workflows.audit_past import Scope
    from workflows.auditing import AuditWish, run_audit
    from workflows.holdings import identified
    from workflows.repairing import attend, catch_up

    repository, console = home(), out()
    only = identified(object_id) if object_id else ""
    wish = AuditWish(Scope(full, only, tuple(place or ()), sample or 0), hours, workers, scheduler)

    def hear(found: Finding) -> None:
        if not as_json:
            tell(found, console)

    def mend(kept: Kept, done: Check, audit: str) -> None:
        attend(repository, kept, done, audit, hear)

    catch_up(repository, hear)  # what an audit that was killed had found and not attended to
    end = run_audit(repository, wish, hear, mend)
    catch_up(repository, hear)
    if as_json:
        show_json({"exit_code": end.exit_code, **_plain(end)})
    else:
        console.print(_summary(end))
    sys.exit(end.exit_code)


def _plain(end: RunEnd) -> dict[str, object]:
    from metadata.record import plain

    written: dict[str, object] = plain(end)
    return written


def _summary(end: RunEnd) -> str:
    if not end.run:
        return say("run.journal")
    if not end.due:
        return say("run.nothing")
    speed = f"{end.bytes / 1e6 / end.seconds:.0f}" if end.seconds else say("unknown")
    return say(
        "run.summary", run=end.run, due=end.due, intact=end.intact, faults=end.faults, unread=end.unread,
        gigabytes=f"{end.bytes / 1e9:.2f}", speed=speed,
    )  # fmt: skip


def _show_status(found: AuditStatus) -> None:
    console = out()
    console.print(_plan_line(found.forecast.plan, _origin(found.forecast.plan)))
    console.print(_places(found.forecast))
    console.print(
        say("status.counts", due=found.due, overdue=found.overdue, oldest=moment(found.oldest) or say("unknown"))
    )
    if found.last is None:
        console.print(say("status.none"))
    else:
        last = found.last
        ended = moment(last.ended) or say("status.running")
        console.print(
            say(
                "status.last", run=last.run, begun=moment(last.begun), ended=ended,
                intact=last.intact, faults=last.faults, unread=last.unread, gigabytes=f"{last.bytes / 1e9:.2f}",
            )
        )  # fmt: skip
    if found.interrupted:
        console.print(say("status.interrupted", run=found.interrupted))
    for each in found.findings:
        tell(each, console)


def _origin(plan: AuditPlan) -> str:
    return say("plan.journal", when=plan.saved) if plan.saved else say("plan.settings")


def _plan_line(plan: AuditPlan, origin: str) -> str:
    speed = say("plan.limited", mb=f"{plan.mb_per_s:g}") if plan.mb_per_s else say("plan.unlimited")
    return say("plan.line", hours=f"{plan.hours:g}", speed=speed, workers=plan.hands, origin=origin)


def _places(made: Forecast) -> object:
    rows = [
        (
            each.place, each.days, each.copies, f"{each.bytes / 1e9:.2f}", each.due, each.overdue,
            each.oldest[:10] or say("unknown"), f"{each.needed:.2f}", _number(each.measured, "{:.0f}"),
            _number(each.full_hours, "{:.1f}"), each.read_by or say("unknown"),
        )
        for each in made.places
    ]  # fmt: skip
    columns = (
        "place", "days", "copies", "size", "due", "overdue", "oldest", "needed", "measured", "full", "read_by",
    )  # fmt: skip
    shown = table(columns, rows, say)
    shown.collapse_padding = True  # eleven columns in 80 characters
    for column in shown.columns:
        column.no_wrap = column.header in (say("column.oldest"), say("column.read_by"))
    return shown


def _promise(made: Forecast) -> str:
    if not any(each.copies for each in made.places):
        return say("plan.empty")
    facts = {"date": made.read_by, "needed": f"{made.needed:.2f}"}
    if made.kept is None:
        return say("plan.unknown", **facts)
    if not made.kept:
        return ""
    return say("plan.kept", possible=f"{made.possible or 0:.2f}", full=f"{made.full_hours or 0:.1f}", **facts)


def _number(value: float | None, form: str) -> str:
    return say("unknown") if value is None else form.format(value)
