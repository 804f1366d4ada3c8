"""PREMIS 3: our own record of a volume leaves nothing out, and everything it names is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from metadata.event import Agent, AgentKind, Event
from metadata.markup import Element, parse, violations
from metadata.model import VolumeRecord
from metadata.premis import Detail, agent_name, agents
from metadata.premis3 import premis3_document
from tests import page_records
from tests.page_records import KDR, VOLUME, volume_record, volume_records, with_page
from tests.xpath import NS, texts


@pytest.fixture(scope="module")
def document() -> Element:
    return parse(premis3_document(volume_record(2)))


def object_of(root: Element, key: str) -> Element:
    """The one object whose identifier holds `key`."""
    (found,) = (
        each
        for each in root.iterfind("premis3:object", NS)
        if key in each.findtext("premis3:objectIdentifier/premis3:objectIdentifierValue", "", NS)
    )
    return found


class TestTheDocument:
    """https://www.loc.gov/standards/premis/v3/."""

    def test_is_valid(self, document: Element, schemas: Path) -> None:
        assert violations(document, schemas / "premis" / "premis-v3-0.xsd") == ()

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(record=volume_records())
    def test_is_valid_and_hangs_together_whatever_was_recorded(self, record: VolumeRecord, schemas: Path) -> None:
        root = parse(premis3_document(record))
        assert violations(root, schemas / "premis" / "premis-v3-0.xsd") == ()
        for kind in ("object", "event", "agent"):
            own = texts(root, f"premis3:{kind}/premis3:{kind}Identifier/premis3:{kind}IdentifierValue/text()")
            named = kind.capitalize()
            used = texts(root, f"//premis3:linking{named}Identifier/premis3:linking{named}IdentifierValue/text()")
            used += texts(root, f"//premis3:related{named}IdentifierValue/text()")
            assert len(own) == len(set(own))
            assert set(used) <= set(own)

    def test_is_the_same_for_the_same_record(self) -> None:
        assert premis3_document(volume_record(2)) == premis3_document(volume_record(2))

    def test_a_page_whose_events_are_unknown_is_still_described(self, schemas: Path) -> None:
        record = volume_record(1)
        root = parse(premis3_document(with_page(record, replace(record.pages[0], events=()))))
        assert violations(root, schemas / "premis" / "premis-v3-0.xsd") == ()
        assert len(root.findall("premis3:object", NS)) == 1 + 1 + 5


class TestObjects:
    """One volume, its pages, and five files of each."""

    def test_all_files_of_all_pages_are_there(self, document: Element) -> None:
        types = texts(document, "premis3:object/@xsi:type")
        counts = {kind: types.count(f"premis:{kind}") for kind in ("intellectualEntity", "representation", "file")}
        assert counts == {"intellectualEntity": 1, "representation": 2, "file": 10}

    def test_a_file_has_both_digests_and_its_size(self, document: Element) -> None:
        user = volume_record(2).pages[0].user
        described = object_of(document, "UC_0001")
        assert texts(described, ".//premis3:messageDigestAlgorithm/text()") == ["SHA-512", "MD5"]
        assert texts(described, ".//premis3:messageDigest/text()") == [user.sha512, user.md5]
        assert texts(described, ".//premis3:size/text()") == [str(user.size)]

    @pytest.mark.parametrize(
        ("part", "source", "detail"),
        [
            ("MC", "PS", Detail.MC_CREATION),
            ("UC", "PS", "derivation/UC_creation"),
            ("ALTO", "MC", Detail.XML_CREATION),
            ("TXT", "MC", Detail.TXT_CREATION),
        ],
    )
    def test_a_file_says_what_it_came_from_and_how(
        self, document: Element, part: str, source: str, detail: str
    ) -> None:
        derived = object_of(document, f"{part}_0002").find("premis3:relationship", NS)
        assert derived is not None
        assert texts(derived, ".//premis3:relatedObjectIdentifierValue/text()") == [f"{VOLUME}/{source}_0002"]
        (event,) = texts(derived, ".//premis3:relatedEventIdentifierValue/text()")
        told = (
            f"premis3:event[premis3:eventIdentifier/premis3:eventIdentifierValue='{event}']//premis3:eventDetail/text()"
        )
        assert texts(document, told) == [str(detail)]

    def test_only_the_scan_is_not_kept(self, document: Element) -> None:
        levels = texts(document, "premis3:object/premis3:preservationLevel/premis3:preservationLevelValue/text()")
        assert levels == ["not kept", *["preservation"] * 4] * 2

    def test_pages_are_part_of_the_volume(self, document: Element) -> None:
        page = object_of(document, volume_record(2).pages[1].page.id)
        assert texts(page, ".//premis3:relatedObjectIdentifierValue/text()") == [VOLUME]


