"""A journal is read quickly where it was found sound before, and never believed where it was altered since."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from repository import sound_lines
from repository.journal import Journal
from tests.bags import AGENT, BOOK, OTHER


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setattr(sound_lines, "_WORTH_MARKING", 1)
    made = Journal(tmp_path / "journal")
    made.create()
    for number in range(5):
        made.append("checked", BOOK if number % 2 else OTHER, {"number": number}, AGENT)
    return made


def numbers(journal: Journal, subject: str | None = None) -> list[object]:
    return [entry.facts["number"] for entry in journal.entries(subject)]


def month(journal: Journal) -> Path:
    return next(journal.root.glob("*.jsonl"))


class TestSoundLines:
    def test_the_mark_changes_nothing_that_is_read(self, journal: Journal) -> None:
        assert numbers(journal) == [0, 1, 2, 3, 4]
        assert (journal.root / ".sound.json").is_file()
        assert numbers(journal) == [0, 1, 2, 3, 4]
        assert numbers(journal, BOOK) == [1, 3]

    def test_lines_written_since_are_read_too(self, journal: Journal) -> None:
        numbers(journal)
        journal.append("checked", BOOK, {"number": 5}, AGENT)
        assert numbers(journal, BOOK) == [1, 3, 5]

    def test_a_line_altered_since_is_left_out(self, journal: Journal) -> None:
        numbers(journal)
        path = month(journal)
        path.write_bytes(path.read_bytes().replace(b'"number":3', b'"number":7'))
        assert numbers(journal) == [0, 1, 2, 4]

    def test_an_altered_journal_is_never_marked(self, journal: Journal) -> None:
        path = month(journal)
        path.write_bytes(path.read_bytes().replace(b'"number":3', b'"number":7'))
        assert numbers(journal) == [0, 1, 2, 4]
        assert not (journal.root / ".sound.json").exists()

    def test_a_line_that_is_not_whole_is_no_line(self, journal: Journal) -> None:
        numbers(journal)
        path = month(journal)
        path.write_bytes(path.read_bytes()[:-1])
        assert numbers(journal) == [0, 1, 2, 3]

    @pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"x": 1}', b'{"x": [1, 2, 3]}', b"\xff"])
    def test_a_spoiled_mark_is_made_anew(self, journal: Journal, content: bytes) -> None:
        (journal.root / ".sound.json").write_bytes(content)
        assert numbers(journal) == [0, 1, 2, 3, 4]
        assert json.loads((journal.root / ".sound.json").read_bytes())[month(journal).name]

    def test_a_mark_from_another_journal_is_not_believed(self, journal: Journal) -> None:
        numbers(journal)
        marks = json.loads((journal.root / ".sound.json").read_bytes())
        name = month(journal).name
        path = month(journal)
        path.write_bytes(path.read_bytes().replace(b'"number":3', b'"number":7'))
        (journal.root / ".sound.json").write_text(json.dumps({name: [marks[name][0] - 9, marks[name][1]]}))
        assert numbers(journal) == [0, 1, 2, 4]

    def test_the_check_of_the_journal_never_looks_at_the_mark(self, journal: Journal) -> None:
        numbers(journal)
        path = month(journal)
        content = path.read_bytes().replace(b'"number":3', b'"number":7')
        path.write_bytes(content)
        forged = {path.name: [len(content), hashlib.sha512(content).hexdigest()]}
        (journal.root / ".sound.json").write_text(json.dumps(forged))
        assert [row.code for row in journal.check()] == ["S015"]
