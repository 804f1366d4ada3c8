"""A volume without its URN:NBN waits, is listed, and goes on by itself when the number comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metadata.description import IdentifierKind
from metadata.model import Provenance
from metadata.record import from_json
from repository.store import Store
from tests.homes import changed, delivery, go_on, kdr, make_home, run, stored_version
from workflows.batch import State
from workflows.founding import open_store
from workflows.settings import Home, load
from workflows.unnumbered import unnumbered

NUMBER = "urn:nbn:cz:lia001-000001"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A repository that waits for numbers, which come in a file."""
    make_home(tmp_path / "home")
    registered(tmp_path / "home")
    return changed(tmp_path / "home", wait="true")


def registered(folder: Path, kind: str = "file", path: str = '"urnnbn.csv"') -> None:
    """Let the numbers of the repository in `folder` come from that registrar."""
    file = folder / "kdr.toml"
    text = file.read_text(encoding="utf-8")
    text = text.replace('kind = "none"', f'kind = "{kind}"').replace('# path = "urnnbn.csv"', f"path = {path}")
    file.write_text(text, encoding="utf-8")


def give(home: Home, text: str) -> None:
    """Write the file of numbers."""
    (home.folder / "urnnbn.csv").write_text(text, encoding="utf-8")


def store(home: Home) -> Store:
    """What is stored."""
    return open_store(home)


def borne(home: Home) -> str:
    """The number that the stored volume bears."""
    content = (stored_version(home) / "data" / "provenance" / "volume.json").read_bytes()
    return from_json(Provenance, content).volume.description.identifier(IdentifierKind.URNNBN)


class TestWaiting:
    def test_its_pages_are_done_and_nothing_is_stored(self, home: Home, tmp_path: Path) -> None:
        give(home, "uuid;urnnbn\n")
        ran = run(home, delivery(tmp_path / "dodavka", {"kniha": [1, 2]}))
        end = ran.volume("kniha")
        assert (end.state, "C010" in ran.codes("kniha"), ran.end.exit_code) == (State.UNNUMBERED, True, 65)
        assert (store(home).objects(), ran.end.waiting) == ((), 1)
        assert all((page / "page" / "page.json").is_file() for page in ran.pages("kniha"))
        assert [(each.folder, each.volume) for each in unnumbered(home)] == [("kniha", end.volume)]

    def test_when_the_number_comes_no_page_is_done_again(self, home: Home, tmp_path: Path) -> None:
        give(home, "folder;urnnbn\n")
        ran = run(home, delivery(tmp_path / "dodavka", {"kniha": [1]}))
        before = {name: told for name, told in ran.records().items() if "/package/" not in name}
        give(home, f"folder;urnnbn\nkniha;{NUMBER}\n")
        again = go_on(home, ran.folder.name)
        assert (again.volume("kniha").state, again.end.exit_code, unnumbered(home)) == (State.STORED, 0, ())
        assert before.items() <= again.records().items()
        assert borne(home) == NUMBER

    def test_the_number_stays_when_the_file_says_another_later(self, home: Home, tmp_path: Path) -> None:
        give(home, f"folder;urnnbn\nkniha;{NUMBER}\n")
        given = delivery(tmp_path / "dodavka", {"kniha": [1]})
        ran = run(home, given)
        give(home, "folder;urnnbn\nkniha;urn:nbn:cz:lia001-000009\n")
        go_on(home, ran.folder.name)
        (given / "kniha" / "volume.toml").write_text('title = "Jinak popsaná"', encoding="utf-8")
        run(home, given)
        assert store(home).versions(store(home).objects()[0]) == ("v0001", "v0002")
        assert borne(home) == NUMBER

    def test_without_waiting_it_is_packaged_and_told(self, home: Home, tmp_path: Path) -> None:
        give(home, "")
        ran = run(changed(home.folder, wait="false"), delivery(tmp_path / "dodavka", {"kniha": [1]}))
        assert (ran.volume("kniha").state, "V002" in ran.codes("kniha")) == (State.STORED, True)


class TestCommand:
    def test_list_and_poll(self, home: Home, tmp_path: Path) -> None:
        give(home, "folder;urnnbn\n")
        ran = run(home, delivery(tmp_path / "dodavka", {"kniha": [1], "noviny": [2]}))
        listed = json.loads(kdr("urnnbn", "list", "--json", home=home.folder).stdout)
        assert [each["folder"] for each in listed] == ["kniha", "noviny"]
        assert kdr("urnnbn", "poll", home=home.folder).returncode == 75
        give(home, f"folder;urnnbn\nkniha;{NUMBER}\nnoviny;urn:nbn:cz:lia001-000002\n")
        polled = kdr("urnnbn", "poll", home=home.folder)
        assert (polled.returncode, "2" in polled.stdout) == (0, True)
        assert len(store(home).objects()) == 2
        assert "nečeká" in kdr("urnnbn", "list", home=home.folder).stdout
        assert go_on(home, ran.folder.name).end.stored == 2

    def test_why_there_is_no_number_is_told_and_a_refused_volume_is_asked_for_again(
        self, home: Home, tmp_path: Path
    ) -> None:
        give(home, f"folder;urnnbn\nkniha;{NUMBER}\nnoviny;{NUMBER}\n")
        run(home, delivery(tmp_path / "dodavka", {"kniha": [1], "noviny": [2]}))
        refused = kdr("urnnbn", "poll", home=home.folder)
        assert (refused.returncode, refused.stdout.count("C012")) == (75, 2)
        give(home, f"folder;urnnbn\nkniha;{NUMBER}\nnoviny;urn:nbn:cz:lia001-000002\n")
        polled = kdr("urnnbn", "poll", home=home.folder)
        assert (polled.returncode, "2" in polled.stdout, "C012" in polled.stdout) == (0, True, False)
        assert len(store(home).objects()) == 2

    def test_a_volume_delivered_again_waits_once_and_is_stored_as_described_last(
        self, home: Home, tmp_path: Path
    ) -> None:
        give(home, "folder;urnnbn\n")
        given = delivery(tmp_path / "dodavka", {"kniha": [1]})
        run(home, given)
        for title in ("Jedna", "Dvě", "Tři"):
            (given / "kniha" / "volume.toml").write_text(f'title = "{title}"', encoding="utf-8")
            last = run(home, given)
        assert [(each.batch, each.title) for each in unnumbered(home)] == [(last.folder.name, "Tři")]
        give(home, f"folder;urnnbn\nkniha;{NUMBER}\n")
        assert kdr("urnnbn", "poll", home=home.folder).returncode == 0
        (stored,) = store(home).objects()
        assert (store(home).versions(stored), unnumbered(home)) == (("v0001",), ())


@pytest.mark.parametrize("wrong", [{"kind": "drak"}, {"path": "5"}])
def test_a_registrar_that_cannot_be_is_named(tmp_path: Path, wrong: dict[str, str]) -> None:
    make_home(tmp_path / "home")
    registered(tmp_path / "home", **wrong)
    home = load(tmp_path / "home")
    ended = kdr("batch", "run", str(delivery(tmp_path / "dodavka", {"a": [1]})), "--sync", home=home.folder)
    assert (ended.returncode, "E005" in ended.stderr) == (78, True)
