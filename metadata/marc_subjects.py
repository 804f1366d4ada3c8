"""What a work is about, from MARC 21: 600-655 with their thesaurus, 072 (Konspekt) and 080 (UDC)."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.description import Classification, Subject
from metadata.marc_names import as_written
from metadata.marc_record import MarcField, MarcRecord
from metadata.marc_text import ended, joined, trimmed

_NAMES = ("600", "610", "611")
_PLAIN = ("630", "648", "650", "651", "653", "655")
_KONSPEKT = "Konspekt"
# Second indicator of 600-651; 7 sends to $2, 4 names no source.
_BY_INDICATOR = {"0": "lcsh", "1": "lcshac", "2": "mesh", "3": "nal", "5": "cash", "6": "rvm"}


def subjects(record: MarcRecord) -> tuple[Subject, ...]:
    """The subject headings, each once, in the order of the record; then the names of Konspekt groups (072 $x)."""
    headings = (_subject(field) for field in record.all(*_NAMES, *_PLAIN))
    groups = (Subject(_KONSPEKT, topics) for field in _konspekt(record) if (topics := _all(field, "x")))
    found = (*headings, *groups)
    return tuple(dict.fromkeys(each for each in found if each.topics or each.places or each.periods or each.names))


def classifications(record: MarcRecord) -> tuple[Classification, ...]:
    """UDC marks (080), the mark of the Konspekt group (072 $a) and its number ($9), each once."""
    marks = [Classification(mark) for text in record.texts("080", "a") if (mark := trimmed(text))]
    for field in _konspekt(record):
        marks += [Classification(mark, "udc", _KONSPEKT) for mark in _all(field, "a")]
        marks += [Classification(number, _KONSPEKT) for number in _all(field, "9")]
    return tuple(dict.fromkeys(marks))


def _konspekt(record: MarcRecord) -> Iterator[MarcField]:
    return (field for field in record.all("072") if field.first("2").lower() == _KONSPEKT.lower())


def _subject(field: MarcField) -> Subject:
    topics, places, periods = _all(field, "xv"), _all(field, "z"), _all(field, "y")
    authority = field.first("2") or ("" if field.tag in ("653", "655") else _BY_INDICATOR.get(field.indicators[1], ""))
    if field.tag in _NAMES:
        return Subject(authority, topics, places, periods, tuple(filter(None, (as_written(field),))))
    main = _all(field, "a") if field.tag == "653" else tuple(filter(None, (ended(joined(field.all("ab"))),)))
    if field.tag == "651":
        return Subject(authority, topics, (*main, *places), periods)
    if field.tag == "648":
        return Subject(authority, topics, places, (*main, *periods))
    return Subject(authority, (*main, *topics), places, periods)


def _all(field: MarcField, codes: str) -> tuple[str, ...]:
    return tuple(filter(None, map(ended, field.all(codes))))
