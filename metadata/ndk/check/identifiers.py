"""Identifiers in info.xml, MODS and Dublin Core: fDMF, section "Identifikátory", graded as the national validator does.

Left out: MODS_IDENTIFIERS_URN_NBN_REGISTERED asks the resolver of the National Library, which needs a network.
PSP_ID_DERIVED_FROM_TITLE_ID is switched off in today's rules of the validator; it is a warning here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from metadata.elements import DC, METS, MODS, OAI_DC
from metadata.markup import Element
from metadata.ndk.check.complaint import Complaint, Level, complaint
from metadata.ndk.check.context import Check, Context, Family

LEVELS = {
    Family.MONOGRAPH: {
        "TITLE": ("uuid", ""),
        "VOLUME": ("uuid urnnbn", "issn"),
        "SUPPLEMENT": ("uuid", "isbn ismn ccnb"),
        "CHAPTER": ("uuid", "isbn ismn ccnb"),
        "PICTURE": ("uuid", "isbn ismn ccnb"),
        "PAGE": ("uuid", "urnnbn isbn ismn ccnb"),
    },
    Family.PERIODICAL: {
        "TITLE": ("uuid", "urnnbn"),
        "VOLUME": ("uuid", "issn ccnb"),
        "ISSUE": ("uuid urnnbn", "ccnb"),
        "SUPPLEMENT": ("uuid", ""),
        "ARTICLE": ("uuid", "issn ccnb"),
        "PICTURE": ("uuid", "issn ccnb"),
        "PAGE": ("uuid", "urnnbn isbn ismn ccnb"),
    },
}
"""Mandatory and prohibited types of identifiers by level (fDMF variables ID_TYPES_*)."""

SECTIONS = {"SUPPLEMENT": "SUPPL", "CHAPTER": "CHAP", "PICTURE": "PICT", "ARTICLE": "ART"}
"""What dmdSec ids call the levels whose names they shorten (ndk.md §2)."""

_URN = re.compile(r"urn:nbn:cz:[a-z0-9]{2,6}-[a-z0-9]{6}")
_RECORDS = {"MODS": (MODS.tag("mods"), MODS.tag("identifier")), "DC": (OAI_DC.tag("dc"), DC.tag("identifier"))}
_INSIDE = f"{METS.tag('mdWrap')}/{METS.tag('xmlData')}"

Identifier = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """The identifiers of one record of the main METS: type and value, without those that MODS calls invalid.

    `form` is MODS or DC, `entity` the dmdSec's id without MODSMD_ or DCMD_: VOLUME_0001; `raw` are the texts of
    Dublin Core as they stand.
    """

    form: str
    entity: str
    path: str
    identifiers: tuple[Identifier, ...]
    raw: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """All records of a package."""

    context: Context
    records: tuple[Record, ...]

    def of(self, form: str) -> Iterator[Record]:
        """Those of one form, in document order."""
        return (record for record in self.records if record.form == form)

    def complain(self, rule: str, record: Record, graded: Level | None = None, **facts: str) -> Complaint:
        """A complaint about one of them."""
        return Complaint(rule, self.context.main_path, record.path, dict(facts), graded)


def described(context: Context) -> Described:
    """The records of the package's main METS; none when there is no METS that can be read."""
    sections = context.main.findall(METS.tag("dmdSec")) if context.main is not None else []
    return Described(context, tuple(record for section in sections for record in _records(section)))


def _records(section: Element) -> Iterator[Record]:
    identifier = section.get("ID", "")
    form, mark, entity = identifier.partition("MD_")
    if not mark or form not in _RECORDS:
        return
    root, name = _RECORDS[form]
    elements = [each for each in section.findall(f"{_INSIDE}/{root}/{name}") if each.get("invalid") != "yes"]
    texts = tuple("".join(str(text) for text in each.itertext()) for each in elements)
    if form == "MODS":
        found = [(each.get("type", ""), text.strip()) for each, text in zip(elements, texts, strict=True)]
    else:
        found = [parsed for text in texts if all(parsed := _typed(text.strip()))]
    yield Record(form, entity, f"/mets:mets/mets:dmdSec[@ID='{identifier}']", tuple(found), texts)


def _typed(text: str) -> Identifier:
    kind, _, value = text.partition(":")
    return kind, value.strip()


def _white_space(found: Described) -> Iterator[Complaint]:
    for record in found.of("DC"):
        wrong = (text for text in record.raw if re.search(r"\s", text))
        yield from (found.complain("DC_IDENTIFIERS_NO_WHITE_SPACES", record, value=text[:100]) for text in wrong)


def _type_and_value(found: Described) -> Iterator[Complaint]:
    for record in found.of("DC"):
        wrong = (text for text in record.raw if not all(_typed(text)))
        yield from (found.complain("DC_IDENTIFIERS_CONTAIN_TYPE_AND_VALUE", record, value=text[:100]) for text in wrong)


def _mandatory(rule: str, form: str, level: str, found: Described) -> Iterator[Complaint]:
    wanted, _ = LEVELS[found.context.dmf.family].get(level, ("", ""))
    for record in _at(found, form, level):
        missing = set(wanted.split()) - {kind for kind, _ in record.identifiers}
        yield from (found.complain(rule, record, kind=kind) for kind in sorted(missing))


def _prohibited(rule: str, form: str, level: str, found: Described) -> Iterator[Complaint]:
    _, forbidden = LEVELS[found.context.dmf.family].get(level, ("", ""))
    for record in _at(found, form, level):
        present = [(kind, value) for kind, value in record.identifiers if kind in forbidden.split()]
        yield from (found.complain(rule, record, kind=kind, value=value[:100]) for kind, value in present)


