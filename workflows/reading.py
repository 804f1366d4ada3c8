"""The text step of a page: read it, put the text into master pixels, write ALTO and plain text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ingest import image, quality
from metadata.alto import to_alto
from metadata.event import Event, now
from metadata.finding import Finding
from metadata.ndk import layout
from metadata.text import PageText
from ocr import confidence, hyphenation
from ocr.engine import load_engine
from ocr.rescale import scaled
from workflows.images import upright
from workflows.step import Made, Step
from workflows.task import PageTask


def read_step(task: PageTask) -> Step:
    """Read the page; the identity names the engine, its models and all that prepares its input."""
    engine = load_engine(task.rules.ocr, task.rules.limits)
    identity = f"read 1, {engine.identity(task.languages, task.script)}, at {task.rules.ocr_dpi} dpi"
    inputs = {"pixels": upright(task)[1], "languages": "+".join(task.languages), "script": task.script}
    return Step("read", identity, inputs, lambda place: _read(task, place))


def _read(task: PageTask, place: Path) -> Made:
    cv2.setNumThreads(1)
    before = task.record("examine")
    source, _ = upright(task)
    page = place / "grey.pnm"
    size, dpi = _prepare(source, page, before.facts["dpi"][0], task.rules.ocr_dpi)
    engine = load_engine(task.rules.ocr, task.rules.limits)
    try:
        raw = engine.read(page, task.languages, dpi, task.script)
    finally:
        page.unlink(missing_ok=True)
    width, height = size
    text = hyphenation.join(scaled(raw, width / raw.width, height / raw.height, width, height))
    score = confidence.confidence(text)
    alto_name = layout.name(task.volume, layout.Use.ALTO, task.page.order)
    text_name = layout.name(task.volume, layout.Use.TXT, task.page.order)
    when = now()
    master = layout.name(task.volume, layout.Use.MASTER, task.page.order)
    (place / alto_name).write_bytes(to_alto(text, image_name=master, when=when, order=task.page.order))
    (place / text_name).write_text(text.plain(), encoding="utf-8")
    return Made(
        kept={"alto": alto_name, "txt": text_name},
        events=_events(text, when, alto_name, text_name),
        findings=_findings(text, task, before.facts),
        facts={"words": score.words, "confidence": score.mean if score.words else -1.0, "weak": score.weak},
    )


def _findings(text: PageText, task: PageTask, facts: dict[str, Any]) -> tuple[Finding, ...]:
    if facts["blank"]:
        return ()
    return confidence.findings(
        text, facts["ink"], task.subject, least_ink=quality.BLANK_INK, least_mean=task.rules.weak_confidence
    )


def _events(text: PageText, when: str, alto_name: str, text_name: str) -> tuple[Event, ...]:
    return (
        Event("capture", when, "capture/XML_creation", text.engine, subject=alto_name),
        Event("capture", when, "capture/TXT_creation", text.engine, subject=text_name),
    )


def _prepare(source: Path, target: Path, dpi: float, wanted: int) -> tuple[tuple[int, int], float]:
    """Write the page in grey, no finer than `wanted` dpi: finer costs time and wins no letter on normal type."""
    shade = image.grey(image.read_pnm(source))
    height, width = shade.shape
    if dpi > 1.15 * wanted:
        factor = wanted / dpi
        reduced = cv2.resize(shade, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        shade, dpi = np.asarray(reduced, np.uint8), float(wanted)
    image.write_pnm(target, shade)
    return (width, height), dpi
