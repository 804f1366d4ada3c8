"""How many faults of a book are found, and how many good books are blamed.

    python -m bench.book_faults [--books N] [--seed N] [--unread 0.10] [--misread 0.03] [--show]

Makes books as the judgement of a book sees them: blank and unnumbered pages, roman preliminaries, plates that count
and that do not, columns and leaves that are numbered, a second numbering; the prints of pictures are taken from typed
pages and from second scans of them (shifted up to 3 %, turned up to 1 degree, darker, noisy, soft). Numbers, sides,
words and measures are then spoiled: numbers by `--unread` and `--misread`, 15 % of sides unseen and 3 % wrong, every
tenth word read otherwise; every other book has no words at all, only pictures. Good books count an alarm for any
finding. In each faulty book one fault is seeded at a page numbered in arabic figures, and must be found within three
scans of its place, by its own code or by the broken rhythm of sides; not within MARGIN numbers of the first and the
last, where no run of numbers is left to break, nor beside plates that do not count, which hide as many missing pages.

Printed: for each fault its code, tries and share found; books and share with a false alarm; milliseconds a book.
Issue 4 allows 95 % found, 2 % false.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np

from ingest.image import Pixels
from ingest.page_print import fingerprint
from ingest.sequence import Noticed, PageSeen, judge

_VOCABULARY, _WORDS_A_PAGE, _POOL = 20_000, 240, 60
_NEAR = 3
MARGIN = 4
"""How far from the first and last number of a book its order is spoiled, in numbered pages."""
_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu")


@dataclass(frozen=True, slots=True)
class Leafed:
    """A page of a made book: its printed `folio`, whether it is blank, its `text` (an index of prints and words)."""

    folio: str
    text: int
    side: str
    blank: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Rates:
    """How much is spoiled: shares of numbers unread and misread, of sides unseen and wrong."""

    unread: float = 0.10
    misread: float = 0.03
    unseen: float = 0.15
    wrong: float = 0.03


Fault = Callable[[list[Leafed], int], list[Leafed]]

ORDER_FAULTS: dict[str, tuple[str, Fault]] = {
    "a leaf missing": ("V020", lambda book, at: book[:at] + book[at + 2 :]),
    "two leaves missing": ("V020", lambda book, at: book[:at] + book[at + 4 :]),
    "a page missing": ("V020", lambda book, at: book[:at] + book[at + 1 :]),
    "a page doubled": ("V021", lambda book, at: [*book[: at + 1], _again(book[at]), *book[at + 1 :]]),
    "an opening doubled": (
        "V021", lambda book, at: [*book[: at + 2], *map(_again, book[at : at + 2]), *book[at + 2 :]],
    ),
    "pages swapped": ("V022", lambda book, at: [*book[:at], book[at + 1], book[at], *book[at + 2 :]]),
    "leaves swapped": (
        "V022", lambda book, at: [*book[:at], *book[at + 2 : at + 4], *book[at : at + 2], *book[at + 4 :]],
    ),
}  # fmt: skip
"""Faults of order: the code they must be found by, and what they make of a book at a page."""

MEASURE_FAULTS: dict[str, tuple[str, Callable[[PageSeen], PageSeen]]] = {
    "another size": ("V024", lambda page: replace(page, width_mm=page.width_mm * 1.15)),
    "another paper": ("V025", lambda page: replace(page, paper=(180.0, 190.0, 215.0))),
    "blurred": ("V026", lambda page: replace(page, edge_mm=page.edge_mm * 2.0)),
    "resolution": (
        "V028",
        lambda page: replace(
            page, dpi=150, width_mm=page.width_mm * 2, height_mm=page.height_mm * 2,
            letter_mm=page.letter_mm * 2, edge_mm=page.edge_mm * 2,
        ),
    ),
}  # fmt: skip
"""Faults of a scan: the code they must be found by, and what they make of a page."""

KINDS = ("plain", "roman", "plates", "plates counted", "columns", "leaves", "every second", "two parts", "issue")


def seeded(seed: int) -> random.Random:
    """A source of chance that is the same for the same seed."""
    return random.Random(seed)  # noqa: S311 - nothing secret hangs on it


def book_of(kind: str, rng: random.Random) -> list[Leafed]:
    """A good book of a kind (KINDS) of 30 to 160 pages, an issue of 2 to 8."""
    first = rng.randrange(10_000)
    texts = iter(range(first, first + 400))
    if kind == "issue":
        start = rng.choice((1, 1, 41, 305))
        return [Leafed(str(start + page), next(texts), "") for page in range(rng.randint(2, 8))]
    folios = ["", None, "", None]
    if kind == "roman":
        folios += [written(number) for number in range(5, 2 * rng.randint(4, 12) + 1)]
    folios += _numbers(kind, rng)
    folios += [""] * rng.choice((0, 2, 4))
    sides = ("right", "left")
    return [
        Leafed(folio or "", next(texts), "" if folio is None else sides[place % 2], blank=folio is None)
        for place, folio in enumerate(folios)
    ]


def written(number: int) -> str:
    """A number below 40 in roman figures."""
    return "x" * (number // 10) + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[number % 10]


def _numbers(kind: str, rng: random.Random) -> list[str | None]:
    """The numbers of a book's body; "" printed without one, None a blank page."""
    count = 2 * rng.randint(15, 75)
    if kind == "columns":
        return [f"{2 * page + 1}-{2 * page + 2}" for page in range(count)]
    if kind == "leaves":
        return [f"{page // 2 + 1}{'v' if page % 2 else ''}" for page in range(count)]
    if kind == "every second":
        return [str(page // 2 + 1) if page % 2 == 0 else "" for page in range(count)]
    first = 1 if kind == "roman" else 5
    numbers: list[str | None] = [str(page) for page in range(first, first + count)]
    if kind == "two parts":
        numbers += [str(page) for page in range(1, 2 * rng.randint(10, 30) + 1)]
    for chapter in rng.sample(range(len(numbers)), len(numbers) // 20):
        numbers[chapter] = ""
    if kind.startswith("plates"):
        for place in sorted(rng.sample(range(5, len(numbers) // 2), 3), reverse=True):
            leaf = slice(2 * place, 2 * place + (2 if kind == "plates counted" else 0))
            numbers[leaf] = ["", None]
    return numbers


def scanned(book: list[Leafed], rng: random.Random, rates: Rates) -> list[PageSeen]:
    """The book as it is seen, with what is read wrongly or not at all."""
    drift = rng.uniform(-0.15, 0.15)
    has_words = rng.random() < 0.5
    seen = []
    for order, page in enumerate(book, start=1):
        bare = page.blank
        paper = 205 + drift * order
        seen.append(
            PageSeen(
                order, f"{order:04}.tif", _folio(page.folio, rng, rates), side=_side(page.side, rng, rates),
                print="" if bare else _print(page.text, again=page.again),
                words=frozenset() if bare or not has_words else _words(page.text, rng),
                blank=bare, width_mm=130 * rng.gauss(1, 0.012), height_mm=200 * rng.gauss(1, 0.012),
                paper=(paper + rng.gauss(0, 3), paper - 10 + rng.gauss(0, 3), paper - 30 + rng.gauss(0, 3)),
                edge_mm=0.0 if bare else 0.2 * rng.lognormvariate(0, 0.07),
                letter_mm=0.0 if bare else 1.6 * rng.lognormvariate(0, 0.06), dpi=300,
            )
        )  # fmt: skip
    return seen


def _folio(folio: str, rng: random.Random, rates: Rates) -> str:
    chance = rng.random()
    if not folio or chance < rates.unread:
        return ""
    if chance > rates.unread + rates.misread:
        return folio
    at = rng.randrange(len(folio))
    other = rng.choice("0123456789") if folio[at].isdigit() else rng.choice("ivxl1")
    return (folio[:at] + rng.choice((other, other, "")) + folio[at + 1 :]) if len(folio) > 1 else other


def _side(side: str, rng: random.Random, rates: Rates) -> str:
    chance = rng.random()
    if not side or chance < rates.unseen:
        return ""
    return side if chance > rates.unseen + rates.wrong else {"left": "right", "right": "left"}[side]


def _words(text: int, rng: random.Random) -> frozenset[int]:
    own = seeded(text)
    written = [int(_VOCABULARY ** own.random()) for _ in range(_WORDS_A_PAGE)]
    return frozenset(word if rng.random() > 0.1 else rng.randrange(10**6, 10**9) for word in written)


def _again(page: Leafed) -> Leafed:
    return replace(page, again=True)


@cache
def _print(text: int, *, again: bool) -> str:
    """One of a pool of prints: a typed page, or its second scan."""
    pixels = typed(text % _POOL)
    if not again:
        return fingerprint(pixels)
    return fingerprint(rescanned(pixels, seeded(text)))


@cache
def typed(text: int) -> Pixels:
    """A page of about 40 lines of nonsense, 700x1000 pixels, the same for the same `text`."""
    rng = seeded(text)
    page = np.full((1000, 700), 222, np.uint8)
    for foot in range(70, 950, 22):
        place, end = 60 + (25 if rng.random() < 0.1 else 0), 640 if rng.random() > 0.1 else rng.randint(200, 600)
        while True:
            word = "".join(rng.choices(_SYLLABLES, k=rng.choice((1, 1, 2, 2, 3, 4))))
            width = cv2.getTextSize(word, cv2.FONT_HERSHEY_COMPLEX, 0.5, 1)[0][0]
            if place + width > end:
                break
            cv2.putText(page, word, (place, foot), cv2.FONT_HERSHEY_COMPLEX, 0.5, 40, 1, cv2.LINE_AA)
            place += width + 9
    return page


def rescanned(page: Pixels, rng: random.Random) -> Pixels:
    """The page as a second scan shows it: shifted to 3 %, turned to 1 degree, of other brightness, noisy and softer."""
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-1, 1), rng.uniform(0.99, 1.01))
    turn[:, 2] += (rng.uniform(-0.03, 0.03) * width, rng.uniform(-0.03, 0.03) * height)
    moved = cv2.warpAffine(page, turn, (width, height), borderMode=cv2.BORDER_REPLICATE).astype(np.float64)
    grain = np.random.default_rng(rng.randrange(10**6)).normal(0, 8, moved.shape)
    lit = moved * rng.uniform(0.8, 1.1) + rng.uniform(-15, 15) + grain
    soft = cv2.GaussianBlur(lit.clip(0, 255).astype(np.uint8), (0, 0), rng.uniform(0.3, 1.1))
    return np.asarray(soft, np.uint8)


def main() -> None:
    """Make the books, judge them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--books", type=int, default=40, help="faulty books of each fault; good books of each kind")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--unread", type=float, default=0.10)
    parser.add_argument("--misread", type=float, default=0.03)
    parser.add_argument("--only", default="", help="faults whose name has this in it, and no good books")
    parser.add_argument("--show", action="store_true", help="print what was missed and what was a false alarm")
    given = parser.parse_args()
    rates = Rates(given.unread, given.misread)
    rng = seeded(given.seed)
    started, judged = time.process_time(), 0
    for name, (code, _) in (ORDER_FAULTS | MEASURE_FAULTS).items():
        if given.only not in name:
            continue
        found = sum(fault_found(name, rng, rates, show=given.show) for _ in range(given.books))
        judged += given.books
        print(f"{name:20} {code} {given.books:5} {found / given.books:7.1%}")
    for kind in () if given.only else KINDS:
        alarms = [judge(scanned(book_of(kind, rng), rng, rates), None) for _ in range(given.books)]
        judged += given.books
        codes = Counter(one.code for alarm in alarms for one in alarm)
        print(f"good: {kind:14} {given.books:5} {sum(map(bool, alarms)) / given.books:7.1%} {dict(codes) or ''}")
        for alarm in alarms if given.show else ():
            for one in alarm:
                print("   ", one)
    print(f"{1000 * (time.process_time() - started) / judged:.0f} ms a book, its making included")


def fault_found(name: str, rng: random.Random, rates: Rates, *, show: bool = False) -> bool:
    """Whether the fault `name`, seeded in a new book, is found where it is."""
    good = book_of(rng.choice(("plain", "roman", "plates", "plates counted", "two parts")), rng)
    numbered = [place for place, page in enumerate(good) if page.folio.isdigit()]
    inner = numbered[MARGIN : -MARGIN - 4]
    at = rng.choice([place for place in inner if not any(page.blank for page in good[place - 3 : place + 6])])
    if name in ORDER_FAULTS:
        code, spoil = ORDER_FAULTS[name]
        seen = scanned(spoil(good, at), rng, rates)
    else:
        code, worsen = MEASURE_FAULTS[name]
        seen = scanned(good, rng, rates)
        seen[at] = worsen(seen[at])
    noticed = judge(seen, None)
    hit = any(one.code in (code, "V023") and _beside(one, at + 1) for one in noticed)
    if not hit and show:
        print("    missed at", at + 1, [(page.folio, page.side[:1]) for page in seen[max(0, at - 4) : at + 8]], noticed)
    return hit


def _beside(one: Noticed, order: int) -> bool:
    return min(one.orders) - _NEAR <= order <= max(one.orders) + _NEAR


if __name__ == "__main__":
    main()
