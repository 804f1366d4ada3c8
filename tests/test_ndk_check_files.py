"""Packages read wherever they lie, and the rules on layout, digests, info.xml and identifiers, each broken once."""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import time
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.elements import METS
from metadata.markup import Element, parse, violations
from metadata.ndk.check import identifiers, info, psp
from metadata.ndk.check.checksums import path_named, rows
from metadata.ndk.check.complaint import Level
from metadata.ndk.check.context import Context, Dmf, Family
from metadata.ndk.check.psp import NotAPackage, Psp, open_psp
from metadata.ndk.check.report import Report, Verdict
from metadata.ndk.check.validate import FILE_CHECKS, check
from metadata.ndk.layout import Use
from metadata.wording import Tongue
from tests.broken_files import (
    INFO,
    LIST,
    MAIN,
    as_it_is,
    both,
    in_list,
    page_file,
    removed,
)
from tests.good_packages import changed, edited, good_package, put, renew
from tests.page_records import VOLUME, md5, volume_record

VALUE = ("ccnb", "cnb000999999")
modest = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


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


class TestEveryLevel:
    """Identifiers of every level; that every rule is caught by itself alone shows test_broken_packages."""

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
