"""All that ever happened to one object, in one line of time: its pages' steps, its package, what the journal says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from metadata.event import Agent, Event
from metadata.model import VolumeId
from metadata.premis_history import Told, history_document
from metadata.problem import Problem
from metadata.record import from_plain, read_json
from metadata.wording import Tongue, wording
from repository.bag import PROVENANCE
from repository.journal import Entry, Journal, Json
from repository.ledger import COPIED, ledger_of
from repository.place import HeldBag, Place, told_by, version_number
from workflows.agents import KDR
from workflows.founding import places
from workflows.settings import Home

SEALS = ("sealed", "stamped")
UNSEALED = "recorded without a seal"
"""What a day's record is called here that no key sealed."""
_ELSEWHERE = (
    *SEALS, "disposal proposed", "disposal approved", "disposal refused", "bundled", "bundle moved", "bundle read",
    "gated",
)  # fmt: skip
"""Kinds of entries that are about several objects: their subject is something else, their facts name the objects."""
_SHOWN = (
    "verdict", "incident", "source", "quarantine", "approved_by", "reason", "legal_basis", "by", "run", "hold",
    "disposal", "bundle", "from", "to", "files", "bytes", "faults", "finding",
)  # fmt: skip
_WORDS = wording("workflows", "history.toml")


@dataclass(frozen=True, slots=True)
class Moment:
    """One event: its lasting identifier, when (ISO 8601), what, by whom, where, how it ended, and its facts.

    `count` is above one for a step that was done to so many pages, and `until` then when the last one was.
    """

    id: str
    when: str
    kind: str
    agent: Agent
    version: str = ""
    place: str = ""
    outcome: str = "success"
    detail: str = ""
    count: int = 1
    until: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """The life of an object; `disposed` is when it was let go, `pages_from` the copy whose bag was read, or empty."""

    object_id: VolumeId
    title: str
    disposed: str
    pages_from: str
    moments: tuple[Moment, ...]


def history(home: Home, object_id: VolumeId, *, pages: bool = False) -> History:
    """Everything that journal and bag tell of an object, oldest first.

    Only the lines about it are parsed, so that a long journal is no burden. Steps of pages are counted; with `pages`
    each stands alone. They are read from any place that is there: none is needed for the rest.

    Raises:
        Problem: S004, nobody knows the object; S020, the journal is not there.
    """
    journal = Journal(home.journal)
    journal.require()
    own = list(journal.entries(object_id))
    if not own:
        raise Problem("S004", object_id)
    others = _elsewhere(object_id, own, list(journal.entries(kinds=_ELSEWHERE)))
    made, title, source = _packaged(home, object_id, own, pages=pages)
    moments = sorted(
        [*made, *map(_moment, own), *map(_moment, others)], key=lambda each: (each.when[:19], _order(each.id))
    )
    let_go = ledger_of(own).disposed.get(object_id, "")
    return History(object_id, title, let_go, source, tuple(moments))


def premis_of(found: History) -> bytes:
    """The history as a PREMIS 3.0 document."""
    told = [Told(each.id, _event(each)) for each in found.moments]
    return history_document(found.object_id, found.title, told)


def say(key: str, tongue: Tongue | None = None, **facts: object) -> str:
    """A sentence about histories in the reader's language."""
    return _WORDS.say(key, tongue, **facts)


def kind_word(kind: str, detail: str = "", tongue: Tongue | None = None) -> str:
    """What happened, in a word; a kind that a later version writes is shown as it is."""
    key = next((k for k in (f"kind.{detail}", f"kind.{kind}") if k in _WORDS.sentences), "")
    return say(key, tongue) if key else detail or kind


def detail_of(moment: Moment, tongue: Tongue | None = None) -> str:
    """The facts of an event as people read them; how many pages a counted step was done to."""
    said = [
        f"{say(f'fact.{name}', tongue)}: {_word(name, value, tongue)}"
        for name, value in moment.facts
        if f"fact.{name}" in _WORDS.sentences
    ]
    if moment.count > 1:
        said.insert(0, say("pages", tongue, count=moment.count, until=moment.until))
    return "; ".join(said)


def _event(moment: Moment) -> Event:
    note = "; ".join(f"{name}: {value}" for name, value in moment.facts)
    if moment.count > 1:
        note = f"{moment.count} pages, until {moment.until}" + (f"; {note}" if note else "")
    where = " ".join(part for part in (moment.version, moment.place) if part)
    detail = moment.detail or " ".join(part for part in (moment.kind, where) if part)
    return Event(moment.kind, moment.when, detail, moment.agent, moment.outcome, where, note)


def _elsewhere(object_id: VolumeId, own: Sequence[Entry], others: Sequence[Entry]) -> list[Entry]:
    """Entries with other subjects that are about the object.

    Those whose facts name it, all others of the same proceedings and bundles (an approval names no object), and the
    first record that seals each of its own entries, with its stamps.
    """
    about = {entry.subject for entry in others if entry.kind not in SEALS and object_id in json.dumps(entry.facts)}
    records = [entry for entry in others if entry.kind == SEALS[0]]
    for entry in own:
        about |= {record.subject for record in [each for each in records if _covers(each, entry)][:1]}
    return [entry for entry in others if entry.subject in about]


