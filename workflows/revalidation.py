"""Stored files decoded and judged again: a format is alive as long as today's software reads it (ISO 16363 4.3.3)."""

from __future__ import annotations

import contextlib
import io
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jpylyzer.jpylyzer
import pikepdf

from ingest.image import BadScan, decode, look
from metadata.alto import from_alto
from metadata.finding import Finding, finding
from metadata.markup import parse
from metadata.model import VolumeId
from metadata.record import read_json
from repository.journal import Journal, Json
from repository.ledger import Kept, read_ledger
from repository.pieces import holders
from repository.place import Place
from workflows.agents import KDR
from workflows.formats import formats_of, local, newest_versions
from workflows.founding import attached, open_store
from workflows.settings import Home

KIND = "revalidated"
"""Kind of the journal entry: one an object."""
_MOST_TOLD = 100


@dataclass(frozen=True, slots=True)
class Revalidated:
    """One object judged again: files judged, files that no validator knows, and what was found (S093)."""

    object_id: VolumeId
    version: str
    place: str
    files: int
    unjudged: int
    formats: dict[str, int]
    faults: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Recheck:
    """All that was judged, and how many objects could not be read because no place with them is attached."""

    objects: tuple[Revalidated, ...]
    unread: int

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Every fault."""
        return tuple(fault for each in self.objects for fault in each.faults)


@dataclass(frozen=True, slots=True)
class _Work:
    place: Place
    kept: Kept
    puids: dict[str, str]


def revalidate(home: Home, puid: str = "", sample: int | None = None) -> Recheck:
    """Judge the files of the newest version of every object again, and journal it object by object.

    Args:
        home: the repository.
        puid: only files of this format.
        sample: only so many files, drawn by chance over all objects.

    Raises:
        Problem: S003, S015, S016, S020 of the journal or a place.
        OSError: a record of pages cannot be read.
    """
    store, unread, works = open_store(home), 0, []
    for kept in newest_versions(read_ledger(store.journal)):
        place = next(iter(holders(store.places, kept)), None)
        if place is None:
            unread += 1
            continue
        chosen = {path: of for path, of in formats_of(place, kept).items() if puid in ("", of)}
        works.append(_Work(place, kept, chosen))
    if sample is not None:
        works = _drawn(works, sample)
    return Recheck(tuple(_judged(home, work) for work in works if work.puids), unread)


def fault(path: Path, puid: str, most_pixels: int = 400_000_000) -> str | None:
    """What is wrong with a file as a file of format `puid`: "" nothing, None no validator knows the format.

    An image larger than `most_pixels` is judged by its structure and not decoded.
    """
    validator = _VALIDATORS.get(puid)
    if validator is None:
        return None
    try:
        return validator(path, most_pixels)
    except BadScan as error:
        return f"{error.code} {error.facts.get('why', '')}".strip()
    except (OSError, ValueError, RecursionError, pikepdf.PdfError) as error:
        return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _image(path: Path, most_pixels: int) -> str:
    facts = look(path)
    if facts.width * facts.height <= most_pixels:
        decode(path, 0, facts)
    return ""


def _jp2(path: Path, most_pixels: int) -> str:
    # It tells people in English on their screen what its report says anyway.
    with contextlib.redirect_stderr(io.StringIO()):
        report = jpylyzer.jpylyzer.checkOneFile(str(path))
    said = report.findtext("isValid") or ""
    return _image(path, most_pixels) if said == "True" else "jpylyzer: isValid False"


def _xml(path: Path, _most_pixels: int) -> str:
    content = path.read_bytes()
    if str(parse(content).tag).rpartition("}")[2] == "alto":
        from_alto(content)
    return ""


def _text(path: Path, _most_pixels: int) -> str:
    with path.open(encoding="utf-8") as stream:
        while stream.read(1 << 20):
            pass
    return ""


def _json(path: Path, _most_pixels: int) -> str:
    read_json(path.read_bytes())
    return ""


def _pdf(path: Path, _most_pixels: int) -> str:
    with pikepdf.open(path) as document:
        return "; ".join(document.check_pdf_syntax())[:200]


_IMAGES = ("fmt/353", "fmt/11", "fmt/12", "fmt/13", "fmt/42", "fmt/43", "fmt/44")
_PDFS = ("fmt/18", "fmt/19", "fmt/20", "fmt/276", "fmt/95", "fmt/354", "fmt/477", "fmt/478", "fmt/480")
_VALIDATORS: dict[str, Callable[[Path, int], str]] = {
    "x-fmt/392": _jp2, "fmt/101": _xml, "x-fmt/111": _text, "x-fmt/18": _text, "fmt/817": _json,
    **dict.fromkeys(_IMAGES, _image), **dict.fromkeys(_PDFS, _pdf),
}  # fmt: skip


def _drawn(works: Sequence[_Work], sample: int) -> list[_Work]:
    everything = [(number, path) for number, work in enumerate(works) for path in work.puids]
    chosen = set(random.SystemRandom().sample(everything, min(sample, len(everything))))
    return [
        _Work(work.place, work.kept, {path: of for path, of in work.puids.items() if (number, path) in chosen})
        for number, work in enumerate(works)
    ]


def _judged(home: Home, work: _Work) -> Revalidated:
    kept, faults, formats, unjudged = work.kept, [], Counter[str](), 0
    for path, puid in work.puids.items():
        try:
            with local(work.place, kept, path) as where:
                why = fault(where, puid, home.settings.page.max_megapixels * 1_000_000)
        except OSError as error:
            why = error.strerror or str(error)
        if why is None:
            unjudged += 1
            continue
        formats[puid] += 1
        if why:
            faults.append(finding("S093", kept.object_id, file=path, format=puid, why=why))
    seen = Revalidated(
        kept.object_id, kept.version, work.place.name, formats.total(), unjudged, dict(formats), tuple(faults)
    )
    _write_down(home, seen)
    return seen


def _write_down(home: Home, seen: Revalidated) -> None:
    told = [f"{each.code} {each.facts['file']}" for each in seen.faults]
    facts: dict[str, Json] = {
        "version": seen.version, "place": seen.place, "files": seen.files, "unjudged": seen.unjudged,
        "formats": seen.formats, "faults": told[:_MOST_TOLD], "fault_count": len(told),
    }  # fmt: skip
    Journal(home.journal).append(KIND, seen.object_id, facts, KDR, attached(home))
