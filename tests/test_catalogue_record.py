"""Records out of files and answers: every form and encoding gives the same, and what is damaged is refused whole."""

from __future__ import annotations

import pickle
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymarc import marc8_to_unicode

from metadata.catalogue_record import CatalogueRecord, read_records
from metadata.description import VolumeKind
from metadata.marc_encoding import Encoding, decoded, recognised
from metadata.marc_record import BadRecord
from metadata.wording import Tongue
from tests.marc_records import (
    ENCODERS,
    SERIAL,
    book,
    collection,
    control,
    data,
    iso2709,
    marc8,
    marcxml,
    oai,
    record,
    sru,
    titled,
)
from tests.page_records import LIBRARY

MODS = '<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Pohádky č. {}</title></titleInfo></mods>'

WORDS = (
    "Dvořák", "růže", "škola", "Kráľ", "éra", "muž", "Šimon", "Müllerová", "Učitel", "Łódź", "síť", "Čapek", "©1920",
    "město", "Tolstoĭ", "poézia",
)  # fmt: skip


def refusal(content: bytes, encoding: Encoding | None = None) -> BadRecord:
    """Why the bytes are refused."""
    with pytest.raises(BadRecord) as caught:
        read_records(content, encoding)
    return caught.value


def one(content: bytes, encoding: Encoding | None = None) -> CatalogueRecord:
    """The only record in the bytes."""
    found = read_records(content, encoding)
    assert len(found) == 1
    return found[0]


class TestForms:
    def test_a_record_tells_what_it_is_chosen_by(self) -> None:
        found = one(iso2709(book()))
        assert (found.form, found.id, found.kind) == ("marc21", "li0000123", VolumeKind.MONOGRAPH)
        assert found.title == "Ten žluťoučký koníček. Díl 2., Podzim : ďábelské tóny"
        assert found.barcodes == ("2619001234",)
        assert [each.value for each in found.identifiers if each.valid] == ["cnb000123456", "80-85605-10-4"]

    @pytest.mark.parametrize("wrap", [lambda xml: xml, collection, sru, oai])
    def test_marcxml_says_the_same_as_iso_2709(self, wrap: object) -> None:
        assert callable(wrap)
        found = one(wrap(marcxml(book())))
        assert found.form == "marcxml"
        assert found.describe(LIBRARY) == one(iso2709(book())).describe(LIBRARY)

    def test_marcxml_without_a_namespace(self) -> None:
        assert one(marcxml(book(), namespace=False)).describe(LIBRARY) == one(iso2709(book())).describe(LIBRARY)

    def test_a_record_that_sru_packed_as_a_string(self) -> None:
        packed = '<?xml version="1.0" encoding="windows-1250"?>' + marcxml(book()).decode()
        content = sru(packed.replace("&", "&amp;").replace("<", "&lt;").encode())
        assert one(content).describe(LIBRARY) == one(iso2709(book())).describe(LIBRARY)

    def test_a_comment_does_not_cut_a_text(self) -> None:
        content = marcxml(titled()).replace(b"dky<", b"<!-- -->dky<")
        assert one(content).describe(LIBRARY).title == "Pohádky"

    def test_many_records_keep_their_order_and_their_bytes(self) -> None:
        raws = [iso2709(titled(control("001", f"n{n}"))) for n in range(5)]
        found = read_records(b"\r\n".join(raws) + b"\n\x1a")
        assert [each.id for each in found] == ["n0", "n1", "n2", "n3", "n4"]
        assert [each.raw for each in found] == raws

    def test_a_record_alone_in_its_file_stays_untouched(self) -> None:
        content = b"\n" + marcxml(book()).replace(b"<leader>", b"<!-- z katalogu --><leader>") + b"\n"
        assert one(content).raw == content

    def test_a_record_cut_out_of_an_answer_can_be_read_again(self) -> None:
        first, second = read_records(sru(marcxml(book()), marcxml(titled())))
        assert one(first.raw).describe(LIBRARY) == first.describe(LIBRARY)
        assert b"Poh" not in first.raw
        assert b"Poh" in second.raw

    @pytest.mark.parametrize("wrap", ["{}", '<modsCollection xmlns="http://www.loc.gov/mods/v3">{}</modsCollection>'])
    def test_mods(self, wrap: str) -> None:
        found = one(wrap.format(MODS.format(1)).encode())
        assert (found.form, found.title, found.describe(LIBRARY).title) == ("mods", "Pohádky č. 1", "Pohádky č. 1")

    def test_xml_in_another_encoding_says_which(self) -> None:
        declared = '<?xml version="1.0" encoding="windows-1250"?>' + marcxml(book()).decode()
        found = one(declared.encode("cp1250"))
        assert found.encoding == "windows-1250"
        assert found.describe(LIBRARY) == one(iso2709(book())).describe(LIBRARY)

    def test_aleph_writes_blanks_as_carets(self) -> None:
        content = marcxml(titled(control("008", "980503s1920    xr a   g      000 1 cze  "), kind=SERIAL))
        written = content.replace(b"    xr ", b"^^^^xr^").replace(b"nas a22", b"nas^a22")
        assert one(written).describe(LIBRARY) == one(content).describe(LIBRARY)

    def test_ten_thousand_records(self) -> None:
        content = iso2709(titled(), "cp1250") * 10_000
        assert len(read_records(content)) == 10_000


