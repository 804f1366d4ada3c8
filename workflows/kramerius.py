"""What of a package Kramerius publishes, and whether its METS import would take it.

Facts about that import (ceskaexpedice/kramerius, processes/import-mets; ndk.md §8), as far as they touch a package:

- It reads info*.xml (packageid, mainmets), the main METS, and the files that the pages point to; no list of digests.
  With its usual setting `convert.userCopy` it passes over all files of MC_IMGGRP before it looks for them on disk. So
  the METS stays as it is and only the folder mastercopy is left out.
- A fileGrp, a TYPE of a described division or a DMDID that it does not know, and a missing file, stop it.
- A page's record is that whose ID has the same number as the ID of its division; without one it makes up a new UUID.
- Pages are children of a division only if its ID begins with ISSUE, VOLUME or SUPPLEMENT. A supplement that is a
  package of its own has the ID SUPPL_NNNN, and its pages would belong to nothing: its ID is changed in the copy.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from lxml import etree

from metadata.elements import METS, XLINK
from metadata.finding import Fact
from metadata.markup import Element
from metadata.ndk.layout import GROUPS, Use
from metadata.ndk.reading_maps import Main, main
from metadata.wording import Tongue, wording

_TYPES = frozenset({
    "MONOGRAPH", "VOLUME", "PERIODICAL_TITLE", "PERIODICAL_VOLUME", "ISSUE", "SUPPLEMENT", "ARTICLE", "CHAPTER",
    "PICTURE", "PAGE",
})  # fmt: skip
_PARENTS = ("ISSUE", "VOLUME", "SUPPLEMENT")
_DIV, _LINK = METS.tag("div"), METS.tag("smLink")


class Unfit(Exception):
    """Kramerius' import would stop at the package; `reason` is a key of exchange.toml without its "unfit_"."""

    def __init__(self, reason: str, **facts: Fact) -> None:
        self.reason, self.facts = reason, facts
        super().__init__(reason, facts)

    def text(self, tongue: Tongue | None = None) -> str:
        """Why, in the reader's language."""
        return wording("workflows", "exchange.toml").say(f"unfit_{self.reason}", tongue, **self.facts)

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True, slots=True)
class Fitted:
    """What of a package is handed out: paths in order, the contents of those that are changed.

    `strangers` are the IDs of pages to which the import would give new identifiers.
    """

    paths: tuple[str, ...]
    changed: Mapping[str, bytes] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()


def published(paths: Collection[str]) -> tuple[str, ...]:
    """The paths of a package that are published, sorted: all but the masters."""
    return tuple(path for path in sorted(paths) if PurePosixPath(path).parts[0] != Use.MASTER.value)


def fitted(root: Element, name: str, paths: Collection[str]) -> Fitted:
    """What of a package goes to Kramerius.

    Args:
        root: its main METS; it may be changed.
        name: the file of the main METS.
        paths: all files of the package, relative to its root.

    Raises:
        Unfit: the import would stop at it.
    """
    given, mets = published(paths), main(root)
    _refuse_groups(root)
    _refuse_divisions(mets)
    lost = next((f.path for f in mets.files.values() if f.use is not Use.MASTER and f.path not in given), "")
    if lost:
        raise Unfit("file", file=lost)
    changed = {}
    if _renamed(root, mets):
        changed[name] = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return Fitted(given, changed, _strangers(mets))


def _refuse_groups(root: Element) -> None:
    known = {group.id for group in GROUPS.values()}
    for group in root.iter(METS.tag("fileGrp")):
        if group.get("ID") not in known:
            raise Unfit("group", group=group.get("ID", "-"))


def _refuse_divisions(mets: Main) -> None:
    if mets.logical is None or mets.physical is None:
        raise Unfit("map")
    for each in mets.logical.iter(_DIV):
        described = each.get("DMDID", "").split()
        if described and each.get("TYPE", "").upper() not in _TYPES:
            raise Unfit("type", type=each.get("TYPE", "-"), division=each.get("ID", "-"))
        if described and described[0] not in mets.records:
            raise Unfit("record", record=described[0], division=each.get("ID", "-"))


def _renamed(root: Element, mets: Main) -> bool:
    """Give the division that holds the pages an ID by which the import knows it; whether that was needed."""
    found = [] if mets.logical is None else list(mets.logical.iter(_DIV))
    whole = next((each for kind in _PARENTS for each in found if each.get("TYPE", "").upper() == kind), None)
    old = "" if whole is None else whole.get("ID", "")
    if whole is None or old.startswith(_PARENTS):
        return False
    taken = {each.get("ID") for each in root.iter()}
    number = "".join(re.findall("[0-9]+$", old)) or "0001"
    new = f"{whole.get('TYPE', '').upper()}_{number}"
    while new in taken:
        new += "_1"
    whole.set("ID", new)
    for link in root.iter(_LINK):
        if link.get(XLINK.tag("from")) == old:
            link.set(XLINK.tag("from"), new)
    return True


def _strangers(mets: Main) -> tuple[str, ...]:
    pages = [] if mets.physical is None else mets.physical.findall(_DIV)
    return tuple(own for own in (each.get("ID", "") for each in pages) if _record_of(own) not in mets.records)


def _record_of(page: str) -> str:
    """The ID of the record that the import looks for."""
    return page.replace("DIV" if page.startswith("DIV_PAGE") else "DIV_P", "MODSMD", 1)
