"""Harvesting: every visible volume once, in full and by dates, by others' programs; nothing of what is hidden."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from sickle import Sickle
from sickle.oaiexceptions import NoRecordsMatch

from metadata.description import VolumeKind
from metadata.markup import parse, violations
from metadata.model import Title, Year, new_volume_id
from repository.catalogue.out import oai
from repository.catalogue.out.oai_token import Token
from repository.catalogue.rights.audience import EVERYWHERE, PUBLIC, Audience, Role
from tests.out_shelf import SECRET, changed, kept, volume
from tests.page_records import description
from tests.stored_volumes import Shelf
from tests.web import serving

NS = {"oai": "http://www.openarchives.org/OAI/2.0/", "dc": "http://purl.org/dc/elements/1.1/"}


ARCHIVIST = Audience("archivářka", frozenset({Role.ARCHIVIST}), frozenset({EVERYWHERE}))


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """The same for tests that change nothing."""
    return kept(tmp_path_factory.mktemp("lasting"))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return kept(tmp_path)


def stamped(shelf: Shelf, **stamps: str) -> None:
    """Say when volumes were stored."""
    for name, stamp in stamps.items():
        changed(shelf, "update volume set stored = ? where uuid = ?", stamp, new_volume_id(name))


def ask(shelf: Shelf, who: Audience = PUBLIC, /, **arguments: str) -> etree._Element:
    """The answer to a request."""
    (given_back,) = shelf.get("/oai?" + urlencode(arguments), audience=who)
    assert given_back.status_code == 200
    assert given_back.headers["content-type"] == "text/xml; charset=utf-8"
    return parse(given_back.content)


def code(root: etree._Element) -> str:
    """The code of the error in an answer, or nothing."""
    return root.findtext("oai:error", "", NS) and root.find("oai:error", NS).attrib["code"]  # type: ignore[union-attr]


@pytest.mark.slow
class TestHarvesting:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_sickle_gets_every_volume_once_whatever_the_size_of_an_answer(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, method: str
    ) -> None:
        monkeypatch.setattr(oai, "MOST", 2)
        with serving(shelf.house) as address:
            harvester = Sickle(f"{address}/oai", http_method=method)
            for prefix in ("oai_dc", "mods", "mets"):
                found = [record.header.identifier for record in harvester.ListRecords(metadataPrefix=prefix)]
                assert sorted(found) == sorted(f"oai:127.0.0.1:{new_volume_id(name)}" for name in "abc"), prefix
            headers = list(harvester.ListIdentifiers(metadataPrefix="oai_dc", set="institution:LIA001"))
            assert len(headers) == 3
            assert harvester.Identify().granularity == "YYYY-MM-DDThh:mm:ssZ"
            assert {each.metadataPrefix for each in harvester.ListMetadataFormats()} == {"oai_dc", "mods", "mets"}
            assert "type:monograph" in {each.setSpec for each in harvester.ListSets()}

    def test_sickle_gets_what_was_stored_between_two_dates(self, shelf: Shelf) -> None:
        stamped(shelf, a="2026-01-01T10:00:00+00:00", b="2026-02-01T10:00:00+00:00", c="2026-03-01T10:00:00+01:00")
        asked = [
            ({"from": "2026-02-01"}, "bc"),
            ({"until": "2026-02-01"}, "ab"),
            ({"from": "2026-01-01T10:00:01Z", "until": "2026-03-01T08:59:59Z"}, "b"),
            ({"from": "2026-03-01T09:00:00Z"}, "c"),
        ]
        with serving(shelf.house) as address:
            harvester = Sickle(f"{address}/oai")
            for dates, names in asked:
                found = {
                    each.header.identifier[-36:] for each in harvester.ListRecords(metadataPrefix="oai_dc", **dates)
                }
                assert found == {new_volume_id(name) for name in names}, dates
            with pytest.raises(NoRecordsMatch):
                harvester.ListRecords(**{"metadataPrefix": "oai_dc", "from": "2026-03-02"})


class TestRecords:
    @pytest.mark.parametrize(("prefix", "schema"), [("oai_dc", "dc/oai_dc.xsd"), ("mods", "mods/mods-3-8.xsd")])
    def test_records_obey_their_schemas(self, lasting: Shelf, schemas: Path, prefix: str, schema: str) -> None:
        told = ask(lasting, verb="ListRecords", metadataPrefix=prefix).findall(".//oai:metadata/*", NS)
        assert len(told) == 3
        for record in told:
            again = parse(etree.tostring(record))
            assert violations(again, schemas / schema) == ()

    def test_a_record_leads_to_its_page(self, lasting: Shelf) -> None:
        uuid = new_volume_id("a")
        root = ask(lasting, verb="GetRecord", metadataPrefix="oai_dc", identifier=f"oai:localhost:{uuid}")
        assert f"http://localhost/volume/{uuid}" in [each.text for each in root.iterfind(".//dc:identifier", NS)]
        assert root.findtext(".//dc:title", "", NS) == "Kniha a & <spol> : s podnázvem"

    def test_a_package_that_cannot_be_read_still_has_its_title(self, shelf: Shelf) -> None:
        uuid = new_volume_id("a")
        shelf.spoil(uuid, "data/provenance/volume.json", b"{")
        asked: dict[str, str] = {"verb": "GetRecord", "identifier": f"oai:localhost:{uuid}"}
        assert ask(shelf, metadataPrefix="oai_dc", **asked).findtext(".//dc:title", "", NS) == "Kniha a & <spol>"
        assert code(ask(shelf, metadataPrefix="mods", **asked)) == "cannotDisseminateFormat"

    def test_what_came_free_later_is_new_from_that_day_on(self, shelf: Shelf) -> None:
        stamped(shelf, a="2020-01-01T00:00:00", b="2020-01-01T00:00:00", c="2020-01-01T00:00:00")
        changed(shelf, "update volume set embargo = '2021-05-01' where uuid = ?", new_volume_id("b"))
        root = ask(shelf, verb="ListIdentifiers", metadataPrefix="oai_dc", **{"from": "2020-06-01"})
        assert [each.text for each in root.iterfind(".//oai:datestamp", NS)] == ["2021-05-01T00:00:00Z"]
        assert root.findtext(".//oai:identifier", "", NS).endswith(new_volume_id("b"))

    def test_a_volume_with_a_hidden_page_has_no_mets(self, shelf: Shelf) -> None:
        hidden = "update page set access = 'staff' where position = 2 and volume = ?"
        changed(shelf, hidden, new_volume_id("a"))
        changed(shelf, "update volume set own_rights = 1 where uuid = ?", new_volume_id("a"))
        for who, prefix, count in ((PUBLIC, "mets", 2), (PUBLIC, "mods", 3), (ARCHIVIST, "mets", 4)):
            records = ask(shelf, who, verb="ListRecords", metadataPrefix=prefix).findall(".//oai:record", NS)
            assert len(records) == count, (who, prefix)

    def test_titles_of_several_volumes_are_sets(self, shelf: Shelf) -> None:
        above = Title(new_volume_id("noviny"), replace(description(), title="Noviny"))
        about = replace(description(), kind=VolumeKind.ISSUE)
        told = replace(volume("číslo"), description=about, title=above, year=Year(new_volume_id("ročník"), "1", "1919"))
        shelf.shelve(told, "x", "y")
        shelf.build()
        sets = ask(shelf, verb="ListSets")
        assert f"title:{above.id}" in [each.text for each in sets.iterfind(".//oai:setSpec", NS)]
        one = ask(shelf, verb="ListIdentifiers", metadataPrefix="oai_dc", set=f"title:{above.id}")
        assert [each.text[-36:] for each in one.iterfind(".//oai:identifier", NS) if each.text] == [told.id]

    def test_disposed_objects_are_deleted_records_for_whom_the_journal_speaks(self, shelf: Shelf) -> None:
        gone = new_volume_id("pryč")
        row = (9999, "2026-04-01T00:00:00+00:00", "disposed", gone, "kdr", "{}", "", "")
        changed(shelf, "insert into journal values (?, ?, ?, ?, ?, ?, ?, ?)", *row)
        for audience, policy, deleted in ((PUBLIC, "no", []), (ARCHIVIST, "transient", [gone])):
            told = ask(shelf, audience, verb="Identify")
            listed = ask(shelf, audience, verb="ListRecords", metadataPrefix="mods")
            assert told.findtext(".//oai:deletedRecord", "", NS) == policy
            headers = listed.findall(".//oai:header[@status='deleted']", NS)
            assert [each.findtext("oai:identifier", "", NS)[-36:] for each in headers] == deleted


class TestPaging:
    def test_what_was_stored_meanwhile_neither_repeats_nor_skips_another(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(oai, "MOST", 1)
        stamped(shelf, a="2026-01-01T10:00:00", b="2026-02-01T10:00:00", c="2026-03-01T10:00:00")
        first = ask(shelf, verb="ListIdentifiers", metadataPrefix="oai_dc")
        stamped(shelf, a="2026-06-01T10:00:00")
        found = [first.findtext(".//oai:identifier", "", NS)[-36:]]
        token = first.findtext(".//oai:resumptionToken", "", NS)
        while token:
            answer = ask(shelf, verb="ListIdentifiers", resumptionToken=token)
            found.append(answer.findtext(".//oai:identifier", "", NS)[-36:])
            token = answer.findtext(".//oai:resumptionToken", "", NS)
        assert found == [new_volume_id(name) for name in "abca"]

    @given(
        st.builds(
            Token,
            st.text(max_size=9),
            st.text(max_size=9),
            st.text(max_size=9),
            st.text(max_size=9),
            st.tuples(st.text(max_size=9), st.text(max_size=9)),
            st.integers(0, 2**40),
            st.integers(2**40, 2**41),
        )
    )
    def test_a_token_is_read_as_it_was_written(self, token: Token) -> None:
        assert Token.read(token.text()) == token

    @given(st.text(max_size=60) | st.binary(max_size=60).map(quote))
    def test_anything_else_is_no_token(self, text: str) -> None:
        with pytest.raises(ValueError, match=r".+"):
            Token.read(text)

    def test_an_old_token_is_no_longer_good(self) -> None:
        with pytest.raises(ValueError, match="expired"):
            Token.read(Token("oai_dc", expires=1).text())


class TestErrors:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", "badVerb"),
            ("verb=Nic", "badVerb"),
            ("verb=Identify&verb=Identify", "badVerb"),
            ("verb=Identify&x=1", "badArgument"),
            ("verb=ListRecords", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=mods", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&from=včera", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-13-01", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-01&until=2026-01-01", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01&until=2026-02-01T00:00:00Z", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&set='%20or%201", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&set=nic", "noRecordsMatch"),
            ("verb=ListRecords&metadataPrefix=nic", "cannotDisseminateFormat"),
            ("verb=ListRecords&resumptionToken=nic", "badResumptionToken"),
            ("verb=ListSets&resumptionToken=nic", "badResumptionToken"),
            ("verb=GetRecord&metadataPrefix=oai_dc&identifier=%01%EF%BF%BE'--", "idDoesNotExist"),
            ("verb=ListMetadataFormats&identifier=nic", "idDoesNotExist"),
        ],
    )
    def test_each_has_its_code(self, lasting: Shelf, query: str, expected: str) -> None:
        (answer,) = lasting.get("/oai?" + quote(query, safe="=&%"), audience=PUBLIC)
        assert answer.status_code == 200
        root = parse(answer.content)
        assert code(root) == expected
        request = root.find("oai:request", NS)
        assert request is not None
        assert bool(request.attrib) == (expected not in ("badVerb", "badArgument"))

    def test_what_is_hidden_does_not_exist(self, lasting: Shelf) -> None:
        identifier = f"oai:localhost:{SECRET}"
        asked = {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": identifier}
        assert code(ask(lasting, **asked)) == "idDoesNotExist"
        assert "Tajná" not in str(
            etree.tostring(ask(lasting, verb="ListRecords", metadataPrefix="mods"), encoding="unicode")
        )
