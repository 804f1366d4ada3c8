"""The print of a page's picture: small, and enough to know the same page scanned twice from another page of its book.

From afar all text pages of a book are one grey block. What tells them apart is where ink is denser and where words end
along each line, so the print is a map of just that: the text area stretched on COLUMNS x ROWS cells, a bit for each
cell that is darker than its row beside it. Two prints are compared piece by piece, each piece moved a little for the
best fit, because two scans of one page differ by a shift, a slight turn and the noise at the area's edge.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from ingest.image import Pixels

COLUMNS, ROWS = 64, 96
ALIKE = 0.42
"""From here on `alike` says that two prints are of one page (bench.book_faults measures how well that parts them)."""

_LONG_SIDE = 512
_MARGIN = 0.02
_LEAST_INK = 0.003
_LEAST_DEPTH = 14
_TAIL = 0.02
_BESIDE = 9
_PIECE = 16
_REACH = 4
_LEAST_BITS = 16
_LEAST_PIECES = 3
_FEW, _HOPELESS = 6, 0.3
_IN_A_ROW, _IN_A_COLUMN = COLUMNS // _PIECE, ROWS // _PIECE
# Every seventh of 24 pieces, so that the first few lie all over the page.
_PIECES = [
    (_PIECE * (place // _IN_A_ROW), _PIECE * (place % _IN_A_ROW))
    for place in (7 * step % (_IN_A_ROW * _IN_A_COLUMN) for step in range(_IN_A_ROW * _IN_A_COLUMN))
]


def fingerprint(pixels: Pixels) -> str:
    """The print of a page (uint8, HxW grey or HxWx3 of any order), as hex; "" where there is too little ink for one."""
    ink = _ink(_thumbnail(pixels))
    if ink is None:
        return ""
    top, bottom = _span(ink.sum(axis=1))
    left, right = _span(ink.sum(axis=0))
    cells = cv2.resize(ink[top:bottom, left:right], (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    darker = cells > cv2.blur(cells, (_BESIDE, 1)) + 0.15 * float(cells.mean())
    return np.packbits(darker).tobytes().hex()


def alike(one: str, other: str) -> float:
    """How alike two prints are: 1 the same, about 0 unrelated; 0 where one of them is empty.

    Raises:
        ValueError: a print that `fingerprint` did not make.
    """
    if not one or not other:
        return 0.0
    first, second = _cells(one), _cells(other)
    room = cv2.copyMakeBorder(second, _REACH, _REACH, _REACH, _REACH, cv2.BORDER_CONSTANT)
    fits: list[float] = []
    for top, left in _PIECES:
        piece = first[top : top + _PIECE, left : left + _PIECE]
        if piece.sum() < _LEAST_BITS:
            continue
        around = room[top : top + _PIECE + 2 * _REACH, left : left + _PIECE + 2 * _REACH]
        fits.append(float(cv2.matchTemplate(around, piece, cv2.TM_CCOEFF_NORMED).max()))
        # Most pairs are of different pages, and a few pieces from all over the page say so.
        if len(fits) == _FEW and sum(fits) < _HOPELESS * _FEW:
            break
    return round(float(np.mean(fits)), 3) if len(fits) >= _LEAST_PIECES else 0.0


def _thumbnail(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    step = max(1, max(height, width) // (3 * _LONG_SIDE))
    # Of a colour scan the middle channel (green) has most of the ink, whichever order the others have.
    grey = np.ascontiguousarray(pixels[::step, ::step, 1] if pixels.ndim == 3 else pixels[::step, ::step])
    scale = _LONG_SIDE / max(grey.shape)
    size = max(16, round(grey.shape[1] * scale)), max(16, round(grey.shape[0] * scale))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _ink(thumbnail: Pixels) -> Pixels | None:
    """How much darker than the paper around it each pixel is, the scan's rim left aside; None on a blank page."""
    height, width = thumbnail.shape
    rim_y, rim_x = int(height * _MARGIN), int(width * _MARGIN)
    inner = thumbnail[rim_y : height - rim_y, rim_x : width - rim_x]
    around = cv2.morphologyEx(inner, cv2.MORPH_CLOSE, np.ones((13, 13), np.uint8))
    depth = cv2.subtract(around, inner)
    floor = max(_LEAST_DEPTH, 0.25 * float(np.percentile(depth, 99.5)))
    ink = np.where(depth > floor, depth, 0).astype(np.uint8)
    return ink if np.count_nonzero(ink) >= _LEAST_INK * ink.size else None


def _span(profile: np.ndarray[tuple[int, ...], np.dtype[np.uint64]]) -> tuple[int, int]:
    """First and past-the-last place of a profile, its thin tails (specks, a folio, margins) left aside."""
    summed = np.cumsum(profile, dtype=np.float64)
    first, last = np.searchsorted(summed, (_TAIL * summed[-1], (1 - _TAIL) * summed[-1]))
    return int(first), max(int(last) + 1, int(first) + 1)


@lru_cache(maxsize=64)
def _cells(print_: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(print_), np.uint8))
    if bits.size != ROWS * COLUMNS:
        raise ValueError(f"no print of a page: {len(print_)} figures")
    return bits.reshape(ROWS, COLUMNS).astype(np.float32)
