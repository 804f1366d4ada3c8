"""`kdr capacity`: used, free, whose, and full on which day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from metadata.wording import wording
from workflows.cli.speech import home, out, show_json, table, tell
from workflows.cli.store import AsJson

if TYPE_CHECKING:
    from workflows.capacity import Capacity, Room

_CELLS = 24


def say(key: str, **facts: object) -> str:
    """A sentence of this command in the reader's language."""
    return wording("workflows", "capacity.toml").say(key, None, **facts)


def add_to(main: typer.Typer) -> None:
    """Add the command to `main`."""
    main.command("capacity", help=say("help.capacity"))(show_capacity)


def show_capacity(*, as_json: AsJson = False) -> None:
    """Say what is used and free; a warning when it is more than the settings want."""
    from workflows.capacity import capacity

    now = capacity(home())
    if as_json:
        show_json(now)
    else:
        _show(now)


def bar(percent: float) -> str:
    """A bar of 24 cells, filled to eighths of a cell; what is used at all shows."""
    eighths = max(1 if percent > 0 else 0, round(min(percent, 100.0) / 100 * _CELLS * 8))
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(_CELLS, "·")


def _show(now: Capacity) -> None:
    console, rooms = out(), [now.quota, *now.places]
    rows = [
        (_name(room), bar(room.percent), f"{room.percent:.1f}", f"{room.used / 1e9:.2f}",
         "?" if room.free is None else f"{room.free / 1e9:.1f}")
        for room in rooms
    ]  # fmt: skip
    console.print(table(("name", "bar", "percent", "used", "free"), rows, say))
    shares = [
        (each.sigla or "–", each.objects, each.pages, f"{each.bytes / 1e9:.2f}", f"{each.bytes_per_page / 1e6:.2f}")
        for each in now.shares
    ]
    if shares:
        console.print(table(("institution", "objects", "pages", "gigabytes", "page"), shares, say))
    for rate in now.rates:
        megabytes, pages = f"{rate.bytes_per_day / 1e6:.1f}", f"{rate.pages_per_day:.1f}"
        console.print(say("rates", days=rate.days, megabytes=megabytes, pages=pages))
    for room in rooms:
        dates = {"full": room.full or "–", "earliest": room.earliest, "latest": room.latest or "–"}
        console.print(say("full", name=_name(room), **dates) if room.earliest else say("never", name=_name(room)))
    for found in now.findings:
        tell(found, console)


def _name(room: Room) -> str:
    return say("quota") if room.name == "quota" else room.name
