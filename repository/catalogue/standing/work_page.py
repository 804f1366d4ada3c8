"""/work and /work/<batch>: what is in work, what waits for whom, and the pages of a batch from the worst on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from datasette import Response
from datasette.utils.asgi import NotFound, Request

from repository.catalogue.addresses import sheet_asked
from repository.catalogue.presentation import Speech
from repository.catalogue.reading.rows import Row, rows
from repository.catalogue.rights.audience import Role
from repository.catalogue.routes import Route
from repository.catalogue.standing.work import Batch, batches, waiting

if TYPE_CHECKING:
    from datasette.app import Datasette

ROLES = (Role.OPERATOR, Role.CURATOR, Role.ARCHIVIST)
SHEET = 60
"""Pages on one sheet."""

STANDINGS = ("stopped", "warning", "fine")
"""The parts of the contact sheet, the worst first; as workflows.contact_sheet has them."""

_VOLUMES = "select * from batch_volume where batch = ? order by folder, volume"
_STEPS = """
select step, sum(pages) as pages, sum(seconds) as seconds, max(longest) as longest
from batch_step where batch = ? group by step order by number
"""
_KINDS = """
select code, severity, count(*) as findings, count(distinct volume || '/' || position) as pages
from batch_finding where batch = ? and severity <> 'info'
group by code, severity order by severity not in ('fatal', 'error'), severity, code
"""
_LOOSE = "select code, severity, text_cs, text_en, do_cs, do_en from batch_finding where batch = ? and volume = ''"
_SHEET = """
select sheet.*, own.folder, own.title, shown.uuid as shown, shown.position as at, shown.volume as kept
from batch_page as sheet join batch_volume as own on own.batch = sheet.batch and own.volume = sheet.volume
  left join page as shown on shown.uuid = sheet.page
where sheet.batch = ?1 and (?2 = '' or sheet.standing = ?2) and (?3 = '' or exists (
  select 1 from batch_finding as told
  where told.batch = sheet.batch and told.volume = sheet.volume and told.position = sheet.position and told.code = ?3))
order by case sheet.standing when 'stopped' then 0 when 'warning' then 1 else 2 end, sheet.worth, own.folder,
  sheet.volume, sheet.position
limit ?4 offset ?5
"""
_COUNTS = """
select sheet.standing, count(*) as pages from batch_page as sheet
where sheet.batch = ?1 and (?2 = '' or exists (
  select 1 from batch_finding as told
  where told.batch = sheet.batch and told.volume = sheet.volume and told.position = sheet.position and told.code = ?2))
group by sheet.standing
"""
_TOLD = """
select volume, position, code, severity, text_cs, text_en, do_cs, do_en from batch_finding
where batch = ? and severity <> 'info' and volume || '/' || position in (select value from json_each(?)) order by number
"""


async def _work(datasette: Datasette, request: Request) -> Response:
    speech = Speech()
    found = await batches(datasette)
    told = {
        "running": [each for each in found if each.state == "working"],
        "resting": [each for each in found if each.state != "working"],
        "waiting": await waiting(datasette),
        "said": lambda batch: _said(batch, speech),
    }
    return Response.html(await datasette.render_template("standing_work.html", told, request=request))


async def _one(datasette: Datasette, request: Request) -> Batch:
    """The batch of the address. Raises NotFound: there is none that may be seen."""
    found = await batches(datasette, request.url_vars["batch"])
    if not found:
        raise NotFound(request.path)
    return found[0]


async def _progress(datasette: Datasette, request: Request) -> Response:
    """The numbers of a batch as they stand, and what the page says of them."""
    batch = await _one(datasette, request)
    names = ("batch", "volumes", "pages", "done", "bad", "broken", "todo", "stored", "waiting", "failed", "looked")
    told: dict[str, Any] = {name: batch.row[name] for name in names}
    told |= {
        "working": bool(batch.row["working"]),
        "percent": batch.percent,
        "ready": batch.ready or None,
        "pages_per_minute": batch.row["pages_per_minute"],
        "said": _said(batch, Speech()),
    }
    return Response.json(told, headers={"cache-control": "no-store"})


def _said(batch: Batch, speech: Speech) -> str:
    """How a batch stands, in one sentence or two."""
    row = batch.row
    numbers = {name: speech.grouped(row[name]) for name in ("pages", "done", "todo", "bad", "broken")}
    told = [speech.say("standing.progress", **numbers)]
    if row["working"] and row["pages_per_minute"]:
        told.append(speech.say("standing.pace", rate=speech.decimal(row["pages_per_minute"])))
    if batch.ready:
        told.append(speech.say("standing.ready", moment=speech.moment(batch.ready)))
    return " ".join(told)


async def _batch(datasette: Datasette, request: Request) -> Response:
    batch, speech = await _one(datasette, request), Speech()
    name = batch.row["batch"]
    show, code = request.args.get("show") or "", request.args.get("code") or ""
    show = show if show in STANDINGS else ""
    counts = {row["standing"]: row["pages"] for row in await rows(datasette, _COUNTS, name, code)}
    sheets = max(1, -(-(counts.get(show, 0) if show else sum(counts.values())) // SHEET))
    at = sheet_asked(request.args.get("sheet"), sheets)
    cards = await rows(datasette, _SHEET, name, show, code, SHEET, (at - 1) * SHEET)
    told: dict[str, Any] = {
        "batch": batch,
        "said": _said(batch, speech),
        "volumes": await rows(datasette, _VOLUMES, name),
        "waiting": await waiting(datasette, name),
        "steps": await rows(datasette, _STEPS, name),
        "kinds": await rows(datasette, _KINDS, name),
        "loose": await rows(datasette, _LOOSE, name),
        "cards": cards,
        "findings": await _of_cards(datasette, name, cards),
        "counts": {part: counts.get(part, 0) for part in STANDINGS},
        "show": show,
        "code": code,
        "sheet": at,
        "sheets": sheets,
        "figure": lambda value: speech.decimal(value, 2),
    }
    return Response.html(await datasette.render_template("standing_batch.html", told, request=request))


async def _of_cards(datasette: Datasette, batch: str, cards: Sequence[Row]) -> dict[tuple[str, int], list[Row]]:
    names = json.dumps([f"{card['volume']}/{card['position']}" for card in cards])
    told: dict[tuple[str, int], list[Row]] = {}
    for row in await rows(datasette, _TOLD, batch, names):
        told.setdefault((row["volume"], row["position"]), []).append(row)
    return told


_NAME = "(?P<batch>[a-z0-9][a-z0-9-]{0,200})"
ROUTES = (
    Route("work", r"^/work$", _work, roles=ROLES),
    Route("work_progress", rf"^/work/{_NAME}\.json$", _progress, roles=ROLES, media="application/json"),
    Route("work_batch", rf"^/work/{_NAME}$", _batch, roles=ROLES, parameters=("show", "code", "sheet")),
)
