"""Before a page is packaged: do its words lie on ink, on the master copy and, the whole way back, on the scan?"""

from __future__ import annotations

import cv2

from ingest import image
from metadata.alto import from_alto
from metadata.finding import Finding, finding
from metadata.geometry import Chain
from metadata.record import from_plain
from ocr.ink_check import InkCheck, check
from workflows.step import Made, Step
from workflows.straightening import upright
from workflows.task import PageTask


def check_step(task: PageTask) -> Step:
    """Look at the text as it was written, against the pixels that the master copy is made of."""
    # Not the digest of the ALTO, which tells when it was written.
    inputs = {"text": task.record("read").fingerprint, "pixels": upright(task)[1]}
    return Step("check", "check 1", inputs, lambda place: _check(task))


def _check(task: PageTask) -> Made:
    cv2.setNumThreads(1)
    text = from_alto(task.file("read", "alto").read_bytes())
    seen = {"master": check(image.read_pnm(upright(task)[0]), text)}
    if task.record("straighten").has("upright"):
        whole = from_plain(Chain, task.record("straighten").facts["transform"])
        before = from_plain(Chain, task.record("examine").facts["transform"])
        back = whole.inverse().then(before)
        seen["scan"] = check(image.read_pnm(task.file("examine", "pixels")), text, back)
    findings = tuple(_told(task.subject, where, one) for where, one in seen.items() if not one.passed)
    return Made(findings=findings, facts={where: _facts(one) for where, one in seen.items()})


def _told(subject: str, where: str, seen: InkCheck) -> Finding:
    right, down = seen.drift
    return finding(
        "P084", subject, missed=len(seen.missed), checked=seen.checked, where=where, drift=f"{right:+d}, {down:+d}"
    )


def _facts(seen: InkCheck) -> dict[str, object]:
    return {"checked": seen.checked, "missed": len(seen.missed), "drift": list(seen.drift)}
