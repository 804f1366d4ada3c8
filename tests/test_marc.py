"""MARC 21 -> Description: what a cataloguer wrote is where NDK wants it, and nothing is made up."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymarc import Field, Record

from metadata.catalogue_record import read_records
from metadata.description import (
    Cartography,
    Classification,
    Description,
    Identifier,
    IdentifierKind,
    Name,
    NameKind,
    Origin,
    OriginKind,
    OtherTitle,
    RecordOrigin,
    Related,
    Subject,
    VolumeKind,
)
from metadata.marc_record import BadRecord
from metadata.marc_text import ended, trimmed
from metadata.record import from_json, to_json
from tests.marc_records import MAP, MUSIC, PICTURE, SERIAL, book, control, data, iso2709, marcxml, record, titled
from tests.page_records import LIBRARY


def described(made: Record) -> Description:
    """The description of a record, by way of its bytes."""
    return read_records(iso2709(made))[0].describe(LIBRARY)


def of(*fields: Field, kind: str = "nam") -> Description:
    """The description of a record with a title and those fields."""
    return described(titled(*fields, kind=kind))


def coded(text: str, place: int = 0) -> Field:
    """Field 008 with `text` at `place`."""
    return control("008", (" " * place + text).ljust(40))


class TestTitles:
    def test_isbd_punctuation_is_trimmed(self) -> None:
        about = described(book())
        assert (about.non_sort, about.title) == ("Ten", "žluťoučký koníček")
        assert (about.subtitle, about.part_number, about.part_name) == ("ďábelské tóny", "Díl 2", "Podzim")

    @pytest.mark.parametrize(
        ("indicators", "text", "expected"),
        [
            ("14", "Der Tag", ("Der", "Tag")),
            ("12", "L'amour /", ("L'", "amour")),
            ("14", "Babička", ("", "Babička")),
            ("19", "Der", ("", "Der")),
            ("1 ", "Der Tag", ("", "Der Tag")),
            ("1²", "Der Tag", ("", "Der Tag")),
        ],
    )
    def test_only_a_whole_article_is_not_sorted_by(self, indicators: str, text: str, expected: tuple[str, str]) -> None:
        about = read_records(marcxml(record(data("245", indicators, "a" + text))))[0].describe(LIBRARY)
        assert (about.non_sort, about.title) == expected

    def test_parallel_titles_are_translations(self) -> None:
        about = described(record(data("245", "10", "aPraha =", "bPrague : a guide = Prag /")))
        assert about.subtitle == ""
        assert about.other_titles == (OtherTitle("translated", "Prague : a guide"), OtherTitle("translated", "Prag"))

    def test_other_titles(self) -> None:
        about = of(
            data("130", "0 ", "aBible.", "pN.Z."),
            data("210", "0 ", "aPohád."),
            data("246", "31", "aTales"),
            data("246", "30", "aPohádky pro děti :", "bvýbor", "n2", "pZima"),
            data("247", "10", "aStaré pohádky"),
        )
        assert about.other_titles == (
            OtherTitle("uniform", "Bible", part_name="N.Z."),
            OtherTitle("abbreviated", "Pohád"),
            OtherTitle("translated", "Tales"),
            OtherTitle("alternative", "Pohádky pro děti", "výbor", "2", "Zima"),
            OtherTitle("alternative", "Staré pohádky"),
        )

    @pytest.mark.parametrize("title", [(), (data("245", "10", "bpodnázev"),), (data("245", "10", "a /"),)])
    def test_a_record_without_a_title_is_refused(self, title: tuple[Field, ...]) -> None:
        found = read_records(iso2709(record(control("001", "x1"), *title)))[0]
        assert found.id == "x1"
        with pytest.raises(BadRecord, match="nemá název") as caught:
            found.describe(LIBRARY)
        assert caught.value.reason == "no_title"

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Dějiny města Liberce.", "Dějiny města Liberce"),
            ("2. vyd.", "2. vyd."),
            ("Novák, J.", "Novák, J."),
            ("A tak dále...", "A tak dále..."),
            ("[Praha", "Praha"),
            ("1920]", "1920"),
            ("[1920]", "[1920]"),
            (" = Praha : ", "Praha"),
            (" . ", ""),
        ],
    )
    def test_full_stops_of_abbreviations_stay(self, text: str, expected: str) -> None:
        assert ended(text) == expected

    @given(text=st.text("ab.[]()/:;,= ", max_size=12))
    @settings(max_examples=100, deadline=None)
    def test_trimming_keeps_the_words(self, text: str) -> None:
        for trim in (trimmed, ended):
            assert [char for char in trim(text) if char.isalpha()] == [char for char in text if char.isalpha()]


class TestNames:
    def test_main_entry_first_with_all_its_parts(self) -> None:
        assert described(book()).names == (
            Name(
                "Žďárská, Růžena",
                family="Žďárská",
                given="Růžena",
                dates="1870-1941",
                authority="jk01052941",
                roles=("aut",),
                primary=True,
            ),
            Name("Šíp, Ladislav", family="Šíp", given="Ladislav", roles=("ill",)),
        )

    def test_kings_families_bodies_and_meetings(self) -> None:
        about = of(
            data("100", "0 ", "aKarel", "bIV.,", "cřímský císař,", "d1316-1378"),
            data("700", "3 ", "aValdštejnové (rod)"),
            data("710", "2 ", "aUniverzita Karlova.", "bFilozofická fakulta", "4pbl", "4dgg"),
            data("711", "2 ", "aSjezd lékařů", "n(2 :", "d1922 :", "cBrno)", "jpořadatel"),
            data("720", "  ", "aDoe, Jane"),
        )
        assert about.names == (
            Name("Karel IV.", dates="1316-1378", terms="římský císař", primary=True),
            Name("Valdštejnové (rod)", NameKind.FAMILY),
            Name("Univerzita Karlova. Filozofická fakulta", NameKind.CORPORATE, roles=("pbl", "dgg")),
            Name("Sjezd lékařů (2 : 1922 : Brno)", NameKind.CONFERENCE),
            Name("Doe, Jane"),
        )

    def test_one_who_is_named_twice_has_both_roles(self) -> None:
        twice = (data("700", "1 ", "aLada, Josef,", f"4{code}", "7jk1") for code in ("ill", "aut"))
        assert [name.roles for name in of(*twice).names] == [("ill", "aut")]

    @pytest.mark.parametrize(
        ("subfield", "roles"),
        [
            ("4http://id.loc.gov/vocabulary/relators/trl", ("trl",)),
            ("4xyz", ()),
            ("epřekladatelka.", ("trl",)),
            ("eautor předmluvy", ("aui",)),
            ("eillustrator,", ("ill",)),
            ("ekouzelník", ()),
        ],
    )
    def test_roles_are_marc_codes_or_none(self, subfield: str, roles: tuple[str, ...]) -> None:
        assert of(data("700", "1 ", "aX, Y", subfield)).names[0].roles == roles

    @pytest.mark.parametrize(
        ("subfields", "authority"),
        [
            (("7jk01",), "jk01"),
            (("0(CZ-PrNK)xx0001",), "xx0001"),
            (("0https://viaf.org/1",), ""),
            (("0x1", "7jk2"), "jk2"),
        ],
    )
    def test_authority_numbers(self, subfields: tuple[str, ...], authority: str) -> None:
        assert of(data("700", "1 ", "aX, Y", *subfields)).names[0].authority == authority

    def test_a_work_is_no_person(self) -> None:
        about = of(data("700", "12", "aErben, Karel Jaromír.", "tKytice."), data("700", "1 ", "aX, Y", "tJiné"))
        assert about.names == ()
        assert about.related == (Related("constituent", "Kytice"),)


class TestOrigin:
    def test_a_statement_by_aacr(self) -> None:
        about = described(book())
        assert (about.place, about.publisher, about.year) == ("V Liberci", "Nakladatelství Šťastný", "[1920]")
        assert (about.date_start, about.date_end, about.country) == ("1920", "1922", "xr")
        assert about.statement_of_edition == "2., rozšířené vyd."
        assert about.origins == (Origin(OriginKind.MANUFACTURE, ("Praha",), ("Poliťka",)),)

    def test_statements_by_rda(self) -> None:
        about = of(
            data("264", " 4", "c©1998"),
            data("264", " 1", "aPraha ;", "aBrno :", "bAcademia,", "c1998."),
            data("264", " 2", "aPlzeň :", "bKosmas"),
            data("264", " 3", "aČeský Těšín :", "bFinidr,", "c1999"),
            data("264", " 0", "c1997"),
            data("264", " 7", "ckdysi"),
        )
        assert (about.place, about.publisher, about.year) == ("Praha ; Brno", "Academia", "1998")
        assert about.origins == (
            Origin(OriginKind.COPYRIGHT, date="©1998"),
            Origin(OriginKind.DISTRIBUTION, ("Plzeň",), ("Kosmas",)),
            Origin(OriginKind.MANUFACTURE, ("Český Těšín",), ("Finidr",), "1999"),
            Origin(OriginKind.PRODUCTION, date="1997"),
        )

    def test_two_publishers_each_in_his_place(self) -> None:
        about = of(data("260", "  ", "aPraha :", "bTopič ;", "aLipsko :", "bInsel,", "c1912"))
        assert (about.place, about.publisher, about.year) == ("Praha", "Topič", "1912")
        assert about.origins == (Origin(OriginKind.PUBLICATION, ("Lipsko",), ("Insel",), "1912"),)

    @pytest.mark.parametrize(
        ("text", "years"),
        [
            ("s1920    ", ("1920", "")),
            ("m19201922", ("1920", "1922")),
            ("c19209999", ("1920", "9999")),
            ("q192uuuuu", ("192u", "uuuu")),
            ("r19901920", ("1990", "")),
            ("nuuuuuuuu", ("", "")),
            ("s||||||||", ("", "")),
        ],
    )
    def test_coded_years(self, text: str, years: tuple[str, str]) -> None:
        about = of(coded(text, 6))
        assert (about.date_start, about.date_end) == years

    @pytest.mark.parametrize(
        ("code", "country"), [("xr ", "xr"), ("xx ", ""), ("   ", ""), ("|||", ""), ("nyu", "nyu")]
    )
    def test_country(self, code: str, country: str) -> None:
        assert of(coded(code, 15)).country == country

    def test_how_often_a_serial_comes_out(self) -> None:
        assert of(data("310", "  ", "aTýdeník,", "b1919-"), coded("m", 18), kind=SERIAL).frequency == "Týdeník, 1919-"
        assert of(coded("m", 18), kind=SERIAL).frequency == "Monthly"
        assert of(coded("m", 18)).frequency == ""

    def test_the_record_itself(self) -> None:
        assert described(book()).record == RecordOrigin(
            "rda", "ABA001", "li0000123", "1998-05-03", "2020-01-31T12:30:00"
        )
        odd = of(coded("991332"), control("005", "20201301000000.0"), data("040", "  ", "aCZ PrNK", "dLIA001"))
        assert odd.record == RecordOrigin("aacr", "LIA001")


class TestContents:
    def test_languages_are_terminology_codes_each_once(self) -> None:
        assert described(book()).languages == ("ces", "deu")
        assert of(coded("mul", 35), data("041", "0 ", "aczegerslo", "dscr")).languages == ("ces", "deu", "slk", "hrv")
        assert of(coded("qqq", 35), data("041", "0 ", "aCZE", "a|||")).languages == ("ces",)
        assert of(coded("mul", 35)).languages == ("mul",)

    def test_subjects_and_class_marks(self) -> None:
        about = described(book())
        assert about.subjects == (
            Subject("czenas", ("koně", "v umění")),
            Subject("czenas", places=("Liberec (Česko)",)),
            Subject("Konspekt", ("Česká próza",)),
        )
        assert about.classifications == (
            Classification("821.162.3-31"),
            Classification("821.162.3-3", "udc", "Konspekt"),
            Classification("25", "Konspekt"),
        )

    def test_every_kind_of_subject(self) -> None:
        about = of(
            data("600", "17", "aNěmcová, Božena,", "d1820-1862", "xdílo", "2czenas"),
            data("611", "20", "aSjezd (1922)"),
            data("648", " 7", "a19. století", "2czenas"),
            data("650", "07", "apohádky", "zČesko", "y19. století", "2czenas"),
            data("650", "09", "afairy tales", "2eczenas"),
            data("653", "0 ", "akouzla", "adraci"),
            data("655", " 7", "apovídky", "2czenas"),
            data("650", " 7", "2czenas"),
        )
        assert about.subjects == (
            Subject("czenas", ("dílo",), names=("Němcová, Božena, 1820-1862",)),
            Subject("lcsh", names=("Sjezd (1922)",)),
            Subject("czenas", periods=("19. století",)),
            Subject("czenas", ("pohádky",), ("Česko",), ("19. století",)),
            Subject("eczenas", ("fairy tales",)),
            Subject("", ("kouzla", "draci")),
            Subject("czenas", ("povídky",)),
        )

    def test_series_once_and_relations_by_kind(self) -> None:
        assert described(book()).related == (Related("series", "Knihovnička mládeže", "sv. 12"),)
        about = of(
            data("440", " 0", "aEdice.", "pŘada B", "x0317-8471 ;", "v3"),
            data("773", "0 ", "tVlast", "gRoč. 5 (1920)", "x12345678"),
            data("780", "00", "tStarý list", "x03178471"),
            data("785", "00", "aNový list."),
        )
        assert about.related == (
            Related("series", "Edice. Řada B", "3", "0317-8471"),
            Related("host", "Vlast", "Roč. 5 (1920)"),
            Related("preceding", "Starý list", issn="0317-8471"),
            Related("succeeding", "Nový list"),
        )

    def test_notes_in_the_order_of_their_fields(self) -> None:
        about = described(book())
        assert about.notes == ("Růžena Žďárská", "Tištěno švabachem.", "Český a německý text")
        assert (about.abstract, about.extent, about.script) == ("Kůň a ódy na něj.", "250 s. : il. ; 21 cm", "Fraktur")

    @pytest.mark.parametrize(
        ("fields", "form"),
        [
            ((), "print"),
            ((coded("a", 23),), "microfilm"),
            ((data("338", "  ", "asvazek", "bnc"), coded("a", 23)), "print"),
            ((data("338", "  ", "bcr"),), "electronic"),
            ((data("338", "  ", "bhe"),), "microfiche"),
        ],
    )
    def test_form(self, fields: tuple[Field, ...], form: str) -> None:
        assert of(*fields).form == form

    def test_maps(self) -> None:
        written = of(
            data("255", "  ", "aMěřítko 1:75 000 ;", "bkuželové zobr.", "c(E 15°--E 16°/N 51°--N 50°)."), kind=MAP
        )
        assert written.cartography == Cartography("Měřítko 1:75 000", "kuželové zobr.", "E 15°--E 16°/N 51°--N 50°")
        corners = ("dE0150000", "eE0160000", "fN0510000", "gN0500000")
        counted = of(data("034", "1 ", "aa", "b75000", *corners), kind=MAP)
        assert counted.cartography == Cartography("1:75000", "", "E0150000--E0160000/N0510000--N0500000")

    def test_a_shelf_mark_is_that_of_the_own_copy(self) -> None:
        assert described(book()).shelf_mark == "A 1234"
        assert of(data("910", "  ", "aABA001", "b54 C 1")).shelf_mark == ""
        assert of(data("910", "  ", "b54 C 1")).shelf_mark == "54 C 1"

    def test_barcodes_of_copies(self) -> None:
        made = titled(data("996", "  ", "bA1", "bA1"), data("991", "  ", "bNN", "b123"))
        assert read_records(iso2709(made))[0].barcodes == ("A1", "123")


class TestIdentifiers:
    @pytest.mark.parametrize(
        ("field", "kind", "value", "valid"),
        [
            (data("020", "  ", "a80-85605-10-4 (brož.) :"), IdentifierKind.ISBN, "80-85605-10-4", True),
            (data("020", "  ", "a8085605104"), IdentifierKind.ISBN, "8085605104", True),
            (data("020", "  ", "aISBN 978-80-200-1234-5"), IdentifierKind.ISBN, "978-80-200-1234-5", False),
            (data("020", "  ", "a978-80-200-1234-0"), IdentifierKind.ISBN, "978-80-200-1234-0", True),
            (data("020", "  ", "z80-85605-10-4"), IdentifierKind.ISBN, "80-85605-10-4", False),
            (data("020", "  ", "a80-85605-1"), IdentifierKind.ISBN, "80-85605-1", False),
            (data("022", "  ", "a03178471"), IdentifierKind.ISSN, "0317-8471", True),
            (data("022", "  ", "a0317-8472"), IdentifierKind.ISSN, "0317-8472", False),
            (data("022", "  ", "y0317-8471"), IdentifierKind.ISSN, "0317-8471", False),
            (data("024", "2 ", "aM-66056-110-3"), IdentifierKind.ISMN, "M-66056-110-3", False),
            (data("024", "2 ", "aM-2306-7118-7"), IdentifierKind.ISMN, "M-2306-7118-7", True),
            (data("024", "2 ", "a979-0-2306-7118-7"), IdentifierKind.ISMN, "979-0-2306-7118-7", True),
            (data("015", "  ", "acnb 000123456"), IdentifierKind.CCNB, "cnb000123456", True),
            (data("015", "  ", "zcnb000123456"), IdentifierKind.CCNB, "cnb000123456", False),
        ],
    )
    def test_form_and_check_digit_decide(self, field: Field, kind: IdentifierKind, value: str, valid: bool) -> None:
        assert of(field).identifiers == (Identifier(kind, value, valid),)

    def test_what_is_no_number_is_none(self) -> None:
        numbers = (
            data("020", "  ", "a(váz.)", "c35 Kč"),
            data("024", "3 ", "a9790230671187"),
            data("015", "  ", "aGB98-1"),
            data("022", "  ", "0x"),
        )
        assert of(*numbers).identifiers == ()


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "multipart", "expected"),
        [
            ("nam", " ", VolumeKind.MONOGRAPH),
            ("nam", "a", VolumeKind.MONOGRAPH_VOLUME),
            (MAP, " ", VolumeKind.MAP),
            (PICTURE, " ", VolumeKind.GRAPHIC),
            (MUSIC, " ", VolumeKind.SHEET_MUSIC),
            (SERIAL, " ", VolumeKind.ISSUE),
        ],
    )
    def test_are_proposed_and_can_be_overruled(self, kind: str, multipart: str, expected: VolumeKind) -> None:
        found = read_records(iso2709(titled(kind=kind, multipart=multipart)))[0]
        assert (found.kind, found.describe(LIBRARY).kind) == (expected, expected)
        assert found.describe(LIBRARY, VolumeKind.GRAPHIC).kind is VolumeKind.GRAPHIC

    @pytest.mark.parametrize(
        ("kind", "multipart", "issuance"),
        [
            ("nam", " ", "single unit"),
            ("nam", "b", "multipart monograph"),
            ("nac", " ", "monographic"),
            (SERIAL, " ", "serial"),
            ("nai", " ", "integrating resource"),
        ],
    )
    def test_issuance(self, kind: str, multipart: str, issuance: str) -> None:
        assert described(titled(kind=kind, multipart=multipart)).issuance == issuance


TAGS = [
    "001", "003", "005", "008", "015", "020", "022", "024", "034", "040", "041", "044", "072", "080", "100", "110",
    "111", "130", "210", "240", "245", "246", "250", "255", "260", "264", "300", "310", "338", "362", "490", "500",
    "520", "546", "600", "610", "648", "650", "651", "653", "700", "710", "711", "720", "773", "830", "910", "996",
    "FMT",
]  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("áčěž/:;=.,[]()1234567890 -"), max_size=12)


@st.composite
def fields(draw: st.DrawFn) -> Field:
    """Any field of any tag that the mapping knows, well formed or not."""
    tag = draw(st.sampled_from(TAGS))
    if tag < "010":
        return control(tag, draw(TEXT))
    indicators = draw(st.text("0123456789 |", min_size=2, max_size=2))
    return data(
        tag,
        indicators,
        *draw(st.lists(st.builds(str.__add__, st.sampled_from("abcdefgnptvxyz024579"), TEXT), max_size=4)),
    )


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Any record of such fields."""
    chosen = draw(st.lists(fields(), max_size=8))
    if draw(st.booleans()):
        chosen.append(data("245", "10", "a" + draw(TEXT)))
    return record(*chosen, kind=draw(st.text("acdefgkmnrstbi ", min_size=3, max_size=3)))


def readings(made: Record) -> Iterator[Description]:
    """What ISO 2709 and MARCXML of a record give, where they can be written and are not refused."""
    for write in (Record.as_marc, marcxml):
        with suppress(BadRecord):
            for found in read_records(write(made)):
                yield found.describe(LIBRARY)


class TestAnyRecord:
    @given(made=records())
    @settings(max_examples=150, deadline=None)
    def test_gives_a_description_or_a_clear_refusal(self, made: Record) -> None:
        for about in readings(made):
            assert about.title.strip()
            assert from_json(Description, to_json(about)) == about

    @given(title=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))
    @settings(max_examples=60, deadline=None)
    def test_a_title_of_letters_is_kept_in_both_forms(self, title: str) -> None:
        found = [about.title for about in readings(record(data("245", "10", "a" + title)))]
        assert len(found) == 2
        assert found[0] == found[1] == composed(title)


def composed(text: str) -> str:
    """Text as every reading normalises it."""
    return " ".join(unicodedata.normalize("NFC", text).split())
