"""The proof of `kdr validate`: for every rule packages that break just that rule, made from good ones.

`python -m tests.broken_packages --list` names them all, `--write DIR` puts them on disk, `--rules` prints docs/rules.md.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from metadata.model import Division, Volume
from metadata.ndk.check.psp import NotAPackage
from metadata.ndk.check.report import Report
from metadata.ndk.check.validate import check
from tests import broken_files, broken_images, broken_records
from tests.broken_sample import PICTURED, PLAIN, Sample
from tests.described import BARE, FULL, finished
from tests.good_packages import good_package
from tests.page_records import volume_record

SAMPLES: dict[str, Sample] = {each.id: each for each in (*broken_files.SAMPLES, *broken_records.SAMPLES, *broken_images.SAMPLES)}


def plain(volume: Volume) -> Volume:
    """Without rights, for which the standard's own header has no place, and without blocks, which the ALTO has not."""
    return replace(volume, rights=None, divisions=tuple(map(_without_blocks, volume.divisions)))


def _without_blocks(division: Division) -> Division:
    return replace(division, blocks=(), children=tuple(map(_without_blocks, division.children)))


def good(case: str, folder: Path) -> Path:
    """The good package of a case, made in `folder`."""
    if case == PLAIN:
        return good_package(folder, volume_record())
    if case == PICTURED:
        return broken_images.pictured(folder)
    volume = BARE[case.removeprefix("bare-")] if case.startswith("bare-") else FULL[case]
    return good_package(folder, finished(plain(volume)))


def broken(sample: Sample, kept: Path, folder: Path) -> Path:
    """The package of a sample: a copy in `folder` of the good one in `kept`, broken."""
    root = Path(shutil.copytree(kept, folder / kept.name))
    return sample.damage(root) or root
