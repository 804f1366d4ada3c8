"""What people corrected of the texts of a volume's pages, kept as numbered files beside its other corrections.

Each is one file `corrections/0001.text.json` ... : written whole, never changed, never removed; it holds the file that
somebody gave as it was given, so that it stands alone wherever it is handed on to. Taking one back adds a file that
says so. Pages are known by their identifier, as in workflows.corrections.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from metadata.event import now
from metadata.file import flush, place_bytes
from metadata.model import Page, PageId, Volume
from metadata.problem import Problem
from metadata.record import from_json, to_json, to_pretty_json
from metadata.text import PageText
from workflows.corrections import FOLDER, Corrections

_NAME = re.compile(r"[0-9]{4,}\.text\.json")


class Form(StrEnum):
    """As what a text was given, by the ending of its file: plain, or ALTO 2.0."""

    PLAIN = "txt"
    ALTO = "xml"


@dataclass(frozen=True, slots=True)
class Given:
    """A corrected text as a person gave it: the name of its file and its content."""

    name: str
    form: Form
    content: str


@dataclass(frozen=True, slots=True)
class TextCorrection:
    """One correction: `number` of its file from 1, who made it and when (ISO 8601), of which page.

    `scan` and `frame` are there for those who read the file. `read` is the digest of the text that stood on the page
    then (`text_digest`). One that takes back the correction number `undoes` gives nothing.
    """

    number: int
    who: str
    when: str
    page: PageId
    scan: str
    frame: int
    read: str = ""
    given: Given | None = None
    undoes: int = 0


@dataclass(frozen=True, slots=True)
class TextCorrections:
    """All corrections of texts of the volume whose folder in the batch is `folder`, in the order of their numbers."""

    folder: Path
    records: tuple[TextCorrection, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> TextCorrections:
        """Those of the volume in `folder`; none when nobody made any.

        Raises:
            Problem: V014, a file is damaged; nobody's work is passed over in silence.
        """
        places = [path for path in (folder / FOLDER).glob("*.text.json") if _NAME.fullmatch(path.name)]
        places.sort(key=_number)
        return cls(folder, tuple(_read(path) for path in places))

    @property
    def pages(self) -> Mapping[PageId, TextCorrection]:
        """What holds of each page: the last that was said of it and that nobody took back."""
        undone = {record.undoes for record in self.records}
        return {
            record.page: record for record in self.records if record.given is not None and record.number not in undone
        }

    @property
    def digest(self) -> str:
        """SHA-512 of what holds, whoever said it and when; empty when nothing does."""
        said = sorted((record.page, record.given) for record in self.pages.values() if record.given)
        return hashlib.sha512(to_json(said)).hexdigest() if said else ""

    def gone(self, volume: Volume) -> tuple[TextCorrection, ...]:
        """Those of pages that the volume does not have any more: they wait, unused."""
        there = {page.id for page in volume.pages}
        return tuple(record for record in self.pages.values() if record.page not in there)

    def add(self, who: str, page: Page, given: Given, read: PageText) -> TextCorrections:
        """Write down what a person says of the text of `page`, which was `read` so, and give back all of them with it.

        Raises:
            FileExistsError: somebody else added one since these were read; nothing was written.
            OSError: the disk refuses.
        """
        said = TextCorrection(0, who, now(), page.id, page.scan, page.frame, text_digest(read), given)
        return self._added(said)

    def undo(self, who: str, page: Page) -> TextCorrections:
        """Take back the last correction of the page's text that still holds.

        Raises:
            LookupError: there is none.
            FileExistsError: as in `add`.
        """
        last = self.pages.get(page.id)
        if last is None:
            raise LookupError(f"{self.folder.name}: nothing to take back")
        return self._added(TextCorrection(0, who, now(), page.id, page.scan, page.frame, undoes=last.number))

    def _added(self, said: TextCorrection) -> TextCorrections:
        number = self.records[-1].number + 1 if self.records else 1
        record = replace(said, number=number)
        place = self.folder / FOLDER
        place.mkdir(parents=True, exist_ok=True)
        draft = place / f".{uuid.uuid4().hex}"
        try:
            place_bytes(draft, to_pretty_json(record))
            # A link, unlike a renaming, never takes the place of a file that is there.
            os.link(draft, place / f"{number:04d}.text.json")
        finally:
            draft.unlink(missing_ok=True)
        flush(place)
        return replace(self, records=(*self.records, record))


def text_digest(text: PageText) -> str:
    """SHA-512 of what a page says, wherever it stands on it: another reading of the same words is no other text."""
    return hashlib.sha512(text.plain().encode("utf-8", "surrogatepass")).hexdigest()


def corrections_digest(folder: Path) -> str:
    """SHA-512 of all that people corrected of the volume in `folder`: pages, structure, texts.

    That of pages and structure alone where no text was corrected, so that packages from before stay as they are.

    Raises:
        Problem: V014, a correction is damaged.
    """
    structure, texts = Corrections.read(folder).digest, TextCorrections.read(folder).digest
    return hashlib.sha512(f"{structure} {texts}".encode()).hexdigest() if texts else structure


def _number(path: Path) -> int:
    return int(path.name.partition(".")[0])


def _read(path: Path) -> TextCorrection:
    try:
        record = from_json(TextCorrection, path.read_bytes())
    except (OSError, ValueError) as error:
        raise Problem("V014", path.parent.parent.name, why=f"{FOLDER}/{path.name}: {error}"[:300]) from error
    return replace(record, number=_number(path))
