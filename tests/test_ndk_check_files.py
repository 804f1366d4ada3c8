"""Packages read wherever they lie, and the rules on layout, digests, info.xml and identifiers, each broken once."""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from metadata.elements import DC, METS, MODS
from metadata.markup import Element, parse, violations
from metadata.ndk import layout
from metadata.ndk.check import checksums, identifiers, info, psp
from metadata.ndk.check import layout as layout_rules
from metadata.ndk.check.checksums import path_named, rows
from metadata.ndk.check.complaint import Complaint, Level, rules
from metadata.ndk.check.context import Context, Dmf, Family
from metadata.ndk.check.psp import NotAPackage, Psp, open_psp
from metadata.ndk.check.report import Report, Verdict
from metadata.ndk.check.validate import FILE_CHECKS, check
from metadata.ndk.layout import Use
from metadata.wording import Tongue
from tests.good_packages import changed, edited, good_package, put, renew, renew_info
from tests.page_records import VOLUME, md5, volume_record

INFO, MAIN, LIST = layout.info_name(VOLUME), layout.mets_name(VOLUME), layout.md5_name(VOLUME)
UPPER = VOLUME.upper()
URN = "urn:nbn:cz:li001-000001"
OTHER_UUID = "11111111-2222-4333-8444-555555555555"
modest = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

Damage = Callable[[Path], Path | None]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good package of two pages; only to be looked at and copied."""
    return good_package(tmp_path_factory.mktemp("good"))


@pytest.fixture
def package(kept: Path, tmp_path: Path) -> Path:
    """A good package to be damaged."""
    return Path(shutil.copytree(kept, tmp_path / kept.name))


def judged(path: Path) -> Report:
    return check(path, images=False, jobs=FILE_CHECKS)


def named(report: Report) -> set[str]:
    return {each.rule for each in report.complaints}


# --- damages ----------------------------------------------------------------------------------------------------------


def page_file(use: Use, order: int = 2) -> str:
    return layout.path(VOLUME, use, order)


def removed(path: str) -> Damage:
    def damage(root: Path) -> None:
        shutil.rmtree(root / path) if (root / path).is_dir() else (root / path).unlink()
        renew(root)

    return damage


def folder_instead(path: str) -> Damage:
    def damage(root: Path) -> None:
        (root / path).unlink()
        (root / path).mkdir()
        renew(root)

    return damage


def file_instead(path: str) -> Damage:
    def damage(root: Path) -> None:
        shutil.rmtree(root / path)
        (root / path).touch()
        renew(root)

    return damage


def added(path: str) -> Damage:
    return lambda root: put(root, path, b"")


def replaced(path: str, old: str, new: str) -> Damage:
    """In a document, with digests and sizes renewed."""
    return lambda root: changed(root, path, old, new)


def as_it_is(path: str, old: str, new: str) -> Damage:
    """In a document, and nothing renewed."""

    def damage(root: Path) -> None:
        text, times = re.subn(old, new, (root / path).read_text(encoding="utf-8"), count=1)
        assert times
        (root / path).write_text(text, encoding="utf-8")

    return damage


def in_list(old: str, new: str) -> Damage:
    """In the MD5 list, its digest renewed in info.xml."""

    def damage(root: Path) -> None:
        as_it_is(LIST, old, new)(root)
        renew_info(root)

    return damage


def renamed_root(root: Path) -> Path:
    return root.rename(root.with_name("jinak"))


def two_infos(root: Path) -> None:
    shutil.copy(root / INFO, root / "info.xml")
    renew_info(root)


def longer_name(use: Use) -> Damage:
    def damage(root: Path) -> None:
        old = root / page_file(use)
        old.rename(old.with_name(old.name.replace("_0002.", "_00002.")))
        renew(root)

    return damage


def upper_case(root: Path) -> Path:
    for path in [path for path in root.rglob("*") if path.is_file()]:
        path.rename(path.with_name(path.name.replace(VOLUME, UPPER)))
    text = (root / layout.info_name(VOLUME).replace(VOLUME, UPPER)).read_text(encoding="utf-8")
    put(root, INFO.replace(VOLUME, UPPER), text.replace(VOLUME, UPPER).encode())
    moved = root.rename(root.with_name(UPPER))
    renew(moved)
    return moved


def linked(root: Path) -> None:
    (root / "odkaz").symlink_to("/etc/hostname")


def record(root: Element, entity: str, form: str) -> Element:
    """The identifiers' parent in a record of the main METS."""
    for section in root.iter(METS.tag("dmdSec")):
        if section.get("ID") == f"{form}MD_{entity}":
            (wrapped,) = section.iter(METS.tag("xmlData"))
            return wrapped[0]
    raise AssertionError(entity)


