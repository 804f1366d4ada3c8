"""What an image request asks for: region, size, rotation, quality and format (IIIF Image API 3.0 §4).

Read against the size of the page, so that what comes out is in whole pixels and within what we give away at once. Two
addresses that ask for the same image have the same canonical form (§4.7).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "tif": "image/tiff",
    "gif": "image/gif",
}
"""The formats we make and their media types."""

LONGEST = 16383
"""The longest side of an image we make, in pixels: more than that WebP cannot hold."""

_OTHERS = ("jp2", "pdf")
_QUALITIES = ("default", "color", "gray", "bitonal")
_WHOLE = "([0-9]{1,9})"
_PART = r"([0-9]{1,9}(?:\.[0-9]{1,12})?)"
_PIXELS = re.compile(",".join([_WHOLE] * 4))
_PERCENT = re.compile("pct:" + ",".join([_PART] * 4))
_SCALED = re.compile(f"pct:{_PART}")
_WITHIN = re.compile(f"!{_WHOLE},{_WHOLE}")
_SIDES = re.compile(f"{_WHOLE}?,{_WHOLE}?")
_TURN = re.compile(rf"(!?){_PART}")
_Box = tuple[int, int, int, int]
_Sides = tuple[int, int]


class Refused(ValueError):
    """A request for an image we do not make: `status` (HTTP), and the sentence that says why with its facts."""

    def __init__(self, sentence: str, status: int = 400, **facts: int | str) -> None:
        self.sentence, self.status, self.facts = sentence, status, facts
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Rendering:
    """An image of a page of `whole` (width, height): `region` (x, y, width, height) of it at `size` in pixels.

    Then mirrored, turned clockwise by `turn` degrees (written without needless digits), in `quality` and `format`.
    `most` is the largest such image without and with enlarging.
    """

    whole: _Sides
    region: _Box
    size: _Sides
    most: tuple[_Sides, _Sides]
    mirrored: bool
    turn: str
    quality: str
    format: str

    @property
    def canonical(self) -> str:
        """The one address of this image, after that of its page (§4.7)."""
        region = "full" if self.region == (0, 0, *self.whole) else ",".join(map(str, self.region))
        turn = f"{'!' * self.mirrored}{self.turn}"
        return f"{region}/{self._sized()}/{turn}/{self.quality}.{self.format}"

    def _sized(self) -> str:
        larger = self.size[0] > self.region[2] or self.size[1] > self.region[3]
        most, mark = (self.most[1], "^") if larger else (self.most[0], "")
        return mark + ("max" if self.size == most else f"{self.size[0]},{self.size[1]}")


def rendering(asked: tuple[str, str, str, str], whole: tuple[int, int], area: int) -> Rendering:
    """Read region, size, rotation and "quality.format", not percent-encoded, for a page of `whole` (width, height).

    `area` is how many pixels an image may have before it is turned.

    Raises:
        Refused: it is no request (400), or one for what is not done here (501).
    """
    region_asked, size_asked, turn_asked, last = asked
    quality, format_ = _quality(last)
    mirrored, turn = _turn(turn_asked)
    region = _region(region_asked, *whole)
    most = largest(region[2:], area), largest(region[2:], area, enlarged=True)
    size = _size(size_asked, region[2:], area)
    return Rendering(whole, region, size, most, mirrored, turn, quality, format_)


def largest(sides: tuple[int, int], area: int, *, enlarged: bool = False) -> tuple[int, int]:
    """The largest size of a picture with `sides` that has at most `area` pixels and no side over LONGEST (§4.2, max).

    Never larger than it is, unless `enlarged`.
    """
    width, height = sides
    # Exact: floor(√(area·w/h)) · floor(√(area·h/w)) ≤ area.
    bounds = [Fraction(math.isqrt(area * width // height), width), Fraction(math.isqrt(area * height // width), height)]
    bounds += [Fraction(LONGEST, width), Fraction(LONGEST, height)]
    # One scale for both sides would lose pixels to rounding where the picture fits as it is.
    if not enlarged and _fits(sides, area):
        return sides
    scale = min(bounds) if enlarged else min([Fraction(1), *bounds])
    return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))


def _fits(sides: _Sides, area: int) -> bool:
    return sides[0] * sides[1] <= area and max(sides) <= LONGEST


def _region(asked: str, width: int, height: int) -> _Box:
    if asked == "full":
        return 0, 0, width, height
    if asked == "square":
        side = min(width, height)
        return (width - side) // 2, (height - side) // 2, side, side
    if found := _PIXELS.fullmatch(asked):
        x, y, w, h = map(int, found.groups())
    elif found := _PERCENT.fullmatch(asked):
        parts = (Fraction(part) / 100 for part in found.groups())
        x, y, w, h = (_round(part * side) for part, side in zip(parts, (width, height) * 2, strict=True))
    else:
        raise Refused("iiif.bad_region")
    if x >= width or y >= height or not w or not h:
        raise Refused("iiif.beyond", width=width, height=height)
    return x, y, min(w, width - x), min(h, height - y)


def _size(asked: str, sides: _Sides, area: int) -> _Sides:
    body = asked.removeprefix("^")
    enlarged = body != asked
    if body == "max":
        return largest(sides, area, enlarged=enlarged)
    if found := _WITHIN.fullmatch(body):
        size = _within(sides, (int(found[1]), int(found[2])), area, enlarged=enlarged)
    elif found := _SCALED.fullmatch(body):
        scale = Fraction(found[1]) / 100
        size = _round(sides[0] * scale), _round(sides[1] * scale)
    elif (found := _SIDES.fullmatch(body)) and body != ",":
        size = _sides(sides, *(int(side) if side else None for side in found.groups()))
    else:
        raise Refused("iiif.bad_size")
    if min(size) < 1:
        raise Refused("iiif.too_small")
    if not enlarged and (size[0] > sides[0] or size[1] > sides[1]):
        raise Refused("iiif.upscaled", width=sides[0], height=sides[1])
    if not _fits(size, area):
        raise Refused("iiif.too_large", area=area, side=LONGEST)
    return size


def _within(sides: _Sides, box: _Sides, area: int, *, enlarged: bool) -> _Sides:
    """As large as fits into `box`, and into what we give away (§4.2, !w,h).

    A box that the region does not reach would by the text give the region as it is; the IIIF's own validator (1.0.5,
    size_noup) wants it refused as enlarging, and so do other servers.
    """
    scale = min(Fraction(box[0], sides[0]), Fraction(box[1], sides[1]))
    if scale > 1 and not enlarged:
        raise Refused("iiif.upscaled", width=sides[0], height=sides[1])
    size = _round(sides[0] * scale), _round(sides[1] * scale)
    return size if _fits(size, area) else largest(sides, area, enlarged=enlarged)


def _sides(sides: _Sides, width: int | None, height: int | None) -> _Sides:
    """Both sides, where one may have been left to the proportions."""
    if width is None:
        height = height or 0
        return _round(Fraction(sides[0] * height, sides[1])), height
    return width, _round(Fraction(sides[1] * width, sides[0])) if height is None else height


def _turn(asked: str) -> tuple[bool, str]:
    found = _TURN.fullmatch(asked)
    if found is None or Decimal(found[2]) > 360:
        raise Refused("iiif.bad_rotation")
    return bool(found[1]), f"{(Decimal(found[2]) % 360).normalize():f}"


def _quality(asked: str) -> tuple[str, str]:
    quality, _, format_ = asked.partition(".")
    if quality not in _QUALITIES:
        raise Refused("iiif.bad_quality", given=", ".join(_QUALITIES))
    if format_ in _OTHERS:
        raise Refused("iiif.not_done", 501, given=", ".join(TYPES))
    if format_ not in TYPES:
        raise Refused("iiif.bad_format", given=", ".join(TYPES))
    return "default" if quality == "color" else quality, format_


_round: Callable[[Fraction], int] = round
