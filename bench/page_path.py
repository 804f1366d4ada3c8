"""What a page costs on the whole path, beside its bare kernels, a bare script and OCRmyPDF, in one run.

Run as ``.venv/bin/python -m bench.page_path``; bench/README.md says what the numbers mean.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from PIL import Image

from bench.measure import Cost, adopt_orphans, hashed, measured, total
from ingest import encode, image
from ingest.encode import Use
from metadata.language import languages
from ocr.tesseract import TESSERACT, installed, models_for

ROOT = Path(__file__).resolve().parent.parent
LEAST_DPI = 298
DECLARED = 300
RATIO = 10.0
"""The user copy's compression unless settings say otherwise (workflows.settings.PageRules)."""
_GIT = shutil.which("git") or "git"
_PACKAGES = ("dask", "distributed", "pillow", "opencv-python-headless", "pyvips-binary", "jpylyzer", "bagit")
WHOLE = {"whole, 1 worker": ("--workers", "1"), "whole, 2 workers": ("--workers", "2"), "whole, sync": ("--sync",)}
USED = ("recognition", "master", "user", "hashes")
REFERENCE = ("recognition", "master by OpenJPEG", "user by OpenJPEG", "hashes")
SCRIPT, OCRMYPDF = "bare script, 2 processes", "OCRmyPDF, 2 jobs"


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan of the working set: the model Tesseract reads it with comes from `language` and `script`."""

    path: Path
    language: str
    script: str
    dpi: int
    declared: bool

    @property
    def volume(self) -> str:
        """The folder of the delivery it goes to."""
        return f"{self.language}-{self.script.lower() or 'antiqua'}{'-declared' if self.declared else ''}"

    @property
    def model(self) -> str:
        """What the path reads it with."""
        return "+".join(models_for((self.language,), self.script, installed().names))


Sample = dict[str, Cost]
"""One round: what was measured -> what it cost for all pages."""


# --- Arithmetic -------------------------------------------------------------------------------------------------------


def working_set(rows: Iterable[Mapping[str, str]], folder: Path, pages: int) -> list[Scan]:
    """The first `pages` scans of the manifest: those that say 298 dpi or more, then others with 300 dpi declared."""
    every = [_scan(row, folder) for row in rows]
    return sorted(every, key=lambda scan: scan.declared)[:pages]


def _scan(row: Mapping[str, str], folder: Path) -> Scan:
    said = int(row["dpi_metadata"] or 0)
    script = "Fraktur" if row["tesseract_lang"].startswith("Fraktur") else ""
    declared = said < LEAST_DPI
    (language,) = languages(row["language"][:3])
    return Scan(folder / row["file"], language, script, DECLARED if declared else said, declared)


def medians(samples: Sequence[Sample]) -> Sample:
    """The median of each number over the rounds; the greatest of the memory peaks."""
    middle = {}
    for name in samples[0]:
        costs = [sample[name] for sample in samples]
        cpu = statistics.median(cost.cpu for cost in costs)
        middle[name] = Cost(cpu, statistics.median(cost.wall for cost in costs), total(costs).peak_mb)
    return middle


def ratios(samples: Sequence[Sample]) -> dict[str, float]:
    """Every ratio the measured parts allow, as the median of the rounds' own ratios."""
    found: dict[str, list[float]] = {}
    for sample in samples:
        for name, value in _ratios(sample):
            found.setdefault(name, []).append(value)
    return {name: round(statistics.median(values), 3) for name, values in found.items()}


def _ratios(costs: Sample) -> Iterable[tuple[str, float]]:
    used = sum(costs[name].cpu for name in USED if name in costs)
    reference = sum(costs[name].cpu for name in REFERENCE if name in costs)
    one, two = costs.get("whole, 1 worker"), costs.get("whole, 2 workers")
    for name in (*WHOLE, SCRIPT):
        if name in costs and used:
            yield f"CPU: {name} / kernels as the path uses them", costs[name].cpu / used
            yield f"CPU: {name} / reference kernels", costs[name].cpu / reference
    for name in sorted({*USED, *REFERENCE}):
        if name in costs:
            yield f"CPU: {name} / reference kernels", costs[name].cpu / reference
    if one and two:
        yield "speed-up: wall of 1 worker / wall of 2 workers", one.wall / two.wall
    for name in (SCRIPT, OCRMYPDF):
        if two and name in costs:
            yield f"CPU: {name} / whole, 2 workers", costs[name].cpu / two.cpu
            yield f"wall: {name} / whole, 2 workers", costs[name].wall / two.wall


