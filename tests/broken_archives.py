"""What looks like a package and is none, and ZIPs that must not be unpacked: the samples, and how they are made."""

from __future__ import annotations

import io
import shutil
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from metadata.ndk.check import psp
from tests.broken_files import MAIN, added
from tests.broken_sample import Damage, Sample
from tests.good_packages import put
from tests.page_records import VOLUME


def zipped(root: Path, *more: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    """The package as a ZIP, nothing compressed but what is more than a package has."""
    target = root.with_name(f"{root.name}.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            archive.write(path, f"{root.name}/{path.relative_to(root)}")
        for name, content in more:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    shutil.rmtree(root)
    return target


def in_zip(name: str | zipfile.ZipInfo, content: bytes = b"x") -> Damage:
    """As a ZIP with one entry more."""
    return lambda root: zipped(root, (name, content))


def link() -> zipfile.ZipInfo:
    """An entry that is a symbolic link."""
    entry = zipfile.ZipInfo(f"{VOLUME}/odkaz")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def patched(offset: int, value: int) -> Damage:
    """As a ZIP whose list of entries says something else of the first one."""

    def damage(root: Path) -> Path:
        target = zipped(root)
        content = bytearray(target.read_bytes())
        content[content.index(b"PK\x01\x02") + offset] |= value
        target.write_bytes(content)
        return target

    return damage


def crowded(root: Path) -> Path:
    """As a ZIP that lists the same empty file under more names than a package has files."""
    target = zipped(root)
    archive = io.BytesIO()
    archive.write(struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"x")
    start = archive.tell()
    for number in range(psp.MOST_FILES + 1):
        name = f"{VOLUME}/{number}".encode()
        archive.write(struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *[0] * 7, len(name), *[0] * 6) + name)
    size = archive.tell() - start
    archive.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, size, start, 0))
    target.write_bytes(archive.getvalue())
    return target


def rotten(root: Path) -> Path:
    """As a ZIP that lost a bit of an image on its way."""
    target = zipped(root)
    content = bytearray(target.read_bytes())
    content[content.index(b"no image, master 2")] ^= 1
    target.write_bytes(content)
    return target


def no_zip(root: Path) -> Path:
    """A PDF instead."""
    shutil.rmtree(root)
    put(root.parent, "clanek.pdf", b"%PDF-1.7")
    return root.parent / "clanek.pdf"


def nothing_of_it(root: Path) -> None:
    """A folder with a PDF in it."""
    shutil.rmtree(root)
    put(root, "clanek.pdf", b"%PDF-1.7")


def _archives() -> Iterator[Sample]:
    yield Sample("KDR_NOT_A_PACKAGE", "folder", nothing_of_it)
    yield Sample("KDR_NOT_A_PACKAGE_BAG", "empty-bag", added("bagit.txt"))
    yield Sample("KDR_NOT_A_PACKAGE_ZIP", "pdf", no_zip)
    yield Sample("KDR_NOT_A_PACKAGE_ROOTS", "two", in_zip("dalsi/x"))
    yield Sample("KDR_ZIP_UNSAFE_PATH", "out", in_zip(f"{VOLUME}/../../ven"))
    yield Sample("KDR_ZIP_UNSAFE_LINK", "link", in_zip(link()))
    yield Sample("KDR_ZIP_UNSAFE_DOUBLE", "file-and-folder", in_zip(f"{VOLUME}/{MAIN}/x"))
    yield Sample("KDR_ZIP_UNSAFE_BOMB", "zeros", in_zip(f"{VOLUME}/x", bytes(psp.LARGEST_DOCUMENT // 3)))
    yield Sample("KDR_ZIP_UNSAFE_COUNT", "names", crowded)
    yield Sample("KDR_ZIP_UNSAFE_ENCRYPTED", "flag", patched(8, 1))
    yield Sample("KDR_ZIP_UNSAFE_METHOD", "method", patched(10, 99))
    yield Sample("KDR_UNREADABLE", "lost-bit", rotten)


SAMPLES = (*_archives(),)
