"""Page lists and structure that lie beside the scans: pages.csv, pages.json, structure.toml, structure.json."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from metadata.finding import Finding, finding
from metadata.model import Source, Volume
from metadata.outline import read_outline
from metadata.pagelist import applied, read_pages

PAGE_LISTS = ("pages.csv", "pages.json")
OUTLINES = ("structure.toml", "structure.json")
_LONGEST = 1000  # a wrong page type is told with all 40 that there are


def as_given(volume: Volume, files: Iterable[Path]) -> tuple[Volume, tuple[Finding, ...]]:
    """The volume with what the lists among `files` say of its pages and divisions.

    A list that does not fit is a finding (V013) and says nothing at all.
    """
    by_name = {file.name: file for file in files}
    findings: list[Finding] = []
    for name in (*PAGE_LISTS, *OUTLINES):
        if name not in by_name:
            continue
        try:
            volume = _told(volume, by_name[name])
        except (ValueError, RecursionError) as error:
            findings.append(finding("V013", volume.folder, why=str(error)[:_LONGEST]))
    return volume, tuple(findings)


def _told(volume: Volume, file: Path) -> Volume:
    content, kind = file.read_bytes(), volume.description.kind
    if file.name in PAGE_LISTS:
        return replace(volume, pages=applied(volume.pages, read_pages(content, file.name), kind, Source.GIVEN))
    return replace(volume, divisions=read_outline(content, file.name, volume.pages, volume.id, kind=kind))
