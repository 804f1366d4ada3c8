"""Packages of other systems taken into the repository, byte for byte, after they were validated.

The package is copied, the copy is judged and read, and becomes a bag: data/<packageid>/ is the package untouched,
data/provenance/ what could be read of it (volume.json, pages.jsonl), who took it in (premis.xml), and what the
judgement said (import.json). A bag that `kdr store export` made is taken as it is.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from metadata.description import IdentifierKind
from metadata.file import Digests
from metadata.finding import Fact
from metadata.model import Provenance, VolumeId
from metadata.ndk.check.psp import NotAPackage, Psp, open_psp
from metadata.ndk.check.report import Report, Verdict
from metadata.ndk.check.validate import check
from metadata.ndk.reading import PackageRead, Unreadable, read_package
from metadata.record import from_json, to_json
from metadata.wording import Tongue, printable
from repository import bag
from repository.bag import PROVENANCE, package_folders
from repository.place import FolderBag
from repository.store import Store
from repository.verify import MANIFEST, parse_manifest
from workflows.agents import KDR
from workflows.exchange import say
from workflows.founding import attached, require_quota
from workflows.incoming import IMPORTER, cleared, copied, draft, enclose
from workflows.judging import refusing, weighed
from workflows.settings import Home

_BAG, _OF_BAG = "bagit.txt", re.compile(r"[^/]+/bagit\.txt")
_MOST_COMPLAINTS = 5


class State(StrEnum):
    """What became of a package."""

    STORED = "stored"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a package was not taken: a key of exchange.toml without its "refused_", and its facts."""

    reason: str
    facts: Mapping[str, Fact]

    def text(self, tongue: Tongue | None = None) -> str:
        """Why, in the reader's language."""
        facts = {name: printable(fact) if isinstance(fact, str) else fact for name, fact in self.facts.items()}
        return say(f"refused_{self.reason}", tongue, **facts)


@dataclass(frozen=True, slots=True)
class Imported:
    """How one package ended; `report` is its judgement where it came to one, `gaps` what it does not tell.

    `copies` are the places that hold it now; of one that was known or refused there are none.
    """

    source: Path
    state: State
    package: str = ""
    volume: str = ""
    title: str = ""
    version: str = ""
    copies: tuple[str, ...] = ()
    refusal: Refusal | None = None
    report: Report | None = None
    gaps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """How to import: whether images are judged, and whether another content of a known volume is its next version."""

    images: bool = True
    new_version: bool = False


class _Refused(Exception):
    """Stops one import."""

    def __init__(self, reason: str, *, report: Report | None = None, **facts: Fact) -> None:
        self.refusal, self.report = Refusal(reason, facts), report
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Import:
    """One import under way; `staging` is the folder where copies are made."""

    home: Home
    store: Store
    source: Path
    wish: Wish

    @property
    def staging(self) -> Path:
        return self.home.batches.parent / "imports"


def import_package(home: Home, store: Store, source: Path, wish: Wish = Wish()) -> Imported:
    """Take the package at `source` into the repository: a folder, a ZIP, a bag around a package, or a bag of ours.

    A refused package leaves nothing behind. Taking the same package again stores nothing twice; one that was killed on
    its way is finished.

    Raises:
        FileNotFoundError: nothing is there.
        OSError: it cannot be read, or there is no room for its copy.
        Problem: as `Store.take`.
    """
    work = _Import(home, store, source, wish)
    try:
        if (source / _BAG).is_file():
            return _bag(work)
        with open_psp(source) as psp:
            if source.is_file() and _holds_bag(source):
                raise _Refused("zipped_bag")
            return _package(work, psp)
    except NotAPackage as error:
        return Imported(source, State.REFUSED, refusal=Refusal("no_package", {"why": error.complaint.text()}))
    except _Refused as error:
        return Imported(source, State.REFUSED, refusal=error.refusal, report=error.report)


def _holds_bag(archive: Path) -> bool:
    with zipfile.ZipFile(archive) as entries:
        return any(map(_OF_BAG.fullmatch, entries.namelist()))


# --- a bag ------------------------------------------------------------------------------------------------------------


def _bag(work: _Import) -> Imported:
    """A bag: verified first; one of ours is taken as it is, of another one the package in it."""
    wrong = bag.problems(work.source)
    if wrong:
        raise _Refused("bag", why="; ".join(wrong[:_MOST_COMPLAINTS]))
    whence = _ours(work.source)
    with open_psp(work.source) as psp:
        if whence is None:
            return _package(work, psp)
        name = psp.name
    report = check(work.source, schemas=work.home.schemas, images=work.wish.images)
    volume = whence.volume.id
    numbered = bool(whence.volume.description.identifier(IdentifierKind.URNNBN))
    if refusing(weighed(report, numbered=numbered)):
        raise _Refused("invalid", report=report)
    if bag.bag_info(work.source).get("External-Identifier", "").removeprefix("urn:").removeprefix("uuid:") != volume:
        raise _Refused("bag_identity", report=report, volume=volume)
    ended = Imported(work.source, State.STORED, name, volume, whence.volume.description.title, report=report)
    digest = bag.identity(work.source)[MANIFEST]
    same = {
        version: hashlib.sha512(_manifest(work.store, volume, version)).hexdigest() == digest
        for version in work.store.primary.versions(volume)
    }
    known = _settled(work, same, report)
    if known and known != list(same)[-1]:
        return replace(ended, state=State.KNOWN, version=known)
    # The newest one is taken again: that finishes what a killed run left undone.
    return _taken(work, work.source, volume, ended)


