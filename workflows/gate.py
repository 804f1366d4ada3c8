"""The gate for bags from outside: check them, take them in, or keep them in quarantine with the reasons.

Order: copied as delivered, unpacked, judged (BagIt), scanned for viruses, identified (PRONOM), compared with our
profile, stored. What is refused stays as it came; what is accepted stays until the store holds it *safe*.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from metadata.event import Agent, AgentKind, now
from metadata.finding import Finding, finding
from metadata.model import VolumeId, volume_id
from metadata.problem import Problem
from metadata.wording import printable
from repository.bag import identity
from repository.canary import CANARY
from repository.journal import Journal
from repository.ledger import read_ledger
from repository.place import FolderBag
from repository.policy import safety
from repository.shelf import copies_on_shelf
from repository.store import Store
from repository.verify import TAG_MANIFEST
from workflows.agents import KDR
from workflows.founding import attached, open_store, require_quota, standings
from workflows.gate_report import ACCEPTED, REFUSED, Gated, Waiting, as_waiting, report_of, write_down
from workflows.gate_sight import AS_DELIVERED, Examined, Opened, identifier, looked_through, opened
from workflows.quarantine import BAG, alone, bring_in, case_of, cases, clear, give_back, say
from workflows.settings import Home
from workflows.wrapping import object_of, wrap

GATED = "gated"
"""Kind of the journal's entry about a delivery; its subject is the delivery."""


def take(home: Home, given: Path, by: str = "") -> Gated:
    """Take a delivery through the gate: stored when it is accepted, else it stays in quarantine with its reasons.

    Doing it again, after a kill too, finishes what is unfinished and makes nothing twice.

    Raises:
        Problem: S079 it cannot be taken; whatever the store raises.
        OSError: the disk refuses.
    """
    agent = Agent(by, kind=AgentKind.PERSON) if by else KDR
    with alone(home):
        case = bring_in(home, given)
        earlier = report_of(case)
        delivery = opened(case, home.settings.gate)
        ended = _ended(home, delivery, looked_through(home.settings.gate, delivery), agent)
        _journal(home, ended, by, agent)
        if earlier is None or replace(earlier, when="", safe=False) != replace(ended, when="", safe=False):
            write_down(case, ended)
        if ended.verdict == ACCEPTED and ended.safe:
            clear(case)
    return ended


def waiting(home: Home) -> tuple[Waiting, ...]:
    """Every delivery that came to the gate."""
    return tuple(as_waiting(case) for case in cases(home))


def clear_safe(home: Home) -> tuple[str, ...]:
    """Remove the originals of deliveries that are stored and safe by now; their identifiers."""
    cleared = []
    with alone(home):
        for case in cases(home):
            ended = report_of(case)
            if case.waits and ended is not None and ended.verdict == ACCEPTED and _safe(home, ended):
                clear(case)
                cleared.append(case.id)
    return tuple(cleared)


def hand_back(home: Home, delivery: str, target: Path) -> Path:
    """Give a refused delivery back to the folder `target` as it came; where it lies there.

    Raises:
        Problem: S079 there is no such delivery, it was not refused, or `target` is in the way.
        OSError: the disk refuses.
    """
    with alone(home):
        case = case_of(home, delivery)
        ended = report_of(case)
        if ended is None or ended.verdict != REFUSED:
            raise Problem("S079", case.id, why=say("not_refused"))
        return give_back(case, target)


