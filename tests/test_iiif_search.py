"""Words found in a volume as IIIF viewers ask for them: Content Search API 2.0 and 1.0."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import datasette.app  # noqa: F401 - first of all: it loads our plugin, which imports what is tested
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.description import Rights
from metadata.geometry import Box
from repository.catalogue.iiif.content_search import PAGES, Answer, question, version_1, version_2
from repository.catalogue.reading.page_words import Lit
from repository.catalogue.rights.audience import PUBLIC
from tests.described import full
from tests.page_texts import MODEST
from tests.stored_volumes import KEEPER, BookPage, Shelf
from tests.test_page_words import broken

BASE = "http://localhost"
BOXES = st.builds(Box, *[st.integers(-10, 5000)] * 2, *[st.integers(0, 5000)] * 2)
WHERE = st.lists(BOXES, min_size=1, max_size=3).map(tuple)
HITS = st.builds(Lit, st.text(max_size=9), WHERE, st.text(), st.text(), st.just(0))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def search(shelf: Shelf, version: int, volume: str, typed: str, more: str = "") -> Any:  # noqa: ANN401 - JSON
    return shelf.json(f"/iiif/search/{version}/{volume}?q={quote(typed)}{more}")


def places(told: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - JSON
    """The text of each annotation and the end of its target, in either version."""
    if "resources" in told:
        return [(each["resource"]["chars"], each["on"].partition("/iiif/")[2]) for each in told["resources"]]
    return [(each["body"]["value"], each["target"].partition("/iiif/")[2]) for each in told["items"]]


class TestBothVersions:
    @pytest.mark.parametrize("version", [1, 2])
    def test_a_word_is_found_in_all_its_forms_where_it_stands(self, shelf: Shelf, version: int) -> None:
        volume = shelf.keep("a", "Kůň stojí\nu zvonice", "nic", "na zvonici hoří")
        shelf.keep("b", "jiná zvonice")
        shelf.build()
        pages = [row[0] for row in shelf.rows("select uuid from page where volume = ? order by position", volume)]
        assert places(search(shelf, version, volume, "zvonice")) == [
            ("zvonice", f"canvas/{pages[0]}#xywh=20,30,70,20"),
            ("zvonici", f"canvas/{pages[2]}#xywh=30,0,70,20"),
        ]

    @pytest.mark.parametrize("version", [1, 2])
    def test_a_word_broken_at_a_line_end_is_two_annotations_of_one_hit(self, shelf: Shelf, version: int) -> None:
        volume = shelf.keep("a", BookPage(broken()))
        shelf.build()
        told = search(shelf, version, volume, "zvonice")
        assert [place.partition("#")[2] for _, place in places(told)] == ["xywh=100,0,30,20", "xywh=0,30,40,20"]
        beside = told["hits"] if version == 1 else told["annotations"][0]["items"]
        assert len(beside) == 1

    @pytest.mark.parametrize("version", [1, 2])
    @pytest.mark.parametrize("typed", ["", "neznámé", '"', "*", "'; drop table page --", "NEAR(a b)"])
    def test_nothing_found_is_an_answer(self, shelf: Shelf, version: int, typed: str) -> None:
        volume = shelf.keep("a", "Kůň")
        shelf.build()
        told = search(shelf, version, volume, typed)
        assert places(told) == []
        assert "next" not in told

    @pytest.mark.parametrize("version", [1, 2])
    def test_a_long_answer_comes_in_parts(self, shelf: Shelf, version: int) -> None:
        volume = shelf.keep("a", *(["zvon zvon"] * (PAGES + 3)))
        shelf.build()
        first = search(shelf, version, volume, "zvon")
        link = first["next"] if version == 1 else first["next"]["id"]
        second = shelf.json(link.removeprefix(BASE))
        assert (len(places(first)), len(places(second))) == (2 * PAGES, 6)
        assert not set(places(first)) & set(places(second))
        assert "next" not in second
        assert "prev" in second
        assert "total" not in (first["within"] if version == 1 else first["partOf"])

    @pytest.mark.parametrize("version", [1, 2])
    @pytest.mark.parametrize(("motivation", "found"), [("painting", 1), ("supplementing", 1), ("tagging", 0), ("", 1)])
    def test_only_text_is_to_be_had(self, shelf: Shelf, version: int, motivation: str, found: int) -> None:
        volume = shelf.keep("a", "zvon")
        shelf.build()
        assert len(places(search(shelf, version, volume, "zvon", f"&motivation={motivation}"))) == found

    def test_what_we_take_no_notice_of_is_said(self, shelf: Shelf) -> None:
        volume = shelf.keep("a", "zvon")
        shelf.build()
        one, two = (search(shelf, version, volume, "zvon", "&user=x&date=y") for version in (1, 2))
        assert one["within"]["ignored"] == two["ignored"] == ["date", "user"]
        assert "ignored" not in search(shelf, 2, volume, "zvon")

    @pytest.mark.parametrize("page", ["0", "-1", "x", "99999999", "1.5"])
    def test_a_part_that_cannot_be_is_refused(self, shelf: Shelf, page: str) -> None:
        volume = shelf.keep("a", "zvon")
        shelf.build()
        assert shelf.get(f"/iiif/search/2/{volume}?q=zvon&page={page}")[0].status_code == 400

    def test_a_found_page_whose_alto_is_gone_has_no_annotations(self, shelf: Shelf) -> None:
        volume = shelf.keep("a", "zvon", "zvon")
        shelf.build()
        ((alto,),) = shelf.rows("select alto from page where position = 1")
        shelf.spoil(volume, alto.partition("/")[2], b"?")
        assert len(places(search(shelf, 2, volume, "zvon"))) == 1

    def test_words_of_a_page_that_may_not_be_seen_are_not_found(self, shelf: Shelf) -> None:
        about = full()
        hidden = replace(about.pages[1], rights=Rights("copyrighted", embargo="2999-01-01"))
        volume = shelf.shelve(replace(about, pages=(about.pages[0], hidden, *about.pages[2:])), "zvon", "zvon", "zvon")
        shelf.build()
        answers = [shelf.get(f"/iiif/search/2/{volume}?q=zvon", audience=who)[0].json() for who in (KEEPER, PUBLIC)]
        assert [len(places(told)) for told in answers] == [3, 2]
        assert answers[1]["partOf"]["total"] == 2

    def test_it_may_be_read_from_any_site(self, shelf: Shelf) -> None:
        volume = shelf.keep("a", "zvon")
        shelf.build()
        one, two = shelf.get(*(f"/iiif/search/{version}/{volume}?q=zvon" for version in (1, 2)))
        assert one.headers["access-control-allow-origin"] == two.headers["access-control-allow-origin"] == "*"
        assert two.headers["content-type"] == 'application/ld+json;profile="http://iiif.io/api/search/2/context.json"'


class TestShapes:
    def test_the_text_around_a_hit_is_told(self, shelf: Shelf) -> None:
        volume = shelf.keep("a", "Na kopci stojí zvonice a hoří")
        shelf.build()
        (hit,) = search(shelf, 1, volume, "zvonice")["hits"]
        assert (hit["before"], hit["match"], hit["after"]) == ("Na kopci stojí ", "zvonice", " a hoří")
        told = search(shelf, 2, volume, "zvonice")
        (beside,) = told["annotations"][0]["items"]
        (quoted,) = beside["target"]["selector"]
        assert quoted == {
            "type": "TextQuoteSelector",
            "prefix": "Na kopci stojí ",
            "exact": "zvonice",
            "suffix": " a hoří",
        }
        assert beside["target"]["source"] == told["items"][0]["id"]
        assert told["partOf"]["total"] == 1

    @MODEST
    @given(st.lists(HITS, max_size=4), st.text(max_size=30), st.integers(1, 9), st.booleans())
    def test_whatever_is_found_targets_stay_on_their_canvas(
        self, hits: list[Lit], typed: str, number: int, more: bool
    ) -> None:
        page = {"uuid": "p", "width": 2400, "height": 3400}
        asked = question(f"{BASE}/iiif/search/2/v", typed.encode(errors="replace").decode(), {}, number)
        answer = Answer(BASE, asked, ((page, tuple(hits)),), more=more)
        one, two = version_1(answer), version_2(answer)
        assert places(one) == places(two)
        assert len(places(one)) == sum(len(hit.boxes) for hit in hits)
        for _, place in places(two):
            left, top, width, height = map(int, place.partition("=")[2].split(","))
            assert 0 <= left < left + width <= 2400
            assert 0 <= top < top + height <= 3400
        assert ("next" in two) == more
        assert ("prev" in two) == (number > 1)
