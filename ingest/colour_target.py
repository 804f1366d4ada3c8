"""A colour target in the picture: found, its patches measured, their error as ΔE2000.

Known is one target: the 24-patch ColorChecker Classic (four rows of six), whole and flat in the picture, at least about
a twentieth of its width. Others (Kodak Q-13 and Q-60, IT8, UTT, Digital SG, grey scales) are not known and not found.
It is looked for by OpenCV's `mcc`, from 5.0 in the main modules; with an older OpenCV no target is found.
The reference values are the maker's L*a*b* for D50 of charts made before November 2014; later charts differ by about
ΔE 1. The picture is read as sRGB: what another profile says is to be converted before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.image import Pixels

Floats = NDArray[np.floating[Any]]

CLASSIC_24 = "ColorChecker Classic 24"
_WORK_SIDE = 1000
_STRONG = 70
_LEAST_HUES = 4
_LEAST_COLOURFUL = 0.0005
_FAR_FROM_TARGET = 25.0
# Patch by patch, from dark skin to black.
_REFERENCE = np.array([
    (37.99, 13.56, 14.06), (65.71, 18.13, 17.81), (49.93, -4.88, -21.93), (43.14, -13.10, 21.91),
    (55.11, 8.84, -25.40), (70.72, -33.40, -0.20), (62.66, 36.07, 57.10), (40.02, 10.41, -45.96),
    (51.12, 48.24, 16.25), (30.33, 22.98, -21.59), (72.53, -23.71, 57.26), (71.94, 19.36, 67.86),
    (28.78, 14.18, -50.30), (55.26, -38.34, 31.37), (42.10, 53.38, 28.19), (81.73, 4.04, 79.82),
    (51.94, 49.99, -14.57), (51.04, -28.63, -28.64), (96.54, -0.43, 1.19), (81.26, -0.64, -0.34),
    (66.77, -0.73, -0.50), (50.87, -0.15, -0.27), (35.66, -0.42, -1.23), (20.46, -0.08, -0.97),
])  # fmt: skip
# IEC 61966-2-1 primaries, adapted from D65 to D50 (Bradford), and the white of D50.
_TO_XYZ = np.array([
    (0.4360747, 0.3850649, 0.1430804), (0.2225045, 0.7168786, 0.0606169), (0.0139322, 0.0971045, 0.7141733),
])  # fmt: skip
_WHITE = np.array([0.96422, 1.0, 0.82521])


@dataclass(frozen=True, slots=True)
class ColourTarget:
    """A target that was found: its name, and ΔE2000 of each of its patches in the target's own order."""

    name: str
    errors: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean ΔE2000."""
        return round(sum(self.errors) / len(self.errors), 2)

    @property
    def worst(self) -> float:
        """The largest ΔE2000."""
        return max(self.errors)


def find_target(pixels: Pixels) -> ColourTarget | None:
    """Look for a colour target in an RGB picture (height, width, 3); grey pictures have none."""
    if pixels.ndim == 2 or not hasattr(cv2, "mcc"):
        return None
    scale = min(1.0, _WORK_SIDE / max(pixels.shape[:2]))
    # What is thrown away here is far finer than a patch.
    stride = max(1, int(0.5 / scale))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    coarse = np.ascontiguousarray(pixels[::stride, ::stride])
    small = np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_AREA), np.uint8)
    if min(small.shape[:2]) < 64 or not is_colourful(small[::2, ::2]):
        return None
    detector = cv2.mcc.CCheckerDetector.create()
    detector.setColorChartType(cv2.mcc.MCC24)
    if not detector.process(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), 1):
        return None
    measured = np.asarray(detector.getBestColorChecker().getChartsRGB(False), np.float64).reshape(-1, 3)
    if len(measured) != len(_REFERENCE):
        return None
    errors = delta_e_2000(lab(measured), _REFERENCE)
    if float(errors.mean()) > _FAR_FROM_TARGET:
        return None
    return ColourTarget(CLASSIC_24, tuple(round(float(each), 2) for each in errors))


def is_colourful(rgb: Pixels) -> bool:
    """Whether there are strong colours of most hues, as a target has and hardly a page: looking closer costs much."""
    hue, saturation, value = cv2.split(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2HSV))
    strong = (saturation > _STRONG) & (value > _STRONG)
    # OpenCV's hues go to 180.
    hues = np.bincount(hue[strong] // 30, minlength=6)
    return int((hues > _LEAST_COLOURFUL * hue.size).sum()) >= _LEAST_HUES


def lab(rgb: Floats) -> Floats:
    """CIE L*a*b* (D50) of sRGB values 0–255: (n, 3) to (n, 3). IEC 61966-2-1, CIE 15:2004."""
    part = np.asarray(rgb, np.float64) / 255.0
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    relative = linear @ _TO_XYZ.T / _WHITE
    root = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root[:, 0], root[:, 1], root[:, 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def delta_e_2000(first: Floats, second: Floats) -> Floats:
    """Colour difference CIEDE2000 (ISO/CIE 11664-6) of L*a*b* values: (n, 3) and (n, 3) to (n,)."""
    (l1, a1, b1), (l2, a2, b2) = np.asarray(first, np.float64).T, np.asarray(second, np.float64).T
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    grow = 1.5 - 0.5 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    c1, c2 = np.hypot(a1 * grow, b1), np.hypot(a2 * grow, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1 * grow)) % 360, np.degrees(np.arctan2(b2, a2 * grow)) % 360
    both = (c1 * c2) > 0
    turn = np.where(both, (h2 - h1 + 180) % 360 - 180, 0.0)
    middle = np.where(both, (h1 + turn / 2) % 360, h1 + h2)
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(np.radians(middle - 30))
        + 0.24 * np.cos(np.radians(2 * middle))
        + 0.32 * np.cos(np.radians(3 * middle + 6))
        - 0.20 * np.cos(np.radians(4 * middle - 63))
    )
    s_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    bend = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    bend = bend * np.sin(np.radians(60 * np.exp(-(((middle - 275) / 25) ** 2))))
    parts = ((l2 - l1) / s_l, (c2 - c1) / s_c, d_h / s_h)
    return np.asarray(np.sqrt(parts[0] ** 2 + parts[1] ** 2 + parts[2] ** 2 + bend * parts[1] * parts[2]))
