"""OCR engines side by side on the same pages: what each gets wrong, what it costs, what a second one would add.

Run as ``.venv/bin/python -m bench.engines [--scans FOLDER] [--only PART ...] [ENGINE ...]``; an engine that is not
installed by name is given as `module:attribute`. Each is given the same grey picture of the scan at its own resolution,
without the steps of kdr's path before it, so the figures are those of the engines alone. "with" is the first
engine's reading joined with that of another by ocr.second_opinion, with the trust of ocr.calibration: the figure that
says whether a second engine is worth its time. A folder of scans is as bench.quality wants it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from bench.quality import ROOT
from bench.read_pages import Sheet, sheets, spent
from bench.reading_errors import Errors, errors
from metadata.text import PageText
from metadata.tool import ToolFailed
from ocr.calibration import chance
from ocr.engine import Engine, load_engine
from ocr.lexicon import lexicon
from ocr.second_opinion import joined

HARD = ("0019_nzz", "0073_nzz", "JMP002_01", "la-antiqua-hobbes", "cremma", "nubis", "sokol_1906")
"""Where plain Tesseract is weak: two newspapers in Fraktur, a faint typescript, three Latin books; one easy page."""

_LOWEST_DPI = 100
"""Files that say less than this say nothing of a scan (72 and 96 are what programs write)."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one engine, or two joined, read a page; `cpu` seconds, children and start of their programs included."""

    errors: Errors
    cpu: float


def table(rows: Sequence[tuple[str, Sequence[Result | None]]], names: Sequence[str]) -> str:
    """Markdown: a row for each page and their mean; a reading that failed is a dash, and left out of the mean."""
    head = "| page | " + " | ".join(f"{name}: CER | bag | CPU s" for name in names) + " |"
    lines = [head, "|---|" + "---:|" * 3 * len(names)]
    lines += [f"| {page} | {' | '.join(map(_cells, results))} |" for page, results in rows]
    means = [_mean([results[at] for _, results in rows]) for at in range(len(names))]
    return "\n".join([*lines, f"| mean | {' | '.join(map(_cells, means))} |"])


def _cells(result: Result | None) -> str:
    if result is None:
        return "– | – | –"
    return f"{result.errors.cer:.4f} | {result.errors.bag:.3f} | {result.cpu:.2f}"


def _mean(results: Sequence[Result | None]) -> Result | None:
    read = [result for result in results if result is not None]
    if not read:
        return None
    cer, wer, bag = (statistics.fmean(getattr(r.errors, name) for r in read) for name in ("cer", "wer", "bag"))
    return Result(Errors(cer, wer, bag), statistics.fmean(result.cpu for result in read))


def columns(names: Sequence[str]) -> tuple[str, ...]:
    """What the table has: each engine, then the first with each of the others."""
    short = [name.rpartition(":")[2].lower() for name in names]
    return (*short, *(f"{short[0]} with {other}" for other in short[1:]))


def compare(sheet: Sheet, engines: Sequence[Engine]) -> tuple[Result | None, ...]:
    """The page read by each engine, and the first reading joined with each of the others, as in `columns`."""
    with tempfile.TemporaryDirectory(prefix="kdr-engines-") as folder:
        picture = Path(folder, "page.pgm")
        dpi = _as_grey(sheet.path, picture)
        read = [_read(engine, sheet, picture, dpi) for engine in engines]
    single = [None if one is None else _result(sheet, *one) for one in read]
    return (*single, *(_both(sheet, read[0], other) for other in read[1:]))


def _as_grey(scan: Path, out: Path) -> float:
    """Write the scan as PGM; its resolution, 0 when it says none that a scan has."""
    with Image.open(scan) as image:
        image.convert("L").save(out)
        dpi = float(image.info.get("dpi", (0, 0))[0])
    return dpi if dpi >= _LOWEST_DPI else 0.0


def _read(engine: Engine, sheet: Sheet, picture: Path, dpi: float) -> tuple[PageText, float] | None:
    before = spent()
    try:
        return engine.read(picture, sheet.languages, dpi, sheet.script), spent() - before
    except ToolFailed as failed:
        print(f"{sheet.name}: {failed.program}: {failed.why}", file=sys.stderr)
        return None


def _both(sheet: Sheet, one: tuple[PageText, float] | None, two: tuple[PageText, float] | None) -> Result | None:
    if one is None or two is None:
        return None
    trust = partial(chance, known=lexicon(sheet.languages))
    return _result(sheet, joined(one[0], two[0], trust).text, one[1] + two[1])


def _result(sheet: Sheet, text: PageText, cpu: float) -> Result:
    return Result(errors(sheet.truth, text.plain()), cpu)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, compare, print the table; 1 when a page could not be read by one of the engines."""
    ask = argparse.ArgumentParser(prog="bench.engines", description="OCR engines side by side on the same pages.")
    ask.add_argument("engines", nargs="*", default=["tesseract", "ocr.tesserocr_engine:Tesserocr"])
    ask.add_argument("--scans", type=Path, default=ROOT.parent / "shared/scans", help="folder with manifest.csv")
    ask.add_argument("--only", nargs="*", default=HARD, help="pages whose file name holds one of these")
    wishes = ask.parse_args(arguments)
    chosen = [sheet for sheet in sheets(wishes.scans) if any(part in sheet.name for part in wishes.only)]
    if not chosen:
        sys.exit(f"{wishes.scans}: no such page with ground truth")
    engines, rows = [load_engine(name) for name in wishes.engines], []
    for sheet in chosen:
        rows.append((sheet.name, compare(sheet, engines)))
        print(f"{sheet.name} read", file=sys.stderr, flush=True)
    print(table(rows, columns(wishes.engines)))
    return int(any(result is None for _, results in rows for result in results))


if __name__ == "__main__":
    sys.exit(main())
