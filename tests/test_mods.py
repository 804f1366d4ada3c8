"""MODS: what a reader of the catalogue gets to know of every kind, and that the standard's own rules find no fault."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata import mods
from metadata.check_digits import sound
from metadata.description import Classification, Description, Identifier, IdentifierKind, Name, RecordOrigin, VolumeKind
from metadata.elements import DC, clean, line
from metadata.markup import Element, parse, to_bytes
from metadata.model import Division, DivisionKind, Title, Volume, Year, new_division_id
from metadata.mods_origin import issue_date
from metadata.page_types import page_types
from tests import page_records
from tests.described import BARE, CASES, FULL, by_rules, pairs, wrongs
from tests.page_records import CREATED, VOLUME, description, descriptions, hostile_text
from tests.xpath import NS, texts

EVERY_CASE = pytest.mark.parametrize("case", CASES)
BOTH_RULES = pytest.mark.parametrize("rules", ["rda", "aacr"])
MONOGRAPH, ISSUE = VolumeKind.MONOGRAPH, VolumeKind.ISSUE


def volume(**parts: object) -> Volume:
    """A volume whose description differs from the full one."""
    about: Description = replace(description(), **parts)  # type: ignore[arg-type]
    return Volume(VOLUME, "svazek", about, (page_records.page(),))


def mods_of(case: str = "", **parts: object) -> Element:
    """MODS of such a volume; with `case`, of that case's full one with other parts."""
    if not case:
        return mods.volume_record(volume(**parts), CREATED)
    full = FULL[case]
    about: Description = replace(full.description, **parts)  # type: ignore[arg-type]
    return mods.volume_record(replace(full, description=about), CREATED)


def everything(root: Element) -> str:
    """All text and all attribute values of a record."""
    return "\n".join(texts(root, "//text() | //@*"))


class TestTheRules:
    """fdmf/*/biblioProfiles/mods and dc, and the XML Schemas: no error and no warning."""

    @EVERY_CASE
    @BOTH_RULES
    def test_find_no_fault_when_everything_is_known(self, case: str, rules: str, schemas: Path) -> None:
        assert [each for pair in pairs(by_rules(FULL[case], rules)) for each in wrongs(pair, schemas)] == []

    @EVERY_CASE
    @BOTH_RULES
    def test_find_no_fault_when_hardly_anything_is_known(self, case: str, rules: str, schemas: Path) -> None:
        assert [each for pair in pairs(by_rules(BARE[case], rules)) for each in wrongs(pair, schemas)] == []

    @EVERY_CASE
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_find_no_fault_with_any_text_anywhere(self, case: str, data: st.DataObject, schemas: Path) -> None:
        full = FULL[case]
        about = data.draw(descriptions(CASES[case]))
        whole = replace(full, description=replace(about, identifiers=full.description.identifiers), pages=())
        if whole.title:
            above = Title(whole.title.id, data.draw(descriptions(CASES[case])))
            whole = replace(whole, title=above)
        if whole.year:
            whole = replace(whole, year=Year(whole.year.id, *(data.draw(hostile_text()) for _ in range(2))))
        said = about.title, about.names, about.edition
        parts = [replace(each, title=said[0], names=said[1], genre=said[2]) for each in whole.divisions]
        assert [e for pair in pairs(replace(whole, divisions=tuple(parts))) for e in wrongs(pair, schemas)] == []

    def test_would_find_one(self, schemas: Path) -> None:
        pair = next(pairs(FULL["map"]))
        pair.mods.append(pair.mods.makeelement(f"{{{NS['mods']}}}tableOfContents"))
        pair.dc.append(DC("contributor", "Novák"))
        assert len(wrongs(pair, schemas)) == 2


