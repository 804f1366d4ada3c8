"""Stored volumes whose pages are real pictures, for tests of what readers are shown."""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from PIL import Image

from metadata.alto import to_alto
from metadata.file import FileRef
from metadata.model import Page, PageRecord, Volume, VolumeId, VolumeRecord, new_page_id, new_volume_id
from metadata.ndk import layout
from metadata.ndk.layout import Use
from metadata.ndk.package import placed
from tests.bags import AGENT
from tests.page_records import CREATED, KDR, description, page_record
from tests.page_texts import page_of
from tests.stored_volumes import Shelf, bag_of

SQUARE = 100
"""Side in pixels of one of the squares of `squares`; there are ten by ten."""


def squares(side: int = SQUARE) -> Image.Image:
    """The picture that the validator of the IIIF asks for: squares in the colours of its table."""
    picture = Image.new("RGB", (10 * side, 10 * side))
    for x, column in enumerate(importlib.import_module("iiif_validator.validator").ValidationInfo().colorInfo):
        for y, colour in enumerate(column):
            picture.paste(colour, (x * side, y * side, (x + 1) * side, (y + 1) * side))
    return picture


def written(picture: Image.Image, kind: str = "JPEG2000", **options: object) -> bytes:
    """The bytes of the file; JPEG 2000 without loss."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def picture_bag(
    folder: Path, name: str, pictures: Sequence[Image.Image], files: tuple[bytes, bytes] | None = None, **about: object
) -> VolumeId:
    """Make the bag of a volume of these pages; `files` (user copy, master) stand in the place of those of pictures."""
    volume = new_volume_id(name)
    pages = tuple(
        Page(new_page_id(volume, f"{order}.tif"), order, f"{order}.tif", label=str(order))
        for order in range(1, len(pictures) + 1)
    )
    whole = Volume(volume, name, replace(description(), title=name), pages, **about)  # type: ignore[arg-type]
    made = [_page(whole, page, picture, files) for page, picture in zip(pages, pictures, strict=True)]
    contents = {path: content for _, held in made for path, content in held.items()}
    bag_of(folder, VolumeRecord(whole, tuple(record for record, _ in made), KDR, CREATED), contents)
    return volume


def keep_pictures(
    shelf: Shelf, name: str, pictures: Sequence[Image.Image], files: tuple[bytes, bytes] | None = None, **about: object
) -> VolumeId:
    """Store such a volume and bring the catalogue up to date."""
    bag = shelf.root / "bag"
    volume = picture_bag(bag, name, pictures, files, **about)
    with patch.object(os, "fsync"):
        shelf.store.take(bag, volume, AGENT)
    shutil.rmtree(bag)
    shelf.build()
    return volume


def _page(
    volume: Volume, page: Page, picture: Image.Image, told: tuple[bytes, bytes] | None
) -> tuple[PageRecord, dict[str, bytes]]:
    record, text = page_record(page, volume.id), page_of("zvon")
    user, master = told or (written(picture), written(picture))
    files = {
        Use.MASTER: master,
        Use.USER: user,
        Use.ALTO: to_alto(text, image_name="mc.jp2", when=CREATED, order=page.order),
        Use.TXT: text.plain().encode(),
    }
    refs = {use: _ref(layout.name(volume.id, use, page.order), files[use], use) for use in files}
    facts = replace(record.master_image, width=picture.width, height=picture.height)
    record = replace(
        record,
        master=refs[Use.MASTER],
        user=refs[Use.USER],
        alto=refs[Use.ALTO],
        txt=refs[Use.TXT],
        master_image=facts,
        user_image=facts,
        words=1,
        findings=(),
    )
    return record, {placed(volume.id, record)[use].path: files[use] for use in files}


def _ref(name: str, content: bytes, use: Use) -> FileRef:
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return FileRef(name, len(content), hashlib.sha512(content).hexdigest(), md5, layout.GROUPS[use].media_type)
