"""The secondary METS of one page: PREMIS 2.2 and MIX 2.0 of scan, master and ALTO, its rights (ndk.md §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from metadata import mix, premis
from metadata.elements import METS
from metadata.event import Agent, AgentKind, Event
from metadata.file import FileRef
from metadata.markup import Element
from metadata.model import PageRecord, VolumeRecord
from metadata.ndk.layout import GROUPS, Use, name
from metadata.ndk.sections import RIGHTS, document, file, file_group, pointers, rights_section, wrapped
from metadata.premis import Detail, Format, Link, Name

# A package has no PREMIS object for the TXT; it is the same reading as the ALTO, so its event stands there.
_DONE_TO = {
    Detail.DIGITIZATION: "PS",
    Detail.POSTPROCESSING: "PS",
    Detail.PS_DELETION: "PS",
    Detail.MC_CREATION: "MC",
    Detail.XML_CREATION: "XML",
    Detail.TXT_CREATION: "XML",
}
_NEEDED = (Detail.MC_CREATION, Detail.XML_CREATION)
_RECORDS = {Use.MASTER: "OBJ_002 MIX_002", Use.ALTO: "OBJ_003"}


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One page with all that its sections refer to."""

    record: VolumeRecord
    page: PageRecord
    events: tuple[tuple[Name, Event], ...]

    @property
    def originator(self) -> str:
        return self.record.volume.description.institution.sigla

    @property
    def today(self) -> str:
        return self.record.created[:10]

    def object(self, prefix: str) -> Name:
        return Name("file", f"{prefix}_{self.page.page.number}")

    def last(self, detail: Detail) -> tuple[Name, Event]:
        return next(pair for pair in reversed(self.events) if pair[1].detail == detail)

    def done_to(self, prefix: str) -> tuple[Name, ...]:
        return tuple(key for key, event in self.events if _DONE_TO[Detail(event.detail)] == prefix)


def secondary_mets(record: VolumeRecord, position: int, files: Mapping[Use, FileRef]) -> Element:
    """The secondary METS of the page at `position` (from 0) of the volume.

    Args:
        record: the volume.
        position: which of its pages.
        files: the page's files with paths relative to the package's root; AMD is not needed.

    Raises:
        ValueError: the page's events do not say how its master or its ALTO were made, or its rights have an unknown
            status.
    """
    page = record.pages[position]
    number = page.page.number
    sheet = _Sheet(record, page, _named(package_events(record, page)))
    when = created(record, page)
    uses = [use for use in GROUPS if use is not Use.AMD]
    groups = (_group(use, number, files[use], position, when[use]) for use in uses)
    family = "PERIODICAL_PAGE" if record.volume.description.kind.periodical else "MONOGRAPH_PAGE"
    division = METS("div", *pointers(number, *uses), TYPE=family)
    # The standard's profile of the main METS warns of an amdSec, so a volume's rights are told page by page.
    rights = rights_section(page.page.rights or record.volume.rights)
    if rights is not None:
        division.set("ADMID", RIGHTS)
    return document(
        record,
        METS("amdSec", *_technical(sheet), rights, *_provenance(sheet), ID=f"PAGE_{number}"),
        METS("fileSec", *groups),
        METS("structMap", division, TYPE="PHYSICAL"),
    )


def package_events(record: VolumeRecord, page: PageRecord) -> tuple[Event, ...]:
    """What the package tells of a page: the events that NDK knows, in their order.

    The capture is added from what the scan says of itself when nobody recorded it. So is the deletion: the
    scan does not enter the package, which NDK calls deleted.

    Raises:
        ValueError: the making of the master or of the ALTO is not recorded.
    """
    known = [_as_ndk(record, event) for event in page.events if event.detail in _DONE_TO]
    details = {event.detail for event in known}
    missing = [detail.value for detail in _NEEDED if detail not in details]
    if missing:
        raise ValueError(f"page {page.page.number}: no event {', '.join(missing)}")
    if Detail.DIGITIZATION not in details:
        known.insert(0, _capture(record, page))
    if Detail.PS_DELETION not in details:
        detail = Detail.PS_DELETION
        known.append(Event(detail.kind, record.created, detail.value, record.maker))
    return tuple(known)


def created(record: VolumeRecord, page: PageRecord) -> dict[Use, str]:
    """When each of a page's files came to be (ISO 8601), as its events say; the AMD with the package itself."""
    when = {event.detail: mix.moment(event.when) or record.created for event in page.events}
    master = when.get(Detail.MC_CREATION, record.created)
    alto = when.get(Detail.XML_CREATION, record.created)
    return {
        Use.MASTER: master,
        Use.USER: when.get(premis.UC_CREATION, master),
        Use.ALTO: alto,
        Use.TXT: when.get(Detail.TXT_CREATION, alto),
        Use.AMD: record.created,
    }


def _as_ndk(record: VolumeRecord, event: Event) -> Event:
    # A capture is dated by the scanner, and scanners write dates that are none.
    return replace(event, kind=Detail(event.detail).kind, when=mix.moment(event.when) or record.created)


