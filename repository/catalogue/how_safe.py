"""The archivist's first page: how safely everything is kept, in seven answers, each with a link to what it counts.

Everything comes from the rows of `repository.catalogue.safety_rows`; only what is overdue depends on the day it is
asked. ISO 16363 4.4.1.2 and 5.1.1.3.1: what was monitored, and what was found, is shown to who is responsible.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from datasette.utils import tilde_encode

from repository.catalogue.presentation import Speech

QUESTION = """
with last_audit as (select * from audit order by begun desc, run desc limit 1),
  last_damage as (select * from drill where exercise = 'damage' order by time desc, drill desc limit 1),
  last_restore as (select * from drill where exercise = 'restore' order by time desc, drill desc limit 1),
  last_seal as (select * from seal order by time desc, record desc limit 1)
select promise.copies as policy_copies, promise.sites as policy_sites, promise.media as policy_media,
  promise.drill_days, promise.seals, promise.stamps, promise.since,
  (select run from last_audit) as audit_run, (select begun from last_audit) as audit_begun,
  (select ended from last_audit) as audit_ended, (select due from last_audit) as audit_due,
  (select faults from last_audit) as audit_faults, (select unread from last_audit) as audit_unread,
  (select count(*) from copy) as copies, (select count(*) from overdue) as overdue,
  (select min(last_read) from copy) as longest_unread,
  (select count(*) from incident where state = 'open' and not practice) as incidents_open,
  (select count(*) from incident where state <> 'open' and not practice) as incidents_ended,
  (select drill from last_damage) as damage, (select time from last_damage) as damage_time,
  (select passed from last_damage) as damage_passed, (select trials from last_damage) as damage_trials,
  (select failed from last_damage) as damage_failed,
  (select max(time) from drill where exercise = 'damage' and passed) as damage_good,
  (select drill from last_restore) as restore, (select time from last_restore) as restore_time,
  (select passed from last_restore) as restore_passed, (select trials from last_restore) as restore_trials,
  (select failed from last_restore) as restore_failed,
  (select max(time) from drill where exercise = 'restore' and passed) as restore_good,
  (select record from last_seal) as seal, (select time from last_seal) as seal_time,
  (select sealed from last_seal) as seal_sealed, (select stamps from last_seal) as seal_stamps,
  (select test from last_seal) as seal_test,
  (select count(*) from safety) as versions, (select count(*) from safety where not safe) as unsafe,
  (select max(seq) from journal) as entry, (select time from journal order by seq desc limit 1) as entry_time
from promise
"""
"""One row, or none in a catalogue that knows nothing of promises."""

_SEALED_WITHIN = dt.timedelta(days=2)


class Tone(StrEnum):
    """How an answer stands; a word says the same, so that colour is never the only sign."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


_WORSE = (Tone.GOOD, Tone.WARN, Tone.BAD)


