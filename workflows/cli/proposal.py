"""`kdr proposal`: list, show, apply, refuse."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from metadata.wording import wording
from workflows.cli.editing import user_name
from workflows.cli.speech import home, moment, out, show_json, table, tell
from workflows.cli.store import AsJson

if TYPE_CHECKING:
    from metadata.finding import Finding


def say(key: str, **facts: object) -> str:
    """A sentence of these commands in the reader's language."""
    return wording("workflows", "proposals.toml").say(key, None, **facts)


app = typer.Typer(help=say("help"), no_args_is_help=True)
ProposalId = Annotated[str, typer.Argument(metavar="ID", help=say("help.id"))]
By = Annotated[str, typer.Option("--by", help=say("help.apply.by"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="proposal")


@app.command("list", help=say("help.list"))
def list_proposals(
    *,
    every: Annotated[bool, typer.Option("--all", help=say("help.list.all"))] = False,
    as_json: AsJson = False,
) -> None:
    """List the proposals that wait, or all of them."""
    from workflows.proposals import listed

    found = listed(home(), ended=every)
    if as_json:
        show_json(found)
        return
    if not found:
        out().print(say("none"))
        return
    columns = ("id", "object", "kind", "author", "time", "state", "changes", "reason")
    rows = [
        (
            filed.proposal.id, filed.proposal.object_id, say(f"kind.{filed.proposal.kind.value}"),
            filed.proposal.author, filed.proposal.time, say(f"state.{filed.state.value}"),
            len(filed.proposal.changes), filed.proposal.reason,
        )
        for filed in found
    ]  # fmt: skip
    out().print(table(columns, rows, say))


@app.command("show", help=say("help.show"))
def show(proposal_id: ProposalId, *, as_json: AsJson = False) -> None:
    """Show a proposal: its values before and after."""
    from rich.text import Text

    from metadata.wording import printable
    from repository.catalogue.desk.changing import shown
    from workflows.proposals import proposals_of

    filed = proposals_of(home()).find(proposal_id)
    if as_json:
        show_json(filed)
        return
    told, console = filed.proposal, out()
    kind, state = say(f"kind.{told.kind.value}"), say(f"state.{filed.state.value}")
    about = say(
        "about", id=told.id, kind=kind, state=state, author=told.author, time=moment(told.time), version=told.version
    )
    lines = [about, told.object_id, say("reason", reason=told.reason)]
    if filed.ended is not None:
        end = filed.ended
        lines.append(say("ended", who=end.who, when=moment(end.when), why=end.why, version=end.version))
    for line in lines:
        # What people wrote is no markup.
        console.print(Text(printable(line)))
    columns = ("subject", "field", "before", "after")
    rows = [(each.subject or "–", each.field, shown(each.before), shown(each.after)) for each in told.changes]
    console.print(table(columns, rows, say))


@app.command("apply", help=say("help.apply"))
def apply_proposals(
    proposals: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help=say("help.id"))] = None,
    *,
    of: Annotated[str, typer.Option("--all-of", metavar="UUID", help=say("help.apply.of"))] = "",
    by: By = "",
) -> None:
    """Apply proposals as new versions; exit code 1 when one could not be."""
    from workflows.holdings import identified
    from workflows.proposal_applying import apply
    from workflows.proposals import waiting

    where, console = home(), out()
    if not proposals and not of:
        raise typer.BadParameter(say("which"))
    wanted = [*(proposals or ()), *(waiting(where, identified(of)) if of else ())]
    if not wanted:
        console.print(say("none"))
        return
    refused: list[str] = []

    def hear(found: Finding) -> None:
        refused.append(found.code)
        tell(found, console)

    for each in apply(where, wanted, by or user_name(), hear):
        key = "applied" if each.new else "applied_before"
        console.print(say(key, object=each.object_id, version=each.version, proposals=", ".join(each.proposals)))
    sys.exit(1 if refused else 0)


@app.command("refuse", help=say("help.refuse"))
def refuse_proposal(
    proposal_id: ProposalId,
    *,
    reason: Annotated[str, typer.Option("--reason", help=say("help.refuse.reason"))],
    by: By = "",
) -> None:
    """Refuse a proposal."""
    from workflows.proposals import refuse

    if not reason.strip():
        raise typer.BadParameter(say("reason_blank"), param_hint="--reason")
    refuse(home(), proposal_id, by or user_name(), reason.strip())
    out().print(say("refused", id=proposal_id))
