"""Our own provenance of a volume in PREMIS 3.0: every file with both digests, every step, every finding.

The package (PREMIS 2.2, ndk.md §3) may only tell six kinds of events and knows neither user copy nor text. Here nothing
is left out: https://www.loc.gov/standards/premis/v3/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from metadata import premis
from metadata.elements import XSI, line
from metadata.event import Agent, Event
from metadata.file import FileRef
from metadata.finding import Finding, Severity
from metadata.markup import Element, to_bytes
from metadata.model import PageRecord, VolumeRecord
from metadata.premis import V3, Detail, FileObject, Format, Link, Name
from metadata.wording import Tongue

_P = V3.namespace
_DONE_TO = {
    Detail.DIGITIZATION.value: "PS",
    Detail.POSTPROCESSING.value: "PS",
    Detail.PS_DELETION.value: "PS",
    Detail.MC_CREATION.value: "MC",
    premis.UC_CREATION: "UC",
    Detail.XML_CREATION.value: "ALTO",
    Detail.TXT_CREATION.value: "TXT",
}
_MADE_BY = {
    "PS": Detail.DIGITIZATION.value,
    "MC": Detail.MC_CREATION.value,
    "UC": premis.UC_CREATION,
    "ALTO": Detail.XML_CREATION.value,
    "TXT": Detail.TXT_CREATION.value,
}
_SOURCES = {"MC": "PS", "UC": "PS", "ALTO": "MC", "TXT": "MC"}
_SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True)
class _Part:
    """A file of a page: what it is called here, the file, its format, and whether we keep it."""

    key: str
    file: FileRef
    format: Format
    name: str
    level: str = "preservation"


@dataclass(frozen=True, slots=True)
class _Told:
    """An event with its identifier, what it was done to, and what came of it."""

    id: Name
    event: Event
    objects: tuple[Name, ...]
    outcomes: tuple[str, ...]


def premis3_document(record: VolumeRecord) -> bytes:
    """The PREMIS 3.0 document of a finished volume; the same record always gives the same bytes.

    Objects: the volume (intellectual entity), its pages (representations), their files (scan, master, user copy, ALTO,
    text). Events: as recorded, one review for each page with findings, and the making of the package.
    """
    told = [[*_events(record, page)] for page in record.pages]
    packing = _packing(record)
    objects = [_volume_object(record, packing)]
    for page, events in zip(record.pages, told, strict=True):
        objects.append(_page_object(record, page, events))
        objects.extend(premis.file_object(V3, _described(record, page, part, events)) for part in _parts(page))
    everything = [packing, *(each for events in told for each in events)]
    agents = premis.agents(each.event for each in everything)
    root = V3.root(
        "premis",
        *objects,
        *(premis.event_element(V3, each.id, each.event, each.objects, each.outcomes) for each in everything),
        *(premis.agent_element(V3, agent) for agent in agents),
        version="3.0",
    )
    return to_bytes(root)


def _parts(page: PageRecord) -> tuple[_Part, ...]:
    scan, master, user = (
        Format(image.format, image.format_version, image.puid)
        for image in (page.scan_image, page.master_image, page.user_image)
    )
    return (
        _Part("PS", page.scan, scan, page.page.scan, "not kept"),
        _Part("MC", page.master, master, page.master.path),
        _Part("UC", page.user, user, page.user.path),
        _Part("ALTO", page.alto, Format("text/xml", "1.0"), page.alto.path),
        _Part("TXT", page.txt, Format("text/plain"), page.txt.path),
    )


def _described(record: VolumeRecord, page: PageRecord, part: _Part, events: list[_Told]) -> FileObject:
    own = _part_name(record, page, part.key)
    making = next((each for each in reversed(events) if each.event.detail == _MADE_BY[part.key]), None)
    links = [Link("structural", "is part of", _page_name(page))]
    if source := _SOURCES.get(part.key):
        origin = _part_name(record, page, source)
        links.insert(0, Link("derivation", "has source", origin, making.id if making else None))
    digests = (("SHA-512", part.file.sha512), *((("MD5", part.file.md5),) if part.file.md5 else ()))
    return FileObject(
        id=own,
        file=part.file,
        format=part.format,
        digests=digests,
        originator=line(record.maker.name) or premis.UNKNOWN,
        level=part.level,
        since=record.created[:10],
        maker=making.event.agent if making else Agent(premis.UNKNOWN),
        made=making.event.when if making else record.created,
        name=part.name,
        links=tuple(links),
        events=tuple(each.id for each in events if own in each.objects),
    )


def _events(record: VolumeRecord, page: PageRecord) -> Iterator[_Told]:
    for number, event in enumerate(page.events, 1):
        key = Name(premis.EVENT_ID, f"{record.volume.id}/{page.page.number}/{number:03d}")
        note = event.note.strip()
        yield _Told(key, event, (_subject(record, page, event),), (note,) if note else ())
    if page.findings:
        key = Name(premis.EVENT_ID, f"{record.volume.id}/{page.page.number}/review")
        worst = max((each.severity for each in page.findings), key=_SEVERITIES.index)
        review = Event("quality review", record.created, "findings of all steps", record.maker, worst.value)
        yield _Told(key, review, (_page_name(page),), tuple(map(_sentence, page.findings)))


def _subject(record: VolumeRecord, page: PageRecord, event: Event) -> Name:
    """What an event was done to: by what NDK calls it, else by the file it names, else the page as a whole."""
    by_file = {part.file.path: part.key for part in _parts(page)} | {page.page.scan: "PS"}
    part = _DONE_TO.get(event.detail) or by_file.get(event.subject)
    return _part_name(record, page, part) if part else _page_name(page)


def _sentence(found: Finding) -> str:
    return f"{found.code} ({found.severity}): {found.text(Tongue.CS)}"


def _packing(record: VolumeRecord) -> _Told:
    key = Name(premis.EVENT_ID, f"{record.volume.id}/package")
    event = Event("information package creation", record.created, "NDK PSP", record.maker)
    return _Told(key, event, (_volume_name(record),), ())


def _volume_object(record: VolumeRecord, packing: _Told) -> Element:
    return _entity("intellectualEntity", _volume_name(record), record.volume.folder, None, [packing])


def _page_object(record: VolumeRecord, page: PageRecord, events: list[_Told]) -> Element:
    whole = Link("structural", "is part of", _volume_name(record))
    own = _page_name(page)
    return _entity("representation", own, "", whole, [each for each in events if own in each.objects])


def _entity(category: str, key: Name, original: str, link: Link | None, events: Iterable[_Told]) -> Element:
    identifier = _P("objectIdentifierType", key.type), _P("objectIdentifierValue", key.value)
    return V3.root(
        "object",
        {XSI.tag("type"): f"{_P.prefix}:{category}"},
        _P("objectIdentifier", *identifier),
        _P("originalName", line(original)) if line(original) else None,
        premis.relationship(V3, link) if link else None,
        *(premis.linking_event(V3, each.id) for each in events),
    )


def _volume_name(record: VolumeRecord) -> Name:
    return Name("uuid", record.volume.id)


def _page_name(page: PageRecord) -> Name:
    return Name("uuid", page.page.id)


def _part_name(record: VolumeRecord, page: PageRecord, key: str) -> Name:
    return Name("KDR_FileID", f"{record.volume.id}/{key}_{page.page.number}")
