"""What is proposed, how surely, and why: a person confirms or corrects it, so every guess says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from metadata.model import Division, Side

T = TypeVar("T")

CONFIDENT = 0.8
"""From here on a guess may be taken without looking; below it a person should look."""


class Why(StrEnum):
    """What a guess rests on."""

    READ = "read"
    INTERPOLATED = "interpolated"
    UNNUMBERED = "unnumbered"
    PARITY = "parity"
    NEIGHBOURS = "neighbours"
    ORDER = "order"
    SINGLE = "single"
    BLANK = "blank"
    HEADING = "heading"
    LAYOUT = "layout"
    KIND = "kind"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Guess(Generic[T]):
    """A value, how surely (0..1), and what it rests on."""

    value: T
    confidence: float
    why: Why


@dataclass(frozen=True, slots=True)
class Proposed:
    """What is proposed for the page `order`: printed number, side and NDK page type.

    The label is as printed where it was read; in square brackets where it follows from its neighbours (`[5]`) or where
    the page stands outside the numbering (`[1]` ... in each such stretch). Two columns or an unparted spread make
    "12-13".
    """

    order: int
    label: Guess[str]
    side: Guess[Side]
    type: Guess[str]


@dataclass(frozen=True, slots=True)
class Masthead:
    """What stands in the head of a newspaper's first page; an empty string where it was not found.

    `number` and `year_number` are as printed, without their dots ("37", "XII"); `date` is ISO 8601.
    """

    number: str
    year_number: str
    date: str
    title: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for a volume. `unplaced` are titles of its table of contents for which no page was found."""

    pages: tuple[Proposed, ...]
    divisions: tuple[Division, ...] = ()
    masthead: Masthead | None = None
    unplaced: tuple[str, ...] = ()
