"""Mend the register of digests: what is missing or altered there comes back from any copy that has it right.

Right is what the journal's digests say, so whoever calls this has checked the journal's chain first: a forged journal
must not be believed against the register (ISO 16363 4.4.1.2; docs/adr/0010).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metadata.problem import Problem
from repository.ledger import Kept
from repository.pieces import holders, vouched
from repository.place import HeldBag
from repository.refusal import refusals
from repository.register import DigestRegister
from repository.store import Store
from repository.verify import Row


def mend_register(store: Store, versions: Iterable[Kept]) -> Iterator[Row]:
    """Mend what the register has of `versions`; a row for every manifest that was not what the journal says.

    Where no copy has the right manifest now, nothing is changed, and the next call finds the same.

    Raises:
        Problem: S003 the journal's disk refuses; S020 it is not there.
    """
    register = DigestRegister(store.journal.root)
    for kept in versions:
        if register.faults(kept.object_id, kept.version, kept.manifests):
            with store.journal.alone(kept.object_id[:2]):  # who stores the version right now writes the same files
                yield from _mended(store, register, kept)


def _mended(store: Store, register: DigestRegister, kept: Kept) -> Iterator[Row]:
    faults = register.faults(kept.object_id, kept.version, kept.manifests)
    held = [HeldBag(place, kept.object_id, kept.version) for place in holders(store.places, kept)]
    try:
        proven = vouched(kept, register, held)
    except Problem:
        proven = {}
    yield from faults.values()
    with refusals(store.journal.root):
        register.mend(kept.object_id, kept.version, {name: proven[name] for name in faults if name in proven})
