"""Catalogue records made up for tests with pymarc, and their bytes in every encoding that libraries hand out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from pymarc import Field, Indicators, Record, Subfield
from pymarc.marc8_mapping import CODESETS
from pymarc.marcxml import record_to_xml

BOOK, SERIAL, MAP, MUSIC, PICTURE = "nam", "nas", "nem", "ncm", "nkm"

_ANSEL = {chr(code): bytes([byte]) for byte, (code, _) in CODESETS[0x45].items()}


def data(tag: str, indicators: str, *pairs: str) -> Field:
    """A data field; each of `pairs` is a code and its text: "aPraha :"."""
    subfields = [Subfield(code=pair[0], value=pair[1:]) for pair in pairs]
    return Field(tag=tag, indicators=Indicators(*indicators), subfields=subfields)


def control(tag: str, value: str) -> Field:
    """A control field."""
    return Field(tag=tag, data=value)


def record(*fields: Field, kind: str = BOOK, multipart: str = " ") -> Record:
    """A record of those fields; `kind` is leader/05-07."""
    made = Record(force_utf8=True)
    made.leader = f"00000{kind} a2200000 i{multipart}4500"  # type: ignore[assignment]
    made.add_field(*fields)
    return made


def titled(*fields: Field, kind: str = BOOK, multipart: str = " ") -> Record:
    """A record with the title Pohádky and those fields."""
    return record(data("245", "10", "aPohádky"), *fields, kind=kind, multipart=multipart)


def book() -> Record:
    """A book with everything that a Czech record of a book usually has."""
    return record(
        control("001", "li0000123"),
        control("003", "CZ-LiKVK"),
        control("005", "20200131123000.0"),
        control("008", "980503m19201922xr a   g      000 1 cze  "),
        data("015", "  ", "acnb000123456"),
        data("020", "  ", "a80-85605-10-4 (váz.) :", "z80-85605-10-3"),
        data("040", "  ", "aABA001", "bcze", "dLIA001", "erda"),
        data("041", "1 ", "acze", "ager", "hpol"),
        data("072", " 7", "a821.162.3-3", "xČeská próza", "2Konspekt", "925"),
        data("080", "  ", "a821.162.3-31", "2MRF"),
        data("100", "1 ", "aŽďárská, Růžena,", "d1870-1941", "7jk01052941", "4aut"),
        data("245", "14", "aTen žluťoučký koníček.", "nDíl 2.,", "pPodzim :", "bďábelské tóny /", "cRůžena Žďárská"),
        data("246", "30", "aĎábelské tóny"),
        data("250", "  ", "a2., rozšířené vyd. /"),
        data("260", "  ", "aV Liberci :", "bNakladatelství Šťastný,", "c[1920]", "e(Praha :", "fPoliťka)"),
        data("300", "  ", "a250 s. :", "bil. ;", "c21 cm"),
        data("490", "1 ", "aKnihovnička mládeže ;", "vsv. 12"),
        data("500", "  ", "aTištěno švabachem."),
        data("520", "  ", "aKůň a ódy na něj."),
        data("546", "  ", "aČeský a německý text"),
        data("650", "07", "akoně", "xv umění", "2czenas"),
        data("651", " 7", "aLiberec (Česko)", "2czenas"),
        data("700", "1 ", "aŠíp, Ladislav,", "eilustrátor"),
        data("830", " 0", "aKnihovnička mládeže"),
        data("910", "  ", "aABA001", "b54 C 1"),
        data("910", "  ", "aLIA001", "bA 1234"),
        data("996", "  ", "b2619001234", "cA 1234"),
    )


def marc8(text: str) -> bytes:
    """`text` in MARC-8: marks before their letter."""
    return b"".join(_marc8(char) for char in unicodedata.normalize("NFC", text))


def _marc8(char: str) -> bytes:
    if char.isascii():
        return char.encode()
    if char in _ANSEL:
        return _ANSEL[char]
    letter, *marks = list(unicodedata.normalize("NFD", char))
    return b"".join(_ANSEL[mark] for mark in marks) + letter.encode()


ENCODERS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "marc-8": marc8,
    "cp1250": lambda text: text.encode("cp1250"),
    "iso8859-2": lambda text: text.encode("iso8859-2"),
}
"""How a text becomes bytes in each encoding."""


def iso2709(made: Record, encoding: str = "utf-8", mark: str | None = None) -> bytes:
    """The record as ISO 2709; leader/09 says what `mark` says, by default what the encoding deserves."""
    encoded = ENCODERS[encoding]
    directory, body = b"", b""
    for field in made.fields:
        content = _content(field, encoded) + b"\x1e"
        directory += f"{field.tag}{len(content):04}{len(body):05}".encode()
        body += content
    base = 24 + len(directory) + 1
    leader = str(made.leader)
    chosen = mark if mark is not None else ("a" if encoding == "utf-8" else " ")
    head = f"{base + len(body) + 1:05}{leader[5:9]}{chosen}22{base:05}{leader[17:24]}"
    return head.encode() + directory + b"\x1e" + body + b"\x1d"


def _content(field: Field, encoded: Callable[[str], bytes]) -> bytes:
    if field.control_field:
        return encoded(field.data or "")
    subfields = (b"\x1f" + encoded(each.code) + encoded(each.value) for each in field.subfields)
    return "".join(field.indicators or "  ").encode() + b"".join(subfields)


def marcxml(made: Record, *, namespace: bool = True) -> bytes:
    """The record as a MARCXML record element."""
    content: bytes = record_to_xml(made, namespace=namespace)
    return content


def collection(*records: bytes) -> bytes:
    """MARCXML records in a collection."""
    return b'<collection xmlns="http://www.loc.gov/MARC21/slim">' + b"".join(records) + b"</collection>"


def sru(*records: bytes) -> bytes:
    """Records in an SRU 1.1 answer."""
    packed = b"".join(
        b"<zs:record><zs:recordSchema>marcxml</zs:recordSchema><zs:recordPacking>xml</zs:recordPacking>"
        b"<zs:recordData>" + each + b"</zs:recordData></zs:record>"
        for each in records
    )
    return (
        b'<?xml version="1.0"?><zs:searchRetrieveResponse xmlns:zs="http://www.loc.gov/zing/srw/">'
        + f"<zs:version>1.1</zs:version><zs:numberOfRecords>{len(records)}</zs:numberOfRecords>".encode()
        + b"<zs:records>"
        + packed
        + b"</zs:records></zs:searchRetrieveResponse>"
    )


def oai(*records: bytes) -> bytes:
    """Records in an answer of OAI-PMH ListRecords."""
    packed = b"".join(
        b"<record><header><identifier>oai:x:1</identifier></header><metadata>" + each + b"</metadata></record>"
        for each in records
    )
    return b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>' + packed + b"</ListRecords></OAI-PMH>"
