"""The parts that a main and a secondary METS have in common (METS 1.9.1 as ndk.md §2 and §3 want it)."""

from __future__ import annotations

from metadata import copyrightmd, mods
from metadata.description import Rights
from metadata.elements import METS, XLINK, line
from metadata.file import FileRef
from metadata.markup import Element
from metadata.model import Volume, VolumeRecord
from metadata.ndk.layout import GROUPS, Use

# The validator looks for the literal attribute names xlink:href and xlink:from (ndk.md §6, trap 6).
LINKING = METS.declaring(XLINK)
HREF, FROM, TO = XLINK.tag("href"), XLINK.tag("from"), XLINK.tag("to")

RIGHTS = "RIGHTS_001"
"""The identifier of the section with the rights; there is at most one in a file."""


def labels(volume: Volume) -> tuple[str, ...]:
    """What each division around the pages is called (`levels.ladder`): titles, year, number and date, as far as known.

    The last one is that of the volume or issue.
    """
    about, year = volume.description, volume.year
    if volume.title is None:
        whole = _joined(mods.title(about), about.part_number, about.part_name, about.year)
        return whole, whole
    outer = mods.title(volume.title.description)
    dated = _joined(outer, year.date, year.number) if year else outer
    # An issue is usually called as its periodical: say that once.
    own = "" if line(about.title) in ("", outer) else about.title
    whole = _joined(dated, about.part_number, about.part_name, own, about.year)
    return (outer, dated, whole) if year else (outer, whole)


def label(volume: Volume) -> str:
    """What the volume or issue is called throughout its package."""
    return labels(volume)[-1]


def document(record: VolumeRecord, *parts: Element | None) -> Element:
    """A METS document of the package: header with both agents, then `parts`.

    The root declares no namespace of embedded records: lxml would take their own declarations away, and the
    validator cuts the records out and reads them alone (ndk.md §6, trap 5).
    """
    about = record.volume.description
    sigla = about.institution.sigla
    header = METS("metsHdr", _agent("CREATOR", sigla), _agent("ARCHIVIST", sigla))
    header.attrib.update({"CREATEDATE": record.created, "LASTMODDATE": record.created})
    family = "Periodical" if about.kind.periodical else "Monograph"
    return LINKING("mets", header, *parts, LABEL=label(record.volume), TYPE=family)


def wrapped(section: str, identifier: str, kind: str, content: Element, version: str = "") -> Element:
    """A metadata record in its section: dmdSec, techMD or digiprovMD > mdWrap > xmlData."""
    wrap = METS("mdWrap", METS("xmlData", content), MDTYPE=kind, MIMETYPE="text/xml")
    if version:
        wrap.set("MDTYPEVERSION", version)
    return METS(section, wrap, ID=identifier)


def rights_section(rights: Rights | None) -> Element | None:
    """The rights of the volume or page in their section, if any are known (ndk.md §3; profile copyrightmd).

    Raises:
        ValueError: a status that the standard does not have.
    """
    if rights is None:
        return None
    content = METS("xmlData", copyrightmd.copyright_record(rights))
    wrap = METS("mdWrap", content, MDTYPE="OTHER", OTHERMDTYPE="CopyrightMD", MIMETYPE="text/xml")
    return METS("rightsMD", wrap, ID=RIGHTS)


def file_group(use: Use, *files: Element) -> Element:
    """A fileGrp with its files."""
    group = GROUPS[use]
    return METS("fileGrp", *files, ID=group.id, USE=group.label)


def file(use: Use, number: str, ref: FileRef, *, sequence: int, created: str, records: str = "") -> Element:
    """A file entry; `ref.path` is relative to the package's root, `records` are identifiers of its metadata."""
    group = GROUPS[use]
    entry = METS(
        "file",
        LINKING("FLocat", {HREF: ref.path}, LOCTYPE="URL"),
        ID=f"{group.file}_{number}",
        MIMETYPE=group.media_type,
        SEQ=str(sequence),
        CREATED=created,
        SIZE=str(ref.size),
        CHECKSUM=ref.md5,
        CHECKSUMTYPE="MD5",
    )
    if records:
        entry.set("ADMID", records)
    return entry


def pointers(number: str, *uses: Use) -> tuple[Element, ...]:
    """What a division points to: the page's file of each use."""
    return tuple(METS("fptr", FILEID=f"{GROUPS[use].file}_{number}") for use in uses)


def _joined(*parts: str) -> str:
    return ", ".join(text for text in map(line, parts) if text)


def _agent(role: str, sigla: str) -> Element:
    return METS("agent", METS("name", sigla), ROLE=role, TYPE="ORGANIZATION")
