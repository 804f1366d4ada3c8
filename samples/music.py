"""The sheet of music: a tune on four staves with its words, as a village engraver would have cut it."""

from __future__ import annotations

import numpy as np
from PIL import ImageDraw

from samples.setting import BOLD, DISPLAY, ITALIC, ROMAN, TEXTS, Face, Sheet

WIDTH, HEIGHT = 1748, 1240  # A6 on its side, 300 dpi
_LEFT, _RIGHT = 150, WIDTH - 150
_SPACE = 17
"""Pixels from one line of a staff to the next."""
_STAVES = (390, 600, 810, 1020)
"""The lowest line of each staff."""
_BARS = 4
# Steps above the lowest line (0 = e'); each bar holds two crotchets, the last of a staff one minim.
_TUNE = (
    (2, 4, 2, 4, 5, 6, 4),
    (3, 5, 3, 5, 4, 3, 2),
    (2, 4, 2, 4, 6, 7, 6),
    (5, 4, 3, 1, 2, 1, 0),
)
_WORDS = Face(ROMAN, 9.5)


def sheet_of_music() -> Sheet:
    """The page as a sheet of ink and its text; notes are no text."""
    title, tempo, author, *verses = (TEXTS / "music" / "0001.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    sheet = Sheet(WIDTH, HEIGHT)
    for words, face, x, y, anchor in (
        (title, Face(DISPLAY, 26), WIDTH / 2, 160, "m"),
        (tempo, Face(ITALIC, 11), _LEFT, 265, "l"),
        (author, Face(ITALIC, 11), _RIGHT, 265, "r"),
    ):
        sheet.block()
        sheet.line(words, face, x, y, anchor)
    for foot, tune, verse in zip(_STAVES, _TUNE, verses, strict=True):
        _staff(sheet.pen, foot, first=foot == _STAVES[0], last=foot == _STAVES[-1])
        places = _places()
        for number, (x, step) in enumerate(zip(places, tune, strict=True)):
            _note(sheet.pen, x, foot - step * _SPACE / 2, hollow=number == len(tune) - 1, up=step < 4)
        sheet.block()
        _sung(sheet, verse, places, foot + 95)
    return sheet


def _places() -> list[float]:
    """Where the seven notes of a staff stand."""
    begin = _LEFT + 210
    bar = (_RIGHT - begin) / _BARS
    pairs = [begin + bar * (number + share) for number in range(_BARS - 1) for share in (0.22, 0.7)]
    return [*pairs, begin + bar * (_BARS - 1 + 0.4)]


def _staff(pen: ImageDraw.ImageDraw, foot: int, *, first: bool, last: bool) -> None:
    head = foot - 4 * _SPACE
    for number in range(5):
        pen.line((_LEFT, foot - number * _SPACE, _RIGHT, foot - number * _SPACE), fill=255, width=2)
    begin = _LEFT + 210
    for number in range(_BARS):
        x = begin + (_RIGHT - begin) * (number + 1) / _BARS - 2
        pen.line((x, head, x, foot), fill=255, width=3)
    if last:
        pen.line((_RIGHT - 18, head, _RIGHT - 18, foot), fill=255, width=3)
        pen.line((_RIGHT - 5, head, _RIGHT - 5, foot), fill=255, width=10)
    _clef(pen, _LEFT + 52, foot)
    if first:
        figure = Face(BOLD, 11).font
        for y in (foot - 2 * _SPACE - 1, foot - 1):
            pen.text((_LEFT + 130, y), "2" if y < foot - _SPACE else "4", font=figure, fill=255, anchor="ms")


def _clef(pen: ImageDraw.ImageDraw, x: int, foot: int) -> None:
    """A G clef: a spiral about the second line, and the loop and tail through it."""
    centre = foot - _SPACE
    turn = np.linspace(0, 3.4 * np.pi, 120)
    radius = 4 + turn * 2.6
    spiral = [(x + r * np.cos(t) * 0.9, centre + r * np.sin(t)) for t, r in zip(turn, radius, strict=True)]
    pen.line([(float(a), float(b)) for a, b in spiral], fill=255, width=5, joint="curve")
    rise = np.linspace(0, 1, 60)
    loop = [(x + 20 * np.sin(3.1 * np.pi * t), centre + 52 - 138 * t) for t in rise]
    pen.line([(float(a), float(b)) for a, b in loop], fill=255, width=5, joint="curve")
    pen.ellipse((x - 12, centre + 44, x + 4, centre + 60), fill=255)


def _note(pen: ImageDraw.ImageDraw, x: float, y: float, *, hollow: bool, up: bool) -> None:
    turn, tilt = np.linspace(0, 2 * np.pi, 40), -0.38
    across, down = 12.5 * np.cos(turn), 8 * np.sin(turn)
    xs = x + across * np.cos(tilt) - down * np.sin(tilt)
    ys = y + across * np.sin(tilt) + down * np.cos(tilt)
    outline = [(float(a), float(b)) for a, b in zip(xs, ys, strict=True)]
    if hollow:
        pen.line(outline, fill=255, width=4, joint="curve")
    else:
        pen.polygon(outline, fill=255)
    side, end = (x + 11, y - 58) if up else (x - 11, y + 58)
    pen.line((side, y, side, end), fill=255, width=3)


def _sung(sheet: Sheet, verse: str, places: list[float], baseline: float) -> None:
    """The syllables of a verse below their notes, and between those of one word a hyphen."""
    end = 0.0
    for x, piece in zip(places, verse.replace(" - ", " -").split(" "), strict=True):
        syllable = piece.removeprefix("-").replace("_", "\u00a0")
        half = _WORDS.width(syllable) / 2
        for words, middle in ((syllable, x), ("-", (end + x - half) / 2))[: 1 + piece.startswith("-")]:
            sheet.pen.text((middle, baseline), words, font=_WORDS.font, fill=255, anchor="ms")
        end = x + half
    sheet.blocks[-1].append(verse.replace("_", " "))