# --- What is measured -------------------------------------------------------------------------------------------------


class Bench:
    """The working set and, below `place`, everything that must be there before the clock runs."""

    def __init__(self, scans: list[Scan], place: Path, wishes: argparse.Namespace) -> None:
        self.scans, self.place, self.wishes = scans, place, wishes
        self.log = place / "log.txt"
        self.round = place / "round"

    def prepare(self) -> None:
        """Lay out the delivery, the kernels' PNM inputs and OCRmyPDF's PDF; none of it is counted."""
        deliver(self.scans, self.place / "delivery")
        (self.place / "pnm").mkdir()
        for number, scan in enumerate(self.scans):
            pixels = image.decode(scan.path, 0, image.look(scan.path)).pixels
            image.write_pnm(self.place / f"pnm/{number}.colour.pnm", pixels)
            image.write_pnm(self.place / f"pnm/{number}.grey.pgm", image.grey(pixels))
        if self.wishes.ocrmypdf:
            pages = [_page_for_pdf(scan, self.place / "pnm") for scan in self.scans]
            beside = Path(self.wishes.ocrmypdf).with_name("img2pdf")
            measured([beside, "--rotation=ifvalid", *pages, "-o", self.place / "pages.pdf"], self.log)

    def variants(self) -> dict[str, Callable[[], Sample]]:
        """What can be measured, in the order of a round."""
        found: dict[str, Callable[[], Sample]] = {name: partial(self.whole, name) for name in WHOLE}
        found |= {"kernels": self.kernels, SCRIPT: self.bare_script}
        return found | ({OCRMYPDF: self.ocrmypdf} if self.wishes.ocrmypdf else {})

    def whole(self, name: str) -> Sample:
        """The delivery through `kdr batch run` into a new repository; every page must be stored."""
        home, kdr = self.round / "home", shlex.split(self.wishes.kdr)
        measured([*kdr, "init", home, "--schemas", self.wishes.shared / "schemas"], self.log)
        cost = measured([*kdr, "batch", "run", self.place / "delivery", *WHOLE[name]], self.log, KDR_HOME=str(home))
        stored = len({path.name for path in home.rglob("v0001/data/*/mastercopy/*.jp2")})
        if stored != len(self.scans):
            sys.exit(f"{stored} of {len(self.scans)} pages were stored; see the log\n{self.log.read_text()[-3000:]}")
        return {name: cost}

    def kernels(self) -> Sample:
        """Each kernel as a command line of its own, page after page."""
        out = self.round
        costs: dict[str, list[Cost]] = {name: [] for name in dict.fromkeys((*USED, *REFERENCE))}
        for number, scan in enumerate(self.scans):
            colour, grey = (str(self.place / f"pnm/{number}.{kind}") for kind in ("colour.pnm", "grey.pgm"))
            text = ["tesseract", grey, out / "text", "-l", scan.model, "--dpi", scan.dpi, "hocr"]
            costs["recognition"].append(measured(text, self.log, OMP_THREAD_LIMIT="1"))
            for use in Use:
                self._encode(use, colour, costs)
            costs["hashes"].append(hashed(scan.path, out / "master.jp2", out / "user.jp2"))
        return {name: total(parts) for name, parts in costs.items()}

    def _encode(self, use: Use, source: str, costs: dict[str, list[Cost]]) -> None:
        chosen, reference = encode.encoder_for(), encode.OpenJpeg()
        cost = measured(encode_command(chosen, use, source, str(self.round / f"{use}.jp2")), self.log)
        costs[use].append(cost)
        if chosen != reference:
            cost = measured(encode_command(reference, use, source, str(self.round / "reference.jp2")), self.log)
        costs[f"{use} by OpenJPEG"].append(cost)

    def bare_script(self) -> Sample:
        """bench/bare_script.py with the commands that the path uses."""
        job = {
            "processes": 2,
            "pages": [
                {"scan": str(s.path), "model": s.model, "dpi": s.dpi, "folder": str(self.round / f"{number}")}
                for number, s in enumerate(self.scans)
            ],
            **{use.value: encode_command(encode.encoder_for(), use, "IN", "OUT") for use in Use},
        }
        (self.round / "job.json").write_text(json.dumps(job), encoding="utf-8")
        command = [sys.executable, ROOT / "bench/bare_script.py", self.round / "job.json"]
        return {SCRIPT: measured(command, self.log)}

    def ocrmypdf(self) -> Sample:
        """All pages as one PDF: one start, and always a page for each job."""
        options = ("--deskew", "-l", "ces", "--jobs", "2", "--output-type", "pdfa")
        command = [self.wishes.ocrmypdf, *options, self.place / "pages.pdf", self.round / "out.pdf"]
        return {OCRMYPDF: measured(command, self.log)}


