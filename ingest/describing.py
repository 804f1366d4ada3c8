"""The catalogue record of a volume: lying beside its scans, or looked up by the number that volume.toml gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.delivery import Found
from ingest.sidecar import RecordWish, Sidecar
from ingest.source.query import Hits, Key, KeyKind, RecordSource
from metadata.catalogue_record import CatalogueRecord, read_records
from metadata.description import Organisation
from metadata.file import FileRef, describe, place_bytes
from metadata.finding import finding
from metadata.marc_record import BadRecord
from metadata.problem import Problem

_SUFFIX = {"marc21": ".mrc", "marcxml": ".xml", "mods": ".xml"}
_LISTED = 5
_NO_RECORD = frozenset({"empty", "no_record", "malformed_xml", "unsafe_xml"})
# Broken XML is told as such already (D012, D013).

Load = Callable[[str], RecordSource]
"""Gives the source of that name. Raises Problem C006 (kdr.toml has none) or E005 (its settings are wrong)."""


@dataclass(frozen=True, slots=True)
class Catalogues:
    """Finds the records of a batch's volumes; what was fetched once is kept in its folder and not asked for again.

    `sources` are the names in kdr.toml, `load` makes one, `institution` holds what the records describe where
    volume.toml does not say, `batch` is the batch folder.
    """

    sources: tuple[str, ...]
    load: Load
    institution: Organisation
    batch: Path

    def __call__(self, folder: str, sidecar: Sidecar, files: tuple[Path, ...]) -> Found:
        """The record of a volume (see ingest.delivery.LookUp); a finding where there is not exactly one."""
        owner = sidecar.institution
        held_by = Organisation(owner.sigla, owner.name) if owner else self.institution
        try:
            record, kept = (
                self._beside(folder, files) if sidecar.record is None else self._asked(folder, sidecar.record)
            )
            return Found(record.describe(held_by, sidecar.kind) if record else None, kept=kept)
        except Problem as problem:
            return Found(findings=(problem.finding,))
        except ValueError as error:  # BadRecord is one; so is a number that no catalogue can be asked for
            return Found(findings=(finding("C005", folder, why=str(error)[:300]),))

    def _beside(self, folder: str, files: tuple[Path, ...]) -> tuple[CatalogueRecord | None, tuple[FileRef, ...]]:
        """The one record among the files that lie beside the scans; they travel into the package anyway."""
        records = [record for file in files for record in _records(file)]
        if len(records) > 1:
            raise _several(folder, folder, Hits(tuple(records), len(records)))
        return (records[0] if records else None), ()

    def _asked(self, folder: str, wish: RecordWish) -> tuple[CatalogueRecord, tuple[FileRef, ...]]:
        name = wish.source or (self.sources[0] if len(self.sources) == 1 else "")
        key = Key(KeyKind(wish.key[0]), wish.key[1])
        kept = self._kept(name, key)
        raw = next(kept.parent.glob(f"{kept.name}.*"), None)
        if raw is None:
            record = _only(folder, name, key, self.load(name).find(key))
            raw = kept.with_name(kept.name + _SUFFIX[record.form])
            raw.parent.mkdir(exist_ok=True)
            place_bytes(raw, record.raw)
        return read_records(raw.read_bytes())[0], (describe(raw, self.batch),)

    def _kept(self, source: str, key: Key) -> Path:
        """Where a record is kept, without its suffix: the same question has the same answer in one batch."""
        question = hashlib.sha256(f"{source}\n{key}".encode()).hexdigest()[:16]
        return self.batch / "records" / f"record-{question}"


def _records(file: Path) -> Iterator[CatalogueRecord]:
    if file.suffix.lower() not in (".xml", ".mrc", ".marc"):
        return
    try:
        yield from read_records(file.read_bytes())
    except BadRecord as error:
        if file.suffix.lower() != ".xml" or error.reason not in _NO_RECORD:
            raise


def _only(folder: str, source: str, key: Key, hits: Hits) -> CatalogueRecord:
    if not hits.total:
        raise Problem("C003", folder, source=source, key=str(key))
    if hits.total > 1 or len(hits.records) != 1:
        raise _several(folder, source, hits)
    return hits.records[0]


def _several(folder: str, source: str, hits: Hits) -> Problem:
    listed = "; ".join(f"{record.id or '?'} {record.title}" for record in hits.records[:_LISTED])
    return Problem("C004", folder, source=source, count=hits.total, listed=listed)
