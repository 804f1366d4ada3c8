"""A volume gets its URN:NBN once: given, kept or asked; without one it waits; two are refused (ndk.md §9.3)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.delivery import PlannedVolume
from metadata.description import Identifier, IdentifierKind
from metadata.model import Volume, VolumeId
from metadata.problem import Problem
from tests.page_records import volume_record
from workflows.numbering import NUMBER, Numbering

FIRST, SECOND = "urn:nbn:cz:lia001-000001", "urn:nbn:cz:lia001-000002"


class Office:
    """A registrar made up for tests: gives what it is told to give, and counts how often it is asked."""

    name = "úřad"

    def __init__(self, answer: str | Problem | None) -> None:
        self.answer, self.asked = answer, 0

    def number(self, volume: Volume) -> str | None:
        """The answer; `volume` is looked at by real registrars only."""
        self.asked += 1
        if isinstance(self.answer, Problem):
            raise self.answer
        return self.answer


def planned(number: str = "") -> PlannedVolume:
    """A volume with that number, or none."""
    volume = volume_record().volume
    numbers = (Identifier(IdentifierKind.URNNBN, number),) if number else ()
    return PlannedVolume(replace(volume, description=replace(volume.description, identifiers=numbers)), {}, 300, (), ())


def urnnbn(found: PlannedVolume) -> str:
    """The number a volume bears."""
    return found.volume.description.identifier(IdentifierKind.URNNBN)


class TestGiven:
    def test_a_given_number_stands_and_nobody_is_asked(self, tmp_path: Path) -> None:
        office = Office(SECOND)
        found = Numbering(tmp_path, office)(planned(FIRST))
        assert (urnnbn(found.planned), found.findings, office.asked) == (FIRST, (), 0)

    def test_another_number_than_the_stored_one_is_refused(self, tmp_path: Path) -> None:
        found = Numbering(tmp_path, stored=lambda _: SECOND)(planned(FIRST))
        assert [(each.code, each.facts["given"], each.facts["other"]) for each in found.findings] == [
            ("C013", FIRST, SECOND)
        ]
        assert found.waits

    def test_a_stored_number_is_borne_again(self, tmp_path: Path) -> None:
        assert urnnbn(Numbering(tmp_path, stored=lambda _: FIRST)(planned()).planned) == FIRST


class TestAsked:
    def test_a_number_that_came_is_kept_with_who_gave_it(self, tmp_path: Path) -> None:
        office = Office(FIRST)
        numbering = Numbering(tmp_path, office)
        assert [urnnbn(numbering(planned()).planned) for _ in range(3)] == [FIRST] * 3
        assert office.asked == 1
        (file,) = tmp_path.rglob(NUMBER)
        kept = json.loads(file.read_bytes())
        assert (kept["urnnbn"], kept["registrar"]) == (FIRST, "úřad")
        assert kept["when"]

    def test_a_kept_number_stands_when_the_registrar_says_another(self, tmp_path: Path) -> None:
        Numbering(tmp_path, Office(FIRST))(planned())
        assert urnnbn(Numbering(tmp_path, Office(SECOND))(planned()).planned) == FIRST

    def test_no_number_yet_lets_the_volume_wait(self, tmp_path: Path) -> None:
        found = Numbering(tmp_path, Office(None))(planned())
        assert ([each.code for each in found.findings], found.waits) == (["C010"], True)
        assert not list(tmp_path.rglob(NUMBER))

    @pytest.mark.parametrize("code", ["C011", "C012"])
    def test_what_the_registrar_says_is_told(self, tmp_path: Path, code: str) -> None:
        found = Numbering(tmp_path, Office(Problem(code, "úřad", why="nejde to")))(planned())
        assert [each.code for each in found.findings] == [code]
        assert found.waits

    def test_who_does_not_wait_goes_on_without_a_number(self, tmp_path: Path) -> None:
        found = Numbering(tmp_path, None, wait=False)(planned())
        assert ([each.code for each in found.findings], found.waits, urnnbn(found.planned)) == (["V002"], False, "")

    def test_a_half_written_number_is_no_number(self, tmp_path: Path) -> None:
        place = tmp_path / "volumes" / VolumeId(planned().volume.id)
        place.mkdir(parents=True)
        (place / NUMBER).write_bytes(b'{"urnnbn": "urn:nb')
        assert urnnbn(Numbering(tmp_path, Office(FIRST))(planned()).planned) == FIRST


class TestOneNumberOneVolume:
    def other(self) -> PlannedVolume:
        """Another volume without a number."""
        first = planned()
        return replace(first, volume=replace(first.volume, id=VolumeId("00000000-0000-5000-8000-000000000000")))

    def test_a_number_given_to_one_volume_is_not_given_to_another(self, tmp_path: Path) -> None:
        numbering = Numbering(tmp_path, Office(FIRST))
        numbering(planned())
        found = numbering(self.other())
        assert [(each.code, each.facts["other"]) for each in found.findings] == [("C014", planned().volume.id)]
        assert len(list(tmp_path.rglob(NUMBER))) == 1

    def test_nor_one_that_a_stored_volume_bears(self, tmp_path: Path) -> None:
        found = Numbering(tmp_path, bearer=lambda number, _: "jiný" if number == FIRST else "")(planned(FIRST))
        assert [each.code for each in found.findings] == ["C014"]

    def test_a_silent_registrar_is_asked_once_in_a_run(self, tmp_path: Path) -> None:
        office = Office(Problem("C011", "úřad", why="nikdo to nebere"))
        numbering = Numbering(tmp_path, office)
        codes = [each.code for volume in (planned(), self.other()) for each in numbering(volume).findings]
        assert (codes, office.asked) == (["C011", "C011"], 1)
