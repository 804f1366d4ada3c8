"""ocr.type_height: how high the letters of a page are."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocr.preparation import Pixels
from ocr.type_height import TypeSeen, type_seen


def printed(size: int, lines: int = 12, paper: int = 235) -> Pixels:
    """A page of lines without ascenders, of letters about half of `size` high."""
    image = Image.new("L", (1000, 1400), paper)
    font = ImageFont.load_default(size=size)
    for line in range(lines):
        ImageDraw.Draw(image).text((60, 60 + line * 2 * size), "mar nove zuma some", fill=30, font=font)
    return np.asarray(image, np.uint8)


@pytest.mark.parametrize("size", [24, 40, 60])
def test_letters_are_as_high_as_they_are_printed(size: int) -> None:
    font = ImageFont.load_default(size=size)
    _, top, _, bottom = font.getbbox("x")
    assert type_seen(printed(size)).height == pytest.approx(bottom - top, rel=0.15)


def test_a_page_of_twice_the_pixels_has_letters_twice_as_high() -> None:
    page = printed(40)
    twice = np.asarray(Image.fromarray(page).resize((2000, 2800)), np.uint8)
    assert type_seen(twice).height == pytest.approx(2 * type_seen(page).height, rel=0.1)


@pytest.mark.parametrize("page", [printed(40, lines=0), printed(40, lines=1)], ids=["empty", "a few letters"])
def test_too_few_letters_have_no_height(page: Pixels) -> None:
    assert type_seen(page) == TypeSeen()


@pytest.mark.parametrize("shape", [(60000, 1), (3000, 1), (20, 20000)])
def test_a_strip_has_no_letters_and_breaks_nothing(shape: tuple[int, int]) -> None:
    assert type_seen(np.full(shape, 200, np.uint8)) == TypeSeen()
