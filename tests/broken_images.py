"""Packages whose images break the JPEG 2000 profiles or are not what the records say, made with OpenJPEG."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from metadata.alto import to_alto
from metadata.ndk import layout
from metadata.ndk.layout import Use
from tests.broken_sample import PICTURED, Damage, Sample, in_page
from tests.good_packages import changed, good_package, put, renew
from tests.page_records import CREATED, VOLUME, volume_record
from tests.page_texts import page_of
from tests.psp_edits import saying
from tests.test_jp2_profile import MASTER, OFF_PROFILE, USER, encode, replaced

WIDTH, HEIGHT = 192, 256
FILES = {use: layout.path(VOLUME, use, 1) for use in Use}
RULES = {
    Use.MASTER: "MASTER-COPY_FILES_VALID_BY_JPYLYZER",
    Use.USER: "USER-COPY_FILES_VALID_BY_JPYLYZER",
}
OPTIONS = {Use.MASTER: MASTER, Use.USER: USER}
# Each option by itself, for user copies: as those of the master, but what is the user copy's own.
_OFF = {
    Use.MASTER: OFF_PROFILE | {"SOP markers": ["-SOP"], "EPH markers": ["-EPH"]} | {"tile height": ["-t", "4096,1024"]},
    Use.USER: OFF_PROFILE
    | {
        "tile width": ["-t", "4096,1024"],
        "tile height": ["-t", "1024,4096"],
        "quality layers": ["-r", "20,10"],
        "compression ratio": ["-r", "24,22,20,18,16,14,12,10,8,6,5,3"],
    },
}
_SWITCHES = ("-I", "-SOP", "-EPH")


def pictured(folder: Path) -> Path:
    """A good package of one page with real images of 192 × 256 pixels and one short word on them."""
    record = volume_record(1)
    page = record.pages[0]
    image = replace(page.master_image, width=WIDTH, height=HEIGHT)
    root = good_package(folder, replace(record, pages=(replace(page, master_image=image),)))
    text = replace(page_of("kůň"), width=WIDTH, height=HEIGHT)
    put(root, FILES[Use.ALTO], to_alto(text, image_name=page.master.path, when=CREATED, order=1))
    for use, options in OPTIONS.items():
        put(root, FILES[use], picture(tuple(options)))
    renew(root)
    return root


@cache
def picture(options: tuple[str, ...]) -> bytes:
    """A JP2 with a resolution of 300 ppi, encoded by opj_compress with these options."""
    with tempfile.TemporaryDirectory() as folder:
        encode(Path(folder), list(options))
        return Path(folder, "out.jp2").read_bytes()


def encoded(use: Use, other: list[str]) -> Damage:
    """With one option of the encoder otherwise; a switch that was on is off."""
    options = OPTIONS[use]
    if other[0] in _SWITCHES and other[0] in options:
        told = tuple(option for option in options if option != other[0])
    else:
        told = tuple(replaced(options, other))
    return image(use, lambda _: picture(told))


def image(use: Use, change: Callable[[bytes], bytes]) -> Damage:
    """With other bytes; sizes and digests are made to agree again."""

    def damage(root: Path) -> None:
        put(root, FILES[use], change((root / FILES[use]).read_bytes()))
        renew(root)

    return damage


def no_resolution(content: bytes) -> bytes:
    """Without the resolution box at the end of the header box."""
    start = content.index(b"jp2h") - 4
    (length,) = struct.unpack_from(">I", content, start)
    return content[:start] + struct.pack(">I", length - 26) + content[start + 4 : start + length - 26] + content[
        start + length :
    ]  # fmt: skip


def of_200_ppi(content: bytes) -> bytes:
    """With a resolution that is too coarse."""
    start = content.index(b"resc") + 4
    return content[:start] + struct.pack(">HHHH", 20000, 254, 20000, 254) + content[start + 8 :]


def no_comment(content: bytes) -> bytes:
    """Without the comment in the main header (ISO/IEC 15444-1, A.9.2)."""
    start, length = _comment(content)
    return _longer(content[:start] + content[start + length :], -length)


def with_region(content: bytes) -> bytes:
    """With a region of interest in the main header (ISO/IEC 15444-1, A.6.3)."""
    start, _ = _comment(content)
    marker = b"\xff\x5e" + struct.pack(">HBBB", 5, 0, 0, 0)
    return _longer(content[:start] + marker + content[start:], len(marker))


def cut(content: bytes) -> bytes:
    """Without its end."""
    return content[:-200]


def no_image(content: bytes) -> bytes:
    """As long as it was, and no image."""
    return "toto není obraz".encode().ljust(len(content))


def _comment(content: bytes) -> tuple[int, int]:
    start = content.index(b"\xff\x64", content.index(b"\xff\x4f\xff\x51"))
    return start, 2 + int.from_bytes(content[start + 2 : start + 4])


def _longer(content: bytes, by: int) -> bytes:
    """With the length of the box of the codestream told anew; 0, to the end of the file, stays."""
    start = content.index(b"jp2c") - 4
    (length,) = struct.unpack_from(">I", content, start)
    return content[:start] + struct.pack(">I", length + by if length else 0) + content[start + 4 :]


def narrower(root: Path) -> None:
    """The ALTO is of a page one pixel narrower than the image."""
    changed(root, FILES[Use.ALTO], f'(<Page .*?)WIDTH="{WIDTH}"', rf'\1WIDTH="{WIDTH - 1}"')


def _profiles() -> Iterator[Sample]:
    changes = (no_resolution, of_200_ppi, no_comment, with_region, cut, no_image)
    for use, rule in RULES.items():
        other = Use.USER if use is Use.MASTER else Use.MASTER
        for name, options in _OFF[use].items():
            yield Sample(rule, name.replace(" ", "-"), encoded(use, options), PICTURED, needs="images")
        for change in changes:
            yield Sample(rule, change.__name__.replace("_", "-"), image(use, change), PICTURED, needs="images")
        yield Sample(rule, f"is-{other}", image(use, _good(other)), PICTURED, needs="images")


def _good(use: Use) -> Callable[[bytes], bytes]:
    return lambda _: picture(tuple(OPTIONS[use]))


def _sizes() -> Iterator[Sample]:
    wider = in_page(saying("//mets:techMD[@ID='MIX_002']//mix:imageWidth", str(WIDTH + 1)))
    yield Sample("KDR_MIX_SIZE", "wider", wider, PICTURED, needs="images")
    yield Sample("KDR_ALTO_PAGE_SIZE", "of-the-image", narrower, PICTURED, needs="images")


SAMPLES = (*_profiles(), *_sizes())
