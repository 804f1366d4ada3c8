"""volume.toml: what is told about a volume beside its scans, and the description that follows from it."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ingest.material import Material
from metadata.description import (
    Cartography,
    Description,
    Identifier,
    IdentifierKind,
    Name,
    Organisation,
    RecordOrigin,
    Rights,
    VolumeKind,
)
from metadata.elements import clean
from metadata.language import languages
from metadata.model import Title, VolumeId, Year, new_title_id, volume_id
from metadata.table_fault import faults_told, toml_refused, too_large
from metadata.toml_text import read_toml

NAME = "volume.toml"
_LIMIT = 1 << 20


def _checked_signs(text: str) -> str:
    if clean(text) != text:
        raise PydanticCustomError("sign", "a control character")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_checked_signs)]
KEYS = ("system", "barcode", "isbn", "issn", "ccnb")
"""By what a record is looked up, the surest first."""


_EXAMPLES = {
    IdentifierKind.UUID: "7a1c1b0e-3c0a-4b0e-9d5e-2f6b8f0c1d2e",
    IdentifierKind.URNNBN: "urn:nbn:cz:aba001-00000a",
    IdentifierKind.ISBN: "978-80-00-00000-8",
    IdentifierKind.ISSN: "1234-5679",
    IdentifierKind.ISMN: "979-0-2600-0043-8",
    IdentifierKind.CCNB: "cnb000000001",
}


def _checked_language(text: str) -> str:
    try:
        languages(text or "ces")
    except ValueError:
        raise PydanticCustomError("language", "no ISO 639-2 language code") from None
    return text


def _checked_sigla(text: str) -> str:
    try:
        return Organisation(text, "-").sigla
    except ValueError:
        raise PydanticCustomError("sigla", "no library sigla") from None


def _checked_uuid(text: str) -> str:
    return _checked_identifiers({IdentifierKind.UUID: text})[IdentifierKind.UUID] if text else ""


def _checked_identifiers(given: dict[IdentifierKind, str]) -> dict[IdentifierKind, str]:
    for kind, value in given.items():
        try:
            Identifier(kind, value)
        except ValueError:
            facts = {"value": f'"{value[:60]}"', "kind": kind.value, "example": f'"{_EXAMPLES[kind]}"'}
            raise PydanticCustomError("identifier", "{value} is no {kind}", facts) from None
    return given


_Language = Annotated[str, AfterValidator(_checked_language)]
_Identifiers = Annotated[dict[IdentifierKind, str], AfterValidator(_checked_identifiers)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Institution(_Table):
    sigla: Annotated[str, AfterValidator(_checked_sigla)]
    name: Text


class RecordWish(_Table):
    """[record]: which catalogue record describes the volume; by one number, from one source of kdr.toml."""

    source: Text = ""
    system: Text = ""
    barcode: Text = ""
    isbn: Text = ""
    issn: Text = ""
    ccnb: Text = ""

    @model_validator(mode="after")
    def _by_one_number(self) -> RecordWish:
        if sum(bool(getattr(self, key)) for key in KEYS) != 1:
            raise PydanticCustomError("one_number", "give exactly one of {allowed}", {"allowed": ", ".join(KEYS)})
        return self

    @property
    def key(self) -> tuple[str, str]:
        """The kind of number and the number."""
        return next((key, getattr(self, key)) for key in KEYS if getattr(self, key))


class _Rights(_Table):
    copyright: Literal["copyrighted", "pd", "pd_expired", "pd_holder", "unknown"] = "unknown"
    publication: Literal["published", "unpublished", "unknown"] = "unknown"
    holder: Text = ""
    licence: Text = ""
    embargo: str = ""
    note: Text = ""
    access: Literal["", "public", "premises", "staff"] = ""

    @field_validator("embargo", mode="before")
    @classmethod
    def _a_day(cls, value: object) -> str:
        try:
            return dt.date.fromisoformat(str(value)).isoformat() if value else ""
        except ValueError:
            raise PydanticCustomError("day", "no date") from None


class _Year(_Table):
    number: Text = ""
    year: Text = ""
    uuid: Annotated[str, AfterValidator(_checked_uuid)] = ""


class _Above(_Table):
    """[periodical] or [multivolume]: what stands above the volume."""

    title: Text = ""
    subtitle: Text = ""
    year: Text = ""
    publisher: Text = ""
    place: Text = ""
    language: _Language = ""
    frequency: Text = ""
    identifiers: _Identifiers = Field(default_factory=dict)
    volume: _Year = _Year()


class Sidecar(_Table):
    """volume.toml: everything in it is optional; a key that is not here is a mistake."""

    title: Text = ""
    subtitle: Text = ""
    authors: list[Text] = Field(default_factory=list, max_length=200)
    number: Text = ""
    name: Text = ""
    year: Text = ""
    edition: Text = ""
    publisher: Text = ""
    place: Text = ""
    language: _Language = ""
    script: Text = ""
    extent: Text = ""
    scale: Text = ""
    rules: Literal["", "rda", "aacr"] = ""
    type: VolumeKind | None = None
    institution: _Institution | None = None
    shelf_mark: Text = ""
    scanner: Text = ""
    operator: Text = ""
    resolution: int = Field(default=0, ge=0, le=6000)
    material: Material | None = None
    spreads: StrictBool | None = None
    pages: int = Field(default=0, ge=0, le=100_000, strict=True)
    identifiers: _Identifiers = Field(default_factory=dict)
    periodical: _Above | None = None
    multivolume: _Above | None = None
    record: RecordWish | None = None
    rights: _Rights | None = None
    own: dict[Text, Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_above(self) -> Sidecar:
        kind = self.type
        if self.periodical and kind and not kind.periodical:
            raise PydanticCustomError(
                "above", "[{table}] does not belong to a {kind}", {"table": "periodical", "kind": kind.value}
            )
        if self.multivolume and kind not in (None, VolumeKind.MONOGRAPH_VOLUME):
            raise PydanticCustomError(
                "above", "[{table}] does not belong to a {kind}", {"table": "multivolume", "kind": str(kind)}
            )
        if self.periodical and self.multivolume:
            raise PydanticCustomError("both_above", "[periodical] and [multivolume] exclude each other")
        return self

    @property
    def kind(self) -> VolumeKind | None:
        """The kind as said, or as the table above it says; None when neither does."""
        above = VolumeKind.ISSUE if self.periodical else VolumeKind.MONOGRAPH_VOLUME if self.multivolume else None
        return self.type or above


def read_sidecar(path: Path) -> Sidecar:
    """The sidecar in the file `path`.

    Raises:
        ValueError: it is too large, no TOML in UTF-8, has a wrong key, or says what the words themselves refuse; told
            in the reader's language.
    """
    if path.stat().st_size > _LIMIT:
        raise ValueError(too_large(_LIMIT))
    try:
        sidecar = Sidecar.model_validate(read_toml(path.read_text(encoding="utf-8-sig")))
    except ValidationError as error:  # one of ValueError
        raise ValueError(faults_told(error.errors(), Sidecar.model_fields)) from None
    except ValueError as error:
        raise ValueError(toml_refused(error)) from None
    # What the words refuse (an identifier's form, a sigla, a language) is a fault of the sidecar too.
    placed_under(sidecar, described(sidecar, None, "-", Organisation("AAA000", "-")))
    return sidecar


def described(sidecar: Sidecar, record: Description | None, folder: str, institution: Organisation) -> Description:
    """The volume's description: what volume.toml says, then the catalogue's `record`, then the folder's name.

    A record of a periodical describes its title, so an issue takes only language and names of its own from it.
    """
    owner = sidecar.institution
    held_by = Organisation(owner.sigla, owner.name) if owner else institution
    kind = sidecar.kind or (record.kind if record else VolumeKind.MONOGRAPH)
    if record is None or kind.periodical:
        languages_known = record.languages if record else ()
        record = Description(title="", institution=held_by, languages=languages_known)
    above = sidecar.periodical or sidecar.multivolume
    title = sidecar.title or record.title or (above.title if above else "")
    told = _told(sidecar)
    own_numbers = tuple(Identifier(kind, value) for kind, value in sidecar.identifiers.items())
    others = tuple(each for each in record.identifiers if each.kind not in sidecar.identifiers)
    names = tuple(Name(author, roles=("aut",), primary=n == 0) for n, author in enumerate(sidecar.authors))
    return replace(
        record,
        title=title or unicodedata.normalize("NFC", folder),
        institution=held_by,
        kind=kind,
        identifiers=(*own_numbers, *others),
        names=names or record.names,
        languages=_languages(sidecar, record, above),
        record=replace(record.record, rules=sidecar.rules) if sidecar.rules else record.record,
        own=(*record.own, *sidecar.own.items()),
        **told,
    )


def placed_under(
    sidecar: Sidecar, about: Description, record: Description | None = None
) -> tuple[Title | None, Year | None]:
    """The title, and for periodicals the year, above the volume that `about` describes.

    Their identifiers are as given; else they follow from what names them (ISSN or ČNB number, else institution and
    title), so that every package of the same periodical has the same ones (ndk.md §9.2).
    """
    if not about.kind.periodical and about.kind is not VolumeKind.MONOGRAPH_VOLUME:
        return None, None
    above = sidecar.periodical or sidecar.multivolume or _Above()
    title = _title(above, about, record)
    if not about.kind.periodical:
        return title, None
    of_year = above.volume
    date = of_year.year or about.year[:4]
    own = volume_id(of_year.uuid) if of_year.uuid else new_title_id(f"{title.id} {of_year.number} {date}")
    return title, Year(own, of_year.number, date)


def rights_of(sidecar: Sidecar) -> Rights | None:
    """The rights as given; None where nothing is said."""
    return Rights(**sidecar.rights.model_dump()) if sidecar.rights else None


def _told(sidecar: Sidecar) -> dict[str, Any]:
    """What volume.toml says in so many words, by the names of a description."""
    told: dict[str, Any] = {
        "subtitle": sidecar.subtitle,
        "part_number": sidecar.number,
        "part_name": sidecar.name,
        "year": sidecar.year,
        "edition": sidecar.edition,
        "publisher": sidecar.publisher,
        "place": sidecar.place,
        "script": sidecar.script,
        "extent": sidecar.extent,
        "shelf_mark": sidecar.shelf_mark,
        "scanner": sidecar.scanner,
        "operator": sidecar.operator,
    }
    if sidecar.scale:
        told["cartography"] = Cartography(scale=sidecar.scale)
    return {name: value for name, value in told.items() if value}


def _languages(sidecar: Sidecar, record: Description, above: _Above | None) -> tuple[str, ...]:
    said = sidecar.language or (above.language if above else "")
    return languages(said) if said else record.languages


def _title(above: _Above, about: Description, record: Description | None) -> Title:
    known = record or Description(title="", institution=about.institution, record=RecordOrigin(about.record.rules))
    numbers = tuple(Identifier(kind, value) for kind, value in above.identifiers.items())
    others = tuple(each for each in known.identifiers if each.kind not in above.identifiers)
    told: dict[str, Any] = {
        "subtitle": above.subtitle,
        "year": above.year,
        "publisher": above.publisher,
        "place": above.place,
        "frequency": above.frequency,
    }
    description = replace(
        known,
        title=above.title or known.title or about.title,
        institution=about.institution,
        kind=about.kind,
        languages=languages(above.language) if above.language else known.languages or about.languages,
        identifiers=tuple(i for i in (*numbers, *others) if i.kind is not IdentifierKind.UUID),
        **{name: value for name, value in told.items() if value},
    )
    given = above.identifiers.get(IdentifierKind.UUID, "")
    return Title(volume_id(given) if given else _title_id(description), description)


def _title_id(about: Description) -> VolumeId:
    issn, ccnb = (about.identifier(kind) for kind in (IdentifierKind.ISSN, IdentifierKind.CCNB))
    bare = " ".join(unicodedata.normalize("NFC", about.title).casefold().split())
    return new_title_id(issn or ccnb or f"{about.institution.sigla} {bare}")
