"""Boxes and the chain of transforms from scan pixels to master pixels, and back.

Cut, split, turn and scale are affine: one `Transform`. A page whose lines were straightened went through a `Bend` too.
A `Chain` holds both kinds in order and walks them either way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in whole pixels, origin at the top left.

    Raises:
        ValueError: a negative width or height.
    """

    left: int
    top: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 0 or self.height < 0:
            raise ValueError(f"{self} is inside out")

    @property
    def right(self) -> int:
        """First pixel column behind the box."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """First pixel row below the box."""
        return self.top + self.height

    @classmethod
    def between(cls, left: int, top: int, right: int, bottom: int) -> Box:
        """Box from its edges, as hOCR and most engines say it; edges may come in either order."""
        return cls(min(left, right), min(top, bottom), abs(right - left), abs(bottom - top))

    @classmethod
    def around(cls, boxes: list[Box]) -> Box:
        """Smallest box that holds all of `boxes` (at least one)."""
        left, top = min(b.left for b in boxes), min(b.top for b in boxes)
        return cls.between(left, top, max(b.right for b in boxes), max(b.bottom for b in boxes))

    def inside(self, width: int, height: int) -> Box:
        """The part of the box that lies on an image of `width` x `height` pixels."""
        left, top = min(max(self.left, 0), width), min(max(self.top, 0), height)
        return Box.between(left, top, max(left, min(self.right, width)), max(top, min(self.bottom, height)))

    def scaled(self, x: float, y: float) -> Box:
        """The box on an image enlarged `x` times across and `y` times down, grown outwards to whole pixels."""
        return Box.between(
            math.floor(self.left * x), math.floor(self.top * y), math.ceil(self.right * x), math.ceil(self.bottom * y)
        )


@dataclass(frozen=True, slots=True)
class Transform:
    """An affine map of pixel coordinates: ``x' = a*x + b*y + c``, ``y' = d*x + e*y + f``.

    Source and result sizes travel with it so that a chain can be checked end to end (pixels).
    """

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 1.0
    f: float = 0.0

    def apply(self, x: float, y: float) -> tuple[float, float]:
        """Where the point (x, y) of the source lies on the result."""
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f

    def then(self, after: Transform) -> Transform:
        """This transform followed by `after`, as one."""
        return Transform(
            after.a * self.a + after.b * self.d,
            after.a * self.b + after.b * self.e,
            after.a * self.c + after.b * self.f + after.c,
            after.d * self.a + after.e * self.d,
            after.d * self.b + after.e * self.e,
            after.d * self.c + after.e * self.f + after.f,
        )

    def inverse(self) -> Transform:
        """The way back, from result pixels to source pixels.

        Raises:
            ValueError: the transform flattens the page and cannot be undone.
        """
        det = self.a * self.e - self.b * self.d
        if abs(det) < 1e-12:
            raise ValueError(f"{self} cannot be undone")
        a, b, d, e = self.e / det, -self.b / det, -self.d / det, self.a / det
        return Transform(a, b, -(a * self.c + b * self.f), d, e, -(d * self.c + e * self.f))

    @classmethod
    def cut(cls, box: Box) -> Transform:
        """What cutting `box` out of an image does: its corner becomes the origin."""
        return cls(c=-box.left, f=-box.top)

    @classmethod
    def turn(cls, degrees: float, width: int, height: int, new_width: int, new_height: int) -> Transform:
        """Turn by `degrees` (clockwise on screen) about the centre of a `width` x `height` image.

        The centre of the source comes to lie on the centre of a `new_width` x `new_height` result.
        """
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        x, y, nx, ny = (width - 1) / 2, (height - 1) / 2, (new_width - 1) / 2, (new_height - 1) / 2
        return cls(cos, -sin, nx - cos * x + sin * y, sin, cos, ny - sin * x - cos * y)


@dataclass(frozen=True, slots=True)
class Bend:
    """Lines made straight: each pixel column moved and stretched along itself, so that it can be undone exactly.

    With ``u`` running from -1 to 1 over `width` columns and ``v`` likewise over `height` rows of the bent page,
    ``y' = y + offset + shift(u) + v * stretch(u)``; x stays. `shift` and `stretch` are the coefficients of u, u², u³ …
    in pixels. `back` walks from the straightened page to the bent one.

    Raises:
        ValueError: less than two pixels across or down, or a column would fold onto itself.
    """

    width: int
    height: int
    offset: float
    shift: tuple[float, ...]
    stretch: tuple[float, ...]
    back: bool = False

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 2:
            raise ValueError(f"{self.width} x {self.height} pixels cannot be bent")
        if sum(abs(value) for value in self.stretch) * 2 >= 0.9 * (self.height - 1):
            raise ValueError(f"{self} folds the page onto itself")

    def column(self, x: float) -> tuple[float, float]:
        """``(scale, move)`` of the bent page's column `x`: ``y' = scale * y + move``.

        Beyond the page's edges a column moves as the edge does.
        """
        u = min(max(2 * x / (self.width - 1) - 1, -1.0), 1.0)
        stretch = _polynomial(self.stretch, u)
        return 1 + 2 * stretch / (self.height - 1), self.offset + _polynomial(self.shift, u) - stretch

    def apply(self, x: float, y: float) -> tuple[float, float]:
        """Where the point (x, y) of the source lies on the result."""
        scale, move = self.column(x)
        return (x, (y - move) / scale) if self.back else (x, scale * y + move)

    def inverse(self) -> Bend:
        """The way back."""
        return replace(self, back=not self.back)


@dataclass(frozen=True, slots=True)
class Chain:
    """All that happened to the pixels of a scan, first to last; empty when nothing did."""

    links: tuple[Transform | Bend, ...] = ()

    def apply(self, x: float, y: float) -> tuple[float, float]:
        """Where the point (x, y) of the source lies on the result."""
        for link in self.links:
            x, y = link.apply(x, y)
        return x, y

    def then(self, after: Transform | Bend | Chain) -> Chain:
        """This chain followed by `after`; neighbouring transforms become one."""
        links = list(self.links)
        for link in after.links if isinstance(after, Chain) else (after,):
            if links and isinstance(last := links[-1], Transform) and isinstance(link, Transform):
                links[-1] = last.then(link)
            else:
                links.append(link)
        return Chain(tuple(links))

    def inverse(self) -> Chain:
        """The way back, from result pixels to source pixels.

        Raises:
            ValueError: a transform flattens the page and cannot be undone.
        """
        return Chain(tuple(link.inverse() for link in reversed(self.links)))

    def angle(self, width: float, height: float) -> float:
        """By how many degrees (clockwise on screen) the middle of a `width` x `height` image was turned."""
        x, y = width / 2, height / 2
        (left, top), (right, bottom) = self.apply(x - 1, y), self.apply(x + 1, y)
        return math.degrees(math.atan2(bottom - top, right - left))

    def box(self, box: Box) -> Box:
        """Smallest box of whole pixels on the result around where `box` went: its corners and the middles of its sides.

        Pixel edges lie half a pixel before and behind pixel centres.
        """
        across = (box.left - 0.5, box.left + box.width / 2 - 0.5, box.right - 0.5)
        down = (box.top - 0.5, box.top + box.height / 2 - 0.5, box.bottom - 0.5)
        points = [self.apply(x, y) for x in across for y in down]
        left, top = (math.floor(round(min(axis) + 0.5, 6)) for axis in zip(*points, strict=True))
        right, bottom = (math.ceil(round(max(axis) + 0.5, 6)) for axis in zip(*points, strict=True))
        return Box.between(left, top, right, bottom)


def _polynomial(coefficients: tuple[float, ...], u: float) -> float:
    return sum(value * u ** (power + 1) for power, value in enumerate(coefficients))
