"""`kdr seal` as people and programs meet it: words, exit codes, files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from metadata.problem import Problem
from metadata.wording import Tongue, wording
from tests import tsa
from tests.bags import BOOK, make_bag
from tests.homes import changed, kdr
from tests.tsa import Manner
from workflows.agents import KDR
from workflows.cli import complete
from workflows.cli.speech import Chosen
from workflows.founding import found, open_store


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("pristine")
    home = found(top / "home", None)
    open_store(home).take(make_bag(top / "bag"), BOOK, KDR)
    return home.folder


@pytest.fixture
def home(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = shutil.copytree(pristine, tmp_path / "home")
    monkeypatch.setattr(Chosen, "folder", None)
    return folder


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tsa.Authority]:
    with tsa.authority(tmp_path / "tsa") as running:
        yield running


def run(home: Path, *arguments: str) -> Result:
    """A command in this process; a Problem ends it as `main` would."""
    done = CliRunner().invoke(complete(), ["--home", str(home), "seal", *arguments])
    if isinstance(done.exception, Problem):
        done.exit_code = done.exception.exit_code
    return done


def configure(home: Path, authority: tsa.Authority | None = None) -> None:
    """A key for trying, and an authority if one runs."""
    assert run(home, "key", "--test").exit_code == 0
    lines = ['pkcs12 = "seal-test.p12"']
    lines += [f'tsa = "{authority.url}"', f'tsa_certificates = "{authority.root}"'] if authority else []
    sealing(home, lines)
    changed(home)


def sealing(home: Path, lines: Sequence[str]) -> None:
    """Put `lines` into the table [seal] of the settings, which is there and empty."""
    file = home / "kdr.toml"
    text = file.read_text(encoding="utf-8")
    assert text.count("\n[seal]\n") == 1
    file.write_text(text.replace("\n[seal]\n", "\n[seal]\n" + "\n".join(lines) + "\n"), encoding="utf-8")


class TestRun:
    def test_without_key_and_authority(self, home: Path) -> None:
        done = run(home, "run")
        assert done.exit_code == 0
        assert re.search(r"Záznam \d{4}-\d\d-\d\d zapsán", done.output)
        assert "není zapečetěn" in done.output
        assert "nemá časové razítko" in done.output
        assert "už dnes je" in run(home, "run").output

    def test_with_a_test_key_every_output_says_so(self, home: Path, authority: tsa.Authority) -> None:
        configure(home, authority)
        for command in ("run", "check"):
            done = run(home, command)
            assert done.exit_code == 0, done.output
            assert "TEST" in done.output
        told = json.loads(run(home, "run", "--json").output)
        assert (told["test"], told["new"], told["findings"]) == (True, False, [])
        assert told["stamped"]

    def test_a_silent_authority_ends_with_75_and_the_next_run_makes_up_for_it(
        self, home: Path, authority: tsa.Authority
    ) -> None:
        configure(home, authority)
        authority.manner = Manner.ERROR
        assert run(home, "run").exit_code == 75
        authority.manner = Manner.WELL
        assert run(home, "run").exit_code == 0

    def test_a_key_that_cannot_be_read_ends_with_78(self, home: Path) -> None:
        configure(home)
        (home / "seal-test.p12").write_bytes(b"?")
        assert run(home, "run").exit_code == 78
        assert not (home / "journal" / "seals").exists()

    def test_an_authority_without_trusted_certificates_is_refused(self, home: Path) -> None:
        sealing(home, ['tsa = "http://127.0.0.1:1/"'])
        assert run(home, "run").exit_code == 1


class TestCheck:
    def test_an_edited_journal_ends_with_1_and_is_named(self, home: Path) -> None:
        run(home, "run")
        (month,) = (home / "journal").glob("*.jsonl")
        month.write_bytes(month.read_bytes().replace(b'"files":7', b'"files":8', 1))
        done = run(home, "check")
        assert done.exit_code == 1
        assert "DENÍK ZMĚNĚN" in done.output
        assert not json.loads(run(home, "check", "--json").output)["good"]

    def test_both_opinions_are_shown(self, home: Path, authority: tsa.Authority) -> None:
        configure(home, authority)
        run(home, "run")
        rows = [line for line in run(home, "check").output.splitlines() if "stamp-001" in line]
        assert rows[0].count("platí") == 2

    def test_what_ends_soon_is_told_and_renewed(self, home: Path, authority: tsa.Authority) -> None:
        configure(home, authority)
        authority.manner = Manner.SOON
        run(home, "run")
        assert "S056" in run(home, "check").output
        authority.manner = Manner.WELL
        assert "stamp-002.tsr" in run(home, "renew").output
        assert "S056" not in run(home, "check").output
        assert "Obnoveno razítek: 0" in run(home, "renew").output


class TestProof:
    def test_is_written_and_holds_for_the_bag(self, home: Path, tmp_path: Path) -> None:
        run(home, "run")
        done = run(home, "proof", BOOK, "--out", str(tmp_path / "proof.json"))
        assert done.exit_code == 0, done.output
        assert "--proof" in done.output
        assert json.loads(run(home, "proof", BOOK).output) == json.loads((tmp_path / "proof.json").read_text())

    def test_of_what_is_not_there(self, home: Path) -> None:
        assert run(home, "proof", BOOK).exit_code == 1
        assert run(home, "proof", "nothing").exit_code not in (0, 1)


class TestKey:
    def test_only_for_trying_and_never_written_over(self, home: Path) -> None:
        assert run(home, "key").exit_code == 2
        assert run(home, "key", "--test").exit_code == 0
        assert run(home, "key", "--test").exit_code != 0


@pytest.mark.slow
def test_the_command_itself(home: Path) -> None:
    done: subprocess.CompletedProcess[str] = kdr("seal", "run", home=home, KDR_LANGUAGE="en")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"Record \d{4}-\d\d-\d\d written", done.stdout)
    assert kdr("seal", "key", "--test", home=home).returncode == 0
    assert kdr("seal", "key", "--test", home=home).returncode not in (0, 1)
    assert kdr("store", "verify", home=home).returncode == 0


def test_every_sentence_has_both_languages() -> None:
    for key, texts in wording("workflows", "seal.toml").sentences.items():
        assert all(texts[tongue].strip() for tongue in Tongue), key
