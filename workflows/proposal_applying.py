"""Proposals applied: the newest version of an object made again as they say, and stored as its next one.

All documents are made anew of the page records in the package (metadata.ndk.package); images are taken over unread but
for their digests. The new version keeps each proposal as ``data/provenance/proposals/<id>.json``, by which one is
known that was applied before: a run that was killed anywhere is finished by the next, and nothing is stored twice.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from metadata.alto import from_alto, to_alto
from metadata.description import IdentifierKind
from metadata.event import Agent, AgentKind, Event, now
from metadata.file import Digests, FileRef, describe
from metadata.finding import Finding
from metadata.model import PageRecord, Provenance, VolumeId, VolumeRecord
from metadata.ndk import layout
from metadata.ndk.check.validate import check
from metadata.ndk.layout import Use
from metadata.ndk.package import psp_documents
from metadata.ndk.standard import Standard
from metadata.premis3 import premis3_document
from metadata.premis_history import Told, history_document
from metadata.problem import Problem
from metadata.record import from_json, to_json, to_pretty_json
from metadata.wording import wording
from ocr.confidence import confidence
from ocr.corrected import with_lines
from repository import bag
from repository.bag import PROVENANCE
from repository.catalogue.desk.changing import changed_text, changed_volume
from repository.catalogue.desk.proposal import Kind, Proposal, Proposals, State
from repository.journal import Json
from repository.store import Store
from repository.verify import MANIFEST, TAG_MANIFEST, parse_manifest
from workflows.agents import KDR, PACKER
from workflows.cataloguing import catalogue
from workflows.corrections import Corrections
from workflows.founding import attached, open_store, require_quota
from workflows.judging import refusing, weighed
from workflows.proposals import proposals_of
from workflows.settings import Home
from workflows.text_corrections import Form, Given, TextCorrections

KIND = "corrected"
"""Kind of the journal entry: one a new version."""
_OURS = f"data/{PROVENANCE}"
_KEPT = f"{_OURS}/proposals"
_MOST_TOLD = 200


@dataclass(frozen=True, slots=True)
class Applied:
    """The version of an object that holds these proposals, and whether this run made it."""

    object_id: VolumeId
    version: str
    new: bool
    proposals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Work:
    """One object under way: `staging` is the folder where its next version is made."""

    home: Home
    store: Store
    object_id: VolumeId
    who: str

    @property
    def staging(self) -> Path:
        return self.home.batches.parent / "proposals" / self.object_id


def apply(home: Home, wanted: Sequence[str], who: str, tell: Callable[[Finding], None]) -> tuple[Applied, ...]:
    """Apply the proposals of these identifiers, all those of an object in one new version of it.

    A proposal that is not there, damaged (R050, R051), refused or withdrawn (R052), and an object whose proposals
    cannot be applied, stay as they are and `tell` hears why; the others go on. The catalogue is brought up to date.

    Raises:
        Problem: S020 the primary place or the journal is not there; E004 the catalogue cannot be written.
    """
    kept = proposals_of(home)
    by_object: dict[VolumeId, list[Proposal]] = {}
    for proposal_id in dict.fromkeys(wanted):
        try:
            proposal = _applicable(kept, proposal_id)
            by_object.setdefault(proposal.object_id, []).append(proposal)
        except Problem as problem:
            tell(problem.finding)
    store, done = open_store(home), []
    for object_id, proposals in by_object.items():
        try:
            ordered = sorted(proposals, key=lambda each: (each.time, each.id))
            done += _applied(_Work(home, store, object_id, who), ordered)
        except Problem as problem:
            tell(problem.finding)
    if done:
        catalogue(home)
    return tuple(done)


def _applicable(kept: Proposals, proposal_id: str) -> Proposal:
    filed = kept.find(proposal_id)
    if filed.ended is not None and filed.state is not State.APPLIED:
        raise Problem("R052", proposal_id, who=filed.ended.who)
    return filed.proposal


def _applied(work: _Work, proposals: list[Proposal]) -> list[Applied]:
    with work.store.journal.alone(f"proposals-{work.object_id[:2]}"):
        _finish(work)
        held = _held(work)
        done = [
            _settled(work, version, new=False) for version in sorted({held[p.id] for p in proposals if p.id in held})
        ]
        todo = [proposal for proposal in proposals if proposal.id not in held]
        if not todo:
            return done
        with _draft(work) as draft:
            base = _made(work, todo, draft)
            require_quota(work.home, sum((draft / path).stat().st_size for path, _ in bag.walk(draft)))
            draft.rename(work.staging / base)
        return [*done, _stored(work, work.staging / base)]


def _finish(work: _Work) -> None:
    """Store what a killed run had made ready, unless the object went on without it."""
    for ready in sorted(path for path in work.staging.glob("v*") if path.is_dir()):
        newest = work.store.versions(work.object_id)[-1]
        if newest == ready.name or _is_stored(work, newest, ready):
            _stored(work, ready)
        else:
            _clear(ready)


def _is_stored(work: _Work, version: str, ready: Path) -> bool:
    with work.store.open(work.object_id, version, MANIFEST) as stream:
        return stream.read() == (ready / MANIFEST).read_bytes()


def _stored(work: _Work, ready: Path) -> Applied:
    stored = work.store.take(ready, work.object_id, KDR)
    ended = _settled(work, stored.version, new=stored.new)
    _clear(ready)
    return ended


def _clear(ready: Path) -> None:
    """Remove a bag; one that a kill leaves half removed is nobody's ready bag any more."""
    gone = ready.with_name(f".gone-{ready.name}")
    shutil.rmtree(gone, ignore_errors=True)
    shutil.rmtree(ready.rename(gone), ignore_errors=True)
    if not any(ready.parent.iterdir()):
        ready.parent.rmdir()


