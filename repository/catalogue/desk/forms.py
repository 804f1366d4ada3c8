"""What a signed-in person posts: the form, and the volume that it is about."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from datasette.utils.asgi import BadRequest, Forbidden, NotFound, Request

from metadata.model import Provenance, Volume, VolumeId
from metadata.problem import Problem
from metadata.record import from_json
from repository.bag import PROVENANCE
from repository.catalogue.house import House, house_of
from repository.catalogue.reading.rows import Row, rows, volume_of
from repository.catalogue.rights.audience import current

if TYPE_CHECKING:
    from datasette.app import Datasette

_MOST_FIELDS = 20_000
_MARK = "select tagmanifest from version where object = ? and version = ?"


@dataclass(frozen=True, slots=True)
class Subject:
    """A volume that its curator changes: its row, what its newest version says of itself, and that version's mark."""

    row: Row
    volume: Volume
    version: str
    tagmanifest: str

    @property
    def id(self) -> VolumeId:
        """Its identifier."""
        return self.volume.id


async def posted(request: Request) -> dict[str, str]:
    """The fields of the form that was sent, the last of those called alike.

    Raises:
        BadRequest: it is no form; how large it may be says the door (`signing.limits`).
        Forbidden: it came without the cookie of our own forms, and asgi_csrf does not look then.
    """
    if "ds_csrftoken" not in request.cookies and not request.headers.get("authorization"):
        raise Forbidden("csrf")
    try:
        text = (await request.post_body()).decode("utf-8")
        told = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
    except ValueError as error:
        raise BadRequest("form") from error
    return {name: value.replace("\r\n", "\n") for name, value in told.items()}


async def subject_of(datasette: Datasette, request: Request) -> Subject:
    """The volume of the address at hand, as its newest version describes it.

    Raises:
        NotFound: there is none, or none that may be seen, or its files are not there now.
        Forbidden: it is another institution's.
        Problem: R055, it is no package of ours.
    """
    row = await volume_of(datasette, request)
    if not current().works_for(row["institution"]):
        raise Forbidden(row["uuid"])
    marks = await rows(datasette, _MARK, row["uuid"], row["version"])
    if not marks:
        raise NotFound(request.path)
    volume = await asyncio.to_thread(_described, house_of(datasette), VolumeId(row["uuid"]), row["version"])
    return Subject(row, volume, row["version"], marks[0]["tagmanifest"])


def _described(house: House, object_id: VolumeId, version: str) -> Volume:
    place = f"{version}/data/{PROVENANCE}"
    try:
        house.open(object_id, f"{place}/import.json").close()
    except FileNotFoundError:
        pass
    else:
        raise Problem("R055", object_id, why="import.json")
    try:
        with house.open(object_id, f"{place}/volume.json") as stream:
            return from_json(Provenance, stream.read()).volume
    except FileNotFoundError:
        raise NotFound(place) from None
    except (OSError, ValueError) as error:
        raise Problem("R055", object_id, why=str(error)[:200]) from error