def _group(use: Use, number: str, ref: FileRef, sequence: int, when: str) -> Element:
    entry = file(use, number, ref, sequence=sequence, created=when, records=_RECORDS.get(use, ""))
    return file_group(use, entry)


def _capture(record: VolumeRecord, page: PageRecord) -> Event:
    detail = Detail.DIGITIZATION
    when = mix.moment(page.scan_image.captured) or min(
        mix.moment(event.when) or record.created for event in page.events
    )
    scanner = mix.device(page.scan_image, record.volume.description.scanner) or premis.UNKNOWN
    return Event(detail.kind, when, detail.value, Agent(scanner, kind=AgentKind.HARDWARE))


def _named(events: tuple[Event, ...]) -> tuple[tuple[Name, Event], ...]:
    numbered = enumerate(events, 1)
    return tuple((Name(premis.EVENT_ID, f"{Detail(event.detail).short}_{n:03d}"), event) for n, event in numbered)


def _technical(sheet: _Sheet) -> tuple[Element, ...]:
    described = (_scan(sheet), _master(sheet), _alto(sheet))
    objects = (
        wrapped("techMD", f"OBJ_{n:03d}", "PREMIS", premis.file_object(premis.V2, each))
        for n, each in enumerate(described, 1)
    )
    return (
        *objects,
        wrapped("techMD", "MIX_001", "NISOIMG", _scan_image(sheet)),
        wrapped("techMD", "MIX_002", "NISOIMG", _master_image(sheet)),
    )


def _provenance(sheet: _Sheet) -> list[Element]:
    sections = []
    for n, (key, event) in enumerate(sheet.events, 1):
        done_to = sheet.object(_DONE_TO[Detail(event.detail)])
        element = premis.event_element(premis.V2, key, event, [done_to])
        sections.append(wrapped("digiprovMD", f"EVT_{n:03d}", "PREMIS", element))
    for n, agent in enumerate(premis.agents(event for _, event in sheet.events), 1):
        element = premis.agent_element(premis.V2, agent, _notes(sheet, agent))
        sections.append(wrapped("digiprovMD", f"AGENT_{n:03d}", "PREMIS", element))
    return sections


def _notes(sheet: _Sheet, agent: Agent) -> tuple[str, ...]:
    """What an agent's acts said; the profile premis_event has no place for it, agentNote may be repeated."""
    acts = (event for _, event in sheet.events if event.agent == agent)
    return tuple(f"{event.detail}: {event.note}" for event in acts if event.note.strip())


def _scan(sheet: _Sheet) -> premis.FileObject:
    image, kept = sheet.page.scan_image, sheet.page.scan
    _, capture = sheet.last(Detail.DIGITIZATION)
    return premis.FileObject(
        id=sheet.object("PS"),
        file=kept,
        format=Format(image.format, image.format_version, image.puid),
        digests=premis.md5_of(kept),
        originator=sheet.originator,
        level="deleted",
        since=sheet.today,
        maker=Agent(image.software) if image.software.strip() else capture.agent,
        made=mix.moment(image.captured) or capture.when,
        name=PurePosixPath(sheet.page.page.scan).name,
        events=sheet.done_to("PS"),
    )


def _master(sheet: _Sheet) -> premis.FileObject:
    image = sheet.page.master_image
    known = Format(GROUPS[Use.MASTER].media_type, image.format_version or "1.0", image.puid)
    made = _made(sheet, Detail.MC_CREATION, Use.MASTER, known, source="PS")
    return replace(made, events=sheet.done_to("MC"))


def _alto(sheet: _Sheet) -> premis.FileObject:
    # The profile of this object has no linking events.
    return _made(sheet, Detail.XML_CREATION, Use.ALTO, Format(GROUPS[Use.ALTO].media_type, "1.0"), source="MC")


def _made(sheet: _Sheet, detail: Detail, use: Use, known: Format, *, source: str) -> premis.FileObject:
    key, making = sheet.last(detail)
    kept = sheet.page.master if use is Use.MASTER else sheet.page.alto
    return premis.FileObject(
        id=sheet.object(_DONE_TO[detail]),
        file=kept,
        format=known,
        digests=premis.md5_of(kept),
        originator=sheet.originator,
        level="preservation",
        since=sheet.today,
        maker=making.agent,
        made=making.when,
        name=name(sheet.record.volume.id, use, sheet.page.page.order),
        links=(Link("derivation", "created from", sheet.object(source), key),),
    )


def _scan_image(sheet: _Sheet) -> Element:
    about = sheet.record.volume.description
    _, capture = sheet.last(Detail.DIGITIZATION)
    subject = mix.Subject(sheet.object("PS").value, sheet.page.scan.size, sheet.page.scan_image)
    return mix.scan_record(subject, mix.Capture(capture.when, about.institution.name, about.scanner))


def _master_image(sheet: _Sheet) -> Element:
    _, making = sheet.last(Detail.MC_CREATION)
    subject = mix.Subject(sheet.object("MC").value, sheet.page.master.size, sheet.page.master_image)
    source = PurePosixPath(sheet.page.page.scan).name
    agency = sheet.record.volume.description.institution.name
    return mix.master_record(subject, mix.Change(making.when, source, making.agent, agency))
