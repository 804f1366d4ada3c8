"""From file names and sidecars to volumes and pages."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ingest.given import OUTLINES, PAGE_LISTS, as_given
from ingest.image import SUFFIXES, frames
from ingest.material import Material
from ingest.sidecar import NAME as SIDECAR
from ingest.sidecar import Sidecar, described, placed_under, read_sidecar, rights_of
from ingest.spreads import WHOLE, look_for_spreads
from metadata.description import Description, IdentifierKind, Organisation, VolumeKind
from metadata.file import FileRef
from metadata.finding import Finding, finding
from metadata.markup import UnsafeXml, parse
from metadata.model import Page, Part, Source, Volume, new_page_id, new_volume_id, volume_id

_SIDECARS = frozenset({SIDECAR, *PAGE_LISTS, *OUTLINES})
_RECORDS = (".xml", ".mrc", ".marc")
_MATERIALS = {
    VolumeKind.MAP: Material.MAP,
    VolumeKind.GRAPHIC: Material.PHOTOGRAPH,
    VolumeKind.ISSUE: Material.NEWSPAPER,
    VolumeKind.SHEET_MUSIC: Material.MUSIC,
}
"""What is scanned where volume.toml does not say; else a book."""
_MOST_NAMED = 40
"""Scans that a finding about a whole volume names."""


@dataclass(frozen=True, slots=True)
class PlannedVolume:
    """A volume ready to be worked on: its pages, its scans as claimed, what operators declared, and what was noticed.

    `scans` maps the scan's name to its reference (relative to the claimed delivery); `declared_dpi` is 0 when nothing
    was declared; `sidecars` (relative to the claimed delivery) and `fetched` catalogue records (relative to the batch
    folder) travel into the package untouched. `material` says what is scanned, `expected` how many pages a delivery
    note counts (0 when none does). A volume with a stopping finding waits.
    """

    volume: Volume
    scans: dict[str, FileRef]
    declared_dpi: int
    sidecars: tuple[FileRef, ...]
    findings: tuple[Finding, ...]
    fetched: tuple[FileRef, ...] = ()
    material: Material = Material.BOOK
    expected: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a catalogue says of a volume: its record as a description, and what was noticed on the way.

    `kept` are untouched records that were fetched, relative to the batch folder.
    """

    record: Description | None = None
    findings: tuple[Finding, ...] = ()
    kept: tuple[FileRef, ...] = ()


LookUp = Callable[[str, Sidecar, tuple[Path, ...]], Found]
"""Finds the catalogue record of a volume: its folder's name, its sidecar, and the other sidecar files."""


