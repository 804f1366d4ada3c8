"""For whom a request is answered: roles, the institutions they hold in, and whether the reader sits on the premises.

Set once at the door (`repository.catalogue.signing`), read wherever something is shown. Where nobody set it, it is the
public: whoever forgets to ask shows too little, never too much.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

EVERYWHERE = "*"
"""In place of a sigla: roles hold in every institution."""


class Role(StrEnum):
    """What somebody may do. Everyone but a reader is staff and sees all of their institutions."""

    READER = "reader"
    CURATOR = "curator"
    OPERATOR = "operator"
    ARCHIVIST = "archivist"
    ADMIN = "admin"


STAFF = frozenset(Role) - {Role.READER}


@dataclass(frozen=True, slots=True)
class Audience:
    """Who asks: `name` as shown and logged (empty: nobody signed in), `roles` within `institutions` (siglas)."""

    name: str = ""
    roles: frozenset[Role] = frozenset()
    institutions: frozenset[str] = frozenset()
    on_premises: bool = False

    @property
    def staff(self) -> bool:
        """Whether they work here."""
        return bool(self.roles & STAFF)

    @property
    def everywhere(self) -> bool:
        """Whether they work for all institutions, so that nothing is hidden from them."""
        return self.staff and EVERYWHERE in self.institutions

    def has(self, *roles: Role) -> bool:
        """Whether they have one of the `roles`; an admin has them all, and no roles at all are everyone's."""
        return not roles or bool(self.roles & {*roles, Role.ADMIN})

    def works_for(self, sigla: str | None) -> bool:
        """Whether they are staff of the institution `sigla`."""
        return self.staff and (self.everywhere or sigla in self.institutions)


PUBLIC = Audience()
_CURRENT: ContextVar[Audience] = ContextVar("audience", default=PUBLIC)


def current() -> Audience:
    """For whom the request at hand is answered; the public where nobody said."""
    return _CURRENT.get()


@contextmanager
def answering(audience: Audience) -> Iterator[None]:
    """All that happens within is answered for `audience`."""
    before = _CURRENT.set(audience)
    try:
        yield
    finally:
        _CURRENT.reset(before)
