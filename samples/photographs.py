"""The photographs: two faded prints of one valley, each in its border with a caption written below it."""

from __future__ import annotations

import cv2
import numpy as np

from samples.drawing import photograph
from samples.scanning import Pixels, cloud
from samples.setting import HAND, Face, Sheet

CAPTIONS = {
    1908: "Údolí Břežky od Kamenného vrchu, léto 1908",
    1921: "Údolí Břežky od jezu, podzim 1908",
}
"""What is written below each print, by the seed that draws it."""


def mounted(seed: int) -> Pixels:
    """A photograph in its white border, the caption written below it; 400 dpi, height x width x 3."""
    picture = photograph(seed, 1720, 1130)
    height, width = 1400, 1880
    rng = np.random.default_rng(seed + 1)
    card = np.full((height, width), 233, np.float32) + 3 * cloud(rng, width, height, 200)
    sheet = Sheet(width, height)
    sheet.block()
    sheet.line(CAPTIONS[seed], Face(HAND, 16), width / 2, 1310, "m")
    faded = cv2.GaussianBlur(np.asarray(sheet.ink, np.float32) / 255, (0, 0), 1.0) * 0.8
    page = np.stack([(card - drop) * (1 - faded) + dark * faded for drop, dark in ((0, 60), (7, 48), (24, 44))], axis=2)
    page += rng.normal(0, 0.8, (height, width, 1))
    page[80 : 80 + picture.shape[0], 80 : 80 + picture.shape[1]] = picture
    return np.asarray(np.clip(np.rint(page), 0, 255), np.uint8)
