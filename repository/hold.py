"""Legal hold: while one is open, an object can be neither proposed for disposal nor disposed of (ISO 16363 4.6.1).

An object may be on several holds at once, each with its reason and person; holds are journal entries and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metadata.model import VolumeId, volume_id
from metadata.problem import Problem
from repository.journal import Entry, Journal, Witness
from repository.ledger import read_ledger
from repository.persons import Person, require_said

HELD, RELEASED = "held", "released"


@dataclass(frozen=True, slots=True)
class Hold:
    """One open hold: `id` is its number within the object (h1, h2 ...), `since` ISO 8601."""

    id: str
    object_id: VolumeId
    reason: str
    by: str
    since: str
    account: str = ""


def open_holds(journal: Journal, object_id: VolumeId | None = None) -> tuple[Hold, ...]:
    """The holds that are open now, of one object or of all, oldest first."""
    found: dict[tuple[str, str], Hold] = {}
    for entry in journal.entries(object_id, (HELD, RELEASED)):
        key = (entry.subject, str(entry.facts.get("hold", "")))
        if entry.kind == RELEASED:
            found.pop(key, None)
        else:
            found[key] = _hold_of(entry)
    return tuple(found.values())


def hold(journal: Journal, object_id: VolumeId, reason: str, person: Person, witnesses: Sequence[Witness] = ()) -> Hold:
    """Put a kept object on hold.

    Raises:
        Problem: S092 no reason or name; S004 no such object is kept; as `Journal.append`.
    """
    require_said(object_id, reason=reason, by=person.name)
    with journal.alone(object_id[:2]):
        if not read_ledger(journal).of(object_id):
            raise Problem("S004", object_id)
        number = 1 + sum(1 for _ in journal.entries(object_id, (HELD,)))
        facts = {"reason": reason.strip(), "by": person.name.strip(), "hold": f"h{number}", "account": person.account}
        return _hold_of(journal.append(HELD, object_id, facts, person.agent, witnesses))


def release(
    journal: Journal,
    object_id: VolumeId,
    reason: str,
    person: Person,
    *,
    hold_id: str = "",
    witnesses: Sequence[Witness] = (),
) -> Hold:
    """End a hold: the one named, or the only one; which it was.

    Raises:
        Problem: S092 no reason or name; S091 there is no such hold, or there are several and none was named; as
            `Journal.append`.
    """
    require_said(object_id, reason=reason, by=person.name)
    with journal.alone(object_id[:2]):
        held = open_holds(journal, object_id)
        ended = [each for each in held if hold_id in ("", each.id)]
        if len(ended) != 1:
            raise Problem("S091", object_id, state=", ".join(each.id for each in held) or "–")
        facts = {"reason": reason.strip(), "by": person.name.strip(), "hold": ended[0].id, "account": person.account}
        journal.append(RELEASED, object_id, facts, person.agent, witnesses)
        return ended[0]


def require_free(journal: Journal, object_id: VolumeId) -> None:
    """Make sure that an object is on no hold.

    Raises:
        Problem: S088, naming the first hold.
    """
    for held in open_holds(journal, object_id):
        raise Problem("S088", object_id, hold=held.id, reason=held.reason, by=held.by)


def _hold_of(entry: Entry) -> Hold:
    facts = {key: str(entry.facts.get(key, "")) for key in ("hold", "reason", "by", "account")}
    return Hold(facts["hold"], volume_id(entry.subject), facts["reason"], facts["by"], entry.time, facts["account"])
