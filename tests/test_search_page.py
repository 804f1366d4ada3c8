"""The page of the search as readers meet it: results, facets, links, refusals; and the same as JSON."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from metadata.description import Organisation
from repository.catalogue.house import Config
from repository.catalogue.presentation import Speech
from repository.catalogue.reading import found, search_page
from repository.catalogue.rights.audience import PUBLIC
from tests.page_texts import page_of
from tests.stored_volumes import BookPage, Shelf

MUSEUM = Organisation("LIG501", "Severočeské muzeum")
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    shelf = Shelf(tmp_path_factory.mktemp("search"))
    weak = BookPage(page_of("kůň a", EVIL), 0.3)
    shelf.keep("one", "Kůň stojí u zvonice", weak, BookPage(page_of()), title=f"Zvonice {EVIL}", year="1850")
    for number in range(12):
        shelf.keep(f"more {number}", "kůň", title=f"Kniha {number:02d}", year="1919", institution=MUSEUM)
    shelf.build()
    return shelf


def text_of(answer: Any) -> str:  # noqa: ANN401 - an answer of httpx
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


class TestPage:
    def test_without_a_question_it_says_how_to_ask(self, shelf: Shelf) -> None:
        (answer,) = shelf.get("/search")
        assert answer.status_code == 200
        assert "slova přesně v tomto pořadí" in text_of(answer)
        assert "Zúžit výběr" not in answer.text

    def test_hits_are_marked_and_lead_to_the_page_with_the_words(self, shelf: Shelf) -> None:
        (answer,) = shelf.get("/search?q=k%C5%AF%C5%88+zvonici")
        assert "<mark>Kůň</mark> stojí u <mark>zvonice</mark>" in answer.text
        volume = shelf.rows("select uuid from volume where year = '1850'")[0][0]
        assert f'href="/volume/{volume}/page/1?q=k%C5%AF%C5%88+zvonici"' in answer.text
        assert "Strany s nálezem: 1 · svazky: 1" in text_of(answer)

    def test_weak_and_missing_text_is_told(self, shelf: Shelf) -> None:
        text = text_of(shelf.get("/search?q=kůň&quality=weak")[0])
        assert "text nespolehlivý" in text
        assert "bez textu: 1" in text
        assert "hledat v nich nelze: 1" in text

    def test_what_is_printed_stays_text(self, shelf: Shelf) -> None:
        for path in ("/search?q=script", f"/search?q={quote(EVIL)}", f"/search?q=kůň&institution={quote(EVIL)}"):
            (answer,) = shelf.get(path)
            assert answer.status_code == 200
            assert "<script" not in answer.text

    def test_facets_are_links_that_narrow_and_take_back(self, shelf: Shelf) -> None:
        (all_of_it,) = shelf.get("/search?q=kůň")
        href = html.unescape(re.findall(r'href="(/search\?[^"]*institution=LIG501[^"]*)"', all_of_it.text)[0])
        (narrow,) = shelf.get(href)
        assert "Strany s nálezem: 12 · svazky: 12" in text_of(narrow)
        chosen = re.search(r'href="([^"]*)" class="chosen"', narrow.text)
        assert chosen
        (back,) = shelf.get(html.unescape(chosen[1]))
        assert "Strany s nálezem: 14 · svazky: 13" in text_of(back)
        assert '<input type="hidden" name="institution" value="LIG501">' in narrow.text, "another question keeps it"

    def test_pages_of_results_follow_one_another(self, shelf: Shelf) -> None:
        (first,) = shelf.get("/search?q=kůň&sort=title")
        href = html.unescape(re.findall(r'rel="next" href="([^"]*)"', first.text)[0])
        (second,) = shelf.get(href)
        titles = [re.findall(r"<h3><a [^>]*>(Kniha \d\d|Zvonice)", answer.text) for answer in (first, second)]
        assert [*titles[0], *titles[1]] == sorted({*titles[0], *titles[1]})
        assert len(titles[0]) == 10
        assert 'rel="next"' not in second.text
        (beyond,) = shelf.get("/search?q=kůň&page=99")
        assert (beyond.status_code, "Tak daleko" in beyond.text) == (200, True)

    def test_volumes_of_that_title_can_be_listed_alone(self, shelf: Shelf) -> None:
        (some,) = shelf.get("/search?q=kniha")
        assert "Všechny takové svazky (12)" in text_of(some)
        (alone,) = shelf.get("/search?q=kniha&in=titles")
        assert "podle názvu, autora nebo obsahu: 12" in text_of(alone)

    def test_it_speaks_english(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KDR_LANGUAGE", "en")
        text = text_of(shelf.get("/search?q=kůň")[0])
        for said in ("Pages found: 14", "Narrow down", "1910–1919", "Czech", "oldest first", "1 of 1"):
            assert said in text, said
        assert not re.search(r"\b(Strany|Zúžit|svazky|nejstarších)\b", text)

    @pytest.mark.parametrize(
        ("query", "status", "said"),
        [
            ("q=" + "a" * 1001, 414, "příliš dlouhý"),
            ("q=" + "a+" * 40, 400, "příliš mnoho slov"),
            ("q=z*", 400, "aspoň dvě písmena"),
            ("q=-kůň", 200, "jen vylučuje"),
            ("q=%22%22", 200, "žádné slovo"),
            ("q=kůň&page=-1", 400, "nerozumí"),
            ("q=kůň&page=0x1", 400, "nerozumí"),
            ("q=kůň&page=99999999", 400, "nerozumí"),
            ("q=kůň&from=1'--", 400, "nerozumí"),
            ("q=kůň&from=²", 400, "nerozumí"),
            ("q=kůň&sort=uuid;drop", 400, "nerozumí"),
            ("q=kůň&in=page_text", 400, "nerozumí"),
        ],
    )
    def test_what_cannot_be_answered_is_refused_in_plain_words(
        self, shelf: Shelf, query: str, status: int, said: str
    ) -> None:
        page, data = shelf.get(f"/search?{query}", f"/search.json?{query}")
        assert (page.status_code, data.status_code) == (status, status)
        assert said in text_of(page)
        assert said in data.json()["error"]
        assert "sqlite" not in page.text.lower() + data.text.lower()

    @pytest.mark.parametrize(
        "typed",
        ['"', "page_fts MATCH x", "text:kůň", "NEAR(kůň zvonice)", "') or 1=1 --", "{a b}: c", "kůň AND", "^kůň",
         "\ud800", "a^2", "(((", "*", "**", "-*", "🐎", "kůň + NOT", "%"],
    )  # fmt: skip
    def test_whatever_is_typed_is_answered(self, shelf: Shelf, typed: str) -> None:
        (answer,) = shelf.get(f"/search?q={quote(typed, errors='surrogatepass')}")
        assert answer.status_code == 200
        assert "fts5" not in answer.text

    def test_a_search_that_takes_too_long_says_so(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        def slow(*_: object, **__: object) -> found.Found:
            raise found.Slow

        monkeypatch.setattr(search_page, "search", slow)
        (answer,) = shelf.get("/search?q=kůň")
        assert answer.status_code == 400
        assert "trvalo příliš dlouho" in text_of(answer)
        assert 'value="kůň"' in answer.text, "what was typed is still there"


class TestJson:
    def test_says_the_same_as_the_page(self, shelf: Shelf) -> None:
        told = shelf.json("/search.json?q=kůň&decade=1850")
        assert (told["pages"], told["volumes"], told["weak"], told["silent"], told["last_page"]) == (2, 1, 1, 1, 1)
        (volume,) = told["results"]
        assert volume["hits"] == 2
        assert {page["quality"] for page in volume["found"]} == {"good", "weak"}
        assert urlsplit(volume["found"][0]["url"]).path == f"{volume['url']}/page/{volume['found'][0]['position']}"
        assert [piece["text"] for piece in volume["found"][0]["excerpt"] if piece["lit"]] == ["Kůň"]
        assert {each["value"]: each["pages"] for each in told["facets"]["institution"]} == {"LIA001": 2}

    def test_nothing_asked_nothing_found(self, shelf: Shelf) -> None:
        told = shelf.json("/search.json")
        assert (told["q"], told["results"], told["facets"]) == ("", [], {})


class TestRights:
    def test_what_one_may_not_see_is_neither_found_nor_counted(self, shelf: Shelf) -> None:
        hidden = Config(unknown_access="staff")
        page, data = shelf.get("/search?q=kůň", "/search.json?q=kniha", audience=PUBLIC, config=hidden)
        assert "nic takového není" in text_of(page)
        assert "Severočeské" not in page.text
        told = data.json()
        assert (told["pages"], told["title_count"], told["silent"]) == (0, 0, 0)
        assert not any(told["facets"].values())


class TestWords:
    def test_every_facet_sort_and_language_has_a_name(self) -> None:
        speech = Speech()
        keys = [f"search.facet.{name}" for name in search_page.FACETS] + [f"search.sort.{sort}" for sort in found.Sort]
        keys += [f"search.language.{code}" for code in search_page.SPOKEN]
        assert all(speech.say(key) for key in keys)
