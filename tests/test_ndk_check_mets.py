"""`kdr validate`: METS structure, maps, links, embedded records and texts. One damage, one rule, no other.

Every damage is done to a package that has no complaint at all; `renew` keeps sizes and digests in step, so that no rule
but the one under test has a reason to speak.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from metadata.elements import METS, XLINK
from metadata.markup import Element, parse
from metadata.model import Division, Volume
from metadata.ndk.check import images, maps, mets, technical, texts
from metadata.ndk.check.complaint import Level, wrong
from metadata.ndk.check.complaint import rules as known_rules
from metadata.wording import Tongue, wording
from tests.described import FULL, finished
from tests.good_packages import edited, good_package, put
from tests.page_records import volume_record
from tests.psp_edits import (
    ALTO,
    AMD,
    MAIN,
    TXT,
    Edit,
    adding,
    area,
    before,
    found,
    nodes,
    part,
    rules,
    saying,
    set_to,
    twice,
    without,
)

GROUP = "//mets:fileGrp[@ID='{}']"
PHYSICAL, LOGICAL = "//mets:structMap[@TYPE='PHYSICAL']", "//mets:structMap[@TYPE='LOGICAL']"
PAGE = "//mets:div[@ID='DIV_P_PAGE_0001']"
LOGICAL_PAGE = "//mets:div[@ID='PAGE_0001']"
PREMIS = "//mets:techMD[@ID='OBJ_{}']//premis:{}"
RECORD = "BIBLIOGRAPHIC_METADATA_MATCH_PROFILE_"
VOLUME_MODS = "//mods:mods[@ID='MODS_VOLUME_0001']"
FROM, TO, HREF = XLINK.tag("from"), XLINK.tag("to"), XLINK.tag("href")


def naming_file_of(other: str, group: str) -> Edit:
    """Let the entry of a group name the file of another page."""

    def edit(tree: Element) -> None:
        place = nodes(tree, f"{GROUP.format(group)}/mets:file/mets:FLocat")[0]
        place.set(HREF, place.get(HREF, "").replace("_0001.", f"_{other}."))

    return edit


def all_through(path: str, name: str, change: Callable[[str], str]) -> Edit:
    """Change an attribute of every element of an XPath."""

    def edit(tree: Element) -> None:
        for node in nodes(tree, path):
            node.set(name, change(node.get(name, "")))

    return edit


LINKS = "PRIMARY-METS_STRUCT_LINKS_CORRECT"
CHECKING = [Path(str(each.__file__)) for each in (mets, maps, technical, texts, images)]
IN_MAIN: dict[str, dict[str, Edit]] = {
    "PRIMARY_METS_HEADER_MATCHES_PROFILE": {
        "no archivist": without("//mets:agent[@ROLE='ARCHIVIST']"),
        "no label": set_to("/mets:mets", LABEL=""),
    },
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
    "KDR_DMDSEC_ID": {"of no level": twice("//mets:dmdSec[@ID='DCMD_PAGE_0002']", ID="DCMD_LEAF_0001")},
    f"{RECORD}VOLUME": {
        "no DC": without("//mets:dmdSec[@ID='DCMD_VOLUME_0001']"),
        "no kind": saying(f"{VOLUME_MODS}/mods:genre", "svazek"),
        "no title": without(f"{VOLUME_MODS}/mods:titleInfo"),
        "unknown rules": saying(f"{VOLUME_MODS}/mods:recordInfo/mods:descriptionStandard", "RAK"),
    },
    f"{RECORD}PAGE": {
        "no DC": without("//mets:dmdSec[@ID='DCMD_PAGE_0002']"),
        "empty DC": without("//mets:dmdSec[@ID='DCMD_PAGE_0002']//oai_dc:dc"),
        "no page": saying("//mods:mods[@ID='MODS_PAGE_0002']/mods:genre", "sheet"),
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
    "SECONDARY_METS_HEADER_MATCH_PROFILE": {"no header": without("//mets:metsHdr")},
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
    "PREMIS_OBJECT_FOR_ORIGINAL_SCAN_MATCHES_PROFILE": {"no size": without(PREMIS.format("001", "size"))},
    "PREMIS_OBJECT_FOR_MASTER_COPY_MATCHES_PROFILE": {"no format": without(PREMIS.format("002", "format"))},
    "PREMIS_OBJECT_FOR_ALTO_OCR_MATCHES_PROFILE": {"no fixity": without(PREMIS.format("003", "fixity"))},
    "PREMIS_EVENT_MATCHES_PROFILE": {"no time": without("//premis:eventDateTime")},
    "PREMIS_AGENT_MATCHES_PROFILE": {"no type": without("//premis:agentType")},
    "PREMIS_LINKING_CORRECT": {
        "unknown agent": saying("//premis:linkingAgentIdentifierValue", "nikdo"),
        "unknown object": saying("//premis:linkingObjectIdentifierValue", "nic"),
        "unknown event": saying("//premis:relatedEventIdentifierValue", "nikdy"),
        "made from itself": saying(PREMIS.format("003", "relatedObjectIdentifierValue"), "XML_0001"),
        "same agent twice": twice("//mets:digiprovMD[@ID='AGENT_001']", ID="AGENT_099"),
    },
    "MIX_FOR_ORIGINAL_SCAN_MATCHES_PROFILE": {"none": without("//mets:techMD[@ID='MIX_001']")},
    "MIX_FOR_FIRST_MASTER_COPY_MATCHES_PROFILE": {
        "no samples": without("//mets:techMD[@ID='MIX_002']//mix:samplesPerPixel")
    },
    "MIX_FOR_OTHER_MASTER_COPIES_MATCHES_PROFILE": {"not a copy": twice("//mets:techMD[@ID='MIX_001']", ID="MIX_003")},
    "COPYRIGHTMD_IN_SECONDARY_METS_MATCH_PROFILE": {
        "empty": before("//mets:digiprovMD", METS("rightsMD", ID="RIGHTS_001"))
    },
}
DAMAGE = [
    pytest.param(path, rule, edit, id=f"{rule}: {name}")
    for path, table in ((MAIN, IN_MAIN), (AMD, IN_PAGE))
    for rule, several in table.items()
    for name, edit in several.items()
]


class TestOneDamageOneRule:
    """The table of rules and damages."""

    @pytest.mark.parametrize(("path", "rule", "edit"), DAMAGE)
    def test_speaks_alone(self, tmp_path: Path, path: str, rule: str, edit: Edit) -> None:
        root = good_package(tmp_path)
        edited(root, path, edit)
        complaints = found(root)
        assert {each.rule for each in complaints} == {rule}
        # A block that is missing is missing in the ALTO, not where it is named.
        assert {each.file for each in complaints} <= {path, ALTO}
        assert all(each.text(tongue) for each in complaints for tongue in Tongue)

    def test_that_rights_of_the_whole_have_no_place_in_the_header_is_the_standards_own_doing(
        self, tmp_path: Path
    ) -> None:
        root = good_package(tmp_path)
        edited(root, MAIN, before("//mets:fileSec", METS("amdSec", METS("rightsMD", ID="RIGHTS_001"))))
        complaints = {each.rule: each.level for each in found(root)}
        assert complaints == {
            "COPYRIGHTMD_IN_PRIMARY_METS_MATCH_PROFILE": Level.ERROR,
            "PRIMARY_METS_HEADER_MATCHES_PROFILE": Level.WARNING,
        }


class TestFiles:
    """What main METS says of files, against the files."""

    def test_a_size_that_is_not_the_files_is_a_warning(self, tmp_path: Path) -> None:
        root = good_package(tmp_path)
        _rewrite(root, set_to("//mets:file[@ID='UC_0002']", SIZE="0"))
        (complaint,) = found(root)
        assert (complaint.rule, complaint.level) == ("PRIMARY-METS_FILESEC_SIZES_MATCH", Level.WARNING)
        assert "UC_0002" in complaint.xpath

    def test_so_is_a_wrong_checksum(self, tmp_path: Path) -> None:
        root = good_package(tmp_path)
        _rewrite(root, set_to("//mets:file[@ID='UC_0002']", CHECKSUM="0" * 32))
        (complaint,) = found(root)
        assert (complaint.rule, complaint.level) == ("PRIMARY-METS_FILESEC_CHECKSUMS_MATCH", Level.WARNING)

    def test_checksums_in_capitals_are_the_same(self, tmp_path: Path) -> None:
        root = good_package(tmp_path)
        _rewrite(root, all_through("//mets:file", "CHECKSUM", str.upper))
        assert found(root) == []

    def test_a_reference_may_begin_with_a_slash(self, tmp_path: Path) -> None:
        root = good_package(tmp_path)
        _rewrite(root, all_through("//mets:FLocat", HREF, "/{}".format))
        assert found(root) == []

    def test_a_file_that_nobody_names_is_missed_in_its_group(self, tmp_path: Path) -> None:
        root = good_package(tmp_path)
        put(root, TXT.replace("0001", "0003"), b"text")
        said = {each.rule: each.text() for each in found(root)}
        assert set(said) == {"PRIMARY-METS_FILESEC_ALL_OCR_TEXT_FILES_REFERENCED", "KDR_PAGE_COUNTS"}
        assert "_0003.txt" in said["PRIMARY-METS_FILESEC_ALL_OCR_TEXT_FILES_REFERENCED"]

    def test_a_missing_file_is_told_by_group_page_and_count(self, tmp_path: Path) -> None:
        root = good_package(tmp_path)
        (root / TXT).unlink()
        assert rules(root) == {
            "PRIMARY-METS_FILESEC_ALL_OCR_TEXT_FILES_REFERENCED",
            "SECONDARY-METS_FILESEC_OCR-TEXT_FILE_REFERENCED",
            "KDR_PAGE_COUNTS",
        }


class TestGoodPackages:
    """What is right gives no complaint, whatever its kind."""

    @pytest.mark.parametrize("case", sorted(FULL))
    def test_of_every_kind(self, tmp_path: Path, schemas: Path, case: str) -> None:
        root = good_package(tmp_path, finished(_plain(FULL[case])))
        assert [(each.rule, each.xpath, each.text()) for each in found(root, schemas)] == []

    def test_numbers_and_levels_of_the_warnings(self, tmp_path: Path) -> None:
        root = good_package(tmp_path, volume_record(3))
        edited(root, MAIN, set_to(PAGE, TYPE="flyleaf"))
        (complaint,) = found(root)
        assert complaint.level is Level.WARNING
        assert "flyleaf" in complaint.text(Tongue.CS)


class TestWording:
    """Every rule is told in both languages, and none is forgotten."""

    def test_the_rules_from_the_headers_of_mets_on_are_those_of_the_standard(self, schemas: Path) -> None:
        names = set[str]()
        for dmf in ("monograph_2.2", "periodical_2.1"):
            tree = parse((schemas / "ndk" / "fdmf" / dmf / "rules.xml").read_bytes())
            several = [str(each.get("name")) for each in tree.iter("{*}rule")]
            names |= set(several[several.index("PRIMARY_METS_HEADER_MATCHES_PROFILE") :])
        unasked = {name for name in names if name.endswith(("_JHOVE", "_KAKADU", "_IMAGE_MAGICK"))}
        assert names - unasked <= set(known_rules())

    def test_a_sentence_needs_its_facts(self) -> None:
        with pytest.raises(KeyError):
            wrong(LINKS, "link_from").text()
        with pytest.raises(KeyError):
            wrong(LINKS, "link_sideways", found="x").text()

    def test_braces_in_a_package_are_only_braces(self) -> None:
        assert "{0.__class__}" in wrong(LINKS, "link_from", found="{0.__class__}").text(Tongue.EN)

    def test_a_complaint_can_be_copied_as_it_is_between_processes(self) -> None:
        complaint = wrong(LINKS, "link_from", found="x")
        assert copy.deepcopy(complaint) == complaint

    def test_every_sentence_is_told_by_some_check(self) -> None:
        told = set(re.findall(r'"([a-z_]+)"', "".join(path.read_text(encoding="utf-8") for path in CHECKING)))
        assert set(wording("metadata.ndk.check", "details_mets.toml").sentences) <= told


def _plain(volume: Volume) -> Volume:
    """Without rights, for which the standard's own header has no place, and without blocks, which the ALTO has not."""
    return replace(volume, rights=None, divisions=tuple(map(_without_blocks, volume.divisions)))


def _without_blocks(division: Division) -> Division:
    return replace(division, blocks=(), children=tuple(map(_without_blocks, division.children)))


def _rewrite(root: Path, edit: Callable[[Element], object]) -> None:
    """Change the main METS, and nothing to make up for it."""
    tree = parse((root / MAIN).read_bytes())
    edit(tree)
    (root / MAIN).write_bytes(etree.tostring(tree))
