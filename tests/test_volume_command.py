"""`kdr volume` as people meet it: look at what was proposed, correct it, confirm it, take it back, and what follows."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from metadata.model import Division, DivisionKind, Side, Source, Volume, VolumeId
from metadata.outline import plain_outline
from metadata.record import to_pretty_json
from ocr.proposal import Guess, Masthead, Proposal, Proposed, Why
from repository.bag import payload_manifest
from tests.homes import changed, delivery, go_on, make_home, tasks_of
from tests.homes import run as run_delivery
from workflows.batch import State, read_plan
from workflows.cli import volume as command
from workflows.cli.speech import Chosen
from workflows.corrections import FOLDER, Corrections, Head, Told
from workflows.founding import open_store
from workflows.settings import Home
from workflows.shaping import PROPOSAL, STEP
from workflows.task import volume_folder
from workflows.volumes import KnownVolume, called, known_volumes

STRANGE_ROLE = "[[part]]\nkind = 'chapter'\nfirst = 1\nblocks = [{page = 1, block = 'b', role = 'X'}]\n"

ISSUE = """\
[periodical]
title = "Modřínovské listy"
volume = { year = "1919" }
"""

Run = Callable[..., Result]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A repository with a planned book of three pages and another of one."""

    home: Home
    batch: str
    book: Volume

    @property
    def folder(self) -> Path:
        return volume_folder(self.home.batches / self.batch, self.book.id)

    def propose(self, made: Proposal | None = None) -> None:
        """As if the pages had been read."""
        (self.folder / STEP).mkdir(parents=True)
        (self.folder / STEP / PROPOSAL).write_bytes(to_pretty_json(made or proposal()))

    def head(self) -> Head | None:
        return called(known_volumes(self.home), self.book.id)[0].head()

    def current(self) -> Volume:
        return called(known_volumes(self.home), self.book.id)[0].current()

    def labels(self) -> list[str]:
        return [page.label for page in self.current().pages]

    def sources(self) -> set[Source]:
        return {page.source for page in self.current().pages}

    def corrections(self) -> int:
        return len(Corrections.read(self.folder).records)


def headline(confidence: float = 0.9) -> Proposal:
    """What the masthead of an issue says, and nothing else."""
    return Proposal((), masthead=Masthead("37", "XII", "1919-05-14", "Modřínovské listy", confidence))


def proposal() -> Proposal:
    inner = Division("00000000-0000-4000-8000-000000000002", DivisionKind.PICTURE, 2, 2, "Mapa", source=Source.PROPOSED)
    chapter = Division("00000000-0000-4000-8000-000000000001", DivisionKind.CHAPTER, 1, 2, "Úvod")
    outer = replace(chapter, children=(inner,), source=Source.PROPOSED)
    pages = tuple(
        Proposed(
            order,
            Guess(str(order + 6), 0.3 if order == 3 else 0.9, Why.READ),
            Guess(Side.RIGHT if order % 2 else Side.LEFT, 0.9, Why.PARITY),
            Guess("normalPage", 0.9, Why.NOTHING),
        )
        for order in (1, 2, 3)
    )
    return Proposal(pages, (outer,), unplaced=("Doslov",))


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    return planned(tmp_path, monkeypatch, delivery(tmp_path / "dodavka", {"kniha": [1, 2, 3], "sešit": [4]}))


@pytest.fixture
def newspaper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """An issue of which only its periodical and its year are given."""
    given = delivery(tmp_path / "dodavka", {"kniha": [1]})
    (given / "kniha" / "volume.toml").write_text(ISSUE, encoding="utf-8")
    return planned(tmp_path, monkeypatch, given)


def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Path) -> Shelf:
    """The delivery claimed and planned, its volume "kniha" in the focus."""
    home = make_home(tmp_path / "home")
    tasks_of(home, given)
    (folder,) = [path for path in home.batches.iterdir() if (path / "batch.json").is_file()]
    plan = read_plan(folder)
    assert plan is not None
    monkeypatch.setattr(Chosen, "folder", tmp_path / "home")
    book = next(planned.volume for planned in plan.volumes if planned.volume.folder == "kniha")
    return Shelf(home, folder.name, book)


