"""Curators' proposals: their files, and what `kdr proposal` makes of them in a real repository."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.alto import from_alto
from metadata.description import IdentifierKind
from metadata.file import FileRef, describe
from metadata.finding import Finding
from metadata.markup import parse
from metadata.model import PageRecord, Provenance, VolumeId
from metadata.ndk.check.validate import check
from metadata.ndk.package import psp_documents
from metadata.problem import Problem
from metadata.record import from_json, plain, to_json
from repository import bag
from repository.catalogue.desk.changing import changed_text, changed_volume, differences, line_text, page_differences
from repository.catalogue.desk.proposal import Change, Filed, Kind, Proposal, Proposals, State, new_id
from repository.directory_place import DirectoryPlace
from repository.store import Store
from tests.described import full
from tests.homes import copied, everything, kdr, stored_book
from tests.page_texts import page_of
from workflows import proposal_applying
from workflows.agents import KDR
from workflows.corrections import Corrections
from workflows.founding import disks, open_store
from workflows.holdings import provenance
from workflows.judging import refusing, weighed
from workflows.proposal_applying import Applied, apply
from workflows.proposals import listed, proposals_of, refuse, waiting
from workflows.settings import Home
from workflows.text_corrections import TextCorrections

AUTHOR = "Marie Černá <img src=x onerror=alert(1)>"
REASON = "Podle titulního listu. <script>alert(1)</script>"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored_book(tmp_path_factory.mktemp("book"))


@pytest.fixture
def home(model: Path, tmp_path: Path) -> Home:
    return copied(model, tmp_path / "home")


def book(home: Home) -> VolumeId:
    return open_store(home).objects()[0]


def stored(home: Home, version: str = "v0001") -> Path:
    return disks(home)[0].folder(book(home), version)


def whence(home: Home, version: str = "v0001") -> Provenance:
    told = provenance(open_store(home), book(home), version)
    assert told is not None
    return told


def proposed(home: Home, kind: Kind, *changes: Change, version: str = "v0001") -> str:
    """A proposal for the stored book, kept as the catalogue keeps it."""
    about = whence(home, version).volume.description
    mark = bag.identity(stored(home, version))["tagmanifest-sha512.txt"]
    made = Proposal(
        new_id(), book(home), version, mark, about.institution.sigla, kind, AUTHOR, "2026-11-23T10:00:00+00:00",
        REASON, changes,
    )  # fmt: skip
    proposals_of(home).add(made)
    return made.id


def title(home: Home, after: str = "Kniha opravená", version: str = "v0001") -> str:
    before = whence(home, version).volume.description.title
    return proposed(home, Kind.DESCRIPTION, Change("", "title", before, after), version=version)


def label(home: Home, after: str = "[7]") -> str:
    page = whence(home).volume.pages[0]
    return proposed(home, Kind.PAGES, Change(page.id, "label", page.label, after))


def line(home: Home, after: str) -> str:
    page = whence(home).volume.pages[0]
    (alto,) = (stored(home) / "data" / book(home) / "alto").iterdir()
    first = next(from_alto(alto.read_bytes()).lines())
    return proposed(home, Kind.TEXT, Change(page.id, "1", line_text(first), after))


def done(home: Home, *ids: str) -> tuple[Applied, ...]:
    """Apply, and nothing may be refused."""
    heard: list[Finding] = []
    ended = apply(home, ids, "operator", heard.append)
    assert [found.text() for found in heard] == []
    return ended


def heard(home: Home, *ids: str) -> list[Finding]:
    """What apply says when it refuses; no version is made."""
    told: list[Finding] = []
    before = everything(home.folder / "store")
    assert apply(home, ids, "operator", told.append) == ()
    assert everything(home.folder / "store") == before
    return told


_values = st.recursive(
    st.text(st.characters(codec="utf-8"), max_size=40) | st.booleans() | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


class TestFormat:
    @given(
        reason=st.text(st.characters(codec="utf-8"), max_size=80),
        changes=st.lists(st.builds(Change, st.text(max_size=9), st.text(max_size=9), _values, _values), max_size=4),
        kind=st.sampled_from(Kind),
    )
    def test_what_is_written_is_read(self, reason: str, changes: list[Change], kind: Kind) -> None:
        made = Proposal(
            new_id(), VolumeId("x"), "v0001", "ab", "LIA001", kind, "kdo", "2026-11-23T10:00:00+00:00", reason,
            tuple(changes),
        )  # fmt: skip
        assert from_json(Proposal, to_json(made)) == made

    def test_an_end_is_a_further_file_and_nothing_is_rewritten(self, tmp_path: Path) -> None:
        kept = Proposals(tmp_path)
        made = Proposal(
            "P-20261123-0123456789", VolumeId("x"), "v0001", "", "LIA001", Kind.PAGES, "kdo",
            "2026-11-23T10:00:00+00:00", "proto", (Change("a", "label", "1", "2"),),
        )  # fmt: skip
        kept.add(made)
        path = tmp_path / "2026-11" / "P-20261123-0123456789.json"
        before = path.read_bytes(), path.stat().st_ino
        kept.end(made.id, State.WITHDRAWN, "kdo", "omyl")
        assert (path.read_bytes(), path.stat().st_ino) == before
        assert sorted(each.name for each in path.parent.iterdir()) == [
            "P-20261123-0123456789.json", "P-20261123-0123456789.withdrawn.json"
        ]  # fmt: skip
        (filed,) = kept.all()
        assert (filed.proposal, filed.state) == (made, State.WITHDRAWN)

    def test_it_ends_once(self, tmp_path: Path) -> None:
        kept, made = Proposals(tmp_path), new_id()
        kept.add(Proposal(made, VolumeId("x"), "v1", "", "", Kind.TEXT, "a", "t", "r", ()))
        first = kept.end(made, State.REFUSED, "operator", "ne")
        assert kept.end(made, State.REFUSED, "jiný") == first
        with pytest.raises(Problem, match="R052"):
            kept.end(made, State.APPLIED, "operator")

    def test_none_takes_the_place_of_another(self, tmp_path: Path) -> None:
        kept, made = Proposals(tmp_path), new_id()
        one = Proposal(made, VolumeId("x"), "v1", "", "", Kind.TEXT, "a", "t", "r", ())
        kept.add(one)
        with pytest.raises(FileExistsError):
            kept.add(replace(one, reason="jiný"))
        assert kept.find(made).proposal == one
        assert len(list(tmp_path.rglob("*"))) == 2

    @pytest.mark.parametrize(
        "wrong", ["", "P-1", "../../etc/passwd", "P-20261123-0123456789", "P-20261123-0123456789\0"]
    )
    def test_what_is_none_is_not_there(self, wrong: str, tmp_path: Path) -> None:
        with pytest.raises(Problem, match="R050"):
            Proposals(tmp_path).find(wrong)

    def test_a_damaged_file_is_told_and_the_others_are_listed(self, tmp_path: Path) -> None:
        kept, good, bad = Proposals(tmp_path), new_id(), "P-20261101-0123456789"
        kept.add(Proposal(good, VolumeId("x"), "v1", "", "", Kind.TEXT, "a", "t", "r", ()))
        (tmp_path / "2026-11").mkdir(exist_ok=True)
        (tmp_path / "2026-11" / f"{bad}.json").write_text("{")
        assert [filed.proposal.id for filed in kept.all()] == [good]
        with pytest.raises(Problem, match="R051"):
            kept.find(bad)


class TestChanging:
    @pytest.mark.parametrize(
        ("field", "after"),
        [
            ("institution", {"sigla": "ABC001", "name": "x"}), ("kind", "map"), ("record", {}), ("titel", "x"),
            ("title", ""), ("title", 5), ("title", {"a": "b"}), ("title", "x" * 10_001), ("title", "a\x00b"),
            ("languages", "ces"), ("languages", []), ("names", [{"text": "x", "evil": "y"}]), ("names", [5]),
            ("identifiers", []), ("identifiers", [{"kind": "issn", "value": "<x>", "valid": True}]),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused(self, field: str, after: object) -> None:
        volume = full()
        before = plain(volume.description).get(field, "")
        with pytest.raises(Problem, match="R054"):
            changed_volume(volume, Kind.DESCRIPTION, (Change("", field, before, after),), "P")

    def test_a_description_says_what_was_wanted(self) -> None:
        volume = full()
        wanted = {"title": "Jiný název", "notes": ["a", "b"], "shelf_mark": ""}
        changes = differences(volume, wanted)
        assert {change.field for change in changes} == set(wanted)
        made = changed_volume(volume, Kind.DESCRIPTION, changes, "P")
        assert {field: plain(made.description)[field] for field in wanted} == wanted
        same = dataclasses.asdict(made.description) | dict.fromkeys(wanted)
        assert same == dataclasses.asdict(volume.description) | dict.fromkeys(wanted)

    def test_the_national_number_stays(self) -> None:
        volume = full()
        before = plain(volume.description)["identifiers"]
        after = [each for each in before if each["kind"] != IdentifierKind.URNNBN]
        assert before != after
        with pytest.raises(Problem, match="URN:NBN"):
            changed_volume(volume, Kind.DESCRIPTION, (Change("", "identifiers", before, after),), "P")

    def test_what_was_changed_meanwhile_is_a_conflict(self) -> None:
        with pytest.raises(Problem, match="R053"):
            changed_volume(full(), Kind.DESCRIPTION, (Change("", "title", "Dávný název", "Nový"),), "P")

    @pytest.mark.parametrize(
        ("field", "after"), [("type", "nonsense"), ("side", "up"), ("type", ""), ("order", "2"), ("label", 5)]
    )
    def test_pages_keep_their_lists(self, field: str, after: object) -> None:
        volume = full()
        page = volume.pages[0]
        before = plain(page).get(field) or ""
        with pytest.raises(Problem, match="R054"):
            changed_volume(volume, Kind.PAGES, (Change(page.id, field, before, after),), "P")

    def test_pages_are_relabelled_and_confirmed(self) -> None:
        volume = full()
        wanted = {(2, "label"): "IV", (2, "type"): "map", (1, "type"): volume.pages[0].type}
        changes = page_differences(volume, wanted)
        assert len(changes) == 2
        made = changed_volume(volume, Kind.PAGES, changes, "P")
        assert (made.pages[1].label, made.pages[1].type, made.pages[1].source) == ("IV", "map", "confirmed")
        assert (made.pages[0], *made.pages[2:]) == (volume.pages[0], *volume.pages[2:])

    def test_a_line_is_rewritten_and_the_others_stay(self) -> None:
        read = page_of("první řádek", "druhý řádek", "třetí řádek")
        lines = [line_text(each) for each in read.lines()]
        said = changed_text(read, (Change("p", "2", lines[1], "drahý  řádek"),), "P")
        assert [each for each in said.splitlines() if each] == [lines[0], "drahý řádek", lines[2]]
        with pytest.raises(Problem, match="R053"):
            changed_text(read, (Change("p", "2", "jiný", "x"),), "P")
        for number in ("0", "4", "x", "²", "99999999"):
            with pytest.raises(Problem, match="R054"):
                changed_text(read, (Change("p", number, "jiný", "x"),), "P")


class TestApplying:
    def test_a_description_becomes_the_next_version(self, home: Home) -> None:
        old = {path: content for path, content in everything(home.folder / "store").items() if "v0001" in path}
        made = title(home)
        assert done(home, made) == (Applied(book(home), "v0002", new=True, proposals=(made,)),)
        folder = stored(home, "v0002")
        assert bag.problems(folder) == ()
        report = check(folder / "data" / book(home), images=False)
        assert refusing(weighed(report, numbered=False)) == ()
        (mets,) = (folder / "data" / book(home)).glob("mets_*.xml")
        titles = {each.text for each in parse(mets.read_bytes()).iter("{http://www.loc.gov/mods/v3}title")}
        assert "Kniha opravená" in titles
        assert whence(home, "v0002").volume.description.title == "Kniha opravená"
        after = everything(home.folder / "store")
        assert {path: after[path] for path in old} == old
        assert proposals_of(home).find(made).ended is not None

    def test_images_are_those_that_were_stored(self, home: Home) -> None:
        done(home, title(home))
        old, new = (bag.payload_manifest(stored(home, version)) for version in ("v0001", "v0002"))
        for path in old:
            if "copy/" in path or "/alto/" in path or "/txt/" in path:
                assert new[path] == old[path], path
        assert set(new) - set(old) == {path for path in new if "/provenance/proposals/" in path}

    def test_who_why_and_by_what_is_in_premis_and_journal(self, home: Home) -> None:
        made = title(home)
        done(home, made)
        premis = (stored(home, "v0002") / "data/provenance/proposals/premis.xml").read_bytes()
        parse(premis)
        told = premis.decode()
        assert "Marie Černá" in told
        assert "Podle titulního listu." in told
        assert "<script>" not in told
        assert "<premis:agentName>kdr" in told
        (entry,) = open_store(home).journal.entries(book(home), ("corrected",))
        assert (entry.facts["version"], entry.facts["proposals"], entry.facts["by"]) == ("v0002", [made], "operator")

    def test_all_kinds_of_one_object_in_one_version(self, home: Home) -> None:
        ids = title(home), label(home), line(home, "Oprava od kurátora")
        (ended,) = done(home, *ids)
        assert (ended.version, ended.proposals) == ("v0002", tuple(sorted(ids)))
        folder = stored(home, "v0002")
        (txt,) = (folder / "data" / book(home) / "txt").iterdir()
        assert txt.read_text().splitlines()[0] == "Oprava od kurátora"
        (alto,) = (folder / "data" / book(home) / "alto").iterdir()
        assert line_text(next(from_alto(alto.read_bytes()).lines())) == "Oprava od kurátora"
        assert whence(home, "v0002").volume.pages[0].label == "[7]"
        assert refusing(weighed(check(folder / "data" / book(home), images=False), numbered=False)) == ()
        assert listed(home) == ()
        # A volume that is delivered again gets them again.
        kept = folder / "data/provenance"
        assert [page.label for page in Corrections.read(kept).pages.values()] == ["[7]"]
        assert [each.who for each in TextCorrections.read(kept).pages.values()] == [AUTHOR]

    def test_boxes_stay_where_the_words_are_as_many(self, home: Home) -> None:
        (old,) = (stored(home) / "data" / book(home) / "alto").iterdir()
        words = next(from_alto(old.read_bytes()).lines()).words
        done(home, line(home, " ".join(["Nové", *(word.text for word in words[1:])])))
        (new,) = (stored(home, "v0002") / "data" / book(home) / "alto").iterdir()
        first = next(from_alto(new.read_bytes()).lines()).words
        assert [word.box for word in first] == [word.box for word in words]
        assert (first[0].text, first[0].confidence) == ("Nové", 1.0)
        record = from_json(
            PageRecord, (stored(home, "v0002") / "data/provenance/pages.jsonl").read_bytes().splitlines()[0]
        )
        assert record.events[-1].agent.name == AUTHOR

    def test_a_second_round_goes_upon_the_first(self, home: Home) -> None:
        first = title(home)
        done(home, first)
        second = title(home, "Kniha znovu", "v0002")
        (ended,) = done(home, second)
        assert (ended.version, ended.proposals) == ("v0003", (second,))
        assert {path.stem for path in (stored(home, "v0003") / "data/provenance/proposals").glob("P-*")} == {
            first, second
        }  # fmt: skip

    def test_two_that_want_the_same_field_do_not_pass_over_one_another(self, home: Home) -> None:
        one, two = title(home, "Jedna"), title(home, "Dvě")
        (found,) = heard(home, one, two)
        assert found.code == "R053"
        done(home, one)
        (found,) = heard(home, two)
        assert (found.facts["before"], found.facts["now"], found.facts["after"]) == ("kniha", "Jedna", "Dvě")
        assert [filed.proposal.id for filed in listed(home)] == [two]

    def test_again_does_nothing(self, home: Home) -> None:
        made = title(home)
        done(home, made)
        before = everything(home.folder / "store")
        assert done(home, made) == (Applied(book(home), "v0002", new=False, proposals=(made,)),)
        assert everything(home.folder / "store") == before
        assert len(list(open_store(home).journal.entries(book(home), ("corrected",)))) == 1

    def test_what_would_break_the_standard_is_not_stored(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        made = title(home)
        monkeypatch.setattr(
            proposal_applying,
            "psp_documents",
            lambda *given: {
                path: content.replace(b"mods:title>", b"mods:titel>") for path, content in psp_documents(*given).items()
            },
        )
        assert [found.code for found in heard(home, made)] == ["R056"]

    def test_a_package_of_another_system_is_left_alone(self, home: Home) -> None:
        store = open_store(home)
        folder = home.folder / "foreign"
        store.export(book(home), folder)
        (folder / "data/provenance/import.json").write_text("{}")
        payload = {path: _size(folder, path) for path in _payload(folder)}
        bag.write_bag(folder, payload, {"External-Identifier": book(home)})
        store.take(folder, book(home), KDR)
        shutil.rmtree(folder)
        assert [found.code for found in heard(home, title(home))] == ["R055"]

    def test_refused_is_not_applied(self, home: Home) -> None:
        made = title(home)
        assert waiting(home, book(home)) == (made,)
        assert refuse(home, made, "operator", "na listu je jinak").why == "na listu je jinak"
        told: list[str] = []
        assert apply(home, [made, "P-20261123-0000000000"], "operator", lambda found: told.append(found.code)) == ()
        assert told == ["R052", "R050"]
        assert waiting(home, book(home)) == ()


def _payload(folder: Path) -> list[str]:
    return [f"data/{path}" for path, _ in bag.walk(folder / "data")]


def _size(folder: Path, path: str) -> FileRef:
    return describe(folder / path, folder, md5=False)


class _Killed(BaseException):
    """The process ends here."""


@pytest.fixture(params=["quota", "take", "received", "journal", "end", "cleared"])
def deadly(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Dies at one of the moments between two acts, once."""

    def dies(*_given: object, **_named: object) -> None:
        raise _Killed

    def dies_after(act: Callable[..., object]) -> Callable[..., None]:
        def acted(*given: object, **named: object) -> None:
            act(*given, **named)
            raise _Killed

        return acted

    place = DirectoryPlace
    match request.param:
        case "quota":
            monkeypatch.setattr(proposal_applying, "require_quota", dies)
        case "take":
            monkeypatch.setattr(Store, "take", dies)
        case "received":
            monkeypatch.setattr(place, "receive", dies_after(place.receive))
        case "journal":
            monkeypatch.setattr(Store, "take", dies_after(Store.take))
        case "end":
            monkeypatch.setattr(Proposals, "end", dies)
        case _:
            monkeypatch.setattr(proposal_applying, "_clear", dies)
    return monkeypatch.undo


