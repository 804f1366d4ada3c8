"""Finished pages and volumes made up for tests, and hypothesis strategies for hostile ones."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from metadata.description import (
    Cartography,
    Classification,
    Description,
    Identifier,
    IdentifierKind,
    Name,
    NameKind,
    Organisation,
    Origin,
    OriginKind,
    OtherTitle,
    RecordOrigin,
    Related,
    Subject,
    VolumeKind,
)
from metadata.event import Agent, AgentKind, Event
from metadata.file import FileRef
from metadata.finding import finding
from metadata.geometry import Chain
from metadata.model import ImageFacts, Page, PageRecord, Volume, VolumeId, VolumeRecord, new_page_id, volume_id
from metadata.ndk import layout
from metadata.ndk.layout import Use
from metadata.page_types import page_types
from metadata.premis import UC_CREATION, Detail

T = TypeVar("T")

CREATED = "2026-11-22T10:00:00+00:00"
VOLUME = volume_id("30d8f898-c91b-4d47-a1cf-a01e9910651c")
LIBRARY = Organisation("LIA001", "Krajská vědecká knihovna v Liberci")
KDR = Agent("kdr", "0.1.0", note="kdr 0.1.0, nastavení 1f2e")
DESKEW = Agent("kdr deskew", "2", note="deskew 2")
ENCODER = Agent("OpenJPEG", "2.5.0", note="opj_compress -t 4096,4096 -SOP -EPH")
USER_ENCODER = replace(ENCODER, note="opj_compress -t 1024,1024 -I")
READER = Agent("Tesseract", "5.3.0", note="ces+deu, LSTM")

SCAN_IMAGE = ImageFacts(
    format="image/tiff",
    format_version="6.0",
    puid="fmt/353",
    width=2480,
    height=3508,
    samples=3,
    bits=8,
    colour="RGB",
    x_dpi=299.72,
    y_dpi=300.0,
    byte_order="little endian",
    captured="2026-11-20T08:00:00",
    make="Zeutschel",
    model="OS 14000",
    software="OmniScan 12",
)
MASTER_IMAGE = ImageFacts(
    format="image/jp2",
    format_version="1.0",
    puid="x-fmt/392",
    width=2400,
    height=3400,
    samples=3,
    bits=8,
    colour="sRGB",
    x_dpi=299.72,
    y_dpi=300.0,
    compression="JPEG 2000",
)


def md5(data: bytes) -> str:
    """MD5 as a package writes it."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def ref(path: str, content: str = "", media_type: str = "") -> FileRef:
    """A reference to a file that nobody wrote: its digests are those of `content`, or of its path."""
    data = (content or path).encode()
    return FileRef(path, len(data), hashlib.sha512(data).hexdigest(), md5(data), media_type)


def events() -> tuple[Event, ...]:
    """What the pipeline records of a page, without capture and deletion, with steps NDK knows nothing of."""
    return (
        Event("quality review", "2026-11-22T09:00:00+00:00", "quality", KDR),
        _event(Detail.POSTPROCESSING, "2026-11-22T09:01:00+00:00", DESKEW, "otočeno o -1.30 stupně"),
        _event(Detail.MC_CREATION, "2026-11-22T09:02:00+00:00", ENCODER),
        Event("derivation", "2026-11-22T09:03:00+00:00", UC_CREATION, USER_ENCODER),
        _event(Detail.XML_CREATION, "2026-11-22T09:04:00+00:00", READER),
        _event(Detail.TXT_CREATION, "2026-11-22T09:04:30+00:00", READER),
    )


def page(order: int = 1, label: str = "", kind: str = "normalPage", volume: VolumeId = VOLUME) -> Page:
    """A page; its scan lies in the delivery's folder."""
    scan = f"{order:03d}.tif"
    return Page(new_page_id(volume, scan), order, scan, label=label, type=kind)