def _settled(work: _Work, version: str, *, new: bool) -> Applied:
    """Say in the journal and beside the proposals what a stored version holds, unless that was done before."""
    held = _held(work)
    mine = tuple(sorted(proposal_id for proposal_id, first in held.items() if first == version))
    entries = work.store.journal.entries(work.object_id, (KIND,))
    if not any(entry.facts.get("version") == version for entry in entries):
        facts: dict[str, Json] = {"version": version, "proposals": list(mine), "by": work.who, "event": "mem"}
        work.store.journal.append(KIND, work.object_id, facts, KDR, attached(work.home))
    for proposal_id in mine:
        proposals_of(work.home).end(proposal_id, State.APPLIED, work.who, version=version)
    return Applied(work.object_id, version, new, mine)


def _held(work: _Work) -> dict[str, str]:
    """Every proposal that a stored version holds, and the first version that does."""
    found: dict[str, str] = {}
    for version in work.store.versions(work.object_id):
        try:
            with work.store.open(work.object_id, version, MANIFEST) as stream:
                listed = parse_manifest(stream.read())
        except (OSError, ValueError):
            continue
        for path in listed:
            if path.startswith(f"{_KEPT}/P-"):
                found.setdefault(Path(path).stem, version)
    return found


# --- the new version --------------------------------------------------------------------------------------------------


@contextmanager
def _draft(work: _Work) -> Iterator[Path]:
    """The path of a folder that is to be made; what a dead run left of one goes first."""
    folder = work.staging / ".draft"
    shutil.rmtree(folder, ignore_errors=True)
    work.staging.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not any(work.staging.iterdir()):
            work.staging.rmdir()


