"""Is this a page worth keeping: size, resolution, ink."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ingest.image import Pixels, grey
from metadata.finding import Finding, finding
from metadata.model import ImageFacts

LEAST_DPI = 298
"""NDK asks for at least 11732 pixels a metre (ndk.md §4), that is 298 per inch."""
BLANK_INK = 0.15
_INK_EDGE = 0.03


@dataclass(frozen=True, slots=True)
class Resolution:
    """Pixels per inch a page is kept with, and whether an operator declared them instead of the file."""

    x: float
    y: float
    declared: bool


@dataclass(frozen=True, slots=True)
class Declared:
    """What operators say of resolution, in pixels per inch, 0 when nothing.

    `exact` (volume.toml) stands above the files; `assumed` (--dpi) only stands in for files that say nothing, or a
    figure too low to be a scan's.
    """

    exact: int = 0
    assumed: int = 0


def resolution(facts: ImageFacts, declared: Declared) -> Resolution:
    """The resolution a scan is kept with: declared by the operator, or as the file says."""
    if declared.exact:
        return Resolution(declared.exact, declared.exact, declared=True)
    if declared.assumed and min(facts.x_dpi, facts.y_dpi) < LEAST_DPI:
        return Resolution(declared.assumed, declared.assumed, declared=True)
    return Resolution(facts.x_dpi, facts.y_dpi, declared=False)


def judge_header(subject: str, facts: ImageFacts, dpi: Resolution, max_megapixels: int) -> tuple[Finding, ...]:
    """What can be said before decoding: P004 too large, P010-P013 resolution."""
    if facts.width * facts.height > max_megapixels * 1_000_000:
        return (finding("P004", subject, width=facts.width, height=facts.height, limit=max_megapixels),)
    if dpi.declared:
        tag = f"{facts.x_dpi:g}" if facts.x_dpi else "–"
        found = [finding("P011", subject, dpi=int(dpi.x), tag=tag)]
    elif not dpi.x or not dpi.y:
        return (finding("P010", subject),)
    else:
        found = []
    if min(dpi.x, dpi.y) < LEAST_DPI:
        found.append(finding("P012", subject, dpi=round(min(dpi.x, dpi.y)), least=LEAST_DPI))
    if abs(dpi.x - dpi.y) > 0.01 * dpi.x:
        found.append(finding("P013", subject, x=f"{dpi.x:g}", y=f"{dpi.y:g}"))
    return tuple(found)


def ink(pixels: Pixels, dpi: float) -> float:
    """Share of the page covered by ink, in per mille.

    Ink is what is clearly darker than the paper around it, seen at about 75 dpi, so that paper grain and dust do not
    count; a margin of 3 % is left out, where the scanner's bed and the book's edge show.
    """
    scale = min(1.0, 75.0 / dpi)
    if min(pixels.shape[:2]) * scale < 4:
        return 0.0
    small = cv2.resize(grey(pixels), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    edge_y, edge_x = int(small.shape[0] * _INK_EDGE) + 1, int(small.shape[1] * _INK_EDGE) + 1
    inner = cv2.medianBlur(np.ascontiguousarray(small[edge_y:-edge_y, edge_x:-edge_x]), 3)
    paper = cv2.blur(inner, (63, 63)).astype(np.int16)
    level = int(np.percentile(inner, 90))
    dark = (inner < paper * 0.82 - 4) | (inner < level * 0.5)
    return float(round(1000.0 * float(dark.mean()), 2))


def is_blank(permille: float) -> bool:
    """Whether a page with that much ink carries nothing."""
    return permille < BLANK_INK
