"""How many pages a catalogue record says: the extent of its physical description, as cataloguers write it.

Rules: ISBD area 5 and MARC 21 field 300 $a; Czech cataloguing as the National Library describes it (AACR2 "s.", RDA
"stran").
"""

from __future__ import annotations

import re

from ingest.folio_runs import roman_value

_PAGES = r"(?:stran[ya]?|str|s|pages?|pp|p|seiten?)"
_RANGE = re.compile(rf"\b{_PAGES}\.?\s*\[?(\d+)\]?\s*[-–]\s*\[?(\d+)\]?", re.IGNORECASE)
_NUMBER = r"(?:\d+|[ivxlcdm]+)"
_COUNTED = re.compile(
    rf"((?:(?<![-–])\[?\b{_NUMBER}\]?\s*(?:nečíslovan\w+|číslovan\w+|unnumbered|ungezählte)?\s*,\s*)*)"
    rf"(?<![-–])\[?\b({_NUMBER})\]?\s*(?:nečíslovan\w+\s+|číslovan\w+\s+|unnumbered\s+|ungezählte\s+)?{_PAGES}\b(?!\s*[-–]?\s*\d)"
    r"(?!\.?\s*(?:obr|příl|plat|tab|nečíslovan\w+\s+obr))",
    re.IGNORECASE,
)
_PART = re.compile(r"\b(?:sv|svazek|díl|část|vol|bd|tom)\b\.?\s*\d+\s*,", re.IGNORECASE)
_LEAVES = re.compile(
    rf"\b{_NUMBER}\]?\s*(?:nečíslovan\w+\s+)?(?:l\.|list[ůyu]?\b|leaves\b|fol\.|Bl\.)(?!\s*(?:obr|příl))"
)


def expected_pages(extent: str) -> int | None:
    """The pages that an extent such as "XII, 320 s., 8 příl. : il. ; 21 cm" counts; None where it does not say.

    Plates and other enclosures are left out, for nobody knows how many scans they make; so is everything after the
    colon. Leaves may be printed on one side or both, several volumes share one extent: None.
    """
    amount = _PART.sub("", re.split(r"\s+:|;|\+", extent, maxsplit=1)[0])
    if found := _RANGE.search(amount):
        first, last = int(found[1]), int(found[2])
        return last - first + 1 if last >= first else None
    if _LEAVES.search(amount) or re.match(r"\s*\[?([2-9]|[1-9]\d+)\]?\s*(sv|svaz|vol|bd|díl)", amount, re.IGNORECASE):
        return None
    total = 0
    for series in _COUNTED.finditer(amount):
        numbers = re.findall(rf"\b{_NUMBER}\b", series[1] + series[2], re.IGNORECASE)
        total += sum(_value(number) for number in numbers)
    return total or None


def _value(number: str) -> int:
    return int(number) if number.isdigit() else roman_value(number) or 0
