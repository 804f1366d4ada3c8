"""Catalogue records from files, and the numbers by which any source is asked."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.source.cut import cut_out, cuts, taken_out
from ingest.source.files import FileSource, file_source
from ingest.source.query import Hits, Key, KeyKind, RecordSource, comparable, load_source
from metadata.markup import UnsafeXml
from metadata.problem import Problem
from tests.catalogue_shelf import Book, marcxml

TEXT = st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=20)
KEY = Key(KeyKind.SYSTEM, "nkc2")
BOOKS = [Book(f"nkc{number}", f"Kniha č. {number}", barcode=f"26{number:08}") for number in range(1, 6)]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export of five books."""
    file = tmp_path / "export.mrc"
    file.write_bytes(b"\r\n".join(book.iso2709() for book in BOOKS))
    return file


def source(path: Path, **told: object) -> FileSource:
    return file_source("export", {"path": str(path)} | told)


def refused(path: Path, key: Key = KEY) -> tuple[str, str]:
    with pytest.raises(Problem) as caught:
        source(path).find(key)
    return caught.value.finding.code, caught.value.finding.text()


class TestNumbers:
    @pytest.mark.parametrize(
        ("kind", "one", "other"),
        [
            (KeyKind.ISBN, "80-85069-01-1", "8085069011 (brož.) : Kčs 12"),
            (KeyKind.ISBN, "0-306-40615-2", "978-0-306-40615-7"),
            (KeyKind.ISBN, "80-7106-000-X", "978 80 7106 000 0"),
            (KeyKind.ISBN, "80-7106-000-x", "807106000X"),
            (KeyKind.ISSN, "1210-116x", "1210116X"),
            (KeyKind.BARCODE, " 2610 ab", "2610  AB"),
            (KeyKind.SYSTEM, "Pr\u030ci", "Př\u0069"),
        ],
    )
    def test_two_writings_of_one_number_are_one(self, kind: KeyKind, one: str, other: str) -> None:
        assert Key(kind, one).comparable == Key(kind, other).comparable

    @pytest.mark.parametrize(
        ("kind", "one", "other"),
        [
            (KeyKind.ISBN, "80-85069-01-1", "80-85069-02-X"),
            (KeyKind.ISBN, "brož.", "váz."),
            (KeyKind.SYSTEM, "000123", "123"),
            (KeyKind.CCNB, "cnb000000017", "cnb000000028"),
        ],
    )
    def test_two_numbers_are_two(self, kind: KeyKind, one: str, other: str) -> None:
        assert Key(kind, one).comparable != Key(kind, other).comparable

    @given(st.sampled_from(KeyKind), st.text(max_size=30))
    def test_comparing_again_changes_nothing(self, kind: KeyKind, value: str) -> None:
        once = comparable(kind, value)
        assert comparable(kind, once) == once

    @pytest.mark.parametrize("value", ["", "  ", "\n\0", "x" * 1001])
    def test_what_is_no_number_cannot_be_asked(self, value: str) -> None:
        with pytest.raises(ValueError, match="1 to 1000"):
            Key(KeyKind.ISBN, value)

    @given(st.text(min_size=1, max_size=50).map(lambda text: f"7{text}"))
    def test_a_term_is_one_printable_line(self, value: str) -> None:
        term = Key(KeyKind.SYSTEM, value).term
        assert term.encode()
        assert term == term.strip()
        assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in term)


