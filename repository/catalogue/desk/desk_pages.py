"""The curators' desk: their proposals and those that wait in their institutions, saved searches, lists and notes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasette import Response
from datasette.utils.asgi import BadRequest, Forbidden, NotFound, Request

from metadata.elements import clean
from metadata.event import now
from metadata.problem import Problem
from metadata.record import to_pretty_json
from repository.catalogue.desk.changing import shown
from repository.catalogue.desk.desks import FOLDER as DESKS
from repository.catalogue.desk.desks import Desk, Entry, Note, Search, changing, desk_of
from repository.catalogue.desk.forms import posted
from repository.catalogue.desk.proposal import FOLDER, Change, Filed, Proposals, State
from repository.catalogue.house import house_of
from repository.catalogue.reading.rows import UUID, rows
from repository.catalogue.rights.audience import Role, current
from repository.catalogue.routes import Route
from repository.catalogue.tongue import current_tongue

if TYPE_CHECKING:
    from datasette.app import Datasette

MOST_SHOWN = 200
"""Proposals in a table of the desk; `kdr proposal list --all` has them all."""
_ADDRESS = re.compile(rf"/volume/(?P<volume>{UUID})(?:/page/(?P<page>[0-9]{{1,5}}))?")
_VOLUME = "select called from volume where uuid = ?"
_PAGE = """
select volume.called || ', ' || coalesce(nullif(page.label, ''), page.position) as called
from page join volume on volume.uuid = page.volume where page.volume = ? and page.position = ?
"""
_MAY_SEE = "select uuid, called from volume where uuid in (select value from json_each(?))"

_PAGES = """
select uuid, position as "order", label from page where uuid in (select value from json_each(?)) and volume = ?
"""


async def _desk(datasette: Datasette, request: Request) -> Response:
    if request.method == "POST":
        return await _changed(datasette, request)
    return await _shown(datasette, request)


async def _shown(datasette: Datasette, request: Request, wrong: str = "", status: int = 200) -> Response:
    who = current()
    filed = await asyncio.to_thread(lambda: list(_proposals(datasette).all()))
    mine = [each for each in filed if each.proposal.author == who.name][:MOST_SHOWN]
    waiting = [each for each in filed if each.state is State.OPEN and who.works_for(each.proposal.institution)]
    known = await _called(datasette, [*mine, *waiting[:MOST_SHOWN]])
    saved = request.args.get("saved") or ""
    told = {
        "mine": [each for each in mine if each.proposal.object_id in known],
        "waiting": [each for each in waiting[:MOST_SHOWN] if each.proposal.object_id in known],
        "called": known,
        "desk": desk_of(_folder(datasette), who.name),
        "saved": saved if any(each.proposal.id == saved for each in mine) else "",
        "wrong": wrong,
    }
    page = await datasette.render_template("desk.html", told, request=request)
    return Response.html(page, status=status, headers={"cache-control": "no-store"})


async def _proposal(datasette: Datasette, request: Request) -> Response:
    try:
        filed = await asyncio.to_thread(_proposals(datasette).find, request.url_vars["proposal"])
    except Problem as problem:
        raise NotFound(problem.finding.text(current_tongue())) from None
    known = await _called(datasette, [filed])
    if filed.proposal.object_id not in known:
        raise NotFound(request.path)
    if not current().works_for(filed.proposal.institution):
        raise Forbidden(request.path)
    told = {
        "filed": filed,
        "called": known[filed.proposal.object_id],
        "pairs": await _pairs(datasette, filed),
        "shown": shown,
        "mine": _is_mine(filed),
    }
    page = await datasette.render_template("desk_proposal.html", told, request=request)
    return Response.html(page, headers={"cache-control": "no-store"})


async def _export(datasette: Datasette, request: Request) -> Response:
    desk = desk_of(_folder(datasette), current().name)
    named = {"content-disposition": f'attachment; filename="desk.{request.url_vars["form"]}"'}
    if request.url_vars["form"] == "csv":
        return Response("\ufeff" + desk.csv(), headers=named, content_type="text/csv; charset=utf-8")
    return Response(to_pretty_json(desk).decode(), headers=named, content_type="application/json; charset=utf-8")


async def _changed(datasette: Datasette, request: Request) -> Response:
    form = await posted(request)
    if any(clean(value) != value for value in form.values()):
        raise BadRequest("text")
    if form.get("act") == "withdraw":
        return await _withdrawn(datasette, request, form.get("proposal", ""))
    change = _ACTS.get(form.get("act", ""))
    if change is None:
        raise BadRequest("act")
    about = form.get("about", "")
    title = await _title(datasette, about) if about else ""
    try:
        with changing(_folder(datasette), current().name) as held:
            held[0] = change(held[0], form, title)
    except ValueError as error:
        return await _shown(datasette, request, str(error), 422)
    return Response.redirect(datasette.urls.path("/desk"), status=303)


async def _withdrawn(datasette: Datasette, request: Request, proposal: str) -> Response:
    kept = _proposals(datasette)
    try:
        if not _is_mine(kept.find(proposal)):
            raise Forbidden(request.path)
        kept.end(proposal, State.WITHDRAWN, current().name)
    except Problem as problem:
        raise BadRequest(problem.finding.text(current_tongue())) from problem
    return Response.redirect(datasette.urls.path("/desk"), status=303)


async def _title(datasette: Datasette, address: str) -> str:
    """How the volume or page at a local address is called.

    Raises:
        NotFound: there is none, or none that may be seen.
    """
    named = _ADDRESS.fullmatch(address)
    if named is None:
        raise NotFound(address[:200])
    asked = (_PAGE, named["volume"], int(named["page"])) if named["page"] else (_VOLUME, named["volume"])
    found = await rows(datasette, *asked)
    if not found:
        raise NotFound(address)
    return str(found[0]["called"])


async def _called(datasette: Datasette, filed: list[Filed]) -> dict[str, str]:
    """The titles of the proposals' volumes, of those that may be seen."""
    wanted = to_pretty_json(sorted({each.proposal.object_id for each in filed})).decode()
    return {row["uuid"]: row["called"] for row in await rows(datasette, _MAY_SEE, wanted)}


