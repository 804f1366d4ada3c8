"""The image steps of a page: examine, deskew, master copy, user copy."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import jpylyzer.jpylyzer
import pyvips

from ingest import codestream, deskew, encode, image, quality
from ingest.encode import Use
from ingest.image import BadScan
from metadata.event import Agent, AgentKind, Event, now
from metadata.file import intact
from metadata.finding import Finding, finding
from metadata.geometry import Transform
from metadata.model import ImageFacts
from metadata.ndk import layout
from metadata.ndk.jp2 import MC, UC, Miss, misses
from metadata.problem import Problem
from metadata.record import from_plain, plain
from workflows.agents import STRAIGHTENER
from workflows.step import Made, Step
from workflows.task import PageTask

THUMBNAIL = "thumbnail.jpg"
_RATIO_RULE = "compression ratio"
_LAYOUT = {Use.MASTER: layout.Use.MASTER, Use.USER: layout.Use.USER}


def examine_step(task: PageTask) -> Step:
    """Identify, judge and decode the scan; leaves its upright 8-bit pixels."""
    vips = ".".join(str(pyvips.version(i)) for i in range(3))
    declared = f"dpi {task.declared.exact}/{task.declared.assumed}"
    rules = f"examine 2, libvips {vips}, {declared}, at most {task.rules.max_megapixels} MP"
    inputs = {"scan": task.scan.sha512, "frame": str(task.page.frame)}
    return Step("examine", rules, inputs, lambda place: _examine(task, place))


def deskew_step(task: PageTask) -> Step:
    """Measure the page's skew and turn it where that is sure."""
    before = task.record("examine")
    inputs = {"pixels": before.output("pixels").sha512, "dpi": f"{before.facts['dpi']}"}
    return Step("deskew", "deskew 2", inputs, lambda place: _deskew(task, place))


def copy_step(task: PageTask, use: Use) -> Step:
    """Encode the master or user copy, check it against its NDK profile, and the master against its pixels."""
    before, turned = task.record("examine"), task.record("deskew")
    side = min(turned.facts["width"], turned.facts["height"])
    encoder = encode.encoder_for(task.rules.encoder, side)
    command = " ".join(encoder.arguments(use, task.rules.user_copy_ratio))
    identity = f"{use} 2, {encoder.agent.name} {encoder.agent.version}, {command}"
    inputs = {"pixels": upright(task)[1], "dpi": f"{before.facts['dpi']}"}
    return Step(use.value, identity, inputs, lambda place: _copy(task, place, use, encoder, command))


def upright(task: PageTask) -> tuple[Path, str]:
    """The page's final pixels (PNM) and their digest: turned where deskew turned them."""
    turned = task.record("deskew")
    step, role = ("deskew", "upright") if turned.has("upright") else ("examine", "pixels")
    return task.file(step, role), task.record(step).output(role).sha512


def _examine(task: PageTask, place: Path) -> Made:
    subject, path = task.subject, task.scan_path
    if not intact(task.scan, Path(task.batch) / "delivery"):
        raise Problem("P006", subject)
    try:
        facts = image.look(path, task.page.frame)
        dpi = quality.resolution(facts, task.declared)
        findings = list(quality.judge_header(subject, facts, dpi, task.rules.max_megapixels))
        if any(f.code == "P004" for f in findings):
            return Made(findings=tuple(findings), facts={"image": plain(facts)})
        scan = image.decode(path, task.page.frame, facts)
    except BadScan as bad:
        return Made(findings=(finding(bad.code, subject, **bad.facts),))
    ink = quality.ink(scan.pixels, dpi.x or 300.0)
    findings += _noticed(task, facts, scan.converted, ink)
    if any(found.stops for found in findings):
        image.write_thumbnail(place / THUMBNAIL, scan.pixels)
        return Made({"thumbnail": THUMBNAIL}, findings=tuple(findings), facts={"image": plain(scan.facts)})
    image.write_pnm(place / "pixels.pnm", scan.pixels)
    passing = {"pixels": "pixels.pnm"}
    if scan.icc:
        (place / "profile.icc").write_bytes(scan.icc)
        passing["icc"] = "profile.icc"
    return Made(
        passing=passing,
        events=(_capture(task, facts),),
        findings=tuple(findings),
        facts={
            "image": plain(scan.facts),
            "dpi": [dpi.x, dpi.y],
            "ink": ink,
            "blank": quality.is_blank(ink),
            "turn": plain(scan.turn),
        },
    )


def _noticed(task: PageTask, facts: ImageFacts, converted: str, ink: float) -> list[Finding]:
    found = []
    if image.SUFFIXES.get(PurePosixPath(task.page.scan).suffix.lower()) != facts.format:
        found.append(finding("P005", task.subject, format=facts.format))
    if converted:
        target = "grey 8 bit" if facts.samples <= 2 else "sRGB 8 bit"
        found.append(finding("P015", task.subject, source=converted, target=target))
    if quality.is_blank(ink):
        found.append(finding("P014", task.subject, ink=ink))
    return found


