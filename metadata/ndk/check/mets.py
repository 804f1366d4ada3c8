"""The skeleton of main and secondary METS: header, file groups, referenced files, their sizes and digests.

Rules: fDMF sections "METS hlavičky", "Primární METS filesec", "Sekundární METS filesec" (ndk.md §2, §3, §6).
"""

from __future__ import annotations

from collections.abc import Iterator

from metadata.elements import XLINK
from metadata.markup import Element
from metadata.ndk.check.complaint import Complaint, complaint, wrong
from metadata.ndk.check.context import Check, Context
from metadata.ndk.check.page import Page, PageCheck, number, place, section
from metadata.ndk.check.record_profile import complaints, profile
from metadata.ndk.layout import GROUPS, Use

_HREF = XLINK.tag("href")
_SECONDARY = (Use.MASTER, Use.USER, Use.ALTO, Use.TXT)
_REFERENCED = {
    Use.MASTER: "PRIMARY-METS_FILESEC_ALL_MASTER_COPY_FILES_REFERENCED",
    Use.USER: "PRIMARY-METS_FILESEC_ALL_USER_COPY_FILES_REFERENCED",
    Use.TXT: "PRIMARY-METS_FILESEC_ALL_OCR_TEXT_FILES_REFERENCED",
    Use.ALTO: "PRIMARY-METS_FILESEC_ALL_OCR_ALTO_FILES_REFERENCED",
    Use.AMD: "PRIMARY-METS_FILESEC_ALL_SECONDARY_METS_FILES_REFERENCED",
}
_REFERENCED_BY_PAGE = {
    Use.MASTER: "SECONDARY-METS_FILESEC_MASTER_COPY_FILE_REFERENCED",
    Use.USER: "SECONDARY-METS_FILESEC_USER_COPY_FILE_REFERENCED",
    Use.ALTO: "SECONDARY-METS_FILESEC_OCR-ALTO_FILE_REFERENCED",
    Use.TXT: "SECONDARY-METS_FILESEC_OCR-TEXT_FILE_REFERENCED",
}


def referenced(root: Element, use: Use) -> list[str]:
    """What a METS says are the files of a use, relative to the package's root: FLocat of LOCTYPE URL."""
    entries = (
        entry for group in section(root, "fileSec", "fileGrp") if group.get("ID") == GROUPS[use].id for entry in group
    )
    places = (each for entry in entries for each in section(entry, "FLocat") if each.get("LOCTYPE") == "URL")
    return [each.get(_HREF, "") for each in places]


def packaged(href: str) -> str:
    """A reference as a path in the package: slashes, dots and blanks at the front mean nothing (ndk.md §2)."""
    path = href.strip().replace("\\", "/").lstrip("/")
    return path.removeprefix("./")


def header(context: Context) -> Iterator[Complaint]:
    """Root and header of the main METS keep their profile."""
    if context.main is not None:
        rule = "PRIMARY_METS_HEADER_MATCHES_PROFILE"
        yield from complaints(context.main, profile(context.dmf.rules, "primary_mets_header"), rule, context.main_path)


def groups(context: Context) -> Iterator[Complaint]:
    """Exactly five file groups, each with its ID and USE."""
    if context.main is not None:
        yield from _groups(
            context.main, tuple(GROUPS), "PRIMARY-METS_FILESEC_ALL_FILEGROUPS_PRESENT", context.main_path
        )


def references(context: Context) -> Iterator[Complaint]:
    """Each group names every file of its use in the package, and no other."""
    if context.main is None:
        return
    for use, rule in _REFERENCED.items():
        named = [packaged(href) for href in referenced(context.main, use)]
        there = context.files(use)
        for path in sorted(set(there) - set(named)):
            yield wrong(rule, "file_missing", context.main_path, group=GROUPS[use].id, path=path)
        for path in sorted(set(named) - set(there)):
            yield wrong(rule, "file_unexpected", context.main_path, group=GROUPS[use].id, path=path)


def sizes(context: Context) -> Iterator[Complaint]:
    """SIZE of every file entry is the file's size in bytes (a warning)."""
    rule = "PRIMARY-METS_FILESEC_SIZES_MATCH"
    for entry, path in _entries(context):
        told, real = entry.get("SIZE", ""), context.psp.files[path]
        if told != str(real):
            yield complaint(rule, context.main_path, place(entry), path=path, found=told or "-", wanted=real)


def checksums(context: Context) -> Iterator[Complaint]:
    """CHECKSUM of every file entry is the file's MD5 (a warning)."""
    rule = "PRIMARY-METS_FILESEC_CHECKSUMS_MATCH"
    for entry, path in _entries(context):
        told = entry.get("CHECKSUM", "")
        try:
            real = context.psp.digest(path)
        except OSError:
            # Who reads the whole package says that it cannot be read; to know nothing is not to differ.
            continue
        if told.lower() != real:
            yield complaint(rule, context.main_path, place(entry), path=path, found=told or "-", wanted=real)


def page_header(page: Page) -> Iterator[Complaint]:
    """Root and header of a secondary METS keep their profile."""
    if page.amd is not None:
        rule = "SECONDARY_METS_HEADER_MATCH_PROFILE"
        yield from complaints(page.amd, profile(page.dmf.rules, "secondary_mets_header"), rule, page.path(Use.AMD))


def page_groups(page: Page) -> Iterator[Complaint]:
    """Exactly four file groups: those of the main METS without the technical metadata."""
    if page.amd is not None:
        yield from _groups(page.amd, _SECONDARY, "SECONDARY-METS_FILESEC_ALL_FILEGROUPS_PRESENT", page.path(Use.AMD))


def page_references(page: Page) -> Iterator[Complaint]:
    """Each group of a secondary METS names one file: the one of its own page."""
    if page.amd is None:
        return
    for use, rule in _REFERENCED_BY_PAGE.items():
        named = [packaged(href) for href in referenced(page.amd, use)]
        group, where = GROUPS[use].id, page.path(Use.AMD)
        if len(named) != 1:
            yield wrong(rule, "page_file_count", where, group=group, found=len(named))
        elif named[0] != page.path(use):
            other = named[0] in page.psp.files and number(named[0]) != page.number
            yield wrong(
                rule,
                "page_file_other" if other else "page_file_absent",
                where,
                group=group,
                path=named[0],
                number=page.number,
            )


def _groups(root: Element, wanted: tuple[Use, ...], rule: str, file: str) -> Iterator[Complaint]:
    found = section(root, "fileSec", "fileGrp")
    known = {GROUPS[use].id: GROUPS[use].label for use in wanted}
    for each in found:
        if each.get("ID", "") not in known:
            yield wrong(rule, "group_unexpected", file, place(each), group=each.get("ID", "-"))
    for identifier, label in known.items():
        same = [each for each in found if each.get("ID") == identifier]
        if len(same) != 1:
            yield wrong(rule, "group_count", file, group=identifier, found=len(same))
        elif same[0].get("USE") != label:
            yield wrong(
                rule, "group_use", file, place(same[0]), group=identifier, found=same[0].get("USE", "-"), wanted=label
            )


def _entries(context: Context) -> Iterator[tuple[Element, str]]:
    """File entries of the main METS with the files that they name, as far as those exist."""
    if context.main is None:
        return
    for entry in section(context.main, "fileSec", "fileGrp", "file"):
        for location in section(entry, "FLocat"):
            path = packaged(location.get(_HREF, ""))
            if path in context.psp.files:
                yield entry, path


CHECKS: tuple[Check, ...] = (header, groups, references, sizes, checksums)
PAGE_CHECKS: tuple[PageCheck, ...] = (page_header, page_groups, page_references)