class TestEveryKind:
    """ndk.md §2, the table of levels."""

    @pytest.mark.parametrize(
        ("case", "identifier", "genre", "resource", "issuance"),
        [
            ("monograph", "MODS_VOLUME_0001", "volume", ["text"], ["single unit"]),
            ("monograph-volume", "MODS_VOLUME_0001", "volume", ["text"], ["multipart monograph"]),
            ("map", "MODS_VOLUME_0001", "cartographic", ["cartographic"], ["single unit"]),
            ("graphic", "MODS_VOLUME_0001", "graphic", ["still image"], ["single unit"]),
            ("sheetmusic", "MODS_VOLUME_0001", "sheetmusic", ["notated music"], ["single unit"]),
            ("issue", "MODS_ISSUE_0001", "issue", [], []),
            ("issue-supplement", "MODS_SUPPL_0001", "supplement", ["text"], []),
        ],
    )
    def test_is_named_as_the_standard_names_it(
        self, case: str, identifier: str, genre: str, resource: list[str], issuance: list[str]
    ) -> None:
        root = mods.volume_record(BARE[case], CREATED)
        assert texts(root, "@ID") == [identifier]
        assert texts(root, "mods:genre/text()") == [genre]
        assert texts(root, "mods:typeOfResource/text()") == resource
        assert texts(root, "mods:originInfo/mods:issuance/text()") == issuance

    @pytest.mark.parametrize(
        ("case", "kinds"),
        [
            ("monograph", ["uuid", "urnnbn", "isbn", "ismn", "ccnb"]),
            # The title bears the ISMN already.
            ("monograph-volume", ["uuid", "urnnbn", "isbn", "ccnb"]),
            ("graphic", ["uuid", "urnnbn", "isbn", "ismn", "ccnb"]),
            # So here the periodical bears the ISSN.
            ("issue", ["uuid", "urnnbn", "isbn"]),
            ("volume-supplement", ["uuid", "urnnbn", "isbn", "ismn", "ccnb"]),
        ],
    )
    def test_bears_the_identifiers_its_level_allows(self, case: str, kinds: list[str]) -> None:
        assert [each.kind.value for each in mods.identifiers(FULL[case])] == kinds
        assert texts(mods_of(case), "mods:identifier/@type") == kinds

    @EVERY_CASE
    @BOTH_RULES
    def test_nothing_known_is_lost(self, case: str, rules: str) -> None:
        full = by_rules(FULL[case], rules)
        about, said = full.description, everything(mods.volume_record(full, CREATED))
        plain = [getattr(about, each.name) for each in fields(about) if isinstance(getattr(about, each.name), str)]
        dated = {"14.05.1919"} if CASES[case].periodical else {"[1919]", "1921"}
        known = (set(map(str, plain)) | dated) - {
            about.kind,
            about.scanner,
            about.year,
            about.date_start,
            about.date_end,
            "",
        }
        known |= {name.text for name in about.names if not name.family} | {"Němcová", "Božena", "1820-1862"}
        known |= {"aut", "dte", "oth", "svatý", "jk01083020", "Povídky", "výbor", "Zima", "Babička", "Praha", "Někdo"}
        known |= {"1920", "1. vydání", "cze", "ger", "Liberec (Česko)", "1918-1938", "ovoce", "zelenina", "fruit"}
        known |= {"821.162.3-3", "Knihovnička", "12", "0317-8471", "Starší list", "1:75 000", "kuželová", "E 15°00'"}
        known |= {each.value for each in about.identifiers} | {"Inventární číslo: H-123/4", "Fotograf: neznámý", "A 1"}
        known -= {about.form} if case in ("issue", "sequence") else set()
        assert [each for each in sorted(known) if each not in said] == []

    @pytest.mark.parametrize("kind", [VolumeKind.ISSUE, VolumeKind.SUPPLEMENT])
    def test_a_type_the_standard_does_not_list_is_a_note(self, kind: VolumeKind) -> None:
        case = {VolumeKind.ISSUE: "issue", VolumeKind.SUPPLEMENT: "issue-supplement"}[kind]
        root = mods_of(case, edition="zvláštní otisk")
        assert texts(root, "mods:genre/@type") == ["normal" if kind is VolumeKind.ISSUE else "issue_supplement"]
        assert "Druh: zvláštní otisk" in texts(root, "mods:note/text()")

    @pytest.mark.parametrize("edition", ["morning", "sequence_12", "special"])
    def test_an_issue_has_its_type(self, edition: str) -> None:
        root = mods_of("issue", edition=edition)
        assert texts(root, "mods:genre/@type") == [edition]
        assert "Druh" not in everything(root)

    def test_a_map_has_its_scale_and_a_book_has_it_in_a_note(self) -> None:
        assert texts(mods_of("map"), "mods:subject/mods:cartographics/mods:scale/text()") == ["1:75 000"]
        assert "Měřítko: 1:75 000" in texts(mods_of("monograph"), "mods:note/text()")

    def test_fields_of_the_institution_keep_their_names(self) -> None:
        root = mods_of("graphic", own=(("Technika", "olej"), ("", "bez jména"), ("Prázdné", " ")), notes=())
        notes = texts(root, "mods:note/text()")
        assert "Technika: olej" in notes
        assert "bez jména" in notes
        assert not any("Prázdné" in each for each in notes)


