"""All documents of a package as ONE pure function of the page records: same records, same bytes (ndk.md §1).

No clock, no disk, no chance. The files that pages already have (images, ALTO, TXT) enter by their digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from metadata.file import FileRef
from metadata.markup import to_bytes
from metadata.model import PageRecord, VolumeId, VolumeRecord
from metadata.ndk import layout
from metadata.ndk.info import info_document, md5_list
from metadata.ndk.layout import Use
from metadata.ndk.mets import main_mets
from metadata.ndk.secondary import created, secondary_mets
from metadata.ndk.standard import USUAL, Standard


def psp_documents(record: VolumeRecord, standard: Standard = USUAL) -> dict[str, bytes]:
    """Every document of the package that is made from records, by its path relative to the package's root.

    A secondary METS for each page, the main METS, the MD5 list and info.xml. Together with `placed` of each page
    that is the whole package.

    Args:
        record: the volume, issue or supplement.
        standard: the versions of the standard to write.

    Raises:
        ValueError: two pages have the same order, an order has more than four digits, a file has no MD5, a page's
            type is not in the standard's list for this kind of volume, its events do not say how its master or ALTO
            were made, a division cannot be written (`levels.parts`), or rights have an unknown status.
    """
    volume = record.volume.id
    files = [placed(volume, page) for page in record.pages]
    _refuse_clashes(record, files)
    documents: dict[str, bytes] = {}
    for position, page in enumerate(record.pages):
        path = layout.path(volume, Use.AMD, page.page.order)
        documents[path] = to_bytes(secondary_mets(record, position, files[position]))
        files[position][Use.AMD] = _reference(path, documents[path])
    when = [created(record, page) for page in record.pages]
    main = layout.mets_name(volume)
    documents[main] = to_bytes(main_mets(record, files, when))
    digests = {ref.path: ref.md5 for page in files for ref in page.values()} | {main: _md5(documents[main])}
    listed = layout.md5_name(volume)
    documents[listed] = md5_list(digests)
    size = sum(ref.size for page in files for ref in page.values()) + len(documents[main]) + len(documents[listed])
    info = info_document(record, [*digests, listed], size, _md5(documents[listed]), standard)
    documents[layout.info_name(volume)] = info
    return documents


def placed(volume: VolumeId, page: PageRecord) -> dict[Use, FileRef]:
    """The files that a page brings into the package, with their paths relative to the package's root.

    Raises:
        ValueError: the page's order has more than four digits.
    """
    brought = {Use.MASTER: page.master, Use.USER: page.user, Use.ALTO: page.alto, Use.TXT: page.txt}
    return {use: replace(ref, path=layout.path(volume, use, page.page.order)) for use, ref in brought.items()}


def _refuse_clashes(record: VolumeRecord, files: Sequence[dict[Use, FileRef]]) -> None:
    orders = [page.page.order for page in record.pages]
    if len(set(orders)) < len(orders):
        raise ValueError(f"volume {record.volume.id}: two pages have the same order")
    for ref in (ref for page in files for ref in page.values()):
        if not ref.md5:
            raise ValueError(f"{ref.path}: no MD5")


def _reference(path: str, content: bytes) -> FileRef:
    return FileRef(path, len(content), hashlib.sha512(content).hexdigest(), _md5(content), "text/xml")


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
