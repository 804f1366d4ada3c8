"""Found a repository: its folders, places, journal and settings; open what was founded."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from metadata.event import now
from metadata.file import place_bytes
from metadata.problem import Problem
from metadata.wording import wording
from repository.bucket import Bucket
from repository.directory_place import DirectoryPlace
from repository.journal import Journal, Json
from repository.ledger import read_ledger
from repository.place import Place
from repository.policy import Standing
from repository.s3_place import S3Place
from repository.store import Store
from repository.verify import JOURNAL_MARKER, PLACE_MARKER
from workflows.agents import KDR
from workflows.settings import NAME, Home, PlaceSettings, load

_MARKS = (NAME, f"*/{JOURNAL_MARKER}", f"*/{PLACE_MARKER}", f"*/*/{PLACE_MARKER}")
"""What only a repository has, in the folders that the template names; its settings may be lost."""

PACKAGE_PAGE_BYTES = 12_000_000
"""Room one page of a package takes in each place (measured over real scans: 3-12 MB)."""


def found(folder: Path, schemas: Path | None) -> Home:
    """Make a repository in `folder`: kdr.toml, work folder, two places, journal.

    Args:
        folder: new or empty.
        schemas: folder of XML schemas that packages are to be checked with, if there is one.

    Raises:
        Problem: E007, there is a repository already.
    """
    if any(next(folder.glob(mark), None) for mark in _MARKS):
        raise Problem("E007", folder)
    folder.mkdir(parents=True, exist_ok=True)
    line = f'schemas = "{schemas.resolve()}"' if schemas else '# schemas = "/path/to/schemas"'
    template = wording("workflows", "messages.toml").say("settings.template")
    place_bytes(folder / NAME, template.replace("@schemas@", line).encode())
    home = load(folder.resolve())
    home.batches.mkdir(parents=True, exist_ok=True)
    home.catalogue.parent.mkdir(parents=True, exist_ok=True)
    for place in places(home):
        place.create()
    journal = Journal(home.journal)
    journal.create()
    journal.append("founded", str(home.folder), {"settings": home.digest, "when": now()}, KDR, places(home))
    return home


def places(home: Home) -> Sequence[Place]:
    """The places that the settings name, the primary first."""
    return [_place(home, given) for given in home.settings.place]


def disks(home: Home) -> Sequence[DirectoryPlace]:
    """Those of them that are folders."""
    return [place for place in places(home) if isinstance(place, DirectoryPlace)]


def standings(home: Home) -> dict[str, Standing]:
    """What the policy asks of every place by its name: medium, site, threat class."""
    return {place.name: Standing(place.medium, place.site, place.threat) for place in places(home)}


def add_place(home: Home, name: str) -> Place:
    """Make the place that kdr.toml calls `name`, in a repository founded before, and write that in the journal.

    Raises:
        Problem: S026 there is no such place in kdr.toml, or it was made before; S003 its disk or service refuses.
    """
    named = {place.name: place for place in places(home)}
    words = wording("workflows", "places.toml")
    if name not in named:
        raise Problem("S026", name, why=words.say("unknown", places=", ".join(named)))
    place = named[name]
    try:
        place.create()
    except FileExistsError:
        raise Problem("S026", f"{name} ({place.where})", why=words.say("made_before")) from None
    facts: dict[str, Json] = {"where": place.where, "medium": place.medium, "site": place.site, "threat": place.threat}
    Journal(home.journal).append("place added", name, facts, KDR, attached(home))
    return place


def _place(home: Home, given: PlaceSettings) -> Place:
    quota = None if given.quota_gb is None else int(given.quota_gb * 1e9)
    if given.url:
        bucket = Bucket(given.url, given.endpoint, given.region, given.access_key_env, given.secret_key_env)
        medium = given.medium if "medium" in given.model_fields_set else "cloud"
        return S3Place(given.name, bucket, medium, given.site, quota, given.threat)
    return DirectoryPlace(
        name=given.name,
        root=home.folder / (given.path or Path()),
        medium=given.medium,
        site=given.site,
        threat=given.threat,
        quota=quota,
    )


def is_ours(home: Home, path: Path) -> bool:
    """Whether `path` lies within what only the repository itself writes: places, journal, work and catalogue."""
    return any(path.resolve().is_relative_to(folder.resolve()) for folder in _own_folders(home))


def holds_ours(home: Home, path: Path) -> bool:
    """Whether the repository, or anything that only it writes, lies within `path`."""
    return any(folder.resolve().is_relative_to(path.resolve()) for folder in (home.folder, *_own_folders(home)))


def _own_folders(home: Home) -> list[Path]:
    return [home.journal, home.batches.parent, home.catalogue.parent, *(place.root for place in disks(home))]


def attached(home: Home) -> Sequence[Place]:
    """The places that are there now: they witness what the journal says."""
    return [place for place in places(home) if place.attached()]


def open_store(home: Home) -> Store:
    """The store over the repository's places and journal."""
    return Store(places(home), Journal(home.journal))


def require_room(home: Home, pages: int) -> None:
    """Refuse a batch that a place cannot hold, before any work is done.

    Raises:
        Problem: S096 the quota is too small, S001 a place is, S020 the primary place is not attached.
    """
    needed = pages * PACKAGE_PAGE_BYTES
    require_quota(home, needed)
    for number, place in enumerate(places(home)):
        if number and not place.attached():
            continue
        free = place.free_bytes()
        if free < needed:
            raise Problem("S001", place.name, free=free // 1_000_000, needed=needed // 1_000_000)


def require_quota(home: Home, needed: int) -> None:
    """Refuse what would make one copy of everything larger than the settings' quota; `needed` in bytes.

    Raises:
        Problem: S096.
    """
    quota = home.settings.capacity.quota_gb
    used = read_ledger(Journal(home.journal)).bytes / 1e9
    if used + needed / 1e9 > quota:
        raise Problem("S096", home.folder, quota=quota, used=round(used, 3), needed=round(needed / 1e9, 3))


def free_gigabytes(folder: Path) -> float:
    """Free space of the disk under `folder`, in GB."""
    return shutil.disk_usage(folder).free / 1e9
