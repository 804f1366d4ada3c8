"""One page: every step once, in order, and no further than its first bad end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.material import Material
from metadata.file import intact
from tests.engines import MAGIC, PLACE, CrashingEngine, SlowEngine, ToollessEngine, VanishingEngine, named
from tests.homes import State, delivery, flip, make_home, scan, tasks_of, told, whole_records
from workflows.closing import STEPS, read_page
from workflows.examining import THUMBNAIL
from workflows.page import CHAIN, finished, run_page
from workflows.step import Status, read_record
from workflows.task import PageTask

ALL = (*STEPS, "page")


@pytest.fixture
def task(tmp_path: Path) -> PageTask:
    """A page to be made."""
    return tasks_of(make_home(tmp_path / "home"), delivery(tmp_path / "dodavka", {"kniha": [1]}))[0]


def task_with(folder: Path, engine: str, monkeypatch: pytest.MonkeyPatch, *, seconds: float = 300) -> PageTask:
    """A page of the magic width, to be read by that engine."""
    monkeypatch.setenv(PLACE, str(folder))
    scan(folder / "dodavka" / "kniha" / "0001.tif", 1, width=MAGIC)
    made = tasks_of(make_home(folder / "home", ocr=engine), folder / "dodavka")[0]
    rules = replace(made.rules, limits=replace(made.rules.limits, seconds=seconds))
    # Its bars are no letters that tell which way up it lies.
    return replace(made, material=Material.PHOTOGRAPH, rules=rules)


def statuses(task: PageTask) -> dict[str, Status]:
    found = {name: read_record(task.place / name) for name in ALL}
    return {name: record.status for name, record in found.items() if record}


def redone(task: PageTask, before: State) -> set[str]:
    """The steps whose record is not the one it was."""
    after = whole_records(Path(task.batch))
    return {Path(name).parent.name for name in after if after[name] != before.get(name)}


class TestGood:
    def test_every_step_leaves_its_record(self, task: PageTask) -> None:
        end = run_page(task)
        assert (end.good, end.step, end.subject, end.number) == (True, "page", "kniha/0001.tif", "0001")
        assert statuses(task) == dict.fromkeys(ALL, Status.GOOD)

    def test_what_enters_the_package_stays_and_working_files_go(self, task: PageTask) -> None:
        run_page(task)
        for name in ALL:
            outputs = task.record(name).outputs
            assert all(intact(output.file, task.place / name) == output.keep for output in outputs)
        kept = {path.suffix for path in task.place.rglob("*") if path.is_file()}
        assert kept == {".json", ".jp2", ".xml", ".txt", ".jpg"}

    def test_the_page_record_gathers_what_the_steps_left(self, task: PageTask) -> None:
        run_page(task)
        page = read_page(task.place)
        assert page.scan == task.scan
        assert (page.master_image.width, page.master_image.height, page.master_image.samples) == (600, 400, 1)
        assert [page.master, page.user] == [task.record(step).output(step) for step in ("master", "user")]
        assert (page.words, page.blank, page.findings) == (3, False, ())
        assert [event.detail.split("/")[1] for event in page.events] == [
            "digitization", "POSTPROCESSING_creation", "MC_creation", "UC_creation", "XML_creation", "TXT_creation",
        ]  # fmt: skip

    def test_the_thumbnail_is_a_small_picture(self, task: PageTask) -> None:
        run_page(task)
        with Image.open(task.place / "page" / THUMBNAIL) as image:
            assert image.size == (260, 173)

    def test_a_step_waits_only_for_steps_before_it(self) -> None:
        names = list(CHAIN)
        assert names == ["examine", "straighten", "read", "master", "user", "check", "page"]
        assert set(names) == set(ALL)
        assert all(names.index(other) < names.index(name) for name, (_, waits) in CHAIN.items() for other in waits)

    def test_each_image_of_a_tiff_is_a_page(self, tmp_path: Path) -> None:
        images = [Image.open(scan(tmp_path / f"{seed}.png", seed)) for seed in (1, 2)]
        (tmp_path / "dodavka" / "kniha").mkdir(parents=True)
        images[0].save(tmp_path / "dodavka/kniha/1.tif", save_all=True, append_images=images[1:], dpi=(300, 300))
        both = tasks_of(make_home(tmp_path / "home"), tmp_path / "dodavka")
        assert [run_page(task).subject for task in both] == ["kniha/1.tif", "kniha/1.tif [2]"]
        assert len({read_page(task.place).master.sha512 for task in both}) == 2

    def test_a_blank_page_is_a_page(self, tmp_path: Path) -> None:
        (tmp_path / "dodavka" / "kniha").mkdir(parents=True)
        white = Image.fromarray(np.full((400, 600), 240, np.uint8))
        white.save(tmp_path / "dodavka" / "kniha" / "1.tif", dpi=(300, 300))
        (task,) = tasks_of(make_home(tmp_path / "home"), tmp_path / "dodavka")
        end = run_page(task)
        page = read_page(task.place)
        assert (end.good, told(end.findings)) == (True, ["P014"])
        assert (page.blank, page.page.type, page.words, page.confidence) == (True, "blank", 0, -1.0)


class TestAgain:
    def test_a_finished_page_is_known_without_doing_anything(self, task: PageTask) -> None:
        assert finished(task) is None
        end = run_page(task)
        before = whole_records(Path(task.batch))
        assert finished(task) == replace(end, reused=True)
        assert redone(task, before) == set()

    def test_another_rule_of_reading_reads_anew_and_encodes_nothing(self, task: PageTask) -> None:
        run_page(task)
        before, master = whole_records(Path(task.batch)), read_page(task.place).master
        coarser = replace(task, rules=replace(task.rules, ocr_dpi=150))
        assert finished(coarser) is None
        assert run_page(coarser).good
        # The decoded pixels were cleared away when the page was closed, so they are made again; the copies are not.
        assert redone(coarser, before) == {"examine", "read", "check", "page"}
        assert read_page(task.place).master == master
        assert finished(coarser) is not None
        assert finished(task) is None

    def test_another_resolution_is_another_page(self, task: PageTask) -> None:
        run_page(task)
        before = whole_records(Path(task.batch))
        declared = replace(task, declared=replace(task.declared, exact=310))
        assert told(run_page(declared).findings) == ["P011"]
        assert redone(declared, before) >= {"examine", "straighten", "master", "user", "page"}

    @pytest.mark.parametrize(("step", "role"), [("master", "master"), ("user", "user"), ("read", "alto")])
    def test_a_file_that_is_gone_or_cut_is_made_again(self, task: PageTask, step: str, role: str) -> None:
        run_page(task)
        file = task.file(step, role)
        whole = file.read_bytes()
        file.write_bytes(whole[:-1])
        assert finished(task) is None
        before = whole_records(Path(task.batch))
        assert run_page(task).good
        assert redone(task, before) == {"examine", step, "page"}
        assert len(file.read_bytes()) == len(whole)

    def test_a_changed_byte_is_found_when_the_page_is_worked_on(self, task: PageTask) -> None:
        run_page(task)
        master = task.file("master", "master")
        whole = master.read_bytes()
        flip(master)
        run_page(task)
        assert master.read_bytes() == whole

    @pytest.mark.parametrize("torn", ALL)
    def test_a_torn_record_costs_its_step(self, task: PageTask, torn: str) -> None:
        run_page(task)
        (task.place / torn / "record.json").write_bytes(b'{"step": ')
        assert finished(task) is None
        before = whole_records(Path(task.batch))
        assert run_page(task).good
        assert redone(task, before) == {"examine", torn, "page"}

    def test_a_killed_page_goes_on_where_it_was(self, task: PageTask) -> None:
        run_page(task)
        for name in ("read", "page"):
            (task.place / name / "record.json").unlink()
        before = whole_records(Path(task.batch))
        run_page(task)
        assert redone(task, before) == {"examine", "read", "page"}


class TestBad:
    def test_a_judgement_ends_the_page_and_stands(self, tmp_path: Path) -> None:
        scan(tmp_path / "dodavka" / "kniha" / "0001.tif", dpi=72)
        (task,) = tasks_of(make_home(tmp_path / "home"), tmp_path / "dodavka")
        first, second = run_page(task), run_page(task)
        assert (first.good, first.step, told(first.findings)) == (False, "examine", ["P012"])
        assert second == replace(first, reused=True)
        assert statuses(task) == {"examine": Status.BAD}
        assert finished(task) is None

    @pytest.mark.parametrize(
        ("engine", "code"), [(CrashingEngine, "P050"), (ToollessEngine, "P040"), (SlowEngine, "P041")]
    )
    def test_a_broken_step_is_named_and_leaves_the_others_good(
        self, tmp_path: Path, engine: type[SlowEngine], code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task = task_with(tmp_path, named(engine), monkeypatch)
        end = run_page(task)
        assert (end.good, end.step, told(end.findings)) == (False, "read", [code])
        assert statuses(task) == dict.fromkeys(("examine", "straighten", "master", "user"), Status.GOOD) | {
            "read": Status.BROKEN
        }

    def test_a_crash_is_tried_again_and_nothing_else_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        task = task_with(tmp_path, named(CrashingEngine), monkeypatch)
        run_page(task)
        before = whole_records(Path(task.batch))
        assert "ZeroDivisionError" in (task.place / "read" / "traceback.txt").read_text(encoding="utf-8")
        (tmp_path / "mended").touch()
        assert run_page(task).good
        assert redone(task, before) == {"read", "check", "page"}
        assert not (task.place / "read" / "traceback.txt").exists()

    def test_a_program_that_goes_while_pages_are_made_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task = task_with(tmp_path, named(VanishingEngine), monkeypatch)
        (tmp_path / "gone").touch()
        end = run_page(task)
        assert (end.good, end.step, told(end.findings)) == (False, "read", ["E001"])
        assert finished(task) is None
        (tmp_path / "gone").unlink()
        assert run_page(task).good
        (tmp_path / "gone").touch()
        assert finished(task) is None

    def test_a_scan_that_changed_on_the_work_disk_is_not_used_until_it_is_back(self, task: PageTask) -> None:
        flip(task.scan_path)
        end = run_page(task)
        assert (end.good, told(end.findings)) == (False, ["P006"])
        assert statuses(task) == {"examine": Status.BROKEN}
        flip(task.scan_path)
        assert run_page(task).good
