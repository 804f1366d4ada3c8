"""The pages on which curators propose changes: description, page numbers and types, a page's text; then a look, a save.

Every form leads to the same second page, which shows the values before and after and asks why; only what that page
sends is kept, and it is judged again as if nobody had judged it before. Nothing is written but the proposal's file.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from datasette import Response
from datasette.utils.asgi import NotFound, Request

from metadata.elements import clean
from metadata.event import now
from metadata.model import Side
from metadata.page_types import page_types
from metadata.problem import Problem
from metadata.record import from_plain, plain, read_json
from metadata.text import PageText
from repository.catalogue.desk.changing import (
    changed_text,
    changed_volume,
    differences,
    line_text,
    page_differences,
    refused,
    shown,
)
from repository.catalogue.desk.fields import editable, read_form
from repository.catalogue.desk.forms import Subject, posted, subject_of
from repository.catalogue.desk.proposal import FOLDER, MOST_REASON, Change, Kind, Proposal, Proposals, new_id
from repository.catalogue.house import house_of
from repository.catalogue.presentation import Speech
from repository.catalogue.reading.page_words import page_text
from repository.catalogue.reading.rows import UUID, page_of, rows
from repository.catalogue.rights.audience import Role, current
from repository.catalogue.routes import Route
from repository.catalogue.tongue import current_tongue

if TYPE_CHECKING:
    from datasette.app import Datasette

_AGAIN = "again"
AT_ONCE = 100
"""Pages of a volume on one page of the grid; each has a list of some forty types."""
_LINE_HEIGHT = 80
_AROUND = 6
_CELL = re.compile(r"(label|type|side)\.([0-9]{1,4})")
_LINE = re.compile(r"line\.([0-9]{1,5})")
_PAGE = "select uuid, position, alto, volume, label, width, height from page where volume = ? and uuid = ?"
_ROLES = (Role.CURATOR, Role.OPERATOR)


async def _description(datasette: Datasette, request: Request) -> Response:
    subject = await _subject(datasette, request)
    if isinstance(subject, Response):
        return subject
    fields = editable(subject.volume)
    values: dict[str, Any] = plain(subject.volume.description)
    problem = None
    if request.method == "POST":
        form = await posted(request)
        wanted = {} if _AGAIN in form else read_form(form, fields)
        try:
            if _AGAIN not in form:
                changes = differences(subject.volume, wanted)
                return await _look(datasette, request, subject, Kind.DESCRIPTION, changes)
            values |= {
                change.field: change.after for change in await _again(datasette, subject, Kind.DESCRIPTION, form)
            }
        except Problem as found:
            problem, values = found, values | wanted
    told = {"subject": subject, "fields": fields, "values": values, "problem": _said(problem)}
    return await _html(datasette, request, "propose_description.html", told, problem)


async def _pages(datasette: Datasette, request: Request) -> Response:
    subject = await _subject(datasette, request)
    if isinstance(subject, Response):
        return subject
    problem = None
    wanted: dict[tuple[int, str], str] = {}
    if request.method == "POST":
        form = await posted(request)
        cells = ((_CELL.fullmatch(name), value) for name, value in form.items())
        wanted = {(int(cell[2]), cell[1]): " ".join(value.split()) for cell, value in cells if cell}
        try:
            if _AGAIN not in form:
                changes = page_differences(subject.volume, wanted)
                return await _look(datasette, request, subject, Kind.PAGES, changes)
            orders = {str(page.id): page.order for page in subject.volume.pages}
            taken = await _again(datasette, subject, Kind.PAGES, form)
            wanted = {(orders[change.subject], change.field): change.after for change in taken}
        except Problem as found:
            problem = found
    first = _first(request, len(subject.volume.pages))
    told = {
        "subject": subject,
        "pages": subject.volume.pages[first - 1 : first - 1 + AT_ONCE],
        "wanted": {f"{field}.{order}": value for (order, field), value in wanted.items()},
        "types": sorted(page_types(subject.volume.description.kind)),
        "sides": tuple(Side),
        "starts": range(1, len(subject.volume.pages) + 1, AT_ONCE),
        "first": first,
        "at_once": AT_ONCE,
        "problem": _said(problem),
    }
    return await _html(datasette, request, "propose_pages.html", told, problem)


async def _text(datasette: Datasette, request: Request) -> Response:
    subject = await _subject(datasette, request)
    if isinstance(subject, Response):
        return subject
    page = await page_of(datasette, request)
    read = await asyncio.to_thread(page_text, house_of(datasette), page)
    if read is None:
        raise NotFound(request.path)
    problem = None
    wanted: dict[int, str] = {}
    if request.method == "POST":
        form = await posted(request)
        cells = ((_LINE.fullmatch(name), value) for name, value in form.items())
        wanted = {int(cell[1]): " ".join(value.split()) for cell, value in cells if cell}
        lines = enumerate(map(line_text, read.lines()), 1)
        changes = tuple(
            Change(page["uuid"], str(number), text, wanted[number])
            for number, text in lines
            if wanted.get(number, text).split() != text.split()
        )
        try:
            if _AGAIN not in form:
                return await _look(datasette, request, subject, Kind.TEXT, changes)
            taken = await _again(datasette, subject, Kind.TEXT, form)
            wanted = {int(change.field): change.after for change in taken if change.subject == page["uuid"]}
        except Problem as found:
            problem = found
    told = {"subject": subject, "page": page, "lines": _lines(read, wanted), "problem": _said(problem)}
    return await _html(datasette, request, "propose_text.html", told, problem)


async def _save(datasette: Datasette, request: Request) -> Response:
    subject = await _subject(datasette, request)
    if isinstance(subject, Response):
        return subject
    form = await posted(request)
    kind = Kind.DESCRIPTION
    changes: tuple[Change, ...] = ()
    try:
        kind, changes = _read(form)
        await _judge(datasette, subject, kind, changes)
        if form.get("mark") != subject.tagmanifest:
            raise refused("–", "-", "moved_on")
        reason = form.get("reason", "").strip()
        if not reason or len(reason) > MOST_REASON or clean(reason) != reason:
            raise refused("–", "reason", "reason")
    except Problem as problem:
        return await _looked(datasette, request, subject, kind, changes, reason=form.get("reason", ""), problem=problem)
    made = Proposal(
        new_id(),
        subject.id,
        subject.version,
        subject.tagmanifest,
        subject.row["institution"] or "",
        kind,
        current().name,
        now(),
        reason,
        changes,
    )
    await asyncio.to_thread(Proposals(house_of(datasette).state / FOLDER).add, made)
    return Response.redirect(datasette.urls.path(f"/desk?saved={made.id}"), status=303)


def _read(form: Mapping[str, str]) -> tuple[Kind, tuple[Change, ...]]:
    """What the second page sends.

    Raises:
        Problem: R054, it is nothing of ours.
    """
    try:
        value = read_json(form.get("changes", ""))
        return Kind(form.get("kind", "")), from_plain(tuple[Change, ...], value)
    except ValueError as error:
        raise refused("–", "-", "value") from error


async def _again(datasette: Datasette, subject: Subject, kind: Kind, form: Mapping[str, str]) -> tuple[Change, ...]:
    """The changes that come back from the second page, to be changed once more.

    Raises:
        Problem: R053, R054 they are none of this form.
    """
    told, changes = _read(form)
    if told is not kind:
        raise refused("–", "-", "value")
    await _judge(datasette, subject, kind, changes)
    return changes


async def _judge(datasette: Datasette, subject: Subject, kind: Kind, changes: tuple[Change, ...]) -> None:
    """Whether the changes may be proposed.

    Raises:
        Problem: R053, R054 as `changing`.
    """
    if kind is not Kind.TEXT:
        changed_volume(subject.volume, kind, changes, "–")
        return
    pages = {change.subject for change in changes}
    found = await rows(datasette, _PAGE, subject.id, *pages) if len(pages) == 1 else []
    read = await asyncio.to_thread(page_text, house_of(datasette), found[0]) if found else None
    if read is None:
        raise refused("–", "-", "no_changes" if not changes else "unknown_field")
    changed_text(read, changes, "–")


async def _look(
    datasette: Datasette, request: Request, subject: Subject, kind: Kind, changes: tuple[Change, ...]
) -> Response:
    await _judge(datasette, subject, kind, changes)
    return await _looked(datasette, request, subject, kind, changes)


async def _looked(
    datasette: Datasette,
    request: Request,
    subject: Subject,
    kind: Kind,
    changes: tuple[Change, ...],
    *,
    reason: str = "",
    problem: Problem | None = None,
) -> Response:
    labels = {str(page.id): page for page in subject.volume.pages}
    told = {
        "subject": subject,
        "kind": kind,
        "changes": [(change, labels.get(change.subject)) for change in changes],
        "sent": json.dumps(plain(changes), ensure_ascii=False),
        "shown": shown,
        "reason": reason,
        "most_reason": MOST_REASON,
        "problem": _said(problem),
    }
    return await _html(datasette, request, "propose_look.html", told, problem)


async def _subject(datasette: Datasette, request: Request) -> Subject | Response:
    try:
        return await subject_of(datasette, request)
    except Problem as problem:
        return await _html(datasette, request, "propose_none.html", {"problem": _said(problem)}, problem)


def _lines(read: PageText, wanted: Mapping[int, str]) -> list[dict[str, Any]]:
    """Every line: its number, what is written, how many words it has, and where its strip of the image lies."""
    made = []
    for number, line in enumerate(read.lines(), 1):
        left, top = max(0, line.box.left - _AROUND), max(0, line.box.top - _AROUND)
        width = min(read.width - left, line.box.width + 2 * _AROUND)
        height = min(read.height - top, line.box.height + 2 * _AROUND)
        strip = f"{left},{top},{width},{height}/,{min(height, _LINE_HEIGHT)}" if width > 0 and height > 0 else ""
        text = line_text(line)
        made.append({
            "number": number, "before": text, "text": wanted.get(number, text), "strip": strip,
            "words": len(text.split()),
        })  # fmt: skip
    return made


def _first(request: Request, count: int) -> int:
    told = request.args.get("from") or ""
    wished = int(told) if told.isdecimal() and len(told) < 5 else 1
    return (max(1, min(wished, count)) - 1) // AT_ONCE * AT_ONCE + 1


def _said(problem: Problem | None) -> str:
    """What is wrong; of a field of the form at hand no more than what the form calls it, and why."""
    if problem is None:
        return ""
    facts = problem.finding.facts
    if problem.finding.code != "R054":
        return problem.finding.text(current_tongue())
    called = "" if facts["field"] == "-" else f"{Speech().meaning('desk_field', facts['field'])}: "
    return f"{called}{facts['why']}"


async def _html(
    datasette: Datasette, request: Request, template: str, told: dict[str, Any], problem: Problem | None
) -> Response:
    page = await datasette.render_template(template, told, request=request)
    return Response.html(page, status=422 if problem else 200, headers={"cache-control": "no-store"})


_START = rf"^/propose/(?P<volume>{UUID})"
ROUTES = (
    Route("propose_description", rf"{_START}/description$", _description, _ROLES, ("GET", "POST")),
    Route("propose_pages", rf"{_START}/pages$", _pages, _ROLES, ("GET", "POST"), parameters=("from",)),
    Route("propose_text", rf"{_START}/page/(?P<page>[0-9]+)/text$", _text, _ROLES, ("GET", "POST")),
    Route("propose_save", rf"{_START}/save$", _save, _ROLES, ("POST",)),
)
