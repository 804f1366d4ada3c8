"""What is harvested: volumes as records, in the order in which they were stored, in three formats.

A record's datestamp is when its version was stored, or when its embargo ended where that came later: whoever asks for
what is new since then gets it. What an audience may not see was never there: it is no deleted record. Nobody knows of a
disposed object whether everybody might see it; so those are deleted records for them only who may read the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metadata import dc, mods
from metadata.elements import DC, OAI_DC, XSI
from metadata.markup import Element, parse
from metadata.model import Provenance, VolumeId
from repository.catalogue.bag_rows import VOLUME
from repository.catalogue.house import House
from repository.catalogue.stored_version import value

Ask = Callable[[str, Mapping[str, Any]], Sequence[Any]]
"""Rows of a statement, as the one who asks may see them."""

FORMATS = {
    "oai_dc": ("http://www.openarchives.org/OAI/2.0/oai_dc.xsd", "http://www.openarchives.org/OAI/2.0/oai_dc/"),
    "mods": ("http://www.loc.gov/standards/mods/v3/mods-3-8.xsd", "http://www.loc.gov/mods/v3"),
    "mets": ("http://www.loc.gov/standards/mets/mets.xsd", "http://www.loc.gov/METS/"),
}
"""Prefix -> address of its schema, namespace."""

EARLIEST = "1970-01-01T00:00:00Z"
_SECONDS = "'%Y-%m-%dT%H:%M:%SZ'"
_VOLUMES = f"""
select volume.uuid, max(
    coalesce(strftime({_SECONDS}, stored), strftime({_SECONDS}, created), '{EARLIEST}'),
    coalesce(case when embargo <= date('now', 'localtime') then strftime({_SECONDS}, embargo) end, '')) as stamp,
  institution, type, (select id from title where id = title_id and kind != 'single') as title, version, called,
  0 as gone
from volume
"""  # noqa: S608 - constants of ours, as below
_DISPOSED = f"""
union all select subject, strftime({_SECONDS}, max(time)), null, null, null, null, null, 1
from journal where kind = 'disposed' and subject not in (select uuid from volume) group by subject
"""  # noqa: S608
_WANTED = """
where (:since = '' or stamp >= :since) and (:until = '' or stamp <= :until) and (stamp, uuid) > (:stamp, :uuid)
  and (:only = '' or uuid = :only)
  and case :kind when '' then 1 when 'institution' then :member in ('', institution)
    when 'type' then :member in ('', type) when 'title' then title is not null and :member in ('', title) end
  and (:prefix != 'mets' or gone or exists (select 1 from file where file.volume = record.uuid and use = 'mets'))
"""
_METS = "select path from file join volume on uuid = file.volume where uuid = :volume and use = 'mets' order by path"
_ORDER = " order by stamp, uuid limit :most"
_SETS = """
select 'institution:' || sigla as spec, name from institution union all
select 'type:' || type, type from volume where type is not null group by type union all
select 'title:' || id, title from title where kind != 'single' order by 1
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: stored from `since` to `until` (stamps; empty: any), of the set `group`, that have `prefix`."""

    prefix: str = "oai_dc"
    since: str = ""
    until: str = ""
    group: str = ""
    only: str = ""
    after: tuple[str, str] = ("", "")

    def values(self, most: int) -> dict[str, object]:
        """What the statement is asked with."""
        kind, _, member = self.group.partition(":")
        stamp, uuid = self.after
        told: dict[str, object] = {"prefix": self.prefix, "since": self.since, "until": self.until, "only": self.only}
        return told | {"kind": kind, "member": member, "stamp": stamp, "uuid": uuid, "most": most}


@dataclass(frozen=True, slots=True)
class Record:
    """A record's header; `gone` when it was deleted, `version` and `called` (its title) are of those that are here."""

    uuid: VolumeId
    stamp: str
    sets: tuple[str, ...]
    gone: bool
    version: str = ""
    called: str = ""


