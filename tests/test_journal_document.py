"""docs/journal.md, from which auditors read the journal without kdr, names every kind of entry that the code writes."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from metadata.event import Agent
from repository.journal import Journal

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = (ROOT / "docs/journal.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z ]+)` \| ([^|]*) \| ([^|]*) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
SOURCES = sorted(path for room in ("repository", "workflows") for path in (ROOT / room).rglob("*.py"))
"""The only rooms that know a journal."""


def texts(tree: ast.AST, module: ModuleType, node: ast.expr) -> set[str]:
    """What an argument stands for: a text, a constant of its module, or one of two texts chosen beforehand."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    if not isinstance(node, ast.Name):
        return set()
    known = getattr(module, node.id, None)
    if isinstance(known, str):
        return {known}
    chosen = [
        each.value
        for each in ast.walk(tree)
        if isinstance(each, ast.Assign)
        and isinstance(each.value, ast.IfExp)
        and node.id in (target.id for target in each.targets if isinstance(target, ast.Name))
    ]
    return {text for each in chosen for side in (each.body, each.orelse) for text in texts(tree, module, side)}


def kinds_written(path: Path) -> Iterator[str]:
    """Kinds of the entries that a source file appends to a journal: its calls of `append` with kind and subject."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("append", "_write")
        and len(node.args) >= 4
    ]
    if calls:
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for call in calls:
            yield from next(filter(None, (texts(tree, module, node) for node in call.args[:2])), set())


def test_every_kind_of_entry_that_is_written_is_told_and_no_other() -> None:
    written = {kind for path in SOURCES for kind in kinds_written(path)}
    told = [row[0] for row in ROW.findall(DOCUMENT)]
    assert {"stored", "replicated", "torn", "disposal begun", "bundle read"} <= written
    assert sorted(told) == sorted(written)


def test_every_fact_that_is_told_is_a_word_of_the_code() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    facts = {fact for row in ROW.findall(DOCUMENT) for fact in re.findall(r"`([a-z_0-9]+)`", row[2])}
    assert len(facts) > 50
    assert sorted(fact for fact in facts if not re.search(rf'"{fact}"|\b{fact}:', code)) == []


def test_the_check_by_hand_finds_a_whole_journal_whole_and_an_edited_one_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = re.search(r"^    import hashlib.*?(?=\n\n)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert recipe
    check = "\n".join(line[4:] for line in recipe[0].splitlines())
    journal = Journal(tmp_path, clock=lambda: "2026-11-23T10:00:00+00:00")
    journal.create()
    for number in range(3):
        journal.append("drilled", f"Cvičení {number}", {"passed": True}, Agent("kdr"))
    monkeypatch.chdir(tmp_path)
    exec(check, {})  # noqa: S102 - the document's own words
    file = tmp_path / "2026-11.jsonl"
    file.write_bytes(file.read_bytes().replace("Cvičení 1".encode(), "Cvičení 9".encode()))
    with pytest.raises(AssertionError):
        exec(check, {})  # noqa: S102
