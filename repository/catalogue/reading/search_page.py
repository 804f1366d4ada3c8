"""The page of the search, and the same as JSON: /search and /search.json, with the same parameters.

q what is asked (`asked`), institution, type, decade, language, title, quality (each any number of times), from, to
(years), sort, page, in ("titles": only volumes by their description). Every state of the page is an address; no script
is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from datasette import Response
from datasette.utils.asgi import Request

from metadata.language import terminology
from repository.catalogue.presentation import MOST_RANKED, NAME, Speech
from repository.catalogue.reading.asked import TooMuch, read
from repository.catalogue.reading.columns import Columns, columns_of
from repository.catalogue.reading.found import (
    FIRST_TITLES,
    PER_PAGE,
    Filters,
    Found,
    PageFound,
    Slow,
    Sort,
    VolumeFound,
    Wanted,
    search,
)
from repository.catalogue.reading.turns import RETRY_AFTER, Busy, turns
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette

FACETS = ("institution", "type", "decade", "language", "title", "quality")
"""What results are narrowed by, in the order shown."""

_MOST_VALUES = 40
_FIRST_VALUES = 6
_LAST_PAGE = 100_000
_OWN = ("q", *FACETS, "from", "to", "sort", "page", "in")
SPOKEN = frozenset({"ces", "slk", "deu", "lat", "eng", "pol", "fra", "hun", "rus", "ita"})
"""Languages that have a name here (ISO 639-2/T)."""

Pairs = tuple[tuple[str, str], ...]


class Refused(ValueError):
    """What was asked is not answered: the key of the sentence that says why, and the status (RFC 9110)."""

    def __init__(self, key: str, status: int = 400) -> None:
        super().__init__(key)
        self.key, self.status = key, status


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet as shown: what it is called, how many pages have it, where choosing it leads."""

    value: str
    called: str
    count: int
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """What results can be narrowed by: the commonest values and those chosen, the rest behind."""

    name: str
    first: tuple[Value, ...]
    rest: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A search as it is shown: what was asked, what was found or why nothing was, and where to go from there."""

    pairs: Pairs
    found: Found | None = None
    refused: Refused | None = None
    facets: tuple[Facet, ...] = ()
    names: Mapping[str, str] | None = None

    def one(self, name: str) -> str:
        """The value of a parameter given once; empty without one."""
        return next((value for key, value in reversed(self.pairs) if key == name), "")

    def kept(self, *without: str) -> Pairs:
        """The parameters but those."""
        return tuple(pair for pair in self.pairs if pair[0] not in without)

    def href(self, **changed: object) -> str:
        """The address with other values of single parameters, on the first page unless `page` is given."""
        added = tuple((name, str(value)) for name, value in changed.items() if value)
        return f"/search?{urlencode((*self.kept('page', *changed), *added))}"

    @property
    def number(self) -> int:
        """The page of results."""
        return int(self.one("page") or 1)

    @property
    def last(self) -> int:
        """The last page of results."""
        return max(1, -(-(self.found.volumes if self.found else 0) // PER_PAGE))

    def called(self, facet: str, value: str, speech: Speech) -> str:
        """What a value of a facet is called."""
        if facet in ("institution", "title"):
            return (self.names or {}).get(value, value)
        if facet == "decade":
            return f"{value}\N{EN DASH}{int(value) + 9}" if value.isdecimal() else value
        if facet == "language":
            spoken = terminology(value)
            return speech.say(f"search.language.{spoken}") if spoken in SPOKEN else value
        return str(speech.meaning(facet, value))


async def _search_page(datasette: Datasette, request: Request) -> Response:
    answer = await _answer(datasette, request)
    told = {
        "answer": answer,
        "found": answer.found,
        "sorts": [sort.value for sort in Sort],
        "most": MOST_RANKED,
        "first_titles": FIRST_TITLES,
        "hit_href": partial(_hit_href, answer.one("q")),
    }
    status = answer.refused.status if answer.refused else 200
    shown = await datasette.render_template("search.html", told, request=request)
    return Response.html(shown, status=status, headers=_later(status))


async def _search_json(datasette: Datasette, request: Request) -> Response:
    answer = await _answer(datasette, request)
    if answer.refused:
        speech = _speech(datasette)
        return Response.json(
            {"error": speech.say(answer.refused.key), "code": answer.refused.key},
            status=answer.refused.status,
            headers=_later(answer.refused.status),
        )
    return Response.json(_as_json(answer, answer.found or Found()))


def _later(status: int) -> dict[str, str]:
    """When to come again (RFC 9110 10.2.3), where that helps."""
    return {"retry-after": str(RETRY_AFTER)} if status == 503 else {}


async def _answer(datasette: Datasette, request: Request) -> Answer:
    pairs = tuple((name, value) for name, value in parse_qsl(request.query_string) if name in _OWN and value.strip())
    try:
        wanted = _wanted(pairs)
    except Refused as refused:
        return Answer(tuple(pair for pair in pairs if pair[0] == "q"), refused=refused)
    if not wanted.question.wanted:
        key = "search.only_excluded" if wanted.question.unwanted else "search.no_letters"
        return Answer(pairs, refused=Refused(key, 200) if any(name == "q" for name, _ in pairs) else None)
    columns = await columns_of(datasette)
    try:
        async with turns().turn():
            found = await datasette.get_database(NAME).execute_fn(partial(search, columns=columns, wanted=wanted))
    except Slow:
        return Answer(pairs, refused=Refused("search.slow"))
    except Busy:
        return Answer(pairs, refused=Refused("search.busy", 503))
    facets = () if wanted.titles else _facets(Answer(pairs, names=columns.names), found, _speech(datasette))
    return Answer(pairs, found, facets=facets, names=_named(columns, found))


def _wanted(pairs: Pairs) -> Wanted:
    told = Answer(pairs)
    try:
        question = read(told.one("q"))
    except TooMuch as much:
        raise Refused(str(much), 414 if str(much) == "search.too_long" else 400) from much
    chosen = {name: tuple(value for key, value in pairs if key == name) for name in FACETS}
    if told.one("sort") not in ("", *Sort) or told.one("in") not in ("", "titles"):
        raise Refused("search.wrong")
    filters = Filters(chosen, _number(told.one("from"), 9999), _number(told.one("to"), 9999))
    number = _number(told.one("page"), _LAST_PAGE)
    sort = Sort(told.one("sort") or Sort.RELEVANCE)
    return Wanted(question, filters, sort, max(1, number or 1), titles=told.one("in") == "titles")


def _number(text: str, most: int) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and int(text) <= most):
        raise Refused("search.wrong")
    return int(text)


def _facets(answer: Answer, found: Found, speech: Speech) -> tuple[Facet, ...]:
    told = []
    for name in FACETS:
        chosen = tuple(value for key, value in answer.pairs if key == name)
        counted = list(found.facets.get(name, ()))[:_MOST_VALUES]
        counted += [(value, 0) for value in dict.fromkeys(chosen) if value not in dict(counted)]
        values = [_value(answer, name, each, chosen, speech) for each in counted]
        first = [value for at, value in enumerate(values) if at < _FIRST_VALUES or value.chosen]
        rest = [value for at, value in enumerate(values) if at >= _FIRST_VALUES and not value.chosen]
        told.append(Facet(name, tuple(first), tuple(rest)))
    return tuple(facet for facet in told if facet.first)


def _value(answer: Answer, name: str, counted: tuple[str, int], chosen: Sequence[str], speech: Speech) -> Value:
    value, count = counted
    pairs = answer.kept("page")
    pairs = tuple(p for p in pairs if p != (name, value)) if value in chosen else (*pairs, (name, value))
    return Value(value, answer.called(name, value, speech), count, f"/search?{urlencode(pairs)}", value in chosen)


def _named(columns: Columns, found: Found) -> Mapping[str, str]:
    """The names of what the volumes shown and the facets speak of; those of all would be many."""
    rows = (*found.titles, *found.shown)
    keys = {str(each.row["institution"]) for each in rows} | {
        value for name in ("institution", "title") for value, _ in found.facets.get(name, ())[:_MOST_VALUES]
    }
    return {key: columns.names[key] for key in keys if key in columns.names}


def _hit_href(asked: str, volume: VolumeFound, page: PageFound) -> str:
    return f"/volume/{volume.row['uuid']}/page/{page.position}?{urlencode({'q': asked})}"


def _as_json(answer: Answer, found: Found) -> dict[str, Any]:
    asked = answer.one("q")
    return {
        "q": asked,
        "pages": found.pages,
        "volumes": found.volumes,
        "weak": found.weak,
        "silent": found.silent,
        "ranked": found.ranked,
        "title_count": found.title_count,
        "titles": [_volume_json(asked, volume) for volume in found.titles],
        "results": [_volume_json(asked, volume) for volume in found.shown],
        "facets": {name: [{"value": v, "pages": n} for v, n in values] for name, values in found.facets.items()},
        "page": answer.number,
        "last_page": answer.last,
    }


def _volume_json(asked: str, volume: VolumeFound) -> dict[str, Any]:
    pages = [
        {
            "uuid": page.uuid,
            "position": page.position,
            "label": page.label,
            "quality": page.quality,
            "url": _hit_href(asked, volume, page),
            "excerpt": [{"text": piece.text, "lit": piece.lit} for piece in page.excerpt.pieces],
        }
        for page in volume.pages
    ]
    more = {"url": f"/volume/{volume.row['uuid']}", "hits": volume.hits, "silent": volume.silent, "found": pages}
    return dict(volume.row) | more


def _speech(datasette: Datasette) -> Speech:
    speech: Speech = datasette.jinja_env.globals["speech"]
    return speech


ROUTES = (
    Route("search", r"^/search$", _search_page, parameters=_OWN),
    Route("search_json", r"^/search\.json$", _search_json, media="application/json", parameters=_OWN),
)
