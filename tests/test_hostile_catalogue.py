"""The catalogue under attack: whatever is typed, forged or stored in it, it answers soberly and tells no more.

Every address and parameter of `plugin.ROUTES` is attacked by itself, so that a new page is attacked with the others.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from metadata.description import Name, Organisation, Rights
from metadata.model import Division, DivisionKind, Page, Volume, VolumeId, new_division_id, new_page_id, new_volume_id
from repository.catalogue.desk.desks import Note, Search, changing
from repository.catalogue.desk.proposal import Change, Kind, Proposal, Proposals, new_id
from repository.catalogue.house import Config
from repository.catalogue.plugin import ROUTES
from repository.catalogue.presentation import TABLES, VIEWS
from repository.catalogue.rights import database
from repository.catalogue.rights.audience import EVERYWHERE, Audience, Role
from repository.catalogue.routes import Route
from repository.catalogue.signing.session import COOKIE, issue
from tests.attacks import FOREIGN, HOSTILE, MARKUP, Attacked, addresses, attacked, encoded, leaked, strange_markup
from tests.page_images import keep_pictures
from tests.page_records import description
from tests.rights_shelf import ARCHIVIST, CURATOR, HOME, INSIDE, OUTSIDE, RightsShelf
from tests.stored_volumes import Shelf

ADMIN = Audience("správce", frozenset({Role.ADMIN}), frozenset({EVERYWHERE}))
EVERY_FEW = 9
"""Each parameter gets every so many-th of the hostile values, others than its neighbour."""


@pytest.fixture(scope="module")
def rights(tmp_path_factory: pytest.TempPathFactory) -> RightsShelf:
    shelf = RightsShelf(tmp_path_factory.mktemp("rights"))
    keep_pictures(shelf, "obrazy", [Image.new("RGB", (300, 200))] * 2, rights=Rights("pd"))
    return shelf


@pytest.fixture(scope="module")
def catalogue(rights: RightsShelf) -> Iterator[Attacked]:
    with attacked(rights.housed(Config(premises=()))) as under_attack:
        yield under_attack


def right_values(route: Route) -> dict[str, str]:
    """Parameters of an address that is there."""
    volume = new_volume_id("obrazy")
    page = new_page_id(volume, "1.tif")
    by_uuid = "iiif" in route.pattern or route.name == "page_by_uuid"
    told = {"volume": str(volume), "page": str(page) if by_uuid else "1", "uuid": str(page), "sigla": "LIA001"}
    told |= {"region": "full", "size": "max", "rotation": "0", "last": "default.jpg", "kind": "volumes", "number": "1"}
    return told | {"table": "volume", "format": "csv", "form": "csv", "title": "t"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
@pytest.mark.parametrize("audience", [OUTSIDE, CURATOR], ids=["outside", "curator"])
def test_nothing_typed_into_an_address_breaks_a_page_or_makes_it_tell(
    catalogue: Attacked, rights: RightsShelf, route: Route, audience: Audience
) -> None:
    every = addresses(route, right_values(route))
    start = sum(map(ord, route.name + audience.name)) % EVERY_FEW
    paths = [next(every), *islice(every, start, None, EVERY_FEW)]
    for path, answer in zip(paths, catalogue.ask(*paths, audience=audience), strict=True):
        assert answer.status_code < 500 or answer.status_code == 501, path
        assert leaked(answer, catalogue.house, path) == [], path
        assert strange_markup(answer) == [], path
        assert "a=b" not in answer.headers.get("set-cookie", ""), path
        local(answer, path)
        if len(answer.content) < 100_000:
            rights.assert_hidden(answer.text, audience, asked=path)


def local(answer: httpx.Response, path: str) -> None:
    """A redirect leads nowhere but to ourselves."""
    where = answer.headers.get("location", "/")
    assert where.startswith(("http://localhost/", "/")), (path, where)
    assert not where.startswith(("//", "/\\")), (path, where)


# What Datasette 0.65 reads from its own addresses.
_PARAMETERS = (
    "_search", "_sort", "_sort_desc", "_next", "_size", "_facet", "_facet_size", "_facet_array", "_facet_date",
    "_where", "_through", "_col", "_nocol", "_shape", "_json", "_json_infinity", "_labels", "_trace", "_nocount",
    "_nofacet", "_stream",
    "_dl", "_ttl", "_timelimit", "_fts_table", "_fts_pk", "_searchmode", "_search_title", "_header",
    "_filter_column", "_extra", "title", "year__in", "title__like", "pages__gt", "_blob_column", "_memory", "sql",
)  # fmt: skip


# Datasette gathers one after the other and leaves the rest when the first one fails.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("table", ["page.json", "volume", "find_word.json", "issues.json", "volume.csv"])
def test_nothing_typed_into_tables_breaks_them(catalogue: Attacked, table: str) -> None:
    paths = [
        f"/catalogue/{table}?{name}={encoded(value)}"
        for number, name in enumerate(_PARAMETERS)
        for value in HOSTILE[(number + len(table)) % EVERY_FEW :: EVERY_FEW]
    ]
    for path, answer in zip(paths, catalogue.ask(*paths), strict=True):
        assert answer.status_code < 500, path
        assert leaked(answer, catalogue.house, path) == [], path
        assert "invalid literal" not in answer.text, path


_OF_THE_MACHINE = (
    "databases", "metadata", "plugins", "versions", "threads", "settings", "config", "permissions", "allow-debug",
    "messages", "patterns", "auth-token", "logout", "threads.json", "databases.json", "plugins.json", "versions.json",
    "settings.json", "metadata.json", "actor", "nothing",
)  # fmt: skip


class TestTheMachine:
    """What Datasette tells of itself is for admins."""

    @pytest.mark.parametrize("audience", [OUTSIDE, INSIDE, CURATOR, ARCHIVIST], ids=lambda who: who.name or "nobody")
    def test_it_is_told_to_nobody_else(self, catalogue: Attacked, audience: Audience) -> None:
        paths = [f"/-/{name}" for name in _OF_THE_MACHINE if name != "actor"]
        for path, answer in zip(paths, catalogue.ask(*paths, "/_internal", audience=audience), strict=False):
            assert answer.status_code in (303, 401, 403), path
            assert "sqlite" not in answer.text
        (posted,) = catalogue.send([("POST", "/-/messages", {"data": {"message": "x"}})], audience)
        assert posted.status_code == 403

    def test_admins_are_told(self, catalogue: Attacked) -> None:
        (answer,) = catalogue.ask("/-/versions.json", audience=ADMIN)
        assert "sqlite" in answer.json()

    def test_no_other_way_of_writing_the_address_opens_it(self, catalogue: Attacked) -> None:
        ways = (
            "/%2d/versions.json",
            "/-%2fversions.json",
            "/./-/versions.json",
            "/x/../-/versions.json",
            "/-/./threads",
        )
        for path, answer in zip(ways, catalogue.ask(*ways), strict=True):
            assert answer.status_code in (302, 303, 401, 403, 404), path

    def test_the_catalogue_is_the_only_database(self, catalogue: Attacked) -> None:
        index, memory = catalogue.ask("/.json", "/_memory.json?sql=select+zeroblob(1e9)", audience=CURATOR)
        assert list(index.json()) == ["catalogue"]
        assert memory.status_code == 404

    def test_a_failure_says_nothing_of_files(self, catalogue: Attacked) -> None:
        secret = "/srv/kdr/people/secret"  # noqa: S105 - a path
        with patch.object(database.ScopedDatabase, "execute_fn", side_effect=OSError(secret)):
            for answer in catalogue.ask("/", "/volume/00000000-0000-4000-8000-000000000000", "/catalogue/page.json"):
                assert answer.status_code == 500
                assert secret not in answer.text


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Attacked, VolumeId]]:
    """A catalogue in which all that people or machines wrote is markup."""
    shelf = Shelf(tmp_path_factory.mktemp("nasty"))
    volume = new_volume_id("zlá")
    pages = tuple(Page(new_page_id(volume, f"{n}.tif"), n, f"{n}.tif", label=f"{n}{MARKUP}") for n in (1, 2))
    about = replace(
        description(),
        title=f"zlá {MARKUP}\u202etxt",
        subtitle=MARKUP,
        part_name=MARKUP,
        institution=Organisation("LIA001", f"Knihovna {MARKUP}"),
        names=(Name(MARKUP, family=MARKUP, given=MARKUP, primary=True),),
        publisher=MARKUP,
        place=MARKUP,
        abstract=MARKUP,
        notes=(MARKUP, "javascript:alert(1)"),
        shelf_mark=MARKUP,
        scanner=MARKUP,
        operator=MARKUP,
    )
    rights = Rights("pd", licence="javascript:alert(1)", holder=MARKUP)
    division = Division(new_division_id(volume, MARKUP), DivisionKind.CHAPTER, 1, 2, f"Kapitola {MARKUP}")
    held = Volume(volume, "zlá", about, pages, divisions=(division,), rights=rights)
    shelf.shelve(held, f"zvonice {MARKUP} konec", "zvonice")
    shelf.build()
    house = shelf.housed(Config(unknown_access="public", premises=()))
    who = replace(CURATOR, name=f"jana {MARKUP}")
    with changing(house.state / "desks", who.name) as desk:
        desk[0] = desk[0].with_search(Search(MARKUP, "/search?q=javascript:alert(1)", "2026-11-22T00:00:00+00:00"))
        desk[0] = desk[0].with_note(Note(MARKUP, "2026-11-22T00:00:00+00:00", f"/volume/{volume}"))
    change = Change("", "title", f"zlá {MARKUP}", MARKUP)
    told = (volume, "v0001", "0" * 64, "LIA001", Kind.DESCRIPTION, who.name, "2026-11-22T00:00:00+00:00", MARKUP)
    Proposals(house.state / "proposals").add(Proposal(new_id(), *told, (change,)))
    with attacked(house) as under_attack:
        yield under_attack, volume


class TestMarkup:
    """What is stored or typed is shown as text, in every format."""

    @pytest.mark.parametrize("who", [OUTSIDE, replace(CURATOR, name=f"jana {MARKUP}"), ARCHIVIST], ids=range(3))
    def test_nothing_stored_becomes_markup(self, nasty: tuple[Attacked, VolumeId], who: Audience) -> None:
        under_attack, volume = nasty
        page, asked = new_page_id(volume, "1.tif"), quote(f"zvonice {MARKUP}")
        proposal = next(under_attack.house.state.glob("proposals/*/P-*.json")).stem
        paths = [
            "/", f"/search?q={asked}", f"/search.json?q={asked}", "/search?q=kapitola&in=titles", f"/volume/{volume}",
            f"/volume/{volume}?q={asked}", f"/volume/{volume}/page/1?q={asked}", f"/volume/{volume}/go?label={asked}",
            f"/volume/{volume}/page/1/words.json?q={asked}", f"/volume/{volume}/page/1/alto.xml",
            f"/volume/{volume}/mets.xml", f"/volume/{volume}/volume.pdf?first=x", "/feed.xml", "/sitemap.xml",
            f"/iiif/manifest/{volume}", f"/iiif/canvas/{page}", f"/iiif/lines/{page}", "/iiif/collection",
            "/iiif/collection/institution/LIA001", f"/iiif/search/1/{volume}?q={asked}",
            f"/iiif/search/2/{volume}?q={asked}", "/dcat.jsonld", "/dcat.xml", "/localities.geojson", "/openapi.json",
            f"/desk/proposal/{proposal}", "/desk", f"/desk?saved={asked}", "/account", f"/sign-in?next={asked}",
            f"/propose/{volume}/description", f"/propose/{volume}/pages", f"/propose/{volume}/page/1/text",
            "/safety", "/capacity", "/work", f"/where?q={asked}", "/help", f"/catalogue/find_word?word={asked}",
            f"/catalogue/volume/{volume}", f"/catalogue/page/{page}", f"/oai?verb={asked}",
            f"/oai?verb=GetRecord&{asked}=1",
        ]  # fmt: skip
        paths += [f"/oai?verb=ListRecords&metadataPrefix={form}" for form in ("oai_dc", "mods", "mets")]
        paths += [f"/catalogue/{table}" for table in (*TABLES, *VIEWS)]
        paths += [f"/export/{table}.{form}" for table in ("volume", "page", "name") for form in ("json", "ndjson")]
        answers = dict(zip(paths, under_attack.ask(*paths, audience=who), strict=True))
        for path, answer in answers.items():
            assert answer.status_code < 500, path
            assert strange_markup(answer) == [], path
        shown = [path for path, answer in answers.items() if FOREIGN in answer.text]
        assert len(shown) > 30, shown  # the text itself is there, or nothing was proved

    def test_what_is_typed_stays_text_where_it_is_refused(self, catalogue: Attacked) -> None:
        asked = quote(MARKUP, safe="")
        paths = [f"/{asked}", f"/catalogue/{asked}", f"/catalogue/page/{asked}", f"/title/{asked}", f"/volume/{asked}"]
        paths += [f"/catalogue/page?_sort={asked}", f"/search?q={asked}&institution={asked}", f"/oai?verb={asked}"]
        for path, answer in zip(paths, catalogue.ask(*paths), strict=True):
            assert strange_markup(answer) == [], path

    def test_no_file_name_holds_what_people_wrote(self, nasty: tuple[Attacked, VolumeId]) -> None:
        under_attack, volume = nasty
        (answer,) = under_attack.ask(f"/volume/{volume}/text.txt")
        assert answer.headers["content-disposition"].isascii()
        assert not set(answer.headers["content-disposition"]) & set("<>\r\n'&")
        assert answer.headers["x-content-type-options"] == "nosniff"


def everything_of(shelf: RightsShelf, name: str) -> list[str]:
    """Addresses that show something of the volume `name`."""
    kept = shelf.kept[name]
    page, volume = kept.pages[0], kept.id
    return [
        "/search.json?q=zvonice", "/", "/search?q=zvonice", f"/search.json?q={kept.words[0]}",
        f"/search.json?q={quote(kept.title)}&in=titles", f"/volume/{volume}", f"/volume/{volume}/page/1",
        f"/volume/{volume}/page/1/text.txt", f"/volume/{volume}/page/1/alto.xml", f"/volume/{volume}/page/1/words.json",
        f"/volume/{volume}/text.txt", f"/iiif/manifest/{volume}", f"/iiif/canvas/{page}", f"/iiif/3/{page}/info.json",
        f"/iiif/search/2/{volume}?q=zvonice", "/iiif/collection/institution/LIA001", "/feed.xml", "/dcat.jsonld",
        "/sitemap.xml", "/sitemap/volumes-1.xml", "/sitemap/pages-1.xml", "/oai?verb=ListRecords&metadataPrefix=oai_dc",
        "/export/volume.csv", "/catalogue/page.json?_search=zvonice", "/catalogue/find_word.json?word=zvonice",
        "/catalogue/volume?_facet=institution", "/catalogue/institution.json",
    ]  # fmt: skip


def again(before: list[httpx.Response]) -> list[tuple[str, str, dict[str, dict[str, str]]]]:
    """The same requests, with what a browser or proxy sends that kept the answers."""
    marks = {"if-modified-since": "Fri, 01 Jan 2999 00:00:00 GMT"}
    return [
        (
            "GET",
            answer.request.url.raw_path.decode(),
            {"headers": marks | {"if-none-match": answer.headers.get("etag", "*")}},
        )
        for answer in before
    ]


class TestWhatWasOpenAndIsNot:
    """Rights that change hold from the next request on, whatever was kept of the rows before."""

    @pytest.mark.parametrize("how", ["a new version", "built anew", "gone"])
    def test_what_is_closed_vanishes_from_all_that_was_kept(self, tmp_path: Path, how: str) -> None:
        shelf = RightsShelf(tmp_path)
        kept = shelf.kept["volny"]
        with attacked(shelf.housed(Config(premises=()))) as catalogue:
            before = catalogue.ask(*everything_of(shelf, "volny"))
            assert sum(kept.title in answer.text or kept.id in answer.text for answer in before) > 15
            close_it(shelf, "volny", how)
            answers = catalogue.send(again(before))
            for answer in answers:
                assert answer.status_code != 304, answer.url
                asked = str(answer.url)
                hidden = (kept.id, kept.title, *kept.pages, *kept.words)
                assert [each for each in hidden if each in answer.text and quote(each) not in asked] == [], answer.url
            found = dict(zip((each.url.raw_path.decode() for each in answers), answers, strict=True))
            assert found["/search.json?q=zvonice"].json()["pages"] == before[0].json()["pages"] - 2
            assert found[f"/volume/{kept.id}"].status_code == 404

    def test_what_only_came_may_be_counted_a_moment_later(self, tmp_path: Path) -> None:
        shelf = RightsShelf(tmp_path)
        with attacked(shelf.housed(Config(premises=(), unknown_access="public"))) as catalogue:
            (before,) = catalogue.ask("/search.json?q=zvonice")
            shelf.keep("nova", "zvonice")
            shelf.build()
            counts = [catalogue.ask("/search.json?q=zvonice")[0].json()["pages"] for _ in range(30)]
            assert counts[-1] == before.json()["pages"] + 1

    def test_an_embargo_ends_and_begins_with_the_day(self, tmp_path: Path) -> None:
        today = dt.datetime.now().astimezone().date()
        shelf = RightsShelf(tmp_path)
        volume = new_volume_id("zítra")
        page = Page(new_page_id(volume, "1.tif"), 1, "1.tif")
        rights = Rights("pd", embargo=(today + dt.timedelta(days=1)).isoformat())
        shelf.shelve(Volume(volume, "zítra", replace(description(), title="Zitrek"), (page,), rights=rights), "zvonice")
        shelf.build()
        paths = ("/", f"/volume/{volume}", "/search.json?q=zvonice", "/feed.xml")
        with attacked(shelf.housed(Config(premises=()))) as catalogue:
            told = [each.text for each in catalogue.ask(*paths)]
            assert not any("Zitrek" in each for each in told)
            with patch.object(database, "dt", _Tomorrow):
                assert [each.url.path for each in catalogue.ask(*paths) if "Zitrek" not in each.text] == []
            assert [each.text for each in catalogue.ask(*paths)][2:] == told[2:]


class _Tomorrow:
    """The module datetime, a day later."""

    class datetime(dt.datetime):  # noqa: N801 - as there
        """A clock that is a day fast."""

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            """The same moment tomorrow."""
            return dt.datetime.now(tz) + dt.timedelta(days=1)

    date, timedelta, UTC = dt.date, dt.timedelta, dt.UTC


def close_it(shelf: RightsShelf, name: str, how: str) -> None:
    """Make of a volume that all may see one for staff, or throw it out of the store."""
    volume = shelf.kept[name].id
    if how == "gone":
        shutil.rmtree(shelf.folder(VolumeId(volume)).parent)
    else:
        pages = tuple(Page(new_page_id(VolumeId(volume), f"{n}.tif"), n, f"{n}.tif", label=str(n)) for n in (1, 2))
        about = replace(description(), title=shelf.kept[name].title, institution=HOME)
        closed = Volume(VolumeId(volume), name, about, pages, rights=Rights("pd", access="staff"))
        shelf.shelve(closed, *(f"zvonice {word}" for word in shelf.kept[name].words))
    shelf.build(anew=how == "built anew")


class TestForged:
    """Sessions and forms that are not ours."""

    def test_no_forged_session_is_anybody(self, catalogue: Attacked, tmp_path: Path) -> None:
        with attacked(replace(catalogue.house, state=tmp_path)) as another:  # another house, another secret
            stolen = issue(another.served, ADMIN)
        good = issue(catalogue.served, ADMIN)
        payload, _, mark = good.rpartition(".")
        forged = (
            stolen, payload, f"{payload}.", f"{payload}.{mark[::-1]}", f"a{good}", good[:-1], mark, "e30.e30.e30",
            "eyJhbGciOiJub25lIn0.eyJyb2xlcyI6WyJhZG1pbiJdfQ.", "null", "A" * 3000,
            issue(catalogue.served, ADMIN, hours=-1),
            issue(catalogue.served, ADMIN, hours=float("-inf")),
        )  # fmt: skip
        for cookie in forged:
            (answer,) = catalogue.ask("/-/actor.json", headers={"cookie": f"{COOKIE}={cookie}"})
            assert (answer.status_code, answer.json()) == (200, {"actor": None}), cookie
            assert f"{COOKIE}=;" in answer.headers["set-cookie"], cookie
        (known,) = catalogue.ask("/-/actor.json", headers={"cookie": f"{COOKIE}={good}"})
        assert known.json()["actor"]["roles"] == ["admin"]

    @pytest.mark.parametrize("route", [each for each in ROUTES if each.roles], ids=lambda route: route.name)
    def test_pages_for_some_are_for_no_others(self, catalogue: Attacked, route: Route) -> None:
        reader = Audience("čtenář", frozenset({Role.READER}), frozenset({EVERYWHERE}))
        who = OUTSIDE if Role.READER in route.roles else reader
        path = next(addresses(route, right_values(route)))
        for method in route.methods:
            (answer,) = catalogue.send([(method, path, {})], who)
            assert answer.status_code in (303, 401, 403), (method, path)

    @pytest.mark.parametrize("route", [each for each in ROUTES if "POST" in each.methods], ids=lambda route: route.name)
    def test_no_form_of_another_site_changes_anything(self, catalogue: Attacked, route: Route) -> None:
        if route.name == "oai":
            return  # it changes nothing (OAI-PMH 2.0, 3.1.1: GET and POST alike)
        path = next(addresses(route, right_values(route)))
        session = {COOKIE: issue(catalogue.served, CURATOR)}
        data = {"csrftoken": "forged", "act": "note", "text": "forged", "name": "jana", "password": "x", "do": "make"}
        tried: list[dict[str, object]] = [
            {"data": data},
            {"data": data, "cookies": session},
            {"data": data, "cookies": session | {"ds_csrftoken": "forged"}},
            {"json": data, "cookies": session},
            {"content": "act=note&text=forged", "cookies": session, "headers": {"content-type": "text/plain"}},
            {"data": data, "cookies": session, "headers": {"origin": "https://evil.example"}},
            {"data": data, "cookies": session, "headers": {"x-csrftoken": "forged", "x-http-method-override": "GET"}},
            {"params": data, "cookies": session},
        ]  # fmt: skip
        before = people(catalogue.house.state)
        for answer, how in zip(catalogue.send(("POST", path, each) for each in tried), tried, strict=True):
            signs_out_nobody = route.name == "sign_out" and "cookies" not in how
            assert answer.status_code in (400, 403, 415) or signs_out_nobody, (how, answer.status_code)
        assert people(catalogue.house.state) == before

    @pytest.mark.parametrize("wanted", [each for each in HOSTILE if "evil" in each or "javascript" in each])
    def test_nobody_is_led_away(self, catalogue: Attacked, wanted: str) -> None:
        told = encoded(wanted)
        ways = [f"/sign-in?next={told}", f"/sign-in/openid?next={told}", f"/?_lang=en&x={told}", f"/%2F{told}?_lang=en"]
        ways += [f"/{told}?_lang=en", f"/volume/{new_volume_id('obrazy')}/go?label=1&q={told}", f"/desk?{told}"]
        for path, answer in zip(ways, catalogue.ask(*ways), strict=True):
            local(answer, path)
            assert f'value="{wanted}"' not in answer.text


def people(state: Path) -> dict[str, bytes]:
    """What people's folder holds, but the log of who came."""
    files = (path for path in state.rglob("*") if path.is_file() and path.suffix not in (".jsonl", ".lock"))
    return {str(path.relative_to(state)): path.read_bytes() for path in files}