def page_record(described: Page | None = None, volume: VolumeId = VOLUME) -> PageRecord:
    """A finished page."""
    described = described or page(volume=volume)

    def named(use: Use) -> FileRef:
        return ref(layout.name(volume, use, described.order), media_type=layout.GROUPS[use].media_type)

    return PageRecord(
        page=described,
        scan=ref(described.scan, media_type="image/tiff"),
        scan_image=SCAN_IMAGE,
        master=named(Use.MASTER),
        master_image=MASTER_IMAGE,
        user=named(Use.USER),
        user_image=MASTER_IMAGE,
        alto=named(Use.ALTO),
        txt=named(Use.TXT),
        transform=Chain(),
        events=events(),
        words=200,
        confidence=0.93,
    )


def description() -> Description:
    """A description in which nothing is missing."""
    return Description(
        title="Zkušební svazek",
        institution=LIBRARY,
        subtitle="s podnázvem",
        names=(Name("Novák, Jan", roles=("aut",), primary=True), Name("Černá, Marie", roles=("aut",))),
        year="1919",
        publisher="Vydavatel & syn",
        place="Liberec",
        languages=("ces", "deu"),
        script="Fraktur",
        shelf_mark="A 1",
        scanner="Zeutschel OS 14000",
        identifiers=(
            Identifier(IdentifierKind.URNNBN, "urn:nbn:cz:li001-000001"),
            Identifier(IdentifierKind.ISBN, "80-85605-10-4"),
            Identifier(IdentifierKind.CCNB, "cnb000123456"),
        ),
    )


def volume_record(pages: int = 2, about: Description | None = None) -> VolumeRecord:
    """A finished volume: a title page, a blank one, then text; the second page has findings."""
    kinds = ("titlePage", "blank")
    records = [
        page_record(page(n, str(n) if n > 2 else "", kinds[n - 1] if n <= 2 else "normalPage"))
        for n in range(1, pages + 1)
    ]
    if len(records) > 1:
        found = finding("T001", "002.tif"), finding("T002", "002.tif", confidence=41)
        records[1] = replace(records[1], blank=True, words=0, confidence=-1.0, findings=found)
    volume = Volume(VOLUME, "svazek", about or description(), tuple(record.page for record in records))
    return VolumeRecord(volume, tuple(records), KDR, CREATED)


def with_page(record: VolumeRecord, changed: PageRecord) -> VolumeRecord:
    """The volume with its first page replaced."""
    pages = (changed, *record.pages[1:])
    return replace(record, pages=pages, volume=replace(record.volume, pages=tuple(each.page for each in pages)))


def hostile_text(least: int = 0) -> st.SearchStrategy[str]:
    """Czech text with everything XML must escape or cannot hold, lone surrogates included."""
    wild = st.characters(codec=None) | st.sampled_from("<>&\"'\x00\x0b\x1b\t\n\ufffe\ud800ěščřžýáíéúůďťň")
    return st.text(wild, min_size=least, max_size=20)


def descriptions(kind: VolumeKind = VolumeKind.MONOGRAPH) -> st.SearchStrategy[Description]:
    """Descriptions of a volume of `kind` with any text in any place, and any part missing."""
    word, whole = hostile_text(), description()
    few = st.lists(word, max_size=2).map(tuple)
    return st.builds(
        Description,
        title=word,
        institution=st.builds(Organisation, st.just("LIA001"), word),
        kind=st.just(kind),
        subtitle=word,
        part_number=word,
        part_name=word,
        non_sort=word,
        other_titles=_few(st.builds(OtherTitle, _either(word, "uniform", "parallel"), word, word, word, word)),
        names=_few(_names()),
        year=_either(word, "1919", "1919-05-14", "1919-05/1919-06"),
        publisher=word,
        place=word,
        country=_either(word, "xr"),
        date_start=_either(word, "1919"),
        date_end=_either(word, "1921"),
        statement_of_edition=word,
        issuance=_either(word, "monographic", "serial", "single unit"),
        frequency=word,
        origins=_few(st.builds(Origin, st.sampled_from(OriginKind), few, few, word, word, word, word)),
        languages=st.lists(_either(word, "ces", "deu", "slk", "lat", "fra"), max_size=3).map(tuple),
        script=word,
        form=_either(word, "print", "map", "electronic"),
        extent=word,
        abstract=word,
        notes=few,
        subjects=_few(st.builds(Subject, _either(word, "czenas", "agrovoc"), few, few, few, few)),
        classifications=_few(st.builds(Classification, word, _either(word, "udc", "Konspekt"), word)),
        related=_few(st.builds(Related, _either(word, "series", "preceding"), word, word, word)),
        cartography=st.builds(Cartography, word, word, word),
        edition=_either(word, "normal", "sequence_3", "volume_supplement"),
        shelf_mark=word,
        scanner=word,
        identifiers=st.sampled_from([(), whole.identifiers]),
        record=st.builds(RecordOrigin, _either(word, "rda", "aacr"), *[_either(word, "ABA001", "2020-01-31")] * 4),
        own=_few(st.tuples(word, word)),
    )


