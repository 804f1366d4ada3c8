"""Pages with ground truth, as kdr's path reads them and as plain Tesseract does; what each costs in CPU."""

from __future__ import annotations

import csv
import json
import resource
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.measure import measured
from ingest import deskew, image
from ingest.material import Material, usual
from ingest.quality import Declared
from metadata.alto import from_alto
from metadata.event import Agent, now
from metadata.file import describe, read_through
from metadata.language import languages
from metadata.model import Page, new_page_id, new_volume_id
from metadata.text import Line, PageText
from metadata.tool import Limits
from ocr.hocr import from_hocr
from ocr.tesseract import TESSERACT, installed, models_for
from workflows.page import CHAIN, run_step
from workflows.settings import PageRules
from workflows.step import Outcome, read_record
from workflows.task import PageTask, Rules


@dataclass(frozen=True, slots=True)
class Sheet:
    """A scan with its ground truth; `script` as kdr is told ("Fraktur" or empty), `kind` as the manifest groups it."""

    name: str
    path: Path
    truth: str
    languages: tuple[str, ...]
    script: str
    kind: str
    models: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: text, words as printed with their confidence, CPU seconds; `trouble` when there is no text."""

    text: str
    words: tuple[tuple[str, float], ...]
    cpu: float
    trouble: str = ""


# --- Pages ------------------------------------------------------------------------------------------------------------


def sheets(folder: Path) -> tuple[Sheet, ...]:
    """The pages of `folder` that have a ground truth, in the order of its manifest.csv."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as rows:
        return tuple(_sheet(row, folder) for row in csv.DictReader(rows) if _truth(row, folder).is_file())


def _sheet(row: Mapping[str, str], folder: Path) -> Sheet:
    script = "Fraktur" if row["script"].startswith("Fraktur") else ""
    codes = languages(row["language"].split(" ")[0])
    models = row.get("tesseract_lang") or "+".join(models_for(codes, script, installed().names))
    text = _truth(row, folder).read_text(encoding="utf-8")
    return Sheet(row["file"], folder / row["file"], text, codes, script, row["script"].split(" (")[0], models)


def _truth(row: Mapping[str, str], folder: Path) -> Path:
    return (folder / row["file"]).with_suffix(".gt.txt")


