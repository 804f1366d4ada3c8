"""One stored version as the catalogue reads it: its files, its values, and what its pages add up to."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from metadata.file import FileRef
from metadata.model import PageRecord, VolumeId
from metadata.record import from_json
from repository.bag import package_folders
from repository.catalogue.database import Row
from repository.place import Place
from repository.verify import MANIFEST, TAG_MANIFEST, parse_manifest

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One stored version, to be read from its place."""

    place: Place
    object_id: VolumeId
    version: str

    def read(self, path: str) -> bytes:
        """All of one file. Raises OSError as `open` does."""
        with self.place.open(self.object_id, self.version, path) as stream:
            return stream.read()

    def lines(self, path: str) -> Iterator[bytes]:
        """One file line by line. Raises OSError as `open` does."""
        with self.place.open(self.object_id, self.version, path) as stream:
            yield from stream

    def size(self, path: str) -> int:
        """Bytes of one file. Raises OSError as `open` does."""
        with self.place.open(self.object_id, self.version, path) as stream:
            return stream.seek(0, os.SEEK_END)

    def package(self) -> str:
        """The package's folder in the bag: data/<packageid>, which is the object's own identifier but for imports.

        Raises:
            OSError: the manifest cannot be read.
            ValueError: it is none.
        """
        found = package_folders(parse_manifest(self.read(MANIFEST)))
        return f"data/{self.object_id if self.object_id in found or not found else min(found)}"

    def fingerprint(self) -> str:
        """SHA-512 of the tag manifest, which fixes every byte of the bag; empty when it cannot be read."""
        try:
            return hashlib.sha512(self.read(TAG_MANIFEST)).hexdigest()
        except OSError:
            return ""


@dataclass(slots=True)
class Tally:
    """What the pages of a volume add up to.

    `package` is the package's folder in the bag, `files` maps paths in the bag to (page, description when there is
    one), `page_ids` the order of a page to its UUID, `spoken` its words with their
    language, and on how many pages they stand; `own_rights` of its pages may be seen by others than the volume.
    """

    package: str = ""
    pages: int = 0
    blank: int = 0
    words: int = 0
    trusted: float = 0.0
    worst: float | None = None
    to_check: int = 0
    warnings: int = 0
    own_rights: int = 0
    events: int = 0
    findings: int = 0
    files: dict[str, tuple[str, FileRef | None]] = field(default_factory=dict)
    page_ids: dict[int, str] = field(default_factory=dict)
    spoken: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, page: Row, record: PageRecord) -> None:
        """Count one page in."""
        self.pages += 1
        self.page_ids[record.page.order] = record.page.id
        self.blank += record.blank
        self.to_check += bool(page["attention"])
        if record.words and record.confidence >= 0:
            self.words += record.words
            self.trusted += record.words * record.confidence
            self.worst = min(record.confidence, 1.0 if self.worst is None else self.worst)


def value(kind: type[_T], content: bytes) -> _T:
    """A value read back from its JSON.

    Raises:
        ValueError: it is no JSON, or not one.
    """
    try:
        return from_json(kind, content)
    except (AttributeError, TypeError, RecursionError) as error:  # cattrs, of a list or number in place of an object
        raise ValueError(f"not a {kind.__name__}: {error}") from error
