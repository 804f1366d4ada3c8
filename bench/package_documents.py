"""What the documents of one package take: METS of every page, main METS, MD5 list and info.xml, all in memory.

    python -m bench.package_documents [pages]

Prints the CPU seconds of `psp_documents` for a made-up monograph of that many pages (1,000) with a chapter every ten
pages, and the most memory this process held. To be compared with what issue 3 allows for 1,000 pages: 5 s of CPU and
300 MB; both grow with the pages, so a per-page figure that grows means something is quadratic. No disk is touched, and
neither the start of Python nor the making of the book is counted (its memory is).
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass, replace

from metadata.model import BlockLink, Division, DivisionKind, VolumeRecord, new_division_id
from metadata.ndk.package import psp_documents
from tests.page_records import volume_record

CPU_SECONDS, PEAK_MB = 5.0, 300.0
"""What issue 3 allows for 1,000 pages."""

_CHAPTER = 10


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run took: pages, CPU seconds, the most memory in MB (ru_maxrss), MB of documents."""

    pages: int
    cpu: float
    peak_mb: float
    written_mb: float

    def text(self) -> str:
        """One line for people."""
        allowed = f"allowed for 1,000: {CPU_SECONDS:g} s, {PEAK_MB:g} MB"
        return (
            f"{self.pages} pages: {self.cpu:.2f} CPU s ({1000 * self.cpu / self.pages:.2f} ms a page), "
            f"peak {self.peak_mb:.0f} MB, {self.written_mb:.1f} MB of documents ({allowed})"
        )


def book(pages: int) -> VolumeRecord:
    """A finished monograph with a chapter every ten pages."""
    record = volume_record(pages)
    volume = record.volume
    starts = range(1, pages + 1, _CHAPTER)
    chapters = tuple(
        Division(
            new_division_id(volume.id, f"chapter {first}"),
            DivisionKind.CHAPTER,
            first,
            min(first + _CHAPTER - 1, pages),
            f"Kapitola {number}",
            blocks=(BlockLink(first, "block_0001", "TITLE"),),
        )
        for number, first in enumerate(starts, 1)
    )
    return replace(record, volume=replace(volume, divisions=chapters))


def taken(pages: int) -> Taken:
    """Make the documents of one package and say what that took."""
    record = book(pages)
    start = time.process_time()
    documents = psp_documents(record)
    cpu = time.process_time() - start
    # ru_maxrss is in KiB on Linux (getrusage(2)).
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Taken(pages, cpu, peak, sum(map(len, documents.values())) / 1e6)


def main() -> None:
    """Measure and print; the number of pages may stand on the command line."""
    print(taken(int(sys.argv[1]) if len(sys.argv) > 1 else 1000).text())


if __name__ == "__main__":
    main()
