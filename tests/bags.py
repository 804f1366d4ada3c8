"""Small bags, places and stores for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from metadata.event import Agent
from metadata.file import FileRef, describe
from metadata.model import VolumeId, volume_id
from repository.bag import write_bag
from repository.directory_place import DirectoryPlace
from repository.journal import Journal
from repository.store import Store

BOOK = volume_id("3fa2c1de-0000-4000-8000-00000000000a")
OTHER = volume_id("3fb2c1de-0000-4000-8000-00000000000b")
AGENT = Agent("kdr", "0.1.0")
PAGES = {
    "data/mets.xml": b"<mets/>",
    "data/mc/mc_0001.jp2": b"master" * 500,
    "data/txt/strana 1.txt": "Příliš".encode(),
}


def make_bag(
    folder: Path, object_id: VolumeId = BOOK, files: Mapping[str, bytes] = PAGES, info: Mapping[str, str] | None = None
) -> Path:
    """A valid bag of `object_id` in the new folder `folder`."""
    payload: dict[str, FileRef] = {}
    (folder / "data").mkdir(parents=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        payload[path] = describe(folder / path, folder, md5=False)
    facts = {"External-Identifier": f"uuid:{object_id}", "Bagging-Date": "2026-11-22"} | dict(info or {})
    write_bag(folder, payload, facts, durable=False)
    return folder


def make_store(root: Path, *, quota: int | None = None) -> Store:
    """A store with a primary place, a replica and a journal, each a new folder below `root`."""
    places = (
        DirectoryPlace("hlavní", root / "primary", site="Liberec", quota=quota),
        DirectoryPlace("kopie", root / "replica", site="Jablonec"),
    )
    for place in places:
        place.create()
    journal = Journal(root / "journal")
    journal.create()
    return Store(places, journal)


def two_books(root: Path) -> Path:
    """A store as `make_store` makes it in the new folder `root`, with BOOK and OTHER in both places."""
    store = make_store(root)
    for book in (BOOK, OTHER):
        store.take(make_bag(root.with_name(f"{root.name}-{book}"), book), book, AGENT)
    return root


def opened_store(root: Path) -> Store:
    """The store that `make_store` made below `root`."""
    places = (DirectoryPlace("hlavní", root / "primary"), DirectoryPlace("kopie", root / "replica"))
    return Store(places, Journal(root / "journal"))


def staged(root: Path) -> list[str]:
    """What lies in the staging folders of both places of a store below `root`, but their locks."""
    return [
        path.name for name in ("primary", "replica") for path in (root / name / ".staging").iterdir() if path.is_dir()
    ]
