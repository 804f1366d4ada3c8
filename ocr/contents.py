"""A table of contents read as entries: number, title, printed page, and how deep each stands below which other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from metadata.text import Part, Word
from ocr.numerals import Figures, Numeral, numerals, roman_value
from ocr.sight import Printed, Row, plain, spoken

_LEADERS = re.compile(r"[\s.…·•_\-–—,:;*]*$")
_LEADING = re.compile(r"^[.…·•_\-–—:;*,]+")
# Rows of dots are also read as such letters.
_ONLY_LEADERS = re.compile(r"[^\w]+|[ceoasnurv.…]*([.…]{2,}[ceoasnurv]{0,2})+")
_PART_WORD = re.compile(r"(cast|dil|kniha|oddil|svazek|teil|abteilung|abschnitt|buch|band|part|book|hlava)\b")
_CHAPTER_WORD = re.compile(r"(kapitola|kap|kapitel|chapter|caput|cap|clanek)")
_DECIMAL = re.compile(r"\d{1,3}(\.\d{1,3})*[.)]?")
_LETTER = re.compile(r"[A-Za-z][.)]")
_COLUMN_HEADS = frozenset({"strana", "str", "stranka", "seite", "page", "pag", "s"})

_NONE, _PART, _ROMAN, _CAPITAL, _ARABIC, _SMALL = -1, 0, 1, 2, 3, 20
# How many heights of type set in make an entry a child of the one above it.
_INDENT = 1.8


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a table of contents.

    `number` is the part's own as printed without its stop ("IV", "2.1"), `page` the printed page it refers to (None
    where none was read), `depth` 0 for the uppermost.
    """

    title: str
    number: str
    page: Numeral | None
    depth: int


@dataclass(frozen=True, slots=True)
class _Number:
    """A part's number, the rank of its kind (a lower one stands higher), and how many words it takes."""

    text: str
    rank: int
    words: int


@dataclass(frozen=True, slots=True)
class _Draft:
    words: tuple[Word, ...]
    page: Numeral | None
    left: int
    height: float


def entries(pages: Sequence[tuple[Printed, Sequence[Row]]]) -> tuple[Entry, ...]:
    """The entries of a table of contents on `pages`: each with those of its rows that belong to it, in order."""
    drafts = [draft for page, rows in pages for draft in _drafts(page, rows)]
    return tuple(_deepened(_whole(drafts)))


def entry_share(rows: Sequence[Row]) -> float:
    """Which part of `rows` (0..1) reads like an entry: words, then a number at the end."""
    if not rows:
        return 0.0
    return sum(_is_entry(row) for row in rows) / len(rows)


def falling(rows: Sequence[Row]) -> bool:
    """Whether the numbers at the ends of `rows` mostly fail to rise: a price list, not a table of contents."""
    pages = [page.value for row in rows if (page := _page(row.words)) and page.figures is Figures.ARABIC]
    steps = list(pairwise(pages))
    return sum(one > two for one, two in steps) > 0.25 * len(steps)


def _is_entry(row: Row) -> bool:
    page = _page(row.words)
    letters = sum(c.isalpha() for word in row.words[:-1] for c in word.text)
    return page is not None and page.surety >= 0.6 and letters >= 3


def _page(words: Sequence[Word]) -> Numeral | None:
    """The page number at the end of an entry, with or without leaders stuck to it."""
    last = next((word.text for word in reversed(words) if spoken(word.text)), "")
    return next(iter(numerals(_LEADING.sub("", last))), None)


def _drafts(page: Printed, rows: Sequence[Row]) -> Iterator[_Draft]:
    """Each row with its words before leaders and page number; `left` counts from the table's left edge."""
    edge = min((row.box.left for row in rows), default=0)
    for row in rows:
        words = [word for word in row.words if spoken(word.text)]
        if " ".join(plain(word.text).strip(".,") for word in words) in _COLUMN_HEADS:
            continue
        number = _page(words) if _is_entry(row) else None
        kept = words[:-1] if number else words
        if not kept and words and numerals(words[-1].text):
            yield _Draft((), numerals(words[-1].text)[0], 0, row.height)
        named = tuple(word for word in kept if not _ONLY_LEADERS.fullmatch(word.text))
        if named:
            yield _Draft(named, number, named[0].box.left - edge, row.height)


