"""A volume, or some pages of it, as a searchable PDF: made when it is asked for, sent, and thrown away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO
from weakref import WeakKeyDictionary

from datasette import Response
from datasette.utils.asgi import NotFound, Request

from metadata.model import VolumeId
from metadata.problem import Problem
from repository.catalogue.house import Pdf, house_of
from repository.catalogue.reading.rows import UUID, Row, rows, volume_of
from repository.catalogue.reading.streamed import file_name, sent
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette

MOST_PAGES = 400
"""Pages of one PDF: made in some three minutes."""

AT_ONCE = 2
"""PDFs made side by side; a whole book keeps a processor busy for minutes."""

_WAITED = 20.0
"""Seconds that a reader waits for others' PDFs."""
_MADE = 300.0
"""Seconds after which a reader is told to ask for less."""
_SEEN = """
select count(*) as seen, min(position) as first, max(position) as last
from page where volume = ? and position between ? and ?
"""
_LAST = 999_999_999

_PRESSES: WeakKeyDictionary[Datasette, asyncio.Semaphore] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A run of pages of a version, by their orders; `pdf` makes it."""

    pdf: Pdf
    object_id: VolumeId
    version: str
    first: int
    last: int

    def made(self) -> BinaryIO:
        """The PDF, open; it has no name any more, and is gone when it is closed.

        Raises:
            Problem: it cannot be made of what is stored.
            OSError: the disk refuses.
        """
        with TemporaryDirectory(prefix="kdr-pdf-") as folder:
            return self.pdf(self.object_id, self.version, self.first, self.last, Path(folder)).open("rb")


async def _volume_pdf(datasette: Datasette, request: Request) -> Response:
    volume = await volume_of(datasette, request)
    make = house_of(datasette).pdf
    if make is None:
        raise NotFound(request.path)
    try:
        first, last = _number(request, "first", 1), _number(request, "last", _LAST)
    except ValueError:
        return await refused(datasette, request, volume, "reading.pdf_numbers", 400)
    (run,) = await rows(datasette, _SEEN, volume["uuid"], first, last)
    last = min(last, run["last"] or 0) if not request.args.get("last") else last
    if run["seen"] > MOST_PAGES:
        return await refused(datasette, request, volume, "reading.pdf_long", 400)
    # Whether a page is hidden or was never there is not told.
    if not run["seen"] or run["seen"] != last - first + 1:
        return await refused(datasette, request, volume, "reading.pdf_gap", 404)
    wanted = _Wanted(make, VolumeId(volume["uuid"]), volume["version"], first, last)
    try:
        file = await _pressed(datasette, wanted)
    except TimeoutError:
        return await refused(datasette, request, volume, "reading.pdf_busy", 503)
    except (Problem, OSError):
        return await refused(datasette, request, volume, "reading.pdf_failed", 503)
    name = file_name(volume["called"], "" if run["seen"] == volume["pages"] else f"{first}-{last}", ending="pdf")
    return sent(request, file, "application/pdf", name, f"{wanted.object_id}/{wanted.version}/{first}-{last}")


async def refused(datasette: Datasette, request: Request, volume: Row, why: str, status: int) -> Response:
    """Say in a page why there is no PDF, and what to do."""
    told = {"volume": volume, "why": why, "most": MOST_PAGES}
    page = await datasette.render_template("no_download.html", told, request=request)
    headers = {"retry-after": "120"} if status == 503 else {}
    return Response.html(page, status=status, headers=headers | {"cache-control": "no-store"})


async def _pressed(datasette: Datasette, wanted: _Wanted) -> BinaryIO:
    """The PDF in its turn.

    Raises:
        TimeoutError: the others', or it itself, takes too long.
    """
    turn = _PRESSES.setdefault(datasette, asyncio.Semaphore(AT_ONCE))
    await asyncio.wait_for(turn.acquire(), _WAITED)
    work = asyncio.ensure_future(asyncio.to_thread(wanted.made))
    work.add_done_callback(lambda _: turn.release())
    try:
        # A thread cannot be stopped: whoever gives up waiting leaves its turn to it until it ends.
        return await asyncio.wait_for(asyncio.shield(work), _MADE)
    except (TimeoutError, asyncio.CancelledError):
        work.add_done_callback(_dropped)
        raise


def _dropped(work: asyncio.Future[BinaryIO]) -> None:
    if not work.cancelled() and work.exception() is None:
        work.result().close()


def _number(request: Request, name: str, usual: int) -> int:
    """A page's order from the address. Raises ValueError: it is none."""
    typed = request.args.get(name) or ""
    if not typed:
        return usual
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 9 and int(typed)):
        raise ValueError(typed)
    return int(typed)


ROUTES = (
    Route(
        "volume_pdf",
        rf"^/volume/(?P<volume>{UUID})/volume\.pdf$",
        _volume_pdf,
        media="application/pdf",
        parameters=("first", "last"),
    ),
)
