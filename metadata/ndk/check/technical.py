"""Technical, provenance and rights records of pages, and the walk over all pages of a package.

Rules: fDMF sections "Technická metadata" and "Autorskoprávní metadata" (ndk.md §3). Every page's documents are parsed
once, asked everything that is asked of a page, and forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from metadata.elements import METS, PREMIS2
from metadata.markup import Element
from metadata.ndk.check import images, maps, mets, schema, texts
from metadata.ndk.check.complaint import Complaint, Level, complaint, wrong
from metadata.ndk.check.context import Check, Context, Dmf
from metadata.ndk.check.page import Page, PageCheck, pages, place, section
from metadata.ndk.check.record_profile import complaints, profile
from metadata.ndk.layout import Use

LINKING = "PREMIS_LINKING_CORRECT"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A record of a page: its section and ID, the rule and profile that judge it, and whether it must be there.

    An ID that ends with an underscore stands for all that begin with it, but for those that are wanted by name.
    """

    section: str
    id: str
    rule: str
    profile: str
    needed: bool = True


_RECORDS = (
    _Wanted("techMD", "OBJ_001", "PREMIS_OBJECT_FOR_ORIGINAL_SCAN_MATCHES_PROFILE", "premis_object_ps"),
    _Wanted("techMD", "OBJ_002", "PREMIS_OBJECT_FOR_MASTER_COPY_MATCHES_PROFILE", "premis_object_mc"),
    _Wanted("techMD", "OBJ_003", "PREMIS_OBJECT_FOR_ALTO_OCR_MATCHES_PROFILE", "premis_object_alto"),
    _Wanted("techMD", "MIX_001", "MIX_FOR_ORIGINAL_SCAN_MATCHES_PROFILE", "mix_ps"),
    _Wanted("techMD", "MIX_002", "MIX_FOR_FIRST_MASTER_COPY_MATCHES_PROFILE", "mix_mc"),
    _Wanted("techMD", "MIX_", "MIX_FOR_OTHER_MASTER_COPIES_MATCHES_PROFILE", "mix_mc", needed=False),
    _Wanted("digiprovMD", "EVT_", "PREMIS_EVENT_MATCHES_PROFILE", "premis_event"),
    _Wanted("digiprovMD", "AGENT_", "PREMIS_AGENT_MATCHES_PROFILE", "premis_agent"),
)
_BY_NAME = frozenset(each.id for each in _RECORDS if not each.id.endswith("_"))


@dataclass(frozen=True, slots=True)
class _Reference:
    """Where a PREMIS record names another: the record's ID prefix, the steps to the name, the prefix of the other."""

    owner: str
    steps: tuple[str, ...]
    name: str
    target: str


_REFERENCES = (
    _Reference("OBJ_", ("relationship", "relatedObjectIdentification"), "relatedObjectIdentifier", "OBJ_"),
    _Reference("OBJ_", ("relationship", "relatedEventIdentification"), "relatedEventIdentifier", "EVT_"),
    _Reference("OBJ_", ("linkingEventIdentifier",), "linkingEventIdentifier", "EVT_"),
    _Reference("EVT_", ("linkingObjectIdentifier",), "linkingObjectIdentifier", "OBJ_"),
    _Reference("EVT_", ("linkingAgentIdentifier",), "linkingAgentIdentifier", "AGENT_"),
)
_KINDS = {"OBJ_": ("techMD", "object"), "EVT_": ("digiprovMD", "event"), "AGENT_": ("digiprovMD", "agent")}
# What a file is made from, which the National Library wants to be told by a related object: a warning.
_MADE_FROM = {"OBJ_002": "OBJ_001", "OBJ_003": "OBJ_002"}

Key = tuple[str, str]
"""Type and value of a PREMIS identifier."""


def records(page: Page) -> Iterator[Complaint]:
    """PREMIS objects, events and agents and MIX records: all there, each as its profile wants."""
    if page.amd is None:
        return
    whole = _administrative(page.amd)
    for wanted in _RECORDS:
        found = [each for each in whole if each.tag == METS.tag(wanted.section) and _is(each, wanted)]
        if not found and wanted.needed:
            name = f"mets:{wanted.section}[@ID='{wanted.id}{'*' if wanted.id.endswith('_') else ''}']"
            yield complaint(wanted.rule, page.path(Use.AMD), sentence="missing_element", name=name)
        judge = profile(page.dmf.rules, wanted.profile)
        for each in found:
            yield from complaints(each, judge, wanted.rule, page.path(Use.AMD))


