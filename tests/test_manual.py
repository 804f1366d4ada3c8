"""The manual tells of every command, in both languages; the README's commands are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflows.cli import app, complete

ROOT = Path(__file__).resolve().parent.parent


def commands() -> list[str]:
    whole = complete()
    single = [f"kdr {c.name}" for c in whole.registered_commands]
    grouped = [
        f"kdr {group.name} {c.name}"
        for group in whole.registered_groups
        if group.typer_instance
        for c in group.typer_instance.registered_commands
    ]
    return single + grouped


@pytest.mark.parametrize("manual", ["docs/manual.md", "docs/prirucka.md"])
@pytest.mark.parametrize("command", commands())
def test_every_command_stands_in_the_manual(command: str, manual: str) -> None:
    headings = [line for line in (ROOT / manual).read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    assert any(command in heading for heading in headings)


def test_there_are_commands_at_all() -> None:
    assert app.info.name == "kdr"
    assert len(commands()) == len(set(commands())) == 21


@pytest.mark.parametrize("name", ["script/demo", "script/test", "script/bootstrap", ".ci/run"])
def test_the_scripts_can_be_run(name: str) -> None:
    assert (ROOT / name).stat().st_mode & 0o111


def test_the_readme_names_the_two_commands_and_the_manual() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "script/demo" in readme
    assert "script/test" in readme
    assert "docs/manual.md" in readme
    assert "docs/prirucka.md" in readme
