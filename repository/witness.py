"""Witnesses of the journal's head that may fail: one full disk must not stop the repair of another.

The entry stands when a place cannot remember its head; that place still knows an older head of the same chain, and the
audit, which writes with the places themselves, tells of it (workflows.verifying.written).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from metadata.problem import Problem
from repository.journal import Head, Witness


@dataclass(frozen=True, slots=True)
class Patient:
    """A witness that is not asked twice."""

    witness: Witness

    def remembered(self) -> Head | None:
        """The head it was last told."""
        return self.witness.remembered()

    def remember(self, head: Head) -> None:
        """Tell it the head; a full or absent place is left with the older one."""
        with suppress(Problem):
            self.witness.remember(head)


def patient(witnesses: Iterable[Witness]) -> tuple[Patient, ...]:
    """The same witnesses, none of which stops what is journalled."""
    return tuple(map(Patient, witnesses))
