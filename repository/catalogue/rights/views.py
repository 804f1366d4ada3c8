"""What an audience sees of each table, as SQL: the one place where the rights of rows are written down.

`readable` gives, for one audience and one day, a query for every table it may see at all. Filters bear a unary plus so
that they never choose the index: the indexes of schema.sql hold what they ask, and counting goes along those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from repository.catalogue.rights.access import seen
from repository.catalogue.rights.audience import Audience, Role
from repository.catalogue.volume_rows import GOOD, WEAK

FOUND = {"page": "found_page", "volume": "found_volume"}
"""The full text as Datasette's own searches may ask it: rowids of rows one may see, and MATCH."""

WITH_ROWID = frozenset({"page", "volume", "page_text"})
"""Tables that share their hidden rowid with the full text; their views bear it as their last column."""

_OPEN = ("institution", "title", "volume", "page", "division", "name", "file")
_STAFF = ("event", "finding", "page_text", "version", "title_in_package")
_ARCHIVE = ("journal", "fixity", "copy", "safety", "incident", "audit", "drill", "seal", "promise")
_WORK = (
    "batch", "batch_volume", "batch_page", "batch_step", "batch_finding", "capacity", "capacity_share", "capacity_rate",
)  # fmt: skip
_WORDS = ("word_form", "volume_words")
_VIEWS = {
    "open": ("issues", "holdings"),
    "staff": ("weak_pages", "proposed", "embargoed"),
    "archive": ("custody", "overdue", "unsafe", "missing"),
}
_BAND = (
    f"case when {{0}} is null then 'none' when {{0}} >= {GOOD} then 'good' "
    f"when {{0}} >= {WEAK} then 'fair' else 'weak' end"
)
_MEAN = "round(sum(q.confidence * q.words) / sum(case when q.confidence is null then 0 else q.words end), 4)"
# What of a volume is added up from its pages; each is asked of the pages that may be seen.
_SUMS = {
    "pages": "count(*)",
    "blank_pages": "coalesce(sum(q.blank), 0)",
    "words": "coalesce(sum(q.words), 0)",
    "confidence": _MEAN,
    "worst_confidence": "min(q.confidence)",
    "quality": _BAND.format(_MEAN),
    "pages_to_check": "coalesce(sum(q.attention > 0), 0)",
    "warnings": "coalesce(sum(q.warnings), 0)",
    "own_rights": "coalesce(sum(q.access <> t.access or q.embargo is not t.embargo), 0)",
}


@dataclass(frozen=True, slots=True)
class Readable:
    """A table as an audience sees it: `query` over the tables of the file, `filtered` when some rows may be missing."""

    query: str
    filtered: bool


def tables_of(audience: Audience) -> tuple[str, ...]:
    """The tables that an audience may see at all."""
    archive, everywhere = audience.has(Role.ARCHIVIST), audience.everywhere
    return (*_OPEN, *((*_STAFF, *_WORK) * audience.staff), *(_ARCHIVE * archive), *(_WORDS * everywhere))


def views_of(audience: Audience) -> tuple[str, ...]:
    """The same of our SQL views."""
    archive = audience.has(Role.ARCHIVIST)
    return (*_VIEWS["open"], *(_VIEWS["staff"] * audience.staff), *(_VIEWS["archive"] * archive))


def readable(
    columns: Mapping[str, Sequence[str]], audience: Audience, unknown_access: str, day: str
) -> dict[str, Readable]:
    """What `audience` sees on `day` (ISO 8601) of each table and of the full text, by the name it is asked under.

    `columns` are those of the tables in the file.
    """
    rules = _Rules(audience, unknown_access, day)
    given = {table: _one(table, columns[table], rules) for table in tables_of(audience) if table in columns}
    return given | {name: _found(table, name, rules) for table, name in FOUND.items()}


class _Rules:
    """The conditions for one audience and day."""

    def __init__(self, audience: Audience, unknown_access: str, day: str) -> None:
        self.everywhere = audience.everywhere
        self._own = sorted(filter(None, audience.institutions)) if audience.staff else []
        self._levels = seen(on_premises=audience.on_premises, unknown_access=unknown_access)
        self._day = day

    def seen(self, row: str) -> str:
        """Whether the row of a volume or page called `row` may be seen."""
        levels = ", ".join(map(quoted, self._levels))
        free = f"+{row}.access in ({levels}) and (+{row}.embargo is null or +{row}.embargo <= {quoted(self._day)})"
        own = ", ".join(map(quoted, self._own))
        return f"(ifnull(+{row}.institution, '') in ({own}) or ({free}))" if own else f"({free})"

    def own(self, row: str) -> str:
        """Whether the row called `row` is of an institution that the audience works for."""
        return f"{row}.institution in ({', '.join(map(quoted, self._own))})"

    def worked_on(self, condition: str) -> str:
        """Whether a volume in work (called `w`) with `condition` is of such an institution."""
        return _any("batch_volume", "w", f"{condition} and {self.own('w')}")

    def volume(self, key: str) -> str:
        """Whether the volume with the UUID `key` is there to be seen."""
        return _any("volume", "v", f"v.uuid = {key} and {self.seen('v')}")

    def page(self, key: str) -> str:
        """The same of a page."""
        return _any("page", "p", f"p.uuid = {key} and {self.seen('p')}")

    def division(self, key: str) -> str:
        """The same of a division; it is where its first page is."""
        shown = f"d.page is null or {self.page('d.page')}"
        return _any("division", "d", f"d.id = {key} and ({shown})")

    def whole(self, key: str) -> str:
        """Whether no page of the volume `key` is hidden."""
        return "not " + _any("page", "w", f"w.volume = {key} and not {self.seen('w')}")


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''").replace("\0", "") + "'"


