"""Packages whose METS, maps, records, texts or images break one rule: the samples, and how it is done."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from metadata.copyrightmd import CMD
from metadata.elements import DC, METS, MIX, MODS, PREMIS2, XLINK
from metadata.markup import Element, parse
from metadata.model import volume_id
from metadata.ndk import layout
from metadata.ndk.check.complaint import Level
from metadata.ndk.layout import Use
from tests.broken_files import SAME
from tests.broken_sample import Damage, Sample, in_main, in_page
from tests.good_packages import changed, put, renew, renew_lists
from tests.test_ndk_check_mets import IN_MAIN, IN_PAGE
from tests.psp_edits import Edit, adding, before, nodes, saying, set_to, twice, without

RECORD = "BIBLIOGRAPHIC_METADATA_MATCH_PROFILE_"
MONOGRAPH, PERIODICAL = "monograph", "issue"
WARNING = Level.WARNING
_FORM = {"MODS": "//mods:mods[starts-with(@ID,'MODS_{}_')]", "DC": "//mets:dmdSec[starts-with(@ID,'DCMD_{}_')]//oai_dc:dc"}
_NO_TWIN = {SAME: "who has no twin has none of its identifiers"}
_STRICT = "the schema wants the same"


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


@dataclass(frozen=True, slots=True)
class Break:
    """What is done to a record, and what the complaint is graded."""

    name: str
    edit: Edit
    level: Level = Level.ERROR
    by_schema: str = ""


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
_ROLE = ("mods:name/mods:role/mods:roleTerm", "autor")
_DATE = ("mods:recordInfo/mods:recordCreationDate", "loni")
LEVELS = (
    Described("TITLE", "monograph-volume", "TITLE", ("titleInfo", "physicalDescription", "recordInfo"),
        (_LANGUAGE, _DATE), _LANGUAGE_ONCE, advised=_ROLE),
    Described("VOLUME", MONOGRAPH, "VOLUME", ("titleInfo", "language", "physicalDescription", "recordInfo"),
        (_LANGUAGE, ("mods:classification/@authority", "ddc"), ("mods:typeOfResource", "still image")), _PLACE_ONCE,
        advised=_ROLE),
    Described("VOLUME", "map", "VOLUME", ("titleInfo", "language"), (("mods:typeOfResource", "text"),), _PLACE_ONCE),
    Described("VOLUME", "graphic", "VOLUME", ("titleInfo", "language"), (("mods:typeOfResource", "text"),), _PLACE_ONCE),
    Described("VOLUME", "sheetmusic", "VOLUME", ("titleInfo", "language"), (("mods:typeOfResource", "text"),),
        _LANGUAGE_ONCE),
    Described("VOLUME", "monograph-volume", "VOLUME", ("titleInfo", "recordInfo"), (_LANGUAGE,), _PLACE_ONCE),
    Described("SUPPLEMENT", MONOGRAPH, "SUPPL", ("titleInfo", "genre", "recordInfo"), (_LANGUAGE, _DATE), _LANGUAGE_ONCE,
        advised=_ROLE),
    Described("CHAPTER", MONOGRAPH, "CHAP", ("titleInfo", "genre", "recordInfo"),
        (_LANGUAGE, ("mods:genre/@type", "kapitola")), _LANGUAGE_ONCE, advised=_ROLE),
    Described("PICTURE", MONOGRAPH, "PICT", ("titleInfo", "genre", "recordInfo"),
        (("mods:genre/@type", "obraz"), _DATE), _LANGUAGE_ONCE, advised=("mods:recordInfo/mods:recordOrigin", "opsáno")),
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
        (("mods:genre/@type", "obraz"), _DATE), advised=("mods:recordInfo/mods:recordOrigin", "opsáno")),
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
    no_kind, no_rules = (f"{volume}/mods:genre", "svazek"), (f"{volume}/mods:recordInfo/mods:descriptionStandard", "RAK")
    yield Sample(f"{RECORD}VOLUME", "no-kind", in_main(saying(*no_kind)), MONOGRAPH, Level.ERROR)
    yield Sample(f"{RECORD}VOLUME", "unknown-rules", in_main(saying(*no_rules)), "bare-monograph", WARNING)
    colour = in_main(adding(volume, MODS("colour", "modrá")))
    yield Sample(f"{RECORD}VOLUME", "schema", colour, MONOGRAPH, needs="schemas")


def _mods_breaks(each: Described, record: str) -> Iterator[Break]:
    for name in each.needed:
        yield Break(f"no-{name}", _without_all(f"{record}/mods:{name}"))
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
        yield Break(f"not-advised-{_last(each.advised[0])}", to(f"{record}/{each.advised[0]}", each.advised[1]), WARNING)


def _last(path: str) -> str:
    return path.rpartition("/")[2].rpartition(":")[2].lstrip("@")


def _without_all(path: str) -> Edit:
    def edit(tree: Element) -> None:
        for node in nodes(tree, path):
            parent = node.getparent()
            assert parent is not None
            parent.remove(node)

    return edit


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


_EVENT, _AGENT = _PROV.format("EVT_002"), _PROV.format("AGENT_001")
_EVENTS = (
    *_wrapped(_EVENT, "PREMIS"),
    Break("wrong-id", set_to(_EVENT, ID="EVT_2")),
    Break("no-detail", without(f"{_EVENT}//premis:eventDetail")),
    Break("no-agent", without(f"{_EVENT}//premis:linkingAgentIdentifier")),
    Break("twice-detail", doubled(f"{_EVENT}//premis:eventDetail"), by_schema=_STRICT),
    Break("not-advised-type", saying(f"{_EVENT}//premis:eventType", "skenování"), WARNING),
    Break("not-advised-detail", saying(f"{_EVENT}//premis:eventDetail", "capture/digitalization"), WARNING),
    Break("unknown-element", adding(f"{_EVENT}//premis:linkingObjectIdentifier", PREMIS2("linkingObjectRole", "x")), WARNING),
)
_AGENTS = (
    *_wrapped(_AGENT, "PREMIS"),
    Break("wrong-id", set_to(_AGENT, ID="AGENT_1")),
    Break("no-type", without(f"{_AGENT}//premis:agentType")),
    Break("empty-note", saying(f"{_AGENT}//premis:agentNote", "")),
    Break("twice-type", doubled(f"{_AGENT}//premis:agentType"), by_schema=_STRICT),
    Break("not-advised-type", saying(f"{_AGENT}//premis:agentType", "machine"), WARNING),
    Break("unknown-element", adding(f"{_AGENT}//premis:agent", PREMIS2(
        "linkingEventIdentifier", PREMIS2("linkingEventIdentifierType", "x"), PREMIS2("linkingEventIdentifierValue", "x"),
    )), WARNING),
)  # fmt: skip


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
        Break("unknown-element", swapped_in(f"{digital}/mix:byteOrder"), WARNING),
    )


def swapped_in(path: str) -> Edit:
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
        Break("no-event", _without_all(f"{_TECH.format('OBJ_001')}//premis:linkingEventIdentifier")),
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
    "empty": (METS("rightsMD", ID="RIGHTS_001"), Level.ERROR, ""),
    "no-status": (rights(status={"publication.status": "published"}), Level.ERROR, _STRICT),
    "wrong-status": (rights(status=_STATUS | {"copyright.status": "pd_usfed"}), Level.ERROR, ""),
    "no-mimetype": (rights(MIMETYPE=""), Level.ERROR, ""),
    "wrong-mdtype": (rights(OTHERMDTYPE="Rights"), Level.ERROR, ""),
    "wrong-year": (rights(CMD("creation", CMD("year.creation", "kdysi"))), Level.ERROR, ""),
    "twice-notice": (rights(CMD("notice", "x"), CMD("notice", "y")), Level.ERROR, ""),
    "not-advised-note": (rights(CMD("general.note", "všechno dovoleno")), WARNING, ""),
    "unknown-attribute": (rights(LABEL="x"), WARNING, ""),
}
_NO_PLACE = {"PRIMARY_METS_HEADER_MATCHES_PROFILE": "the standard's own profile of the header has no place for rights"}


def _copyright() -> Iterator[Sample]:
    for name, (section, level, by_schema) in _RIGHTS.items():
        schema = {"COPYRIGHTMD_VALID_BY_XSD": by_schema} if by_schema else {}
        for case in (MONOGRAPH, PERIODICAL):
            yield Sample("COPYRIGHTMD_IN_PRIMARY_METS_MATCH_PROFILE", name,
                in_main(before("//mets:fileSec", METS("amdSec", copy.deepcopy(section)))), case, level, _NO_PLACE, schema)
            yield Sample("COPYRIGHTMD_IN_SECONDARY_METS_MATCH_PROFILE", name,
                in_page(before("//mets:digiprovMD", section)), case, level, {}, schema)
    text = in_page(before("//mets:digiprovMD", rights(CMD("notice", CMD("b", "tučně")))))
    yield Sample("COPYRIGHTMD_VALID_BY_XSD", "markup-in-text", text, MONOGRAPH, also={
        "COPYRIGHTMD_IN_SECONDARY_METS_MATCH_PROFILE": "an element where only text may be is empty to the profile"},
        needs="schemas")  # fmt: skip


# --- structure of METS ------------------------------------------------------------------------------------------------

_SEVERAL = {
    "PRIMARY-METS_FILESEC_SIZES_MATCH": {"SIZE": "0"},
    "PRIMARY-METS_FILESEC_CHECKSUMS_MATCH": {"CHECKSUM": "0" * 32},
}


def unnoticed(edit: Edit) -> Damage:
    """An edit of the main METS that no other METS makes up for; the MD5 list and info.xml know it."""

    def damage(root: Path) -> None:
        path = root / layout.mets_name(volume_id(root.name))
        tree = parse(path.read_bytes())
        edit(tree)
        path.write_bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8"))
        renew_lists(root)

    return damage


def _structure() -> Iterator[Sample]:
    for rule, attributes in _SEVERAL.items():
        for case in (MONOGRAPH, PERIODICAL):
            yield Sample(rule, "other", unnoticed(set_to("//mets:file[@ID='UC_0001']", **attributes)), case)
    page, map_ = "//mets:div[@ID='DIV_P_PAGE_0001']", "PRIMARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT"
    for case, kind in ((MONOGRAPH, "flyleaf"), (PERIODICAL, "flyLeaf")):
        yield Sample(map_, f"type-{kind}", in_main(set_to(page, TYPE=kind)), case, WARNING)
    part = METS("div", TYPE="CHAPTER", ID="CHAP_0009", LABEL="x", DMDID="MODSMD_ISSUE_0001")
    yield Sample("PRIMARY-METS_LOGICAL_STRUCTURAL_MAP_CORRECT", "chapter",
        in_main(adding("//mets:div[@TYPE='ISSUE']", part)), PERIODICAL)  # fmt: skip
    pages = "//mets:structMap[@TYPE='PHYSICAL']/mets:div"
    yield Sample("SECONDARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT", "monograph",
        in_page(set_to(pages, TYPE="MONOGRAPH_PAGE")), PERIODICAL)  # fmt: skip
    yield Sample("KDR_METS_XSD", "checksum-type", in_main(set_to("//mets:file", CHECKSUMTYPE="CRC7")), needs="schemas")
    yield Sample("KDR_METS_XSD", "id-of-digits", in_page(set_to("//mets:amdSec", ID="0001")), needs="schemas")
    yield Sample("MIX_VALID_BY_XSD", "order", in_page(swapped("//mix:formatName")), needs="schemas")
    yield Sample("PREMIS_VALID_BY_XSD", "order", in_page(swapped("//premis:agentName")), needs="schemas")


_ALONE = {
    **{("KDR_PAGE_COUNTS", name): {} for name in ()},
}


def _from_mets() -> Iterator[Sample]:
    for table, done in ((IN_MAIN, in_main), (IN_PAGE, in_page)):
        for rule, several in table.items():
            if rule in TECHNICAL or rule.startswith(RECORD) or "HEADER" in rule:
                continue
            for name, edit in several.items():
                yield Sample(rule, name.replace(" ", "-"), done(edit))


def _technical() -> Iterator[Sample]:
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


SAMPLES = (*_bibliographic(), *_technical(), *_copyright(), *_structure(), *_from_mets(), *_texts())
