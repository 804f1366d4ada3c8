"""Findings: every code says in both languages what is wrong and what to do, and whoever raises it says its facts."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.finding import Finding, Severity, codes, exit_code, finding
from metadata.problem import Problem
from metadata.wording import Tongue, Wording, chosen_tongue, wording

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("ingest", "ocr", "repository", "metadata", "workflows")
TABLE: dict[str, dict[str, Any]] = wording("metadata", "findings.toml").sentences
RAISERS = frozenset({"finding", "Problem", "BadScan", "Finding"})


def facts_of(sentence: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


@cache
def sources() -> tuple[tuple[Path, ast.Module], ...]:
    """Every module of the five rooms, parsed."""
    paths = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return tuple((path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def raised() -> Iterator[tuple[str, ast.Call, str]]:
    """Every place in the source that makes a finding or problem of a code written there: where, the call, the code."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name not in RAISERS or not node.args:
                continue
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield f"{path}:{node.lineno}", node, first.value


def mentioned() -> set[str]:
    """Every string in the source that is a code."""
    constants = (node.value for _, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str) and value in TABLE}


def offending(rule: Callable[[str, dict[str, Any]], bool]) -> list[str]:
    """The codes whose entries break a rule."""
    return [code for code in codes() if not rule(code, TABLE[code])]


class TestTable:
    """metadata/findings.toml, code by code; a failing rule names its codes."""

    def test_everything_is_said_in_both_languages(self) -> None:
        def rule(_: str, entry: dict[str, Any]) -> bool:
            return bool(entry["cs"].strip() and entry["en"].strip()) and entry["cs"] != entry["en"]

        assert offending(rule) == []

    def test_both_languages_tell_the_same_facts(self) -> None:
        def rule(_: str, entry: dict[str, Any]) -> bool:
            same = facts_of(entry["cs"]) == facts_of(entry["en"])
            return same and facts_of(entry.get("cs_do", "")) == facts_of(entry.get("en_do", ""))

        assert offending(rule) == []

    def test_every_sentence_names_its_subject(self) -> None:
        assert offending(lambda _, entry: "subject" in facts_of(entry["cs"])) == []

    def test_what_stops_says_what_to_do(self) -> None:
        def rule(_: str, entry: dict[str, Any]) -> bool:
            if Severity(entry["severity"]) in (Severity.ERROR, Severity.FATAL):
                return bool(entry["cs_do"].strip() and entry["en_do"].strip())
            return ("cs_do" in entry) == ("en_do" in entry)

        assert offending(rule) == []

    def test_what_ends_a_command_has_an_exit_code_of_sysexits(self) -> None:
        def rule(code: str, entry: dict[str, Any]) -> bool:
            # sysexits.h: EX_USAGE 64 to EX_CONFIG 78
            return 64 <= exit_code(code) <= 78 if entry["severity"] == Severity.FATAL else exit_code(code) == 1

        assert offending(rule) == []

    def test_no_word_is_misspelt(self) -> None:
        assert offending(lambda _, entry: set(entry) <= {"severity", "exit", "cs", "en", "cs_do", "en_do"}) == []

    def test_every_code_is_used_by_the_source(self) -> None:
        used = mentioned()
        assert offending(lambda code, _: code in used) == []


class TestSource:
    def test_every_code_raised_is_in_the_table(self) -> None:
        places = [(where, code) for where, _, code in raised()]
        assert len(places) > 60
        assert [(where, code) for where, code in places if code not in TABLE] == []

    def test_whoever_raises_a_code_says_the_facts_its_sentences_need(self) -> None:
        """A missing fact would be a KeyError in front of the operator, at the worst moment."""
        lacking = []
        for where, call, code in raised():
            said = {keyword.arg for keyword in call.keywords}
            if None in said or (isinstance(call.func, ast.Name) and call.func.id == "Finding"):
                continue  # facts handed on: their own tests render them
            entry = TABLE[code]
            needed = facts_of("".join(entry.get(key, "") for key in ("cs", "en", "cs_do", "en_do"))) - {"subject"}
            if needed - said:
                lacking.append((where, code, sorted(needed - said)))
        assert lacking == []


class TestFinding:
    def test_it_speaks_czech_unless_told_otherwise(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = finding("P012", "0001.tif", dpi=72, least=298)
        assert found.text() == "0001.tif má jen 72 dpi; archivní kopie potřebuje aspoň 298."
        monkeypatch.setenv("KDR_LANGUAGE", "en_GB.UTF-8")
        assert found.text() == "0001.tif has only 72 dpi; a master copy needs at least 298."
        assert found.text(Tongue.CS).startswith("0001.tif má")

    def test_advice_is_empty_where_there_is_nothing_to_do(self) -> None:
        assert finding("D008", "x").advice() == ""
        assert finding("P001", "x").advice(Tongue.EN) == "Rescan the page."

    @pytest.mark.parametrize(("code", "stops"), [("P014", False), ("P013", False), ("P001", True), ("D004", True)])
    def test_errors_stop_and_warnings_do_not(self, code: str, stops: bool) -> None:
        assert finding(code, "x").stops is stops

    def test_an_unknown_code_cannot_be_made(self) -> None:
        with pytest.raises(ValueError, match="no finding X001"):
            Finding("X001", "x")

    @given(st.text())
    @settings(deadline=None)
    def test_braces_in_names_and_facts_are_text(self, name: str) -> None:
        subject = f"{{subject.__class__}}{name}{{0}}"
        assert finding("D005", subject, target="{why}").text().startswith(f"{subject} je odkaz")

    def test_a_fact_that_was_not_said_is_missed(self) -> None:
        with pytest.raises(KeyError):
            finding("P012", "x", dpi=72).text()


class TestProblem:
    def test_it_says_its_code_and_text_and_how_a_command_ends(self) -> None:
        problem = Problem("D004", "/sken/nic")
        assert str(problem) == "D004 Dodávka /sken/nic neexistuje nebo není složka."
        assert problem.exit_code == 66

    @given(st.text(), st.text() | st.integers())
    @settings(deadline=None)
    def test_it_travels_between_processes(self, subject: str, file: str | int) -> None:
        again = pickle.loads(pickle.dumps(Problem("D002", subject, file=file)))  # noqa: S301 - our own bytes
        assert again.finding == Problem("D002", subject, file=file).finding
        assert str(again) == str(Problem("D002", subject, file=file))


class TestWording:
    @pytest.mark.parametrize(
        ("wish", "tongue"),
        [("", "cs"), ("en", "en"), ("EN", "en"), (" en_US", "en"), ("cs_CZ.UTF-8", "cs"), ("de", "cs"), ("C", "cs")],
    )
    def test_the_readers_language(self, monkeypatch: pytest.MonkeyPatch, wish: str, tongue: str) -> None:
        monkeypatch.setenv("KDR_LANGUAGE", wish)
        assert chosen_tongue() == tongue

    def test_a_sentence_is_filled_in(self) -> None:
        words = Wording({"greeting": {"cs": "Dobrý den, {name}", "en": "Good day, {name}"}})
        assert words.say("greeting", name="Vavřinec") == "Dobrý den, Vavřinec"
        assert words.say("greeting", Tongue.EN, name="Vavřinec") == "Good day, Vavřinec"
        for key, facts in (("greeting", {}), ("farewell", {"name": "x"})):
            with pytest.raises(KeyError):
                words.say(key, None, **facts)
