"""Whatever a scanner delivers: each fault is named for what it is, nothing is lost, and the good pages are made."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from threading import Thread

import pytest

from ingest.inbox import Claim, read_claim
from metadata.finding import Finding, Severity, finding
from metadata.problem import Problem
from tests.homes import FIXED, ROOT, Ran, delivery, go_on, kdr, make_home, run, scan, told
from workflows.batch import Options, State
from workflows.step import Status, read_record

BAD = ROOT / "samples" / "bad"
SAMPLES = sorted(BAD.iterdir(), key=attrgetter("name"))
LITTER = {".gitkeep"}
# Root may read everything; the commands are to fail as they would for a scanner operator.
UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"] if os.getuid() == 0 else []


def code_of(folder: Path) -> str:
    return folder.name.split("_")[0]


def codes_of(ran: Ran) -> set[str]:
    """The codes of all that claim, plan, volumes and steps noticed."""
    found: list[Finding] = [*read_claim(ran.folder).findings, *ran.batch.findings]
    for planned in ran.batch.volumes:
        found += ran.volume(planned.volume.folder).findings
    for record in ran.folder.glob("volumes/*/*/*/record.json"):
        read = read_record(record.parent)
        assert read is not None
        found += read.findings
    return set(told(found))


def lost(source: Path, taken: Claim, batch: Path) -> list[str]:
    """Files of the delivery that are neither in the batch, byte for byte, nor named by a finding."""
    named = " ".join(found.subject for found in taken.findings)
    missing = []
    for path in source.rglob("*"):
        name = path.relative_to(source).as_posix()
        if (path.is_dir() and not path.is_symlink()) or path.name in LITTER:
            continue
        kept = batch / "delivery" / name
        if not (kept.is_file() and kept.read_bytes() == path.read_bytes()) and name not in named:
            missing.append(name)
    return missing


class TestSamples:
    """Every folder of samples/bad is named after the finding it must produce."""

    @pytest.mark.parametrize("sample", [s for s in SAMPLES if s.name != "D001_no_scans"], ids=attrgetter("name"))
    def test_a_bad_delivery_is_named_and_its_good_page_is_made(self, sample: Path, tmp_path: Path) -> None:
        code = code_of(sample)
        engine = "tesseract" if code == "T001" else FIXED
        ran = run(make_home(tmp_path / "home", ocr=engine), sample)
        assert code in codes_of(ran)
        stops = finding(code, "").severity is Severity.ERROR
        assert (ran.end.exit_code, ran.end.waiting) == ((65, 1) if stops else (0, 0))
        assert lost(sample, read_claim(ran.folder), ran.folder) == []
        planned = next(p for p in ran.batch.volumes if p.volume.folder == "svazek")
        if any(found.stops for found in planned.findings):
            assert ran.volume("svazek").state is State.WAITING
        else:
            good = read_record(ran.pages("svazek")[0] / "page")
            assert good is not None
            assert good.status is Status.GOOD

    def test_a_delivery_without_scans_stops_the_command_and_is_kept(self, tmp_path: Path) -> None:
        home, sample = make_home(tmp_path / "home"), BAD / "D001_no_scans"
        with pytest.raises(Problem) as caught:
            run(home, sample)
        assert (caught.value.finding.code, caught.value.exit_code) == ("D001", 65)
        (batch,) = home.batches.glob("d001*")
        assert lost(sample, read_claim(batch), batch) == []

    def test_the_operators_word_mends_what_scans_do_not_say(self, tmp_path: Path) -> None:
        home = make_home(tmp_path / "home")
        for sample in (BAD / "P010_no_resolution", BAD / "P012_72_dpi"):
            assert run(home, sample).end.waiting == 1
            assert run(home, sample, Options(dpi=300)).end.stored == 1


# Sample or maker, its code, and words of its text in Czech and English.
COLLECTION = {
    "P001_empty_file": ("je prázdný soubor (0 bajtů)", "is an empty file (0 bytes)"),
    "P003_truncated_tiff": ("nelze celý dekódovat", "cannot be decoded to its end"),
    "P003_truncated_jpeg": ("nelze celý dekódovat", "cannot be decoded to its end"),
    "P002_text_named_tif": ("není obraz, i když se tak jmenuje", "is no image although its name says so"),
    "P004_bomb": ("má 30000 × 30000 bodů", "has 30000 × 30000 pixels"),
    "P012_72_dpi": ("má jen 72 dpi", "has only 72 dpi"),
    "P010_no_resolution": ("neříká své rozlišení", "does not say its resolution"),
    "D006_nfc_nfd_twins": ("jinak zapsanou diakritikou (NFC/NFD)", "written with different diacritics (NFC/NFD)"),
    "D007_unreadable": ("nelze přečíst: Permission denied", "cannot be read: Permission denied"),
    "D005_link_out": ("odkaz, který vede ven z dodávky", "a link that leads out of the delivery"),
    "D012_external_entity": ("odkazuje na cizí obsah", "refers to outside content"),
    "D017_pipe": ("není obyčejný soubor", "is not a regular file"),
}


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, subprocess.CompletedProcess[str]]]:
    """One delivery with all these faults and a good book, worked on by the command, in Czech and in English."""
    folder = tmp_path_factory.mktemp("sbirka")
    given = delivery(folder / "dodavka", {"dobra": [1, 2], "D007_unreadable": [3], "D017_pipe": [4]})
    scan(given / "D007_unreadable" / "0002.tif", 5).chmod(0)
    os.mkfifo(given / "D017_pipe" / "0002.tif")
    for name in COLLECTION:
        if (BAD / name).is_dir():
            shutil.copytree(BAD / name / "svazek", given / name, symlinks=True)
    home = make_home(folder / "home").folder
    said = {
        tongue: kdr("batch", "run", "--sync", given, home=home, before=UNPRIVILEGED, KDR_LANGUAGE=tongue)
        for tongue in ("cs", "en")
    }
    return home, said


class TestCommand:
    @pytest.mark.parametrize("name", COLLECTION)
    @pytest.mark.parametrize(("tongue", "place"), [("cs", 0), ("en", 1)])
    def test_each_fault_is_told_in_the_readers_language(
        self,
        collection: tuple[Path, dict[str, subprocess.CompletedProcess[str]]],
        name: str,
        tongue: str,
        place: int,
    ) -> None:
        _, said = collection
        lines = [line for line in said[tongue].stdout.splitlines() if name in line]
        assert any(f" {name[:4]} " in line and COLLECTION[name][place] in line for line in lines), lines

    def test_the_good_book_is_stored_and_the_others_wait(
        self, collection: tuple[Path, dict[str, subprocess.CompletedProcess[str]]]
    ) -> None:
        home, said = collection
        assert {done.returncode for done in said.values()} == {65}
        assert all("Traceback" not in done.stderr for done in said.values())
        assert f"uloženo 1, čeká {len(COLLECTION)}, nedokončeno 0" in said["cs"].stdout
        assert kdr("store", "verify", home=home).returncode == 0


class Stop:
    """A way to make the command end at once: what it does first, and what to run it with."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, make_home(folder / "home")
        self.given = folder / "dodavka"
        self.before: list[str] = []
        self.env: dict[str, str] = {}

    def batches(self) -> list[str]:
        return sorted(path.name for path in self.home.batches.iterdir())


