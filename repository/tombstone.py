"""What stays of an object that was lawfully let go: the header of its metadata (hlavička metadat), and why it went.

Kept as ``<journal>/tombstones/<uuid>.xml`` and ``.json``, made of journal entries alone, so both can be made again.
Rules: spisovna.md §6 (deletion leaves header metadata and log); ISO 16363 4.2.4 (identifiers stay resolvable).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from metadata.file import flush, place_bytes
from metadata.markup import Element, to_bytes
from metadata.model import VolumeId
from metadata.record import from_json, to_pretty_json
from metadata.wording import printable

FOLDER = "tombstones"
NAMESPACE = "urn:kdr:tombstone:1"


@dataclass(frozen=True, slots=True)
class Header:
    """What identifies an object: empty where nobody knew it.

    `type` is the type of document of the settings, `identifiers` pairs of kind and value, `date` as printed, `pages`
    their number (0: not known), `created` when its package was made (ISO 8601).
    """

    title: str = ""
    type: str = ""
    creators: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    publisher: str = ""
    place: str = ""
    date: str = ""
    institution: str = ""
    shelf_mark: str = ""
    pages: int = 0
    batch: str = ""
    created: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """One version as it was kept: bytes and files with tag files, SHA-512 of both manifests, names of its places.

    `bundles` are the offline media with it (label and place): nothing can be deleted from a tape, it must be destroyed.
    """

    version: str
    stored: str
    bytes: int
    files: int
    manifest: str
    tagmanifest: str
    places: tuple[str, ...]
    bundles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vote:
    """Who decided, from which account of the operating system, and when (ISO 8601)."""

    by: str
    account: str
    when: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """All that is kept of one object; `begun` is when its deletion began (ISO 8601)."""

    object_id: VolumeId
    header: Header
    versions: tuple[Gone, ...]
    disposal: str
    reason: str
    legal_basis: str
    proposed: Vote
    approved: tuple[Vote, ...]
    begun: str


def to_xml(stone: Tombstone) -> bytes:
    """The tombstone in XML: equal tombstones give equal bytes; what is not known is left out."""
    root = etree.Element(f"{{{NAMESPACE}}}disposedObject", {"id": f"uuid:{stone.object_id}"}, nsmap={None: NAMESPACE})
    header = _add(root, "header")
    told = stone.header
    for name, text in (("title", told.title), ("type", told.type), *(("creator", each) for each in told.creators)):
        _say(header, name, text)
    for kind, value in told.identifiers:
        _say(header, "identifier", value, type=kind)
    pages = str(told.pages) if told.pages else ""
    rest = ("publisher", "place", "date", "institution")
    for name, text in ((each, str(getattr(told, each))) for each in rest):
        _say(header, name, text)
    for name, text in (("shelfMark", told.shelf_mark), ("pages", pages), ("batch", told.batch)):
        _say(header, name, text)
    _say(header, "created", told.created)
    for gone in stone.versions:
        _version(_add(root, "version", id=gone.version), gone)
    disposal = _add(root, "disposal", id=stone.disposal)
    for name, text in (("reason", stone.reason), ("legalBasis", stone.legal_basis)):
        _say(disposal, name, text)
    for name, vote in (("proposed", stone.proposed), *(("approved", each) for each in stone.approved)):
        _say(disposal, name, vote.by, when=vote.when, account=vote.account)
    _say(disposal, "begun", stone.begun)
    return to_bytes(root)


def keep(root: Path, stone: Tombstone) -> Path:
    """Write both forms below the journal's root `root`, whole or not at all; the XML file.

    A second disposal of the same object (it was stored anew meanwhile) gets a file of its own beside the first.

    Raises:
        OSError: the disk refuses.
    """
    folder = root / FOLDER
    fresh = not folder.exists()
    folder.mkdir(exist_ok=True)
    if fresh:
        flush(root)
    name = stone.object_id
    earlier = read(root, stone.object_id)
    if earlier is not None and earlier.disposal != stone.disposal:
        name = VolumeId(f"{stone.object_id}-{stone.disposal}")
    for suffix, content in (("xml", to_xml(stone)), ("json", to_pretty_json(stone))):
        target = folder / f"{name}.{suffix}"
        if not (target.is_file() and target.read_bytes() == content):
            place_bytes(target, content)
    return folder / f"{name}.xml"


def read(root: Path, object_id: VolumeId) -> Tombstone | None:
    """The (first) tombstone of an object; None when there is none.

    Raises:
        ValueError: it is not what was written.
    """
    try:
        content = (root / FOLDER / f"{object_id}.json").read_bytes()
    except FileNotFoundError:
        return None
    return from_json(Tombstone, content)


def _version(parent: Element, gone: Gone) -> None:
    sizes = {"stored": gone.stored, "bytes": str(gone.bytes), "files": str(gone.files)}
    for name, text in sizes.items():
        _say(parent, name, text)
    for name, digest in (("manifest", gone.manifest), ("tagmanifest", gone.tagmanifest)):
        _say(parent, "digest", digest, algorithm="SHA-512", of=name)
    for place in gone.places:
        _say(parent, "place", place)
    for bundle in gone.bundles:
        _say(parent, "bundle", bundle)


def _add(parent: Element, name: str, **attributes: str) -> Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)


def _say(parent: Element, name: str, text: str, **attributes: str) -> None:
    if text:
        _add(parent, name, **{key: printable(value) for key, value in attributes.items() if value}).text = printable(
            text
        )
