"""Catalogue records from bytes: ISO 2709, MARCXML and MODS, single, many, or inside an SRU or OAI answer.

Structure: MARC 21 Record Structure (ISO 2709:2008) and the MARCXML schema (slim; MarcXchange is the same by its local
names). What is damaged is refused with its reason; half a record is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from metadata import marc, mods_reading
from metadata.description import Description, Identifier, Organisation, VolumeKind
from metadata.marc_encoding import Encoding, decoded, recognised
from metadata.marc_record import BadRecord, MarcField, MarcRecord
from metadata.markup import Element, UnsafeXml, parse

MARC21, MARCXML, MODS = "marc21", "marcxml", "mods"

_LEADER, _ENTRY = 24, 12
_BETWEEN = b"\r\n\t \x00\x1a"
_FIELD_END, _RECORD_END = 0x1E, 0x1D
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class CatalogueRecord:
    """One record of a catalogue and what it is chosen by.

    `raw` are its untouched bytes; a record inside an XML envelope is cut out of it, with the namespaces it needs, in
    UTF-8. `form` is marc21, marcxml or mods; `encoding` is what the bytes were found to be in; `id` the system number
    and `title` on one line, both empty where the record has none; `kind` what it describes, where a periodical's
    title is told by the kind of its issues; `barcodes` of its copies.
    """

    raw: bytes
    form: str
    encoding: str
    id: str
    title: str
    kind: VolumeKind
    identifiers: tuple[Identifier, ...] = ()
    barcodes: tuple[str, ...] = ()

    def describe(self, institution: Organisation, kind: VolumeKind | None = None) -> Description:
        """What the record knows of its title, held by `institution`, as the description of a volume of `kind`.

        Raises:
            BadRecord: it has no title.
        """
        chosen = kind or self.kind
        if self.form == MARC21:
            return marc.description(_marc21(self.raw, Encoding(self.encoding))[0], institution, chosen)
        element = _records_in(_parsed(self.raw))[0]
        if self.form == MARCXML:
            return marc.description(_marcxml(element), institution, chosen)
        return mods_reading.description(element, institution, chosen)


def read_records(content: bytes, encoding: Encoding | None = None) -> tuple[CatalogueRecord, ...]:
    """The records in `content`, in its order; `encoding` is that of ISO 2709 records where the source is known for it.

    Raises:
        BadRecord: there is none, or one of them is damaged, cut off or in no encoding that can be told.
    """
    start = content.lstrip(_BETWEEN)
    if not start:
        raise BadRecord("empty")
    if start.startswith((b"<", *_BOMS)):
        return tuple(_from_xml(content))
    if not start[:5].isdigit():
        raise BadRecord("no_record")
    found = []
    for number, raw in enumerate(_cut(content), 1):
        try:
            found.append(_from_marc21(raw, encoding))
        except BadRecord as bad:
            raise BadRecord(bad.reason, number, **bad.facts) from None
    return tuple(found)


def _cut(content: bytes) -> Iterator[bytes]:
    """Each ISO 2709 record's bytes; line ends between them belong to none."""
    position, number = 0, 0
    while rest := content[position : position + 1]:
        if rest in _BETWEEN:
            position += 1
            continue
        number += 1
        try:
            length = _length(content[position : position + 5])
            raw = content[position : position + length]
            _check_length(raw, length)
        except BadRecord as bad:
            raise BadRecord(bad.reason, number, **bad.facts) from None
        yield raw
        position += length


def _length(head: bytes) -> int:
    """The record length in leader/00-04."""
    if not re.fullmatch(rb"[0-9]{5}", head):
        raise BadRecord("wrong_length", expected=head.decode("ascii", "replace"))
    if int(head) <= _LEADER:
        raise BadRecord("no_leader")
    return int(head)


def _check_length(raw: bytes, expected: int) -> None:
    if len(raw) < expected:
        raise BadRecord("truncated", expected=expected, found=len(raw))
    if raw[-1] != _RECORD_END or raw.find(_RECORD_END) != expected - 1:
        raise BadRecord("wrong_length", expected=expected)


def _from_marc21(raw: bytes, encoding: Encoding | None) -> CatalogueRecord:
    record, found = _marc21(raw, encoding)
    return _known(raw, MARC21, found.value, record)


def _known(raw: bytes, form: str, encoding: str, record: MarcRecord) -> CatalogueRecord:
    return CatalogueRecord(
        raw=raw,
        form=form,
        encoding=encoding,
        id=marc.record_id(record),
        title=marc.title_line(record),
        kind=marc.proposed_kind(record),
        identifiers=marc.identifiers(record),
        barcodes=marc.barcodes(record),
    )


def _marc21(raw: bytes, encoding: Encoding | None) -> tuple[MarcRecord, Encoding]:
    leader = raw[:_LEADER]
    if not leader.isascii():
        raise BadRecord("no_leader")
    parts = [(tag, _split(data)) for tag, data in _entries(raw)]
    if encoding is None:
        texts = (text for _, (_, pairs) in parts for _, text in pairs)
        encoding = recognised(bytes([_FIELD_END]).join(texts), unicode=leader[9:10] == b"a")
    fields = tuple(_field(tag, indicators, pairs, encoding) for tag, (indicators, pairs) in parts)
    return MarcRecord(_blanks(leader.decode("ascii")), fields), encoding