class TestAbove:
    """ndk.md §2: the title of a work or periodical, and a periodical's volume."""

    def test_the_work(self) -> None:
        volume = FULL["monograph-volume"]
        assert volume.title is not None
        root = mods.title_record(volume.title, volume.description.kind, CREATED)
        assert texts(root, "@ID") + texts(root, "mods:genre/text()") == ["MODS_TITLE_0001", "title"]
        assert texts(root, "mods:identifier/@type") == ["uuid", "ismn"]
        assert texts(root, "mods:originInfo/mods:issuance") == []

    def test_the_periodical(self) -> None:
        volume = FULL["issue"]
        assert volume.title is not None
        root = mods.title_record(volume.title, ISSUE, CREATED)
        assert texts(root, "mods:identifier/@type") == ["uuid", "issn"]
        assert set(texts(root, "mods:originInfo/mods:issuance/text()")) == {"serial"}
        assert texts(root, "mods:originInfo/mods:frequency/text()") == ["týdeník"]

    def test_a_life_that_is_no_two_years_stands_behind_a_works_names(self) -> None:
        volume = FULL["monograph-volume"]
        assert volume.title is not None
        root = mods.title_record(volume.title, volume.description.kind, CREATED)
        assert texts(root, "mods:name/mods:namePart[@type='date']/text()") == ["1820-1862"]
        assert "Václav, svatý, asi 907-935" in texts(root, "mods:name/mods:namePart/text()")

    @pytest.mark.parametrize(("date", "written"), [("1919", "1919"), (" ", "uuuu")])
    def test_the_year(self, date: str, written: str) -> None:
        volume = FULL["issue"]
        assert volume.title is not None
        root = mods.year_record(replace(volume.year or pytest.fail("no year"), date=date), volume.title)
        assert texts(root, "mods:titleInfo/mods:partNumber/text()") == ["1"]
        assert texts(root, "mods:originInfo/mods:dateIssued/text()") == [written]
        assert texts(root, "mods:identifier/@type") == ["uuid"]

    def test_two_issues_have_the_same_records_above_them(self) -> None:
        made = [[to_bytes(pair.mods) for pair in pairs(FULL[case])][1:3] for case in ("issue", "sequence")]
        first, second = made
        assert first[1] == second[1]
        assert first[0] == second[0]


