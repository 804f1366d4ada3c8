"""Where deliveries at the gate wait: copied as they came, and kept until they are stored and safe, or given back.

``<work>/gate/<delivery id>/``: ``delivered/<name>`` (as it came), ``delivery.json``, ``unpacked/`` (of an archive),
``bag/`` (what is to be stored, when that is another bag), ``report.json``, ``report.txt``. The id comes from the bytes
alone, so the same delivery is the same delivery again, however often a run was killed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from metadata.file import copy_through, flush, place_bytes, read_through
from metadata.problem import Problem
from metadata.record import from_json, to_pretty_json
from metadata.wording import printable, wording
from repository.archive import is_archive
from repository.bag import walk
from workflows.founding import holds_ours, is_ours
from workflows.settings import Home

NAMESPACE = uuid.UUID("6f0b7d1c-5d2e-5c0f-9d53-6b6472676174")
"""Of identifiers made from digests at the gate."""
DELIVERED, UNPACKED, BAG = "delivered", "unpacked", "bag"
REPORT = "report.json"
_DELIVERY, _INCOMING, _LOCK = "delivery.json", ".incoming", ".lock"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was delivered: its name, files copied and their bytes, and what is no regular file and was not copied.

    `digest` is the SHA-512 over path and SHA-512 of every file, sorted.
    """

    name: str
    archive: bool
    files: int
    bytes: int
    digest: str
    irregular: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One delivery in its folder at the gate."""

    folder: Path
    delivery: Delivery

    @property
    def id(self) -> str:
        """The identifier of the delivery."""
        return self.folder.name

    @property
    def delivered(self) -> Path:
        """The delivery as it came: a folder or an archive."""
        return self.folder / DELIVERED / self.delivery.name

    @property
    def waits(self) -> bool:
        """Whether the delivery is still there as it came."""
        return self.delivered.exists()


def say(key: str, **facts: object) -> str:
    """A sentence of the gate in the reader's language."""
    return wording("workflows", "gate.toml").say(key, None, **facts)


def cases(home: Home) -> tuple[Case, ...]:
    """Every delivery at the gate, sorted by its identifier."""
    folders = sorted(path.parent for path in home.quarantine.glob(f"*/{_DELIVERY}") if path.parent.name != _INCOMING)
    return tuple(Case(folder, from_json(Delivery, (folder / _DELIVERY).read_bytes())) for folder in folders)


def case_of(home: Home, given: str) -> Case:
    """The delivery whose identifier is or begins with `given`.

    Raises:
        Problem: S079 there is none, or several.
    """
    found = [case for case in cases(home) if given and case.id.startswith(given.strip().lower())]
    if len(found) != 1:
        raise Problem("S079", given, why=say("no_such_delivery" if not found else "several_deliveries"))
    return found[0]


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Be the only one at the gate; what a killed run left half copied is removed."""
    home.quarantine.mkdir(parents=True, exist_ok=True)
    with (home.quarantine / _LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(home.quarantine / _INCOMING, ignore_errors=True)
        yield


def bring_in(home: Home, given: Path) -> Case:
    """Copy a delivery into the quarantine, or find that it is there; within `alone`.

    Raises:
        Problem: S079 it is no folder or archive, lies within the repository, or is larger than the settings allow.
        OSError: it cannot be read, or the disk refuses.
    """
    source = given.resolve()
    names = _names(home, given, source)
    incoming = home.quarantine / _INCOMING
    target = incoming / DELIVERED / source.name
    target.parent.mkdir(parents=True)
    try:
        delivery = _copied(source, target, names)
        place_bytes(incoming / _DELIVERY, to_pretty_json(delivery))
        folder = home.quarantine / str(uuid.uuid5(NAMESPACE, f"{delivery.digest}{delivery.irregular}"))
        _settle(incoming, folder)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    return Case(folder, from_json(Delivery, (folder / _DELIVERY).read_bytes()))


def give_back(case: Case, target: Path) -> Path:
    """Copy a delivery as it came to `target`, read it back, and take it from the gate; its report stays.

    Raises:
        Problem: S079 it is not there any more, or `target` is in the way; S003 it was read back differently.
        OSError: the disk refuses.
    """
    there = target / case.delivery.name
    if not case.waits:
        raise Problem("S079", case.id, why=say("gone"))
    if there.exists():
        raise Problem("S079", there, why=say("in_the_way"))
    target.mkdir(parents=True, exist_ok=True)
    names = dict(walk(case.delivered)) if case.delivered.is_dir() else {"": True}
    _copied(case.delivered, there, names)
    read = {name: read_through(there / name, md5=False, cold=True).sha512 for name in names}
    if content_digest(read) != case.delivery.digest:
        raise Problem("S003", there, why=say("differs"))
    clear(case)
    return there


def clear(case: Case) -> None:
    """Remove all of a delivery but what is written of it."""
    for name in (DELIVERED, UNPACKED, BAG):
        shutil.rmtree(case.folder / name, ignore_errors=True)


def _names(home: Home, given: Path, source: Path) -> dict[str, bool]:
    """The files of a delivery and whether each is a regular one; an archive's only name is empty."""
    if is_ours(home, source) or holds_ours(home, source):
        raise Problem("S079", given, why=say("within"))
    if not (source.is_dir() or (source.is_file() and is_archive(source))):
        raise Problem("S079", given, why=say("neither" if source.exists() else "missing"))
    names = dict(walk(source)) if source.is_dir() else {"": True}
    size = sum((source / name).stat().st_size for name, regular in names.items() if regular)
    limits = home.settings.gate
    if size > limits.max_gb * 1e9 or len(names) > limits.max_files:
        raise Problem("S079", given, why=say("too_large", gigabytes=limits.max_gb, files=limits.max_files))
    return names


def _copied(source: Path, target: Path, names: Mapping[str, bool]) -> Delivery:
    """Copy the regular files (and empty folders) of `source` to the new `target`; what was copied."""
    if source.is_dir():
        for top, _, _ in os.walk(source):
            (target / Path(top).relative_to(source)).mkdir(parents=True)
    copied = {name: copy_through(source / name, target / name, md5=False) for name, regular in names.items() if regular}
    return Delivery(
        name=source.name,
        archive=not source.is_dir(),
        files=len(copied),
        bytes=sum(each.size for each in copied.values()),
        digest=content_digest({name: each.sha512 for name, each in copied.items()}),
        irregular=tuple(sorted(printable(name) for name, regular in names.items() if not regular)),
    )


def content_digest(digests: Mapping[str, str]) -> str:
    """One SHA-512 for a folder by its content alone: path -> SHA-512 of every file of it."""
    whole = hashlib.sha512()
    for name in sorted(digests):
        whole.update(os.fsencode(name) + b"\0" + digests[name].encode() + b"\n")
    return whole.hexdigest()


def _settle(incoming: Path, folder: Path) -> None:
    """Make the copy the delivery `folder`, or where that is there already, see that it holds what was delivered."""
    for top, _, _ in os.walk(incoming, topdown=False):
        flush(Path(top))
    if not folder.exists():
        incoming.rename(folder)
    elif not (folder / DELIVERED).exists():
        (incoming / DELIVERED).rename(folder / DELIVERED)
        (incoming / _DELIVERY).replace(folder / _DELIVERY)
    flush(folder.parent)