class TestEvents:
    """Every step, those that NDK knows nothing of included."""

    def test_every_recorded_event_is_told_with_its_note(self, document: Element) -> None:
        told = texts(document, "premis3:event//premis3:eventDetail/text()")
        for event in page_records.events():
            assert told.count(event.detail) == 2
        assert (
            texts(document, "premis3:event//premis3:eventOutcomeDetailNote/text()").count("otočeno o -1.30 stupně") == 2
        )

    def test_an_event_belongs_to_the_file_it_names_else_to_the_page(self) -> None:
        record = volume_record(1)
        first = record.pages[0]
        looked = Event("validation", "2026-11-22T09:05:00+00:00", "jpylyzer", KDR, subject=first.user.path)
        root = parse(premis3_document(with_page(record, replace(first, events=(*first.events, looked)))))
        objects = "premis3:linkingObjectIdentifier/premis3:linkingObjectIdentifierValue/text()"
        assert texts(root, f"premis3:event[.//premis3:eventDetail='jpylyzer']/{objects}") == [f"{VOLUME}/UC_0001"]
        assert texts(root, f"premis3:event[.//premis3:eventDetail='quality']/{objects}") == [first.page.id]

    def test_findings_are_the_outcome_of_a_review_of_their_page(self, document: Element) -> None:
        second = volume_record(2).pages[1]
        (review,) = [
            event
            for event in document.iterfind("premis3:event", NS)
            if event.findtext(".//premis3:eventDetail", "", NS) == "findings of all steps"
        ]
        notes = texts(review, ".//premis3:eventOutcomeDetailNote/text()")
        assert [note.split(" ")[0] for note in notes] == [found.code for found in second.findings]
        assert "41 %" in notes[1]
        assert texts(review, ".//premis3:eventOutcome/text()") == ["warning"]
        assert texts(review, ".//premis3:linkingObjectIdentifierValue/text()") == [second.page.id]

    def test_findings_read_the_same_in_every_readers_language(self, monkeypatch: pytest.MonkeyPatch) -> None:
        czech = premis3_document(volume_record(2))
        monkeypatch.setenv("KDR_LANGUAGE", "en")
        assert premis3_document(volume_record(2)) == czech


class TestAgents:
    """Who acted stands once, with version and settings."""

    def test_each_once_over_all_pages(self, document: Element) -> None:
        names = texts(document, "premis3:agent/premis3:agentName/text()")
        assert sorted(names) == ["OpenJPEG 2.5.0", "OpenJPEG 2.5.0", "Tesseract 5.3.0", "kdr 0.1.0", "kdr deskew 2"]
        notes = texts(document, "premis3:agent[premis3:agentName='OpenJPEG 2.5.0']/premis3:agentNote/text()")
        assert notes == [page_records.ENCODER.note, page_records.USER_ENCODER.note]
        assert texts(document, "premis3:agent/premis3:agentVersion/text()").count("5.3.0") == 1

    def test_other_settings_make_another_agent(self) -> None:
        one, other = Agent("Tesseract", "5.3.0", note="ces"), Agent("Tesseract", "5.3.0", note="deu")
        assert agent_name(one) != agent_name(other)
        assert agent_name(one) == agent_name(replace(one))
        assert agent_name(one).value.startswith("Tesseract-5.3.0-")

    @pytest.mark.parametrize("name", ["", '"]/*', "Žluťoučký kůň", "\ud800", "a" * 300])
    def test_identifiers_are_plain(self, name: str) -> None:
        value = agent_name(Agent(name, kind=AgentKind.PERSON)).value
        assert value.isascii()
        assert value.replace("-", "").replace(".", "").isalnum()
        assert len(value) < 80

    def test_agents_stand_in_the_order_of_their_first_act(self) -> None:
        acted = agents(page_records.events())
        assert [agent.name for agent in acted] == ["kdr", "kdr deskew", "OpenJPEG", "OpenJPEG", "Tesseract"]