class TestTheVolume:
    """ndk.md §2, single-volume monograph."""

    def test_what_is_known_is_said(self) -> None:
        root = mods_of()
        assert texts(root, "mods:titleInfo/*/text()") == ["Zkušební svazek", "s podnázvem"]
        assert texts(root, "mods:name[@type='personal']/mods:namePart/text()") == ["Novák, Jan", "Černá, Marie"]
        assert texts(root, "mods:name/mods:role/mods:roleTerm[@type='code']/text()") == ["aut", "aut"]
        assert texts(root, "mods:originInfo/mods:agent/mods:namePart/text()") == ["Vydavatel & syn"]
        assert texts(root, "mods:originInfo/mods:place/mods:placeTerm/text()") == ["Liberec"]
        assert texts(root, "mods:originInfo/mods:dateIssued/text()") == ["1919"]
        assert texts(root, "mods:physicalDescription/mods:note/text()") == ["Písmo: Fraktur"]
        assert texts(root, "mods:location/*/text()") == ["LIA001", "A 1"]
        assert texts(root, "mods:recordInfo/mods:recordCreationDate/text()") == [CREATED]
        assert texts(root, "mods:recordInfo/mods:descriptionStandard/text()") == ["rda"]

    def test_languages_are_bibliographic_codes_each_in_its_own_element(self) -> None:
        assert texts(mods_of(), "mods:language/mods:languageTerm/text()") == ["cze", "ger"]
        assert texts(mods_of(languages=("ces", "ces")), "mods:language/mods:languageTerm/text()") == ["cze"]

    def test_a_language_nobody_listed_is_a_note(self) -> None:
        root = mods_of(languages=("čeština",))
        assert texts(root, "mods:language/mods:languageTerm/text()") == ["und"]
        assert texts(root, "mods:note/text()") == ["Jazyk: čeština"]

    def test_what_is_missing_is_not_made_up(self) -> None:
        bare: dict[str, object] = {
            "subtitle": "",
            "names": (),
            "publisher": "",
            "place": "",
            "shelf_mark": "",
            "identifiers": (),
        }
        root = mods.volume_record(volume(**bare, year="", languages=(), title=" "), CREATED)
        for absent in ("titleInfo/mods:subTitle", "name", "originInfo/mods:agent", "originInfo/mods:place", "location"):
            assert texts(root, f"mods:{absent}/descendant-or-self::*/text()") == []
        assert texts(root, "mods:titleInfo/mods:title/text()") == [mods.UNTITLED]
        assert texts(root, "mods:originInfo/mods:dateIssued[@encoding='marc']/text()") == ["uuuu"]
        assert texts(root, "mods:language/mods:languageTerm/text()") == ["und"]
        assert texts(root, "mods:identifier/@type") == ["uuid"]
        assert texts(root, "mods:note") == []

    def test_a_location_needs_a_shelf_mark(self) -> None:
        assert mods_of(shelf_mark="  ").find("mods:location", NS) is None

    def test_a_name_in_parts_is_not_written_twice(self) -> None:
        parts = texts(mods_of("monograph"), "mods:name[@usage='primary']/mods:namePart/text()")
        assert parts == ["Němcová", "Božena", "1820-1862"]

    def test_a_name_of_parts_only_is_called_by_them_and_one_of_nothing_is_left_out(self) -> None:
        names = (
            Name("", family="Němcová", given="Božena", roles=("tiskař",)),
            Name(" ", dates="1820-", roles=("ill",)),
        )
        root = mods_of(names=names)
        assert texts(root, "mods:name/mods:namePart/text()") == ["Němcová", "Božena"]
        assert texts(root, "mods:note/text()") == ["Němcová, Božena: tiskař"]

    def test_a_role_marc_does_not_list_is_a_note(self) -> None:
        root = mods_of(names=(Name("Novák, Jan", roles=("tiskař", "ill")),))
        assert texts(root, "mods:name//mods:roleTerm/text()") == ["ill"]
        assert texts(root, "mods:note/text()") == ["Novák, Jan: tiskař"]

    def test_a_class_mark_of_another_scheme_is_a_note(self) -> None:
        root = mods_of(classifications=(Classification("821"), Classification("891.86", "ddc")))
        assert texts(root, "mods:classification/text()") == ["821"]
        assert texts(root, "mods:note/text()") == ["Klasifikace (ddc): 891.86"]

    @pytest.mark.parametrize(
        ("created", "written"),
        [("1998-05-03", "1998-05-03T00:00:00"), ("2001-02-03T04:05Z", "2001-02-03T04:05Z"), ("1998-99-03", CREATED)],
    )
    def test_the_records_date_has_a_time(self, created: str, written: str) -> None:
        root = mods_of(record=RecordOrigin(created=created))
        assert texts(root, "mods:recordInfo/mods:recordCreationDate/text()") == [written]

    def test_the_catalogues_record_is_named(self) -> None:
        info = "mods:recordInfo/mods:"
        root = mods_of(record=RecordOrigin(source="CZ-PrNK", id="nkc1"))
        assert texts(root, f"{info}recordIdentifier/@source") == ["CZ-PrNK"]
        # A source that is no sigla cannot be the record's maker by the standard.
        assert texts(root, f"{info}recordContentSource/text()") == ["LIA001"]


