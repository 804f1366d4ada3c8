"""The map: hills in contour lines, a river, roads and place names, drawn by arithmetic at 1 : 25 000."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from samples.scanning import PAPER, Pixels, Plane, cloud, light
from samples.setting import BOLD, ITALIC, ROMAN, TEXTS, Face, Sheet

WIDTH, HEIGHT = 1890, 1417  # 160 x 120 mm at 300 dpi
_FRAME = 60
_KILOMETRE = 472  # pixels: 40 mm
_INTERVAL = 10.0  # metres from contour to contour; each fifth one is thicker
_BLACK, _BROWN, _BLUE = (42.0, 38.0, 36.0), (158.0, 104.0, 62.0), (52.0, 98.0, 158.0)
# Where places lie, in pixels; their names are in text/map, in the same order.
_PLACES = ((930, 530), (1390, 310), (430, 330), (1090, 1120), (560, 860), (1560, 800))
_TOWN, _VILLAGE, _TOP, _MILL, _FARM, _ROCK = _PLACES
_RIVER = ((60, 690), (330, 640), (620, 700), (850, 640), (1080, 650), (1200, 850), (1220, 1080), (1380, 1357))
_BROOK = ((1640, 60), (1620, 330), (1400, 500), (1080, 650))
_ROADS = (
    ((60, 470), (420, 520), (760, 560), (1000, 600), (1290, 450), (1500, 350), (1830, 250)),
    ((1000, 600), (1120, 820), (1300, 1080), (1560, 1180), (1830, 1210)),
)


@dataclass(slots=True)
class _Inks:
    """What is printed in each colour, 0 none to 255 full, and where names keep the contours away."""

    black: Sheet
    brown: Plane
    blue: Image.Image
    clear: Image.Image


def surveyed(seed: int) -> tuple[Pixels, str]:
    """The map as scanned (height x width x 3, 300 dpi), and what is written on it."""
    rng = np.random.default_rng(seed)
    inks = _Inks(
        Sheet(WIDTH, HEIGHT),
        _contours(_heights(rng)),
        Image.new("L", (WIDTH, HEIGHT), 0),
        Image.new("L", (WIDTH, HEIGHT), 0),
    )
    blue = ImageDraw.Draw(inks.blue)
    blue.line(_bent(_RIVER), fill=255, width=11, joint="curve")
    blue.line(_bent(_BROOK), fill=255, width=5, joint="curve")
    for road in _ROADS:
        inks.black.pen.line(_bent(road), fill=255, width=9, joint="curve")
        inks.black.pen.line(_bent(road), fill=0, width=4, joint="curve")
    _built(inks.black.pen, rng)
    _written(inks)
    _framed(inks.black.pen)
    return _printed(inks, rng), inks.black.text


def _heights(rng: np.random.Generator) -> Plane:
    """Metres above the sea: hills, lower the nearer the river is; height x width."""
    hills = sum(share * cloud(rng, WIDTH, HEIGHT, cell) for cell, share in ((520, 60.0), (260, 26.0), (120, 9.0)))
    valley = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for course, width in ((_RIVER, 3), (_BROOK, 1)):
        points = np.array(_bent(course), np.int32)[:, None, :]
        cv2.polylines(valley, [points], False, 0, width)
    away = np.asarray(cv2.distanceTransform(valley, cv2.DIST_L2, 5), np.float32)
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    top = np.hypot(across - _TOP[0], down - _TOP[1])
    heights = 300 + 0.22 * np.minimum(away, 420) + hills * np.clip(away / 260, 0.15, 1)
    heights += 95 * np.exp(-((top / 190) ** 2))
    return np.asarray(cv2.GaussianBlur(heights.astype(np.float32), (0, 0), 9), np.float32)


def _contours(heights: Plane) -> Plane:
    """Lines of equal height, 0..1: about 2 px wide, each fifth about 4."""
    level = heights / _INTERVAL
    slopes = np.gradient(level)
    steep = np.maximum(np.hypot(slopes[0], slopes[1]), 1e-4)
    nearest = np.rint(level)
    width = np.where(nearest % 5 == 0, 2.0, 1.0)
    return np.asarray(np.clip(width + 0.5 - np.abs(level - nearest) / steep, 0, 1), np.float32)


def _bent(points: tuple[tuple[int, int], ...]) -> list[tuple[float, float]]:
    """A smooth course through `points` (Catmull-Rom)."""
    padded = np.array([points[0], *points, points[-1]], np.float64)
    share = np.linspace(0, 1, 24, endpoint=False)[:, None]
    course = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        square, cube = share**2, share**3
        part = 0.5 * (2 * b + (c - a) * share + (2 * a - 5 * b + 4 * c - d) * square + (3 * b - a - 3 * c + d) * cube)
        course += [(float(x), float(y)) for x, y in part]
    return [*course, (float(points[-1][0]), float(points[-1][1]))]


def _built(pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Houses in the town and the village, the mill, the farm, and the triangle on the hill."""
    for (x, y), count, spread in ((_TOWN, 46, 120), (_VILLAGE, 14, 70), (_MILL, 2, 20), (_FARM, 3, 26)):
        for _ in range(count):
            left, top = x + float(rng.normal(0, spread / 2)), y + 66 + float(rng.normal(0, spread / 4))
            pen.rectangle((left, top, left + float(rng.uniform(9, 20)), top + float(rng.uniform(8, 15))), fill=255)
    x, y = _TOP
    pen.polygon(((x - 13, y + 34), (x + 13, y + 34), (x, y + 12)), outline=255, width=3)
    pen.polygon(((_ROCK[0] - 14, _ROCK[1] + 32), (_ROCK[0] + 14, _ROCK[1] + 32), (_ROCK[0], _ROCK[1] + 16)), fill=255)


