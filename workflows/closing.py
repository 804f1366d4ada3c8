"""The last step of a page: gather what the others left into one record and a thumbnail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ingest import image
from metadata.file import place_bytes
from metadata.geometry import Chain
from metadata.model import ImageFacts, PageRecord, Source
from metadata.record import from_json, from_plain, to_pretty_json
from workflows.examining import THUMBNAIL
from workflows.step import Made, Record, Step
from workflows.straightening import upright
from workflows.task import PageTask

STEPS = ("examine", "straighten", "master", "user", "read", "check")
PAGE = "page.json"


def close_step(task: PageTask) -> Step:
    """Gather the page: its inputs are what the earlier steps were."""
    inputs = {step: task.record(step).fingerprint for step in STEPS}
    return Step("page", "page 1", inputs, lambda place: _close(task, place))


def read_page(place: Path) -> PageRecord:
    """The record of the finished page in the folder `place`.

    Raises:
        OSError, ValueError: there is none.
    """
    return from_json(PageRecord, (place / "page" / PAGE).read_bytes())


def clear_passing(task: PageTask) -> None:
    """Remove the page's working files; what goes into the package stays."""
    for step in STEPS:
        for output in task.record(step).outputs:
            if not output.keep:
                (task.place / step / output.file.path).unlink(missing_ok=True)


def _close(task: PageTask, place: Path) -> Made:
    records = {step: task.record(step) for step in STEPS}
    place_bytes(place / PAGE, to_pretty_json(_gathered(task, records)), durable=False)
    image.write_thumbnail(place / THUMBNAIL, image.read_pnm(upright(task)[0]))
    return Made(kept={"page": PAGE, "thumbnail": THUMBNAIL})


def _gathered(task: PageTask, records: dict[str, Record]) -> PageRecord:
    seen, text = records["examine"], records["read"]
    blank = bool(seen.facts["blank"])
    return PageRecord(
        page=replace(task.page, type="blank") if blank and task.page.source is Source.PROPOSED else task.page,
        scan=task.scan,
        scan_image=from_plain(ImageFacts, seen.facts["image"]),
        master=records["master"].output("master"),
        master_image=from_plain(ImageFacts, records["master"].facts["image"]),
        user=records["user"].output("user"),
        user_image=from_plain(ImageFacts, records["user"].facts["image"]),
        alto=text.output("alto"),
        txt=text.output("txt"),
        transform=from_plain(Chain, records["straighten"].facts["transform"]),
        events=tuple(event for step in STEPS for event in records[step].events),
        words=text.facts["words"],
        confidence=text.facts["confidence"],
        blank=blank,
        findings=tuple(found for step in STEPS for found in records[step].findings),
    )
