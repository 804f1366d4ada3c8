"""ocr.careful: Tesseract read with judgement."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from metadata.text import PageText
from metadata.tool import Limits, ToolFailed
from ocr import careful as module
from ocr.careful import Careful
from ocr.preparation import Pixels
from ocr.tesseract import TESSERACT, Tesseract, installed
from tests.page_texts import page_of

pytestmark = pytest.mark.skipif(
    not TESSERACT.present() or "ces" not in installed().names, reason="tesseract with Czech is not installed"
)


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    """A page of two lines, at about 150 dpi."""
    image = Image.new("L", (600, 300), 235)
    font = ImageFont.load_default(size=40)
    ImageDraw.Draw(image).multiline_text((40, 60), "Kniha Brno 1906\nPraha Olomouc", fill=30, font=font, spacing=30)
    image.save(tmp_path / "printed.pgm")
    return tmp_path / "printed.pgm"


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Callable[[PageText, PageText], list[Pixels]]:
    """Makes Tesseract read a first text, then another; gives the pixels of every later reading."""

    def prepare(first: PageText, later: PageText) -> list[Pixels]:
        seen: list[Pixels] = []

        def read(_: Tesseract, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
            if image.name == "printed.pgm":
                return first
            seen.append(np.asarray(cv2.imread(str(image), cv2.IMREAD_GRAYSCALE), np.uint8))
            return later

        monkeypatch.setattr(Tesseract, "read", read)
        return seen

    return prepare


def test_a_clear_page_is_read_once_and_its_confidence_is_a_chance(printed: Path) -> None:
    text = Careful(Limits(seconds=60)).read(printed, ("ces",), 150)
    assert "Kniha Brno 1906" in text.plain()
    assert "again" not in text.settings
    assert text.engine == Careful().agent
    assert all(0 < word.confidence < 1 for word in text.words())


def test_a_doubted_page_is_read_again_whole_and_joined(
    printed: Path, readings: Callable[[PageText, PageText], list[Pixels]]
) -> None:
    doubted = replace(page_of("Knjba je", confidence=0.2), width=600, height=300)
    seen = readings(doubted, page_of("Kniha je", confidence=0.9))
    text = Careful().read(printed, ("ces",), 150)
    assert text.plain() == "Kniha je\n"
    assert [word.others for word in text.words()] == [("Knjba",), ()]
    assert text.settings.endswith(("again levelled, 0 lines left out", "again darkest, 0 lines left out"))
    strips, whole = seen[:-1], seen[-1]
    assert whole.shape == (300, 600)
    assert len(strips) == 2
    assert all(strip.shape[1] == 600 and strip.shape[0] < 150 for strip in strips)


def test_a_black_and_white_page_has_one_preparation_and_no_trial(
    printed: Path, readings: Callable[[PageText, PageText], list[Pixels]]
) -> None:
    grey = cv2.imread(str(printed), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    cv2.imwrite(str(printed), np.where(np.asarray(grey) > 128, 255, 0).astype(np.uint8))
    seen = readings(page_of("Knjba", confidence=0.2), page_of("Kniha", confidence=0.9))
    assert Careful().read(printed, ("ces",), 150).settings.endswith("again softened, 0 lines left out")
    assert len(seen) == 1


def test_the_resolution_told_fits_the_letters_and_not_what_is_said_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image.new("L", (1000, 1400), 235)
    font = ImageFont.load_default(size=40)
    ImageDraw.Draw(image).multiline_text((60, 60), "mar nove zuma some\n" * 12, fill=30, font=font, spacing=20)
    image.save(tmp_path / "page.pgm")
    asked: list[tuple[float, float]] = []

    def read(reader: Tesseract, _: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        asked.append((reader.told, dpi))
        return replace(page_of("Knjba je", confidence=0.2), width=1000, height=1400)

    monkeypatch.setattr(Tesseract, "read", read)
    Careful().read(tmp_path / "page.pgm", ("ces",), 72)
    (first, *later) = [told for told, _ in asked]
    assert 100 <= first < later[-1] <= 300
    assert {dpi for _, dpi in asked} == {72}


def test_latin_is_read_once_however_doubted(
    printed: Path, readings: Callable[[PageText, PageText], list[Pixels]]
) -> None:
    seen = readings(page_of("noftra", language="lat", confidence=0.2), page_of("nostra"))
    assert Careful().read(printed, ("lat",), 150).plain() == "noftra\n"
    assert seen == []


def test_when_the_second_reading_fails_the_first_stands(printed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doubted = page_of("Knjba je", confidence=0.2)

    def read(_: Tesseract, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        if image.name == "printed.pgm":
            return doubted
        raise ToolFailed("tesseract", "exit 3")

    monkeypatch.setattr(Tesseract, "read", read)
    assert Careful().read(printed, ("ces",), 150).plain() == doubted.plain()


def test_a_page_without_words_is_left(printed: Path, readings: Callable[[PageText, PageText], list[Pixels]]) -> None:
    empty = replace(page_of("x"), blocks=())
    assert readings(empty, page_of("Kniha")) == []
    assert Careful().read(printed, ("ces",), 150).blocks == ()


def test_it_fails_as_its_reader_does(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed):
        Careful().read(tmp_path / "nowhere.pgm", ("ces",), 300)


def test_it_travels_and_its_identity_tells_it_from_plain_tesseract(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Careful(Limits(seconds=9))
    assert pickle.loads(pickle.dumps(engine)) == engine  # noqa: S301 - our own bytes
    before = engine.identity(("ces",))
    assert before != Tesseract(Limits(seconds=9)).identity(("ces",))
    monkeypatch.setattr(module, "_JUDGEMENT", 99)
    assert engine.identity(("ces",)) != before


@pytest.mark.slow
def test_a_shadowed_typescript_is_read_better_than_plainly(scans: Path, tmp_path: Path) -> None:
    page = scans / "cs-typewriter-ehri" / "EHRI-BF-19380311b_CZ_09.jpg"
    grey = cv2.imread(str(page), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    cv2.imwrite(str(tmp_path / "page.pgm"), grey)
    read = [engine.read(tmp_path / "page.pgm", ("ces",), 0) for engine in (Tesseract(), Careful())]
    plain, careful = (text.plain() for text in read)
    assert "hakenkreuze" not in plain
    assert "hakenkreuze" in careful
