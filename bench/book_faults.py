"""How many faults of a book are found, and how many good books are blamed.

    python -m bench.book_faults [--books N] [--seed N] [--unread 0.10] [--misread 0.03] [--show]

Makes books as the judgement of a book sees them: blank and unnumbered pages, roman preliminaries, plates that count and
that do not, columns and leaves that are numbered, a second numbering; the prints of pictures are taken from typed pages
and from second scans of them (shifted up to 3 %, turned up to 1 degree, darker, noisy, soft). Numbers, sides, words and
measures are then spoiled: numbers by `--unread` and `--misread`, 15 % of sides unseen and 3 % wrong, as many beginnings
and ends of pages unknown and 5 % mistaken, every tenth word read otherwise; every other book has no words at all, only
pictures. Good books count an alarm for any finding. In each faulty book one fault is seeded at a page numbered in
arabic figures, and must be found within three scans of its place, by its own code or by the broken rhythm of sides.
Counted by themselves are faults within MARGIN numbers of the first and the last, where hardly a run of numbers is left
to break; those beside blank pages and plates that do not count, which hide as many missing pages; and two faults, two
or three pages from each other.

Printed: for each fault its code, tries and share found at each kind of place; books and share with a false alarm;
milliseconds a book. Issue 4 allows 95 % found, 2 % false.
"""

from __future__ import annotations

import argparse
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from bench.typed_pages import rescanned, seeded, typed
from ingest.page_print import fingerprint
from ingest.page_seen import Begins, Ends
from ingest.sequence import Noticed, PageSeen, judge

__all__ = [
    "KINDS", "MARGIN", "MEASURE_FAULTS", "ORDER_FAULTS", "TOGETHER", "Leafed", "Rates", "book_of", "fault_found",
    "rescanned", "scanned", "seeded", "two_found",
]  # fmt: skip

_VOCABULARY, _WORDS_A_PAGE, _POOL = 20_000, 240, 60
_NEAR = 3
_AROUND = 6
"""How many pages from a fault on are looked at for blank ones."""
MARGIN = 4
"""How far from the first and last number of a book its order is spoiled, in numbered pages."""
_BESIDE = 2
"""How many numbers stand at least between the book's end and what is spoiled: beyond the last one nothing is told."""


@dataclass(frozen=True, slots=True)
class Leafed:
    """A page of a made book: its printed `folio`, whether it is blank, its `text` (an index of prints and words)."""

    folio: str
    text: int
    side: str
    blank: bool = False
    again: bool = False
    begins: Begins = ""
    ends: Ends = ""


@dataclass(frozen=True, slots=True)
class Rates:
    """How much is spoiled: shares of numbers unread and misread, of sides unseen and wrong, and so of joints."""

    unread: float = 0.10
    misread: float = 0.03
    unseen: float = 0.15
    wrong: float = 0.03
    unknown: float = 0.15
    mistaken: float = 0.05


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

PLACES = ("inside", "ends", "blank")
"""Where in a book a fault is: among numbered pages, beside the first or last number, beside a blank page."""

TOGETHER = (
    ("a page missing", "a page doubled"),
    ("a page doubled", "a page missing"),
    ("a page doubled", "pages swapped"),
    ("pages swapped", "a leaf missing"),
    ("a leaf missing", "a leaf missing"),
    ("pages swapped", "pages swapped"),
)
"""Faults that are seeded two or three pages from each other."""

_SPOILED = {"a leaf missing": 2, "a page missing": 1, "a page doubled": 1, "pages swapped": 2}
"""How many pages of the good book a fault takes."""

_SIDES = ("", "left", "right")
_BEGINS: tuple[Begins, ...] = ("", "small", "large")
_ENDS: tuple[Ends, ...] = ("", "broken", "open", "closed")
_Seen = TypeVar("_Seen", bound=str)

KINDS = ("plain", "roman", "plates", "plates counted", "columns", "leaves", "every second", "two parts", "issue")


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
    book = [
        Leafed(folio or "", next(texts), "" if folio is None else sides[place % 2], blank=folio is None)
        for place, folio in enumerate(folios)
    ]
    return _running(book, rng)


def _running(book: list[Leafed], rng: random.Random) -> list[Leafed]:
    """The book as running text: a chapter opens on each page without a number, some small letters are a name's.

    A third of the books is German, where nouns are large.
    """
    names = rng.choice((0.08, 0.08, 0.35))
    ends: Ends = "closed"
    text = []
    for page in book:
        if page.blank:
            text.append(page)
            continue
        opens = ends == "closed" or not page.folio or rng.random() < names
        ends = rng.choices(("broken", "open", "closed"), (0.15, 0.6, 0.25))[0]
        text.append(replace(page, begins="large" if opens else "small", ends=ends))
    return text


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
                order, f"{order:04}.tif", _folio(page.folio, rng, rates),
                side=_made_out(page.side, _SIDES, rng, rates.unseen, rates.wrong),
                print="" if bare else _print(page.text, again=page.again),
                words=frozenset() if bare or not has_words else _words(page.text, rng),
                blank=bare, width_mm=130 * rng.gauss(1, 0.012), height_mm=200 * rng.gauss(1, 0.012),
                paper=(paper + rng.gauss(0, 3), paper - 10 + rng.gauss(0, 3), paper - 30 + rng.gauss(0, 3)),
                edge_mm=0.0 if bare else 0.2 * rng.lognormvariate(0, 0.07),
                letter_mm=0.0 if bare else 1.6 * rng.lognormvariate(0, 0.06), dpi=300,
                begins=_made_out(page.begins, _BEGINS, rng, rates.unknown, rates.mistaken),
                ends=_made_out(page.ends, _ENDS, rng, rates.unknown, rates.mistaken),
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


