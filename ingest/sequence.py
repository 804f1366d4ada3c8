"""Quality of a book: whether all of its pages were scanned, once, in order and alike.

Pure: what was seen on the pages goes in, what is worth a person's look comes out. Nothing is guessed. Pages missing
where no numbers are printed leave a trace only in the rhythm of left and right and in the count; two pages missing
there, or more pages missing than a book's unnumbered ones hide, are not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.doubles import NEAR, enough_alike, likeness, same, worse
from ingest.extent import expected_pages
from ingest.folio_order import FolioOrder, Repeat, exchanged, folio_order, starts_anew
from ingest.jumps import jumps
from ingest.page_seen import Noticed, PageSeen
from ingest.swaps import Swap
from metadata.finding import Fact

__all__ = ["Noticed", "PageSeen", "expected_pages", "judge"]

_FEWER, _MORE, _MORE_SHARE = 2, 24, 0.2
_RHYTHM, _BEATS = 5, 4
_EXPLAINS = 3


def judge(pages: Sequence[PageSeen], expected: int | None, *, exact: bool = False) -> tuple[Noticed, ...]:
    """What is to be noticed about a book of these scans, in the order of the scans; the count is last.

    `expected` are the pages that the catalogue counts (`expected_pages`): blank leaves may lack and covers, plates and
    advertisements come on top. With `exact` they are the scans that a delivery note states.
    """
    book = sorted(pages, key=lambda page: page.order)
    twins = _twins(book, folio_order(book))
    once = _without(book, twins)
    swapped = exchanged(once)
    mended = _in_place(once, swapped)
    order = folio_order(mended)
    found = [
        *_missing(mended, order),
        *_doubled(book, twins),
        *_repeated(mended, order),
        *_swapped(once, swapped),
        *_rhythm(mended, order),
        *jumps(book),
    ]
    found.sort(key=lambda one: (one.orders[0], one.code))
    return (*found, *_count(book, expected, exact=exact))


def _without(book: Sequence[PageSeen], twins: Sequence[tuple[int, int]]) -> list[PageSeen]:
    """The book as if every page had been scanned once: what a doubled page did to the numbers hides nothing more."""
    more = {later for _, later in twins}
    return [page for index, page in enumerate(book) if index not in more]


def _in_place(book: Sequence[PageSeen], swapped: Sequence[Swap]) -> list[PageSeen]:
    mended = list(book)
    for swap in swapped:
        mended[swap.start : swap.end] = [book[index] for index in swap.mended()]
    return mended


def _missing(book: Sequence[PageSeen], order: FolioOrder) -> Iterator[Noticed]:
    for gap in order.gaps:
        before, after = book[gap.before.index], book[gap.after.index]
        facts: dict[str, Fact] = {
            "pages": gap.pages, "before": before.order, "after": after.order, "first": gap.first, "last": gap.last,
            "unread": gap.after.index - gap.before.index - 1,
        }  # fmt: skip
        yield Noticed("V020", (before.order, after.order), after.subject, facts)


def _twins(book: Sequence[PageSeen], order: FolioOrder) -> list[tuple[int, int]]:
    """Pairs of indices of one page scanned twice: neighbours, and scans that the numbers say to be one page."""
    pairs = {(index, index + step) for step in range(1, NEAR + 1) for index in range(len(book) - step)}
    for repeat in order.repeats:
        pairs.update(_same_number(repeat, len(book)))
    apart = [pair for pair in sorted(pairs) if not _numbered_apart(pair, order)]
    enough = enough_alike(book) if apart else 0.0
    return _once([pair for pair in apart if same(book[pair[0]], book[pair[1]], enough)])


def _once(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of three scans of a page, two pairs and not three."""
    kept: list[tuple[int, int]] = []
    for one, other in pairs:
        if not any(other == later for _, later in kept):
            kept.append((one, other))
    return kept


def _same_number(repeat: Repeat, count: int) -> Iterator[tuple[int, int]]:
    for later in range(repeat.before.index + 1, min(count, repeat.after.index + repeat.pages)):
        if later >= repeat.pages:
            yield later - repeat.pages, later


