"""The two JPEG 2000 profiles of a package as one table (ndk.md §4), judged over what jpylyzer says of a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

MASTER_TILE, USER_TILE = 4096, 1024
MASTER_LAYERS, USER_LAYERS = 1, 12
LEVELS = 5
LEAST_PER_METRE = 11732.0
"""Least resolution in pixels per metre: 298 pixels per inch."""
LEAST_USER_RATIO = 6.0
"""Least compression of a user copy: 24-bit pixels in at most a sixth of their bytes."""

_JP2H = "properties/jp2HeaderBox"
_RESOLUTION = f"{_JP2H}/resolutionBox"
_CODESTREAM = "properties/contiguousCodestreamBox"
_COD = f"{_CODESTREAM}/cod"


@dataclass(frozen=True, slots=True)
class Miss:
    """A rule that a file does not keep: what was found in its place, and what the profile wants."""

    rule: str
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a profile: the first of `paths` that jpylyzer reports must be accepted; none counts as no values."""

    name: str
    paths: tuple[str, ...]
    wanted: str
    accepts: Callable[[list[str]], bool]


@dataclass(frozen=True, slots=True)
class Profile:
    """What every image of one use must be."""

    name: str
    rules: tuple[Rule, ...]


def misses(report: Element, profile: Profile) -> tuple[Miss, ...]:
    """Which rules of `profile` the file breaks; empty when it keeps all.

    `report` is the element that jpylyzer 2.2 gives for one file (no namespace).
    """
    found = ((rule, _values(report, rule.paths)) for rule in profile.rules)
    return tuple(
        Miss(rule.name, " ".join(values) or "-", rule.wanted) for rule, values in found if not rule.accepts(values)
    )


def _values(report: Element, paths: tuple[str, ...]) -> list[str]:
    for path in paths:
        texts = [(element.text or "").strip() for element in report.iterfind(path)]
        if any(texts):
            return texts
    return []


def _one_of(name: str, path: str, *allowed: str) -> Rule:
    def accepts(values: list[str]) -> bool:
        return bool(values) and all(value.lower() in lowered for value in values)

    lowered = {each.lower() for each in allowed}
    return Rule(name, (path,), " | ".join(allowed), accepts)


def _at_least(name: str, least: float, *paths: str) -> Rule:
    def accepts(values: list[str]) -> bool:
        try:
            return bool(values) and all(float(value) >= least for value in values)
        except ValueError:
            return False

    return Rule(name, paths, f">= {least:g}", accepts)


def _precincts(name: str, path: str) -> Rule:
    # jpylyzer lists resolutions from the lowest to the highest.
    def accepts(values: list[str]) -> bool:
        return len(values) > 2 and values[-2:] == ["256", "256"] and set(values[:-2]) == {"128"}

    return Rule(name, (path,), "128 ... 128 256 256", accepts)


def _profile(name: str, tile: int, layers: int, transform: str, least_ratio: float, *more: Rule) -> Profile:
    return Profile(
        name,
        (
            _one_of("valid JP2", "isValid", "True"),
            _one_of("components", f"{_JP2H}/imageHeaderBox/nC", "1", "3"),
            _one_of("bits per sample", f"{_CODESTREAM}/siz/ssizDepth", "8"),
            _resolution("vertical resolution", "v"),
            _resolution("horizontal resolution", "h"),
            _one_of("tile width", f"{_CODESTREAM}/siz/xTsiz", str(tile)),
            _one_of("tile height", f"{_CODESTREAM}/siz/yTsiz", str(tile)),
            _at_least("number of tiles", 1, f"{_CODESTREAM}/siz/numberOfTiles"),
            _one_of("own precincts", f"{_COD}/precincts", "user defined", "yes"),
            _precincts("precinct widths", f"{_COD}/precinctSizeX"),
            _precincts("precinct heights", f"{_COD}/precinctSizeY"),
            _one_of("progression order", f"{_COD}/order", "RPCL"),
            _one_of("quality layers", f"{_COD}/layers", str(layers)),
            _one_of("decomposition levels", f"{_COD}/levels", str(LEVELS), str(LEVELS + 1)),
            _one_of("code-block width", f"{_COD}/codeBlockWidth", "64"),
            _one_of("code-block height", f"{_COD}/codeBlockHeight", "64"),
            _one_of("coding bypass", f"{_COD}/codingBypass", "yes"),
            _one_of("transform", f"{_COD}/transformation", transform),
            _at_least("compression ratio", least_ratio, "properties/compressionRatio"),
            Rule("comment", (f"{_CODESTREAM}/com/comment",), "a text", any),
            Rule("regions of interest", (f"{_CODESTREAM}//rgn/lrgn", f"{_CODESTREAM}//rgn/*"), "none", _none),
            *more,
        ),
    )


def _resolution(name: str, axis: str) -> Rule:
    capture = f"{_RESOLUTION}/captureResolutionBox/{axis}RescInPixelsPerMeter"
    display = f"{_RESOLUTION}/displayResolutionBox/{axis}ResdInPixelsPerMeter"
    return _at_least(name, LEAST_PER_METRE, capture, display)


def _none(values: list[str]) -> bool:
    return not values


MC = _profile(
    "MC",
    MASTER_TILE,
    MASTER_LAYERS,
    "5-3 reversible",
    0.0,
    _one_of("SOP markers", f"{_COD}/sop", "yes"),
    _one_of("EPH markers", f"{_COD}/eph", "yes"),
)
"""The archival master."""

UC = _profile(
    "UC",
    USER_TILE,
    USER_LAYERS,
    "9-7 irreversible",
    LEAST_USER_RATIO,
)
"""The user copy."""