def _any(table: str, row: str, condition: str) -> str:
    # Names and conditions are all of this module, values are quoted.
    return f"exists (select 1 from main.{table} as {row} where {condition})"  # noqa: S608


def _of_volume(rules: _Rules) -> str:
    return rules.volume("t.volume")


def _of_object(rules: _Rules) -> str:
    return rules.volume("t.object")


def _of_page(rules: _Rules) -> str:
    return rules.page("t.page")


def _of_page_or_whole(rules: _Rules) -> str:
    whole = f"{rules.volume('t.volume')} and {rules.whole('t.volume')}"
    return f"case when t.page is null then {whole} else {rules.page('t.page')} end"


_CONDITIONS: dict[str, Callable[[_Rules], str]] = {
    "page": lambda rules: rules.seen("t"),
    "volume": lambda rules: rules.seen("t"),
    "institution": lambda rules: _any("volume", "v", f"v.institution = t.sigla and {rules.seen('v')}"),
    "title": lambda rules: _any("volume", "v", f"v.title_id = t.id and {rules.seen('v')}"),
    "division": lambda rules: f"{rules.volume('t.volume')} and (t.page is null or {rules.page('t.page')})",
    "name": lambda rules: f"{rules.volume('t.volume')} and (t.division is null or {rules.division('t.division')})",
    "file": _of_page_or_whole,
    "finding": _of_page_or_whole,
    "event": _of_page,
    "page_text": _of_page,
    "title_in_package": _of_volume,
    "version": _of_object,
    "copy": _of_object,
    "safety": _of_object,
    "incident": _of_object,
    "fixity": _of_object,
    "journal": lambda rules: rules.volume("t.subject"),
    "batch": lambda rules: rules.worked_on("w.batch = t.batch"),
    "batch_volume": lambda rules: rules.own("t"),
    "batch_page": lambda rules: rules.worked_on("w.batch = t.batch and w.volume = t.volume"),
    "batch_step": lambda rules: rules.worked_on("w.batch = t.batch and w.volume = t.volume"),
    "batch_finding": lambda rules: rules.worked_on("w.batch = t.batch and w.volume = t.volume"),
    "capacity": lambda _: "t.name < ''",
    "capacity_share": lambda rules: rules.own("t"),
    "capacity_rate": lambda _: "t.days < 0",
    "audit": lambda _: "t.run < ''",
    "drill": lambda _: "t.drill < ''",
    "seal": lambda _: "t.record < ''",
}
"""Which rows of a table are seen by those who do not work everywhere.

Audits, drills, seals and the room in places are of no object.
"""


def _one(table: str, columns: Sequence[str], rules: _Rules) -> Readable:
    told = ", ".join(_column(table, column, rules) for column in columns)
    told += ", t.rowid as rowid" if table in WITH_ROWID else ""
    query = f"select {told} from main.{table} as t"  # noqa: S608 - names and values are of this module
    filtered = not rules.everywhere and table in _CONDITIONS
    return Readable(f"{query} where {_CONDITIONS[table](rules)}" if filtered else query, filtered)


def _column(table: str, column: str, rules: _Rules) -> str:
    own = f't."{column}"'
    if rules.everywhere:
        return own
    if (table, column) == ("division", "parent"):
        return f'case when {rules.division("t.parent")} then t.parent end as "parent"'
    if table != "volume" or column not in (*_SUMS, "bytes"):
        return own
    if column == "bytes":
        rest = f"select coalesce(sum(f.size), 0) from main.file as f where f.volume = t.uuid and {rules.page('f.page')}"  # noqa: S608
    else:
        rest = f"select {_SUMS[column]} from main.page as q where q.volume = t.uuid and {rules.seen('q')}"  # noqa: S608
    return f'case when t.own_rights = 0 or {rules.whole("t.uuid")} then {own} else ({rest}) end as "{column}"'


def _found(table: str, name: str, rules: _Rules) -> Readable:
    query = f"select f.rowid as rowid, f.{table}_fts as {name} from main.{table}_fts as f"  # noqa: S608
    row = _any(table, "t", f"t.rowid = f.rowid and {rules.seen('t')}")
    return Readable(query if rules.everywhere else f"{query} where {row}", not rules.everywhere)
