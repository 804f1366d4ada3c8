"""ocr.choice and what it rests on: languages and script of a page, chosen when nobody told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from bench.choice import confusion
from metadata.problem import Problem
from metadata.text import PageText
from metadata.tool import Limits, ToolFailed
from ocr.choice import Choice, Why, choice_identity, choose
from ocr.frequent_words import FREQUENT, LANGUAGES, LETTERS, MISREAD, folded
from ocr.language_seen import Seen, seen
from ocr.sample_strip import strips
from ocr.script_seen import FRAKTUR, Read, in_its_script
from ocr.tesseract import TESSERACT, Tesseract, installed
from tests.page_texts import MODEST, page_of

MODELS = ("Fraktur", "ces", "deu", "lat", "slk")
ALL = ("ces", "slk", "deu", "lat", "eng")
CZECH = "Kniha, která byla na stole, je již u něho.\nAle když se tam vrátil, nebyl tu nikdo, kdo by ji četl."
SLOVAK = "Kniha, ktorá bola na stole, je už u neho.\nAle keď sa tam vrátil, nebol tu nikto, kto by ju čítal."
GERMAN = "Das Buch, das auf dem Tisch lag, ist nicht mehr bei ihm.\nAls er wieder nach Hause kam, war es schon zu spät."
LATIN = "Liber qui in mensa erat non est apud eum.\nSed cum ad domum suam rediret, nihil ibi fuit quod legeret."
ENGLISH = (
    "The book which was on the table is no longer with him.\nBut when he came back there was nothing left for him."
)
TEXTS = {"ces": CZECH, "slk": SLOVAK, "deu": GERMAN, "lat": LATIN, "eng": ENGLISH}
NOISE = "xk qrt\nwvpl | zzt"

needs_tesseract = pytest.mark.skipif(
    not TESSERACT.present() or not {"ces", "deu"} <= set(installed().names), reason="tesseract, ces or deu is missing"
)


def language(text: str, among: tuple[str, ...] = ALL, expected: dict[str, float] | None = None) -> Seen:
    """What is seen in `text`."""
    return seen(page_of(text).lines(), among, expected or {})


# --- Languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", TEXTS)
def test_two_lines_tell_their_language(code: str) -> None:
    found = language(TEXTS[code])
    assert found.languages == (code,)
    assert found.confidence > 0.8


@pytest.mark.parametrize("code", TEXTS)
def test_order_and_capitals_of_the_languages_do_not_matter(code: str) -> None:
    assert language(TEXTS[code].upper(), LANGUAGES[::-1]).languages == (code,)


def test_only_languages_that_can_be_read_are_seen() -> None:
    assert language(SLOVAK, ("ces", "deu")).languages == ("ces",)


def test_a_page_of_two_languages_has_both_the_chief_one_first() -> None:
    found = language(f"{GERMAN}\n{GERMAN}\n{CZECH}")
    assert found.languages == ("deu", "ces")
    assert language(f"{CZECH}\n{CZECH}\n{GERMAN}").languages == ("ces", "deu")


def test_a_foreign_phrase_is_no_second_language() -> None:
    assert language(f"{CZECH}\n{CZECH}\nDas ist alles").languages == ("ces",)


@pytest.mark.parametrize("text", [NOISE, "1906 25,50 :", "Kutná Hora"])
def test_what_does_not_tell_is_no_language_even_when_one_is_expected(text: str) -> None:
    assert language(text, expected={"ces": 3.0}) == Seen()


def test_expectation_decides_what_is_open_and_gives_way_to_what_is_clear() -> None:
    shared = "a je to na"
    assert language(shared, expected={"slk": 1.5}).languages == ("slk",)
    assert language(shared, expected={"ces": 1.5}).languages == ("ces",)
    assert language(GERMAN, expected={"ces": 3.0}).languages == ("deu",)


def test_doubted_words_do_not_tell() -> None:
    assert seen(page_of(CZECH, confidence=0.1).lines(), ALL, {}) == Seen()


def test_old_print_and_lost_accents_are_understood() -> None:
    assert language("eſt fuit eſſe hominum").languages == ("lat",)
    assert language("eft effe potefl", ("ces", "lat")).languages == ("lat",)
    assert language("ktery kdyz jsem mezi", ("deu", "ces")).languages == ("ces",)


@MODEST
@given(st.text(max_size=60), st.permutations(ALL), st.dictionaries(st.sampled_from(ALL), st.floats(0, 5)))
def test_whatever_is_read_the_answer_is_of_the_languages_asked_for(
    text: str, among: list[str], expected: dict[str, float]
) -> None:
    words = " ".join(text.split()) or "x"
    found = seen(page_of(words).lines(), among, expected)
    assert set(found.languages) <= set(among)
    assert len(set(found.languages)) == len(found.languages) <= 2
    assert 0 <= found.confidence <= 1


@MODEST
@given(st.lists(st.sampled_from(sorted(TEXTS)), min_size=1, max_size=3), st.sampled_from(sorted(TEXTS)))
def test_more_lines_of_the_chief_language_never_make_it_less_sure(codes: list[str], chief: str) -> None:
    texts = [TEXTS[code] for code in codes] + [TEXTS[chief]] * 8
    less, more = language("\n".join(texts)), language("\n".join([*texts, TEXTS[chief]]))
    assert less.languages[0] == more.languages[0] == chief
    assert more.confidence >= less.confidence or more.languages != less.languages


def test_the_tables_contradict_nobody() -> None:
    everything = frozenset().union(*FREQUENT.values())
    for code, words in FREQUENT.items():
        assert len(words) >= 60
        assert all(word == folded(word) for word in words)
        assert not MISREAD[code] & everything
        for other in LETTERS.keys() - {code}:
            assert not any(LETTERS[other] & set(word) for word in words), (code, other)


# --- Script -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scripts:
    """Reads a strip: what is told for each script; keeps the order in which it was asked."""

    texts: dict[str, PageText]
    asked: list[str] = field(default_factory=list)

    def __call__(self, script: str) -> PageText:
        """The text told for `script`."""
        self.asked.append(script)
        return self.texts[script]


def test_a_page_that_reads_well_is_read_once() -> None:
    scripts = Scripts({"": page_of("Kniha", confidence=0.8)})
    assert in_its_script(scripts, "") == Read(scripts.texts[""], "", 1.0)
    assert scripts.asked == [""]


@pytest.mark.parametrize(("plain", "black", "script"), [(0.3, 0.6, FRAKTUR), (0.5, 0.52, ""), (0.5, 0.3, "")])
def test_a_doubted_page_has_the_script_that_reads_it_clearly_better(plain: float, black: float, script: str) -> None:
    scripts = Scripts({"": page_of("Rniha", confidence=plain), FRAKTUR: page_of("Kniha", confidence=black)})
    read = in_its_script(scripts, "")
    assert (read.script, read.text) == (script, scripts.texts[script])
    assert 0 < read.surety < 1


def test_after_a_page_of_fraktur_long_s_is_proof() -> None:
    scripts = Scripts({FRAKTUR: page_of("daſs iſt ſo", confidence=0.4)})
    assert in_its_script(scripts, FRAKTUR).script == FRAKTUR
    assert scripts.asked == [FRAKTUR]


def test_a_title_in_antiqua_after_a_page_of_fraktur_is_seen() -> None:
    scripts = Scripts({"": page_of("Kniha", confidence=0.9), FRAKTUR: page_of("Kniha", confidence=0.9)})
    assert in_its_script(scripts, FRAKTUR).script == ""


# --- Strips -----------------------------------------------------------------------------------------------------------


def sheet(text: str, *, lines: int, top: int = 400, size: int = 40) -> Image.Image:
    """A grey page of 1200 x 1600 with `text` again and again on `lines` lines from `top`."""
    image = Image.new("L", (1200, 1600), 235)
    rows = [text.split("\n")[at % len(text.split("\n"))] for at in range(lines)]
    font = ImageFont.load_default(size=size)
    ImageDraw.Draw(image).multiline_text((60, top), "\n".join(rows), fill=30, font=font, spacing=14)
    return image


def test_the_strip_is_where_the_lines_are_not_the_picture_or_the_rule() -> None:
    image = sheet(GERMAN, lines=6, top=1200, size=30)
    draw = ImageDraw.Draw(image)
    draw.rectangle((200, 200, 1000, 900), fill=90)
    draw.line((50, 1100, 1150, 1100), fill=0, width=12)
    grey = np.asarray(image, np.uint8)
    found = strips(grey, 0.05, 2)
    assert found
    for strip in found:
        assert strip.shape[1] == 1200
        assert 60 <= strip.shape[0] <= 160
        assert any(np.array_equal(strip, grey[top : top + len(strip)]) for top in range(1150, 1600))


@pytest.mark.parametrize("grey", [np.full((1600, 1200), 240, np.uint8), np.full((3, 5), 9, np.uint8)])
def test_an_empty_page_has_no_strip(grey: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> None:
    assert strips(grey, 0.05, 3) == ()


@MODEST
@given(st.integers(1, 90), st.integers(1, 90), st.floats(0.01, 1.0), st.integers(0, 2**32 - 1))
def test_pages_of_any_size_are_cut_within_themselves(height: int, width: int, share: float, seed: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    found = strips(grey, share, 3)
    assert len(found) <= 3
    assert sum(len(strip) for strip in found) <= height
    assert all(strip.shape[0] > 0 and strip.shape[1] == width for strip in found)


# --- Choice -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page full of lines."""
    sheet(GERMAN, lines=20).save(tmp_path / "page.pgm")
    return tmp_path / "page.pgm"


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[tuple[str, ...], str]]]:
    """Makes Tesseract read a text, one for each script; gives the languages and scripts it was asked for."""

    def prepare(plain: PageText, black: PageText | None = None) -> list[tuple[tuple[str, ...], str]]:
        asked: list[tuple[tuple[str, ...], str]] = []

        def read(_: Tesseract, _image: Path, languages: tuple[str, ...], _dpi: float, script: str = "") -> PageText:
            asked.append((languages, script))
            return black or plain if script else plain

        monkeypatch.setattr(Tesseract, "read", read)
        return asked

    return prepare


