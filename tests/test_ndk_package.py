"""The documents of a package: valid, whole, reproducible, and obedient to the machine-readable standard."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from bench.package_documents import book, taken
from metadata.description import Identifier, IdentifierKind
from metadata.markup import Element, parse, violations
from metadata.model import Volume, VolumeRecord
from metadata.ndk import layout
from metadata.ndk.layout import GROUPS, Use
from metadata.ndk.package import placed, psp_documents
from metadata.ndk.standard import MONOGRAPH_VERSIONS, PERIODICAL_VERSIONS, Standard
from tests import page_records
from tests.described import BARE, CASES, FULL, finished
from tests.fdmf import Rules
from tests.page_records import VOLUME, md5, volume_record, volume_records, with_page
from tests.xpath import NS, texts

MAIN = layout.mets_name(VOLUME)
AMD_1 = layout.path(VOLUME, Use.AMD, 1)
quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def rules(schemas: Path) -> Rules:
    return Rules(schemas / "ndk" / "fdmf" / "monograph_2.2")


@pytest.fixture(scope="module")
def documents() -> dict[str, bytes]:
    return psp_documents(volume_record(3))


@pytest.fixture
def main(documents: dict[str, bytes]) -> Element:
    return parse(documents[MAIN])


def whole_size(record: VolumeRecord, documents: dict[str, bytes]) -> int:
    brought = sum(ref.size for page in record.pages for ref in placed(record.volume.id, page).values())
    return brought + sum(map(len, documents.values()))


class TestTheSchemas:
    """ndk.md §9.6: the validator never validates METS by schema, so we must."""

    def test_both_kinds_of_mets_with_all_embedded_records_are_valid(
        self, documents: dict[str, bytes], schemas: Path
    ) -> None:
        for name, content in documents.items():
            if "mets" in name:
                assert violations(parse(content), schemas / "ndk" / "ndk-combined.xsd") == ()

    def test_info_is_valid(self, documents: dict[str, bytes], schemas: Path) -> None:
        info = parse(documents[layout.info_name(VOLUME)])
        assert violations(info, schemas / "ndk" / "info_mon2.2.xsd") == ()

    @pytest.mark.parametrize("case", sorted(CASES))
    @pytest.mark.parametrize("known", [FULL, BARE], ids=["full", "bare"])
    def test_every_document_of_every_kind_is_valid(self, case: str, known: dict[str, Volume], schemas: Path) -> None:
        info = "info_per2.1.xsd" if CASES[case].periodical else "info_mon2.2.xsd"
        made = psp_documents(finished(known[case]))
        judged = [name for name in made if name.endswith(".xml")]
        assert len(judged) == len(known[case].pages) + 2
        for name in judged:
            schema = info if name.startswith("info") else "ndk-combined.xsd"
            assert violations(parse(made[name]), schemas / "ndk" / schema) == (), name

    @quick
    @given(record=volume_records())
    def test_whatever_people_and_scanners_write_the_documents_stay_valid(
        self, record: VolumeRecord, schemas: Path
    ) -> None:
        made = psp_documents(record)
        for name in (MAIN, AMD_1):
            assert violations(parse(made[name]), schemas / "ndk" / "ndk-combined.xsd") == ()
        assert violations(parse(made[layout.info_name(VOLUME)]), schemas / "ndk" / "info_mon2.2.xsd") == ()


class TestTheMachineReadableStandard:
    """fDMF monograph_2.2: biblioProfiles, techProfiles, metsProfiles, patterns (ndk.md, head)."""

    TECHNICAL = (
        ("OBJ_001", "premis_object_ps"),
        ("OBJ_002", "premis_object_mc"),
        ("OBJ_003", "premis_object_alto"),
        ("MIX_001", "mix_ps"),
        ("MIX_002", "mix_mc"),
        ("EVT_", "premis_event"),
        ("AGENT_", "premis_agent"),
    )

    def complaints(self, rules: Rules, documents: dict[str, bytes]) -> list[str]:
        main, amd = parse(documents[MAIN]), parse(documents[AMD_1])
        # The validator chooses the profiles by the standard that the record was catalogued by.
        by = "rda" if "rda" in texts(main, "//mods:descriptionStandard/text()") else "aacr2"
        found = rules.complaints("metsProfiles/primary_mets_header", main)
        found += rules.complaints("metsProfiles/secondary_mets_header", amd)
        for section in main.iterfind("mets:dmdSec", NS):
            kind = "page" if "PAGE" in section.get("ID", "") else "volume_singlevolume"
            folder = "mods" if section.get("ID", "").startswith("MODS") else "dc"
            record = section.find("mets:mdWrap/mets:xmlData/*", NS)
            assert record is not None
            found += rules.complaints(f"biblioProfiles/{folder}/{kind}_{by}", record)
        for section in amd.iterfind("mets:amdSec/*", NS):
            profile = next(name for start, name in self.TECHNICAL if section.get("ID", "").startswith(start))
            found += rules.complaints(f"techProfiles/{profile}", section)
        return found

    def test_nothing_is_held_against_a_full_description(self, rules: Rules, documents: dict[str, bytes]) -> None:
        assert self.complaints(rules, documents) == []

    def test_the_rules_can_say_no(self, rules: Rules, documents: dict[str, bytes]) -> None:
        bad = documents[MAIN].replace(b"<mods:issuance>single unit</mods:issuance>", b"")
        bad = bad.replace(b'type="titlePage"', b'type="title"').replace(b"<dc:language>cze", b"<dc:language>cs")
        found = self.complaints(rules, documents | {MAIN: bad})
        assert len(found) == 3
        assert all(each.startswith("error") for each in found)

    def test_the_example_that_the_validator_called_valid_passes_our_reading_of_the_rules(
        self, rules: Rules, schemas: Path
    ) -> None:
        folder = schemas / "ndk" / "examples" / "monograph_2.2_minimal"
        example = {
            MAIN: next(folder.glob("mets_*.xml")).read_bytes(),
            AMD_1: next(folder.glob("amdsec/*.xml")).read_bytes(),
        }
        assert self.complaints(rules, example) == []

    @quick
    @given(record=volume_records())
    def test_only_a_missing_urn_nbn_is_ever_held_against_us(self, record: VolumeRecord, rules: Rules) -> None:
        found = self.complaints(rules, psp_documents(record))
        assert [each for each in found if "urnnbn" not in each] == []

    @pytest.mark.parametrize(
        ("pattern", "use"),
        [
            ("MASTER-COPY_FILENAME", Use.MASTER),
            ("USER-COPY_FILENAME", Use.USER),
            ("OCR-ALTO_FILENAME", Use.ALTO),
            ("OCR-TEXT_FILENAME", Use.TXT),
            ("SECONDARY-METS_FILENAME", Use.AMD),
        ],
    )
    def test_names_match_the_patterns(self, rules: Rules, pattern: str, use: Use) -> None:
        folder = pattern.replace("_FILENAME", "-DIR_FILENAME")
        assert rules.name_pattern(folder, VOLUME).fullmatch(use.value)
        for order in (1, 9999):
            assert rules.name_pattern(pattern, VOLUME).fullmatch(layout.name(VOLUME, use, order))


class TestPurity:
    """METS is one pure function of the page records (architecture, one page one book, 4)."""

    def test_the_same_records_give_the_same_bytes(self, documents: dict[str, bytes]) -> None:
        assert psp_documents(volume_record(3)) == documents

    def test_a_change_of_one_page_changes_that_page_and_the_lists_only(self, documents: dict[str, bytes]) -> None:
        record = volume_record(3)
        first = record.pages[0]
        other = psp_documents(with_page(record, replace(first, alto=page_records.ref(first.alto.path, "jiný text"))))
        changed = {name for name in documents if documents[name] != other[name]}
        assert changed == {AMD_1, MAIN, layout.md5_name(VOLUME), layout.info_name(VOLUME)}

    def test_what_the_benchmark_measures_is_a_whole_package(self) -> None:
        made = taken(12)
        assert made.pages == 12
        assert made.written_mb * 1e6 == sum(map(len, psp_documents(book(12)).values()))
        assert [(chapter.first, chapter.last) for chapter in book(12).volume.divisions] == [(1, 10), (11, 12)]
        assert made.text().startswith("12 pages: ")

    @pytest.mark.slow
    def test_a_book_of_500_pages_is_no_matter_of_minutes(self) -> None:
        record = volume_record(500)
        start = time.process_time()
        psp_documents(record)
        assert time.process_time() - start < 500 * 0.05  # measured 2.5 ms a page; 50 ms means something is quadratic


class TestMd5AndInfo:
    """ndk.md §1: the MD5 list names main METS and all files of the five folders, not itself and not info."""

    def test_the_list_holds_every_file_of_the_package_once(self, documents: dict[str, bytes]) -> None:
        record = volume_record(3)
        lines = documents[layout.md5_name(VOLUME)].decode().splitlines()
        assert all(re.fullmatch(r"[0-9a-f]{32} /[0-9a-zA-Z._/-]+", line) for line in lines)
        listed = {line[34:]: line[:32] for line in lines}
        brought = {ref.path: ref.md5 for page in record.pages for ref in placed(VOLUME, page).values()}
        made = {name: md5(documents[name]) for name in documents if "mets" in name}
        assert listed == brought | made
        assert len(lines) == len(listed) == 3 * 5 + 1

    def test_info_names_every_file_and_the_digest_of_the_list(self, documents: dict[str, bytes]) -> None:
        info = parse(documents[layout.info_name(VOLUME)])
        md5_list = documents[layout.md5_name(VOLUME)]
        items = texts(info, "itemlist/item/text()")
        listed = [line[33:] for line in md5_list.decode().splitlines()]
        assert sorted(items) == sorted([*listed, f"/{layout.md5_name(VOLUME)}", f"/{layout.info_name(VOLUME)}"])
        assert texts(info, "itemlist/@itemtotal") == [str(len(items))]
        assert texts(info, "checksum/@checksum") == [md5(md5_list)]

    @pytest.mark.parametrize("pages", [1, 2, 7, 30])
    def test_the_size_is_that_of_the_whole_package_in_kib(self, pages: int) -> None:
        record = volume_record(pages)
        made = psp_documents(record)
        said = texts(parse(made[layout.info_name(VOLUME)]), "size/text()")
        assert said == [str(-(-whole_size(record, made) // 1024))]

    def test_identifiers_are_the_volumes_own_and_none_stands_twice(self, documents: dict[str, bytes]) -> None:
        info = parse(documents[layout.info_name(VOLUME)])
        kinds = texts(info, "titleid/@type")
        assert kinds == ["uuid", "urnnbn", "isbn", "ccnb"]
        assert texts(info, "titleid[@type='uuid']/text()") == [VOLUME]

    def test_a_stray_uuid_or_issn_of_the_description_does_not_get_in(self) -> None:
        record = volume_record()
        stray = (
            Identifier(IdentifierKind.UUID, "00000000-0000-4000-8000-000000000000"),
            Identifier(IdentifierKind.ISSN, "1234-5679"),
        )
        about = replace(record.volume.description, identifiers=stray)
        made = psp_documents(replace(record, volume=replace(record.volume, description=about)))
        main, info = parse(made[MAIN]), parse(made[layout.info_name(VOLUME)])
        named = texts(main, "//mods:identifier/text() | //dc:identifier/text()") + texts(info, "titleid/text()")
        assert [each for each in named if "00000000-0000" in each or "1234-5679" in each] == []
        assert len(named) == 2 * 3 + 1

    @pytest.mark.parametrize("case", sorted(CASES))
    def test_info_names_each_kind_of_identifier_once_and_only_those_it_may(self, case: str) -> None:
        """ndk.md §1: for periodicals isbn, issn, ccnb and uuid only."""
        volume = FULL[case]
        info = parse(psp_documents(finished(volume))[layout.info_name(volume.id)])
        kinds = texts(info, "titleid/@type")
        assert len(kinds) == len(set(kinds))
        assert texts(info, "titleid[@type='uuid']/text()") == [volume.id]
        assert ("urnnbn" in kinds) is not CASES[case].periodical
        if CASES[case].periodical:
            assert texts(info, "titleid[@type='issn']/text()") == ["0317-8471"]
            assert set(kinds) <= {"isbn", "issn", "ccnb", "uuid"}


class TestVersionsOfTheStandard:
    """ndk.md §0: written by setting; what the validator we know can check is the default."""

    def said(self, case: str, *standard: Standard) -> list[str]:
        made = psp_documents(finished(FULL[case]), *standard)
        return texts(parse(made[layout.info_name(FULL[case].id)]), "metadataversion/text()")

    def test_each_kind_of_package_tells_the_version_of_its_own_standard(self) -> None:
        assert self.said("map") == ["2.2"]
        assert self.said("issue") == ["2.1"]
        newer = Standard("2.3", "2.2")
        assert self.said("map", newer) == ["2.3"]
        assert self.said("volume-supplement", newer) == ["2.2"]

    def test_the_newer_one_changes_nothing_but_the_number(self) -> None:
        older, newer = (psp_documents(finished(FULL["issue"]), each) for each in (Standard(), Standard("2.3", "2.2")))
        info = layout.info_name(FULL["issue"].id)
        assert {name for name in older if older[name] != newer[name]} == {info}
        assert newer[info] == older[info].replace(b"version>2.1<", b"version>2.2<")

    @pytest.mark.parametrize(("part", "version"), [("monograph", "1.4"), ("monograph", "2.1"), ("periodical", "2.3")])
    def test_a_version_of_which_nothing_is_known_is_refused(self, part: str, version: str) -> None:
        assert version not in (MONOGRAPH_VERSIONS if part == "monograph" else PERIODICAL_VERSIONS)
        with pytest.raises(ValueError, match=version):
            Standard(**{part: version})


class TestFilesAndMaps:
    """ndk.md §2: five fileGrps, one division a page with five pointers, every page linked."""

    def test_every_file_entry_tells_the_truth(self, documents: dict[str, bytes], main: Element) -> None:
        truth = {name: (len(data), md5(data)) for name, data in documents.items()}
        for page in volume_record(3).pages:
            truth |= {ref.path: (ref.size, ref.md5) for ref in placed(VOLUME, page).values()}
        entries = main.findall("mets:fileSec/mets:fileGrp/mets:file", NS)
        for entry in entries:
            (path,) = texts(entry, "mets:FLocat/@xlink:href")
            assert (int(entry.get("SIZE", "")), entry.get("CHECKSUM")) == truth[path]
        assert len(entries) == 15

    def test_a_page_points_to_its_five_files(self, main: Element) -> None:
        ids = set(texts(main, "mets:fileSec//mets:file/@ID"))
        for number in ("0001", "0002", "0003"):
            pointed = texts(main, f"//mets:div[@ID='DIV_P_PAGE_{number}']/mets:fptr/@FILEID")
            assert pointed == [f"{group.file}_{number}" for group in GROUPS.values()]
            assert ids.issuperset(pointed)

    def test_numbers_join_division_record_and_file(self, main: Element) -> None:
        """Kramerius finds a page's record by the number in its division's ID (ndk.md §8)."""
        records = set(texts(main, "mets:dmdSec/@ID"))
        pages = texts(main, "//mets:div[@ID='DIV_P_0000']/mets:div/@ID")
        assert {page.replace("DIV_P_", "MODSMD_") for page in pages} <= records
        assert set(texts(main, "//mets:div/@DMDID")) <= records

    def test_every_page_is_linked_to_the_volume(self, main: Element) -> None:
        assert texts(main, "mets:structLink/mets:smLink/@xlink:to") == [f"DIV_P_PAGE_000{n}" for n in (1, 2, 3)]
        assert set(texts(main, "mets:structLink/mets:smLink/@xlink:from")) == {"VOLUME_0001"}

    def test_page_types_and_printed_numbers_are_the_pages_own(self, main: Element) -> None:
        pages = "//mets:div[@ID='DIV_P_0000']/mets:div"
        assert texts(main, f"{pages}/@TYPE") == ["titlePage", "blank", "normalPage"]
        assert texts(main, f"{pages}/@ORDERLABEL") == ["[1]", "[2]", "3"]

    def test_the_title_page_stands_for_the_volume(self, main: Element) -> None:
        assert texts(main, "//mods:genre[.='reprePage']/@type") == ["titlePage"]

    def test_gaps_in_the_order_keep_their_numbers(self) -> None:
        record = volume_record(1)
        seventh = page_records.page_record(page_records.page(7))
        made = psp_documents(with_page(record, seventh))
        assert layout.path(VOLUME, Use.AMD, 7) in made
        assert b'ORDER="7"' in made[MAIN]


class TestLiteralBytes:
    """ndk.md §6: what the validator looks for in the bytes, not in the tree."""

    def test_every_premis_object_declares_its_namespaces_itself(self, documents: dict[str, bytes]) -> None:
        """Trap 5."""
        tags = re.findall(rb"<premis:object [^>]*>", documents[AMD_1])
        assert len(tags) == 3
        for tag in tags:
            assert b'xmlns:premis="info:lc/xmlns/premis-v2"' in tag
            assert b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"' in tag
            assert b'xsi:type="premis:file"' in tag

    def test_an_embedded_record_can_be_cut_out_and_read_alone(self, documents: dict[str, bytes]) -> None:
        """Trap 5, for every kind of record."""
        for name, start, count in (
            (AMD_1, rb"premis:(?:object|event|agent)|mix:mix", 16),
            (MAIN, rb"mods:mods|oai_dc:dc", 8),
        ):
            pieces = list(re.finditer(rb"<(%b)[ >].*?</\1>" % start, documents[name], re.DOTALL))
            assert len(pieces) == count
            for piece in pieces:
                assert len(parse(piece.group())) > 0

    def test_links_have_the_prefix_xlink(self, documents: dict[str, bytes]) -> None:
        """Trap 6."""
        assert documents[MAIN].count(b" xlink:from=") == documents[MAIN].count(b" xlink:to=") == 3
        assert documents[MAIN].count(b" xlink:href=") == 15
        assert b"ns0:" not in b"".join(documents.values())

    def test_only_mods_states_its_version(self, main: Element) -> None:
        """ndk.md §0: MDTYPEVERSION 3.8 is mandatory on MODS and forbidden on DC."""
        assert set(texts(main, "//mets:mdWrap[@MDTYPE='MODS']/@MDTYPEVERSION")) == {"3.8"}
        assert texts(main, "//mets:mdWrap[@MDTYPE='DC']/@MDTYPEVERSION") == []


class TestRefusals:
    """A package that would be wrong is not made."""

    def test_two_pages_of_one_order_are_refused(self) -> None:
        record = volume_record(2)
        twin = page_records.page_record(page_records.page(2))
        with pytest.raises(ValueError, match="same order"):
            psp_documents(with_page(record, twin))

    def test_a_file_without_md5_is_refused(self) -> None:
        record = volume_record(1)
        first = record.pages[0]
        with pytest.raises(ValueError, match=r"mc_.*no MD5"):
            psp_documents(with_page(record, replace(first, master=replace(first.master, md5=""))))

    def test_a_page_type_that_ndk_does_not_know_is_refused(self) -> None:
        odd = page_records.page_record(page_records.page(1, kind="selfie"))
        with pytest.raises(ValueError, match="selfie"):
            psp_documents(with_page(volume_record(1), odd))

    @pytest.mark.parametrize("order", [0, -1, 10000])
    def test_an_order_that_does_not_fit_the_names_is_refused(self, order: int) -> None:
        with pytest.raises(ValueError, match="order"):
            layout.name(VOLUME, Use.MASTER, order)