def identified(entity: str, form: str, *texts: tuple[str, str], keep: bool = True) -> Callable[[Element], None]:
    """Give a record these identifiers; beside its own unless `keep` is false."""

    def edit(root: Element) -> None:
        parent = record(root, entity, form)
        name = (DC if form == "DC" else MODS).tag("identifier")
        for old in [] if keep else parent.findall(name):
            parent.remove(old)
        for kind, value in texts:
            child = etree.SubElement(parent, name, {} if form == "DC" else {"type": kind})
            child.text = f"{kind}:{value}" if form == "DC" else value

    return edit


def in_records(*edits: Callable[[Element], None]) -> Damage:
    def damage(root: Path) -> None:
        for edit in edits:
            edited(root, MAIN, edit)

    return damage


def both(entity: str, *texts: tuple[str, str], keep: bool = True) -> Damage:
    return in_records(*(identified(entity, form, *texts, keep=keep) for form in ("DC", "MODS")))


def no_pair(root: Element) -> None:
    for section in root.iter(METS.tag("dmdSec")):
        if section.get("ID") == "DCMD_PAGE_0002":
            section.set("ID", "DCMD_PAGE_0022")


SAME = "PRIMARY-METS_DC_IDENTIFIER_MATCH_MODS_IDENTIFIERS"
UPPER_RULES = {f"{part}_FILENAME_VALID" for part in ("INFO", "PRIMARY-METS", "CHECKSUM")} | {
    f"{name}_FILENAMES_VALID" for name in layout_rules.NAMES.values()
}
VALUE = ("ccnb", "cnb000999999")

