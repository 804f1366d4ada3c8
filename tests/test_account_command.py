"""`kdr account`, as an administrator types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from metadata.problem import Problem
from metadata.wording import wording
from repository.catalogue.signing.accounts import Accounts
from repository.catalogue.signing.passwords import fits
from workflows.cli import complete

PASSWORD = "dlouhé heslo kurátorky"  # noqa: S105 - of nobody


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "kdr.toml").write_text('[[place]]\nname = "hlavni"\npath = "store"\n', encoding="utf-8")
    return tmp_path


def kdr(home: Path, *words: str, typed: str = "") -> str:
    """What `kdr account` prints; a Problem is raised, as main turns it into an exit code."""
    done = CliRunner().invoke(complete(), ["--home", str(home), "account", *words], input=typed)
    if isinstance(done.exception, Problem):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def listed(home: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(kdr(home, "list", "--json"))
    return found


class TestAccounts:
    @pytest.fixture(autouse=True)
    def _jana(self, home: Path) -> None:
        options = ("--shown", "Jana Nová", "--role", "curator", "--institution", "LIA001", "--password-stdin")
        kdr(home, "add", "jana", *options, typed=f"{PASSWORD}\nrest\n")

    def test_what_was_made_is_listed_without_what_opens_it(self, home: Path) -> None:
        (jana,) = listed(home)
        assert {key: jana[key] for key in ("name", "shown", "roles", "institutions", "disabled", "tokens")} == {
            "name": "jana",
            "shown": "Jana Nová",
            "roles": ["curator"],
            "institutions": ["LIA001"],
            "disabled": False,
            "tokens": 0,
        }
        kept = Accounts(home / "people").get("jana").password
        assert fits(kept, PASSWORD)
        assert kept not in kdr(home, "list") + kdr(home, "list", "--json")

    def test_without_an_institution_roles_hold_in_the_house_alone(self, home: Path) -> None:
        kdr(home, "add", "karel", "--role", "archivist", "--password-stdin", typed=f"{PASSWORD}\n")
        kdr(home, "add", "vera", "--role", "archivist", "--institution", "*", "--password-stdin", typed=f"{PASSWORD}\n")
        assert {each["name"]: each["institutions"] for each in listed(home)} == {
            "jana": ["LIA001"], "karel": ["LIA001"], "vera": ["*"]
        }  # fmt: skip

    def test_a_mistyped_sigla_is_no_institution(self, home: Path) -> None:
        words = ("role", "jana", "curator", "--institution", "XX X")
        done = CliRunner().invoke(complete(), ["--home", str(home), "account", *words])
        assert done.exit_code == 2
        assert "XX X" in done.stderr

    def test_a_password_is_typed_twice(self, home: Path) -> None:
        kdr(home, "password", "jana", typed="nové dlouhé heslo\nnové dlouhé heslo\n")
        assert fits(Accounts(home / "people").get("jana").password, "nové dlouhé heslo")

    def test_roles_and_state_change_and_sessions_end(self, home: Path) -> None:
        before = listed(home)[0]["changed"]
        kdr(home, "role", "jana", "operator", "archivist")
        kdr(home, "disable", "jana")
        (jana,) = listed(home)
        assert (jana["roles"], jana["institutions"], jana["disabled"]) == (["operator", "archivist"], ["LIA001"], True)
        assert jana["changed"] > before
        kdr(home, "role", "jana", "reader", "--institution", "LIG501")
        kdr(home, "disable", "jana", "--enable")
        (jana,) = listed(home)
        assert (jana["institutions"], jana["disabled"]) == (["LIG501"], False)

    def test_a_token_may_not_have_a_role_of_others(self, home: Path) -> None:
        words = ("token", "add", "jana", "--label", "x", "--role", "admin")
        done = CliRunner().invoke(complete(), ["--home", str(home), "account", *words])
        assert (done.exit_code, done.stdout) == (2, "")
        assert listed(home)[0]["tokens"] == 0

    def test_a_token_alone_is_printed_for_programs(self, home: Path) -> None:
        secret = kdr(home, "token", "add", "jana", "--label", "x").strip()
        assert secret.startswith("kdr_")
        assert len(secret.split()) == 1
        (token,) = json.loads(kdr(home, "token", "list", "jana", "--json"))
        assert (token["label"], token["roles"]) == ("x", ["curator"])
        assert "sha256" not in token
        kdr(home, "token", "revoke", "jana", token["id"])
        assert wording("workflows", "accounts.toml").say("no_tokens") in kdr(home, "token", "list", "jana")

    @pytest.mark.parametrize(
        ("words", "typed", "code"),
        [
            (("add", "jana", "--password-stdin"), PASSWORD, "R034"),
            (("add", "petr", "--shown", "jana nová", "--password-stdin"), PASSWORD, "R034"),
            (("add", "Petr", "--password-stdin"), PASSWORD, "R035"),
            (("add", "petr", "--password-stdin"), "krátké", "R040"),
            (("password", "petr"), "", "R033"),
            (("disable", "petr"), "", "R033"),
            (("token", "revoke", "jana", "x"), "", "R039"),
        ],
    )
    def test_mistakes_are_told_and_change_nothing(
        self, home: Path, words: tuple[str, ...], typed: str, code: str
    ) -> None:
        before = listed(home)
        with pytest.raises(Problem, match=code):
            kdr(home, *words, typed=typed)
        assert listed(home) == before

    def test_every_change_is_in_the_access_log(self, home: Path) -> None:
        kdr(home, "token", "add", "jana", "--label", "x")
        (log,) = (home / "people" / "access").iterdir()
        told = [json.loads(line) for line in log.read_text(encoding="ascii").splitlines()]
        assert [each["what"] for each in told] == ["account-added", "token-made"]
        assert PASSWORD not in log.read_text(encoding="ascii")


def test_without_accounts_the_list_says_so(home: Path) -> None:
    assert "Žádný účet" in kdr(home, "list")
