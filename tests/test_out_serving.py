"""How the server is watched and what it tells browsers: health, numbers, careful headers, a description of itself."""

from __future__ import annotations

import html
import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families

from metadata.wording import Tongue
from repository.catalogue.house import Config, House, OpenId
from repository.catalogue.out.headers import careful
from repository.catalogue.out.metrics import ACCESS
from repository.catalogue.out.openapi import described, templates
from repository.catalogue.out.serving import log_requests
from repository.catalogue.plugin import ROUTES
from repository.catalogue.presentation import Speech
from repository.catalogue.rights.audience import PUBLIC, Audience
from tests.out_shelf import kept
from tests.stored_volumes import KEEPER, Shelf
from tests.web import serving

ON_PREMISES = Audience(on_premises=True)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return kept(tmp_path_factory.mktemp("shelf"))


def numbers(text: str) -> dict[str, float]:
    """The samples without labels in an answer of metrics."""
    families = text_string_to_metric_families(text)
    return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}


class TestHealth:
    def test_all_is_well(self, shelf: Shelf) -> None:
        (answer,) = shelf.get("/healthz", audience=PUBLIC)
        assert answer.status_code == 200
        assert set(answer.json().values()) == {"ok"}
        assert answer.headers["cache-control"] == "no-store"

    def test_what_fails_is_named_without_telling_more(
        self, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Shelf, "housed", lambda s, config: House(s.database, tmp_path, tmp_path, config))
        (answer,) = shelf.get("/healthz", audience=PUBLIC)
        assert answer.status_code == 503
        assert answer.json()["place"] == answer.json()["status"] == "failed"
        assert answer.json()["database"] == "ok"
        assert "/" not in answer.text


class TestMetrics:
    def test_they_are_for_the_premises_and_archivists(self, shelf: Shelf) -> None:
        assert shelf.get("/-/metrics", audience=PUBLIC)[0].status_code in (401, 403)
        assert shelf.get("/-/metrics", audience=ON_PREMISES)[0].status_code == 200

    def test_they_say_what_is_held_as_far_as_one_may_see_it(self, shelf: Shelf) -> None:
        seen = numbers(shelf.get("/-/metrics", audience=ON_PREMISES)[0].text)
        assert (seen["kdr_volumes"], seen["kdr_pages"]) == (3, 6)
        assert "kdr_journal_entries" not in seen
        whole = numbers(shelf.get("/-/metrics", audience=KEEPER)[0].text)
        assert (whole["kdr_volumes"], whole["kdr_pages"]) == (4, 8)
        assert whole["kdr_journal_entries"] > 0
        assert whole["kdr_copies"] >= 4

    def test_requests_are_counted_by_what_answers_them(self, shelf: Shelf) -> None:
        paths = ("/healthz", "/healthz", "/export/nic.csv", "/catalogue/volume", "/nic", "/-/metrics")
        told = shelf.get(*paths, audience=KEEPER)[-1].text
        counted = {
            (sample.labels["route"], sample.labels["status"]): sample.value
            for family in text_string_to_metric_families(told)
            for sample in family.samples
            if sample.name == "kdr_http_requests_total"
        }
        assert counted["health", "200"] == 2
        assert counted["export", "404"] == counted["table", "200"] == counted["other", "404"] == 1
        assert 'kdr_http_seconds_bucket{le="0.15",route="health"}' in told

    def test_every_request_leaves_a_line_without_what_was_sought(
        self, shelf: Shelf, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "kdr.access")
        shelf.get("/export/volume.csv?title=tajemstv%C3%AD", audience=PUBLIC)
        lines = [json.loads(each.message) for each in caplog.records if each.name == "kdr.access"]
        (line,) = [each for each in lines if each["route"] == "export"]
        assert (line["method"], line["status"]) == ("GET", 200)
        assert line["bytes"] > 0
        assert "tajemstv" not in caplog.text


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/catalogue/volume", "/nic", "/robots.txt", "/assets/catalogue.css"])
    def test_every_answer_is_careful(self, shelf: Shelf, path: str) -> None:
        headers = shelf.get(path, audience=PUBLIC)[0].headers
        assert headers["x-content-type-options"] == "nosniff"
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == (
            "public, max-age=3600" if path.startswith("/assets") else "private, no-cache"
        )
        assert len(headers.get_list("x-content-type-options")) == 1

    def test_what_others_may_read_they_may_show(self, shelf: Shelf) -> None:
        headers = shelf.get("/localities.geojson", audience=PUBLIC)[0].headers
        assert headers["cross-origin-resource-policy"] == "cross-origin"

    def test_pages_ask_for_nothing_that_the_policy_forbids(self, shelf: Shelf) -> None:
        for answer in shelf.get("/", "/catalogue", "/catalogue/volume", "/catalogue/holdings", audience=KEEPER):
            assert not re.search(r"<style|\sstyle=|\son\w+=", answer.text), answer.url
            inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", answer.text)
            assert [each for each in inline if "application/" not in each] == [], answer.url

    def test_only_an_address_by_https_is_held_to_https(self) -> None:
        assert "strict-transport-security" not in careful(Config(address="http://k.example.cz"))
        assert "strict-transport-security" in careful(Config(address="https://k.example.cz"))

    def test_forms_may_lead_to_the_identity_provider(self) -> None:
        told = careful(Config(openid=OpenId("https://id.example.cz/realms/a", "kdr")))
        assert "form-action 'self' https://id.example.cz;" in told["content-security-policy"]


