"""Typesetting in pixels at 300 dpi: lines broken with Czech hyphenation, justified, and remembered as they were set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

DPI = 300
TEXTS = Path(__file__).resolve().parent / "text"

_LIBERTINE = "/usr/share/fonts/opentype/linux-libertine/LinLibertine_{}.otf"
ROMAN = _LIBERTINE.format("R")
ITALIC = _LIBERTINE.format("RI")
BOLD = _LIBERTINE.format("RB")
DISPLAY = _LIBERTINE.format("DR")
HAND = "/usr/share/fonts/opentype/junicode/JunicodeTwoBeta-Italic.otf"
SANS = "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf"

_LONE_LETTER = re.compile(r"(?<!\S)([KkSsVvZzOoUuAaIi]) ")
_NUMBER = re.compile(r"(\b\d{1,2}\.?|č\.|Obr\.) (?=[\da-zá-ž])")
_DASH = re.compile(r" (?=[–:] )|(?<= :) (?=\d)")
_WORD = re.compile(r"(.*?)([^\W\d_]+)(\W*)")
_TIGHTEST, _LOOSEST = 0.8, 1.5  # of a word space: where a line may still be closed, and from where it asks to be broken

Hyphens = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Face:
    """A typeface at a size in typographic points."""

    path: str
    points: float

    @property
    def font(self) -> ImageFont.FreeTypeFont:
        """The face as Pillow draws it at 300 dpi."""
        return _font(self.path, self.points)

    @property
    def space(self) -> float:
        """Width of its word space in pixels."""
        return self.font.getlength(" ")

    def width(self, text: str) -> float:
        """Width of `text` in pixels."""
        return self.font.getlength(text)


@cache
def _font(path: str, points: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, points * DPI / 72)


@cache
def hyphens() -> Hyphens:
    """Where words may be broken: from text/hyphenation.txt (words as `kni-hov-na`), as offsets into the word."""
    found: dict[str, tuple[int, ...]] = {}
    for line in (TEXTS / "hyphenation.txt").read_text(encoding="utf-8").split():
        parts = line.split("-")
        found["".join(parts)] = tuple(sum(map(len, parts[:count])) for count in range(1, len(parts)))
    return found


def bound(text: str) -> str:
    """`text` with no-break spaces where Czech typography forbids a line end: behind lone letters, numbers; before –."""
    return _DASH.sub("\u00a0", _NUMBER.sub("\\1\u00a0", _LONE_LETTER.sub("\\1\u00a0", text)))


def parted(word: str, face: Face, room: float) -> tuple[str, str] | None:
    """The longest head of `word`, with its hyphen, that fits into `room` pixels, and the rest; None when none fits."""
    match = _WORD.fullmatch(word)
    if match is None:
        return None
    lead, core, _ = match.groups()
    for offset in reversed(hyphens().get(core.lower(), ())):
        at = len(lead) + offset
        if face.width(word[:at] + "-") <= room:
            return word[:at] + "-", word[at:]
    return None


def broken(text: str, face: Face, width: float, first: float = 0.0) -> list[list[str]]:
    """`text` as lines of words for a measure of `width` pixels, the first line indented by `first` pixels."""
    words, lines, line, room = bound(text).split(" "), [], list[str](), width - first
    while words:
        word = words.pop(0)
        set_width, gaps = sum(map(face.width, line)), len(line)
        if not line or set_width + face.width(word) + gaps * face.space * _TIGHTEST <= room:
            line.append(word)
            continue
        looseness = (room - set_width) / (max(gaps - 1, 1) * face.space)
        pieces = parted(word, face, room - set_width - gaps * face.space) if looseness > _LOOSEST else None
        if pieces:
            line.append(pieces[0])
            word = pieces[1]
        lines.append(line)
        line, room = [], width
        words.insert(0, word)
    return [*lines, line]


@dataclass(frozen=True, slots=True)
class Column:
    """Where paragraphs stand, in pixels: left edge, measure, and the distance from line to line."""

    left: float
    width: float
    leading: float


@dataclass(slots=True)
class Sheet:
    """One page while it is being set: its ink (0 none, 255 full) and its lines as printed, block by block."""

    width: int
    height: int
    ink: Image.Image = field(init=False)
    blocks: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ink = Image.new("L", (self.width, self.height), 0)

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        """What draws on the sheet."""
        return ImageDraw.Draw(self.ink)

    @property
    def text(self) -> str:
        """The printed text: one line a printed line, an empty line between blocks, no-break spaces as spaces."""
        text = "\n\n".join("\n".join(lines) for lines in self.blocks if lines)
        return text.replace("\u00a0", " ") + "\n" if text else ""

    def block(self) -> None:
        """Begin a new block of text."""
        self.blocks.append([])

    def line(self, text: str, face: Face, x: float, baseline: float, anchor: str = "l") -> None:
        """One line, its left end (anchor l), middle (m) or right end (r) at `x`; it joins the current block."""
        self.pen.text((x, baseline), bound(text), font=face.font, fill=255, anchor=anchor + "s")
        self.blocks[-1].append(text)

    def row(self, words: Sequence[str], face: Face, x: float, baseline: float, width: float | None) -> None:
        """One line of words, stretched to `width` pixels (None: set with plain spaces, as a last line is)."""
        words = " ".join(words).replace("\u00a0", " ").split(" ")
        gap = face.space
        if width is not None and len(words) > 1:
            gap = (width - sum(map(face.width, words))) / (len(words) - 1)
        self.blocks[-1].append(" ".join(words))
        for word in words:
            self.pen.text((x, baseline), word, font=face.font, fill=255, anchor="ls")
            x += face.width(word) + gap

    def paragraph(self, text: str, face: Face, column: Column, baseline: float, first: float = 0.0) -> float:
        """A justified paragraph; `first` indents its first line, a negative one all others. Gives the next baseline."""
        hang = max(-first, 0.0)
        lines = broken(text, face, column.width - hang, first)
        for number, words in enumerate(lines):
            indent = first if number == 0 else 0.0
            measure = None if number == len(lines) - 1 else column.width - hang - indent
            self.row(words, face, column.left + hang + indent, baseline, measure)
            baseline += column.leading
        return baseline


def measured(text: str, face: Face, width: float, first: float = 0.0) -> int:
    """How many lines `paragraph` will take."""
    hang = max(-first, 0.0)
    return len(broken(text, face, width - hang, first))
