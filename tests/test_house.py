"""The rules of the house, read off its source: who may lean on whom, how long things may be, what is said how."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from statistics import median, quantiles
from string import Formatter
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
GROUND, ROOMS, ROOF = "metadata", ("ingest", "ocr", "repository"), "workflows"
HOUSE = (GROUND, *ROOMS, ROOF)
MAY_IMPORT = {GROUND: {GROUND}, ROOF: set(HOUSE)} | {room: {room, GROUND} for room in ROOMS}
BLOCKS = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.Match)
# Deeper than the third block, for now: each with its reason.
FORBIDDEN_NAMES = frozenset({"manager", "handler", "factory", "base", "util", "utils", "common", "helper", "helpers"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """A source file of ours: its path from the root, its text, its tree."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The folder of the house it lies in."""
        return self.path.parts[0]

    def functions(self) -> Iterator[Function]:
        """Every function and method."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def imports(self) -> Iterator[str]:
        """The first part of everything imported."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield "." if node.level else str(node.module).partition(".")[0]


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the five rooms."""
    paths = sorted(path for room in HOUSE for path in (ROOT / room).rglob("*.py"))
    texts = [(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in paths]
    return tuple(Module(path, text, ast.parse(text)) for path, text in texts)


def lines(function: Function) -> int:
    """From `def` to its last line."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def nesting(node: ast.AST) -> int:
    """How deep blocks stand in blocks; an `elif` stands beside its `if`, not in it."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        beside = isinstance(node, ast.If) and child in node.orelse and isinstance(child, ast.If)
        deepest = max(deepest, nesting(child) + (isinstance(child, BLOCKS) and not beside))
    return deepest


def public(tree: ast.AST) -> Iterator[Function | ast.ClassDef]:
    """Public classes, functions and methods; what is nested in a function is private."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


class TestFloors:
    """architecture.md: workflows -> ingest | ocr | repository -> metadata, and nothing sideways or up."""

    def test_nobody_leans_on_what_it_may_not(self) -> None:
        wrong = [
            f"{module.path}: {name}"
            for module in modules()
            for name in module.imports()
            if name in HOUSE and name not in MAY_IMPORT[module.room]
        ]
        assert wrong == []

    def test_nobody_leans_on_tests_or_samples(self) -> None:
        outside = {"tests", "samples", "bench", "."}
        assert [str(module.path) for module in modules() if outside & set(module.imports())] == []

    def test_only_one_file_knows_dask(self) -> None:
        knowing = [str(module.path) for module in modules() if {"dask", "distributed"} & set(module.imports())]
        assert knowing == ["workflows/graph.py"]

    def test_the_verifier_stands_alone(self) -> None:
        (verify,) = [module for module in modules() if str(module.path) == "repository/verify.py"]
        assert {name for name in verify.imports() if name not in sys.stdlib_module_names} == set()

    def test_programs_are_started_behind_one_door(self) -> None:
        starting = {str(module.path) for module in modules() if "subprocess" in set(module.imports())}
        assert "metadata/tool.py" in starting
        assert {path for path in starting if path.startswith(ROOMS)} == set()


class TestNames:
    @pytest.mark.parametrize("name", HOUSE)
    def test_no_other_distribution_brings_a_package_of_that_name(self, name: str) -> None:
        """The five names are common words: in a shared environment another package could shadow ours."""
        assert set(packages_distributions().get(name, [])) <= {"kdr"}

    @pytest.mark.parametrize("name", HOUSE)
    def test_the_path_is_the_import(self, name: str) -> None:
        __import__(name)
        assert Path(str(sys.modules[name].__file__)) == ROOT / name / "__init__.py"

    def test_no_module_bears_a_name_of_the_standard_library(self) -> None:
        assert [str(m.path) for m in modules() if m.path.stem in sys.stdlib_module_names] == []
        assert set(HOUSE) & sys.stdlib_module_names == set()

    def test_an_archivist_could_read_the_list_aloud(self) -> None:
        parts = [(str(module.path), part) for module in modules() for part in module.path.stem.split("_")]
        assert [path for path, part in parts if part in FORBIDDEN_NAMES] == []

    def test_neither_is_a_class_called_so(self) -> None:
        classes = [node.name for m in modules() for node in ast.walk(m.tree) if isinstance(node, ast.ClassDef)]
        wrong = tuple(name.capitalize() for name in FORBIDDEN_NAMES)
        assert [name for name in classes if name.endswith(wrong)] == []