class TestEncodings:
    """Czech practice: cp1250 and ISO 8859-2 under the mark of MARC-8."""

    @pytest.mark.parametrize("encoding", ENCODERS)
    def test_each_gives_the_same_description_and_is_told(self, encoding: str) -> None:
        found = one(iso2709(book(), encoding))
        assert found.encoding == encoding
        assert found.describe(LIBRARY) == one(marcxml(book())).describe(LIBRARY)

    @pytest.mark.parametrize("encoding", ENCODERS)
    @pytest.mark.parametrize("mark", ["a", " "])
    def test_a_wrong_mark_in_the_leader_changes_nothing(self, encoding: str, mark: str) -> None:
        assert one(iso2709(book(), encoding, mark)).describe(LIBRARY).title == "žluťoučký koníček"

    @pytest.mark.parametrize("encoding", ENCODERS)
    @given(
        words=st.lists(
            st.sampled_from(WORDS),
            min_size=1,
            max_size=4,
        )
    )
    @settings(max_examples=40, deadline=None)
    def test_words_are_read_right_or_not_at_all(self, encoding: str, words: list[str]) -> None:
        # ISO 8859-2 has no ©, and neither Czech code page a breve on i.
        absent = {"cp1250": "ĭ", "iso8859-2": "©ĭ"}.get(encoding, "")
        text = "".join(char for char in " ".join(words) if char not in absent)
        content = ENCODERS[encoding](text)
        told = ""
        with suppress(BadRecord):
            told = decoded(content, recognised(content, unicode=False))
        assert told in ("", text)

    @pytest.mark.parametrize(
        ("text", "encoding"), [("Muž", "iso8859-2"), ("Kráľ", "cp1250"), ("éra", "cp1250"), ("Křest", "marc-8")]
    )
    def test_what_could_be_either_is_refused_with_both_readings(self, text: str, encoding: str) -> None:
        content = iso2709(record(data("245", "10", "a" + text)), encoding)
        told = refusal(content)
        assert told.reason == "undecidable"
        assert text in told.text()
        assert one(content, Encoding(encoding)).describe(LIBRARY).title == text

    def test_the_encoding_stated_for_a_source_must_fit(self) -> None:
        assert refusal(iso2709(book(), "cp1250"), Encoding.UTF8).reason == "unreadable"

    def test_a_record_read_as_stated_is_described_as_stated(self) -> None:
        found = one(iso2709(titled(data("500", "  ", "aŽe by")), "cp1250"), Encoding.LATIN2)
        assert found.encoding == "iso8859-2"
        assert found.describe(LIBRARY).notes == ("e by",)

    def test_damaged_utf8_is_not_taken_for_something_else(self) -> None:
        assert refusal(iso2709(book()).replace("ď".encode(), b"\xc4\xff")).reason == "broken_utf8"

    def test_bytes_of_no_encoding(self) -> None:
        content = iso2709(record(data("245", "10", "aXX")), mark=" ").replace(b"XX", b"\x81\xff")
        assert refusal(content).reason == "unknown_encoding"

    def test_a_language_without_an_alphabet_here_is_read_where_marc8_alone_fits(self) -> None:
        content = iso2709(record(data("245", "10", "aEnsk-íslensk orðabók þýðir ög ḿ")), "marc-8")
        assert one(content).title == "Ensk-íslensk orðabók þýðir ög ḿ"

    def test_marc8_with_cyrillic_between_escapes(self) -> None:
        cyrillic = b"\x1b(NvIL\x1b(B B"
        plain = iso2709(record(data("245", "10", "aXXXXXXXXXXX")), mark=" ")
        title = one(plain.replace(b"XXXXXXXXXXX", cyrillic)).title
        assert title == marc8_to_unicode(cyrillic)
        assert title.startswith("Жил")

    @pytest.mark.parametrize("broken", [b"\x1b", b"\x1b(Z", b"a\xe2", b"\xe21", b"\xff"])
    def test_marc8_is_read_strictly(self, broken: bytes) -> None:
        with pytest.raises(BadRecord, match="marc-8"):
            decoded(broken, Encoding.MARC8)

    @given(text=st.text("abcz ěščřžýáíéúůďťňĚŠČŘŽÝÁÍÉÚŮĎŤŇäöüĺľŕô", max_size=30))
    @settings(max_examples=60, deadline=None)
    def test_marc8_comes_back(self, text: str) -> None:
        assert decoded(marc8(text), Encoding.MARC8) == text == marc8_to_unicode(marc8(text))

    def test_text_is_composed_and_without_control_characters(self) -> None:
        content = iso2709(record(data("245", "10", "a" + unicodedata.normalize("NFD", "\u0098Ten\u009c kůň\u0007"))))
        assert one(content).title == "Ten kůň"