def _made(work: _Work, proposals: list[Proposal], folder: Path) -> str:
    """Make the bag of the next version in `folder`; the version that it follows."""
    base = work.store.versions(work.object_id)[-1]
    work.store.export(work.object_id, folder, base)
    manifest = bag.payload_manifest(folder)
    whence, records = _records(work, folder, manifest)
    volume = whence.volume
    for proposal in proposals:
        if proposal.kind is Kind.TEXT:
            records = _with_texts(folder, records, proposal)
        else:
            volume = changed_volume(volume, proposal.kind, proposal.changes, proposal.id)
    pages = zip(records, volume.pages, strict=True)
    record = VolumeRecord(volume, tuple(replace(own, page=page) for own, page in pages), PACKER, now())
    for proposal in proposals:
        _hand_down(folder, record, proposal)
    changed = _documents(work, folder, record, replace(whence, volume=volume, created=record.created, maker=PACKER))
    for proposal in proposals:
        changed[f"{_KEPT}/{proposal.id}.json"] = to_pretty_json(proposal)
    changed[f"{_KEPT}/premis.xml"] = _premis(work, record, [*_before(folder), *proposals])
    for name, content in changed.items():
        _put(folder / name, content)
    _enclose(folder, manifest, record)
    _judge(work, folder, record)
    return base


def _records(work: _Work, folder: Path, manifest: Mapping[str, str]) -> tuple[Provenance, tuple[PageRecord, ...]]:
    """The package's own record.

    Raises:
        Problem: R055 it is another system's package, or says nothing of itself.
    """
    own = {"bagit.txt", bag.INFO, MANIFEST, TAG_MANIFEST}
    foreign = [path for path, _ in bag.walk(folder) if not path.startswith("data/") and path not in own]
    if f"{_OURS}/import.json" in manifest or bag.package_folders(manifest) != {work.object_id} or foreign:
        raise Problem("R055", work.object_id, why=_say("foreign"))
    try:
        whence = from_json(Provenance, (folder / _OURS / "volume.json").read_bytes())
        lines = (folder / _OURS / "pages.jsonl").read_bytes().splitlines()
        return whence, tuple(from_json(PageRecord, line) for line in lines)
    except (OSError, ValueError) as error:
        raise Problem("R055", work.object_id, why=_say("untold", file="volume.json, pages.jsonl")) from error


def _with_texts(folder: Path, records: tuple[PageRecord, ...], proposal: Proposal) -> tuple[PageRecord, ...]:
    """The records with the pages whose text the proposal changes; their ALTO and text are written in `folder`."""
    changed = {change.subject for change in proposal.changes}
    known = {record.page.id for record in records}
    if changed - known:
        raise Problem("R053", proposal.id, field="-", before=", ".join(sorted(changed - known)), now="–", after="–")
    return tuple(_with_text(folder, record, proposal) if record.page.id in changed else record for record in records)


def _with_text(folder: Path, record: PageRecord, proposal: Proposal) -> PageRecord:
    order, volume = record.page.order, proposal.object_id
    root = folder / "data" / volume
    alto, txt = (root / layout.path(volume, use, order) for use in (Use.ALTO, Use.TXT))
    read = from_alto(alto.read_bytes())
    mine = tuple(change for change in proposal.changes if change.subject == record.page.id)
    plain = changed_text(read, mine, proposal.id)
    text = with_lines(read, plain)
    given = Given(f"{proposal.id}.txt", Form.PLAIN, plain)
    # Beside the package's other corrections: a volume that is delivered again gets them again (workflows.handing_on).
    TextCorrections.read(folder / _OURS).add(proposal.author, record.page, given, read)
    _put(alto, to_alto(text, image_name=record.master.path, when=proposal.time, order=order))
    _put(txt, text.plain().encode())
    score = confidence(text)
    return replace(
        record,
        alto=_described(alto, record.alto),
        txt=_described(txt, record.txt),
        words=score.words,
        confidence=score.mean if score.words else -1.0,
        events=(*record.events, _event(proposal, "modification/text_correction", record.alto.path)),
    )


def _described(path: Path, before: FileRef) -> FileRef:
    return describe(path, path.parent, before.media_type)


