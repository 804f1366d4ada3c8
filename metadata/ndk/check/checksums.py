"""The list of MD5 digests: fDMF, section "Soubor CHECKSUM" (ndk.md §1), graded as the national validator does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from metadata.ndk.check.complaint import Complaint, Level, complaint
from metadata.ndk.check.context import Check, Context
from metadata.ndk.layout import Use

_HEX = re.compile(r"[0-9a-fA-F]{32}")
_PATH = re.compile(r"([\\/][0-9a-zA-Z._-]+)+")
_GRAMMAR, _PATHS, _DIGESTS = (
    "CHECKSUM_FILE_GENERATED_BY_GRAMMAR", "CHECKSUM_FILE_ALL_PATHS_MATCH_FILES", "CHECKSUM_FILE_ALL_CHECKSUMS_MATCH",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: its number from 1, what stands before and after its first space or tabulator.

    `named` is the path relative to the package's root, empty when the line names none that could be in a package.
    """

    number: int
    text: str
    digest: str
    written: str
    named: str


def rows(content: bytes) -> tuple[Row, ...]:
    """The lines of an MD5 list, whatever they hold; bytes that are no UTF-8 become what `os.fsdecode` makes of them."""
    lines = re.split(r"\r\n|\r|\n", content.decode("utf-8", "surrogateescape"))
    if lines[-1] == "":
        lines.pop()
    found = []
    for number, line in enumerate(lines, 1):
        digest, written = ([*re.split("[ \t]", line, maxsplit=1), ""])[:2]
        found.append(Row(number, line, digest, written, path_named(written)))
    return tuple(found)


def path_named(written: str) -> str:
    r"""What a path of the MD5 list or of info.xml names, relative to the package's root; empty when nothing in it.

    Begins with /, \, ./, .\ or at once with a name (as the national validator reads it); either slash separates.
    """
    start = 2 if written.startswith(("./", ".\\")) else 1 if written.startswith(("/", "\\")) else 0
    path = written[start:].replace("\\", "/")
    return "" if path.startswith((".", "/")) else path.rstrip("/")


def listed_files(context: Context) -> set[str]:
    """What the MD5 list must name: the main METS and all files of the five folders."""
    main = [context.main_path] if context.main_path else []
    return {*main, *(path for use in Use for path in context.files(use))}


def _grammar(context: Context, listed: Sequence[Row]) -> Iterator[Complaint]:
    for row in listed:
        place = f"{row.number}: {row.text[:200]}"
        if row.digest == row.text:
            yield complaint(_GRAMMAR, context.md5_path, line=place)
        elif not _HEX.fullmatch(row.digest):
            yield Complaint(_GRAMMAR, context.md5_path, facts={"line": place}, graded=Level.INFO)
        elif not _PATH.fullmatch(row.written):
            yield Complaint(_GRAMMAR, context.md5_path, facts={"line": place}, graded=Level.WARNING)


def _paths(context: Context, listed: Sequence[Row]) -> Iterator[Complaint]:
    wanted, named = listed_files(context), {row.named or row.text[:200] for row in listed}
    for path in sorted(wanted - named):
        yield complaint(_PATHS, context.md5_path, missing=path, extra="–")
    for path in sorted(named - wanted):
        yield complaint(_PATHS, context.md5_path, missing="–", extra=path)


def _digests(context: Context, listed: Sequence[Row]) -> Iterator[Complaint]:
    for row in listed:
        # A file that is not there is told once, by the rule on paths.
        if row.named in context.psp.files:
            yield from _digest(context, row)


def _digest(context: Context, row: Row) -> Iterator[Complaint]:
    try:
        found = context.psp.digest(row.named)
    except OSError as error:
        yield complaint("KDR_UNREADABLE", row.named, why=str(error))
        return
    if found != row.digest.lower():
        yield complaint(_DIGESTS, row.named, found=found, wanted=row.digest[:64])


RULES: dict[str, Callable[[Context, Sequence[Row]], Iterator[Complaint]]] = {
    _GRAMMAR: _grammar,
    _PATHS: _paths,
    _DIGESTS: _digests,
}
"""Every rule of the section, by its id."""


def complaints(context: Context) -> Iterator[Complaint]:
    """All rules of the section; nothing when there is no list, which the rules on layout tell."""
    if not context.md5_path:
        return
    try:
        listed = rows(context.psp.read(context.md5_path))
    except (OSError, ValueError) as error:
        yield complaint("KDR_UNREADABLE", context.md5_path, why=str(error))
        return
    for rule in RULES.values():
        yield from rule(context, listed)


CHECKS: tuple[Check, ...] = (complaints,)
