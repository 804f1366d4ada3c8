"""The master copy and the user copy of a page: encoded, and judged before they are believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jpylyzer.jpylyzer

from ingest import codestream, encode, image
from ingest.encode import Use
from metadata.event import Agent, AgentKind, Event, now
from metadata.finding import Finding, finding
from metadata.model import ImageFacts
from metadata.ndk import layout
from metadata.ndk.jp2 import MC, UC, Miss, misses
from metadata.record import from_plain, plain
from workflows.step import Made, Step
from workflows.straightening import upright
from workflows.task import PageTask

_RATIO_RULE = "compression ratio"
_LAYOUT = {Use.MASTER: layout.Use.MASTER, Use.USER: layout.Use.USER}


def copy_step(task: PageTask, use: Use) -> Step:
    """Encode the master or user copy, check it against its NDK profile, and the master against its pixels."""
    before, turned = task.record("examine"), task.record("straighten")
    encoder = encode.encoder_for(task.rules.encoder, (turned.facts["width"], turned.facts["height"]))
    command = " ".join(encoder.arguments(use, task.rules.user_copy_ratio))
    identity = f"{use} 2, {encoder.agent.name} {encoder.agent.version}, {command}"
    inputs = {"pixels": upright(task)[1], "dpi": f"{before.facts['dpi']}"}
    return Step(use.value, identity, inputs, lambda place: _copy(task, place, use, encoder, command))


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
