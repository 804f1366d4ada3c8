"""Z39.50: against yaz-ztest, a real server, and against one of ours, made up, that misbehaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.source.query import Key, KeyKind
from ingest.source.z3950 import CLIENT, Z3950Settings, Z3950Source, commands, query, z3950_source
from metadata.marc_encoding import Encoding
from metadata.problem import Problem
from metadata.wording import Tongue
from tests.catalogue_shelf import Book
from tests.servers import HERE, UNIMARC, XML, MadeUpZ3950, made_up_z3950, yaz_ztest

KEY = Key(KeyKind.SYSTEM, "nkc1")
BOOK = Book("nkc1", "Příliš žluťoučký kůň")


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch, _czech: None) -> None:
    """Reasons are read in English here."""
    monkeypatch.setenv("KDR_LANGUAGE", "en")


@pytest.fixture(scope="module")
def real() -> Iterator[int]:
    """The port of a running yaz-ztest."""
    with yaz_ztest() as port:
        yield port


@pytest.fixture
def server() -> Iterator[MadeUpZ3950]:
    """The server of ours, with one book."""
    if not CLIENT.present():
        pytest.skip("yaz is not installed (yaz-client)")
    with made_up_z3950() as running:
        running.stock = {("12", "nkc1"): [BOOK.iso2709()]}
        yield running


def source(port: int, **told: object) -> Z3950Source:
    return z3950_source("nk", {"host": HERE, "port": port, "database": "Default", "timeout": 5} | told)


def refused(port: int, key: Key = KEY, **told: object) -> tuple[str, str]:
    """Code and English reason of the failure."""
    with pytest.raises(Problem) as caught:
        source(port, **told).find(key)
    return caught.value.finding.code, caught.value.finding.text(Tongue.EN)


class TestRealServer:
    """yaz-ztest finds as many records as the number says that it is asked for."""

    @pytest.mark.parametrize(("syntax", "form"), [("usmarc", "marc21"), ("xml", "marcxml")])
    def test_records_come_whole(self, real: int, syntax: str, form: str) -> None:
        hits = source(real, syntax=syntax).find(Key(KeyKind.ISBN, "3"))
        assert (len(hits.records), hits.total, hits.more) == (3, 3, False)
        assert hits.records[0].title.startswith("How to program a computer")
        assert {record.form for record in hits.records} == {form}

    def test_only_the_limit_is_fetched_of_ten_thousand(self, real: int) -> None:
        hits = source(real, limit=5).find(Key(KeyKind.ISBN, "10000"))
        assert (len(hits.records), hits.total, hits.more) == (5, 10_000, True)

    def test_nothing_is_found_and_that_is_no_failure(self, real: int) -> None:
        assert source(real).find(Key(KeyKind.CCNB, "0")).total == 0

    def test_an_unknown_database_is_told_in_the_server_s_words(self, real: int) -> None:
        code, why = refused(real, database="Nowhere")
        assert code == "C002"
        assert "Database unavailable" in why


class TestMisbehaviour:
    def test_a_server_that_refuses_does_not_answer(self, server: MadeUpZ3950) -> None:
        server.refuses = True
        assert refused(server.port)[0] == "C001"

    @pytest.mark.parametrize("tag", [20, 22, 24])
    def test_a_server_that_hangs_is_left(self, server: MadeUpZ3950, tag: int) -> None:
        server.silent_at = tag
        assert refused(server.port, timeout=0.5) == (
            "C001",
            "Catalogue nk does not answer: no answer within 0.5 s.",
        )

    @pytest.mark.parametrize("tag", [20, 22, 24])
    def test_a_server_that_hangs_up_gives_nothing(self, server: MadeUpZ3950, tag: int) -> None:
        server.hangs_up_at = tag
        assert refused(server.port)[0] == "C001"

    @pytest.mark.parametrize("tag", [20, 22, 24])
    def test_rubbish_gives_nothing(self, server: MadeUpZ3950, tag: int) -> None:
        server.rubbish_at = tag
        assert refused(server.port, timeout=1)[0] in {"C001", "C002"}

    def test_a_diagnostic_is_told(self, server: MadeUpZ3950) -> None:
        server.diagnostic = 114
        code, why = refused(server.port)
        assert code == "C002"
        assert "[114]" in why
        assert "made up" in why

    def test_a_record_that_is_not_sent_is_missed(self, server: MadeUpZ3950) -> None:
        server.missing = 1
        assert refused(server.port)[0] == "C002"

    def test_another_syntax_is_not_taken_for_marc_21(self, server: MadeUpZ3950) -> None:
        server.syntax = UNIMARC
        code, why = refused(server.port)
        assert code == "C002"
        assert "Unimarc" in why

    def test_more_bytes_than_allowed_are_not_taken(self, server: MadeUpZ3950) -> None:
        server.stock = {("12", "nkc1"): [Book("nkc1", "x" * 900).iso2709()] * 3}
        code, why = refused(server.port, size=2000)
        assert code == "C002"
        assert "larger than 2000 bytes" in why
        assert len(source(server.port, size=4000).find(KEY).records) == 3

    def test_a_flood_is_stopped(self, server: MadeUpZ3950) -> None:
        server.stock, server.syntax = {("12", "nkc1"): [b"<record>" + b"x" * 3_000_000]}, XML
        code, why = refused(server.port, size=1000, syntax="xml")
        assert code == "C002"
        assert "larger than 1000 bytes" in why

    @pytest.mark.parametrize("record", [b"", b"\x1d", b"00026nam a2200025   4500\x1e\x1d"[:20], b"<record/>"])
    def test_no_record_is_made_of_what_is_none(self, server: MadeUpZ3950, record: bytes) -> None:
        server.stock = {("12", "nkc1"): [record]}
        assert refused(server.port)[0] in {"C002", "C005"}

    def test_two_records_in_the_place_of_one_are_not_taken(self, server: MadeUpZ3950) -> None:
        server.stock = {("12", "nkc1"): [BOOK.iso2709() * 2]}
        assert refused(server.port)[0] == "C002"


class TestBytes:
    @pytest.mark.parametrize("encoding", [Encoding.CP1250, Encoding.LATIN2])
    def test_older_letters_arrive_as_they_were_sent(self, server: MadeUpZ3950, encoding: Encoding) -> None:
        sent = legacy(BOOK.title, encoding)
        server.stock = {("12", "nkc1"): [sent]}
        (record,) = source(server.port, encoding=encoding.value).find(KEY).records
        assert record.raw == sent
        assert record.title == BOOK.title

    def test_a_number_with_diacritics_is_asked_for_in_utf_8(self, server: MadeUpZ3950) -> None:
        source(server.port).find(Key(KeyKind.BARCODE, "ŽK 7/č"))
        assert server.asked == [("1007", "ŽK 7/č")]

    def test_a_library_may_have_attributes_of_its_own(self, server: MadeUpZ3950) -> None:
        source(server.port, attributes={"barcode": "4=109 1=1211"}).find(Key(KeyKind.BARCODE, "26"))
        assert server.asked == [("1211", "26")]


def legacy(title: str, encoding: Encoding) -> bytes:
    """A record with leader/09 blank and its title in that encoding."""
    data = b"00\x1fa" + title.encode(encoding.value) + b"\x1e"
    fields = [(b"001", b"nkc1\x1e"), (b"245", data)]
    directory, place = b"", 0
    for tag, content in fields:
        directory += b"%s%04d%05d" % (tag, len(content), place)
        place += len(content)
    address = 24 + len(directory) + 1
    body = directory + b"\x1e" + b"".join(content for _, content in fields) + b"\x1d"
    return b"%05dnam  22%05d   4500" % (24 + len(body), address) + body


class TestCommands:
    @given(st.text(min_size=1, max_size=80))
    def test_a_term_stays_on_its_line_and_in_its_quotes(self, value: str) -> None:
        settings = Z3950Settings(host=HERE, database="katalog")
        told = commands(settings, Key(KeyKind.ISBN, f"7{value}"), 1)
        assert len(told) == len(commands(settings, Key(KeyKind.ISBN, "7"), 1))
        assert all(len(line.splitlines()) == 1 or line.isprintable() for line in told)
        assert not any(sign in line for line in told for sign in "\n\r\0")

    @given(st.text(alphabet='ab"\\@ ', max_size=20))
    def test_a_quoted_term_reads_back(self, term: str) -> None:
        quoted = re.fullmatch(r'@attr 1=7 "((?:\\.|[^"\\])*)"', query("1=7", term))
        assert quoted
        assert re.sub(r"\\(.)", r"\1", quoted.group(1)) == term

    @pytest.mark.parametrize(
        "told",
        [
            {"host": "a b"},
            {"host": "x\nquit"},
            {"host": "unix:/tmp/x"},
            {"database": "a b"},
            {"database": ""},
            {"port": 0},
            {"syntax": "unimarc"},
            {"timeout": 0},
            {"attributes": {"isbn": "1=7 @or"}},
            {"attributes": {"name": "1=7"}},
            {"password": "x"},
        ],
    )
    def test_settings_that_could_do_harm_are_refused(self, told: dict[str, Any]) -> None:
        with pytest.raises(Problem) as caught:
            z3950_source("nk", {"host": HERE, "database": "katalog"} | told)
        assert caught.value.finding.code == "E005"
        assert "[source.nk]" in caught.value.finding.text()
        assert next(iter(told)) in caught.value.finding.text()

    def test_a_missing_program_is_named_with_its_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(Problem) as caught:
            source(1).find(KEY)
        assert caught.value.finding.code == "E001"
        assert "yaz" in caught.value.finding.advice()
