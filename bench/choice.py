"""How well the languages and script of a page are chosen, and what that costs beside reading the page.

    python -m bench.choice [--scans FOLDER] [--usual ces] [--only PART]

Every page with ground truth in a folder of scans (see bench.quality) is chosen for three times: alone; as if the page
before, in the same volume, had been told rightly; and as if it had been told wrongly (another language and script). It
is read with plain Tesseract as the manifest says and, where something else was chosen, so too. Printed: each page, the
confusion table, CPU beside reading as told, and the mean character errors. Then the pages of `samples/`. `--only` takes
the pages whose folder or name has this part.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from csv import DictReader
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.read_pages import Sheet, sheets
from bench.reading_errors import errors
from ingest import image
from ocr.choice import Choice, Why, choose
from ocr.tesseract import Tesseract

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
SCANS = ROOT.parent / "shared" / "scans"
_WRONG = {"ces": "slk", "slk": "ces", "deu": "ces", "lat": "deu"}
# Below this a file's word on its resolution is that of a camera or an editor.
_LEAST_DPI = 100


@dataclass(frozen=True, slots=True)
class Tried:
    """A page: what is true of it, what was chosen, CPU seconds of choosing and reading, and character errors."""

    sheet: Sheet
    alone: Choice
    after_right: Choice
    after_wrong: Choice
    cpu: tuple[float, float]
    read: float
    told_error: float
    chosen_error: float

    def right(self, choice: Choice) -> bool:
        """Whether `choice` is what the manifest says."""
        return (choice.languages, choice.script) == (self.sheet.languages, self.sheet.script)

    def line(self) -> str:
        """The page's row of the table."""
        said = " ".join(
            f"{_name(choice.languages, choice.script):14}{choice.confidence:5.2f}{' ' if self.right(choice) else '!'}"
            for choice in (self.alone, self.after_right, self.after_wrong)
        )
        shares = " ".join(f"{100 * cpu / self.read:4.0f} %" for cpu in self.cpu)
        cers = f"{self.told_error:.3f} {self.chosen_error:.3f}"
        return f"{self.sheet.name[-36:]:36} {_name(self.sheet.languages, self.sheet.script):12} {said} {shares}  {cers}"


def tried(sheet: Sheet, place: Path, usual: tuple[str, ...]) -> Tried:
    """Choose for the page and read it; its grey pixels are put in `place`."""
    page, dpi = _grey(sheet.path, place)
    script = "" if sheet.script else "Fraktur"
    wrong = Choice((_WRONG.get(sheet.languages[0], "ces"),), script, 0.9, Why.SEEN)
    right = Choice(sheet.languages, sheet.script, 0.9, Why.SEEN)
    alone, first = _timed(lambda: choose(page, dpi, usual))
    after, later = _timed(lambda: choose(page, dpi, usual, before=right))
    text, cpu = _timed(lambda: Tesseract().read(page, sheet.languages, dpi, sheet.script).plain())
    told = chosen = errors(sheet.truth, text).cer
    if (alone.languages, alone.script) != (sheet.languages, sheet.script):
        chosen = errors(sheet.truth, Tesseract().read(page, alone.languages, dpi, alone.script).plain()).cer
    misled = choose(page, dpi, usual, before=wrong)
    return Tried(sheet, alone, after, misled, (first, later), cpu, told, chosen)


def confusion(pairs: Sequence[tuple[str, str]]) -> str:
    """A table of how often what is true (a row) was chosen as what (a column)."""
    counts = Counter(pairs)
    columns = sorted({name for pair in pairs for name in pair})
    head = f"{'':14}" + "".join(f"{name:>14}" for name in columns)
    rows = [
        f"{true:14}" + "".join(f"{counts[true, chosen] or '.':>14}" for chosen in columns)
        for true in sorted({true for true, _ in pairs})
    ]
    return "\n".join([head, *rows])


def told(pages: Sequence[Tried]) -> str:
    """The tables and figures of all pages."""
    pairs = [
        (_name(page.sheet.languages, page.sheet.script), _name(page.alone.languages, page.alone.script))
        for page in pages
    ]
    rights = [
        sum(page.right(getattr(page, name)) for page in pages) for name in ("alone", "after_right", "after_wrong")
    ]
    read = sum(page.read for page in pages)
    shares = [100 * sum(page.cpu[at] for page in pages) / read for at in (0, 1)]
    before, after = (
        statistics.mean(cers) for cers in zip(*((p.told_error, p.chosen_error) for p in pages), strict=True)
    )
    return "\n".join([
        confusion(pairs),
        f"right of {len(pages)}: alone {rights[0]}, after a right page {rights[1]}, after a wrong one {rights[2]}",
        f"CPU beside reading as told: alone {shares[0]:.1f} %, after a page {shares[1]:.1f} %",
        f"mean character error: told {before:.4f}, chosen {after:.4f} ({100 * (after / before - 1):+.1f} %)",
    ])  # fmt: skip


def samples(place: Path, usual: tuple[str, ...], only: str) -> None:
    """Print what is chosen for the pages of samples/, each volume from its first page on."""
    with (ROOT / "samples" / "ground_truth" / "pages.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in DictReader(lines) if only in f"{row['volume']}/{row['file']}"]
    before: tuple[str, Choice | None] = ("", None)
    for row in rows:
        page, dpi = _grey(ROOT / "samples" / "delivery" / row["volume"] / row["file"], place)
        choice = choose(page, dpi, usual, before=before[1] if before[0] == row["volume"] else None)
        before = (row["volume"], choice)
        said = f"{_name(choice.languages, choice.script):14} {choice.confidence:.2f} {choice.why}"
        print(f"{row['volume'][:30]:30} {row['file'][:24]:24} {row['kind']:10} {said}", flush=True)


def _name(languages: tuple[str, ...], script: str) -> str:
    return "+".join(languages) + (f" {script[:4]}." if script else "")


def _grey(path: Path, place: Path) -> tuple[Path, float]:
    facts = image.look(path)
    image.write_pnm(place / "page.pgm", image.grey(image.decode(path, 0, facts).pixels))
    return place / "page.pgm", facts.x_dpi if facts.x_dpi >= _LEAST_DPI else 0.0


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` gives, and CPU seconds of this process and of those it waited for."""
    before = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = work()
    after = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    children = after[1].ru_utime + after[1].ru_stime - before[1].ru_utime - before[1].ru_stime
    return done, after[0] - before[0] + children


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Choice of language and script")
    parser.add_argument("--scans", type=Path, default=SCANS)
    parser.add_argument("--usual", default="ces")
    parser.add_argument("--only", default="", help="part of a page's folder or name")
    given = parser.parse_args(arguments)
    usual = tuple(given.usual.split("+"))
    with tempfile.TemporaryDirectory(prefix="kdr-choice-bench-") as folder:
        pages = []
        heads = f"{'alone':20} {'after a right page':20} {'after a wrong page':20}"
        print(f"{'page':36} {'true':12} {heads}  CPU alone, after  error told, chosen")
        for sheet in (each for each in sheets(given.scans) if given.only in each.name):
            pages.append(tried(sheet, Path(folder), usual))
            print(pages[-1].line(), flush=True)
        if pages:
            print(told(pages))
        samples(Path(folder), usual, given.only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
