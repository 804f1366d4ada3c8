"""The report of holdings: what we have, where, in how many copies, and when each was last proved (ISO 16363 5.1.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from metadata.model import VolumeId
from metadata.wording import Tongue
from repository.canary import CANARY
from repository.ledger import Kept
from repository.policy import Safety
from repository.verify import Verdict
from workflows.reports.known import About, Known, about
from workflows.reports.sheet import Bars, Cell, Mark, Moment, Report, Table, Tone
from workflows.reports.words import known as worded
from workflows.reports.words import moment, say, size, verdict_mark

_COLUMNS = ("title", "object", "type", "versions", "pages", "bytes", "copies", "proved", "places", "safe")
AGES = (30, 90, 180, 365)


def holdings(known: Known, tongue: Tongue) -> Report:
    """One row an object, its newest version; what is not safe comes first. Pages that nobody tells are a dash."""
    objects = known.objects()
    told = about(known.home, [versions[-1] for _, versions in objects])
    rows = [_Row(known, tongue, versions, told[name]) for name, versions in objects]
    rows.sort(key=lambda row: (row.kept.object_id == CANARY, row.safety.safe, row.about.title, row.kept.object_id))
    real = [row for row in rows if row.kept.object_id != CANARY]
    unsafe = [row for row in real if not row.safety.safe]
    return Report(
        kind="holdings",
        title=say("holdings.title", tongue),
        tongue=tongue,
        verdict=_verdict(len(unsafe), len(real), tongue),
        facts=_sums(known, real, tongue),
        tables=(
            Table(
                say("holdings.objects", tongue),
                tuple(say(f"column.{name}", tongue) for name in _COLUMNS),
                tuple(row.cells() for row in rows),
            ),
            _places(known, tongue),
            *_disposed(known, tongue),
        ),
        origin=known.origin,
        bars=(_copies(real, tongue), _ages(known, tongue)),
        notes=(say("holdings.proved", tongue), policy_line(known, tongue)),
    )


def policy_line(known: Known, tongue: Tongue) -> str:
    """What makes a version safe here, as a sentence."""
    asked = known.policy
    return say("policy", tongue, copies=asked.copies, sites=asked.sites, media=asked.media)


def missing(found: Safety, tongue: Tongue) -> str:
    """What a version lacks to be safe; empty when nothing."""
    asked = found.policy
    have = {
        "copies": (found.copies, asked.copies),
        "sites": (found.sites, asked.sites),
        "media": (found.media, asked.media),
    }
    return ", ".join(
        say(f"missing.{name}", tongue, found=count, wanted=wanted)
        for name, (count, wanted) in have.items()
        if count < wanted
    )


class _Row:
    """One object as the report shows it."""

    def __init__(self, known: Known, tongue: Tongue, versions: Sequence[Kept], told: About) -> None:
        self.known, self.tongue, self.about, self.versions = known, tongue, told, versions
        self.kept = versions[-1]
        self.safety = known.safety(self.kept)

    def cells(self) -> tuple[Cell, ...]:
        """The cells by _COLUMNS."""
        replicas = self.kept.replicas.values()
        proved = min((each.intact for each in replicas if each.verdict is Verdict.INTACT), default="")
        kind, tongue = self.about.type, self.tongue
        return (
            self._title(),
            self.kept.object_id,
            say(f"type.{kind}", tongue) if worded(f"type.{kind}") else kind or "–",
            len(self.versions),
            self.about.pages if self.about.pages >= 0 else "–",
            sum(each.bytes for each in self.versions),
            self.safety.copies,
            Moment(proved),
            self._places(),
            self._safe(),
        )

    def _title(self) -> str:
        title = self.about.title or say("untitled", self.tongue)
        return f"{say('canary', self.tongue)}: {title}" if self.kept.object_id == CANARY else title

    def _places(self) -> str:
        told = []
        for each in sorted(self.kept.replicas.values(), key=lambda replica: replica.place):
            said = moment(each.intact, self.tongue)
            wrong = [verdict_mark(each.verdict, self.tongue).text] if each.verdict is not Verdict.INTACT else []
            wrong += [say("overdue", self.tongue)] if self.known.overdue(each) else []
            wrong += [say("away", self.tongue)] if each.place not in self.known.attached else []
            told.append(f"{each.place} {said}" + (f" ({', '.join(wrong)})" if wrong else ""))
        told += [f"{each.label} {moment(each.read, self.tongue)}" for each in self.known.on_shelf(self.kept)]
        return "; ".join(told)

    def _safe(self) -> Mark:
        if self.safety.safe:
            return Mark(say("yes", self.tongue), Tone.GOOD)
        return Mark(say("unsafe", self.tongue, why=missing(self.safety, self.tongue)), Tone.BAD)


def _verdict(unsafe: int, objects: int, tongue: Tongue) -> Mark:
    if not objects:
        return Mark(say("holdings.empty", tongue), Tone.CALM)
    if unsafe:
        return Mark(say("holdings.unsafe", tongue, unsafe=unsafe, objects=objects), Tone.BAD)
    return Mark(say("holdings.safe", tongue, objects=objects), Tone.GOOD)


def _sums(known: Known, rows: Sequence[_Row], tongue: Tongue) -> tuple[tuple[str, Cell], ...]:
    unknown = sum(row.about.pages < 0 for row in rows)
    pages = sum(row.about.pages for row in rows if row.about.pages >= 0)
    late = sum(known.overdue(replica) for kept in known.real() for replica in kept.replicas.values())
    return (
        (say("sum.objects", tongue), len(rows)),
        (say("sum.versions", tongue), sum(len(row.versions) for row in rows)),
        (say("sum.pages", tongue), say("pages_unknown", tongue, pages=pages, unknown=unknown) if unknown else pages),
        (say("sum.bytes", tongue), size(sum(kept.bytes for kept in known.real()), tongue)),
        (say("sum.safe", tongue), sum(row.safety.safe for row in rows)),
        (say("sum.overdue", tongue), late),
    )


def _places(known: Known, tongue: Tongue) -> Table:
    copies: Counter[str] = Counter()
    count: dict[str, int] = {}
    for kept in known.ledger.versions.values():
        for name in kept.replicas:
            copies[name] += 1
            count[name] = count.get(name, 0) + kept.bytes
    columns = ("place", "medium", "site", "threat", "here", "versions", "bytes", "period")
    rows = tuple(
        (
            name,
            standing.medium,
            standing.site or "–",
            standing.threat or "–",
            _here(known.attached, name, tongue),
            copies[name],
            count.get(name, 0),
            say("days", tongue, days=int(known.periods[name])),
        )
        for name, standing in known.standings.items()
    )
    gone = sorted(set(copies) - set(known.standings))
    lost = tuple(
        (name, "–", "–", "–", Mark(say("not_in_settings", tongue), Tone.WARN), copies[name], count[name], "–")
        for name in gone
    )
    return Table(
        say("holdings.places", tongue), tuple(say(f"column.{each}", tongue) for each in columns), (*rows, *lost)
    )


def _here(attached: frozenset[str], name: str, tongue: Tongue) -> Mark:
    here = name in attached
    return Mark(say("attached" if here else "away", tongue), Tone.GOOD if here else Tone.WARN)


def _disposed(known: Known, tongue: Tongue) -> tuple[Table, ...]:
    gone: Mapping[VolumeId, str] = known.ledger.disposed
    if not gone:
        return ()
    columns = tuple(say(f"column.{name}", tongue) for name in ("object", "disposed"))
    rows = tuple((name, Moment(when)) for name, when in sorted(gone.items(), key=lambda each: each[1]))
    return (Table(say("holdings.disposed", tongue), columns, rows, say("holdings.disposed_note", tongue)),)


def _copies(rows: Sequence[_Row], tongue: Tongue) -> Bars:
    counts = Counter(row.safety.copies for row in rows)
    most = max(counts, default=-1)
    bars = tuple((say("bar.copies", tongue, copies=number), counts[number]) for number in range(most + 1))
    return Bars(say("bars.copies", tongue), say("unit.objects", tongue), bars)


def _ages(known: Known, tongue: Tongue) -> Bars:
    """Copies by days since they were last proved."""
    ages = [known.age(replica) for kept in known.real() for replica in kept.replicas.values()]
    if not ages:
        return Bars(say("bars.ages", tongue), say("unit.copies", tongue), ())
    bars, least = [], float("-inf")
    for most in AGES:
        bars.append((say("bar.within", tongue, days=most), sum(least < age <= most for age in ages)))
        least = float(most)
    bars.append((say("bar.beyond", tongue, days=AGES[-1]), sum(age > least for age in ages)))
    return Bars(say("bars.ages", tongue), say("unit.copies", tongue), tuple(bars))
