"""The archivist's acceptance list (standards/spisovna.md, end of §6), points 7 to 10 and 13: what is told and decided.

Points 11 (the SIP for the spisovna) and 12 (its confirmations) belong to issue 7 and have no test here.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from metadata.markup import parse
from metadata.model import VolumeId
from repository.bucket import Bucket
from repository.journal import Journal
from repository.verify import MANIFEST
from tests import tsa
from tests.archivist import add_third, book, copy_of, does, entries, make_model, place, stamped_by
from tests.bag_cases import NFC, NFD, Stranger
from tests.bags import AGENT, BOOK, OTHER
from tests.homes import copied, delivery, everything, make_home
from tests.page_texts import page_of
from tests.s3_server import fresh_bucket, keys, started_server
from tests.stored_volumes import BookPage
from tests.stored_volumes import book as small_book
from workflows.founding import attached, open_store, places
from workflows.settings import Home, load

__all__ = ["fresh_bucket", "started_server"]

PROPOSAL = ("--reason", "duplicitní exemplář", "--legal-basis", "§ 7 zákona č. 499/2004 Sb.")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of three folders with a scanned book and a bag; only to be copied."""
    return make_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def home(model: Path, tmp_path: Path) -> Home:
    return copied(model, tmp_path / "home")


def cloud(bucket: Bucket) -> str:
    """The settings of a place in a bucket."""
    return f'url = "{bucket.url}"\nendpoint = "{bucket.endpoint}"'


class TestPoint7:
    """Every page says where it comes from: scanner and batch, angle, OCR engine, model and language, times."""

    def test_in_the_stored_bag(self, home: Home) -> None:
        copy = copy_of(home, "treti")
        pages = [json.loads(line) for line in copy.read("data/provenance/pages.jsonl").splitlines()]
        steps = [json.loads(line) for line in copy.read("data/provenance/steps.jsonl").splitlines()]
        assert len(pages) == 2
        for page in pages:
            events = {event["detail"]: event for event in page["events"]}
            assert all(event["when"] and event["agent"]["name"] for event in page["events"])
            assert events["capture/digitization"]["agent"]["name"] == "Zeutschel OS 12000, č. 7"
            assert "degrees" in events["derivation/POSTPROCESSING_creation"]["note"]
            engine = events["capture/XML_creation"]["agent"]
            assert (engine["name"], engine["version"], engine["note"]) == ("Fixed", "1", "none")
            mine = [step for step in steps if page["page"]["scan"] in json.dumps(step)]
            assert mine
            assert "ces" in json.dumps(mine)
        whence = json.loads(copy.read("data/provenance/volume.json"))
        assert whence["batch"].startswith("dodavka-")
        assert (Path(whence["delivery"]).name, bool(whence["claimed"])) == ("dodavka", True)
        assert whence["maker"]["version"]

    def test_in_the_history_page_by_page(self, home: Home, tmp_path: Path) -> None:
        words = ("store", "history", book(home), "--pages")
        told = json.loads(does(home, *words, "--json", "--premis", tmp_path / "premis.xml").stdout)
        captured = [each for each in told["moments"] if each["detail"] == "capture/digitization"]
        assert [each["agent"]["name"] for each in captured] == ["Zeutschel OS 12000, č. 7"] * 2
        for detail in ("derivation/POSTPROCESSING_creation", "migration/MC_creation", "capture/XML_creation"):
            assert sum(each["detail"] == detail for each in told["moments"]) == 2
        assert sum(each["kind"] in ("stored", "replicated") for each in told["moments"]) == 3
        premis = (tmp_path / "premis.xml").read_text(encoding="utf-8")
        for said in ("Zeutschel OS 12000, č. 7", "degrees", "Fixed", "Grok"):
            assert said in premis
        parse(premis.encode())
        assert "Zeutschel" in does(home, *words).stdout