class TestOrigins:
    """fdmf/monograph_2.2/biblioProfiles/mods, originInfo."""

    def test_by_rda_every_statement_stands_alone(self) -> None:
        events = texts(mods_of("monograph"), "mods:originInfo/@eventType")
        assert events == ["publication", "publication", "production", "distribution", "manufacture", "copyright"]

    def test_by_aacr_all_stand_together(self) -> None:
        root = mods_of("monograph", record=RecordOrigin("aacr"))
        assert texts(root, "mods:originInfo/@eventType") == []
        assert len(root.findall("mods:originInfo", NS)) == 1
        roles = texts(root, "mods:originInfo/mods:agent/mods:role/mods:roleTerm/text()")
        assert set(roles) == {"publisher", "manufacturer"}
        assert texts(root, "mods:originInfo/mods:copyrightDate/text()") == ["1920"]
        assert texts(root, "mods:recordInfo/mods:descriptionStandard/text()") == ["aacr"]

    def test_coded_years_stand_beside_the_printed_date(self) -> None:
        dates = mods_of("monograph").findall("mods:originInfo[1]/mods:dateIssued", NS)
        assert [(each.text, each.get("encoding"), each.get("point")) for each in dates] == [
            ("[1919]", None, None),
            ("1919", "marc", "start"),
            ("1921", "marc", "end"),
        ]

    @pytest.mark.parametrize(
        ("country", "term"), [("xr", ("xr", "code")), ("Čechy", ("Čechy", "text"))], ids=["code", "words"]
    )
    def test_a_country_is_a_code_or_words(self, country: str, term: tuple[str, str]) -> None:
        found = mods_of(country=country, place="").findall("mods:originInfo/mods:place/mods:placeTerm", NS)
        assert [(each.text, each.get("type")) for each in found] == [term]

    @pytest.mark.parametrize(
        ("issuance", "written"), [("monographic", "monographic"), ("serial", "single unit"), ("", "single unit")]
    )
    def test_issuance_is_one_the_kind_can_have(self, issuance: str, written: str) -> None:
        assert texts(mods_of(issuance=issuance), "mods:originInfo/mods:issuance/text()") == [written]

    @pytest.mark.parametrize(
        ("given", "written"),
        [
            ("1919-05-14", "14.05.1919"),
            ("1919-05", "05.1919"),
            ("1919", "1919"),
            ("1919-05-14/1919-05-20", "14.-20.05.1919"),
            ("1919-05/1919-06", "05.-06.1919"),
            ("1919/1920", "1919-1920"),
            ("1919-05-30/1919-06-02", "30.05.1919-02.06.1919"),
            ("1919-12/1920", "12.1919-1920"),
            ("1919-05-14/1919-05-14", "14.05.1919"),
            ("1919-02-30", "1919-02-30"),
            ("14. máje 1919", "14. máje 1919"),
            ("1919/kdysi", "1919/kdysi"),
            ("1919/", "1919/"),
            ("", ""),
        ],
    )
    def test_an_issue_is_dated_as_ndk_does(self, given: str, written: str) -> None:
        assert issue_date(given) == written
        assert texts(mods_of("issue", year=given, date_start="", date_end=""), "//mods:dateIssued/text()") == (
            [written] if written else []
        )

    @given(day=st.dates())
    def test_any_day_of_an_issue_can_be_read_back(self, day: object) -> None:
        assert "-".join(reversed(issue_date(str(day)).split("."))) == str(day)


