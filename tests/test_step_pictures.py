"""The pictures of docs/steps.md: each shows the step at work, is small, and its figures stand in both documents."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bench import step_pictures
from bench.pictures_of_steps import WIDTH, Shown, fitted, framed, labelled, lit, side_by_side
from bench.step_pictures import DOCUMENTS, MOST_BYTES, STEPS, asked, filled, lacking, main, stored, told
from ingest.image import Pixels
from metadata.geometry import Box
from metadata.tool import Tool
from metadata.wording import Tongue

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
QUICK = ("split", "deskew", "crop", "dewarp", "book")
WITH_PROGRAMS = tuple(name for name in STEPS if name not in QUICK)
NAMES = st.from_regex(r"[a-z]{1,6}(\.[a-z0-9-]{1,6}){0,2}", fullmatch=True)
FIGURES = st.one_of(
    st.floats(-1e6, 1e6), st.integers(-999, 999), st.text("Pabcž019 ", max_size=8).filter(lambda text: "<" not in text)
)


@cache
def shown(name: str) -> Shown:
    cv2.setNumThreads(1)
    return STEPS[name].show(SAMPLES)


def number(name: str, figure: str) -> float:
    return float(shown(name).figures[f"{name}.{figure}"])


def document(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


class TestFilled:
    @given(st.dictionaries(NAMES, FIGURES, max_size=5), st.text("ab |\n", max_size=20), st.sampled_from(Tongue))
    @settings(max_examples=40, deadline=None)
    def test_every_known_figure_is_put_in_and_all_else_stays(
        self, figures: dict[str, float | str], around: str, tongue: Tongue
    ) -> None:
        empty = around.join(["", *(f"<!--{name}-->?<!--/-->" for name in figures), ""])
        full = filled(empty, figures, tongue)
        assert asked(full) == tuple(figures)
        assert re.findall(r"-->([^<]*)<!--/-->", full) == [told(each, tongue) for each in figures.values()]
        assert filled(full, figures, tongue) == full
        assert re.sub(r"-->[^<]*<!--/-->", "-->?<!--/-->", full) == empty

    def test_a_step_that_was_left_out_keeps_its_figures(self) -> None:
        text = "<!--deskew.angle-->3,5<!--/-->° a <!--crop.sides-->2<!--/-->"
        assert filled(text, {"crop.sides": 4}, Tongue.CS) == text.replace(">2<", ">4<")

    @pytest.mark.parametrize(
        ("figure", "czech", "english"),
        [
            (3.5, "3,5", "3.5"),
            (-4.0, "−4", "−4"),
            (0.1234, "0,123", "0.123"),
            (-0.0, "0", "0"),
            ("P061", "P061", "P061"),
        ],
    )
    def test_figures_are_written_as_each_language_writes_them(
        self, figure: float | str, czech: str, english: str
    ) -> None:
        assert (told(figure, Tongue.CS), told(figure, Tongue.EN)) == (czech, english)


class TestDrawing:
    @given(st.integers(3, 300), st.integers(3, 300), st.integers(1, 120), st.integers(0, 120))
    @settings(max_examples=30, deadline=None)
    def test_a_picture_fits_into_the_size_that_was_asked(self, width: int, height: int, wide: int, high: int) -> None:
        picture = fitted(np.zeros((height, width), np.uint8), wide, high)
        assert picture.shape[1:] == (wide, 3)
        assert len(picture) == (high or round(wide / width * height)) or not high

    def test_before_and_after_are_of_one_height_on_white(self) -> None:
        low, high = np.zeros((100, 440), np.uint8), np.zeros((300, 440, 3), np.uint8)
        both = side_by_side(low, high)
        assert both.shape == (300, WIDTH, 3)
        assert both[150, 200].tolist() == [0, 0, 0]
        assert both[10, 200].tolist() == [255, 255, 255]

    def test_marks_are_put_on_a_copy(self) -> None:
        page = np.full((60, 80, 3), 255, np.uint8)
        box = Box(10, 10, 20, 15)
        assert framed(page, [box], (255, 0, 0), 1)[10, 10].tolist() == [255, 0, 0]
        assert lit(page, [(box, (0, 255, 0))])[15, 15, 1] == 255 > lit(page, [(box, (0, 255, 0))])[15, 15, 0]
        assert (labelled(page, "7", (200, 0, 0)) != page).any()
        assert (page == 255).all()

    def test_ink_stays_black_under_a_light(self) -> None:
        assert lit(np.zeros((9, 9), np.uint8), [(Box(-5, -5, 90, 90), (250, 200, 0))]).max() == 0

    def test_a_picture_keeps_within_its_bytes_by_getting_coarser(self) -> None:
        rng = np.random.default_rng(1)
        busy = cv2.GaussianBlur(rng.integers(0, 256, (500, WIDTH, 3)).astype(np.uint8), (0, 0), 1.5)
        content = stored(np.asarray(busy, np.uint8))
        assert len(content) <= MOST_BYTES
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.size == (WIDTH, 500)

    def test_one_that_never_fits_is_refused(self) -> None:
        with pytest.raises(ValueError, match="does not go into"):
            stored(np.random.default_rng(1).integers(0, 256, (2000, WIDTH, 3)).astype(np.uint8))


class TestSteps:
    """What a picture claims is what its step did, on the samples that lie here."""

    def test_the_spread_is_cut_where_it_was_glued_and_no_page_is_split(self) -> None:
        assert abs(number("split", "at") - number("split", "glued")) <= 0.005 * number("split", "width")
        assert number("split", "wrongly") == 0
        assert number("split", "of") == 24

    def test_crooked_pages_come_straight_and_straight_ones_stay(self) -> None:
        assert number("deskew", "angle") == pytest.approx(3.5, abs=0.05)
        assert number("deskew", "left") <= 0.05
        assert number("deskew", "worst") <= 0.05
        assert number("deskew", "wrongly") == 0
        assert number("deskew", "of") + number("deskew", "straight") == 24

    def test_the_page_is_cut_from_its_bed_to_its_own_size(self) -> None:
        assert number("crop", "width") == pytest.approx(148, abs=2)
        assert number("crop", "height") == pytest.approx(210, abs=2)
        assert number("crop", "scan-width") > 190
        assert number("crop", "wrongly") == 0

    def test_curved_lines_come_level_and_level_ones_are_left(self) -> None:
        assert number("dewarp", "after") < 0.5 * number("dewarp", "before")
        assert number("dewarp", "flat") < 0.12 < number("dewarp", "before")

    def test_the_doubled_and_the_missing_page_are_marked(self) -> None:
        figures = shown("book").figures
        assert {figures["book.delete"], figures["book.keep"]} == {4, 5}
        assert (figures["book.before"], figures["book.after"], figures["book.first"]) == (7, 8, "7")

    @pytest.mark.parametrize("name", QUICK)
    def test_both_halves_are_there_and_differ(self, name: str) -> None:
        picture = shown(name).picture
        assert picture.shape[1:] == (WIDTH, 3)
        assert _different(picture[:, :440], picture[:, 460:]) > 0.01
        assert len(stored(picture)) <= MOST_BYTES

    @pytest.mark.slow
    @pytest.mark.parametrize("name", WITH_PROGRAMS)
    def test_those_that_need_programs_show_a_gain(self, name: str) -> None:
        missing = lacking(STEPS[name])
        if missing:
            pytest.skip(f"{', '.join(missing)} is not on this machine")
        figures = {key: value for key, value in shown(name).figures.items() if isinstance(value, float | int)}
        claims = {
            "quality": lambda: all(shown(name).figures[key] for key in shown(name).figures if key.endswith(".codes")),
            "reading": lambda: figures["reading.careful.cer"] < figures["reading.plain.cer"],
            "order": lambda: figures["order.after"] < figures["order.before"] and figures["order.gutters"] >= 2,
            "places": lambda: figures["places.good.share"] >= 99 > figures["places.moved.share"],
            "pdf": lambda: figures["pdf.found"] >= 0.98 * figures["pdf.words"] > 100,
        }
        assert claims[name](), figures
        assert len(stored(shown(name).picture)) <= MOST_BYTES


def _different(one: Pixels, other: Pixels) -> float:
    """The share of pixels that clearly differ."""
    return float((np.abs(one.astype(int) - other).max(axis=2) > 40).mean())


class TestCommand:
    def test_run_twice_it_writes_the_same_bytes(self, tmp_path: Path) -> None:
        before = _made(tmp_path / "one")
        assert before == _made(tmp_path / "other")
        assert {"picture/steps/dewarp.jpg", "picture/steps/book.jpg", "steps.md", "kroky.md"} == set(before)

    def test_the_documents_of_the_project_are_the_pattern_elsewhere(self, tmp_path: Path) -> None:
        assert asked(_made(tmp_path)["steps.md"].decode()) == asked(document("steps.md"))

    def test_a_step_without_its_program_is_named_and_left(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        absent = step_pictures.Step(lambda _: pytest.fail("was made"), (Tool("no-such-program", "none"),))
        monkeypatch.setitem(STEPS, "pdf", absent)
        assert main(["--out", str(tmp_path), "--samples", str(SAMPLES), "--only", "pdf"]) == 0
        assert "no-such-program" in capsys.readouterr().out
        assert list((tmp_path / "picture" / "steps").iterdir()) == []
        assert (tmp_path / "steps.md").read_text(encoding="utf-8") == document("steps.md")


def _made(folder: Path) -> dict[str, bytes]:
    assert main(["--out", str(folder), "--samples", str(SAMPLES), "--only", "dewarp", "book"]) == 0
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestDocuments:
    @pytest.mark.parametrize("name", DOCUMENTS)
    def test_it_begins_with_the_command_and_shows_every_step_once_in_order(self, name: str) -> None:
        text = document(name)
        assert "python -m bench.step_pictures" in text.split("\n## ")[0]
        assert re.findall(r"\]\(picture/steps/([a-z]+)\.jpg\)", text) == [*_in_the_documents()]
        assert set(_in_the_documents()) == set(STEPS)

    def test_both_languages_tell_the_same_figures_in_the_same_order(self) -> None:
        czech, english = (sorted(asked(document(name))) for name in DOCUMENTS)
        assert czech == english
        assert len(czech) == len(set(czech))

    @pytest.mark.parametrize("name", QUICK)
    def test_every_figure_of_a_step_has_its_place(self, name: str) -> None:
        places = {figure for figure in asked(document("steps.md")) if figure.startswith(f"{name}.")}
        assert places == set(shown(name).figures)

    @pytest.mark.parametrize("name", STEPS)
    def test_the_pictures_are_there_and_small(self, name: str) -> None:
        path = ROOT / "docs" / "picture" / "steps" / f"{name}.jpg"
        with Image.open(path) as picture:
            assert picture.width == WIDTH
        assert path.stat().st_size <= MOST_BYTES


def _in_the_documents() -> tuple[str, ...]:
    return "quality", "split", "deskew", "crop", "dewarp", "reading", "order", "places", "book", "pdf"
