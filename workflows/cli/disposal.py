"""`kdr disposal`, and `kdr store hold`, `release`, `holds`: keeping and letting go."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from metadata.wording import wording
from workflows.cli.speech import home, out, show_json, table
from workflows.cli.store import AsJson, ObjectId
from workflows.cli.store import app as store_app

if TYPE_CHECKING:
    from repository.disposal import Disposal


def say(key: str, **facts: object) -> str:
    """A sentence of these commands in the reader's language."""
    return wording("workflows", "disposal.toml").say(key, None, **facts)


app = typer.Typer(help=say("help.disposal"), no_args_is_help=True)
DisposalId = Annotated[str, typer.Argument(metavar="DISPOSAL", help=say("help.disposal.id"))]
Reason = Annotated[str, typer.Option("--reason", help=say("help.reason"))]
By = Annotated[str, typer.Option("--by", help=say("help.by"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="disposal")


@store_app.command("hold", help=say("help.hold"))
def hold_object(object_id: ObjectId, *, reason: Reason, by: By) -> None:
    """Put an object on hold."""
    from repository.hold import hold
    from workflows.founding import attached, open_store
    from workflows.holdings import identified
    from workflows.letting_go import signed

    where = home()
    held = hold(open_store(where).journal, identified(object_id), reason, signed(by), attached(where))
    out().print(say("held", object=held.object_id, hold=held.id))


@store_app.command("release", help=say("help.release"))
def release_object(
    object_id: ObjectId, *, reason: Reason, by: By,
    hold_id: Annotated[str, typer.Option("--hold", help=say("help.hold.id"))] = "",
) -> None:  # fmt: skip
    """Release an object from a hold."""
    from repository.hold import open_holds, release
    from workflows.founding import attached, open_store
    from workflows.holdings import identified
    from workflows.letting_go import signed

    where, number = home(), identified(object_id)
    journal = open_store(where).journal
    ended = release(journal, number, reason, signed(by), hold_id=hold_id, witnesses=attached(where))
    out().print(say("released", object=number, hold=ended.id, left=len(open_holds(journal, number))))


@store_app.command("holds", help=say("help.holds"))
def list_holds(*, as_json: AsJson = False) -> None:
    """List the objects on hold."""
    from repository.hold import open_holds
    from workflows.founding import open_store

    held = open_holds(open_store(home()).journal)
    if as_json:
        show_json(held)
    elif not held:
        out().print(say("no_holds"))
    else:
        rows = [(each.object_id, each.id, each.reason, each.by, each.since) for each in held]
        out().print(table(("object", "hold", "reason", "by", "since"), rows, say))


@app.command("propose", help=say("help.disposal.propose"))
def propose(
    objects: Annotated[list[str], typer.Argument(metavar="ID...", help=say("column.object"))],
    *,
    reason: Reason,
    legal_basis: Annotated[str, typer.Option("--legal-basis", help=say("help.legal_basis"))],
    by: By,
    trigger: Annotated[
        dt.datetime | None, typer.Option("--trigger", formats=["%Y-%m-%d"], help=say("help.trigger"))
    ] = None,
) -> None:
    """Propose objects for disposal."""
    from workflows.holdings import identified
    from workflows.letting_go import disposals, periods, signed, today

    where = home()
    day = trigger.date().isoformat() if trigger else ""
    asked = periods(where, [identified(each) for each in objects], day)
    made = disposals(where).propose(asked, reason, legal_basis, signed(by), today())
    out().print(say("proposed", id=made.id, objects=len(made.items), by=made.proposed.by))


@app.command("approve", help=say("help.disposal.approve"))
def approve(disposal_id: DisposalId, *, by: By) -> None:
    """Approve a proposal."""
    from repository.disposal import State
    from workflows.letting_go import disposals, signed

    now = disposals(home()).approve(disposal_id, signed(by))
    key = "approved" if now.state is State.APPROVED else "approved_first"
    out().print(say(key, id=now.id, by=", ".join(vote.by for vote in now.approved)))
    _tell_accounts(now)


@app.command("refuse", help=say("help.disposal.refuse"))
def refuse(disposal_id: DisposalId, *, reason: Reason, by: By) -> None:
    """Refuse a proposal."""
    from workflows.letting_go import disposals, signed

    out().print(say("refused", id=disposals(home()).refuse(disposal_id, reason, signed(by)).id))


@app.command("execute", help=say("help.disposal.execute"))
def execute(disposal_id: DisposalId) -> None:
    """Execute an approved disposal; exit code 1 while a place that is away still has copies."""
    from workflows.letting_go import execute as let_go
    from workflows.letting_go import tombstones

    where = home()
    now = let_go(where, disposal_id)
    _tell_accounts(now)
    pending = [item for item in now.items if item.pending]
    for item in pending:
        out().print(say("waiting", id=now.id, object=item.object_id, places=", ".join(item.pending)))
    if not pending:
        out().print(say("executed", id=now.id))
    for path, stone in tombstones(where, now):
        out().print(f"  {path}", soft_wrap=True)
        for media in sorted({bundle for gone in stone.versions for bundle in gone.bundles}):
            out().print(say("on_shelf", object=stone.object_id, media=media))
    sys.exit(1 if pending else 0)


@app.command("list", help=say("help.disposal.list"))
def list_disposals(*, as_json: AsJson = False) -> None:
    """List the disposals and their state."""
    from metadata.record import plain
    from workflows.letting_go import disposals

    found = disposals(home()).all()
    if as_json:
        show_json([plain(each) | {"state": each.state, "one_account": each.one_account} for each in found])
    elif not found:
        out().print(say("no_disposals"))
    else:
        columns = ("disposal", "state", "objects", "reason", "legal_basis", "proposed", "approved", "pending")
        out().print(table(columns, map(_row, found), say))


def _row(each: Disposal) -> tuple[object, ...]:
    pending = sorted({place for item in each.items for place in item.pending})
    approved = ", ".join(vote.by for vote in each.approved)
    return (
        each.id, say(f"state.{each.state}"), len(each.items), each.reason, each.legal_basis, each.proposed.by,
        approved, ", ".join(pending),
    )  # fmt: skip


def _tell_accounts(each: Disposal) -> None:
    if each.one_account:
        accounts = sorted({vote.account for vote in (each.proposed, *each.approved)})
        out().print(say("one_account", id=each.id, accounts=", ".join(accounts)))
