"""The manual tells of every command, in both languages; the README's commands are there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from ingest.material import Material, Thresholds
from ingest.sidecar import Sidecar
from metadata.finding import codes
from workflows.cli import app, complete
from workflows.settings import PageRules

ROOT = Path(__file__).resolve().parent.parent
MANUALS = ("docs/manual.md", "docs/prirucka.md")


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


@pytest.mark.parametrize("manual", MANUALS)
@pytest.mark.parametrize("command", commands())
def test_every_command_stands_in_the_manual(command: str, manual: str) -> None:
    headings = [line for line in (ROOT / manual).read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    assert any(command in heading for heading in headings)


@pytest.mark.parametrize("manual", MANUALS)
def test_every_limit_of_quality_and_every_material_is_explained(manual: str) -> None:
    text = (ROOT / manual).read_text(encoding="utf-8")
    wanted = [each.name for each in fields(Thresholds)] + list(Material)
    assert [name for name in wanted if f"`{name}`" not in text] == []


@pytest.mark.parametrize("manual", MANUALS)
def test_what_volume_toml_and_the_settings_say_of_scans_is_explained(manual: str) -> None:
    text = (ROOT / manual).read_text(encoding="utf-8")
    for key in ("material", "spreads", "pages"):
        assert key in Sidecar.model_fields
        assert f"`{key} = " in text
    for key in ("language", "usual_language", "split", "crop", "dewarp", "ocr", "spelling", "weak_confidence"):
        assert key in PageRules.model_fields
        assert f"`{key}" in text


@pytest.mark.parametrize("manual", MANUALS)
def test_what_findings_about_scans_and_texts_want_is_said(manual: str) -> None:
    text = (ROOT / manual).read_text(encoding="utf-8")
    named = set(re.findall(r"\b[PTV]\d{3}\b", text))
    asked = re.compile(r"P06\d|P07\d|P08\d|V02\d|V04\d|T00\d")
    assert {code for code in codes() if asked.fullmatch(code)} <= named


def test_there_are_commands_at_all() -> None:
    assert app.info.name == "kdr"
    assert len(commands()) == len(set(commands())) == 22


@pytest.mark.parametrize("name", ["script/demo", "script/test", "script/bootstrap", ".ci/run"])
def test_the_scripts_can_be_run(name: str) -> None:
    assert (ROOT / name).stat().st_mode & 0o111


def test_the_readme_names_the_two_commands_and_the_manual() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "script/demo" in readme
    assert "script/test" in readme
    assert "docs/manual.md" in readme
    assert "docs/prirucka.md" in readme
