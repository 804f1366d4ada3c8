"""The first step of a page: identify, judge and decode its scan."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import cv2
import pyvips

from ingest import crop, image, quality
from ingest.image import BadScan, Pixels, Scan
from ingest.look import Looked, look_over
from metadata.event import Agent, AgentKind, Event
from metadata.file import intact
from metadata.finding import Finding, finding
from metadata.geometry import Chain
from metadata.model import ImageFacts
from metadata.problem import Problem
from metadata.record import plain, to_json
from workflows.step import Made, Step
from workflows.task import PageTask

THUMBNAIL = "thumbnail.jpg"


def examine_step(task: PageTask) -> Step:
    """Identify, judge and decode the scan; leaves the page's upright 8-bit pixels."""
    vips = ".".join(str(pyvips.version(i)) for i in range(3))
    declared = f"dpi {task.declared.exact}/{task.declared.assumed}"
    limits = to_json(task.thresholds).decode()
    rules = f"examine 3, libvips {vips}, {declared}, at most {task.rules.max_megapixels} MP, {task.material} {limits}"
    inputs = {"scan": task.scan.sha512, "image": f"{task.page.image}", "part": to_json(task.page.part).decode()}
    return Step("examine", rules, inputs, lambda place: _examine(task, place))


def _examine(task: PageTask, place: Path) -> Made:
    subject, path = task.subject, task.scan_path
    if not intact(task.scan, Path(task.batch) / "delivery"):
        raise Problem("P006", subject)
    cv2.setNumThreads(1)
    try:
        facts = image.look(path, task.page.image)
        dpi = quality.resolution(facts, task.declared)
        findings = list(quality.judge_header(subject, facts, dpi, task.rules.max_megapixels))
        if any(f.code == "P004" for f in findings):
            return Made(findings=tuple(findings), facts={"image": plain(facts)})
        scan = image.decode(path, task.page.image, facts)
    except BadScan as bad:
        return Made(findings=(finding(bad.code, subject, **bad.facts),))
    pixels, way = _part(task, scan)
    looked = look_over(pixels, dpi.x, task.material, task.thresholds)
    findings += [*_noticed(task, facts, scan.converted), *_blankness(subject, looked), *looked.findings(subject)]
    seen = {"image": plain(scan.facts), "measures": plain(looked.measures)}
    if any(found.stops for found in findings):
        image.write_thumbnail(place / THUMBNAIL, pixels)
        return Made({"thumbnail": THUMBNAIL}, findings=tuple(findings), facts=seen)
    image.write_pnm(place / "pixels.pnm", pixels)
    passing = {"pixels": "pixels.pnm"}
    if scan.icc:
        (place / "profile.icc").write_bytes(scan.icc)
        passing["icc"] = "profile.icc"
    told = {"dpi": [dpi.x, dpi.y], "ink": looked.ink, "blank": looked.blank, "letters": looked.letters}
    return Made(
        passing=passing,
        events=(_capture(task, facts),),
        findings=tuple(findings),
        facts=seen | told | {"transform": plain(way)},
    )


def _part(task: PageTask, scan: Scan) -> tuple[Pixels, Chain]:
    """The page's pixels, and how they come of the scan's: a half where two pages lie on it."""
    part = task.page.part
    way = Chain().then(scan.turn)
    if part is None or part.box is None:
        return scan.pixels, way
    half, cut = crop.cut(scan.pixels, part.box)
    return half, way.then(cut)


def _blankness(subject: str, looked: Looked) -> tuple[Finding, ...]:
    return (finding("P014", subject, ink=looked.ink),) if looked.blank else ()


def _noticed(task: PageTask, facts: ImageFacts, converted: str) -> list[Finding]:
    found = []
    if image.SUFFIXES.get(PurePosixPath(task.page.scan).suffix.lower()) != facts.format:
        found.append(finding("P005", task.subject, format=facts.format))
    if converted:
        target = "grey 8 bit" if facts.samples <= 2 else "sRGB 8 bit"
        found.append(finding("P015", task.subject, source=converted, target=target))
    return found


def _capture(task: PageTask, facts: ImageFacts) -> Event:
    whole = facts.model if facts.model.startswith(facts.make) else f"{facts.make} {facts.model}"
    device = task.scanner or whole.strip() or "unknown scanner"
    scanner = Agent(device, facts.software, AgentKind.HARDWARE, note=facts.software or "as delivered")
    by = f"operator: {task.operator}" if task.operator else ""
    when = facts.captured or task.claimed
    return Event("capture", when, "capture/digitization", scanner, subject=task.subject, note=by)
