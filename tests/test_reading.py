"""The text step of a page: in which language it is read when nobody told, and in which letters it is written down."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import pytest
from PIL import Image, ImageDraw, ImageFont

from metadata.alto import from_alto
from metadata.problem import Problem
from metadata.text import PageText
from metadata.tool import Limits
from ocr.choice import Choice, Why
from ocr.tesseract import TESSERACT, installed
from tests.homes import changed, delivery, make_home, tasks_of
from tests.page_texts import FixedEngine, page_of
from workflows.batch import Options
from workflows.corrected_pages import LOST, text_of
from workflows.corrections import FOLDER
from workflows.page import run_step
from workflows.reading import read_step
from workflows.step import Outcome, Record, Status
from workflows.task import Choosing, PageTask
from workflows.text_corrections import Form, Given, TextCorrections

GERMAN = """Das Buch, das auf dem Tisch lag, ist nicht mehr bei ihm.
Als er wieder nach Hause kam, war es schon zu spät.
Die Frau und der Mann haben es nicht gesehen."""
OLD = "ſtaré ﬁgury"


@dataclass(frozen=True, slots=True)
class OldPrint:
    """Reads old letters from every image."""

    limits: Limits = field(default_factory=Limits)

    def identity(self, languages: tuple[str, ...], script: str = "") -> str:
        """The same for all."""
        return "old print 1"

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """Two words."""
        return page_of(OLD, language=languages[0], confidence=0.9)


Plan = Callable[..., PageTask]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Plans a delivery of one page: what its volume.toml says, and what kdr.toml does; ready to be read."""

    def planned(toml: str = "", options: Options | None = None, **settings: object) -> PageTask:
        made = make_home(tmp_path / "home")
        home = changed(made.folder, **({"language": '"auto"'} | settings))
        given = delivery(tmp_path / "dodavka", {"kniha": [1]})
        (given / "kniha" / "volume.toml").write_text(f'title = "Kniha"\n{toml}\n', encoding="utf-8")
        return prepared(tasks_of(home, given, options)[0])

    return planned


def prepared(task: PageTask) -> PageTask:
    """The page looked at and straightened."""
    examined = run_step(task, "examine")
    assert run_step(task, "straighten", examined).good
    return task


def read(task: PageTask, seen: Choice | None = None) -> Record:
    """Read the page, on which `seen` is seen; nobody may look where nothing is given."""
    if seen is None:
        looking = patch("workflows.reading.choose", side_effect=AssertionError("nobody was to look"))
    else:
        looking = patch("workflows.reading.choose", return_value=seen)
    with looking, patch("workflows.reading.choice_identity", return_value="choice 1"):
        ended = run_step(task, "read", straightened(task))
    record = task.record("read")
    assert ended.good, record.findings
    return record


def straightened(task: PageTask) -> Outcome:
    return Outcome(task.subject, "straighten", Status.GOOD, reused=True, findings=(), seconds=0.0)


def written(task: PageTask) -> PageText:
    """The page's ALTO."""
    return from_alto(task.file("read", "alto").read_bytes())


def identity(task: PageTask) -> str:
    """What decides the result."""
    with patch("workflows.reading.choice_identity", return_value="choice 1"):
        return read_step(task).fingerprint


def chosen(record: Record) -> tuple[tuple[str, ...], str, str]:
    facts = record.facts["choice"]
    return tuple(facts["languages"]), facts["script"], facts["why"]


ENGLISH = Choice(("eng",), "Fraktur", 0.9, Why.SEEN)