class TestPoint8:
    """The same batch twice is no second object; a batch that is not whole is refused, and says what is missing."""

    def test_the_same_batch_again(self, model: Path, home: Home) -> None:
        before = {each.name: sorted(everything_below(each)) for each in places(home)}
        done = does(home, "batch", "run", model.parent / "dodavka", tongue="en")
        assert "already" in done.stdout + done.stderr
        assert [each["version"] for each in json.loads(does(home, "store", "list", "--json").stdout)] == ["v0001"] * 2
        assert {each.name: sorted(everything_below(each)) for each in places(home)} == before
        assert len(entries(home, "stored")) == 2

    def test_the_same_batch_under_another_name(self, model: Path, home: Home, tmp_path: Path) -> None:
        shutil.copytree(model.parent / "dodavka", tmp_path / "znovu")
        does(home, "batch", "run", tmp_path / "znovu")
        assert len(json.loads(does(home, "store", "list", "--json").stdout)) == 2
        assert len(entries(home, "stored")) == 2

    def test_the_same_bag_twice_through_the_gate(self, home: Home, tmp_path: Path) -> None:
        bag = Stranger().write(tmp_path / "bag")
        for _ in range(2):
            assert "PŘIJATO" in does(home, "gate", "take", bag).stdout
        assert len(json.loads(does(home, "store", "list", "--json").stdout)) == 3

    def test_a_batch_that_is_not_whole(self, home: Home, tmp_path: Path) -> None:
        given = delivery(tmp_path / "dodavka", {"kronika 2": [5, 6]})
        (given / "kronika 2" / "volume.toml").write_text('title = "Kronika II"\npages = 2\n', encoding="utf-8")
        cut = given / "kronika 2" / "0002.tif"
        cut.write_bytes(cut.read_bytes()[:1000])
        done = does(home, "batch", "run", given, code=65, tongue="en")
        assert "V001 Volume kronika 2 waits: 1 of 2 pages" in done.stdout
        assert "0 volumes stored, 1 wait" in done.stdout
        reports = [path.read_text(encoding="utf-8") for path in home.batches.glob("*/report.html")]
        assert any("kronika 2/0002.tif" in report for report in reports)
        assert len(json.loads(does(home, "store", "list", "--json").stdout)) == 2

    def test_a_bag_that_is_not_whole(self, home: Home, tmp_path: Path) -> None:
        bag = Stranger().write(tmp_path / "bag")
        gone = ("data/a.txt", "data/sub/b c.txt")
        for path in gone:
            (bag / path).unlink()
        told = does(home, "gate", "take", bag, code=1).stdout
        for path in gone:
            assert (path in told, "S063" in told) == (True, True)
        assert len(json.loads(does(home, "store", "list", "--json").stdout)) == 2


def everything_below(each: Any) -> set[str]:  # noqa: ANN401 - a place
    """What lies in a place, without the journal's head."""
    return keys(each) - {"journal-head.json"}


@pytest.fixture
def old(bucket: Bucket, tmp_path: Path) -> tuple[Home, VolumeId]:
    """A repository of two folders and a bucket with a book stored in 2020 that is kept for a year."""
    made = add_third(make_home(tmp_path / "home"), cloud(bucket))
    with (made.folder / "kdr.toml").open("a", encoding="utf-8") as file:
        file.write("\n[retention]\nmonograph = 1\n")
    home = load(made.folder)
    object_id = small_book(tmp_path / "bag", "kniha", [BookPage(page_of("Kůň"))])
    store = open_store(home)
    then = Journal(home.journal, clock=lambda: "2020-01-01T10:00:00+00:00")
    replace(store, journal=then).take(tmp_path / "bag", object_id, AGENT)
    return home, object_id


def proposed(home: Home, object_id: VolumeId) -> str:
    """The identifier of a proposal by Eva."""
    does(home, "disposal", "propose", object_id, *PROPOSAL, "--by", "Eva Malá")
    return str(json.loads(does(home, "disposal", "list", "--json").stdout)[0]["id"])


