"""Which formats are kept, how much of each, and how risky they are (ISO 16363 4.3.2; PRONOM PUIDs).

Counted once per version, which never changes, and remembered beside the catalogue in ``formats.json``: a cache that can
be thrown away. Risks are those of format_risks.toml.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ingest.identify import identify
from metadata.file import place_bytes
from metadata.ndk import layout
from metadata.ndk.layout import Use
from metadata.record import from_json, read_json, to_json
from metadata.wording import chosen_tongue, wording
from repository.canary import CANARY
from repository.catalogue.bag_rows import PAGES
from repository.directory_place import DirectoryPlace
from repository.ledger import Kept, Ledger, read_ledger
from repository.pieces import holders
from repository.place import Place
from workflows.founding import open_store
from workflows.settings import Home

_OURS = {
    ".xml": "fmt/101", ".json": "fmt/817", ".txt": "x-fmt/111", ".jsonl": "x-fmt/111", ".toml": "x-fmt/111",
    ".md5": "x-fmt/111", ".csv": "x-fmt/18",
}  # fmt: skip
"""What kdr itself writes, by suffix; PRONOM has no signature for some of it."""
_CACHE = "formats.json"
_WORST_FIRST = ("high", "medium", "low", "none")


@dataclass(frozen=True, slots=True)
class FormatUse:
    """One format: its PUID (empty: not identified), name, risk (none, low, medium, high), and how much of it is kept.

    Counted over the newest version of every object; `why` and `advice` are in the reader's language.
    """

    puid: str
    name: str
    risk: str
    files: int
    bytes: int
    objects: int
    why: str
    advice: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """Formats by risk, the worst first; how many objects were counted, and how many could not be read now."""

    formats: tuple[FormatUse, ...]
    objects: int
    unread: int


@dataclass(slots=True)
class _Counted:
    """PUID -> files and bytes, by ``<object>/<version>``."""

    versions: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)


def inventory(home: Home) -> Inventory:
    """Count all formats kept; only versions not counted before are looked at.

    Raises:
        OSError: the cache cannot be written.
    """
    store = open_store(home)
    newest = newest_versions(read_ledger(store.journal))
    before = _remembered(home)
    known = {key: before[key] for key in map(_key, newest) if key in before}
    for kept in (each for each in newest if _key(each) not in known):
        place = next(iter(holders(store.places, kept)), None)
        if place is not None:
            known[_key(kept)] = _count(place, kept)
    if known != before:
        home.catalogue.parent.mkdir(parents=True, exist_ok=True)
        place_bytes(home.catalogue.parent / _CACHE, to_json(_Counted(known)))
    return Inventory(_summed(known), len(known), len(newest) - len(known))


def newest_versions(ledger: Ledger) -> tuple[Kept, ...]:
    """The newest version of every object, by identifier; the canary is no object that anybody will read."""
    return tuple(kept for kept in ledger.newest() if kept.object_id != CANARY)


def formats_of(place: Place, kept: Kept) -> dict[str, str]:
    """Path in the bag -> PUID (empty: not identified) of every file of a version.

    Pages are what their records say, what kdr writes beside them is told by suffix; everything else is identified by
    its bytes.

    Raises:
        OSError: a file cannot be read.
        Problem: S020.
    """
    told = _told(place, kept)
    found = {}
    for path in place.sizes(kept.object_id, kept.version):
        puid = told.get(path) or (_OURS.get(PurePosixPath(path).suffix, "") if told or "/" not in path else "")
        found[path] = puid or _identified(place, kept, path)
    return found


@contextmanager
def local(place: Place, kept: Kept, path: str) -> Iterator[Path]:
    """One file of a version as a file of this machine, to be read only.

    Raises:
        OSError: it cannot be read.
        Problem: S020.
    """
    if isinstance(place, DirectoryPlace):
        place.require()
        yield place.folder(kept.object_id, kept.version) / path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / PurePosixPath(path).name
        with place.open(kept.object_id, kept.version, path) as stream, copy.open("wb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
        yield copy


def risk(puid: str) -> tuple[str, str, str, str]:
    """What format_risks.toml says of a PUID: name, risk, and in the reader's language why and what to do."""
    words = wording("workflows", "format_risks.toml")
    key = puid if puid in words.sentences else ("unlisted" if puid else "unidentified")
    row = words.sentences[key]
    return row["name"], row["risk"], words.say(key), row[f"{chosen_tongue()}_do"]


def _summed(known: Mapping[str, Mapping[str, tuple[int, int]]]) -> tuple[FormatUse, ...]:
    files, size, objects = Counter[str](), Counter[str](), Counter[str]()
    for counted in known.values():
        for puid, (number, octets) in counted.items():
            files[puid] += number
            size[puid] += octets
            objects[puid] += 1
    uses = []
    for puid in files:
        name, level, why, advice = risk(puid)
        uses.append(FormatUse(puid, name, level, files[puid], size[puid], objects[puid], why, advice))
    return tuple(sorted(uses, key=lambda use: (_WORST_FIRST.index(use.risk), -use.bytes, use.puid)))


def _count(place: Place, kept: Kept) -> dict[str, tuple[int, int]]:
    found = formats_of(place, kept)
    sizes = place.sizes(kept.object_id, kept.version)
    counted: dict[str, tuple[int, int]] = {}
    for path, puid in found.items():
        files, octets = counted.get(puid, (0, 0))
        counted[puid] = (files + 1, octets + sizes[path])
    return counted


def _told(place: Place, kept: Kept) -> dict[str, str]:
    """What the records of the pages say of their files; nothing for a bag that kdr did not make."""
    found: dict[str, str] = {}
    try:
        with place.open(kept.object_id, kept.version, PAGES) as stream:
            for record in map(read_json, stream):
                order, root = int(record["page"]["order"]), f"data/{kept.object_id}"
                puids = {Use.MASTER: record["master_image"]["puid"], Use.USER: record["user_image"]["puid"]}
                puids |= {Use.ALTO: _OURS[".xml"], Use.TXT: _OURS[".txt"]}
                found |= {f"{root}/{layout.path(kept.object_id, use, order)}": puids[use] for use in puids}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found


def _identified(place: Place, kept: Kept, path: str) -> str:
    with local(place, kept, path) as where:
        return identify(where).puid if where.stat().st_size else ""


def _remembered(home: Home) -> dict[str, dict[str, tuple[int, int]]]:
    try:
        return from_json(_Counted, (home.catalogue.parent / _CACHE).read_bytes()).versions
    except (OSError, ValueError):
        return {}


def _key(kept: Kept) -> str:
    return f"{kept.object_id}/{kept.version}"