class Records:
    """The records that one audience may see: `ask` answers for it; addresses in them begin with `base`.

    `deletes`: deleted records are among them.
    """

    def __init__(self, ask: Ask, house: House, base: str, *, deletes: bool) -> None:
        self._ask, self._house, self._base, self.deletes = ask, house, base, deletes
        self._records = f"select * from ({_VOLUMES}{_DISPOSED if deletes else ''}) as record {_WANTED}"  # noqa: S608

    def some(self, wanted: Wanted, most: int) -> list[Record]:
        """At most so many records, oldest stamp first."""
        return [_record(row) for row in self._ask(self._records + _ORDER, wanted.values(most))]

    def count(self, wanted: Wanted) -> int:
        """How many there are after `wanted.after`."""
        return int(self._ask(f"select count(*) from ({self._records})", wanted.values(0))[0][0])  # noqa: S608

    def one(self, uuid: str) -> Record | None:
        """The record of one volume; nothing when there is none."""
        found = self.some(Wanted(only=uuid), 1)
        return found[0] if found else None

    def earliest(self) -> str:
        """The lowest stamp."""
        found = self.some(Wanted(), 1)
        return found[0].stamp if found else EARLIEST

    def sets(self) -> list[tuple[str, str]]:
        """Every set and its name: institutions, types, titles of several volumes."""
        return [(row[0], row[1]) for row in self._ask(_SETS, {})]

    def formats(self, record: Record) -> tuple[str, ...]:
        """The prefixes that a record has; a deleted one is so in each."""
        return tuple(prefix for prefix in FORMATS if record.gone or self.metadata(record, prefix) is not None)

    def metadata(self, record: Record, prefix: str) -> Element | None:
        """A record in one format; nothing when it has not that one.

        A package that cannot be read has Dublin Core of its title alone. METS speaks of every page: it is given to
        those only who may see them all.
        """
        whence = self._whence(record)
        if prefix == "mets":
            root = self._mets(record, whence)
        elif whence is None:
            root = _bare(record) if prefix == "oai_dc" else None
        elif prefix == "mods":
            root = mods.volume_record(whence.volume, whence.created)
        else:
            root = dc.volume_record(whence.volume)
        if root is None:
            return None
        if prefix == "oai_dc":
            root.append(DC("identifier", f"{self._base}/volume/{record.uuid}"))
        schema, namespace = FORMATS[prefix]
        if XSI.tag("schemaLocation") not in root.attrib:
            root.set(XSI.tag("schemaLocation"), f"{namespace} {schema}")
        return root

    def _whence(self, record: Record) -> Provenance | None:
        try:
            with self._house.open(record.uuid, f"{record.version}/{VOLUME}") as stream:
                return value(Provenance, stream.read())
        except (OSError, ValueError):
            return None

    def _mets(self, record: Record, whence: Provenance | None) -> Element | None:
        found = self._ask(_METS, {"volume": record.uuid})
        pages = self._ask("select count(*) from page where volume = :volume", {"volume": record.uuid})[0][0]
        if not found or whence is None or pages != len(whence.volume.pages):
            return None
        try:
            with self._house.open(record.uuid, found[0][0]) as stream:
                return parse(stream.read())
        except (OSError, ValueError):
            return None


def _bare(record: Record) -> Element:
    title = DC("title", record.called)
    return OAI_DC.declaring(DC)("dc", title, DC("identifier", f"uuid:{record.uuid}"))


def _record(row: Any) -> Record:  # noqa: ANN401 - a row of SQLite
    told = (("institution", row["institution"]), ("type", row["type"]), ("title", row["title"]))
    sets = tuple(f"{kind}:{member}" for kind, member in told if member)
    gone = bool(row["gone"])
    return Record(VolumeId(row["uuid"]), row["stamp"], sets, gone, row["version"] or "", row["called"] or "")