class TestRefusals:
    """A clear reason, and no part of a description."""

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "empty"),
            (b" \r\n", "empty"),
            (b"Pohadky", "no_record"),
            (b"%PDF-1.7", "no_record"),
            (b"\x00\x01\x02\xff", "no_record"),
            (b"<html><body>500</body></html>", "no_record"),
            (b"<collection/>", "no_record"),
            (b"<record><leader/>", "malformed_xml"),
            (b"00000nam a2200000 i 4500", "no_leader"),
            (b"00026" + b"x" * 21, "wrong_length"),
            (b"<!DOCTYPE x [<!ENTITY a 'b'>]><record><leader>&a;</leader></record>", "unsafe_xml"),
            (b"<record><datafield tag='245'/></record>", "no_leader"),
            (b"<record><leader>nam</leader></record>", "no_leader"),
        ],
    )
    def test_what_is_no_record(self, content: bytes, reason: str) -> None:
        assert refusal(content).reason == reason

    def test_unimarc_is_named(self) -> None:
        told = refusal(b'<record format="Unimarc"><leader>00000nam0 2200000   450 </leader></record>')
        assert told.reason == "not_marc21"
        assert "Unimarc" in told.text()

    @given(share=st.floats(0.01, 0.999), encoding=st.sampled_from(sorted(ENCODERS)))
    @settings(max_examples=60, deadline=None)
    def test_half_a_record_is_none(self, share: float, encoding: str) -> None:
        content = iso2709(book(), encoding)
        assert refusal(content[: max(1, int(len(content) * share))]).number in (0, 1)

    @given(share=st.floats(0.01, 0.999))
    @settings(max_examples=30, deadline=None)
    def test_half_an_answer_is_none(self, share: float) -> None:
        content = sru(marcxml(book()), marcxml(titled()))
        assert refusal(content[: int(len(content) * share)]).reason in ("malformed_xml", "no_record", "empty")

    def test_which_of_many_is_bad(self) -> None:
        good = iso2709(book())
        told = refusal(good + good + good[:-50])
        assert (told.number, told.reason) == (3, "truncated")
        assert told.text(Tongue.EN).startswith("Record no. 3: The record is cut off")
        assert str(told).startswith("Záznam č. 3: ")

    @pytest.mark.parametrize(
        ("position", "value"), [(12, b"99999"), (12, b"     "), (27, b"9999"), (24, b"\xff\xff\xff")]
    )
    def test_a_directory_that_lies(self, position: int, value: bytes) -> None:
        content = iso2709(book())
        assert refusal(content[:position] + value + content[position + len(value) :]).reason == "directory"

    @pytest.mark.parametrize("error", [-1, 1, 40])
    def test_a_length_that_lies(self, error: int) -> None:
        content = iso2709(book())
        told = refusal(f"{len(content) + error:05}".encode() + content[5:] + content)
        assert told.reason == "wrong_length"

    @given(position=st.integers(0, 2000), byte=st.integers(0, 255))
    @settings(max_examples=150, deadline=None)
    def test_one_wrong_byte_is_read_or_refused(self, position: int, byte: int) -> None:
        content = bytearray(iso2709(book(), "cp1250"))
        content[position % len(content)] = byte
        titles = []
        with suppress(BadRecord):
            titles = [each.describe(LIBRARY).title for each in read_records(bytes(content))]
        assert len(titles) < 2
        assert all(titles)

    def test_a_refusal_survives_the_way_between_processes(self) -> None:
        told = refusal(iso2709(book())[:-1])
        again = pickle.loads(pickle.dumps(told))  # noqa: S301 - our own value
        assert (str(again), again.number) == (str(told), 1)
