"""The curators' desk over HTTP: proposals are made, nothing else is written, and strangers get nothing."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from datasette.app import Datasette
from hypothesis import given
from hypothesis import strategies as st

from metadata.model import VolumeId
from metadata.record import from_json, plain, to_json
from repository.catalogue.desk.desks import MOST, Desk, Entry, Listed, Note, Search, changing, desk_of
from repository.catalogue.desk.fields import Duty, editable, faults, read_form
from repository.catalogue.desk.proposal import Filed, Kind, Proposals, State
from repository.catalogue.rights.audience import Audience, Role
from repository.catalogue.serve import application
from repository.catalogue.signing.session import COOKIE, issue
from tests.described import full
from tests.homes import everything
from tests.page_records import LIBRARY
from tests.stored_volumes import Shelf, close

WHEN = "2026-11-23T10:00:00+00:00"
EVIL = "<script>alert(1)</script>"
JANA = Audience("jana", frozenset({Role.CURATOR}), frozenset({LIBRARY.sigla}))
PETR = Audience("petr", frozenset({Role.CURATOR}), frozenset({LIBRARY.sigla}))
STRANGER = Audience("cizí", frozenset({Role.CURATOR}), frozenset({"ABC001"}))
READER = Audience("čtenář", frozenset({Role.READER}), frozenset({LIBRARY.sigla}))


@dataclass(frozen=True, slots=True)
class Browser:
    """Somebody's browser: a session and the token of the forms."""

    served: Datasette
    cookies: dict[str, str]
    token: str = ""

    def get(self, path: str) -> httpx.Response:
        return _run(self.served.client.get(path, cookies=self.cookies))

    def post(self, path: str, form: Mapping[str, str]) -> httpx.Response:
        return _run(self.served.client.post(path, data={**form, "csrftoken": self.token}, cookies=self.cookies))


def _run(asked: Any) -> httpx.Response:  # noqa: ANN401 - a coroutine of Datasette's
    async def answered() -> httpx.Response:
        given: httpx.Response = await asked
        return given

    return asyncio.run(answered())


@dataclass(frozen=True, slots=True)
class Room:
    """A catalogue of two books and those who may sign in."""

    shelf: Shelf
    served: Datasette
    volume: VolumeId

    def browser(self, who: Audience | None) -> Browser:
        cookies = {COOKIE: issue(self.served, who)} if who else {}
        first = Browser(self.served, cookies)
        token = first.get("/desk").cookies.get("ds_csrftoken") or ""
        return replace(first, cookies=cookies | ({"ds_csrftoken": token} if token else {}), token=token)

    def proposals(self) -> list[Filed]:
        return list(Proposals(self.shelf.house.state / "proposals").all())

    @property
    def path(self) -> str:
        return f"/propose/{self.volume}"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made = Shelf(tmp_path_factory.mktemp("shelf"))
    made.keep("kniha", "Kůň stojí u zvonice", "druhá strana", title=f"Kniha {EVIL}")
    made.build()
    return made


@pytest.fixture
def room(shelf: Shelf, tmp_path: Path) -> Iterator[Room]:
    house = replace(shelf.house, state=tmp_path / "people")
    served = application(house)
    mine = Shelf.__new__(Shelf)
    mine.root, mine.store, mine.database = shelf.root, shelf.store, shelf.database
    yield Room(_Elsewhere(mine, house), served, VolumeId(shelf.rows("select uuid from volume")[0][0]))  # type: ignore[arg-type]
    close(served)


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """The shelf, whose people write into a folder of this test alone."""

    shelf: Shelf
    house: Any

    @property
    def root(self) -> Path:
        return self.shelf.root


def sent(page: httpx.Response) -> dict[str, str]:
    """What the form on the second page would send."""
    found = re.findall(r'<input type="hidden" name="(kind|mark|changes)" value="([^"]*)"', page.text)
    assert len(found) == 3, page.text
    return {name: html.unescape(value) for name, value in found}


def described(room: Room, browser: Browser, **fields: str) -> httpx.Response:
    return browser.post(f"{room.path}/description", fields)


def proposed(
    room: Room, browser: Browser, title: str = "Kniha opravená", reason: str = "titulní list"
) -> httpx.Response:
    look = described(room, browser, title=title)
    assert look.status_code == 200, look.text
    return browser.post(f"{room.path}/save", sent(look) | {"reason": reason})


