"""Words broken at line ends, joined again for searching; what is printed stays as it is.

Both parts keep their place and learn the whole word; the printed mark becomes the line's Hyphen. Joined are words whose
first part ends in a letter and a mark, and whose second part begins the next line in lower case. So "1918-/1920" and
"Rakousko-/Uhersko" stay apart, and so does the hanging hyphen of "severo-/a jihozápadní".
"""

from __future__ import annotations

from dataclasses import replace

from metadata.geometry import Box
from metadata.text import BlockKind, Hyphen, Line, PageText, Part, Word

# hyphen-minus, hyphen, soft hyphen, not sign (so some engines mark a broken word), double oblique hyphen of Fraktur,
# and the equals sign that Fraktur models read for it
MARKS = frozenset("-\u2010\u00ad\u00ac\u2e17=")
_CONJUNCTIONS = frozenset({"a", "či", "nebo", "alebo", "und", "oder"})


def join(text: PageText) -> PageText:
    """`text` with its broken words joined; the same when done twice, and `plain()` never changes.

    A word may be broken between two lines of a block or between a block and the next one that has text (a column's
    end). The mark's box is its proportional share of the printed word's box.
    """
    lines = list(_running(text))
    for above in range(len(lines) - 1):
        lines[above], lines[above + 1] = _joined(lines[above], lines[above + 1])
    rest = iter(lines)
    blocks = (
        replace(block, lines=tuple(next(rest) for _ in block.lines)) if block.kind is BlockKind.TEXT else block
        for block in text.blocks
    )
    return replace(text, blocks=tuple(blocks))


def _running(text: PageText) -> list[Line]:
    return [line for block in text.blocks if block.kind is BlockKind.TEXT for line in block.lines]


def _joined(above: Line, below: Line) -> tuple[Line, Line]:
    if not above.words or not below.words or above.hyphen is not None:
        return above, below
    first, second = above.words[-1], below.words[0]
    alone = len(below.words) == 1
    if not _broken(first) or not _goes_on(second) or (alone and (_broken(second) or below.hyphen)):
        return above, below
    whole = _whole(first.text, second.text)
    box, mark = _cut(first.box, len(first.text))
    stem = replace(first, text=first.text[:-1], box=box, part=Part.FIRST, whole=whole)
    return (
        replace(above, words=(*above.words[:-1], stem), hyphen=Hyphen(first.text[-1], mark)),
        replace(below, words=(replace(second, part=Part.SECOND, whole=whole), *below.words[1:])),
    )


def _broken(word: Word) -> bool:
    text = word.text
    return word.part is Part.WHOLE and len(text) > 1 and text[-1] in MARKS and text[-2].isalpha()


def _goes_on(word: Word) -> bool:
    text = word.text.removeprefix(word.text[:1]) if word.text[:1] in MARKS else word.text
    return word.part is Part.WHOLE and text[:1].islower() and word.text not in _CONJUNCTIONS


def _whole(first: str, second: str) -> str:
    """Czech repeats a real hyphen on the new line: "česko-/-německý" is česko-německý."""
    return f"{first[:-1]}-{second[1:]}" if second[0] in MARKS else first[:-1] + second


def _cut(box: Box, letters: int) -> tuple[Box, Box]:
    share = min(box.width, max(1, round(box.width / letters)))
    left = Box(box.left, box.top, box.width - share, box.height)
    return left, Box(left.right, box.top, share, box.height)
