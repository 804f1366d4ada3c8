"""What a proposal does to a volume or a page's text, and whether it may: the same for whoever proposes and for `kdr`.

Pure: nothing is written. A value that is no longer what the proposal was made against is a conflict, never overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from metadata.bad_list import BadList
from metadata.description import Description, IdentifierKind
from metadata.elements import clean
from metadata.model import Page, Source, Volume
from metadata.pagelist import PageRow, applied
from metadata.problem import Problem
from metadata.record import from_plain, plain
from metadata.text import Line, PageText
from metadata.wording import printable, wording
from repository.catalogue.desk.fields import Duty, editable, faults
from repository.catalogue.desk.proposal import Change, Kind
from repository.catalogue.tongue import current_tongue

MOST_CHARACTERS = 10_000
"""Of one text; a line of print has a hundred."""
MOST_CHANGES = 10_000
"""Of one proposal: a volume has at most 9,999 pages."""
PAGE_FIELDS = ("label", "type", "side")
_FIXED = (IdentifierKind.UUID.value, IdentifierKind.URNNBN.value)
_SHOWN = 200


def changed_volume(volume: Volume, kind: Kind, changes: Sequence[Change], proposal: str) -> Volume:
    """The volume as the changes of its description or pages make it; `proposal` is how a refusal names them.

    Raises:
        Problem: R053 a value is not what it was any more, R054 a change says nothing, what cannot be said, or what the
            standard does not allow.
    """
    _require_sound(changes, proposal)
    if kind is Kind.DESCRIPTION:
        return _described(volume, changes, proposal)
    return _relabelled(volume, changes, proposal)


def changed_text(read: PageText, changes: Sequence[Change], proposal: str) -> str:
    """The plain text of a page with the lines that were changed, as `ocr.corrected.with_lines` takes it.

    A line that is made empty goes.

    Raises:
        Problem: R053, R054 as `changed_volume`.
    """
    _require_sound(changes, proposal)
    said = {}
    lines = list(read.lines())
    for change in changes:
        number = int(change.field) if change.field.isdecimal() and len(change.field) < 6 else 0
        if not 1 <= number <= len(lines) or not isinstance(change.after, str):
            raise refused(proposal, change.field, "unknown_field")
        _require_unmoved(change, line_text(lines[number - 1]), proposal)
        said[number] = " ".join(change.after.split())
    numbers = iter(range(1, len(lines) + 1))
    blocks = []
    for block in read.blocks:
        texts = [said.get(number, line_text(line)) for line, number in zip(block.lines, numbers, strict=False)]
        blocks.append("\n".join(filter(None, texts)))
    return "\n\n".join(filter(None, blocks)) + "\n"


def line_text(line: Line) -> str:
    """A line as it is printed: its words, and the hyphen that breaks the last."""
    return " ".join(word.text for word in line.words) + (line.hyphen.text if line.hyphen else "")


def differences(volume: Volume, wanted: Mapping[str, Any]) -> tuple[Change, ...]:
    """The fields of the description that differ, blanks apart, from what is `wanted` (JSON values by field)."""
    now = plain(volume.description)
    return tuple(
        Change("", name, now[name], value) for name, value in wanted.items() if _tidied(now[name]) != _tidied(value)
    )


def page_differences(volume: Volume, wanted: Mapping[tuple[int, str], str]) -> tuple[Change, ...]:
    """Labels, types and sides that differ from what is `wanted` by order and field."""
    pages = {page.order: page for page in volume.pages}
    told = ((pages[order], field, value) for (order, field), value in wanted.items() if order in pages)
    found = (Change(page.id, field, page_value(page, field), value) for page, field, value in told)
    return tuple(change for change in found if change.before != change.after)


def page_value(page: Page, field: str) -> str:
    """What stands in one of PAGE_FIELDS; empty where nothing does. Raises KeyError: it is none of them."""
    return {"label": page.label, "type": page.type, "side": page.side.value if page.side else ""}[field]


def refused(proposal: str, field: str, reason: str, why: str = "") -> Problem:
    """That a value cannot be proposed: `reason` is a key of desk.toml, `why` what somebody else says of it."""
    said = wording("repository.catalogue.words", "desk.toml").say(f"desk.refused.{reason}", current_tongue())
    told = " ".join(filter(None, (said, printable(why)[:300])))
    return Problem("R054", proposal, field=printable(field)[:80] or "-", why=told)


def _described(volume: Volume, changes: Sequence[Change], proposal: str) -> Volume:
    known = {field.name: field for field in editable(volume)}
    now: dict[str, Any] = plain(volume.description)
    wanted = dict(now)
    for change in changes:
        if change.field not in known or change.subject:
            raise refused(proposal, change.field, "unknown_field")
        _require_unmoved(change, now[change.field], proposal)
        if known[change.field].duty is Duty.MANDATORY and now[change.field] and not change.after:
            raise refused(proposal, change.field, "mandatory")
        wanted[change.field] = change.after
    try:
        description = from_plain(Description, wanted)
    except ValueError as error:
        raise refused(proposal, ", ".join(change.field for change in changes), "value", _innermost(error)) from error
    told = plain(description)
    for change in changes:
        # A number where a text belongs would be read as a text in silence.
        if told[change.field] != change.after:
            raise refused(proposal, change.field, "value")
    if _fixed(told) != _fixed(now):
        raise refused(proposal, "identifiers", "fixed_identifier")
    made = replace(volume, description=description)
    _require_standard(volume, made, proposal)
    return made


def _require_standard(before: Volume, after: Volume, proposal: str) -> None:
    known = {(each.facts.get("sentence"), each.facts.get("name")) for each in faults(before)}
    for each in faults(after):
        if (each.facts.get("sentence"), each.facts.get("name")) not in known:
            raise refused(proposal, str(each.facts.get("name", each.xpath)), "standard", each.text(current_tongue()))


def _relabelled(volume: Volume, changes: Sequence[Change], proposal: str) -> Volume:
    pages = {str(page.id): page for page in volume.pages}
    said: dict[int, dict[str, str]] = {}
    for change in changes:
        page = pages.get(change.subject)
        if page is None or change.field not in PAGE_FIELDS or not isinstance(change.after, str):
            raise refused(proposal, change.field, "unknown_field")
        _require_unmoved(change, page_value(page, change.field), proposal)
        if change.field == "type" and not change.after:
            raise refused(proposal, change.field, "mandatory")
        said.setdefault(page.order, {})[change.field] = change.after
    rows = [
        PageRow(proposal, order, order, label=cells.get("label"), type=cells.get("type"), side=cells.get("side"))
        for order, cells in sorted(said.items())
    ]
    try:
        told = applied(volume.pages, rows, volume.description.kind, Source.CONFIRMED)
    except BadList as error:
        raise refused(proposal, str(error.place), "value", error.text(current_tongue())) from error
    return replace(volume, pages=told)


def _require_sound(changes: Sequence[Change], proposal: str) -> None:
    if not changes or len(changes) > MOST_CHANGES:
        raise refused(proposal, "-", "no_changes" if not changes else "too_many")
    if len({(change.subject, change.field) for change in changes}) < len(changes):
        raise refused(proposal, "-", "twice")
    for change in changes:
        if change.before == change.after:
            raise refused(proposal, change.field, "no_changes")
        if any(len(text) > MOST_CHARACTERS or clean(text) != text for text in _texts(change.after)):
            raise refused(proposal, change.field, "text")


def _require_unmoved(change: Change, now: object, proposal: str) -> None:
    if change.before != now:
        raise Problem(
            "R053", proposal, field=change.field, before=shown(change.before), now=shown(now), after=shown(change.after)
        )


def shown(value: object) -> str:
    """A value in one line of at most some 200 characters, for a table or a sentence."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return printable(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…") or "–"


def _tidied(value: object) -> object:
    """The value with single blanks in all its texts: what a form cannot tell apart."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {key: _tidied(inner) for key, inner in value.items()}
    return list(map(_tidied, value)) if isinstance(value, list) else value


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (*_texts(key), *_texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _fixed(description: Mapping[str, Any]) -> list[Any]:
    return [each for each in description["identifiers"] if each["kind"] in _FIXED]


def _innermost(error: BaseException) -> str:
    """What the value itself complains of, beneath what cattrs says of it."""
    while error.__cause__ is not None:
        error = error.__cause__
    inner = getattr(error, "exceptions", ())
    return _innermost(inner[0]) if inner else str(error)