ONE_RULE: dict[str, Damage] = {
    "PSP_DIR_MATCHES_PSP_ID": renamed_root,
    "SINGLE_INFO_FILE_FOUND": removed(INFO),
    "SINGLE_PRIMARY-METS_FILE_FOUND": removed(MAIN),
    "SINGLE_CHECKSUM_FILE_FOUND": removed(LIST),
    "INFO_IS_NOT_DIR": folder_instead(INFO),
    "PRIMARY-METS_IS_NOT_DIR": folder_instead(MAIN),
    "CHECKSUM_IS_NOT_DIR": folder_instead(LIST),
    "NO_TOLERATED_TL_FILES_FOUND": added("LTP_MD.xml"),
    "NO_OTHER_TL_FILES_FOUND": added("readme.txt"),
    **{f"SINGLE_{name}-DIR_FILE_FOUND": removed(use) for use, name in layout_rules.NAMES.items()},
    **{f"{name}-DIR_IS_DIR": file_instead(use) for use, name in layout_rules.NAMES.items()},
    **{f"{name}_FILENAMES_LENGTHS_SAME": longer_name(use) for use, name in layout_rules.NAMES.items()},
    **{f"{name}_FILES_ARE_NOT_DIRS": folder_instead(page_file(use)) for use, name in layout_rules.NAMES.items()},
    **{f"NO_EXTRA_FILES_IN_{name}-DIR": added(f"{use}/x") for use, name in layout_rules.NAMES.items()},
    "NUMBER_OF_FILES_IN_DIRS_MATCH": removed(page_file(Use.TXT)),
    "KDR_ODD_FILE": linked,
    "CHECKSUM_FILE_GENERATED_BY_GRAMMAR": in_list(" /alto", " alto"),
    "CHECKSUM_FILE_ALL_PATHS_MATCH_FILES": in_list("[0-9a-f]{32} /alto/.*\n", ""),
    "CHECKSUM_FILE_ALL_CHECKSUMS_MATCH": as_it_is(page_file(Use.TXT), "kůň", "kun"),
    "INFO_XML_WELL_BUILT": as_it_is(INFO, "</info>", ""),
    "INFO_XML_VALID_BY_XSD": replaced(INFO, "</info>", "<extra/></info>"),
    "INFO_REFERENCES_PRIMARY-METS": replaced(INFO, "<mainmets>", "<mainmets>x"),
    "INFO_ITEMTOTAL_MATCHES_ITEMS_COUNT": as_it_is(INFO, 'itemtotal="13"', 'itemtotal="14"'),
    "INFO_ITEMLIST_REFERENCES_ALL_FILES": as_it_is(INFO, "<item>/alto", "<item>/jinde"),
    "INFO_CHECKSUM_FILE_CHECKSUM_MATCHES": as_it_is(INFO, 'checksum="[0-9a-f]', 'checksum="x'),
    "KDR_INFO_SIZE": as_it_is(INFO, "<size>", "<size>9"),
    "KDR_SIGLA": replaced(INFO, "<creator>LIA001", "<creator>XYZ999"),
    "KDR_DMF_NEWER": replaced(INFO, "<metadataversion>2.2", "<metadataversion>2.3"),
    "KDR_DMF_OLDER": replaced(INFO, "<metadataversion>2.2", "<metadataversion>1.4"),
    "KDR_DMF_UNKNOWN": replaced(INFO, "<metadataversion>2.2", "<metadataversion>7.7"),
    "KDR_METS_TYPE": replaced(MAIN, 'TYPE="Monograph"', 'TYPE="Kniha"'),
    "KDR_NOT_METS": replaced(page_file(Use.AMD), "(?s).*", "<jiny/>"),
    "INFO_NO_DUPLICATE_IDENTIFIERS": replaced(INFO, '(<titleid type="isbn">.*</titleid>)', r"\1\1"),
    "PSP_ID_DERIVED_FROM_TITLE_ID": replaced(INFO, '(<titleid type="uuid">).*(</titleid>)', rf"\g<1>{OTHER_UUID}\2"),
    "DC_IDENTIFIERS_NO_WHITE_SPACES": replaced(MAIN, "(<dc:identifier>uuid:)", r"\1 "),
    "DC_IDENTIFIERS_CONTAIN_TYPE_AND_VALUE": in_records(identified("PAGE_0002", "DC", ("", "beztypu"))),
    "MODS_IDENTIFIERS_URN_NBN_VALID": replaced(MAIN, f"(?s){URN}(.*?){URN}", r"urn:nbn:x\1urn:nbn:x"),
    SAME: in_records(identified("VOLUME_0001", "DC", ("issn0", "1"))),
}  # fmt: skip
"""The rule, and what breaks it and no other."""

TOGETHER: dict[str, tuple[Damage, set[str]]] = {
    "names in capitals": (upper_case, UPPER_RULES),
    "two info files": (two_infos, {"SINGLE_INFO_FILE_FOUND", "INFO_ITEMLIST_REFERENCES_ALL_FILES"}),
    "a tolerated folder": (
        lambda root: (root / "LTP_MD.xml").mkdir(),
        {"TOLERATED_TL_FILES_ARE_NOT_DIRS", "NO_TOLERATED_TL_FILES_FOUND"},
    ),
    "two identifiers of a type": (
        both("VOLUME_0001", ("isbn", "80-1")),
        {f"{form}_IDENTIFIERS_NO_DUPLICATES_WITHIN_DMDSEC" for form in ("DC", "MODS")},
    ),
    "one ISBN of two records": (
        both("PAGE_0002", ("isbn", "80-85605-10-4")),
        {f"{form}_IDENTIFIERS_NO_DUPLICATES_ACROSS_DMDSECS" for form in ("DC", "MODS")}
        | {f"{form}_PROHIBITED_IDENTIFIERS_NOT_PRESENT_LEVEL_PAGE" for form in ("DC", "MODS")},
    ),
    "a record without its twin": (in_records(no_pair), {SAME}),
}


