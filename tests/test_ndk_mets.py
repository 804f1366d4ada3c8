"""The main METS of every kind: its levels, its two maps, its links, its rights; what cannot be written is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.description import Rights, VolumeKind
from metadata.markup import Element, parse, violations
from metadata.model import (
    BlockLink,
    Division,
    DivisionKind,
    Page,
    Title,
    Volume,
    VolumeId,
    VolumeRecord,
    new_division_id,
)
from metadata.ndk import layout
from metadata.ndk.levels import parts
from metadata.ndk.package import psp_documents
from tests.described import BARE, CASES, FULL, finished
from tests.fdmf import Rules
from tests.page_records import hostile_text
from tests.xpath import NS, texts

quick = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
KINDS = pytest.mark.parametrize("case", sorted(CASES))
CHAPTER, ARTICLE, PICTURE, SUPPLEMENT = (
    DivisionKind.CHAPTER, DivisionKind.ARTICLE, DivisionKind.PICTURE, DivisionKind.SUPPLEMENT,
)  # fmt: skip
LEVELS = {CHAPTER: "CHAP", ARTICLE: "ART", PICTURE: "PICT", SUPPLEMENT: "SUPPL"}
LADDERS = {
    VolumeKind.MONOGRAPH_VOLUME: [("TITLE_0001", "MONOGRAPH"), ("VOLUME_0001", "VOLUME")],
    VolumeKind.ISSUE: [
        ("TITLE_0001", "PERIODICAL_TITLE"), ("VOLUME_0001", "PERIODICAL_VOLUME"), ("ISSUE_0001", "ISSUE"),
    ],
    VolumeKind.SUPPLEMENT: [
        ("TITLE_0001", "PERIODICAL_TITLE"), ("VOLUME_0001", "PERIODICAL_VOLUME"), ("SUPPL_0001", "SUPPLEMENT"),
    ],
}  # fmt: skip
SINGLE = [("", "MONOGRAPH"), ("VOLUME_0001", "VOLUME")]


def main_of(volume: Volume) -> Element:
    """The main METS as a stranger reads it from its bytes."""
    return parse(psp_documents(finished(volume))[layout.mets_name(volume.id)])


@cache
def full_bytes(case: str) -> bytes:
    return psp_documents(finished(FULL[case]))[layout.mets_name(FULL[case].id)]


def full(case: str) -> Element:
    return parse(full_bytes(case))


def logical(root: Element) -> Element:
    (found,) = root.findall("mets:structMap[@TYPE='LOGICAL']", NS)
    return found


def below(root: Element) -> list[Element]:
    """The divisions right within the volume or issue, its pages left out."""
    (whole,) = [each for each in logical(root).iter() if each.find("mets:div[@TYPE='PAGE']", NS) is not None]
    return [each for each in whole if each.get("TYPE") != "PAGE"]


def innermost(case: str) -> str:
    return LADDERS.get(CASES[case], SINGLE)[-1][0]


def chapter(first: int = 1, last: int = 1, **parts: object) -> Division:
    made = Division(new_division_id(FULL["monograph"].id, "test"), CHAPTER, first, last, "Kapitola")
    return replace(made, **parts)  # type: ignore[arg-type]


def divided(*divisions: Division, case: str = "monograph") -> Volume:
    return replace(FULL[case], divisions=divisions)


class TestEveryKind:
    """ndk.md §2: levels and header; every kind full and bare."""

    @KINDS
    @pytest.mark.parametrize("known", [FULL, BARE], ids=["full", "bare"])
    def test_is_valid(self, case: str, known: dict[str, Volume], schemas: Path) -> None:
        assert violations(main_of(known[case]), schemas / "ndk" / "ndk-combined.xsd") == ()

    @KINDS
    @pytest.mark.parametrize("known", [FULL, BARE], ids=["full", "bare"])
    def test_the_header_is_as_the_profile_wants_it(self, case: str, known: dict[str, Volume], schemas: Path) -> None:
        dmf = "periodical_2.1" if CASES[case].periodical else "monograph_2.2"
        root = main_of(replace(known[case], rights=None))
        assert Rules(schemas / "ndk" / "fdmf" / dmf).complaints("metsProfiles/primary_mets_header", root) == []
        assert root.get("TYPE") == ("Periodical" if CASES[case].periodical else "Monograph")

    @KINDS
    def test_every_level_has_its_pair_of_records_from_the_title_down_to_the_pages(self, case: str) -> None:
        codes = [code for code, _ in LADDERS.get(CASES[case], SINGLE) if code]
        text = "ART_0001" if CASES[case].periodical else "CHAP_0001 CHAP_0002"
        # A supplement that is a package of its own is the first of that level itself.
        inner = f"{text} PICT_0001 SUPPL_000{2 if CASES[case] is VolumeKind.SUPPLEMENT else 1}".split()
        pages = [f"PAGE_{page.number}" for page in FULL[case].pages]
        wanted = [f"{kind}_{code}" for code in (*codes, *inner, *pages) for kind in ("MODSMD", "DCMD")]
        assert texts(full(case), "mets:dmdSec/@ID") == wanted

    @KINDS
    def test_a_record_bears_the_code_of_its_section(self, case: str) -> None:
        for section in full(case).iterfind("mets:dmdSec", NS):
            for name in texts(section, ".//mods:mods/@ID"):
                assert section.get("ID") == name.replace("MODS_", "MODSMD_")

    @KINDS
    def test_no_identifier_stands_in_two_records(self, case: str) -> None:
        """Rules MODS_ and DC_IDENTIFIERS_NO_DUPLICATES_ACROSS_DMDSECS."""
        named = [
            (each.get("type"), each.text)
            for each in full(case).iterfind("mets:dmdSec/mets:mdWrap/mets:xmlData/mods:mods/mods:identifier", NS)
            if not each.get("invalid")
        ]
        assert [name for name, count in Counter(named).items() if count > 1] == []
        in_dc = texts(full(case), "//dc:identifier/text()")
        assert len(in_dc) == len(set(in_dc))

    @KINDS
    def test_both_records_of_a_pair_have_the_same_identifiers(self, case: str) -> None:
        """Rule PRIMARY-METS_DC_IDENTIFIER_MATCH_MODS_IDENTIFIERS."""
        sections = {section.get("ID", ""): section for section in full(case).iterfind("mets:dmdSec", NS)}
        for name in (name for name in sections if name.startswith("MODSMD")):
            found = sections[name].findall("mets:mdWrap/mets:xmlData/mods:mods/mods:identifier", NS)
            wanted = {f"{each.get('type')}:{each.text}" for each in found if not each.get("invalid")}
            assert set(texts(sections[name.replace("MODSMD", "DCMD")], ".//dc:identifier/text()")) == wanted

    @KINDS
    def test_the_same_volume_gives_the_same_bytes(self, case: str) -> None:
        assert psp_documents(finished(FULL[case]))[layout.mets_name(FULL[case].id)] == full_bytes(case)

    def test_title_and_year_are_the_same_in_all_packages_of_a_periodical(self) -> None:
        packages = [psp_documents(finished(FULL[case])) for case in ("issue", "sequence", "issue-supplement")]
        for code in ("TITLE_0001", "VOLUME_0001"):
            found = set()
            for package, case in zip(packages, ("issue", "sequence", "issue-supplement"), strict=True):
                root = parse(package[layout.mets_name(FULL[case].id)])
                found.add(tuple(texts(root, f"mets:dmdSec[@ID='MODSMD_{code}']//mods:identifier[@type='uuid']/text()")))
            assert len(found) == 1


class TestLogicalMap:
    """ndk.md §2, structMap LOGICAL."""

    @KINDS
    def test_the_volume_stands_within_its_titles(self, case: str) -> None:
        found = []
        (division,) = logical(full(case)).iterfind("mets:div", NS)
        for _ in LADDERS.get(CASES[case], SINGLE):
            found.append((division.get("DMDID", "").removeprefix("MODSMD_"), division.get("TYPE")))
            division = division.findall("mets:div", NS)[0]
        assert found == LADDERS.get(CASES[case], SINGLE)

    @KINDS
    def test_only_types_of_the_standard_and_records_that_exist(self, case: str, schemas: Path) -> None:
        """Rule PRIMARY-METS_LOGICAL_STRUCTURAL_MAP_CORRECT, its list read from the rule itself."""
        dmf = "periodical_2.1" if CASES[case].periodical else "monograph_2.2"
        rules = parse((schemas / "ndk" / "fdmf" / dmf / "rules.xml").read_bytes())
        (allowed,) = rules.findall(".//{*}value[@name='div_types_allowed']")
        types = {(each.text or "").strip() for each in allowed.iterfind(".//{*}value[@name='string']")}
        assert len(types) > 15
        root = full(case)
        assert set(texts(logical(root), ".//mets:div/@TYPE")) <= types
        assert set(texts(root, "//mets:div/@DMDID")) <= set(texts(root, "mets:dmdSec/@ID"))

    @KINDS
    def test_every_division_is_called_something(self, case: str) -> None:
        for each in logical(full(case)).iterfind(".//mets:div", NS):
            assert (each.get("LABEL", "").strip() != "") == (each.find("mets:fptr", NS) is None)

    def test_labels_tell_an_issue_from_its_title_and_year(self) -> None:
        volume = FULL["issue"]
        about = replace(volume.description, title="Zkušební noviny", part_number="7", part_name="")
        root = main_of(replace(volume, description=about, divisions=()))
        assert texts(logical(root), ".//mets:div[@TYPE!='PAGE']/@LABEL") == [
            "Zkušební noviny",
            "Zkušební noviny, 1919, 1",
            "Zkušební noviny, 1919, 1, 7, 1919-05-14",
        ]
        assert root.get("LABEL") == "Zkušební noviny, 1919, 1, 7, 1919-05-14"

    def test_a_chapter_is_called_by_number_and_title_and_never_by_nothing(self) -> None:
        volume = divided(
            chapter(part_number="IV", title="O  \npočasí"), chapter(id=new_division_id(VolumeId("x"), ""), title=" ")
        )
        assert [each.get("LABEL") for each in below(main_of(volume))] == ["IV O počasí", "[bez názvu]"]

    def test_chapters_nest_and_blocks_come_before_what_is_inside(self) -> None:
        root = full("monograph")
        (outer,) = logical(root).iterfind(".//mets:div[@ID='CHAP_0001']", NS)
        assert [(each.get("ID"), each.get("TYPE")) for each in outer] == [
            ("CHAP_0001_0001", "TITLE"),
            ("CHAP_0001_0002", "NORMAL_TEXT"),
            ("CHAP_0002", "CHAPTER"),
        ]

    def test_a_block_is_named_by_its_page_and_its_identifier_there(self) -> None:
        areas = logical(full("issue")).findall(".//mets:div[@ID='ART_0001']/mets:div/mets:fptr/mets:area", NS)
        assert [dict(each.attrib) for each in areas] == [
            {"FILEID": "ALTO_0002", "BEGIN": "block_0001", "BETYPE": "IDREF"},
            {"FILEID": "ALTO_0003", "BEGIN": "block_0001", "BETYPE": "IDREF"},
        ]


class TestPagesAndLinks:
    """ndk.md §2 (structMap PHYSICAL, structLink) and §8: Kramerius joins by number."""

    @KINDS
    def test_pages_carry_their_type_order_and_printed_number(self, case: str) -> None:
        root = full(case)
        (whole,) = root.findall("mets:structMap[@TYPE='PHYSICAL']/mets:div", NS)
        wanted = [(page.type, str(page.order), page.label or f"[{page.order}]") for page in FULL[case].pages]
        assert [(div.get("TYPE"), div.get("ORDER"), div.get("ORDERLABEL")) for div in whole] == wanted
        family, record = ("PERIODICAL", "TITLE") if CASES[case].periodical else ("MONOGRAPH", "VOLUME")
        assert (whole.get("TYPE"), whole.get("DMDID")) == (family, f"MODSMD_{record}_0001")

    @KINDS
    def test_one_number_joins_division_record_and_files(self, case: str) -> None:
        root = full(case)
        records = set(texts(root, "mets:dmdSec/@ID"))
        for page in FULL[case].pages:
            assert {f"MODSMD_PAGE_{page.number}", f"DCMD_PAGE_{page.number}"} <= records
            pointed = texts(root, f"//mets:div[@ID='DIV_P_PAGE_{page.number}']/mets:fptr/@FILEID")
            assert [each.rpartition("_")[2] for each in pointed] == [page.number] * 5
            assert texts(root, f"//mets:div[@ID='PAGE_{page.number}']/@DMDID") == [f"MODSMD_PAGE_{page.number}"]
            paths = [texts(root, f"//mets:file[@ID='{each}']/mets:FLocat/@xlink:href")[0] for each in pointed]
            assert {Path(path).stem.rpartition("_")[2] for path in paths} == {page.number}

    @KINDS
    def test_the_volume_is_linked_to_all_pages_and_a_division_to_its_own(self, case: str) -> None:
        links = Counter(
            (link, to.removeprefix("DIV_P_PAGE_"))
            for link, to in zip(
                texts(full(case), "//mets:smLink/@xlink:from"),
                texts(full(case), "//mets:smLink/@xlink:to"),
                strict=True,
            )
        )
        wanted = [(innermost(case), page.number) for page in FULL[case].pages]
        for part in parts(FULL[case]):
            wanted += [(part.code, f"{n:04d}") for n in range(part.division.first, part.division.last + 1)]
            for child in part.children:
                wanted += [(child.code, f"{n:04d}") for n in range(child.division.first, child.division.last + 1)]
        assert links == Counter(wanted)

    def test_a_page_that_is_missing_within_a_chapter_is_not_linked(self) -> None:
        volume = divided(chapter(1, 5))
        volume = replace(volume, pages=tuple(page for page in volume.pages if page.order != 3))
        assert texts(main_of(volume), "//mets:smLink[@xlink:from='CHAP_0001']/@xlink:to") == [
            f"DIV_P_PAGE_{n:04d}" for n in (1, 2, 4, 5)
        ]


class TestRights:
    """The profile primary_mets_header warns of an amdSec: the main METS has none (rights stand with the pages)."""

    def test_the_main_mets_tells_no_rights(self) -> None:
        root = main_of(replace(FULL["monograph"], rights=Rights("pd_expired", "published", "Dědicové", "CC BY 4.0")))
        assert root.find("mets:amdSec", NS) is None
        assert texts(root, "//mets:div/@ADMID") == []


@st.composite
def trees(draw: st.DrawFn, volume: Volume, place: str = "") -> tuple[Division, ...]:
    """Any divisions that the standard has for this kind of volume, three deep."""
    orders = st.sampled_from([page.order for page in volume.pages])
    kinds = st.sampled_from([ARTICLE if volume.description.kind.periodical else CHAPTER, PICTURE, SUPPLEMENT])
    made = []
    for n in range(draw(st.integers(0, 3 if place.count(".") < 3 else 0))):
        first, last = sorted((draw(orders), draw(orders)))
        blocks = st.builds(BlockLink, orders, st.just("block_0001"), st.sampled_from(["TITLE", "NOTE"]))
        made.append(
            Division(
                id=new_division_id(volume.id, f"{place}.{n}"),
                kind=draw(kinds),
                first=first,
                last=last,
                title=draw(hostile_text()),
                blocks=tuple(draw(st.lists(blocks, max_size=2))),
                children=draw(trees(volume, f"{place}.{n}")),
            )
        )
    return tuple(made)


@st.composite
def divided_volumes(draw: st.DrawFn) -> Volume:
    volume = FULL[draw(st.sampled_from(sorted(CASES)))]
    return replace(volume, divisions=draw(trees(volume)))


def outline(division: Division) -> str:
    blocks = [f"{link.role}=ALTO_{link.page:04d}" for link in division.blocks]
    return " ".join([division.kind.value.upper(), "(", *blocks, *map(outline, division.children), ")"])


def outline_of(element: Element) -> str:
    area = element.find("mets:fptr/mets:area", NS)
    if area is not None:
        return f"{element.get('TYPE')}={area.get('FILEID')}"
    return " ".join([str(element.get("TYPE")), "(", *map(outline_of, element.iterfind("mets:div", NS)), ")"])


class TestAnyDivisions:
    """Whatever tree of divisions people draw, the map says the same and everything finds its record."""

    @quick
    @given(volume=divided_volumes())
    def test_the_map_is_the_tree(self, volume: Volume, schemas: Path) -> None:
        root = main_of(volume)
        assert violations(root, schemas / "ndk" / "ndk-combined.xsd") == ()
        assert list(map(outline_of, below(root))) == list(map(outline, volume.divisions))

    @quick
    @given(volume=divided_volumes())
    def test_each_level_is_numbered_without_a_gap_and_every_division_has_its_own_record(self, volume: Volume) -> None:
        root = main_of(volume)
        codes = [code for each in below(root) for code in texts(each, "descendant-or-self::mets:div[@DMDID]/@ID")]
        counted = Counter({"SUPPL": 1} if volume.description.kind is VolumeKind.SUPPLEMENT else {})
        for code in codes:
            counted[code.partition("_")[0]] += 1
            assert code == f"{code.partition('_')[0]}_{counted[code.partition('_')[0]]:04d}"
        divisions = dict(zip(codes, _flat(volume.divisions), strict=True))
        for code, division in divisions.items():
            assert code.startswith(LEVELS[division.kind])
            uuid = f"mets:dmdSec[@ID='MODSMD_{code}']//mods:identifier[@type='uuid']/text()"
            assert texts(root, uuid) == [division.id]


def _flat(divisions: tuple[Division, ...]) -> Iterator[Division]:
    for each in divisions:
        yield each
        yield from _flat(each.children)


class TestRefusals:
    """What cannot be written is not written."""

    @pytest.mark.parametrize(("first", "last"), [(0, 2), (4, 6), (6, 7), (3, 2)])
    def test_a_division_outside_the_pages(self, first: int, last: int) -> None:
        with pytest.raises(ValueError, match=f"no pages {first} to {last}"):
            parts(divided(chapter(first, last)))

    @pytest.mark.parametrize(
        ("link", "why"),
        [
            (BlockLink(9, "block_0001"), "which is not there"),
            (BlockLink(1, " "), "cannot be"),
            (BlockLink(1, "block_0001", "CHAPTER"), "cannot be"),
            (BlockLink(1, "block_0001", "ARTICLE_PART"), "cannot be"),
        ],
    )
    def test_a_block_that_is_not_there_or_has_no_such_part(self, link: BlockLink, why: str) -> None:
        with pytest.raises(ValueError, match=why):
            parts(divided(chapter(blocks=(link,))))

    @pytest.mark.parametrize(("case", "kind"), [("monograph", ARTICLE), ("map", ARTICLE), ("issue", CHAPTER)])
    def test_a_division_of_the_other_standard(self, case: str, kind: DivisionKind) -> None:
        with pytest.raises(ValueError, match=f"no {kind} within a {case}"):
            parts(divided(chapter(kind=kind), case=case))
        inner = chapter(kind=kind, id=new_division_id(VolumeId("x"), "inner"))
        with pytest.raises(ValueError, match=f"no {kind} within a {case}"):
            parts(divided(chapter(kind=PICTURE, children=(inner,)), case=case))

    def test_one_identifier_for_two_things(self) -> None:
        with pytest.raises(ValueError, match="names two things"):
            parts(divided(chapter(), chapter(2, 2)))
        with pytest.raises(ValueError, match="names two things"):
            parts(divided(chapter(id=FULL["monograph"].id)))
        twice = FULL["monograph-volume"].title
        assert twice is not None
        with pytest.raises(ValueError, match="names two things"):
            parts(replace(FULL["monograph-volume"], id=twice.id, title=Title(twice.id, twice.description)))

    def test_an_identifier_that_is_no_uuid(self) -> None:
        with pytest.raises(ValueError, match="no UUID"):
            parts(divided(chapter(id="kapitola-1")))

    @pytest.mark.parametrize(("case", "kind"), [("issue", "frontispiece"), ("monograph", "flyleaf")])
    def test_a_page_type_of_the_other_standard(self, case: str, kind: str) -> None:
        first: Page = replace(FULL[case].pages[0], type=kind)
        record: VolumeRecord = finished(replace(FULL[case], pages=(first, *FULL[case].pages[1:])))
        with pytest.raises(ValueError, match=kind):
            psp_documents(record)

    def test_an_unknown_status_of_rights(self) -> None:
        with pytest.raises(ValueError, match=r"copyright\.status"):
            main_of(replace(FULL["monograph"], rights=Rights("free")))