def _event(proposal: Proposal, detail: str, subject: str = "") -> Event:
    person = Agent(proposal.author, kind=AgentKind.PERSON, note=f"proposal {proposal.id}")
    return Event("modification", proposal.time, detail, person, subject=subject, note=proposal.reason)


def _hand_down(folder: Path, record: VolumeRecord, proposal: Proposal) -> None:
    """Keep corrected pages as the pipeline keeps corrections, so that a new delivery of the volume gets them again."""
    if proposal.kind is Kind.PAGES:
        changed = {change.subject for change in proposal.changes}
        pages = [page for page in record.volume.pages if page.id in changed]
        Corrections.read(folder / _OURS).add(proposal.author, pages)


def _documents(work: _Work, folder: Path, record: VolumeRecord, whence: Provenance) -> dict[str, bytes]:
    """Every document of the package and of its provenance that is made of records, by its path in the bag."""
    versions, volume = work.home.settings.standard, record.volume.id
    made = psp_documents(record, Standard(versions.monograph, versions.periodical))
    return {f"data/{volume}/{path}": content for path, content in made.items()} | {
        f"{_OURS}/volume.json": to_pretty_json(whence),
        f"{_OURS}/pages.jsonl": b"".join(to_json(page) + b"\n" for page in record.pages),
        f"{_OURS}/premis.xml": premis3_document(record),
    }


def _before(folder: Path) -> list[Proposal]:
    """The proposals that earlier versions were made of."""
    found = (from_json(Proposal, path.read_bytes()) for path in (folder / _KEPT).glob("P-*.json"))
    return sorted(found, key=lambda each: (each.time, each.id))


def _premis(work: _Work, record: VolumeRecord, proposals: list[Proposal]) -> bytes:
    """Who had what changed and why, and that kdr did it, in PREMIS 3.0."""
    asked = [
        Told(f"{work.object_id}/{each.id}", _event(each, f"modification/{each.kind.value} {each.id}"))
        for each in proposals
    ]
    names = ", ".join(each.id for each in proposals)[:_MOST_TOLD]
    done = Event("modification", record.created, f"applied {names}", KDR, note=f"approved by {work.who}")
    told = [*asked, Told(f"{work.object_id}/applied/{record.created}", done)]
    return history_document(work.object_id, record.volume.description.title, told)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def _enclose(folder: Path, manifest: Mapping[str, str], record: VolumeRecord) -> None:
    """Make the bag: what was not touched keeps the digest it was stored with, all else is read."""
    payload: dict[str, FileRef | Digests] = {}
    digests = {page.master.sha512 for page in record.pages} | {page.user.sha512 for page in record.pages}
    for path, _ in bag.walk(folder / "data"):
        name = f"data/{path}"
        if manifest.get(name, "") in digests:
            payload[name] = Digests((folder / name).stat().st_size, manifest[name], "")
        else:
            payload[name] = describe(folder / name, folder, md5=False)
    info = {key: text for key, text in bag.bag_info(folder).items() if key not in ("Payload-Oxum", "Bag-Size")}
    info |= {
        "External-Description": record.volume.description.title,
        "Bagging-Date": record.created[:10],
        "Bag-Software-Agent": f"{PACKER.name} {PACKER.version}",
    }
    bag.write_bag(folder, payload, info)


def _judge(work: _Work, folder: Path, record: VolumeRecord) -> None:
    """Judge the package as `kdr validate` does, but for the images, which are those that were stored.

    Raises:
        Problem: R056 it would not keep the standard.
    """
    report = check(folder / "data" / work.object_id, schemas=work.home.schemas, images=False)
    numbered = bool(record.volume.description.identifier(IdentifierKind.URNNBN))
    for each in islice(refusing(weighed(report, numbered=numbered)), 1):
        raise Problem("R056", work.object_id, rule=each.rule, why=each.text()[:300])


def _say(key: str, **facts: object) -> str:
    return wording("workflows", "proposals.toml").say(key, None, **facts)