class TestAGoodPackage:
    def test_has_nothing_to_complain_about(self, kept: Path) -> None:
        report = judged(kept)
        assert report.complaints == ()
        assert report.verdict is Verdict.VALID
        assert report.counts == {Level.ERROR: 0, Level.WARNING: 0, Level.INFO: 0}
        assert report.package == kept.name

    def test_says_what_was_left_out(self, kept: Path) -> None:
        said = {each.rule: each for each in judged(kept).checked}
        assert {"KDR_LEFT_OUT_SCHEMAS", "KDR_LEFT_OUT_IMAGES", "KDR_LEFT_OUT_URNNBN"} < set(said)
        assert "souborů 13, stran 2" in said["KDR_CHECKED"].text(Tongue.CS)
        assert {each.level for each in said.values()} == {Level.INFO}

    def test_stays_good_when_its_digests_are_renewed(self, package: Path) -> None:
        renew(package)
        assert judged(package).complaints == ()

    def test_is_judged_in_ten_milliseconds_a_page(self, tmp_path: Path) -> None:
        root = good_package(tmp_path, volume_record(60))
        start = time.process_time()
        assert judged(root).complaints == ()
        assert time.process_time() - start < 0.6


class TestEveryRuleIsBrokenAlone:
    @pytest.mark.parametrize("rule", ONE_RULE)
    def test_and_caught_by_itself(self, rule: str, package: Path) -> None:
        root = ONE_RULE[rule](package) or package
        if rule == "KDR_NOT_METS":
            report = check(root, images=False, jobs=[*FILE_CHECKS, _secondaries])
        else:
            report = judged(root)
        assert named(report) == {rule}
        errors = [each for each in report.complaints if each.level is Level.ERROR]
        assert report.verdict is (Verdict.INVALID if errors else Verdict.VALID)

    @pytest.mark.parametrize("damage", TOGETHER)
    def test_or_with_those_that_cannot_be_parted_from_it(self, damage: str, package: Path) -> None:
        break_it, expected = TOGETHER[damage]
        assert named(judged(break_it(package) or package)) == expected

    @pytest.mark.parametrize(
        ("family", "level"), [(family, level) for family, levels in identifiers.LEVELS.items() for level in levels]
    )
    def test_identifiers_of_every_level(self, family: Family, level: str, package: Path) -> None:
        mandatory, prohibited = (set(kinds.split()) for kinds in identifiers.LEVELS[family][level])
        entity = f"{identifiers.SECTIONS.get(level, level)}_0009"
        if family is Family.PERIODICAL:
            as_periodical(package)
        edited(package, MAIN, lambda root: as_level(root, entity))
        good = [(kind, f"{kind}-9") for kind in mandatory - {"urnnbn"}] + [("urnnbn", "urn:nbn:cz:li001-000009")] * (
            "urnnbn" in mandatory
        )
        both(entity, *good, keep=False)(package)
        before = named(judged(package))
        assert {rule for rule in before if rule.endswith(f"_LEVEL_{level}")} == set()
        for kind in mandatory:
            both(entity, *(each for each in good if each[0] != kind), keep=False)(package)
            assert named(judged(package)) - before == {
                f"{form}_MANDATORY_IDENTIFIERS_PRESENT_LEVEL_{level}" for form in ("DC", "MODS")
            }
        for kind in prohibited:
            value = "urn:nbn:cz:li001-00000x" if kind == "urnnbn" else f"{kind}-9"
            both(entity, *good, (kind, value), keep=False)(package)
            report = judged(package)
            assert named(report) - before == {
                f"{form}_PROHIBITED_IDENTIFIERS_NOT_PRESENT_LEVEL_{level}" for form in ("DC", "MODS")
            }

    def test_lines_of_the_md5_list_are_graded_as_the_national_validator_does(self, package: Path) -> None:
        def graded() -> set[tuple[str, Level]]:
            return {(each.rule, each.level) for each in judged(package).complaints if "GRAMMAR" in each.rule}

        grammar = "CHECKSUM_FILE_GENERATED_BY_GRAMMAR"
        in_list(" /alto", " alto")(package)
        assert graded() == {(grammar, Level.WARNING)}
        in_list(" alto", "/alto")(package)
        assert graded() == {(grammar, Level.ERROR)}
        in_list("[0-9a-f]{32}/alto", "12ab /alto")(package)
        assert graded() == {(grammar, Level.INFO)}

    def test_all_rules_have_a_sample(self) -> None:
        asked = {*layout_rules.RULES, *checksums.RULES, *info.RULES, *identifiers.RULES}
        sampled = set(ONE_RULE).union(*(expected for _, expected in TOGETHER.values()))
        assert {rule for rule in asked - sampled if "_LEVEL_" not in rule} == set()