async def _pairs(datasette: Datasette, filed: Filed) -> list[tuple[Change, dict[str, Any] | None]]:
    """Every change with the page that it is about, as the catalogue has it today."""
    wanted = to_pretty_json(sorted({change.subject for change in filed.proposal.changes})).decode()
    pages = {row["uuid"]: row for row in await rows(datasette, _PAGES, wanted, filed.proposal.object_id)}
    return [(change, pages.get(change.subject)) for change in filed.proposal.changes]


def _is_mine(filed: Filed) -> bool:
    return bool(current().name) and filed.proposal.author == current().name


def _proposals(datasette: Datasette) -> Proposals:
    return Proposals(house_of(datasette).state / FOLDER)


def _folder(datasette: Datasette) -> Path:
    return house_of(datasette).state / DESKS


def _search(desk: Desk, form: Mapping[str, str], _title: str) -> Desk:
    return desk.with_search(Search(form.get("name", "").strip(), form.get("address", ""), now()))


def _entry(desk: Desk, form: Mapping[str, str], title: str) -> Desk:
    if not title:
        raise ValueError("about")
    return desk.with_entry(form.get("name", "").strip(), Entry(form.get("about", ""), title, now()))


def _note(desk: Desk, form: Mapping[str, str], _title: str) -> Desk:
    return desk.with_note(Note(form.get("text", "").strip(), now(), form.get("about", "")))


def _drop(desk: Desk, form: Mapping[str, str], _title: str) -> Desk:
    return desk.without(form.get("what", ""), form.get("name", ""), form.get("address", ""))


_ACTS: dict[str, Callable[[Desk, Mapping[str, str], str], Desk]] = {
    "search": _search,
    "entry": _entry,
    "note": _note,
    "drop": _drop,
}
_ROLES = (Role.CURATOR, Role.OPERATOR)
ROUTES = (
    Route("desk", r"^/desk$", _desk, _ROLES, ("GET", "POST"), parameters=("saved",)),
    Route("desk_proposal", r"^/desk/proposal/(?P<proposal>[^/]+)$", _proposal, _ROLES),
    Route("desk_export", r"^/desk/desk\.(?P<form>csv|json)$", _export, _ROLES, media="text/csv"),
)
