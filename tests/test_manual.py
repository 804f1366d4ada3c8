"""The manual tells of every command, in both languages; the README's commands are there."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from ingest.material import Material, Thresholds
from ingest.sidecar import Sidecar
from metadata.finding import codes
from workflows.cli import app, complete
from workflows.settings import PageRules, Settings

ROOT = Path(__file__).resolve().parent.parent
MANUALS = ("docs/manual.md", "docs/prirucka.md")
SAID = re.compile(r"^    (.*kdr .*)$|`(kdr [^`]+)`", re.MULTILINE)
OPTION = re.compile(r"--[a-z][a-z-]*")


def commands(within: typer.Typer | None = None, path: str = "kdr") -> list[str]:
    here = within or complete()
    grouped = [
        command
        for group in here.registered_groups
        if group.typer_instance
        for command in commands(group.typer_instance, f"{path} {group.name}")
    ]
    return [f"{path} {each.name}" for each in here.registered_commands] + grouped


@pytest.mark.parametrize("manual", MANUALS)
@pytest.mark.parametrize("command", commands())
def test_every_command_stands_in_the_manual(command: str, manual: str) -> None:
    headings = [line for line in (ROOT / manual).read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    assert any(command in heading for heading in headings)


@cache
def whole() -> object:
    """The whole command, as it runs."""
    return get_command(complete())


def options(words: list[str]) -> tuple[str, set[str]]:
    """The command that the words of a command line name, and the options that it has."""
    found: Any = whole()
    name = "kdr"
    for word in words:
        if word not in getattr(found, "commands", {}):
            break
        found, name = found.commands[word], f"{name} {word}"
    if "damage" in getattr(found, "commands", {}):  # kdr drill alone
        found = found.commands["damage"]
    return name, {option for parameter in found.params for option in parameter.opts}


@pytest.mark.parametrize("manual", MANUALS)
def test_every_option_in_the_manual_is_one_of_its_command(manual: str) -> None:
    text = (ROOT / manual).read_text(encoding="utf-8")
    lines = [code or span for code, span in SAID.findall(text)]
    calls = [call for line in lines for call in re.split(r";|&&|  +", line) if re.search(r"\bkdr [a-z]", call)]
    wrong = []
    for call in calls:
        name, known = options(call[re.search(r"\bkdr ", call).end() :].split())  # type: ignore[union-attr]
        wrong += [f"{name} {option}" for option in OPTION.findall(call) if option not in known | {"--help", "--home"}]
    assert len(calls) > 100
    assert wrong == []


@pytest.mark.parametrize("manual", MANUALS)
def test_the_settings_in_the_manual_are_settings(manual: str) -> None:
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", (ROOT / manual).read_text(encoding="utf-8"), re.MULTILINE)
    tables = [re.sub(r"^    ", "", block, flags=re.MULTILINE).strip() for block in blocks if "    [" in block]
    names = {re.match(r"\[+([a-z]+)", table)[1] for table in tables if table.startswith("[")}  # type: ignore[index]
    assert {"place", "seal", "retention"} <= names
    for table in (each for each in tables if re.match(r"\[(\[place|seal|retention|urnnbn|quality)", each)):
        Settings.model_validate({"place": [{"name": "hlavni", "path": "store"}]} | tomllib.loads(table))


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
    assert len(commands()) == len(set(commands())) == 84


@pytest.mark.parametrize("name", ["script/demo", "script/test", "script/bootstrap", ".ci/run"])
def test_the_scripts_can_be_run(name: str) -> None:
    assert (ROOT / name).stat().st_mode & 0o111


def test_the_readme_names_the_two_commands_and_the_manual() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "script/demo" in readme
    assert "script/test" in readme
    assert "docs/manual.md" in readme
    assert "docs/prirucka.md" in readme