def _written(inks: _Inks) -> None:
    """Names of places, the river's, and in the corner the title with the scale."""
    words = (TEXTS / "map" / "0001.txt").read_text(encoding="utf-8").rstrip("\n")
    title, scale, river, author, *names = words.split("\n")
    for name, (x, y) in zip(names, _PLACES, strict=True):
        face = Face(BOLD, 13) if name.isupper() else Face(ROMAN, 11)
        _named(inks, name, face, (x, y))
    _named(inks, river, Face(ITALIC, 11), (690, 770))
    left, top, right, bottom = _FRAME, 1000, _FRAME + 720, HEIGHT - _FRAME
    pen, clear = inks.black.pen, ImageDraw.Draw(inks.clear)
    for ink, box in ((clear, 255), (ImageDraw.Draw(inks.blue), 0), (pen, 0)):
        ink.rectangle((left, top, right, bottom), fill=box)
    pen.rectangle((left, top, right, bottom), outline=255, width=3)
    middle = (left + right) / 2
    _line(inks.black, title, Face(BOLD, 16), middle, top + 95)
    _line(inks.black, scale, Face(ROMAN, 12), middle, top + 170)
    _scale_bar(inks.black, middle - _KILOMETRE / 2, top + 265)
    _line(inks.black, author, Face(ITALIC, 9.5), middle, top + 330)


def _named(inks: _Inks, name: str, face: Face, place: tuple[int, int]) -> None:
    half, (x, y) = face.width(name) / 2, place
    clear = ImageDraw.Draw(inks.clear)
    clear.rectangle((x - half - 14, y - face.points * 3.4, x + half + 14, y + face.points), fill=255)
    _line(inks.black, name, face, x, y)


def _line(sheet: Sheet, words: str, face: Face, middle: float, baseline: float) -> None:
    sheet.block()
    sheet.line(words, face, middle, baseline, "m")


def _scale_bar(sheet: Sheet, left: float, y: float) -> None:
    """A kilometre in four parts, black and white by turns, with its figures above."""
    for part in range(4):
        x = left + part * _KILOMETRE / 4
        sheet.pen.rectangle((x, y, x + _KILOMETRE / 4, y + 12), fill=255 if part % 2 == 0 else 0, outline=255, width=2)
    figures = (("0", 0.0), ("500", 0.5), ("1000 m", 1.0))
    for words, share in figures:
        sheet.pen.text((left + share * _KILOMETRE, y - 12), words, font=Face(ROMAN, 9).font, fill=255, anchor="ms")
    sheet.block()
    sheet.blocks[-1].append(" ".join(words for words, _ in figures))


def _framed(pen: ImageDraw.ImageDraw) -> None:
    for away, thick in ((_FRAME, 3), (_FRAME - 14, 6)):
        pen.rectangle((away, away, WIDTH - away, HEIGHT - away), outline=255, width=thick)


def _printed(inks: _Inks, rng: np.random.Generator) -> Pixels:
    """The three inks over each other on paper, as a scanner sees them."""
    page = np.array(PAPER, np.float32) * light(rng, WIDTH, HEIGHT, 0)[:, :, None]
    clear = np.asarray(inks.clear, np.float32) / 255
    inside = np.zeros((HEIGHT, WIDTH), np.float32)
    inside[_FRAME : HEIGHT - _FRAME, _FRAME : WIDTH - _FRAME] = 1
    for plane, colour in (
        (inks.brown * (1 - clear), _BROWN),
        (np.asarray(inks.blue, np.float32) / 255, _BLUE),
        (np.asarray(inks.black.ink, np.float32) / 255, _BLACK),
    ):
        within = plane if colour is _BLACK else plane * inside
        soft = np.asarray(cv2.GaussianBlur(within, (0, 0), 0.8), np.float32)[:, :, None]
        page = page * (1 - soft) + np.array(colour, np.float32) * soft
    page += rng.normal(0, 0.6, (HEIGHT, WIDTH, 1))
    return np.asarray(np.clip(np.rint(page), 0, 255), np.uint8)
