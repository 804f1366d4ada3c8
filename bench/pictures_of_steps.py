"""What each step does to a page, drawn: the sample pages before and after it, and the numbers it went by.

Every function takes the folder of samples and gives back one picture, 900 pixels wide, and its figures. Faults are put
into copies in memory; where chance plays (grain, a second scan) its seed is fixed, so one machine draws the same twice.
Labels are numbers: the pictures serve both languages. What they mean is said in docs/steps.md and docs/kroky.md.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench import geometry
from bench.page_quality import FAULTS, Page
from bench.typed_pages import rescanned, seeded
from ingest import crop, deskew, dewarp, image, split
from ingest.image import Pixels, grey
from ingest.look import Looked, look_over
from ingest.material import Material
from ingest.page_print import fingerprint
from ingest.sequence import PageSeen, judge
from metadata.geometry import Bend, Box

Colour = tuple[int, int, int]
Figures = dict[str, float | str]

WIDTH = 900
HALF, _GAP = 440, 20
DPI = 300.0
_PAGE_MM = 25.4 / DPI
GREEN, RED, BLUE, PINK, AMBER = (0, 150, 60), (205, 30, 30), (20, 80, 220), (220, 0, 160), (250, 190, 0)
_BOOK = "delivery/kniha-hodinar-a-knihovna"
PLAIN_PAGE = f"{_BOOK}/0009.png"
_BLACK = (18, 18, 20)


@dataclass(frozen=True, slots=True)
class Shown:
    """A step's picture, (height, 900, 3) RGB, and its figures: numbers as they are to be told, or codes."""

    picture: Pixels
    figures: Figures


# --- Drawing ----------------------------------------------------------------------------------------------------------


def colour(pixels: Pixels) -> Pixels:
    """The pixels as (height, width, 3) RGB."""
    return pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, np.newaxis], 3, axis=2)


