"""How well double pages are split and pages cropped: real scans glued in pairs and laid on synthetic beds.

    python -m bench.geometry [--scans FOLDER] [--step N]

prints a table for people: rates, and CPU milliseconds a page on reduced images.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ingest import crop, image, split
from ingest.image import Pixels

_BEDS = {"black": (18, 18, 20), "white": (250, 250, 250), "grey": (128, 128, 130), "green": (40, 110, 60)}
_ANGLES = (0.0, 1.7, -4.0)


def pages(folder: Path, step: int) -> Iterator[tuple[str, Pixels]]:
    """Every `step`-th real single page below `folder`, in colour, 1000 pixels high."""
    found = sorted(path for path in folder.glob("*/*") if path.suffix in image.SUFFIXES and path.parent.name != "hard")
    for path in found[::step]:
        pixels = image.decode(path, 0, image.look(path)).pixels
        scale = 1000 / pixels.shape[0]
        pixels = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        yield path.stem, pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, np.newaxis], 3, axis=2)


def spreads(left: Pixels, right: Pixels) -> Iterator[tuple[str, Pixels]]:
    """The two pages side by side as different bindings and lamps show them."""
    right = np.asarray(cv2.resize(right, left.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
    plain, at = np.hstack([left, right]), left.shape[1]
    yield "glued, no gutter drawn", plain
    for name, reach, depth in (("deep shadow", 0.012, 0.35), ("soft shadow", 0.03, 0.15)):
        fall = 1 - depth * np.exp(-(((np.arange(plain.shape[1]) - at) / (reach * plain.shape[1])) ** 2))
        yield name, np.asarray(plain * fall[:, np.newaxis], np.uint8)
    thin = plain.copy()
    thin[:, at - 1 : at + 1] = np.clip(thin[:, at - 1 : at + 1].astype(int) - 60, 0, 255)
    yield "thin fold", thin


def bedded(page: Pixels, bed: tuple[int, int, int], angle: float) -> tuple[Pixels, tuple[float, float, float, float]]:
    """The page on a bed with grain, turned, and the box around its corners (left, top, right, bottom)."""
    rng = np.random.default_rng(3)
    height, width = page.shape[:2]
    left, top, right, bottom = (int(side) * height // 100 for side in rng.integers(6, 18, 4))
    size = (width + left + right, height + top + bottom)
    scan = np.empty((size[1], size[0], 3), np.uint8)
    scan[:] = bed
    scan[top : top + height, left : left + width] = page
    way = cv2.getRotationMatrix2D(((size[0] - 1) / 2, (size[1] - 1) / 2), -angle, 1.0)
    scan = np.asarray(cv2.warpAffine(scan, way, size, borderValue=bed), np.uint8)
    corners = np.array([[x, y, 1] for x in (left, left + width) for y in (top, top + height)]) @ np.asarray(way).T
    grain = rng.normal(0, 3, (*scan.shape[:2], 1))
    around = (corners[:, 0].min(), corners[:, 1].min(), corners[:, 0].max(), corners[:, 1].max())
    return np.asarray(np.clip(scan + grain, 0, 255), np.uint8), around


def split_rates(found: list[tuple[str, Pixels]]) -> None:
    """Print how many glued pairs are split within 1 % of the width, how many elsewhere, how many stay whole."""
    rates: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    seconds = []
    for (_, left), (_, right) in zip(found, [*found[1:], found[0]], strict=True):
        for name, spread in spreads(left, right):
            start = time.process_time()
            result = split.measure(spread)
            seconds.append(time.process_time() - start)
            there = abs(result.at - left.shape[1]) <= 0.01 * spread.shape[1]
            rates[name][2 if result.verdict is not split.Verdict.SPREAD else 0 if there else 1] += 1
    for name, (right_, wrong, whole) in rates.items():
        print(f"{name:24} split rightly {right_:3}, elsewhere {wrong:3}, left whole {whole:3}")
    alone = sum(split.measure(page).verdict is split.Verdict.SPREAD for _, page in found)
    aside = sum(split.measure(np.ascontiguousarray(np.rot90(p))).verdict is split.Verdict.SPREAD for _, p in found)
    print(f"single pages split: {alone} upright, {aside} lying, of {len(found)}")
    print(f"CPU of a decision, crop included: median {1000 * float(np.median(seconds)):.0f} ms")


def crop_rates(found: list[tuple[str, Pixels]]) -> None:
    """Print how many pages on beds are found within 1 %, how sure their angle is, and how many bare pages are cut."""
    for name, bed in _BEDS.items():
        near = nothing = wrong = 0
        angles: list[float] = []
        for _, page in found:
            for angle in _ANGLES:
                scan, around = bedded(page, bed, angle)
                result = crop.measure(scan)
                box = result.box
                off = np.array([box.left, box.top, box.right, box.bottom]) - np.array(around)
                right = bool((np.abs(off) <= 0.01 * np.array([*scan.shape[1::-1]] * 2)).all())
                near += right
                nothing += not right and not result.found
                # A side not found leaves bed; one found too far in takes of the page.
                wrong += bool((off * np.array([1, 1, -1, -1]) > 0.01 * max(scan.shape[:2])).any())
                angles += [] if result.sure_angle is None else [abs(result.sure_angle - angle)]
        total = len(found) * len(_ANGLES)
        print(f"bed {name:6} right within 1 %: {near} of {total}; left alone: {nothing}; page cut: {wrong}", end="")
        worst = max(angles, default=0.0)
        print(f"; angle sure: {len(angles)}, off by at most {worst:.2f}°")
    print(f"bare pages with a side found: {sum(crop.measure(page).found for _, page in found)} of {len(found)}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scans", type=Path, default=Path("../shared/scans"))
    parser.add_argument("--step", type=int, default=1, help="take every N-th page")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    found = list(pages(options.scans, options.step))
    split_rates(found)
    crop_rates(found)


if __name__ == "__main__":
    main()
