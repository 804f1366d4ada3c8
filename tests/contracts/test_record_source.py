"""Every source of catalogue records: the suite that each must pass to be one (ingest.source.query.RecordSource)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.source.query import Hits, Key, KeyKind, RecordSource, load_source
from ingest.source.sru import INDEXES
from ingest.source.z3950 import ATTRIBUTES, CLIENT
from metadata.problem import Problem
from tests.catalogue_shelf import Book, marcxml
from tests.servers import HERE, XML, free_port, made_up_sru, made_up_z3950

BOOKS = (
    Book("nkc20050001", "Dějiny Liberce", isbn="80-85069-01-1", ccnb="cnb000000017", barcode="2610012345"),
    Book("nkc20050002", "Příliš žluťoučký kůň", isbn="80-85069-01-1", ccnb="cnb000000028"),
    Book("nkc20050003", "Časopis pro kraj", issn="1210-1168"),
    Book("Příbram č. 7", "Hrnčířství", barcode="ŽK 77/č"),
    Book('a"b\\c*?^; quit', "Kniha s divným číslem"),
)
HOSTILE = (
    'x"',
    '"',
    "\\",
    '\\"',
    'x" or "1"="1',
    'x"\nshell touch /tmp/kdr-was-here',
    "x\r\nquit\r\n",
    "@or @attr 1=4 a b",
    "*",
    "cql.allRecords = 1",
    "../../etc/passwd",
    "%22&operation=explain",
    "<!DOCTYPE x>",
    "x\0y",
    "x\ud800y",
    "\U0001f4da" * 1000,
)


@dataclass(frozen=True, slots=True)
class Library:
    """A source and the books behind it; `shelve` puts other records there, `broken` is a source that cannot answer."""

    source: RecordSource
    limited: RecordSource
    broken: RecordSource
    shelve: Callable[[list[bytes]], None]
    raw: Callable[[Book], bytes]


@pytest.fixture(params=["iso2709", "marcxml", "sru 1.1", "sru 1.2", "sru 2.0", "sru text", "z3950 usmarc", "z3950 xml"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """Each kind of source, made as batches make it, with the same books."""
    kind, _, variant = str(request.param).partition(" ")
    made = {"sru": _sru, "z3950": _z3950}.get(kind)
    yield from made(variant) if made else _files(kind, tmp_path)


def _files(form: str, folder: Path) -> Iterator[Library]:
    file = folder / "export.mrc"
    raw = Book.iso2709 if form == "iso2709" else marcxml

    def shelve(records: list[bytes]) -> None:
        whole = b"<collection>%s</collection>" if form == "marcxml" else b"%s"
        file.write_bytes(whole % b"".join(records))

    shelve([raw(book) for book in BOOKS])
    told = {"kind": "ingest.source.files:file_source", "path": str(file)}
    broken = load_source("knihovna", told | {"path": str(folder / "nowhere")})
    yield Library(load_source("knihovna", told), load_source("knihovna", told | {"limit": 1}), broken, shelve, raw)


def _sru(variant: str) -> Iterator[Library]:
    with made_up_sru() as server:
        server.version, server.as_text = (variant, False) if variant != "text" else ("1.2", True)

        def shelve(records: list[bytes]) -> None:
            server.stock = {(INDEXES[KeyKind.SYSTEM], "broken"): records}

        server.stock = _stock(INDEXES, marcxml)
        told = {"kind": "ingest.source.sru:sru_source", "url": server.url, "version": server.version, "pause": 0}
        broken = load_source("knihovna", told | {"url": f"http://{HERE}:{free_port()}/"})
        limited = load_source("knihovna", told | {"limit": 1})
        yield Library(load_source("knihovna", told), limited, broken, shelve, marcxml)


def _z3950(syntax: str) -> Iterator[Library]:
    if not CLIENT.present():
        pytest.skip("yaz is not installed (yaz-client)")
    raw = marcxml if syntax == "xml" else Book.iso2709
    with made_up_z3950() as server:
        attributes = {kind: attribute.removeprefix("1=") for kind, attribute in ATTRIBUTES.items()}

        def shelve(records: list[bytes]) -> None:
            server.stock = {(attributes[KeyKind.SYSTEM], "broken"): records}

        server.stock = _stock(attributes, raw)
        server.syntax = XML if syntax == "xml" else server.syntax
        told = {
            "kind": "ingest.source.z3950:z3950_source",
            "host": HERE,
            "port": server.port,
            "database": "katalog",
            "syntax": syntax,
        }
        broken = load_source("knihovna", told | {"port": free_port()})
        limited = load_source("knihovna", told | {"limit": 1})
        yield Library(load_source("knihovna", told), limited, broken, shelve, raw)


def _stock(indexes: dict[KeyKind, str], raw: Callable[[Book], bytes]) -> dict[tuple[str, str], list[bytes]]:
    stock: dict[tuple[str, str], list[bytes]] = {}
    for book in BOOKS:
        for kind, number in book.numbers().items():
            stock.setdefault((indexes[kind], number), []).append(raw(book))
    return stock


def spoiled(record: bytes) -> bytes:
    """The record with a directory (ISO 2709) or a leader (MARCXML) that is not its own."""
    return (
        re.sub(rb"245(\d{4})", b"2450003", record, count=1) if record[:1].isdigit() else record.replace(b"4500<", b"<")
    )


def titles(hits: Hits) -> list[str]:
    return [record.title for record in hits.records]


@pytest.mark.parametrize(
    ("kind", "value", "title"),
    [
        (KeyKind.SYSTEM, "nkc20050001", "Dějiny Liberce"),
        (KeyKind.BARCODE, "2610012345", "Dějiny Liberce"),
        (KeyKind.CCNB, "cnb000000028", "Příliš žluťoučký kůň"),
        (KeyKind.ISSN, "1210-1168", "Časopis pro kraj"),
        (KeyKind.SYSTEM, "Příbram č. 7", "Hrnčířství"),
        (KeyKind.BARCODE, "ŽK 77/č", "Hrnčířství"),
        (KeyKind.SYSTEM, 'a"b\\c*?^; quit', "Kniha s divným číslem"),
    ],
)
def test_a_record_is_found_by_its_number(library: Library, kind: KeyKind, value: str, title: str) -> None:
    hits = library.source.find(Key(kind, value))
    assert titles(hits) == [title]
    assert (hits.total, hits.more) == (1, False)


@pytest.mark.parametrize("kind", list(KeyKind))
def test_what_is_not_there_is_not_found_and_that_is_no_failure(library: Library, kind: KeyKind) -> None:
    assert library.source.find(Key(kind, "9999")) == Hits((), 0)


def test_several_are_listed_and_none_is_chosen(library: Library) -> None:
    hits = library.source.find(Key(KeyKind.ISBN, "80-85069-01-1"))
    assert titles(hits) == ["Dějiny Liberce", "Příliš žluťoučký kůň"]
    assert (hits.total, hits.more) == (2, False)


def test_more_than_the_limit_are_counted_but_not_fetched(library: Library) -> None:
    hits = library.limited.find(Key(KeyKind.ISBN, "80-85069-01-1"))
    assert titles(hits) == ["Dějiny Liberce"]
    assert (hits.total, hits.more) == (2, True)


def test_the_record_keeps_every_byte(library: Library) -> None:
    for book in (BOOKS[1], BOOKS[3]):
        (record,) = library.source.find(Key(KeyKind.SYSTEM, book.system)).records
        assert record.raw == library.raw(book)


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_number_is_only_a_number(library: Library, value: str) -> None:
    assert library.source.find(Key(KeyKind.SYSTEM, value)) == Hits((), 0)
    assert not Path("/tmp/kdr-was-here").exists()


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(min_size=1, max_size=60).map(lambda text: f"?{text}"))
def test_whatever_the_number_it_is_looked_up(library: Library, value: str) -> None:
    assert library.source.find(Key(KeyKind.BARCODE, value)) == Hits((), 0)


def test_a_source_that_does_not_answer_says_so(library: Library) -> None:
    with pytest.raises(Problem) as caught:
        library.broken.find(Key(KeyKind.ISBN, "80-85069-01-1"))
    assert caught.value.finding.code == "C001"
    assert caught.value.finding.subject == library.broken.name == "knihovna"
    assert len(str(caught.value.finding.facts["why"])) > 5


def test_a_broken_record_is_refused_whole(library: Library) -> None:
    library.shelve([spoiled(library.raw(Book("broken", "Půl knihy")))])
    with pytest.raises(Problem) as caught:
        library.source.find(Key(KeyKind.SYSTEM, "broken"))
    assert caught.value.finding.code == "C005"
    assert "broken" in caught.value.finding.subject
