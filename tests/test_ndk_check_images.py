"""`kdr validate`: images, texts and schemas of a package, and documents that nobody would write on purpose."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from metadata.elements import METS, MODS, PREMIS2
from metadata.markup import Element, parse
from metadata.model import VolumeRecord
from metadata.ndk.check import schema
from metadata.ndk.check.complaint import Level
from metadata.ndk.check.images import header_size
from metadata.ndk.check.page import ALTO as ALTO_2
from metadata.ndk.check.page import Size
from metadata.wording import Tongue
from tests.good_packages import changed, edited, good_package, put, renew
from tests.page_records import VOLUME, volume_record
from tests.psp_edits import ALTO, AMD, MAIN, TXT, Edit, adding, area, before, found, nodes, part, rules, saying, set_to
from tests.test_jp2_profile import MASTER, USER, encode

RECORD = "BIBLIOGRAPHIC_METADATA_MATCH_PROFILE_"
VOLUME_MODS = "//mods:mods[@ID='MODS_VOLUME_0001']"
MC, UC = (f"{folder}/{name}_{VOLUME}_0001.jp2" for folder, name in (("mastercopy", "mc"), ("usercopy", "uc")))
SMALL = Size(192, 256)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A master and a user copy of 192 × 256 pixels that keep their profiles."""
    made = {}
    for path, options in ((MC, MASTER), (UC, USER)):
        folder = tmp_path_factory.mktemp("jp2")
        encode(folder, options)
        made[path] = (folder / "out.jp2").read_bytes()
    return made


@pytest.fixture
def illustrated(tmp_path: Path, pictures: dict[str, bytes]) -> Path:
    """A package of one page with real images."""
    root = good_package(tmp_path, small())
    for path, content in pictures.items():
        put(root, path, content)
    renew(root)
    return root


def small() -> VolumeRecord:
    """A volume of one page whose master is as large as the pictures; its words are too long for it."""
    record = volume_record(1)
    image = replace(record.pages[0].master_image, width=SMALL.width, height=SMALL.height)
    return replace(record, pages=(replace(record.pages[0], master_image=image),))


def opened(root: Path) -> set[str]:
    """What is said of a package when its images are looked at, but for words outside the small page."""
    return {each.rule for each in found(root, opened=True) if each.level is Level.ERROR}


class TestImages:
    """Masters and user copies by jpylyzer, and by what the records say of them."""

    def test_good_ones_are_not_complained_of(self, illustrated: Path) -> None:
        assert opened(illustrated) == set()

    @pytest.mark.parametrize(
        ("path", "rule"),
        [(MC, "MASTER-COPY_FILES_VALID_BY_JPYLYZER"), (UC, "USER-COPY_FILES_VALID_BY_JPYLYZER")],
    )
    def test_one_in_the_others_place_is(
        self, illustrated: Path, pictures: dict[str, bytes], path: str, rule: str
    ) -> None:
        put(illustrated, path, pictures[MC if path == UC else UC])
        renew(illustrated)
        assert opened(illustrated) == {rule}
        texts = [each.text() for each in found(illustrated, opened=True) if each.rule == rule]
        assert any("tile width" in text for text in texts)

    @pytest.mark.parametrize("content", [b"", b"no image", b"\x00\x00\x00\x0cjP  \r\n\x87\n", bytes(4000)])
    def test_what_is_no_image_is_a_complaint_and_no_crash(
        self, illustrated: Path, content: bytes, capsys: pytest.CaptureFixture[str]
    ) -> None:
        put(illustrated, MC, content)
        renew(illustrated)
        assert opened(illustrated) == {"MASTER-COPY_FILES_VALID_BY_JPYLYZER"}
        assert capsys.readouterr().err == ""

    def test_one_that_ends_too_early_is_not_valid(self, illustrated: Path, pictures: dict[str, bytes]) -> None:
        put(illustrated, UC, pictures[UC][:-200])
        renew(illustrated)
        assert opened(illustrated) == {"USER-COPY_FILES_VALID_BY_JPYLYZER"}

    def test_they_are_not_opened_when_nobody_asked(self, illustrated: Path) -> None:
        put(illustrated, MC, b"no image")
        renew(illustrated)
        assert "MASTER-COPY_FILES_VALID_BY_JPYLYZER" not in rules(illustrated)

    def test_a_size_in_mix_that_is_not_the_images(self, illustrated: Path) -> None:
        edited(illustrated, AMD, saying("//mets:techMD[@ID='MIX_002']//mix:imageWidth", "193"))
        assert opened(illustrated) == {"KDR_MIX_SIZE"}
        (complaint,) = [each for each in found(illustrated, opened=True) if each.rule == "KDR_MIX_SIZE"]
        assert "193 × 256" in complaint.text(Tongue.CS)
        assert "192 × 256" in complaint.text(Tongue.EN)


