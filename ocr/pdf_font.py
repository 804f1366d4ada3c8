"""The invisible font of a searchable PDF: every glyph is the same empty box, half an em wide, so it covers any writing.

Nobody sees invisible text; what a viewer needs of its font are widths and what each code means. A font with drawn
letters would lack some of what old prints need (a combining e, the double hyphen of Fraktur, signs not yet thought of),
and letters that a font lacks vanish. Here each character that occurs in the volume gets a code of its own, and the
ToUnicode map says what it stands for. All codes show one glyph, which is not .notdef. (A letter and its combining mark
are two codes: Ghostscript's text output misreads a code that stands for several characters.)

Rules: ISO 32000-1, 9.7.4 (CIDFontType2), 9.10.3 (ToUnicode); ISO 19005-2 (PDF/A-2), 6.2.11.4 (embedded, all glyphs
there), 6.2.11.5 (widths as in the font program), 6.2.11.7 (ToUnicode for level U; never U+0000, U+FEFF, U+FFFE),
6.2.11.8 (no .notdef). TrueType tables as Apple's and Microsoft's OpenType specification name them.
"""

from __future__ import annotations

import struct

from metadata.elements import clean

EM, WIDTH, ASCENT, DESCENT = 1000, 500, 800, -200
"""Units of the font: its em, the width of each glyph, how far a line reaches above and below its baseline."""

NAME = "KdrInvisible"
REPLACEMENT = "\ufffd"
BLANK = b"\0\1"
"""A blank as `Codes` writes it."""

_LAST_CODE = 0xFFFF
_BLOCK = 100  # entries a bfchar block may have (Adobe Technical Note 5014)


class Codes:
    """Gives every character a two-byte code, in the order of their first use: 1 is the blank.

    `replaced` counts characters that no ToUnicode map may name (control characters, lone surrogates, U+FEFF, U+FFFE,
    U+FFFF): each stands in the text as U+FFFD, so that nobody takes it for missing.
    """

    def __init__(self) -> None:
        self._codes: dict[str, int] = {" ": 1, REPLACEMENT: 2}
        self.replaced = 0

    def encoded(self, text: str) -> bytes:
        """`text` as two bytes for each character; runs of white space are one blank."""
        allowed = clean(" ".join(text.split())).replace("\ufeff", REPLACEMENT)
        self.replaced += allowed.count(REPLACEMENT) - text.count(REPLACEMENT)
        return b"".join(struct.pack(">H", self._code(character)) for character in allowed)

    def to_unicode(self) -> bytes:
        """The ToUnicode CMap of all codes given so far."""
        entries = [b"<%04X> <%s>" % (code, _utf16(character)) for character, code in self._codes.items()]
        blocks = (entries[first : first + _BLOCK] for first in range(0, len(entries), _BLOCK))
        maps = b"\n".join(b"%d beginbfchar\n%s\nendbfchar" % (len(block), b"\n".join(block)) for block in blocks)
        return _CMAP_HEAD + maps + _CMAP_TAIL

    def glyphs(self) -> bytes:
        """The CIDToGIDMap: every code shows glyph 1; code 0, which no text uses, glyph 0."""
        return b"\0\0" + b"\0\1" * max(self._codes.values())

    def _code(self, character: str) -> int:
        if character not in self._codes and len(self._codes) >= _LAST_CODE:
            self.replaced += 1
            return self._codes[REPLACEMENT]
        return self._codes.setdefault(character, len(self._codes) + 1)


def font_program() -> bytes:
    """The TrueType font: .notdef and one empty glyph. The same bytes each time."""
    tables = {
        b"OS/2": _os2(),
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 1, 12) + struct.pack(">7H", 4, 24, 0, 2, 2, 0, 0) + _SEGMENT,
        b"glyf": _GLYPH,
        b"head": _head(),
        b"hhea": struct.pack(">IhhhH11hH", 0x10000, ASCENT, DESCENT, 0, WIDTH, *[0] * 3, 1, *[0] * 7, 2),
        b"hmtx": struct.pack(">HhHh", WIDTH, 0, WIDTH, 0),
        b"loca": struct.pack(">3H", 0, 0, len(_GLYPH) // 2),
        b"maxp": struct.pack(">I14H", 0x10000, 2, 2, 1, 0, 0, 2, *[0] * 8),
        b"name": _name(),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, -100, 50, 1, 0, 0, 0, 0),
    }
    return _sfnt(tables)


# One contour from corner to corner and back: it holds no area, but has a bounding box. Without one PDFium (of Chrome)
# passes over every word of a single letter.
_GLYPH = struct.pack(">5hHH2B4h", 1, 0, DESCENT, WIDTH, ASCENT, 1, 0, 1, 1, 0, WIDTH, DESCENT, ASCENT - DESCENT)
_SEGMENT = struct.pack(">5H", 0xFFFF, 0, 0xFFFF, 1, 0)
_CMAP_HEAD = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
"""
_CMAP_TAIL = b"""
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be").hex().upper().encode()


def _head() -> bytes:
    fixed = struct.pack(">IIIIHH", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0b11, EM)
    return fixed + bytes(16) + struct.pack(">4hHHhhh", 0, DESCENT, WIDTH, ASCENT, 0, 8, 2, 0, 0)


def _os2() -> bytes:
    first = struct.pack(">HhHHH", 3, WIDTH, 400, 5, 0) + bytes(22) + bytes(10) + bytes(16) + b"KDR "
    return first + struct.pack(
        ">HHHhhhHHIIhhHHH", 64, 32, 32, ASCENT, DESCENT, 0, ASCENT, -DESCENT, 1, 0, 0, 0, 0, 32, 1
    )


def _name() -> bytes:
    text = NAME.encode("utf-16-be")
    kinds = (1, 4, 6)  # family, full and PostScript name
    records = b"".join(struct.pack(">6H", 3, 1, 0x409, kind, len(text), 0) for kind in kinds)
    return struct.pack(">HHH", 0, len(kinds), 6 + len(records)) + records + text


def _sfnt(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    head = struct.pack(">IHHHH", 0x10000, count, power * 16, power.bit_length() - 1, (count - power) * 16)
    directory, body, at = b"", b"", len(head) + 16 * count
    head_at = 0
    for tag, table in sorted(tables.items()):
        padded = table + bytes(-len(table) % 4)
        if tag == b"head":
            head_at = at + len(body)
        directory += struct.pack(">4sIII", tag, _checksum(padded), at + len(body), len(table))
        body += padded
    font = head + directory + body
    adjustment = struct.pack(">I", (0xB1B0AFBA - _checksum(font)) & 0xFFFFFFFF)
    return font[: head_at + 8] + adjustment + font[head_at + 12 :]


def _checksum(padded: bytes) -> int:
    return int(sum(struct.unpack(f">{len(padded) // 4}I", padded))) & 0xFFFFFFFF