def _entries(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Tag and bytes of each field, by the directory; every field must end where the directory says."""
    base = raw[12:17]
    if not base.isdigit() or not _LEADER < int(base) <= len(raw) or raw[int(base) - 1] != _FIELD_END:
        raise BadRecord("directory", tag="000")
    directory = raw[_LEADER : int(base) - 1]
    if len(directory) % _ENTRY:
        raise BadRecord("directory", tag="000")
    for start in range(0, len(directory), _ENTRY):
        entry = directory[start : start + _ENTRY]
        tag = entry[:3].decode("ascii", "replace")
        if not re.fullmatch(rb"[0-9A-Za-z]{3}[0-9]{9}", entry):
            raise BadRecord("directory", tag=tag)
        begin = int(base) + int(entry[7:])
        data = raw[begin : begin + int(entry[3:7])]
        if data.find(_FIELD_END) != int(entry[3:7]) - 1:
            raise BadRecord("directory", tag=tag)
        yield tag, data[:-1]


def _split(data: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Indicators and (code, text) of a data field; a control field is one text with the code b''."""
    head, *subfields = data.split(b"\x1f")
    if not subfields:
        return b"", [(b"", head)]
    return head, [(each[:1], each[1:]) for each in subfields if each]


def _field(tag: str, indicators: bytes, pairs: list[tuple[bytes, bytes]], encoding: Encoding) -> MarcField:
    if pairs and not pairs[0][0]:
        return _control(tag, decoded(pairs[0][1], encoding))
    marks = indicators.decode("ascii", "replace").ljust(2)[:2]
    texts = ((code.decode("ascii", "replace"), decoded(text, encoding)) for code, text in pairs)
    return MarcField(tag, indicators=_blanks(marks), subfields=tuple((code, text.strip()) for code, text in texts))


def _control(tag: str, value: str) -> MarcField:
    return MarcField(tag, value=_blanks(value) if tag == "008" else value.strip())


def _blanks(coded: str) -> str:
    # Aleph writes a blank of coded data as ^ where a blank might get lost.
    return coded.replace("^", " ")


def _from_xml(content: bytes) -> Iterator[CatalogueRecord]:
    root = _parsed(content)
    found = _records_in(root)
    if not found:
        raise BadRecord("no_record")
    for number, element in enumerate(found, 1):
        try:
            yield _from_element(element, content if element is root else b"")
        except BadRecord as bad:
            raise BadRecord(bad.reason, number, **bad.facts) from None


def _from_element(element: Element, whole: bytes) -> CatalogueRecord:
    raw = whole or etree.tostring(element, encoding="UTF-8", with_tail=False)
    encoding = (element.getroottree().docinfo.encoding or "utf-8").lower()
    if _name(element) == "record":
        return _known(raw, MARCXML, encoding if whole else "utf-8", _marcxml(element))
    return CatalogueRecord(
        raw=raw,
        form=MODS,
        encoding=encoding if whole else "utf-8",
        id=mods_reading.record_id(element),
        title=mods_reading.title_line(element),
        kind=mods_reading.proposed_kind(element),
        identifiers=mods_reading.identifiers(element),
        barcodes=(),
    )


def _parsed(content: bytes) -> Element:
    try:
        return parse(content.lstrip(_BETWEEN))
    except UnsafeXml:
        raise BadRecord("unsafe_xml") from None
    except ValueError as error:
        raise BadRecord("malformed_xml", why=str(error)) from None


def _records_in(root: Element) -> list[Element]:
    """The MARCXML and MODS records, wherever they stand; those that SRU packed as a string are unpacked."""
    found: list[Element] = []
    for element in root.iter(etree.Element):
        name = _name(element)
        if (name == "record" and _is_marc(element)) or (name == "mods" and element.tag == mods_reading.ROOT):
            found.append(element)
        elif name == "recordData" and not len(element) and (packed := _packed(element)):
            found.extend(_records_in(_parsed(packed)))
    return found


def _packed(element: Element) -> bytes:
    """XML that stands as text in `element`; its declaration told the encoding of other bytes."""
    text = (element.text or "").strip()
    return re.sub(r"^<\?xml[^>]*\?>", "", text).encode() if text.startswith("<") else b""


def _is_marc(element: Element) -> bool:
    return any(_name(child) in ("leader", "controlfield", "datafield") for child in element)


def _name(element: Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _marcxml(element: Element) -> MarcRecord:
    form = element.get("format", "")
    if form.upper().startswith("UNIMARC"):
        raise BadRecord("not_marc21", format=form)
    leader = next((_text(child) for child in element if _name(child) == "leader"), "")
    fields = tuple(_xml_field(child) for child in element if _name(child) in ("controlfield", "datafield"))
    return MarcRecord(_blanks(leader), fields)


def _xml_field(element: Element) -> MarcField:
    tag = element.get("tag", "")
    if _name(element) == "controlfield":
        return _control(tag, _text(element))
    marks = element.get("ind1", " ")[:1].ljust(1) + element.get("ind2", " ")[:1].ljust(1)
    subfields = ((child.get("code", ""), _text(child).strip()) for child in element if _name(child) == "subfield")
    return MarcField(tag, indicators=_blanks(marks), subfields=tuple(subfields))


def _text(element: Element) -> str:
    # XPath's string value: text on both sides of a comment too.
    return decoded(str(element.xpath("string()")).encode(), Encoding.UTF8)
