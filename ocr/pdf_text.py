"""The invisible text of a page as a PDF content stream: one text object a line, each word stretched over its box.

Text rendering mode 3 (ISO 32000-1, 9.3.6). All words of a line share its height, so that readers who sort text by place
(most do) keep a line together; from left to right each word covers its own box, and the blank behind it the gap up to
the next.

The mark that breaks a word stands as a plain hyphen, whatever it looks like in the picture (⸗, =, ¬): that is what
readers know to take away when they search for the whole word. Measured: with "-" pdftotext joins the word, with a soft
hyphen (U+00AD, as ISO 32000-1, 14.8.2.2.3 has it for tagged files; directly or as ActualText) or with ⸗ it does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from metadata.geometry import Box
from metadata.text import Line, PageText
from ocr.pdf_font import ASCENT, BLANK, DESCENT, EM, WIDTH, Codes

FONT = "T"
HYPHEN = "-"
"""What every mark that breaks a word at a line's end is as text."""

_GLYPH = WIDTH / EM
_BASELINE = -DESCENT / (ASCENT - DESCENT)


def text_stream(text: PageText, codes: Codes) -> bytes:
    """What shows `text` on a page whose unit is a pixel of the master copy, origin at the bottom left.

    The font is called `FONT` in the page's resources; `codes` learns the characters. Empty when there is no text.
    """
    lines = [part for line in text.lines() if (part := b"\n".join(_line(line, text.height, codes)))]
    return b"\n".join((b"3 Tr", *lines)) if lines else b""


def _line(line: Line, height: int, codes: Codes) -> Iterator[bytes]:
    words = [(encoded, word.box) for word in line.words if (encoded := codes.encoded(word.text))]
    if not words:
        return
    extent = Box.around([box for _, box in words])
    size = max(1, extent.height)
    base = height - extent.bottom + size * _BASELINE
    yield b"BT /%s %d Tf" % (FONT.encode(), size)
    for number, (encoded, box) in enumerate(words):
        yield b"1 0 0 1 %d %s Tm %s" % (box.left, _number(base), _shown(encoded, box.width, size))
        if number + 1 < len(words):
            yield _shown(BLANK, words[number + 1][1].left - box.right, size)
    if line.hyphen is not None:
        yield _shown(codes.encoded(HYPHEN), line.hyphen.box.right - words[-1][1].right, size)
    yield b"ET"


def _shown(encoded: bytes, width: int, size: int) -> bytes:
    # A word without width, or words that touch, still need a place of their own to be told apart.
    natural = len(encoded) / 2 * _GLYPH * size
    # Six decimals: on a line of large type a narrow word is stretched by a few millionths.
    return b"%s Tz <%s> Tj" % (_number(100 * max(width, 1) / natural, 6), encoded.hex().encode())


def _number(value: float, decimals: int = 3) -> bytes:
    return f"{value:.{decimals}f}".rstrip("0").rstrip(".").encode()