class TestOpenApi:
    def test_the_description_is_valid(self, shelf: Shelf) -> None:
        (answer,) = shelf.get("/openapi.json", audience=PUBLIC)
        told = answer.json()
        validate(told)
        assert told["servers"] == [{"url": "http://localhost"}]
        assert "/export/{table}.{format}" in told["paths"]
        assert "post" in told["paths"]["/oai"]

    @pytest.mark.parametrize("tongue", Tongue)
    def test_every_route_has_its_sentence_and_parameters(self, tongue: Tongue) -> None:
        told = described(ROUTES, Speech(tongue), "")
        operations: dict[str, Any] = {
            each["operationId"]: (path, each) for path, methods in told["paths"].items() for each in methods.values()
        }
        for route in ROUTES:
            path, operation = operations[route.name if "GET" in route.methods else f"{route.name}_post"]
            assert len(operation["summary"]) > 10, route.name
            inside = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert inside == set(re.findall(r"{(\w+)}", path)), route.name
            if "GET" in route.methods:
                asked = {each["name"] for each in operation["parameters"] if each["in"] == "query"}
                assert asked == set(route.parameters), route.name

    def test_names_of_routes_are_unique(self) -> None:
        names = [route.name for route in ROUTES]
        assert sorted(set(names)) == sorted(names)

    @pytest.mark.parametrize(
        ("pattern", "paths"),
        [
            (r"^/$", ["/"]),
            (r"^/a/(?P<b>[0-9a-f]{8}(?:-[0-9a-f]{4}){3})/c\.json$", ["/a/{b}/c.json"]),
            (r"/a/(?P<b>[^/()]+)(?:/(?P<c>\d+))?$", ["/a/{b}", "/a/{b}/{c}"]),
            (r"^/a/?$", ["/a"]),
        ],
    )
    def test_patterns_become_templates(self, pattern: str, paths: list[str]) -> None:
        assert [path for path, _ in templates(pattern)] == paths


@pytest.mark.slow
class TestServer:
    def test_it_answers_many_at_once_and_refuses_endless_headers(self, shelf: Shelf) -> None:
        with serving(shelf.house) as address, httpx.Client(base_url=address) as client:
            with ThreadPoolExecutor(20) as crowd:
                answers = list(crowd.map(lambda _: client.get("/healthz"), range(60)))
            assert [each.status_code for each in answers] == [200] * 60
            assert "server" not in answers[0].headers
            assert client.get("/healthz", headers={"x-long": "a" * 200_000}).status_code == 400
            assert client.get("/healthz").status_code == 200

    def test_the_table_page_leads_to_all_rows(self, shelf: Shelf) -> None:
        with serving(shelf.house) as address, httpx.Client(base_url=address) as client:
            page = client.get("/catalogue/volume?title__contains=Kniha").text
            hrefs = [html.unescape(each) for each in re.findall(r'href="(/export/[^"]+)"', page)]
            assert len(hrefs) == 4
            for each in hrefs:
                assert client.get(each).status_code == 200, each
            assert len(client.get(hrefs[1]).json()) == 3

    def test_lines_of_requests_are_written_when_wished(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(ACCESS, "handlers", [])
        monkeypatch.setattr(ACCESS, "propagate", True)
        log_requests()
        assert not ACCESS.handlers
        monkeypatch.setenv("KDR_ACCESS_LOG", "1")
        level = ACCESS.level
        log_requests()
        ACCESS.info("řádek")
        ACCESS.setLevel(level)
        assert capsys.readouterr().out == "řádek\n"