class TestWhoTellsTheLanguage:
    def test_where_nobody_does_the_page_is_asked(self, plan: Plan) -> None:
        task = plan()
        record = read(task, ENGLISH)
        assert task.choosing is Choosing.ALL
        assert chosen(record) == (("eng",), "Fraktur", "seen")
        assert written(task).languages == ("eng",)
        assert record.findings == ()

    @pytest.mark.parametrize("toml", ['language = "ces"', 'language = "cze"'])
    def test_a_language_that_is_told_is_obeyed_and_only_the_script_is_chosen(self, plan: Plan, toml: str) -> None:
        task = plan(toml)
        assert task.choosing is Choosing.SCRIPT
        assert chosen(read(task, ENGLISH)) == (("ces",), "Fraktur", "seen")
        assert written(task).languages == ("ces",)

    def test_the_operator_s_option_is_a_language_that_is_told(self, plan: Plan) -> None:
        assert chosen(read(plan("", Options(language="ces")), ENGLISH))[0] == ("ces",)

    def test_where_the_script_is_told_nothing_is_chosen(self, plan: Plan) -> None:
        task = plan('language = "eng"\nscript = "Fraktur"')
        assert task.choosing is Choosing.NOTHING
        assert chosen(read(task)) == (("eng",), "Fraktur", "usual")

    def test_nor_where_the_settings_tell_a_language(self, plan: Plan) -> None:
        assert chosen(read(plan(language='"eng"'))) == (("eng",), "", "usual")

    def test_the_usual_language_stands_in_where_the_page_does_not_tell(self, plan: Plan) -> None:
        task = plan(usual_language='"eng"')
        assert task.languages == ("eng",)
        assert chosen(read(task, Choice(task.languages, "", 0.0, Why.USUAL)))[0] == ("eng",)

    def test_a_language_that_the_engine_does_not_know_is_not_tried(self, plan: Plan) -> None:
        record = read(plan(), Choice(("lat",), "", 0.95, Why.SEEN))
        assert chosen(record) == (("ces",), "", "usual")
        assert record.findings == ()

    def test_an_engine_that_is_not_there_is_not_passed_over(self, plan: Plan) -> None:
        task, gone = plan(), Problem("E001", "reader", package="reader")
        with patch.object(FixedEngine, "identity", side_effect=["fixed", gone]), patch(
            "workflows.reading.choice_identity", return_value="choice 1"
        ), patch("workflows.reading.choose", return_value=ENGLISH):  # fmt: skip
            ended = run_step(task, "read", straightened(task))
        assert (ended.status, [found.code for found in ended.findings]) == (Status.BROKEN, ["E001"])


class TestADoubtfulChoice:
    DOUBTFUL = Choice(("eng",), "", 0.31, Why.SEEN)

    def test_is_told(self, plan: Plan) -> None:
        (found,) = read(plan(), self.DOUBTFUL).findings
        assert (found.code, found.subject, found.facts) == (
            "T005", "kniha/0001.tif", {"language": "eng", "surety": 31},
        )  # fmt: skip

    def test_but_not_where_the_language_was_told(self, plan: Plan) -> None:
        assert read(plan('language = "ces"'), self.DOUBTFUL).findings == ()

    def test_nor_where_the_page_is_read_as_usual(self, plan: Plan) -> None:
        assert read(plan(), Choice(("ces",), "", 0.0, Why.USUAL)).findings == ()


class TestLetters:
    ENGINE = '"tests.test_reading:OldPrint"'

    def test_as_they_are_printed(self, plan: Plan) -> None:
        task = plan(ocr=self.ENGINE, language='"ces"')
        read(task)
        assert written(task).plain().split() == OLD.split()

    def test_as_they_are_written_today_with_what_was_printed_beside_it(self, plan: Plan) -> None:
        task = plan(ocr=self.ENGINE, language='"ces"', spelling='"normalised"')
        read(task)
        assert written(task).plain().split() == ["staré", "figury"]
        assert task.file("read", "txt").read_text(encoding="utf-8").split() == ["staré", "figury"]
        assert [word.others for word in written(task).words()] == [("ſtaré",), ("ﬁgury",)]

    def test_another_spelling_or_choice_is_another_reading(self, plan: Plan) -> None:
        task = plan()
        modern = replace(task, rules=replace(task.rules, spelling="normalised"))
        told = replace(task, choosing=Choosing.NOTHING)
        half = replace(task, choosing=Choosing.SCRIPT)
        assert len({identity(each) for each in (task, modern, told, half)}) == 4
        assert identity(task) == identity(replace(task))


