"""info.xml and the MD5 list of a package (ndk.md §1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from metadata import mods
from metadata.description import Identifier, IdentifierKind
from metadata.elements import clean, line
from metadata.markup import Element, to_bytes
from metadata.model import Volume, VolumeRecord
from metadata.ndk import layout
from metadata.ndk.standard import USUAL, Standard

# The types of titleid that info_per2.1.xsd knows; that of monographs knows them all.
_OF_PERIODICALS = (IdentifierKind.UUID, IdentifierKind.ISSN, IdentifierKind.CCNB, IdentifierKind.ISBN)


def md5_list(digests: Mapping[str, str]) -> bytes:
    """The MD5 list: `digests` maps paths relative to the package's root to lower-case hex, written in path order."""
    return "".join(f"{digests[path]} /{path}\n" for path in sorted(digests)).encode("ascii")


def info_document(
    record: VolumeRecord, items: Iterable[str], size: int, md5_digest: str, standard: Standard = USUAL
) -> bytes:
    """info.xml of a package (info_mon2.2.xsd, info_per2.1.xsd).

    Args:
        record: the volume.
        items: paths of all files but info.xml itself, relative to the package's root.
        size: bytes of all these files together; info.xml writes KiB, itself included, rounded up.
        md5_digest: MD5 of the MD5 list, lower-case hex.
        standard: the versions of the standard.
    """
    paths = [*sorted(items), layout.info_name(record.volume.id)]
    draft = to_bytes(_info(record, paths, size, md5_digest, standard))
    return to_bytes(_info(record, paths, size + len(draft), md5_digest, standard))


def title_identifiers(volume: Volume) -> tuple[Identifier, ...]:
    """What names the volume in info.xml, no type twice; of a periodical's title its ISSN and ČNB number besides."""
    named = {each.kind: each for each in mods.identifiers(volume)}
    kind = volume.description.kind
    if not kind.periodical:
        return tuple(named.values())
    above = mods.title_identifiers(volume.title, kind) if volume.title else ()
    known = {each.kind: each for each in above} | named
    return tuple(known[of] for of in _OF_PERIODICALS if of in known)


def _info(record: VolumeRecord, paths: list[str], size: int, md5_digest: str, standard: Standard) -> Element:
    volume, institution = record.volume, record.volume.description.institution
    root = etree.Element("info")
    _add(root, "created", record.created)
    _add(root, "metadataversion", standard.version(volume.description.kind))
    _add(root, "packageid", volume.id)
    _add(root, "mainmets", layout.mets_name(volume.id))
    _add(root, "validation", "W3C-XML", version="1")
    for each in title_identifiers(volume):
        _add(root, "titleid", each.value, type=each.kind.value)
    _add(root, "institution", line(institution.name) or institution.sigla)
    _add(root, "creator", institution.sigla)
    _add(root, "size", str(-(-size // 1024)))
    items = etree.SubElement(root, "itemlist", itemtotal=str(len(paths)))
    for path in paths:
        _add(items, "item", f"/{path}")
    _add(root, "checksum", f"/{layout.md5_name(volume.id)}", type="md5", checksum=md5_digest)
    return root


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    etree.SubElement(parent, name, attributes).text = clean(text)
