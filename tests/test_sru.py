"""SRU: against yaz-ztest, a real server, and against one of ours, made up, that misbehaves."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.source.cut import cut_out
from ingest.source.fetch import Patience, fetch
from ingest.source.query import Key, KeyKind
from ingest.source.sru import SruSettings, SruSource, address, query, sru_source
from metadata.problem import Problem
from tests.catalogue_shelf import Book, marcxml
from tests.servers import (
    HERE,
    MadeUpSru,
    bomb,
    free_port,
    made_up_sru,
    send,
    send_half,
    send_slowly,
    sru_answer,
    yaz_ztest,
)

KEY = Key(KeyKind.ISSN, "1210-1168")
RECORD = marcxml(Book("nkc1", "Příliš žluťoučký kůň", issn="1210-1168"))
HEADLESS = sru_answer(1, [RECORD]).partition(b"\n")[2]
Misbehaviour = Callable[[BaseHTTPRequestHandler], bool]


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch, _czech: None) -> None:
    """Reasons are read in English here."""
    monkeypatch.setenv("KDR_LANGUAGE", "en")


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    """The address of a running yaz-ztest."""
    with yaz_ztest() as port:
        yield f"http://{HERE}:{port}/Default"


@pytest.fixture
def server() -> Iterator[MadeUpSru]:
    """The server of ours, with one record."""
    with made_up_sru() as running:
        running.stock = {("bath.issn", "1210-1168"): [RECORD]}
        yield running


def source(url: str, **told: object) -> SruSource:
    return sru_source("nk", {"url": url, "timeout": 5, "pause": 0} | told)


def refused(server: MadeUpSru, misbehaviour: Misbehaviour, **told: object) -> tuple[str, str]:
    """Code and English reason of the failure."""
    server.misbehave = misbehaviour
    with pytest.raises(Problem) as caught:
        source(server.url, **told).find(KEY)
    assert caught.value.finding.subject in {"nk", str(KEY)}
    return caught.value.finding.code, caught.value.finding.text()


def answering(content: bytes, media: str = "text/xml", status: int = 200, **headers: str) -> Misbehaviour:
    return lambda request: send(request, content, media, status, **headers)


class TestRealServer:
    """yaz-ztest finds any number of records up to 23, whatever it is asked."""

    @pytest.mark.parametrize("version", ["1.1", "1.2", "2.0"])
    def test_records_come_whole(self, real: str, version: str) -> None:
        asked = source(real, version=version, limit=3)
        answers = (asked.find(Key(KeyKind.ISBN, "80-85069-01-1")) for _ in range(30))
        hits = next(each for each in answers if each.total > 3)
        assert (len(hits.records), hits.more) == (3, True)
        assert hits.records[0].title.startswith("How to program a computer")
        assert hits.records[0].raw.startswith(b'<record xmlns="http://www.loc.gov/MARC21/slim">\n  <leader>00366nam')

    def test_an_unknown_database_is_told(self, real: str) -> None:
        with pytest.raises(Problem) as caught:
            source(real.replace("Default", "Nowhere")).find(Key(KeyKind.ISBN, "3"))
        assert caught.value.finding.code == "C002"
        assert "404" in caught.value.finding.text()


class TestSilence:
    def test_an_error_of_the_server_is_tried_again_and_then_told(self, server: MadeUpSru) -> None:
        code, why = refused(server, answering(b"<p>broken</p>", "text/html", 500))
        assert code == "C001"
        assert "HTTP error 500" in why
        assert len(server.asked) == 3

    @pytest.mark.parametrize("status", [429, 500, 502, 503])
    def test_a_passing_error_passes(self, server: MadeUpSru, status: int) -> None:
        server.misbehave = lambda request: len(server.asked) < 3 and send(request, b"", "text/html", status)
        assert source(server.url).find(KEY).total == 1
        assert len(server.asked) == 3

    def test_the_pauses_grow(self, server: MadeUpSru, monkeypatch: pytest.MonkeyPatch) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(time, "sleep", pauses.append)
        refused(server, answering(b"", status=503), attempts=4, pause=0.5)
        assert pauses == [0.5, 1.0, 2.0]

    def test_a_server_that_hangs_is_left(self, server: MadeUpSru) -> None:
        code, why = refused(server, lambda _: server.over.wait(10), timeout=0.2, attempts=2)
        assert (code, "no answer within 0.2 s" in why) == ("C001", True)
        assert len(server.asked) == 2

    def test_neither_does_a_drop_now_and_then_hold_us(self, server: MadeUpSru) -> None:
        started = time.monotonic()
        assert refused(server, lambda request: send_slowly(request, server.over), timeout=0.3, attempts=1)[0] == "C001"
        assert time.monotonic() - started < 3

    def test_half_an_answer_is_none(self, server: MadeUpSru) -> None:
        code, why = refused(server, lambda request: send_half(request, sru_answer(1, [RECORD])))
        assert (code, "incomplete" in why) == ("C001", True)
        assert len(server.asked) == 3

    def test_nobody_listens(self) -> None:
        with pytest.raises(Problem) as caught:
            source(f"http://{HERE}:{free_port()}/").find(KEY)
        assert caught.value.finding.code == "C001"


class TestWrongAnswers:
    @pytest.mark.parametrize(
        ("misbehaviour", "why"),
        [
            (answering(b"", status=404), "HTTP error 404"),
            (answering(b"", status=204), "HTTP error 204"),
            (answering(b"<html><p>Hello</html>", "text/html"), "it sent text/html"),
            (answering(b"{}", "application/json"), "it sent application/json"),
            (answering(b"", "text/xml"), "not well-formed"),
            (answering(sru_answer(1, [RECORD])[:400]), "not well-formed"),
            (answering(sru_answer(1, [RECORD[:200]])), "not well-formed"),
            (answering(b"<explainResponse/>"), "explainResponse"),
            (answering(sru_answer("many", [])), "(many)"),
            (answering(sru_answer("", [])), "(-)"),
            (answering(sru_answer("-1", [])), "(-1)"),
            (answering(sru_answer(5, [])), "should be 5"),
            (answering(sru_answer(0, [RECORD])), "should be 0"),
            (answering(sru_answer(1, [b"<dc><title>Kniha</title></dc>"])), "Kniha"),
            (answering(sru_answer(1, [b""])), "cannot be used"),
            (answering(sru_answer(1, [b"Ask another time"])), "cannot be used"),
            (
                answering(b'<!DOCTYPE x [<!ENTITY a "b">]>' + sru_answer(1, [RECORD]).partition(b"\n")[2]),
                "document type",
            ),
            (answering(sru_answer(1, [RECORD]), Content_Encoding="br"), "(br)"),
            (answering(b"no gzip", Content_Encoding="gzip"), "incomplete"),
        ],
        ids=range(19),
    )
    def test_nothing_of_a_wrong_answer_is_used(self, server: MadeUpSru, misbehaviour: Misbehaviour, why: str) -> None:
        code, text = refused(server, misbehaviour)
        assert code == ("C005" if why == "cannot be used" else "C002")
        assert why in text

    def test_a_diagnostic_is_told(self, server: MadeUpSru) -> None:
        told = (
            b'<r:searchRetrieveResponse xmlns:r="http://www.loc.gov/zing/srw/"><r:numberOfRecords>0</r:numberOfRecords>'
            b'<r:diagnostics><d:diagnostic xmlns:d="http://www.loc.gov/zing/srw/diagnostic/"><d:uri>%s</d:uri>'
            b"<d:details>bath.issn</d:details><d:message>Unsupported index</d:message></d:diagnostic></r:diagnostics>"
            b"</r:searchRetrieveResponse>"
        )
        code, why = refused(server, answering(told % b"info:srw/diagnostic/1/16"))
        assert code == "C002"
        assert "diagnostic/1/16" in why
        assert "Unsupported index" in why
        assert "bath.issn" in why
        server.misbehave = answering(told % b"info:srw/diagnostic/1/61")  # first record position out of range
        assert source(server.url).find(KEY).total == 0

    def test_a_record_replaced_by_a_diagnostic_is_told(self, server: MadeUpSru) -> None:
        instead = b'<diagnostic xmlns="info:srw/xmlns/1/sru-2-0-diag"><message>Record locked</message></diagnostic>'
        code, why = refused(server, answering(sru_answer(2, [RECORD, instead])))
        assert (code, "Record locked" in why) == ("C002", True)

    def test_a_large_answer_is_cut_off(self, server: MadeUpSru) -> None:
        code, why = refused(server, answering(sru_answer(1, [RECORD]) + b" " * 5000), size=4000)
        assert (code, "larger than 4000 bytes" in why) == ("C002", True)

    @pytest.mark.parametrize("coding", ["gzip", "x-gzip"])
    def test_a_bomb_does_not_go_off(self, server: MadeUpSru, coding: str) -> None:
        code, why = refused(server, answering(bomb(50_000_000), Content_Encoding=coding))
        assert (code, "larger than 10000000 bytes" in why) == ("C002", True)

    def test_an_honest_packed_answer_is_unpacked(self, server: MadeUpSru) -> None:
        with made_up_sru() as other:
            other.misbehave = lambda request: send(request, packed(sru_answer(1, [RECORD])), Content_Encoding="gzip")
            assert source(other.url).find(KEY).records[0].raw == RECORD

    def test_a_packed_answer_that_ends_early_is_none(self, server: MadeUpSru) -> None:
        half = packed(sru_answer(1, [RECORD]))[:-40]
        assert refused(server, answering(half, Content_Encoding="gzip"))[0] == "C001"


def packed(content: bytes) -> bytes:
    """`content` as gzip."""
    return gzip.compress(content)


class TestRedirects:
    @pytest.mark.parametrize(
        "target",
        [
            "file:///etc/passwd",
            "ftp://127.0.0.1/x",
            "http://example.org/sru",
            "//example.org/sru",
            "http://127.0.0.1:1/sru",
            "http://user:word@127.0.0.1/sru",
            "http://[broken",
            "http://127.0.0.1:99999/",
            "javascript:x",
        ],
    )
    def test_nobody_is_led_elsewhere(self, server: MadeUpSru, target: str) -> None:
        code, why = refused(server, answering(b"", status=302, Location=target))
        assert (code, "not followed" in why) == ("C002", True)
        assert len(server.asked) == 1

    def test_the_same_server_may_move_its_database(self, server: MadeUpSru) -> None:
        server.misbehave = lambda request: (
            request.path.startswith("/catalogue")
            and send(request, b"", status=301, Location="/new?" + request.path[11:])
        )
        assert source(server.url).find(KEY).total == 1

    def test_a_circle_ends(self, server: MadeUpSru) -> None:
        code, _ = refused(server, lambda request: send(request, b"", status=307, Location=request.path))
        assert code == "C002"
        assert len(server.asked) == 4


class TestHits:
    def test_ten_thousand_hits_are_counted_and_twenty_fetched(self, server: MadeUpSru) -> None:
        server.stock = {("bath.issn", "1210-1168"): [RECORD] * 10_000}
        hits = source(server.url).find(KEY)
        assert (len(hits.records), hits.total, hits.more) == (20, 10_000, True)
        assert len(server.asked) == 1

    def test_a_server_that_ignores_the_limit_gives_no_more_for_it(self, server: MadeUpSru) -> None:
        server.misbehave = answering(sru_answer(300, [RECORD] * 300))
        assert len(source(server.url).find(KEY).records) == 20

    def test_a_server_that_gives_few_at_once_is_asked_on(self, server: MadeUpSru) -> None:
        books = [marcxml(Book(f"nkc{number}", f"Kniha {number}")) for number in range(7)]
        server.stock, server.at_once = {("bath.issn", "1210-1168"): books}, 3
        hits = source(server.url).find(KEY)
        assert [record.raw for record in hits.records] == books
        assert [asked["startRecord"] for asked in server.asked] == ["1", "4", "7"]


class TestAddress:
    def test_version_1_and_2_ask_in_their_own_words(self) -> None:
        asked = parse_qs(urlsplit(address(SruSettings("http://x/db?key=1"), KEY)).query)
        assert asked == {
            "key": ["1"],
            "version": ["1.2"],
            "operation": ["searchRetrieve"],
            "query": ['bath.issn = "1210-1168"'],
            "startRecord": ["1"],
            "maximumRecords": ["20"],
            "recordSchema": ["marcxml"],
            "recordPacking": ["xml"],
        }
        newer = parse_qs(urlsplit(address(SruSettings("http://x/db", version="2.0"), KEY)).query)
        assert {"version", "operation", "recordPacking"}.isdisjoint(newer)
        assert newer["recordXMLEscaping"] == ["xml"]

    def test_a_catalogue_may_have_indexes_of_its_own(self, server: MadeUpSru) -> None:
        server.stock = {("aleph.bar", "26"): [RECORD]}
        found = source(server.url, index={"barcode": "aleph.bar exact"}).find(Key(KeyKind.BARCODE, "26"))
        assert found.total == 1
        assert server.asked[0]["query"] == 'aleph.bar exact "26"'

    @given(st.text(max_size=40))
    def test_a_quoted_term_reads_back(self, term: str) -> None:
        asked = re.fullmatch(r'rec\.id = "((?:\\.|[^"\\*?^])*)"', query("rec.id", term), re.DOTALL)
        assert asked
        assert re.sub(r"\\(.)", r"\1", asked.group(1), flags=re.DOTALL) == term

    @pytest.mark.parametrize(
        "told",
        [
            {"url": "file:///etc/passwd"},
            {"url": "http://"},
            {"url": "http://user:word@host/"},
            {"url": "http://host:99999/"},
            {"version": "3.0"},
            {"limit": 0},
            {"limit": 100_000},
            {"index": {"isbn": 'x" or "'}},
            {"index": {"title": "dc.title"}},
            {"timeout": 0},
            {"user": "x"},
        ],
    )
    def test_settings_that_could_do_harm_are_refused(self, told: dict[str, object]) -> None:
        with pytest.raises(Problem) as caught:
            sru_source("nk", {"url": "http://x/"} | told)
        assert caught.value.finding.code == "E005"
        assert next(iter(told)) in caught.value.finding.text()

    def test_an_address_is_needed(self) -> None:
        with pytest.raises(Problem) as caught:
            sru_source("nk", {})
        assert "url" in caught.value.finding.text()


class TestFetch:
    def test_it_gives_the_bytes(self, server: MadeUpSru) -> None:
        server.misbehave = answering("<á/>".encode("iso8859-2"), "application/sru+xml; charset=iso-8859-2")
        assert fetch("nk", server.url, Patience()) == "<á/>".encode("iso8859-2")


class TestCutting:
    """A record inside an answer keeps its bytes; only what it borrowed from around it is added."""

    def test_what_stands_alone_is_not_touched(self) -> None:
        assert cut_out(sru_answer(2, [RECORD, RECORD])) == (RECORD, RECORD)

    def test_borrowed_namespaces_come_along(self) -> None:
        inside = b'<m:record><m:controlfield tag="001">a  &lt; b</m:controlfield ></m:record >'
        around = b'<c xmlns:m="http://www.loc.gov/MARC21/slim" xmlns:n="unused"><!-- c -->%s</c>' % inside
        (record,) = cut_out(around)
        assert record == inside.replace(b"<m:record>", b'<m:record xmlns:m="http://www.loc.gov/MARC21/slim">')

    def test_the_default_namespace_comes_along(self) -> None:
        (record,) = cut_out(
            b'<modsCollection xmlns="http://www.loc.gov/mods/v3"><mods ID="a"><note/></mods><mods/></modsCollection>'
        )
        assert record == b'<mods xmlns="http://www.loc.gov/mods/v3" ID="a"><note/></mods>'

    def test_an_older_encoding_is_said_again(self) -> None:
        text = '<?xml version="1.0" encoding="windows-1250"?><c><record><leader>ž</leader></record></c>'
        (record,) = cut_out(text.encode("cp1250"))
        assert record.decode("cp1250").startswith('<?xml version="1.0" encoding="windows-1250"?><record><leader>ž')

    def test_a_wrapping_called_record_is_not_the_record(self) -> None:
        inner = b"<record><leader/></record>"
        assert cut_out(b"<OAI><record><header/><metadata>%s</metadata></record><record/></OAI>" % inner) == (inner,)
