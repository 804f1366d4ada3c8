"""Identifiers that are none stay outside; the same content always gets the same identifier; pages in are pages out."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.description import Description, Identifier, IdentifierKind, Organisation
from metadata.language import bibliographic, languages, terminology
from metadata.model import Page, PageId, new_page_id, new_volume_id, volume_id
from tests.page_records import LIBRARY, volume_record

CODES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=3)


class TestIdentifier:
    """ndk.md §2: the identifier types of the national standard."""

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            (IdentifierKind.UUID, "30d8f898-c91b-4d47-a1cf-a01e9910651c"),
            (IdentifierKind.URNNBN, "urn:nbn:cz:li001-000001"),
            (IdentifierKind.ISBN, "80-85605-10-4"),
            (IdentifierKind.ISBN, "978-80-85605-10-2"),
            (IdentifierKind.ISBN, "808560510X"),
            (IdentifierKind.ISSN, "1211-443X"),
            (IdentifierKind.ISMN, "979-0-2600-0043-8"),
            (IdentifierKind.ISMN, "M-2600-0043-8"),
            (IdentifierKind.CCNB, "cnb000123456"),
        ],
    )
    def test_good_ones_are_taken(self, kind: IdentifierKind, value: str) -> None:
        assert Identifier(kind, value).value == value

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            (IdentifierKind.UUID, "30D8F898-C91B-4D47-A1CF-A01E9910651C"),
            (IdentifierKind.UUID, "30d8f898c91b4d47a1cfa01e9910651c"),
            (IdentifierKind.URNNBN, "urn:nbn:cz:LIBEREC/1"),
            (IdentifierKind.URNNBN, "urn:nbn:de:li001-000001"),
            (IdentifierKind.ISBN, "80-85605"),
            (IdentifierKind.ISSN, "1211443X"),
            (IdentifierKind.ISMN, "978-0-2600-0043-8"),
            (IdentifierKind.CCNB, "cnb123"),
            (IdentifierKind.CCNB, "cnb000123456\n"),
        ],
    )
    def test_others_are_not(self, kind: IdentifierKind, value: str) -> None:
        with pytest.raises(ValueError, match="is no"):
            Identifier(kind, value)

    def test_the_first_of_a_kind_is_the_one(self) -> None:
        isbns = tuple(Identifier(IdentifierKind.ISBN, value) for value in ("80-85605-10-4", "80-85605-11-2"))
        about = Description("Titul", LIBRARY, identifiers=isbns)
        assert about.identifier(IdentifierKind.ISBN) == "80-85605-10-4"
        assert about.identifier(IdentifierKind.URNNBN) == ""


@pytest.mark.parametrize("sigla", ["LIA1", "lia001", "LIA0001", "", "ŽIA001"])
def test_a_sigla_is_three_letters_and_three_digits(sigla: str) -> None:
    with pytest.raises(ValueError, match="sigla"):
        Organisation(sigla, "Knihovna")


class TestOwnIdentifiers:
    """A delivery that is worked on twice becomes the same volume twice, not two volumes."""

    @given(st.text())
    @settings(deadline=None)
    def test_the_same_content_is_the_same_volume(self, content: str) -> None:
        made = new_volume_id(content)
        assert made == new_volume_id(content)
        assert volume_id(made) == str(uuid.UUID(made))

    @given(st.text(), st.text())
    @settings(deadline=None)
    def test_other_content_is_another(self, one: str, other: str) -> None:
        assert (new_volume_id(one) == new_volume_id(other)) == (one == other)

    def test_a_page_belongs_to_its_volume(self) -> None:
        first, second = new_volume_id("a"), new_volume_id("b")
        assert len({new_page_id(first, "x"), new_page_id(second, "x"), new_page_id(first, "y")}) == 3

    @pytest.mark.parametrize("text", ["", "svazek", "../../etc/passwd", "30d8f898-c91b-4d47-a1cf-a01e9910651c/x"])
    def test_what_is_no_uuid_is_no_volume(self, text: str) -> None:
        with pytest.raises(ValueError, match="no identifier"):
            volume_id(text)


class TestRecords:
    def test_pages_in_must_be_pages_out(self) -> None:
        good = volume_record(3)
        for pages in (good.pages[:2], good.pages[::-1], (*good.pages, good.pages[0])):
            with pytest.raises(ValueError, match="pages in are not pages out"):
                replace(good, pages=pages)

    def test_a_page_number_has_four_digits(self) -> None:
        page = Page(PageId("x"), 7, "0007.tif")
        assert page.number == "0007"
        assert replace(page, order=12345).number == "12345"


class TestLanguages:
    """ISO 639-2: twenty languages have a terminology and a bibliographic code."""

    @pytest.mark.parametrize(("t", "b"), [("ces", "cze"), ("deu", "ger"), ("slk", "slo"), ("lat", "lat")])
    def test_czech_german_slovak_and_latin(self, t: str, b: str) -> None:
        assert (bibliographic(t), terminology(b)) == (b, t)

    @given(CODES)
    @settings(deadline=None)
    def test_there_and_back(self, code: str) -> None:
        assert terminology(bibliographic(code)) == terminology(code)
        assert bibliographic(terminology(code)) == bibliographic(code)

    def test_codes_joined_by_plus_keep_their_order_and_stand_once(self) -> None:
        assert languages("cze + deu+ces+lat") == ("ces", "deu", "lat")

    @pytest.mark.parametrize("text", ["", "čeština", "ces,deu", "ces+", "CES", "cs"])
    def test_what_is_no_code_is_said(self, text: str) -> None:
        with pytest.raises(ValueError, match="no ISO 639-2"):
            languages(text)

    @given(st.lists(CODES, min_size=1, max_size=5))
    @settings(deadline=None)
    def test_any_codes_come_back(self, codes: list[str]) -> None:
        expected = tuple(dict.fromkeys(terminology(code) for code in codes))
        assert languages("+".join(codes)) == expected
