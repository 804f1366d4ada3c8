"""Small NDK packages with provenance, stored as workflows.volume makes them, and their catalogue, for tests."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from datasette.app import Datasette

from metadata.alto import to_alto
from metadata.description import Description
from metadata.file import Digests, FileRef, Reader
from metadata.finding import Finding
from metadata.model import Page, PageRecord, Provenance, Volume, VolumeId, VolumeRecord, new_page_id, new_volume_id
from metadata.ndk import layout
from metadata.ndk.layout import Use
from metadata.ndk.package import placed, psp_documents
from metadata.record import to_json, to_pretty_json
from metadata.text import PageText
from repository.bag import write_bag
from repository.catalogue.build import Built, build
from repository.catalogue.house import Config, House
from repository.catalogue.presentation import TABLES, VIEWS
from repository.catalogue.rights.audience import EVERYWHERE, Audience, Role, answering
from repository.catalogue.serve import application
from repository.catalogue.signing.session import COOKIE, issue
from repository.directory_place import DirectoryPlace
from repository.store import Store
from tests.bags import AGENT, make_store
from tests.page_records import CREATED, KDR, description, page_record
from tests.page_texts import page_of

ALL = (*TABLES, *VIEWS)
KEEPER = Audience("keeper", frozenset({Role.ARCHIVIST}), frozenset({EVERYWHERE}), on_premises=True)
"""Sees everything."""


@dataclass(frozen=True, slots=True)
class BookPage:
    """What the tests say of a page: the words read on it, how surely, its type and findings."""

    text: PageText
    confidence: float = 0.9
    kind: str = "normalPage"
    blank: bool = False
    findings: tuple[Finding, ...] = ()
    alto: bytes | None = None


def book(folder: Path, name: str, pages: Sequence[BookPage | str], about: Description | None = None) -> VolumeId:
    """Make the bag of the volume `name` in the new folder `folder`; a page given as text has nothing special."""
    volume = new_volume_id(name)
    told = [page if isinstance(page, BookPage) else BookPage(page_of(page)) for page in pages]
    held = tuple(
        Page(new_page_id(volume, f"{order:03d}.tif"), order, f"{order:03d}.tif", label=str(order), type=page.kind)
        for order, page in enumerate(told, start=1)
    )
    finished(folder, Volume(volume, name, about or description(), held), told)
    return volume


def finished(folder: Path, volume: Volume, told: Sequence[BookPage], created: str = CREATED) -> None:
    """Make the bag of `volume` in the new folder `folder`; `told` are its pages in order, as they were read."""
    made = [_page(volume.id, page, read) for page, read in zip(volume.pages, told, strict=True)]
    contents = {path: content for _, files in made for path, content in files.items()}
    bag_of(folder, VolumeRecord(volume, tuple(record for record, _ in made), KDR, created), contents)


def bag_of(folder: Path, record: VolumeRecord, contents: dict[str, bytes], findings: tuple[Finding, ...] = ()) -> None:
    """Write a bag: `contents` are the pages' files by their path in the package."""
    volume = record.volume
    whence = Provenance(volume, "2026-11-22-01", "dodavka", CREATED, record.created, record.maker, findings)
    documents = {f"data/{volume.id}/{path}": content for path, content in (contents | psp_documents(record)).items()}
    documents |= {
        "data/provenance/volume.json": to_pretty_json(whence),
        "data/provenance/pages.jsonl": b"".join(to_json(page) + b"\n" for page in record.pages),
        "data/provenance/steps.jsonl": b"",
        "data/provenance/premis.xml": b"<premis/>",
        "data/provenance/sidecars/volume.toml": b"title = 'x'\n",
    }
    payload: dict[str, FileRef | Digests] = {}
    for path, content in documents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        payload[path] = _digests(content)
    info = {"External-Identifier": volume.id, "External-Description": volume.description.title}
    write_bag(folder, payload, info, durable=False)


def _page(volume: VolumeId, page: Page, told: BookPage) -> tuple[PageRecord, dict[str, bytes]]:
    record, order = page_record(page, volume), page.order
    words = sum(1 for _ in told.text.words())
    alto = to_alto(told.text, image_name="mc.jp2", when=CREATED, order=order) if told.alto is None else told.alto
    files = {
        Use.MASTER: f"master of {record.page.id}".encode() * 3,
        Use.USER: f"user copy of {record.page.id}".encode(),
        Use.ALTO: alto,
        Use.TXT: told.text.plain().encode(),
    }
    refs = {use: _ref(layout.name(volume, use, order), files[use], use) for use in files}
    record = replace(
        record,
        master=refs[Use.MASTER],
        user=refs[Use.USER],
        alto=refs[Use.ALTO],
        txt=refs[Use.TXT],
        words=words,
        confidence=told.confidence if words else -1.0,
        blank=told.blank,
        findings=told.findings,
    )
    return record, {placed(volume, record)[use].path: files[use] for use in files}


