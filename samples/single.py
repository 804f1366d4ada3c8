"""The two deliveries of one page each: a newspaper in three columns, and a photograph with its caption."""

from __future__ import annotations

from itertools import combinations

import cv2
import numpy as np

from samples.drawing import photograph
from samples.scanning import Pixels, cloud
from samples.setting import BOLD, DISPLAY, HAND, ITALIC, ROMAN, SANS, TEXTS, Column, Face, Sheet, broken, measured

PAPER_WIDTH, PAPER_HEIGHT = 2598, 3661  # 220 x 310 mm at 300 dpi
_MARGIN, _GAP, _TOP = 150, 56, 640
_NEWS, _LEADING = Face(ROMAN, 9), 51
_HEADLINE, _HEADLINE_LEADING = Face(BOLD, 13), 62
_WIDTH = (PAPER_WIDTH - 2 * _MARGIN - 2 * _GAP) / 3

CAPTION = "Údolí Břežky od Kamenného vrchu, léto 1908"


def _paragraphs() -> list[str]:
    return (TEXTS / "newspaper" / "0001.txt").read_text(encoding="utf-8").rstrip("\n").split("\n\n")


def newspaper() -> Sheet:
    """The front page of the newspaper."""
    masthead, dates, *rest = _paragraphs()
    sheet = Sheet(PAPER_WIDTH, PAPER_HEIGHT)
    sheet.block()
    sheet.line(masthead.removeprefix("# "), Face(DISPLAY, 62), PAPER_WIDTH / 2, 350, "m")
    sheet.block()
    parts = dates.removeprefix("| ").split(" | ")
    places = ((_MARGIN, "l"), (PAPER_WIDTH / 2, "m"), (PAPER_WIDTH - _MARGIN, "r"))
    for words, (x, anchor) in zip(parts, places, strict=True):
        sheet.line(words, Face(ITALIC, 11), x, 495, anchor)
    for y, thick in ((432, 3), (530, 8)):
        sheet.pen.line((_MARGIN, y, PAPER_WIDTH - _MARGIN, y), fill=255, width=thick)
    advertisements = next(number for number, words in enumerate(rest) if words.startswith("# "))
    lowest = _columns(sheet, _articles(rest[:advertisements]))
    _advertise(sheet, rest[advertisements:], lowest)
    return sheet


def _articles(paragraphs: list[str]) -> list[list[str]]:
    articles: list[list[str]] = []
    for words in paragraphs:
        if words.startswith("## "):
            articles.append([])
        articles[-1].append(words)
    return articles


def _height(article: list[str]) -> int:
    """Pixels an article takes, the space behind it included."""
    heading = len(broken(article[0].removeprefix("## "), _HEADLINE, _WIDTH)) * _HEADLINE_LEADING
    return heading + 60 + sum(measured(words, _NEWS, _WIDTH, 36) for words in article[1:]) * _LEADING


def _columns(sheet: Sheet, articles: list[list[str]]) -> float:
    """Set whole articles into three columns, the tallest as low as can be; gives the lowest baseline used."""
    heights = list(map(_height, articles))
    cuts = combinations(range(1, len(articles)), 2)
    one, two = min(cuts, key=lambda cut: max(sum(heights[: cut[0]]), sum(heights[slice(*cut)]), sum(heights[cut[1] :])))
    lowest = 0.0
    for column, part in enumerate((articles[:one], articles[one:two], articles[two:])):
        baseline = float(_TOP)
        for article in part:
            baseline = _article(sheet, article, _MARGIN + column * (_WIDTH + _GAP), baseline)
        lowest = max(lowest, baseline)
    for middle in (_MARGIN + _WIDTH + _GAP / 2, _MARGIN + 2 * _WIDTH + _GAP * 1.5):
        sheet.pen.line((middle, _TOP - 60, middle, lowest - 60), fill=255, width=2)
    return lowest


def _article(sheet: Sheet, article: list[str], x: float, baseline: float) -> float:
    sheet.block()
    for line in broken(article[0].removeprefix("## "), _HEADLINE, _WIDTH):
        sheet.line(" ".join(line), _HEADLINE, x, baseline)
        baseline += _HEADLINE_LEADING
    sheet.block()
    for words in article[1:]:
        baseline = sheet.paragraph(words, _NEWS, Column(x, _WIDTH, _LEADING), baseline, 36)
    return baseline + 60


def _advertise(sheet: Sheet, paragraphs: list[str], lowest: float) -> None:
    """The strip of framed advertisements at the foot."""
    heading, *boxes = paragraphs
    top = lowest + 30
    sheet.pen.line((_MARGIN, lowest - 50, PAPER_WIDTH - _MARGIN, lowest - 50), fill=255, width=6)
    sheet.block()
    sheet.line(heading.removeprefix("# "), _HEADLINE, PAPER_WIDTH / 2, top, "m")
    for number, words in enumerate(boxes):
        left = _MARGIN + number * (_WIDTH + _GAP)
        sheet.pen.rectangle((left, top + 40, left + _WIDTH, top + 330), outline=255, width=5)
        sheet.block()
        for row, line in enumerate(words.split("\n")):
            face = Face(SANS, 14) if row == 0 else Face(ROMAN, 12)
            sheet.line(line.removeprefix("! "), face, left + _WIDTH / 2, top + 125 + row * 75, "m")


def mounted(seed: int) -> Pixels:
    """The photograph in its white border, the caption written below it; 400 dpi, height x width x 3."""
    picture = photograph(seed, 1720, 1130)
    height, width = 1400, 1880
    rng = np.random.default_rng(seed + 1)
    card = np.full((height, width), 233, np.float32) + 3 * cloud(rng, width, height, 200)
    sheet = Sheet(width, height)
    sheet.block()
    sheet.line(CAPTION, Face(HAND, 16), width / 2, 1310, "m")
    faded = cv2.GaussianBlur(np.asarray(sheet.ink, np.float32) / 255, (0, 0), 1.0) * 0.8
    page = np.stack([(card - drop) * (1 - faded) + dark * faded for drop, dark in ((0, 60), (7, 48), (24, 44))], axis=2)
    page += rng.normal(0, 0.8, (height, width, 1))
    page[80 : 80 + picture.shape[0], 80 : 80 + picture.shape[1]] = picture
    return np.asarray(np.clip(np.rint(page), 0, 255), np.uint8)