@dataclass(frozen=True, slots=True)
class Linked:
    """Words, and the address below the catalogue's that shows what they count; empty when there is none."""

    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One question with its answer: `key` names its title ("safe.<key>"), `said` is large, `more` small below it."""

    key: str
    tone: Tone
    said: Linked
    more: tuple[Linked, ...] = ()


def answers(found: Mapping[str, Any], speech: Speech, now: dt.datetime) -> tuple[Answer, ...]:
    """The seven answers from the row of `QUESTION`, in words of `speech`, as things stand `now` (with offset)."""
    return (
        _policy(found, speech),
        _incidents(found, speech),
        _overdue(found, speech),
        _audit(found, speech),
        _drill("damage", found, speech, now),
        _drill("restore", found, speech, now),
        _seal(found, speech, now),
    )


def worst(given: tuple[Answer, ...]) -> Tone:
    """How all of it stands: as its worst answer does."""
    return max((each.tone for each in given), key=_WORSE.index, default=Tone.WARN)


def _policy(found: Mapping[str, Any], speech: Speech) -> Answer:
    unsafe, versions = found["unsafe"], found["versions"]
    rule = speech.say(
        "safe.policy.rule", copies=found["policy_copies"], sites=found["policy_sites"], media=found["policy_media"]
    )
    told = speech.say("safe.policy.all" if not unsafe else "safe.policy.some", count=speech.grouped(unsafe))
    more = (Linked(speech.say("safe.policy.of", count=speech.grouped(versions)), "safety"), Linked(rule, "promise"))
    return Answer("policy", Tone.WARN if unsafe else Tone.GOOD, Linked(told, "unsafe"), more)


def _incidents(found: Mapping[str, Any], speech: Speech) -> Answer:
    still = found["incidents_open"]
    told = Linked(
        speech.say("safe.incidents.open" if still else "safe.incidents.none", count=speech.grouped(still)),
        "incident?state=open&practice=0",
    )
    ended = Linked(
        speech.say("safe.incidents.ended", count=speech.grouped(found["incidents_ended"])),
        "incident?state__not=open&practice=0",
    )
    return Answer("incidents", Tone.BAD if still else Tone.GOOD, told, (ended,))


def _overdue(found: Mapping[str, Any], speech: Speech) -> Answer:
    late = found["overdue"]
    told = speech.say("safe.overdue.some" if late else "safe.overdue.none", count=speech.grouped(late))
    more = [Linked(speech.say("safe.overdue.of", count=speech.grouped(found["copies"])), "copy")]
    if found["longest_unread"]:
        oldest = speech.say("safe.overdue.oldest", day=speech.day(found["longest_unread"]))
        more.append(Linked(oldest, "copy?_sort=last_read"))
    return Answer("overdue", Tone.BAD if late else Tone.GOOD, Linked(told, "overdue"), tuple(more))


def _audit(found: Mapping[str, Any], speech: Speech) -> Answer:
    run = found["audit_run"]
    if run is None:
        return Answer("audit", Tone.WARN, Linked(speech.say("safe.never"), "audit"), _cure("audit", speech))
    told = Linked(speech.day(found["audit_begun"]), f"audit/{tilde_encode(run)}")
    of_run = f"fixity?run={quote(run)}"
    if found["audit_ended"] is None:
        return Answer("audit", Tone.WARN, told, (Linked(speech.say("safe.audit.interrupted"), of_run),))
    counts = {name: found[f"audit_{name}"] or 0 for name in ("due", "faults", "unread")}
    paths = {"due": of_run, "faults": f"{of_run}&verdict__notin=intact,unreadable", "unread": told.path}
    more = tuple(
        Linked(speech.say(f"safe.audit.{name}", count=speech.grouped(counts[name])), paths[name]) for name in counts
    )
    return Answer("audit", Tone.WARN if counts["faults"] or counts["unread"] else Tone.GOOD, told, more)


def _drill(kind: str, found: Mapping[str, Any], speech: Speech, now: dt.datetime) -> Answer:
    since = found[f"{kind}_good"] or found["since"] or now.isoformat()
    due = dt.datetime.fromisoformat(since) + dt.timedelta(days=found["drill_days"])
    late = due.date() < now.date()
    coming = Linked(
        speech.say("safe.drill.overdue" if late else "safe.drill.next", day=speech.day(due.isoformat())),
        f"drill?exercise={kind}",
    )
    if found[kind] is None:
        tone = Tone.BAD if late else Tone.WARN
        return Answer(kind, tone, Linked(speech.say("safe.never"), coming.path), (coming, *_cure(kind, speech)))
    passed, path = found[f"{kind}_passed"], f"drill/{tilde_encode(found[kind])}"
    told = speech.say("safe.drill.passed" if passed else "safe.drill.failed", day=speech.day(found[f"{kind}_time"]))
    good = found[f"{kind}_trials"] - found[f"{kind}_failed"]
    trials = Linked(
        speech.say(f"safe.{kind}.trials", good=speech.grouped(good), all=speech.grouped(found[f"{kind}_trials"])), path
    )
    tone = Tone.GOOD if passed and not late else Tone.WARN if passed else Tone.BAD
    return Answer(kind, tone, Linked(told, path), (trials, coming))


def _seal(found: Mapping[str, Any], speech: Speech, now: dt.datetime) -> Answer:
    if found["seal"] is None:
        return Answer("seal", Tone.WARN, Linked(speech.say("safe.never"), "seal"), _cure("seal", speech))
    told = Linked(speech.day(found["seal_time"]), f"seal/{tilde_encode(found['seal'])}")
    late = now - dt.datetime.fromisoformat(found["seal_time"]) > _SEALED_WITHIN
    sealed, stamped = bool(found["seal_sealed"]), bool(found["seal_stamps"])
    word = "test" if sealed and found["seal_test"] else "yes" if sealed else "no"
    more = [
        Linked(speech.say(f"safe.seal.sealed.{word}"), told.path),
        Linked(speech.say(f"safe.seal.stamped.{'yes' if stamped else 'no'}"), told.path),
    ]
    if late:
        more.append(Linked(speech.say("safe.seal.old"), "seal"))
    good = sealed and stamped and word != "test" and not late
    return Answer("seal", Tone.GOOD if good else Tone.WARN, told, tuple(more))


def _cure(key: str, speech: Speech) -> tuple[Linked, ...]:
    return (Linked(speech.say(f"safe.{key}.cure")),)
