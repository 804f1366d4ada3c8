"""Dublin Core: the twin of every MODS record, which names the same thing by the same identifiers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from metadata import dc, mods
from metadata.description import Description, VolumeKind
from metadata.markup import Element
from metadata.model import Division, DivisionKind, Year, new_division_id
from tests import page_records
from tests.described import BARE, CASES, FULL, by_rules, pairs
from tests.page_records import CREATED, descriptions
from tests.xpath import NS, texts


def twins(in_mods: Element) -> list[str]:
    """The identifiers of a MODS record as Dublin Core writes them."""
    return [f"{each.get('type')}:{each.text}" for each in in_mods.iterfind("mods:identifier", NS)]


class TestTheTwins:
    """ndk.md §2: identifiers must be the same in both of a pair; Dublin Core writes type:value."""

    @pytest.mark.parametrize("case", CASES)
    @pytest.mark.parametrize("rules", ["rda", "aacr"])
    def test_name_everything_alike(self, case: str, rules: str) -> None:
        for pair in pairs(by_rules(FULL[case], rules)):
            assert texts(pair.dc, "dc:identifier/text()") == twins(pair.mods), pair.level

    @pytest.mark.parametrize("case", CASES)
    def test_no_identifier_stands_twice_in_a_package(self, case: str) -> None:
        found = [each for pair in pairs(FULL[case]) for each in texts(pair.dc, "dc:identifier/text()")]
        assert len(found) == len(set(found))
        assert len(found) > len(FULL[case].pages)

    @settings(max_examples=20, deadline=None)
    @given(about=descriptions())
    def test_name_any_volume_alike(self, about: Description) -> None:
        whole = replace(FULL["monograph"], description=about)
        named = twins(mods.volume_record(whole, CREATED))
        assert texts(dc.volume_record(whole), "dc:identifier/text()") == named

    @pytest.mark.parametrize("case", CASES)
    def test_date_everything_alike(self, case: str) -> None:
        for pair in pairs(BARE[case]):
            if told := texts(pair.dc, "dc:date/text()"):
                assert told == texts(pair.mods, "mods:originInfo/mods:dateIssued/text()"), pair.level


class TestTheKinds:
    """ndk.md §2: the model that Kramerius reads."""

    @pytest.mark.parametrize(
        ("case", "model"),
        [
            ("monograph", "model:monograph"),
            ("monograph-volume", "model:monographunit"),
            ("map", "model:map"),
            ("graphic", "model:graphic"),
            ("sheetmusic", "model:sheetmusic"),
            ("issue", "model:periodicalitem"),
            ("sequence", "model:periodicalitem"),
            ("volume-supplement", "model:supplement"),
        ],
    )
    def test_have_their_model(self, case: str, model: str) -> None:
        assert texts(dc.volume_record(FULL[case]), "dc:type/text()") == [model]

    @pytest.mark.parametrize(
        ("case", "models"),
        [
            ("monograph-volume", {"title": "model:monograph"}),
            ("issue", {"title": "model:periodical", "volume": "model:periodicalvolume"}),
        ],
    )
    def test_so_does_what_stands_above_them(self, case: str, models: dict[str, str]) -> None:
        found = {each.level: texts(each.dc, "dc:type/text()") for each in pairs(FULL[case])}
        assert {level: found[level] for level in models} == {level: [model] for level, model in models.items()}


class TestTheVolume:
    """What somebody who searches finds."""

    def test_is_found_by_what_is_known(self) -> None:
        root = dc.volume_record(FULL["map"])
        title = "Zkušební svazek & jiné povídky : s podnázvem. 3, Podzim"
        assert texts(root, "dc:title/text()") == [title]
        assert texts(root, "dc:creator/text()") == ["Němcová, Božena", "Václav, svatý", "Národní muzeum", "Novák, Jan"]
        assert texts(root, "dc:publisher/text()") == ["Vydavatel & syn", "Někdo"]
        assert texts(root, "dc:date/text()") == ["[1919]"]
        assert texts(root, "dc:language/text()") == ["cze", "ger"]
        assert texts(root, "dc:format/text()") == ["map", "24 s. ; 21 cm"]
        assert {"ovoce", "Česká próza", "821.162.3-3"} <= set(texts(root, "dc:subject/text()"))
        assert {"Liberec (Česko)", "1918-1938", "1:75 000"} <= set(texts(root, "dc:coverage/text()"))
        assert "O čem to je." in texts(root, "dc:description/text()")
        assert texts(root, "dc:source/text()") == ["LIA001", "A 1"]

    def test_without_shelf_mark_it_has_no_source(self) -> None:
        assert texts(dc.volume_record(BARE["monograph"]), "dc:source/text()") == []

    def test_an_issue_has_its_day(self) -> None:
        assert texts(dc.volume_record(FULL["issue"]), "dc:date/text()") == ["14.05.1919"]
        assert texts(dc.volume_record(BARE["issue"]), "dc:date/text()") == []

    @pytest.mark.parametrize(("number", "title"), [("1", "Zkušební noviny, 1"), ("", "Zkušební noviny")])
    def test_a_year_has_its_periodicals_title(self, number: str, title: str) -> None:
        above = FULL["issue"].title
        assert above is not None
        root = dc.year_record(Year(above.id, number), above)
        assert texts(root, "dc:title/text()") == [title]
        assert texts(root, "dc:date/text()") == ["uuuu"]


class TestParts:
    """Chapters, articles, pictures."""

    @pytest.mark.parametrize(("genre", "subject"), [("news", "news"), ("", "article")])
    def test_an_article_has_its_kind_for_subject(self, genre: str, subject: str) -> None:
        issue = FULL["issue"]
        part = Division(new_division_id(issue.id, "1"), DivisionKind.ARTICLE, 1, 1, "O válce", genre=genre)
        root = dc.division_record(part, "ART_0001", issue)
        assert texts(root, "dc:title/text()") == ["O válce"]
        assert texts(root, "dc:subject/text()") == [subject]

    def test_the_code_of_another_level_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"PICT_0001.*CHAP_NNNN"):
            dc.division_record(FULL["monograph"].divisions[0], "PICT_0001", FULL["monograph"])


class TestThePage:
    """ndk.md §2, PAGE."""

    def test_has_its_printed_number_where_there_is_one(self) -> None:
        bare, numbered = page_records.page(7), page_records.page(7, " xii ")
        assert texts(dc.page_record(bare, VolumeKind.MONOGRAPH), "dc:coverage") == []
        assert texts(dc.page_record(numbered, VolumeKind.MONOGRAPH), "dc:coverage/text()") == ["xii"]

    def test_an_unknown_type_is_refused(self) -> None:
        with pytest.raises(ValueError, match="flyLeaf"):
            dc.page_record(page_records.page(kind="flyLeaf"), VolumeKind.ISSUE)
