"""The secondary METS: what it tells of scan, master and ALTO, and that everything it names is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from metadata.description import Rights
from metadata.event import Agent, AgentKind, Event
from metadata.markup import Element, parse, to_bytes, violations
from metadata.model import PageRecord, VolumeRecord
from metadata.ndk.layout import Use
from metadata.ndk.package import placed
from metadata.ndk.secondary import created, package_events, secondary_mets
from metadata.premis import Detail
from tests import page_records
from tests.described import CASES, FULL, finished
from tests.fdmf import Rules
from tests.page_records import CREATED, VOLUME, volume_record, volume_records, with_page
from tests.xpath import NS, texts


def secondary(record: VolumeRecord, position: int = 0) -> Element:
    """The secondary METS as a stranger reads it from its bytes."""
    return parse(to_bytes(secondary_mets(record, position, placed(record.volume.id, record.pages[position]))))


def changed(**parts: object) -> VolumeRecord:
    """A volume whose first page differs from the usual one."""
    record = volume_record(2)
    first: PageRecord = replace(record.pages[0], **parts)  # type: ignore[arg-type]
    return with_page(record, first)


class TestLinks:
    """Rule PREMIS_LINKING_CORRECT: every related or linked identifier exists in the same file, none exists twice."""

    def check(self, root: Element) -> None:
        for kind in ("object", "event", "agent"):
            own = texts(root, f"//premis:{kind}/premis:{kind}Identifier/premis:{kind}IdentifierValue/text()")
            named = kind.capitalize()
            used = texts(root, f"//premis:linking{named}Identifier/premis:linking{named}IdentifierValue/text()")
            used += texts(root, f"//premis:related{named}IdentifierValue/text()")
            assert len(own) == len(set(own)) > 0
            assert set(used) <= set(own)

    def test_hold_on_the_usual_page(self) -> None:
        self.check(secondary(volume_record()))

    @settings(max_examples=25, deadline=None)
    @given(record=volume_records())
    def test_hold_whatever_the_agents_are_called(self, record: VolumeRecord) -> None:
        root = secondary(record)
        self.check(root)
        # The validator puts identifiers into XPath expressions between double quotes.
        assert '"' not in "".join(texts(root, "//premis:agentIdentifierValue/text()"))

    def test_the_master_comes_from_the_scan_and_the_alto_from_the_master(self) -> None:
        root = secondary(volume_record())
        related = ".//premis:relatedObjectIdentifierValue/text()"
        assert texts(root, f"//mets:techMD[@ID='OBJ_002']{related[1:]}") == ["PS_0001"]
        assert texts(root, f"//mets:techMD[@ID='OBJ_003']{related[1:]}") == ["MC_0001"]


class TestEvents:
    """ndk.md §3: EVT_NNN."""

    def test_only_what_ndk_knows_is_told_in_the_order_it_happened(self) -> None:
        root = secondary(volume_record())
        assert texts(root, "//premis:eventDetail/text()") == [
            "capture/digitization",
            "derivation/POSTPROCESSING_creation",
            "migration/MC_creation",
            "capture/XML_creation",
            "capture/TXT_creation",
            "deletion/PS_deletion",
        ]
        assert texts(root, "//mets:digiprovMD[starts-with(@ID,'EVT')]/@ID") == [f"EVT_00{n}" for n in range(1, 7)]

    def test_a_recorded_capture_is_not_told_twice(self) -> None:
        camera = Agent("Zeutschel", "14000", AgentKind.HARDWARE, "sériové číslo 7")
        capture = Event("capture", "2026-11-19T12:00:00+00:00", "capture/digitization", camera)
        root = secondary(changed(events=(capture, *page_records.events())))
        assert (
            texts(root, "//premis:event[premis:eventType='capture'][1]/premis:eventDateTime/text()")[0] == capture.when
        )
        assert texts(root, "//premis:eventDetail/text()").count("capture/digitization") == 1

    def test_a_capture_that_nobody_recorded_is_taken_from_the_scan(self) -> None:
        first = package_events(volume_record(), volume_record().pages[0])[0]
        assert (first.detail, first.when) == (Detail.DIGITIZATION, "2026-11-20T08:00:00")
        assert first.agent.name == "Zeutschel OS 14000"

    @pytest.mark.parametrize("date", ["", "kdysi", "2011-13-45T99:00:00"])
    def test_a_date_that_is_none_gives_way_to_the_packages_own(self, date: str) -> None:
        capture = Event("capture", date, "capture/digitization", page_records.KDR)
        silent = replace(page_records.SCAN_IMAGE, captured=date)
        root = secondary(changed(events=(capture, *page_records.events()), scan_image=silent))
        assert texts(root, "//premis:event[1]/premis:eventDateTime/text()")[0] == CREATED
        assert texts(root, "//mix:dateTimeCreated/text()") == [CREATED]

    def test_a_scan_without_a_date_was_there_before_the_first_step(self) -> None:
        record = changed(scan_image=replace(page_records.SCAN_IMAGE, captured="kdysi"))
        assert package_events(record, record.pages[0])[0].when == "2026-11-22T09:00:00+00:00"

    def test_the_scan_is_deleted_when_the_package_is_made(self) -> None:
        record = volume_record()
        last = package_events(record, record.pages[0])[-1]
        assert (last.detail, last.when, last.agent) == (Detail.PS_DELETION, CREATED, record.maker)
        assert texts(secondary(record), "//premis:preservationLevelValue/text()") == [
            "deleted",
            "preservation",
            "preservation",
        ]

    def test_the_type_of_an_event_is_what_ndk_says_it_is(self) -> None:
        told = tuple(replace(event, kind="něco") for event in page_records.events())
        root = secondary(changed(events=told))
        for kind, detail in zip(
            texts(root, "//premis:eventType/text()"), texts(root, "//premis:eventDetail/text()"), strict=True
        ):
            assert detail.startswith(f"{kind}/")

    def test_a_failed_attempt_is_told_and_the_last_one_counts(self) -> None:
        failed = Event("capture", "2026-11-22T09:03:30+00:00", "capture/XML_creation", page_records.READER, "failure")
        events = page_records.events()
        root = secondary(changed(events=(*events[:4], failed, *events[4:])))
        assert texts(root, "//premis:eventOutcome/text()").count("failure") == 1
        good = texts(
            root,
            "//premis:event[premis:eventOutcomeInformation/premis:eventOutcome='OK']//premis:eventIdentifierValue/text()",
        )
        assert texts(root, "//mets:techMD[@ID='OBJ_003']//premis:relatedEventIdentifierValue/text()")[0] in good

    @pytest.mark.parametrize("detail", [Detail.MC_CREATION, Detail.XML_CREATION])
    def test_a_page_that_does_not_say_how_it_was_made_is_refused(self, detail: Detail) -> None:
        told = tuple(event for event in page_records.events() if event.detail != detail)
        record = changed(events=told)
        with pytest.raises(ValueError, match=f"page 0001: no event {detail.value}"):
            package_events(record, record.pages[0])


class TestAgents:
    """ndk.md §3: AGENT_NNN; agentNote is never empty."""

    def test_each_stands_once_and_has_a_note(self) -> None:
        root = secondary(volume_record())
        assert texts(root, "//premis:agentName/text()") == [
            "Zeutschel OS 14000",
            "kdr deskew 2",
            "OpenJPEG 2.5.0",
            "Tesseract 5.3.0",
            "kdr 0.1.0",
        ]
        for agent in root.iterfind(".//premis:agent", NS):
            assert (agent.findtext("premis:agentNote", "", NS)).strip()

    def test_what_a_step_said_is_kept_as_a_note_of_its_agent(self) -> None:
        notes = texts(
            secondary(volume_record()), "//premis:agent[premis:agentName='kdr deskew 2']/premis:agentNote/text()"
        )
        assert notes == ["deskew 2", "derivation/POSTPROCESSING_creation: otočeno o -1.30 stupně"]

    def test_hardware_passes_for_software_since_ndk_has_no_other_word(self) -> None:
        root = secondary(volume_record())
        assert set(texts(root, "//premis:agentType/text()")) == {"software"}
        assert texts(root, "//premis:linkingAgentRole/text()")[0] == "machine"


class TestObjects:
    """ndk.md §3: OBJ_001 to OBJ_003."""

    def test_digests_and_sizes_are_the_files_own(self) -> None:
        record = volume_record()
        first = record.pages[0]
        root = secondary(record)
        files = (first.scan, first.master, first.alto)
        assert texts(root, "//premis:messageDigest/text()") == [file.md5 for file in files]
        assert texts(root, "//premis:size/text()") == [str(file.size) for file in files]
        assert set(texts(root, "//premis:messageDigestOriginator/text()")) == {"LIA001"}

    def test_original_names_are_bare_names(self) -> None:
        described = replace(page_records.page(), scan="podsložka/Strana 1.TIF")
        root = secondary(with_page(volume_record(), page_records.page_record(described)))
        assert texts(root, "//premis:originalName/text()") == [
            "Strana 1.TIF",
            f"mc_{VOLUME}_0001.jp2",
            f"alto_{VOLUME}_0001.xml",
        ]

    def test_formats_have_pronom_keys_even_where_nobody_identified_them(self) -> None:
        unknown = replace(page_records.SCAN_IMAGE, puid="", format_version="")
        root = secondary(changed(scan_image=unknown, master_image=replace(page_records.MASTER_IMAGE, puid="")))
        assert texts(root, "//premis:formatRegistryKey/text()") == ["fmt/353", "x-fmt/392", "fmt/101"]


class TestFiles:
    """ndk.md §3: four groups with one file each, and what describes them."""

    def test_groups_and_their_records(self) -> None:
        root = secondary(volume_record(), 1)
        assert texts(root, "//mets:fileGrp/@ID") == ["MC_IMGGRP", "UC_IMGGRP", "ALTOGRP", "TXTGRP"]
        assert texts(root, "//mets:file/@ID") == ["MC_0002", "UC_0002", "ALTO_0002", "TXT_0002"]
        assert texts(root, "//mets:file/@ADMID") == ["OBJ_002 MIX_002", "OBJ_003"]
        assert set(texts(root, "//mets:file/@SEQ")) == {"1"}
        assert texts(root, "//mets:structMap/mets:div/@TYPE") == ["MONOGRAPH_PAGE"]
        assert texts(root, "//mets:fptr/@FILEID") == texts(root, "//mets:file/@ID")

    def test_files_came_to_be_when_their_events_say(self) -> None:
        record = volume_record()
        assert created(record, record.pages[0]) == {
            Use.MASTER: "2026-11-22T09:02:00+00:00",
            Use.USER: "2026-11-22T09:03:00+00:00",
            Use.ALTO: "2026-11-22T09:04:00+00:00",
            Use.TXT: "2026-11-22T09:04:30+00:00",
            Use.AMD: CREATED,
        }


class TestEveryKind:
    """ndk.md §3: what depends on the kind of volume."""

    @pytest.mark.parametrize("case", sorted(CASES))
    def test_the_page_is_one_of_its_kind_of_package(self, case: str, schemas: Path) -> None:
        root = secondary(finished(FULL[case]))
        family = "Periodical" if CASES[case].periodical else "Monograph"
        assert root.get("TYPE") == family
        assert texts(root, "//mets:structMap/mets:div/@TYPE") == [f"{family.upper()}_PAGE"]
        dmf = "periodical_2.1" if CASES[case].periodical else "monograph_2.2"
        assert Rules(schemas / "ndk" / "fdmf" / dmf).complaints("metsProfiles/secondary_mets_header", root) == []


class TestRights:
    """ndk.md §3: a page's rights stand in its own METS, its own or its volume's."""

    def record(self, rights: Rights | None) -> VolumeRecord:
        return with_page(volume_record(2), page_records.page_record(replace(page_records.page(), rights=rights)))

    def test_rights_of_its_own_are_told_and_the_page_points_to_them(self, schemas: Path) -> None:
        root = secondary(self.record(Rights("copyrighted", "published", "Dědicové", "", "2040-01-01")))
        (section,) = root.findall("mets:amdSec/mets:rightsMD", NS)
        rules = Rules(schemas / "ndk" / "fdmf" / "monograph_2.2")
        assert rules.complaints("techProfiles/copyrightmd", section) == []
        assert violations(root, schemas / "ndk" / "ndk-combined.xsd") == ()
        assert texts(root, "//mets:structMap/mets:div/@ADMID") == [section.get("ID")]

    def test_a_page_without_rights_of_its_own_has_those_of_its_volume(self, schemas: Path) -> None:
        record = self.record(None)
        whole = replace(record, volume=replace(record.volume, rights=Rights("pd", holder="Obec")))
        (section,) = secondary(whole).findall("mets:amdSec/mets:rightsMD", NS)
        assert "Obec" in "".join(section.itertext())
        own = self.record(Rights("copyrighted", holder="Dědicové"))
        root = secondary(replace(own, volume=replace(own.volume, rights=Rights("pd", holder="Obec"))))
        assert "Obec" not in "".join(root.itertext())

    def test_unknown_rights_are_not_told(self) -> None:
        root = secondary(self.record(None))
        assert root.find(".//mets:rightsMD", NS) is None
        assert texts(root, "//mets:structMap/mets:div/@ADMID") == []

    def test_an_unknown_status_is_refused(self) -> None:
        with pytest.raises(ValueError, match="'secret' is no copyright"):
            secondary(self.record(Rights("secret")))
