"""What every URN:NBN registrar promises, and how one is made from its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from ingest.settings_table import chosen
from metadata.model import Volume

GROUP = "kdr.registrar"
TABLE = "[urnnbn]"

Keep = Callable[[str, bytes], None]
"""Takes a document that went to a registrar or came from it: a file name, and every byte of it."""


class Registrar(Protocol):
    """Knows or gives the URN:NBN of volumes. The suite that every one passes is tests/contracts/test_registrar.py."""

    name: str

    def number(self, volume: Volume) -> str | None:
        """The URN:NBN of this volume, registered when it has none and this registrar can; None = not assigned yet.

        A volume never gets two: the same volume (by its `id`) always gets the same answer, also after a lost answer
        or a killed run.

        Raises:
            Problem: C011, it does not answer; C012, it refuses the volume, or what it says is no URN:NBN; C013, the
                volume has two numbers.
        """
        ...


Maker = Callable[[Mapping[str, object], Path, Keep], Registrar]
"""What an entry point names: makes a registrar of its settings; relative paths in them start at the folder."""


def load_registrar(settings: Mapping[str, object], keep: Keep | None = None) -> Registrar:
    """The registrar that [urnnbn] of kdr.toml describes.

    `kind` is a name in the entry points "kdr.registrar" or "module:attribute", `folder` (absent: this folder) is
    where relative paths start, the rest are the settings of that kind. `keep` is given every document that is
    exchanged, before it is sent or used.

    Raises:
        Problem: E005, there is no such kind, or its settings are wrong.
    """
    given = dict(settings)
    maker: Maker = chosen(GROUP, str(given.pop("kind", "")), TABLE)
    folder = Path(str(given.pop("folder", ".")))
    return maker(given, folder, keep or _forget)


def _forget(_name: str, _content: bytes) -> None:
    """Nobody wants to keep the documents."""
