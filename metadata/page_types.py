"""The standard's closed lists of page types (PPP 2.3 for monographs, 8.6 for periodicals; ndk.md §2)."""

from __future__ import annotations

from metadata.description import VolumeKind

_PAGE_TYPES = frozenset({
    "frontJacket", "cover", "frontCover", "backCover", "frontEndSheet", "backEndSheet", "frontEndPaper",
    "backEndPaper", "titlePage", "preface", "introduction", "normalPage", "blank", "illustration", "map", "table",
    "advertisement", "impressum", "colophon", "frontispiece", "imprimatur", "dedication", "errata", "sheetMusic",
    "appendix", "bibliography", "afterword", "conclusion", "tableOfContents", "index", "listOfIllustrations",
    "listOfMaps", "listOfTables", "edge", "spine", "jacket", "flyLeaf",
})  # fmt: skip
_NOT_IN_PERIODICALS = frozenset({
    "frontJacket", "impressum", "frontispiece", "imprimatur", "appendix", "edge", "flyLeaf",
})  # fmt: skip


def page_types(kind: VolumeKind) -> frozenset[str]:
    """The closed list of page types in a volume of `kind`: PPP 2.3 for monographs, 8.6 for periodicals (ndk.md §2)."""
    return _PAGE_TYPES - _NOT_IN_PERIODICALS | {"flyleaf"} if kind.periodical else _PAGE_TYPES