def images() -> st.SearchStrategy[ImageFacts]:
    """Technical facts as files state them: with gaps, odd resolutions, all orientations."""
    return st.builds(
        ImageFacts,
        format=st.sampled_from(["image/tiff", "image/jpeg", "image/png", "image/jp2"]),
        format_version=st.sampled_from(["", "6.0"]),
        puid=st.sampled_from(["", "fmt/353"]),
        width=st.integers(1, 40000),
        height=st.integers(1, 40000),
        samples=st.integers(1, 4),
        bits=st.sampled_from([1, 8, 16]),
        colour=st.sampled_from(["BlackIsZero", "WhiteIsZero", "RGB", "sRGB", "CMYK", "greyscale", "CIELab"]),
        x_dpi=st.just(0.0) | st.floats(0.5, 5000),
        y_dpi=st.just(0.0) | st.floats(0.5, 5000),
        compression=st.sampled_from(["Uncompressed", "LZW", "CCITT Group 4", "JPEG", ""]),
        byte_order=st.sampled_from(["big endian", "little endian", ""]),
        icc=st.sampled_from(["", "embedded", "Adobe RGB (1998)"]),
        orientation=st.integers(0, 9),
        captured=st.sampled_from(["", "2026-11-20T08:00:00", "2026-13-45T99:00:00", "kdysi"]),
        make=hostile_text(),
        model=hostile_text(),
        software=hostile_text(),
    )


def agents() -> st.SearchStrategy[Agent]:
    """Agents with any words in them."""
    return st.builds(Agent, hostile_text(), hostile_text(), st.sampled_from(AgentKind), hostile_text())


def page_records() -> st.SearchStrategy[PageRecord]:
    """Finished first pages of the volume `VOLUME`: any image, label, page type, agents and notes."""

    def build(*, image: ImageFacts, label: str, kind: str, agent: Agent, note: str, dates: list[str]) -> PageRecord:
        told = [replace(event, agent=agent, note=note) for event in events()]
        captures = [_event(Detail.DIGITIZATION, date, agent, note) for date in dates]
        return replace(page_record(page(1, label, kind)), scan_image=image, events=(*captures, *told))

    kinds = st.sampled_from(sorted(page_types(VolumeKind.MONOGRAPH)))
    dates = st.lists(st.sampled_from(["", "kdysi", "2026-13-45T99:00:00", CREATED]), max_size=2)
    return st.builds(
        build, image=images(), label=hostile_text(), kind=kinds, agent=agents(), note=hostile_text(), dates=dates
    )


def volume_records() -> st.SearchStrategy[VolumeRecord]:
    """Finished volumes of two pages, the first of which is any page, with any description."""
    return st.builds(lambda about, first: with_page(volume_record(2, about), first), descriptions(), page_records())


def _names() -> st.SearchStrategy[Name]:
    word = hostile_text()
    roles = st.lists(_either(word, "aut", "ill"), max_size=2).map(tuple)
    dates = _either(word, "1820-1862", "1820-")
    return st.builds(Name, word, st.sampled_from(NameKind), word, word, dates, word, word, roles, st.booleans())


def _either(text: st.SearchStrategy[str], *expected: str) -> st.SearchStrategy[str]:
    return st.sampled_from(expected) | text


def _few(values: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(values, max_size=2).map(tuple)


def _event(detail: Detail, when: str, agent: Agent, note: str = "") -> Event:
    return Event(detail.kind, when, detail.value, agent, note=note)
