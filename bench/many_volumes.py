"""A repository of 2,500 volumes, 1,000,000 pages and 5,000,000 files, made up: how long its questions take.

    .venv/bin/python -m bench.many_volumes [--volumes 2500] [--pages 400] [--words 400] [--bags 50] [--keep DIR]

Made up are the contents (a few bytes a file) and the past (every copy in three places read `--readings` times); the
records are as the pipeline writes them. All volumes are in the journal and bear their tag files; the first is a whole
bag, the catalogue lists the others without their pages. What building a catalogue takes is measured in a second
repository, of `--bags` whole bags and nothing else (48 MB a volume with 400 words a page), and told per 1,000 pages.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from bench.measure import measured
from metadata.model import VolumeId
from metadata.record import plain
from repository.directory_place import DirectoryPlace
from repository.verify import MANIFEST, TAG_MANIFEST, canonical, entry_hash
from tests.page_texts import page_of
from tests.stored_volumes import BookPage, book
from workflows.agents import KDR
from workflows.founding import disks, found
from workflows.settings import Home, load

_KDR = Path(sys.executable).with_name("kdr")
_UUID = re.compile(rb"[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_BYTES_A_PAGE = 16_000_000
_ALWAYS = frozenset({"bagit.txt", "bag-info.txt", MANIFEST, TAG_MANIFEST, "data/provenance/volume.json"})
_COMMANDS: Mapping[str, Sequence[str]] = {
    "plan": ("audit", "plan"),
    "overdue list": ("audit", "status"),
    "history": ("store", "history", "{object}"),
    "report holdings": ("report", "holdings", "--format", "csv"),
    "report fixity": ("report", "fixity", "--format", "csv"),
    "report ndsa": ("report", "ndsa", "--format", "csv"),
    "report incidents": ("report", "incidents", "--format", "csv"),
    "report coretrustseal": ("report", "coretrustseal", "--format", "csv"),
    "report holdings, html": ("report", "holdings", "--format", "html"),
    "report holdings, pdf": ("report", "holdings", "--format", "pdf"),
    "capacity": ("capacity",),
    "incidents": ("incident", "list"),
}
_THIRD = """
[[place]]
name = "treti"
path = "store/treti"
medium = "tape"
site = "C"
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the repository up, ask it, print what that took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--volumes", type=int, default=2500)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--words", type=int, default=400, help="words on a page")
    parser.add_argument("--readings", type=int, default=5, help="how often every copy was read")
    parser.add_argument("--bags", type=int, default=50, help="how many volumes are whole bags")
    parser.add_argument("--keep", type=Path, help="make it there and leave it")
    given = parser.parse_args(arguments)
    if given.keep:
        _measured(given.keep, given)
    else:
        with tempfile.TemporaryDirectory(prefix="kdr-many-") as folder:
            _measured(Path(folder) / "home", given)
    return 0


def _measured(folder: Path, given: argparse.Namespace) -> None:
    _say("load", " ".join(f"{load:.1f}" for load in os.getloadavg()))
    _catalogued(folder.with_name(f"{folder.name}-whole"), given)
    home = _home(folder)
    begun = time.monotonic()
    volumes = _shelved(home, given.volumes, given.pages, 1, given.words)
    entries = _past(home, volumes, given.pages, given.readings)
    _say("made", f"{len(volumes)} volumes, {entries} journal entries, {time.monotonic() - begun:.0f} s")
    _timed(home, ("catalogue", "build", "--anew"))
    for name, command in _COMMANDS.items():
        wall, cpu = _timed(home, [part.format(object=volumes[0]) for part in command])
        _say(name, f"{wall:.2f} s, CPU {cpu:.2f} s")
    _say("load", " ".join(f"{load:.1f}" for load in os.getloadavg()))


def _catalogued(folder: Path, given: argparse.Namespace) -> None:
    """Build the catalogue of whole bags, and say what that took."""
    home = _home(folder)
    _past(home, _shelved(home, given.bags, given.pages, given.bags, given.words), given.pages, given.readings)
    pages = given.bags * given.pages
    took = measured([_KDR, "--home", home.folder, "catalogue", "build", "--anew"], folder / "said.txt")
    each = took.wall / pages * 1000
    told = ", ".join(f"{kind} {peak:.0f} MB" for kind, peak in took.peak_mb.items())
    _say("catalogue build", f"{took.wall:.1f} s, CPU {took.cpu:.1f} s for {pages} pages of {given.words} words = "
         f"{each:.2f} s, CPU {took.cpu / pages * 1000:.2f} s per 1,000 pages (1,000,000 at that rate: "
         f"{each * 1000 / 60:.0f} min), memory {told}, "
         f"database {home.catalogue.stat().st_size >> 20} MB")  # fmt: skip


