"""The pages of archivists and operators: numbers as commands give them, nothing of others, no row written."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest

from metadata.wording import Tongue
from repository.catalogue.presentation import TABLES, Speech
from repository.catalogue.rights.audience import Audience
from repository.catalogue.standing.safety_page import speed
from repository.catalogue.standing.work import ready, spent
from repository.catalogue.standing.work_page import STANDINGS
from tests.homes import kdr
from tests.standing_home import (
    ARCHIVIST,
    ARCHIVIST_OF_LIBRARY,
    OF_LIBRARY,
    OF_MUSEUM,
    OPERATOR,
    OURS,
    READER,
    THEIRS,
    asked,
    filled_home,
)
from workflows.capacity import capacity
from workflows.contact_sheet import contact_sheet
from workflows.settings import Home
from workflows.standing import standing


@dataclass(frozen=True, slots=True)
class Stand:
    """A home with the batches `mixed` (of both institutions) and `alone` (the museum's)."""

    home: Home
    mixed: str
    alone: str

    def volume(self, folder: str) -> str:
        """The identifier of the volume delivered in `folder`."""
        return str(self.rows("select volume from batch_volume where folder = ?", folder)[0][0])

    def rows(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        """What the catalogue's file answers."""
        with closing(sqlite3.connect(self.home.catalogue)) as connection:
            return connection.execute(sql, values).fetchall()

    def texts(self, audience: Audience, *paths: str) -> list[str]:
        """What pages say."""
        found = asked(self.home, audience, *paths)
        assert [answer.status_code for answer in found] == [200] * len(paths), paths
        return [unescape(answer.text) for answer in found]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Stand:
    return Stand(*filled_home(tmp_path_factory.mktemp("standing")))


class TestWork:
    def test_what_waits_is_told_with_its_reason_and_what_to_do(self, stand: Stand) -> None:
        (page,) = stand.texts(OPERATOR, "/work")
        assert "Muzejní sbírka" in page
        assert "má jen 72 dpi" in page
        assert "Co dělat:" in page
        assert f"/work/{stand.mixed}" in page

    def test_the_numbers_are_those_of_the_command(self, stand: Stand) -> None:
        (answer,) = asked(stand.home, OPERATOR, f"/work/{stand.mixed}.json")
        done = kdr("batch", "status", stand.mixed, "--json", home=stand.home.folder)
        command, told = json.loads(done.stdout), answer.json()
        states = [page["state"] for volume in command["volumes"] for page in volume["pages"]]
        assert told["pages"] == len(states) == 5
        for name, state in (("done", "done"), ("bad", "bad"), ("broken", "broken"), ("todo", "left")):
            assert told[name] == states.count(state), name
        assert "no-store" in answer.headers["cache-control"]

    def test_an_institution_sees_its_own_volumes_and_their_sums(self, stand: Stand) -> None:
        library, museum = (
            asked(stand.home, who, f"/work/{stand.mixed}.json")[0].json() for who in (OF_LIBRARY, OF_MUSEUM)
        )
        assert (library["volumes"], library["pages"], library["waiting"]) == (1, 3, 0)
        assert (museum["volumes"], museum["pages"], museum["waiting"]) == (1, 2, 1)

    def test_nothing_of_others_is_told_anywhere(self, stand: Stand) -> None:
        tables = ("batch", "batch_volume", "batch_page", "batch_step", "batch_finding", "capacity_share")
        paths = [f"/catalogue/{table}.json?_size=max" for table in tables]
        paths += [
            "/work",
            f"/work/{stand.mixed}",
            "/capacity",
            f"/where?q={stand.volume('sbirka')}",
            "/where?q=Muzejní",
        ]
        for answer in asked(stand.home, OF_LIBRARY, *paths):
            assert answer.status_code == 200, answer.url
            text = answer.text.replace(str(answer.url.query, "ascii"), "")
            hidden = ("sbirka/", "Muzejn\\u00ed", "Severo", THEIRS, stand.alone, stand.volume("tisk"))
            assert [each for each in hidden if each in text] == [], answer.url
        gone = [f"/work/{stand.alone}", f"/work/{stand.alone}.json", "/work/nic"]
        assert [answer.status_code for answer in asked(stand.home, OF_LIBRARY, *gone)] == [404] * 3

    def test_the_batch_is_there_for_every_institution_in_it(self, stand: Stand) -> None:
        for who, count in ((OPERATOR, 2), (OF_MUSEUM, 2), (OF_LIBRARY, 1)):
            (answer,) = asked(stand.home, who, "/catalogue/batch.json")
            assert answer.json()["filtered_table_rows_count"] == count

    def test_the_contact_sheet_is_that_of_the_report(self, stand: Stand) -> None:
        sheet, _ = contact_sheet(standing(stand.home.batches / stand.mixed))
        assert tuple(sheet) == STANDINGS
        expected = [card.page.subject for part in STANDINGS for card in sheet[part]]
        (page,) = stand.texts(OPERATOR, f"/work/{stand.mixed}")
        shown = re.findall(r'<li class="(?:stopped|warning|fine)">.*?(\w+/\d+\.tif)', page, re.DOTALL)
        assert shown == expected
        assert shown[0] == "sbirka/0002.tif"

    def test_pages_are_chosen_by_finding_and_standing(self, stand: Stand) -> None:
        address = f"/work/{stand.mixed}"
        found, stopped, fine, odd = stand.texts(
            OPERATOR,
            f"{address}?code=P012",
            f"{address}?show=stopped",
            f"{address}?show=fine",
            f"{address}?show=x&sheet=9e9",
        )
        cards = re.compile(r'<li class="(stopped|warning|fine)">')
        assert cards.findall(found) == cards.findall(stopped) == ["stopped"]
        assert set(cards.findall(fine)) == {"fine"}
        assert len(cards.findall(odd)) == 5

    def test_stored_pages_have_a_picture_and_a_link_others_their_number(self, stand: Stand) -> None:
        (page,) = stand.texts(OPERATOR, f"/work/{stand.mixed}")
        volume = stand.volume("kniha")
        assert page.count(f"/volume/{volume}/page/") == 3
        assert page.count("/full/!200,300/0/default.jpg") == 3
        assert page.count("unseen-page") == 2


class TestWho:
    @pytest.mark.parametrize("path", ["/work", "/where", "/capacity", "/safety", "/work/nic"])
    def test_readers_have_none_of_these_pages(self, stand: Stand, path: str) -> None:
        (answer,) = asked(stand.home, READER, path)
        assert answer.status_code == 403

    def test_each_role_has_its_own(self, stand: Stand) -> None:
        paths = ("/work", "/where", "/capacity", "/safety")
        for who, expected in (
            (OF_MUSEUM, [200, 200, 403, 403]),
            (OPERATOR, [200, 200, 200, 403]),
            (ARCHIVIST, [200] * 4),
        ):
            assert [answer.status_code for answer in asked(stand.home, who, *paths)] == expected

    def test_no_page_writes_a_row(self, stand: Stand) -> None:
        def state() -> list[str]:
            told = [str(stand.rows(f"select * from {table}")) for table in TABLES]  # noqa: S608 - our own names
            return [hashlib.sha256(each.encode()).hexdigest() for each in told]

        before = state()
        asked(stand.home, ARCHIVIST, "/work", f"/work/{stand.mixed}", "/safety", "/capacity", "/where?q=kniha")
        assert state() == before


class TestWhere:
    @pytest.mark.parametrize("typed", ["kniha", "A 1", "a 1", "domaci KNIHA", "uuid"])
    def test_a_stored_book_is_found_and_its_copies_told(self, stand: Stand, typed: str) -> None:
        wish = f"uuid:{stand.volume('kniha')}" if typed == "uuid" else typed
        (page,) = stand.texts(OF_LIBRARY, f"/where?q={wish}")
        assert "Domácí kniha" in page
        assert "Počet dobrých kopií: 2" in page
        assert "Převzato z dodávky smisena" in page
        assert "Zabaleno jako v0001" in page
        moments = re.findall(r'<time datetime="([^"]+)"', page)
        assert len(moments) >= 5
        assert [each[:19] for each in moments] == sorted((each[:19] for each in moments), reverse=True)

    @pytest.mark.parametrize("typed", ["sbirka", "Muzejní sbírka"])
    def test_a_waiting_one_says_since_when_and_why(self, stand: Stand, typed: str) -> None:
        (page,) = stand.texts(OF_MUSEUM, f"/where?q={typed}")
        assert "Čeká od" in page
        assert "má jen 72 dpi" in page
        assert "čtení textu: 1 z 2" in page

    def test_a_barcode_leads_to_its_volume(self, stand: Stand) -> None:
        with closing(sqlite3.connect(stand.home.catalogue)) as connection, connection:
            connection.execute("update batch_volume set barcode = '2610' where folder = 'kniha'")
        for who, said in ((OF_LIBRARY, "Domácí kniha"), (OF_MUSEUM, "tu nikdo nezná")):
            (page,) = stand.texts(who, "/where?q=2610")
            assert said in page

    def test_a_page_leads_to_its_volume(self, stand: Stand) -> None:
        ((page_id,),) = stand.rows("select uuid from page where volume = ? limit 1", stand.volume("kniha"))
        (page,) = stand.texts(OF_LIBRARY, f"/where?q={page_id}")
        assert "Domácí kniha" in page

    def test_several_are_a_list_and_none_is_said(self, stand: Stand) -> None:
        several, none, empty = stand.texts(OPERATOR, f"/where?q={stand.alone}", "/where?q=%22%3Cscript%3E", "/where")
        assert "Muzejní tisk" in several
        assert "<script" not in none.split("</header>")[1].replace('„"<script>“', "").replace('value=""<script>"', "")
        assert "tu nikdo nezná" in none
        assert "tu nikdo nezná" not in empty

    def test_a_number_of_the_museum_is_nobodys_at_the_library(self, stand: Stand) -> None:
        for typed in ("tisk", stand.volume("tisk"), "Muzejní tisk"):
            (page,) = stand.texts(OF_LIBRARY, f"/where?q={typed}")
            assert "tu nikdo nezná" in page


class TestCapacity:
    def test_the_rows_are_the_figures_of_the_command(self, stand: Stand) -> None:
        now = capacity(stand.home)
        rooms = {name: rest for name, *rest in stand.rows("select name, used, full_on, earliest, latest from capacity")}
        assert rooms == {
            room.name: [room.used, room.full or None, room.earliest or None, room.latest or None]
            for room in (now.quota, *now.places)
        }
        shares = stand.rows("select institution, objects, pages, bytes from capacity_share order by 1")
        assert shares == [(each.sigla, each.objects, each.pages, each.bytes) for each in now.shares]
        assert [row[0] for row in shares] == [OURS, THEIRS]
        # The rate depends on the moment only where nothing is older than a day.
        assert stand.rows("select days, bytes_per_day from capacity_rate order by 1") == [
            (each.days, each.bytes_per_day) for each in now.rates
        ]

    def test_months_add_up_to_what_is_used(self, stand: Stand) -> None:
        (page,) = stand.texts(OPERATOR, "/capacity")
        speech = Speech(Tongue.CS)
        used = capacity(stand.home).quota.used
        assert speech.sized(used) in _cells(page)
        assert page.count("<svg") == 5
        assert page.count('role="img"') == 5

    def test_an_institution_sees_its_own_share_only(self, stand: Stand) -> None:
        (page,) = stand.texts(OF_LIBRARY, "/capacity")
        assert "Kapacita celkem" not in page
        assert "Krajská vědecká knihovna" in page


def _cells(page: str) -> Sequence[str]:
    return re.findall(r'<td class="int">([^<]+)</td>', page)


class TestSafety:
    def test_every_link_opens(self, stand: Stand) -> None:
        (page,) = stand.texts(ARCHIVIST, "/safety")
        links = set(re.findall(r'href="(/[^"]+)"', page.split("<main")[1]))
        assert len(links) > 10
        answers = asked(stand.home, ARCHIVIST, *sorted(links))
        assert [str(answer.url) for answer in answers if answer.status_code not in (200, 302)] == []

    def test_copies_are_counted_by_place(self, stand: Stand) -> None:
        (page,) = stand.texts(ARCHIVIST, "/safety")
        for place in stand.home.settings.place:
            assert place.name in page
        assert "Žádná kopie není poškozená." in page
        ((copies,),) = stand.rows("select count(*) from copy")
        assert f"Kopií celkem: {copies}" in page

    def test_an_institution_sees_its_own_copies(self, stand: Stand) -> None:
        (page,) = stand.texts(ARCHIVIST_OF_LIBRARY, "/safety")
        assert "Kopií celkem: 2" in page
        assert "Muzejní" not in page

    def test_english_is_english(self, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KDR_LANGUAGE", "en")
        (page,) = stand.texts(ARCHIVIST, "/safety")
        assert "What must be read" in page
        assert "Co je třeba" not in page


class TestFigures:
    @pytest.mark.parametrize(
        ("seconds", "said"), [(20, "1 min"), (3540, "59 min"), (7500, "2 h 5 min"), (200_000, "2 d 7 h")]
    )
    def test_lengths_of_time(self, seconds: float, said: str) -> None:
        assert spent(seconds, Speech(Tongue.EN)) == said

    def test_decimals_are_written_as_the_tongue_does(self) -> None:
        assert (Speech(Tongue.EN).decimal(1234.56), Speech(Tongue.CS).decimal(0.5, 2)) == ("1,234.6", "0,50")
        assert Speech(Tongue.CS).decimal(-0.5) == "-0,5"

    def test_it_is_ready_when_the_pages_left_are_done_at_that_pace(self) -> None:
        row = {
            "working": 1,
            "moving": 1,
            "pages_per_minute": 30.0,
            "awaited": 45,
            "looked": "2026-11-23T08:00:00+00:00",
        }
        assert ready(row) == "2026-11-23T08:01:30+00:00"
        assert [ready(row | {name: 0}) for name in ("working", "moving", "pages_per_minute")] == [""] * 3

    def test_the_speed_of_an_audit(self) -> None:
        assert speed({"bytes": 3_000_000, "seconds": 2.0}) == 1.5
        assert speed({"bytes": None, "seconds": 2.0}) is speed({"bytes": 5, "seconds": None}) is None


def test_the_script_asks_nobody_else(stand: Stand) -> None:
    script, style = asked(stand.home, OPERATOR, "/assets/standing.js", "/assets/standing.css")
    assert "http" not in script.text
    assert "url(" not in style.text
