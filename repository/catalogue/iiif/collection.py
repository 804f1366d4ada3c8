"""What the repository holds as IIIF Collections (Presentation API 3.0, 5.1): institutions, their titles, years."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from repository.catalogue.iiif.canvas import CONTEXT, Json
from repository.catalogue.iiif.language_map import LanguageMap, printed, said
from repository.catalogue.iiif.manifest import manifest_id, nav_date
from repository.catalogue.reading.rows import Row

INSTITUTIONS = """
select sigla, name from institution where sigla in (select institution from volume) order by name, sigla
"""
TITLES = """
select title_id, min(title_above) as title_above from volume
where institution = ? and title_above is not null group by title_id order by title_above, title_id
"""
SINGLE = """
select uuid, called, date from volume where institution = ? and title_above is null order by called, uuid
"""
VOLUMES = """
select uuid, called, date, year, type, title_above, institution from volume
where title_id = ? and title_above is not null order by date, cast(part_number as integer), called, uuid
"""
_ISSUED = ("issue", "supplement")


def root(base: str, institutions: Sequence[Row]) -> Json:
    """Everything, by institution (`INSTITUTIONS`); `base` is our address without a slash at its end."""
    items = [_reference(_institution(base, each["sigla"]), printed(each["name"])) for each in institutions]
    return _collection(f"{base}/iiif/collection", said("home.title"), items)


def of_institution(base: str, institution: Row, titles: Sequence[Row], single: Sequence[Row]) -> Json:
    """What one institution (sigla, name) holds: titles (`TITLES`), then single volumes (`SINGLE`)."""
    items = [_reference(_title(base, each["title_id"]), printed(each["title_above"])) for each in titles]
    made = _collection(
        _institution(base, institution["sigla"]), printed(institution["name"]), items + _held(base, single)
    )
    return made | _within(f"{base}/iiif/collection")


def of_title(base: str, title: str, volumes: Sequence[Row]) -> Json:
    """A title by its identifier with its `volumes` (`VOLUMES`, at least one); of a periodical by year."""
    dated = [each for each in volumes if each["type"] in _ISSUED and each["year"]]
    years = sorted({each["year"] for each in dated})
    items = [_reference(_year(base, title, year), printed(year)) for year in years]
    others = [each for each in volumes if each not in dated]
    made = _collection(_title(base, title), printed(volumes[0]["title_above"]), items + _held(base, others))
    return made | _within(_institution(base, volumes[0]["institution"] or ""))


def of_year(base: str, title: str, year: str, volumes: Sequence[Row]) -> Json | None:
    """The issues of a periodical in one `year`; nothing where there are none."""
    issues = [each for each in volumes if each["type"] in _ISSUED and each["year"] == year]
    if not issues:
        return None
    called = printed(f"{issues[0]['title_above']}, {year}")
    return _collection(_year(base, title, year), called, _held(base, issues)) | _within(_title(base, title))


def _collection(name: str, label: LanguageMap, items: list[Json]) -> Json:
    return {"@context": CONTEXT, "id": name, "type": "Collection", "label": label, "items": items}


def _within(name: str) -> Json:
    return {"partOf": [{"id": name, "type": "Collection"}]}


def _reference(name: str, label: LanguageMap) -> Json:
    return {"id": name, "type": "Collection", "label": label}


def _held(base: str, volumes: Iterable[Row]) -> list[Json]:
    told = ((each, nav_date(each["date"])) for each in volumes)
    return [
        {"id": manifest_id(base, each["uuid"]), "type": "Manifest", "label": printed(each["called"])}
        | ({"navDate": moment} if moment else {})
        for each, moment in told
    ]


def _institution(base: str, sigla: str) -> str:
    return f"{base}/iiif/collection/institution/{quote(sigla, safe='')}"


def _title(base: str, title: str) -> str:
    return f"{base}/iiif/collection/title/{quote(title, safe='')}"


def _year(base: str, title: str, year: str) -> str:
    return f"{_title(base, title)}/{quote(year, safe='')}"