def nothing_known(folder: str, sidecar: Sidecar, files: tuple[Path, ...]) -> Found:
    """The look-up of those who have no catalogue."""
    return Found()


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which `2.tif` stands before `10.tif`, whatever form its diacritics have."""
    plain = unicodedata.normalize("NFC", name).casefold()
    parts = re.split(r"(\d+)", plain)
    return tuple((0, int(p), "") if p.isdigit() and p.isascii() else (1, 0, p) for p in parts if p)


def volumes(
    delivery: Path,
    files: tuple[FileRef, ...],
    noticed: tuple[Finding, ...],
    institution: Organisation,
    look_up: LookUp = nothing_known,
    *,
    splitting: bool = True,
) -> tuple[tuple[PlannedVolume, ...], tuple[Finding, ...]]:
    """The volumes of a claimed delivery, and what belongs to none.

    Args:
        delivery: the claimed delivery's folder.
        files: every file of it, as claimed.
        noticed: findings of the claim; those about a file in a volume's folder stop or mark that volume.
        institution: who delivers when a sidecar does not say.
        look_up: finds catalogue records.
        splitting: whether scans of an opened book become two pages where volume.toml does not say.
    """
    folders: dict[str, list[FileRef]] = {}
    loose: list[Finding] = []
    for ref in files:
        folder, _, name = ref.path.partition("/")
        if name:
            folders.setdefault(folder, []).append(ref)
        else:
            loose.append(finding("D009", ref.path))
    for refused in noticed:
        folder, _, name = refused.subject.partition("/")
        if name:
            folders.setdefault(folder, [])
    empty = [p.name for p in delivery.iterdir() if p.is_dir()] if delivery.is_dir() else []
    for name in empty:
        folders.setdefault(name, [])
    order = sorted(folders, key=natural_order)
    about = {name: [f for f in noticed if f.subject.partition("/")[0] == name and "/" in f.subject] for name in order}
    loose += [f for f in noticed if "/" not in f.subject]
    planner = _Planner(delivery, institution, look_up, splitting)
    planned = tuple(planner.planned(name, folders[name], about[name]) for name in order)
    return planned, tuple(loose)


@dataclass(frozen=True, slots=True)
class _Planner:
    """What all volumes of a delivery have in common."""

    delivery: Path
    institution: Organisation
    look_up: LookUp
    splitting: bool

    def planned(self, folder: str, files: list[FileRef], findings: list[Finding]) -> PlannedVolume:
        """One volume: its files, what is said about it, its pages."""
        here = [ref for ref in files if ref.path.count("/") == 1]
        scans = sorted((r for r in here if _is_scan(r.path)), key=lambda r: natural_order(r.path))
        sidecars = tuple(r for r in here if _is_sidecar(r.path))
        used = {r.path for r in scans} | {r.path for r in sidecars}
        findings += [finding("D008", r.path) for r in files if r.path not in used]
        findings += _twins(scans)
        for ref in sidecars:
            findings += _xml_findings(self.delivery, ref)
        if not scans:
            findings.append(finding("D016", folder))
        sidecar, wrong = _read_sidecar(self.delivery, sidecars)
        others = tuple(self.delivery / r.path for r in sidecars if _name(r) != SIDECAR)
        found = Found() if wrong else self.look_up(folder, sidecar, others)
        findings += [*wrong, *found.findings]
        plain = self._volume(folder, scans, sidecar, found.record)
        splitting = self._is_split(sidecar, plain.description.kind, others)
        pages, doubts = _pages(self.delivery, plain, scans, splitting=splitting)
        volume, unfit = as_given(replace(plain, pages=pages), others)
        findings += doubts
        findings += unfit
        if len(volume.pages) < sidecar.pages:
            there = ", ".join(_name(ref) for ref in scans[:_MOST_NAMED]) + (" …" if len(scans) > _MOST_NAMED else "")
            findings.append(finding("V017", folder, told=sidecar.pages, pages=len(volume.pages), scans=there))
        above = sidecar.periodical or sidecar.multivolume
        if not (sidecar.title or found.record or (above and above.title)):
            findings.append(finding("V003", folder))
        findings += _shared(folder, volume.pages)
        by_name = {_name(ref): ref for ref in scans}
        material = sidecar.material or _MATERIALS.get(volume.description.kind, Material.BOOK)
        return PlannedVolume(
            volume, by_name, sidecar.resolution, sidecars, tuple(findings), found.kept, material, sidecar.pages
        )

    def _is_split(self, sidecar: Sidecar, kind: VolumeKind, others: tuple[Path, ...]) -> bool:
        """As volume.toml says; else sheets stay whole, and so does what a list beside the scans counts scan by scan."""
        if sidecar.spreads is not None:
            return sidecar.spreads
        listed = any(file.name in (*PAGE_LISTS, *OUTLINES) for file in others)
        return self.splitting and not kind.loose and not listed

    def _volume(self, folder: str, scans: list[FileRef], sidecar: Sidecar, record: Description | None) -> Volume:
        about = described(sidecar, record, folder, self.institution)
        content = hashlib.sha256("\n".join(ref.sha512 for ref in scans).encode() or folder.encode()).hexdigest()
        given = about.identifier(IdentifierKind.UUID)
        own = volume_id(given) if given else new_volume_id(content)
        title, year = placed_under(sidecar, about, record)
        name = unicodedata.normalize("NFC", folder)
        return Volume(own, name, about, (), title, year, rights=rights_of(sidecar))


def _pages(
    delivery: Path, volume: Volume, scans: list[FileRef], *, splitting: bool
) -> tuple[tuple[Page, ...], list[Finding]]:
    images = [(ref, image) for ref in scans for image in range(frames(delivery / ref.path))]
    places = [(delivery / ref.path, image) for ref, image in images]
    opened = look_for_spreads(places) if splitting else [WHOLE] * len(places)
    pages: list[Page] = []
    seen: Counter[str] = Counter()
    on_scan: Counter[str] = Counter()
    for (ref, image), spread in zip(images, opened, strict=True):
        whole = None if on_scan[ref.path] == image else Part(image)
        parts: list[Part | None] = [Part(image, box) for box in spread.halves]
        for half, part in enumerate(parts or [whole], start=1):
            # Not the place of the gutter: measured anew it may lie a pixel beside, and the page is the same.
            key = f"{ref.sha512} {image}" + (f" {half}" if parts else "")
            seen[key] += 1
            order, name = len(pages) + 1, _name(ref)
            own = new_page_id(volume.id, f"{key} {seen[key]}")
            pages.append(Page(own, order, name, on_scan[ref.path], f"[{order}]", source=Source.PROPOSED, part=part))
            on_scan[ref.path] += 1
    doubtful = dict.fromkeys(_name(ref) for (ref, _), spread in zip(images, opened, strict=True) if spread.doubtful)
    return tuple(pages), [finding("P081", f"{volume.folder}/{name}") for name in doubtful]


def _shared(folder: str, pages: tuple[Page, ...]) -> list[Finding]:
    """What to know of scans that hold several pages: images of one file, or halves of an opened book."""
    by_scan: dict[str, list[Page]] = {}
    for page in pages:
        by_scan.setdefault(page.scan, []).append(page)
    several = [(f"{folder}/{scan}", found) for scan, found in by_scan.items() if len(found) > 1]
    return [
        finding("P080", subject) if len(found) == 2 and all(page.part and page.part.box for page in found)
        else finding("P016", subject, count=len(found))
        for subject, found in several
    ]  # fmt: skip


def _read_sidecar(delivery: Path, sidecars: tuple[FileRef, ...]) -> tuple[Sidecar, list[Finding]]:
    ref = next((r for r in sidecars if _name(r) == SIDECAR), None)
    if ref is None:
        return Sidecar(), []
    try:
        return read_sidecar(delivery / ref.path), []
    except (ValueError, RecursionError) as error:
        return Sidecar(), [finding("D011", ref.path, why=str(error)[:300])]


def _twins(scans: list[FileRef]) -> list[Finding]:
    same = Counter(unicodedata.normalize("NFC", ref.path) for ref in scans)
    return [finding("D006", name) for name, count in same.items() if count > 1]


def _xml_findings(delivery: Path, ref: FileRef) -> list[Finding]:
    if not ref.path.lower().endswith(".xml"):
        return []
    try:
        parse((delivery / ref.path).read_bytes())
    except UnsafeXml:
        return [finding("D012", ref.path)]
    except ValueError as error:
        return [finding("D013", ref.path, why=str(error)[:200])]
    return []


def _name(ref: FileRef) -> str:
    return PurePosixPath(ref.path).name


def _is_scan(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in SUFFIXES and not PurePosixPath(path).name.startswith(".")


def _is_sidecar(path: str) -> bool:
    return PurePosixPath(path).name in _SIDECARS or path.lower().endswith(_RECORDS)