def empty(stop: Stop) -> Iterator[None]:
    (stop.given / "svazek").mkdir(parents=True)
    yield


def still_written(stop: Stop) -> Iterator[None]:
    delivery(stop.given, {"kniha": [1]})
    with (stop.given / "kniha" / "0001.tif").open("ab"):
        yield


def still_copied(stop: Stop) -> Iterator[None]:
    delivery(stop.given, {"kniha": [1]})
    (stop.given / "kniha" / "0002.tif.part").touch()
    yield


def full_disk(stop: Stop) -> Iterator[None]:
    """The disk takes no file beyond so many bytes: the second page does not fit."""
    delivery(stop.given, {"kniha": [1]})
    (stop.given / "kniha" / "0002.tif").write_bytes(bytes(400_000))
    stop.before = ["prlimit", "--fsize=300000"]
    yield


def no_tesseract(stop: Stop) -> Iterator[None]:
    delivery(stop.given, {"kniha": [1]})
    make_home(stop.folder / "real", ocr="tesseract")
    programs = stop.folder / "bin"
    programs.mkdir()
    for name in ("opj_compress", "grk_compress", "prlimit", "setpriv"):
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    stop.home, stop.env = make_home(stop.folder / "tess", ocr="tesseract"), {"PATH": str(programs)}
    yield


