"""Look a page over as a careful person would: every measure of quality with its unit and limit, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.colour_target import find_target, is_colourful
from ingest.compression import jpeg_quality
from ingest.edges import Side, edges
from ingest.enlarged import enlarged
from ingest.exposure import exposure
from ingest.image import Pixels
from ingest.material import Material, Thresholds, usual
from ingest.orientation import Detector, orientation
from ingest.page_view import PageView, view
from ingest.quality import BLANK_INK, ink, is_blank
from ingest.sharpness import sharpness
from ingest.texture import BLANK_TEXTURE, texture
from ingest.type_size import PhysicalSize, physical_size
from metadata.finding import Fact, Finding, finding

# Facts are shown in either language as they stand.
_ARROWS = {Side.LEFT: "←", Side.TOP: "↑", Side.RIGHT: "→", Side.BOTTOM: "↓"}
_AS_SHARP_AS_PIXELS = 3.2
"""Pixels across which even a perfect edge takes: what is too coarse is not blurred."""
_MOVED = 0.7
"""Share of the limit from which edges widened along one direction tell of motion: focus widens all alike."""
_SURELY = 1.5
"""How many times its limit a measure must be for a fault that is beyond doubt."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing measured: its value, unit, the limit it stands against, and whether it is on the good side of it."""

    name: str
    value: float
    unit: str
    limit: float
    good: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """Something noticed: a code of findings.toml and its facts; whose page it is, is not known here."""

    code: str
    facts: dict[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen: all measures that apply to the page, what was noticed, and whether the page carries nothing."""

    measures: tuple[Measure, ...]
    faults: tuple[Fault, ...]
    blank: bool

    @property
    def ink(self) -> float:
        """The inked share of the page, per mille."""
        return next(measure.value for measure in self.measures if measure.name == "ink")

    @property
    def letters(self) -> bool:
        """Whether letters were seen on it."""
        return any(measure.name == "letter height" for measure in self.measures)

    def findings(self, subject: str) -> tuple[Finding, ...]:
        """What was noticed, said of `subject`, the page's path."""
        return tuple(finding(fault.code, subject, **fault.facts) for fault in self.faults)


_Seen = tuple[list[Measure], list[Fault]]


def look_over(
    pixels: Pixels,
    dpi: float,
    material: Material = Material.BOOK,
    thresholds: Thresholds | None = None,
    *,
    detect: Detector | None = None,
) -> Looked:
    """Ask every measure about a page.

    Args:
        pixels: (height, width) or (height, width, 3) RGB, 8 bits, as the scanner made them: not turned or resized, so
            that traces of JPEG can be seen.
        dpi: pixels per inch; 0 when not known, then 300 stands in.
        material: what the original is; decides which measures apply.
        thresholds: the limits; those usual for the material when not given.
        detect: script detection (ingest.orientation); Tesseract's when not given.

    Raises:
        Problem: E001, Tesseract is needed and missing.
    """
    limits = thresholds or usual(material)
    page = view(pixels, dpi)
    inked, rough = ink(pixels, page.dpi), texture(page)
    blank = is_blank(inked) and rough < BLANK_TEXTURE
    seen: list[_Seen] = [_emptiness(inked, rough), _light(page, material, limits), _jpeg(page, limits)]
    seen += [_lying(page, material, limits), _target(page, pixels, limits)]
    if not blank:
        seen += [_focus(page, material, limits), _sizes(page, material, limits), _detail(page)]
    if not blank and material.is_printed:
        seen.append(_upright(page, detect))
    measures = tuple(measure for part, _ in seen for measure in part)
    return Looked(measures, tuple(fault for _, part in seen for fault in part), blank)


def _emptiness(inked: float, rough: float) -> _Seen:
    measures = [
        Measure("ink", inked, "‰", BLANK_INK, not is_blank(inked)),
        Measure("texture", rough, "%", BLANK_TEXTURE, rough >= BLANK_TEXTURE),
    ]
    faint = is_blank(inked) and rough >= BLANK_TEXTURE
    return measures, [Fault("P077", {"texture": rough})] if faint else []


def _focus(page: PageView, material: Material, limits: Thresholds) -> _Seen:
    seen = sharpness(page)
    if seen is None:
        return [], []
    width = round(seen.widest / page.dpi * 25.4, 3)
    fine = seen.widest <= _AS_SHARP_AS_PIXELS
    measures = [Measure("edge width", width, "mm", limits.edge_mm, fine or width <= limits.edge_mm)]
    excess = width / limits.edge_mm
    if material.is_written and page.has_text:
        share = round(seen.widest * page.scale / page.letter, 3)
        measures.append(
            Measure("edge per letter", share, "", limits.edge_letters, fine or share <= limits.edge_letters)
        )
        excess = min(excess, share / limits.edge_letters)
    measures.append(Measure("motion", round(seen.ratio, 2), "×", limits.motion, seen.ratio <= limits.motion))
    if fine:
        return measures, []
    if seen.ratio > limits.motion and width > _MOVED * limits.edge_mm:
        return measures, [Fault("P062", {"width": width, "direction": seen.direction, "ratio": round(seen.ratio, 2)})]
    if excess <= 1.0:
        return measures, []
    code = "P060" if excess > _SURELY else "P061"
    return measures, [Fault(code, {"width": width, "limit": limits.edge_mm})]


def _light(page: PageView, material: Material, limits: Thresholds) -> _Seen:
    seen = exposure(page)
    burnt = seen.clipped_lights > limits.clipped and not seen.bitonal
    if material.has_paper:
        burnt = burnt and seen.ink is not None and seen.ink > limits.most_ink
    measures = [
        Measure("paper", seen.paper, "", limits.least_paper, seen.paper >= limits.least_paper),
        Measure("clipped lights", seen.clipped_lights, "%", limits.clipped, not burnt),
        Measure("clipped darks", seen.clipped_darks, "%", 100.0, good=True),
    ]
    faults = []
    if seen.paper < limits.least_paper:
        faults.append(Fault("P063", {"paper": round(seen.paper), "limit": round(limits.least_paper)}))
    if burnt:
        faults.append(Fault("P064", {"share": seen.clipped_lights, "limit": limits.clipped}))
    if material.has_paper:
        measures.append(Measure("uneven light", seen.uneven, "%", limits.uneven, seen.uneven <= limits.uneven))
    if material.has_paper and seen.uneven > limits.uneven:
        faults.append(Fault("P065", {"uneven": seen.uneven, "limit": limits.uneven}))
    return measures, faults


def _lying(page: PageView, material: Material, limits: Thresholds) -> _Seen:
    seen = edges(page)
    measures: list[Measure] = []
    faults: list[Fault] = []
    for side, count in seen.cut_letters.items() if material.is_written else ():
        limit = limits.letters_at_side if side in (Side.LEFT, Side.RIGHT) else limits.letters_at_edge
        measures.append(Measure(f"letters at {side}", count, "", limit, count <= limit))
        faults += [Fault("P066", {"count": count, "side": _ARROWS[side]})] if count > limit else []
    if seen.cut_page:
        faults.append(Fault("P067", {"side": _ARROWS[seen.cut_page]}))
    if material.has_paper:
        faults += [Fault("P068", {"side": _ARROWS[each.side], "length": each.length_mm}) for each in seen.lying]
    return measures, faults


def _jpeg(page: PageView, limits: Thresholds) -> _Seen:
    quality = jpeg_quality(page)
    if quality is None:
        return [], []
    good = quality >= limits.least_jpeg
    faults = [] if good else [Fault("P069", {"quality": quality, "limit": limits.least_jpeg})]
    return [Measure("JPEG quality", quality, "", limits.least_jpeg, good)], faults


def _target(page: PageView, pixels: Pixels, limits: Thresholds) -> _Seen:
    found = find_target(pixels) if is_colourful(page.small) else None
    if found is None:
        return [], []
    good = found.mean <= limits.colour_error
    facts: dict[str, Fact] = {"target": found.name, "mean": found.mean, "worst": found.worst}
    if not good:
        facts["limit"] = limits.colour_error
    measure = Measure("colour error", found.mean, "ΔE2000", limits.colour_error, good)
    return [measure], [Fault("P070" if good else "P071", facts)]


def _upright(page: PageView, detect: Detector | None) -> _Seen:
    lies = orientation(page, detect)
    if lies is None:
        return [], []
    measures = [
        Measure("turned", lies.degrees, "°", 0.0, lies.degrees == 0),
        Measure("leftness of letters", lies.shapes.leftness, "", 0.0, not lies.mirrored),
    ]
    faults = []
    if lies.degrees:
        faults.append(Fault("P072" if lies.sure else "P073", {"degrees": lies.degrees}))
    if lies.mirrored:
        faults.append(Fault("P075" if lies.sure else "P074"))
    return measures, faults


def _go_together(size: PhysicalSize, limits: Thresholds) -> bool:
    tiny = size.short_mm < limits.small_side_mm and size.letter_mm < limits.small_letter_mm
    huge = size.short_mm > limits.large_side_mm and size.letter_mm > limits.large_letter_mm
    return not tiny and not huge


def _detail(page: PageView) -> _Seen:
    seen = enlarged(page)
    real = page.dpi if seen is None else float(seen.dpi)
    measures = [Measure("real resolution", real, "dpi", page.dpi, seen is None)]
    return measures, [] if seen is None else [Fault("P078", {"real": seen.dpi, "dpi": round(page.dpi)})]


def _sizes(page: PageView, material: Material, limits: Thresholds) -> _Seen:
    size = physical_size(page)
    sides = limits.least_side_mm <= size.short_mm and size.long_mm <= limits.most_side_mm
    measures = [Measure("short side", size.short_mm, "mm", limits.least_side_mm, sides)]
    letters = True
    if material.is_written and size.letter_mm:
        letters = limits.least_letter_mm <= size.letter_mm <= limits.most_letter_mm and _go_together(size, limits)
        measures.append(Measure("letter height", size.letter_mm, "mm", limits.least_letter_mm, letters))
    if sides and letters:
        return measures, []
    facts: dict[str, Fact] = {"short": size.short_mm, "long": size.long_mm, "letter": size.letter_mm}
    return measures, [Fault("P076", facts | {"dpi": round(page.dpi)})]
