"""What Datasette is told of the catalogue: titles, descriptions, facets, order and ready-made queries; both tongues."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

from metadata.wording import Tongue, Wording, wording
from repository.catalogue.tongue import current_tongue

NAME = "catalogue"
"""The database's name in addresses: /catalogue/page."""

MOST_RANKED = 5000
"""Ranking a word that stands on every page of a million would take a second; so many of its hits are ranked."""

TABLES = (
    "volume",
    "page",
    "division",
    "name",
    "title",
    "institution",
    "version",
    "finding",
    "event",
    "file",
    "copy",
    "safety",
    "incident",
    "audit",
    "drill",
    "seal",
    "promise",
    "fixity",
    "journal",
    "page_text",
    "word_form",
    "volume_words",
    "title_in_package",
    "batch",
    "batch_volume",
    "batch_page",
    "batch_step",
    "batch_finding",
    "capacity",
    "capacity_share",
    "capacity_rate",
)
VIEWS = (
    "issues", "weak_pages", "proposed", "embargoed", "holdings", "custody", "overdue", "unsafe", "missing",
)  # fmt: skip

SETTINGS = {
    # Searches take turns (reading.turns); so many threads leave some for all other pages.
    "num_sql_threads": 6,
    "default_allow_sql": False,
    "allow_download": False,
    "suggest_facets": False,
    "default_page_size": 50,
    "max_returned_rows": 1000,
    "sql_time_limit_ms": 2000,
    "facet_time_limit_ms": 1000,
    "truncate_cells_html": 300,
}

_LINKS = {
    "volume": "volume",
    "object": "volume",
    "incident": "incident",
    "page": "page",
    "institution": "institution",
    "title_id": "title",
    "division": "division",
    "parent": "division",
}
_SIZES = {"bytes": "B", "size": "B"}
_HOW: dict[str, dict[str, Any]] = {
    "volume": {
        "label_column": "called",
        "sort": "called",
        "facets": ["institution", "year", "type", {"array": "languages"}, "quality"],
        "fts_table": "found_volume",
        "fts_pk": "rowid",
    },
    "page": {
        "label_column": "position",
        "sort": "position",
        "facets": ["institution", "year", "type", "quality"],
        "fts_table": "found_page",
        "fts_pk": "rowid",
    },
    "word_form": {"facets": ["language"], "sort": "lemma"},
    "division": {"label_column": "title", "sort": "position", "facets": ["kind", "source"]},
    "name": {"label_column": "text", "sort": "text", "facets": ["role", "kind"]},
    "title": {"label_column": "title", "sort": "title", "facets": ["kind"]},
    "institution": {"label_column": "name"},
    "version": {"facets": ["state"]},
    "finding": {"facets": ["severity", "code"]},
    "copy": {"facets": ["place", "verdict"], "sort": "last_read"},
    "safety": {"facets": ["safe", "copies"]},
    "incident": {"facets": ["state", "practice", "place", "verdict"], "sort_desc": "opened"},
    "audit": {"sort_desc": "begun"},
    "drill": {"facets": ["exercise", "passed"], "sort_desc": "time"},
    "seal": {"sort_desc": "time"},
    "fixity": {"facets": ["kind", "verdict", "practice"], "sort_desc": "seq"},
    "journal": {"facets": ["kind"], "sort_desc": "seq"},
    "batch": {"facets": ["working"], "sort_desc": "claimed"},
    "batch_volume": {"label_column": "title", "facets": ["state", "institution"], "sort": "folder"},
    "batch_page": {"facets": ["standing", "state", "step"], "sort": "worth"},
    "batch_finding": {"facets": ["severity", "code"]},
}
# repository.catalogue.asking: all forms of a word; nothing is found by an empty one.
_ASKED = "escape_fts(:word)"
_FIND_WORD = f"""
with best as materialized (
  select hit, score from (
    select page_fts.rowid as hit, rank as score from page_fts
    where page_fts match {_ASKED} and exists (select 1 from page where page.rowid = page_fts.rowid) limit {MOST_RANKED}
  ) order by score, hit limit 100
)
select volume.called as title, volume.year, volume.institution, page.position, page.label,
  snippet(page_fts, 0, '[', ']', '…', 24) as excerpt, page.confidence, page.uuid as page, page.volume
from best cross join page_fts on page_fts.rowid = best.hit
  join page on page.rowid = best.hit join volume on volume.uuid = page.volume
where page_fts match {_ASKED}
order by best.score, page.volume, page.position
"""  # noqa: S608 - a constant of ours; what people type comes in as :word
_FIND_IDENTIFIER = """
select called as title, year, institution, null as position, null as page, uuid as volume from volume
where :identifier in (uuid, urnnbn, issn, ccnb, shelf_mark, title_id, year_id)
  or replace(:identifier, '-', '') in (replace(isbn, '-', ''), replace(ismn, '-', ''))
  or title_id in (select id from title where :identifier in (issn, ccnb))
union all
select volume.called as title, volume.year, volume.institution, page.position, page.uuid, page.volume
from page join volume on volume.uuid = page.volume where page.uuid = :identifier
order by title, volume
"""
_QUERIES = {"find_word": _FIND_WORD, "find_identifier": _FIND_IDENTIFIER}


