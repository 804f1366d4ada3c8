"""What the journal says of copies: kept where, and when and how they were last read; and how safe that makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from repository.journal import Journal, Json
from repository.ledger import Ledger, read_ledger
from repository.policy import Policy, Standing, safety
from repository.verify import MANIFEST, TAG_MANIFEST, Verdict
from tests.bags import AGENT, BOOK, OTHER

STORED: dict[str, Json] = {"version": "v0001", "files": 5, "bytes": 700, "manifest": "aa", "tagmanifest": "bb"}
PLACES = {
    "a": Standing("disk", "Liberec", "flood"),
    "b": Standing("disk", "Jablonec", "fire"),
    "c": Standing("tape", "Jablonec", "fire"),
}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    hours = iter(range(24))
    made = Journal(tmp_path / "journal", clock=lambda: f"2026-11-22T{next(hours):02d}:00:00+00:00")
    made.create()
    return made


def stored(journal: Journal, place: str, kind: str = "stored", version: str = "v0001") -> None:
    journal.append(kind, BOOK, STORED | {"place": place, "version": version}, AGENT)


def checked(journal: Journal, place: str, verdict: str) -> None:
    facts: dict[str, Json] = {"version": "v0001", "place": place, "verdict": verdict, "run": "A-1"}
    journal.append("checked", BOOK, facts, AGENT)


class TestLedger:
    def test_an_empty_journal_keeps_nothing(self, journal: Journal) -> None:
        assert read_ledger(journal) == Ledger()

    def test_a_copy_that_was_read_back_is_intact_since_then(self, journal: Journal) -> None:
        stored(journal, "a")
        stored(journal, "b", "replicated")
        (kept,) = read_ledger(journal).of(BOOK)
        assert (kept.bytes, kept.files, kept.manifests) == (700, 5, {MANIFEST: "aa", TAG_MANIFEST: "bb"})
        assert set(kept.replicas) == {"a", "b"}
        assert kept.replicas["b"].intact == kept.replicas["b"].since != kept.replicas["a"].since
        assert kept.known.places == {"a", "b"}

    def test_the_last_reading_counts(self, journal: Journal) -> None:
        stored(journal, "a")
        checked(journal, "a", "intact")
        checked(journal, "a", "damaged")
        (replica,) = read_ledger(journal).replicas()
        assert replica.verdict is Verdict.DAMAGED
        assert replica.since < replica.intact < replica.read
        assert replica.run == "A-1"

    def test_a_repaired_copy_is_intact_again_and_as_old_as_before(self, journal: Journal) -> None:
        stored(journal, "a")
        checked(journal, "a", "missing")
        stored(journal, "a", "repaired")
        (replica,) = read_ledger(journal).replicas()
        assert replica.verdict is Verdict.INTACT
        assert replica.since < replica.intact

    def test_readings_of_what_was_never_stored_are_left_out(self, journal: Journal) -> None:
        checked(journal, "a", "intact")
        journal.append("checked", "*", {"version": "v0001", "place": "a"}, AGENT)
        stored(journal, "b")
        checked(journal, "a", "intact")
        assert [replica.place for replica in read_ledger(journal).replicas()] == ["b"]

    def test_versions_come_in_their_order(self, journal: Journal) -> None:
        for version in ("v10000", "v0002", "v9999"):
            stored(journal, "a", version=version)
        assert [kept.version for kept in read_ledger(journal).of(BOOK)] == ["v0002", "v9999", "v10000"]
        assert read_ledger(journal).of(OTHER) == ()

    def test_a_line_that_was_altered_says_nothing(self, journal: Journal) -> None:
        stored(journal, "a")
        checked(journal, "a", "damaged")
        (month,) = journal.root.glob("*.jsonl")
        month.write_bytes(month.read_bytes().replace(b'"damaged"', b'"intact"'))
        (replica,) = read_ledger(journal).replicas()
        assert replica.run == ""


class TestPolicy:
    def kept(self, journal: Journal, *places: str) -> Ledger:
        for place in places:
            stored(journal, place)
        return read_ledger(journal)

    @pytest.mark.parametrize(
        ("places", "policy", "safe"),
        [
            ("abc", Policy(3, 2, 2), True),
            ("ab", Policy(3, 2, 2), False),
            ("ab", Policy(2, 2, 1), True),
            ("ab", Policy(2, 2, 2), False),
            ("bc", Policy(2, 2, 1), False),
            ("a", Policy(1, 1, 1), True),
        ],
    )
    def test_copies_sites_and_media_are_counted(
        self, journal: Journal, places: str, policy: Policy, *, safe: bool
    ) -> None:
        (kept,) = self.kept(journal, *places).of(BOOK)
        found = safety(kept, PLACES, policy)
        assert found.safe is safe
        assert found.places == tuple(places)

    @pytest.mark.parametrize("verdict", ["damaged", "missing", "unexpected", "unreadable", "unknown"])
    def test_only_a_copy_last_found_whole_counts(self, journal: Journal, verdict: str) -> None:
        self.kept(journal, "a", "b")
        checked(journal, "b", verdict)
        (kept,) = read_ledger(journal).of(BOOK)
        assert safety(kept, PLACES, Policy(2, 1, 1)).copies == 1

    def test_a_place_that_the_settings_no_longer_name_does_not_count(self, journal: Journal) -> None:
        (kept,) = self.kept(journal, "a", "gone").of(BOOK)
        assert safety(kept, PLACES, Policy()).places == ("a",)

    def test_places_that_do_not_say_where_they_stand_count_as_one_site(self, journal: Journal) -> None:
        (kept,) = self.kept(journal, "a", "b").of(BOOK)
        silent = {"a": Standing("disk", ""), "b": Standing("disk", "")}
        assert safety(kept, silent, Policy()).sites == 1
        half = {"a": Standing("disk", "Liberec"), "b": Standing("disk", "")}
        assert safety(kept, half, Policy()).sites == 1