def spread(pages: Sequence[Sheet], count: int) -> tuple[Sheet, ...]:
    """`count` of the pages, evenly from first to last so that all sets have their share; all when `count` is 0."""
    if not 0 < count < len(pages):
        return tuple(pages)
    return tuple(pages[at * len(pages) // count] for at in range(count))


# --- Reading ----------------------------------------------------------------------------------------------------------


def ours(sheet: Sheet, place: Path, engine: str, dpi: int) -> Reading:
    """The page as kdr's path reads it: the steps up to `read`, with the settings' defaults; works below `place`.

    `engine` as in load_engine; `dpi` stands in for files that say less than a scan has (kdr batch run --dpi).
    """
    before, task = spent(), _task(sheet, place, engine, dpi)
    done: dict[str, Outcome] = {}
    for name in steps_to("read"):
        done[name] = run_step(task, name, *(done[other] for other in CHAIN[name][1]))
    cpu, last = spent() - before, done["read"]
    if not last.good:
        return Reading("", (), cpu, " ".join(found.code for found in last.findings if found.stops) or last.step)
    text = from_alto(task.file("read", "alto").read_bytes())
    return Reading(task.file("read", "txt").read_text(encoding="utf-8"), words(text), cpu)


def steps_to(name: str) -> tuple[str, ...]:
    """The steps of a page's chain that end with `name`, each after those it waits for."""
    before = [step for other in CHAIN[name][1] for step in steps_to(other)]
    return tuple(dict.fromkeys([*before, name]))


def words(text: PageText) -> tuple[tuple[str, float], ...]:
    """Every word as it is printed, with the hyphen that breaks it, and its confidence."""
    return tuple(word for line in text.lines() for word in _printed(line))


def _printed(line: Line) -> Iterator[tuple[str, float]]:
    for word in line.words:
        ends = line.hyphen is not None and word is line.words[-1]
        yield word.text + (line.hyphen.text if ends and line.hyphen else ""), word.confidence


def _task(sheet: Sheet, place: Path, engine: str, dpi: int) -> PageTask:
    rules = PageRules()
    delivery = place / "delivery"
    delivery.mkdir(parents=True)
    (delivery / sheet.path.name).symlink_to(sheet.path.resolve())
    scan, volume = describe(delivery / sheet.path.name, delivery), new_volume_id(sheet.name)
    return PageTask(
        batch=str(place),
        volume=volume,
        folder=sheet.path.parent.name,
        page=Page(new_page_id(volume, scan.sha512), 1, sheet.path.name),
        scan=scan,
        claimed=now(),
        scanner="",
        operator="",
        declared=Declared(assumed=dpi),
        languages=sheet.languages,
        script=sheet.script,
        material=Material.BOOK,
        thresholds=usual(Material.BOOK),
        rules=Rules(
            max_megapixels=rules.max_megapixels,
            user_copy_ratio=rules.user_copy_ratio,
            encoder=rules.encoder,
            ocr=engine,
            ocr_dpi=rules.ocr_dpi,
            weak_confidence=rules.weak_confidence,
            limits=Limits(),
            crop=rules.crop,
            dewarp=rules.dewarp,
            spelling=rules.spelling,
        ),
    )


def spent() -> float:
    """CPU seconds of this process and of all its children that have ended."""
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def plain_tesseract(sheet: Sheet, place: Path, cache: Path, *, anew: bool) -> Reading:
    """The scan as `tesseract --psm 3` reads it, in one thread; kept in `cache`.

    What was kept serves again while scan, version and models are the same.
    """
    known = installed()
    models = " ".join(f"{name} {known.digest(name)}" for name in sheet.models.split("+"))
    digest = read_through(sheet.path, md5=False).sha512
    key = f"{digest} {TESSERACT.version()} {models}"
    kept = cache / f"{digest[:24]}-{sheet.models.replace('/', '_')}.json"
    if not anew and (found := _kept(kept, key)):
        return found
    out = place / "plain"
    command = ["tesseract", sheet.path, out, "-l", sheet.models, "--psm", "3", "txt", "hocr"]
    cost = measured(command, place / "log.txt", OMP_THREAD_LIMIT="1")
    page = from_hocr(out.with_suffix(".hocr").read_bytes(), Agent("Tesseract", TESSERACT.version()), dpi=0)
    reading = Reading(out.with_suffix(".txt").read_text(encoding="utf-8"), words(page), cost.cpu)
    cache.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"key": key, **asdict(reading)}, ensure_ascii=False), encoding="utf-8")
    return reading


def _kept(path: Path, key: str) -> Reading | None:
    if not path.is_file():
        return None
    said = json.loads(path.read_text(encoding="utf-8"))
    if said["key"] != key:
        return None
    return Reading(said["text"], tuple((word, sure) for word, sure in said["words"]), said["cpu"])


def skew_errors(place: Path, angles: Sequence[float]) -> tuple[float | None, ...]:
    """How far off the measured skew is when the page that `ours` read below `place` is turned by each of `angles`.

    The page's own skew, as measured, is taken off. None where a turned page was left alone; nothing at all for a page
    whose own skew cannot be told.
    """
    folder = next(place.rglob("examine"), place)
    record = read_record(folder)
    if record is None or not record.has("pixels"):
        return ()
    pixels = image.grey(image.read_pnm(folder / record.output("pixels").path))
    dpi = float(record.facts["dpi"][0])
    own = deskew.measure(pixels, dpi)
    if own.profile is None:
        return ()
    turned = (deskew.measure(deskew.turn(pixels, -angle)[0], dpi) for angle in angles)
    found = zip(turned, angles, strict=True)
    return tuple(seen.angle - angle - own.profile if seen.angle else None for seen, angle in found)
