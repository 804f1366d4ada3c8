"""The journal: what was written stays, follows from what was before, and nothing is lost by a crash."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.problem import Problem
from repository.journal import Head, Journal, Json
from repository.verify import Verdict
from tests.bags import AGENT

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["50 %", "a\nb\r", " ", "Žižka"]
)
FACTS = st.dictionaries(TEXT, st.recursive(TEXT | st.integers() | st.booleans() | st.none(), st.lists, max_leaves=4))


class Memory:
    """A witness that keeps its head in memory."""

    def __init__(self) -> None:
        self.head: Head | None = None

    def remembered(self) -> Head | None:
        return self.head

    def remember(self, head: Head) -> None:
        self.head = head


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    made = Journal(tmp_path / "journal", clock=lambda: "2026-11-22T10:00:00+00:00")
    made.create()
    return made


def month(journal: Journal, name: str = "2026-11") -> Path:
    return journal.root / f"{name}.jsonl"


def fill(journal: Journal, count: int, *witnesses: Memory) -> None:
    for number in range(count):
        journal.append("verified", f"object {number}", {"n": number}, AGENT, witnesses)


class TestAppending:
    """One chain, whoever writes and however the write ends."""

    @settings(max_examples=30, deadline=None)
    @given(kind=TEXT, subject=TEXT, facts=FACTS)
    def test_what_was_written_is_what_is_read(
        self, tmp_path_factory: pytest.TempPathFactory, kind: str, subject: str, facts: dict[str, Json]
    ) -> None:
        journal = Journal(tmp_path_factory.mktemp("journal"))
        journal.create()
        written = [journal.append(kind, subject, facts, AGENT) for _ in range(2)]
        assert list(journal.entries()) == written
        assert list(journal.entries(subject)) == written
        assert written[1].previous == written[0].hash
        assert journal.check() == []

    def test_an_entry_is_one_line_of_plain_json(self, journal: Journal) -> None:
        entry = journal.append("stored", "č. 1\n2", {"bytes": 3}, AGENT)
        lines = month(journal).read_text(encoding="utf-8").splitlines()
        assert len(lines) == 1
        assert json.loads(lines[0])["hash"] == entry.hash
        assert "č. 1" in lines[0]

    def test_entries_of_one_subject(self, journal: Journal) -> None:
        fill(journal, 12)
        assert [entry.seq for entry in journal.entries("object 1")] == [2]

    def test_the_chain_goes_on_in_the_next_month(self, tmp_path: Path) -> None:
        times = iter(["2026-11-30T23:59:59+00:00", "2026-12-01T00:00:00+00:00", "2026-11-30T12:00:00+00:00"])
        journal = ticking(tmp_path, times)
        fill(journal, 3)
        assert [path.name for path in sorted(journal.root.glob("*.jsonl"))] == ["2026-11.jsonl", "2026-12.jsonl"]
        assert [entry.seq for entry in journal.entries()] == [1, 2, 3]  # the third one's clock was set back
        assert journal.check() == []

    def test_a_long_last_line_is_found_whole(self, journal: Journal) -> None:
        journal.append("batch", "a", {"text": "x" * 200_000}, AGENT)
        assert journal.append("batch", "b", {}, AGENT).seq == 2
        assert journal.check() == []

    def test_no_journal_is_begun_below_an_unmounted_disk(self, tmp_path: Path) -> None:
        with pytest.raises(Problem) as refused:
            Journal(tmp_path).append("stored", "a", {}, AGENT)
        assert refused.value.finding.code == "S020"
        assert list(tmp_path.iterdir()) == []

    def test_a_second_journal_is_not_begun_over_the_first(self, journal: Journal) -> None:
        with pytest.raises(FileExistsError):
            journal.create()

    def test_processes_that_write_at_once_make_one_chain(self, journal: Journal) -> None:
        program = (
            "import sys; from pathlib import Path; from tests.bags import AGENT\n"
            "from repository.journal import Journal\n"
            "for n in range(20): Journal(Path(sys.argv[1])).append('k', sys.argv[2], {'n': n}, AGENT)"
        )
        command = [sys.executable, "-c", program, str(journal.root)]
        running = [subprocess.Popen([*command, name]) for name in ("a", "b")]
        assert [process.wait(timeout=60) for process in running] == [0, 0]
        assert journal.check() == []
        assert [entry.facts["n"] for entry in journal.entries("a")] == list(range(20))
        assert len(list(journal.entries())) == 40

    def test_a_refusing_disk_leaves_no_half_line(self, journal: Journal) -> None:
        fill(journal, 1)
        before = month(journal).read_bytes()
        program = (
            "import sys, resource; from pathlib import Path; from repository.journal import Journal\n"
            "from tests.bags import AGENT; from metadata.problem import Problem\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)\n"
            "try: Journal(Path(sys.argv[1])).append('k', 's', {}, AGENT)\n"
            "except Problem as problem: print(problem.finding.code)"
        )
        limit = str(len(before) + 50)
        done = subprocess.run(
            [sys.executable, "-c", program, str(journal.root), limit], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "S003"
        assert journal.check() == []
        assert sum(len(path.read_bytes()) for path in journal.root.glob("*.jsonl")) == len(before)


def ticking(root: Path, times: Iterator[str]) -> Journal:
    journal = Journal(root / "ticking", clock=lambda: next(times))
    (journal.root).mkdir()
    (journal.root / "kdr-journal.json").write_text("{}")
    return journal


class TestTornLine:
    """What a crash left unfinished is kept apart and told."""

    def test_is_set_aside_and_told(self, journal: Journal) -> None:
        fill(journal, 2)
        with month(journal).open("ab") as stream:
            stream.write(b'{"agent":{"kin')
        assert len(list(journal.entries())) == 2
        journal.append("stored", "a", {}, AGENT)
        kinds = [entry.kind for entry in journal.entries()]
        assert kinds == ["verified", "verified", "torn", "stored"]
        told = next(entry for entry in journal.entries() if entry.kind == "torn")
        assert told.facts["finding"] == "S021"
        assert (journal.root / told.subject).read_bytes() == b'{"agent":{"kin'
        assert journal.check() == []

    def test_alone_in_its_file(self, journal: Journal) -> None:
        month(journal).write_bytes(b"{")
        assert [journal.append("stored", "a", {}, AGENT).seq] == [2]
        assert journal.check() == []

    def test_an_empty_new_month_does_not_break_the_chain(self, journal: Journal) -> None:
        fill(journal, 1)
        month(journal, "2026-12").write_bytes(b"")
        assert journal.append("stored", "a", {}, AGENT).seq == 2
        assert journal.check() == []


class TestTampering:
    """What an edited journal cannot hide, and what nobody may build on."""

    def test_an_edited_line_is_named_with_its_number(self, journal: Journal) -> None:
        fill(journal, 3)
        month(journal).write_bytes(month(journal).read_bytes().replace(b"object 1", b"object 9"))
        (row,) = journal.check()
        assert (row.verdict, row.path, row.facts) == (Verdict.JOURNAL_EDITED, str(month(journal)), {"line": 2})

    def test_a_removed_line_is_a_gap(self, journal: Journal) -> None:
        fill(journal, 3)
        lines = month(journal).read_bytes().splitlines(keepends=True)
        month(journal).write_bytes(lines[0] + lines[2])
        (row,) = journal.check()
        assert (row.verdict, row.facts) == (Verdict.JOURNAL_EDITED, {"line": 2})

    def test_a_removed_first_line_is_a_gap(self, journal: Journal) -> None:
        fill(journal, 2)
        month(journal).write_bytes(month(journal).read_bytes().splitlines(keepends=True)[1])
        assert [row.verdict for row in journal.check()] == [Verdict.JOURNAL_EDITED]

    @pytest.mark.parametrize("line", [b"nonsense\n", b"[]\n", b'{"seq": 2}\n', b"\xff\n"])
    def test_a_foreign_line_is_not_an_entry(self, journal: Journal, line: bytes) -> None:
        fill(journal, 1)
        with month(journal).open("ab") as stream:
            stream.write(line)
        assert [row.facts["line"] for row in journal.check()] == [2]
        assert len(list(journal.entries())) == 1

    def test_a_cut_tail_is_known_to_the_witness(self, journal: Journal) -> None:
        witness = Memory()
        fill(journal, 3, witness)
        lines = month(journal).read_bytes().splitlines(keepends=True)
        month(journal).write_bytes(b"".join(lines[:2]))
        assert journal.check() == []
        (row,) = journal.check([witness])
        assert (row.verdict, row.facts) == (Verdict.JOURNAL_CUT, {"expected": 3, "found": 2})

    def test_nothing_is_appended_to_a_cut_journal(self, journal: Journal) -> None:
        witness = Memory()
        fill(journal, 2, witness)
        month(journal).unlink()
        with pytest.raises(Problem) as refused:
            fill(journal, 1, witness)
        assert refused.value.finding.code == "S016"
        assert witness.head is not None
        assert witness.head.seq == 2

    def test_nothing_is_appended_to_an_edited_last_line(self, journal: Journal) -> None:
        fill(journal, 2)
        month(journal).write_bytes(month(journal).read_bytes().replace(b"object 1", b"object 9"))
        with pytest.raises(Problem) as refused:
            fill(journal, 1)
        assert refused.value.finding.code == "S015"
        assert refused.value.finding.facts["line"] == 2

    def test_a_wholly_rewritten_journal_is_known_to_the_witness(self, journal: Journal) -> None:
        witness = Memory()
        fill(journal, 2, witness)
        month(journal).unlink()
        for subject in ("forged", "forged too", "and more"):
            journal.append("verified", subject, {}, AGENT)
        assert journal.check() == []
        assert [row.verdict for row in journal.check([witness])] == [Verdict.JOURNAL_EDITED]
        with pytest.raises(Problem) as refused:
            fill(journal, 1, witness)
        assert refused.value.finding.code == "S015"

    def test_a_witness_that_was_away_is_told_again(self, journal: Journal) -> None:
        witness = Memory()
        fill(journal, 1, witness)
        fill(journal, 2)
        fill(journal, 1, witness)
        assert witness.head is not None
        assert witness.head.seq == 4
        assert journal.check([witness]) == []