def box(kind: bytes, content: bytes, *, long: bool = False) -> bytes:
    """A box of a JP2 (ISO/IEC 15444-1, I.4), with its length in 4 or in 8 bytes."""
    if long:
        return (1).to_bytes(4) + kind + (len(content) + 16).to_bytes(8) + content
    return (len(content) + 8).to_bytes(4) + kind + content


def boxes() -> st.SearchStrategy[bytes]:
    """Some other boxes of any content."""
    kinds = st.sampled_from([b"jP  ", b"ftyp", b"xml ", b"uuid"])
    return st.lists(st.builds(box, kinds, st.binary(max_size=40), long=st.booleans()), max_size=4).map(b"".join)


class TestHeader:
    """The size in the image header box."""

    @settings(max_examples=50)
    @given(
        first=boxes(),
        inner=boxes(),
        long=st.booleans(),
        width=st.integers(1, 2**32 - 1),
        height=st.integers(1, 2**32 - 1),
    )
    def test_is_found_behind_any_boxes(self, first: bytes, inner: bytes, long: bool, width: int, height: int) -> None:
        header = box(b"ihdr", height.to_bytes(4) + width.to_bytes(4) + bytes(6))
        content = first + box(b"jp2h", inner + header, long=long) + box(b"jp2c", b"...")
        assert header_size(content) == Size(width, height)

    @settings(max_examples=100)
    @given(head=st.binary(max_size=200), whole=boxes())
    def test_is_none_where_there_is_no_header(self, head: bytes, whole: bytes) -> None:
        assert header_size(whole + box(b"free", head)) is None
        assert header_size(head.replace(b"ihdr", b"")) is None


class TestTexts:
    """ALTO and TXT."""

    @pytest.mark.parametrize(("path", "rule"), [(TXT, "OCR-TEXT_FILES_IN_UTF8"), (ALTO, "OCR-ALTO_FILES_IN_UTF8")])
    def test_in_cp1250(self, tmp_path: Path, path: str, rule: str) -> None:
        root = good_package(tmp_path)
        text = (root / path).read_text(encoding="utf-8").replace("UTF-8", "windows-1250")
        put(root, path, text.encode("cp1250"))
        renew(root)
        (complaint,) = found(root)
        assert (complaint.rule, complaint.file) == (rule, path)
        assert str(text.encode("cp1250").index("ř".encode("cp1250"))) in complaint.text()

    def test_a_text_of_many_blocks_is_read_to_its_end(self, tmp_path: Path) -> None:
        root = good_package(tmp_path)
        put(root, TXT, "ž".encode() * 2_000_001 + b"\xc5")
        renew(root)
        assert [each.facts["offset"] for each in found(root)] == [4_000_002]

    def test_in_another_version(self, tmp_path: Path) -> None:
        root = good_package(tmp_path)
        changed(root, ALTO, "ns-v2#", "ns-v3#", count=0)
        assert rules(root) == {"OCR-ALTO_FILES_VALID_BY_XSD"}

    def test_not_by_its_schema(self, tmp_path: Path, schemas: Path) -> None:
        root = good_package(tmp_path)
        changed(root, ALTO, "<TextBlock ", '<TextBlock COLOUR="red" ')
        assert rules(root, schemas) == {"OCR-ALTO_FILES_VALID_BY_XSD"}

    @pytest.mark.parametrize(
        ("old", "new", "level", "words"),
        [
            ('(<Page .*?)WIDTH="2400"', r'\1WIDTH="2399"', Level.ERROR, "2399 × 3400"),
            ('(<Page .*?)HEIGHT="3400" ?', r"\1", Level.WARNING, "2400 × 3400"),
            ('(<TextBlock .*?)HPOS="\\d+"', r'\1HPOS="2399"', Level.WARNING, "2399, 0"),
            ('(<TextBlock .*?)VPOS="\\d+"', r'\1VPOS="-1"', Level.WARNING, "0, -1"),
        ],
    )
    def test_not_on_the_master(self, tmp_path: Path, old: str, new: str, level: Level, words: str) -> None:
        root = good_package(tmp_path)
        changed(root, ALTO, old, new)
        (complaint,) = found(root)
        assert (complaint.rule, complaint.level) == ("KDR_ALTO_PAGE_SIZE", level)
        assert words in complaint.text(Tongue.CS)

    def test_measured_in_tenths_of_millimetres_says_nothing_of_pixels(self, tmp_path: Path) -> None:
        root = good_package(tmp_path)
        changed(root, ALTO, ">pixel<", ">mm10<")
        changed(root, ALTO, 'WIDTH="2400"', 'WIDTH="2032"')
        assert found(root) == []

    def test_a_block_that_is_there_may_be_named(self, tmp_path: Path) -> None:
        root = good_package(tmp_path)
        block = nodes(
            parse((root / ALTO).read_bytes()), f"//*[namespace-uri()='{ALTO_2}' and local-name()='TextBlock']"
        )[0]
        named = part("TITLE", area(block.get("ID", "")), ID="T")
        edited(root, MAIN, adding("//mets:div[@ID='PAGE_0001']", named))
        assert found(root) == []


