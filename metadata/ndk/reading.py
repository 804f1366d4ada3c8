"""A package of any maker -> the volume and its pages, as far as it tells of them (ndk.md §1-§3).

The way back of metadata/ndk/package.py. No package tells the SHA-512 of a scan, how scan pixels became master pixels,
or anything of its user copies: these stay unknown (empty, no transform, `UNKNOWN_IMAGE`). What a package could have
told and did not is named in `gaps`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from metadata import mix
from metadata.alto import from_alto
from metadata.description import Description, Organisation, VolumeKind
from metadata.elements import METS, MODS, line
from metadata.event import Agent, AgentKind
from metadata.file import Digests, FileRef
from metadata.geometry import Chain
from metadata.marc_record import BadRecord
from metadata.markup import Element, parse
from metadata.model import PageRecord, Title, Volume, VolumeId, VolumeRecord, Year
from metadata.mods_levels import of_volume
from metadata.mods_origin import UNKNOWN_YEAR
from metadata.mods_reading import description
from metadata.ndk.check.context import Context
from metadata.ndk.check.psp import Psp
from metadata.ndk.layout import GROUPS, Use
from metadata.ndk.reading_maps import Filed, Gaps, Leaf, Main, divisions, leaves, main, uuid, whereabouts
from metadata.ndk.reading_page import UNKNOWN_IMAGE, Told, bare, read_page, text

GAPS = ("page_uuid", "division_uuid", "division_pages", "technical", "text", "confidence", "created")
"""What may be missing; a name in `PackageRead.gaps` is one of these."""

_GENRES = {of_volume(kind, "rda").genre: kind for kind in (VolumeKind.MAP, VolumeKind.GRAPHIC, VolumeKind.SHEET_MUSIC)}
_TITLE, _YEAR = "PERIODICAL_TITLE", "PERIODICAL_VOLUME"


class Unreadable(ValueError):
    """The package does not tell what no volume can do without; `reason` names it, `detail` says more.

    Reasons: main_mets, logical_map, uuid, title, institution, pages, page_file.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(reason, detail)


@dataclass(frozen=True, slots=True)
class PackageRead:
    """What a package tells: its own identifier, its volume with all pages, and what is missing (what, where)."""

    id: str
    record: VolumeRecord
    gaps: tuple[tuple[str, str], ...]


def read_package(psp: Psp, digests: Mapping[str, Digests]) -> PackageRead:
    """Read a package.

    Args:
        psp: the package.
        digests: size and digests of its files by their paths relative to its root.

    Raises:
        Unreadable: it does not tell what it is.
    """
    context = Context(psp)
    if context.main is None:
        raise Unreadable("main_mets", context.main_path)
    mets = main(context.main)
    gaps: Gaps = []
    institution = _institution(context, mets)
    levels = _levels(mets)
    volume = _identified(levels.own, mets)
    kind = levels.kind(mets)
    found = leaves(mets, volume, gaps)
    if not found:
        raise Unreadable("pages")
    where = whereabouts(mets, found, volume, kind, institution)
    records = tuple(_page(psp, leaf, digests, gaps) for leaf in found)
    rights = {record.page.rights for record in records}
    shared = rights.pop() if len(rights) == 1 else None
    if shared is not None:  # told alike of every page: said once, of the volume
        records = tuple(replace(record, page=replace(record.page, rights=None)) for record in records)
    try:
        read = Volume(
            id=volume,
            folder=psp.name,
            description=_described(levels.own, mets, institution, kind),
            pages=tuple(record.page for record in records),
            title=_title(levels, mets, institution, kind),
            year=_year(levels, mets),
            divisions=divisions(mets, levels.parts, where, gaps),
            rights=shared,
        )
    except BadRecord as error:
        raise Unreadable("title", str(error)) from None
    maker = Agent(institution.sigla, kind=AgentKind.ORGANIZATION, note=institution.name)
    return PackageRead(context.id, VolumeRecord(read, records, maker, _created(context, gaps)), tuple(gaps))


@dataclass(frozen=True, slots=True)
class _Levels:
    """The divisions of the logical map around the pages: the volume's own, and those above it."""

    own: Element
    title: Element | None = None
    year: Element | None = None

    @property
    def parts(self) -> Sequence[Element]:
        """What is inside the volume; supplements of a monograph may stand beside it."""
        above = self.own.getparent()
        beside = above if above is not None and self.year is None and above.tag == METS.tag("div") else ()
        return [*self.own, *(each for each in beside if each is not self.own)]

    def kind(self, mets: Main) -> VolumeKind:
        """What kind of volume it is."""
        named = _type(self.own)
        if named in ("ISSUE", "SUPPLEMENT"):
            return VolumeKind(named.lower())
        if self.title is not None:
            return VolumeKind.MONOGRAPH_VOLUME
        record = mets.record(self.own)
        genre = "" if record is None else line(record.findtext(MODS.tag("genre")) or "")
        return _GENRES.get(genre, VolumeKind.MONOGRAPH)


def _levels(mets: Main) -> _Levels:
    """Find the levels.

    Raises:
        Unreadable: the logical map is none of the standard's.
    """
    top = mets.logical
    named = "" if top is None else _type(top)
    if top is not None and named == _TITLE:
        year = _inside(top, _YEAR)
        own = None if year is None else _inside(year, "ISSUE", "SUPPLEMENT")
        if own is not None:
            return _Levels(own, top, year)
    if top is not None and named == "MONOGRAPH":
        own = _inside(top, "VOLUME")
        if own is not None:
            return _Levels(own, None if mets.record(top) is None else top)
    if top is not None and named == "VOLUME":
        return _Levels(top)
    raise Unreadable("logical_map", named)


