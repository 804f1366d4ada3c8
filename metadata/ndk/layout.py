"""Names and folders of a package (ndk.md §1): from a volume's identifier and a page's order to every path in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from metadata.model import VolumeId

MOST_PAGES = 9999
"""Names within a folder are equally long, and page identifiers have four digits (ndk.md §1)."""


class Use(StrEnum):
    """What a page's file is for; the value is its folder."""

    MASTER = "mastercopy"
    USER = "usercopy"
    ALTO = "alto"
    TXT = "txt"
    AMD = "amdsec"


@dataclass(frozen=True, slots=True)
class Group:
    """How one use is named: in files (`prefix`, `suffix`) and in METS (fileGrp `id` and `label`, `file`, MIME type)."""

    prefix: str
    suffix: str
    id: str
    label: str
    file: str
    media_type: str


GROUPS = {
    Use.MASTER: Group("mc", ".jp2", "MC_IMGGRP", "Images", "MC", "image/jp2"),
    Use.USER: Group("uc", ".jp2", "UC_IMGGRP", "Images", "UC", "image/jp2"),
    Use.ALTO: Group("alto", ".xml", "ALTOGRP", "Layout", "ALTO", "text/xml"),
    Use.TXT: Group("txt", ".txt", "TXTGRP", "Text", "TXT", "text/plain"),
    Use.AMD: Group("amd_mets", ".xml", "TECHMDGRP", "Technical Metadata", "AMD", "text/xml"),
}
"""The five groups in the order in which METS lists them (ndk.md §2)."""


def name(volume: VolumeId, use: Use, order: int) -> str:
    """The bare name of a page's file: mc_<id>_0001.jp2.

    Raises:
        ValueError: `order` does not fit into four digits.
    """
    if not 1 <= order <= MOST_PAGES:
        raise ValueError(f"volume {volume}: no page can have the order {order}")
    group = GROUPS[use]
    return f"{group.prefix}_{volume}_{order:04d}{group.suffix}"


def path(volume: VolumeId, use: Use, order: int) -> str:
    """A page's file relative to the package's root: mastercopy/mc_<id>_0001.jp2."""
    return f"{use.value}/{name(volume, use, order)}"


def mets_name(volume: VolumeId) -> str:
    """The main METS, in the package's root."""
    return f"mets_{volume}.xml"


def md5_name(volume: VolumeId) -> str:
    """The list of MD5 digests, in the package's root."""
    return f"md5_{volume}.md5"


def info_name(volume: VolumeId) -> str:
    """The info file, in the package's root."""
    return f"info_{volume}.xml"
