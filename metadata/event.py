"""Who did what to what, when, and how it ended (PREMIS: Agent and Event)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class AgentKind(StrEnum):
    """PREMIS agentType values used here."""

    SOFTWARE = "software"
    HARDWARE = "hardware"
    ORGANIZATION = "organization"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Agent:
    """Who acted; `note` holds the settings or the command line and is never empty in a package."""

    name: str
    version: str = ""
    kind: AgentKind = AgentKind.SOFTWARE
    note: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing done to one or more files (PREMIS event).

    `kind` is the eventType ("migration"), `detail` the eventDetail ("migration/MC_creation"), `note` free text about
    how it went ("turned by -1.30 degrees"); `when` is ISO 8601 with its offset, `outcome` "success" or "failure".
    """

    kind: str
    when: str
    detail: str
    agent: Agent
    outcome: str = "success"
    subject: str = ""
    note: str = ""


def now() -> str:
    """This moment in ISO 8601, UTC, to the second: 2026-11-22T10:00:00+00:00."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