Says = Callable[..., list[tuple[tuple[str, ...], str]]]


def test_a_clear_page_costs_one_strip_read_by_the_usual_model(page: Path, says: Says) -> None:
    asked = says(page_of(SLOVAK))
    choice = choose(page, 300, ("ces", "deu"), available=MODELS)
    assert (choice.languages, choice.script, choice.why) == (("slk",), "", Why.SEEN)
    assert choice.confidence > 0.8
    assert asked == [(("ces",), "")]


def test_fraktur_is_chosen_where_it_reads_better_and_only_where_installed(page: Path, says: Says) -> None:
    says(page_of(NOISE, confidence=0.3), page_of(GERMAN, confidence=0.7))
    choice = choose(page, 300, ("ces",), available=MODELS)
    assert (choice.languages, choice.script) == (("deu",), FRAKTUR)
    without = choose(page, 300, ("ces",), available=MODELS[1:])
    assert without == Choice(("ces",), "", 0.0, Why.USUAL)


def test_a_page_that_does_not_tell_is_as_usual_or_as_the_page_before(page: Path, says: Says) -> None:
    asked = says(page_of("Kutná Hora"))
    assert choose(page, 300, ("ces", "deu"), available=MODELS) == Choice(("ces", "deu"), "", 0.0, Why.USUAL)
    assert len(asked) == 3
    before = Choice(("deu",), FRAKTUR, 0.9, Why.SEEN)
    assert choose(page, 300, ("ces",), available=MODELS, before=before) == Choice(("deu",), FRAKTUR, 0.0, Why.BEFORE)


