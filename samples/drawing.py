"""Pictures out of arithmetic: a wood engraving of a tower by a weir, a sepia photograph, a drawing without a word."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from samples.scanning import Pixels, Plane, cloud


def ridge(rng: np.random.Generator, width: int, rough: float) -> Plane:
    """The outline of a range of hills: one height (about -1..1) for each pixel column."""
    line = np.zeros(width, np.float32)
    for octave in range(7):
        points = rng.normal(0, 1, 4 + 2 ** (octave + 1)).astype(np.float32)[None, :]
        wave = cv2.resize(points, (width, 1), interpolation=cv2.INTER_CUBIC)[0]
        line += np.asarray(wave, np.float32) * rough**octave * 0.5
    return line


def clouds(rng: np.random.Generator, width: int, height: int) -> Plane:
    """A cloudy sky, about -1..1; height x width."""
    sky = np.zeros((height, width), np.float32)
    for octave in range(5):
        layer = cloud(rng, width, height * 3, max(width // (3 * 2**octave), 4))[::3]
        sky += layer[:height] * 0.55**octave
    return sky


def _tower(pen: ImageDraw.ImageDraw, x: int, ground: int, size: int) -> None:
    """A church-like tower with its gallery and clock; tones 0 (white) to 255 (black)."""
    half = size // 8
    pen.rectangle((x - half, ground - size, x, ground), fill=70)
    pen.rectangle((x, ground - size, x + half, ground), fill=150)
    pen.rectangle((x - half - 14, ground - size - 26, x + half + 14, ground - size + 8), fill=210)
    pen.polygon(((x - half, ground - size - 26), (x + half, ground - size - 26), (x, ground - size * 3 // 2)), fill=225)
    pen.ellipse((x - 34, ground - size + 40, x + 34, ground - size + 108), fill=5, outline=230, width=5)
    pen.line((x, ground - size + 74, x + 14, ground - size + 96), fill=255, width=6)
    pen.line((x, ground - size + 74, x, ground - size + 48), fill=255, width=5)
    for row in range(3):
        top = ground - size + 170 + row * 120
        pen.rectangle((x - 10, top, x + 10, top + 44), fill=235)


def _houses(pen: ImageDraw.ImageDraw, rng: np.random.Generator, left: int, right: int, ground: int) -> None:
    x = left
    while x < right:
        width, tall = int(rng.integers(70, 120)), int(rng.integers(70, 120))
        pen.rectangle((x, ground - tall, x + width, ground), fill=int(rng.integers(40, 110)))
        roof = ((x - 8, ground - tall), (x + width + 8, ground - tall), (x + width // 2, ground - tall - width // 2))
        pen.polygon(roof, fill=int(rng.integers(170, 220)))
        pen.rectangle((x + width // 3, ground - tall // 2, x + width // 3 + 14, ground - tall // 2 + 22), fill=235)
        x += width + int(rng.integers(4, 30))


def _scene(rng: np.random.Generator, width: int, height: int) -> Plane:
    """The tones of the engraving, 0 white to 1 black."""
    down = np.arange(height, dtype=np.float32)[:, None]
    tone = np.clip(0.16 + 0.16 * clouds(rng, width, height) - 0.1 * down / height, 0.02, 0.4)
    shore = int(height * 0.68)
    hills = height * (0.42 + 0.05 * ridge(rng, width, 0.45))[None, :]
    tone = np.where(down > hills, 0.34 + 0.06 * cloud(rng, width, height, 90), tone)
    near = height * (0.58 + 0.035 * ridge(rng, width, 0.6))[None, :]
    tone = np.where(down > near, 0.52 + 0.12 * cloud(rng, width, height, 40), tone)
    image = Image.fromarray((np.clip(tone, 0, 1) * 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    _houses(pen, rng, int(width * 0.06), int(width * 0.9), shore)
    _tower(pen, int(width * 0.56), shore, int(height * 0.36))
    built = np.asarray(image, np.float32)[:shore] / 255
    water = cv2.flip(built, 0)[: height - shore]
    lake = np.clip(0.25 + 0.55 * water, 0, 0.9)
    weir = int((height - shore) * 0.42)
    lake[weir : weir + 26] = 0.04 + 0.1 * np.abs(cloud(rng, width, 26, 12))
    return np.vstack([built, lake]).astype(np.float32)


def engraving(seed: int, width: int, height: int) -> Image.Image:
    """A tower by a weir, engraved: swelling lines, black (255) on nothing (0), inside a thin rule."""
    rng = np.random.default_rng(seed)
    tone = np.asarray(cv2.GaussianBlur(_scene(rng, width, height), (0, 0), 1.2), np.float32)
    down = np.arange(height, dtype=np.float32)[:, None] + 5 * cloud(rng, width, height, 140)
    phase = np.abs((down / 10.0) % 1.0 - 0.5) * 2
    lines = np.clip((tone * 1.05 - phase) * 10.0 / 2 + 0.5, 0, 1)
    lines[:4], lines[-4:], lines[:, :4], lines[:, -4:] = 1, 1, 1, 1
    return Image.fromarray((lines * 255).astype(np.uint8))


def _forest(rng: np.random.Generator, width: int, height: int, edge: Plane) -> Plane:
    """Where firs stand along `edge` (a row for each column): 1 tree, 0 none."""
    image = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(image)
    for x in range(-20, width + 20, 9):
        foot = float(edge[min(max(x, 0), width - 1)]) + 30
        tall = float(rng.uniform(50, 120))
        at = x + float(rng.uniform(-6, 6))
        pen.polygon(((at - tall * 0.16, foot), (at + tall * 0.16, foot), (at, foot - tall)), fill=255)
    return np.asarray(cv2.GaussianBlur(np.asarray(image, np.float32) / 255, (0, 0), 1.0), np.float32)


def _valley(rng: np.random.Generator, width: int, height: int) -> Plane:
    """The tones of the photograph, 0 black to 1 white."""
    down = np.arange(height, dtype=np.float32)[:, None]
    tone = 0.84 - 0.14 * (1 - down / height) + 0.16 * clouds(rng, width, height)
    for depth, (level, shade) in enumerate(((0.36, 0.7), (0.43, 0.6), (0.52, 0.48), (0.62, 0.37))):
        edge = height * (level + 0.05 * ridge(rng, width, 0.45))
        mist = 0.1 * np.clip((down - edge[None, :]) / (0.2 * height), 0, 1)
        texture = 0.02 * (depth + 1) * cloud(rng, width, height, max(60 // (depth + 1), 6))
        tone = np.where(down > edge[None, :], shade + mist + texture, tone)
    across = np.arange(width, dtype=np.float32)[None, :]
    bend = width * (0.45 + 0.22 * np.sin(5.5 * down / height - 2.2))
    reach = np.clip((down / height - 0.74) * 0.9, 0, 1) * width * 0.55
    river = np.clip((reach - np.abs(across - bend)) / 6, 0, 1)
    meadow = down > height * 0.72
    grass = 0.33 + 0.05 * cloud(rng, width, height, 18) + 0.05 * cloud(rng, width, height, 70)
    tone = np.where(meadow, grass * (1 - river) + 0.72 * river, tone)
    trees = _forest(rng, width, height, np.full(width, height * 0.73, np.float32) + 14 * ridge(rng, width, 0.5))
    return np.asarray(tone * (1 - trees) + (0.17 + 0.04 * cloud(rng, width, height, 8)) * trees, np.float32)


def photograph(seed: int, width: int, height: int) -> Pixels:
    """A faded sepia print of a valley, with grain and darker corners; height x width x 3."""
    rng = np.random.default_rng(seed)
    tone = np.asarray(cv2.GaussianBlur(_valley(rng, width, height), (0, 0), 1.3), np.float32)
    across, down = np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None]
    exposed = (tone - 0.12) * 1.3 * (1 - 0.1 * (across**2 + down**2)) + rng.normal(0, 0.012, (height, width))
    dark, bright = np.array([46.0, 30.0, 20.0]), np.array([243.0, 226.0, 196.0])
    return np.asarray(np.rint(dark + (bright - dark) * np.clip(exposed, 0, 1)[:, :, None]), np.uint8)


def scribble(seed: int, width: int, height: int) -> Image.Image:
    """A dense drawing of great curves without one letter in it: ink 255 on 0."""
    rng = np.random.default_rng(seed)
    image = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(image)
    turn = np.linspace(0, 2 * np.pi, 900)
    for ring in range(34):
        radius = 24 + ring * 11 + 9 * np.sin(5 * turn + ring * 0.3) + 14 * np.sin(3 * turn + float(rng.uniform(0, 6)))
        xs, ys = width / 2 + radius * 1.25 * np.cos(turn), height / 2 + radius * np.sin(turn)
        pen.line([(float(x), float(y)) for x, y in zip(xs, ys, strict=True)], fill=255, width=3, joint="curve")
    return image