class TestFiles:
    def test_line_ends_between_records_belong_to_none(self, export: Path) -> None:
        (record,) = source(export).find(KEY).records
        assert record.raw == BOOKS[1].iso2709()

    def test_a_folder_is_searched_at_any_depth_and_in_order(self, tmp_path: Path) -> None:
        for number, (name, book) in enumerate([("b.XML", BOOKS[0]), ("a/deep/x.mrc", BOOKS[1]), ("c.marc", BOOKS[2])]):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            same = Book(book.system, book.title, isbn="80-85069-01-1")
            (tmp_path / name).write_bytes(same.iso2709() if number else marcxml(same))
        (tmp_path / "readme.txt").write_text("no records")
        (tmp_path / "empty.mrc").touch()
        hits = source(tmp_path, limit=2).find(Key(KeyKind.ISBN, "9788085069013"))
        assert [record.id for record in hits.records] == ["nkc2", "nkc1"]
        assert hits.total == 3

    def test_a_number_twice_in_a_record_is_one_hit(self, tmp_path: Path) -> None:
        record = marcxml(Book("nkc1", "Kniha", isbn="80-85069-01-1"))
        isbn = b'<subfield code="a">80-85069-01-1</subfield>'
        (tmp_path / "twice.xml").write_bytes(record.replace(isbn, isbn + isbn.replace(b"-", b"")))
        assert source(tmp_path).find(Key(KeyKind.ISBN, "80-85069-01-1")).total == 1

    def test_a_new_export_is_seen(self, export: Path) -> None:
        catalogue, key = source(export), Key(KeyKind.SYSTEM, "nkc77")
        assert catalogue.find(key) == Hits((), 0)
        export.write_bytes(Book("nkc77", "Nová kniha").iso2709())
        assert catalogue.find(key).records[0].title == "Nová kniha"

    def test_a_library_may_keep_its_barcodes_elsewhere(self, tmp_path: Path) -> None:
        (tmp_path / "x.xml").write_bytes(marcxml(BOOKS[0]).replace(b'tag="996"', b'tag="991"'))
        key = Key(KeyKind.BARCODE, "2600000001")
        assert source(tmp_path).find(key).total == 0
        assert source(tmp_path, fields={"barcode": ["991b"]}).find(key).total == 1

    def test_mods_records_are_found_by_their_own_identifiers_only(self, tmp_path: Path) -> None:
        mods = (
            '<mods:modsCollection xmlns:mods="http://www.loc.gov/mods/v3"><mods:mods version="3.8">'
            "<mods:titleInfo><mods:title>Kůň</mods:title></mods:titleInfo>"
            '<mods:identifier type="isbn">978-80-85069-01-3</mods:identifier>'
            '<mods:identifier type="barCode">26100</mods:identifier>'
            '<mods:relatedItem><mods:identifier type="issn">1210-1168</mods:identifier></mods:relatedItem>'
            "<mods:recordInfo><mods:recordIdentifier>nkc9</mods:recordIdentifier></mods:recordInfo>"
            "</mods:mods></mods:modsCollection>"
        )
        (tmp_path / "x.mods").write_text(mods, encoding="utf-8")
        found = {
            kind: source(tmp_path).find(Key(kind, value)).total
            for kind, value in [
                (KeyKind.ISBN, "80-85069-01-1"),
                (KeyKind.BARCODE, "26100"),
                (KeyKind.SYSTEM, "nkc9"),
                (KeyKind.ISSN, "1210-1168"),
            ]
        }
        assert found == {KeyKind.ISBN: 1, KeyKind.BARCODE: 1, KeyKind.SYSTEM: 1, KeyKind.ISSN: 0}
        assert source(tmp_path).find(Key(KeyKind.SYSTEM, "nkc9")).records[0].title == "Kůň"


class TestDamage:
    def test_no_file_does_not_answer(self, tmp_path: Path) -> None:
        assert refused(tmp_path / "nowhere")[0] == "C001"

    @pytest.mark.parametrize(
        "content", [b"no records", b"\x00\x01", b"<html/>", b"<a>", b"\xff\xfe<\x00", b"<!DOCTYPE a><a/>", b"\x89PNG"]
    )
    def test_what_holds_no_records_is_said(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "x.mrc").write_bytes(content)
        code, why = refused(tmp_path / "x.mrc")
        assert code == "C002"
        assert "x.mrc" in why

    def test_what_could_not_be_looked_at_is_not_called_missing(self, export: Path) -> None:
        whole = export.read_bytes()
        export.write_bytes(whole[:-20])
        assert source(export).find(KEY).total == 1
        code, why = refused(export, Key(KeyKind.SYSTEM, "nkc5"))
        assert code == "C002"
        assert str(len(whole) - len(BOOKS[-1].iso2709())) in why

    def test_a_damaged_directory_hides_no_other_record(self, export: Path) -> None:
        export.write_bytes(b"00099xxxxxxxxxxxxx\x1d" + export.read_bytes())
        assert source(export).find(KEY).total == 1

    def test_half_an_xml_file_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "x.xml").write_bytes(b"<collection>" + marcxml(BOOKS[1]))
        assert refused(tmp_path)[0] == "C002"


