"""The canary: an object of a few kilobytes, the same in every repository, that fire drills damage on purpose.

It lies beside the real objects in every place, so that a drill proves the very disks, rights and programs that the
real objects depend on. Its identifier is fixed: catalogue and reports know it for what it is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from metadata.file import Digests
from metadata.model import VolumeId, volume_id
from repository.bag import write_bag

CANARY: VolumeId = volume_id("6b647200-0000-5000-8000-63616e617279")
_PAYLOAD = {
    "data/strany/0001.bin": 40_000,
    "data/strany/0002.bin": 40_000,
    "data/strany/0003.bin": 7,
    "data/žluťoučký kůň.bin": 1_000,
}
_INFO = {
    "External-Identifier": f"urn:uuid:{CANARY}",
    "External-Description": "Kanárek: cvičný objekt / canary: practice object (kdr drill)",
    "Bag-Group-Identifier": "kdr-drill",
    "Bagging-Date": "2026-11-23",
}


def make_canary(folder: Path) -> Path:
    """The canary as a bag in the new folder `folder`: the same bytes every time.

    Raises:
        OSError: the disk refuses.
    """
    digests = {}
    for path, size in _PAYLOAD.items():
        content = _noise(path, size)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        digests[path] = Digests(size, hashlib.sha512(content).hexdigest(), "")
    write_bag(folder, digests, _INFO)
    return folder


def _noise(name: str, size: int) -> bytes:
    """Bytes that look like nothing, always the same for a name."""
    return hashlib.shake_256(name.encode()).digest(size)