def _made_out(true: _Seen, kinds: Sequence[_Seen], rng: random.Random, unseen: float, wrong: float) -> _Seen:
    """What is seen of something that is one of `kinds`, the first of which is to see nothing."""
    chance = rng.random()
    if not true or chance < unseen:
        return kinds[0]
    return true if chance > unseen + wrong else rng.choice([kind for kind in kinds[1:] if kind != true])


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
    started = time.process_time()
    judged = _faulty(given, rng, rates) + _pairs(given, rng, rates)
    for kind in () if given.only else KINDS:
        alarms = [judge(scanned(book_of(kind, rng), rng, rates), None) for _ in range(given.books)]
        judged += given.books
        codes = Counter(one.code for alarm in alarms for one in alarm)
        print(f"good: {kind:14} {given.books:5} {sum(map(bool, alarms)) / given.books:7.1%} {dict(codes) or ''}")
        for one in itertools.chain(*alarms) if given.show else ():
            print("   ", one)
    print(f"{1000 * (time.process_time() - started) / max(1, judged):.0f} ms a book, its making included")


def _faulty(given: argparse.Namespace, rng: random.Random, rates: Rates) -> int:
    """Print the share found of each fault, by its place; the number of books judged."""
    judged = 0
    for name, (code, _) in (ORDER_FAULTS | MEASURE_FAULTS).items():
        if given.only not in name:
            continue
        print(f"{name:20} {code} {given.books:5}", end="", flush=True)
        for where in PLACES if name in ORDER_FAULTS else PLACES[:1]:
            found = sum(fault_found(name, rng, rates, where, show=given.show) for _ in range(given.books))
            judged += given.books
            print(f"   {where} {found / given.books:6.1%}", end="", flush=True)
        print()
    return judged


def _pairs(given: argparse.Namespace, rng: random.Random, rates: Rates) -> int:
    """Print the share found of two faults close to each other; the number of books judged."""
    judged = 0
    for names in TOGETHER:
        if given.only and given.only not in "two faults":
            continue
        hits = [two_found(names, rng, rates, show=given.show) for _ in range(given.books)]
        judged += given.books
        shares = [sum(hit) / given.books for hit in zip(*hits, strict=True)]
        print(f"two faults: {names[0]} {shares[0]:.1%}, close to it {names[1]} {shares[1]:.1%}")
    return judged


def fault_found(name: str, rng: random.Random, rates: Rates, where: str = "inside", *, show: bool = False) -> bool:
    """Whether the fault `name`, seeded in a new book at a place of a kind (PLACES), is found where it is."""
    good, places = _with_places(where, rng)
    at = rng.choice(places)
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
        _missed(seen, at, noticed)
    return hit


def _with_places(where: str, rng: random.Random) -> tuple[list[Leafed], list[int]]:
    """A good book, and where in it a fault can be seeded."""
    while True:
        good = book_of(rng.choice(("plain", "roman", "plates", "plates counted", "two parts")), rng)
        numbered = [place for place, page in enumerate(good) if page.folio.isdigit() and place + 4 < len(good)]
        bare = {place for place in numbered if any(page.blank for page in good[max(0, place - 3) : place + _AROUND])}
        places = {
            "inside": [place for place in numbered[MARGIN : -MARGIN - 4] if place not in bare],
            "ends": [*numbered[_BESIDE:MARGIN], *numbered[-MARGIN - 4 : -_BESIDE - 4]],
            "blank": [place for place in numbered[MARGIN : -MARGIN - 4] if place in bare],
        }[where]
        if places:
            return good, places


def two_found(names: tuple[str, str], rng: random.Random, rates: Rates, *, show: bool = False) -> tuple[bool, bool]:
    """Whether two faults, two or three pages from each other, are found: each by a finding of its own.

    Where no number was read between two gaps, one finding may tell the pages of both.
    """
    good, places = _with_places("inside", rng)
    far = [place for place in places if not any(page.blank for page in good[place : place + 3 * _AROUND])]
    first = rng.choice(far or places)
    between = _SPOILED[names[0]] + rng.choice((2, 3))
    book = ORDER_FAULTS[names[0]][1](ORDER_FAULTS[names[1]][1](good, first + between), first)
    second = first + between + len(book) - len(ORDER_FAULTS[names[1]][1](good, first + between))
    seen = scanned(book, rng, rates)
    noticed = judge(seen, None)
    left, hits = list(noticed), []
    for name, at in zip(names, (first, second), strict=True):
        found = next((one for one in left if one.code == ORDER_FAULTS[name][0] and _beside(one, at + 1)), None)
        hits.append(found is not None)
        both = found is not None and found.code == "V020" and found.facts["pages"] == sum(_SPOILED[n] for n in names)
        left = [one for one in left if one is not found or both]
    if show and not all(hits):
        _missed(seen, first, noticed)
    return hits[0], hits[1]


def _missed(seen: list[PageSeen], at: int, noticed: tuple[Noticed, ...]) -> None:
    around = [(page.folio, page.side[:1], page.begins[:1], page.ends[:1]) for page in seen[max(0, at - 4) : at + 9]]
    print("    missed at", at + 1, around, [(one.code, one.orders) for one in noticed])


def _beside(one: Noticed, order: int) -> bool:
    return min(one.orders) - _NEAR <= order <= max(one.orders) + _NEAR


if __name__ == "__main__":
    main()
