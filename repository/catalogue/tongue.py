"""In which language a request is answered; the one of the machine (KDR_LANGUAGE) where none was chosen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from metadata.wording import Tongue, chosen_tongue

_CURRENT: ContextVar[Tongue | None] = ContextVar("tongue", default=None)


def current_tongue() -> Tongue:
    """The language of the request at hand."""
    return _CURRENT.get() or chosen_tongue()


@contextmanager
def speaking(tongue: Tongue) -> Iterator[None]:
    """All that happens within is said in `tongue`."""
    before = _CURRENT.set(tongue)
    try:
        yield
    finally:
        _CURRENT.reset(before)
