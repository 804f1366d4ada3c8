"""Every registrar of URN:NBN: the suite that each must pass to be one (ingest.registrar.Registrar)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ingest.registrar import Registrar, load_registrar
from metadata.description import Identifier, IdentifierKind
from metadata.model import Volume
from metadata.problem import Problem
from tests.described import BARE, CASES, FULL
from tests.resolver import PASSWORD, PASSWORD_VARIABLE, REGISTRAR, USER, made_up_resolver
from tests.servers import HERE, free_port


@dataclass(frozen=True, slots=True)
class Office:
    """A registrar: `opened` gives it anew, as after a restart; `broken` cannot answer; `assign` puts a number there."""

    opened: Callable[[], Registrar]
    broken: Registrar
    assign: Callable[[Volume, str], None]


@pytest.fixture(params=["file", "czidlo 3", "czidlo 4", "czidlo 5", "czidlo 6"])
def office(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Each kind of registrar, made as batches make it."""
    kind, _, version = str(request.param).partition(" ")
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    yield from _czidlo(int(version)) if kind == "czidlo" else _file(tmp_path)


def _file(folder: Path) -> Iterator[Office]:
    told = {"kind": "ingest.registrar.numbers_file:numbers_file", "folder": str(folder)}
    file = folder / "urnnbn.csv"
    file.write_text("uuid;urnnbn\n", encoding="utf-8")

    def assign(volume: Volume, number: str) -> None:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(f"{volume.id};{number}\n")

    yield Office(
        lambda: load_registrar(told | {"path": file.name}), load_registrar(told | {"path": "nowhere.csv"}), assign
    )


def _czidlo(version: int) -> Iterator[Office]:
    with made_up_resolver(version) as resolver:
        told: dict[str, object] = {
            "kind": "ingest.registrar.czidlo:czidlo",
            "folder": "/",
            "url": resolver.url,
            "registrar": REGISTRAR,
            "user": USER,
            "password_env": PASSWORD_VARIABLE,
            "pause": 0,
        }

        def assign(volume: Volume, number: str) -> None:
            resolver.documents[str(volume.id)] = number

        away = f"http://{HERE}:{free_port()}/api/v{version}"
        yield Office(lambda: load_registrar(told), load_registrar(told | {"url": away}), assign)


def unnumbered(volume: Volume) -> Volume:
    """The volume without its URN:NBN."""
    kept = tuple(each for each in volume.description.identifiers if each.kind is not IdentifierKind.URNNBN)
    return replace(volume, description=replace(volume.description, identifiers=kept))


def numbered(volume: Volume, number: str) -> Volume:
    """The volume described with that number."""
    bare = unnumbered(volume)
    urn = Identifier(IdentifierKind.URNNBN, number)
    return replace(bare, description=replace(bare.description, identifiers=(urn, *bare.description.identifiers)))


BOOK = unnumbered(FULL["monograph"])
MAP = unnumbered(BARE["map"])


def code(registrar: Registrar, volume: Volume) -> str:
    """The code of the finding that the question ends with."""
    with pytest.raises(Problem) as caught:
        registrar.number(volume)
    assert str(caught.value)
    return caught.value.finding.code


@pytest.mark.parametrize("case", CASES)
def test_an_assigned_number_is_found_for_every_kind_of_volume(office: Office, case: str) -> None:
    volume = unnumbered(FULL[case])
    office.assign(volume, "urn:nbn:cz:lia001-0000a1")
    assert office.opened().number(volume) == "urn:nbn:cz:lia001-0000a1"


def test_the_answer_stays_the_same_also_after_a_restart(office: Office) -> None:
    office.assign(MAP, "urn:nbn:cz:lia001-00000b")
    registrar = office.opened()
    first = registrar.number(BOOK)
    assert registrar.number(BOOK) == first
    assert office.opened().number(BOOK) == first
    assert office.opened().number(MAP) == "urn:nbn:cz:lia001-00000b" != first


def test_what_cannot_be_asked_says_so_by_its_name(office: Office) -> None:
    with pytest.raises(Problem) as caught:
        office.broken.number(BOOK)
    assert caught.value.finding.code == "C011"
    assert caught.value.finding.subject == office.broken.name != ""
    assert len(str(caught.value.finding.facts["why"])) > 5


@pytest.mark.parametrize(
    "value",
    [
        "URN:NBN:CZ:LIA001-00000A",
        "urn:nbn:cz:lia001-00000",
        "urn:nbn:cz:lia001-00000a7",
        "urn:nbn:cz:lia0012-00000a",
        "urn:nbn:de:lia001-00000a",
        "urn:nbn:cz:lia001-00000á",
        "urn:nbn:cz:lia001",
    ],
)
def test_what_is_no_number_is_refused(office: Office, value: str) -> None:
    office.assign(BOOK, value)
    assert code(office.opened(), BOOK) == "C012"


def test_a_second_number_beside_the_given_one_is_refused(office: Office) -> None:
    office.assign(BOOK, "urn:nbn:cz:lia001-00000a")
    registrar = office.opened()
    with pytest.raises(Problem) as caught:
        registrar.number(numbered(BOOK, "urn:nbn:cz:lia001-00000b"))
    found = caught.value.finding
    assert (found.code, found.subject) == ("C013", BOOK.folder)
    assert found.facts == {"given": "urn:nbn:cz:lia001-00000b", "other": "urn:nbn:cz:lia001-00000a"}
    assert registrar.number(numbered(BOOK, "urn:nbn:cz:lia001-00000a")) == "urn:nbn:cz:lia001-00000a"


@pytest.mark.parametrize("kind", ["ingest.registrar.numbers_file:numbers_file", "ingest.registrar.czidlo:czidlo"])
def test_a_setting_that_is_not_one_is_named(kind: str) -> None:
    with pytest.raises(Problem) as caught:
        load_registrar({"kind": kind, "nonsense": 1})
    assert caught.value.finding.code == "E005"
    assert "nonsense" in str(caught.value.finding.facts["why"])


@pytest.mark.parametrize("kind", ["", "none", "carrier pigeon", "ingest.registrar:nobody", "no.such.module:x", ":"])
def test_a_kind_that_is_not_there_is_named(kind: str) -> None:
    with pytest.raises(Problem) as caught:
        load_registrar({"kind": kind})
    assert caught.value.finding.code == "E005"
    assert repr(kind) in str(caught.value.finding.facts["why"])
