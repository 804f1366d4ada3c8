"""The newspaper: two front pages in three columns, and the supplement for the young that lay in the second issue."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from samples.setting import BOLD, DISPLAY, ITALIC, ROMAN, SANS, TEXTS, Column, Face, Sheet, broken, measured

_MARGIN, _GAP = 150, 56
_LEADING, _HEADLINE_LEADING = 51, 62
_NEWS, _HEADLINE = Face(ROMAN, 9), Face(BOLD, 13)


@dataclass(frozen=True, slots=True)
class Paper:
    """How a paper looks, in pixels at 300 dpi: its size, how many columns, where they begin, points of its masthead."""

    width: int
    height: int
    columns: int
    top: int
    points: float

    @property
    def measure(self) -> float:
        """The width of one column."""
        return (self.width - 2 * _MARGIN - (self.columns - 1) * _GAP) / self.columns

    def left(self, column: int) -> float:
        """The left edge of a column, the first being 0."""
        return _MARGIN + column * (self.measure + _GAP)


LISTY = Paper(2598, 3661, 3, 640, 62)  # 220 x 310 mm
BESIDKA = Paper(1748, 2480, 2, 640, 58)  # A5


def newspaper(text: str) -> Sheet:
    """The front page of the newspaper whose words are in text/newspaper/`text`."""
    return _set(LISTY, text)


def supplement() -> Sheet:
    """The one page of the supplement."""
    return _set(BESIDKA, "besidka.txt")


def _set(paper: Paper, text: str) -> Sheet:
    words = (TEXTS / "newspaper" / text).read_text(encoding="utf-8").rstrip("\n")
    masthead, dates, *rest = words.split("\n\n")
    sheet = Sheet(paper.width, paper.height)
    sheet.block()
    sheet.line(masthead.removeprefix("# "), Face(DISPLAY, paper.points), paper.width / 2, 350, "m")
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


def _height(article: list[str], measure: float) -> int:
    """Pixels an article takes, the space behind it included."""
    heading = len(broken(article[0].removeprefix("## "), _HEADLINE, measure)) * _HEADLINE_LEADING
    return heading + 60 + sum(measured(words, _NEWS, measure, 36) for words in article[1:]) * _LEADING


def _shared(articles: list[list[str]], paper: Paper) -> list[list[list[str]]]:
    """Whole articles shared among the columns, the tallest column as low as can be."""
    heights = [_height(article, paper.measure) for article in articles]
    inner = combinations(range(1, len(articles)), paper.columns - 1)
    cuts = ([0, *cut, len(articles)] for cut in inner)
    best = min(cuts, key=lambda cut: max(sum(heights[a:b]) for a, b in zip(cut, cut[1:], strict=False)))
    return [articles[a:b] for a, b in zip(best, best[1:], strict=False)]


def _columns(sheet: Sheet, paper: Paper, articles: list[list[str]]) -> float:
    """Set the articles into columns with a rule between them; gives the lowest baseline used."""
    lowest = 0.0
    for column, part in enumerate(_shared(articles, paper)):
        baseline = float(paper.top)
        for article in part:
            baseline = _article(sheet, article, Column(paper.left(column), paper.measure, _LEADING), baseline)
        lowest = max(lowest, baseline)
    for column in range(1, paper.columns):
        middle = paper.left(column) - _GAP / 2
        sheet.pen.line((middle, paper.top - 60, middle, lowest - 60), fill=255, width=2)
    return lowest


def _article(sheet: Sheet, article: list[str], column: Column, baseline: float) -> float:
    sheet.block()
    for line in broken(article[0].removeprefix("## "), _HEADLINE, column.width):
        sheet.line(" ".join(line), _HEADLINE, column.left, baseline)
        baseline += _HEADLINE_LEADING
    sheet.block()
    for words in article[1:]:
        baseline = sheet.paragraph(words, _NEWS, column, baseline, 36)
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