def test_a_page_that_says_the_same_as_the_one_before_is_looked_at_no_more(page: Path, says: Says) -> None:
    hint = page_of("kniha sú")
    asked = says(hint)
    alone = choose(page, 300, ("ces",), available=MODELS)
    strips_alone = len(asked)
    asked.clear()
    after = choose(page, 300, ("ces",), available=MODELS, before=Choice(("slk",), "", 0.9, Why.SEEN))
    assert len(asked) == 1 < strips_alone
    assert after.languages == ("slk",)
    assert after.confidence > alone.confidence


def test_a_mistake_on_the_page_before_does_not_stick(page: Path, says: Says) -> None:
    says(page_of(CZECH))
    for before in (Choice(("slk",), "", 1.0, Why.SEEN), Choice(("deu",), FRAKTUR, 1.0, Why.SEEN)):
        choice = choose(page, 300, ("ces",), available=MODELS, before=before)
        assert (choice.languages, choice.script) == (("ces",), "")


def test_only_installed_languages_are_chosen_and_usual_ones_without_a_model_passed_over(page: Path, says: Says) -> None:
    asked = says(page_of(SLOVAK))
    before = Choice(("slk",), FRAKTUR, 1.0, Why.SEEN)
    assert choose(page, 300, ("slk", "ces"), available=("ces",), before=before).languages == ("ces",)
    assert asked[0] == (("ces",), "")


