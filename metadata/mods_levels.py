"""What each level of a package may say in its MODS and Dublin Core: the standard's tables as values.

A level is a row: title, year, volume of each kind, issue, supplement, chapter, article, picture. Source: the machine-
readable rules of DMF Monografie 2.2 and DMF Periodika 2.1 (fdmf/*/biblioProfiles, fdmf/*/variables.xml) and ndk.md §2.
Where a description knows more than its level may say in elements, the rest becomes notes (metadata/mods_record.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from metadata.description import IdentifierKind, VolumeKind
from metadata.model import DivisionKind


class Place(Enum):
    """A place in a MODS record that one level has and another has not."""

    TYPED_TITLES = auto()  # titleInfo/@type
    ANY_DATES_OF_NAMES = auto()  # namePart[@type='date'] need not be 1820-1862
    RESOURCE = auto()  # typeOfResource
    ORIGIN = auto()  # originInfo
    EVENTS = auto()  # originInfo/@eventType: one originInfo for each statement; without it one for all
    MARC_DATES = auto()  # dateIssued[@encoding='marc']; such a dateIssued must not be missing
    OTHER_DATES = auto()  # dateOther and copyrightDate in the one originInfo
    PLACE_AUTHORITY = auto()  # every placeTerm must name its authority
    EDITION = auto()
    FREQUENCY = auto()
    LANGUAGE = auto()
    FORM = auto()  # physicalDescription/form
    MEDIA = auto()  # the form is one of RDA's media types
    GEOGRAPHIC = auto()  # subject/geographic
    CARTOGRAPHICS = auto()  # subject/cartographics
    CLASSIFICATION = auto()
    RELATED = auto()
    LOCATION = auto()
    RECORD = auto()  # recordInfo
    STANDARD = auto()  # recordInfo/descriptionStandard
    SIGLA = auto()  # recordContentSource/@authority may be siglaADR
    CATALOGUE = auto()  # recordIdentifier and languageOfCataloging


@dataclass(frozen=True, slots=True)
class Level:
    """One level: `code` in its ID, `genre`, `places` of its MODS, its `identifiers` besides the UUID.

    `types` are the values of genre/@type (a type that is not among them is not written), `type` the one that stands
    when the description has none; `issuance` the allowed values, the first for want of another; `thesauri` those that
    subject/@authority may name; `model` the dc:type and `dc` the elements of its Dublin Core.
    """

    code: str
    genre: str
    model: str
    places: frozenset[Place]
    identifiers: tuple[IdentifierKind, ...] = ()
    resource: str = "text"
    types: frozenset[str] = frozenset()
    type: str = ""
    issuance: tuple[str, ...] = ()
    thesauri: frozenset[str] = frozenset()
    dc: frozenset[str] = frozenset()

    def has(self, place: Place) -> bool:
        """Whether its MODS has that place."""
        return place in self.places


def of_volume(kind: VolumeKind, rules: str) -> Level:
    """The level of a volume, issue or supplement that is a package; `rules` is "rda" or "aacr"."""
    level = _VOLUMES[kind]
    return level if rules == "rda" else _by_aacr(level, _NOT_BY_AACR.get(kind, frozenset()))


def of_title(kind: VolumeKind, rules: str) -> Level:
    """The level of what stands above a volume of `kind`: a work in several volumes, or a periodical."""
    if kind.periodical:
        return _PERIODICAL if rules == "rda" else _by_aacr(_PERIODICAL)
    if rules == "rda":
        return _WORK
    level = _by_aacr(_WORK)
    return replace(level, places=level.places | {Place.EDITION}, dc=level.dc - {"publisher"})


def of_division(kind: DivisionKind, volume: VolumeKind, rules: str) -> Level:
    """The level of a part inside a volume of kind `volume`.

    Raises:
        ValueError: the standard knows no such part in such a volume (an article in a monograph).
    """
    level = (_PERIODICAL_PARTS if volume.periodical else _MONOGRAPH_PARTS).get(kind)
    if level is None:
        raise ValueError(f"no {kind} in a {volume} (ndk.md §2)")
    if kind is not DivisionKind.SUPPLEMENT or rules == "rda":
        return level
    return _by_aacr(replace(level, places=level.places - {Place.MEDIA} | {Place.FORM}))


def _by_aacr(level: Level, without: frozenset[Place] = frozenset()) -> Level:
    # AACR2 knows one statement of publication, in which the printer and the copyright stand too.
    places = level.places - {Place.EVENTS} - without
    if level.has(Place.EVENTS):
        places |= {Place.OTHER_DATES}
    if level.code == "VOLUME" and level.genre in ("cartographic", "graphic"):
        places |= {Place.PLACE_AUTHORITY}
    return replace(level, places=places)


_CATALOGUED = frozenset({
    Place.TYPED_TITLES, Place.ANY_DATES_OF_NAMES, Place.RESOURCE, Place.ORIGIN, Place.EVENTS, Place.MARC_DATES,
    Place.EDITION, Place.LANGUAGE, Place.FORM, Place.GEOGRAPHIC, Place.CLASSIFICATION, Place.RELATED, Place.LOCATION,
    Place.RECORD, Place.STANDARD, Place.SIGLA, Place.CATALOGUE,
})  # fmt: skip
_THESAURI = frozenset({"czenas", "eczenas", "Konspekt", "czmesh", "mednas", "msvkth", "agrovoc"})
_PERIODICAL_THESAURI = frozenset({"czenas", "eczenas", "mednas", "czmesh", "Konspekt"})
_WHOLE_DC = frozenset({
    "title", "creator", "type", "description", "coverage", "publisher", "date", "language", "format", "subject",
    "identifier", "source",
})  # fmt: skip
_PART_DC = frozenset({"title", "creator", "type", "description", "subject", "identifier", "coverage"})

_URNNBN, _ISBN, _ISSN = IdentifierKind.URNNBN, IdentifierKind.ISBN, IdentifierKind.ISSN
_ISMN, _CCNB = IdentifierKind.ISMN, IdentifierKind.CCNB

_SINGLE = Level(
    code="VOLUME",
    genre="volume",
    model="model:monograph",
    places=_CATALOGUED,
    identifiers=(_URNNBN, _ISBN, _ISMN, _CCNB),
    issuance=("single unit", "monographic", "multipart monograph"),
    thesauri=_THESAURI,
    dc=_WHOLE_DC,
)
_ISSUE = Level(
    code="ISSUE",
    genre="issue",
    model="model:periodicalitem",
    places=frozenset({Place.ANY_DATES_OF_NAMES, Place.ORIGIN, Place.LANGUAGE, Place.RELATED, Place.LOCATION}),
    identifiers=(_URNNBN, _ISBN, _ISSN),
    types=frozenset({"normal", "morning", "afternoon", "evening", "corrected", "special", "supplement"}),
    type="normal",
    thesauri=_PERIODICAL_THESAURI,
    dc=_WHOLE_DC,
)
_SUPPLEMENT = replace(
    _ISSUE,
    code="SUPPL",
    genre="supplement",
    model="model:supplement",
    places=_ISSUE.places
    | {Place.RESOURCE, Place.EVENTS, Place.FORM, Place.GEOGRAPHIC, Place.CLASSIFICATION}
    | {Place.RECORD, Place.STANDARD, Place.SIGLA},
    identifiers=(_URNNBN, _ISBN, _ISMN, _CCNB, _ISSN),
    types=frozenset({"volume_supplement", "issue_supplement"}),
    type="issue_supplement",
)
_VOLUMES = {
    VolumeKind.MONOGRAPH: _SINGLE,
    VolumeKind.MONOGRAPH_VOLUME: replace(
        _SINGLE, model="model:monographunit", issuance=("multipart monograph", "monographic")
    ),
    VolumeKind.MAP: replace(
        _SINGLE,
        genre="cartographic",
        model="model:map",
        resource="cartographic",
        places=_CATALOGUED | {Place.CARTOGRAPHICS},
    ),
    VolumeKind.GRAPHIC: replace(
        _SINGLE,
        genre="graphic",
        model="model:graphic",
        resource="still image",
        places=_CATALOGUED | {Place.CARTOGRAPHICS},
    ),
    VolumeKind.SHEET_MUSIC: replace(
        _SINGLE,
        genre="sheetmusic",
        model="model:sheetmusic",
        resource="notated music",
        places=_CATALOGUED - {Place.GEOGRAPHIC, Place.SIGLA},
        thesauri=_THESAURI - {"agrovoc"},
    ),
    VolumeKind.ISSUE: _ISSUE,
    VolumeKind.SUPPLEMENT: _SUPPLEMENT,
}
_NOT_BY_AACR = {
    kind: frozenset({Place.EDITION}) for kind in (VolumeKind.MAP, VolumeKind.GRAPHIC, VolumeKind.SHEET_MUSIC)
}
_WORK = replace(
    _SINGLE,
    code="TITLE",
    genre="title",
    places=_CATALOGUED - {Place.ANY_DATES_OF_NAMES, Place.RESOURCE, Place.EDITION, Place.RELATED},
    identifiers=(_ISBN, _ISMN, _CCNB),
    issuance=(),
)
_PERIODICAL = replace(
    _SINGLE,
    code="TITLE",
    genre="title",
    model="model:periodical",
    places=_CATALOGUED - {Place.EDITION} | {Place.FREQUENCY},
    identifiers=(_ISSN, _ISBN, _CCNB),
    issuance=("serial", "continuing", "integrating resource"),
    thesauri=_PERIODICAL_THESAURI,
)
YEAR = Level(
    code="VOLUME",
    genre="volume",
    model="model:periodicalvolume",
    places=frozenset({Place.ANY_DATES_OF_NAMES}),
    dc=frozenset({"title", "creator", "type", "date", "identifier"}),
)
"""The volume of a periodical, above its issues."""

_PICTURES = frozenset({
    "photograph", "chart", "graphic", "illustration", "advertisement", "map", "plate", "table", "technicalPlanScheme",
    "unspecified",
})  # fmt: skip
_TEXTS = frozenset({
    "abstract", "annotation", "bibliography", "dedication", "afterword", "editorsNote", "advertisement",
    "bibliographicalPortrait", "obituary", "sheetMusic", "tableOfContents", "preface", "contributors", "review",
    "index", "summary", "interview", "study", "technicalPlanScheme", "introduction", "conclusion", "otherNote",
    "unspecified",
})  # fmt: skip
_CHAPTER = Level(
    code="CHAP",
    genre="chapter",
    model="model:internalpart",
    places=frozenset({Place.ANY_DATES_OF_NAMES, Place.LANGUAGE, Place.RECORD}),
    types=_TEXTS | {"article", "chapter", "subchapter"},
    dc=_PART_DC | {"language", "format"},
)
_MONOGRAPH_PARTS = {
    DivisionKind.CHAPTER: _CHAPTER,
    DivisionKind.PICTURE: replace(_CHAPTER, code="PICT", genre="picture", types=_PICTURES, dc=_PART_DC | {"format"}),
    DivisionKind.SUPPLEMENT: replace(
        _CHAPTER,
        code="SUPPL",
        genre="supplement",
        model="model:supplement",
        places=_CHAPTER.places | {Place.RESOURCE, Place.MEDIA, Place.STANDARD, Place.SIGLA},
        types=frozenset(),
        dc=_WHOLE_DC - {"source"},
    ),
}
_PERIODICAL_PARTS = {
    DivisionKind.ARTICLE: replace(
        _CHAPTER,
        code="ART",
        genre="article",
        types=_TEXTS | {"mainArticle", "editorial", "news"},
        dc=_PART_DC | {"language"},
    ),
    DivisionKind.PICTURE: replace(
        _CHAPTER,
        code="PICT",
        genre="picture",
        places=_CHAPTER.places - {Place.LANGUAGE},
        types=_PICTURES,
        dc=_PART_DC,
    ),
    DivisionKind.SUPPLEMENT: _SUPPLEMENT,
}
