"""What every check is given: the package, which standard it claims to keep, and its documents, each parsed once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from metadata.elements import METS
from metadata.markup import Element, UnsafeXml, parse
from metadata.ndk.check.complaint import Complaint, complaint
from metadata.ndk.check.psp import Psp
from metadata.ndk.layout import GROUPS, Use

T = TypeVar("T")

_KEPT = 64 << 20
"""Bytes of documents whose trees are remembered (about ten times as much memory); later ones are parsed when asked."""


MOST_TAGS = 2_000_000
"""Tags of a document; the METS of 9,999 pages has about half a million. A tree takes far more memory than its bytes."""

_LONGEST_ID = 200
"""Characters of a packageid; no file could bear a longer one in its name."""


class Family(StrEnum):
    """The two families of the standard (DMF)."""

    MONOGRAPH = "monograph"
    PERIODICAL = "periodical"


@dataclass(frozen=True, slots=True)
class Dmf:
    """Which standard the package claims: the family by TYPE of the main METS, `version` by info.xml; "" if not told.

    `rules` names the folder of the machine-readable rules that judge it: the newest that we have (ndk.md §0).
    """

    family: Family = Family.MONOGRAPH
    version: str = ""

    @property
    def rules(self) -> str:
        """monograph_2.2 or periodical_2.1."""
        return "monograph_2.2" if self.family is Family.MONOGRAPH else "periodical_2.1"


@dataclass(frozen=True, slots=True)
class Context:
    """A package under judgement.

    `schemas` is the folder of schemas (README.md in it says what is where) or None; `images`: whether images are
    opened. Documents that cannot be read are None here and one complaint each in `broken`.
    """

    psp: Psp
    schemas: Path | None = None
    images: bool = True
    _documents: dict[str, Element] = field(default_factory=dict, repr=False)
    _broken: dict[str, Complaint] = field(default_factory=dict, repr=False)
    _known: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def id(self) -> str:
        """The package's identifier (PSP-ID): packageid of the first info file, else the name of the root folder."""
        return self._once("id", self._identified)

    @property
    def dmf(self) -> Dmf:
        """The standard that the package claims to keep."""
        return self._once("dmf", self._claimed)

    @property
    def info_path(self) -> str:
        """The info file: the first by name of info_*.xml and info.xml; empty when there is none."""
        return self._once("info", lambda: self._first(r"info(_.+)?\.xml"))

    @property
    def main_path(self) -> str:
        """The main METS: mets_<id>.xml, else the first mets_*.xml; empty when there is none."""
        return self._once("main", lambda: self._first(r"mets_.+\.xml", f"mets_{self.id}.xml"))

    @property
    def md5_path(self) -> str:
        """The list of digests: md5_<id>.md5, else the first md5_*.md5; empty when there is none."""
        return self._once("md5", lambda: self._first(r"md5_.+\.md5", f"md5_{self.id}.md5"))

    @property
    def info(self) -> Element | None:
        """The root of the info file."""
        return self.document(self.info_path)

    @property
    def main(self) -> Element | None:
        """The root of the main METS: mets:mets; a document with another root is none (KDR_NOT_METS)."""
        return self._mets(self.main_path)

    def secondary(self, path: str) -> Element | None:
        """The root of a secondary METS, by its path (`files(Use.AMD)` lists them)."""
        return self._mets(path)

    def files(self, use: Use) -> tuple[str, ...]:
        """Paths of the files of a use whose names are as they must be, in the order of their names."""
        return self._once("files", lambda: _by_use(self.id, self.psp.files))[use]

    def document(self, path: str) -> Element | None:
        """The root of an XML document of the package; None when there is none that can be read (see `broken`)."""
        if not path or path in self._broken:
            return None
        known = self._documents.get(path)
        return self._parsed(path) if known is None else known

    def broken(self) -> tuple[Complaint, ...]:
        """One complaint for each document that could not be read so far."""
        return tuple(self._broken.values())

    def _once(self, name: str, find: Callable[[], T]) -> T:
        """What `find` finds, asked only when it is needed, and once."""
        if name not in self._known:
            self._known[name] = find()
        found: T = self._known[name]
        return found

    def _first(self, pattern: str, wanted: str = "") -> str:
        found = sorted(name for name in self.psp.files if "/" not in name and re.fullmatch(pattern, name))
        return wanted if wanted in found else next(iter(found), "")

    def _identified(self) -> str:
        told = _told(self.info, "packageid")
        # The ellipsis may stand in no name of a file: what is cut off can match nothing.
        return f"{told[:_LONGEST_ID]}…" if len(told) > _LONGEST_ID else told or self.psp.name

    def _claimed(self) -> Dmf:
        kind = self.main.get("TYPE", "") if self.main is not None else ""
        family = Family.PERIODICAL if kind.lower() == "periodical" else Family.MONOGRAPH
        return Dmf(family, _told(self.info, "metadataversion"))

    def _mets(self, path: str) -> Element | None:
        root = self.document(path)
        if root is not None and root.tag != METS.tag("mets"):
            self._broken[path] = complaint("KDR_NOT_METS", path, root=str(root.tag))
            return None
        return root

    def _parsed(self, path: str) -> Element | None:
        try:
            content = self.psp.read(path)
            _refuse_crowd(content)
            root = parse(content)
        except UnsafeXml:
            self._broken[path] = complaint("KDR_XML_UNSAFE", path)
        except ValueError as error:
            rule = "INFO_XML_WELL_BUILT" if path == self.info_path else "KDR_XML_BROKEN"
            self._broken[path] = complaint(rule, path, why=str(error))
        except OSError as error:
            self._broken[path] = complaint("KDR_UNREADABLE", path, why=str(error))
        else:
            if sum(self.psp.files[each] for each in self._documents) + len(content) <= _KEPT:
                self._documents[path] = root
            return root
        return None


def _refuse_crowd(content: bytes) -> None:
    if content.count(b"<") > MOST_TAGS:
        raise ValueError(f"> {MOST_TAGS} × <")


def _told(info: Element | None, name: str) -> str:
    return ((info.findtext(name) if info is not None else "") or "").strip()


def _by_use(identifier: str, names: Iterable[str]) -> dict[Use, tuple[str, ...]]:
    listed = sorted(names)
    found: dict[Use, tuple[str, ...]] = {}
    for use, group in GROUPS.items():
        pattern = re.compile(f"{use.value}/{group.prefix}_{re.escape(identifier)}_[0-9]+{re.escape(group.suffix)}")
        found[use] = tuple(filter(pattern.fullmatch, listed))
    return found


Check = Callable[[Context], Iterator[Complaint]]
"""One rule, or a few that are asked together; every module of checks offers `CHECKS: tuple[Check, ...]`."""
