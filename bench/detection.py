"""How many seeded faults are found, of pages and of books, and how many good ones are blamed: for docs/quality.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.book_faults import KINDS, MEASURE_FAULTS, ORDER_FAULTS, Rates, book_of, fault_found, scanned
from bench.page_quality import FAULTS, Rate, blamed_wrongly, pages, rate_of
from bench.typed_pages import seeded
from ingest.sequence import judge

_UNREAD, _MISREAD, _SEED = 0.10, 0.03, 4


@dataclass(frozen=True, slots=True)
class Detected:
    """Rates by fault, of pages and of books; how many good ones there were, and how many of them were blamed."""

    pages: tuple[Rate, ...]
    good_pages: int
    blamed_pages: int
    books: tuple[Rate, ...]
    good_books: int
    blamed_books: int

    @property
    def shares(self) -> tuple[tuple[str, float], ...]:
        """Fault and share found, of pages and then of books."""
        return tuple((rate.name, rate.found / max(1, rate.seeded)) for rate in (*self.pages, *self.books))

    def markdown(self) -> str:
        """A section of a document."""
        share = sum(rate.found for rate in self.pages) / max(1, sum(rate.seeded for rate in self.pages))
        head = "| fault | found | | missed |\n|---|---:|---:|---|\n"
        return "\n\n".join((
            "## Seeded faults",
            f"Put into copies of {self.good_pages} real scans, one at a time, and looked for by `ingest.look`: "
            f"**{100 * share:.1f} %** found. Of the scans as they came {self.blamed_pages} were blamed for what is not "
            "wrong with them. What is missed here may be found by reading yet: a mirrored page makes no sense (T004).",
            "![Share of seeded faults found](picture/detection.svg)",
            head + "\n".join(rate.row for rate in self.pages),
            f"Books are made up ({100 * _UNREAD:.0f} % of page numbers unread, {100 * _MISREAD:.0f} % misread, prints "
            f"of typed pages); of {self.good_books} good ones {self.blamed_books} were blamed.",
            head + "\n".join(rate.row for rate in self.books),
        ))  # fmt: skip


def detection(scans: Path, books: int, tell: Callable[[str], None]) -> Detected:
    """Seed every fault in every scan of `scans` that it can be seeded in, and in so many `books`; some minutes."""
    chosen = sorted(pages(scans), key=lambda page: page.name)
    blamed = blamed_wrongly(chosen)
    of_pages = tuple(_told((rate_of(name, chosen) for name in FAULTS), tell))
    of_books = tuple(_told(_of_books(books), tell))
    rng, rates = seeded(_SEED), Rates(_UNREAD, _MISREAD)
    alarms = sum(bool(judge(scanned(book_of(kind, rng), rng, rates), None)) for kind in KINDS for _ in range(books))
    return Detected(of_pages, len(chosen), blamed, of_books, len(KINDS) * books, alarms)


def _told(rates: Iterator[Rate], tell: Callable[[str], None]) -> Iterator[Rate]:
    for rate in rates:
        tell(rate.row)
        yield rate


def _of_books(books: int) -> Iterator[Rate]:
    rng, rates = seeded(_SEED), Rates(_UNREAD, _MISREAD)
    for name in ORDER_FAULTS | MEASURE_FAULTS:
        found = sum(fault_found(name, rng, rates) for _ in range(books))
        yield Rate(name, found, books, ())
