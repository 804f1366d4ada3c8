"""A step is done once, recorded, and never half done."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.event import Agent, Event
from metadata.finding import finding
from metadata.problem import Problem
from metadata.tool import ToolFailed, ToolTimedOut
from tests.page_texts import MODEST
from workflows.step import RECORD, Made, Outcome, Status, Step, perform, read_record

EVENT = Event("derivation", "2026-11-22T10:00:00Z", "derivation/UC_creation", Agent("kdr", "1", note="n"))


class Work:
    """Leaves one kept and one passing file; counts how often it was asked."""

    def __init__(self, made: Callable[[Path], Made] | None = None) -> None:
        self.times = 0
        self._made = made or self._usual

    def __call__(self, place: Path) -> Made:
        self.times += 1
        return self._made(place)

    def _usual(self, place: Path) -> Made:
        (place / "master.jp2").write_bytes(b"master")
        (place / "pixels.pnm").write_bytes(b"pixels")
        return Made({"master": "master.jp2"}, {"pixels": "pixels.pnm"}, (EVENT,), (), {"width": 600})


def step(work: Callable[[Path], Made], identity: str = "one", **inputs: str) -> Step:
    return Step("encode", identity, inputs or {"pixels": "abc"}, work)


def failing(error: Exception) -> Work:
    def fail(place: Path) -> Made:
        (place / "half.jp2").write_bytes(b"half")
        raise error

    return Work(fail)


def judged(code: str) -> Work:
    return Work(lambda _: Made(findings=(finding(code, "s", dpi=72, least=298),)))


def do(work: Work, folder: Path, identity: str = "one", **inputs: str) -> Outcome:
    return perform(step(work, identity, **inputs), folder, "svazek/0001.tif")


class TestOnce:
    def test_the_second_time_the_result_is_reused(self, tmp_path: Path) -> None:
        work = Work()
        first, second = do(work, tmp_path), do(work, tmp_path)
        assert (work.times, first.reused, second.reused) == (1, False, True)
        assert first.good
        assert second.good

    def test_the_record_says_all_that_a_later_step_needs(self, tmp_path: Path) -> None:
        do(Work(), tmp_path)
        record = read_record(tmp_path / "encode")
        assert record is not None
        assert (record.output("master").size, record.output("pixels").size) == (6, 6)
        assert (record.has("master"), record.has("icc")) == (True, False)
        assert record.events == (EVENT,)
        assert record.facts == {"width": 600}
        with pytest.raises(KeyError, match="icc"):
            record.output("icc")

    def test_a_reused_step_leaves_its_folder_alone(self, tmp_path: Path) -> None:
        do(Work(), tmp_path)
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "encode").iterdir()}
        do(Work(), tmp_path)
        assert {path: path.stat().st_mtime_ns for path in (tmp_path / "encode").iterdir()} == before


class TestAnew:
    @pytest.mark.parametrize("change", [{"identity": "two"}, {"pixels": "def"}, {"pixels": "abc", "dpi": "300"}])
    def test_another_input_or_identity_is_another_result(self, tmp_path: Path, change: dict[str, str]) -> None:
        work = Work()
        do(work, tmp_path)
        assert not do(work, tmp_path, **change).reused
        assert work.times == 2

    @pytest.mark.parametrize("name", ["master.jp2", "pixels.pnm"])
    @pytest.mark.parametrize("spoil", [b"mastre", b"maste", None])
    def test_a_file_that_is_not_what_it_was_is_made_again(self, tmp_path: Path, name: str, spoil: bytes | None) -> None:
        work = Work()
        do(work, tmp_path)
        file = tmp_path / "encode" / name
        file.unlink() if spoil is None else file.write_bytes(spoil)
        assert not do(work, tmp_path).reused
        assert do(work, tmp_path).reused
        assert work.times == 2

    @given(cut=st.integers(0, 10_000))
    @MODEST
    def test_a_torn_record_is_no_record(self, tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
        folder = tmp_path_factory.mktemp("torn")
        work = Work()
        do(work, folder)
        record = folder / "encode" / RECORD
        whole = record.read_bytes()
        record.write_bytes(whole[: cut % (len(whole) - 1)])
        assert read_record(folder / "encode") is None
        assert not do(work, folder).reused
        assert work.times == 2

    def test_what_a_killed_attempt_left_is_cleared_away(self, tmp_path: Path) -> None:
        place = tmp_path / "encode"
        (place / "deep").mkdir(parents=True)
        (place / "half.jp2").write_bytes(b"half")
        (place / "deep" / ".draft-x").write_bytes(b"")
        do(Work(), tmp_path)
        assert {path.name for path in place.iterdir()} == {"master.jp2", "pixels.pnm", RECORD}


class TestEnds:
    def test_a_judgement_on_the_page_stands(self, tmp_path: Path) -> None:
        work = judged("P012")
        first, second = do(work, tmp_path), do(work, tmp_path)
        assert (first.status, second.status, second.reused, work.times) == (Status.BAD, Status.BAD, True, 1)
        assert [found.code for found in second.findings] == ["P012"]

    def test_a_warning_stops_nothing(self, tmp_path: Path) -> None:
        assert do(judged("T001"), tmp_path).good

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (ToolFailed("opj_compress", "exit 1"), "P040"),
            (ToolTimedOut("opj_compress", "300 s"), "P041"),
            (Problem("E001", "tesseract", package="tesseract-ocr"), "E001"),
            (ZeroDivisionError("division by zero"), "P050"),
            (PermissionError(errno.EACCES, os.strerror(errno.EACCES)), "P050"),
        ],
    )
    def test_what_could_not_look_is_tried_again(self, tmp_path: Path, error: Exception, code: str) -> None:
        outcome = do(failing(error), tmp_path)
        assert (outcome.status, [found.code for found in outcome.findings]) == (Status.BROKEN, [code])
        assert all(found.text() for found in outcome.findings)
        work = Work()
        assert do(work, tmp_path).good
        assert work.times == 1
        assert not (tmp_path / "encode" / "half.jp2").exists()

    def test_a_crash_leaves_its_traceback(self, tmp_path: Path) -> None:
        outcome = do(failing(ZeroDivisionError("no lines")), tmp_path)
        assert outcome.findings[0].facts == {"step": "encode", "why": "ZeroDivisionError: no lines"}
        assert "raise error" in (tmp_path / "encode" / "traceback.txt").read_text(encoding="utf-8")

    def test_a_time_limit_is_told_in_seconds(self, tmp_path: Path) -> None:
        outcome = do(failing(ToolTimedOut("tesseract", "300 s")), tmp_path)
        assert "tesseract nedoběhl do 300 s" in outcome.findings[0].text()

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
    def test_a_full_disk_is_the_machines_fault(self, tmp_path: Path, number: int) -> None:
        outcome = do(failing(OSError(number, os.strerror(number), "pixels.pnm")), tmp_path)
        assert [found.code for found in outcome.findings] == ["E004"]
        assert outcome.status is Status.BROKEN

    def test_a_file_that_was_promised_but_not_made_is_a_crash(self, tmp_path: Path) -> None:
        outcome = do(Work(lambda _: Made(kept={"master": "none.jp2"})), tmp_path)
        assert [found.code for found in outcome.findings] == ["P050"]
        assert read_record(tmp_path / "encode") is not None

    def test_a_record_that_cannot_be_written_is_a_full_disk_and_no_record(self, tmp_path: Path) -> None:
        def lock(place: Path) -> Made:
            (place / RECORD).mkdir()
            return Made()

        outcome = do(Work(lock), tmp_path)
        assert (outcome.status, outcome.findings[0].code) == (Status.BROKEN, "E004")
        assert do(Work(), tmp_path).good


@given(
    first=st.tuples(st.text(), st.text(), st.dictionaries(st.text(), st.text())),
    second=st.tuples(st.text(), st.text(), st.dictionaries(st.text(), st.text())),
)
@MODEST
def test_fingerprints_are_equal_exactly_for_equal_steps(
    first: tuple[str, str, dict[str, str]], second: tuple[str, str, dict[str, str]]
) -> None:
    one, other = (Step(*parts, work=lambda _: Made()) for parts in (first, second))
    assert (one.fingerprint == other.fingerprint) == (first == second)


def test_fingerprints_do_not_depend_on_the_order_of_inputs() -> None:
    inputs = {"pixels": "abc", "dpi": "300"}
    one, other = (Step("s", "i", dict(order), lambda _: Made()) for order in (inputs.items(), reversed(inputs.items())))
    assert one.fingerprint == other.fingerprint
