"""What a person proposes to change of a stored volume: one file each, which `kdr proposal` applies or refuses.

The web process writes here and nowhere else. A proposal is ``<yyyy-mm>/<id>.json``, written whole and never changed;
how it ended is a further file beside it, ``<id>.applied.json``, ``<id>.refused.json`` or ``<id>.withdrawn.json``.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from metadata.event import now
from metadata.file import flush, given_bytes, place_bytes
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import from_json, to_pretty_json

FOLDER = "proposals"
"""Below what people do here (`House.state`)."""
MOST_REASON = 2000
"""Characters of a reason."""
_ID = re.compile(r"P-([0-9]{4})([0-9]{2})[0-9]{2}-[0-9a-f]{10}")


class Kind(StrEnum):
    """What of a volume is to be changed: its description, its pages' numbers and types, or a page's text."""

    DESCRIPTION = "description"
    PAGES = "pages"
    TEXT = "text"


class State(StrEnum):
    """How a proposal stands; all but the first are ends."""

    OPEN = "open"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Change:
    """One value: as it stood when the proposal was made, and as it is to be; both as JSON has them.

    Of a description `field` is a field of `Description` and `subject` empty; of pages `subject` is the page's
    identifier and `field` label, type or side; of a text `subject` is the page's and `field` the line's number from 1.
    """

    subject: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Proposal:
    """What `author` wants changed of version `version` (its tag manifest's SHA-512 is `tagmanifest`), when and why.

    `institution` is the sigla of the one that owns the volume; `time` ISO 8601.
    """

    id: str
    object_id: VolumeId
    version: str
    tagmanifest: str
    institution: str
    kind: Kind
    author: str
    time: str
    reason: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a proposal ended: by whom, when (ISO 8601), why; `version` is the one that it became, or empty."""

    state: State
    who: str
    when: str
    why: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    """A proposal and how it ended, if it has."""

    proposal: Proposal
    ended: Ended | None = None

    @property
    def state(self) -> State:
        """Its state today."""
        return self.ended.state if self.ended else State.OPEN


def new_id() -> str:
    """An identifier that nobody can guess and that begins with the day: P-20261123-0f3a…."""
    return f"P-{dt.datetime.now(dt.UTC):%Y%m%d}-{secrets.token_hex(5)}"


@dataclass(frozen=True, slots=True)
class Proposals:
    """All proposals below the folder `root` (``people/proposals``); it need not be there yet."""

    root: Path

    def add(self, proposal: Proposal) -> None:
        """Keep a new proposal.

        Raises:
            FileExistsError: there is one of that identifier; nothing was written.
            OSError: the disk refuses.
        """
        self._place(self._path(proposal.id), to_pretty_json(proposal))

    def find(self, proposal_id: str) -> Filed:
        """The proposal of that identifier.

        Raises:
            Problem: R050 there is none, R051 its file is damaged.
        """
        if not _ID.fullmatch(proposal_id) or not self._path(proposal_id).is_file():
            raise Problem("R050", proposal_id[:60])
        return _filed(self._path(proposal_id))

    def all(self) -> Iterator[Filed]:
        """Every proposal, the newest first; damaged ones are passed over (`find` says what is wrong with them)."""
        names = (path for path in self.root.glob("*/P-*.json") if _ID.fullmatch(path.stem))
        found = []
        for path in names:
            try:
                found.append(_filed(path))
            except Problem:
                continue
        yield from sorted(found, key=lambda filed: (filed.proposal.time, filed.proposal.id), reverse=True)

    def end(self, proposal_id: str, state: State, who: str, why: str = "", version: str = "") -> Ended:
        """Write down how an open proposal ended; one that ended so already stays as it is.

        Raises:
            Problem: R050, R051 as `find`; R052 it ended otherwise.
            OSError: the disk refuses.
        """
        filed = self.find(proposal_id)
        if filed.ended is not None:
            if filed.ended.state is not state:
                raise Problem("R052", proposal_id, who=filed.ended.who)
            return filed.ended
        ended = Ended(state, who, now(), why, version)
        path = self._path(proposal_id)
        self._place(path.with_name(f"{proposal_id}.{state.value}.json"), to_pretty_json(ended))
        return ended

    def _path(self, proposal_id: str) -> Path:
        month = _ID.fullmatch(proposal_id)
        if month is None:
            raise Problem("R050", proposal_id[:60])
        return self.root / f"{month[1]}-{month[2]}" / f"{proposal_id}.json"

    def _place(self, target: Path, content: bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{secrets.token_hex(8)}")
        try:
            place_bytes(draft, content)
            # A link, unlike a renaming, never takes the place of a file that is there.
            os.link(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        flush(target.parent)


def _filed(path: Path) -> Filed:
    try:
        proposal = from_json(Proposal, given_bytes(path))
        ends = (path.with_name(f"{path.stem}.{state.value}.json") for state in State if state is not State.OPEN)
        ended = next((from_json(Ended, given_bytes(end)) for end in ends if end.is_file()), None)
    except (OSError, ValueError) as error:
        raise Problem("R051", path.stem, why=str(error)[:300]) from error
    if proposal.id != path.stem:
        raise Problem("R051", path.stem, why=proposal.id[:60])
    return Filed(proposal, ended)
