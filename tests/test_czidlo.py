"""The registrar ČIDLO against the resolver of ours: what is registered, and that nothing ever gets two numbers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.registrar import Keep, load_registrar
from ingest.registrar.czidlo import Czidlo
from ingest.registrar.registration import namespace, registration
from metadata.description import Description, Name, NameKind
from metadata.markup import parse, to_bytes
from metadata.model import Volume
from metadata.problem import Problem
from metadata.wording import wording
from tests.contracts.test_registrar import numbered, unnumbered
from tests.described import BARE, CASES, FULL
from tests.resolver import (
    PASSWORD,
    PASSWORD_VARIABLE,
    REGISTRAR,
    USER,
    MadeUpResolver,
    made_up_resolver,
    uuid_of,
)
from tests.servers import HERE

BOOK = unnumbered(FULL["monograph"])
FIRST = f"urn:nbn:cz:{REGISTRAR}-000001"
LOST = [
    "late 500",
    "hang up",
    "hang",
    "half",
    "garbage",
    "other xml",
    "doctype",
    "empty",
    "nothing",
    "huge",
    "redirect",
]
Ask = Callable[[Volume], str]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[MadeUpResolver]:
    """A resolver of ours that answers well until it is told otherwise."""
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    with made_up_resolver() as running:
        yield running


def table(url: str, **more: object) -> dict[str, object]:
    """The settings of a registrar at `url`."""
    told = {"url": url, "registrar": REGISTRAR, "user": USER, "password_env": PASSWORD_VARIABLE}
    return told | {"pause": 0, "timeout": 20, "attempts": 2} | more


def patience(trouble: str) -> dict[str, object]:
    """Settings that do not wait long where waiting is the test."""
    return {"timeout": 0.5} if trouble in {"hang", "slow"} else {}


def _drop(_name: str, _content: bytes) -> None:
    pass


def office(resolver: MadeUpResolver, keep: Keep = _drop, **more: object) -> Czidlo:
    """A registrar that asks the resolver of ours."""
    made = load_registrar(table(resolver.url, **more) | {"kind": "ingest.registrar.czidlo:czidlo"}, keep)
    assert isinstance(made, Czidlo)
    return made


def problem(resolver: MadeUpResolver, volume: Volume = BOOK, **more: object) -> Problem:
    """What the question ends with."""
    registrar = office(resolver, _drop, **more)
    with pytest.raises(Problem) as caught:
        registrar.number(volume)
    return caught.value


def values(content: bytes) -> dict[str, str]:
    """Every text of a document by the name of its element."""
    return {
        str(each.tag).rpartition("}")[2]: each.text for each in parse(content).iter() if each.text and each.text.strip()
    }


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("stock", [FULL, BARE], ids=["full", "bare"])
def test_every_kind_of_volume_is_registered_once(resolver: MadeUpResolver, case: str, stock: dict[str, Volume]) -> None:
    volume = unnumbered(stock[case])
    assert office(resolver).number(volume) == FIRST
    assert office(resolver).number(volume) == FIRST
    assert len(resolver.registrations) == 1


def test_it_is_looked_up_before_and_after_it_is_registered(resolver: MadeUpResolver) -> None:
    office(resolver).number(BOOK)
    path = f"{resolver.documents_path}/registrarScopeIdentifier/uuid/{BOOK.id}"
    methods = [asked.partition("?")[0] for asked in resolver.asked]
    assert methods == [f"GET {path}", f"POST {resolver.documents_path}", f"GET {path}"]


def test_a_book_is_registered_by_its_title_numbers_maker_and_origin(resolver: MadeUpResolver) -> None:
    office(resolver, archiver=26).number(BOOK)
    told = values(resolver.registrations[0])
    names = BOOK.description.names
    assert told["title"] == "Ten Zkušební svazek & jiné povídky"
    assert told["subTitle"] == "s podnázvem"
    assert (told["isbn"], told["ccnb"]) == ("80-85605-10-4", BOOK.description.identifiers[2].value)
    assert (told["publisher"], told["place"], told["year"]) == ("Vydavatel & syn", "Liberec", "1919")
    assert told["primaryOriginator"] in {name.text for name in names}
    assert (told["digitalBorn"], told["archiverId"]) == ("false", "26")
    assert (told["id"], told["format"], told["extent"]) == (str(BOOK.id), "image/jp2", "5 x image/jp2")
    assert "urnNbn" not in told


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("monograph-volume", {"monographTitle": "Ten Zkušební dílo", "volumeTitle": "3"}),
        (
            "issue",
            {"periodicalTitle": "Ten Zkušební noviny", "volumeTitle": "1", "issueTitle": "3", "issn": "0317-8471"},
        ),
        ("issue-supplement", {"documentType": "supplement", "issueTitle": "3", "year": "1919"}),
        ("map", {"documentType": "cartographic", "title": "Ten Zkušební svazek & jiné povídky"}),
        ("graphic", {"documentType": "graphic"}),
        ("sheetmusic", {"documentType": "sheetmusic", "otherId": "M-66056-110-2"}),
    ],
)
def test_parts_stand_below_their_titles(resolver: MadeUpResolver, case: str, expected: dict[str, str]) -> None:
    office(resolver).number(unnumbered(FULL[case]))
    told = values(resolver.registrations[0])
    assert {name: told.get(name) for name in expected} == expected


def test_an_issue_without_a_number_is_called_by_its_date(resolver: MadeUpResolver) -> None:
    issue = unnumbered(FULL["issue"])
    dated = replace(issue, description=replace(issue.description, part_number="", part_name=" "))
    office(resolver).number(dated)
    assert values(resolver.registrations[0])["issueTitle"] == "1919-05-14"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(NameKind.PERSONAL, "AUTHOR"), (NameKind.CORPORATE, "CORPORATION"), (NameKind.CONFERENCE, "EVENT")],
)
def test_the_main_entry_is_the_originator(kind: NameKind, expected: str) -> None:
    names = (Name("Kašpar, Adolf", roles=("ill",)), Name("Hlavní", kind, primary=True))
    book = replace(BOOK, description=replace(BOOK.description, names=names))
    root = parse(to_bytes(registration(book, namespace(6), "uuid")))
    (found,) = root.iter("{*}primaryOriginator")
    assert (found.text, found.get("type")) == ("Hlavní", expected)
    assert [each.text for each in root.iter("{*}otherOriginator")] == ["Kašpar, Adolf"]


TEXT = st.text(max_size=12)


@settings(max_examples=60)
@given(
    case=st.sampled_from(sorted(CASES)),
    version=st.integers(3, 6),
    texts=st.tuples(TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
)
def test_whatever_is_described_the_registration_has_its_structure(
    case: str, version: int, texts: tuple[str, str, str, str, str, str, str]
) -> None:
    title, subtitle, number, name, year, publisher, author = texts
    volume = BARE[case]
    about: Description = replace(
        volume.description,
        title=title,
        subtitle=subtitle,
        part_number=number,
        part_name=name,
        year=year,
        publisher=publisher,
        names=(Name(author),),
    )
    content = to_bytes(registration(replace(volume, description=about), namespace(version), "uuid", 1))
    assert uuid_of(content, version) == volume.id


# --- a volume never gets two numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", LOST)
def test_after_a_lost_answer_the_first_number_is_found(resolver: MadeUpResolver, trouble: str) -> None:
    resolver.on_post = [trouble]
    assert office(resolver, _drop, **patience(trouble)).number(BOOK) == FIRST
    assert list(resolver.documents.values()) == [FIRST]
    assert len([asked for asked in resolver.asked if asked.startswith("POST")]) == 1


@pytest.mark.parametrize("trouble", ["late 500", "hang up", "hang", "half", "garbage"])
def test_after_a_lost_answer_and_a_lost_look_up_the_next_run_finds_it(resolver: MadeUpResolver, trouble: str) -> None:
    resolver.on_get, resolver.on_post = ["", "503", "503"], [trouble]
    assert problem(resolver, BOOK, **patience(trouble)).finding.code == "C011"
    assert office(resolver).number(BOOK) == FIRST
    assert len(resolver.registrations) == 1


def test_killed_between_question_and_answer_it_finds_the_first_number(resolver: MadeUpResolver) -> None:
    def killed(name: str, _content: bytes) -> None:
        if name.endswith("registered.xml"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        office(resolver, killed).number(BOOK)
    assert office(resolver).number(BOOK) == FIRST
    assert len(resolver.registrations) == 1


def test_two_runs_at_once_get_one_number(resolver: MadeUpResolver) -> None:
    found: list[str] = []
    asking = [
        threading.Thread(target=lambda: found.append(office(resolver, timeout=60).number(BOOK))) for _ in range(4)
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join(60)
    assert found == [FIRST] * 4
    assert len(resolver.registrations) == 1


def test_somebody_else_registered_it_in_between(resolver: MadeUpResolver) -> None:
    resolver.documents[str(BOOK.id)] = f"urn:nbn:cz:{REGISTRAR}-00abcd"
    resolver.on_get = ["unknown"]
    assert office(resolver).number(BOOK) == f"urn:nbn:cz:{REGISTRAR}-00abcd"
    assert [asked.partition(" ")[0] for asked in resolver.asked] == ["GET", "POST", "GET"]
    assert resolver.registrations == []


def test_a_collision_that_nobody_can_explain_is_refused(resolver: MadeUpResolver) -> None:
    resolver.taken.add(str(BOOK.id))
    stopped = problem(resolver).finding
    assert (stopped.code, stopped.subject) == ("C012", BOOK.folder)
    assert "REGISTRAR_SCOPE_IDENTIFIER_COLLISION" in str(stopped.facts["why"])


def test_a_resolver_that_does_not_stand_by_its_number_is_not_believed(resolver: MadeUpResolver) -> None:
    resolver.on_post = ["other"]
    stopped = problem(resolver).finding
    assert stopped.code == "C013"
    assert stopped.facts == {"given": f"urn:nbn:cz:{REGISTRAR}-zzzzzz", "other": FIRST}


def test_a_registered_number_is_taken_when_it_cannot_be_confirmed(resolver: MadeUpResolver) -> None:
    resolver.on_get = ["", "503"]
    assert office(resolver).number(BOOK) == FIRST


def test_a_described_number_that_the_resolver_does_not_know_is_kept(resolver: MadeUpResolver) -> None:
    described = numbered(BOOK, "urn:nbn:cz:aba001-000abc")
    assert office(resolver).number(described) == "urn:nbn:cz:aba001-000abc"
    assert resolver.registrations == []


# --- what goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["500", "503", "429", "502", "hang up", "hang", "half", "garbage"])
def test_a_look_up_is_tried_again(resolver: MadeUpResolver, trouble: str) -> None:
    resolver.on_get = [trouble]
    assert office(resolver, _drop, **patience(trouble)).number(BOOK) == FIRST


@pytest.mark.parametrize("trouble", [*LOST, "500", "502", "slow", "401"])
def test_a_resolver_that_cannot_be_asked_registers_nothing(resolver: MadeUpResolver, trouble: str) -> None:
    resolver.on_get = [f"always:{trouble}"]
    stopped = problem(resolver, BOOK, **patience(trouble)).finding
    assert (stopped.code, stopped.subject) == ("C011", f"{HERE} ({REGISTRAR})")
    assert resolver.registrations == []
    assert not any(asked.startswith("POST") for asked in resolver.asked)


@pytest.mark.parametrize("status", ["500", "503"])
def test_a_registration_that_failed_whole_is_tried_again_a_few_times(resolver: MadeUpResolver, status: str) -> None:
    resolver.on_post = [status]
    assert office(resolver).number(BOOK) == FIRST
    resolver.on_post = [f"always:{status}"]
    resolver.asked.clear()
    assert problem(resolver, unnumbered(BARE["map"])).finding.code == "C011"
    assert len([asked for asked in resolver.asked if asked.startswith("POST")]) == 2


@pytest.mark.parametrize("trouble", ["502", "504", "closed"])
def test_a_registration_whose_end_is_unknown_is_not_sent_again(resolver: MadeUpResolver, trouble: str) -> None:
    resolver.on_post = [f"always:{trouble}"]
    assert problem(resolver).finding.code == "C011"
    assert len([asked for asked in resolver.asked if asked.startswith("POST")]) == 1


def test_a_wrong_password_is_no_fault_of_the_volume(resolver: MadeUpResolver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "wrong")
    stopped = problem(resolver).finding
    assert (stopped.code, stopped.subject) == ("C011", f"{HERE} ({REGISTRAR})")
    assert "401" in str(stopped.facts["why"])


def test_a_registrar_that_is_not_there_is_not_asked_to_register(resolver: MadeUpResolver) -> None:
    assert problem(resolver, registrar="xyz999").finding.code == "C011"
    assert not any(asked.startswith("POST") for asked in resolver.asked)


def test_a_deactivated_number_is_not_replaced(resolver: MadeUpResolver) -> None:
    office(resolver).number(BOOK)
    resolver.deactivated.add(FIRST)
    stopped = problem(resolver).finding
    assert (stopped.code, stopped.subject) == ("C012", BOOK.folder)
    assert FIRST in str(stopped.facts["why"])
    assert len(resolver.registrations) == 1


@pytest.mark.parametrize("trouble", ["upper", "stranger"])
def test_an_answer_that_is_not_about_this_volume_or_no_number_is_refused(
    resolver: MadeUpResolver, trouble: str
) -> None:
    resolver.documents[str(BOOK.id)] = FIRST
    resolver.on_get = [trouble]
    assert problem(resolver).finding.code == "C012"


def test_a_number_of_another_registrar_is_refused(resolver: MadeUpResolver) -> None:
    resolver.documents[str(BOOK.id)] = "urn:nbn:cz:aba001-000001"
    assert problem(resolver).finding.code == "C012"


@pytest.mark.parametrize("state", ["DEACTIVATED", "RESERVED", "FREE"])
def test_a_number_that_is_not_active_is_refused(resolver: MadeUpResolver, state: str) -> None:
    resolver.state = state
    stopped = problem(resolver).finding
    assert stopped.code == "C012"
    assert state in str(stopped.facts["why"])


def test_a_refusal_tells_the_resolvers_reason(resolver: MadeUpResolver) -> None:
    resolver.on_post = ["refused"]
    stopped = problem(resolver).finding
    assert (stopped.code, stopped.subject) == ("C012", BOOK.folder)
    assert stopped.facts["why"] == "INVALID_ARCHIVER_ID: no archiver 26"
    assert len([asked for asked in resolver.asked if asked.startswith("POST")]) == 1


# --- what is kept, what is not ----------------------------------------------------------------------------------------


def test_every_document_is_handed_over_the_request_before_it_is_sent(resolver: MadeUpResolver) -> None:
    kept: list[tuple[str, bytes, int]] = []
    office(resolver, lambda name, content: kept.append((name, content, len(resolver.registrations)))).number(BOOK)
    names = [name.removeprefix(f"{BOOK.id}-") for name, _, _ in kept]
    assert names == ["lookup.xml", "registration.xml", "registered.xml", "lookup.xml"]
    assert kept[1][1:] == (resolver.registrations[0], 0)
    assert kept[2][1] == resolver.numbered(FIRST)
    assert kept[3][1] == resolver.document(BOOK.id, FIRST)


def test_what_cannot_be_kept_is_not_sent(resolver: MadeUpResolver) -> None:
    def full(_name: str, _content: bytes) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        office(resolver, full).number(BOOK)
    assert resolver.registrations == []


def test_the_password_is_nowhere(resolver: MadeUpResolver, caplog: pytest.LogCaptureFixture) -> None:
    kept: list[bytes] = []
    with caplog.at_level(logging.DEBUG):
        registrar = office(resolver, lambda name, content: kept.append(name.encode() + content))
        registrar.number(BOOK)
        resolver.on_post = ["always:500"]
        said = str(problem(resolver, unnumbered(BARE["map"])))
    seen = "".join([caplog.text, said, repr(registrar), repr(registrar.__dict__), b"".join(kept).decode()])
    assert seen
    assert PASSWORD not in seen
    assert USER not in b"".join(kept).decode()


REASONS = wording("ingest.registrar", "reasons.toml").sentences


@pytest.mark.parametrize("key", REASONS)
def test_every_reason_is_told_in_czech_and_english_with_the_same_facts(key: str) -> None:
    told = [{name for _, name, _, _ in Formatter().parse(str(REASONS[key][tongue])) if name} for tongue in ("cs", "en")]
    assert told[0] == told[1]
    assert REASONS[key]["cs"] != REASONS[key]["en"] or key == "error"


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://resolver.example/api/v6"},
        {"url": "https://resolver.example/api"},
        {"url": "https://resolver.example/api/v7"},
        {"url": "https://user:password@resolver.example/api/v6"},
        {"url": "https://resolver.example/api/v6?x=1"},
        {"url": "ftp://127.0.0.1/api/v6"},
        {"url": "https:///api/v6"},
        {"url": "https://resolver.example:99999/api/v6"},
        {"url": "https://re\x00solver/api/v6"},
        {"url": "https://.../api/v6"},
        {"registrar": "../x"},
        {"registrar": "toolong7"},
        {"user": "a:b"},
        {"user": ""},
        {"archiver": -1},
        {"archiver": "x"},
        {"identifier": "u/u"},
        {"timeout": 0},
        {"attempts": 0},
        {"password": "here"},
        {"password_env": "not a name"},
        {"password_env": "KDR_TEST_UNSET"},
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(change: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    monkeypatch.delenv("KDR_TEST_UNSET", raising=False)
    good = table("https://resolver.example/api/v6")
    assert load_registrar(good | {"kind": "ingest.registrar.czidlo:czidlo"}).name == f"resolver.example ({REGISTRAR})"
    with pytest.raises(Problem) as caught:
        load_registrar(good | change | {"kind": "ingest.registrar.czidlo:czidlo"})
    stopped = caught.value.finding
    assert (stopped.code, stopped.subject) == ("E005", "[urnnbn]")
    assert next(iter(change)) in str(stopped.facts["why"])
    assert PASSWORD not in str(stopped.facts)
