"""The newspaper: two front pages in three columns, and the supplement for the young that lay in the second issue."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise

from samples.setting import BOLD, DISPLAY, ITALIC, ROMAN, SANS, TEXTS, Column, Face, Sheet, broken, measured

_MARGIN, _GAP, _TOP = 150, 56, 640
_HEADLINE, _HEADLINE_LEADING = Face(BOLD, 13), 62


@dataclass(frozen=True, slots=True)
class Paper:
    """How a paper looks, in pixels at 300 dpi: its size, how many columns, the type of its masthead and its text."""

    width: int
    height: int
    columns: int
    masthead: Face
    text: Face
    leading: int

    @property
    def measure(self) -> float:
        """The width of one column."""
        return (self.width - 2 * _MARGIN - (self.columns - 1) * _GAP) / self.columns

    def left(self, column: int) -> float:
        """The left edge of a column, the first being 0."""
        return _MARGIN + column * (self.measure + _GAP)


PAPERS = {
    "0001": Paper(2598, 3661, 3, Face(DISPLAY, 62), Face(ROMAN, 9), 51),  # 220 x 310 mm
    "0002": Paper(2598, 3661, 3, Face(DISPLAY, 62), Face(ROMAN, 10.5), 60),
    "besidka": Paper(1748, 2480, 2, Face(DISPLAY, 58), Face(ROMAN, 11), 63),  # A5
}
"""The two issues and the supplement, by the names of their words in text/newspaper."""


def front_page(name: str) -> Sheet:
    """The page whose words are in text/newspaper/`name`.txt."""
    paper, words = PAPERS[name], (TEXTS / "newspaper" / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")
    masthead, dates, *rest = words.split("\n\n")
    sheet = Sheet(paper.width, paper.height)
    sheet.block()
    sheet.line(masthead.removeprefix("# "), paper.masthead, paper.width / 2, 350, "m")
    sheet.block()
    parts = dates.removeprefix("| ").split(" | ")
    places = {"l": _MARGIN, "m": paper.width / 2, "r": paper.width - _MARGIN}
    for line, anchor in zip(parts, "lmr" if len(parts) == len(places) else "lr", strict=True):
        sheet.line(line, Face(ITALIC, 11), places[anchor], 495, anchor)
    for y, thick in ((432, 3), (530, 8)):
        sheet.pen.line((_MARGIN, y, paper.width - _MARGIN, y), fill=255, width=thick)
    advertised = next((number for number, each in enumerate(rest) if each.startswith("# ")), len(rest))
    lowest = _columns(sheet, paper, _articles(rest[:advertised]))
    if rest[advertised:]:
        _advertise(sheet, paper, rest[advertised:], lowest)
    return sheet


def _articles(paragraphs: list[str]) -> list[list[str]]:
    articles: list[list[str]] = []
    for words in paragraphs:
        if words.startswith("## "):
            articles.append([])
        articles[-1].append(words)
    return articles


def _height(article: list[str], paper: Paper) -> int:
    """Pixels an article takes, the space behind it included."""
    heading = len(broken(article[0].removeprefix("## "), _HEADLINE, paper.measure)) * _HEADLINE_LEADING
    return heading + 60 + sum(measured(words, paper.text, paper.measure, 36) for words in article[1:]) * paper.leading


def _shared(articles: list[list[str]], paper: Paper) -> list[list[list[str]]]:
    """Whole articles shared among the columns, the tallest column as low as can be."""
    heights = [_height(article, paper) for article in articles]
    inner = combinations(range(1, len(articles)), paper.columns - 1)
    cuts = ([0, *cut, len(articles)] for cut in inner)
    best = min(cuts, key=lambda cut: max(sum(heights[a:b]) for a, b in pairwise(cut)))
    return [articles[a:b] for a, b in pairwise(best)]


def _columns(sheet: Sheet, paper: Paper, articles: list[list[str]]) -> float:
    """Set the articles into columns with a rule between them; gives the lowest baseline used."""
    lowest = 0.0
    for column, part in enumerate(_shared(articles, paper)):
        baseline = float(_TOP)
        for article in part:
            baseline = _article(sheet, article, paper, paper.left(column), baseline)
        lowest = max(lowest, baseline)
    for column in range(1, paper.columns):
        middle = paper.left(column) - _GAP / 2
        sheet.pen.line((middle, _TOP - 60, middle, lowest - 60), fill=255, width=2)
    return lowest


def _article(sheet: Sheet, article: list[str], paper: Paper, left: float, baseline: float) -> float:
    sheet.block()
    for line in broken(article[0].removeprefix("## "), _HEADLINE, paper.measure):
        sheet.line(" ".join(line), _HEADLINE, left, baseline)
        baseline += _HEADLINE_LEADING
    sheet.block()
    for words in article[1:]:
        baseline = sheet.paragraph(words, paper.text, Column(left, paper.measure, paper.leading), baseline, 36)
    return baseline + 60


def _advertise(sheet: Sheet, paper: Paper, paragraphs: list[str], lowest: float) -> None:
    """The strip of framed advertisements at the foot."""
    heading, *boxes = paragraphs
    top = lowest + 30
    sheet.pen.line((_MARGIN, lowest - 50, paper.width - _MARGIN, lowest - 50), fill=255, width=6)
    sheet.block()
    sheet.line(heading.removeprefix("# "), _HEADLINE, paper.width / 2, top, "m")
    for number, words in enumerate(boxes):
        left = paper.left(number)
        sheet.pen.rectangle((left, top + 40, left + paper.measure, top + 330), outline=255, width=5)
        sheet.block()
        for row, line in enumerate(words.split("\n")):
            face = Face(SANS, 14) if row == 0 else Face(ROMAN, 12)
            sheet.line(line.removeprefix("! "), face, left + paper.measure / 2, top + 125 + row * 75, "m")