class TestParts:
    """ndk.md §2, CHAP, ART, PICT, SUPPL."""

    @pytest.mark.parametrize(
        ("case", "genres"),
        [("monograph", ["chapter", "picture", "supplement"]), ("issue", ["article", "picture", "supplement"])],
    )
    def test_are_what_they_are(self, case: str, genres: list[str]) -> None:
        levels = ("CHAP" if case == "monograph" else "ART", "PICT", "SUPPL")
        made = [
            mods.division_record(part, f"{level}_0007", FULL[case], CREATED)
            for part, level in zip(FULL[case].divisions, levels, strict=True)
        ]
        assert [texts(each, "mods:genre/text()")[0] for each in made] == genres
        assert [texts(each, "@ID")[0] for each in made] == [f"MODS_{level}_0007" for level in levels]
        assert [texts(each, "mods:identifier/text()") for each in made] == [[d.id] for d in FULL[case].divisions]

    @pytest.mark.parametrize(
        ("genre", "written"),
        [("introduction", ["introduction"]), ("table_of_content", ["tableOfContents"]), ("báseň", []), ("", [])],
    )
    def test_have_a_type_of_the_closed_list(self, genre: str, written: list[str]) -> None:
        part = Division(new_division_id(VOLUME, "1"), DivisionKind.CHAPTER, 1, 1, "Úvod", genre=genre)
        root = mods.division_record(part, "CHAP_0001", volume(), CREATED)
        assert texts(root, "mods:genre/@type") == written
        assert texts(root, "mods:note/text()") == ([] if written or not genre else [f"Druh: {genre}"])

    def test_speak_the_volumes_language_where_they_have_none_of_their_own(self) -> None:
        part = Division(new_division_id(VOLUME, "1"), DivisionKind.CHAPTER, 1, 1, "Úvod")
        root = mods.division_record(part, "CHAP_0001", volume(), CREATED)
        assert texts(root, "mods:language/mods:languageTerm/text()") == ["cze", "ger"]

    def test_an_article_in_a_monograph_is_refused(self) -> None:
        part = Division(new_division_id(VOLUME, "1"), DivisionKind.ARTICLE, 1, 1)
        with pytest.raises(ValueError, match="no article in a monograph"):
            mods.division_record(part, "ART_0001", volume(), CREATED)

    def test_the_code_of_another_level_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"PICT_0001.*CHAP_NNNN"):
            mods.division_record(FULL["monograph"].divisions[0], "PICT_0001", FULL["monograph"], CREATED)


class TestIdentifiers:
    """ISO 2108, ISO 3297; ndk.md §2: no type twice in a record, none twice in a package."""

    @pytest.mark.parametrize(
        ("kind", "value", "right"),
        [
            (IdentifierKind.ISBN, "80-85605-10-4", True),
            (IdentifierKind.ISBN, "80-85605-10-3", False),
            (IdentifierKind.ISBN, "080442957X", True),
            (IdentifierKind.ISBN, "978-80-7203-717-9", True),
            (IdentifierKind.ISBN, "978-80-7203-717-8", False),
            (IdentifierKind.ISSN, "0317-8471", True),
            (IdentifierKind.ISSN, "2434-561X", True),
            (IdentifierKind.ISSN, "0317-8472", False),
            (IdentifierKind.ISMN, "979-0-2600-0043-8", True),
            (IdentifierKind.ISMN, "M-2600-0043-8", True),
            (IdentifierKind.ISMN, "M-2600-0043-7", False),
            (IdentifierKind.CCNB, "cnb000123456", True),
            (IdentifierKind.CCNB, "cnb00012345٣", False),
        ],
    )
    def test_a_wrong_check_digit_is_seen(self, kind: IdentifierKind, value: str, right: bool) -> None:
        assert sound(Identifier(kind, value)) is right
        assert not sound(Identifier(kind, value, valid=False))

    @pytest.mark.parametrize(
        ("value", "written"),
        [("80-85605-10-4", "80-85605-10-4"), ("8085605104", "8085605104"), ("80-8560510-4", "8085605104")],
    )
    def test_an_isbn_has_all_its_hyphens_or_none(self, value: str, written: str) -> None:
        root = mods_of(identifiers=(Identifier(IdentifierKind.ISBN, value),))
        assert texts(root, "mods:identifier[@type='isbn']/text()") == [written]

    def test_a_kind_stands_once_even_if_the_description_has_it_twice(self) -> None:
        isbns = tuple(Identifier(IdentifierKind.ISBN, each) for each in ("80-85605-10-4", "978-80-7203-717-9"))
        root = mods_of(identifiers=isbns)
        assert texts(root, "mods:identifier[@type='isbn']/text()") == ["80-85605-10-4"]
        assert texts(root, "mods:note/text()") == ["ISBN: 978-80-7203-717-9"]

    def test_a_cancelled_one_is_a_note_that_says_so(self) -> None:
        root = mods_of(identifiers=(Identifier(IdentifierKind.ISBN, "80-85605-10-4", valid=False),))
        assert texts(root, "mods:identifier/@type") == ["uuid"]
        assert texts(root, "mods:note/text()") == ["ISBN: 80-85605-10-4 (chybné)"]


