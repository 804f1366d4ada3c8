"""Pages of nonsense as if they were typed, and what a second scan makes of a page, for the faults of a book."""

from __future__ import annotations

import random
from functools import cache

import cv2
import numpy as np

from ingest.image import Pixels

_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu")


def seeded(seed: int) -> random.Random:
    """A source of chance that is the same for the same seed."""
    return random.Random(seed)  # noqa: S311 - nothing secret hangs on it


@cache
def typed(text: int) -> Pixels:
    """A page of about 40 lines of nonsense, 700x1000 pixels, the same for the same `text`."""
    rng = seeded(text)
    page = np.full((1000, 700), 222, np.uint8)
    for foot in range(70, 950, 22):
        place, end = 60 + (25 if rng.random() < 0.1 else 0), 640 if rng.random() > 0.1 else rng.randint(200, 600)
        while True:
            word = "".join(rng.choices(_SYLLABLES, k=rng.choice((1, 1, 2, 2, 3, 4))))
            width = cv2.getTextSize(word, cv2.FONT_HERSHEY_COMPLEX, 0.5, 1)[0][0]
            if place + width > end:
                break
            cv2.putText(page, word, (place, foot), cv2.FONT_HERSHEY_COMPLEX, 0.5, 40, 1, cv2.LINE_AA)
            place += width + 9
    return page


def rescanned(page: Pixels, rng: random.Random) -> Pixels:
    """The page as a second scan shows it: shifted to 3 %, turned to 1 degree, of other brightness, noisy and softer."""
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-1, 1), rng.uniform(0.99, 1.01))
    turn[:, 2] += (rng.uniform(-0.03, 0.03) * width, rng.uniform(-0.03, 0.03) * height)
    moved = cv2.warpAffine(page, turn, (width, height), borderMode=cv2.BORDER_REPLICATE).astype(np.float64)
    grain = np.random.default_rng(rng.randrange(10**6)).normal(0, 8, moved.shape)
    lit = moved * rng.uniform(0.8, 1.1) + rng.uniform(-15, 15) + grain
    soft = cv2.GaussianBlur(lit.clip(0, 255).astype(np.uint8), (0, 0), rng.uniform(0.3, 1.1))
    return np.asarray(soft, np.uint8)
