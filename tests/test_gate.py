"""The gate: what is sound is stored whole, what is not stays as it came with its reasons; a kill changes nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import bagit
import pytest

import workflows.gate
import workflows.gate_sight
from ingest.virus import Scan, Sight
from metadata.problem import Problem
from metadata.wording import wording
from repository.bag import bag_info
from repository.journal import Journal
from repository.store import Store
from repository.verify import Verdict, verify_places
from tests.bag_cases import NFC, NFD, ODD, SOUND, WRONG, Stranger
from tests.bags import AGENT, BOOK, OTHER, make_bag, make_store
from tests.homes import KDR, changed, copied, environment, everything, flip, kdr, make_home
from workflows.founding import disks, open_store
from workflows.gate import GATED, clear_safe, hand_back, take, waiting
from workflows.gate_report import ACCEPTED, REFUSED, Gated
from workflows.gate_sight import check
from workflows.quarantine import cases
from workflows.settings import GateSettings, Home

OURS = {"External-Identifier": f"urn:uuid:{BOOK}", "Source-Organization": "Muzeum"}
STORABLE = f"External-Identifier: urn:uuid:{BOOK}\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def stored(home: Home, ended: Gated, place: int = 0) -> Path:
    """The folder of the version that a delivery became."""
    return disks(home)[place].root / ended.object_id[:2] / ended.object_id[2:4] / ended.object_id / ended.version


def codes(ended: Gated) -> set[str]:
    return {found.code for found in ended.seen.findings}


def gated(home: Home) -> list[dict[str, object]]:
    return [dict(entry.facts) for entry in Journal(home.journal).entries(kinds=[GATED])]


def objects(home: Home) -> dict[str, tuple[str, ...]]:
    store = open_store(home)
    return {object_id: store.versions(object_id) for object_id in store.objects()}


def sound(home: Home) -> bool:
    """Whether every byte of all places and the journal is as it should be, and nothing lies about."""
    rows = verify_places([place.root for place in disks(home)], home.journal)
    return all(row.verdict is Verdict.INTACT for row in rows)


def as_archive(bag: Path, ending: str) -> Path:
    path = bag.with_name(f"{bag.name}.{ending}")
    if ending == "zip":
        with zipfile.ZipFile(path, "w") as packed:
            for file in sorted(bag.rglob("*")):
                packed.write(file, file.relative_to(bag.parent))
    else:
        with tarfile.open(path, "w:gz") as tar:
            tar.add(bag, bag.name)
    return path


class TestTaking:
    def test_a_bag_by_our_profile_is_stored_byte_for_byte(self, home: Home, tmp_path: Path) -> None:
        bag = make_bag(tmp_path / "dodavka", info=OURS)
        ended = take(home, bag)
        assert (ended.verdict, ended.object_id, ended.new) == (ACCEPTED, BOOK, True)
        assert ended.seen.kept == "as delivered"
        assert everything(stored(home, ended)) == everything(bag) == everything(stored(home, ended, 1))

    def test_any_other_bag_is_kept_whole_inside_one_of_ours(self, home: Home, tmp_path: Path) -> None:
        bag = SOUND["two-algorithms"].write(tmp_path / "stará dodávka")
        ended = take(home, bag, "Jana Nováková")
        made = stored(home, ended)
        assert ended.seen.kept == "wrapped"
        assert everything(made / "data" / bag.name) == everything(bag)
        assert bagit.Bag(str(made)).is_valid()
        seen = json.loads((made / "data/provenance/gate.json").read_text(encoding="utf-8"))
        assert seen["by"]["name"] == "Jana Nováková"
        assert seen["seen"]["formats"]["data/a.txt"].startswith("x-fmt/")
        assert bag_info(made)["External-Description"] == "stará dodávka"

    @pytest.mark.parametrize("case", ["nfd", "trailing-blank"])
    @pytest.mark.parametrize("archive", [True, False])
    def test_names_our_manifest_cannot_hold_are_kept_inside_an_archive(
        self, case: str, archive: bool, home: Home, tmp_path: Path
    ) -> None:
        bag = {**SOUND, **ODD}[case].write(tmp_path / "bag")
        given = as_archive(bag, "tar.gz") if archive else bag
        ended = take(home, given)
        assert ended.seen.kept == "archive in a bag"
        (kept,) = (stored(home, ended) / "data/bag").iterdir()
        if archive:
            assert kept.read_bytes() == given.read_bytes()
        with tarfile.open(kept) as tar:
            tar.extractall(tmp_path / "again", filter="data")
        assert everything(tmp_path / "again" / ("bag" if archive else "")) == everything(bag)

    def test_the_same_bag_in_any_form_is_one_object_and_one_version(self, home: Home, tmp_path: Path) -> None:
        bag = SOUND["basic-0.97"].write(tmp_path / "bag")
        forms = [bag, bag, as_archive(bag, "zip"), as_archive(bag, "tar.gz")]
        ended = [take(home, form) for form in forms]
        assert [each.new for each in ended] == [True, False, False, False]
        assert objects(home) == {ended[0].object_id: ("v0001",)}
        assert len(gated(home)) == 3

    def test_what_is_stored_and_safe_leaves_the_gate_but_for_its_report(self, home: Home, tmp_path: Path) -> None:
        ended = take(changed(home.folder, copies=2), make_bag(tmp_path / "bag", info=OURS))
        (case,) = cases(home)
        assert ended.safe
        assert {path.name for path in case.folder.iterdir()} == {"delivery.json", "report.json", "report.txt"}

    def test_what_is_not_safe_yet_stays_as_it_came(self, home: Home, tmp_path: Path) -> None:
        bag = SOUND["basic-0.97"].write(tmp_path / "bag")
        ended = take(changed(home.folder, copies=3), bag)
        (case,) = cases(home)
        assert (ended.verdict, ended.safe) == (ACCEPTED, False)
        assert everything(case.delivered) == everything(bag)
        assert clear_safe(changed(home.folder, copies=3)) == ()
        assert clear_safe(changed(home.folder, copies=2)) == (case.id,)
        assert not case.waits

    def test_it_is_journalled_with_who_and_what(self, home: Home, tmp_path: Path) -> None:
        take(home, make_bag(tmp_path / "bag", info=OURS), "Petr")
        (facts,) = gated(home)
        assert (facts["verdict"], facts["object"], facts["by"], facts["files"]) == (ACCEPTED, BOOK, "Petr", 3)

    def test_the_gate_adds_no_version_to_an_object_of_ours(self, home: Home, tmp_path: Path) -> None:
        take(home, make_bag(tmp_path / "ours", info=OURS))
        ended = take(home, make_bag(tmp_path / "theirs", files={"data/x": b"other"}, info=OURS))
        assert (ended.verdict, codes(ended) & {"S078"}) == (REFUSED, {"S078"})
        assert objects(home) == {BOOK: ("v0001",)}

    def test_an_older_version_delivered_again_is_found(self, home: Home, tmp_path: Path) -> None:
        first = make_bag(tmp_path / "first", info=OURS)
        take(home, first)
        newer = make_bag(tmp_path / "newer", files={"data/x": b"newer"}, info=OURS)
        open_store(home).take(newer, BOOK, AGENT)
        ended = take(home, first)
        assert (ended.verdict, ended.version, ended.new) == (ACCEPTED, "v0001", False)
        assert objects(home) == {BOOK: ("v0001", "v0002")}


class TestRefusing:
    @pytest.mark.parametrize("case", ["hole", "altered-payload", "path-upwards-1.0", "case-twins", "no-declaration"])
    def test_it_stays_as_it_came_and_says_why_in_two_languages(self, case: str, home: Home, tmp_path: Path) -> None:
        bag = WRONG[case][0].write(tmp_path / "bag")
        ended = take(home, bag)
        (kept,) = cases(home)
        assert ended.verdict == REFUSED
        assert everything(kept.delivered) == everything(bag)
        assert objects(home) == {}
        report = (kept.folder / "report.txt").read_text(encoding="utf-8")
        assert report.index("ODMÍTNUTO") < report.index("REFUSED")
        assert WRONG[case][1] in report
        assert gated(home)[0]["findings"]

    def test_a_link_is_refused_and_not_followed(self, home: Home, tmp_path: Path) -> None:
        ended = take(home, WRONG["linked-folder"][0].write(tmp_path / "bag"))
        assert codes(ended) == {"S069"}
        assert not [path for path in home.quarantine.rglob("*") if path.is_symlink() or "hostname" in path.name]

    def test_a_hostile_archive_writes_nothing_outside(self, home: Home, tmp_path: Path) -> None:
        archive = tmp_path / "bag.tar"
        with tarfile.open(archive, "w") as tar:
            tar.addfile(tarfile.TarInfo("../../../outside"))
        ended = take(home, archive)
        assert codes(ended) == {"S070"}
        (case,) = cases(home)
        assert case.delivered.read_bytes() == archive.read_bytes()
        assert list(tmp_path.rglob("outside")) == []

    def test_it_can_be_given_back_and_come_again(self, home: Home, tmp_path: Path) -> None:
        bag = WRONG["missing-payload"][0].write(tmp_path / "bag")
        before = everything(bag)
        ended = take(home, bag)
        back = hand_back(home, ended.id[:8], tmp_path / "back")
        assert everything(back) == before
        assert [(each.verdict, each.here) for each in waiting(home)] == [(REFUSED, False)]
        with pytest.raises(Problem, match="S079"):
            hand_back(home, ended.id, tmp_path / "again")
        assert take(home, bag).id == ended.id
        assert waiting(home)[0].here

    def test_only_what_was_refused_is_given_back(self, home: Home, tmp_path: Path) -> None:
        ended = take(home, make_bag(tmp_path / "bag", info=OURS))
        for delivery in (ended.id, "0000", ""):
            with pytest.raises(Problem, match="S079"):
                hand_back(home, delivery, tmp_path / "back")

    @pytest.mark.parametrize("given", ["gone", "file.txt", "home", "home/journal", "."])
    def test_what_is_no_delivery_or_our_own(self, given: str, home: Home, tmp_path: Path) -> None:
        (tmp_path / "file.txt").write_bytes(b"x")
        with pytest.raises(Problem, match="S079"):
            take(home, tmp_path / given)

    def test_more_than_the_settings_allow_is_not_even_copied(self, home: Home, tmp_path: Path) -> None:
        small = home.settings.model_copy(update={"gate": GateSettings(max_files=2)})
        with pytest.raises(Problem, match="S079"):
            take(home.model_copy(update={"settings": small}), make_bag(tmp_path / "bag"))
        assert cases(home) == ()


@dataclass(frozen=True, slots=True)
class Scanner:
    """In place of clamd: files named in `sights` are seen so, all others are clean."""

    address: str
    sights: ClassVar[dict[str, Scan]] = {}

    def version(self) -> str:
        if self.address == "gone":
            raise FileNotFoundError(2, "No such file")
        return "ClamAV 1.0/27000"

    def scan(self, path: Path) -> Scan:
        return self.sights.get(path.name, Scan(Sight.CLEAN))


class TestViruses:
    @pytest.fixture
    def scanned(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
        monkeypatch.setattr(workflows.gate_sight, "Clamd", Scanner)
        settings = home.settings.model_copy(update={"gate": GateSettings(clamd="/run/clamd")})
        return home.model_copy(update={"settings": settings})

    @pytest.mark.parametrize(
        ("scan", "verdict", "code"),
        [
            (Scan(Sight.INFECTED, "Eicar"), REFUSED, "S071"),
            (Scan(Sight.FAILED, "timed out"), REFUSED, "S076"),
            (Scan(Sight.TOO_LARGE, "limit"), ACCEPTED, "S072"),
        ],
    )
    def test_what_was_seen_decides(self, scan: Scan, verdict: str, code: str, scanned: Home, tmp_path: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Scanner, "sights", {"mets.xml": scan})
            ended = take(scanned, make_bag(tmp_path / "bag", info=OURS))
        assert (ended.verdict, code in codes(ended)) == (verdict, True)
        assert objects(scanned) == ({} if verdict == REFUSED else {BOOK: ("v0001",)})

    def test_clean_is_told_with_the_scanner(self, scanned: Home, tmp_path: Path) -> None:
        ended = take(scanned, make_bag(tmp_path / "bag", info=OURS))
        assert ended.seen.scanner.startswith("ClamAV")
        assert not codes(ended) & {"S071", "S072", "S076"}

    def test_without_a_scanner_it_is_said_and_accepted(self, home: Home, tmp_path: Path) -> None:
        ended = take(home, make_bag(tmp_path / "bag", info=OURS))
        assert (ended.verdict, "S072" in codes(ended)) == (ACCEPTED, True)

    def test_a_configured_scanner_that_is_away_lets_nothing_in_until_it_is_back(
        self, scanned: Home, tmp_path: Path
    ) -> None:
        gone = scanned.settings.model_copy(update={"gate": GateSettings(clamd="gone")})
        bag = make_bag(tmp_path / "bag", info=OURS)
        assert codes(take(scanned.model_copy(update={"settings": gone}), bag)) >= {"S076"}
        assert take(scanned, bag).verdict == ACCEPTED


class Killed(BaseException):
    """In place of kill -9."""


class TestKills:
    """A run that ends at any step and is begun again ends as if it had not."""

    @pytest.mark.parametrize("case", ["basic-0.97", "ours"])
    @pytest.mark.parametrize("after", [True, False])
    @pytest.mark.parametrize(
        "step", ["bring_in", "looked_through", "wrap", "_ended", "_journal", "write_down", "clear"]
    )
    def test_between_any_two_steps(self, case: str, step: str, after: bool, home: Home, tmp_path: Path) -> None:
        made = make_bag(tmp_path / "ours", info=OURS)
        bag = made if case == "ours" else SOUND[case].write(tmp_path / "bag")
        changed_home = changed(home.folder, copies=2)
        real: Callable[..., object] = getattr(workflows.gate, step)

        def dies(*given: object) -> object:
            if after:
                real(*given)
            raise Killed

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(workflows.gate, step, dies)
            if (case, step) != ("ours", "wrap"):
                with pytest.raises(Killed):
                    take(changed_home, bag)
        ended = take(changed_home, bag)
        assert (ended.verdict, ended.version, ended.safe) == (ACCEPTED, "v0001", True)
        assert objects(home) == {ended.object_id: ("v0001",)}
        assert len(gated(home)) == 1
        assert [path.name for path in cases(home)[0].folder.iterdir() if path.is_dir()] == []
        assert sound(home)

    @pytest.mark.slow
    def test_kill_9_of_the_real_command(self, home: Home, tmp_path: Path) -> None:
        bag = Stranger(files={f"data/{n}": bytes([n]) * 200_000 for n in range(60)}).write(tmp_path / "bag")
        command = [str(KDR), "--home", str(home.folder), "gate", "take", str(bag)]
        begun = time.monotonic()
        trial = copied(home.folder, tmp_path / "trial")
        subprocess.run(
            [*command[:2], str(trial.folder), *command[3:]], check=True, env=environment(), capture_output=True
        )
        whole = time.monotonic() - begun
        for part in (0.7, 0.85, 0.95):
            running = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, start_new_session=True)
            time.sleep(whole * part)
            os.killpg(running.pid, signal.SIGKILL) if running.poll() is None else None
            running.wait()
        ended = take(home, bag)
        assert objects(home) == {ended.object_id: ("v0001",)}
        assert len(gated(home)) == 1
        assert sound(home)


class TestNames:
    """Every rule for names, through the gate and through the store: kept as they are, or refused; never changed."""

    RULES: ClassVar[dict[str, tuple[dict[str, bytes], str, bool]]] = {
        # files, code at the gate (empty: accepted), whether the store takes the bag as it is
        "nfc": ({NFC: b"1"}, "", True),
        "nfd": ({NFD: b"1"}, "", False),
        "nfc-nfd-twins": ({NFC: b"1", NFD: b"2"}, "S068", False),
        "case-twins": ({"data/a": b"1", "data/A": b"2"}, "S068", False),
        "case-twins-of-folders": ({"data/a/1": b"1", "data/A/2": b"2"}, "S068", False),
        "twins-by-folding": ({"data/straße": b"1", "data/STRASSE": b"2"}, "S068", False),
        "trailing-dot": ({"data/a.": b"1", "data/b./c": b"2"}, "", True),
        "trailing-blank": ({"data/a ": b"1"}, "", False),
        "blank-within": ({"data/a b": b"1", "data/c /d": b"2"}, "", True),
        "255-bytes": ({"data/" + "x" * 255: b"1"}, "", True),
        "255-bytes-of-czech": ({"data/" + "ž" * 127 + "x": b"1"}, "", True),
        "emoji": ({"data/📚/👩🏽‍🏫.txt": b"1"}, "", True),
        "line-end": ({"data/a\nb": b"1"}, "", True),
        "windows": ({"data/CON": b"1", "data/a:b?": b"2", "data/back\\slash": b"3"}, "", True),
        "percent": ({"data/50%": b"1", "data/%41": b"2"}, "", True),
        "star-and-tilde": ({"data/*": b"1", "data/~": b"2"}, "", True),
    }

    def bag(self, rule: str, folder: Path) -> Path:
        def line(path: str, value: str) -> str:
            return f"{value}  {path.replace('%', '%25').replace(chr(10), '%0A')}\n"

        return Stranger(files=self.RULES[rule][0], info=STORABLE, lines=line).write(folder / "bag")

    @pytest.mark.parametrize("rule", sorted(RULES))
    def test_through_the_gate(self, rule: str, home: Home, tmp_path: Path) -> None:
        bag = self.bag(rule, tmp_path)
        before, ended = everything(bag), take(home, bag)
        if self.RULES[rule][1]:
            assert codes(ended) >= {self.RULES[rule][1]}
            assert everything(cases(home)[0].delivered) == before
            return
        assert ended.verdict == ACCEPTED
        made = stored(home, ended)
        assert sound(home)
        if ended.seen.kept == "archive in a bag":
            with tarfile.open(made / "data/bag/bag.tar") as tar:
                tar.extractall(tmp_path / "out", filter="data")
            assert everything(tmp_path / "out") == before
        else:
            assert everything(made / "data/bag") == before

    @pytest.mark.parametrize("rule", sorted(RULES))
    def test_through_the_store(self, rule: str, tmp_path: Path) -> None:
        bag, store = self.bag(rule, tmp_path), make_store(tmp_path / "store")
        if not self.RULES[rule][2]:
            with pytest.raises(Problem, match="V006"):
                store.take(bag, BOOK, AGENT)
            assert store.objects() == ()
            return
        assert store.take(bag, BOOK, AGENT).version == "v0001"
        assert self.exported(store, tmp_path / "out") == everything(bag)

    def exported(self, store: Store, target: Path) -> dict[str, bytes]:
        return everything(store.export(BOOK, target))


class TestCommands:
    def test_check_needs_no_repository_and_says_why(self, tmp_path: Path) -> None:
        good, bad = SOUND["basic-0.93"].write(tmp_path / "good"), WRONG["path-home-0.97"][0].write(tmp_path / "bad")
        odd = ODD["stars"].write(tmp_path / "odd")
        ran = kdr("gate", "check", good, cwd=tmp_path)
        assert (ran.returncode, ran.stderr) == (0, "")
        ran = kdr("gate", "check", good, bad, "--json", cwd=tmp_path)
        assert ran.returncode == 1
        assert [each["accepted"] for each in json.loads(ran.stdout)] == [True, False]
        assert [found["code"] for found in json.loads(ran.stdout)[1]["findings"]][:1] == ["S062"]
        ran = kdr("gate", "check", odd, cwd=tmp_path, KDR_LANGUAGE="en")
        assert (ran.returncode, "S073" in ran.stderr, "ACCEPTABLE" in ran.stdout) == (0, True, True)
        assert kdr("gate", "check", tmp_path / "none", cwd=tmp_path).returncode == 66

    def test_check_of_archives_leaves_nothing(self, tmp_path: Path) -> None:
        archive = as_archive(SOUND["basic-1.0"].write(tmp_path / "bag"), "zip")
        assert check(archive, GateSettings(), tmp_path / "scratch").accepted
        archive.write_bytes(archive.read_bytes()[:-30])
        assert not check(archive, GateSettings(), tmp_path / "scratch").accepted
        assert list((tmp_path / "scratch").iterdir()) == []

    def test_take_list_back(self, home: Home, tmp_path: Path) -> None:
        good, bad = make_bag(tmp_path / "good", OTHER), WRONG["hole"][0].write(tmp_path / "bad")
        ran = kdr("gate", "take", good, bad, "--by", "Jana", home=home.folder)
        assert ran.returncode == 1
        assert "PŘIJATO good" in ran.stdout
        assert "S066" in ran.stdout
        listed = json.loads(kdr("gate", "list", "--json", home=home.folder).stdout)
        assert {each["name"]: each["verdict"] for each in listed} == {"good": ACCEPTED, "bad": REFUSED}
        (refused,) = (each["id"] for each in listed if each["verdict"] == REFUSED)
        assert "odmítnuto" in kdr("gate", "list", home=home.folder).stdout
        assert kdr("gate", "back", refused, tmp_path / "back", home=home.folder).returncode == 0
        assert everything(tmp_path / "back/bad") == everything(bad)
        assert "0" in kdr("gate", "clear", home=home.folder).stdout

    def test_profile_is_printed(self, tmp_path: Path) -> None:
        ran = kdr("gate", "profile", cwd=tmp_path)
        assert json.loads(ran.stdout)["Manifests-Required"] == ["sha512"]

    def test_everything_is_said_in_both_languages(self) -> None:
        for key, sentence in wording("workflows", "gate.toml").sentences.items():
            assert set(sentence) == {"cs", "en"}, key


def test_a_damaged_original_is_not_given_back_silently(home: Home, tmp_path: Path) -> None:
    ended = take(home, WRONG["hole"][0].write(tmp_path / "bag"))
    (case,) = cases(home)
    flip(case.delivered / "bag-info.txt")
    with pytest.raises(Problem, match="S003"):
        hand_back(home, ended.id, tmp_path / "back")
    assert case.waits
