"""The fields of a description as a form has them: which may be changed, how each is written, what the standard asks.

The form follows `Description` by its types, so a new field there is a new field here. What must be there is asked of
the standard's own profiles of MODS (metadata.ndk.check.record_profile), level and cataloguing rules of the volume.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from metadata.description import Description, VolumeKind
from metadata.model import Volume
from metadata.mods import volume_record
from metadata.ndk.check.biblio import RULE
from metadata.ndk.check.complaint import Complaint, Level
from metadata.ndk.check.record_profile import Entry, Profile, complaints, profile

KEPT = frozenset({"institution", "kind", "record", "own", "scanner", "operator", "edition"})
"""What no proposal changes: whose it is, what it is, where its record and its image come from."""
_LONG = frozenset({"abstract"})
_MOMENT = "2026-01-01T00:00:00+00:00"
_PROFILES = {
    VolumeKind.MONOGRAPH: "volume_singlevolume",
    VolumeKind.MONOGRAPH_VOLUME: "volume_multivolume",
    VolumeKind.MAP: "volume_cartographic",
    VolumeKind.GRAPHIC: "volume_graphic",
    VolumeKind.SHEET_MUSIC: "volume_sheetmusic",
    VolumeKind.ISSUE: "issue",
    VolumeKind.SUPPLEMENT: "supplement",
}
# Where a field stands in MODS (DMF, ndk.md §2); fields that are not here may always be left empty.
_PLACES = {
    "title": "titleInfo/title",
    "subtitle": "titleInfo/subTitle",
    "part_number": "titleInfo/partNumber",
    "part_name": "titleInfo/partName",
    "non_sort": "titleInfo/nonSort",
    "names": "name",
    "year": "originInfo/dateIssued",
    "publisher": "originInfo/agent",
    "place": "originInfo/place",
    "issuance": "originInfo/issuance",
    "languages": "language/languageTerm",
    "form": "physicalDescription/form",
    "extent": "physicalDescription/extent",
    "abstract": "abstract",
    "notes": "note",
    "subjects": "subject",
    "classifications": "classification",
    "shelf_mark": "location/shelfLocator",
    "identifiers": "identifier",
}


class Duty(StrEnum):
    """What the standard asks of a field: it must be there (M), or is written where it is known (MA, R, O).

    Its machine-readable profiles tell no finer.
    """

    MANDATORY = "mandatory"
    KNOWN = "known"


class Shape(StrEnum):
    """How a value is written: one line, a long text, a line for each of several, a row for each of several."""

    LINE = "line"
    LONG = "long"
    LINES = "lines"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Part:
    """A cell of a row: its name, its choices where it has any, whether it is several ("; " between), yes or no."""

    name: str
    choices: tuple[str, ...] = ()
    several: bool = False
    flag: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form."""

    name: str
    shape: Shape
    duty: Duty
    parts: tuple[Part, ...] = ()
    single: bool = False


def editable(volume: Volume) -> tuple[Field, ...]:
    """The fields of the volume's description that may be changed, in the order of `Description`."""
    hints = get_type_hints(Description)
    root = _profile(volume).root
    named = (each.name for each in fields(Description) if each.name not in KEPT)
    return tuple(_field(name, hints[name], _duty(root, _PLACES.get(name, ""))) for name in named)


def read_form(form: Mapping[str, str], known: tuple[Field, ...]) -> dict[str, Any]:
    """The values of the fields that `form` holds, as JSON has them; the cells of a row are "names.1.text".

    Rows of which every cell is empty are left out.
    """
    return {each.name: _value(form, each) for each in known if _is_there(form, each)}


def faults(volume: Volume) -> tuple[Complaint, ...]:
    """Where the volume's MODS record leaves the standard's profile: errors only."""
    try:
        record = volume_record(volume, _MOMENT)
    except ValueError:
        return ()
    level = _PROFILES[volume.description.kind].partition("_")[0].upper()
    found = complaints(record, _profile(volume), f"{RULE}{level}", "")
    return tuple(each for each in found if each.level is Level.ERROR)


def _profile(volume: Volume) -> Profile:
    about = volume.description
    rules = "rda" if about.record.rules == "rda" else "aacr2"
    dmf = "periodical_2.2" if about.kind.periodical else "monograph_2.3"
    return profile(dmf, f"mods/{_PROFILES[about.kind]}_{rules}")


def _duty(root: Entry, place: str) -> Duty:
    entry = root
    for step in filter(None, place.split("/")):
        meant = [each for each in entry.children if each.shown.partition("[")[0].rpartition(":")[2] == step]
        must = [each for each in meant if each.mandatory]
        if not must:
            return Duty.KNOWN
        entry = must[0]
    return Duty.MANDATORY if place else Duty.KNOWN


def _field(name: str, hint: Any, duty: Duty) -> Field:  # noqa: ANN401 - a type
    if hint is str:
        return Field(name, Shape.LONG if name in _LONG else Shape.LINE, duty)
    inner = get_args(hint)[0] if get_origin(hint) is tuple else hint
    if is_dataclass(inner):
        return Field(name, Shape.ROWS, duty, tuple(_parts(inner)), single=inner is hint)
    return Field(name, Shape.LINES, duty)


def _parts(kind: Any) -> Iterator[Part]:  # noqa: ANN401 - a type
    for name, hint in get_type_hints(kind).items():
        is_choice = isinstance(hint, type) and issubclass(hint, StrEnum)
        choices = tuple(each.value for each in hint) if is_choice else ()
        yield Part(name, choices, get_origin(hint) is tuple, hint is bool)


def _is_there(form: Mapping[str, str], field: Field) -> bool:
    return field.name in form or any(key.startswith(f"{field.name}.") for key in form)


def _value(form: Mapping[str, str], field: Field) -> Any:  # noqa: ANN401 - JSON
    if field.shape is Shape.LINES:
        return [text for each in form[field.name].splitlines() if (text := each.strip())]
    if field.shape is not Shape.ROWS:
        return " ".join(form.get(field.name, "").split())
    numbers = {key.split(".")[1] for key in form if key.startswith(f"{field.name}.") and key.count(".") == 2}
    ordered = sorted((each for each in numbers if re.fullmatch("[0-9]{1,5}", each)), key=int)
    rows = [_row(form, f"{field.name}.{number}", field.parts) for number in ordered]
    filled = [row for row, number in zip(rows, ordered, strict=True) if _filled(form, f"{field.name}.{number}", field)]
    if field.single:
        return rows[0] if rows else {}
    return filled


def _filled(form: Mapping[str, str], start: str, field: Field) -> bool:
    typed = (part for part in field.parts if not (part.choices or part.flag))
    return any(form.get(f"{start}.{part.name}", "").strip() for part in typed)


def _row(form: Mapping[str, str], start: str, parts: tuple[Part, ...]) -> dict[str, Any]:
    return {part.name: _cell(form.get(f"{start}.{part.name}", ""), part) for part in parts}


def _cell(text: str, part: Part) -> Any:  # noqa: ANN401 - JSON
    if part.flag:
        return bool(text)
    if part.several:
        return [each.strip() for each in text.split(";") if each.strip()]
    return " ".join(text.split())