def _capture(task: PageTask, facts: ImageFacts) -> Event:
    whole = facts.model if facts.model.startswith(facts.make) else f"{facts.make} {facts.model}"
    device = task.scanner or whole.strip() or "unknown scanner"
    scanner = Agent(device, facts.software, AgentKind.HARDWARE, note=facts.software or "as delivered")
    return Event("capture", facts.captured or task.claimed, "capture/digitization", scanner, subject=task.subject)


def _deskew(task: PageTask, place: Path) -> Made:
    cv2.setNumThreads(1)
    before = task.record("examine")
    pixels = image.read_pnm(task.file("examine", "pixels"))
    scan_turn = from_plain(Transform, before.facts["turn"])
    if before.facts["blank"]:
        skew = deskew.Skew(deskew.Decision.NO_LINES, 0.0, None, None)
    else:
        skew = deskew.measure(pixels, before.facts["dpi"][0])
    turn, height, width, passing = Transform(), *pixels.shape[:2], {}
    if skew.decision is deskew.Decision.TURNED:
        turned, turn = deskew.turn(pixels, skew.angle)
        image.write_pnm(place / "upright.pnm", turned)
        height, width = turned.shape[:2]
        passing = {"upright": "upright.pnm"}
    note = f"{skew.decision}: turned by {0.0 - skew.angle:.2f} degrees ({_told(skew.profile)}, {_told(skew.feet)})"
    event = Event(
        "derivation", now(), "derivation/POSTPROCESSING_creation", STRAIGHTENER, subject=task.subject, note=note
    )
    facts = {"skew": plain(skew), "transform": plain(scan_turn.then(turn)), "width": width, "height": height}
    return Made(passing=passing, events=(event,), findings=_skew_findings(task.subject, skew), facts=facts)


def _told(estimate: float | None) -> str:
    return "no estimate" if estimate is None else f"estimate {estimate:.2f}"


def _skew_findings(subject: str, skew: deskew.Skew) -> tuple[Finding, ...]:
    if skew.decision is deskew.Decision.TURNED:
        return (finding("P020", subject, angle=0.0 - skew.angle),)
    if skew.decision is deskew.Decision.DISAGREE and skew.profile is not None and skew.feet is not None:
        return (finding("P021", subject, first=round(skew.profile, 2), second=round(skew.feet, 2)),)
    if skew.decision is deskew.Decision.NO_GAIN:
        return (finding("P022", subject),)
    return ()


def _copy(task: PageTask, place: Path, use: Use, encoder: encode.Encoder, command: str) -> Made:
    before = task.record("examine")
    source, _ = upright(task)
    name = layout.name(task.volume, _LAYOUT[use], task.page.order)
    icc = task.file("examine", "icc").read_bytes() if before.has("icc") else b""
    x_dpi, y_dpi = before.facts["dpi"]
    encode.make_copy(
        encoder, source, place / name, use,
        dpi=(x_dpi, y_dpi), icc=icc, ratio=task.rules.user_copy_ratio, limits=task.rules.limits,
    )  # fmt: skip
    pixels = image.read_pnm(source)
    findings = list(_profile_findings(task.subject, use, _report(place / name)))
    if use is Use.MASTER and (wrong := codestream.unnumbered_packets(place / name)):
        findings.append(finding("P031", task.subject, profile=use.value, rule="SOP", found=wrong, wanted=0))
    if use is Use.MASTER and (differing := encode.differing_pixels(place / name, pixels)):
        findings.append(finding("P030", task.subject, count=differing))
    agent = Agent(encoder.agent.name, encoder.agent.version, AgentKind.SOFTWARE, f"{encoder.agent.note} {command}")
    detail = "migration/MC_creation" if use is Use.MASTER else "derivation/UC_creation"
    event = Event(detail.partition("/")[0], now(), detail, agent, subject=name)
    colour = "sRGB" if pixels.ndim == 3 else "greyscale"
    facts = ImageFacts(
        format="image/jp2",
        format_version="1.0",
        puid="x-fmt/392",
        width=pixels.shape[1],
        height=pixels.shape[0],
        samples=3 if pixels.ndim == 3 else 1,
        bits=8,
        colour=colour,
        x_dpi=x_dpi,
        y_dpi=y_dpi,
        compression="JPEG 2000 Lossless" if use is Use.MASTER else "JPEG 2000 Lossy",
        icc=from_plain(ImageFacts, before.facts["image"]).icc if icc else "",
    )
    return Made({use.value: name}, {}, (event,), tuple(findings), {"image": plain(facts)})


def _report(path: Path) -> Any:  # noqa: ANN401 - jpylyzer has no types
    return jpylyzer.jpylyzer.checkOneFile(str(path))


def _profile_findings(subject: str, use: Use, report: Any) -> tuple[Finding, ...]:  # noqa: ANN401 - as above
    def told(miss: Miss) -> Finding:
        if use is Use.USER and miss.rule == _RATIO_RULE:
            return finding("P032", subject, found=miss.found, wanted=miss.wanted)
        return finding("P031", subject, profile=use.value, rule=miss.rule, found=miss.found, wanted=miss.wanted)

    return tuple(told(miss) for miss in misses(report, MC if use is Use.MASTER else UC))
