"""How well pages are read on our path, beside plain Tesseract on the same pages in the same run.

Run as ``.venv/bin/python -m bench.quality [--scans FOLDER] [--quick] [--out docs]``; bench/README.md says what the
numbers mean. A folder of scans has a manifest.csv (file, language, script, tesseract_lang) and beside each scan
`<page>.gt.txt`; scans without that text are left out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench import reading_plots
from bench.detection import Detected, detection
from bench.measure import adopt_orphans
from bench.read_pages import Reading, Sheet, ours, plain_tesseract, sheets, skew_errors, spread
from bench.reading_errors import Errors, Judged, calibration_error, errors, judged, reliability
from metadata.event import now
from ocr.tesseract import TESSERACT

ROOT = Path(__file__).resolve().parent.parent
ANGLES = (-11.3, -2.9, 0.8, 6.7)
"""Degrees by which pages are turned to see how exactly that is measured; two of them for each page, in turn."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A reading held against the truth."""

    errors: Errors
    words: tuple[Judged, ...]
    cpu: float
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """One page, read by us and by plain Tesseract; `skew`: see skew_errors."""

    sheet: Sheet
    ours: Scored
    plain: Scored
    skew: tuple[float | None, ...] = ()


def score(sheet: Sheet, reading: Reading) -> Scored:
    """The reading held against the page's truth."""
    return Scored(errors(sheet.truth, reading.text), judged(sheet.truth, reading.words), reading.cpu, reading.trouble)


# --- Telling ----------------------------------------------------------------------------------------------------------


def groups(pages: Sequence[Compared]) -> dict[str, list[Compared]]:
    """The pages by kind of script, by first language, and all of them."""
    found: dict[str, list[Compared]] = {}
    for page in sorted(pages, key=lambda page: page.sheet.kind):
        found.setdefault(page.sheet.kind, []).append(page)
    for page in sorted(pages, key=lambda page: page.sheet.languages[0]):
        found.setdefault(page.sheet.languages[0], []).append(page)
    return found | {"all": list(pages)}