def _home(folder: Path) -> Home:
    found(folder, None)
    with (folder / "kdr.toml").open("a", encoding="utf-8") as file:
        file.write(_THIRD)
    home = load(folder)
    disks(home)[-1].create()
    return home


def _shelved(home: Home, volumes: int, pages: int, whole: int, words: int) -> list[VolumeId]:
    """Bags in the primary place, all alike but for their identifiers; `whole` of them with all their files."""
    (primary, *_) = disks(home)
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "bag"
        name = book(model, "model", [BookPage(page_of(_text(number, words))) for number in range(pages)])
        files = {path.relative_to(model).as_posix(): path.read_bytes() for path in model.rglob("*") if path.is_file()}
    return [_clone(primary, files, name, number, whole=number < whole) for number in range(volumes)]


def _text(number: int, words: int) -> str:
    """So many Czech words, few of them often and most of them seldom (Zipf); the same for the same number."""
    chance, known = random.Random(number), _vocabulary()  # noqa: S311 - the same every time
    return " ".join(known[min(int(chance.paretovariate(0.6)), len(known)) - 1] for _ in range(words))


@cache
def _vocabulary() -> list[str]:
    """Some 20,000 printed forms out of the dictionary that the catalogue searches by, mixed."""
    told = DefaultDictionaryFactory().get_dictionary("cs")
    forms = sorted(form for form in map(_as_text, told) if form.isalpha() and form.islower())
    chosen = forms[:: max(1, len(forms) // 20_000)]
    random.Random(0).shuffle(chosen)  # noqa: S311 - the same every time
    return chosen


def _as_text(form: str | bytes) -> str:
    return form.decode() if isinstance(form, bytes) else form


def _clone(place: DirectoryPlace, files: Mapping[str, bytes], model: VolumeId, number: int, *, whole: bool) -> VolumeId:
    """Another bag like `files`: every UUID in it becomes another one, the same everywhere."""

    def other(found: re.Match[bytes]) -> bytes:
        return b"%08x" % (int(found.group(), 16) ^ (number * 2_654_435_761 & 0xFFFFFFFF))

    own = VolumeId(_UUID.sub(other, model.encode()).decode())
    target = place.folder(own, "v0001")
    made: set[Path] = set()
    for path, content in files.items():
        if whole or path in _ALWAYS:
            file = target / _UUID.sub(other, path.encode()).decode()
            if file.parent not in made:
                file.parent.mkdir(parents=True, exist_ok=True)
                made.add(file.parent)
            # The pictures and texts of pages name nobody.
            named = path.startswith("data/provenance") or "/" not in path or path.endswith(".xml")
            file.write_bytes(_UUID.sub(other, content) if named else content)
    return own


def _past(home: Home, volumes: Sequence[VolumeId], pages: int, readings: int) -> int:
    """A journal in which every volume was stored in every place and every copy was read; the number of entries."""
    for old in home.journal.glob("*.jsonl"):
        old.unlink()
    places = [place.name for place in disks(home)]
    number, previous, lines = 0, "", []
    for number, (kind, subject, facts) in enumerate(_entries(volumes, places, pages, readings), 1):
        when = _BEGIN + dt.timedelta(seconds=number * 500)
        fields: dict[str, Any] = {
            "seq": number, "time": when.isoformat(), "kind": kind, "subject": subject, "facts": facts,
            "agent": plain(KDR), "previous": previous,
        }  # fmt: skip
        fields["hash"] = previous = entry_hash(fields)
        lines.append(canonical(fields) + b"\n")
    (home.journal / "2026-01.jsonl").write_bytes(b"".join(lines))
    for place in disks(home):
        (place.root / "journal-head.json").unlink(missing_ok=True)
    return number


def _entries(
    volumes: Sequence[VolumeId], places: Sequence[str], pages: int, readings: int
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    size = {"files": pages * 5, "bytes": pages * _BYTES_A_PAGE}
    for volume in volumes:
        digest = hashlib.sha512(volume.encode()).hexdigest()
        for place in places:
            facts = {"version": "v0001", "place": place, "manifest": digest, "tagmanifest": digest}
            yield "stored" if place == places[0] else "replicated", volume, facts | size
    for reading in range(readings):
        for volume in volumes:
            for place in places:
                facts = {"version": "v0001", "place": place, "verdict": "intact", "run": f"A-{reading}"}
                yield "checked", volume, facts | size | {"seconds": 16.0, "faults": []}


def _timed(home: Home, command: Sequence[str]) -> tuple[float, float]:
    """Seconds from start to end, and of CPU."""
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run([_KDR, "--home", str(home.folder), *command], capture_output=True, text=True, check=False)
    if ran.returncode not in (0, 1, 75):
        raise SystemExit(f"{' '.join(command)}: {ran.returncode}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - begun, used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime


def _say(what: str, found: str) -> None:
    print(f"{what:22} {found}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
