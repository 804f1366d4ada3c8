"""XML from outside is read without network, DTD or entities; ours is the same bytes for the same tree."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from metadata.markup import UnsafeXml, parse, to_bytes, violations

NAMES = st.text("abcdefgh", min_size=1, max_size=5)
# XML 1.0, 2.2: the characters a document may hold; a carriage return would be read back as a line end (2.11).
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))
LAUGHS = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "ha">{entities}]><l>&a{last};</l>'


def laughs(depth: int) -> bytes:
    """Billion laughs: each entity is ten of the one before."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, depth + 1))
    return LAUGHS.format(entities=entities, last=depth).encode()


class TestUnsafe:
    """OWASP XXE: what a sidecar of a stranger may try."""

    @pytest.mark.parametrize(
        "content",
        [
            b'<!DOCTYPE m SYSTEM "http://example.invalid/m.dtd"><m/>',
            b'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><m>&x;</m>',
            b'<!DOCTYPE m [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><m/>',
            b"<!DOCTYPE m><m/>",
            '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE m [<!ENTITY x "y">]><m>&x;</m>'.encode("utf-16"),
            b"<!DOCTYPE m [<!ENTITY x 'y'>]><m>",
        ],
    )
    def test_a_document_type_is_refused(self, content: bytes) -> None:
        with pytest.raises(UnsafeXml):
            parse(content)

    @pytest.mark.parametrize("depth", [3, 9, 30])
    def test_billion_laughs_are_refused_at_once(self, depth: int) -> None:
        start = time.monotonic()
        with pytest.raises(UnsafeXml):
            parse(laughs(depth))
        assert time.monotonic() - start < 2

    def test_laughs_in_an_attribute_are_refused_at_once(self) -> None:
        content = laughs(9).replace(b"<l>&a9;</l>", b'<l laugh="&a9;"/>')
        start = time.monotonic()
        with pytest.raises(ValueError, match=r"\w"):
            parse(content)
        assert time.monotonic() - start < 2

    def test_a_million_levels_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"\w"):
            parse(b"<a>" * 1_000_000)


class TestReading:
    @pytest.mark.parametrize("content", [b"", b"no xml", b"<m>", b"<m></n>", b"\xff<m/>"])
    def test_what_is_not_well_formed_is_a_value_error(self, content: bytes) -> None:
        with pytest.raises(ValueError, match=r"\w") as refused:
            parse(content)
        assert not isinstance(refused.value, UnsafeXml)

    def test_a_byte_order_mark_is_no_obstacle(self) -> None:
        assert parse(b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><m/>").tag == "m"

    @given(st.binary(max_size=100))
    @settings(deadline=None)
    def test_any_bytes_are_xml_or_a_value_error(self, content: bytes) -> None:
        try:
            root = parse(content)
        except ValueError:
            return
        assert etree.tostring(parse(etree.tostring(root))) == etree.tostring(root)


class TestWriting:
    @given(NAMES, st.dictionaries(NAMES, TEXTS, max_size=3), TEXTS)
    @settings(deadline=None)
    def test_what_is_written_is_read_back(self, name: str, attributes: dict[str, str], text: str) -> None:
        root = etree.Element(name, attributes)
        root.text = text
        again = parse(to_bytes(root))
        assert (again.tag, dict(again.attrib), again.text or "") == (name, attributes, text)

    @given(st.lists(st.tuples(NAMES, TEXTS), max_size=4))
    @settings(deadline=None, max_examples=30)
    def test_writing_again_gives_the_same_bytes(self, children: list[tuple[str, str]]) -> None:
        root = etree.Element("m")
        for name, text in children:
            etree.SubElement(root, name).text = text or None
        once = to_bytes(root)
        assert to_bytes(parse(once)) == once

    def test_it_is_utf8_with_a_declaration_and_ends_with_a_line(self) -> None:
        root = etree.Element("m")
        etree.SubElement(root, "n").text = "Příbram"
        content = to_bytes(root).decode()
        assert content == "<?xml version='1.0' encoding='UTF-8'?>\n<m>\n  <n>Příbram</n>\n</m>\n"


class TestValidation:
    SCHEMA = """\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:x" targetNamespace="urn:x"
  elementFormDefault="qualified">
  <xs:element name="m"><xs:complexType><xs:sequence>
    <xs:element name="n" type="xs:integer" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
"""

    @pytest.fixture
    def schema(self, tmp_path: Path) -> Path:
        (tmp_path / "m.xsd").write_text(self.SCHEMA)
        return tmp_path / "m.xsd"

    def test_a_valid_document_has_no_violations(self, schema: Path) -> None:
        assert violations(parse(b'<m xmlns="urn:x"><n>1</n></m>'), schema) == ()

    def test_every_violation_is_named_with_its_line(self, schema: Path) -> None:
        found = violations(parse(b'<m xmlns="urn:x">\n<n>jedna</n>\n<n>2</n>\n<o/></m>'), schema)
        assert {(error.line, word) for error in found for word in ("jedna", "{urn:x}o") if word in error.why} == {
            (2, "jedna"),
            (4, "{urn:x}o"),
        }

    def test_a_document_is_judged_by_the_bytes_that_a_stranger_will_see(self, schema: Path) -> None:
        """In memory this child has no namespace; written below its parent, it has its parent's."""
        root = parse(b'<m xmlns="urn:x"/>')
        etree.SubElement(root, "n").text = "1"
        assert not etree.XMLSchema(etree.parse(str(schema))).validate(root)
        assert violations(root, schema) == ()