def test_without_any_usual_model_the_missing_one_is_named(page: Path) -> None:
    with pytest.raises(Problem) as caught:
        choose(page, 300, ("slk",), available=("ces",))
    assert (caught.value.finding.code, caught.value.finding.subject) == ("E002", "slk")


def test_latin_is_readable_by_the_model_of_its_script_alone(page: Path, says: Says) -> None:
    says(page_of(LATIN))
    assert choose(page, 300, ("ces",), available=("Latin", "ces")).languages == ("lat",)


def test_a_page_that_cannot_be_read_is_as_usual(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> PageText:
        raise ToolFailed("tesseract", "exit 3")

    monkeypatch.setattr(Tesseract, "read", read)
    for image in (page, tmp_path / "nowhere.pgm"):
        assert choose(image, 300, ("ces",), available=MODELS) == Choice(("ces",), "", 0.0, Why.USUAL)


@needs_tesseract
def test_printed_pages_are_told_from_pixels(page: Path, tmp_path: Path) -> None:
    choice = choose(page, 300, ("ces",), limits=Limits(seconds=60))
    assert (choice.languages, choice.script, choice.why) == (("deu",), "", Why.SEEN)
    blank = tmp_path / "blank.pgm"
    Image.new("L", (1200, 1600), 240).save(blank)
    assert choose(blank, 300, ("ces",)) == Choice(("ces",), "", 0.0, Why.USUAL)


@needs_tesseract
def test_the_identity_names_the_models_that_can_be_chosen() -> None:
    identity = choice_identity()
    assert f"ces {installed().digest('ces')}" in identity
    assert f"tesseract {TESSERACT.version()}" in identity


@pytest.mark.slow
@needs_tesseract
@pytest.mark.skipif(not TESSERACT.present() or FRAKTUR not in installed().names, reason="no Fraktur model")
@pytest.mark.parametrize(
    ("name", "languages", "script"),
    [
        ("de-fraktur-goethe/0086.tif", ("deu",), FRAKTUR),
        ("cs-antiqua-textbite/sokol_1906_474.jpg", ("ces",), ""),
    ],
)
def test_real_pages_are_told(scans: Path, tmp_path: Path, name: str, languages: tuple[str, ...], script: str) -> None:
    grey = cv2.imread(str(scans / name), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    cv2.imwrite(str(tmp_path / "page.pgm"), grey)
    choice = choose(tmp_path / "page.pgm", 0, ("ces",))
    assert (choice.languages, choice.script) == (languages, script)


def test_nothing_is_left_on_disk(page: Path, says: Says, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    says(page_of(CZECH))
    choose(page, 600, ("ces",), available=MODELS)
    assert list(place.iterdir()) == []
    shutil.rmtree(place)


def test_the_benchmark_counts_what_was_taken_for_what() -> None:
    rows = confusion([("ces", "ces"), ("ces", "ces"), ("slk", "ces")]).splitlines()
    assert [row.split() for row in rows] == [["ces", "slk"], ["ces", "2", "."], ["slk", "1", "."]]
