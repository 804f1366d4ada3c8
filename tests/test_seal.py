"""Seals: every record, signature and time stamp is checked twice; whatever is forged, removed or grown old is found."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.file import place_bytes
from metadata.problem import Problem
from repository import seal as sealing
from repository.journal import Journal
from repository.seal import Day, Done, Sealer, days, read_covered, seal
from repository.seal_ageing import end_of
from repository.seal_check import Checked, Checker, check_seals
from repository.seal_cms import read_signed, read_stamp, signature_fault
from repository.seal_key import SealKey, load_key, make_test_key
from repository.seal_proof import proof
from repository.seal_renewal import lives, renew
from repository.seal_stamp import Authority, judge, obtain, read_trusted
from repository.verify import RECORD, SEAL, Verdict, canonical, entry_hash, main, verify_journal
from tests import tsa
from tests.bags import AGENT, BOOK, OTHER, two_books
from tests.tsa import Manner

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SealKey:
    file = tmp_path_factory.mktemp("key") / "test.p12"
    make_test_key(file, "heslo", "Knihovna", NOW - dt.timedelta(days=30))
    return load_key(file, "heslo", NOW)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tsa.Authority]:
    with tsa.authority(tmp_path_factory.mktemp("tsa") / "tsa") as running:
        yield running


@pytest.fixture
def authority(server: tsa.Authority) -> Authority:
    server.manner = Manner.WELL
    return Authority(server.url, server.root, seconds=2)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_books(tmp_path_factory.mktemp("pristine") / "repository")


@pytest.fixture
def journal(pristine: Path, tmp_path: Path) -> Journal:
    return Journal(shutil.copytree(pristine, tmp_path / "repository") / "journal", on(0))


def on(ago: int) -> Callable[[], str]:
    """A clock that says the time some days ago."""
    return lambda: (NOW - dt.timedelta(days=ago)).isoformat(timespec="seconds")


def sealer(journal: Journal, key: SealKey | None = None, authority: Authority | None = None) -> Sealer:
    return Sealer(journal, AGENT, "LIA001 Knihovna", key, authority)


def checked(journal: Journal, trusted: Path | None = None, *, later: int = 0, restamp: int = 365) -> Checked:
    return check_seals(Checker(journal, NOW + dt.timedelta(days=later, minutes=5), trusted, restamp))


def codes(checked: Checked) -> list[str]:
    return [row.code for row in checked.rows] + [found.code for found in checked.findings]


def told(done: Done) -> list[str]:
    return [found.code for found in done.findings]


def rehash(journal: Journal, at: int) -> None:
    """Edit a line and make the chain whole again from there on."""
    (month,) = journal.root.glob("*.jsonl")
    lines = [json.loads(line) for line in month.read_bytes().splitlines()]
    lines[at]["facts"]["forged"] = True
    previous = lines[at]["previous"]
    for fields in lines[at:]:
        fields["previous"] = previous
        previous = fields["hash"] = entry_hash(fields)
    month.write_bytes(b"".join(canonical(fields) + b"\n" for fields in lines))


class TestRecord:
    """Written each day, with or without key and authority, and chained."""

    def test_without_key_and_authority_it_is_written_and_both_are_said(self, journal: Journal) -> None:
        done = seal(sealer(journal))
        assert (done.new, done.signer, done.stamped, told(done)) == (True, "", "", ["S050", "S052"])
        (day,) = days(journal)
        assert day.fields["head"]["seq"] == 4
        assert day.fields["register"]["leaves"] == 2
        assert codes(checked(journal)) == ["S050", "S052"]
        assert checked(journal).good

    def test_the_same_day_says_already_and_changes_nothing(self, journal: Journal, key: SealKey) -> None:
        first = seal(sealer(journal, key))
        before = {path: path.read_bytes() for path in journal.root.rglob("*") if path.is_file()}
        second = seal(sealer(journal, key))
        assert (first.new, second.new, second.name) == (True, False, first.name)
        assert {path: path.read_bytes() for path in journal.root.rglob("*") if path.is_file()} == before

    def test_again_makes_another_that_follows(self, journal: Journal) -> None:
        first, second = seal(sealer(journal)), seal(sealer(journal), again=True)
        assert second.name == f"{first.name}-02"
        one, two = days(journal)
        assert two.fields["previous"] == one.digest
        assert two.fields["number"] == 2

    def test_a_key_that_comes_later_the_same_day_seals_the_record(self, journal: Journal, key: SealKey) -> None:
        seal(sealer(journal))
        done = seal(sealer(journal, key))
        assert "TEST" in done.signer
        assert [entry.facts["sealed"] for entry in journal.entries(kinds=("sealed",))] == [False, True]
        assert checked(journal).good

    def test_a_clock_set_back_makes_no_record_before_an_older_one(self, journal: Journal) -> None:
        seal(sealer(journal))
        with pytest.raises(Problem, match="S054"):
            seal(sealer(replace(journal, clock=on(3))))

    def test_an_edited_journal_is_not_sealed(self, journal: Journal) -> None:
        (month,) = journal.root.glob("*.jsonl")
        month.write_bytes(month.read_bytes().replace(b'"files":7', b'"files":8', 1))
        with pytest.raises(Problem, match="S015"):
            seal(sealer(journal))
        assert days(journal) == ()


class TestKilled:
    """Whatever a kill leaves, the next run finishes it, once."""

    @pytest.mark.parametrize("writes", range(8))
    def test_after_any_file(
        self, writes: int, journal: Journal, key: SealKey, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        left = [writes]

        def dying(target: Path, content: bytes, *, durable: bool = True) -> None:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            place_bytes(target, content, durable=durable)

        monkeypatch.setattr(sealing, "place_bytes", dying)
        try:
            seal(sealer(journal, key, authority))
        except KeyboardInterrupt:
            monkeypatch.setattr(sealing, "place_bytes", place_bytes)
            seal(sealer(journal, key, authority))
        assert writes >= 6 or not left[0]
        assert len(days(journal)) == 1
        assert [entry.kind for entry in journal.entries()][4:] == ["sealed", "stamped"]
        assert codes(checked(journal, authority.trusted)) == []

    def test_before_the_journal_was_told(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sealing, "_tell_sealed", lambda *_: None)
        seal(sealer(replace(journal, clock=on(1))))
        monkeypatch.undo()
        seal(sealer(journal))
        assert [entry.subject for entry in journal.entries(kinds=("sealed",))] == [day.name for day in days(journal)]


class TestForgery:
    """An attacker who may write everything but has neither key nor clock of others."""

    def test_history_rewritten_and_hashed_anew(self, journal: Journal) -> None:
        seal(sealer(journal))
        rehash(journal, 1)
        assert {row.verdict for row in verify_journal(journal.root)} == {Verdict.JOURNAL_EDITED}

    def test_history_rewritten_and_the_record_too_does_not_fit_its_signature(
        self, journal: Journal, key: SealKey
    ) -> None:
        seal(sealer(journal, key))
        (day,) = days(journal)
        rehash(journal, 1)
        (journal.root / "seals").rename(journal.root / "aside")
        with pytest.raises(Problem):  # its journal entry says that there was one
            seal(sealer(journal))
        (month,) = journal.root.glob("*.jsonl")
        month.write_bytes(b"".join(month.read_bytes().splitlines(keepends=True)[:4]))
        seal(sealer(journal))
        shutil.copy(journal.root / "aside" / day.name / SEAL, day.folder / SEAL)
        shutil.copy(journal.root / "aside" / day.name / "chain.pem", day.folder / "chain.pem")
        found = checked(journal)
        assert set(codes(found)) == {"S055", "S052"}
        (signature,) = found.days[0].judged
        assert signature.python == "messageDigest"
        assert signature.openssl
        assert not found.good

    def test_tail_cut_back_below_a_record(self, journal: Journal) -> None:
        seal(sealer(journal))
        (month,) = journal.root.glob("*.jsonl")
        month.write_bytes(b"".join(month.read_bytes().splitlines(keepends=True)[:2]))
        assert [row.verdict for row in verify_journal(journal.root)] == [Verdict.JOURNAL_CUT]

    @pytest.mark.parametrize("tree", ["entries", "register"])
    def test_a_root_altered(self, tree: str, journal: Journal) -> None:
        seal(sealer(journal))
        (day,) = days(journal)
        fields = day.fields | {tree: day.fields[tree] | {"root": "00" * 64}}
        (day.folder / RECORD).write_bytes(canonical(fields))
        verdicts = [row.verdict for row in verify_journal(journal.root)]
        assert verdicts
        assert set(verdicts) == {Verdict.SEAL_WRONG}

    def test_a_record_removed(self, journal: Journal) -> None:
        seal(sealer(journal))
        shutil.rmtree(days(journal)[0].folder)
        assert codes(checked(journal)) == ["S054"]

    def test_a_record_of_the_middle_removed(self, journal: Journal) -> None:
        for ago in (2, 1, 0):
            seal(sealer(replace(journal, clock=on(ago))))
        shutil.rmtree(days(journal)[1].folder)
        assert "S054" in codes(checked(journal))
        assert not checked(journal).good

    def test_a_record_that_is_no_json(self, journal: Journal) -> None:
        seal(sealer(journal))
        (days(journal)[0].folder / RECORD).write_bytes(b"{}")
        assert "S054" in codes(checked(journal))

    def test_a_signature_removed(self, journal: Journal, key: SealKey) -> None:
        seal(sealer(journal, key))
        (days(journal)[0].folder / SEAL).unlink()
        assert "S054" in codes(checked(journal))

    def test_sealed_anew_with_another_key(self, journal: Journal, key: SealKey, tmp_path: Path) -> None:
        seal(sealer(journal, key))
        make_test_key(tmp_path / "other.p12", "", "Jiný", NOW)
        other = load_key(tmp_path / "other.p12", "", NOW)
        (day,) = days(journal)
        (day.folder / "chain.pem").write_bytes(other.pem())
        (day.folder / SEAL).write_bytes(other.sign((day.folder / RECORD).read_bytes()))
        found = checked(journal)
        assert "S055" in codes(found)
        assert found.days[0].judged[0].python == "journal: signer"

    @pytest.mark.parametrize("name", ["stamp-001.tsr", "stamp-001.txt"])
    def test_a_stamp_altered_or_removed(self, name: str, journal: Journal, key: SealKey, authority: Authority) -> None:
        seal(sealer(journal, key, authority))
        file = days(journal)[0].folder / name
        kept = file.read_bytes()
        file.write_bytes(kept[:-9] + bytes([kept[-9] ^ 1]) + kept[-8:])
        assert not checked(journal, authority.trusted).good
        file.unlink()
        assert not checked(journal, authority.trusted).good
        file.write_bytes(kept)
        assert checked(journal, authority.trusted).good


class TestKey:
    def test_wrong_password_or_no_key(self, tmp_path: Path) -> None:
        make_test_key(tmp_path / "a.p12", "heslo", "Knihovna", NOW)
        assert (tmp_path / "a.p12").stat().st_mode & 0o077 == 0
        with pytest.raises(Problem, match="S051"):
            load_key(tmp_path / "a.p12", "jiné", NOW)
        with pytest.raises(Problem, match="S051"):
            load_key(tmp_path / "none.p12", "", NOW)
        (tmp_path / "b.p12").write_bytes(b"no key")
        with pytest.raises(Problem, match="S051"):
            load_key(tmp_path / "b.p12", "", NOW)

    def test_one_whose_certificate_has_ended(self, tmp_path: Path) -> None:
        make_test_key(tmp_path / "a.p12", "", "Knihovna", NOW - dt.timedelta(days=4000))
        with pytest.raises(Problem, match="S051"):
            load_key(tmp_path / "a.p12", "", NOW)

    def test_one_that_is_there_is_not_written_over(self, tmp_path: Path) -> None:
        make_test_key(tmp_path / "a.p12", "", "Knihovna", NOW)
        with pytest.raises(FileExistsError):
            make_test_key(tmp_path / "a.p12", "", "Knihovna", NOW)

    def test_a_key_with_an_authority_above_it(self, journal: Journal, tmp_path: Path) -> None:
        top, own = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        root, leaf = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("CA", "Knihovna"))
        begun, ends = NOW - dt.timedelta(days=1), NOW + dt.timedelta(days=9)
        made = [
            x509.CertificateBuilder(root, subject, key.public_key(), serial, begun, ends)
            .add_extension(x509.BasicConstraints(ca=key is top, path_length=None), critical=True)
            .sign(top, hashes.SHA256())
            for serial, (subject, key) in enumerate(((root, top), (leaf, own)), 1)
        ]
        secret = serialization.BestAvailableEncryption(b"heslo")
        packed = pkcs12.serialize_key_and_certificates(b"", own, made[1], made[:1], secret)
        (tmp_path / "ca.p12").write_bytes(packed)
        done = seal(sealer(journal, load_key(tmp_path / "ca.p12", "heslo", NOW)))
        assert (done.signer, done.test) == ("CN=Knihovna", False)
        assert (days(journal)[0].folder / "chain.pem").read_bytes().count(b"BEGIN") == 2
        found = checked(journal)
        assert (codes(found), found.days[0].judged[0].python, found.days[0].judged[0].openssl) == (["S052"], "", "")

    @settings(max_examples=25)
    @given(content=st.binary(min_size=1, max_size=300), data=st.data())
    def test_a_signature_fits_what_was_signed_and_nothing_else(
        self, key: SealKey, content: bytes, data: st.DataObject
    ) -> None:
        signed = read_signed(key.sign(content))
        assert signature_fault(signed, content) == ""
        at = data.draw(st.integers(0, len(content) - 1))
        assert signature_fault(signed, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]) == "messageDigest"

    @settings(max_examples=60)
    @given(data=st.data())
    def test_damaged_signed_data_is_refused_or_judged_but_never_crashes(
        self, key: SealKey, data: st.DataObject
    ) -> None:
        whole = key.sign(b"record")
        at = data.draw(st.integers(0, 10_000)) % len(whole)  # no two signatures are of the same length
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :]):
            try:
                said = signature_fault(read_signed(damaged), b"record")
            except ValueError:
                continue
            assert said != "" or damaged != whole[:at]  # what was cut off is never good


class TestAuthority:
    """A real HTTP server over `openssl ts`; whatever it answers, a stamp that is kept is a good one."""

    @pytest.mark.parametrize(
        "manner", [Manner.EXPIRED, Manner.WRONG_NONCE, Manner.REFUSES, Manner.HTML, Manner.FLOOD, Manner.ERROR]
    )
    def test_a_bad_answer_leaves_the_record_unstamped_and_says_why(
        self, manner: Manner, journal: Journal, key: SealKey, authority: Authority, server: tsa.Authority
    ) -> None:
        server.manner = manner
        done = seal(sealer(journal, key, authority))
        assert (told(done), done.stamped) == (["S053"], "")
        assert done.findings[0].facts["why"]
        assert codes(checked(journal, authority.trusted)) == ["S052"]
        server.manner = Manner.WELL
        assert told(seal(sealer(journal, key, authority))) == []  # the next run makes up for it
        assert codes(checked(journal, authority.trusted)) == []

    def test_one_that_hangs_or_is_not_there(
        self, journal: Journal, authority: Authority, server: tsa.Authority
    ) -> None:
        server.manner = Manner.HANGS
        assert told(seal(sealer(journal, None, replace(authority, seconds=0.4)))) == ["S050", "S053"]
        away = replace(authority, url="http://127.0.0.1:1/tsa")
        assert told(seal(sealer(journal, None, away))) == ["S050", "S053"]

    def test_both_judges_say_good(self, journal: Journal, key: SealKey, authority: Authority) -> None:
        done = seal(sealer(journal, key, authority))
        found = checked(journal, authority.trusted)
        assert done.stamped[:10] == f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
        assert [(each.file, each.python, each.openssl) for each in found.days[0].judged] == [
            (SEAL, "", ""),
            ("stamp-001.tsr", "", ""),
        ]
        assert found.days[0].test

    def test_unsorted_certificates_are_kept_on_the_word_of_openssl(
        self, journal: Journal, authority: Authority, server: tsa.Authority
    ) -> None:
        server.manner = Manner.UNSORTED
        assert told(seal(sealer(journal, None, authority))) == ["S050"]
        found = checked(journal, authority.trusted)
        assert [(each.python, each.openssl) for each in found.days[0].judged] == [("unread", "")]
        assert found.good

    def test_trusted_certificates_that_are_others(
        self, journal: Journal, authority: Authority, tmp_path: Path, key: SealKey
    ) -> None:
        seal(sealer(journal, None, authority))
        (tmp_path / "other.pem").write_bytes(key.pem())
        found = checked(journal, tmp_path / "other.pem")
        assert "S055" in codes(found)
        assert all(found.days[0].judged[0].__getattribute__(who) for who in ("python", "openssl"))
        assert not checked(journal, tmp_path / "none.pem").good
        assert not checked(journal, None).good

    def test_a_stamp_over_something_else(self, authority: Authority) -> None:
        answer, trusted = obtain(authority, b"one"), read_trusted(authority.trusted)
        assert judge(answer, b"one", trusted, None).good
        other = judge(answer, b"other", trusted, None)
        assert other.client
        assert other.openssl


class TestAgeing:
    """Renewed in time, a seal outlives certificates; not renewed, it is a fault."""

    def test_a_certificate_that_ends_soon_is_renewed(
        self, journal: Journal, key: SealKey, authority: Authority, server: tsa.Authority
    ) -> None:
        server.manner = Manner.SOON
        seal(sealer(journal, key, authority))
        soon = checked(journal, authority.trusted)
        assert (codes(soon), soon.good) == (["S056"], True)
        assert codes(checked(journal, authority.trusted, later=20)) == ["S055", "S055"]
        server.manner = Manner.WELL
        (made,) = renew(sealer(journal, key, authority), NOW.date(), 365)
        assert made.name == "stamp-002.tsr"
        assert {"stamp-001.tsr", SEAL, RECORD} <= set(read_covered(made.with_suffix(".txt").read_bytes()))
        assert codes(checked(journal, authority.trusted)) == []
        assert codes(checked(journal, authority.trusted, later=20)) == []  # the first one has ended, the second has not
        assert renew(sealer(journal, key, authority), NOW.date(), 365) == ()

    def test_the_record_of_the_next_day_keeps_the_stamps_before_it_alive(
        self, journal: Journal, key: SealKey, authority: Authority, server: tsa.Authority
    ) -> None:
        server.manner = Manner.SOON
        seal(sealer(journal, key, authority))
        server.manner = Manner.WELL
        seal(sealer(journal, key, authority), again=True)
        assert [life.kept_by for life in lives(days(journal))] == [days(journal)[-1].name] * 2
        assert codes(checked(journal, authority.trusted, later=20)) == []
        shutil.rmtree(days(journal)[-1].folder)  # nothing keeps it any more
        assert "S055" in codes(checked(journal, authority.trusted, later=20))

    def test_a_file_of_the_day_before_that_was_altered(
        self, journal: Journal, key: SealKey, authority: Authority
    ) -> None:
        for _ in range(2):
            seal(sealer(journal, key, authority), again=True)
        chain = days(journal)[0].folder / "chain.pem"
        chain.write_bytes(chain.read_bytes() + b"\n")
        assert "S054" in codes(checked(journal, authority.trusted))

    def test_weak_functions_end_early(self, authority: Authority) -> None:
        made = read_stamp(obtain(authority, b"data"))
        assert end_of(made).why.startswith("CN=TEST")
        assert end_of(replace(made, algorithm="sha1")).day == dt.date(2017, 2, 23)
        assert end_of(replace(made, algorithm="unknown")).day < NOW.date()

    def test_renewal_without_authority(self, journal: Journal, authority: Authority, server: tsa.Authority) -> None:
        server.manner = Manner.SOON
        seal(sealer(journal, None, authority))
        with pytest.raises(Problem, match="S052"):
            renew(sealer(journal), NOW.date(), 365)


class TestProof:
    """One file shows a version under a sealed root, to somebody who has neither repository nor journal."""

    @pytest.fixture
    def file(self, journal: Journal, key: SealKey, tmp_path: Path) -> Path:
        seal(sealer(journal, key))
        (tmp_path / "proof.json").write_text(json.dumps(proof(journal, BOOK)), encoding="utf-8")
        return tmp_path / "proof.json"

    def test_holds_for_the_bag_and_the_journal(self, file: Path, journal: Journal) -> None:
        bag = journal.root.parent / "primary" / "3f" / "a2" / BOOK / "v0001"
        assert main(["--proof", str(file)]) == 0
        assert main(["--proof", str(file), "--journal", str(journal.root), str(bag)]) == 0
        other = journal.root.parent / "primary" / "3f" / "b2" / OTHER / "v0001"
        assert main(["--proof", str(file), str(other)]) == 1

    @pytest.mark.parametrize(
        "change",
        [
            lambda told: told["version"].__setitem__("manifest-sha512.txt", "00" * 64),
            lambda told: told["version"].__setitem__("object", OTHER),
            lambda told: told["version"].__setitem__("index", 1),
            lambda told: told["version"].__setitem__("path", []),
            lambda told: told["entries"][0]["entry"]["facts"].__setitem__("bytes", 1),
            lambda told: told["entries"][0].__setitem__("path", ["00" * 64]),
            lambda told: told["files"].__setitem__(RECORD, base64.b64encode(b"{}").decode()),
            lambda told: told.pop("files"),
            lambda told: told.__setitem__("version", 5),
        ],
    )
    def test_anything_altered_in_it_is_found(self, change: object, file: Path) -> None:
        told = json.loads(file.read_text())
        change(told)  # type: ignore[operator]
        file.write_text(json.dumps(told))
        assert main(["--proof", str(file)]) == 1

    def test_what_was_not_held_has_none(self, journal: Journal) -> None:
        with pytest.raises(Problem, match="S057"):
            proof(journal, BOOK)
        seal(sealer(journal))
        for version, date in (("v0002", ""), ("v0001", "2001-01-01")):
            with pytest.raises(Problem, match="S057"):
                proof(journal, BOOK, version, date)
        assert proof(journal, BOOK, "v0001", days(journal)[0].name)["version"]["size"] == 2

    def test_an_older_record_proves_what_was_let_go_since(self, journal: Journal) -> None:
        seal(sealer(replace(journal, clock=on(1))))
        journal.append("disposed", BOOK, {"versions": ["v0001"], "places": []}, AGENT)
        seal(sealer(journal))
        assert [day.fields["register"]["leaves"] for day in days(journal)] == [2, 1]
        assert proof(journal, BOOK)["name"] == days(journal)[0].name
        assert checked(journal).good


def test_a_day_that_was_not_stamped_covers_nothing(journal: Journal) -> None:
    seal(sealer(journal))
    (day,) = days(journal)
    assert isinstance(day, Day)
    assert (day.covered(), day.stamps, lives(days(journal))) == ({}, (), ())
