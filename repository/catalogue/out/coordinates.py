"""Where a map lies: coordinates as cataloguers write them (MARC 21, 255 $c and 034; MODS cartographics) in degrees.

Read are degrees with minutes and seconds, decimal degrees and MARC's packed hdddmmss, each with its hemisphere before
or behind it, in English, German or Czech: "E 15°03'30"--E 15°10'/N 50°50'--N 50°40'", "v.d. 15°3'/s.š. 50°46'".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SIGNS = {"e": 1, "o": 1, "vd": 1, "w": -1, "zd": -1, "n": 1, "sš": 1, "s": -1, "jš": -1}
_LATITUDES = ("n", "s", "sš", "jš")
_HEMISPHERE = r"(?<!\w)(?P<side>[EOWNSeowns]|[vzVZ]\.? ?[dD]\.?|[sjSJ]\.? ?[šŠ]\.?)"
_BEHIND = r"(?P<side>[EOWNSeowns]|[vzVZ]\.? ?[dD]\.?|[sjSJ]\.? ?[šŠ]\.?)(?!\w)"
_ANGLE = (
    r"(?P<degrees>\d{1,3}(?:[.,]\d+)?)(?: ?°)?"
    r"""(?: ?(?P<minutes>\d{1,2}(?:[.,]\d+)?) ?['′’])?(?: ?(?P<seconds>\d{1,2}(?:[.,]\d+)?) ?(?:''|["″”]))?"""
)
_PACKED = re.compile(r"(?<!\w)(?P<side>[EWNS])(?P<degrees>\d{3})(?P<minutes>\d\d)(?P<seconds>\d\d)(?!\d)")
_FORMS = (_PACKED, re.compile(rf"{_HEMISPHERE} ?{_ANGLE}"), re.compile(rf"{_ANGLE} ?{_BEHIND}"))
_MOST = 500


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box on the earth (WGS 84) in degrees; a point when its edges meet."""

    west: float
    south: float
    east: float
    north: float


def boxed(text: str) -> Bounds | None:
    """What `text` says, to a millionth of a degree; nothing when it says no latitude and longitude that exist."""
    told = " ".join(text[:_MOST].split())
    for form in _FORMS:
        found = [_angle(match) for match in form.finditer(told)]
        latitudes = [angle for upright, angle in found if upright]
        longitudes = [angle for upright, angle in found if not upright]
        if latitudes and longitudes:
            box = Bounds(min(longitudes), min(latitudes), max(longitudes), max(latitudes))
            real = box.west >= -180 and box.east <= 180 and box.south >= -90 and box.north <= 90
            return box if real else None
    return None


def _angle(match: re.Match[str]) -> tuple[bool, float]:
    """Whether it is a latitude, and the degrees."""
    side = re.sub(r"[. ]", "", match["side"]).lower()
    parts = (float((match[name] or "0").replace(",", ".")) for name in ("degrees", "minutes", "seconds"))
    degrees = sum(part / 60**power for power, part in enumerate(parts))
    return side in _LATITUDES, round(_SIGNS[side] * degrees, 6)