def fitted(pixels: Pixels, width: int, height: int = 0) -> Pixels:
    """The picture, smaller or larger, in the middle of white `width` x `height`; as high as it needs when 0."""
    scale = width / pixels.shape[1]
    height = height or round(scale * pixels.shape[0])
    scale = min(scale, height / pixels.shape[0])
    size = max(1, round(scale * pixels.shape[1])), max(1, round(scale * pixels.shape[0]))
    small = cv2.resize(colour(pixels), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    ground = np.full((height, width, 3), 255, np.uint8)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    ground[top : top + size[1], left : left + size[0]] = small
    return ground


def side_by_side(before: Pixels, after: Pixels) -> Pixels:
    """Two pictures, each 440 pixels wide, with an arrow from the first to the second between them."""
    left, right = fitted(before, HALF), fitted(after, HALF)
    height = max(len(left), len(right))
    middle = np.full((height, _GAP, 3), 255, np.uint8)
    cv2.arrowedLine(middle, (2, height // 2), (_GAP - 3, height // 2), (60, 60, 60), 2, cv2.LINE_AA, tipLength=0.5)
    return np.hstack([fitted(left, HALF, height), middle, fitted(right, HALF, height)])


def framed(pixels: Pixels, boxes: Iterable[Box], ink: Colour, thick: int) -> Pixels:
    """A copy with a frame around each box."""
    drawn = colour(pixels).copy()
    for box in boxes:
        cv2.rectangle(drawn, (box.left, box.top), (box.right, box.bottom), ink, thick)
    return drawn


def lit(pixels: Pixels, boxes: Iterable[tuple[Box, Colour]]) -> Pixels:
    """A copy in which the ground of each box shines in its colour; what is black stays black."""
    drawn = colour(pixels).copy()
    for box, ink in boxes:
        inside = box.inside(drawn.shape[1], drawn.shape[0])
        part = drawn[inside.top : inside.bottom, inside.left : inside.right]
        part[:] = (part * (0.35 + 0.65 * np.array(ink) / 255)).astype(np.uint8)
    return drawn


def labelled(pixels: Pixels, text: str, ink: Colour, *, at: tuple[int, int] = (6, 6), size: int = 18) -> Pixels:
    """A copy with a line of text on a white plate."""
    picture = Image.fromarray(colour(pixels))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size)
    left, top, right, bottom = pen.textbbox(at, text, font)
    pen.rectangle((left - 4, top - 3, right + 4, bottom + 3), fill=(255, 255, 255), outline=ink, width=1)
    pen.text(at, text, ink, font)
    return np.asarray(picture, np.uint8)


def ruled(pixels: Pixels) -> Pixels:
    """A copy with thin level lines: against them one sees what is crooked or bent."""
    drawn = colour(pixels).copy()
    for row in np.linspace(0, len(drawn), 12, dtype=int)[1:-1]:
        cv2.line(drawn, (0, int(row)), (drawn.shape[1], int(row)), BLUE, max(1, drawn.shape[1] // 440))
    return drawn


# --- Samples ----------------------------------------------------------------------------------------------------------


def opened(path: Path) -> Pixels:
    """The pixels of a sample page."""
    return image.decode(path, 0, image.look(path)).pixels


def truth(path: Path) -> str:
    """What stands on a sample page."""
    volume = path.parent
    return (volume.parent.parent / "ground_truth" / volume.name / f"{path.stem}.txt").read_text(encoding="utf-8")


def delivered(samples: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """Every page of the delivery with its row of ground_truth/pages.csv."""
    with (samples / "ground_truth" / "pages.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            volume = samples / "delivery" / row["volume"]
            # A name may be stored decomposed; what stands before the first accent is enough to find it.
            yield next(iter(sorted(volume.glob(f"{row['file'][:4]}*")))), row


# --- A page, a book ---------------------------------------------------------------------------------------------------


def uneven(page: Page) -> tuple[Pixels, float]:
    """Light that falls off from left to right, to two fifths."""
    fall = np.linspace(1.0, 0.4, page.pixels.shape[1])
    return (colour(page.pixels) * fall[:, np.newaxis]).astype(np.uint8), page.dpi


def fingered(page: Page) -> tuple[Pixels, float]:
    """A finger, 20 mm wide, at the left edge."""
    drawn, half = colour(page.pixels).copy(), round(10 / 25.4 * page.dpi)
    cv2.ellipse(drawn, (0, 2 * len(drawn) // 3), (5 * half // 2, half), 0, 0, 360, (205, 140, 115), -1)
    return drawn, page.dpi


_SEEDS = {name: fault.seed for name, fault in FAULTS.items()} | {"uneven light": uneven, "finger": fingered}
_MEASURES = {
    "blur": "edge width", "motion": "motion", "JPEG": "JPEG quality", "cut left": "letters at left",
    "upside down": "turned", "mirrored": "leftness of letters", "underexposed": "paper", "uneven light": "uneven light",
    "finger": "", "stretched": "real resolution", "resolution mistold": "short side",
}  # fmt: skip
_CLOSE = frozenset({"blur", "motion", "JPEG"})
_TILES = 9


def quality(samples: Path) -> Shown:
    """A good page, and what each fault seeded into it changes: the measure, its number, its limit, the code."""
    page = Page("0003", opened(samples / _BOOK / "0003.jpg"), DPI, Material.BOOK)
    good = look_over(page.pixels, page.dpi)
    tiles, figures = [], Figures()
    for fault, name in _MEASURES.items():
        spoiled, dpi = _SEEDS[fault](page)
        seen = look_over(spoiled, dpi)
        key = f"quality.{fault.lower().replace(' ', '-')}"
        value = figures[f"{key}.seen"] = _value(seen, name)
        figures[f"{key}.good"] = _value(good, name)
        figures[f"{key}.codes"] = ", ".join(each.code for each in seen.faults)
        if name:
            figures[f"{key}.limit"] = next(each.limit for each in seen.measures if each.name == name)
        part = spoiled[700:1120, 330:630] if fault in _CLOSE else spoiled
        tile = fitted(part, 140, 200)
        tiles.append(labelled(framed(tile, [Box(0, 0, 139, 199)], RED, 2), f"{value:g}", RED, size=15))
    rows = [np.hstack([fitted(tile, 146, 207) for tile in tiles[at : at + 3]]) for at in range(0, _TILES, 3)]
    whole = framed(fitted(page.pixels, HALF), [Box(0, 0, HALF - 1, 623)], GREEN, 3)
    return Shown(side_by_side(whole, np.vstack(rows)), figures)


def _value(seen: Looked, name: str) -> float:
    """A measure of a page; without a name, the length of what lies on it."""
    if name:
        return float(next(measure.value for measure in seen.measures if measure.name == name))
    return sum(float(fault.facts["length"]) for fault in seen.faults if fault.code == "P068")


_MISSING, _TWICE = 7, 4


def book(samples: Path) -> Shown:
    """The book's scans with one page left out and one scanned twice, as they came and as they were judged."""
    leaves = [(row["folio"], opened(path)) for path, row in delivered(samples) if row["volume"] == Path(_BOOK).name]
    again = rescanned(np.asarray(cv2.resize(grey(leaves[_TWICE - 1][1]), (874, 1240)), np.uint8), seeded(4))
    scans = [leaf for at, leaf in enumerate(leaves, start=1) if at != _MISSING]
    scans.insert(_TWICE, (leaves[_TWICE - 1][0], again))
    seen = [
        PageSeen(at, f"{at:04}", folio, print=fingerprint(pixels), blank=folio == "" and at == 2)
        for at, (folio, pixels) in enumerate(scans, start=1)
    ]
    told = {one.code: one for one in judge(seen, None)}
    twin, gap = told["V021"], told["V020"]
    plain = [_card(pixels, str(at), (90, 90, 90)) for at, (_, pixels) in enumerate(scans, start=1)]
    marked = [
        _card(pixels, f"{at} = {twin.facts['keep']}", RED) if at == twin.facts["delete"] else plain[at - 1]
        for at, (_, pixels) in enumerate(scans, start=1)
    ]
    marked.insert(gap.orders[0], _card(np.full((141, 100), 255, np.uint8), f"{gap.facts['first']} ?", RED))
    figures: Figures = {"book.delete": twin.orders[0], "book.keep": twin.orders[1], "book.before": gap.orders[0]}
    figures |= {"book.alike": float(twin.facts["alike"]), "book.first": str(gap.facts["first"])}
    return Shown(side_by_side(_sheet(plain), _sheet(marked)), figures | {"book.after": gap.orders[1]})


def _card(pixels: Pixels, text: str, ink: Colour) -> Pixels:
    small = framed(fitted(pixels, 82, 116), [Box(0, 0, 81, 115)], ink, 3 if ink == RED else 1)
    return fitted(labelled(small, text, ink, size=14), 88, 124)


def _sheet(cards: Sequence[Pixels]) -> Pixels:
    empty = np.full((124, 88, 3), 255, np.uint8)
    filled = [*cards, *[empty] * (-len(cards) % 5)]
    return np.vstack([np.hstack(filled[at : at + 5]) for at in range(0, len(filled), 5)])


# --- Geometry ---------------------------------------------------------------------------------------------------------


def splitting(samples: Path) -> Shown:
    """Two pages glued to an opened book with a shadow in its fold, and the pages it was cut into."""
    halves = [colour(opened(samples / _BOOK / name)) for name in ("0006.jpg", "0009.png")]
    spread = dict(geometry.spreads(*halves))["deep shadow"]
    found = split.measure(spread)
    drawn = spread.copy()
    at, lean = found.at, found.slant * len(drawn) / 2
    cv2.line(drawn, (round(at - lean), 0), (round(at + lean), len(drawn)), PINK, 14)
    pages = [page for page, _ in split.cut(spread, found)]
    apart = np.full((len(spread), 120, 3), 255, np.uint8)
    every = [split.measure(opened(path)).verdict is split.Verdict.SPREAD for path, _ in delivered(samples)]
    figures: Figures = {"split.at": round(found.at), "split.width": spread.shape[1], "split.glued": halves[0].shape[1]}
    figures |= {"split.contrast": round(found.contrast), "split.support": round(100 * found.support)}
    figures |= {"split.confidence": found.confidence, "split.wrongly": sum(every), "split.of": len(every)}
    return Shown(side_by_side(drawn, np.hstack([pages[0], apart, pages[-1]])), figures)


def deskewing(samples: Path) -> Shown:
    """A crooked page and the same turned straight; how near all sample pages come to how they were laid."""
    page = opened(samples / _BOOK / "0011.jpg")
    skew = deskew.measure(page, DPI)
    turned, _ = deskew.turn(page, skew.angle)
    off, straight_turned, straight = [], 0, 0
    for path, row in delivered(samples):
        said, found = float(row["skew_degrees"]), deskew.measure(opened(path), DPI)
        straight += said == 0
        straight_turned += said == 0 and found.angle != 0
        off += [abs(found.angle - said)] if said else []
    figures: Figures = {"deskew.angle": skew.angle, "deskew.profile": round(skew.profile or 0.0, 2)}
    figures |= {"deskew.feet": round(skew.feet or 0.0, 2), "deskew.worst": round(max(off), 2), "deskew.of": len(off)}
    left = round(abs(deskew.measure(turned, DPI).profile or 0.0), 2)
    figures |= {"deskew.left": left, "deskew.wrongly": straight_turned, "deskew.straight": straight}
    return Shown(side_by_side(labelled(ruled(fitted(page, 440)), f"{skew.angle:g}°", BLUE), _level(turned)), figures)


def _level(pixels: Pixels) -> Pixels:
    return ruled(fitted(pixels, HALF))


def cropping(samples: Path) -> Shown:
    """A page on a dark bed at an angle: its found place, and the page turned by its lines and cut to its edges."""
    scan, _ = geometry.bedded(colour(opened(samples / PLAIN_PAGE)), _BLACK, -4.0)
    around = crop.measure(scan)
    skew = deskew.measure(scan, DPI)
    turned, _ = deskew.turn(scan, skew.angle)
    found = crop.measure(turned)
    page, _ = crop.cut(turned, found.box)
    figures: Figures = {"crop.sides": len(found.edges), "crop.support": round(100 * found.confidence)}
    figures |= {"crop.angle": skew.angle, "crop.by-edges": round(around.angle or 0.0, 2)}
    figures |= {"crop.scan-width": _mm(scan.shape[1]), "crop.scan-height": _mm(len(scan))}
    figures |= {"crop.width": _mm(page.shape[1]), "crop.height": _mm(len(page))}
    alone = [_left_alone(opened(path)) for path, _ in delivered(samples)]
    figures |= {"crop.wrongly": len(alone) - sum(alone), "crop.of": len(alone)}
    return Shown(side_by_side(framed(scan, [around.box], PINK, 10), page), figures)


def _left_alone(page: Pixels) -> bool:
    """Whether nothing is cut off a page, as workflows.straightening decides: not by one side alone, nor under 1 %."""
    found = crop.measure(page)
    return len(found.edges) < 2 or found.box.width * found.box.height > 0.99 * page.shape[0] * page.shape[1]


def _mm(pixels: int) -> float:
    return round(pixels * _PAGE_MM, 1)


def curved(page: Pixels, bend: Bend) -> Pixels:
    """The page as a scanner sees it that `bend` would make straight: lines sink towards the spine."""
    scale, move = np.array([bend.column(x) for x in range(bend.width)], np.float32).T
    rows = np.arange(bend.height, dtype=np.float32)[:, np.newaxis] * scale + move
    across = np.repeat(np.arange(bend.width, dtype=np.float32)[np.newaxis], bend.height, axis=0)
    return np.asarray(cv2.remap(page, across, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def dewarping(samples: Path) -> Shown:
    """A page whose lines bend towards the spine, as it came; turned, and its columns moved until lines are level."""
    page = opened(samples / PLAIN_PAGE)
    bent = curved(page, Bend(page.shape[1], len(page), 0.0, (0.0, 60.0, -30.0), (0.0, 20.0)))
    turned, _ = deskew.turn(bent, deskew.measure(bent, DPI).angle)
    curl, flat = dewarp.measure(turned, DPI), dewarp.measure(page, DPI)
    after = turned if curl.bend is None else dewarp.straighten(turned, curl.bend)
    figures: Figures = {"dewarp.before": round(curl.before, 2), "dewarp.after": round(curl.after, 2)}
    figures |= {"dewarp.sharper": round(curl.sharper, 2), "dewarp.lines": curl.lines}
    return Shown(side_by_side(_level(bent), _level(after)), figures | {"dewarp.flat": round(flat.before, 2)})