class TestPoint9:
    """Deletion needs two persons, a reason and a legal basis; header metadata and journal stay."""

    def test_nothing_less_is_enough(self, old: tuple[Home, VolumeId]) -> None:
        home, object_id = old
        before = {each.name: keys(each) for each in places(home)}
        for words in (PROPOSAL[:2], PROPOSAL[2:], ("--reason", " ", *PROPOSAL[2:]), (*PROPOSAL[:3], "")):
            done = does_not(home, "disposal", "propose", object_id, *words, "--by", "Eva Malá")
            assert done in (2, 64)
        name = proposed(home, object_id)
        assert does_not(home, "disposal", "execute", name) == 1
        assert does_not(home, "disposal", "approve", name, "--by", "EVA  MALÁ") == 1
        does(home, "disposal", "approve", name, "--by", "Jan Nový")
        assert does_not(home, "disposal", "approve", name, "--by", "Jan Nový") == 1
        assert does_not(home, "disposal", "execute", name) == 1
        assert {each.name: keys(each) for each in places(home)} == before
        assert entries(home, "disposed") == []

    def test_two_persons_let_it_go_everywhere_and_what_says_so_stays(self, old: tuple[Home, VolumeId]) -> None:
        home, object_id = old
        lines = len(entries(home))
        name = proposed(home, object_id)
        for person in ("Jan Nový", "Oto Starý"):
            does(home, "disposal", "approve", name, "--by", person)
        does(home, "disposal", "execute", name)
        assert [key for each in places(home) for key in keys(each) if object_id in key] == []
        stone = (home.journal / "tombstones" / f"{object_id}.xml").read_text(encoding="utf-8")
        for said in (object_id, "§ 7 zákona č. 499/2004 Sb.", "duplicitní exemplář", "Jan Nový", "Oto Starý"):
            assert said in stone
        (gone,) = entries(home, "disposed")
        assert gone.facts["legal_basis"] == "§ 7 zákona č. 499/2004 Sb."
        assert set(map(str, as_list(gone.facts["by"]))) == {"Jan Nový", "Oto Starý"}
        assert len(entries(home)) > lines
        told = does(home, "store", "history", object_id).stdout
        assert "2020-01-01" in told
        does(home, "store", "verify")
        does(home, "audit", "run", "--full")


def as_list(value: object) -> list[object]:
    """A list of a journal's facts."""
    assert isinstance(value, list | tuple)
    return list(value)


def does_not(home: Home, *words: str) -> int:
    """The exit code of a command that is refused."""
    for code in (1, 2, 64):
        try:
            does(home, *words, code=code)
        except AssertionError:
            continue
        return code
    return -1


class TestPoint10:
    """A legal hold blocks the proposal, and the execution of what was approved before."""

    def test_the_proposal(self, old: tuple[Home, VolumeId]) -> None:
        home, object_id = old
        does(home, "store", "hold", object_id, "--reason", "soudní spor 12 C 3/2026", "--by", "Eva Malá")
        done = does(home, "disposal", "propose", object_id, *PROPOSAL, "--by", "Jan Nový", code=1)
        assert "S088" in done.stderr
        assert json.loads(does(home, "disposal", "list", "--json").stdout) == []

    def test_the_deletion(self, old: tuple[Home, VolumeId]) -> None:
        home, object_id = old
        name = proposed(home, object_id)
        for person in ("Jan Nový", "Oto Starý"):
            does(home, "disposal", "approve", name, "--by", person)
        before = {each.name: everything_below(each) for each in places(home)}
        does(home, "store", "hold", object_id, "--reason", "kontrola", "--by", "Eva Malá")
        assert "S088" in does(home, "disposal", "execute", name, code=1).stderr
        assert {each.name: everything_below(each) for each in places(home)} == before
        does(home, "store", "release", object_id, "--reason", "konec", "--by", "Eva Malá")
        does(home, "disposal", "execute", name)
        assert not any(each.versions(object_id) for each in places(home))