_CZECH_SIGNS = str.maketrans({",": "\N{NO-BREAK SPACE}", ".": ","})


class Speech:
    """What templates say, in one tongue or that of the request: sentences, names of tables and columns, values."""

    def __init__(self, tongue: Tongue | None = None) -> None:
        self._told = tongue
        types = wording("metadata", "page_types.toml").sentences
        own = dict(wording("repository.catalogue", "catalogue.toml").sentences)
        for file in sorted(files("repository.catalogue.words").iterdir(), key=lambda each: each.name):
            if file.name.endswith(".toml"):
                own |= wording("repository.catalogue.words", file.name).sentences
        self._words = Wording({f"value.type.{name}": said for name, said in types.items()} | own)

    @property
    def tongue(self) -> Tongue:
        """The tongue given, else that of the request at hand."""
        return self._told or current_tongue()

    def say(self, key: str, **facts: object) -> str:
        """The sentence `key`. Raises KeyError: there is none."""
        return self._words.say(key, self.tongue, **facts)

    def titled(self, table: str) -> str:
        """What a table, view or query is called."""
        return self._known(f"table.{table}") or table

    def about(self, table: str) -> str:
        """What a table, view or query holds; empty when that is not known."""
        return self._known(f"about.{table}", most=MOST_RANKED)

    def label(self, column: str, table: str = "") -> str:
        """What a column is called, in `table` when it means something else there."""
        return self._known(f"column.{table}.{column}") or self._known(f"column.{column}") or column

    def meaning(self, column: str, value: object) -> object:
        """A coded value in words; any other one as it is."""
        return self._known(f"value.{column}.{value}") or value

    def grouped(self, number: float) -> str:
        """A number with its thousands apart, as the tongue writes them."""
        return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}" if self.tongue is Tongue.CS else ",")

    def decimal(self, number: float, digits: int = 1) -> str:
        """A number with its thousands apart and so many decimals, as the tongue writes them."""
        text = f"{number:,.{digits}f}"
        return text.translate(_CZECH_SIGNS) if self.tongue is Tongue.CS else text

    def day(self, iso: str | None) -> str:
        """A moment's (ISO 8601) day by this machine's clock: 23. 11. 2026 or 2026-11-23; a dash for none."""
        try:
            local = dt.datetime.fromisoformat(iso or "").astimezone()
        except ValueError:
            return iso or "–"
        dotted = f"{local.day}.\N{NO-BREAK SPACE}{local.month}.\N{NO-BREAK SPACE}{local.year}"
        return dotted if self.tongue is Tongue.CS else f"{local:%Y-%m-%d}"

    def moment(self, iso: str | None) -> str:
        """The same with hours and minutes."""
        try:
            return f"{self.day(iso)} {dt.datetime.fromisoformat(iso or '').astimezone():%H:%M}"
        except ValueError:
            return self.day(iso)

    def sized(self, count: int) -> str:
        """Bytes as people say them: 1.5 GB; with a decimal comma in Czech."""
        power = next((power for power in (4, 3, 2, 1) if count >= 1000**power), 0)
        text = f"{count / 1000**power:.1f} {('B', 'kB', 'MB', 'GB', 'TB')[power]}" if power else f"{count} B"
        return text.replace(".", ",") if self.tongue is Tongue.CS else text

    def _known(self, key: str, **facts: object) -> str:
        return self.say(key, **facts) if key in self._words.sentences else ""


def link(column: str) -> str:
    """The table whose rows a column of a view or query names; empty when it names none."""
    return _LINKS.get(column, "")


def described(database: Path, speech: Speech) -> dict[str, Any]:
    """The catalogue `database` in Datasette's metadata format (0.65).

    Raises:
        sqlite3.Error: it cannot be read.
    """
    columns = _columns(database)
    tables = {table: _table(table, columns.get(table, ()), speech) for table in (*TABLES, *VIEWS)}
    queries = {
        name: {"title": speech.titled(name), "description": speech.about(name), "sql": sql, "hide_sql": True}
        for name, sql in _QUERIES.items()
    }
    about = {"title": speech.say("home.title"), "description": speech.say("home.about")}
    return about | {"databases": {NAME: about | {"tables": tables, "queries": queries}}}


def _table(table: str, columns: tuple[str, ...], speech: Speech) -> Mapping[str, Any]:
    units = {column: unit for column, unit in _SIZES.items() if column in columns}
    return _HOW.get(table, {}) | {
        "title": speech.titled(table),
        "description": speech.about(table),
        "columns": {column: speech.label(column, table) for column in columns},
        "units": units,
    }


def _columns(database: Path) -> dict[str, tuple[str, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        listed = connection.execute("select m.name, p.name from sqlite_master m, pragma_table_info(m.name) p")
        names: dict[str, tuple[str, ...]] = {}
        for table, column in listed:
            names[table] = (*names.get(table, ()), column)
        return names