def no_language(stop: Stop) -> Iterator[None]:
    delivery(stop.given, {"kniha": [1]})
    stop.home = make_home(stop.folder / "tess", ocr="tesseract")
    (stop.folder / "tessdata").mkdir()
    stop.env = {"TESSDATA_PREFIX": str(stop.folder / "tessdata")}
    yield


def changing(stop: Stop) -> Iterator[None]:
    """A page is saved again while another, larger one is being copied."""
    delivery(stop.given, {"kniha": [1, 2]})
    with (stop.given / "kniha" / "0000.tif").open("wb") as large:
        large.truncate(200_000_000)

    def save_again() -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and not list(stop.home.batches.glob(".claiming-*/delivery/kniha")):
            time.sleep(0.005)
        os.utime(stop.given / "kniha" / "0002.tif")

    scanner = Thread(target=save_again)
    scanner.start()
    yield
    scanner.join()


STOPS: list[tuple[Callable[[Stop], Iterator[None]], str, int, tuple[str, str]]] = [
    (empty, "D001", 65, ("neobsahuje žádný svazek se skeny", "holds no volume with scans")),
    (still_written, "D002", 75, ("se stále zapisuje: kniha/0001.tif", "is still being written: kniha/0001.tif")),
    (still_copied, "D002", 75, ("se stále zapisuje: kniha/0002.tif.part", "being written: kniha/0002.tif.part")),
    (changing, "D003", 75, ("změnila: kniha/0002.tif", "changed while it was being claimed: kniha/0002.tif")),
    (full_disk, "E004", 74, ("Zápis selhal", "Writing failed")),
    (no_tesseract, "E001", 69, ("Program tesseract na tomto stroji chybí", "Program tesseract is missing")),
    (no_language, "E002", 69, ("Jazyk ces není pro Tesseract nainstalován", "Language ces is not installed")),
]


@pytest.mark.parametrize(("make", "code", "exit_code", "words"), STOPS, ids=[case[0].__name__ for case in STOPS])
def test_what_stops_the_command_is_told_in_both_languages_and_nothing_is_taken(
    tmp_path: Path, make: Callable[[Stop], Iterator[None]], code: str, exit_code: int, words: tuple[str, str]
) -> None:
    for number, tongue in enumerate(("cs", "en")):
        stop = Stop(tmp_path / tongue)
        for _ in make(stop):
            done = kdr("batch", "run", "--sync", stop.given, home=stop.home.folder, before=stop.before,
                       KDR_LANGUAGE=tongue, env=stop.env)  # fmt: skip
        assert (done.returncode, f" {code} " in done.stderr) == (exit_code, True), done.stderr
        assert words[number] in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
        assert stop.batches() == []


def test_a_disk_that_is_full_while_pages_are_made_stops_the_batch_and_resume_finishes_it(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    given = tmp_path / "dodavka"
    for name in ("a", "b"):
        scan(given / name / "0001.png", ord(name))
    done = kdr("batch", "run", "--sync", given, home=home.folder, before=["prlimit", "--fsize=230000"])
    assert (done.returncode, '"codes": ["E004"]' in done.stderr) == (74, True), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    (batch,) = home.batches.iterdir()
    assert not list(batch.glob("volumes/*/*/master"))
    assert kdr("batch", "resume", batch.name, "--sync", home=home.folder).returncode == 0
    assert go_on(home, batch.name).end.stored == 2
