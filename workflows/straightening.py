"""The geometry of a page: turned straight, cut to the page, its curved lines straightened; each step can be undone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2

from ingest import crop, deskew, dewarp, exposure, image, page_print
from ingest.image import Pixels
from metadata.event import Agent, Event, now
from metadata.finding import Finding, finding
from metadata.geometry import Bend, Box, Chain, Transform
from metadata.record import from_plain, plain
from workflows.agents import CROPPER, DEWARPER, STRAIGHTENER
from workflows.step import Made, Step
from workflows.task import PageTask

_EVENT = "derivation/POSTPROCESSING_creation"
_LEAST_CUT = 0.01
"""Share of an image's area that must be bed before it is worth cutting off."""
_LEAST_SIDES = 2
"""A page on a bed shows several of its sides; one alone may be the shadow of its fold."""


def straighten_step(task: PageTask) -> Step:
    """Measure the page's skew, its place on the bed and the curves of its lines, and mend what is sure."""
    before = task.record("examine")
    inputs = {"pixels": before.output("pixels").sha512, "dpi": f"{before.facts['dpi']}"}
    wishes = f"straighten 3, crop {task.rules.crop}, dewarp {task.rules.dewarp}"
    return Step("straighten", wishes, inputs, lambda place: _straighten(task, place))


def upright(task: PageTask) -> tuple[Path, str]:
    """The page's final pixels (PNM) and their digest: those of the straightened page where anything was done to it."""
    done = task.record("straighten")
    step, role = ("straighten", "upright") if done.has("upright") else ("examine", "pixels")
    return task.file(step, role), task.record(step).output(role).sha512


@dataclass(slots=True)
class _Page:
    """A page on its way: its pixels, what was done to them, and what that says of it."""

    subject: str
    dpi: float
    pixels: Pixels
    way: Chain
    events: list[Event] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def moved(self, pixels: Pixels, way: Transform | Bend) -> None:
        """Go on with other pixels."""
        self.pixels, self.way = pixels, self.way.then(way)

    def tell(self, agent: Agent, note: str) -> None:
        """Write down what was done, or why nothing was."""
        self.events.append(Event("derivation", now(), _EVENT, agent, subject=self.subject, note=note))


def _straighten(task: PageTask, place: Path) -> Made:
    cv2.setNumThreads(1)
    before = task.record("examine")
    pixels = image.read_pnm(task.file("examine", "pixels"))
    way = from_plain(Chain, before.facts["transform"])
    page = _Page(task.subject, before.facts["dpi"][0], pixels, way)
    bed = crop.measure(pixels)
    skew = _turn(page, bed, blank=before.facts["blank"])
    if task.rules.crop != "none":
        turned = page.pixels is not pixels
        _crop(page, crop.measure(page.pixels) if turned else bed, only_print=task.rules.crop == "print")
    if task.rules.dewarp and before.facts["letters"]:
        _dewarp(page)
    passing = {}
    if page.pixels is not pixels:
        image.write_pnm(place / "upright.pnm", page.pixels)
        passing = {"upright": "upright.pnm"}
    height, width = page.pixels.shape[:2]
    facts = {
        "skew": plain(skew),
        "transform": plain(page.way),
        "width": width,
        "height": height,
        "print": page_print.fingerprint(page.pixels),
        "paper": exposure.paper_colour(page.pixels),
    }
    return Made(passing=passing, events=tuple(page.events), findings=tuple(page.findings), facts=facts)


def _paper(pixels: Pixels, bed: crop.Crop) -> Box:
    """Where the page lies; the whole image where too few of its sides show."""
    return bed.box if len(bed.edges) >= _LEAST_SIDES else Box(0, 0, pixels.shape[1], pixels.shape[0])


def _turn(page: _Page, bed: crop.Crop, *, blank: bool) -> deskew.Skew:
    # Where a dark bed shows, its edge is the straightest line of all, and no line of text.
    paper, _ = crop.cut(page.pixels, _paper(page.pixels, bed))
    skew = deskew.measure(paper, page.dpi, edges=bed.sure_angle, blank=blank)
    if skew.angle:
        page.moved(*deskew.turn(page.pixels, skew.angle))
    note = f"{skew.decision}: turned by {0.0 - skew.angle:.2f} degrees ({_told(skew.profile)}, {_told(skew.feet)})"
    page.tell(STRAIGHTENER, note)
    page.findings += _skew_findings(page.subject, skew)
    return skew


def _told(estimate: float | None) -> str:
    return "no estimate" if estimate is None else f"estimate {estimate:.2f}"


def _skew_findings(subject: str, skew: deskew.Skew) -> tuple[Finding, ...]:
    if skew.angle:
        return (finding("P020", subject, angle=0.0 - skew.angle),)
    if skew.decision is deskew.Decision.DISAGREE and skew.profile is not None and skew.feet is not None:
        return (finding("P021", subject, first=round(skew.profile, 2), second=round(skew.feet, 2)),)
    if skew.decision is deskew.Decision.NO_GAIN:
        return (finding("P022", subject),)
    return ()


def _crop(page: _Page, bed: crop.Crop, *, only_print: bool) -> None:
    """Cut the bed off, and the margins where only the print is asked for; what is not surely bed stays."""
    height, width = page.pixels.shape[:2]
    box = _paper(page.pixels, bed)
    if only_print:
        paper, _ = crop.cut(page.pixels, box)
        within = crop.printed(paper, page.dpi)
        if within is not None:
            box = replace(within, left=box.left + within.left, top=box.top + within.top)
    if box.width * box.height > (1 - _LEAST_CUT) * width * height:
        return
    page.moved(*crop.cut(page.pixels, box))
    sides = ", ".join(f"{side} {edge}" for side, edge in crop.told(bed.edges).items())
    why = "only the print" if only_print else sides
    page.tell(CROPPER, f"cut to {box.width} x {box.height} at ({box.left}, {box.top}); {why}")
    page.findings.append(finding("P082", page.subject, width=box.width, height=box.height))


def _dewarp(page: _Page) -> None:
    curl = dewarp.measure(page.pixels, page.dpi)
    if curl.bend is None:
        return
    page.moved(dewarp.straighten(page.pixels, curl.bend), curl.bend)
    strayed = {"before": round(curl.before, 2), "after": round(curl.after, 2)}
    page.tell(DEWARPER, f"{curl.lines} lines strayed by {curl.before:.2f} heights of a letter, now {curl.after:.2f}")
    page.findings.append(finding("P083", page.subject, **strayed))
