"""Books made up for tests of catalogue sources, as records in MARC 21."""

from __future__ import annotations

from dataclasses import dataclass

import pymarc
from pymarc.marcxml import record_to_xml

from ingest.source.query import KeyKind


@dataclass(frozen=True, slots=True)
class Book:
    """A title with the numbers that a catalogue finds it by; empty ones it has not."""

    system: str
    title: str
    isbn: str = ""
    issn: str = ""
    ccnb: str = ""
    barcode: str = ""

    def numbers(self) -> dict[KeyKind, str]:
        """Its numbers by kind."""
        return {kind: str(getattr(self, kind)) for kind in KeyKind if getattr(self, kind)}

    def record(self) -> pymarc.Record:
        """Its record, in UTF-8."""
        fields = [pymarc.Field("001", data=self.system)]
        places = {"015": ("a", self.ccnb), "020": ("a", self.isbn), "022": ("a", self.issn)}
        places |= {"245": ("a", self.title), "996": ("b", self.barcode)}
        for tag, (code, value) in places.items():
            if value:
                subfields = [pymarc.Subfield(code, value)]
                fields.append(pymarc.Field(tag, pymarc.Indicators(" ", " "), subfields))
        record = pymarc.Record(force_utf8=True)
        record.fields = fields
        return record

    def iso2709(self) -> bytes:
        """Its record as ISO 2709."""
        return bytes(self.record().as_marc())


def marcxml(book: Book) -> bytes:
    """Its record as MARCXML, with its namespace."""
    return bytes(record_to_xml(book.record(), namespace=True))