def _numbered_apart(pair: tuple[int, int], order: FolioOrder) -> bool:
    """Whether both numbers lie on one run: then they differ, and so do the pages."""
    one, other = (order.settled.get(index) for index in pair)
    return one is not None and other is not None and one.line == other.line


def _doubled(book: Sequence[PageSeen], twins: Sequence[tuple[int, int]]) -> Iterator[Noticed]:
    for pair in twins:
        delete, keep = (book[index] for index in worse(book, *pair))
        facts: dict[str, Fact] = {
            "delete": delete.order, "keep": keep.order, "keep_path": keep.subject, "folio": keep.folio or delete.folio,
            "alike": round(likeness(delete, keep), 2),
        }  # fmt: skip
        yield Noticed("V021", (delete.order, keep.order), delete.subject, facts)


def _repeated(book: Sequence[PageSeen], order: FolioOrder) -> Iterator[Noticed]:
    """Numbers that step back although no scans without numbers explain it."""
    for repeat in order.repeats:
        if starts_anew(repeat) or repeat.hidden >= repeat.pages:
            continue
        before, after = book[repeat.before.index], book[repeat.after.index]
        facts: dict[str, Fact] = {
            "before": before.order, "after": after.order, "last": repeat.before.label, "next": repeat.after.label,
            "pages": repeat.pages,
        }  # fmt: skip
        yield Noticed("V029", (before.order, after.order), after.subject, facts)


def _swapped(book: Sequence[PageSeen], swapped: Sequence[Swap]) -> Iterator[Noticed]:
    for swap in swapped:
        pages = book[swap.start : swap.end]
        facts: dict[str, Fact] = {
            "first": _scans(book[swap.start : swap.middle]), "second": _scans(book[swap.middle : swap.end]),
            "folios": ", ".join(page.folio or "?" for page in pages),
        }  # fmt: skip
        yield Noticed("V022", tuple(page.order for page in pages), pages[0].subject, facts)


def _scans(pages: Sequence[PageSeen]) -> str:
    return str(pages[0].order) if len(pages) == 1 else f"{pages[0].order}–{pages[-1].order}"


def _rhythm(book: Sequence[PageSeen], order: FolioOrder) -> Iterator[Noticed]:
    """Left after left or right after right, for good, where numbers neither say why nor that all is well."""
    seen = [index for index, page in enumerate(book) if page.side]
    beat = [(index + (book[index].side == "right")) % 2 for index in seen]
    told = _explained(order)
    for place in range(1, len(seen)):
        before, after = seen[place - 1], seen[place]
        if beat[place - 1] == beat[place] or not _keeps(beat, place) or _numbered_through(order, before, after):
            continue
        between = book[before + 1 : after]
        if any(page.blank or not (page.folio or page.words) for page in between):
            continue
        if all(min(abs(index - before), abs(index - after)) > _EXPLAINS for index in told):
            told.add(after)
            facts: dict[str, Fact] = {
                "side": book[after].side,
                "before": book[before].order,
                "after": book[after].order,
            }
            yield Noticed("V023", (book[before].order, book[after].order), book[after].subject, facts)


def _keeps(beat: Sequence[int], place: int) -> bool:
    before, after = beat[max(0, place - _RHYTHM) : place], beat[place : place + _RHYTHM]
    return before.count(beat[place - 1]) >= _BEATS and after.count(beat[place]) >= _BEATS


def _numbered_through(order: FolioOrder, before: int, after: int) -> bool:
    lines = [
        {order.settled[index].line for index in range(start, start + _EXPLAINS) if index in order.settled}
        for start in (before - _EXPLAINS + 1, after)
    ]
    return bool(lines[0] & lines[1])


def _explained(order: FolioOrder) -> set[int]:
    told = {index for gap in order.gaps for index in (gap.before.index, gap.after.index)}
    return told | {index for repeat in order.repeats for index in (repeat.before.index, repeat.after.index)}


def _count(book: Sequence[PageSeen], expected: int | None, *, exact: bool) -> Iterator[Noticed]:
    if expected is None:
        return
    more = len(book) - expected
    allowed = (0, 0) if exact else (_FEWER, max(_MORE, round(_MORE_SHARE * expected)))
    if not -allowed[0] <= more <= allowed[1]:
        yield Noticed("V027", (), "", {"scanned": len(book), "expected": expected, "difference": more})