def _covers(record: Entry, entry: Entry) -> bool:
    """Whether a day's record was made over an entry: its head lies at or behind it."""
    head = record.facts.get("head")
    return isinstance(head, int) and head >= entry.seq


def _moment(entry: Entry) -> Moment:
    facts = entry.facts
    shown = tuple((name, _told(facts[name])) for name in _SHOWN if facts.get(name) not in (None, "", [], {}))
    if entry.kind in _ELSEWHERE:
        shown = (("subject", entry.subject), *shown)
    return Moment(
        id=f"journal/{entry.seq}",
        when=entry.time,
        kind=UNSEALED if entry.kind == SEALS[0] and entry.facts.get("sealed") is False else entry.kind,
        agent=entry.agent,
        version=str(facts.get("version", "")),
        place=str(facts.get("place", "")),
        outcome=_outcome(entry),
        facts=shown,
    )


def _word(name: str, value: str, tongue: Tongue | None) -> str:
    """A fact as people say it; a verdict that a later version gives is shown as it is."""
    known = name == "verdict" and f"verdict.{value}" in _WORDS.sentences
    return say(f"verdict.{value}", tongue) if known else value


def _told(value: Json) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_told, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _outcome(entry: Entry) -> str:
    if entry.kind == "incident" or entry.facts.get("fault_count"):
        return "failure"
    verdict = entry.facts.get("verdict")
    if entry.kind in ("checked", "bundle read"):
        return {"intact": "success", "unreadable": "warning"}.get(str(verdict), "failure")
    refused = entry.kind == "gated" and str(verdict) not in ("accepted", "None")
    return "failure" if refused else "success"


def _order(identifier: str) -> int:
    """Within one second: what came before the journal first, then the journal's own order."""
    kind, _, number = identifier.partition("/")
    return int(number) if kind == "journal" else 0


def _packaged(home: Home, object_id: VolumeId, own: Sequence[Entry], *, pages: bool) -> tuple[list[Moment], str, str]:
    """What the newest version says of its making, its title, and the copy that was read; nothing where none can be."""
    held = [(str(e.facts["version"]), str(e.facts["place"])) for e in own if e.kind in COPIED and "version" in e.facts]
    versions = sorted({version for version, _ in held}, key=version_number, reverse=True)
    there = [place for place in places(home) if place.attached()]
    for version, place in product(versions, there):
        made = _made(place, object_id, version, pages=pages) if (version, place.name) in held else None
        if made is not None:
            return *made, f"{version} {place.name}"
    return [], "", ""


def _made(place: Place, object_id: VolumeId, version: str, *, pages: bool) -> tuple[list[Moment], str] | None:
    """The steps of pages and the packaging, and the title; None when this copy cannot be read."""
    info = told_by(HeldBag(place, object_id, version))
    if not info:
        return None
    title = info.get("External-Description", "")
    try:
        with place.open(object_id, version, f"data/{PROVENANCE}/pages.jsonl") as stream:
            steps = [*_steps(object_id, version, stream)]
        with place.open(object_id, version, f"data/{PROVENANCE}/volume.json") as stream:
            whence = read_json(stream.read())
        packing = Moment(
            f"{object_id}/package/{version}",
            str(whence["created"]),
            "information package creation",
            from_plain(Agent, whence["maker"]),
            version,
            facts=tuple((name, str(whence[name])) for name in ("batch", "delivery") if whence.get(name)),
        )
        return [*(steps if pages else _counted(object_id, steps)), packing], title
    except (OSError, ValueError, KeyError, TypeError, Problem):
        return [], title  # a bag of strangers has no provenance of ours


def _steps(object_id: VolumeId, version: str, lines: Iterable[bytes]) -> Iterator[Moment]:
    for line in lines:
        record = read_json(line)
        page = str(record["page"]["order"]).zfill(4)
        for number, event in enumerate(from_plain(tuple[Event, ...], record["events"]), 1):
            yield Moment(
                f"{object_id}/{page}/{number:03d}",
                event.when,
                event.kind,
                event.agent,
                version,
                outcome=event.outcome,
                detail=event.detail,
                facts=(("page", page), *((("note", event.note),) if event.note else ())),
            )


def _counted(object_id: VolumeId, steps: Sequence[Moment]) -> list[Moment]:
    """Each step once (by what it was, who did it and how it ended), with how many pages it was done to."""
    same: dict[tuple[str, str, Agent, str], list[Moment]] = {}
    for each in steps:
        same.setdefault((each.kind, each.detail, replace(each.agent, note=""), each.outcome), []).append(each)
    found = []
    for number, group in enumerate(same.values(), 1):
        first, last = min(group, key=lambda e: e.when), max(group, key=lambda e: e.when)
        agent = group[0].agent if len({each.agent for each in group}) == 1 else replace(group[0].agent, note="")
        alone = first.facts if len(group) == 1 else ()
        identity = f"{object_id}/steps/{number}"
        found.append(replace(first, id=identity, agent=agent, count=len(group), until=last.when, facts=alone))
    return found


def by_whom(moment: Moment) -> str:
    """Who did it, as people read it; the program itself with its version."""
    agent = moment.agent
    return agent.name if agent.name != KDR.name else f"{agent.name} {agent.version}".strip()