class TestHost:
    """What a request says of the host it asks is anybody's word (CWE-644)."""

    ADDRESSES = (
        "/feed.xml", "/robots.txt", "/sitemap.xml", "/iiif/collection", "/openapi.json", "/dcat.jsonld",
        "/oai?verb=Identify", "/sign-in", "/", f"/iiif/manifest/{new_volume_id('obrazy')}",
    )  # fmt: skip

    def test_a_house_with_an_address_does_not_listen(self, rights: RightsShelf) -> None:
        with attacked(rights.housed(Config(address="https://katalog.example.cz", premises=()))) as catalogue:
            told = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-original-url": "//evil.example"}
            for answer in catalogue.ask(*self.ADDRESSES, headers=told):
                assert answer.status_code == 200
                assert "evil.example" not in answer.text + str(answer.headers)

    @pytest.mark.parametrize("host", ["a b", '"><x', "x/y", "x@evil", "a,b", "x\\y", "", "a:b:c", "x" * 300])
    def test_what_is_no_host_is_refused(self, catalogue: Attacked, host: str) -> None:
        for answer in catalogue.ask("/feed.xml", headers={"host": host}):
            assert answer.status_code == 400

    @pytest.mark.parametrize("host", ["katalog.example.cz", "[::1]:8001", "10.0.0.1", "x_y.local:1"])
    def test_what_is_one_is_taken(self, catalogue: Attacked, host: str) -> None:
        (answer,) = catalogue.ask("/robots.txt", headers={"host": host})
        assert f"http://{host}/sitemap.xml" in answer.text