class NothingRead:
    """Reads nothing from any image, and counts how often it does."""

    times = 0

    def __init__(self, limits: Limits) -> None:
        pass

    def identity(self, languages: tuple[str, ...], script: str = "") -> str:
        """The same for all."""
        return "nothing 1"

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """No word."""
        NothingRead.times += 1
        return replace(page_of("a"), blocks=())


class TestATextByHand:
    """For a page with type on it, of which nothing was read."""

    @pytest.fixture
    def lost(self, plan: Plan) -> PageTask:
        task = plan(ocr='"tests.test_reading:NothingRead"', language='"ces"')
        assert self.read(task) == (Status.BAD, ["T004"])
        return task

    def read(self, task: PageTask) -> tuple[Status, list[str]]:
        with patch("workflows.reading._has_lines", return_value=True):
            ended = run_step(task, "read", straightened(task))
        return ended.status, [found.code for found in ended.findings]

    def correct(self, task: PageTask) -> TextCorrections:
        given = Given("0001.txt", Form.PLAIN, "Kniha\n")
        return TextCorrections.read(task.place.parent).add("eva", task.page, given, text_of(task.place))

    def test_lets_the_page_go_on_until_it_is_taken_back(self, lost: PageTask) -> None:
        said = self.correct(lost)
        assert self.read(lost) == (Status.GOOD, ["T001"])
        assert lost.record("read").facts[LOST]
        times = NothingRead.times
        assert (self.read(lost)[0], NothingRead.times) == (Status.GOOD, times)
        said.undo("eva", lost.page)
        assert self.read(lost) == (Status.BAD, ["T004"])

    def test_so_does_a_file_that_was_left(self, lost: PageTask) -> None:
        place = lost.place.parent / FOLDER
        place.mkdir()
        (place / "0002.txt").write_text("Kniha\n", encoding="utf-8")
        assert self.read(lost) == (Status.BAD, ["T004"])
        (place / "0001.txt").write_text("Kniha\n", encoding="utf-8")
        assert self.read(lost) == (Status.GOOD, ["T001"])

    def test_that_was_there_before_the_page_was_read(self, lost: PageTask) -> None:
        self.correct(lost)
        shutil.rmtree(lost.place / "read")
        assert self.read(lost) == (Status.GOOD, ["T001"])

    def test_is_no_reason_to_read_a_page_again_that_was_read_well(self, plan: Plan) -> None:
        task = plan()
        read(task, ENGLISH)
        before = identity(task)
        self.correct(task)
        assert identity(task) == before


@pytest.mark.skipif(
    not TESSERACT.present() or not {"ces", "deu"} <= set(installed().names), reason="tesseract, ces or deu is missing"
)
def test_a_german_page_among_czech_books_is_read_in_german(tmp_path: Path) -> None:
    """With Tesseract itself, as `kdr batch run` does it out of the box."""
    home = changed(make_home(tmp_path / "home").folder, language='"auto"', ocr='"tesseract"')
    page = Image.new("L", (1100, 420), 235)
    font = ImageFont.load_default(size=34)
    ImageDraw.Draw(page).multiline_text((60, 80), GERMAN, fill=30, font=font, spacing=24)
    (tmp_path / "dodavka" / "kniha").mkdir(parents=True)
    page.save(tmp_path / "dodavka" / "kniha" / "0001.tif", dpi=(300, 300))
    (task,) = tasks_of(home, tmp_path / "dodavka")
    shutil.rmtree(tmp_path / "dodavka")
    ended = run_step(prepared(task), "read", straightened(task))
    assert ended.good
    languages, script, why = chosen(task.record("read"))
    assert (languages[0], script, why) == ("deu", "", "seen")
    assert "Das Buch, das auf dem Tisch lag" in written(task).plain()
