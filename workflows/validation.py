"""The judgement of a package as people read it: lines on a terminal, and one HTML page that opens anywhere offline."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from jinja2 import Template
from markupsafe import Markup

from metadata.elements import line
from metadata.ndk.check.complaint import Complaint, Level
from metadata.ndk.check.report import Group, Report
from metadata.wording import Tongue, printable, wording
from workflows.html_page import page_template
from workflows.report_words import pair, when

MOST_SHOWN = 20
"""So many complaints of one rule are on the terminal."""

_WORDS = wording("workflows", "validation.toml")


def say(key: str, tongue: Tongue | None = None, **facts: object) -> str:
    """A sentence about a judgement; in the reader's language when none is given."""
    return _WORDS.say(key, tongue, **facts)


def verdict(report: Report, tongue: Tongue | None = None) -> str:
    """The one sentence that everybody looks for, with how many errors or warnings there are."""
    errors, warnings = report.counts[Level.ERROR], report.counts[Level.WARNING]
    if errors:
        return say("verdict_INVALID", tongue, count=errors)
    return say("verdict_VALID_warned", tongue, count=warnings) if warnings else say("verdict_VALID", tongue)


def standard(report: Report, tongue: Tongue | None = None) -> str:
    """By which standard the package was judged."""
    dmf = report.dmf
    family = say(f"family_{dmf.family}", tongue)
    return say("standard_told", tongue, family=family, version=dmf.version or "?", rules=dmf.rules)


def as_text(report: Report, tongue: Tongue | None = None) -> Iterator[str]:
    """The judgement line by line: rule by rule, worst first; then what was checked; the verdict last."""
    yield f"{say('package', tongue)}: {printable(line(report.package))}"
    yield f"{say('standard', tongue)}: {printable(standard(report, tongue))}"
    for level in Level:
        for group in report.groups(level):
            yield from _told(group, tongue)
    yield ""
    yield f"{say('checked', tongue)}:"
    yield from (f"  {printable(each.text(tongue))}" for each in report.checked)
    yield ""
    yield verdict(report, tongue)


def _told(group: Group, tongue: Tongue | None) -> Iterator[str]:
    yield ""
    yield f"{group.level} {group.rule} ({len(group.complaints)})"
    for each in group.complaints[:MOST_SHOWN]:
        place = " ".join(part for part in (each.file or say("whole_package", tongue), each.xpath) if part)
        yield f"  {printable(line(place))}"
        yield f"    {printable(line(each.text(tongue)))}"
    if len(group.complaints) > MOST_SHOWN:
        yield f"  {say('more', tongue, count=len(group.complaints) - MOST_SHOWN)}"


def as_html(report: Report, made: str) -> str:
    """The page, in both languages; `made` is when the package was looked at (ISO 8601)."""
    text = _template().render(
        r=report,
        made=when(made),
        verdict=pair(verdict(report, Tongue.CS), verdict(report, Tongue.EN)),
        standard=pair(standard(report, Tongue.CS), standard(report, Tongue.EN)),
        levels=tuple(Level),
    )
    return printable(text)


@cache
def _template() -> Template:
    return page_template("validation.html", {"t": _both, "told": _sentence, "say": say}, {})


def _both(key: str) -> Markup:
    return pair(say(key, Tongue.CS), say(key, Tongue.EN))


def _sentence(found: Complaint) -> Markup:
    return pair(found.text(Tongue.CS), found.text(Tongue.EN))
