"""Packages whose METS, maps, links or PREMIS references break one rule: the samples, and how it is done."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from metadata.elements import DC, METS, MODS, OAI_DC, XLINK
from metadata.markup import Element, parse
from metadata.model import volume_id
from metadata.ndk import layout
from metadata.ndk.check.complaint import Level
from tests.broken_sample import Damage, Reason, Sample, in_main, in_page
from tests.good_packages import renew_lists
from tests.psp_edits import Edit, adding, area, before, nodes, part, saying, set_to, twice, without

GROUP = "//mets:fileGrp[@ID='{}']"
PHYSICAL, LOGICAL = "//mets:structMap[@TYPE='PHYSICAL']", "//mets:structMap[@TYPE='LOGICAL']"
PAGE = "//mets:div[@ID='DIV_P_PAGE_0001']"
LOGICAL_PAGE = "//mets:div[@ID='PAGE_0001']"
PREMIS = "//mets:techMD[@ID='OBJ_{}']//premis:{}"
FROM, TO, HREF = XLINK.tag("from"), XLINK.tag("to"), XLINK.tag("href")
MONOGRAPH, PERIODICAL = "monograph", "issue"


def naming_file_of(other: str, group: str) -> Edit:
    """Let the entry of a group name the file of another page."""

    def edit(tree: Element) -> None:
        place = nodes(tree, f"{GROUP.format(group)}/mets:file/mets:FLocat")[0]
        place.set(HREF, place.get(HREF, "").replace("_0001.", f"_{other}."))

    return edit


LINKS = "PRIMARY-METS_STRUCT_LINKS_CORRECT"
IN_MAIN: dict[str, dict[str, Edit]] = {
    "PRIMARY-METS_FILESEC_ALL_FILEGROUPS_PRESENT": {
        "used otherwise": set_to(GROUP.format("TXTGRP"), USE="Layout"),
        "one too many": adding("//mets:fileSec", METS("fileGrp", ID="X", USE="Images")),
        "one twice": adding("//mets:fileSec", METS("fileGrp", ID="TXTGRP", USE="Text")),
    },
    "PRIMARY-METS_LOGICAL_STRUCTURAL_MAP_CORRECT": {
        "no map": without(LOGICAL),
        "no id": set_to(LOGICAL_PAGE, ID=""),
        "no record": set_to(LOGICAL_PAGE, DMDID="MODSMD_PAGE_0009"),
        "no type": set_to(LOGICAL_PAGE + "/..", TYPE="VOLUME "),
        "type of periodicals": adding("//mets:div[@ID='VOLUME_0001']", part("ARTICLE", ID="A", LABEL="a")),
    },
    "KDR_LOGICAL_NESTING": {
        "chapter beside the volume": adding(
            "//mets:div[@ID='MONOGRAPH_0001']", part("CHAPTER", ID="C", LABEL="c", DMDID="MODSMD_VOLUME_0001")
        ),
        "volume alone": before(f"{LOGICAL}/mets:div", part("VOLUME", ID="V", LABEL="v", DMDID="MODSMD_VOLUME_0001")),
    },
    "KDR_LOGICAL_LABEL": {"blank": set_to("//mets:div[@ID='VOLUME_0001']", LABEL=" ")},
    "KDR_LOGICAL_RECORD": {"none": set_to(LOGICAL_PAGE, DMDID="")},
    "PRIMARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT": {
        **{f"no {name}": set_to(PAGE, **{name: ""}) for name in ("TYPE", "ORDER", "ORDERLABEL")},
        "no record": set_to(f"{PHYSICAL}/mets:div", DMDID="MODSMD_NOBODY_0001"),
        "type of periodicals": set_to(PAGE, TYPE="flyleaf"),
        "order in letters": set_to(PAGE, ORDER="i"),
        "no ALTO": without(f"{PAGE}/mets:fptr[@FILEID='ALTO_0001']"),
        "unknown file": adding(PAGE, METS("fptr", FILEID="ALTO_0077")),
    },
    LINKS: {
        "none": without("//mets:smLink[@xlink:to='DIV_P_PAGE_0002']"),
        "from nowhere": twice("//mets:smLink", **{FROM: "CHAP_0001"}),
        "to nowhere": twice("//mets:smLink", **{TO: "DIV_P_0000"}),
    },
    "KDR_PAGE_COUNTS": {
        "order twice": set_to(PAGE, ORDER="2"),
        "not in the logical map": without("//mets:div[@ID='PAGE_0002']"),
        "one file, two pages": adding(PAGE, METS("fptr", FILEID="TXT_0002")),
    },
    "KDR_ALTO_BLOCK_LINK": {
        "text is no ALTO": adding(LOGICAL_PAGE, part("TITLE", area("x", "TXT_0001"), ID="T")),
        "counted in bytes": adding(LOGICAL_PAGE, part("TITLE", area("x", BETYPE="BYTE"), ID="T")),
        "not there": adding(LOGICAL_PAGE, part("TITLE", area("nowhere"), ID="T")),
    },
    **{
        f"PRIMARY-METS_FILESEC_ALL_{name}_FILES_REFERENCED": {
            "not there": adding(f"{GROUP.format(group)}/mets:file", METS("FLocat", {HREF: "x/y"}, LOCTYPE="URL")),
            "not by URL": set_to(f"{GROUP.format(group)}/mets:file/mets:FLocat", LOCTYPE="URN"),
        }
        for group, name in {
            "MC_IMGGRP": "MASTER_COPY",
            "UC_IMGGRP": "USER_COPY",
            "ALTOGRP": "OCR_ALTO",
            "TXTGRP": "OCR_TEXT",
            "TECHMDGRP": "SECONDARY_METS",
        }.items()
    },
}
IN_PAGE: dict[str, dict[str, Edit]] = {
    "SECONDARY-METS_FILESEC_ALL_FILEGROUPS_PRESENT": {
        "used otherwise": set_to(GROUP.format("ALTOGRP"), USE="Text"),
        "one of the main METS": adding("//mets:fileSec", METS("fileGrp", ID="TECHMDGRP", USE="Technical Metadata")),
    },
    "SECONDARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT": {
        "of periodicals": set_to(f"{PHYSICAL}/mets:div", TYPE="PERIODICAL_PAGE"),
        "no map": without(PHYSICAL),
        "no pointer": without("//mets:fptr"),
        "other file": set_to("//mets:file[@ID='MC_0001']", ID="MC_0009"),
    },
    **{
        f"SECONDARY-METS_FILESEC_{name}_FILE_REFERENCED": {
            "of the next page": naming_file_of("0002", group),
            "of no page": naming_file_of("0777", group),
            "two": adding(f"{GROUP.format(group)}/mets:file", METS("FLocat", {HREF: "x/y"}, LOCTYPE="URL")),
        }
        for group, name in {
            "MC_IMGGRP": "MASTER_COPY",
            "UC_IMGGRP": "USER_COPY",
            "ALTOGRP": "OCR-ALTO",
            "TXTGRP": "OCR-TEXT",
        }.items()
    },
    "PREMIS_LINKING_CORRECT": {
        "unknown agent": saying("//premis:linkingAgentIdentifierValue", "nikdo"),
        "unknown object": saying("//premis:linkingObjectIdentifierValue", "nic"),
        "unknown event": saying("//premis:relatedEventIdentifierValue", "nikdy"),
        "made from itself": saying(PREMIS.format("003", "relatedObjectIdentifierValue"), "XML_0001"),
        "same agent twice": twice("//mets:digiprovMD[@ID='AGENT_001']", ID="AGENT_099"),
    },
}


_SCHEMA = Reason("schéma METS chce totéž", "the schema of METS wants the same")
_BY_SCHEMA = {
    ("KDR_LOGICAL_NESTING", "volume alone"): Reason(
        "schéma dovolí nahoře jeden oddíl", "the schema allows one division at the top of a map"
    ),
    ("PRIMARY-METS_FILESEC_ALL_FILEGROUPS_PRESENT", "one twice"): Reason(
        "schéma nedovolí ID dvakrát", "the schema allows no ID twice"
    ),
    ("PRIMARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT", "order in letters"): _SCHEMA,
    ("SECONDARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT", "no map"): _SCHEMA,
}
"""Where KDR_METS_XSD speaks too, and why."""

_WARNINGS = {
    ("PRIMARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT", "type of periodicals"),
    ("PREMIS_LINKING_CORRECT", "made from itself"),
}
"""What is graded less than its rule."""


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
    for case, kind in ((MONOGRAPH, "flyleaf"), (PERIODICAL, "flyLeaf")):
        yield Sample(
            "PRIMARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT",
            f"type-{kind}",
            in_main(set_to(PAGE, TYPE=kind)),
            case,
            Level.WARNING,
        )
    chapter = part("CHAPTER", ID="CHAP_0009", LABEL="x", DMDID="MODSMD_ISSUE_0001")
    yield Sample("PRIMARY-METS_LOGICAL_STRUCTURAL_MAP_CORRECT", "chapter",
        in_main(adding("//mets:div[@TYPE='ISSUE']", chapter)), PERIODICAL)  # fmt: skip
    yield Sample("SECONDARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT", "monograph",
        in_page(set_to(f"{PHYSICAL}/mets:div", TYPE="MONOGRAPH_PAGE")), PERIODICAL)  # fmt: skip
    yield Sample("KDR_METS_XSD", "checksum-type", in_main(set_to("//mets:file", CHECKSUMTYPE="CRC7")), needs="schemas")
    yield Sample("KDR_METS_XSD", "id-of-digits", in_page(set_to("//mets:amdSec", ID="0001")), needs="schemas")
    yield Sample("KDR_DMDSEC_ID", "of-no-level", in_main(leaf("MODS"), leaf("DC")))


def leaf(form: str) -> Edit:
    """A record of something that the standard does not have, with an identifier of its own."""
    identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, "leaf"))
    record = (
        MODS("mods", MODS("identifier", identifier, type="uuid"), ID="MODS_LEAF_0001")
        if form == "MODS"
        else OAI_DC("dc", DC("identifier", f"uuid:{identifier}"))
    )
    wrap = METS("mdWrap", METS("xmlData", record), MDTYPE=form, MIMETYPE="text/xml")
    return before("//mets:fileSec", METS("dmdSec", wrap, ID=f"{form}MD_LEAF_0001"))


def _tables() -> Iterator[Sample]:
    for table, done in ((IN_MAIN, in_main), (IN_PAGE, in_page)):
        for rule, several in table.items():
            for name, edit in several.items():
                reason = _BY_SCHEMA.get((rule, name))
                by_schema = {"KDR_METS_XSD": reason} if reason else {}
                level = Level.WARNING if (rule, name) in _WARNINGS else None
                yield Sample(rule, name.replace(" ", "-"), done(edit), level=level, by_schema=by_schema)


SAMPLES = (*_structure(), *_tables())
