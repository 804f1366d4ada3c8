"""Every OCR engine: the suite that each must pass to be one (ocr.engine.Engine)."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from metadata.problem import Problem
from metadata.text import BlockKind
from metadata.tool import Limits, ToolFailed, ToolTimedOut
from ocr import tesserocr_engine
from ocr.engine import Engine, load_engine
from ocr.tesseract import TESSERACT
from tests.page_texts import FixedEngine

SIZE = (600, 300)


TESSEROCR = "ocr.tesserocr_engine:Tesserocr"


@pytest.fixture(params=["tesseract", "careful", TESSEROCR, "tests.page_texts:FixedEngine"])
def make(request: pytest.FixtureRequest) -> Callable[[Limits], Engine]:
    """Makes the engine under test with given limits, through the door that batches use."""
    if request.param in {"tesseract", "careful"} and not TESSERACT.present():
        pytest.skip("tesseract is not installed")
    if request.param == TESSEROCR and not tesserocr_engine.present():
        pytest.skip("tesserocr is not installed: pip install 'kdr[engines]'")
    return lambda limits: load_engine(request.param, limits)


@pytest.fixture
def engine(make: Callable[[Limits], Engine]) -> Engine:
    """The engine under test, with time enough."""
    return make(Limits(seconds=60))


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    """A page of two lines, at about 150 dpi."""
    image = Image.new("L", SIZE, 255)
    font = ImageFont.load_default(size=40)
    ImageDraw.Draw(image).multiline_text((40, 60), "Kniha Brno 1906\nPraha Olomouc", fill=0, font=font, spacing=30)
    image.save(tmp_path / "printed.pgm")
    return tmp_path / "printed.pgm"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A page of one grey."""
    Image.new("L", SIZE, 230).save(tmp_path / "empty.pgm")
    return tmp_path / "empty.pgm"


def test_it_reads_words(engine: Engine, printed: Path) -> None:
    text = engine.read(printed, ("ces",), 150)
    assert "Kniha" in text.plain()
    assert text.engine == engine.agent


def test_it_says_in_which_languages_it_read(engine: Engine, printed: Path) -> None:
    text = engine.read(printed, ("eng", "ces"), 150)
    assert text.languages == ("eng", "ces")
    assert {word.language for word in text.words()} <= {"eng", "ces", ""}


def test_an_empty_page_has_no_words_and_is_no_failure(engine: Engine, empty: Path) -> None:
    text = engine.read(empty, ("ces",), 150)
    assert list(text.words()) == []
    assert text.plain() == ""


def test_every_box_lies_on_the_page(engine: Engine, printed: Path) -> None:
    text = engine.read(printed, ("ces",), 150)
    boxes = [block.box for block in text.blocks] + [line.box for line in text.lines()]
    boxes += [word.box for word in text.words()]
    assert all(0 <= box.left <= box.right <= text.width for box in boxes)
    assert all(0 <= box.top <= box.bottom <= text.height for box in boxes)


def test_confidence_lies_between_nothing_and_certainty(engine: Engine, printed: Path) -> None:
    assert all(0.0 <= word.confidence <= 1.0 for word in engine.read(printed, ("ces",), 150).words())


def test_every_line_has_a_word_and_every_word_a_letter(engine: Engine, printed: Path) -> None:
    text = engine.read(printed, ("ces",), 150)
    assert all(line.words for line in text.lines())
    assert all(word.text.strip() for word in text.words())
    assert all(block.lines for block in text.blocks if block.kind is BlockKind.TEXT)


def test_reading_again_reads_the_same(engine: Engine, printed: Path) -> None:
    assert engine.read(printed, ("ces",), 150) == engine.read(printed, ("ces",), 150)


def test_a_resolution_that_is_not_known_is_no_failure(engine: Engine, printed: Path) -> None:
    assert list(engine.read(printed, ("ces",), 0).words())


def test_a_missing_image_is_the_tool_s_failure(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ToolFailed):
        engine.read(tmp_path / "nowhere.pgm", ("ces",), 300)


@pytest.mark.parametrize(("languages", "script"), [(("qqq",), ""), (("ces", "qqq"), ""), (("ces",), "Qqqq")])
def test_an_unknown_language_or_script_is_named_before_anything_is_read(
    engine: Engine, printed: Path, languages: tuple[str, ...], script: str
) -> None:
    for ask in (lambda: engine.read(printed, languages, 300, script), lambda: engine.identity(languages, script)):
        with pytest.raises(Problem) as caught:
            ask()
        assert caught.value.finding.code == "E002"
        assert caught.value.finding.subject.lower() == "qqq" + "q" * bool(script)
        assert "ces" in caught.value.finding.text()


def test_it_stops_when_its_time_is_over(make: Callable[[Limits], Engine], printed: Path) -> None:
    with pytest.raises(ToolTimedOut):
        make(Limits(seconds=0.01)).read(printed, ("ces",), 150)


def test_it_travels_to_another_process(engine: Engine, printed: Path) -> None:
    arrived = pickle.loads(pickle.dumps(engine))  # noqa: S301 - we wrote it a moment ago
    assert arrived.identity(("ces",)) == engine.identity(("ces",))
    assert arrived.read(printed, ("ces",), 150) == engine.read(printed, ("ces",), 150)


def test_its_identity_says_what_changes_the_result(engine: Engine) -> None:
    assert engine.identity(("ces",)) == engine.identity(("ces",))
    assert len({engine.identity(languages) for languages in [("ces",), ("eng",), ("ces", "eng"), ("eng", "ces")]}) == 4
    assert engine.agent.version in engine.identity(("ces",))


@pytest.mark.parametrize("name", ["nobody", "tests.page_texts:NoEngine", "no_such_room:Engine", ":"])
def test_an_engine_that_does_not_exist_is_a_wrong_setting(name: str) -> None:
    with pytest.raises(Problem) as caught:
        load_engine(name)
    assert caught.value.finding.code == "E009"
    assert name in caught.value.finding.text()


def test_an_engine_has_limits_when_none_are_given() -> None:
    assert load_engine("tests.page_texts:FixedEngine") == FixedEngine(limits=Limits())


def test_what_is_no_engine_is_refused_by_name() -> None:
    with pytest.raises(Problem, match="E009"):
        load_engine("os:getcwd")
