"""Replicas and repair where one copy lies in a bucket: to it, from it, and out of what both have right."""

from __future__ import annotations

from pathlib import Path

import pytest

from repository.bucket import Bucket
from repository.fixity import check
from repository.incident import State
from repository.repair import repair_copy
from repository.replica import replicate
from repository.store import Store
from repository.verify import Verdict
from tests.bags import AGENT, BOOK, PAGES, make_bag
from tests.s3_server import fresh_bucket, keys, look, made_place, started_server, tamper
from tests.three_copies import incident, kept, only, spoil, three, version

__all__ = ["fresh_bucket", "started_server"]

MASTER, METS = "data/mc/mc_0001.jp2", "data/mets.xml"

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "repository"


@pytest.fixture
def store(root: Path, tmp_path: Path, bucket: Bucket) -> Store:
    """A folder that BOOK was stored in, and a bucket that it was replicated to."""
    folder = only(three(root), "hlavni")
    folder.take(make_bag(tmp_path / "bag"), BOOK, AGENT)
    made = Store((folder.primary, made_place(bucket)), folder.journal)
    assert [each.source for each in replicate(made, AGENT).copied] == ["hlavni"]
    return made


def key(store: Store, path: str) -> str:
    """Where a file of the version lies in the bucket."""
    (found,) = [each for each in keys(store.places[1]) if each.endswith(path) and ".quarantine" not in each]
    return found


def verdicts(store: Store) -> list[Verdict]:
    return [check(place, kept(store)).verdict for place in store.places]


def test_a_damaged_copy_in_the_bucket_is_replaced_and_kept_aside(store: Store) -> None:
    tamper(store.places[1], key(store, METS), b"damaged")
    assert verdicts(store) == [Verdict.INTACT, Verdict.DAMAGED]
    done = repair_copy(store, incident(store, "hlavní").id, AGENT).incident
    assert (done.state, done.source) == (State.REPAIRED, "hlavni")
    aside = done.quarantine.removeprefix(f"{store.places[1].where}/")
    assert b"damaged" in {look(store.places[1], each) for each in keys(store.places[1]) if each.startswith(aside)}
    assert verdicts(store) == [Verdict.INTACT, Verdict.INTACT]


def test_a_damaged_folder_is_mended_from_the_bucket(store: Store, root: Path) -> None:
    spoil(version(root, "hlavni") / MASTER)
    done = repair_copy(store, incident(store, "hlavni").id, AGENT).incident
    assert (done.state, done.source) == (State.REPAIRED, "hlavní")
    assert (version(root, "hlavni") / MASTER).read_bytes() == PAGES[MASTER]


def test_both_damaged_in_different_files_the_bucket_first(store: Store, root: Path) -> None:
    """The bucket is emptied before it is written anew: what it alone had right is kept elsewhere meanwhile."""
    spoil(version(root, "hlavni") / MASTER)
    tamper(store.places[1], key(store, METS), None)
    done = repair_copy(store, incident(store, "hlavní").id, AGENT).incident
    assert (done.state, done.source) == (State.REPAIRED, "hlavni + hlavní")
    repair_copy(store, incident(store, "hlavni").id, AGENT)
    assert verdicts(store) == [Verdict.INTACT, Verdict.INTACT]


def test_it_is_handed_out_from_the_bucket_while_the_folder_is_away(store: Store, root: Path, tmp_path: Path) -> None:
    (root / "hlavni").rename(root / "cupboard")
    out = store.export(BOOK, tmp_path / "out")
    assert {path: (out / path).read_bytes() for path in PAGES} == PAGES