def _ours(folder: Path) -> Provenance | None:
    """What our own record in a bag says; nothing when it is none of ours."""
    try:
        return from_json(Provenance, (folder / "data" / PROVENANCE / "volume.json").read_bytes())
    except (OSError, ValueError):
        return None


# --- a package --------------------------------------------------------------------------------------------------------


def _package(work: _Import, psp: Psp) -> Imported:
    """A package: copied, judged, read, put into a bag, taken."""
    if psp.name == PROVENANCE or not psp.name:
        raise _Refused("name", name=psp.name or "-")
    if psp.odd:
        raise _Refused("odd", file=psp.odd[0])
    with draft(work.staging, work.store.journal) as made:
        digests = copied(psp, made / "data" / psp.name)
        mark = _fingerprint(psp.name, digests)
        ready = work.staging / mark
        with work.store.journal.alone(f"import-{mark[:2]}"):
            # Where it is ready, a run that was killed made this very bag: it may be half stored.
            ended = None if ready.is_dir() else _readied(work, made, digests, ready)
            if ended and ended.state is State.KNOWN:
                return ended
            return _finished(work, ready, psp.name, ended)


def _readied(work: _Import, made: Path, digests: Mapping[str, Digests], ready: Path) -> Imported:
    """Judge and read the copy; unless it is stored already, make it the bag `ready`."""
    (name,) = (each.name for each in (made / "data").iterdir())
    report, read = _judged(work, made / "data" / name, digests)
    volume = read.record.volume
    title = volume.description.title
    ended = Imported(work.source, State.STORED, name, volume.id, title, report=report, gaps=read.gaps)
    known = _settled(work, _same(work.store, volume.id, name, digests), report)
    if known:
        return replace(ended, state=State.KNOWN, version=known)
    bagged = made / "bag"
    bagged.mkdir()
    (made / "data").rename(bagged / "data")
    try:
        enclose(bagged, work.source.name, read, report, digests)
    except ValueError as error:
        raise _Refused("names", report=report, why=str(error)) from None
    bagged.rename(ready)
    return ended


def _fingerprint(name: str, digests: Mapping[str, Digests]) -> str:
    listed = {path: known.sha512 for path, known in digests.items()}
    return hashlib.sha256(to_json([name, listed, IMPORTER.version])).hexdigest()


def _judged(work: _Import, psp: Path, digests: Mapping[str, Digests]) -> tuple[Report, PackageRead]:
    report = check(psp, schemas=work.home.schemas, images=work.wish.images)
    if report.verdict is not Verdict.VALID:
        raise _Refused("invalid", report=report)
    try:
        with open_psp(psp) as package:
            return report, read_package(package, digests)
    except Unreadable as error:
        what = say(f"untold_{error.reason}")
        raise _Refused("unreadable", report=report, what=what, detail=error.detail or "-") from None


def _same(store: Store, volume: VolumeId, name: str, digests: Mapping[str, Digests]) -> dict[str, bool]:
    """For every stored version of the volume whether it holds this very package."""
    wanted = {f"data/{name}/{path}": known.sha512 for path, known in digests.items()}
    return {
        version: _payload(_manifest(store, volume, version)) == wanted for version in store.primary.versions(volume)
    }


def _manifest(store: Store, volume: VolumeId, version: str) -> bytes:
    try:
        with store.primary.open(volume, version, MANIFEST) as stream:
            return stream.read()
    except OSError:
        return b""


def _payload(manifest: bytes) -> dict[str, str]:
    """The files of the package in a bag, by the bag's manifest; nothing when that cannot be read."""
    try:
        listed = parse_manifest(manifest)
    except ValueError:
        return {}
    folders = package_folders(listed)
    return {path: digest for path, digest in listed.items() if path.split("/")[1] in folders}


def _settled(work: _Import, same: Mapping[str, bool], report: Report) -> str:
    """The version that is this content already, if one is and it is not wished as the newest again.

    Raises:
        _Refused: the volume is there with another content, and nobody wished for a next version.
    """
    if not same:
        return ""
    newest = list(same)[-1]
    held = [version for version, equal in same.items() if equal]
    if held and (same[newest] or not work.wish.new_version):
        return held[-1]
    if not held and not work.wish.new_version:
        raise _Refused("other_content", report=report, version=newest)
    return ""


# --- storing ----------------------------------------------------------------------------------------------------------


def _finished(work: _Import, ready: Path, name: str, ended: Imported | None = None) -> Imported:
    """Store the bag that lies ready, and clear it away."""
    if ended is None:
        whence = _ours(ready)
        if whence is None:
            raise OSError(f"{ready}: no import")
        about = whence.volume
        ended = Imported(work.source, State.STORED, name, about.id, about.description.title)
    done = _taken(work, ready, VolumeId(ended.volume), ended)
    cleared(ready)
    return done


def _taken(work: _Import, folder: Path, volume: VolumeId, ended: Imported) -> Imported:
    require_quota(work.home, sum(FolderBag(folder).sizes().values()))
    stored = work.store.take(folder, volume, KDR)
    told = any(
        entry.kind == "imported" and entry.facts.get("version") == stored.version
        for entry in work.store.journal.entries(volume)
    )
    if stored.new or (folder != work.source and not told):  # a run may have been killed before it said so
        facts = {"version": stored.version, "package": ended.package, "source": printable(work.source.name)}
        work.store.journal.append("imported", volume, facts, KDR, attached(work.home))
    state = State.STORED if stored.new else State.KNOWN
    return replace(ended, state=state, version=stored.version, copies=stored.copies)
