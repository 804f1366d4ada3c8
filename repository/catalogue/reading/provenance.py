"""Where a page comes from: scanned when and with what, how it was turned and read, in how many copies it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metadata.text import PageText
from repository.catalogue.presentation import NAME, Speech
from repository.catalogue.reading.rows import Row, rows
from repository.catalogue.rights.audience import current

if TYPE_CHECKING:
    from datasette.app import Datasette

_EVENTS = """
select kind, detail, time, outcome, agent, agent_version, agent_note, note
from event where page = ? order by time, number
"""
_FINDINGS = "select code, severity, text_cs, text_en from finding where page = ? order by number"
# What everybody may know of the copies of what they see: how many, and when the last of them was read and found intact.
_COPIES = """
select count(*) as copies, max(kept.last_intact) as last_intact
from volume join main.copy as kept on kept.object = volume.uuid and kept.version = volume.version
where volume.uuid = ? and kept.verdict = 'intact'
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known: `key` names it ("reading.from_<key>"), `said` is what is known of it."""

    key: str
    said: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """`facts` are for everybody; `events` and `findings` (rows) for those who work here."""

    facts: tuple[Fact, ...]
    events: tuple[dict[str, Any], ...]
    findings: tuple[dict[str, Any], ...]


async def provenance(datasette: Datasette, speech: Speech, volume: Row, page: Row, text: PageText | None) -> Provenance:
    """Where `page` of `volume` comes from; `text` is what was read on it."""
    (copies,) = (await datasette.get_database(NAME).execute_trusted(_COPIES, [volume["uuid"]])).rows
    facts = (*_scanned(speech, volume, page), *_read(speech, page, text), *_kept(speech, copies))
    events: list[dict[str, Any]] = []
    findings: list[dict[str, Any]] = []
    if current().works_for(volume["institution"]):
        events = await rows(datasette, _EVENTS, page["uuid"])
        findings = await rows(datasette, _FINDINGS, page["uuid"])
    return Provenance(tuple(fact for fact in facts if fact.said), tuple(events), tuple(findings))


def _scanned(speech: Speech, volume: Row, page: Row) -> tuple[Fact, ...]:
    size = speech.say("reading.pixels", width=speech.grouped(page["width"]), height=speech.grouped(page["height"]))
    dpi = speech.say("reading.dpi", dpi=round(page["x_dpi"])) if page["x_dpi"] else ""
    turned = speech.say("reading.degrees", degrees=speech.decimal(page["turned"], 2)) if page["turned"] else ""
    return (
        Fact("holder", volume["owner"] or volume["institution_name"] or ""),
        Fact("scanner", volume["scanner"] or ""),
        Fact("taken", speech.day(volume["claimed"]) if volume["claimed"] else ""),
        Fact("finished", speech.day(volume["created"]) if volume["created"] else ""),
        Fact("image", ", ".join(filter(None, (size, dpi)))),
        Fact("turned", turned),
    )


def _read(speech: Speech, page: Row, text: PageText | None) -> tuple[Fact, ...]:
    engine = f"{text.engine.name} {text.engine.version}".strip() if text else ""
    sure = page["confidence"]
    percent = speech.say("reading.percent", percent=round(100 * sure)) if sure is not None else ""
    return (
        Fact("engine", engine),
        Fact("confidence", percent),
        Fact("words", speech.grouped(page["words"])),
        Fact("numbering", str(speech.meaning("source", page["source"]))),
    )


def _kept(speech: Speech, copies: Row) -> tuple[Fact, ...]:
    return (
        Fact("copies", speech.grouped(copies["copies"]) if copies["copies"] else ""),
        Fact("checked", speech.moment(copies["last_intact"]) if copies["last_intact"] else ""),
    )
