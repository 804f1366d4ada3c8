"""Which version of the standard (DMF) a package is written by (ndk.md §0)."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.description import VolumeKind

MONOGRAPH_VERSIONS = ("2.2", "2.3")
"""DMF for monographs, maps, graphics and sheet music."""

PERIODICAL_VERSIONS = ("2.1", "2.2")
"""DMF for periodicals."""


@dataclass(frozen=True, slots=True)
class Standard:
    """The versions of the two DMFs; the defaults are the newest that the validator we know can check.

    As far as is known the newer ones (2.3 and 2.2) differ by their number only: they make MDTYPEVERSION mandatory on
    MODS and forbid it on DC, and that is how all versions are written here. Page types are the same.

    Raises:
        ValueError: a version whose rules are not known here.
    """

    monograph: str = MONOGRAPH_VERSIONS[0]
    periodical: str = PERIODICAL_VERSIONS[0]

    def __post_init__(self) -> None:
        for name, version, known in (
            ("monographs", self.monograph, MONOGRAPH_VERSIONS),
            ("periodicals", self.periodical, PERIODICAL_VERSIONS),
        ):
            if version not in known:
                raise ValueError(f"DMF for {name} {version!r} is not known, only {', '.join(known)}")

    def version(self, kind: VolumeKind) -> str:
        """What info.xml calls `metadataversion` for a volume of this kind."""
        return self.periodical if kind.periodical else self.monograph


USUAL = Standard()
"""What is written when nobody wishes otherwise."""
