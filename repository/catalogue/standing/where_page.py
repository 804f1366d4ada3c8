"""/where?q=: "Where is my book?" by barcode, folder, shelf mark, URN:NBN, UUID or words of its title.

For those who work for the institution that owns it; of the books of others nothing is said.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datasette import Response
from datasette.utils.asgi import Request

from repository.catalogue.presentation import NAME
from repository.catalogue.reading.rows import Row, rows
from repository.catalogue.rights.audience import current
from repository.catalogue.routes import Route
from repository.catalogue.standing.timeline import timeline
from repository.catalogue.standing.work_page import ROLES

if TYPE_CHECKING:
    from datasette.app import Datasette

_LONGEST = 300
_MOST = 100
_IN_WORK = 20_000
_ABOUT = ("folder", "shelf_mark", "institution")

_BY_NUMBER = """
select uuid, called, folder, institution, shelf_mark from volume
where ?1 in (uuid, folder, batch, shelf_mark) or lower(?1) in (uuid, lower(urnnbn), lower(shelf_mark), lower(ccnb))
  or replace(?1, '-', '') in (replace(isbn, '-', ''), replace(ismn, '-', ''), replace(issn, '-', ''))
  or uuid in (select volume from batch_volume where barcode = ?1)
  or uuid in (select volume from page where uuid = lower(?1))
order by called, uuid limit ?2
"""
_BY_WORDS = """
select uuid, called, folder, institution, shelf_mark from volume
where rowid in (select rowid from found_volume where found_volume match escape_fts(:q))
  and (:everywhere or institution in (select value from json_each(:own)))
order by called, uuid limit :most
"""
_UNSTORED = """
select distinct volume as uuid, title as called, folder, institution, shelf_mark, urnnbn, barcode, batch
from batch_volume where not exists (select 1 from volume where volume.uuid = batch_volume.volume)
order by folder, volume limit ?
"""


@dataclass(frozen=True, slots=True)
class Match:
    """A volume that may be meant: what it is called, its folder, shelf mark and institution, whether it is stored."""

    uuid: str
    called: str
    about: tuple[str, ...]
    stored: bool


async def _where(datasette: Datasette, request: Request) -> Response:
    typed = (request.args.get("q") or "").strip()[:_LONGEST]
    found = await _matches(datasette, typed) if typed else []
    told: dict[str, Any] = {"typed": typed, "matches": found, "told": None, "most": _MOST}
    if len(found) == 1:
        told["one"] = found[0]
        told["told"] = await timeline(datasette, found[0].uuid, await _stored(datasette, found[0]))
    return Response.html(await datasette.render_template("standing_where.html", told, request=request))


async def _stored(datasette: Datasette, match: Match) -> Row | None:
    found = await rows(datasette, "select * from volume where uuid = ?", match.uuid)
    return found[0] if found else None


async def _matches(datasette: Datasette, typed: str) -> list[Match]:
    """Who bears the number; else whose title or folder has all the words."""
    number = typed.removeprefix("uuid:").strip()
    unstored = await rows(datasette, _UNSTORED, _IN_WORK)
    numbers = ("uuid", "folder", "shelf_mark", "urnnbn", "barcode", "batch")
    named = [row for row in unstored if number.casefold() in {str(row[name] or "").casefold() for name in numbers}]
    found = [*_own(await rows(datasette, _BY_NUMBER, number, _MOST), stored=True), *_own(named, stored=False)]
    if found:
        return found
    words = _words(typed)
    who = current()
    asked = {"q": typed, "most": _MOST, "everywhere": who.everywhere, "own": json.dumps(sorted(who.institutions))}
    titled = (await datasette.get_database(NAME).execute(_BY_WORDS, asked)).rows if words else []
    alike = [row for row in unstored if words and words <= _words(f"{row['called']} {row['folder']}")]
    return [*_own(map(dict, titled), stored=True), *_own(alike, stored=False)]


def _own(found: Iterable[Row], *, stored: bool) -> list[Match]:
    """Those of the institutions that the one who asks works for."""
    who = current()
    return [
        Match(row["uuid"], row["called"], tuple(filter(None, (row[name] for name in _ABOUT))), stored)
        for row in found
        if who.works_for(row["institution"])
    ][:_MOST]


def _words(text: str) -> set[str]:
    """Its words without case and diacritics."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return set(re.findall(r"\w+", plain.casefold()))


ROUTES = (Route("where", r"^/where$", _where, roles=ROLES, parameters=("q",)),)