def deliver(scans: Iterable[Scan], folder: Path) -> None:
    """Copy scans into volumes, each with its volume.toml; old enough that the inbox need not wait."""
    for scan in scans:
        volume = folder / scan.volume
        volume.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(scan.path, volume / scan.path.name)
        said = {"title": scan.volume, "language": scan.language, "script": scan.script}
        lines = [f"{key} = {json.dumps(value)}" for key, value in said.items() if value]
        lines += [f"resolution = {DECLARED}"] * scan.declared
        (volume / "volume.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for path in (volume / scan.path.name, volume / "volume.toml"):
            os.utime(path, (0, 0))


def encode_command(encoder: encode.Encoder, use: Use, source: str, target: str) -> list[str]:
    """The command line by which the path makes this copy, without its limits on memory and time."""
    program, threads = ("grk_compress", "-H") if encoder.agent.name == "Grok" else ("opj_compress", "-threads")
    return [program, "-i", source, "-o", target, *encoder.arguments(use, RATIO), threads, "1"]


def _page_for_pdf(scan: Scan, place: Path) -> Path:
    """The scan as it is, or with its resolution written in and without transparency, as img2pdf wants it."""
    with Image.open(scan.path) as page:
        if not scan.declared and page.mode != "RGBA":
            return scan.path
        target = place / scan.path.name
        if page.format == "JPEG":
            page.save(target, quality="keep", dpi=(scan.dpi, scan.dpi))
        else:
            page.convert("RGB" if page.mode == "RGBA" else page.mode).save(target, dpi=(scan.dpi, scan.dpi))
        return target


# --- Telling ----------------------------------------------------------------------------------------------------------


def result(samples: Sequence[Sample], scans: Sequence[Scan], ocrmypdf: str) -> dict[str, Any]:
    """Everything that is kept: what was measured, on what, with what, and every round."""
    pages, middle = len(scans), medians(samples)
    return {
        "date": time.strftime("%Y-%m-%d"),
        "commit": _commit(),
        "machine": _machine(),
        "versions": _versions(ocrmypdf),
        "pages": [f"{scan.path.parent.name}/{scan.path.name} {scan.model} {scan.dpi} dpi" for scan in scans],
        "rounds": len(samples),
        "ratios": ratios(samples),
        "a page": {name: _a_page(cost, pages) for name, cost in middle.items()},
        "samples": [{name: asdict(cost) for name, cost in sample.items()} for sample in samples],
    }


def _a_page(cost: Cost, pages: int) -> dict[str, Any]:
    return {
        "cpu_s": round(cost.cpu / pages, 3),
        "wall_s": round(cost.wall / pages, 3),
        "pages_per_minute": round(60 * pages / cost.wall, 1),
        "peak_mb": dict(cost.peak_mb),
    }


def markdown(told: Mapping[str, Any]) -> str:
    """The result as a page for people: parts, ratios, and what it was measured with."""
    machine = ", ".join(f"{key} {value}" for key, value in told["machine"].items())
    versions = ", ".join(f"{key} {value}" for key, value in told["versions"].items())
    rounds = f"median of {told['rounds']} rounds in turn"
    head = f"{len(told['pages'])} pages, {rounds}, {told['date']}, commit {told['commit']}."
    lines = ["# The page path", "", head, "", "| part | CPU s a page | wall s a page | pages/min | peak MB |"]
    lines += ["|---|---:|---:|---:|---|"]
    for name, one in told["a page"].items():
        peaks = ", ".join(f"{kind} {mb:.0f}" for kind, mb in one["peak_mb"].items()) or "–"
        speed = one["pages_per_minute"] if name in (*WHOLE, SCRIPT, OCRMYPDF) else "–"
        lines.append(f"| {name} | {one['cpu_s']:.3f} | {one['wall_s']:.3f} | {speed} | {peaks} |")
    lines += ["", "| ratio | |", "|---|---:|", *(f"| {name} | {value:.2f} |" for name, value in told["ratios"].items())]
    lines += ["", f"Machine: {machine}.", "", f"Versions: {versions}.", "", "Pages:", ""]
    return "\n".join([*lines, *(f"- {page}" for page in told["pages"]), ""])


def _commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run([_GIT, *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + (" with changes" if git("status", "--porcelain", "-uno") else "")


def _machine() -> dict[str, Any]:
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return {
        "CPU": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "load at the end": round(os.getloadavg()[1], 1),
    }


def _versions(ocrmypdf: str) -> dict[str, str]:
    found = {"Python": platform.python_version(), "Tesseract": TESSERACT.version()}
    found |= {encoder.agent.name: encoder.agent.version for encoder in (encode.OpenJpeg(), encode.Grok())}
    found |= {name: version(name) for name in _PACKAGES}
    if ocrmypdf:
        said = subprocess.run([ocrmypdf, "--version"], capture_output=True, text=True, check=True)
        found["OCRmyPDF"] = said.stdout.strip()
    return found


def _wishes() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.page_path", description=__doc__)
    parser.add_argument("--pages", type=int, default=20, help="how many pages of the text sets (20)")
    parser.add_argument("--repeat", type=int, default=3, help="rounds; medians are told (3)")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder of scans/ and schemas/")
    parser.add_argument("--kdr", default=str(ROOT / ".venv/bin/kdr"), help="the command to measure")
    parser.add_argument("--ocrmypdf", default=shutil.which("ocrmypdf") or "", help="its program; empty: leave it out")
    parser.add_argument("--only", nargs="+", default=[""], help="beginnings of the names of parts to measure")
    parser.add_argument("--name", default="page-path", help="name of the result files, after the date")
    parser.add_argument("--results", type=Path, default=ROOT / "bench/results", help="folder of the result files")
    return parser.parse_args()


def _rounds(bench: Bench, repeat: int, only: Sequence[str]) -> Iterator[Sample]:
    chosen = {name: work for name, work in bench.variants().items() if name.startswith(tuple(only))}
    for number in range(repeat):
        sample: Sample = {}
        for name, work in chosen.items():
            bench.round.mkdir()
            costs = work()
            shutil.rmtree(bench.round)
            spent = total(costs.values())
            print(f"{number + 1}/{repeat} {name}: {spent.cpu:.1f} CPU s, {spent.wall:.1f} s", file=sys.stderr)
            sample |= costs
        yield sample


def main() -> None:
    """Measure, print the table, write the result files."""
    wishes = _wishes()
    adopt_orphans()
    with (wishes.shared / "scans/manifest.csv").open(encoding="utf-8", newline="") as rows:
        scans = working_set(csv.DictReader(rows), wishes.shared / "scans", wishes.pages)
    missing = [program for program in (wishes.ocrmypdf or "ocrmypdf", "gs") if not shutil.which(program)]
    if missing:
        wishes.ocrmypdf = ""
        print(f"OCRmyPDF is left out: no {missing[0]} (bench/README.md says how to install it)", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="kdr-bench-") as place:
        bench = Bench(scans, Path(place), wishes)
        bench.prepare()
        told = result(list(_rounds(bench, wishes.repeat, wishes.only)), scans, wishes.ocrmypdf)
    wishes.results.mkdir(parents=True, exist_ok=True)
    target = wishes.results / f"{told['date']}-{wishes.name}"
    target.with_suffix(".json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    target.with_suffix(".md").write_text(markdown(told), encoding="utf-8")
    print(markdown(told))


if __name__ == "__main__":
    main()
