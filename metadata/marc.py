"""MARC 21 -> Description, as Czech libraries catalogue and NDK wants it (MARC 21 Bibliographic; ndk.md §2).

Names, origins, subjects and identifiers have modules of their own; here are titles, languages, notes, relations, the
physical description and the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from metadata import lists
from metadata.description import (
    Cartography,
    Description,
    IdentifierKind,
    Organisation,
    OtherTitle,
    RecordOrigin,
    Related,
    VolumeKind,
)
from metadata.language import terminology
from metadata.marc_identifiers import checked, identifiers
from metadata.marc_names import names
from metadata.marc_origin import changed, country, created, edition, frequency, published
from metadata.marc_record import BadRecord, MarcField, MarcRecord
from metadata.marc_subjects import classifications, subjects
from metadata.marc_text import ended, joined, trimmed, unbracketed

__all__ = ["barcodes", "description", "identifiers", "proposed_kind", "record_id", "title_line"]

# Leader/06, where it decides; what is neither language, map, music nor picture is catalogued like a book.
_KINDS = {
    "e": VolumeKind.MAP, "f": VolumeKind.MAP, "c": VolumeKind.SHEET_MUSIC, "d": VolumeKind.SHEET_MUSIC,
    "k": VolumeKind.GRAPHIC, "g": VolumeKind.GRAPHIC, "r": VolumeKind.GRAPHIC,
}  # fmt: skip
_OTHER_TITLES = {"130": "uniform", "240": "uniform", "210": "abbreviated", "242": "translated", "247": "alternative"}
_NOTES = (
    "362", "500", "501", "502", "504", "505", "508", "511", "515", "518", "525", "530", "533", "534", "538", "546",
    "550", "555", "580", "585", "586",
)  # fmt: skip
_RELATIONS = {
    "773": "host", "774": "constituent", "775": "otherVersion", "776": "otherFormat", "780": "preceding",
    "785": "succeeding",
}  # fmt: skip
# 008/23 (008/29 of maps and pictures) and the first letters of an RDA carrier (338 $b), in the words of marcform.
_FORMS = {"a": "microfilm", "b": "microfiche", "f": "braille", "o": "electronic", "q": "electronic", "s": "electronic"}
_CARRIERS = {"n": "print", "c": "electronic", "he": "microfiche", "hf": "microfiche", "h": "microfilm"}
# Codes that MARC gave up for those of ISO 639-2.
_FORMER_LANGUAGES = {"scc": "srp", "scr": "hrv", "mol": "rum"}
_FRAKTUR = re.compile(r"fraktur|švabach|schwabach|novogotick\w+ písm", re.IGNORECASE)
_SIGLA = re.compile(r"[A-Z]{3}[0-9]{3}")
# After a leading article there is a blank or an apostrophe; a wrong indicator must not cut a word in two.
_NON_SORT = re.compile(r".*[\s'’\"„“(\[.-]$", re.DOTALL)


def description(record: MarcRecord, institution: Organisation, kind: VolumeKind) -> Description:
    """What the record says, held by `institution`, as the description of a volume of `kind`.

    An added entry for a work (700 $t and the like) that is not part of this one, and other scripts (880), are left out.

    Raises:
        BadRecord: it has no title (245 $a).
    """
    main = _main_title(record)
    non_sort, title = _title(main)
    subtitle, parallel = _subtitle(main)
    origin = published(record)
    return Description(
        title=title,
        institution=institution,
        kind=kind,
        subtitle=subtitle,
        part_number=trimmed(joined(main.all("n"), " ")).rstrip(". "),
        part_name=ended(joined(main.all("p"), " ")),
        non_sort=non_sort,
        other_titles=tuple(dict.fromkeys((*parallel, *_other_titles(record)))),
        names=names(record),
        year=origin.year,
        publisher=origin.publisher,
        place=origin.place,
        country=country(record),
        date_start=origin.start,
        date_end=origin.end,
        statement_of_edition=edition(record),
        issuance=_issuance(record),
        frequency=frequency(record),
        origins=origin.others,
        languages=languages(record),
        script=_script(record),
        form=_form(record),
        extent="; ".join(filter(None, (trimmed(joined(field.all("abcefg"))) for field in record.all("300")))),
        abstract=" ".join(filter(None, (joined(field.all("ab")) for field in record.all("520")))),
        notes=_notes(record, main),
        subjects=subjects(record),
        classifications=classifications(record),
        related=tuple(dict.fromkeys((*_series(record), *_relations(record)))),
        cartography=_cartography(record),
        shelf_mark=_shelf_mark(record, institution),
        identifiers=identifiers(record),
        record=_origin(record),
    )


def proposed_kind(record: MarcRecord) -> VolumeKind:
    """What the record describes, by leader/06, 07 and 19; a periodical is proposed as the kind of its issues."""
    kind = _KINDS.get(record.leader[6])
    if kind:
        return kind
    if record.leader[7] in "bis":
        return VolumeKind.ISSUE
    return VolumeKind.MONOGRAPH_VOLUME if record.leader[19] in "abc" else VolumeKind.MONOGRAPH


def record_id(record: MarcRecord) -> str:
    """The system number (001)."""
    return record.control("001")


def title_line(record: MarcRecord) -> str:
    """The title on one line for a list of hits, as 245 writes it without responsibility; empty when there is none."""
    return next((ended(joined(field.all("abnp"))) for field in record.all("245")), "")


def barcodes(record: MarcRecord) -> tuple[str, ...]:
    """Barcodes of copies, where Czech Aleph exports its items: 996 $b; 991 $b where it is a number."""
    numbers = (text for text in record.texts("991", "b") if text.isdecimal())
    return tuple(dict.fromkeys((*record.texts("996", "b"), *numbers)))


def languages(record: MarcRecord) -> tuple[str, ...]:
    """ISO 639-2/T codes of the text: 008/35-37, then 041 $a and $d; `mul` gives way to the codes it stands for."""
    pieces = [record.coded(35, 38), *(text for field in record.all("041") for text in field.all("ad"))]
    codes = (piece[i : i + 3].lower() for piece in pieces for i in range(0, len(piece), 3))
    current = (_FORMER_LANGUAGES.get(code, code) for code in codes)
    found = tuple(dict.fromkeys(terminology(code) for code in current if code in lists.codes("languages")))
    several = len(found) > 1
    return tuple(code for code in found if code not in ("mul", "und") or not several)


def _main_title(record: MarcRecord) -> MarcField:
    found = next((field for field in record.all("245") if ended(field.first("a"))), None)
    if not found:
        raise BadRecord("no_title")
    return found


def _title(field: MarcField) -> tuple[str, str]:
    """The part that is not sorted by (245, second indicator: how many characters) and the rest."""
    whole = field.first("a")
    count = int(field.indicators[1]) if field.indicators[1] in "123456789" else 0
    article, rest = whole[:count], ended(whole[count:])
    if count and rest and _NON_SORT.match(article):
        return joined([article]), rest
    return "", ended(whole)


def _subtitle(field: MarcField) -> tuple[str, list[OtherTitle]]:
    """The subtitle, and the parallel titles that ISBD parts by an equals sign."""
    own: list[str] = []
    parallel: list[str] = []
    foreign = False
    for code, text in field.subfields:
        if code == "b":
            first, *others = re.split(r"\s=\s", text)
            (parallel if foreign else own).append(first)
            parallel += others
        foreign = text.endswith("=")
    titles = [OtherTitle("translated", title) for each in parallel if (title := ended(each))]
    return " : ".join(filter(None, map(ended, own))), titles


def _other_titles(record: MarcRecord) -> Iterator[OtherTitle]:
    for field in record.all("246", *_OTHER_TITLES):
        kind = _OTHER_TITLES.get(field.tag) or ("translated" if field.indicators[1] == "1" else "alternative")
        title = ended(field.first("a"))
        if title:
            number = trimmed(joined(field.all("n"))).rstrip(". ")
            yield OtherTitle(kind, title, ended(joined(field.all("b"))), number, ended(joined(field.all("p"))))


def _issuance(record: MarcRecord) -> str:
    """MODS issuance by leader/07 and 19."""
    level = record.leader[7]
    if level in "bs":
        return "serial"
    if level == "i":
        return "integrating resource"
    if record.leader[19] in "abc":
        return "multipart monograph"
    return "single unit" if level == "m" else "monographic"


def _form(record: MarcRecord) -> str:
    """marcform: the RDA carrier (338 $b), else 008/23 (29 of maps and pictures); print where neither says otherwise."""
    carrier = next(iter(record.texts("338", "b")), "")
    told = _CARRIERS.get(carrier[:2]) or _CARRIERS.get(carrier[:1])
    place = 29 if record.leader[6] in "efgkr" else 23
    return told or _FORMS.get(record.coded(place, place + 1), "print")


def _script(record: MarcRecord) -> str:
    said = (*record.texts("546", "ab"), *record.texts("500", "a"))
    return "Fraktur" if any(map(_FRAKTUR.search, said)) else ""


def _notes(record: MarcRecord, main: MarcField) -> tuple[str, ...]:
    """The statement of responsibility (245 $c), then the notes of 5XX, and 362 of a serial, as they are written."""
    responsibility = trimmed(joined(main.all("c")))
    letters = "abcdefghijklmnopqrstvyz"
    written = (joined(field.all(letters)) for tag in _NOTES for field in record.all(tag))
    return tuple(dict.fromkeys(filter(None, (responsibility, *written))))


def _series(record: MarcRecord) -> Iterator[Related]:
    """Series as on the piece (490, 440), and those traced (830) whose title is not among them."""
    seen = set()
    for field in record.all("490", "440", "830"):
        title = ended(joined(field.all("anp" if field.tag == "440" else "a")))
        if title and title.casefold() not in seen:
            seen.add(title.casefold())
            yield Related("series", title, trimmed(field.first("v")), _issn(field))


def _relations(record: MarcRecord) -> Iterator[Related]:
    for field in record.all(*_RELATIONS):
        title = ended(field.first("t")) or ended(field.first("s")) or ended(field.first("a"))
        if title:
            yield Related(_RELATIONS[field.tag], title, trimmed(field.first("g")), _issn(field))
    for field in record.all("700", "710", "711"):
        title = ended(joined(field.all("tp")))
        if field.first("t") and title and field.indicators[1] == "2":
            yield Related("constituent", title)


def _issn(field: MarcField) -> str:
    found = checked(IdentifierKind.ISSN, field.first("x"))
    return found.value if found and found.valid else ""


def _cartography(record: MarcRecord) -> Cartography:
    """255 as written; the scale as 034 codes it where 255 has none."""
    scale = next((trimmed(text) for text in record.texts("255", "a")), "")
    coded = next((text for text in record.texts("034", "b") if text.isdecimal()), "")
    corners = next((field for field in record.all("034") if len(field.all("defg")) == 4), None)
    west, east, north, south = (corners.first(code) for code in "defg") if corners else ("", "", "", "")
    written = next((unbracketed(text.rstrip(". ")) for text in record.texts("255", "c")), "")
    return Cartography(
        scale or (f"1:{coded}" if coded else ""),
        next((trimmed(text) for text in record.texts("255", "b")), ""),
        written or (f"{west}--{east}/{north}--{south}" if corners else ""),
    )


def _shelf_mark(record: MarcRecord, institution: Organisation) -> str:
    """910 $b of the institution's own copy; a copy that names no library is its own, another library's is not."""
    for field in record.all("910"):
        if field.first("a") in (institution.sigla, "") and field.first("b"):
            return trimmed(field.first("b"))
    return ""


def _origin(record: MarcRecord) -> RecordOrigin:
    makers = [text for code in "adc" for text in record.texts("040", code)]
    return RecordOrigin(
        rules="rda" if any("rda" in text.lower() for text in record.texts("040", "e")) else "aacr",
        source=next((maker for maker in makers if _SIGLA.fullmatch(maker)), ""),
        id=record_id(record),
        created=created(record),
        changed=changed(record),
    )
