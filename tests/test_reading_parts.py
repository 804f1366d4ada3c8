"""What the reading room is made of: files sent in ranges, names of files, citations, snippets, trees of contents."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
from datasette.utils.asgi import Request
from hypothesis import given
from hypothesis import strategies as st

from metadata.event import Agent
from metadata.geometry import Box
from metadata.text import Block, BlockKind, Hyphen, Line, PageText, Part, Word
from metadata.wording import Tongue
from repository.catalogue.presentation import Speech
from repository.catalogue.reading.asked import MOST_TYPED
from repository.catalogue.reading.cite import cited, page_path
from repository.catalogue.reading.hits import PageHit, around, pieces, typed_in
from repository.catalogue.reading.page_lines import shown
from repository.catalogue.reading.page_words import Lit
from repository.catalogue.reading.streamed import CHUNK, file_name, sent
from repository.catalogue.reading.volume_page import by_year

VOLUME = {
    "title": "Babička",
    "subtitle": "Obrazy venkovského života",
    "part_number": None,
    "part_name": None,
    "title_above": None,
    "type": "monograph",
    "year_number": None,
    "place": "Praha",
    "publisher": "Jaroslav Pospíšil",
    "year": "1855",
    "date": "1855",
    "isbn": None,
    "issn": None,
    "urnnbn": None,
}


class TestSent:
    CONTENT = bytes(range(256)) * 3

    @given(st.integers(0, 900), st.integers(0, 900))
    def test_a_range_is_those_bytes(self, first: int, last: int) -> None:
        status, headers, body = _sent(self.CONTENT, range=f"bytes={first}-{last}")
        if last < first:
            assert (status, body) == (200, self.CONTENT)
        elif first >= len(self.CONTENT):
            assert (status, body, headers["content-range"]) == (416, b"", "bytes */768")
        else:
            part = self.CONTENT[first : last + 1]
            assert (status, body) == (206, part)
            assert headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/768"
            assert headers["content-length"] == str(len(part))

    @given(st.integers(1, 900))
    def test_the_end_and_from_the_middle_on(self, count: int) -> None:
        assert _sent(self.CONTENT, range=f"bytes=-{count}")[::2] == (206, self.CONTENT[-count:])
        status, _, body = _sent(self.CONTENT, range=f"bytes={count}-")
        assert (status, body) == ((206, self.CONTENT[count:]) if count < 768 else (416, b""))

    @given(st.text(st.characters(codec="latin-1"), max_size=30))
    def test_any_other_header_means_the_whole_or_nothing(self, header: str) -> None:
        status, _, body = _sent(self.CONTENT, range=header)
        assert status in (200, 206, 416)
        assert body in self.CONTENT

    def test_what_the_reader_has_is_not_sent_again(self) -> None:
        _, headers, _ = _sent(self.CONTENT)
        tag = headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            assert _sent(self.CONTENT, **{"if-none-match": known})[::2] == (304, b"")
        assert _sent(self.CONTENT, known_as="v0002", **{"if-none-match": tag})[0] == 200
        other = {"range": "bytes=0-1", "if-range": '"other"'}
        assert _sent(self.CONTENT, **other)[0] == 200

    def test_head_sends_the_length_alone(self) -> None:
        _, headers, body = _sent(self.CONTENT, method="HEAD")
        assert (headers["content-length"], body) == ("768", b"")

    def test_long_files_come_in_pieces(self) -> None:
        content = b"x" * (CHUNK + 5)
        assert _sent(content)[2] == content

    def test_one_that_cannot_be_read_from_its_middle_is_sent_whole(self) -> None:
        class Straight(io.BytesIO):
            def seekable(self) -> bool:
                return False

        status, headers, body = _answered(Straight(b"abc"), {"range": "bytes=1-1"})
        assert (status, "content-length" in headers, body) == (200, False, b"abc")


class TestFileName:
    @given(st.lists(st.text(max_size=120), max_size=3))
    def test_it_is_plain_and_short_whatever_the_title(self, parts: list[str]) -> None:
        name = file_name(*parts, ending="jp2")
        assert name.isascii()
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
        assert 4 < len(name) <= 104

    def test_czech_titles_stay_legible(self) -> None:
        assert file_name("Hodinář a knihovna", "0007", ending="jp2") == "hodinar-a-knihovna_0007.jp2"


class TestCited:
    def test_a_page_of_a_book(self) -> None:
        names = ({"text": "Němcová, Božena", "kind": "personal"},)
        told = cited(VOLUME, names, Speech(Tongue.CS), "https://k.cz/x", "7")
        assert told.text.startswith(
            "NĚMCOVÁ, Božena. Babička: Obrazy venkovského života [online]. Praha: Jaroslav Pospíšil, 1855, s. 7. [cit. "
        )
        assert told.text.endswith("Dostupné z: https://k.cz/x")

    def test_an_issue(self) -> None:
        issue = VOLUME | {
            "type": "issue", "title_above": "Listy", "part_number": "38", "year_number": "12", "date": "1929-09-21",
            "issn": "1234-5678", "urnnbn": "urn:nbn:cz:li001-00000a",
        }  # fmt: skip
        told = cited(issue, (), Speech(Tongue.EN), "https://k.cz/x")
        assert told.text.startswith("Listy [online]. Praha: Jaroslav Pospíšil, 1929-09-21, 12(38). [viewed ")
        assert "ISSN 1234-5678. urn:nbn:cz:li001-00000a." in told.text
        assert told.resolver == "https://resolver.nkp.cz/urn:nbn:cz:li001-00000a"

    @pytest.mark.parametrize(
        ("text", "kind", "said"),
        [
            ("Božena Němcová", "personal", "NĚMCOVÁ, Božena."),
            ("Karel ze Žerotína", "personal", "Karel ze Žerotína."),
            ("Okrašlovací spolek", "corporate", "Okrašlovací spolek."),
        ],
    )
    def test_names(self, text: str, kind: str, said: str) -> None:
        told = cited(VOLUME, ({"text": text, "kind": kind},), Speech(Tongue.CS), "x")
        assert told.text.startswith(f"{said} Babička")

    def test_many_authors(self) -> None:
        names = tuple({"text": f"A{n}, B", "kind": "personal"} for n in range(4))
        assert cited(VOLUME, names, Speech(Tongue.CS), "x").text.startswith("A0, B et al. Babička")

    def test_the_address_bears_the_words(self) -> None:
        assert page_path("v", 3, "kůň & vůz") == "/volume/v/page/3?q=k%C5%AF%C5%88+%26+v%C5%AFz"


class TestHits:
    @given(st.lists(st.tuples(st.text(st.characters(exclude_characters="\x02\x03")), st.booleans())))
    def test_a_snippet_is_cut_at_its_marks(self, parts: list[tuple[str, bool]]) -> None:
        marked = "".join(f"\x02{text}\x03" if lit else text for text, lit in parts)
        cut = pieces(marked)
        assert "".join(piece.text for piece in cut) == "".join(text for text, _ in parts)
        assert [piece.text for piece in cut if piece.lit] == [text for text, lit in parts if lit and text]

    def test_around(self) -> None:
        hits = [PageHit(n, "", "", ()) for n in (2, 5, 9)]
        assert [hit and hit.position for hit in around(hits, 5)] == [2, 9]
        assert [hit and hit.position for hit in around(hits, 1)] == [None, 2]
        assert [hit and hit.position for hit in around(hits, 10)] == [9, None]

    def test_what_was_typed_is_one_short_line(self) -> None:
        assert typed_in(" a\0b \n c") == "a b c"
        assert len(typed_in("x" * 10_000)) == MOST_TYPED
        assert typed_in(None) == ""


class TestShownLines:
    def test_lines_keep_their_hyphens_and_parts_of_a_broken_word_are_lit_together(self) -> None:
        head, tail = Box(50, 0, 40, 20), Box(0, 30, 40, 20)
        first = Line(
            Box(0, 0, 100, 20),
            (Word("ta", Box(0, 0, 20, 20), 0.9), Word("zvo", head, 0.9, "", Part.FIRST, "zvonice")),
            hyphen=Hyphen("-", Box(90, 0, 5, 20)),
        )
        second = Line(Box(0, 30, 100, 20), (Word("nice", tail, 0.9, "", Part.SECOND, "zvonice"),))
        picture = Block(BlockKind.PICTURE, Box(0, 60, 10, 10))
        text = PageText(
            100, 100, (picture, Block(BlockKind.TEXT, Box(0, 0, 100, 50), (first, second))), Agent("x", "1")
        )
        ((one, two),) = shown(text, (Lit("zvonice", (head, tail), "", "", 0),))
        assert [(word.text, word.hit) for word in (*one.words, *two.words)] == [("ta", 0), ("zvo-", 1), ("nice", 1)]
        assert (one.number, two.number, one.box) == (1, 2, "0,0,100,20")


class TestCalendar:
    def test_years_and_months(self) -> None:
        rows = [
            {"date": date, "year": None} for date in ("1929-01-02", "1929-01-03", "1929-11-01", "1930", "", "1931-99")
        ]
        told = [(year.year, [(month, len(issues)) for month, issues in year.months]) for year in by_year(rows)]
        assert told == [("1929", [(1, 2), (11, 1)]), ("1930", [(0, 1)]), ("", [(0, 1)]), ("1931", [(0, 1)])]


def _sent(
    content: bytes, known_as: str = "v0001", method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    return _answered(io.BytesIO(content), headers, known_as, method)


def _answered(
    file: io.BytesIO, headers: dict[str, str], known_as: str = "v0001", method: str = "GET"
) -> tuple[int, dict[str, str], bytes]:
    """What is sent of a file: status, headers, body; the file is closed afterwards."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    request = Request({"type": "http", "method": method, "path": "/x", "headers": raw}, None)
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    asyncio.run(sent(request, file, "text/plain", "x.txt", known_as).asgi_send(send))
    told = {
        (name if isinstance(name, str) else name.decode()): (value if isinstance(value, str) else value.decode())
        for name, value in messages[0]["headers"]
    }
    assert file.closed
    return messages[0]["status"], told, b"".join(_bytes(message.get("body", b"")) for message in messages[1:])


def _bytes(body: bytes | str) -> bytes:
    return body if isinstance(body, bytes) else body.encode()
