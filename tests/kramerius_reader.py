"""OUR reader of packages, which behaves as Kramerius' METS import does by the public facts; it is not Kramerius.

Source of the facts: ndk.md §8 and the import's own source (ceskaexpedice/kramerius, processes/import-mets). What that
import throws at, this throws at. Written for tests only.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from metadata.elements import METS, MODS, XLINK
from metadata.markup import Element, parse

_STREAMS = {
    "MC_IMGGRP": "", "UC_IMGGRP": "IMG_FULL", "ALTOGRP": "ALTO", "TXTGRP": "TEXT_OCR", "TECHMDGRP": "AMD",
}  # fmt: skip
_GENRES = {"cartographic": "map", "graphic": "graphic", "sheetmusic": "sheetmusic"}
_MODELS = {
    "PERIODICAL_TITLE": "periodical",
    "PERIODICAL_VOLUME": "periodicalvolume",
    "ISSUE": "periodicalitem",
    "SUPPLEMENT": "supplement",
    "ARTICLE": "article",
    "CHAPTER": "internalpart",
    "PICTURE": "picture",
}
_PARENTS = ("ISSUE", "VOLUME", "SUPPLEMENT")


class Stopped(Exception):
    """The import ends here."""


@dataclass(slots=True)
class Thing:
    """An object with its model, parts and pages as links to other objects, and its streams."""

    pid: str
    model: str
    title: str = ""
    parts: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    on_pages: list[str] = field(default_factory=list)
    streams: dict[str, bytes] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)


def read_tree(folder: Path) -> dict[str, Thing]:
    """Everything that the import makes of a folder, by PID; folders of images by packageid are `images`."""
    info = _info(folder)
    if info is None:
        found: dict[str, Thing] = {}
        for child in sorted(each for each in folder.iterdir() if each.is_dir()):
            for pid, thing in read_tree(child).items():
                _merge(found, pid, thing)
        return found
    told = parse(info.read_bytes())
    named = told.findtext("mainmets") or ""
    if told.findtext("packageid") != folder.name:
        raise Stopped("images are looked for in a folder of another name")
    return _Package(folder, parse((folder / named).read_bytes())).things()


def _info(folder: Path) -> Path | None:
    names = sorted(each for each in folder.iterdir() if each.name.lower().startswith("info") and each.suffix == ".xml")
    return next(iter(names), None)


def _merge(found: dict[str, Thing], pid: str, thing: Thing) -> None:
    """A title comes with every package of it; its parts add up."""
    if pid in found:
        found[pid].parts += [part for part in thing.parts if part not in found[pid].parts]
    else:
        found[pid] = thing


class _Package:
    def __init__(self, folder: Path, root: Element) -> None:
        self._folder, self._root = folder, root
        self._records = {
            section.get("ID", ""): record
            for section in root.iter(METS.tag("dmdSec"))
            if (record := section.find(f".//{MODS.tag('mods')}")) is not None
        }
        self._files = dict(self._listed())
        self._by_division: dict[str, Thing] = {}
        self._page_of_file: dict[str, str] = {}
        self._single = False
        genres = (record.findtext(MODS.tag("genre")) or "" for record in self._records.values())
        self._genre = next((_GENRES[genre] for genre in genres if genre in _GENRES), "monograph")

    def things(self) -> dict[str, Thing]:
        """Pages first, then divisions, then links."""
        for structure in self._root.iter(METS.tag("structMap")):
            top = structure.find(METS.tag("div"))
            if top is None:
                raise Stopped("an empty map")
            if structure.get("TYPE") == "PHYSICAL":
                for page in _divisions(top):
                    self._page(page)
            else:
                self._division(None, top)
        for link in self._root.iter(METS.tag("smLink")):
            self._link(link.get(XLINK.tag("from"), ""), link.get(XLINK.tag("to"), ""))
        return {thing.pid: thing for thing in self._by_division.values()}

    def _listed(self) -> Iterator[tuple[str, tuple[str, str]]]:
        for group in self._root.iter(METS.tag("fileGrp")):
            if group.get("ID") not in _STREAMS:
                raise Stopped(f"fileGrp {group.get('ID')}")
            for file in group.iter(METS.tag("file")):
                place = file.find(METS.tag("FLocat"))
                assert place is not None
                yield file.get("ID", ""), (_STREAMS[group.get("ID", "")], place.get(XLINK.tag("href"), ""))

    def _page(self, division: Element) -> None:
        own = division.get("ID", "")
        record = self._records.get(own.replace("DIV" if own.startswith("DIV_PAGE") else "DIV_P", "MODSMD", 1))
        page = Thing((record is not None and _uuid(record)) or str(uuid.uuid4()), "page")
        page.title = division.get("ORDERLABEL", "")
        for pointer in division.iter(METS.tag("fptr")):
            stream, path = self._files[pointer.get("FILEID", "")]
            if not stream:  # masters are not published
                continue
            if not (self._folder / path).is_file():
                raise Stopped(f"referenced file not found: {path}")
            page.streams[stream] = (self._folder / path).read_bytes()
            self._page_of_file[pointer.get("FILEID", "")] = page.pid
        self._by_division[own] = page

    def _division(self, parent: Thing | None, division: Element) -> None:
        kind, described = division.get("TYPE", ""), division.get("DMDID", "").split()
        if kind == "PAGE":
            return
        if kind == "MONOGRAPH" and not described:
            self._single = True
            for each in _divisions(division):
                self._division(None, each)
            return
        if not described:
            self._block(parent, division)
            return
        record = self._records.get(described[0])
        if record is None:
            raise Stopped(f"cannot find mods: {described[0]}")
        made = Thing(_uuid(record) or str(uuid.uuid4()), self._model(kind))
        made.title = record.findtext(f"{MODS.tag('titleInfo')}/{MODS.tag('title')}") or ""
        if parent is not None:
            parent.parts.append(made.pid)
        self._by_division[division.get("ID", "")] = made
        for each in _divisions(division):
            self._division(made, each)

    def _model(self, kind: str) -> str:
        if kind == "MONOGRAPH":
            return self._genre
        if kind == "VOLUME":
            return self._genre if self._single else "monographunit"
        if kind not in _MODELS:
            raise Stopped(f"unsupported div type in logical structure: {kind}")
        return _MODELS[kind]

    def _block(self, parent: Thing | None, division: Element) -> None:
        assert parent is not None
        for area in division.iter(METS.tag("area")):
            _, path = self._files[area.get("FILEID", "")]
            alto = parse((self._folder / path).read_bytes())
            for block in alto.iter("{*}TextBlock"):
                if block.get("ID") == area.get("BEGIN"):
                    parent.text.append(" ".join(each.get("CONTENT", "") for each in block.iter("{*}String")))

    def _link(self, source: str, target: str) -> None:
        part, page = self._by_division.get(source), self._by_division.get(target)
        if part is None or page is None:
            return  # it warns and goes on
        (part.pages if source.startswith(_PARENTS) else part.on_pages).append(page.pid)


def _divisions(division: Element) -> list[Element]:
    return division.findall(METS.tag("div"))


def _uuid(record: Element) -> str:
    """The last identifier of that type."""
    told = [each.text or "" for each in record.findall(MODS.tag("identifier")) if each.get("type") == "uuid"]
    return told[-1].replace("{", "").replace("}", "").lower() if told else ""
