"""What `kdr validate` takes: every check but those that open images, over one package on disk.

    python -m bench.validation [pages] [--schemas FOLDER]

Prints CPU seconds, milliseconds a page and the most memory this process held for a made-up monograph of that many pages
(1,000). Issue 3 allows 10 ms a page without images. MD5 of all files is included; the images are a few bytes long, so
what their real size adds is reading and MD5 (about 2 ms a MB). To be compared with the National Library's validator:
0.4 s a page without image tools, after 5 s to start (ndk.md §6).
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.package_documents import book
from metadata.model import VolumeRecord
from metadata.ndk.check.validate import check
from tests.good_packages import good_package

MILLISECONDS = 10.0
"""What issue 3 allows for a page."""


def unlinked(record: VolumeRecord) -> VolumeRecord:
    """The book without links into its text: the made-up ALTO files have no blocks."""
    chapters = tuple(replace(each, blocks=()) for each in record.volume.divisions)
    return replace(record, volume=replace(record.volume, divisions=chapters))


def judged(pages: int, schemas: Path | None) -> str:
    """Make a package of `pages` pages, judge it, and say in one line what that took."""
    with tempfile.TemporaryDirectory() as folder:
        package = good_package(Path(folder), unlinked(book(pages)))
        start = time.process_time()
        report = check(package, schemas=schemas, images=False)
        cpu = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux (getrusage(2))
    return (
        f"{pages} pages: {cpu:.2f} CPU s, {1000 * cpu / pages:.2f} ms a page (allowed: {MILLISECONDS:g}), "
        f"peak {peak:.0f} MB, {report.verdict}, {len(report.complaints)} complaints"
    )


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("pages", type=int, nargs="?", default=1000)
    arguments.add_argument("--schemas", type=Path)
    given = arguments.parse_args()
    print(judged(given.pages, given.schemas))


if __name__ == "__main__":
    main()
