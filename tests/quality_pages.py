"""Typed pages that tests of quality spoil: real letters, so that up, down, left and right can be told apart."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from ingest.image import Pixels
from ingest.orientation import Detected

DPI = 150.0
_TEXT = (
    "Na podzim roku byla v mestecku otevrena",
    "knihovna, kterou zalozil hodinar Filip",
    "Brezina. Pujcoval zde knihy a hodiny,",
    "dokud bylo komu pujcovat. Potom prisla",
    "zima a lide sedeli doma u kamen, cetli",
    "kalendare a vypraveli si o povodnich.",
)


@cache
def _drawn() -> Pixels:
    page = np.full((1754, 1240), 225, np.uint8)
    for line in range(40):
        foot = 160 + 36 * line
        cv2.putText(page, _TEXT[line % 6], (130, foot), cv2.FONT_HERSHEY_COMPLEX, 0.85, 40, 2, cv2.LINE_AA)
    return page


def typed_page() -> Pixels:
    """An A4 page at 150 dpi of forty lines, dark on light paper, with white margins of 20 mm; a fresh copy."""
    page: Pixels = _drawn().copy()
    return page


def paper(height: int = 1754, width: int = 1240, level: int = 225) -> Pixels:
    """Paper with its grain and nothing on it."""
    grain = np.random.default_rng(3).normal(0, 2.5, (height, width))
    return np.asarray((level + grain).clip(0, 255), np.uint8)


def unasked(_pixels: Pixels, _dpi: float) -> Detected | None:
    """Script detection that must not be run."""
    raise AssertionError("Tesseract was asked although the shapes of letters say enough")


def unsure(_pixels: Pixels, _dpi: float) -> Detected | None:
    """Script detection that finds too little text."""
    return None
