"""`kdr store hold`, `kdr disposal`: what an archivist does and is told, and what is left."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from metadata.markup import parse
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.disposal import Disposal, State
from repository.journal import Journal
from repository.ledger import read_ledger
from repository.persons import Person
from tests.bags import AGENT, OTHER, make_bag
from tests.homes import flip, kdr, make_home
from tests.page_texts import page_of
from tests.stored_volumes import BookPage, book
from workflows.founding import disks, open_store
from workflows.letting_go import disposals, execute, header, periods, signed
from workflows.settings import Home, load

EVA, JAN, OTO = (Person(name, name) for name in ("Eva", "Jan", "Oto"))


def stored(folder: Path, years: str = "monograph = 0", when: str = "") -> tuple[Home, VolumeId]:
    """A repository with one small book, stored now or `when`, and for how long its kind is kept."""
    home = make_home(folder / "home")
    with (home.folder / "kdr.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[retention]\n{years}\n")
    object_id = book(folder / "bag", "kniha", [BookPage(page_of("Kůň"))])
    store = open_store(home)
    journal = Journal(home.journal, clock=lambda: when) if when else store.journal
    replace(store, journal=journal).take(folder / "bag", object_id, AGENT)
    return load(home.folder), object_id


def approved(home: Home, object_id: VolumeId) -> Disposal:
    """The disposal of the object as if its period were over: nobody can wait a year."""
    known, asked_for = disposals(home), periods(home, [object_id])
    asked = known.propose(asked_for, "protokol", "§ 7", EVA, last_day(home, object_id))
    for person in (JAN, OTO):
        known.approve(asked.id, person)
    return asked


def last_day(home: Home, object_id: VolumeId) -> dt.date:
    """The first day on which the object may go."""
    until = periods(home, [object_id])[object_id].until
    assert until is not None
    return until


def test_the_type_and_the_settings_say_for_how_long(tmp_path: Path) -> None:
    home, object_id = stored(tmp_path, "monograph = 30")
    period = periods(home, [object_id])[object_id]
    assert (period.type, period.years) == ("monograph", 30)
    assert periods(home, [object_id], "2050-01-01")[object_id].start.year == 2050
    open_store(home).take(make_bag(tmp_path / "outside", OTHER), OTHER, AGENT)
    assert periods(home, [OTHER])[OTHER].until is None


def test_what_identifies_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, object_id = stored(tmp_path, "monograph = 1")
    told = header(open_store(home), object_id, "v0001")
    assert told.title
    assert told.pages == 1
    assert ("uuid", object_id) in told.identifiers
    asked, day = approved(home, object_id), last_day(home, object_id)
    monkeypatch.setattr("workflows.letting_go.today", lambda: day)
    assert execute(home, asked.id).state is State.EXECUTED
    assert read_ledger(open_store(home).journal).versions == {}
    stone = parse((home.journal / "tombstones" / f"{object_id}.xml").read_bytes())
    assert told.title in {element.text for element in stone.iter()}


def test_a_header_that_cannot_be_read_stops_the_deletion(tmp_path: Path) -> None:
    home, object_id = stored(tmp_path, "monograph = 1")
    asked = approved(home, object_id)
    for place in disks(home):
        flip(place.folder(object_id, "v0001") / "data/provenance/volume.json", 0)
    with pytest.raises(Problem) as caught:
        execute(home, asked.id)
    assert caught.value.finding.code == "S006"
    assert all(place.versions(object_id) for place in disks(home))


def test_who_signs_is_written_with_the_account(tmp_path: Path) -> None:
    assert signed("Eva") == Person("Eva", tmp_path.owner())


class TestCommands:
    """The commands as a person types them."""

    def test_a_hold_and_its_end(self, tmp_path: Path) -> None:
        home, object_id = stored(tmp_path)
        said = kdr("store", "hold", object_id, "--reason", "soudní spor", "--by", "Eva Malá", home=home.folder)
        assert (said.returncode, "h1" in said.stdout) == (0, True)
        blocked = kdr(
            "disposal", "propose", object_id, "--reason", "x", "--legal-basis", "§ 7", "--by", "Jan", home=home.folder
        )
        assert (blocked.returncode, "S088" in blocked.stderr) == (1, True)
        (held,) = json.loads(kdr("store", "holds", "--json", home=home.folder).stdout)
        assert (held["reason"], held["by"]) == ("soudní spor", "Eva Malá")
        assert "soudní spor" in kdr("store", "holds", home=home.folder).stdout
        ended = kdr("store", "release", object_id, "--reason", "konec", "--by", "Eva", home=home.folder)
        assert ended.returncode == 0
        told = kdr("store", "holds", home=home.folder, KDR_LANGUAGE="en")
        assert "Nothing is on hold." in told.stdout

    def test_kept_for_ever_is_not_even_proposed(self, tmp_path: Path) -> None:
        home, object_id = stored(tmp_path)
        said = kdr(
            "disposal", "propose", object_id, "--reason", "x", "--legal-basis", "§ 7", "--by", "Jan", home=home.folder
        )
        assert (said.returncode, "S089" in said.stderr, "∞" in said.stderr) == (1, True, True)
        assert json.loads(kdr("disposal", "list", "--json", home=home.folder).stdout) == []
        without = kdr("disposal", "propose", object_id, "--reason", "x", "--by", "Jan", home=home.folder)
        assert without.returncode == 2

    def test_from_proposal_to_execution(self, tmp_path: Path) -> None:
        home, object_id = stored(tmp_path, "monograph = 1", "2020-01-01T10:00:00+00:00")
        first = ("disposal", "propose", object_id, "--reason", "protokol 3", "--legal-basis", "§ 7", "--by", "Eva Malá")
        assert kdr(*first, "--trigger", "2999-01-01", home=home.folder).returncode == 1
        asked = kdr(*first, home=home.folder)
        assert (asked.returncode, "d20" in asked.stdout) == (0, True)
        (told,) = json.loads(kdr("disposal", "list", "--json", home=home.folder).stdout)
        own = kdr("disposal", "approve", told["id"], "--by", "eva mala", home=home.folder)
        assert (own.returncode, "S090" in own.stderr) == (1, True)
        assert "Chybí ještě jeden" in kdr("disposal", "approve", told["id"], "--by", "Jan", home=home.folder).stdout
        early = kdr("disposal", "execute", told["id"], home=home.folder)
        assert (early.returncode, "S091" in early.stderr) == (1, True)
        second = kdr("disposal", "approve", told["id"], "--by", "Oto", home=home.folder)
        assert (second.returncode, "Pozor" in second.stdout) == (0, True)
        assert "schváleno" in kdr("disposal", "list", home=home.folder).stdout
        done = kdr("disposal", "execute", told["id"], home=home.folder)
        assert (done.returncode, f"{object_id}.xml" in done.stdout) == (0, True)
        assert not any(place.versions(object_id) for place in disks(home))
        assert kdr("store", "verify", home=home.folder).returncode == 0

    def test_a_refused_one_is_not_executed(self, tmp_path: Path) -> None:
        home, object_id = stored(tmp_path, "monograph = 1", "2020-01-01T10:00:00+00:00")
        asked = approved(home, object_id)
        said = kdr("disposal", "refuse", asked.id, "--reason", "hodnota", "--by", "Jan", home=home.folder)
        assert "Zamítnuto" in said.stdout
        assert kdr("disposal", "execute", asked.id, home=home.folder).returncode == 1
        assert all(place.versions(object_id) for place in disks(home))
