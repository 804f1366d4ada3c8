"""Packages whose headers, technical records, rights or texts break one rule: the samples, and how it is done."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from metadata.copyrightmd import CMD
from metadata.elements import METS, MIX, PREMIS2
from metadata.markup import Element
from metadata.model import volume_id
from metadata.ndk import layout
from metadata.ndk.check.complaint import Level
from metadata.ndk.layout import Use
from tests.broken_sample import Damage, Reason, Sample, in_main, in_page
from tests.good_packages import changed, put, renew
from tests.psp_edits import Edit, adding, before, nodes, saying, set_to, twice, without

RECORD = "BIBLIOGRAPHIC_METADATA_MATCH_PROFILE_"
MONOGRAPH, PERIODICAL = "monograph", "issue"
WARNING = Level.WARNING
_STRICT = Reason("schéma chce totéž", "the schema wants the same")


def doubled(path: str) -> Edit:
    """Repeat the first element of an XPath behind itself, as it is."""
    return twice(path)


def swapped(path: str) -> Edit:
    """Put the first element of an XPath behind the one that follows it."""

    def edit(tree: Element) -> None:
        node = nodes(tree, path)[0]
        following = node.getnext()
        assert following is not None
        following.addnext(node)

    return edit


def without_all(path: str) -> Edit:
    """Take every element of an XPath away."""

    def edit(tree: Element) -> None:
        for node in nodes(tree, path):
            parent = node.getparent()
            assert parent is not None
            parent.remove(node)

    return edit


@dataclass(frozen=True, slots=True)
class Break:
    """What is done to a record, and what the complaint is graded."""

    name: str
    edit: Edit
    level: Level = Level.ERROR
    by_schema: Reason | None = None


# --- headers ----------------------------------------------------------------------------------------------------------

_HEADER = "//mets:metsHdr"
_MAIN_HEADER = (
    Break("no-label", set_to("/mets:mets", LABEL="")),
    Break("no-creator", without("//mets:agent[@ROLE='CREATOR']")),
    Break("no-archivist", without("//mets:agent[@ROLE='ARCHIVIST']")),
    Break("no-date", set_to(_HEADER, CREATEDATE="")),
    Break("wrong-date", set_to(_HEADER, LASTMODDATE="2026-11-22T10:00:00.5")),
    Break("wrong-agent-type", set_to("//mets:agent", TYPE="INDIVIDUAL")),
    Break("unknown-sigla", saying("//mets:agent/mets:name", "XYZ999"), WARNING),
    Break("unknown-element", adding(_HEADER, METS("metsDocumentID", "1")), WARNING),
    Break("unknown-attribute", set_to("/mets:mets", PROFILE="x"), WARNING),
)
_PAGE_HEADER = (
    Break("no-label", set_to("/mets:mets", LABEL="")),
    Break("no-type", set_to("/mets:mets", TYPE="")),
    Break("wrong-type", set_to("/mets:mets", TYPE="Page")),
    Break("no-header", without(_HEADER)),
    Break("unknown-attribute", set_to("/mets:mets", PROFILE="x"), WARNING),
    Break("unknown-element", adding("/mets:mets", METS("behaviorSec", ID="B")), WARNING),
)

# --- technical records ------------------------------------------------------------------------------------------------

_TECH, _PROV = "//mets:techMD[@ID='{}']", "//mets:digiprovMD[@ID='{}']"
_UNKNOWN_AT_END = PREMIS2(
    "linkingIntellectualEntityIdentifier",
    PREMIS2("linkingIntellectualEntityIdentifierType", "x"),
    PREMIS2("linkingIntellectualEntityIdentifierValue", "x"),
)


def _wrapped(section: str, kind: str) -> tuple[Break, ...]:
    """What can be wrong about the wrapping of any record."""
    wrap = f"{section}/mets:mdWrap"
    return (
        Break("no-mimetype", set_to(wrap, MIMETYPE="")),
        Break("wrong-mdtype", set_to(wrap, MDTYPE="DDI" if kind != "DDI" else "DC")),
        Break("unknown-attribute", set_to(wrap, LABEL="x"), WARNING),
    )


def _object(number: str, level: str) -> tuple[Break, ...]:
    section = _TECH.format(f"OBJ_{number}")
    kept = f"{section}//premis:object"
    facts = f"{kept}/premis:objectCharacteristics"
    return (
        *_wrapped(section, "PREMIS"),
        Break("no-original-name", without(f"{kept}/premis:originalName")),
        Break("no-size", without(f"{facts}/premis:size")),
        Break("no-originator", without(f"{facts}/premis:fixity/premis:messageDigestOriginator")),
        Break("no-registry", without(f"{facts}/premis:format/premis:formatRegistry")),
        Break("wrong-preservation", saying(f"{kept}/premis:preservationLevel/premis:preservationLevelValue", level)),
        Break("wrong-registry", saying(f"{facts}//premis:formatRegistryName", "MIME")),
        Break("empty-digest", saying(f"{facts}/premis:fixity/premis:messageDigest", " ")),
        Break("twice-size", doubled(f"{facts}/premis:size"), by_schema=_STRICT),
        Break("not-advised-level", saying(f"{facts}/premis:compositionLevel", "3"), WARNING),
        Break("unknown-element", adding(kept, _UNKNOWN_AT_END), WARNING),
    )


_UNKNOWN_OF_AGENT = PREMIS2(
    "linkingEventIdentifier",
    PREMIS2("linkingEventIdentifierType", "x"),
    PREMIS2("linkingEventIdentifierValue", "x"),
)
_EVENT, _AGENT = _PROV.format("EVT_002"), _PROV.format("AGENT_001")
_EVENTS = (
    *_wrapped(_EVENT, "PREMIS"),
    Break("wrong-id", set_to(_EVENT, ID="EVT_2")),
    Break("no-detail", without(f"{_EVENT}//premis:eventDetail")),
    Break("no-agent", without(f"{_EVENT}//premis:linkingAgentIdentifier")),
    Break("twice-detail", doubled(f"{_EVENT}//premis:eventDetail"), by_schema=_STRICT),
    Break("not-advised-type", saying(f"{_EVENT}//premis:eventType", "skenování"), WARNING),
    Break("not-advised-detail", saying(f"{_EVENT}//premis:eventDetail", "capture/digitalization"), WARNING),
    Break(
        "unknown-element",
        adding(f"{_EVENT}//premis:linkingObjectIdentifier", PREMIS2("linkingObjectRole", "x")),
        WARNING,
    ),
)
_AGENTS = (
    *_wrapped(_AGENT, "PREMIS"),
    Break("wrong-id", set_to(_AGENT, ID="AGENT_1")),
    Break("no-type", without(f"{_AGENT}//premis:agentType")),
    Break("empty-note", saying(f"{_AGENT}//premis:agentNote", "")),
    Break("twice-type", doubled(f"{_AGENT}//premis:agentType"), by_schema=_STRICT),
    Break("not-advised-type", saying(f"{_AGENT}//premis:agentType", "machine"), WARNING),
    Break("unknown-element", adding(f"{_AGENT}//premis:agent", _UNKNOWN_OF_AGENT), WARNING),
)


def _mix(number: str) -> tuple[Break, ...]:
    section = _TECH.format(f"MIX_{number}")
    digital = f"{section}//mix:BasicDigitalObjectInformation"
    return (
        *_wrapped(section, "NISOIMG"),
        Break("no-byte-order", without(f"{digital}/mix:byteOrder")),
        Break("no-format-version", without(f"{digital}//mix:formatVersion")),
        Break("no-samples", without(f"{section}//mix:samplesPerPixel")),
        Break("empty-compression", saying(f"{digital}//mix:compressionScheme", " ")),
        Break("twice-format", doubled(f"{digital}/mix:FormatDesignation"), by_schema=_STRICT),
        Break("unknown-element", with_fixity(f"{digital}/mix:byteOrder"), WARNING),
    )


def with_fixity(path: str) -> Edit:
    """A fixity, which the standard wants from PREMIS only, behind the compression."""

    def edit(tree: Element) -> None:
        parent = nodes(tree, path)[0].getparent()
        assert parent is not None
        parent.append(MIX("Fixity", MIX("messageDigestAlgorithm", "MD5"), MIX("messageDigest", "0" * 32)))

    return edit


def other_master(**attributes: str) -> Edit:
    """A second master, described as the first; with other attributes of its wrapping."""

    def edit(tree: Element) -> None:
        twice(_TECH.format("MIX_002"), ID="MIX_003")(tree)
        set_to(f"{_TECH.format('MIX_003')}/mets:mdWrap", **attributes)(tree)

    return edit


_CAPTURE = f"{_TECH.format('MIX_001')}//mix:ImageCaptureMetadata"
_CHANGES = f"{_TECH.format('MIX_002')}//mix:ChangeHistory"
TECHNICAL: dict[str, tuple[Break, ...]] = {
    "PREMIS_OBJECT_FOR_ORIGINAL_SCAN_MATCHES_PROFILE": (
        *_object("001", "preservation"),
        Break("no-event", without_all(f"{_TECH.format('OBJ_001')}//premis:linkingEventIdentifier")),
    ),
    "PREMIS_OBJECT_FOR_MASTER_COPY_MATCHES_PROFILE": (
        *_object("002", "deleted"),
        Break("wrong-relationship", saying(f"{_TECH.format('OBJ_002')}//premis:relationshipType", "structural")),
    ),
    "PREMIS_OBJECT_FOR_ALTO_OCR_MATCHES_PROFILE": _object("003", "deleted"),
    "PREMIS_EVENT_MATCHES_PROFILE": _EVENTS,
    "PREMIS_AGENT_MATCHES_PROFILE": _AGENTS,
    "MIX_FOR_ORIGINAL_SCAN_MATCHES_PROFILE": (
        *_mix("001"),
        Break("no-capture", without(_CAPTURE)),
        Break("no-producer", without(f"{_CAPTURE}//mix:imageProducer")),
    ),
    "MIX_FOR_FIRST_MASTER_COPY_MATCHES_PROFILE": (
        *_mix("002"),
        Break("no-history", without(_CHANGES)),
        Break("no-source", without(f"{_CHANGES}//mix:sourceData")),
    ),
    "MIX_FOR_OTHER_MASTER_COPIES_MATCHES_PROFILE": (
        Break("not-a-copy", twice(_TECH.format("MIX_001"), ID="MIX_003")),
        Break("no-mimetype", other_master(MIMETYPE="")),
        Break("wrong-mdtype", other_master(MDTYPE="DDI")),
        Break("unknown-attribute", other_master(LABEL="x"), WARNING),
    ),
}


# --- rights -----------------------------------------------------------------------------------------------------------

_STATUS = {"copyright.status": "pd", "publication.status": "published"}


def rights(*inner: Element, status: dict[str, str] | None = None, **wrapping: str) -> Element:
    """A record of rights as the standard wants it, but for what is told."""
    record = CMD("copyright", *inner, status or _STATUS)
    told = {"MDTYPE": "OTHER", "OTHERMDTYPE": "CopyrightMD", "MIMETYPE": "text/xml", **wrapping}
    wrap = METS("mdWrap", METS("xmlData", record), {name: value for name, value in told.items() if value})
    return METS("rightsMD", wrap, ID="RIGHTS_001")


_RIGHTS = {
    "empty": (METS("rightsMD", ID="RIGHTS_001"), Level.ERROR, None),
    "no-status": (rights(status={"publication.status": "published"}), Level.ERROR, _STRICT),
    "wrong-status": (rights(status=_STATUS | {"copyright.status": "pd_usfed"}), Level.ERROR, None),
    "no-mimetype": (rights(MIMETYPE=""), Level.ERROR, None),
    "wrong-mdtype": (rights(OTHERMDTYPE="Rights"), Level.ERROR, None),
    "wrong-year": (rights(CMD("creation", CMD("year.creation", "kdysi"))), Level.ERROR, None),
    "twice-notice": (rights(CMD("notice", "x"), CMD("notice", "y")), Level.ERROR, None),
    "not-advised-note": (rights(CMD("general.note", "všechno dovoleno")), WARNING, None),
    "unknown-attribute": (rights(LABEL="x"), WARNING, None),
}
_NO_TEXT = Reason(
    "element místo textu je pro profil prázdný", "an element in the place of text is empty to the profile"
)
_NO_PLACE = {
    "PRIMARY_METS_HEADER_MATCHES_PROFILE": Reason(
        "standardní profil hlavičky pro práva nemá místo",
        "the standard's own profile of the header has no place for rights",
    )
}


def _copyright() -> Iterator[Sample]:
    for name, (section, level, by_schema) in _RIGHTS.items():
        schema = {"COPYRIGHTMD_VALID_BY_XSD": by_schema} if by_schema else {}
        for case in (MONOGRAPH, PERIODICAL):
            yield Sample(
                "COPYRIGHTMD_IN_PRIMARY_METS_MATCH_PROFILE",
                name,
                in_main(before("//mets:fileSec", METS("amdSec", copy.deepcopy(section)))),
                case,
                level,
                _NO_PLACE,
                schema,
            )
            yield Sample(
                "COPYRIGHTMD_IN_SECONDARY_METS_MATCH_PROFILE",
                name,
                in_page(before("//mets:digiprovMD", section)),
                case,
                level,
                {},
                schema,
            )
    text = in_page(before("//mets:digiprovMD", rights(CMD("notice", CMD("b", "tučně")))))
    yield Sample("COPYRIGHTMD_VALID_BY_XSD", "markup-in-text", text, MONOGRAPH, also={
        "COPYRIGHTMD_IN_SECONDARY_METS_MATCH_PROFILE": _NO_TEXT},
        needs="schemas")  # fmt: skip


# --- all of them ------------------------------------------------------------------------------------------------------


def _technical() -> Iterator[Sample]:
    yield Sample("MIX_VALID_BY_XSD", "order", in_page(swapped("//mix:formatName")), needs="schemas")
    yield Sample("PREMIS_VALID_BY_XSD", "order", in_page(swapped("//premis:agentName")), needs="schemas")
    for rule, breaks in TECHNICAL.items():
        schema = "MIX_VALID_BY_XSD" if rule.startswith("MIX") else "PREMIS_VALID_BY_XSD"
        for each in breaks:
            by_schema = {schema: each.by_schema} if each.by_schema else {}
            for case in (MONOGRAPH, PERIODICAL):
                yield Sample(rule, each.name, in_page(each.edit), case, each.level, {}, by_schema)
    for case in (MONOGRAPH, PERIODICAL):
        for each in _MAIN_HEADER:
            yield Sample("PRIMARY_METS_HEADER_MATCHES_PROFILE", each.name, in_main(each.edit), case, each.level)
        for each in _PAGE_HEADER:
            yield Sample("SECONDARY_METS_HEADER_MATCH_PROFILE", each.name, in_page(each.edit), case, each.level)


# --- texts ------------------------------------------------------------------------------------------------------------


def in_cp1250(use: Use) -> Damage:
    """A page's text in another encoding, told so where it tells."""

    def damage(root: Path) -> None:
        path = layout.path(volume_id(root.name), use, 1)
        text = (root / path).read_text(encoding="utf-8").replace("UTF-8", "windows-1250")
        put(root, path, text.encode("cp1250"))
        renew(root)

    return damage


