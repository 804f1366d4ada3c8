"""Whole packages on disk in which nothing is wrong but their images (a few bytes each), and ways to damage them.

`renew` makes sizes and digests agree again after a change, so that a test can break one rule and no other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lxml import etree

from metadata.alto import to_alto
from metadata.elements import METS, XLINK
from metadata.file import FileRef
from metadata.markup import Element, parse
from metadata.model import PageRecord, VolumeRecord
from metadata.ndk import layout
from metadata.ndk.layout import Use
from metadata.ndk.package import psp_documents
from tests.page_records import CREATED, md5, volume_record
from tests.page_texts import page_of

WORDS = "Příliš žluťoučký kůň"


def good_package(folder: Path, record: VolumeRecord | None = None) -> Path:
    """A package in `folder`/<id>: all five folders, main METS, MD5 list, info; gives back its root."""
    given = record or volume_record()
    contents = {page.page.number: contents_of(page) for page in given.pages}
    finished = replace(given, pages=tuple(_described(page, contents[page.page.number]) for page in given.pages))
    root = folder / given.volume.id
    for page in finished.pages:
        for use, content in contents[page.page.number].items():
            put(root, layout.path(given.volume.id, use, page.page.order), content)
    for name, content in dict(psp_documents(finished)).items():
        put(root, name, content)
    return root


def put(root: Path, path: str, content: bytes) -> None:
    """A file with its folders."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)


def contents_of(page: PageRecord) -> dict[Use, bytes]:
    """What the files of a page hold: ALTO and text of three words, images that are none."""
    order, image = page.page.order, page.master_image
    text = replace(page_of(WORDS), width=image.width, height=image.height)
    name = page.master.path
    return {
        Use.MASTER: b"no image, master %d" % order,
        Use.USER: b"no image, user copy %d" % order,
        Use.ALTO: to_alto(text, image_name=name, when=CREATED, order=order),
        Use.TXT: f"{WORDS}\n".encode(),
    }


def changed(root: Path, path: str, old: str, new: str, *, count: int = 1) -> None:
    """Put `new` for the first `count` occurrences of `old` (a regular expression) in a document, and renew."""
    file = root / path
    text, times = re.subn(old, new, file.read_text(encoding="utf-8"), count=count)
    assert times, f"{old} is not in {path}"
    file.write_text(text, encoding="utf-8")
    renew(root)


def edited(root: Path, path: str, edit: Callable[[Element], None]) -> None:
    """Change the tree of a document, and renew."""
    tree = parse((root / path).read_bytes())
    edit(tree)
    (root / path).write_bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8"))
    renew(root)


def renew(root: Path) -> None:
    """Sizes and digests in all METS, the MD5 list and info.xml as the files are now; nothing else is touched."""
    for path in [*sorted(root.glob("amdsec/amd_mets_*.xml")), *root.glob("mets_*.xml")]:
        if path.is_file():
            _renew_mets(root, path)
    renew_lists(root)


def renew_lists(root: Path) -> None:
    """The MD5 list and info.xml as the files are now; no METS is touched or read."""
    renewed = {path.relative_to(root).as_posix(): md5(path.read_bytes()) for path in _belonging(root, "mets_*.xml")}
    for listed in root.glob("md5_*.md5"):
        if listed.is_file():
            listed.write_text("".join(f"{renewed[name]} /{name}\n" for name in sorted(renewed)), encoding="utf-8")
    renew_info(root)


def renew_info(root: Path) -> None:
    """Items, size and the digest of the MD5 list in info.xml as the files are now."""
    belonging = _belonging(root, "mets_*.xml", "md5_*.md5", "info*.xml")
    names = sorted(f"/{path.relative_to(root).as_posix()}" for path in belonging)
    for info in (path for path in root.glob("info*.xml") if path.is_file()):
        tree = parse(info.read_bytes())
        for items in tree.findall("itemlist"):
            items[:] = [_item(name) for name in names]
            items.set("itemtotal", str(len(names)))
        for checksum, listed in zip(tree.findall("checksum"), root.glob("md5_*.md5"), strict=False):
            checksum.set("checksum", md5(listed.read_bytes()) if listed.is_file() else "")
        for _ in range(2):  # its own size counts, and it is written first
            info.write_bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8"))
            for size in tree.findall("size"):
                size.text = str(-(-sum(path.stat().st_size for path in belonging) // 1024))


def _belonging(root: Path, *documents: str) -> list[Path]:
    """The files of the five folders, and those documents of the root."""
    folders = [root.glob(f"{use.value}/*") for use in Use]
    return [path for found in [*folders, *map(root.glob, documents)] for path in found if path.is_file()]


def _item(name: str) -> Element:
    item = etree.Element("item")
    item.text = name
    return item


def _renew_mets(root: Path, path: Path) -> None:
    tree = parse(path.read_bytes())
    for file in tree.iter(METS.tag("file")):
        place = file.find(METS.tag("FLocat"))
        named = root / str(place.get(XLINK.tag("href"), "")) if place is not None else root
        if named.is_file():
            file.set("SIZE", str(named.stat().st_size))
            file.set("CHECKSUM", md5(named.read_bytes()))
    path.write_bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8"))


def _described(page: PageRecord, contents: dict[Use, bytes]) -> PageRecord:
    def told(ref: FileRef, use: Use) -> FileRef:
        data = contents[use]
        return replace(ref, size=len(data), md5=md5(data), sha512=hashlib.sha512(data).hexdigest())

    return replace(
        page,
        master=told(page.master, Use.MASTER),
        user=told(page.user, Use.USER),
        alto=told(page.alto, Use.ALTO),
        txt=told(page.txt, Use.TXT),
    )