class TestKept:
    """What proxies and browsers keep is shown to nobody else."""

    def test_only_what_all_may_see_may_be_kept_by_all(self, catalogue: Attacked) -> None:
        paths = [next(addresses(route, right_values(route))) for route in ROUTES if "GET" in route.methods]
        for audience in (OUTSIDE, CURATOR):
            for path, answer in zip(paths, catalogue.ask(*paths, audience=audience), strict=True):
                how = answer.headers["cache-control"]
                assert "public" not in how or "/iiif/3/" in path, path
                assert "private" in how or "no-store" in how or "/iiif/3/" in path, path

    def test_an_image_for_some_is_kept_by_none(self, tmp_path: Path) -> None:
        shelf = RightsShelf(tmp_path)
        closed = Rights("pd", access="staff")
        volume = keep_pictures(shelf, "tajné", [Image.new("RGB", (60, 40))], rights=closed)
        page = new_page_id(volume, "1.tif")
        paths = (f"/iiif/3/{page}/full/max/0/default.jpg", f"/iiif/3/{page}/info.json")
        with attacked(shelf.housed(Config(premises=()))) as catalogue:
            seen = catalogue.ask(*paths, audience=ARCHIVIST)
            assert [answer.status_code for answer in seen] == [200, 200]
            assert all("public" not in answer.headers["cache-control"] for answer in seen)
            marks = [{"headers": {"if-none-match": each.headers.get("etag", "*")}} for each in seen]
            asked = [("GET", path, mark) for path, mark in zip(paths, marks, strict=True)]
            assert [answer.status_code for answer in catalogue.send(asked)] == [404, 404]