class TestPoint13:
    """The report "what we have, where, how many copies, when verified": PDF/A and CSV, sealed when a seal is set."""

    @pytest.fixture
    def authority(self, tmp_path: Path) -> Iterator[tsa.Authority]:
        with tsa.authority(tmp_path / "tsa") as running:
            yield running

    def test_as_pdf_a_and_csv_sealed(self, home: Home, authority: tsa.Authority, tmp_path: Path) -> None:
        stamped_by(home, authority)
        does(home, "audit", "run", "--full")
        read = entries(home, "checked")[-1].time[:10]
        for wanted in ("pdf", "csv"):
            does(home, "report", "holdings", "--format", wanted, "--to", tmp_path / "zprava")
        made = {path.suffix: path for path in (tmp_path / "zprava").iterdir() if path.suffix in (".pdf", ".csv")}
        table = made[".csv"].read_text(encoding="utf-8-sig")
        assert list(csv.reader(table.splitlines()))
        for said in ("Kronika obce", str(book(home)), str(OTHER), "hlavni", "druha", "treti", read):
            assert said in table
        with pikepdf.open(made[".pdf"]) as pdf, pdf.open_metadata() as about:
            assert (about["pdfaid:part"], about["pdfaid:conformance"]) == ("2", "B")
        for path in made.values():
            self.seal_holds(path)

    def seal_holds(self, path: Path) -> None:
        """openssl, which is not ours, finds the seal good, and bad once the report was changed."""
        seal = next(each for each in path.parent.iterdir() if each.name.startswith(path.name) and each.suffix == ".p7s")
        command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(seal), "-noverify"]
        arguments = ["-content", str(path), "-out", "/dev/null"]
        assert subprocess.run([*command, *arguments], capture_output=True, check=False).returncode == 0
        path.write_bytes(path.read_bytes() + b"?")
        assert subprocess.run([*command, *arguments], capture_output=True, check=False).returncode != 0

    def test_without_a_seal_it_says_so(self, model: Path, tmp_path: Path) -> None:
        home = copied(model, tmp_path / "home")
        text = (home.folder / "kdr.toml").read_text(encoding="utf-8")
        (home.folder / "kdr.toml").write_text(text.replace('pkcs12 = "seal-test.p12"', ""), encoding="utf-8")
        done = does(home, "report", "holdings", "--format", "csv", "--to", tmp_path / "zprava", tongue="en")
        assert [path.suffix for path in (tmp_path / "zprava").iterdir()] == [".csv"]
        assert "seal" in done.stdout


class TestNames:
    """Names that other systems choke on go through the gate into every kind of place and back, or are refused."""

    KEPT = ("📚/👩🏽‍🏫.txt", "x" * 255, "ž" * 127 + "x", "a.", "b./c", "d /e", "CON", "50%25", "a:b?")

    def test_kept_byte_for_byte_in_folders_and_in_a_bucket(self, bucket: Bucket, tmp_path: Path) -> None:
        home = add_third(make_home(tmp_path / "home"), cloud(bucket))
        files = {f"data/{name}": name.encode() for name in self.KEPT} | {NFC: b"1"}
        info = f"External-Identifier: urn:uuid:{BOOK}\n"
        bag = Stranger(files=files, info=info, lines=escaped).write(tmp_path / "bag")
        assert "PŘIJATO" in does(home, "gate", "take", bag).stdout
        does(home, "audit", "run", "--full")
        (object_id,) = place(home, "treti").objects()
        for each in attached(home):
            held = copy_of(home, each.name, object_id).everything()
            assert {path: held.get(f"data/bag/{path}") for path in files} == files
        does(home, "store", "export", object_id, tmp_path / "back")
        assert everything(tmp_path / "back" / "data" / "bag") == everything(bag)
        assert (tmp_path / "back" / MANIFEST).exists()

    @pytest.mark.parametrize("names", [(NFC, NFD), ("data/a.txt", "data/A.txt"), ("data/straße", "data/STRASSE")])
    def test_twins_are_refused_and_stay_as_they_came(self, home: Home, tmp_path: Path, names: tuple[str, str]) -> None:
        bag = Stranger(files={name: name.encode() for name in names}).write(tmp_path / "bag")
        before = everything(bag)
        assert "S068" in does(home, "gate", "take", bag, code=1).stdout
        (listed,) = json.loads(does(home, "gate", "list", "--json").stdout)
        does(home, "gate", "back", listed["id"], tmp_path / "back")
        assert everything(tmp_path / "back" / "bag") == before
        assert len(open_store(home).objects()) == 2


def escaped(path: str, digest: str) -> str:
    """A line of a manifest (RFC 8493 2.1.3)."""
    return f"{digest}  {path.replace('%', '%25')}\n"