class TestBudgets:
    """architecture.md, budgets."""

    def test_no_module_is_longer_than_400_lines(self) -> None:
        sizes = {str(module.path): len(module.text.splitlines()) for module in modules()}
        # The verifier is one file by purpose: an auditor copies it away.
        roomier = {"repository/verify.py": 640}
        assert {path: size for path, size in sizes.items() if size > roomier.get(path, 400)} == {}
        assert median(sizes.values()) <= 150

    def test_no_function_is_longer_than_60_lines(self) -> None:
        sizes = [(lines(f), f"{m.path}:{f.lineno} {f.name}") for m in modules() for f in m.functions()]
        assert [where for size, where in sizes if size > 60] == []
        assert median(size for size, _ in sizes) <= 12
        assert quantiles([size for size, _ in sizes], n=10)[-1] <= 30

    def test_no_block_stands_deeper_than_the_third(self) -> None:
        deep = {f"{m.path} {f.name}" for m in modules() for f in m.functions() if nesting(f) > 3}
        assert deep == set()

    def test_everything_public_says_what_it_is(self) -> None:
        silent = [str(m.path) for m in modules() if not ast.get_docstring(m.tree)]
        silent += [
            f"{m.path}:{node.lineno} {node.name}"
            for m in modules()
            for node in public(m.tree)
            if not ast.get_docstring(node)
        ]
        assert silent == []

    def test_nothing_is_imported_inside_a_function_but_in_commands(self) -> None:
        late = [
            f"{m.path}:{node.lineno}"
            for m in modules()
            for function in m.functions()
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom) and m.path.parts[:2] != ("workflows", "cli")
        ]
        assert late == []

    def test_one_place_turns_any_crash_into_an_outcome(self) -> None:
        wide = {
            str(m.path)
            for m in modules()
            for node in ast.walk(m.tree)
            if isinstance(node, ast.ExceptHandler)
            and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        }
        assert wide == {"workflows/step.py"}

    def test_domain_values_are_frozen(self) -> None:
        loose = [
            f"{m.path}:{node.lineno} {node.name}"
            for m in modules()
            for node in ast.walk(m.tree)
            if isinstance(node, ast.ClassDef)
            for decorator in node.decorator_list
            if "dataclass" in ast.unparse(decorator) and m.room in (GROUND, "ingest", "ocr")
            if "frozen=True" not in ast.unparse(decorator) or "slots=True" not in ast.unparse(decorator)
        ]
        assert loose == []

    def test_the_rules_would_notice(self) -> None:
        tree = ast.parse("def f():\n if a:\n  pass\n elif b:\n  for x in y:\n   with z:\n    while c:\n     pass\n")
        assert nesting(tree.body[0]) == 4
        assert nesting(ast.parse("def f():\n if a:\n  pass\n elif b:\n  pass\n elif c:\n  pass\n").body[0]) == 1
        assert [node.name for node in public(ast.parse("class A:\n def b(self): pass\n def _c(self): pass"))] == [
            "A",
            "b",
        ]


def _tables() -> list[tuple[str, str, dict[str, Any]]]:
    """Every sentence of every wording file: the file, the key, its languages."""
    found = []
    for path in sorted(path for room in HOUSE for path in (ROOT / room).rglob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        found += [(str(path.relative_to(ROOT)), key, entry) for key, entry in content.items()]
    return found


class TestWording:
    """Everything that a person reads on screen exists in Czech and English."""

    def test_every_sentence_has_both_languages(self) -> None:
        sentences = _tables()
        assert len(sentences) > 150
        assert [f"{path} {key}" for path, key, entry in sentences if not (entry.get("cs") and entry.get("en"))] == []

    def test_both_say_the_same_facts(self) -> None:
        def facts(text: str) -> set[str]:
            return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

        unequal = [f"{path} {key}" for path, key, entry in _tables() if facts(entry["cs"]) != facts(entry["en"])]
        assert unequal == []

    def test_czech_is_czech(self) -> None:
        """A sentence of several words without one letter of Czech was most likely not translated."""
        letters = set("áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ")
        same = [f"{p} {k}" for p, k, e in _tables() if e["cs"] == e["en"] and len(e["cs"].split()) > 3]
        plain = [f"{p} {k}" for p, k, e in _tables() if len(e["cs"]) > 80 and not letters & set(e["cs"])]
        assert same == plain == []


class TestNothingUnused:
    """A sentence that nobody says and a finding that nobody finds are not kept."""

    def test_every_finding_is_found_somewhere(self) -> None:
        said = _spoken()[0]
        codes = tomllib.loads((ROOT / "metadata/findings.toml").read_text(encoding="utf-8"))
        assert len(codes) > 150
        assert [code for code in codes if code not in said] == []

    def test_every_sentence_is_said_somewhere(self) -> None:
        """Sentences are asked for by their key, or by a key put together of words that the source has."""
        words, patterns = _spoken()
        keys = [(path, key) for path, key, _ in _tables() if not path.startswith(_READ_WHOLE)]
        assert len(keys) > 1500
        said = words | {key for _, key in keys if _is_said(key, words, patterns)}  # "R02.live" is where "R02" is
        assert [f"{path} {key}" for path, key in keys if not _is_said(key, said, patterns)] == []

    def test_the_rules_would_notice(self) -> None:
        words, patterns = _spoken()
        assert _is_said("column.place", words, patterns)
        assert not _is_said("column.nobody asks", words, patterns)
        assert not _is_said("nobody.asks", words, patterns)


_READ_WHOLE = (
    "metadata/ndk/check/",  # the standard's rules: their names are put together of the kinds of files and records
    "repository/catalogue/",  # keys are columns, tables, codes and operators, which the database and Datasette name
    "workflows/format_risks.toml",  # keys are PUIDs, which files have
)


@cache
def _spoken() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Every name and text in the source (and word of a template), and the shapes of texts put together there."""
    words, shapes = set[str](), set[str]()
    for node in (node for module in modules() for node in ast.walk(module.tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = [re.escape(str(v.value)) if isinstance(v, ast.Constant) else "(.+)" for v in node.values]
            shapes |= {"".join(parts)} if any(part.isidentifier() or "." in part for part in parts) else set()
        words |= {str(getattr(node, name)) for name in ("id", "attr", "arg", "name") if hasattr(node, name)}
    for page in sorted(path for room in HOUSE for path in (ROOT / room).rglob("*.html")):
        words |= set(re.findall(r"[\w.]+", page.read_text(encoding="utf-8")))
    return frozenset(words), tuple(re.compile(shape) for shape in sorted(shapes) if len(shape) < 80)


def _is_said(key: str, words: frozenset[str], patterns: tuple[re.Pattern[str], ...]) -> bool:
    fitting = (pattern.fullmatch(key) for pattern in patterns if key not in words)
    # Names of enumerations stand in upper case in the source, numbers nowhere.
    put_together = any(
        all(part in words or part.upper() in words or part.isdigit() for part in found.groups())
        for found in fitting
        if found is not None
    )
    return key in words or put_together