def _secondaries(context: Context) -> Iterator[Complaint]:
    for path in context.files(Use.AMD):
        context.secondary(path)
    yield from ()


def as_periodical(root: Path) -> None:
    changed(root, MAIN, 'TYPE="Monograph"', 'TYPE="Periodical"')
    changed(root, INFO, "<metadataversion>2.2", "<metadataversion>2.1")
    both("VOLUME_0001", ("uuid", VOLUME), keep=False)(root)


def as_level(root: Element, entity: str) -> None:
    for section in root.iter(METS.tag("dmdSec")):
        if section.get("ID", "").endswith("MD_PAGE_0002"):
            section.set("ID", section.get("ID", "").replace("PAGE_0002", entity))


class TestTheMachineReadableStandard:
    """fDMF: nothing of the four sections is forgotten, and the facts in our code are those of the standard."""

    LEFT_OUT = frozenset({"MODS_IDENTIFIERS_URN_NBN_REGISTERED"} | {
        f"{name}-DIR_FILENAME_VALID" for name in layout_rules.NAMES.values()
    })  # fmt: skip

    @pytest.mark.parametrize("dmf", ["monograph_2.2", "periodical_2.1"])
    def test_every_rule_of_the_sections_is_ours(self, dmf: str, schemas: Path) -> None:
        root = parse((schemas / "ndk/fdmf" / dmf / "rules.xml").read_bytes())
        sections = {"Struktura souborů", "Soubor CHECKSUM", "Soubor INFO", "Identifikátory"}
        wanted = {
            rule.get("name", "")
            for section in root.iter("{*}rules-section")
            if section.get("name") in sections
            for rule in section.iter("{*}rule")
        }
        assert len(wanted) > 80
        assert wanted - set(rules()) == self.LEFT_OUT

    @pytest.mark.parametrize("family", Family)
    def test_levels_want_the_identifiers_that_the_standard_wants(self, family: Family, schemas: Path) -> None:
        root = parse((schemas / "ndk/fdmf" / Dmf(family).rules / "variables.xml").read_bytes())
        defined = root.iter("{*}value-def")
        lists = {each.get("name"): {value.text for value in each.iter("{*}value")} for each in defined}
        for level, (mandatory, prohibited) in identifiers.LEVELS[family].items():
            assert lists[f"ID_TYPES_{level}_MANDATORY"] == set(mandatory.split())
            assert lists[f"ID_TYPES_{level}_PROHIBITED"] == set(prohibited.split())

    CHANGES = (
        ("<created>", "<created>x"), ("T10:00:00", "T10"), ("<packageid>.*</packageid>", ""), ("<size>", "<size>x"),
        ("</mainmets>", "</mainmets><mainmets>x</mainmets>"), (' version="1"', ""), ('type="isbn"', 'type="doi"'),
        ('type="isbn"', ""), ("<institution>.*</institution>", ""), ("</institution>", "</institution><collection/>"),
        ("<creator>.*</creator>", ""), ('itemtotal="13"', 'itemtotal="x"'), ('itemtotal="13"', ""),
        ("(?s)<item>.*</item>", ""), ("<item>", "<polozka/><item>"), ('type="md5"', 'type="MD5"'),
        ("<size>", "zbloudilý<size>"), ("<item>", "text<item>"), ("<size>", "<!-- nic --><size>"),
        ('checksum="', 'x="'), ("<size>.*</size>", "<size> 7 </size>"),
        ("</info>", "<note>x</note></info>"), ("</info>", "<jine/></info>"), ("<size>", '<size x="1">'), ("LIA001", ""),
        ("<validation", "<collection>x</collection><validation"), ("<item>", '<item x="1">'),
    )  # fmt: skip

    @pytest.mark.parametrize(("old", "new"), CHANGES)
    def test_our_reading_of_the_schema_of_info_is_its_own(self, old: str, new: str, kept: Path, schemas: Path) -> None:
        text = re.sub(old, new, (kept / INFO).read_text(encoding="utf-8"), count=1)
        tree = parse(text.encode())
        invalid = violations(tree, schemas / "ndk/info_mon2.2.xsd") != ()
        with open_psp(kept) as package:
            said = list(info.RULES["INFO_XML_VALID_BY_XSD"](Context(package), tree))
        assert bool(said) is invalid

    def test_known_versions_are_those_of_the_schemas(self, schemas: Path) -> None:
        for family, name in ((Family.MONOGRAPH, "info_mon2.2.xsd"), (Family.PERIODICAL, "info_per2.1.xsd")):
            text = (schemas / "ndk" / name).read_text(encoding="utf-8")
            versions = set(re.findall(r'enumeration value="(\d[\d.]*)"', text))
            assert versions - {*info.OLDER[family], info.CURRENT[family]} == set()


