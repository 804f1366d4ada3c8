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
    MAIN,
    TXT,
    Edit,
    before,
    found,
    nodes,
    rules,
    set_to,
)

GROUP = "//mets:fileGrp[@ID='{}']"
PHYSICAL, LOGICAL = "//mets:structMap[@TYPE='PHYSICAL']", "//mets:structMap[@TYPE='LOGICAL']"
PAGE = "//mets:div[@ID='DIV_P_PAGE_0001']"
LOGICAL_PAGE = "//mets:div[@ID='PAGE_0001']"
PREMIS = "//mets:techMD[@ID='OBJ_{}']//premis:{}"
RECORD = "BIBLIOGRAPHIC_METADATA_MATCH_PROFILE_"
VOLUME_MODS = "//mods:mods[@ID='MODS_VOLUME_0001']"
FROM, TO, HREF = XLINK.tag("from"), XLINK.tag("to"), XLINK.tag("href")


def all_through(path: str, name: str, change: Callable[[str], str]) -> Edit:
    """Change an attribute of every element of an XPath."""

    def edit(tree: Element) -> None:
        for node in nodes(tree, path):
            node.set(name, change(node.get(name, "")))

    return edit


LINKS = "PRIMARY-METS_STRUCT_LINKS_CORRECT"
CHECKING = [Path(str(each.__file__)) for each in (mets, maps, technical, texts, images)]


class TestRights:
    """What only the header of the main METS says about them."""

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