def in_alto(old: str, new: str, count: int = 1) -> Damage:
    """In the first page's ALTO."""
    return lambda root: changed(root, layout.path(volume_id(root.name), Use.ALTO, 1), old, new, count=count)


def _texts() -> Iterator[Sample]:
    for case in (MONOGRAPH, PERIODICAL):
        yield Sample("OCR-TEXT_FILES_IN_UTF8", "cp1250", in_cp1250(Use.TXT), case)
        yield Sample("OCR-ALTO_FILES_IN_UTF8", "cp1250", in_cp1250(Use.ALTO), case)
        yield Sample("OCR-ALTO_FILES_VALID_BY_XSD", "version-3", in_alto("ns-v2#", "ns-v3#", 0), case)
    colour = in_alto("<TextBlock ", '<TextBlock COLOUR="red" ')
    yield Sample("OCR-ALTO_FILES_VALID_BY_XSD", "attribute", colour, needs="schemas")
    size = "KDR_ALTO_PAGE_SIZE"
    yield Sample(size, "narrower", in_alto('(<Page .*?)WIDTH="2400"', r'\1WIDTH="2399"'), level=Level.ERROR)
    yield Sample(size, "untold", in_alto('(<Page .*?)HEIGHT="3400" ?', r"\1"), level=WARNING)
    yield Sample(size, "outside", in_alto('(<TextBlock .*?)HPOS="\\d+"', r'\1HPOS="2399"'), level=WARNING)


SAMPLES = (*_technical(), *_copyright(), *_texts())
