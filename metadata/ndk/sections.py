"""The parts that a main and a secondary METS have in common (METS 1.9.1 as ndk.md §2 and §3 want it)."""

from __future__ import annotations

from metadata import mods
from metadata.elements import METS, XLINK, line
from metadata.file import FileRef
from metadata.markup import Element
from metadata.model import VolumeRecord
from metadata.ndk.layout import GROUPS, Use

# The validator looks for the literal attribute names xlink:href and xlink:from (ndk.md §6, trap 6).
LINKING = METS.declaring(XLINK)
HREF, FROM, TO = XLINK.tag("href"), XLINK.tag("from"), XLINK.tag("to")


def label(record: VolumeRecord) -> str:
    """What the volume is called throughout its package: title, year."""
    about = record.volume.description
    return ", ".join(part for part in (mods.title(about), line(about.year)) if part)


def document(record: VolumeRecord, *parts: Element) -> Element:
    """A METS document of the package: header with both agents, then `parts`.

    The root declares no namespace of embedded records: lxml would take their own declarations away, and the
    validator cuts the records out and reads them alone (ndk.md §6, trap 5).
    """
    sigla = record.volume.description.institution.sigla
    header = METS("metsHdr", _agent("CREATOR", sigla), _agent("ARCHIVIST", sigla))
    header.attrib.update({"CREATEDATE": record.created, "LASTMODDATE": record.created})
    return LINKING("mets", header, *parts, LABEL=label(record), TYPE="Monograph")


def wrapped(section: str, identifier: str, kind: str, content: Element, version: str = "") -> Element:
    """A metadata record in its section: dmdSec, techMD or digiprovMD > mdWrap > xmlData."""
    wrap = METS("mdWrap", METS("xmlData", content), MDTYPE=kind, MIMETYPE="text/xml")
    if version:
        wrap.set("MDTYPEVERSION", version)
    return METS(section, wrap, ID=identifier)


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


def _agent(role: str, sigla: str) -> Element:
    return METS("agent", METS("name", sigla), ROLE=role, TYPE="ORGANIZATION")
