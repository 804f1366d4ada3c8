"""What kind of page it is, of the NDK's closed list: proposed where the page itself says so, else an ordinary page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from ocr.contents import entry_share, falling
from ocr.proposal import Guess, Why
from ocr.sight import Printed, Row, plain, spoken

BLANK, NORMAL, TITLE = "blank", "normalPage", "titlePage"
CONTENTS, INDEX, ADVERTISEMENT = "tableOfContents", "index", "advertisement"

_CONTENTS = re.compile(
    r"(obsah|obsah knihy|obsah dila|obsah svazku|obsah (i+|[1-9])\.? ?(dilu|svazku|rocniku)?|prehled obsahu|inhalt|"
    r"inhaltsverzeichni(s|ss)|inhalts-?verzeichni(s|ss)|contents|table of contents|table des matieres|index capitum)"
)
_INDEX = re.compile(
    r"((jmenny|vecny|mistni|abecedni|osobni|predmetny|menny)?( a )?(jmenny|vecny|mistni)? ?(rejstrik|ukazatel|register|"
    r"zoznam mien)( (jmenny|vecny|mistni|osob|jmen|vecí))?|(sach|namen|orts|personen)-?register|index|index rerum|"
    r"index nominum)"
)
_ADVERTISEMENT = re.compile(r"(inserce|inzerce|inseraty|inzeraty|insertni cast|inserate|anzeigen|reklama|reklamy)")
_PUBLISHED = re.compile(
    r"\b(naklad|vydal|vydan|vydav|tisk|vytiskl|knihtisk|knihkup|verlag|druck|gedruckt|verlegt|naklada|impensis|typis)"
)
_YEAR = re.compile(r"\b1[4-9]\d\d\b|\b20\d\d\b|\bm ?d ?c[clxvim ]{1,}\b")

_HEAD_ROWS = 4
_TEXT_ROWS = 12
_FIRST_PAGES = 12
_TITLE_ROWS, _TITLE_WORDS, _TITLE_TYPE = 20, 80, 1.4


def page_kinds(pages: Sequence[Printed]) -> tuple[Guess[str], ...]:
    """The kind of each of `pages` (in rising order): its evidence is a heading, the layout, or that it is blank.

    One title page at most, among the first twelve; a page of contents also without a heading, where it goes on from
    the one before. Every kind is in the lists of monographs and of periodicals alike (ndk.md §2).
    """
    body = median([row.height for page in pages for row in page.rows] or [0])
    kinds: list[Guess[str]] = []
    for page in pages:
        kinds.append(_kind(page, kinds[-1].value if kinds else ""))
    title = max(
        (place for place, page in enumerate(pages[:_FIRST_PAGES]) if kinds[place].value == NORMAL),
        key=lambda place: _title(pages[place], body),
        default=None,
    )
    if title is not None and (surety := _title(pages[title], body)):
        kinds[title] = Guess(TITLE, surety, Why.LAYOUT)
    return tuple(kinds)


def contents_heading(row: Row) -> bool:
    """Whether the row is the heading of a table of contents."""
    return _CONTENTS.fullmatch(_bare(row)) is not None


def _kind(page: Printed, before: str) -> Guess[str]:
    if page.sight.blank:
        return Guess(BLANK, 0.95, Why.BLANK)
    return _headed(page) or _continued(page, before) or Guess(NORMAL, _ordinary(page), Why.NOTHING)


def _ordinary(page: Printed) -> float:
    """A page full of text is hardly anything else; one with ink and no word may be a picture, a cover, a map."""
    if len(page.rows) >= _TEXT_ROWS:
        return 0.85
    return 0.5 if page.rows else 0.3


def _headed(page: Printed) -> Guess[str] | None:
    heads = page.rows[:_HEAD_ROWS]
    share = entry_share(page.rows)
    if share >= 0.2 and any(contents_heading(row) for row in heads):
        return Guess(CONTENTS, round(min(0.95, 0.7 + share / 2), 3), Why.HEADING)
    if any(_INDEX.fullmatch(_bare(row)) for row in heads) and _many_numbers(page):
        return Guess(INDEX, 0.85, Why.HEADING)
    if any(_ADVERTISEMENT.fullmatch(_bare(row)) for row in heads[:2]):
        return Guess(ADVERTISEMENT, 0.7, Why.HEADING)
    return None


def _continued(page: Printed, before: str) -> Guess[str] | None:
    """A page that goes on with what the page before began, or contents that only their leaders tell."""
    if before == INDEX and _many_numbers(page):
        return Guess(INDEX, 0.65, Why.NEIGHBOURS)
    share, rows = entry_share(page.rows), len(page.rows)
    if falling(page.rows):
        return None
    if before == CONTENTS and share >= 0.5 and rows >= 3:
        return Guess(CONTENTS, 0.75, Why.NEIGHBOURS)
    if share >= 0.7 and rows >= 6 and _leaders(page):
        return Guess(CONTENTS, 0.65, Why.LAYOUT)
    return None


def _many_numbers(page: Printed) -> bool:
    numbered = sum(any(c.isdigit() for c in row.text) for row in page.rows[1:])
    return numbered >= max(3, 0.4 * len(page.rows))


def _leaders(page: Printed) -> bool:
    """Whether most rows lead to their ends by dots."""
    return 2 * sum(re.search(r"(\. ?){4}", row.text) is not None for row in page.rows) >= len(page.rows)


def _title(page: Printed, body: float) -> float:
    """How surely this is the title page (0: not at all): few words in large type, the year or publisher at the foot."""
    rows = page.rows
    words = [word for row in rows for word in row.words if spoken(word.text)]
    if len(rows) < 2 or len(rows) > _TITLE_ROWS or len(words) > _TITLE_WORDS:
        return 0.0
    large = max((row.height for row in rows if sum(c.isalpha() for c in row.text) > 3), default=0)
    foot = " ".join(plain(row.text) for row in rows[len(rows) // 2 :])
    year, published = _YEAR.search(foot) is not None, _PUBLISHED.search(foot) is not None
    if large < _TITLE_TYPE * body or not (year or published):
        return 0.0
    return round(0.4 + 0.2 * year + 0.15 * published + 0.1 * (large >= 2 * body) + 0.1 * (len(rows) <= 12), 3)


def _bare(row: Row) -> str:
    """The row for comparing with a heading: letters spaced out are drawn together, folio and stops are dropped."""
    text = plain(row.text).strip(" .:;,-–—*")
    spaced = re.fullmatch(r"(\w )+\w", text)
    text = text.replace(" ", "") if spaced else text
    return re.sub(r"^\d+ | \d+$", "", text)
