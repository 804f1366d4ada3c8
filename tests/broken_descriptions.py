"""Packages in which one bibliographic record breaks its profile: the samples, level by level, and how it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metadata.elements import DC, MODS
from metadata.ndk.check.complaint import Level
from tests.broken_files import SAME
from tests.broken_records import MONOGRAPH, PERIODICAL, RECORD, WARNING, Break, doubled, without_all
from tests.broken_sample import Reason, Sample, in_main
from tests.psp_edits import Edit, adding, saying, set_to, without

_FORM = {
    "MODS": "//mods:mods[starts-with(@ID,'MODS_{}_')]",
    "DC": "//mets:dmdSec[starts-with(@ID,'DCMD_{}_')]//oai_dc:dc",
}
_NO_TWIN = {
    SAME: Reason("kdo nemá protějšek, nemá ani jeho identifikátory", "who has no twin has none of its identifiers")
}


# --- bibliographic records --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Described:
    """A level of description in a good package: what its record must have, and values that may not stand in it."""

    rule: str
    case: str
    section: str
    needed: tuple[str, ...]
    wrong: tuple[tuple[str, str], ...]
    single: str = ""
    attribute: tuple[str, str] = ("mods:titleInfo", "displayLabel")
    advised: tuple[str, str] = ("", "")


_LANGUAGE = ("mods:language/mods:languageTerm", "česky")
_LANGUAGE_ONCE = "mods:language/mods:languageTerm"
_PLACE_ONCE = "mods:location/mods:physicalLocation"
_ORIGIN = ("mods:recordInfo/mods:recordOrigin", "opsáno")
_STILL = ("mods:typeOfResource", "text")
_ROLE = ("mods:name/mods:role/mods:roleTerm", "autor")
_DATE = ("mods:recordInfo/mods:recordCreationDate", "loni")
LEVELS = (
    Described("TITLE", "monograph-volume", "TITLE", ("titleInfo", "physicalDescription", "recordInfo"),
        (_LANGUAGE, _DATE), _LANGUAGE_ONCE, advised=_ROLE),
    Described("VOLUME", MONOGRAPH, "VOLUME", ("titleInfo", "language", "physicalDescription", "recordInfo"),
        (_LANGUAGE, ("mods:classification/@authority", "ddc"), ("mods:typeOfResource", "still image")), _PLACE_ONCE,
        advised=_ROLE),
    Described("VOLUME", "map", "VOLUME", ("titleInfo", "language"), (_STILL,), _PLACE_ONCE),
    Described("VOLUME", "graphic", "VOLUME", ("titleInfo", "language"), (_STILL,), _PLACE_ONCE),
    Described("VOLUME", "sheetmusic", "VOLUME", ("titleInfo", "language"), (_STILL,),
        _LANGUAGE_ONCE),
    Described("VOLUME", "monograph-volume", "VOLUME", ("titleInfo", "recordInfo"), (_LANGUAGE,), _PLACE_ONCE),
    Described("SUPPLEMENT", MONOGRAPH, "SUPPL", ("titleInfo", "genre", "recordInfo"), (_LANGUAGE, _DATE),
        _LANGUAGE_ONCE, advised=_ROLE),
    Described("CHAPTER", MONOGRAPH, "CHAP", ("titleInfo", "genre", "recordInfo"),
        (_LANGUAGE, ("mods:genre/@type", "kapitola")), _LANGUAGE_ONCE, advised=_ROLE),
    Described("PICTURE", MONOGRAPH, "PICT", ("titleInfo", "genre", "recordInfo"),
        (("mods:genre/@type", "obraz"), _DATE), _LANGUAGE_ONCE, advised=_ORIGIN),
    Described("PAGE", MONOGRAPH, "PAGE", ("genre",), (("mods:genre/@type", "strana"), ("mods:note", "vlevo")),
        attribute=("mods:genre", "displayLabel")),
    Described("TITLE", PERIODICAL, "TITLE", ("titleInfo", "language", "physicalDescription", "recordInfo"),
        (_LANGUAGE, ("mods:originInfo/mods:issuance", "monographic")), _PLACE_ONCE, advised=_ROLE),
    Described("VOLUME", PERIODICAL, "VOLUME", ("titleInfo", "genre", "originInfo"),
        (("mods:originInfo/mods:dateIssued", " "),), attribute=("mods:genre", "displayLabel")),
    Described("ISSUE", PERIODICAL, "ISSUE", ("titleInfo", "genre", "language"),
        (_LANGUAGE, ("mods:genre/@type", "zítřejší")), _PLACE_ONCE, advised=_ROLE),
    Described("SUPPLEMENT", PERIODICAL, "SUPPL", ("titleInfo", "genre", "recordInfo"),
        (_LANGUAGE, ("mods:genre/@type", "inzertní")), _LANGUAGE_ONCE, advised=_ROLE),
    Described("ARTICLE", PERIODICAL, "ART", ("titleInfo", "genre", "recordInfo"),
        (_LANGUAGE, ("mods:genre/@type", "článek")), _LANGUAGE_ONCE, advised=_ROLE),
    Described("PICTURE", PERIODICAL, "PICT", ("titleInfo", "genre", "recordInfo"),
        (("mods:genre/@type", "obraz"), _DATE), advised=_ORIGIN),
    Described("PAGE", PERIODICAL, "PAGE", ("genre",), (("mods:genre", "strana"), ("mods:note", "vlevo")),
        attribute=("mods:genre", "displayLabel"), advised=("mods:genre/@type", "strana")),
)  # fmt: skip


def to(path: str, value: str) -> Edit:
    """Give the first element of an XPath another text, or that of its attributes which follows `/@` another value."""
    element, attribute, name = path.partition("/@")
    return set_to(element, **{name: value}) if attribute else saying(path, value)


def _bibliographic() -> Iterator[Sample]:
    for each in LEVELS:
        record = _FORM["MODS"].format(each.section)
        for one in _mods_breaks(each, record):
            yield Sample(f"{RECORD}{each.rule}", one.name, in_main(one.edit), each.case, one.level)
        core = _FORM["DC"].format(each.section)
        for one in (
            Break("dc-no-type", without(f"{core}/dc:type")),
            Break("dc-unknown", adding(core, DC("rights", "vše")), WARNING),
        ):
            yield Sample(f"{RECORD}{each.rule}", one.name, in_main(one.edit), each.case, one.level)
        gone = without(f"//mets:dmdSec[starts-with(@ID,'DCMD_{each.section}_')]")
        yield Sample(f"{RECORD}{each.rule}", "dc-gone", in_main(gone), each.case, Level.ERROR, _NO_TWIN)
    volume = _FORM["MODS"].format("VOLUME")
    no_kind, no_rules = (
        (f"{volume}/mods:genre", "svazek"),
        (f"{volume}/mods:recordInfo/mods:descriptionStandard", "RAK"),
    )
    yield Sample(f"{RECORD}VOLUME", "no-kind", in_main(saying(*no_kind)), MONOGRAPH, Level.ERROR)
    yield Sample(f"{RECORD}VOLUME", "unknown-rules", in_main(saying(*no_rules)), "bare-monograph", WARNING)
    colour = in_main(adding(volume, MODS("colour", "modrá")))
    yield Sample(f"{RECORD}VOLUME", "schema", colour, MONOGRAPH, Level.ERROR, needs="schemas")


def _mods_breaks(each: Described, record: str) -> Iterator[Break]:
    for name in each.needed:
        yield Break(f"no-{name}", without_all(f"{record}/mods:{name}"))
    yield Break("no-id", set_to(record, ID=""))
    yield Break("wrong-id", set_to(record, ID="MODS_1"))
    for path, value in each.wrong:
        yield Break(f"wrong-{_last(path)}", to(f"{record}/{path}", value))
    if each.single:
        yield Break(f"twice-{_last(each.single)}", doubled(f"{record}/{each.single}"))
    yield Break("unknown-element", adding(record, MODS("targetAudience", "dospělí")), WARNING)
    path, name = each.attribute
    yield Break("unknown-attribute", set_to(f"{record}/{path}", **{name: "x"}), WARNING)
    if each.advised[0]:
        yield Break(
            f"not-advised-{_last(each.advised[0])}", to(f"{record}/{each.advised[0]}", each.advised[1]), WARNING
        )


def _last(path: str) -> str:
    return path.rpartition("/")[2].rpartition(":")[2].lstrip("@")


SAMPLES = (*_bibliographic(),)
