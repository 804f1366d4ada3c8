"""From file names and sidecars to volumes and pages."""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ingest.image import SUFFIXES, frames
from metadata.description import Description, Identifier, IdentifierKind, Name, Organisation, VolumeKind
from metadata.file import FileRef
from metadata.finding import Finding, finding
from metadata.language import languages
from metadata.markup import UnsafeXml, parse
from metadata.model import Page, Volume, new_page_id, new_volume_id, volume_id

SIDECAR = "volume.toml"
_SIDECAR_LIMIT = 1 << 20

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


@dataclass(frozen=True, slots=True)
class PlannedVolume:
    """A volume ready to be worked on: its pages, its scans as claimed, what operators declared, and what was noticed.

    `scans` maps the scan's name to its reference (relative to the claimed delivery); `declared_dpi` is 0 when nothing
    was declared; `sidecars` travel into the package untouched. A volume with a stopping finding waits.
    """

    volume: Volume
    scans: dict[str, FileRef]
    declared_dpi: int
    sidecars: tuple[FileRef, ...]
    findings: tuple[Finding, ...]


class _Institution(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sigla: str
    name: Text


class _Sidecar(BaseModel):
    """volume.toml: everything in it is optional; a key that is not here is a mistake."""

    model_config = ConfigDict(extra="forbid")
    title: Text = ""
    subtitle: Text = ""
    authors: list[Text] = Field(default_factory=list, max_length=200)
    year: Text = ""
    publisher: Text = ""
    place: Text = ""
    language: str = ""
    script: Text = ""
    type: VolumeKind = VolumeKind.MONOGRAPH
    institution: _Institution | None = None
    shelf_mark: Text = ""
    scanner: Text = ""
    resolution: int = Field(default=0, ge=0, le=6000)
    identifiers: dict[IdentifierKind, str] = Field(default_factory=dict)


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which `2.tif` stands before `10.tif`, whatever form its diacritics have."""
    plain = unicodedata.normalize("NFC", name).casefold()
    parts = re.split(r"(\d+)", plain)
    return tuple((0, int(p), "") if p.isdigit() and p.isascii() else (1, 0, p) for p in parts if p)


def volumes(
    delivery: Path, files: tuple[FileRef, ...], noticed: tuple[Finding, ...], institution: Organisation
) -> tuple[tuple[PlannedVolume, ...], tuple[Finding, ...]]:
    """The volumes of a claimed delivery, and what belongs to none.

    Args:
        delivery: the claimed delivery's folder.
        files: every file of it, as claimed.
        noticed: findings of the claim; those about a file in a volume's folder stop or mark that volume.
        institution: who delivers when a sidecar does not say.
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
    planned = tuple(_planned(delivery, name, folders[name], about[name], institution) for name in order)
    return planned, tuple(loose)


def _planned(
    delivery: Path, folder: str, files: list[FileRef], findings: list[Finding], institution: Organisation
) -> PlannedVolume:
    here = [ref for ref in files if ref.path.count("/") == 1]
    scans = sorted((r for r in here if _is_scan(r.path)), key=lambda r: natural_order(r.path))
    sidecars = tuple(r for r in here if _is_sidecar(r.path))
    used = {r.path for r in scans} | {r.path for r in sidecars}
    findings += [finding("D008", r.path) for r in files if r.path not in used]
    findings += _twins(scans)
    for ref in sidecars:
        findings += _xml_findings(delivery, ref)
    sidecar, wrong = _read_sidecar(delivery, sidecars)
    findings += wrong
    if not scans:
        findings.append(finding("D016", folder))
    description = _description(sidecar, folder, institution)
    if not sidecar.title:
        findings.append(finding("V003", folder))
    if not description.identifier(IdentifierKind.URNNBN):
        findings.append(finding("V002", folder))
    volume = _volume(delivery, folder, scans, description)
    images = Counter(page.scan for page in volume.pages)
    findings += [finding("P016", f"{folder}/{scan}", count=count) for scan, count in images.items() if count > 1]
    by_name = {_name(ref): ref for ref in scans}
    return PlannedVolume(volume, by_name, sidecar.resolution, sidecars, tuple(findings))


def _volume(delivery: Path, folder: str, scans: list[FileRef], description: Description) -> Volume:
    content = hashlib.sha256("\n".join(ref.sha512 for ref in scans).encode() or folder.encode()).hexdigest()
    given = description.identifier(IdentifierKind.UUID)
    own = volume_id(given) if given else new_volume_id(content)
    pages: list[Page] = []
    seen: Counter[str] = Counter()
    for ref in scans:
        for frame in range(frames(delivery / ref.path)):
            key = f"{ref.sha512} {frame}"
            seen[key] += 1
            order = len(pages) + 1
            pages.append(Page(new_page_id(own, f"{key} {seen[key]}"), order, _name(ref), frame, f"[{order}]"))
    return Volume(own, unicodedata.normalize("NFC", folder), description, tuple(pages))


def _description(sidecar: _Sidecar, folder: str, institution: Organisation) -> Description:
    owner = sidecar.institution
    return Description(
        title=sidecar.title or unicodedata.normalize("NFC", folder),
        institution=Organisation(owner.sigla, owner.name) if owner else institution,
        kind=sidecar.type,
        subtitle=sidecar.subtitle,
        names=tuple(Name(author, roles=("aut",), primary=n == 0) for n, author in enumerate(sidecar.authors)),
        year=sidecar.year,
        publisher=sidecar.publisher,
        place=sidecar.place,
        languages=languages(sidecar.language) if sidecar.language else (),
        script=sidecar.script,
        shelf_mark=sidecar.shelf_mark,
        scanner=sidecar.scanner,
        identifiers=tuple(Identifier(kind, value) for kind, value in sidecar.identifiers.items()),
    )


def _read_sidecar(delivery: Path, sidecars: tuple[FileRef, ...]) -> tuple[_Sidecar, list[Finding]]:
    ref = next((r for r in sidecars if _name(r) == SIDECAR), None)
    if ref is None:
        return _Sidecar(), []
    try:
        sidecar = _parse_sidecar(delivery / ref.path)
    except (ValueError, RecursionError) as error:
        return _Sidecar(), [finding("D011", ref.path, why=_reason(error))]
    return sidecar, []


def _parse_sidecar(path: Path) -> _Sidecar:
    if path.stat().st_size > _SIDECAR_LIMIT:
        raise ValueError(f"larger than {_SIDECAR_LIMIT} bytes")
    data: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    sidecar = _Sidecar.model_validate(data)
    # What the words themselves refuse (an identifier's form, a sigla, a language) is a fault of the sidecar too.
    _description(sidecar, "-", Organisation("AAA000", "-"))
    return sidecar


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors())[:300]
    return str(error)[:300]


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
    return PurePosixPath(path).name == SIDECAR or path.lower().endswith(".xml")
