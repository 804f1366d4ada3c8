"""A package asked all the rules of the standard: one function from a path to a report (`kdr validate`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from metadata.ndk.check import biblio, checksums, identifiers, images, info, layout, maps, mets, technical
from metadata.ndk.check.complaint import Complaint, complaint
from metadata.ndk.check.context import Check, Context
from metadata.ndk.check.psp import Psp, open_psp
from metadata.ndk.check.report import Report
from metadata.ndk.layout import Use

FILE_CHECKS: tuple[Check, ...] = (*layout.CHECKS, *checksums.CHECKS, *info.CHECKS, *identifiers.CHECKS)
"""Layout, names, digests, info.xml, identifiers."""

ALL_CHECKS: tuple[Check, ...] = (
    *FILE_CHECKS,
    *mets.CHECKS,
    *maps.CHECKS,
    *biblio.CHECKS,
    *technical.CHECKS,
    *images.CHECKS,
)
"""Everything that can be asked offline; checks that need images or schemas keep silent without them."""


MOST_COMPLAINTS = 10_000
"""So many complaints of one group of rules are told; 9,999 pages with one fault each are fewer."""


def check(
    path: Path, *, schemas: Path | None = None, images: bool = True, jobs: Iterable[Check] = ALL_CHECKS
) -> Report:
    """Judge the package at `path`: a folder, a bag around one, or a ZIP.

    Args:
        path: the package.
        schemas: the folder of XML Schemas (its README.md says what is where); without it no schema is asked.
        images: whether images are opened; their MD5 is verified in any case.
        jobs: the checks, in the order of their complaints.

    Raises:
        FileNotFoundError: nothing is there.
        NotAPackage: it is something else, or a ZIP that must not be unpacked.
        OSError: the disk refuses.
    """
    with open_psp(path) as psp:
        return judge(psp, schemas=schemas, images=images, jobs=jobs)


def judge(psp: Psp, *, schemas: Path | None = None, images: bool = True, jobs: Iterable[Check] = ALL_CHECKS) -> Report:
    """Judge a package that is open already; arguments as of `check`."""
    context = Context(psp, schemas, images)
    found = [each for job in jobs for each in _asked(job, context)]
    # Documents that could not be read are known only after somebody wanted them. Several checks may tell the same.
    told = {_key(each): each for each in [*context.broken(), *found]}
    return Report(psp.name, context.dmf, tuple(told.values()), tuple(_checked(context)))


def _asked(job: Check, context: Context) -> Iterator[Complaint]:
    """What a group of rules complains of, as far as anybody would read it."""
    complaints = job(context)
    yield from islice(complaints, MOST_COMPLAINTS)
    if next(complaints, None) is not None:
        yield complaint("KDR_TOO_MANY", most=MOST_COMPLAINTS)


def _key(found: Complaint) -> tuple[str, str, str, tuple[tuple[str, object], ...]]:
    return found.rule, found.file, found.xpath, tuple(sorted(found.facts.items()))


def _checked(context: Context) -> Iterator[Complaint]:
    """What was asked, and what was not."""
    pages = max(len(context.files(use)) for use in Use)
    yield complaint("KDR_CHECKED", rules=context.dmf.rules, files=len(context.psp.files), pages=pages)
    if context.schemas is None:
        yield complaint("KDR_LEFT_OUT_SCHEMAS")
    yield complaint("KDR_LEFT_OUT_PROGRAMS" if context.images else "KDR_LEFT_OUT_IMAGES")
    yield complaint("KDR_LEFT_OUT_URNNBN")