class TestDescription:
    def test_the_form_shows_every_field_and_what_must_be_there(self, room: Room) -> None:
        page = room.browser(JANA).get(f"{room.path}/description")
        assert page.status_code == 200
        for field in ("title", "names.0.text", "year", "languages", "identifiers.0.value", "cartography.0.scale"):
            assert f'name="{field}"' in page.text
        assert page.text.count('class="duty"') == 4  # title, languages, form, identifiers
        assert EVIL not in page.text
        assert html.escape(EVIL) in page.text

    def test_a_proposal_is_looked_at_reasoned_and_kept(self, room: Room) -> None:
        jana = room.browser(JANA)
        before = everything(room.shelf.root)
        look = described(room, jana, title="Kniha opravená", languages="ces\ndeu")
        assert "<del>Kniha &lt;script&gt;" in look.text
        assert "<ins>Kniha opravená</ins>" in look.text
        assert room.proposals() == []
        kept = jana.post(f"{room.path}/save", sent(look) | {"reason": f"podle listu {EVIL}"})
        assert kept.status_code == 303
        (filed,) = room.proposals()
        own = filed.proposal
        assert (own.author, own.kind, own.institution, own.version) == (
            "jana",
            Kind.DESCRIPTION,
            LIBRARY.sigla,
            "v0001",
        )
        assert [(each.field, each.after) for each in own.changes] == [("title", "Kniha opravená")]
        desk = jana.get(kept.headers["location"])
        assert f"Návrh {own.id} je podán" in desk.text
        told = jana.get(f"/desk/proposal/{own.id}")
        assert EVIL not in told.text
        assert html.escape(EVIL) in told.text
        assert everything(room.shelf.root) == before  # the store, the journal and the catalogue are as they were

    def test_a_name_is_added_in_a_row(self, room: Room) -> None:
        jana = room.browser(JANA)
        form = {"names.0.text": "Novák, Jan", "names.0.kind": "personal", "names.0.roles": "aut; ill",
                "names.0.primary": "1", "names.1.text": "", "names.1.kind": "personal"}  # fmt: skip
        look = described(room, jana, **form)
        changes = json.loads(sent(look)["changes"])
        assert [each["field"] for each in changes] == ["names"]
        assert [(each["text"], each["roles"], each["primary"]) for each in changes[0]["after"]] == [
            ("Novák, Jan", ["aut", "ill"], True)
        ]

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"title": ""}, "nelze ho vyprázdnit"),
            ({"title": f"Kniha {EVIL}"}, "nic se nemění"),
            ({}, "nic se nemění"),
            ({"title": "x" * 10_001}, "příliš dlouhý"),
            ({"title": "a\x00b"}, "řídicí znaky"),
            ({"identifiers.0.kind": "isbn", "identifiers.0.value": "80-85605-10-4"}, "URN:NBN"),
            ({"titel": "x"}, "nic se nemění"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_comes_back_with_the_reason(self, room: Room, fields: dict[str, str], said: str) -> None:
        page = described(room, room.browser(JANA), **fields)
        assert page.status_code == 422
        assert said in page.text
        assert 'name="publisher"' in page.text

    def test_a_row_with_an_endless_number_is_none(self, room: Room) -> None:
        page = described(room, room.browser(JANA), title="Jiná", **{f"names.{'1' * 5000}.text": "Novák, Jan"})
        assert page.status_code == 200
        assert "<ins>Jiná</ins>" in page.text

    def test_without_a_reason_nothing_is_kept(self, room: Room) -> None:
        jana = room.browser(JANA)
        for reason in ("", "   ", "x" * 2001, "a\x07b"):
            page = proposed(room, jana, reason=reason)
            assert (page.status_code, "uveďte důvod" in page.text) == (422, True)
        assert room.proposals() == []

    @pytest.mark.parametrize(
        "forged",
        [
            {"kind": "description", "changes": "["},
            {"kind": "nothing"},
            {"changes": "[]"},
            {"changes": '[{"subject": "", "field": "kind", "before": "monograph", "after": "map"}]'},
            {"changes": '[{"subject": "", "field": "title", "before": "x", "after": "y"}]'},
            {"changes": '[{"subject": "", "field": "title", "before": 1}]'},
            {"changes": "[" * 100_000},
            {"kind": "text"},
            {"kind": "pages"},
            {"mark": "0" * 128},
        ],
    )
    def test_a_forged_second_page_keeps_nothing(self, room: Room, forged: dict[str, str]) -> None:
        jana = room.browser(JANA)
        good = sent(described(room, jana, title="Jiná kniha"))
        page = jana.post(f"{room.path}/save", good | {"reason": "proto"} | forged)
        assert page.status_code == 422
        assert room.proposals() == []


class TestAgain:
    def test_the_form_comes_back_as_it_was_filled_in(self, room: Room) -> None:
        jana = room.browser(JANA)
        for look, path, said in (
            (described(room, jana, title="Jiná kniha"), "/description", 'value="Jiná kniha"'),
            (jana.post(f"{room.path}/pages", {"label.2": "IX"}), "/pages", 'value="IX" data-before='),
            (jana.post(f"{room.path}/page/1/text", {"line.1": "Kůň stál"}), "/page/1/text", 'value="Kůň stál"'),
        ):
            assert f'formaction="{room.path}{path}' in look.text
            page = jana.post(f"{room.path}{path}", {**sent(look), "again": "1"})
            assert (page.status_code, said in page.text) == (200, True)
        assert room.proposals() == []

    @pytest.mark.parametrize("path", ["/description", "/pages", "/page/1/text"])
    @pytest.mark.parametrize("changes", ["[", "[]", '[{"subject": "", "field": "evil", "before": "x", "after": 1}]'])
    def test_what_never_was_in_the_form_is_refused(self, room: Room, path: str, changes: str) -> None:
        for kind in Kind:
            form = {"kind": kind.value, "changes": changes, "again": "1"}
            assert room.browser(JANA).post(f"{room.path}{path}", form).status_code == 422


class TestPages:
    def test_the_grid_has_a_card_a_page(self, room: Room) -> None:
        page = room.browser(JANA).get(f"{room.path}/pages")
        assert page.status_code == 200
        assert page.text.count('class="card"') == 2
        assert '<option value="titlePage">titulní list</option>' in page.text

    def test_numbers_and_types_are_proposed(self, room: Room) -> None:
        jana = room.browser(JANA)
        form = {"label.1": "[I]", "type.1": "titlePage", "side.1": "right", "label.2": "2", "type.2": "normalPage"}
        look = jana.post(f"{room.path}/pages", form)
        changes = json.loads(sent(look)["changes"])
        assert [(each["field"], each["after"]) for each in changes] == [
            ("label", "[I]"), ("type", "titlePage"), ("side", "right")
        ]  # fmt: skip
        assert jana.post(f"{room.path}/save", sent(look) | {"reason": "číslo"}).status_code == 303
        assert room.proposals()[0].proposal.kind is Kind.PAGES

    @pytest.mark.parametrize(
        "form", [{"type.1": "evil"}, {"side.1": "up"}, {"label.9": "x"}, {"label.1": "x" * 10_001}]
    )
    def test_what_no_page_can_have_comes_back(self, room: Room, form: dict[str, str]) -> None:
        assert room.browser(JANA).post(f"{room.path}/pages", form).status_code == 422


class TestText:
    def test_a_line_is_proposed(self, room: Room) -> None:
        jana = room.browser(JANA)
        page = jana.get(f"{room.path}/page/1/text")
        assert 'value="Kůň stojí u zvonice"' in page.text
        assert re.search(r'src="/iiif/3/[-0-9a-f]{36}/\d+,\d+,\d+,\d+/,\d+/0/default.jpg"', page.text)
        look = jana.post(f"{room.path}/page/1/text", {"line.1": f"Kůň stál {EVIL}"})
        assert EVIL not in look.text
        assert jana.post(f"{room.path}/save", sent(look) | {"reason": "čte se tak"}).status_code == 303
        (change,) = room.proposals()[0].proposal.changes
        assert (change.field, change.before, change.after) == ("1", "Kůň stojí u zvonice", f"Kůň stál {EVIL}")

    def test_a_page_that_is_not_there_is_404(self, room: Room) -> None:
        for number in ("0", "3", "99999999999"):
            assert room.browser(JANA).get(f"{room.path}/page/{number}/text").status_code == 404


class TestWho:
    def test_only_curators_of_the_institution(self, room: Room) -> None:
        for who, allowed in ((None, (401,)), (READER, (403,)), (STRANGER, (403, 404)), (JANA, (200,))):
            browser = room.browser(who)
            for form in ("description", "pages", "page/1/text"):
                assert browser.get(f"{room.path}/{form}").status_code in allowed, (who, form)

    def test_strangers_cannot_send_either(self, room: Room) -> None:
        form = sent(described(room, room.browser(JANA), title="Jiná")) | {"reason": "proto"}
        for who in (READER, STRANGER):
            assert room.browser(who).post(f"{room.path}/save", form).status_code in (403, 404)
        assert room.proposals() == []

    def test_without_the_token_nothing_is_taken(self, room: Room) -> None:
        jana = room.browser(JANA)
        form = sent(described(room, jana, title="Jiná")) | {"reason": "proto"}
        wrong = replace(jana, token="x")  # noqa: S106
        bare = replace(jana, cookies={COOKIE: jana.cookies[COOKIE]})
        assert wrong.post(f"{room.path}/save", form).status_code == 403
        assert bare.post(f"{room.path}/save", form).status_code == 403
        assert room.proposals() == []

    def test_a_volume_that_is_not_there_is_404(self, room: Room) -> None:
        nowhere = "/propose/00000000-0000-0000-0000-000000000000"
        for form in ("description", "pages", "page/1/text"):
            assert room.browser(JANA).get(f"{nowhere}/{form}").status_code == 404

    def test_too_large_a_form_is_refused(self, room: Room) -> None:
        assert described(room, room.browser(JANA), abstract="x" * 1_100_000).status_code in (400, 413)
        assert room.proposals() == []

    def test_others_of_the_institution_see_it_and_only_its_author_withdraws_it(self, room: Room) -> None:
        jana, petr, stranger = room.browser(JANA), room.browser(PETR), room.browser(STRANGER)
        proposed(room, jana)
        name = room.proposals()[0].proposal.id
        assert name in petr.get("/desk").text
        assert name not in stranger.get("/desk").text
        assert petr.get(f"/desk/proposal/{name}").status_code == 200
        assert stranger.get(f"/desk/proposal/{name}").status_code in (403, 404)
        taken = {"act": "withdraw", "proposal": name}
        assert petr.post("/desk", taken).status_code == 403
        assert room.proposals()[0].state is State.OPEN
        assert jana.post("/desk", taken).status_code == 303
        assert room.proposals()[0].state is State.WITHDRAWN

    @pytest.mark.parametrize("name", ["P-20261123-0123456789", "..%2F..%2Fetc", "x", "P-20261123-0123456789%0a"])
    def test_a_proposal_that_is_not_there_is_404(self, room: Room, name: str) -> None:
        # Datasette sends what has a per cent sign on to its own spelling of it.
        assert room.browser(JANA).get(f"/desk/proposal/{name}").status_code == (302 if "%" in name else 404)


class TestDesk:
    def test_a_search_is_saved_and_asked_again(self, room: Room) -> None:
        jana = room.browser(JANA)
        address = f"/search?q={quote('kůň')}&year=1919"
        assert jana.post("/desk", {"act": "search", "name": f"Koně {EVIL}", "address": address}).status_code == 303
        page = jana.get("/desk").text
        assert f'href="{html.escape(address)}"' in page
        assert EVIL not in page
        assert "Koně" not in room.browser(PETR).get("/desk").text
        assert jana.post("/desk", {"act": "drop", "what": "search", "address": address}).status_code == 303
        assert "Koně" not in jana.get("/desk").text

    @pytest.mark.parametrize(
        "address",
        ["https://evil.example/search?q=x", "//evil.example/search?q=x", "/search", "javascript:alert(1)", "/desk?q=x",
         "/search?q=a b", "/search?q=\n", "/\\evil", "/search?" + "x" * 2001, ""],
    )  # fmt: skip
    def test_nothing_but_a_local_search_is_saved(self, room: Room, address: str) -> None:
        page = room.browser(JANA).post("/desk", {"act": "search", "name": "x", "address": address})
        assert page.status_code == 422
        assert 'class="error"' in page.text

    def test_volumes_pages_and_notes_are_kept_and_given_out(self, room: Room) -> None:
        jana, about = room.browser(JANA), f"/volume/{room.volume}/page/2"
        assert jana.post("/desk", {"act": "entry", "name": "=Výstava", "about": about}).status_code == 303
        assert jana.post("/desk", {"act": "note", "text": "chybí\nmapa", "about": about}).status_code == 303
        assert "Výstava" in jana.get("/desk").text
        out = jana.get("/desk/desk.csv")
        assert "'=Výstava" in out.text
        desk = from_json(Desk, jana.get("/desk/desk.json").content)
        assert [(each.name, each.entries[0].address) for each in desk.lists] == [("=Výstava", about)]
        assert desk.lists[0].entries[0].title.startswith("Kniha")
        drop = {"act": "drop", "what": "note", "name": desk.notes[0].when, "address": desk.notes[0].text}
        assert jana.post("/desk", drop).status_code == 303
        assert jana.post("/desk", {"act": "drop", "what": "list", "name": "=Výstava"}).status_code == 303
        left = from_json(Desk, jana.get("/desk/desk.json").content)
        assert (left.lists, left.notes) == ((), ())

    @pytest.mark.parametrize("about", ["/volume/00000000-0000-0000-0000-000000000000", "/etc", "https://x", "/volume/"])
    def test_what_is_not_there_gets_on_no_list(self, room: Room, about: str) -> None:
        assert room.browser(JANA).post("/desk", {"act": "entry", "name": "a", "about": about}).status_code == 404

    @pytest.mark.parametrize("act", [{}, {"act": "evil"}, {"act": "withdraw", "proposal": "x"}])
    def test_an_unknown_wish_is_400(self, room: Room, act: dict[str, str]) -> None:
        assert room.browser(JANA).post("/desk", act).status_code == 400


_text = st.text(st.characters(codec="utf-8"), max_size=30)


class TestDeskFile:
    @given(
        account=_text,
        searches=st.lists(st.builds(Search, _text, _text, _text), max_size=3),
        lists=st.lists(st.builds(Listed, _text, st.tuples(st.builds(Entry, _text, _text, _text))), max_size=3),
        notes=st.lists(st.builds(Note, _text, _text, _text), max_size=3),
    )
    def test_what_is_written_is_read(
        self, account: str, searches: list[Search], lists: list[Listed], notes: list[Note]
    ) -> None:
        desk = Desk(account, tuple(searches), tuple(lists), tuple(notes))
        assert from_json(Desk, to_json(desk)) == desk

    @pytest.mark.parametrize("account", ["jana", "../jana", "", ".", "x" * 400, "jana@example.org", "a/b\\c", "Žofie"])
    def test_every_account_has_a_file_of_its_own(self, account: str, tmp_path: Path) -> None:
        with changing(tmp_path / "desks", account) as held:
            held[0] = held[0].with_note(Note("x", WHEN))
        assert desk_of(tmp_path / "desks", account).notes == (Note("x", WHEN),)
        assert desk_of(tmp_path / "desks", account + "2").notes == ()
        assert {path.parent for path in tmp_path.rglob("*.json")} == {tmp_path / "desks"}

    def test_there_is_an_end_to_it(self) -> None:
        desk = Desk("a", notes=(Note("x", WHEN),) * MOST)
        with pytest.raises(ValueError, match="many"):
            desk.with_note(Note("y", WHEN))
        with pytest.raises(ValueError, match="note"):
            Desk("a").with_note(Note("y" * 4001, WHEN))


class TestFields:
    @pytest.mark.parametrize("case", ["monograph", "monograph-volume", "map", "graphic", "sheetmusic", "issue"])
    def test_a_full_description_goes_through_its_form_unchanged(self, case: str) -> None:
        volume = full(case)
        fields, values = editable(volume), plain(volume.description)
        form: dict[str, str] = {}
        for field in fields:
            value = values[field.name]
            rows = [value] if field.single else value if field.parts else []
            for number, row in enumerate(rows):
                form |= {
                    f"{field.name}.{number}.{name}": _typed(cell) for name, cell in row.items() if cell is not False
                }
            if not field.parts:
                form[field.name] = "\n".join(value) if isinstance(value, list) else value
        told = read_form(form, fields)
        assert {name: values[name] for name in told} == told
        assert faults(volume) == ()
        assert "title" in {field.name for field in fields if field.duty is Duty.MANDATORY}


def _typed(cell: object) -> str:
    if isinstance(cell, list):
        return "; ".join(cell)
    return "1" if cell is True else str(cell)
