"""A report as one HTML page: no script, nothing from outside, to be read on a screen, aloud, or on paper."""

from __future__ import annotations

from functools import cache

from jinja2 import Template

from metadata.wording import printable
from workflows.html_page import page_template
from workflows.reports.sheet import Bars, Mark, Report
from workflows.reports.words import made_from, say, shown

_LONG = 36
"""A word with more letters (a digest, a path) may be broken anywhere."""


def as_html(report: Report) -> str:
    """The page, in the report's language."""
    text = _template().render(
        r=report,
        say=lambda key: say(key, report.tongue),
        show=lambda cell: shown(cell, report.tongue),
        made=made_from(report.origin, report.tongue),
    )
    return printable(text)


@cache
def _template() -> Template:
    tests = {
        "is_mark": lambda cell: isinstance(cell, Mark),
        "is_number": lambda cell: isinstance(cell, int | float),
        "is_long": lambda cell: isinstance(cell, str) and max(map(len, cell.split()), default=0) > _LONG,
    }
    return page_template("report_page.html", {**tests, "shares": shares}, {})


def shares(bars: Bars) -> tuple[tuple[str, int, float], ...]:
    """Label, number and length (0..1, of the longest) of each bar."""
    most = max((count for _, count in bars.rows), default=0) or 1
    return tuple((label, count, count / most) for label, count in bars.rows)