class TestPeople:
    """Files in people/ that somebody broke: nobody is let in by them, and everybody else goes on reading."""

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"accounts": 1}', b"[" * 100_000, b"0" * 10_000_000])
    @pytest.mark.parametrize("name", ["accounts.json", "ended.json", "desks/kur%C3%A1torka.json"])
    def test_garbled_and_huge(self, catalogue: Attacked, tmp_path: Path, name: str, content: bytes) -> None:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
        self.goes_on(catalogue, tmp_path)

    @pytest.mark.parametrize("kind", ["link", "pipe", "folder", "endless"])
    @pytest.mark.parametrize("name", ["accounts.json", "ended.json", "proposals/2026-11/P-2026-11-22-abcdefgh.json"])
    def test_what_is_no_file(self, catalogue: Attacked, tmp_path: Path, name: str, kind: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind in ("link", "endless"):
            path.symlink_to("/etc/passwd" if kind == "link" else "/dev/zero")
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.mkdir()
        self.goes_on(catalogue, tmp_path)

    def goes_on(self, catalogue: Attacked, state: Path) -> None:
        """Readers read, and what staff are told of the file is no more than that it cannot be read."""
        with attacked(replace(catalogue.house, state=state)) as broken:
            front, found = broken.ask("/", "/search?q=zvonice")
            assert (front.status_code, found.status_code) == (200, 200)
            for answer in broken.ask("/desk", "/account", audience=CURATOR):
                assert answer.status_code in (200, 303, 403, 503), answer.status_code
                assert "root:" not in answer.text
                assert str(state) not in answer.text
