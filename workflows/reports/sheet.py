"""One report in one language, as a value: tables, bars, notes, and from what it was made. Renderers only lay it out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from metadata.wording import Tongue


class Tone(StrEnum):
    """How something stands; the word beside it says the same, so that colour is never the only sign."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    CALM = "calm"


@dataclass(frozen=True, slots=True)
class Mark:
    """A word with its tone."""

    text: str
    tone: Tone = Tone.CALM


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time (ISO 8601); empty is never."""

    iso: str


Cell = str | int | float | Mark | Moment


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below titles; every row has as many cells as there are `columns`. `note` stands above them."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.title}: a row has not {len(self.columns)} cells")


@dataclass(frozen=True, slots=True)
class Bars:
    """A picture: label and number of each bar; `unit` is what is counted."""

    title: str
    unit: str
    rows: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """From what and by whom a report was made: repository, institution, `made` (ISO 8601), the journal's head then."""

    repository: str
    institution: str
    made: str
    maker: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report: `kind` names its files, `verdict` is the one sentence that everybody looks for, `facts` its sums."""

    kind: str
    title: str
    tongue: Tongue
    verdict: Mark
    facts: tuple[tuple[str, Cell], ...]
    tables: tuple[Table, ...]
    origin: Origin
    bars: tuple[Bars, ...] = ()
    notes: tuple[str, ...] = ()