@pytest.fixture
def run() -> Run:
    app = typer.Typer()
    command.add_to(app)
    app.command("other")(lambda: None)

    def go(*words: object, given: bytes | str = "") -> Result:
        return CliRunner().invoke(app, ["volume", *map(str, words)], input=given)

    return go


def drafts(folder: Path) -> Path:
    """Where lists lie while they are edited."""
    place = folder / "rozdelano"
    place.mkdir(exist_ok=True)
    return place


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """An editor that replaces one text by another: the first pair at its first opening, and so on."""
    monkeypatch.setattr(command, "at_terminal", lambda: True)
    monkeypatch.setattr(tempfile, "tempdir", str(drafts(tmp_path)))

    def edits(*pairs: tuple[str, str]) -> None:
        (tmp_path / "pairs.json").write_text(json.dumps(pairs))
        script = tmp_path / "editor.py"
        script.write_text(
            "import json, pathlib, sys\n"
            f"pairs = pathlib.Path({str(tmp_path / 'pairs.json')!r})\n"
            "(old, new), *rest = json.loads(pairs.read_text())\n"
            "pairs.write_text(json.dumps(rest))\n"
            "draft = pathlib.Path(sys.argv[1])\n"
            "draft.write_bytes(draft.read_bytes().replace(old.encode(), new.encode()))\n"
        )
        monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")

    return edits


