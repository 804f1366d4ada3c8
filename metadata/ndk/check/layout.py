"""Layout and names of a package: fDMF, section "Struktura souborů" (monograph 2.2, periodical 2.1; ndk.md §1).

Five rules of that section can never be broken and are not asked: XYZ-DIR_FILENAME_VALID, because a folder is looked for
by its only allowed name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from metadata.ndk.check.complaint import Complaint, complaint
from metadata.ndk.check.context import Check, Context
from metadata.ndk.layout import GROUPS, Use

NAMES = {
    Use.AMD: "SECONDARY-METS",
    Use.TXT: "OCR-TEXT",
    Use.ALTO: "OCR-ALTO",
    Use.MASTER: "MASTER-COPY",
    Use.USER: "USER-COPY",
}
"""What the rules' ids call the five uses, in the order of the rules."""

_TOLERATED = re.compile(r"LTP_MD\.xml|.DS_Store")
_ALLOWED = re.compile(r"[a-z0-9_\-.]+")


def _wanted(part: str, context: Context) -> tuple[str, ...]:
    """The names that one of the three documents of the root may have."""
    names = {
        "INFO": (f"info_{context.id}.xml", "info.xml"),
        "PRIMARY-METS": (f"mets_{context.id}.xml",),
        "CHECKSUM": (f"md5_{context.id}.md5",),
    }
    return names[part]


_PARTS = ("INFO", "PRIMARY-METS", "CHECKSUM")


def _children(context: Context, folder: str = "") -> Iterator[str]:
    """Paths of what lies directly in a folder of the package: files and folders, in the order of their names."""
    start = f"{folder}/" if folder else ""
    inside = (path for path in [*context.psp.files, *context.psp.folders] if path.startswith(start))
    return iter(sorted(path for path in inside if "/" not in path[len(start) :] and path != start))


def _named(use: Use, context: Context) -> list[str]:
    """Paths in the folder of a use that have the names of its files, whatever they are."""
    group = GROUPS[use]
    name = re.compile(f"{use.value}/{group.prefix}_{re.escape(context.id)}_[0-9]+{re.escape(group.suffix)}")
    return [path for path in _children(context, use.value) if name.fullmatch(path)]


def _root_name(context: Context) -> Iterator[Complaint]:
    if context.psp.name != context.id:
        yield complaint("PSP_DIR_MATCHES_PSP_ID", found=context.psp.name, wanted=context.id)


def _single(rule: str, part: str, context: Context) -> Iterator[Complaint]:
    wanted = _wanted(part, context)
    found = [path for path in _children(context) if path in wanted]
    if len(found) != 1:
        yield complaint(rule, wanted=" / ".join(wanted), count=len(found))


def _document_name(rule: str, part: str, context: Context) -> Iterator[Complaint]:
    yield from _names(rule, [path for path in _children(context) if path in _wanted(part, context)])


def _document_is_file(rule: str, part: str, context: Context) -> Iterator[Complaint]:
    yield from (complaint(rule, path) for path in _wanted(part, context) if path in context.psp.folders)


def _tolerated_is_file(context: Context) -> Iterator[Complaint]:
    found = (path for path in _children(context) if _TOLERATED.fullmatch(path) and path in context.psp.folders)
    yield from (complaint("TOLERATED_TL_FILES_ARE_NOT_DIRS", path) for path in found)


def _tolerated(context: Context) -> Iterator[Complaint]:
    found = (path for path in _children(context) if _TOLERATED.fullmatch(path))
    yield from (complaint("NO_TOLERATED_TL_FILES_FOUND", path) for path in found)


def _others(context: Context) -> Iterator[Complaint]:
    known = {name for part in _PARTS for name in _wanted(part, context)} | {use.value for use in Use}
    unknown = (path for path in _children(context) if path not in known and not _TOLERATED.fullmatch(path))
    yield from (complaint("NO_OTHER_TL_FILES_FOUND", path) for path in unknown)


def _folder_there(rule: str, use: Use, context: Context) -> Iterator[Complaint]:
    if use.value not in context.psp.folders and use.value not in context.psp.files:
        yield complaint(rule, folder=use.value)


def _folder_is_folder(rule: str, use: Use, context: Context) -> Iterator[Complaint]:
    if use.value in context.psp.files:
        yield complaint(rule, use.value)


def _file_names(rule: str, use: Use, context: Context) -> Iterator[Complaint]:
    yield from _names(rule, _named(use, context))


def _counts(context: Context) -> Iterator[Complaint]:
    # A folder that is missing is told once, by its own rule.
    counts = {use.value: len(_named(use, context)) for use in NAMES if use.value in context.psp.folders}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{folder} {count}" for folder, count in counts.items())
        yield complaint("NUMBER_OF_FILES_IN_DIRS_MATCH", counts=told)


def _lengths(rule: str, use: Use, context: Context) -> Iterator[Complaint]:
    paths = _named(use, context)
    yield from (
        complaint(rule, path, found=len(path) - len(use.value) - 1, wanted=len(paths[0]) - len(use.value) - 1)
        for path in paths
        if len(path) != len(paths[0])
    )


def _files_are_files(rule: str, use: Use, context: Context) -> Iterator[Complaint]:
    yield from (complaint(rule, path) for path in _named(use, context) if path in context.psp.folders)


def _extra(rule: str, use: Use, context: Context) -> Iterator[Complaint]:
    named = set(_named(use, context))
    yield from (complaint(rule, path) for path in _children(context, use.value) if path not in named)


def _names(rule: str, paths: list[str]) -> Iterator[Complaint]:
    yield from (complaint(rule, path) for path in paths if not _ALLOWED.fullmatch(path.rpartition("/")[2]))


def _odd(context: Context) -> Iterator[Complaint]:
    yield from (complaint("KDR_ODD_FILE", path) for path in context.psp.odd)


def _for_parts(rule: str, ask: Callable[[str, str, Context], Iterator[Complaint]]) -> dict[str, Check]:
    return {rule.format(part): partial(ask, rule.format(part), part) for part in _PARTS}


def _for_uses(rule: str, ask: Callable[[str, Use, Context], Iterator[Complaint]]) -> dict[str, Check]:
    return {rule.format(name): partial(ask, rule.format(name), use) for use, name in NAMES.items()}


RULES: dict[str, Check] = {
    "PSP_DIR_MATCHES_PSP_ID": _root_name,
    **_for_parts("SINGLE_{}_FILE_FOUND", _single),
    **_for_parts("{}_FILENAME_VALID", _document_name),
    **_for_parts("{}_IS_NOT_DIR", _document_is_file),
    "TOLERATED_TL_FILES_ARE_NOT_DIRS": _tolerated_is_file,
    "NO_TOLERATED_TL_FILES_FOUND": _tolerated,
    "NO_OTHER_TL_FILES_FOUND": _others,
    **_for_uses("SINGLE_{}-DIR_FILE_FOUND", _folder_there),
    **_for_uses("{}-DIR_IS_DIR", _folder_is_folder),
    **_for_uses("{}_FILENAMES_VALID", _file_names),
    "NUMBER_OF_FILES_IN_DIRS_MATCH": _counts,
    **_for_uses("{}_FILENAMES_LENGTHS_SAME", _lengths),
    **_for_uses("{}_FILES_ARE_NOT_DIRS", _files_are_files),
    **_for_uses("NO_EXTRA_FILES_IN_{}-DIR", _extra),
    "KDR_ODD_FILE": _odd,
}
"""Every rule of the section, by its id."""

CHECKS: tuple[Check, ...] = tuple(RULES.values())
