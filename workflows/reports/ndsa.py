"""NDSA Levels of Digital Preservation, version 2.0 (2019), row by row, computed from what the repository really does.

A level is reached when all its criteria and those of the levels below are met. Each criterion is answered by a
measurement, or by a person (evidence.toml): what nobody says is not reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from metadata.wording import Tongue, wording
from workflows.reports.known import Known
from workflows.reports.measured import Measured, measured
from workflows.reports.sheet import Cell, Mark, Report, Table, Tone
from workflows.reports.statements import NAME, Statement, read_statements
from workflows.reports.words import days_between, say

ROWS = ("storage", "integrity", "control", "metadata", "content")
_WORDS = wording("workflows", "ndsa.toml")
_YEAR = 366
Test = Callable[[Measured, Known], bool]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: `key` is row, level and letter; `test` measures it (None: only a person can say).

    `either` lets a person's statement stand where the measurement does not reach; `yearly` wants it renewed.
    """

    key: str
    row: str
    test: Test | None = None
    either: bool = False
    yearly: bool = False

    @property
    def level(self) -> int:
        """1..4."""
        return int(self.key[1])


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a criterion is met, and the sentence that proves it or says what is missing."""

    criterion: Criterion
    met: bool
    said: str


CRITERIA = (
    Criterion("S1a", "storage", lambda m, _: m.copies >= 2 and m.sites >= 2),
    Criterion("S1b", "storage", lambda _, k: all(each.medium for each in k.standings.values())),
    Criterion("S1c", "storage"),
    Criterion("S2a", "storage", lambda m, _: m.copies >= 3 and m.sites >= 2),
    Criterion("S2b", "storage"),
    Criterion("S3a", "storage", lambda m, _: m.threats >= 2),
    Criterion("S3b", "storage", lambda m, _: m.media >= 2),
    Criterion("S3c", "storage"),
    Criterion("S4a", "storage", lambda m, _: m.copies >= 3 and m.threats >= 3),
    Criterion("S4b", "storage"),
    Criterion("S4c", "storage"),
    Criterion("I1a", "integrity", lambda m, _: m.versions > 0 and m.undigested == 0),
    Criterion("I1b", "integrity", lambda _, k: bool(k.home.settings.gate.clamd)),
    Criterion("I2a", "integrity", lambda m, _: m.replicas > 0),
    Criterion("I2b", "integrity"),
    Criterion("I2c", "integrity", lambda m, _: m.versions > 0 and m.same_disk == ""),
    Criterion("I3a", "integrity", lambda m, _: m.checks > 0 and m.overdue == 0),
    Criterion("I3b", "integrity", lambda m, _: m.checks > 0 and m.chain),
    Criterion("I3c", "integrity", lambda m, _: m.checks > 0),
    Criterion("I4a", "integrity", lambda m, _: m.drilled),
    Criterion("I4b", "integrity", lambda m, _: m.open == 0 and (m.repaired > 0 or m.drilled)),
    Criterion("C1a", "control"),
    Criterion("C2a", "control"),
    Criterion("C3a", "control", lambda m, _: m.entries > 0 and m.chain),
    Criterion("C4a", "control", yearly=True),
    Criterion("M1a", "metadata", lambda m, _: m.versions > 0 and m.chain),
    Criterion("M1b", "metadata"),
    Criterion("M2a", "metadata", lambda m, _: m.objects > 0 and m.untold == 0),
    Criterion("M3a", "metadata", lambda m, _: m.objects > 0 and m.untold == 0),
    Criterion("M3b", "metadata"),
    Criterion("M4a", "metadata", lambda m, _: m.entries > 0 and m.chain),
    Criterion("M4b", "metadata", lambda m, _: m.objects > 0 and m.untold == 0),
    Criterion("F1a", "content", lambda m, _: m.objects > 0 and m.untold == 0),
    Criterion("F2a", "content", lambda m, _: m.objects > 0 and m.untold == 0),
    Criterion("F2b", "content"),
    Criterion("F3a", "content", lambda m, _: m.revalidated > 0),
    Criterion("F4a", "content", lambda m, _: m.migrated > 0, either=True),
)


def ndsa(known: Known, tongue: Tongue) -> Report:
    """The level of each row, what is missing for the next, and every criterion with its evidence.

    Raises:
        Problem: S097, evidence.toml is wrong.
    """
    answers = answered(known, tongue)
    levels = {row: reached([each for each in answers if each.criterion.row == row]) for row in ROWS}
    least = min(levels.values())
    tone = Tone.GOOD if least == 4 else Tone.WARN if least else Tone.BAD
    rows: list[tuple[Cell, ...]] = []
    for row, level in levels.items():
        lacks = [a for a in answers if a.criterion.row == row and not a.met and a.criterion.level == level + 1]
        missing = "; ".join(f"{a.criterion.key}: {a.said}" for a in lacks) or "–"
        rows.append((_say(f"row.{row}", tongue), _level(level, tongue), missing))
    return Report(
        kind="ndsa",
        title=say("ndsa.title", tongue),
        tongue=tongue,
        verdict=Mark(say("ndsa.verdict", tongue, level=least), tone),
        facts=tuple((_say(f"row.{row}", tongue), _level(level, tongue)) for row, level in levels.items()),
        tables=(
            Table(say("ndsa.rows", tongue), _titles(("row", "level", "missing_next"), tongue), tuple(rows)),
            Table(
                say("ndsa.criteria", tongue),
                _titles(("criterion", "level", "asked", "met", "evidence"), tongue),
                tuple(_criterion(each, tongue) for each in answers),
            ),
        ),
        origin=known.origin,
        notes=(say("ndsa.note", tongue, file=NAME),),
    )


def answered(known: Known, tongue: Tongue) -> tuple[Answer, ...]:
    """Every criterion with its answer.

    Raises:
        Problem: S097.
    """
    said = read_statements(known.home, "ndsa")
    found = measured(known)
    return tuple(_answer(each, found, known, said.get(each.key), tongue) for each in CRITERIA)


def reached(answers: Sequence[Answer]) -> int:
    """The level (0..4) that the answers of one row reach."""
    level = 0
    while level < 4 and all(each.met for each in answers if each.criterion.level == level + 1):
        level += 1
    return level


def _answer(asked: Criterion, found: Measured, known: Known, said: Statement | None, tongue: Tongue) -> Answer:
    if asked.test is not None and asked.test(found, known):
        return Answer(asked, True, _say(f"{asked.key}.proof", tongue, **_facts(found, known)))
    if asked.test is None or asked.either:
        old = said is not None and asked.yearly and days_between(f"{said.date}T00:00:00+00:00", known.at) > _YEAR
        if said is not None and not old:
            return Answer(asked, True, spoken(said, tongue))
        key = "person.old" if old else "person.lacks"
        return Answer(asked, False, _say(key, tongue, criterion=asked.key, file=NAME))
    return Answer(asked, False, _say(f"{asked.key}.lacks", tongue, **_facts(found, known)))


def spoken(said: Statement, tongue: Tongue) -> str:
    """A person's statement, with who and when."""
    text = _say("person.said", tongue, statement=said.statement, by=said.by, date=said.date.isoformat())
    return f"{text} {said.link}".strip()


def _facts(found: Measured, known: Known) -> dict[str, object]:
    standard = known.home.settings.standard
    media = ", ".join(f"{name}: {each.medium or '?'}" for name, each in known.standings.items())
    days = known.home.settings.audit.drill_days
    return found.facts | {
        "places": media,
        "monograph": standard.monograph,
        "periodical": standard.periodical,
        "days": days,
    }


def _criterion(each: Answer, tongue: Tongue) -> tuple[Cell, ...]:
    met = Mark(say("met" if each.met else "not_met", tongue), Tone.GOOD if each.met else Tone.BAD)
    return each.criterion.key, _level(each.criterion.level, tongue), _say(each.criterion.key, tongue), met, each.said


def _level(level: int, tongue: Tongue) -> str:
    return _say(f"level.{level}", tongue)


def _say(key: str, tongue: Tongue, **facts: object) -> str:
    return _WORDS.say(key, tongue, **facts)


def _titles(names: Sequence[str], tongue: Tongue) -> tuple[str, ...]:
    return tuple(say(f"column.{name}", tongue) for name in names)