class TestSchemas:
    """Each fault is told by the rule of the record it lies in."""

    @pytest.mark.parametrize(
        ("path", "edit", "rule"),
        [
            (MAIN, adding(VOLUME_MODS, MODS("colour", "red")), f"{RECORD}VOLUME"),
            (MAIN, adding("//mets:dmdSec[@ID='DCMD_PAGE_0001']//oai_dc:dc", METS("x")), f"{RECORD}PAGE"),
            (MAIN, set_to("//mets:file", CHECKSUMTYPE="CRC7"), "KDR_METS_XSD"),
            (AMD, set_to("//mets:amdSec", ID="0001"), "KDR_METS_XSD"),
            (AMD, saying("//premis:object//premis:size", "large"), "PREMIS_VALID_BY_XSD"),
            (AMD, saying("//mix:imageWidth", "wide"), "MIX_VALID_BY_XSD"),
        ],
    )
    def test_fault(self, tmp_path: Path, schemas: Path, path: str, edit: Edit, rule: str) -> None:
        root = good_package(tmp_path)
        edited(root, path, edit)
        # The profile may see the fault as well, under its own rule and without the schema.
        told = [each for each in found(root, schemas) if each not in found(root)]
        assert {(each.rule, each.level, each.file) for each in told} == {(rule, Level.ERROR, path)}
        assert all("XSD" in each.text() or "schémat" in each.text() for each in told)

    def test_wrong_rights_by_schema(self, tmp_path: Path, schemas: Path) -> None:
        root = good_package(tmp_path)
        record = etree.Element(f"{{{schema.COPYRIGHT}}}copyright", {"copyright.status": "free"})
        wrap = METS("mdWrap", METS("xmlData", record), MDTYPE="OTHER", OTHERMDTYPE="CopyrightMD", MIMETYPE="text/xml")
        edited(root, AMD, before("//mets:digiprovMD", METS("rightsMD", wrap, ID="RIGHTS_001")))
        assert "COPYRIGHTMD_VALID_BY_XSD" in rules(root, schemas)
        assert "KDR_METS_XSD" not in rules(root, schemas)

    def test_without_the_folder_of_schemas_nothing_is_claimed(self, tmp_path: Path) -> None:
        root = good_package(tmp_path)
        edited(root, AMD, set_to("//mets:amdSec", ID="0001"))
        assert found(root) == []


class TestHostileDocuments:
    """Whatever stands in the documents: complaints in two languages, never a crash."""

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(seed=st.randoms(use_true_random=False), which=st.sampled_from([MAIN, AMD, ALTO]))
    def test_any_damage(self, tmp_path_factory: pytest.TempPathFactory, seed: random.Random, which: str) -> None:
        root = good_package(tmp_path_factory.mktemp("psp"))
        tree = parse((root / which).read_bytes())
        for _ in range(seed.randint(1, 4)):
            left = [each for each in tree.iter("*") if each is not tree]
            if left:
                _spoil(seed, left)
        (root / which).write_bytes(etree.tostring(tree))
        complaints = found(root)
        assert all(each.text(tongue) and each.level for each in complaints for tongue in Tongue)

    @pytest.mark.parametrize(
        "content", [b"", b"\xff\xfe", b"<mets:mets", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"]
    )
    @pytest.mark.parametrize("path", [MAIN, AMD, ALTO])
    def test_a_document_that_cannot_be_read_is_one_complaint_of_its_own(
        self, tmp_path: Path, path: str, content: bytes
    ) -> None:
        root = good_package(tmp_path)
        put(root, path, content)
        renew(root) if path == ALTO else None
        told = [each for each in found(root) if each.file == path]
        assert told
        assert len({each.text() for each in told}) == len(told)


def _spoil(seed: random.Random, several: list[Element]) -> None:
    node = seed.choice(several)
    parent, way = node.getparent(), seed.randrange(5)
    if way == 0 and parent is not None:
        parent.remove(node)
    elif way == 1:
        node.addnext(parse(etree.tostring(node)))
    elif way == 2:
        node.text = seed.choice(["", "ž", "-1", "9" * 5000, "{x}", "nan"])
    elif way == 3 and node.attrib:
        node.set(seed.choice(list(node.attrib)), seed.choice(["", "ž", "-1", "9" * 5000, "{x}", "inf", "]'\""]))
    else:
        node.tag = seed.choice(["a", "{urn:x}b", METS.tag("div"), PREMIS2.tag("object")])