def _ref(name: str, content: bytes, use: Use) -> FileRef:
    digests = _digests(content)
    return FileRef(name, digests.size, digests.sha512, digests.md5, layout.GROUPS[use].media_type)


def _digests(content: bytes) -> Digests:
    reader = Reader()
    reader.take(content)
    return reader.digests()


class Shelf:
    """A store and its catalogue in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        with patch.object(os, "fsync"):  # what a power cut does is tested with the store
            self.store: Store = make_store(root)
        self.database = root / "catalogue" / "catalogue.db"

    def keep(self, name: str, *pages: BookPage | str, **about: object) -> VolumeId:
        """Store a volume; another one of the same name is a new version of it. `about` changes its description."""
        bag = self.root / "bag"
        told = replace(description(), **about)  # type: ignore[arg-type]
        object_id = book(bag, name, pages or ("Kůň stojí u zvonice", "druhá strana"), told)
        with patch.object(os, "fsync"):
            self.store.take(bag, object_id, AGENT)
        shutil.rmtree(bag)
        return object_id

    def shelve(self, volume: Volume, *texts: str, created: str = CREATED) -> VolumeId:
        """Store a volume of any kind; its pages bear `texts`, those without one are empty."""
        bag = self.root / "bag"
        read = [BookPage(page_of(*filter(None, [text]))) for text, _ in zip_longest(texts, volume.pages, fillvalue="")]
        finished(bag, volume, read, created)
        with patch.object(os, "fsync"):
            self.store.take(bag, volume.id, AGENT)
        shutil.rmtree(bag)
        return volume.id

    def build(self, *, anew: bool = False) -> Built:
        """Bring the catalogue up to date."""
        return build(self.database, self.store.primary, self.store.journal, anew=anew)

    def folder(self, object_id: VolumeId, version: str = "v0001") -> Path:
        """Where a stored bag lies."""
        place = self.store.primary
        assert isinstance(place, DirectoryPlace)
        return place.folder(object_id, version)

    def spoil(self, object_id: VolumeId, path: str, content: bytes) -> bytes:
        """Write over a stored file; what was in it."""
        target = self.folder(object_id) / path
        before = target.read_bytes()
        target.chmod(0o644)
        target.write_bytes(content)
        return before

    def rows(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        """What the catalogue's file answers."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql, values).fetchall()

    def dump(self, order: str = "") -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table and view, as it lies or in `order`."""
        return {table: self.rows(f"select * from {table} {order}") for table in ALL}  # noqa: S608 - our own names

    @property
    def house(self) -> House:
        """What the catalogue is served with; what nobody told the rights of may be seen by all."""
        return self.housed(Config(unknown_access="public", searches_per_second=1e6, images_per_second=1e6))

    def housed(self, config: Config) -> House:
        """The same with another configuration."""
        people = self.root / "people"
        return House(self.database, self.root / "images", people, config, places=lambda: (self.store.primary,))

    def get(self, *paths: str, audience: Audience = KEEPER, config: Config | None = None) -> list[Any]:
        """Datasette's answers to `audience`."""
        told = config or self.house.config
        premises = Config().premises if audience.on_premises else ()
        served = application(self.housed(replace(told, premises=premises)))
        try:
            return asyncio.run(_answers(served, paths, audience))
        finally:
            close(served)

    def json(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What Datasette answers, as values."""
        return self.get(path)[0].json()

    def found(self, words: str) -> int:
        """How many pages the search for `words` finds."""
        return int(self.json(f"/catalogue/page.json?_search={quote(words)}")["filtered_table_rows_count"])


def close(served: Datasette) -> None:
    """Let go of the threads and files of a Datasette."""
    served.executor.shutdown()
    for each in served.databases.values():
        each.close()


async def _answers(served: Datasette, paths: tuple[str, ...], audience: Audience) -> list[Any]:
    cookies = {COOKIE: issue(served, audience)} if audience.name else {}
    with answering(audience):
        return [await served.client.get(path, cookies=cookies) for path in paths]
