"""What is being scanned, and the limits of quality that are sensible for it unless settings say otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Material(StrEnum):
    """Kinds of originals that are judged differently."""

    BOOK = "book"
    NEWSPAPER = "newspaper"
    MAP = "map"
    PHOTOGRAPH = "photograph"
    MANUSCRIPT = "manuscript"
    MUSIC = "music"

    @property
    def is_printed(self) -> bool:
        """Whether its letters are type: only those tell which way up a page is."""
        return self in (Material.BOOK, Material.NEWSPAPER)

    @property
    def is_written(self) -> bool:
        """Whether it consists of lines of type or writing; a map has letters, but no lines, nor have notes."""
        return self in (Material.BOOK, Material.NEWSPAPER, Material.MANUSCRIPT)

    @property
    def has_paper(self) -> bool:
        """Whether most of the picture is the paper it stands on."""
        return self is not Material.PHOTOGRAPH


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits of the measures; beyond them a page is told.

    `edge_mm`: how wide edges may be, in millimetres. `edge_letters`: the same in letter heights (large type stays
    readable when a little soft; both must be passed where there is type). `motion`: how many times wider edges may be
    along one direction. `least_paper`: the least brightness of the paper, 0–255. `clipped`: the largest share of
    burnt-out pixels, per cent, and `most_ink`: how bright the ink may be where so much is burnt out. `uneven`: how
    much brightness of paper may differ across the page, per cent of the brightest. `letters_at_side`: letters that may
    touch the left or right edge of the picture, where a line has but one; `letters_at_edge`: its top or bottom.
    `least_jpeg`: least quality of JPEG (1–100, as libjpeg counts). `colour_error`: the largest mean ΔE2000 of a colour
    target. `least_letter_mm`, `most_letter_mm`: heights that letters have in reality. `least_side_mm`, `most_side_mm`:
    sides that an original has in reality. A page narrower than `small_side_mm` whose letters are lower than
    `small_letter_mm`, or wider than `large_side_mm` with letters above `large_letter_mm`, is as hard to believe, though
    either alone may be: pocket books have large type for their size, and folios small.
    """

    edge_mm: float = 0.40
    edge_letters: float = 0.15
    motion: float = 1.7
    least_paper: float = 120.0
    clipped: float = 60.0
    most_ink: float = 30.0
    uneven: float = 45.0
    letters_at_side: int = 3
    letters_at_edge: int = 6
    least_jpeg: int = 24
    colour_error: float = 5.0
    least_letter_mm: float = 0.9
    most_letter_mm: float = 6.0
    least_side_mm: float = 60.0
    most_side_mm: float = 600.0
    small_side_mm: float = 80.0
    small_letter_mm: float = 1.15
    large_side_mm: float = 280.0
    large_letter_mm: float = 4.5


_USUAL = Thresholds()
_BY_MATERIAL = {
    Material.BOOK: _USUAL,
    Material.NEWSPAPER: replace(_USUAL, most_side_mm=900.0, least_paper=110.0, most_letter_mm=4.0),
    Material.MAP: replace(_USUAL, most_side_mm=2000.0, least_paper=100.0, most_letter_mm=30.0, large_letter_mm=30.0),
    Material.PHOTOGRAPH: replace(_USUAL, edge_mm=0.6, least_paper=90.0, clipped=25.0, least_side_mm=20.0),
    Material.MUSIC: _USUAL,
    Material.MANUSCRIPT: replace(_USUAL, edge_mm=0.5, least_paper=100.0, most_letter_mm=20.0, large_letter_mm=20.0),
}


def usual(material: Material) -> Thresholds:
    """The limits for a material where settings say nothing."""
    return _BY_MATERIAL[material]
