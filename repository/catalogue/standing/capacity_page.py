"""/capacity: what is used and free, how fast it grows and when it will be full: the figures of `kdr capacity`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
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

QUOTA = "quota"
"""The name of the row that stands for all together."""
_AHEAD = 5 * 365
"""Days ahead that the forecast is drawn for."""
_MONTHS = 36

_ROOMS = "select * from capacity order by name <> 'quota', name"
_RATES = "select * from capacity_rate order by days"
_SHARES = """
select capacity_share.*, institution.name from capacity_share
left join institution on institution.sigla = capacity_share.institution order by bytes desc, capacity_share.institution
"""
_GROWTH = """
select substr(stored, 1, 7) as month, count(*) as versions, sum(bytes) as bytes
from version where stored is not null and bytes is not null group by month order by month
"""


async def _capacity(datasette: Datasette, request: Request) -> Response:
    speech = Speech()
    rooms = await rows(datasette, _ROOMS)
    rates = await rows(datasette, _RATES)
    growth = _every_month(await rows(datasette, _GROWTH))
    whole = next((room for room in rooms if room["name"] == QUOTA), None)
    told: dict[str, Any] = {
        "rooms": rooms,
        "rates": rates,
        "shares": await rows(datasette, _SHARES),
        "growth": growth[-_MONTHS:],
        "plots": _plots(growth, whole, rates, speech),
        "quota": QUOTA,
        "figure": speech.decimal,
    }
    return Response.html(await datasette.render_template("standing_capacity.html", told, request=request))


def _every_month(found: Sequence[Row]) -> list[dict[str, Any]]:
    """Months (YYYY-MM) with what was stored in each and until its end; those in between without anything too."""
    if not found:
        return []
    known = {row["month"]: row for row in found}
    months, month, total = [], dt.date.fromisoformat(f"{found[0]['month']}-01"), 0
    while (name := f"{month:%Y-%m}") <= found[-1]["month"]:
        row = known.get(name, {"versions": 0, "bytes": 0})
        total += row["bytes"]
        months.append({"month": name, "versions": row["versions"], "bytes": row["bytes"], "total": total})
        month = _next(month)
    return months


def _next(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1)


def _plots(growth: Sequence[Row], whole: Row | None, rates: Sequence[Row], speech: Speech) -> Mapping[str, Plot]:
    if not growth:
        return {}

    def sized(value: float) -> str:
        return speech.sized(round(value))

    def when(day: float) -> str:
        return speech.day(dt.date.fromordinal(round(day)).isoformat())

    plots = {"growth": columns([(row["month"], row["bytes"]) for row in growth[-_MONTHS:]], sized)}
    if whole is not None:
        plots["forecast"] = courses(_course(growth, whole, rates), when, sized)
    return plots


def _course(growth: Sequence[Row], whole: Row, rates: Sequence[Row]) -> dict[str, list[tuple[float, float]]]:
    """What was used at the end of each month until now, and what will be at the usual rate, as (day, bytes)."""
    today = dt.datetime.fromisoformat(whole["measured"]).astimezone().date().toordinal()
    ends = [_next(dt.date.fromisoformat(f"{row['month']}-01")).toordinal() - 1 for row in growth]
    start = dt.date.fromisoformat(f"{growth[0]['month']}-01").toordinal()
    used = [(float(min(end, today)), float(row["total"])) for end, row in zip(ends, growth, strict=True)]
    lines = {"used": [(float(start), 0.0), *used, (float(today), float(whole["used"]))]}
    usual = next((rate["bytes_per_day"] for rate in rates if rate["days"] == 90), 0.0)
    until = today + _AHEAD
    if whole["full_on"]:
        until = min(until, dt.date.fromisoformat(whole["full_on"]).toordinal())
    if usual > 0 and until > today:
        lines["forecast"] = [
            (float(today), float(whole["used"])),
            (float(until), whole["used"] + usual * (until - today)),
        ]
    if whole["full_on"] and until < today + _AHEAD:
        limit = float(whole["used"] + (whole["free"] or 0))
        lines["limit"] = [(float(start), limit), (float(until), limit)]
    return lines


ROUTES = (Route("capacity", r"^/capacity$", _capacity, roles=(Role.ARCHIVIST, Role.OPERATOR)),)