def markdown(pages: Sequence[Compared], note: str, found: Detected | None = None) -> str:
    """The result for people; `note` says with what it was measured, `found` which seeded faults were noticed."""
    changed = _change(_cer([page.plain for page in pages]), _cer([page.ours for page in pages]))
    ratio = sum(page.ours.cpu for page in pages) / sum(page.plain.cpu for page in pages)
    parts = [
        "# How well pages are read",
        f"{len(pages)} pages with ground truth, on kdr's path and by plain `tesseract --psm 3` with the right models: "
        f"mean character error **{changed}**, CPU **{ratio:.2f} ×**. bench/README.md says what the columns mean.",
        note,
        "![Character error by group](picture/reading-errors.svg)",
        _group_table(pages),
        "![Word confidence and what came true](picture/reliability.svg)",
        _reliability_table(pages),
        _skew_line(pages),
        found.markdown() if found else "",
        "## Page by page",
        _page_table(pages),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _group_table(pages: Sequence[Compared]) -> str:
    head = "| group | pages | CER plain | CER ours | change | WER plain | WER ours | bag plain | bag ours "
    head += "| ECE plain | ECE ours | CPU plain, s a page | CPU ours |\n|---|" + "---:|" * 12
    return "\n".join([head, *(_group_row(name, members) for name, members in groups(pages).items())])


def _group_row(name: str, pages: Sequence[Compared]) -> str:
    plain, own = [page.plain for page in pages], [page.ours for page in pages]
    cells: list[object] = [name, len(pages)]
    for of, form in ((_cer, "{:.4f}"), (_wer, "{:.3f}"), (_bag, "{:.3f}"), (_ece, "{:.3f}"), (_cpu, "{:.2f}")):
        before, after = of(plain), of(own)
        cells += [form.format(before), form.format(after)]
        cells += [_change(before, after)] if of is _cer else []
    return "| " + " | ".join(map(str, cells)) + " |"


def _cer(read: Sequence[Scored]) -> float:
    return statistics.fmean(each.errors.cer for each in read)


def _wer(read: Sequence[Scored]) -> float:
    return statistics.fmean(each.errors.wer for each in read)


def _bag(read: Sequence[Scored]) -> float:
    return statistics.fmean(each.errors.bag for each in read)


def _ece(read: Sequence[Scored]) -> float:
    return calibration_error(_words(read))


def _cpu(read: Sequence[Scored]) -> float:
    return statistics.fmean(each.cpu for each in read)


def _change(before: float, after: float) -> str:
    return f"{100 * (after - before) / before:+.1f} %" if before else "–"


def _reliability_table(pages: Sequence[Compared]) -> str:
    head = "| confidence | words, ours | mean | right | words, plain | mean | right |\n|---|" + "---:|" * 6
    both = (reliability(_words(page.ours for page in pages)), reliability(_words(page.plain for page in pages)))
    rows = []
    for at, (own, other) in enumerate(zip(*both, strict=True)):
        cells = [f"{each.count} | {each.confidence:.3f} | {each.right:.3f}" for each in (own, other)]
        rows.append(f"| {at / len(both[0]):.1f} – {(at + 1) / len(both[0]):.1f} | {' | '.join(cells)} |")
    return "\n".join([head, *rows])


def _words(read: Iterable[Scored]) -> list[Judged]:
    return [word for each in read for word in each.words]


def _skew_line(pages: Sequence[Compared]) -> str:
    tried = [error for page in pages for error in page.skew]
    if not tried:
        return ""
    off = sorted(abs(error) for error in tried if error is not None)
    if not off:
        return f"Skew: of {len(tried)} turned pages none was measured."
    high = off[min(len(off) - 1, round(0.95 * len(off)))]
    return (
        f"Skew: {len(tried)} times a page was turned by a known angle; {len(tried) - len(off)} times it was left as "
        f"it is. Error of the others: median {statistics.median(off):.3f}°, 95th percentile {high:.3f}°, "
        f"worst {off[-1]:.3f}°."
    )


def _page_table(pages: Sequence[Compared]) -> str:
    head = "| page | CER plain | CER ours | WER plain | WER ours | bag plain | bag ours | CPU plain | CPU ours | |\n"
    return "\n".join([head + "|---|" + "---:|" * 8 + "---|", *map(_page_row, pages)])


def _page_row(page: Compared) -> str:
    one, two = page.plain.errors, page.ours.errors
    figures = f"{one.cer:.4f} | {two.cer:.4f} | {one.wer:.3f} | {two.wer:.3f} | {one.bag:.3f} | {two.bag:.3f}"
    return f"| {page.sheet.name} | {figures} | {page.plain.cpu:.2f} | {page.ours.cpu:.2f} | {page.ours.trouble} |"


# --- The command ------------------------------------------------------------------------------------------------------


def compare(sheet: Sheet, number: int, wishes: argparse.Namespace) -> Compared:
    """Read one page both ways; unless it must be quick, measure the skew of turned copies too."""
    with tempfile.TemporaryDirectory(prefix="kdr-quality-") as folder:
        place = Path(folder)
        plain = plain_tesseract(sheet, place, wishes.cache, anew=wishes.anew)
        own = ours(sheet, place, wishes.engine, wishes.dpi)
        page = Compared(sheet, score(sheet, own), score(sheet, plain))
        angles = (ANGLES[number % len(ANGLES)], ANGLES[(number + 1) % len(ANGLES)])
        return page if wishes.quick else replace(page, skew=skew_errors(place, angles))


def publish(pages: Sequence[Compared], note: str, out: Path, found: Detected | None = None) -> None:
    """Write quality.md and its pictures below `out`."""
    (out / "picture").mkdir(parents=True, exist_ok=True)
    bars = [(name, _cer([p.plain for p in of]), _cer([p.ours for p in of])) for name, of in groups(pages).items()]
    both = {
        "kdr": reliability(_words(page.ours for page in pages)),
        "Tesseract": reliability(_words(page.plain for page in pages)),
    }
    (out / "picture/reading-errors.svg").write_text(reading_plots.error_bars(bars), encoding="utf-8")
    (out / "picture/reliability.svg").write_text(reading_plots.reliability_diagram(both), encoding="utf-8")
    if found:
        (out / "picture/detection.svg").write_text(reading_plots.rate_bars(found.shares), encoding="utf-8")
    (out / "quality.md").write_text(markdown(pages, note, found), encoding="utf-8")


def _wishes(arguments: Sequence[str] | None) -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "kdr-bench"
    ask = argparse.ArgumentParser(prog="bench.quality", description="How well pages are read, beside plain Tesseract.")
    ask.add_argument("--scans", type=Path, default=ROOT.parent / "shared/scans", help="folder with manifest.csv")
    ask.add_argument("--engine", default="careful", help="name of an engine, or module:attribute")
    ask.add_argument("--pages", type=int, default=0, help="so many pages, spread over all sets")
    ask.add_argument("--only", default="", help="pages whose file name holds this")
    ask.add_argument("--dpi", type=int, default=300, help="resolution of files that say less than a scan has")
    ask.add_argument("--quick", action="store_true", help="no turned copies")
    ask.add_argument("--anew", action="store_true", help="let plain Tesseract read again what it has read before")
    ask.add_argument("--cache", type=Path, default=cache, help="where plain Tesseract's results are kept")
    ask.add_argument("--faults", type=int, default=0, help="seed faults in all scans, and in so many books, too")
    ask.add_argument("--out", type=Path, help="write quality.md and its pictures here, e.g. docs")
    return ask.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, compare, print the table; 1 when a page could not be read at all."""
    wishes = _wishes(arguments)
    adopt_orphans()
    chosen = spread([sheet for sheet in sheets(wishes.scans) if wishes.only in sheet.name], wishes.pages)
    if not chosen:
        sys.exit(f"{wishes.scans}: no page with ground truth")
    pages = []
    for number, sheet in enumerate(chosen):
        pages.append(compare(sheet, number, wishes))
        print(_page_row(pages[-1]), flush=True)
    fresh = "read in the same run" if wishes.anew else "as kept from the first run on these files"
    note = f"{now()[:10]}, Tesseract {TESSERACT.version()}, engine `{wishes.engine}`; plain Tesseract {fresh}."
    print("", _group_table(pages), "", _reliability_table(pages), _skew_line(pages), note, sep="\n")
    found = detection(wishes.scans, wishes.faults, print) if wishes.faults else None
    if wishes.out:
        publish(pages, note, wishes.out, found)
    return int(any(page.ours.trouble for page in pages))


if __name__ == "__main__":
    sys.exit(main())
