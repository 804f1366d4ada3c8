"""The rows of a bag's files."""

from __future__ import annotations

import sqlite3
from pathlib import PurePosixPath

from metadata.ndk.layout import Use
from repository.bag import PROVENANCE
from repository.catalogue.database import Row, put
from repository.catalogue.stored_version import StoredVersion, Tally
from repository.verify import MANIFEST, TAG_MANIFEST, parse_manifest

_MEDIA_TYPES = {
    ".xml": "text/xml",
    ".txt": "text/plain",
    ".md5": "text/plain",
    ".json": "application/json",
    ".jp2": "image/jp2",
}
_BACKSLASH = "\\"
_DOCUMENTS = ("mets", "info", "md5")


def write_files(connection: sqlite3.Connection, source: StoredVersion, tally: Tally) -> int:
    """Write a row for every file of the bag, tag files included; what they weigh together in bytes.

    Raises:
        OSError: a manifest, or a file whose size nobody noted, cannot be read.
        ValueError: a manifest is none.
    """
    payload, tags = source.read(MANIFEST), source.read(TAG_MANIFEST)
    digests = parse_manifest(payload) | parse_manifest(tags) | {TAG_MANIFEST: source.fingerprint()}
    listed = f"{tally.package}/md5_{PurePosixPath(tally.package).name}.md5"
    md5 = _md5_list(source, listed) if listed in digests else {}
    total = 0
    for path, sha512 in digests.items():
        page, ref = tally.files.get(path, (None, None))
        size = source.size(path) if ref is None else ref.size
        row: Row = {
            "volume": source.object_id,
            "path": f"{source.version}/{path}",
            "use": _use(path),
            "page": page,
            "size": size,
            "media_type": (ref.media_type if ref else "") or _MEDIA_TYPES.get(PurePosixPath(path).suffix),
            "sha512": sha512,
            "md5": (ref.md5 if ref else "") or md5.get(path),
        }
        put(connection, "file", row)
        total += size
    return total


def _md5_list(source: StoredVersion, path: str) -> dict[str, str]:
    """Path in the bag -> MD5, of the package's own list at `path` (ndk.md §1: digest, blank or tab, path)."""
    package = path.rpartition("/")[0]
    lines = (line.split(maxsplit=1) for line in source.read(path).decode("ascii", "replace").splitlines())
    return {f"{package}{line[1].replace(_BACKSLASH, '/')}": line[0].lower() for line in lines if len(line) == 2}


def _use(path: str) -> str:
    """What a file of the bag is for; the uses of pages' files are named as in `Use`."""
    top, _, rest = path.partition("/")
    if top != "data":
        return "bag"
    folder, _, name = rest.partition("/")
    if folder == PROVENANCE:
        return "sidecar" if name.startswith("sidecars/") else "provenance"
    uses = {use.value: use.name.lower() for use in Use} | {document: document for document in _DOCUMENTS}
    return uses.get(name.partition("/")[0] if "/" in name else name.partition("_")[0], "other")
