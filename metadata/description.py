"""What is known of a title, a volume or an issue: by the names of MODS, without its syntax (ndk.md §2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from metadata.record import reads_also

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class IdentifierKind(StrEnum):
    """Identifier types of the NDK standard (ndk.md §2)."""

    UUID = "uuid"
    URNNBN = "urnnbn"
    ISBN = "isbn"
    ISSN = "issn"
    ISMN = "ismn"
    CCNB = "ccnb"


_SHAPES = {
    IdentifierKind.UUID: _UUID,
    IdentifierKind.URNNBN: re.compile(r"urn:nbn:cz:[a-z0-9]{2,6}-[a-z0-9]{6}"),
    IdentifierKind.ISBN: re.compile(r"(?:97[89]-?)?(?:\d-?){9}[\dX]"),
    IdentifierKind.ISSN: re.compile(r"\d{4}-\d{3}[\dX]"),
    IdentifierKind.ISMN: re.compile(r"(?:979-?0-?|M-?)(?:\d-?){8}\d"),
    IdentifierKind.CCNB: re.compile(r"cnb\d{9}"),
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier in the form its kind asks for; `valid` is False for one that the record itself calls cancelled.

    Raises:
        ValueError: the value has not that form.
    """

    kind: IdentifierKind
    value: str
    valid: bool = True

    def __post_init__(self) -> None:
        if self.valid and not _SHAPES[self.kind].fullmatch(self.value):
            raise ValueError(f"{self.value!r} is no {self.kind}")


@dataclass(frozen=True, slots=True)
class Organisation:
    """An institution: its library sigla (three letters, three digits: LIA001) and its name."""

    sigla: str
    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z]{3}\d{3}", self.sigla):
            raise ValueError(f"{self.sigla!r} is no library sigla (like LIA001)")


class VolumeKind(StrEnum):
    """What a volume is; each is packaged as one intellectual entity (ndk.md §1, table of §2)."""

    MONOGRAPH = "monograph"
    MONOGRAPH_VOLUME = "monograph-volume"
    MAP = "map"
    GRAPHIC = "graphic"
    SHEET_MUSIC = "sheetmusic"
    ISSUE = "issue"
    SUPPLEMENT = "supplement"

    @property
    def periodical(self) -> bool:
        """Whether the standard for periodicals rules it; else the one for monographs."""
        return self in (VolumeKind.ISSUE, VolumeKind.SUPPLEMENT)

    @property
    def loose(self) -> bool:
        """Whether it is no bound volume but sheets, which have neither left nor right and differ in size."""
        return self in (VolumeKind.MAP, VolumeKind.GRAPHIC)


class NameKind(StrEnum):
    """MODS name/@type."""

    PERSONAL = "personal"
    CORPORATE = "corporate"
    CONFERENCE = "conference"
    FAMILY = "family"


@dataclass(frozen=True, slots=True)
class Name:
    """Somebody with a part in the work.

    `text` is the whole name as the record writes it ("Němcová, Božena"), `family` and `given` its parts where they are
    known, `dates` years of life, `terms` a term of address ("svatý"), `roles` MARC relator codes ("aut"), `authority`
    the identifier in the national authority file, `primary` says that it is the record's main entry.
    """

    text: str
    kind: NameKind = NameKind.PERSONAL
    family: str = ""
    given: str = ""
    dates: str = ""
    terms: str = ""
    authority: str = ""
    roles: tuple[str, ...] = ()
    primary: bool = False


@dataclass(frozen=True, slots=True)
class OtherTitle:
    """A title besides the main one; `kind` as MODS titleInfo/@type: alternative, translated, uniform, abbreviated."""

    kind: str
    title: str
    subtitle: str = ""
    part_number: str = ""
    part_name: str = ""


