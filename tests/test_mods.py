"""MODS and Dublin Core: what a reader of the catalogue gets to know, and that both twins say the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from metadata import dc, mods
from metadata.description import Description, Identifier, IdentifierKind
from metadata.elements import DC, clean
from metadata.markup import Element, parse, to_bytes, violations
from metadata.model import Volume
from tests import page_records
from tests.page_records import CREATED, VOLUME, description, descriptions, hostile_text
from tests.xpath import NS, texts


def volume(**parts: object) -> Volume:
    """A volume whose description differs from the full one."""
    about: Description = replace(description(), **parts)  # type: ignore[arg-type]
    return Volume(VOLUME, "svazek", about, (page_records.page(),))


def mods_of(**parts: object) -> Element:
    """MODS of such a volume."""
    return mods.volume_record(volume(**parts), CREATED)


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
        assert texts(root, "mods:location/*/text()") == ["LIA001", "A 1"]
        assert texts(root, "mods:recordInfo/mods:recordCreationDate/text()") == [CREATED]
        assert texts(root, "mods:recordInfo/mods:descriptionStandard/text()") == ["rda"]

    def test_languages_are_bibliographic_codes_each_in_its_own_element(self) -> None:
        assert texts(mods_of(), "mods:language/mods:languageTerm/text()") == ["cze", "ger"]
        assert texts(mods_of(languages=("ces", "ces")), "mods:language/mods:languageTerm/text()") == ["cze"]

    def test_what_is_missing_is_not_made_up(self) -> None:
        bare = {"subtitle": "", "names": (), "publisher": "", "place": "", "shelf_mark": "", "identifiers": ()}
        root = mods_of(**bare, year="", languages=(), title=" ")
        for absent in ("titleInfo/mods:subTitle", "name", "originInfo/mods:agent", "originInfo/mods:place", "location"):
            assert texts(root, f"mods:{absent}/descendant-or-self::*/text()") == []
        assert texts(root, "mods:titleInfo/mods:title/text()") == [mods.UNTITLED]
        assert texts(root, "mods:originInfo/mods:dateIssued[@encoding='marc']/text()") == ["uuuu"]
        assert texts(root, "mods:language/mods:languageTerm/text()") == ["und"]
        assert texts(root, "mods:identifier/@type") == ["uuid"]

    def test_a_location_needs_a_shelf_mark(self) -> None:
        assert mods_of(shelf_mark="  ").find("mods:location", NS) is None
        assert texts(dc.volume_record(volume(shelf_mark="")), "dc:source/text()") == []

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(about=descriptions())
    def test_any_description_makes_valid_records(self, about: Description, schemas: Path) -> None:
        whole = Volume(VOLUME, "svazek", about, ())
        assert violations(mods.volume_record(whole, CREATED), schemas / "mods" / "mods-3-8.xsd") == ()
        assert violations(dc.volume_record(whole), schemas / "dc" / "oai_dc.xsd") == ()


class TestTheTwins:
    """ndk.md §2: identifiers must be the same in both of a pair; Dublin Core writes type:value."""

    @settings(max_examples=20, deadline=None)
    @given(about=descriptions())
    def test_name_a_volume_alike(self, about: Description) -> None:
        whole = Volume(VOLUME, "svazek", about, ())
        of_mods = [
            f"{each.get('type')}:{each.text}"
            for each in mods.volume_record(whole, CREATED).iterfind("mods:identifier", NS)
        ]
        assert texts(dc.volume_record(whole), "dc:identifier/text()") == of_mods

    def test_name_a_page_alike(self) -> None:
        page = page_records.page()
        assert texts(mods.page_record(page, representative=False), "mods:identifier/text()") == [page.id]
        assert texts(dc.page_record(page), "dc:identifier/text()") == [f"uuid:{page.id}"]

    def test_a_kind_stands_once_even_if_the_description_has_it_twice(self) -> None:
        isbns = tuple(Identifier(IdentifierKind.ISBN, each) for each in ("80-85605-10-4", "978-80-200-1234-5"))
        root = mods_of(identifiers=isbns)
        assert texts(root, "mods:identifier[@type='isbn']/text()") == ["80-85605-10-4"]


class TestThePage:
    """ndk.md §2, PAGE."""

    def test_printed_number_and_order_are_two_parts(self) -> None:
        root = mods.page_record(page_records.page(7, "xii"), representative=False)
        number, index = root.findall("mods:part", NS)
        assert texts(number, "@type") + texts(number, ".//text()") == ["normalPage", "xii", "xii"]
        assert texts(index, "mods:detail/@type") + texts(index, ".//text()") == ["pageIndex", "7"]

    def test_an_unnumbered_page_has_its_order_only(self) -> None:
        root = mods.page_record(page_records.page(7), representative=False)
        assert texts(root, "mods:part/mods:detail/@type") == ["pageIndex"]
        assert dc.page_record(page_records.page(7)).find("dc:coverage", NS) is None

    @pytest.mark.parametrize(("representative", "genre"), [(True, "reprePage"), (False, "page")])
    def test_genre_tells_the_representative_page(self, representative: bool, genre: str) -> None:
        page = page_records.page(1, kind="blank")
        root = mods.page_record(page, representative=representative)
        assert texts(root, "mods:genre/text()") + texts(root, "mods:genre/@type") == [genre, "blank"]

    def test_an_unknown_type_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"page 0001.*pátá strana"):
            mods.page_record(page_records.page(kind="pátá strana"), representative=False)


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