class TestKilled:
    def test_the_next_run_finishes_and_stores_nothing_twice(self, home: Home, deadly: Callable[[], None]) -> None:
        made = title(home)
        with pytest.raises(_Killed):
            apply(home, [made], "operator", lambda _: None)
        deadly()
        (ended,) = done(home, made)
        assert (ended.version, ended.proposals) == ("v0002", (made,))
        store = open_store(home)
        assert store.versions(book(home)) == ("v0001", "v0002")
        assert [held.copies[1].present for held in store.show(book(home))] == [True, True]
        assert len(list(store.journal.entries(book(home), ("corrected",)))) == 1
        assert [entry.kind for entry in store.journal.entries(book(home))].count("stored") == 2
        assert proposals_of(home).find(made).state is State.APPLIED
        assert not (home.batches.parent / "proposals" / book(home)).exists()

    def test_what_was_ready_is_not_stored_upon_another_version(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = title(home, "Jedna")
        with monkeypatch.context() as patched:
            patched.setattr(Store, "take", _stop)
            with pytest.raises(_Killed):
                apply(home, [one], "operator", lambda _: None)
        _other_version(home)
        done(home, one)
        assert [whence(home, version).volume.description.title for version in ("v0002", "v0003")] == ["kniha", "Jedna"]


def _stop(*_given: object, **_named: object) -> None:
    raise _Killed


def _other_version(home: Home) -> None:
    """A version that somebody else makes: the same package with another note in its bag."""
    store, folder = open_store(home), home.folder / "other"
    store.export(book(home), folder)
    (folder / "data/provenance/note.txt").write_text("x")
    payload = {path: _size(folder, path) for path in _payload(folder)}
    bag.write_bag(folder, payload, {"External-Identifier": book(home)})
    store.take(folder, book(home), KDR)
    shutil.rmtree(folder)


class TestCommands:
    def test_list_show_apply_refuse(self, home: Home) -> None:
        one, two = title(home), label(home)
        told = kdr("proposal", "list", home=home.folder)
        assert one in told.stdout
        assert two in told.stdout
        told = kdr("proposal", "show", one, home=home.folder)
        assert "Kniha opravená" in told.stdout
        assert "<script>" in told.stdout
        assert kdr("proposal", "refuse", two, "--reason", "ne", home=home.folder).returncode == 0
        told = kdr("proposal", "apply", "--all-of", book(home), home=home.folder)
        assert (told.returncode, "v0002" in told.stdout) == (0, True), told.stderr
        assert kdr("proposal", "list", home=home.folder).stdout == "Žádné návrhy.\n"
        told = kdr("proposal", "list", "--all", "--json", home=home.folder)
        states = {each.proposal.id: each.state for each in from_json(tuple[Filed, ...], told.stdout)}
        assert states == {one: State.APPLIED, two: State.REFUSED}

    def test_what_is_wanted_must_be_said(self, home: Home) -> None:
        one = title(home)
        assert kdr("proposal", "apply", home=home.folder).returncode == 2
        assert kdr("proposal", "refuse", one, "--reason", "  ", home=home.folder).returncode == 2
        assert one in kdr("proposal", "list", home=home.folder).stdout

    def test_a_conflict_is_exit_code_1(self, home: Home) -> None:
        one, two = title(home, "Jedna"), title(home, "Dvě")
        assert kdr("proposal", "apply", one, home=home.folder).returncode == 0
        told = kdr("proposal", "apply", two, home=home.folder)
        assert (told.returncode, "R053" in told.stdout) == (1, True)
