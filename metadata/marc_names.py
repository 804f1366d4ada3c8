"""Names of MARC 21 records (100-111, 700-720): who made the work, in which roles (MARC Code List for Relators)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from metadata import lists
from metadata.description import Name, NameKind
from metadata.marc_record import MarcField, MarcRecord
from metadata.marc_text import ended, joined, trimmed

_MAIN = ("100", "110", "111")
_ADDED = ("700", "710", "711", "720")

# What $e says in Czech and English records, by its beginning: case endings and "(of text)" differ.
_TERMS = {
    "autor předmluvy": "aui", "autor doslovu": "aft", "autor úvodu": "aui", "autor hudby": "cmp", "autor textu": "aut",
    "autor komentáře": "cwt", "autor fotografi": "pht", "autor": "aut", "author of introduction": "aui",
    "author of afterword": "aft", "author": "aut", "ilustrátor": "ill", "illustrator": "ill", "překladatel": "trl",
    "translator": "trl", "editor": "edt", "redaktor": "edt", "sestavovatel": "com", "compiler": "com",
    "vydavatel": "pbl", "nakladatel": "pbl", "publisher": "pbl", "tiskař": "prt", "printer": "prt",
    "skladatel": "cmp", "composer": "cmp", "libretista": "lbt", "librettist": "lbt", "kartograf": "ctg",
    "cartographer": "ctg", "fotograf": "pht", "photographer": "pht", "rytec": "egr", "engraver": "egr",
    "výtvarník": "art", "umělec": "art", "artist": "art", "malíř": "art", "litograf": "ltg", "lithographer": "ltg",
    "grafik": "bkd", "typograf": "bkd", "fotografie": "pht", "upravovatel": "adp", "adaptor": "adp",
    "aranžér": "arr", "arranger": "arr", "sponzor": "spn", "vlastník": "own", "dřívější vlastník": "fmo",
    "adresát": "rcp", "dedikant": "dto", "kreslíř": "drm", "knihkupec": "bsl", "recenzent": "rev", "textař": "lyr",
}  # fmt: skip
_AUTHORITY = re.compile(r"[a-z]{1,6}[0-9]+")


def names(record: MarcRecord) -> tuple[Name, ...]:
    """Everybody with a part in the work, the main entry first; one who is named twice has the roles of both.

    An added entry with a title ($t) names a work, not somebody with a part in this one, and is left out.
    """
    found: dict[tuple[str, str, NameKind], Name] = {}
    for field in record.all(*_MAIN, *_ADDED):
        name = _name(field)
        if not name.text or (field.tag in _ADDED and field.first("t")):
            continue
        key = name.text, name.dates, name.kind
        known = found.get(key)
        found[key] = _merged(known, name) if known else name
    return tuple(sorted(found.values(), key=lambda name: not name.primary))


def as_written(field: MarcField) -> str:
    """The whole name as one text with its dates, for a subject (600, 610, 611)."""
    return ended(joined(field.all("abcdnq")))


def _merged(first: Name, second: Name) -> Name:
    roles = tuple(dict.fromkeys((*first.roles, *second.roles)))
    return replace(first, roles=roles, authority=first.authority or second.authority)


def _name(field: MarcField) -> Name:
    build = {"00": _personal, "10": _corporate, "11": _conference}.get(field.tag[1:], _uncontrolled)
    return replace(build(field), roles=_roles(field), authority=_authority(field), primary=field.tag in _MAIN)


def _personal(field: MarcField) -> Name:
    text = ended(joined(field.all("ab")))
    family, comma, given = (part.strip() for part in text.partition(","))
    split = field.indicators[:1] == "1" and bool(comma)
    return Name(
        text,
        NameKind.FAMILY if field.indicators[:1] == "3" else NameKind.PERSONAL,
        family=family if split else "",
        given=given if split else "",
        dates=ended(joined(field.all("d"))),
        terms=", ".join(filter(None, map(trimmed, field.all("c")))),
    )


def _corporate(field: MarcField) -> Name:
    return Name(ended(joined(field.all("abndc"))), NameKind.CORPORATE)


def _conference(field: MarcField) -> Name:
    return Name(ended(joined(field.all("aendcq"))), NameKind.CONFERENCE)


def _uncontrolled(field: MarcField) -> Name:
    kind = NameKind.CORPORATE if field.indicators[:1] == "2" else NameKind.PERSONAL
    return Name(ended(joined(field.all("a"))), kind)


def _roles(field: MarcField) -> tuple[str, ...]:
    codes = (text.rstrip("/.,; ").rpartition("/")[2].lower() for text in field.all("4"))
    known = [code for code in codes if code in lists.codes("relators")]
    # In the names of meetings $e is a subordinate unit, and $j says the role.
    terms = field.all("j" if field.tag[1:] == "11" else "e")
    return tuple(dict.fromkeys(known or filter(None, map(_code, terms))))


def _code(term: str) -> str:
    said = ended(term).lower()
    return next((code for beginning, code in _TERMS.items() if said.startswith(beginning)), "")


def _authority(field: MarcField) -> str:
    """The number in the national authority file: $7 in Czech practice, else $0 without its source in brackets."""
    return next(_numbers((*field.all("7"), *field.all("0"))), "")


def _numbers(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        bare = re.sub(r"^\([^)]*\)", "", text).strip()
        if _AUTHORITY.fullmatch(bare):
            yield bare
