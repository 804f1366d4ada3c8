"""The proof of `kdr validate`: every rule is broken by a package of its own, and caught by that rule and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from metadata.markup import parse
from metadata.ndk.check.complaint import Complaint, Level, rules
from tests.broken_packages import ALL, NOT_BROKEN, NOT_COVERED, SAMPLES, broken, complaints, good, main, rules_page
from tests.broken_sample import PICTURED, Sample
from tests.conftest import ROOT, SHARED
from tests.described import BARE, FULL

SCHEMAS = SHARED / "schemas" if (SHARED / "schemas").is_dir() else None
PROFILES = [rule for rule in rules() if "MATCH" in rule and "PROFILE" in rule]
ONE_FAMILY = {f"BIBLIOGRAPHIC_METADATA_MATCH_PROFILE_{level}" for level in ("CHAPTER", "ISSUE", "ARTICLE")}
GRADES = [Level.INFO, Level.WARNING, Level.ERROR]

Kept = Callable[[str], Path]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The good package of a case, made once; only to be looked at and copied."""
    made: dict[str, Path] = {}

    def of(case: str) -> Path:
        if case not in made:
            made[case] = good(case, tmp_path_factory.mktemp(case))
        return made[case]

    return of


@pytest.mark.parametrize("case", sorted({*FULL, *(f"bare-{case}" for case in BARE), *(each.case for each in ALL)}))
def test_good_packages_have_nothing_to_complain_about(case: str, kept: Kept) -> None:
    assert told(complaints(kept(case), schemas=SCHEMAS, images=case == PICTURED)) == []


@pytest.mark.parametrize("sample", ALL, ids=SAMPLES)
def test_is_caught_by_its_rule_and_no_other(sample: Sample, kept: Kept, tmp_path: Path) -> None:
    if sample.needs == "schemas" and SCHEMAS is None:
        pytest.skip(f"{SHARED} is not on this machine (schemas)")
    found = complaints(broken(sample, kept(sample.case), tmp_path), schemas=SCHEMAS, images=sample.needs == "images")
    expected = {sample.rule, *sample.also} | (set(sample.by_schema) if SCHEMAS else set())
    assert {each.rule for each in found} == expected, told(found)
    worst = max((each.level for each in found if each.rule == sample.rule), key=GRADES.index)
    assert worst is (sample.level or Complaint(sample.rule).level)


class TestTheTable:
    def test_every_rule_has_a_sample(self) -> None:
        assert set(rules()) - set(NOT_BROKEN) == {each.rule for each in ALL}
        assert len(SAMPLES) == len(ALL) >= 150

    def test_profiles_have_several_for_both_families_errors_and_warnings(self) -> None:
        assert len(PROFILES) == 20
        for rule in PROFILES:
            mine = [each for each in ALL if each.rule == rule]
            families = Counter("periodical" if each.case == "issue" else "monograph" for each in mine)
            assert len(families) == (1 if rule in ONE_FAMILY else 2), rule
            assert min(families.values()) >= 3, rule
            assert {each.level for each in mine} == {Level.ERROR, Level.WARNING}, rule

    @pytest.mark.parametrize("dmf", ["monograph_2.2", "periodical_2.1"])
    def test_every_rule_of_the_national_library_is_covered_or_told_why_not(self, dmf: str, schemas: Path) -> None:
        root = parse((schemas / "ndk" / "fdmf" / dmf / "rules.xml").read_bytes())
        theirs = {str(each.get("name")) for each in root.iter("{*}rule")}
        assert len(theirs) > 140
        assert theirs - set(rules()) == theirs & set(NOT_COVERED)

    def test_nothing_is_called_impossible_that_is_done(self) -> None:
        assert not set(NOT_COVERED) & set(rules())
        assert set(NOT_BROKEN) <= set(rules())


class TestThePage:
    def test_the_page_of_rules_is_that_of_the_code(self) -> None:
        assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == rules_page(), (
            "python -m tests.broken_packages --rules > docs/rules.md"
        )

    def test_it_tells_every_rule_once_in_both_languages(self) -> None:
        rows = [line.split(" | ") for line in rules_page().splitlines() if line.startswith("| ")]
        first = [row for row in rows if len(row) == 5 and row[1] in {level.value for level in Level}]
        assert sorted(row[0].removeprefix("| ") for row in first) == sorted(rules())
        assert all(row[2] != row[3] and "{" not in row[2] + row[3] for row in first)


class TestTheProgram:
    def test_lists_every_sample(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["--list"])
        assert capsys.readouterr().out.split() == list(SAMPLES)

    def test_writes_packages_to_look_at(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        main(["--write", str(tmp_path), "KDR_SIGLA"])
        (written,) = capsys.readouterr().out.splitlines()
        assert {each.rule for each in complaints(Path(written))} == {"KDR_SIGLA"}

    def test_prints_the_page(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["--rules"])
        assert capsys.readouterr().out == rules_page()


def told(found: tuple[Complaint, ...]) -> list[str]:
    return [f"{each.rule} {each.file} {each.xpath} {each.text()}" for each in found]
