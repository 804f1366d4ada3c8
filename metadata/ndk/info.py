"""info.xml and the MD5 list of a package (ndk.md §1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from metadata import mods
from metadata.elements import clean, line
from metadata.markup import Element, to_bytes
from metadata.model import VolumeRecord
from metadata.ndk import layout

METADATA_VERSION = "2.2"
"""The newest DMF for monographs that the validator we know can check (ndk.md §0)."""


def md5_list(digests: Mapping[str, str]) -> bytes:
    """The MD5 list: `digests` maps paths relative to the package's root to lower-case hex, written in path order."""
    return "".join(f"{digests[path]} /{path}\n" for path in sorted(digests)).encode("ascii")


def info_document(record: VolumeRecord, items: Iterable[str], size: int, md5_digest: str) -> bytes:
    """info.xml of a package.

    Args:
        record: the volume.
        items: paths of all files but info.xml itself, relative to the package's root.
        size: bytes of all these files together; info.xml writes KiB, itself included, rounded up.
        md5_digest: MD5 of the MD5 list, lower-case hex.
    """
    paths = [*sorted(items), layout.info_name(record.volume.id)]
    draft = to_bytes(_info(record, paths, size, md5_digest))
    return to_bytes(_info(record, paths, size + len(draft), md5_digest))


def _info(record: VolumeRecord, paths: list[str], size: int, md5_digest: str) -> Element:
    volume, institution = record.volume, record.volume.description.institution
    root = etree.Element("info")
    _add(root, "created", record.created)
    _add(root, "metadataversion", METADATA_VERSION)
    _add(root, "packageid", volume.id)
    _add(root, "mainmets", layout.mets_name(volume.id))
    _add(root, "validation", "W3C-XML", version="1")
    for each in mods.identifiers(volume):
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
