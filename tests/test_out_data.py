"""Open data, feeds and maps: valid by others' judgement, leading to our pages, and silent about what is hidden."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pyshacl import validate
from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF

from metadata.description import Cartography, VolumeKind
from metadata.markup import parse
from metadata.model import new_volume_id
from repository.catalogue.house import Config
from repository.catalogue.out import sitemap
from repository.catalogue.out.coordinates import Bounds, boxed
from repository.catalogue.out.dcat import described
from repository.catalogue.out.localities import feature
from repository.catalogue.out.schema_org import volume_data
from repository.catalogue.rights.audience import PUBLIC
from tests.out_shelf import HIDDEN, SECRET, changed, kept, volume
from tests.stored_volumes import Shelf

SHAPES = Path(__file__).parent / "dcat_ap.ttl"
ATOM = {"a": "http://www.w3.org/2005/Atom"}
STORED = "2026-12-31T23:00:00Z"
BOX = "(E 14°55'--E 15°10'30\"/N 50°50'--N 50°40')"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    about: dict[str, Any] = {"kind": VolumeKind.MAP, "cartography": Cartography(coordinates=BOX)}
    maps = (volume("mapa", title="Mapa Jizerských hor", **about), volume("plán", HIDDEN, title="Tajný plán", **about))
    shelf = kept(tmp_path_factory.mktemp("shelf"), *maps)
    changed(shelf, "update volume set stored = '2027-01-01T00:00:00+01:00' where title like 'Mapa%'")
    return shelf


def text(shelf: Shelf, path: str) -> str:
    """What the public gets."""
    (answer,) = shelf.get(path, audience=PUBLIC)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


class TestCoordinates:
    @pytest.mark.parametrize(
        ("written", "box"),
        [
            (BOX, (14.916667, 50.666667, 15.175, 50.833333)),
            ("E 14°55' - E 15°10' / N 50°50' - N 50°40'", (14.916667, 50.666667, 15.166667, 50.833333)),
            ("O 14°55′–O 15°10′/N 50°50′–N 50°40′", (14.916667, 50.666667, 15.166667, 50.833333)),
            ("v. d. 15°3'30''/s. š. 50°46'", (15.058333, 50.766667, 15.058333, 50.766667)),
            ("E0145500 E0151030 N0505000 N0504000", (14.916667, 50.666667, 15.175, 50.833333)),
            ("50.7663N, 15.0543E", (15.0543, 50.7663, 15.0543, 50.7663)),
            ("W 70°30'/S 33°27'", (-70.5, -33.45, -70.5, -33.45)),
        ],
    )
    def test_cataloguers_forms_are_read(self, written: str, box: tuple[float, ...]) -> None:
        assert boxed(written) == Bounds(*box)

    @pytest.mark.parametrize("written", ["", "Liberec", "1:25 000", "E 15°", "E 200°/N 50°", "E 15°/N 95°", "Es 1/Ns"])
    def test_anything_else_is_no_place(self, written: str) -> None:
        assert boxed(written) is None

    @given(st.text(alphabet="EWNSO0123456789°'\"., -/vdsš", max_size=60))
    def test_no_text_gives_a_place_beyond_the_earth(self, written: str) -> None:
        box = boxed(written)
        if box is not None:
            assert -180 <= box.west <= box.east <= 180
            assert -90 <= box.south <= box.north <= 90


class TestLocalities:
    def test_maps_that_everybody_may_see_are_features(self, shelf: Shelf) -> None:
        (answer,) = shelf.get("/localities.geojson", audience=PUBLIC)
        assert answer.headers["content-type"] == "application/geo+json"
        assert answer.headers["access-control-allow-origin"] == "*"
        (found,) = answer.json()["features"]
        assert found["properties"]["title"] == "Mapa Jizerských hor"
        assert found["properties"]["url"] == f"http://localhost/volume/{new_volume_id('mapa')}"
        assert found["bbox"] == [14.916667, 50.666667, 15.175, 50.833333]

    @given(st.floats(-180, 179), st.floats(-90, 89), st.floats(0.1, 1), st.floats(0.1, 1))
    def test_rings_close_and_run_counter_clockwise(self, west: float, south: float, wide: float, high: float) -> None:
        edges = {"west": west, "south": south, "east": west + wide, "north": south + high}
        row = {"uuid": "u", "called": "x", "year": None, "institution": None, "type": "map", "coordinates": ""} | edges
        (ring,) = feature(row, "")["geometry"]["coordinates"]
        area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))
        assert ring[0] == ring[-1]
        assert area > 0

    def test_a_place_without_extent_is_a_point(self) -> None:
        row: dict[str, Any] = dict.fromkeys(("uuid", "called", "year", "institution", "type", "coordinates"), "")
        point = feature(row | {"west": 15.0, "east": 15.0, "south": 50.0, "north": 50.0}, "")
        assert point["geometry"] == {"type": "Point", "coordinates": [15.0, 50.0]}


# pyshacl and rdflib's own writer of JSON-LD use names that rdflib is giving up.
@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib", "ignore::DeprecationWarning:pyshacl")
class TestOpenData:
    def test_the_catalogue_obeys_the_profile(self, shelf: Shelf) -> None:
        graphs = []
        for ending, form in (("ttl", "turtle"), ("jsonld", "json-ld"), ("xml", "xml")):
            graph = Graph().parse(data=text(shelf, f"/dcat.{ending}"), format=form)
            conforms, _, why = validate(graph, shacl_graph=str(SHAPES), advanced=False)
            assert conforms, why
            graphs.append(len(graph))
        assert len(set(graphs)) == 1

    @pytest.mark.parametrize("lost", [DCTERMS.title, DCTERMS.publisher, DCAT.accessURL, DCAT.theme, DCAT.contactPoint])
    def test_the_shapes_would_notice(self, lost: URIRef) -> None:
        graph = described("https://k.example.cz", Config(), "2026-01-01T00:00:00+00:00")
        assert validate(graph, shacl_graph=str(SHAPES))[0]
        graph.remove((None, lost, None))
        assert not validate(graph, shacl_graph=str(SHAPES))[0]

    def test_every_distribution_can_be_downloaded(self, shelf: Shelf) -> None:
        graph = Graph().parse(data=text(shelf, "/dcat.ttl"), format="turtle")
        paths = [str(address).removeprefix("http://localhost") for address in graph.objects(None, DCAT.downloadURL)]
        assert len(paths) == 10
        for answer in shelf.get(*paths, *("/oai?verb=Identify",), audience=PUBLIC):
            assert answer.status_code == 200, answer.url

    def test_who_answers_for_the_data_is_as_the_settings_say(self) -> None:
        config = Config(
            publisher="Krajská knihovna", contact="data@kvk.example.cz", data_licence="https://cc.example/0"
        )
        told = described("https://k.example.cz", config, "").serialize(format="turtle")
        for said in ('"Krajská knihovna"@cs', "mailto:data@kvk.example.cz", "<https://cc.example/0>"):
            assert said in told
        bare = described("https://k.example.cz", Config(), "")
        assert "mailto:postmaster@k.example.cz" in bare.serialize(format="turtle")
        assert not list(bare.objects(None, DCTERMS.license))
        assert len(list(bare.subjects(RDF.type, DCAT.Distribution))) == 10


class TestFeed:
    def test_additions_come_newest_first(self, shelf: Shelf) -> None:
        root = parse(text(shelf, "/feed.xml").encode())
        titles = [each.text for each in root.iterfind("a:entry/a:title", ATOM)]
        assert titles[0] == "Mapa Jizerských hor"
        assert sorted(titles[1:], key=str) == [f"Kniha {name} & <spol>" for name in "abc"]
        assert root.findtext("a:updated", "", ATOM) == root.findtext("a:entry/a:updated", "", ATOM) == STORED

    def test_it_has_what_rfc_4287_asks_of_feeds_and_entries(self, shelf: Shelf) -> None:
        root = parse(text(shelf, "/feed.xml").encode())
        entries = root.findall("a:entry", ATOM)
        assert root.tag == f"{{{ATOM['a']}}}feed"
        assert root.find("a:author/a:name", ATOM) is not None
        for each in (root, *entries):
            assert all(len(each.findall(f"a:{name}", ATOM)) == 1 for name in ("id", "title", "updated"))
            moment = each.findtext("a:updated", "", ATOM)
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment)
        assert len({each.findtext("a:id", "", ATOM) for each in entries}) == len(entries) == 4


class TestSearchEngines:
    @pytest.mark.parametrize("piece", [3, 50_000])
    def test_the_map_leads_to_every_visible_page_once(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, piece: int
    ) -> None:
        monkeypatch.setattr(sitemap, "PIECE", piece)
        index = parse(text(shelf, "/sitemap.xml").encode())
        pieces = [(each.text or "").removeprefix("http://localhost") for each in index.iter("{*}loc")]
        found = [each.text for path in pieces for each in self.locations(text(shelf, path)) if each.text]
        books = [f"http://localhost/volume/{new_volume_id(name)}" for name in ("a", "b", "c", "mapa")]
        assert sorted(found) == sorted([*books, *(f"{book}/page/{n}" for book in books for n in (1, 2))])

    def test_there_is_no_piece_beyond_the_last(self, shelf: Shelf) -> None:
        for path in ("/sitemap/pages-2.xml", "/sitemap/pages-0.xml", "/sitemap/nic-1.xml"):
            assert shelf.get(path, audience=PUBLIC)[0].status_code == 404

    @staticmethod
    def locations(content: str) -> list[etree._Element]:
        return list(parse(content.encode()).iter("{*}loc"))

    def test_crawlers_may_read_volumes_and_neither_images_nor_searches(self, shelf: Shelf) -> None:
        rules = RobotFileParser()
        rules.parse(text(shelf, "/robots.txt").splitlines())
        for path, allowed in (
            ("/", True),
            (f"/volume/{new_volume_id('a')}/page/1", True),
            ("/iiif/manifest/x", True),
            ("/iiif/3/x/full/max/0/default.jpg", False),
            ("/search?q=kůň", False),
            ("/catalogue/page?_sort=year", False),
            ("/desk", False),
        ):
            assert rules.can_fetch("*", f"http://localhost{path}") == allowed, path
        assert rules.site_maps() == ["http://localhost/sitemap.xml"]

    def test_the_page_of_a_volume_bears_it(self, shelf: Shelf) -> None:
        page = text(shelf, f"/volume/{new_volume_id('a')}")
        (told,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
        assert json.loads(told)["name"] == "Kniha a & <spol>"

    def test_a_volume_is_told_in_the_words_of_schema_org(self, shelf: Shelf) -> None:
        row = shelf.json(f"/catalogue/volume/{new_volume_id('a')}.json?_shape=objects")["rows"][0]
        told = volume_data(row, "https://k.example.cz")
        assert told["@type"] == "Book"
        assert told["name"] == "Kniha a & <spol>"
        assert [each["name"] for each in told["author"]] == ["Novák, Jan", "Černá, Marie"]
        assert told["inLanguage"] == ["ces", "deu"]
        assert told["numberOfPages"] == 2
        assert all(told.values())
        above = {"type": "issue", "title_above": "Noviny", "authors": None, "publisher": None, "languages": "[]"}
        issue = volume_data(row | above, "")
        assert issue["isPartOf"]["name"] == "Noviny"
        assert "author" not in issue


def test_what_is_hidden_is_told_nowhere(shelf: Shelf) -> None:
    paths = (
        "/dcat.ttl", "/localities.geojson", "/feed.xml", "/sitemap.xml", "/sitemap/volumes-1.xml",
        "/sitemap/pages-1.xml", "/robots.txt", "/openapi.json",
    )  # fmt: skip
    for path in paths:
        told = text(shelf, path)
        for secret in (SECRET, new_volume_id("plán"), "Tajn"):
            assert secret not in told, path
