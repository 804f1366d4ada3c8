"""The register of digests: the manifests of every version, kept in the journal's root, apart from the objects.

The journal's entry "stored" holds the digests of both manifests, so the register cannot be altered unseen either. With
it a file altered together with its manifest is not only noticed but named (ISO 16363 4.4.1.2; docs/adr/0010).
Layout: ``<journal>/register/<uuid>/<version>/{manifest-sha512.txt,tagmanifest-sha512.txt}``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from metadata.file import flush, place_bytes
from metadata.model import VolumeId
from repository.place import Source
from repository.verify import MANIFEST, REGISTER, TAG_MANIFEST, Row, Verdict


@dataclass(frozen=True, slots=True)
class DigestRegister:
    """The register below the journal's root `root`."""

    root: Path

    def folder(self, object_id: VolumeId, version: str) -> Path:
        """Where the manifests of a version lie or would lie."""
        return self.root / REGISTER / object_id / version

    def keep(self, bag: Source, object_id: VolumeId, version: str) -> None:
        """Copy both manifests of a bag into the register; what is there already stays.

        Raises:
            OSError: the disk refuses.
        """
        folder = self.folder(object_id, version)
        for name in (MANIFEST, TAG_MANIFEST):
            if (folder / name).exists():
                continue
            fresh = not folder.parent.exists()
            folder.mkdir(parents=True, exist_ok=True)
            with bag.open(name) as stream:
                place_bytes(folder / name, stream.read())
            if fresh:
                flush(folder.parent.parent)
            flush(folder.parent)

    def faults(self, object_id: VolumeId, version: str, manifests: Mapping[str, str]) -> dict[str, Row]:
        """What is wrong with the manifests of a version kept here, by their names; nothing when they can be believed.

        `manifests` is what the journal says of them (name -> SHA-512).
        """
        found: dict[str, Row] = {}
        for name in (MANIFEST, TAG_MANIFEST):
            path = self.folder(object_id, version) / name
            try:
                altered = hashlib.sha512(path.read_bytes()).hexdigest() != manifests.get(name)
            except FileNotFoundError:
                found[name] = Row(Verdict.MISSING, str(path), {"object": object_id})
            except OSError as error:
                why = error.strerror or str(error)
                found[name] = Row(Verdict.UNREADABLE, str(path), {"why": why, "object": object_id})
            else:
                if altered:
                    found[name] = Row(Verdict.MANIFEST_ALTERED, str(path), {"object": object_id})
        return found

    def mend(self, object_id: VolumeId, version: str, contents: Mapping[str, bytes]) -> None:
        """Put manifests (name -> content) into their place; what lies there is set aside beside it, never deleted.

        Raises:
            OSError: the disk refuses.
        """
        folder = self.folder(object_id, version)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            path = folder / name
            if path.exists():
                aside = (folder / f"{name}.altered-{number}" for number in count(1))
                path.rename(next(each for each in aside if not each.exists()))
            place_bytes(path, content)
        for each in (folder, folder.parent, folder.parent.parent):
            flush(each)
