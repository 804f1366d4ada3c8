"""What the pages of the catalogue need besides its database: where files lie, and how it is set up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from weakref import WeakKeyDictionary

from metadata.model import VolumeId
from metadata.problem import Problem
from repository.place import Place

if TYPE_CHECKING:
    from datasette.app import Datasette

Pdf = Callable[[VolumeId, str, int, int, Path], Path]
"""Writes a version's pages from the first to the last (1-based, inclusive) into a folder; the file it made."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What members of a group of the identity provider are here."""

    group: str
    role: str
    institutions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenId:
    """An identity provider (OpenID Connect Core 1.0): its issuer, who we are to it, and what its groups may."""

    issuer: str
    client_id: str
    client_secret_env: str = ""
    groups_claim: str = "groups"
    granted: tuple[Granted, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """How the catalogue is served.

    `address` is what readers type (https://katalog.example.cz; empty: as they came). `premises` are the networks of
    reading rooms, `proxies` those of our own reverse proxies, whose word for the reader's address is taken.
    `unknown_access` is what may be seen of works whose rights nobody told. `sql` says who may ask in SQL. Rates are
    requests a second of one address, in bursts of ten times as many. `publisher` answers for the data given out
    (harvesting, open data), `contact` is its e-mail, `data_licence` the address of the licence of descriptions.
    """

    address: str = ""
    premises: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    proxies: tuple[str, ...] = ()
    unknown_access: str = "premises"
    sql: str = "staff"
    session_hours: float = 8.0
    image_cache_gb: float = 50.0
    image_megapixels: float = 25.0
    images_per_second: float = 50.0
    searches_per_second: float = 5.0
    openid: OpenId | None = None
    publisher: str = ""
    contact: str = ""
    data_licence: str = ""


def _nowhere() -> Sequence[Place]:
    return ()


@dataclass(frozen=True, slots=True)
class House:
    """Where everything lies.

    `database` is the catalogue, `images` the folder of access copies (both can be thrown away); `state` keeps what
    people do here: accounts, proposals, lists, the log of who came (truth, in files one can open). `places` gives those
    attached now, the primary first.
    """

    database: Path
    images: Path
    state: Path
    config: Config = field(default=Config())
    places: Callable[[], Sequence[Place]] = _nowhere
    pdf: Pdf | None = None

    def open(self, object_id: VolumeId, path: str) -> BinaryIO:
        """A stored file by its path as the catalogue gives it ("v0001/data/…"), from the first place that has it.

        Raises:
            FileNotFoundError: no attached place has it.
        """
        version, _, inside = path.partition("/")
        for place in self.places():
            try:
                return place.open(object_id, version, inside)
            except (OSError, Problem):
                continue
        raise FileNotFoundError(path)


_HOUSES: WeakKeyDictionary[Datasette, House] = WeakKeyDictionary()


def settle(datasette: Datasette, house: House) -> None:
    """Say which house `datasette` serves."""
    _HOUSES[datasette] = house


def served(datasette: Datasette) -> House | None:
    """The house that `datasette` serves; nothing when it is somebody else's Datasette."""
    return _HOUSES.get(datasette)


def house_of(datasette: Datasette) -> House:
    """The same, where there must be one. Raises KeyError."""
    return _HOUSES[datasette]