class TestWhereAPackageMayLie:
    def zipped(self, root: Path, target: Path, prefix: str = "") -> Path:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(root.rglob("*")):
                archive.write(path, f"{prefix}{root.name}/{path.relative_to(root)}")
        return target

    def test_a_zip_is_judged_as_its_folder(self, package: Path, tmp_path: Path) -> None:
        as_it_is(page_file(Use.TXT), "kůň", "kun")(package)
        report = judged(self.zipped(package, tmp_path / "balicek.zip"))
        assert report.complaints == judged(package).complaints
        assert report.package == package.name

    def test_a_bag_is_judged_as_what_is_in_it(self, package: Path, tmp_path: Path) -> None:
        bag = tmp_path / "bag"
        put(bag, "bagit.txt", b"BagIt-Version: 1.0\n")
        put(bag, "data/provenance/pages.jsonl", b"")
        shutil.copytree(package, bag / "data" / package.name)
        assert judged(bag).complaints == ()
        assert judged(bag).package == package.name
        assert judged(self.zipped(bag, tmp_path / "bag.zip")).complaints == ()
        shutil.rmtree(bag / "data" / package.name)
        with pytest.raises(NotAPackage, match="data"):
            judged(bag)

    def test_files_of_a_zip_are_real_files_only_as_long_as_they_are_needed(self, package: Path, tmp_path: Path) -> None:
        with open_psp(self.zipped(package, tmp_path / "b.zip")) as found:
            assert found.digest(INFO) == md5((package / INFO).read_bytes())
            with found.local(page_file(Use.MASTER)) as path:
                assert path.suffix == ".jp2"
                assert path.read_bytes() == (package / page_file(Use.MASTER)).read_bytes()
            assert not path.exists()

    @pytest.mark.parametrize("name", ["../ven", "/etc/x", "a//b", "a/./b", "a\\..\\b", "C:/x"])
    def test_names_that_lead_out_are_refused(self, name: str, tmp_path: Path) -> None:
        assert self.refusal(tmp_path, name, b"x") == "KDR_ZIP_UNSAFE_PATH"

    def test_links_are_refused(self, tmp_path: Path) -> None:
        entry = zipfile.ZipInfo("a/odkaz")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        assert self.refusal(tmp_path, entry, b"/etc/passwd") == "KDR_ZIP_UNSAFE_LINK"

    def test_entries_that_are_there_twice_are_refused(self, tmp_path: Path) -> None:
        with pytest.warns(UserWarning, match="Duplicate"):
            refusal = self.refusal(tmp_path, "a/x", b"1", ("a/x", b"2"))
        assert refusal == "KDR_ZIP_UNSAFE_DOUBLE"
        assert self.refusal(tmp_path, "a/mets_x.xml", b"1", ("a/mets_x.xml/y", b"2")) == "KDR_ZIP_UNSAFE_DOUBLE"

    def test_bombs_are_refused_before_they_are_read(self, tmp_path: Path) -> None:
        assert self.refusal(tmp_path, "a/mets_x.xml", bytes(80 << 20)) == "KDR_ZIP_UNSAFE_BOMB"

    def test_too_many_entries_are_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(psp, "MOST_FILES", 1)
        assert self.refusal(tmp_path, "a/x", b"", ("a/y", b"")) == "KDR_ZIP_UNSAFE_COUNT"

    @pytest.mark.parametrize(
        ("offset", "value", "rule"), [(8, 1, "KDR_ZIP_UNSAFE_ENCRYPTED"), (10, 99, "KDR_ZIP_UNSAFE_METHOD")]
    )
    def test_what_cannot_be_read_is_refused(self, offset: int, value: int, rule: str, tmp_path: Path) -> None:
        self.refusal(tmp_path, "a/x", b"x")
        content = bytearray((tmp_path / "x.zip").read_bytes())
        content[content.index(b"PK\x01\x02") + offset] |= value
        (tmp_path / "x.zip").write_bytes(content)
        with pytest.raises(NotAPackage) as refused, open_psp(tmp_path / "x.zip"):
            pass
        assert refused.value.complaint.rule == rule

    def test_two_roots_or_none_are_no_package(self, tmp_path: Path) -> None:
        assert self.refusal(tmp_path, "a/mets_x.xml", b"", ("b/x", b"")) == "KDR_NOT_A_PACKAGE_ROOTS"
        assert self.refusal(tmp_path, "mets_x.xml", b"") == "KDR_NOT_A_PACKAGE_ROOTS"

    def test_any_other_file_or_folder_is_no_package(self, tmp_path: Path) -> None:
        put(tmp_path, "neco/clanek.pdf", b"%PDF")
        for path, rule in (
            (tmp_path / "neco", "KDR_NOT_A_PACKAGE"),
            (tmp_path / "neco/clanek.pdf", "KDR_NOT_A_PACKAGE_ZIP"),
        ):
            with pytest.raises(NotAPackage) as refused, open_psp(path):
                pass
            assert refused.value.complaint.rule == rule
        with pytest.raises(FileNotFoundError), open_psp(tmp_path / "nic"):
            pass

    def test_a_zip_damaged_inside_is_a_complaint(self, package: Path, tmp_path: Path) -> None:
        target = self.zipped(package, tmp_path / "b.zip")
        content = bytearray(target.read_bytes())
        with zipfile.ZipFile(target) as archive:
            start = archive.getinfo(f"{package.name}/{page_file(Use.AMD)}").header_offset
        content[start + 200 : start + 400] = bytes(200)
        target.write_bytes(content)
        report = judged(target)
        assert named(report) == {"KDR_UNREADABLE"}
        assert report.complaints[0].file == page_file(Use.AMD)

    def test_names_that_are_no_utf8_are_told_not_choked_on(self, package: Path) -> None:
        (package / os.fsdecode(b"alto/\xe8\xe1st.xml")).touch()
        report = judged(package)
        assert named(report) == {"NO_EXTRA_FILES_IN_OCR-ALTO-DIR"}
        assert report.plain()["complaints"][0]["file"] == "alto/\ufffd\ufffdst.xml"

    def test_a_link_is_neither_followed_nor_read(self, package: Path) -> None:
        target = package / page_file(Use.TXT)
        target.unlink()
        target.symlink_to("/etc/hostname")
        with open_psp(package) as found:
            assert found.odd == (page_file(Use.TXT),)
            with pytest.raises(FileNotFoundError):
                found.read(page_file(Use.TXT))

    def refusal(self, folder: Path, name: str | zipfile.ZipInfo, content: bytes, *more: tuple[str, bytes]) -> str:
        with zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
            for other, its in more:
                archive.writestr(other, its)
        try:
            with open_psp(folder / "x.zip"):
                return ""
        except NotAPackage as refused:
            return refused.complaint.rule


