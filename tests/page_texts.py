"""Texts of pages for property tests, and an engine that reads the same page from every image."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from metadata.event import Agent
from metadata.geometry import Box
from metadata.problem import Problem
from metadata.text import Block, BlockKind, Hyphen, Line, PageText, Part, Style, Word
from metadata.tool import Limits, ToolFailed, ToolTimedOut

# A busy machine is no fault of the code under test.
MODEST = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

# What XML 1.0 (§2.2) can carry; everything else is replaced when written, which has a test of its own.
LEGAL = st.one_of(
    st.sampled_from("ěščřžýáíéúůĚ\"'<>&-¬⸗=\u00ad \t\n\r\u00a0\u0085\u2028\ufffd\U0001f4d6"),
    st.characters(min_codepoint=0x20, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"),
)
WORDS = st.text(LEGAL, min_size=1, max_size=12)
SURENESS = 0.85
"""How sure FixedEngine is: nothing of what it says stands on the image, so not sure enough for ocr.ink_check."""
CODES = st.sampled_from(["", "ces", "deu", "lat", "slk", "eng"])
BOXES = st.builds(Box, *[st.integers(0, 9000)] * 4)
CONFIDENCES = st.integers(0, 10_000).map(lambda part: part / 10_000)
STYLES = st.builds(Style, st.integers(0, 96).map(lambda half: half / 2), st.booleans(), st.booleans())


@st.composite
def words(draw: st.DrawFn) -> Word:
    """A word as engines read it, whole or a part of a broken one."""
    part = draw(st.sampled_from(Part))
    whole = "" if part is Part.WHOLE else draw(WORDS)
    return Word(draw(WORDS), draw(BOXES), draw(CONFIDENCES), draw(CODES), part, whole)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """A line of words; a hyphen stands as high as the word that it is cut from, as ocr.hyphenation makes it."""
    read = draw(st.lists(words(), min_size=1, max_size=4))
    last = read[-1].box
    mark = Hyphen(draw(WORDS), Box(last.right, last.top, draw(st.integers(0, 50)), last.height))
    return Line(draw(BOXES), tuple(read), draw(STYLES), draw(st.sampled_from([None, mark])))


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """A block of any kind; only text and tables have lines and a language."""
    kind = draw(st.sampled_from(BlockKind))
    if kind in (BlockKind.PICTURE, BlockKind.SEPARATOR):
        return Block(kind, draw(BOXES))
    return Block(kind, draw(BOXES), tuple(draw(st.lists(lines(), max_size=3))), draw(CODES))


@st.composite
def page_texts(draw: st.DrawFn) -> PageText:
    """The text of a page, possibly empty."""
    return PageText(
        draw(st.integers(1, 9000)),
        draw(st.integers(1, 9000)),
        tuple(draw(st.lists(blocks(), max_size=4))),
        Agent(draw(WORDS), draw(st.text(LEGAL, max_size=5)), note=draw(st.text(LEGAL, max_size=9))),
        draw(st.text(LEGAL, max_size=9)),
        tuple(draw(st.lists(CODES.filter(bool), max_size=3))),
    )


def page_of(*texts: str, language: str = "ces", confidence: float = 0.9) -> PageText:
    """A page with one block per text, a line per its lines, words of 10 pixels a letter on lines of 20 pixels."""
    made, top = [], 0
    for text in texts:
        read = []
        for printed in text.split("\n"):
            read.append(_line(printed, top, language, confidence))
            top += 30
        made.append(Block(BlockKind.TEXT, Box.around([line.box for line in read]), tuple(read), language))
    return PageText(2000, 3000, tuple(made), Agent("Fixed", "1", note="none"), "", (language,))


def _line(printed: str, top: int, language: str, confidence: float) -> Line:
    read, left = [], 0
    for text in printed.split():
        read.append(Word(text, Box(left, top, 10 * len(text), 20), confidence, language))
        left += 10 * (len(text) + 1)
    return Line(Box.around([word.box for word in read]), tuple(read))


@dataclass(frozen=True, slots=True)
class FixedEngine:
    """Reads `said` from every image, after `takes` seconds that do not pass; knows two languages and one script."""

    limits: Limits = field(default_factory=Limits)
    said: tuple[str, ...] = ("Kniha je přítel",)
    takes: float = 0.5

    @property
    def agent(self) -> Agent:
        """A name and a version."""
        return Agent("Fixed", "1", note="none")

    def identity(self, languages: tuple[str, ...], script: str = "") -> str:
        """What it says, and in which languages."""
        self._know(languages, script)
        return f"fixed 1 {self.said} {'+'.join(languages)} {script}"

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """The same page; nothing where `image` is a PGM of one grey (all bytes after its head are the same)."""
        self._know(languages, script)
        if not image.is_file():
            raise ToolFailed("fixed", f"{image} is not there")
        if self.takes > self.limits.seconds:
            raise ToolTimedOut("fixed", f"{self.limits.seconds:g} s")
        page = page_of(*self.said, language=languages[0], confidence=SURENESS)
        empty = len(set(image.read_bytes()[20:])) == 1
        return replace(page, blocks=() if empty else page.blocks, languages=languages, settings=f"{dpi:g} dpi")

    def _know(self, languages: tuple[str, ...], script: str) -> None:
        for name in (*languages, *filter(None, [script])):
            if name not in {"ces", "eng", "Fraktur"}:
                raise Problem("E002", name, installed="ces, eng, Fraktur", package=name)