class OriginKind(StrEnum):
    """MODS originInfo/@eventType."""

    PUBLICATION = "publication"
    PRODUCTION = "production"
    DISTRIBUTION = "distribution"
    MANUFACTURE = "manufacture"
    COPYRIGHT = "copyright"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where, by whom and when it came to be; `date` as printed, `start` and `end` years as MARC 21 codes them."""

    kind: OriginKind = OriginKind.PUBLICATION
    places: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    date: str = ""
    start: str = ""
    end: str = ""
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the work is about; `authority` names the thesaurus (czenas, eczenas, Konspekt ...)."""

    authority: str = ""
    topics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Classification:
    """A class mark; `authority` is udc or Konspekt, `edition` "Konspekt" for a Konspekt group."""

    value: str
    authority: str = "udc"
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """Another work: `kind` is preceding, succeeding, series, host ... (MODS relatedItem/@type)."""

    kind: str
    title: str
    part_number: str = ""
    issn: str = ""


@dataclass(frozen=True, slots=True)
class Cartography:
    """Mathematical data of a map, as its record writes them."""

    scale: str = ""
    projection: str = ""
    coordinates: str = ""


@dataclass(frozen=True, slots=True)
class RecordOrigin:
    """The catalogue record that a description was taken from; all empty when somebody typed it.

    `rules` is the cataloguing standard ("rda", else "aacr"), `source` the sigla of the record's maker, `id` its system
    number, `created` and `changed` ISO 8601 dates.
    """

    rules: str = "rda"
    source: str = ""
    id: str = ""
    created: str = ""
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a title, volume or issue, from volume.toml or the catalogue.

    `languages` are ISO 639-2/T codes (`ces`), `script` a name of a script (`Fraktur`) or empty. `year`, `publisher`
    and `place` are the statement of publication as printed (the year of an issue is its date, 1919-05-14); other
    statements are in `origins`. `part_number` and `part_name` name a volume within its title or an issue within its
    year; `edition` is an issue's or supplement's genre type ("morning", "issue_supplement"). `country` is a MARC
    country code ("xr"), `form` what it is made of by MARC ("print", "map"). `own` are the institution's own fields, by
    name, kept as they are.
    """

    title: str
    institution: Organisation
    kind: VolumeKind = VolumeKind.MONOGRAPH
    subtitle: str = ""
    part_number: str = ""
    part_name: str = ""
    non_sort: str = ""
    other_titles: tuple[OtherTitle, ...] = ()
    names: tuple[Name, ...] = ()
    year: str = ""
    publisher: str = ""
    place: str = ""
    country: str = ""
    date_start: str = ""
    date_end: str = ""
    statement_of_edition: str = ""
    issuance: str = ""
    frequency: str = ""
    origins: tuple[Origin, ...] = ()
    languages: tuple[str, ...] = ()
    script: str = ""
    form: str = ""
    extent: str = ""
    abstract: str = ""
    notes: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    classifications: tuple[Classification, ...] = ()
    related: tuple[Related, ...] = ()
    cartography: Cartography = field(default=Cartography())
    edition: str = ""
    shelf_mark: str = ""
    scanner: str = ""
    operator: str = ""
    identifiers: tuple[Identifier, ...] = ()
    record: RecordOrigin = field(default=RecordOrigin())
    own: tuple[tuple[str, str], ...] = ()

    def identifier(self, kind: IdentifierKind) -> str:
        """The value of the first valid identifier of `kind`, or an empty string."""
        return next((i.value for i in self.identifiers if i.kind is kind and i.valid), "")

    @property
    def authors(self) -> tuple[str, ...]:
        """The names of those who made the work, as the record writes them."""
        return tuple(name.text for name in self.names if not name.roles or "aut" in name.roles)


def _today(record: dict[str, Any]) -> dict[str, Any]:
    # kdr 0.1.0 knew authors only.
    authors = record.pop("authors", ())
    return record | {"names": [{"text": author} for author in authors]} if authors else record


reads_also(Description, _today)


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may do what with it.

    `copyright` is copyrighted, pd, pd_expired, pd_holder or unknown and `publication` published, unpublished or
    unknown (copyrightMD 0.91, copyright.status and publication.status); `holder` a name; `licence` a URI or the name
    of a public licence; `embargo` the ISO 8601 date before which nobody but staff may see it;
    `access` from where it may be seen whatever the rest says (public, premises, staff), empty where nobody decided.
    """

    copyright: str = "unknown"
    publication: str = "unknown"
    holder: str = ""
    licence: str = ""
    embargo: str = ""
    note: str = ""
    access: str = ""