class TestThePage:
    """ndk.md §2, PAGE."""

    def test_printed_number_and_order_are_two_parts(self) -> None:
        root = mods.page_record(page_records.page(7, "xii"), MONOGRAPH, representative=False)
        number, index = root.findall("mods:part", NS)
        assert texts(number, "@type") + texts(number, ".//text()") == ["normalPage", "xii", "xii"]
        assert texts(index, "mods:detail/@type") + texts(index, ".//text()") == ["pageIndex", "7"]

    def test_an_unnumbered_page_has_its_order_only(self) -> None:
        root = mods.page_record(page_records.page(7), MONOGRAPH, representative=False)
        assert texts(root, "mods:part/mods:detail/@type") == ["pageIndex"]

    def test_a_page_has_its_side(self) -> None:
        made = [mods.page_record(each, MONOGRAPH, representative=False) for each in FULL["monograph"].pages]
        sides = [texts(each, "mods:note/text()")[0] for each in made]
        assert sides == ["singlePage", "right", "left", "right", "left"]
        assert texts(mods.page_record(page_records.page(), MONOGRAPH, representative=False), "mods:note") == []

    @pytest.mark.parametrize(("representative", "genre"), [(True, "reprePage"), (False, "page")])
    def test_genre_tells_the_representative_page(self, representative: bool, genre: str) -> None:
        page = page_records.page(1, kind="blank")
        root = mods.page_record(page, MONOGRAPH, representative=representative)
        assert texts(root, "mods:genre/text()") + texts(root, "mods:genre/@type") == [genre, "blank"]

    def test_an_unknown_type_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"page 0001.*pátá strana"):
            mods.page_record(page_records.page(kind="pátá strana"), MONOGRAPH, representative=False)

    @pytest.mark.parametrize("kind", [VolumeKind.MAP, VolumeKind.SUPPLEMENT])
    def test_every_type_of_the_list_obeys_the_rules(self, kind: VolumeKind, schemas: Path) -> None:
        case = {VolumeKind.MAP: "map", VolumeKind.SUPPLEMENT: "issue-supplement"}[kind]
        types = sorted(page_types(kind))
        sheets = tuple(page_records.page(n, str(n), each) for n, each in enumerate(types, 1))
        found = [pair for pair in pairs(replace(FULL[case], pages=sheets)) if pair.level == "page"]
        assert len(found) == len(types)
        assert [each for pair in found for each in wrongs(pair, schemas)] == []

    def test_periodicals_have_another_list(self) -> None:
        assert page_types(ISSUE) - page_types(MONOGRAPH) == {"flyleaf"}
        assert "impressum" in page_types(MONOGRAPH) - page_types(ISSUE)
        assert (len(page_types(MONOGRAPH)), len(page_types(ISSUE))) == (37, 31)


class TestLabels:
    """What a package is called on screen."""

    @given(about=descriptions())
    def test_a_title_is_never_empty_and_fits_on_a_line(self, about: Description) -> None:
        assert mods.title(about)
        assert mods.title(about) == line(mods.title(about))


class TestForbiddenCharacters:
    """XML 1.0, 2.2: what a document cannot hold is replaced by U+FFFD, the rest comes back as it went in."""

    @given(text=hostile_text())
    def test_text_comes_back(self, text: str) -> None:
        back = parse(to_bytes(DC("title", text)))
        # A parser turns line ends as it likes only when they stand bare; lxml writes a carriage return escaped.
        assert (back.text or "") == clean(text)

    @given(text=hostile_text())
    def test_attributes_come_back(self, text: str) -> None:
        assert parse(to_bytes(DC("title", lang=text))).get("lang") == clean(text)

    @pytest.mark.parametrize("forbidden", [0x00, 0x1B, 0x0B, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF])
    def test_forbidden_ones_are_shown_as_replaced(self, forbidden: int) -> None:
        assert clean(f"a{chr(forbidden)}b") == "a\ufffdb"

    def test_czech_and_rare_ones_stay(self) -> None:
        text = "Příliš žluťoučký kůň\t\u0085\U0001d11e\ufffd"
        assert clean(text) == text