class TestCutting:
    @given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
    def test_every_record_of_a_file_comes_back_byte_for_byte(self, made: list[tuple[str, str]]) -> None:
        books = [Book(f"n{number}", title, barcode=code) for number, (title, code) in enumerate(made)]
        for records in ([book.iso2709() for book in books], [marcxml(book) for book in books]):
            around = b"<c>%s</c>" if records[0].startswith(b"<") else b"%s"
            stream = io.BytesIO(around % b"\n".join(records))
            found = list(cuts(stream))
            assert [taken_out(stream, cut) for cut in found] == records
            assert [dict(cut.fields)["001"] for cut in found] == [book.system for book in books]
            told = [dict(cut.fields).get("996b", "") for cut in found]
            assert [code.split() for code in told] == [book.barcode.split() for book in books]

    @given(st.binary(max_size=300))
    def test_no_bytes_make_it_fall(self, content: bytes) -> None:
        for given_bytes in (content, b"00042" + content, b"<a>" + content):
            try:
                found = list(cuts(io.BytesIO(given_bytes)))
            except ValueError:
                continue
            assert all(0 <= cut.start < cut.end <= len(given_bytes) for cut in found)

    def test_a_document_type_is_refused(self) -> None:
        with pytest.raises(UnsafeXml):
            cut_out(b'<!DOCTYPE c [<!ENTITY a "aaaa">]><c>&a;</c>')

    @pytest.mark.parametrize("xml", [False, True])
    def test_a_large_file_is_read_in_parts(self, tmp_path: Path, xml: bool) -> None:
        record = marcxml(BOOKS[0]) if xml else BOOKS[0].iso2709()
        count = 4_000_000 // len(record)
        (tmp_path / "large").write_bytes((b"<c>%s</c>" if xml else b"%s") % (record * count))
        tracemalloc.start()
        with (tmp_path / "large").open("rb") as stream:
            found = sum(1 for _ in cuts(stream))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found == count
        assert peak < 2_500_000


class TestLoading:
    @pytest.mark.parametrize("kind", ["", "nobody", "no_such_room:source", "ingest.source.files:nothing", ":"])
    def test_a_kind_that_does_not_exist_is_a_wrong_setting(self, kind: str) -> None:
        with pytest.raises(Problem) as caught:
            load_source("katalog", {"kind": kind})
        assert caught.value.finding.code == "E005"
        assert "[source.katalog]" in caught.value.finding.text()

    def test_no_kind_is_a_wrong_setting(self) -> None:
        with pytest.raises(Problem, match="E005"):
            load_source("katalog", {"path": "x"})

    def test_a_stranger_s_source_is_loaded_by_its_place(self) -> None:
        loaded = load_source("cizí", {"kind": "tests.test_source_files:stranger", "colour": "blue"})
        assert loaded.name == "cizí blue"

    @pytest.mark.parametrize(
        "told",
        [{}, {"path": "x", "limit": "many"}, {"path": "x", "fields": {"isbn": ["2"]}}, {"path": "x", "pth": "y"}],
    )
    def test_wrong_settings_are_named(self, told: dict[str, object]) -> None:
        with pytest.raises(Problem, match="E005"):
            file_source("export", told)


class Stranger:
    """A source that is not ours."""

    def __init__(self, name: str) -> None:
        self.name = name

    def find(self, key: Key) -> Hits:
        return Hits()


def stranger(name: str, told: dict[str, object]) -> RecordSource:
    return Stranger(f"{name} {told['colour']}")
