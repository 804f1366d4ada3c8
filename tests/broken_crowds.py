"""Packages that would take their judge hours or all memory, and the rules that stop before."""

from __future__ import annotations

import zipfile
from pathlib import Path

from metadata.ndk.check import validate
from tests.broken_archives import in_zip, zipped
from tests.broken_sample import Reason, Sample
from tests.good_packages import put, renew_info
from tests.page_records import VOLUME

_LINES = Reason("seznam MD5 je samá chyba", "the MD5 list is nothing but faults")
_MD5 = f"md5_{VOLUME}.md5"


def crowded_list(root: Path) -> None:
    """The MD5 list full of lines that are none."""
    put(root, _MD5, b"x\n" * (validate.MOST_COMPLAINTS + 1))
    renew_info(root)


def packed_by_lzma(root: Path) -> Path:
    """As a ZIP with one entry whose sender says how much memory unpacking takes."""
    target = zipped(root)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr(f"{VOLUME}/x", b"x")
    return target


SAMPLES = (
    Sample("KDR_TOO_MANY", "lines", crowded_list, also={"CHECKSUM_FILE_GENERATED_BY_GRAMMAR": _LINES}),
    Sample("KDR_ZIP_UNSAFE_LENGTH", "deep", in_zip(f"{VOLUME}/{'a/' * 3000}x")),
    Sample("KDR_ZIP_UNSAFE_METHOD", "lzma", packed_by_lzma),
)