def _whole(drafts: Sequence[_Draft]) -> Iterator[_Draft]:
    """Entries put together from their rows: a row without a page goes on in the next, unless that begins anew."""
    waiting: _Draft | None = None
    for draft in drafts:
        if waiting is not None and _begins(waiting, draft):
            yield waiting
            waiting = None
        whole = draft if waiting is None else _continued(waiting, draft)
        waiting = whole if whole.page is None else None
        if whole.page is not None and whole.words:
            yield whole
    if waiting is not None and _number(waiting.words).text:
        yield waiting


def _continued(waiting: _Draft, draft: _Draft) -> _Draft:
    return _Draft((*waiting.words, *draft.words), draft.page, waiting.left, waiting.height)


def _begins(waiting: _Draft, draft: _Draft) -> bool:
    """Whether `draft` is an entry of its own, so that `waiting` is the heading of a part without a page."""
    if not draft.words:
        return False
    text = _text(waiting.words)
    louder = text.isupper() and not _text(draft.words).isupper()
    return louder or _PART_WORD.match(plain(text)) is not None or bool(_number(draft.words).text)


def _text(words: Sequence[Word]) -> str:
    """The words as one line: those broken at a row's end are put together."""
    return " ".join(
        word.whole if word.part is Part.FIRST else word.text for word in words if word.part is not Part.SECOND
    )


def _title(draft: _Draft) -> str:
    """The words without their number and leaders; with the number where nothing else is left."""
    rest = _text(draft.words[_number(draft.words).words :])
    return _LEADERS.sub("", rest) or _LEADERS.sub("", _text(draft.words))


def _number(words: Sequence[Word]) -> _Number:
    """The part's own number at the beginning of its words ("Kapitola IV." takes two of them)."""
    first = plain(words[0].text).strip(".") if words else ""
    if _PART_WORD.match(first):
        return _Number("", _PART, 0)
    if len(words) > 1 and _CHAPTER_WORD.fullmatch(first):
        number = _counted(words[1].text)
        return _Number(number.text, number.rank, 2) if number else _Number("", _ARABIC, 0)
    found = _counted(words[0].text) if len(words) > 1 else None
    return found or _Number("", _NONE, 0)


def _counted(token: str) -> _Number | None:
    """A number as parts have it: IV. or IV, 2. or 2.1, A) or a)."""
    bare = token.rstrip(".):,")
    if bare.isupper() and roman_value(bare) is not None and (bare != token or len(bare) > 1):
        return _Number(bare, _ROMAN, 1)
    if _DECIMAL.fullmatch(token):
        return _Number(bare, _ARABIC + bare.count("."), 1)
    if _LETTER.fullmatch(token):
        return _Number(bare, _CAPITAL if bare.isupper() else _SMALL, 1)
    return None


def _deepened(drafts: Iterable[_Draft]) -> Iterator[Entry]:
    """Entries with their depth: below the nearest one above that has a higher kind of number, or stands further left.

    Entries with the same kind of number are equals wherever they stand: printers align numbers at their right.
    """
    above: list[tuple[_Draft, int]] = []
    for draft in drafts:
        number = _number(draft.words)
        while above and not _below(draft, number.rank, above[-1]):
            above.pop()
        yield Entry(_title(draft), number.text, draft.page, len(above))
        above.append((draft, number.rank))


def _below(draft: _Draft, rank: int, parent: tuple[_Draft, int]) -> bool:
    over, over_rank = parent
    if _NONE not in {rank, over_rank}:
        return rank > over_rank
    return over_rank == _PART or draft.left - over.left > _INDENT * over.height
