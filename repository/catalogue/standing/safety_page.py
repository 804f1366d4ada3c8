"""/safety: what an archivist answers for: incidents, what must be read when, copies, audits, drills, seals.

ISO 16363 4.4.1.2 and 5.1.1.3.1: integrity is monitored, and what was found is shown to who is responsible. Everything
is a row of the catalogue, and every number leads to the rows it counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from datasette import Response
from datasette.utils.asgi import Request

from repository.catalogue.presentation import Speech
from repository.catalogue.reading.rows import Row, rows
from repository.catalogue.rights.audience import Role
from repository.catalogue.routes import Route
from repository.catalogue.standing.plot import Plot, columns, courses

if TYPE_CHECKING:
    from datasette.app import Datasette

SOON = 14
"""Days ahead that count as due."""
_SHOWN = 20
_RUNS = 60

_INCIDENTS = """
select incident.incident, incident.object, volume.called, incident.version, incident.place, incident.verdict,
  incident.opened, incident.faults, incident.reason, incident.practice
from incident left join volume on volume.uuid = incident.object
where incident.state = 'open' order by incident.practice, incident.opened limit ?
"""
_DUE = """
select copy.object, volume.called, copy.version, copy.place, copy.last_read, copy.verdict, copy.deadline
from copy left join volume on volume.uuid = copy.object
where copy.deadline < ? order by copy.deadline, copy.object, copy.version, copy.place limit ?
"""
_SUMS = """
select count(*) as copies, coalesce(sum(deadline < ?1), 0) as overdue,
  coalesce(sum(deadline >= ?1 and deadline < ?2), 0) as due from copy
"""
_PLACES = """
select copy.place, capacity.site, capacity.medium, count(*) as copies, sum(copy.bytes) as bytes,
  sum(copy.verdict = 'intact') as intact, min(copy.last_read) as oldest, min(copy.deadline) as next,
  sum(copy.deadline < ?1) as overdue
from copy left join capacity on capacity.name = copy.place group by copy.place order by copy.place
"""
_UNSAFE = "select count(*) as versions, coalesce(sum(not safe), 0) as unsafe from safety"
_AUDITS = "select * from audit order by begun desc, run desc limit ?"
_DRILLS = "select * from drill order by time desc, drill desc limit 8"
_SEALS = "select * from seal order by time desc, record desc limit 8"


def _days(number: int) -> str:
    """The moment so many days from now, as the catalogue writes moments."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=number)).isoformat(timespec="seconds")


async def _safety(datasette: Datasette, request: Request) -> Response:
    speech, moments = Speech(), {"now": _days(0), "soon": _days(SOON)}
    audits = await rows(datasette, _AUDITS, _RUNS)
    told: dict[str, Any] = {
        "incidents": await rows(datasette, _INCIDENTS, _SHOWN),
        "due": await rows(datasette, _DUE, moments["soon"], _SHOWN),
        "sums": (await rows(datasette, _SUMS, *moments.values()))[0],
        "places": await rows(datasette, _PLACES, moments["now"]),
        "unsafe": (await rows(datasette, _UNSAFE))[0],
        "audits": audits,
        "speed": lambda audit: speed(audit) and speech.decimal(speed(audit) or 0.0),
        "plots": _plots(audits, speech),
        "drills": await rows(datasette, _DRILLS),
        "seals": await rows(datasette, _SEALS),
        "moments": moments,
        "shown": _SHOWN,
        "soon": SOON,
    }
    return Response.html(await datasette.render_template("standing_safety.html", told, request=request))


def speed(audit: Row) -> float | None:
    """Megabytes a second that an audit read; nothing of one that has not ended, or read nothing."""
    if not audit["seconds"] or audit["bytes"] is None:
        return None
    return float(audit["bytes"]) / float(audit["seconds"]) / 1e6


def _plots(audits: Sequence[Row], speech: Speech) -> dict[str, Plot]:
    """Speed of the audits, and faults they found, over time; none when fewer than two have ended."""
    ended = [(audit, fast) for audit in reversed(audits) if (fast := speed(audit)) is not None]
    if len(ended) < 2:
        return {}
    speeds = [(dt.datetime.fromisoformat(audit["begun"]).timestamp(), value) for audit, value in ended]
    faults = [(speech.day(audit["begun"]), float(audit["faults"] or 0)) for audit, _ in ended]

    def when(stamp: float) -> str:
        return speech.day(dt.datetime.fromtimestamp(stamp, dt.UTC).isoformat())

    def number(value: float) -> str:
        return speech.grouped(int(value)) if value == int(value) else speech.decimal(value)

    return {
        "speed": courses({"speed": speeds}, when, lambda value: f"{number(value)} MB/s"),
        "faults": columns(faults, number),
    }


ROUTES = (Route("safety", r"^/safety$", _safety, roles=(Role.ARCHIVIST,)),)