def _ended(home: Home, opened: Opened, seen: Examined, agent: Agent) -> Gated:
    """Store what is accepted; what became of the delivery."""
    case = opened.case
    refused = Gated(case.id, printable(case.delivery.name), REFUSED, now(), seen)
    if not seen.accepted:
        return refused
    store = open_store(home)
    as_it_is = identifier(opened.bag) if opened.kept == AS_DELIVERED else None
    object_id = as_it_is or object_of(opened.judgement.digests)
    held = store.primary.versions(object_id)
    version = _same(store.journal, object_id, opened.bag) if as_it_is else (held or ("",))[-1]
    if (held and not version) or object_id == CANARY:  # the drills' own object is never anybody else's
        return _turned_away(refused, finding("S078", object_id))
    new = False
    bag = opened.bag if as_it_is else _wrapped(home, opened, seen, agent, object_id)
    if bag is not None and version == (held or ("",))[-1]:
        require_quota(home, sum(FolderBag(bag).sizes().values()))
        try:
            stored = store.take(bag, object_id, agent)
        except Problem as problem:
            if problem.finding.code != "S007":
                raise
            return _turned_away(refused, problem.finding)
        version, new = stored.version, stored.new
    ended = replace(refused, verdict=ACCEPTED, object_id=object_id, version=version, new=new)
    return replace(ended, safe=_safe(home, ended))


def _turned_away(refused: Gated, why: Finding) -> Gated:
    return replace(refused, seen=replace(refused.seen, accepted=False, findings=(*refused.seen.findings, why)))


def _wrapped(home: Home, opened: Opened, seen: Examined, agent: Agent, object_id: VolumeId) -> Path | None:
    """The bag of ours around the delivered one; nothing when that is stored already and not by this wrapping."""
    case = opened.case
    store = open_store(home)
    held = store.primary.versions(object_id)
    if held:
        return case.folder / BAG if _is_version(store, case.folder / BAG, object_id, held[-1]) else None
    owner = home.settings.organisation
    given = {label.lower(): value for label, value in opened.judgement.info}
    info = {
        "Source-Organization": f"{owner.name} ({owner.sigla})",
        "External-Identifier": f"uuid:{object_id}",
        "External-Description": given.get("external-description", printable(case.delivery.name)),
        "Bag-Software-Agent": f"{KDR.name} {KDR.version}",
    }
    note = {"delivery": case.id, "digest": case.delivery.digest, "when": now(), "by": agent, "seen": seen}
    return wrap(case, opened.bag, opened.judgement, note, info)


def _is_version(store: Store, bag: Path, object_id: VolumeId, version: str) -> bool:
    """Whether the bag in the folder `bag` is what the primary place holds as this version."""
    with suppress(OSError), store.primary.open(object_id, version, TAG_MANIFEST) as stream:
        return stream.read() == (bag / TAG_MANIFEST).read_bytes()
    return False


def _same(journal: Journal, object_id: VolumeId, bag: Path) -> str:
    """Which version of the object holds exactly this bag, as the journal has it; empty when none does."""
    wanted = identity(bag)
    found = [kept.version for kept in read_ledger(journal).of(object_id) if kept.manifests == wanted]
    return found[-1] if found else ""


def _safe(home: Home, ended: Gated) -> bool:
    """Whether the version is as safe as the policy asks, now."""
    object_id = volume_id(ended.object_id)
    journal = Journal(home.journal)
    kept = read_ledger(journal).versions.get((object_id, ended.version))
    shelved = copies_on_shelf(journal).get((object_id, ended.version), ())
    return kept is not None and safety(kept, standings(home), home.policy, shelved).safe


def _journal(home: Home, ended: Gated, by: str, agent: Agent) -> None:
    """Write the decision down, unless the last word on this delivery says the same."""
    seen = ended.seen
    facts: dict[str, str | int | list[str]] = {
        "verdict": ended.verdict,
        "name": ended.name,
        "object": ended.object_id,
        "version": ended.version,
        "kept": seen.kept if ended.verdict == ACCEPTED else "",
        "bagit": seen.bagit,
        "files": seen.files,
        "bytes": seen.bytes,
        "scanner": seen.scanner,
        "findings": [f"{found.code} {found.subject}" for found in seen.findings if found.code != "S074"][:100],
        "by": by,
    }
    journal = Journal(home.journal)
    last = next(iter(reversed(list(journal.entries(ended.id, (GATED,))))), None)
    if last is None or any(last.facts.get(key) != facts[key] for key in ("verdict", "object", "version", "findings")):
        journal.append(GATED, ended.id, facts, agent, attached(home))
