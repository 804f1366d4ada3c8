"""What a searchable PDF of a volume takes: seconds, megabytes, the most memory.

    python -m bench.searchable [IMAGE ...] [--pages 500] [--long-edge 2000] [--words 350]

Writes a PDF of that many pages into a temporary folder, going round the images (by default the JPEG 2000 pages of
../shared/scans) with made-up words over them, and prints one line. Memory is this process's (ru_maxrss): what Python
and its libraries take before the first page is told beside it, and so is the most it had held after 50 pages, because a
figure that grows with the pages means that something is kept.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from metadata.event import Agent
from metadata.geometry import Box
from metadata.text import Block, BlockKind, Line, PageText, Word
from ocr.pdf_about import Bookmark, PdfAbout
from ocr.searchable import PdfPage, write_pdf

SCANS = Path(__file__).resolve().parents[2] / "shared" / "scans"
_VOCABULARY = "Knihovna má v péči svazky které čtenář otevře příště ráno znovu staͤte ſie žluťoučký kůň".split()  # noqa: SIM905
_IN_A_LINE, _DPI, _EARLY = 10, 300.0, 50
_ABOUT = PdfAbout("Zkušební svazek", "2026-11-22T10:00:00+00:00", "kdr bench", language="ces")


@dataclass(slots=True)
class Memory:
    """The most memory held, in MB: at the start, after the first pages, at the end."""

    seen: dict[int, float] = field(default_factory=lambda: {0: peak_mb()})

    def look(self, page: int) -> None:
        """Note the peak when so many pages are done."""
        self.seen[page] = peak_mb()


def peak_mb() -> float:
    """The most memory this process has held (ru_maxrss is in KiB on Linux, getrusage(2))."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def made_up(width: int, height: int, words: int, seed: int) -> PageText:
    """A page of that many words in lines of ten, other words on every page."""
    rows = max(1, -(-words // _IN_A_LINE))
    step, across = height // (rows + 2), width // (_IN_A_LINE + 2)
    lines = []
    for row in range(rows):
        top = step * (row + 1)
        read = tuple(
            Word(
                f"{_VOCABULARY[(seed + row * 7 + column) % len(_VOCABULARY)]}{seed % 97}",
                Box(across * (column + 1), top, across - across // 8, max(1, step // 2)),
                0.9,
            )
            for column in range(min(_IN_A_LINE, words - row * _IN_A_LINE))
        )
        lines.append(Line(Box.around([word.box for word in read]), read))
    block = Block(BlockKind.TEXT, Box(0, 0, width, height), tuple(lines))
    return PageText(width, height, (block,), Agent("bench", "1"))


def book(images: Sequence[Path], pages: int, words: int) -> Iterator[PdfPage]:
    """The pages, one after the other."""
    sizes = {}
    for path in images:
        with Image.open(path) as image:
            sizes[path] = image.size
    for number in range(pages):
        path = images[number % len(images)]
        yield PdfPage(path, made_up(*sizes[path], words, number), str(number + 1), _DPI)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description="Seconds, megabytes and memory of a searchable PDF")
    parser.add_argument("images", nargs="*", type=Path, default=sorted(SCANS.rglob("*.jp2")))
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--long-edge", type=int, default=2000)
    parser.add_argument("--words", type=int, default=350)
    chosen = parser.parse_args(arguments)
    if not chosen.images:
        parser.error(f"no JPEG 2000 pages below {SCANS}: name some")
    marks = tuple(Bookmark(f"Kapitola {page // 10 + 1}", page) for page in range(0, chosen.pages, 10))
    about = PdfAbout(_ABOUT.title, _ABOUT.created, _ABOUT.producer, language=_ABOUT.language, outline=marks)
    memory, start, cpu = Memory(), time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        facts = write_pdf(
            Path(folder, "volume.pdf"),
            book(chosen.images, chosen.pages, chosen.words),
            about,
            long_edge=chosen.long_edge,
            progress=memory.look,
        )
    wall, cpu = time.monotonic() - start, time.process_time() - cpu
    early = memory.seen.get(_EARLY, memory.seen[max(memory.seen)])
    print(
        f"{facts.pages} pages, {facts.words} words, long edge {chosen.long_edge}: {wall:.0f} s ({cpu:.0f} CPU s, "
        f"{1000 * cpu / facts.pages:.0f} ms a page), {facts.bytes / 1e6:.0f} MB, peak {peak_mb():.0f} MB "
        f"({memory.seen[0]:.0f} before the first page, {early:.0f} after {_EARLY}, "
        f"{memory.seen[max(memory.seen)]:.0f} before putting together)"
    )


if __name__ == "__main__":
    main()
