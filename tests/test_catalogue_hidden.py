"""Who may not see something meets nothing of it wherever links lead: the catalogue is as if it had never been stored.

Two repositories are walked to the end of all links: one that holds what is hidden, and its twin in which that was never
stored. Every address must answer the same in both; so every count, facet, sum, feed and token is the twin's too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path
from urllib.parse import quote, unquote_plus, urlencode

import pytest

from repository.catalogue.plugin import ROUTES
from repository.catalogue.presentation import NAME, TABLES, VIEWS
from repository.catalogue.rights.audience import Audience
from tests.crawled import Answer, crawled
from tests.rights_shelf import CURATOR, OUTSIDE, RightsShelf

pytestmark = pytest.mark.slow
Walk = dict[str, Answer]
_TABLES = (*TABLES, *VIEWS, "generation", "page_fts", "page_fts_data", "volume_fts", "sqlite_master")
_LISTS = (
    ".json?_shape=array",
    ".json?_size=max&_labels=on&_extras=foreign_key_tables",
    ".csv?_stream=1",
)
_OAI_FORMATS = ("oai_dc", "mods", "mets", "nothing")
_SQL = (
    "select count(*) from page",
    "select count(*), sum(pages), sum(words), sum(bytes), min(stored), max(pages) from volume",
    "select * from holdings",
    "select institution, count(*) from page group by 1",
    "select count(*) from found_page where found_page match 'zvonice'",
    "select count(*) from found_volume where found_volume match 'Titul*'",
    "select * from main.page",
    "select max(rowid) from main.page",
    "select * from sqlite_master",
)
_STATIC = (
    "/", "/search", "/search?q=zvonice", "/search?q=zvonice&sort=title", "/search?q=zvonice&page=2",
    "/search.json?q=zvon*", "/search?q=&in=titles", "/search?q=Titul*&in=titles", "/search.json?q=zvonice&page=2",
    "/sitemap.xml", "/robots.txt", "/feed.xml", "/openapi.json", "/localities.geojson", "/dcat.jsonld", "/dcat.ttl",
    "/dcat.xml", "/healthz", "/-/metrics", "/iiif/collection", "/sign-in", "/sign-out", "/sign-in/openid",
    "/sign-in/openid/back", "/account", "/desk", "/desk/desk.csv", "/desk/proposal/1", "/work/2026-11-22-01",
    "/work/2026-11-22-01.json", "/.json", "/catalogue.json", "/safety", "/capacity", "/work", "/where", "/where?q=1",
    "/help", "/-/databases.json", "/-/metadata.json", "/-/plugins.json", "/-/settings.json", "/-/actor.json",
    "/-/versions.json", "/catalogue.db", "/-/threads.json", "/-/config", "/-/patterns", "/-/permissions",
)  # fmt: skip


def seeds(shelf: RightsShelf) -> Iterator[str]:
    """Where the walk begins: all pages that no link leads to, and every address that somebody could guess."""
    yield from _STATIC
    for table in _TABLES:
        yield f"/{NAME}/{table}"
        yield from (f"/{NAME}/{table}{how}" for how in _LISTS)
        yield from (f"/export/{table}.{form}" for form in ("csv", "json", "ndjson"))
    for table in ("page", "volume"):
        yield from (f"/{NAME}/{table}?{how}" for how in ("_search=zvonice", "_facet=copyright", "_facet=access"))
    yield from (f"/{NAME}.json?{urlencode({'sql': sql})}" for sql in _SQL)
    yield from (f"/{NAME}?{urlencode({'sql': sql})}" for sql in _SQL)
    for verb in ("Identify", "ListSets", "ListMetadataFormats"):
        yield f"/oai?verb={verb}"
    for form in _OAI_FORMATS:
        for more in ("", "&set=institution:LIA001", "&set=institution:LIG501", "&until=2999-01-01", "&from=2000-01-01"):
            yield from (f"/oai?verb={verb}&metadataPrefix={form}{more}" for verb in ("ListRecords", "ListIdentifiers"))
    for kept in shelf.kept.values():
        yield from _guessed(kept.id, kept.pages, (kept.title, kept.heading, *kept.words, f"sig-{kept.name}"))
        yield f"/catalogue/division/{kept.division}"
        yield f"/iiif/range/{kept.division}"
    for (title,) in shelf.rows("select id from title"):
        yield from (f"{path}/{title}" for path in ("/title", "/catalogue/title", "/iiif/collection/title"))


def _guessed(volume: str, pages: tuple[str, ...], words: tuple[str, ...]) -> Iterator[str]:
    """Every address of a volume and its pages, and of questions for them."""
    tails = ("", "/volume.pdf", "/mets.xml", "/text.txt", "/go?label=2", "?q=zvonice", "?strip=2")
    yield from (f"/volume/{volume}{tail}" for tail in tails)
    for n in (1, 2, 3):
        ends = ("", "/words.json?q=zvonice", "/text.txt", "/alto.xml", "/master.jp2", "/image.jpg", "/text")
        yield from (f"/volume/{volume}/page/{n}{end}" for end in ends)
        yield f"/propose/{volume}/page/{n}/text"
    yield from (f"/propose/{volume}/{what}" for what in ("description", "pages", "save"))
    yield from (f"/iiif/{what}/{volume}" for what in ("manifest", "search/1", "search/2"))
    yield from (f"/iiif/search/{n}/{volume}?q={word}" for n in (1, 2) for word in ("zvonice", words[-2]))
    for form in _OAI_FORMATS:
        yield f"/oai?verb=GetRecord&metadataPrefix={form}&identifier=oai:localhost:{volume}"
    yield f"/oai?verb=ListMetadataFormats&identifier=oai:localhost:{volume}"
    for page in pages:
        yield from (f"{path}/{page}" for path in ("/page", "/catalogue/page", "/iiif/3", "/iiif/canvas", "/iiif/lines"))
        yield f"/iiif/3/{page}/info.json"
        yield f"/iiif/3/{page}/full/!200,300/0/x.jpg"
    for word in (volume, *pages, *words):
        asked = quote(word)
        for path in ("/search?q=", "/search.json?q=", "/search?in=titles&q=", "/where?q="):
            yield path + asked
        yield f"/catalogue/find_word.json?word={asked}"
        yield f"/catalogue/find_identifier.json?identifier={asked}"
        yield from (f"/catalogue/{table}.json?_search={asked}" for table in ("page", "volume"))
    yield f"/search?q=zvonice&title={volume}"


# What is answered bears the moment, and here and there what was drawn by chance.
_OTHERWISE = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"), "moment"),
    (re.compile(r"\d+\.\s\d+\.\s\d{4} \d\d:\d\d"), "moment"),
    (re.compile(r'(csrftoken" value="|"?query_ms"?: |"?ds_\w+"?=|kdr_openid=|images/\.making-)[^",;/\s<]+'), r"\1…"),
    (re.compile(r"(etag|content-length): .*"), ""),
    (re.compile(r'_:N[0-9a-f]{32}|nodeID="N[0-9a-f]{32}"'), "blank"),
)  # fmt: skip
# The METS of a volume and its weight in bytes are those of its package: with a page hidden, METS is not given, and only
# its pages' files are seen and weighed. That is the one thing by which a torn volume differs from a smaller one.
_PACKAGE = re.compile(r"^/(catalogue|export)\b|^/(\.json)?$|mets|verb=ListMetadataFormats")
_LINK_TO_METS = re.compile(
    r"<li><a href=\"[^\"]*/mets\.xml\">METS</a></li>"
    r"|\{[^{}]*/mets\.xml\"(?:[^{}]|\{[^{}]*\})*\},?\s*"  # in a manifest
)


def plain(shelf: RightsShelf, answer: Answer) -> list[str]:
    """The lines of an answer, without what differs between any two repositories; RDF has no order."""
    told = f"{answer.status} {answer.media}\n{answer.told}".replace(str(shelf.root), "")
    for pattern, instead in _OTHERWISE:
        told = pattern.sub(instead, told)
    return sorted(told.splitlines()) if answer.path.startswith("/dcat") else told.splitlines()


def differences(pair: tuple[RightsShelf, RightsShelf], told: Walk, never: Walk) -> Iterator[str]:
    """How the answers `told` of the first of two shelves differ from those of its twin."""
    for path in told.keys() ^ never.keys():
        yield f"{path}: only in {'the whole' if path in told else 'the twin'}"
    for path in told.keys() & never.keys():
        ours, theirs = plain(pair[0], told[path]), plain(pair[1], never[path])
        if ours != theirs:
            yield "\n".join((path, *unified_diff(theirs, ours, "twin", "whole", lineterm="", n=0)))


def walked(folder: Path, audience: Audience, *, torn: bool) -> tuple[tuple[RightsShelf, RightsShelf], Walk, Walk]:
    """A shelf and its twin, and what each answers to `audience`; nothing hidden is among it."""
    shelf = RightsShelf(folder / "whole", torn=torn)
    twin = RightsShelf(folder / "twin", audience, torn=torn)
    begun = tuple(seeds(shelf))
    told, never = crawled(shelf, audience, begun), crawled(twin, audience, begun)
    for answer in told.values():
        assert answer.status < 500 or answer.path.endswith("/image.jpg"), answer
        shelf.assert_hidden(answer.told, audience, asked=unquote_plus(answer.path))
    return (shelf, twin), told, never


@pytest.mark.parametrize("audience", [OUTSIDE, CURATOR], ids=["outside", "curator"])
def test_the_catalogue_is_as_if_what_is_hidden_had_never_been_stored(tmp_path: Path, audience: Audience) -> None:
    pair, told, never = walked(tmp_path, audience, torn=False)
    assert list(differences(pair, told, never)) == []
    paths = [path.partition("?")[0] for path in told]
    assert [route.name for route in ROUTES if not any(re.search(route.pattern, path) for path in paths)] == []


def test_hidden_pages_of_a_volume_are_as_if_they_had_never_been_in_it(tmp_path: Path) -> None:
    pair, told, never = walked(tmp_path, OUTSIDE, torn=True)
    told, never = (
        {path: _without(each) for path, each in walk.items() if not _PACKAGE.search(path)} for walk in (told, never)
    )
    assert list(differences(pair, told, never)) == []


def _without(answer: Answer) -> Answer:
    return replace(answer, told=_LINK_TO_METS.sub("", answer.told))
