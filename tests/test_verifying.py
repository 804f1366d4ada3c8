"""Verifying reads every byte of every copy and names each fault as what it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from metadata.finding import Finding
from metadata.problem import Problem
from repository.verify import Row, Verdict, sha512_of
from tests.homes import copied, flip, stored_book, stored_version, told
from workflows.founding import disks, open_store
from workflows.settings import Home
from workflows.verifying import Verified, as_finding, verify_store


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one stored book; only to be copied."""
    return stored_book(tmp_path_factory.mktemp("model"))


@pytest.fixture
def home(model: Path, tmp_path: Path) -> Home:
    """A copy of it, to be tampered with."""
    return copied(model, tmp_path / "home")


def verified(home: Home, object_id: str = "") -> Verified:
    heard: list[Finding] = []
    found = verify_store(home, object_id, heard.append)
    assert sorted(map(str, heard)) == sorted(map(str, found.faults))
    return found


def kinds(home: Home) -> list[str]:
    return [entry.kind for entry in open_store(home).journal.entries()]


class TestIntact:
    def test_every_byte_of_every_copy_is_read(self, home: Home) -> None:
        found = verified(home)
        sizes = [p.stat().st_size for n in (0, 1) for p in stored_version(home, n).rglob("*") if p.is_file()]
        assert (found.faults, found.intact) == ((), 3)
        # Manifests are read too, but counted with what they list; the tag manifest is listed nowhere.
        assert found.files == len(sizes) - 2
        tags = sum((stored_version(home, n) / "tagmanifest-sha512.txt").stat().st_size for n in (0, 1))
        assert found.bytes == sum(sizes) - tags

    def test_that_it_was_verified_is_written_down(self, home: Home) -> None:
        verified(home)
        last = list(open_store(home).journal.entries())[-1]
        assert (last.kind, last.subject, last.facts) == ("verified", "*", {"intact": 3, "faults": []})
        assert verified(home).faults == ()

    def test_one_object_can_be_verified_alone(self, home: Home) -> None:
        own = open_store(home).objects()[0]
        found = verified(home, f"uuid:{own}")
        assert (found.intact >= 2, found.faults) == (True, ())
        assert list(open_store(home).journal.entries())[-1].subject == own

    def test_an_object_that_is_none(self, home: Home) -> None:
        with pytest.raises(Problem, match="S004"):
            verified(home, "kniha")


class TestTampering:
    def test_a_flipped_byte_of_any_file_is_found_in_that_file(self, home: Home) -> None:
        for file in sorted(path for path in stored_version(home).rglob("*") if path.is_file()):
            whole = file.read_bytes()
            flip(file, len(whole) // 2)
            found = verified(home)
            named = {fault.code for fault in found.faults if fault.subject == str(file)}
            manifest = file.name in ("manifest-sha512.txt", "tagmanifest-sha512.txt")
            assert named & ({"S014", "S018", "S010"} if manifest else {"S010", "S018"}), file
            assert found.intact <= 2
            file.write_bytes(whole)
        assert verified(home).faults == ()

    @pytest.mark.parametrize("where", ["data/navic.txt", "navic.txt", "../navic", "../../navic.txt", "../../../../x"])
    def test_a_file_more(self, home: Home, where: str) -> None:
        extra = stored_version(home) / where
        extra.write_bytes(b"")
        (fault,) = verified(home).faults
        assert (fault.code, Path(fault.subject).resolve()) == ("S012", extra.resolve())

    def test_a_file_less(self, home: Home) -> None:
        (file,) = stored_version(home).glob("data/*/mastercopy/*.jp2")
        file.unlink()
        assert verified(home).faults == (Finding("S011", str(file), verified(home).faults[0].facts),)

    def test_a_whole_version_less(self, home: Home) -> None:
        gone = stored_version(home, 1)
        shutil.rmtree(gone)
        (fault,) = verified(home).faults
        assert (fault.code, fault.subject) == ("S022", str(gone))

    def test_a_whole_version_more(self, home: Home) -> None:
        shutil.copytree(stored_version(home), stored_version(home).with_name("v0002"))
        assert "S017" in told(verified(home).faults)

    def test_an_edited_journal_is_named_and_not_written_to(self, home: Home) -> None:
        (month,) = home.journal.glob("*.jsonl")
        lines = month.read_bytes().splitlines(keepends=True)
        month.write_bytes(b"".join([lines[0].replace(b"founded", b"foundex"), *lines[1:]]))
        before = month.read_bytes()
        faults = verified(home).faults
        assert faults[0].code == "S015"
        assert faults[0].facts["line"] == 1
        assert month.read_bytes() == before

    def test_a_cut_journal_is_named_and_not_written_to(self, home: Home) -> None:
        (month,) = home.journal.glob("*.jsonl")
        lines = month.read_bytes().splitlines(keepends=True)
        month.write_bytes(b"".join(lines[:-1]))
        (fault,) = verified(home).faults
        assert (fault.code, fault.facts["expected"], fault.facts["found"]) == ("S016", len(lines), len(lines) - 1)
        assert month.read_bytes() == b"".join(lines[:-1])

    def test_faults_are_written_down(self, home: Home) -> None:
        (stored_version(home) / "navic.txt").write_bytes(b"")
        verified(home)
        last = list(open_store(home).journal.entries())[-1]
        assert last.facts["intact"] == 2
        assert str(last.facts["faults"]).startswith("['S012 ")

    def test_a_place_that_is_away_is_a_fault_and_the_others_are_read(self, home: Home, tmp_path: Path) -> None:
        disks(home)[1].root.rename(tmp_path / "away")
        found = verified(home)
        assert (found.intact, told(found.faults)) == (2, ["S020"])
        assert kinds(home)[-1] == "verified"

    def test_an_altered_file_with_its_digests_put_right_is_found_by_the_journal(self, home: Home) -> None:
        folder = stored_version(home)
        (file,) = folder.glob("data/*/txt/*.txt")
        _forge(folder, file)
        found = verified(home)
        assert "S014" in told(found.faults)


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.INTACT])
def test_every_verdict_has_a_finding_in_both_languages(verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    found = as_finding(Row(verdict, "/store/x", {"why": "I/O", "line": 3, "expected": 9, "found": 8}))
    texts = []
    for tongue in ("cs", "en"):
        monkeypatch.setenv("KDR_LANGUAGE", tongue)
        texts += [found.text(), found.advice()]
    assert all("/store/x" in text for text in texts[::2])
    assert all(texts)
    assert texts[0] != texts[2]


def _forge(folder: Path, file: Path) -> None:
    """Change a file and put every digest in the bag right, as somebody with rights and patience would."""
    manifest, tags = folder / "manifest-sha512.txt", folder / "tagmanifest-sha512.txt"
    before = sha512_of(file)[0], sha512_of(manifest)[0]
    flip(file)
    for listing, listed, old in ((manifest, file, before[0]), (tags, manifest, before[1])):
        listing.chmod(0o644)
        listing.write_text(listing.read_text(encoding="utf-8").replace(old, sha512_of(listed)[0]), encoding="utf-8")
