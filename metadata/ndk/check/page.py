"""One page of a package while it is judged: its files, and its secondary METS and ALTO as long as they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from metadata.elements import METS
from metadata.markup import Element
from metadata.ndk.check.complaint import Complaint
from metadata.ndk.check.context import Context, Dmf
from metadata.ndk.check.psp import Psp
from metadata.ndk.layout import Use

ALTO = "http://www.loc.gov/standards/alto/ns-v2#"
"""The namespace of ALTO 2.0, which the standard names for print (ndk.md §0)."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of an image in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its number as file names write it, and its files by use (some may be missing).

    `amd` and `alto` are the roots of its secondary METS and of its ALTO, None when missing or unreadable; `blocks` are
    the ids of ALTO blocks that the logical map names, each with the id of the division that names it.
    """

    number: str
    dmf: Dmf
    psp: Psp
    schemas: Path | None
    images: bool
    paths: Mapping[Use, str]
    amd: Element | None = None
    alto: Element | None = None
    blocks: Sequence[tuple[str, str]] = field(default=())

    def path(self, use: Use) -> str:
        """The page's file of a use, relative to the package's root; empty when there is none."""
        return self.paths.get(use, "")


PageCheck = Callable[[Page], Iterator[Complaint]]
"""Rules that are asked of every page."""


def pages(context: Context, blocks: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[tuple[Page, Context]]:
    """Every page of the package in the order of numbers, with its documents, and the context that parsed them.

    Args:
        context: the package.
        blocks: by the path of an ALTO, which of its blocks the logical map names and where.
    """
    found: dict[str, dict[Use, str]] = {}
    for use in Use:
        for path in context.files(use):
            # However many zeros it is written with: numbers of unequal length are told once, by the rule on names.
            found.setdefault(number(path).lstrip("0"), {})[use] = path
    for key in sorted(found, key=lambda digits: (len(digits), digits)):
        paths = found[key]
        which = number(next(iter(paths.values())))
        # A context of its own forgets the page's documents with the page: memory stays flat over 1,000 pages.
        own = Context(context.psp, context.schemas, context.images)
        yield _page(context, own, which, paths, blocks.get(paths.get(Use.ALTO, ""), ())), own


def number(path: str) -> str:
    """The page's number as the name of one of its files writes it: mc_<id>_0001.jp2 -> 0001 (ndk.md §1)."""
    return PurePosixPath(path).stem.rpartition("_")[2]


def section(root: Element, *steps: str) -> list[Element]:
    """The elements of METS at the end of `steps` below `root`; the steps are names without a namespace."""
    return root.findall("/".join(METS.tag(step) for step in steps))


def place(element: Element) -> str:
    """Where an element stands in its document: an absolute XPath, by the nearest ID when there is one."""
    path: str = element.getroottree().getpath(element)
    identifier = element.get("ID")
    return f"{path}[@ID='{identifier}']" if identifier else path


def _page(
    context: Context, own: Context, which: str, paths: Mapping[Use, str], blocks: Sequence[tuple[str, str]]
) -> Page:
    amd = own.secondary(paths[Use.AMD]) if Use.AMD in paths else None
    alto = own.document(paths.get(Use.ALTO, ""))
    return Page(which, context.dmf, context.psp, context.schemas, context.images, paths, amd, alto, blocks)