class TestList:
    def test_tells_what_is_proposed(self, run: Run, shelf: Shelf) -> None:
        shelf.propose()
        book, booklet = json.loads(run("list", "--json").stdout)
        assert (book["volume"], book["pages"], book["proposed_pages"], book["divisions"]) == ("kniha", 3, 3, 2)
        assert (booklet["volume"], booklet["state"], booklet["divisions"]) == ("sešit", "working", 0)
        assert shelf.book.id in run("list").stdout

    def test_of_nothing(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        make_home(tmp_path / "home")
        monkeypatch.setattr(Chosen, "folder", tmp_path / "home")
        assert "Žádná dávka" in run("list").stdout
        assert json.loads(run("list", "--json").stdout) == []

    def test_goes_on_past_a_damaged_correction(self, run: Run, shelf: Shelf) -> None:
        run("pages", "kniha", "--apply", "-", given="pořadí;číslo\n1;x\n")
        (shelf.folder / FOLDER / "0001.json").write_text("{")
        done = run("list")
        assert "sešit" in done.stdout
        assert "corrections/0001.json" in done.stderr


def test_pages_that_nothing_was_proposed_for_yet_are_not_called_proposed(run: Run, shelf: Shelf) -> None:
    assert run("pages", "kniha").stdout.count("zatím bez návrhu") == 3
    shelf.propose()
    assert "zatím bez návrhu" not in run("pages", "kniha").stdout


class TestWhichVolume:
    def test_by_any_of_its_names(self, shelf: Shelf) -> None:
        known = known_volumes(shelf.home)
        own = shelf.book.id
        for name in (own, own.upper(), f"uuid:{own}", own[:8], "kniha", "kniha/", f"{shelf.batch}/kniha"):
            assert [each.planned.folder for each in called(known, name)] == ["kniha"], name
        assert called(known, own[:3]) == called(known, "") == called(known, "jiná") == ()

    def test_a_folder_with_diacritics_in_either_form(self, shelf: Shelf) -> None:
        assert called(known_volumes(shelf.home), "ses\u030cit")

    def test_unknown(self, run: Run, shelf: Shelf) -> None:
        done = run("pages", "neni")
        assert done.exit_code == 66
        assert "kdr volume list" in done.stderr

    def test_several(self, run: Run, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        (one,) = called(known_volumes(shelf.home), "kniha")
        planned = replace(one.planned, id=VolumeId("6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
        twin: KnownVolume = replace(one, batch="jina", planned=planned)
        monkeypatch.setattr("workflows.volumes.known_volumes", lambda _: (one, twin))
        done = run("pages", "kniha")
        assert done.exit_code == 64
        assert f"{shelf.batch}/kniha, jina/kniha" in done.stderr

    def test_delivered_again_it_is_the_one_of_the_last_batch_that_worked_on_it(self, tmp_path: Path) -> None:
        home, given = make_home(tmp_path / "home"), delivery(tmp_path / "dodavka", {"kniha": [1], "noviny": [2]})
        first = run_delivery(home, given)
        (given / "noviny" / "volume.toml").write_text('title = "Noviny"', encoding="utf-8")
        second = run_delivery(home, given)
        known = known_volumes(home)
        for name, batch in (("kniha", first.folder.name), ("noviny", second.folder.name)):
            assert [each.batch for each in called(known, name)] == [batch]
            assert [each.batch for each in called(known, called(known, name)[0].planned.id)] == [batch]


class TestLook:
    def test_at_pages(self, run: Run, shelf: Shelf) -> None:
        shelf.propose()
        lines = run("pages", "kniha").stdout.splitlines()
        assert lines[0].split() == ["Pořadí", "Sken", "Číslo", "Typ", "Poloha", "Odkud"]
        assert lines[1].split() == ["1", "0001.tif", "7", "normalPage", "pravá", "navrženo"]
        assert lines[3].endswith("navrženo, nejisté")

    def test_at_the_tree(self, run: Run, shelf: Shelf) -> None:
        shelf.propose()
        said = run("structure", "kniha").stdout
        assert said.splitlines()[1].split() == ["kapitola", "Úvod", "7–8", "1–2", "navrženo"]
        assert said.splitlines()[2].startswith("  obrázek")
        assert "Doslov" in said

    def test_at_what_is_not_divided(self, run: Run, shelf: Shelf) -> None:
        assert "není členěn" in run("structure", "kniha").stdout

    def test_nothing_is_proposed_where_the_settings_want_none(self, run: Run, shelf: Shelf) -> None:
        shelf.propose()
        changed(shelf.home.folder, propose="false")
        assert "není členěn" in run("structure", "kniha").stdout

    def test_in_english(self, run: Run, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        shelf.propose()
        monkeypatch.setenv("KDR_LANGUAGE", "en")
        assert run("pages", "kniha").stdout.splitlines()[3].endswith("proposed, unsure")


class TestApply:
    def test_a_list_of_some_pages(self, run: Run, shelf: Shelf, tmp_path: Path) -> None:
        shelf.propose()
        (tmp_path / "strany.csv").write_text("sken;číslo;typ\n0002.tif;xii;map\n", encoding="cp1250")
        done = run("pages", shelf.book.id[:8], "--apply", tmp_path / "strany.csv")
        assert done.exit_code == 0
        assert "potvrzeno stran 1" in done.stdout
        assert f"kdr batch resume {shelf.batch}" in done.stdout
        assert shelf.labels() == ["7", "xii", "9"]
        assert [page.source for page in shelf.current().pages] == [
            Source.PROPOSED, Source.CONFIRMED, Source.PROPOSED,
        ]  # fmt: skip
        assert "potvrzeno" in run("pages", "kniha").stdout

    @pytest.mark.parametrize("part", ["pages", "structure"])
    def test_what_json_tells_can_be_given_back(self, run: Run, shelf: Shelf, part: str) -> None:
        shelf.propose()
        before = shelf.current()
        told = run(part, "kniha", "--json").stdout
        assert run(part, "kniha", "--apply", "-", given=told).exit_code == 0
        after = shelf.current()
        assert shelf.corrections() == 1
        assert [replace(page, source=Source.PROPOSED) for page in after.pages] == list(before.pages)
        assert plain_outline(after.divisions, after.pages) == plain_outline(before.divisions, before.pages)

    def test_a_structure_by_hand(self, run: Run, shelf: Shelf, tmp_path: Path) -> None:
        shelf.propose()
        (tmp_path / "s.toml").write_text('[[part]]\nkind = "kapitola"\ntitle = "Vše"\npages = "7–9"\n')
        done = run("structure", "kniha", "--apply", tmp_path / "s.toml", "--json")
        assert json.loads(done.stdout)["source"] == "confirmed"
        (chapter,) = shelf.current().divisions
        assert (chapter.title, chapter.first, chapter.last, chapter.source) == ("Vše", 1, 3, Source.CONFIRMED)

    @pytest.mark.parametrize(
        ("part", "text", "said"),
        [
            ("pages", "pořadí;typ\n1;desky\n", "stdin, řádek 2: typ strany „desky“"),
            ("structure", "[[part]]\nkind = 'article'\nfirst = 1\n", "neznámý druh „article“"),
            ("structure", STRANGE_ROLE, "'X'"),
        ],
    )
    def test_mistakes_are_told_and_nothing_is_changed(
        self, run: Run, shelf: Shelf, part: str, text: str, said: str
    ) -> None:
        done = run(part, "kniha", "--apply", "-", given=text)
        assert done.exit_code == 65
        assert said in done.stderr
        assert shelf.corrections() == 0

    def test_no_such_file(self, run: Run, shelf: Shelf, tmp_path: Path) -> None:
        assert run("pages", "kniha", "--apply", tmp_path / "neni.csv").exit_code == 66

    def test_one_wish_at_a_time(self, run: Run, shelf: Shelf) -> None:
        assert run("pages", "kniha", "--confirm", "--undo").exit_code == 64

    def test_somebody_else_was_quicker(self, run: Run, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        stale = Corrections.read(shelf.folder)
        stale.add("eva", shelf.book.pages)
        monkeypatch.setattr(KnownVolume, "corrections", lambda _: stale)
        done = run("pages", "kniha", "--apply", "-", given="pořadí;číslo\n1;x\n")
        assert done.exit_code == 75
        assert shelf.corrections() == 1


class TestConfirmAndUndo:
    def test_pages(self, run: Run, shelf: Shelf) -> None:
        shelf.propose()
        assert "potvrzeno stran 3" in run("pages", "kniha", "--confirm").stdout
        assert shelf.sources() == {Source.CONFIRMED}
        assert run("pages", "kniha", "--confirm").exit_code == 66
        assert "vzata zpět" in run("pages", "kniha", "--undo").stdout
        assert shelf.sources() == {Source.PROPOSED}
        assert shelf.corrections() == 2
        assert run("pages", "kniha", "--undo").exit_code == 66

    def test_structure(self, run: Run, shelf: Shelf) -> None:
        shelf.propose()
        assert "potvrzeno částí 2" in run("structure", "kniha", "--confirm").stdout
        assert shelf.current().divisions[0].children[0].source is Source.CONFIRMED
        assert run("pages", "kniha", "--undo").exit_code == 66
        assert run("structure", "kniha", "--undo").exit_code == 0

    def test_there_is_nothing_to_confirm_before_the_pages_are_read(self, run: Run, shelf: Shelf) -> None:
        done = run("pages", "kniha", "--confirm")
        assert done.exit_code == 66
        assert "Není co potvrdit" in done.stderr


class TestAnIssuesNumberAndDate:
    """What the masthead says is seen, confirmed, corrected and taken back with the rest of the structure."""

    def told(self, run: Run) -> dict[str, object]:
        told: dict[str, object] = json.loads(run("structure", "kniha", "--json").stdout)
        return {key: told.get(key) for key in ("number", "number_source", "date", "date_source")}

    def test_are_shown_with_who_says_them(self, run: Run, newspaper: Shelf) -> None:
        assert run("structure", "kniha").stdout.splitlines()[:3] == [
            "Číslo: není známo", "Datum: není známo", "Ročník: 1919 (dáno)",
        ]  # fmt: skip
        newspaper.propose(headline())
        assert run("structure", "kniha").stdout.splitlines()[:3] == [
            "Číslo: 37 (navrženo)", "Datum: 1919-05-14 (navrženo)", "Ročník: XII, 1919 (navrženo)",
        ]  # fmt: skip
        assert run("list", "--json").stdout.count('"proposed_head": 2') == 1

    def test_are_marked_where_the_masthead_is_hard_to_read(self, run: Run, newspaper: Shelf) -> None:
        newspaper.propose(headline(0.5))
        assert "Číslo: 37 (navrženo, nejisté)" in run("structure", "kniha").stdout

    def test_in_english(self, run: Run, newspaper: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KDR_LANGUAGE", "en")
        newspaper.propose(headline())
        assert "Number: 37 (proposed)\nDate: 1919-05-14 (proposed)" in run("structure", "kniha").stdout

    def test_a_book_has_none(self, run: Run, shelf: Shelf) -> None:
        shelf.propose()
        assert "Číslo:" not in run("structure", "kniha").stdout
        done = run("structure", "kniha", "--apply", "-", given='number = "37"\n')
        assert (done.exit_code, shelf.corrections()) == (65, 0)

    def test_are_confirmed_as_they_are_and_taken_back(self, run: Run, newspaper: Shelf) -> None:
        newspaper.propose(headline())
        done = run("structure", "kniha", "--confirm")
        assert "Číslo: 37. Datum: 1919-05-14." in done.stdout
        confirmed = (Told("37", Source.CONFIRMED), Told("1919-05-14", Source.CONFIRMED))
        assert newspaper.head() == Head(*confirmed)
        assert newspaper.current().description.part_number == "37"
        assert run("structure", "kniha", "--confirm").exit_code == 66
        assert "vzata zpět" in run("structure", "kniha", "--undo").stdout
        assert self.told(run)["number_source"] == "proposed"

    def test_are_corrected_by_a_file(self, run: Run, newspaper: Shelf) -> None:
        newspaper.propose(headline())
        done = run("structure", "kniha", "--apply", "-", "--json", given='number = "38"\n')
        assert (json.loads(done.stdout)["number"], done.exit_code) == ("38", 0)
        assert self.told(run) == {
            "number": "38", "number_source": "confirmed", "date": "1919-05-14", "date_source": "proposed",
        }  # fmt: skip

    def test_a_wrong_reading_can_be_struck_out(self, run: Run, newspaper: Shelf) -> None:
        newspaper.propose(headline())
        assert run("structure", "kniha", "--apply", "-", given='number = ""\n').exit_code == 0
        assert "Číslo: žádné (potvrzeno)" in run("structure", "kniha").stdout
        assert self.told(run)["number"] == ""

    def test_what_json_tells_can_be_given_back(self, run: Run, newspaper: Shelf) -> None:
        newspaper.propose(headline())
        before = self.told(run)
        assert run("structure", "kniha", "--apply", "-", given=json.dumps(before | {"part": []})).exit_code == 0
        assert self.told(run) == before | {"number_source": "confirmed", "date_source": "confirmed"}

    def test_are_edited_with_the_rest(self, run: Run, newspaper: Shelf, editor: Callable[..., None]) -> None:
        newspaper.propose(headline())
        editor(('date = "1919-05-14"', "date = 1919-05-15"))
        assert run("structure", "kniha", "--edit").exit_code == 0
        assert newspaper.head() == Head(Told("37", Source.CONFIRMED), Told("1919-05-15", Source.CONFIRMED))

    def test_what_is_given_is_not_frozen_by_a_correction_that_repeats_it(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        given = delivery(tmp_path / "dodavka", {"kniha": [1]})
        (given / "kniha" / "volume.toml").write_text(f'number = "36"\n{ISSUE}', encoding="utf-8")
        shelf = planned(tmp_path, monkeypatch, given)
        shelf.propose(headline())
        assert run("structure", "kniha", "--apply", "-", given='number = "36"\ndate = "1919"\n').exit_code == 0
        assert shelf.head() == Head(Told("36", Source.GIVEN), Told("1919", Source.CONFIRMED))


class TestEdit:
    @pytest.fixture(autouse=True)
    def _draft_only_of_who_gives_up(self, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[None]:
        yield
        left = list(drafts(tmp_path).iterdir())
        assert len(left) == ("gives_up" in request.node.name)

    def test_needs_a_terminal(self, run: Run, shelf: Shelf) -> None:
        done = run("pages", "kniha", "--edit")
        assert done.exit_code == 64
        assert "--apply" in done.stderr

    def test_confirms_what_was_seen(self, run: Run, shelf: Shelf, editor: Callable[..., None]) -> None:
        shelf.propose()
        editor(("0001.tif;7;", "0001.tif;[7];"))
        assert run("pages", "kniha", "--edit").exit_code == 0
        assert shelf.labels() == ["[7]", "8", "9"]
        assert shelf.sources() == {Source.CONFIRMED}

    def test_shows_the_mistake_and_lets_edit_again(self, run: Run, shelf: Shelf, editor: Callable[..., None]) -> None:
        shelf.propose()
        editor(('title = "Mapa"', "title = Mapa"), ("title = Mapa", 'title = "Plán"'))
        done = run("structure", "kniha", "--edit", given="\n")
        assert "není správné TOML" in done.stdout
        assert shelf.current().divisions[0].children[0].title == "Plán"

    def test_keeps_the_draft_of_who_gives_up(self, run: Run, shelf: Shelf, editor: Callable[..., None]) -> None:
        editor(("normalPage", "desky"))
        done = run("pages", "kniha", "--edit", given="n\n")
        assert done.exit_code == 65
        draft = Path(done.stderr.partition("jsou v ")[2].partition(";")[0])
        assert "desky" in draft.read_text(encoding="utf-8")
        assert shelf.corrections() == 0

    @pytest.mark.parametrize("name", ["--edit", "--edit --json"])
    def test_of_who_gives_up_by_ending_the_input(
        self, run: Run, shelf: Shelf, editor: Callable[..., None], name: str
    ) -> None:
        editor(("normalPage", "desky"))
        assert run("pages", "kniha", *name.split()).exit_code == 65
        assert shelf.corrections() == 0

    def test_an_editor_that_changes_nothing_changes_nothing(
        self, run: Run, shelf: Shelf, editor: Callable[..., None]
    ) -> None:
        editor(("neni", "neni"))
        done = run("pages", "kniha", "--edit")
        assert (done.exit_code, shelf.corrections()) == (0, 0)
        assert "--confirm" in done.stderr

    def test_an_editor_that_is_not_there(
        self, run: Run, shelf: Shelf, editor: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VISUAL", "/neni/editor")
        done = run("pages", "kniha", "--edit")
        assert done.exit_code == 66
        assert "$EDITOR" in done.stderr


class TestWhatFollows:
    @pytest.mark.slow
    def test_the_next_run_makes_a_new_version_with_the_correction(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = make_home(tmp_path / "home")
        first = run_delivery(home, delivery(tmp_path / "dodavka", {"kniha": [1]}))
        own = first.batch.volumes[0].volume.id
        monkeypatch.setattr(Chosen, "folder", tmp_path / "home")
        assert run("pages", own, "--apply", "-", given="pořadí;číslo;typ\n1;xlii;map\n").exit_code == 0
        again = go_on(home, first.batch.id)
        ended = again.volume("kniha")
        assert (ended.state, ended.version) == (State.STORED, "v0002")
        package = open_store(home).export(own, tmp_path / "ven")
        (mets,) = [name for name in payload_manifest(package) if Path(name).name.startswith("mets_")]
        assert 'ORDERLABEL="xlii"' in (package / mets).read_text(encoding="utf-8")
        assert go_on(home, first.batch.id).volume("kniha").version == "v0002"
