"""Letting go lawfully: proposed, approved by two different persons, then deleted in every place; nothing else deletes.

Every decision is a journal entry, and the state of a disposal is what they say. An object goes in this order: the
entry "disposal begun", with all that is to be kept of it; its tombstone; the copies, place by place; "disposed" with
the places done. A kill at any moment leaves something that `execute` finishes; a place that is away is finished when it
is back. The proposer does not approve; no object on hold, or whose period is not over, is proposed or deleted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from metadata.event import Agent
from metadata.model import VolumeId, volume_id
from metadata.problem import Problem
from metadata.record import from_plain, plain
from repository import hold, tombstone
from repository.canary import CANARY
from repository.journal import Entry, Journal, Json
from repository.ledger import DISPOSED, LETTING_GO, Kept, read_ledger
from repository.persons import Person, require_said, same_person
from repository.place import Place
from repository.refusal import refusals
from repository.retention import Retention, require_over
from repository.shelf import Shelf, read_shelf
from repository.tombstone import Gone, Header, Tombstone, Vote
from repository.verify import MANIFEST, TAG_MANIFEST

PROPOSED, APPROVED, REFUSED = "disposal proposed", "disposal approved", "disposal refused"
_KINDS = (PROPOSED, APPROVED, REFUSED, LETTING_GO, DISPOSED)
_VOTES = 2


class State(StrEnum):
    """How far a disposal is; `WAITING`: begun, and a place that is away still has to let go."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WAITING = "to be executed"
    EXECUTED = "executed"


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a disposal: the versions approved to go, its period, and (once begun) the places still to do."""

    object_id: VolumeId
    versions: tuple[str, ...]
    type: str
    counted_from: str
    begun: str = ""
    pending: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disposal:
    """One disposal as the journal has it."""

    id: str
    reason: str
    legal_basis: str
    proposed: Vote
    items: tuple[Item, ...]
    approved: tuple[Vote, ...] = ()
    refused: Vote | None = None
    why_refused: str = ""

    @property
    def state(self) -> State:
        """How far it is."""
        if self.refused is not None:
            return State.REFUSED
        if any(item.begun for item in self.items):
            open_items = any(item.pending or not item.begun for item in self.items)
            return State.WAITING if open_items else State.EXECUTED
        return State.APPROVED if len(self.approved) >= _VOTES else State.PROPOSED

    @property
    def one_account(self) -> bool:
        """Whether two of its decisions came from one account of the operating system: names alone prove little."""
        accounts = [vote.account for vote in (self.proposed, *self.approved)]
        return len(set(accounts)) < len(accounts)


@dataclass(frozen=True, slots=True)
class Disposals:
    """The disposals of a repository: its journal, and all its places."""

    journal: Journal
    places: Sequence[Place] = field(default=())

    def all(self) -> tuple[Disposal, ...]:
        """Every disposal, oldest first."""
        found: dict[str, Disposal] = {}
        for entry in self.journal.entries(kinds=_KINDS):
            name = entry.subject if entry.kind in _KINDS[:3] else str(entry.facts.get("disposal", ""))
            if entry.kind == PROPOSED:
                found[name] = _proposed(entry)
            elif name in found:
                found[name] = _further(found[name], entry)
        return tuple(found.values())

    def one(self, disposal_id: str) -> Disposal:
        """One disposal.

        Raises:
            Problem: S091, there is none of that name.
        """
        for each in self.all():
            if each.id == disposal_id:
                return each
        raise Problem("S091", disposal_id, state="–")

    def propose(
        self, periods: Mapping[VolumeId, Retention], reason: str, legal_basis: str, person: Person, today: dt.date
    ) -> Disposal:
        """Propose that objects go, whose periods are given; all of them or none.

        Raises:
            Problem: S092 no reason, legal basis or name; S004 not kept; S088 on hold; S089 its period is not over;
                S091 proposed already, the canary, or no object was named; as `Journal.append`.
        """
        require_said("kdr disposal", reason=reason, legal_basis=legal_basis, by=person.name)
        if not periods:
            raise Problem("S091", "kdr disposal", state="0")
        with self.journal.alone("disposal"):
            ledger, earlier = read_ledger(self.journal), self.all()
            items = []
            for object_id, period in periods.items():
                if object_id == CANARY:  # what is disposed of never comes back, and no drill could be held
                    raise Problem("S091", object_id, state="kdr drill")
                versions = tuple(kept.version for kept in ledger.of(object_id))
                if not versions:
                    raise Problem("S004", object_id)
                _refuse_twice(earlier, object_id)
                hold.require_free(self.journal, object_id)
                require_over(object_id, period, today)
                items.append(Item(object_id, versions, period.type, period.start.isoformat()))
            name = f"d{today.year}-{len(earlier) + 1:04d}"
            facts: dict[str, Json] = {"objects": [_item_facts(item) for item in items]}
            facts |= {"reason": reason.strip(), "legal_basis": legal_basis.strip(), **_signed(person)}
            self._write(PROPOSED, name, facts, person.agent)
        return self.one(name)

    def approve(self, disposal_id: str, person: Person) -> Disposal:
        """Approve a proposal: two different persons who did not propose it make it approved.

        Raises:
            Problem: S090 that person has decided already; S091 it is not open; S088; S092; as `Journal.append`.
        """
        require_said(disposal_id, by=person.name)
        with self.journal.alone("disposal"):
            asked = self._open(disposal_id)
            if same_person(person.name, asked.proposed.by):
                raise Problem("S090", disposal_id, by=person.name)
            if any(same_person(person.name, vote.by) for vote in asked.approved):
                raise Problem("S090", disposal_id, by=person.name)
            for item in asked.items:
                hold.require_free(self.journal, item.object_id)
            self._write(APPROVED, disposal_id, _signed(person), person.agent)
        return self.one(disposal_id)

    def refuse(self, disposal_id: str, reason: str, person: Person) -> Disposal:
        """Refuse a proposal; that ends it.

        Raises:
            Problem: S091 it is not open; S092; as `Journal.append`.
        """
        require_said(disposal_id, reason=reason, by=person.name)
        with self.journal.alone("disposal"):
            self._open(disposal_id, State.PROPOSED, State.APPROVED)
            self._write(REFUSED, disposal_id, {"reason": reason.strip(), **_signed(person)}, person.agent)
        return self.one(disposal_id)

    def execute(
        self, disposal_id: str, headers: Mapping[VolumeId, Header], years: Mapping[str, int], agent: Agent, *,
        today: dt.date,
    ) -> Disposal:  # fmt: skip
        """Delete what was approved wherever it can be reached now; what was begun before is finished.

        `headers` say of every object not begun what is to be kept of it, `years` are the settings' periods by type.
        Places that are away, or refuse, stay in `Item.pending`.

        Raises:
            Problem: S091 not approved, executed, or what is kept is no longer what was approved; S088 on hold; S089;
                S003, S015, S016, S020 of the journal.
        """
        with self.journal.alone("disposal"):
            self.journal.require_whole(self._attached())  # an altered line may be a hold, a refusal or a vote
            asked = self._open(disposal_id, State.APPROVED, State.WAITING)
            for item in (each for each in asked.items if not each.begun):
                self._require_lawful(item, years, today)
            for item in asked.items:
                with self.journal.alone(item.object_id[:2]):
                    self._let_go(asked, item, headers.get(item.object_id, Header()), agent)
        return self.one(disposal_id)

    def _open(self, disposal_id: str, *states: State) -> Disposal:
        asked = self.one(disposal_id)
        if asked.state not in (states or (State.PROPOSED,)):
            raise Problem("S091", disposal_id, state=asked.state)
        return asked

    def _require_lawful(self, item: Item, years: Mapping[str, int], today: dt.date) -> None:
        """Everything that was true when it was proposed, asked again; and only what was approved may go."""
        hold.require_free(self.journal, item.object_id)
        start = dt.date.fromisoformat(item.counted_from)
        require_over(item.object_id, Retention(item.type, years.get(item.type, 0), start), today)
        known = {kept.version for kept in read_ledger(self.journal).of(item.object_id)}
        here = {version for place in self._attached() for version in place.versions(item.object_id)}
        if known != set(item.versions) or not here <= known:
            raise Problem("S091", item.object_id, state=", ".join(sorted(known | here)))

    def _let_go(self, asked: Disposal, item: Item, header: Header, agent: Agent) -> None:
        if not item.begun:
            hold.require_free(self.journal, item.object_id)  # nobody can hold it from here on: its lock is ours
            item = self._begin(asked, item, header, agent)
        begun = next(
            entry
            for entry in self.journal.entries(item.object_id, (LETTING_GO,))
            if entry.facts.get("disposal") == asked.id
        )
        with refusals(self.journal.root):
            tombstone.keep(self.journal.root, _stone(asked, begun))
        done = [place.name for place in self._attached() if _emptied(place, item)]
        if set(done) & set(item.pending):
            facts: dict[str, Json] = {
                "disposal": asked.id, "versions": list(item.versions),
                "places": [name for name in item.pending if name in done],
                "pending": [name for name in item.pending if name not in done],
                "reason": asked.reason, "legal_basis": asked.legal_basis, "by": [vote.by for vote in asked.approved],
            }  # fmt: skip
            self._write(DISPOSED, item.object_id, facts, agent)

    def _begin(self, asked: Disposal, item: Item, header: Header, agent: Agent) -> Item:
        kept, shelf = read_ledger(self.journal).of(item.object_id), read_shelf(self.journal)
        gone = [
            Gone(
                each.version, each.stored, each.bytes, each.files, each.manifests[MANIFEST],
                each.manifests[TAG_MANIFEST], tuple(sorted(each.replicas)), _bundles(shelf, each),
            )
            for each in kept
        ]  # fmt: skip
        holding = {name for each in gone for name in each.places}
        holding |= {place.name for place in self._attached() if place.versions(item.object_id)}
        facts: dict[str, Json] = {
            "disposal": asked.id, "versions": list(item.versions), "places": sorted(holding),
            "kept": plain(gone), "header": plain(header),
            "reason": asked.reason, "legal_basis": asked.legal_basis, "by": [vote.by for vote in asked.approved],
        }  # fmt: skip
        entry = self._write(LETTING_GO, item.object_id, facts, agent)
        return replace(item, begun=entry.time, pending=tuple(sorted(holding)))

    def _attached(self) -> list[Place]:
        return [place for place in self.places if place.attached()]

    def _write(self, kind: str, subject: str, facts: Mapping[str, Json], agent: Agent) -> Entry:
        return self.journal.append(kind, subject, facts, agent, self._attached())


def _emptied(place: Place, item: Item) -> bool:
    """Delete the versions in a place; False when it refuses or went away, which a later `execute` finishes."""
    try:
        for version in item.versions:
            place.let_go(item.object_id, version)
        return not set(place.versions(item.object_id)) & set(item.versions)
    except Problem:
        return False


def _bundles(shelf: Shelf, kept: Kept) -> tuple[str, ...]:
    """The offline media with a version, whole or not: label and where it was last kept."""
    wanted = (kept.object_id, kept.version)
    return tuple(
        f"{bundle.label} ({bundle.location})"
        for bundle in shelf.bundles.values()
        if any((each.object, each.version) == wanted for each in bundle.versions)
    )


def _refuse_twice(earlier: Sequence[Disposal], object_id: VolumeId) -> None:
    for each in earlier:
        open_now = each.state in (State.PROPOSED, State.APPROVED, State.WAITING)
        if open_now and any(item.object_id == object_id for item in each.items):
            raise Problem("S091", object_id, state=f"{each.id}: {each.state}")


def _item_facts(item: Item) -> dict[str, Json]:
    return {
        "object": item.object_id, "versions": list(item.versions), "type": item.type,
        "counted_from": item.counted_from,
    }  # fmt: skip


def _signed(person: Person) -> dict[str, Json]:
    return {"by": person.name.strip(), "account": person.account}


def _vote(entry: Entry) -> Vote:
    return Vote(str(entry.facts["by"]), str(entry.facts["account"]), entry.time)


def _proposed(entry: Entry) -> Disposal:
    told = {name: str(entry.facts[name]) for name in ("reason", "legal_basis")}
    return Disposal(entry.subject, told["reason"], told["legal_basis"], _vote(entry), tuple(_items(entry)))


def _items(entry: Entry) -> Iterator[Item]:
    for each in _list(entry.facts["objects"]):
        if isinstance(each, Mapping):
            versions = tuple(map(str, _list(each["versions"])))
            yield Item(volume_id(str(each["object"])), versions, str(each["type"]), str(each["counted_from"]))


def _further(asked: Disposal, entry: Entry) -> Disposal:
    """The disposal after one more entry of it."""
    if entry.kind == APPROVED:
        return replace(asked, approved=(*asked.approved, _vote(entry)))
    if entry.kind == REFUSED:
        return replace(asked, refused=_vote(entry), why_refused=str(entry.facts["reason"]))
    return replace(asked, items=tuple(_moved(item, entry) for item in asked.items))


def _moved(item: Item, entry: Entry) -> Item:
    if item.object_id != entry.subject:
        return item
    if entry.kind == LETTING_GO:
        return replace(item, begun=entry.time, pending=tuple(map(str, _list(entry.facts["places"]))))
    return replace(item, pending=tuple(map(str, _list(entry.facts["pending"]))))


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else []


def _stone(asked: Disposal, begun: Entry) -> Tombstone:
    header = from_plain(Header, begun.facts["header"])
    gone = tuple(from_plain(Gone, each) for each in _list(begun.facts["kept"]))
    return Tombstone(
        volume_id(begun.subject), header, gone, asked.id, asked.reason, asked.legal_basis, asked.proposed,
        asked.approved, begun.time,
    )  # fmt: skip
