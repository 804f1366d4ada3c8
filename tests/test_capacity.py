"""Capacity: used and free by place and owner, the day it is full, and nothing taken beyond the quota."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.model import VolumeId
from metadata.problem import Problem
from repository.journal import Journal
from repository.ledger import read_ledger
from tests.bags import AGENT, BOOK, OTHER, make_bag
from tests.homes import kdr, make_home
from tests.large_journals import entries
from workflows.capacity import WINDOWS, Room, capacity
from workflows.cli.capacity import bar
from workflows.drill import run_drill
from workflows.founding import open_store, require_quota, require_room
from workflows.settings import Home, load

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
OURS = {"Source-Organization": "Krajská knihovna (LIA001)", "Internal-Sender-Description": "200 pages, NDK package"}


def taken(home: Home, folder: Path, days_ago: int = 0, object_id: VolumeId = BOOK, **info: str) -> None:
    """Store a bag of 200 pages of LIA001 as if it had been stored `days_ago` before NOW."""
    when = (NOW - dt.timedelta(days=days_ago)).isoformat(timespec="seconds")
    store = open_store(home)
    bag = make_bag(folder, object_id, info=OURS | {key.replace("_", "-"): value for key, value in info.items()})
    replace(store, journal=Journal(home.journal, clock=lambda: when)).take(bag, object_id, AGENT)


def limited(home: Home, gigabytes: float) -> Home:
    """The repository with another quota."""
    file = home.folder / "kdr.toml"
    text, count = re.subn(
        r"^quota_gb = \S+", f"quota_gb = {gigabytes:.18f}", file.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert count == 1
    file.write_text(text, encoding="utf-8")
    return load(home.folder)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def test_an_empty_repository_is_never_full(home: Home) -> None:
    now = capacity(home, NOW)
    assert (now.quota.used, now.quota.full, now.shares, now.findings) == (0, "", (), ())
    assert now.quota.free == 16_000 * 10**9
    assert [rate.bytes_per_day for rate in now.rates] == [0.0] * 3
    assert all(place.free is not None and place.free > 0 for place in now.places)


def test_whose_it_is_and_what_a_page_takes(home: Home, tmp_path: Path) -> None:
    taken(home, tmp_path / "a")
    taken(home, tmp_path / "b", object_id=OTHER, Source_Organization="Muzeum", Internal_Sender_Description="spisy")
    now, size = capacity(home, NOW), read_ledger(open_store(home).journal).bytes
    nobodys, ours = now.shares
    assert (ours.sigla, ours.objects, ours.pages, ours.bytes_per_page) == ("LIA001", 1, 200, ours.bytes / 200)
    assert (nobodys.sigla, nobodys.objects, nobodys.pages, nobodys.bytes_per_page) == ("", 1, 0, 0.0)
    assert ours.bytes + nobodys.bytes == now.quota.used == size
    assert [place.used for place in now.places] == [size, size]


def test_the_rate_and_the_day_when_it_is_full(home: Home, tmp_path: Path) -> None:
    taken(home, tmp_path / "a", days_ago=80)
    one = read_ledger(open_store(home).journal).bytes
    taken(home, tmp_path / "b", days_ago=10, object_id=OTHER)
    home = limited(home, (4 * one) / 1e9)
    now = capacity(home, NOW)
    both = now.quota.used
    month, quarter, year = now.rates
    assert [rate.days for rate in now.rates] == list(WINDOWS)
    assert month.pages_per_day == pytest.approx(200 / 30)
    assert month.bytes_per_day == pytest.approx((both - one) / 30)
    assert quarter.pages_per_day == year.pages_per_day == pytest.approx(400 / 80)
    free = now.quota.free or 0
    fastest, slowest = max(r.bytes_per_day for r in now.rates), min(r.bytes_per_day for r in now.rates)
    days = [int(free / rate) for rate in (quarter.bytes_per_day, fastest, slowest)]
    told = [now.quota.full, now.quota.earliest, now.quota.latest]
    assert told == [(NOW.date() + dt.timedelta(days=each)).isoformat() for each in days]


def test_a_second_version_adds_bytes_and_no_pages(home: Home, tmp_path: Path) -> None:
    taken(home, tmp_path / "a", days_ago=200)
    first = capacity(home, NOW)
    store = open_store(home)
    store.take(make_bag(tmp_path / "b", files={"data/x": b"2"}, info=OURS), BOOK, AGENT)
    second = capacity(home, dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    assert second.quota.used > first.quota.used
    assert second.shares[0].pages == 200
    assert second.rates[0].pages_per_day == 0.0
    assert second.rates[0].bytes_per_day > 0


def test_a_soft_limit_is_told(home: Home, tmp_path: Path) -> None:
    taken(home, tmp_path / "a")
    used = capacity(home, NOW).quota.used
    home = limited(home, used / 0.9 / 1e9)
    (found,) = capacity(home, NOW).findings
    assert (found.code, found.subject, found.facts["percent"]) == ("S095", "quota", 90.0)
    assert capacity(limited(home, used / 0.8 / 1e9), NOW).findings == ()


def test_nothing_is_taken_beyond_the_quota(home: Home, tmp_path: Path) -> None:
    require_room(home, 10)
    taken(home, tmp_path / "a")
    used = capacity(home, NOW).quota.used
    home = limited(home, used / 1e9)
    require_quota(home, 0)
    with pytest.raises(Problem) as caught:
        require_quota(home, 1)
    assert caught.value.finding.code == "S096"
    with pytest.raises(Problem) as caught:
        require_room(home, 1)
    assert "S096" in str(caught.value)


def test_a_place_that_is_away_is_not_guessed_at(home: Home, tmp_path: Path) -> None:
    taken(home, tmp_path / "a")
    root = home.folder / (home.settings.place[1].path or "")
    root.rename(root.with_name("away"))
    first, second = capacity(home, NOW).places
    assert (first.free is None, second.free, second.full) == (False, None, "")
    assert second.used == first.used


def test_the_quota_counts_every_one_of_two_thousand_volumes(home: Home) -> None:
    entries(home, 2500)
    now = capacity(home, NOW)
    assert now.quota.used == 2500 * 6 * 10**9


@given(st.floats(0, 250))
@settings(max_examples=60)
def test_a_bar_has_always_its_width(percent: float) -> None:
    drawn = bar(percent)
    assert len(drawn) == 24
    assert (drawn == "·" * 24) == (percent == 0)
    assert (drawn == "█" * 24) == (percent >= 99.75 or round(percent / 100 * 192) >= 192)


@pytest.mark.parametrize(("used", "free", "percent"), [(1, 3, 25.0), (0, 0, 0.0), (5, 0, 100.0), (0, None, 0.0)])
def test_percent(used: int, free: int | None, percent: float) -> None:
    assert Room("x", used, free).percent == percent


def test_the_command_says_it_in_both_languages(home: Home, tmp_path: Path) -> None:
    taken(home, tmp_path / "a", days_ago=3)
    limited(home, 0.0000045)
    czech, english = kdr("capacity", home=home.folder), kdr("capacity", home=home.folder, KDR_LANGUAGE="en")
    assert (czech.returncode, english.returncode) == (0, 0)
    assert "kapacita" in czech.stdout
    assert "S095" in czech.stdout
    assert "LIA001" in english.stdout
    assert "it is full on" in english.stdout
    told = json.loads(kdr("capacity", "--json", home=home.folder).stdout)
    assert told["shares"][0]["pages"] == 200


def test_the_canary_takes_no_part(home: Home) -> None:
    entries(home, 3)
    before = capacity(home, NOW)
    run_drill(home)
    after = capacity(home, NOW)
    assert [share.sigla for share in after.shares] == [share.sigla for share in before.shares]
    assert after.rates[0].pages_per_day <= before.rates[0].pages_per_day
