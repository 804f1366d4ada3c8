"""Whoever changes the stored copies or the journal: ``kdr store verify`` says so, and says what was done."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.homes import copied, flip, kdr, stored_book, stored_version
from workflows.settings import Home


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one stored book; only to be copied."""
    return stored_book(tmp_path_factory.mktemp("model"))


@pytest.fixture
def home(model: Path, tmp_path: Path) -> Home:
    """A copy of it, to be tampered with."""
    return copied(model, tmp_path / "home")


def flipped(pattern: str, place: int = 0) -> Callable[[Home], Path]:
    """Flips a bit of the first file that fits."""

    def do(home: Home) -> Path:
        file = min(stored_version(home, place).glob(pattern))
        flip(file, file.stat().st_size // 2)
        return file

    return do


def added(name: str) -> Callable[[Home], Path]:
    """Adds a file."""

    def do(home: Home) -> Path:
        file = stored_version(home) / name
        file.write_bytes("cizí".encode())
        return file

    return do


def missing(home: Home) -> Path:
    """A user copy is gone."""
    file = min(stored_version(home, 1).glob("data/*/usercopy/*"))
    file.unlink()
    return file


def version_missing(home: Home) -> Path:
    """A whole version is gone."""
    shutil.rmtree(stored_version(home, 1))
    return stored_version(home, 1)


def undeclared(home: Home) -> Path:
    """The declaration is gone."""
    (stored_version(home) / "bagit.txt").unlink()
    return stored_version(home) / "bagit.txt"


def unknown(home: Home) -> Path:
    """A version that the journal never heard of."""
    return Path(shutil.copytree(stored_version(home), stored_version(home).with_name("v0002")))


def edited(home: Home) -> Path:
    """A journal line says something else."""
    (month,) = home.journal.glob("*.jsonl")
    month.write_bytes(month.read_bytes().replace(b'"copies"', b'"copiez"', 1).replace(b'"stored"', b'"storex"', 1))
    return month


def line_removed(home: Home) -> Path:
    """A journal line in the middle is gone."""
    (month,) = home.journal.glob("*.jsonl")
    lines = month.read_bytes().splitlines(keepends=True)
    month.write_bytes(b"".join([lines[0], *lines[2:]]))
    return month


def cut(home: Home) -> Path:
    """The end of the journal is gone."""
    (month,) = home.journal.glob("*.jsonl")
    month.write_bytes(b"".join(month.read_bytes().splitlines(keepends=True)[:-2]))
    return home.journal


def emptied(home: Home) -> Path:
    """All of the journal is gone but its marker."""
    (month,) = home.journal.glob("*.jsonl")
    month.unlink()
    return home.journal


CASES = {
    "master copy": (flipped("data/*/mastercopy/*.jp2"), "S010", ("POŠKOZENO", "DAMAGED")),
    "text of the replica": (flipped("data/*/txt/*.txt", 1), "S010", ("POŠKOZENO", "DAMAGED")),
    "METS": (flipped("data/*/mets_*.xml"), "S010", ("POŠKOZENO", "DAMAGED")),
    "provenance": (flipped("data/provenance/premis.xml"), "S010", ("POŠKOZENO", "DAMAGED")),
    "bag-info": (flipped("bag-info.txt"), "S010", ("POŠKOZENO", "DAMAGED")),
    "manifest": (flipped("manifest-sha512.txt"), "S014", ("SOUPIS ZMĚNĚN", "MANIFEST ALTERED")),
    "tag manifest": (flipped("tagmanifest-sha512.txt"), "S014", ("SOUPIS ZMĚNĚN", "MANIFEST ALTERED")),
    "missing": (missing, "S011", ("CHYBÍ", "MISSING")),
    "version missing": (version_missing, "S022", ("CHYBÍ CELÁ VERZE", "WHOLE VERSION MISSING")),
    "no declaration": (undeclared, "S011", ("CHYBÍ", "MISSING")),
    "extra in data": (added("data/navic.txt"), "S012", ("NAVÍC", "UNEXPECTED")),
    "extra in bag": (added("navic.txt"), "S012", ("NAVÍC", "UNEXPECTED")),
    "extra beside": (added("../navic.txt"), "S012", ("NAVÍC", "UNEXPECTED")),
    "unknown version": (unknown, "S017", ("NEZNÁMÉ", "UNKNOWN")),
    "edited line": (edited, "S015", ("DENÍK ZMĚNĚN", "JOURNAL EDITED")),
    "line removed": (line_removed, "S015", ("DENÍK ZMĚNĚN", "JOURNAL EDITED")),
    "cut journal": (cut, "S016", ("DENÍK ZKRÁCEN", "JOURNAL CUT")),
    "emptied journal": (emptied, "S016", ("DENÍK ZKRÁCEN", "JOURNAL CUT")),
}


@pytest.mark.parametrize("name", CASES)
def test_tampering_is_named_as_what_it_is(home: Home, name: str) -> None:
    tamper, code, words = CASES[name]
    where = tamper(home)
    number = len(name) % 2  # half of the cases in each language
    done = kdr("store", "verify", home=home.folder, KDR_LANGUAGE=("cs", "en")[number])
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stdout + done.stderr
    told = [line for line in done.stdout.splitlines() if f" {code} {words[number]} " in line]
    assert any(where.name in line for line in told), done.stdout


def test_a_store_that_nobody_touched_is_intact(home: Home) -> None:
    for tongue, words in (("cs", "V pořádku: 3, závad: 0"), ("en", "Intact: 3, faults: 0")):
        done = kdr("store", "verify", home=home.folder, KDR_LANGUAGE=tongue)
        assert (done.returncode, done.stderr) == (0, "")
        assert words in done.stdout
