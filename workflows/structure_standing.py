"""What is known of a volume's structure: what is given, what was proposed and how surely, what a person confirmed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from metadata.model import Page, Source, Volume
from ocr.proposal import CONFIDENT, Guess, Masthead, Proposal, Proposed, Why
from workflows.corrections import Corrections, Head, current, head_of


class Known(StrEnum):
    """How a page's number, type and side are known.

    OPEN: nobody gave them and nothing is proposed yet; UNSURE: proposed, and a person should look.
    """

    GIVEN = "given"
    OPEN = "open"
    UNSURE = "unsure"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class PageStructure:
    """A page as it stands; `guess` is what was proposed for it, None where that is not what stands."""

    page: Page
    guess: Proposed | None = None

    @property
    def known(self) -> Known:
        """How its number, type and side are known; as sure as the least sure of the three."""
        if self.page.source is not Source.PROPOSED:
            return Known(self.page.source.value)
        if self.guess is None:
            return Known.OPEN
        three = (self.guess.label, self.guess.type, self.guess.side)
        return Known.PROPOSED if all(sure(each.confidence) for each in three) else Known.UNSURE


@dataclass(frozen=True, slots=True)
class VolumeStructure:
    """A volume as corrections, the delivery and the proposal make it stand, in this order of precedence.

    `proposed` says whether there is a proposal at all; `masthead` and `unplaced` (titles of its table of contents
    without a page) are its. `pending`: the volume's last package was made with other corrections than hold now.
    `head` is an issue's number and date.
    """

    volume: Volume
    pages: tuple[PageStructure, ...]
    proposed: bool = False
    masthead: Masthead | None = None
    unplaced: tuple[str, ...] = ()
    pending: bool = False
    head: Head | None = None


def percent(confidence: float) -> int:
    """How surely, in whole per cent; 0 for what is no probability (JSON knows NaN and numbers of any size)."""
    return round(confidence * 100) if 0 <= confidence <= 1 else 0


def sure(confidence: float) -> bool:
    """Whether a guess may be taken without looking."""
    return CONFIDENT <= confidence <= 1


def structure(
    volume: Volume, proposal: Proposal | None, corrections: Corrections, packaged: str | None, held: str
) -> VolumeStructure:
    """How the volume's structure stands.

    Args:
        volume: as planned.
        proposal: what was proposed for it, if anything.
        corrections: what people said of it.
        packaged: the digest of the corrections that its package was made with; None while it has none.
        held: the digest of all corrections that hold now, those of its text included.
    """
    now = current(volume, proposal, corrections)
    guesses = {guess.order: guess for guess in proposal.pages} if proposal else {}
    return VolumeStructure(
        volume=now,
        pages=tuple(PageStructure(page, _standing(page, guesses.get(page.order))) for page in now.pages),
        proposed=proposal is not None,
        masthead=proposal.masthead if proposal and volume.description.kind.periodical else None,
        unplaced=proposal.unplaced if proposal else (),
        pending=packaged is not None and packaged != held,
        head=head_of(volume, proposal, corrections),
    )


def _standing(page: Page, guess: Proposed | None) -> Proposed | None:
    if guess is None or page.source is not Source.PROPOSED:
        return None
    # A type that this kind of volume does not have was not taken.
    return guess if guess.type.value == page.type else replace(guess, type=Guess(page.type, 0.0, Why.NOTHING))
