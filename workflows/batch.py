"""A batch: a plan frozen when it starts, and how its volumes stand."""

from __future__ import annotations

import fcntl
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import IO

from ingest.delivery import PlannedVolume, volumes
from ingest.describing import Catalogues
from ingest.inbox import Claim, read_claim
from ingest.material import Material, Thresholds, usual
from ingest.quality import Declared
from ingest.source.query import RecordSource, load_source
from metadata.description import Description
from metadata.event import now
from metadata.file import place_bytes
from metadata.finding import Finding, finding
from metadata.language import languages
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import from_json, to_pretty_json
from metadata.tool import Limits
from ocr.engine import Engine, load_engine
from workflows.settings import Home
from workflows.task import Choosing, PageTask, Rules, volume_folder

PLAN = "batch.json"
OUTCOME = "outcome.json"
_TRIES = 10
_UNANSWERED = frozenset({"C001", "C002", "C003", "C004", "C005", "C006"})


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator said on the command line: languages ("ces+deu" or empty) and resolution (0: nothing)."""

    language: str = ""
    dpi: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """The plan: which volumes, made how. Frozen in batch.json; a later run with other options makes a new plan.

    `chooses` says whether language and script are chosen page by page where nobody told.
    """

    id: str
    delivery: str
    claimed: str
    planned: str
    settings: str
    options: Options
    rules: Rules
    languages: tuple[str, ...]
    volumes: tuple[PlannedVolume, ...]
    findings: tuple[Finding, ...]
    chooses: bool = False
    thresholds: dict[Material, Thresholds] = field(default_factory=lambda: {each: usual(each) for each in Material})

    @property
    def pages(self) -> int:
        """How many pages the delivery has."""
        return sum(len(planned.volume.pages) for planned in self.volumes)


class State(StrEnum):
    """How a volume stands.

    WAITING needs a person, UNNUMBERED a URN:NBN, FAILED needs `resume`, STORED is in the repository.
    """

    WORKING = "working"
    WAITING = "waiting"
    UNNUMBERED = "unnumbered"
    FAILED = "failed"
    STORED = "stored"


@dataclass(frozen=True, slots=True)
class VolumeEnd:
    """How a volume ended: its state, version and copies in the repository, findings (those of its pages included).

    `corrections` is the digest of the corrections it was packaged with; empty when there were none.
    """

    volume: VolumeId
    folder: str
    state: State
    version: str
    copies: tuple[str, ...]
    findings: tuple[Finding, ...]
    ended: str
    corrections: str = ""


def batch_folder(home: Home, batch: str) -> Path:
    """The folder of the batch with that identifier.

    Raises:
        Problem: D015, there is none.
    """
    folder = home.batches / batch
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", batch) or not (folder / "claim.json").is_file():
        raise Problem("D015", batch)
    return folder


def plan(home: Home, folder: Path, options: Options | None) -> Batch:
    """The batch's plan: the one that was frozen, or a new one when there is none or the operator says other `options`.

    Args:
        home: settings.
        folder: the batch folder with its claim.
        options: None to go on with what was said before.
    """
    frozen = read_plan(folder)
    same = frozen and (options is None or (options == frozen.options and home.digest == frozen.settings))
    if frozen and same and not _asks_again(frozen):
        return frozen
    claim = read_claim(folder)
    made = _planned(home, folder, claim, options or Options())
    if frozen and replace(made, planned=frozen.planned) == frozen:
        return frozen
    if frozen:
        count = len(list(folder.glob("batch-*.json"))) + 1
        (folder / PLAN).rename(folder / f"batch-{count:04d}.json")
    place_bytes(folder / PLAN, to_pretty_json(made))
    return made


def _asks_again(frozen: Batch) -> bool:
    """Whether a catalogue gave no record when the plan was made: it, or kdr.toml, may have been mended since."""
    return any(found.code in _UNANSWERED for planned in frozen.volumes for found in planned.findings)


def read_plan(folder: Path) -> Batch | None:
    """The frozen plan in a batch folder, or None."""
    try:
        return from_json(Batch, (folder / PLAN).read_bytes())
    except (OSError, ValueError):
        return None


def read_end(folder: Path, volume: VolumeId) -> VolumeEnd | None:
    """How a volume of the batch in `folder` ended, or None while it has not."""
    try:
        return from_json(VolumeEnd, (volume_folder(folder, volume) / OUTCOME).read_bytes())
    except (OSError, ValueError):
        return None


@contextmanager
def working_on(folder: Path) -> Iterator[None]:
    """Hold the batch: two runs at once would do its pages twice. What a killed run left half written is cleared.

    Raises:
        Problem: D014, another run holds it.
    """
    with (folder / "lock").open("a") as lock:
        # Somebody who only asks holds it for an instant.
        if not any(_taken(lock) for _ in range(_TRIES)):
            raise Problem("D014", folder.name)
        for draft in (*folder.glob(".draft-*"), *folder.glob("volumes/*/.draft-*")):
            draft.unlink(missing_ok=True)
        yield


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(0.1)
        return False
    return True


def is_worked_on(folder: Path) -> bool:
    """Whether a run holds the batch right now; changes nothing."""
    try:
        with (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def plans(home: Home) -> tuple[tuple[Path, Batch], ...]:
    """Every batch that has a plan, with its folder; in the order in which they were claimed."""
    found = []
    for folder in (path for path in home.batches.glob("[!.]*") if path.is_dir()):
        batch = read_plan(folder)
        if batch:
            # `claimed` tells seconds only, and two batches may be claimed in one.
            found.append((batch.claimed, (folder / "claim.json").stat().st_mtime_ns, folder, batch))
    return tuple((folder, batch) for *_, folder, batch in sorted(found, key=lambda each: each[:3]))


def tasks(batch: Batch, folder: Path, planned: PlannedVolume) -> Iterator[PageTask]:
    """The pages of a volume as work."""
    description = planned.volume.description
    for page in planned.volume.pages:
        yield PageTask(
            batch=str(folder),
            volume=planned.volume.id,
            folder=planned.volume.folder,
            page=page,
            scan=planned.scans[page.scan],
            claimed=batch.claimed,
            scanner=description.scanner,
            operator=description.operator,
            declared=Declared(planned.declared_dpi, batch.options.dpi),
            languages=description.languages or batch.languages,
            script=description.script,
            material=planned.material,
            thresholds=batch.thresholds[planned.material],
            rules=batch.rules,
            choosing=_choosing(batch, description),
        )


def _choosing(batch: Batch, about: Description) -> Choosing:
    if not batch.chooses or about.script:
        return Choosing.NOTHING
    return Choosing.SCRIPT if about.languages or batch.options.language else Choosing.ALL


def _planned(home: Home, folder: Path, claim: Claim, options: Options) -> Batch:
    rules = home.settings.page
    known = home.settings.source
    asking = Catalogues(tuple(known), partial(_source, home), home.settings.organisation, folder)
    found, loose = volumes(
        folder / "delivery", claim.files, claim.findings, home.settings.organisation, asking, splitting=rules.split
    )
    if not any(planned.volume.pages for planned in found) and not any(p.findings for p in found):
        raise Problem("D001", Path(claim.source).name)
    limits = Limits(home.settings.limits.seconds, home.settings.limits.memory_mb << 20)
    default = languages(options.language) if options.language else rules.languages
    engine = load_engine(rules.ocr, limits)
    return Batch(
        id=claim.batch,
        delivery=claim.source,
        claimed=claim.claimed,
        planned=now(),
        settings=home.digest,
        options=options,
        rules=Rules(
            max_megapixels=rules.max_megapixels,
            user_copy_ratio=rules.user_copy_ratio,
            encoder=rules.encoder,
            ocr=rules.ocr,
            ocr_dpi=rules.ocr_dpi,
            weak_confidence=rules.weak_confidence,
            limits=limits,
            crop=rules.crop,
            dewarp=rules.dewarp,
            spelling=rules.spelling,
        ),
        thresholds={material: home.settings.thresholds(material) for material in Material},
        chooses=rules.chooses_language,
        languages=default,
        volumes=tuple(_readable(planned, engine, default) for planned in _single(found)),
        findings=loose,
    )


def _source(home: Home, name: str) -> RecordSource:
    known = home.settings.source
    if name not in known:
        raise Problem("C006", name or "–", known=", ".join(sorted(known)) or "-")
    return load_source(name, home.placed(known[name]))


def _single(found: tuple[PlannedVolume, ...]) -> tuple[PlannedVolume, ...]:
    """Mark volumes that are one and the same: only the first is worked on."""
    first: dict[VolumeId, str] = {}
    result = []
    for number, planned in enumerate(found):
        other = first.setdefault(planned.volume.id, planned.volume.folder)
        if other == planned.volume.folder:
            result.append(planned)
            continue
        twin = finding("V009", planned.volume.folder, other=other)
        own = replace(planned.volume, id=VolumeId(f"{planned.volume.id}-twin-{number}"))
        result.append(replace(planned, volume=own, findings=(*planned.findings, twin)))
    return tuple(result)


def _readable(planned: PlannedVolume, engine: Engine, default: tuple[str, ...]) -> PlannedVolume:
    """Mark a volume in a language that the engine does not have: it waits, the others go on."""
    about = planned.volume.description
    try:
        engine.identity(about.languages or default, about.script)
    except Problem as problem:
        if problem.finding.code != "E002":
            raise
        return replace(planned, findings=(*planned.findings, problem.finding))
    return planned