class TestHostileDocuments:
    """A broken document is a complaint, never a traceback."""

    @modest
    @given(
        which=st.sampled_from([INFO, MAIN, LIST]),
        where=st.floats(0, 1),
        content=st.binary(max_size=12)
        | st.sampled_from([b"<", b"&x;", b"<!DOCTYPE a>", b"\xff", b"/../", b"\x00", b"9" * 5000]),
    )
    def test_whatever_stands_in_them(self, which: str, where: float, content: bytes, kept: Path) -> None:
        with open_psp(kept) as package:
            original = package.read(which)
            cut = int(where * len(original))
            altered = _Altered(package, which, original[:cut] + content + original[cut:])
            for job in FILE_CHECKS:
                for each in job(Context(altered.psp())):
                    assert each.text(Tongue.CS)
                    assert each.text(Tongue.EN)

    @pytest.mark.parametrize(
        ("content", "rule"),
        [
            (b"", "KDR_XML_BROKEN"),
            (b"<a>", "KDR_XML_BROKEN"),
            (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "KDR_XML_UNSAFE"),
            (b"<a/>", "KDR_NOT_METS"),
        ],
    )
    def test_a_main_mets_that_is_none(self, content: bytes, rule: str, package: Path) -> None:
        put(package, MAIN, content)
        assert rule in named(judged(package))
        assert judged(package).verdict is Verdict.INVALID

    def test_a_document_larger_than_any_is_not_read(self, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(psp, "LARGEST_DOCUMENT", 2000)
        assert {"KDR_XML_BROKEN"} <= named(judged(package))


class _Altered:
    """A package one of whose documents holds something else."""

    def __init__(self, package: Psp, path: str, content: bytes) -> None:
        self._package, self._path, self._content = package, path, content

    def psp(self) -> Psp:
        """The package."""
        files = {**self._package.files, self._path: len(self._content)}
        return Psp(self._package.name, files, self._package.folders, (), self)

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        if path == self._path:
            yield io.BytesIO(self._content)
            return
        with self._package.opened(path) as stream:
            yield stream

    def local(self, path: str) -> AbstractContextManager[Path]:
        return self._package.local(path)


class TestTheMd5List:
    @modest
    @given(content=st.binary(max_size=200))
    def test_any_bytes_are_lines(self, content: bytes) -> None:
        for row in rows(content):
            assert not row.named.startswith(("/", "."))
            assert row.text.startswith(row.digest)

    @modest
    @given(names=st.lists(st.from_regex(r"[0-9a-z_-][0-9a-z._-]{0,9}(/[0-9a-z_-]{1,9}){0,2}", fullmatch=True)))
    def test_what_is_written_is_read(self, names: list[str]) -> None:
        content = "".join(f"{md5(name.encode())} /{name}\n" for name in names).encode()
        assert [(row.digest, row.named) for row in rows(content)] == [(md5(n.encode()), n) for n in names]

    @pytest.mark.parametrize(
        ("written", "named_file"),
        [
            ("/a/b", "a/b"),
            ("\\a\\b", "a/b"),
            ("./a", "a"),
            (".\\a", "a"),
            ("a", "a"),
            ("../a", ""),
            ("//a", ""),
            ("", ""),
        ],
    )
    def test_paths_as_the_national_validator_reads_them(self, written: str, named_file: str) -> None:
        assert path_named(written) == named_file


class TestTexts:
    def test_every_complaint_speaks_both_languages(self, package: Path) -> None:
        both("PAGE_0002", VALUE)(package)
        removed(Use.TXT)(package)
        in_list(" /alto", "/alto")(package)
        report = judged(package)
        assert len(named(report)) >= 4
        for each in report.plain()["complaints"]:
            assert each["cs"]
            assert each["en"] != each["cs"]

    def test_groups_hold_every_complaint_once(self, package: Path) -> None:
        removed(Use.TXT)(package)
        both("PAGE_0002", VALUE)(package)
        report = judged(package)
        grouped = [each for level in Level for group in report.groups(level) for each in group.complaints]
        assert len(grouped) == len(report.complaints) == sum(report.counts.values())
