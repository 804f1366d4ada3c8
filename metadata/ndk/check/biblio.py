"""Which profile of the standard a bibliographic record must keep, and whether it does (fDMF "Bibliografická metadata").

Level by the ID of the dmdSec (ndk.md §2), kind of a monograph's volume by its genre and by whether there is a title
record, cataloguing rules by recordInfo/descriptionStandard: rda, else aacr.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from metadata.elements import MODS
from metadata.markup import Element
from metadata.ndk.check.complaint import Complaint, Fact, Level, complaint
from metadata.ndk.check.context import Check, Context, Family
from metadata.ndk.check.page import place, section
from metadata.ndk.check.record_profile import complaints, profile

RULE = "BIBLIOGRAPHIC_METADATA_MATCH_PROFILE_"
LEVELS = {
    Family.MONOGRAPH: {
        "TITLE": "TITLE",
        "VOLUME": "VOLUME",
        "SUPPL": "SUPPLEMENT",
        "PICT": "PICTURE",
        "CHAP": "CHAPTER",
        "PAGE": "PAGE",
    },
    Family.PERIODICAL: {
        "TITLE": "TITLE",
        "VOLUME": "VOLUME",
        "ISSUE": "ISSUE",
        "SUPPL": "SUPPLEMENT",
        "PICT": "PICTURE",
        "ART": "ARTICLE",
        "PAGE": "PAGE",
    },
}
"""By the level's word in the IDs of dmdSec the word that ends the id of its rule."""

_ID = re.compile(r"(MODSMD|DCMD)_([A-Z]+)_(.+)")
_INTERNAL = frozenset({"PICTURE", "CHAPTER", "ARTICLE"})
_GENRES = ("sheetmusic", "cartographic", "graphic")


def rule_of(identifier: str, family: Family) -> str:
    """The rule that judges the record in the dmdSec of that ID; empty for an ID that the standard does not have."""
    parts = _ID.fullmatch(identifier)
    level = LEVELS[family].get(parts[2], "") if parts else ""
    return f"{RULE}{level}" if level else ""


def records(context: Context) -> Iterator[Complaint]:
    """Every pair of MODS and DC is complete and keeps the profile of its level."""
    main = context.main
    if main is None:
        return
    family, found = context.dmf.family, _sections(main)
    for each in section(main, "dmdSec"):
        if not rule_of(each.get("ID", ""), family):
            yield complaint("KDR_DMDSEC_ID", context.main_path, place(each), found=each.get("ID", "-"))
    titled = any(word == "TITLE" for word, _ in found)
    for (word, _), pair in found.items():
        level = LEVELS[family].get(word)
        if level is not None:
            yield from _pair(context, level, pair, titled)


def _sections(main: Element) -> dict[tuple[str, str], dict[str, Element]]:
    """By level and number ("PAGE", "0001") the dmdSec elements of both formats, the first of each."""
    found: dict[tuple[str, str], dict[str, Element]] = {}
    for each in section(main, "dmdSec"):
        if parts := _ID.fullmatch(each.get("ID", "")):
            found.setdefault((parts[2], parts[3]), {}).setdefault(parts[1], each)
    return found


def _pair(context: Context, level: str, pair: dict[str, Element], titled: bool) -> Iterator[Complaint]:
    rule, file = f"{RULE}{level}", context.main_path
    contents = {form: _content(each) for form, each in pair.items()}
    there = next(iter(pair.values()))
    for form in ("MODSMD", "DCMD"):
        if contents.get(form) is None:
            name = there.get("ID", "").replace("MODSMD", form).replace("DCMD", form)
            yield complaint(rule, file, sentence="missing_element", name=f"mets:dmdSec[@ID='{name}']//*")
    described = contents.get("MODSMD")
    if described is None:
        return
    standard = _text(described, "recordInfo", "descriptionStandard")
    if standard and standard != "rda" and standard.lower() not in ("aacr", "aacr2"):
        facts: dict[str, Fact] = {"sentence": "wrong_value", "found": standard, "wanted": "rda | aacr"}
        yield Complaint(rule, file, place(described), facts, Level.WARNING)
    kind = _kind(level, described, context.dmf.family, titled)
    if not kind:
        known, found = " | ".join(("volume", *_GENRES)), _text(described, "genre")
        yield complaint(rule, file, place(described), sentence="wrong_value", found=found or "-", wanted=known)
        return
    name = f"{kind}_{'rda' if standard == 'rda' else 'aacr2'}"
    for form, folder in (("DCMD", "dc"), ("MODSMD", "mods")):
        record = contents.get(form)
        if record is not None:
            yield from complaints(record, profile(context.dmf.rules, f"{folder}/{name}"), rule, file)


def _kind(level: str, described: Element, family: Family, titled: bool) -> str:
    """The name of the profile without cataloguing rules; empty when the genre says none."""
    if level in _INTERNAL:
        return f"internalpart_{level.lower()}"
    if level != "VOLUME" or family is Family.PERIODICAL:
        return level.lower()
    genres = {(each.text or "").strip() for each in described.findall(MODS.tag("genre"))}
    both = [name for name in _GENRES if genres & {name, name.upper()}]
    both += ["multivolume" if titled else "singlevolume"] if genres & {"volume", "VOLUME"} else []
    # Two kinds at once name no profile either.
    return f"volume_{both[0]}" if len(both) == 1 else ""


def _content(dmd_section: Element) -> Element | None:
    return next((each for data in section(dmd_section, "mdWrap", "xmlData") for each in data.iterchildren("*")), None)


def _text(record: Element, *steps: str) -> str:
    return (record.findtext("/".join(MODS.tag(step) for step in steps)) or "").strip()


CHECKS: tuple[Check, ...] = (records,)
