"""The text step of a page: read it, put the text into master pixels, write ALTO and plain text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from ingest import deskew, image, quality
from metadata.alto import to_alto
from metadata.event import Event, now
from metadata.finding import Finding, finding
from metadata.ndk import layout
from metadata.problem import Problem
from metadata.record import plain
from metadata.text import PageText
from ocr import confidence, hyphenation, spelling
from ocr.choice import Choice, Why, choice_identity, choose
from ocr.engine import Engine, load_engine
from ocr.lexicon import lexicon, sense
from ocr.preparation import reduced
from ocr.reading_order import in_order
from ocr.regions import without_noise
from ocr.rescale import scaled
from workflows.corrected_pages import LOST, is_corrected
from workflows.step import Made, Status, Step, read_record
from workflows.straightening import upright
from workflows.task import Choosing, PageTask

_UNSURE = 0.5
"""A language that was chosen less surely is told."""


def read_step(task: PageTask) -> Step:
    """Read the page; the identity names the engine, its models and all that prepares its input or chooses for it."""
    engine = load_engine(task.rules.ocr, task.rules.limits)
    chosen = f", {choice_identity()}" if task.choosing is not Choosing.NOTHING else ""
    identity = f"read 3, {engine.identity(task.languages, task.script)}, at {task.rules.ocr_dpi} dpi"
    inputs = {
        "pixels": upright(task)[1],
        "languages": "+".join(task.languages),
        "script": task.script,
        "choosing": task.choosing.value,
        "spelling": task.rules.spelling,
        "weak": f"{task.rules.weak_confidence}",
    }
    if _corrected(task):
        inputs["corrected"] = "yes"
    return Step("read", identity + chosen, inputs, lambda place: _read(task, place, corrected="corrected" in inputs))


def _corrected(task: PageTask) -> bool:
    """Whether somebody gave the page a text, and the step is to know it.

    A page that was read well without is not read again because somebody corrects it.
    """
    before = read_record(task.place / "read")
    if before is not None and before.status is Status.GOOD and "corrected" not in before.inputs:
        return False
    return is_corrected(task.place.parent, task.volume, task.page)


def _read(task: PageTask, place: Path, *, corrected: bool) -> Made:
    cv2.setNumThreads(1)
    before = task.record("examine")
    source, _ = upright(task)
    page = place / "grey.pnm"
    size, dpi = _prepare(source, page, before.facts["dpi"][0], task.rules.ocr_dpi)
    engine = load_engine(task.rules.ocr, task.rules.limits)
    try:
        chosen = _chosen(task, engine, page, dpi)
        raw = engine.read(page, chosen.languages, dpi, chosen.script)
        raw = in_order(without_noise(raw, image.read_pnm(page), lexicon(chosen.languages)))
    finally:
        page.unlink(missing_ok=True)
    width, height = size
    text = hyphenation.join(scaled(raw, width / raw.width, height / raw.height, width, height))
    if task.rules.spelling == "normalised":
        text = spelling.normalised(text)
    score = confidence.confidence(text)
    alto_name = layout.name(task.volume, layout.Use.ALTO, task.page.order)
    text_name = layout.name(task.volume, layout.Use.TXT, task.page.order)
    when = now()
    master = layout.name(task.volume, layout.Use.MASTER, task.page.order)
    (place / alto_name).write_bytes(to_alto(text, image_name=master, when=when, order=task.page.order))
    (place / text_name).write_text(text.plain(), encoding="utf-8")
    said = {"words": score.words, "confidence": score.mean if score.words else -1.0, "weak": score.weak}
    found = _findings(text, task, before.facts, chosen)
    if corrected and any(each.code == "T004" for each in found):
        found, said[LOST] = _findings(text, task, before.facts, chosen, corrected=True), True
    return Made(
        kept={"alto": alto_name, "txt": text_name},
        events=_events(text, when, alto_name, text_name),
        findings=found,
        facts=said | {"choice": plain(chosen)},
    )


def _chosen(task: PageTask, engine: Engine, page: Path, dpi: float) -> Choice:
    """What to read the page in: as told, and where nobody told as the page itself says and the engine can read."""
    told = Choice(task.languages, task.script, 0.0, Why.USUAL)
    if task.choosing is Choosing.NOTHING:
        return told
    seen = choose(page, dpi, task.languages, limits=task.rules.limits)
    if task.choosing is Choosing.SCRIPT:
        seen = replace(seen, languages=task.languages)
    try:
        engine.identity(seen.languages, seen.script)
    except Problem as problem:
        if problem.finding.code != "E002":
            raise
        return told
    return seen


def _findings(
    text: PageText, task: PageTask, facts: dict[str, Any], chosen: Choice, *, corrected: bool = False
) -> tuple[Finding, ...]:
    """What a reader should know; nothing of it stops a page whose text somebody gave (`corrected`)."""
    if facts["blank"]:
        return ()
    found = confidence.findings(
        text,
        facts["ink"],
        task.subject,
        known=sense(text, lexicon(chosen.languages)),
        letters=not corrected and facts["letters"] and task.material.is_printed and _has_lines(task),
        least_ink=quality.BLANK_INK,
        least_mean=task.rules.weak_confidence,
    )
    if chosen.why is Why.SEEN and chosen.confidence < _UNSURE and task.choosing is Choosing.ALL:
        read_in = "+".join(filter(None, (*chosen.languages, chosen.script)))
        found += (finding("T005", task.subject, language=read_in, surety=round(100 * chosen.confidence)),)
    return found


def _has_lines(task: PageTask) -> bool:
    """Whether two estimators agreed on how the lines of letters lie: a colour chart has shapes like letters too."""
    return task.record("straighten").facts["skew"]["decision"] in (deskew.Decision.STRAIGHT, deskew.Decision.TURNED)


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
        shade, dpi = reduced(shade, factor), float(wanted)
    image.write_pnm(target, shade)
    return (width, height), dpi