def _inside(division: Element, *types: str) -> Element | None:
    """The first division inside with one of `types`, the first type first."""
    found = [(types.index(_type(each)), n, each) for n, each in enumerate(division) if _type(each) in types]
    return min(found, key=lambda row: row[:2])[2] if found else None


def _type(division: Element) -> str:
    return division.get("TYPE", "").upper()


def _identified(division: Element, mets: Main) -> VolumeId:
    found = uuid(mets.record(division))
    if not found:
        raise Unreadable("uuid", division.get("ID", ""))
    return VolumeId(found)


def _institution(context: Context, mets: Main) -> Organisation:
    """Who made the package: info.xml tells sigla and name, the main METS the sigla."""
    info = context.info
    sigla = line(info.findtext("creator") or "") if info is not None else ""
    name = line(info.findtext("institution") or "") if info is not None else ""
    for told in (sigla, text(mets.root, "mets:metsHdr/mets:agent[@ROLE='CREATOR']/mets:name")):
        try:
            return Organisation(told, name or told)
        except ValueError:
            continue
    raise Unreadable("institution", sigla)


def _described(division: Element, mets: Main, institution: Organisation, kind: VolumeKind) -> Description:
    record = mets.record(division)
    if record is None:
        raise Unreadable("title", division.get("ID", ""))
    told = description(record, institution, kind)
    own = uuid(record)
    return replace(told, identifiers=tuple(each for each in told.identifiers if each.value.lower() != own))


def _title(levels: _Levels, mets: Main, institution: Organisation, kind: VolumeKind) -> Title | None:
    if levels.title is None:
        return None
    return Title(_identified(levels.title, mets), _described(levels.title, mets, institution, kind))


def _year(levels: _Levels, mets: Main) -> Year | None:
    if levels.year is None:
        return None
    record = mets.record(levels.year)
    number = date = ""
    if record is not None:
        number = line(record.findtext(f"{MODS.tag('titleInfo')}/{MODS.tag('partNumber')}") or "")
        date = line(record.findtext(f"{MODS.tag('originInfo')}/{MODS.tag('dateIssued')}") or "")
    return Year(_identified(levels.year, mets), number, "" if date == UNKNOWN_YEAR else date)


def _created(context: Context, gaps: Gaps) -> str:
    """When the package was made (ISO 8601), empty when neither METS nor info.xml tells it."""
    header = context.main.find(METS.tag("metsHdr")) if context.main is not None else None
    info = context.info
    told = [header.get("CREATEDATE", "")] if header is not None else []
    told += [line(info.findtext("created") or "")] if info is not None else []
    when = next(filter(None, map(mix.moment, told)), "")
    if not when:
        gaps.append(("created", ""))
    return when


def _page(psp: Psp, leaf: Leaf, digests: Mapping[str, Digests], gaps: Gaps) -> PageRecord:
    files = {use: _file(leaf, use, digests) for use in GROUPS if use is not Use.AMD}
    told = _told(psp, leaf, gaps)
    words, confidence = _words(psp, leaf, gaps)
    return PageRecord(
        page=replace(leaf.page, scan=told.scan.path, rights=told.rights),
        scan=told.scan,
        scan_image=told.scan_image,
        master=files[Use.MASTER],
        master_image=told.master_image,
        user=files[Use.USER],
        user_image=UNKNOWN_IMAGE,
        alto=files[Use.ALTO],
        txt=files[Use.TXT],
        transform=Chain(),
        events=told.events,
        words=words,
        confidence=confidence,
        blank=leaf.page.type == "blank",
    )


def _file(leaf: Leaf, use: Use, digests: Mapping[str, Digests]) -> FileRef:
    """A file of the page, named as in the package."""
    filed: Filed | None = leaf.files.get(use)
    known = digests.get(filed.path) if filed else None
    if filed is None or known is None:
        raise Unreadable("page_file", f"{leaf.page.number} {use.value}")
    return FileRef(bare(filed.path), known.size, known.sha512, known.md5, GROUPS[use].media_type)


def _told(psp: Psp, leaf: Leaf, gaps: Gaps) -> Told:
    """What the page's secondary METS tells; nothing when it cannot be read."""
    filed = leaf.files.get(Use.AMD)
    try:
        return read_page(parse(psp.read(filed.path))) if filed else Told()
    except (OSError, ValueError):
        gaps.append(("technical", leaf.page.number))
        return Told()


def _words(psp: Psp, leaf: Leaf, gaps: Gaps) -> tuple[int, float]:
    """How many words the ALTO has, and how surely they were read: -1 when it does not say."""
    try:
        content = psp.read(leaf.files[Use.ALTO].path)
        words = tuple(from_alto(content).words())
    except (OSError, ValueError):
        gaps.append(("text", leaf.page.number))
        return 0, -1.0
    if not words:
        return 0, -1.0
    if b" WC=" not in content:
        gaps.append(("confidence", leaf.page.number))
        return len(words), -1.0
    return len(words), sum(word.confidence for word in words) / len(words)