def linking(page: Page) -> Iterator[Complaint]:
    """Identifiers of PREMIS are unique, and every record that another one names is in the same file."""
    if page.amd is None:
        return
    file = page.path(Use.AMD)
    known = {prefix: _identifiers(page.amd, prefix) for prefix in _KINDS}
    for names in known.values():
        for key, count in Counter(name for name, _ in names).items():
            if count > 1:
                yield wrong(LINKING, "identifier_twice", file, found=f"{key[0]} {key[1]}")
    for reference in _REFERENCES:
        there = {name for name, _ in known[reference.target]}
        for owner, name in _referred(page.amd, reference):
            if name not in there:
                found = f"{name[0]} {name[1]}"
                yield wrong(LINKING, "unknown_record", file, place(owner), by=reference.name, found=found)
    yield from _derivations(page.amd, {name: each.get("ID", "") for name, each in known["OBJ_"]}, file)


def page_rights(page: Page) -> Iterator[Complaint]:
    """The rights of a page, where it has its own, keep their profile."""
    if page.amd is not None:
        rule = "COPYRIGHTMD_IN_SECONDARY_METS_MATCH_PROFILE"
        yield from _rights(page.amd, page.dmf, rule, page.path(Use.AMD))


def rights(context: Context) -> Iterator[Complaint]:
    """The rights of the whole, where they are told, keep their profile."""
    if context.main is not None:
        rule = "COPYRIGHTMD_IN_PRIMARY_METS_MATCH_PROFILE"
        yield from _rights(context.main, context.dmf, rule, context.main_path)


def every_page(context: Context) -> Iterator[Complaint]:
    """All that is asked of a page, of one page after the other."""
    for page, own in pages(context, maps.linked_blocks(context)):
        yield from own.broken()
        for check in PAGE_CHECKS:
            yield from check(page)


def _rights(root: Element, dmf: Dmf, rule: str, file: str) -> Iterator[Complaint]:
    for each in _administrative(root):
        if each.tag == METS.tag("rightsMD"):
            yield from complaints(each, profile(dmf.rules, "copyrightmd"), rule, file)


def _administrative(root: Element) -> list[Element]:
    """What the first amdSec holds: the others are nobody's concern (ndk.md §3: there is one)."""
    return [each for whole in section(root, "amdSec")[:1] for each in whole.iterchildren("*")]


def _is(element: Element, wanted: _Wanted) -> bool:
    identifier = element.get("ID", "")
    if wanted.id.endswith("_"):
        return identifier.startswith(wanted.id) and identifier not in _BY_NAME
    return identifier == wanted.id


def _sections(root: Element, prefix: str) -> list[Element]:
    tag = METS.tag(_KINDS[prefix][0])
    return [each for each in _administrative(root) if each.tag == tag and each.get("ID", "").startswith(prefix)]


def _premis(owner: Element, kind: str, *steps: str) -> list[Element]:
    path = [METS.tag("mdWrap"), METS.tag("xmlData"), *(PREMIS2.tag(step) for step in (kind, *steps))]
    return owner.findall("/".join(path))


def _identifiers(root: Element, prefix: str) -> list[tuple[Key, Element]]:
    kind = _KINDS[prefix][1]
    found = ((each, _premis(each, kind, f"{kind}Identifier")) for each in _sections(root, prefix))
    names = ((_key(name, f"{kind}Identifier"), owner) for owner, several in found for name in several)
    return [(key, owner) for key, owner in names if key is not None]


def _referred(root: Element, reference: _Reference) -> Iterator[tuple[Element, Key]]:
    kind = _KINDS[reference.owner][1]
    for owner in _sections(root, reference.owner):
        keys = (_key(each, reference.name) for each in _premis(owner, kind, *reference.steps))
        yield from ((owner, key) for key in keys if key is not None)


def _key(element: Element, name: str) -> Key | None:
    kind, value = (element.findtext(PREMIS2.tag(f"{name}{part}")) for part in ("Type", "Value"))
    return None if kind is None or value is None else (kind.strip(), value.strip())


def _derivations(root: Element, objects: dict[Key, str], file: str) -> Iterator[Complaint]:
    made_from: dict[str, set[str]] = {}
    for owner, name in _referred(root, _REFERENCES[0]):
        made_from.setdefault(owner.get("ID", ""), set()).add(objects.get(name, ""))
    there = {each.get("ID", "") for each in _sections(root, "OBJ_")}
    for made, source in _MADE_FROM.items():
        if made in there and source not in made_from.get(made, ()):
            yield wrong(LINKING, "not_derived", file, graded=Level.WARNING, found=made, wanted=source)


PAGE_CHECKS: tuple[PageCheck, ...] = (
    *mets.PAGE_CHECKS,
    *maps.PAGE_CHECKS,
    *schema.PAGE_CHECKS,
    records,
    linking,
    page_rights,
    *texts.PAGE_CHECKS,
    *images.PAGE_CHECKS,
)
CHECKS: tuple[Check, ...] = (*schema.CHECKS, rights, every_page)