def _at(found: Described, form: str, level: str) -> Iterator[Record]:
    return (record for record in found.of(form) if record.entity.startswith(SECTIONS.get(level, level)))


def _twice_within(rule: str, form: str, found: Described) -> Iterator[Complaint]:
    for record in found.of(form):
        counts = Counter(kind for kind, _ in record.identifiers)
        yield from (found.complain(rule, record, kind=kind) for kind, count in counts.items() if count > 1)


def _twice_across(rule: str, form: str, found: Described) -> Iterator[Complaint]:
    where: dict[Identifier, Record] = {}
    for record in found.of(form):
        for kind, value in record.identifiers:
            first = where.setdefault((kind, value), record)
            if first is not record:
                yield found.complain(rule, record, kind=kind, value=value[:100], other=first.entity)


def _urn(found: Described) -> Iterator[Complaint]:
    for record in found.of("MODS"):
        for kind, value in record.identifiers:
            if kind == "urnnbn" and not _URN.fullmatch(value.lower()):
                yield found.complain("MODS_IDENTIFIERS_URN_NBN_VALID", record, value=value[:100])


def _same(found: Described) -> Iterator[Complaint]:
    rule = "PRIMARY-METS_DC_IDENTIFIER_MATCH_MODS_IDENTIFIERS"
    pairs: defaultdict[str, dict[str, Record]] = defaultdict(dict)
    for record in found.records:
        pairs[record.entity][record.form] = record
    for pair in pairs.values():
        if len(pair) < len(_RECORDS):
            (alone,) = pair.values()
            other = "DCMD_" if alone.form == "MODS" else "MODSMD_"
            yield found.complain(rule, alone, Level.ERROR, what=f"{other}{alone.entity}", form="dmdSec")
        else:
            yield from _compared(rule, found, pair["MODS"], pair["DC"])


def _compared(rule: str, found: Described, in_mods: Record, in_dc: Record) -> Iterator[Complaint]:
    for here, there in ((in_mods, in_dc), (in_dc, in_mods)):
        for kind, value in sorted(set(here.identifiers) - set(there.identifiers)):
            yield found.complain(rule, here, what=f"{kind}:{value}"[:100], form=there.form)


def _for_levels(rule: str, ask: Callable[[str, str, str, Described], Iterator[Complaint]]) -> dict[str, Rule]:
    levels = dict.fromkeys(level for family in LEVELS.values() for level in family)
    names = {rule.format(form, level): (form, level) for form in ("DC", "MODS") for level in levels}
    return {name: partial(ask, name, form, level) for name, (form, level) in names.items()}


def _for_forms(rule: str, ask: Callable[[str, str, Described], Iterator[Complaint]]) -> dict[str, Rule]:
    return {rule.format(form): partial(ask, rule.format(form), form) for form in ("DC", "MODS")}


Rule = Callable[[Described], Iterator[Complaint]]

RULES: dict[str, Rule] = {
    "DC_IDENTIFIERS_NO_WHITE_SPACES": _white_space,
    "DC_IDENTIFIERS_CONTAIN_TYPE_AND_VALUE": _type_and_value,
    **_for_levels("{}_MANDATORY_IDENTIFIERS_PRESENT_LEVEL_{}", _mandatory),
    **_for_levels("{}_PROHIBITED_IDENTIFIERS_NOT_PRESENT_LEVEL_{}", _prohibited),
    **_for_forms("{}_IDENTIFIERS_NO_DUPLICATES_WITHIN_DMDSEC", _twice_within),
    **_for_forms("{}_IDENTIFIERS_NO_DUPLICATES_ACROSS_DMDSECS", _twice_across),
    "MODS_IDENTIFIERS_URN_NBN_VALID": _urn,
    "PRIMARY-METS_DC_IDENTIFIER_MATCH_MODS_IDENTIFIERS": _same,
}
"""Every rule about the records of the main METS, by its id."""


def complaints(context: Context) -> Iterator[Complaint]:
    """All rules about the identifiers of records."""
    found = described(context)
    for rule in RULES.values():
        yield from rule(found)


def title_ids(context: Context) -> list[Identifier]:
    """The identifiers in info.xml."""
    listed = context.info.findall("titleid") if context.info is not None else []
    return [(each.get("type", ""), (each.text or "").strip()) for each in listed]


def _info_twice(context: Context) -> Iterator[Complaint]:
    counts = Counter(kind for kind, _ in title_ids(context))
    twice = (kind for kind, count in counts.items() if count > 1)
    yield from (
        complaint("INFO_NO_DUPLICATE_IDENTIFIERS", context.info_path, "/info/titleid", kind=kind) for kind in twice
    )


def _derived(context: Context) -> Iterator[Complaint]:
    """The package's id is its UUID, or the last part of its URN:NBN, or all of it; signs between do not matter."""
    known = [value for kind, value in title_ids(context) if kind in ("uuid", "urnnbn")]
    forms = {_letters(form) for value in known for form in (value, value.rpartition(":")[2], f"uuid{value}")}
    if known and _letters(context.id) not in forms:
        yield complaint("PSP_ID_DERIVED_FROM_TITLE_ID", context.info_path, "/info/packageid", found=context.id[:100])


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


CHECKS: tuple[Check, ...] = (_info_twice, _derived, complaints)
