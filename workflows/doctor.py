"""Is this machine fit, and what to do about each thing that is not."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyvips

from ingest import encode, image
from ingest.encode import GRK_COMPRESS, OPJ_COMPRESS, Use
from ingest.identify import identify
from ingest.registrar import load_registrar
from ingest.source.query import load_source
from ingest.source.z3950 import CLIENT
from metadata.event import now
from metadata.problem import Problem
from metadata.tool import Limits, Tool, ToolFailed
from metadata.wording import wording
from ocr.tesseract import TESSERACT, installed
from repository.canary import CANARY
from repository.incident import State
from repository.s3_place import S3Place
from workflows.drill_record import RESTORE, due, held_of
from workflows.founding import disks, free_gigabytes, places
from workflows.reports.known import Known, gather
from workflows.reports.words import days_between
from workflows.settings import Home

_LEAST_FREE_GB = 5.0
_SEALED_DAYS = 2.0
_LANGUAGES = ("ces", "deu", "lat", "slk")
_WELCOME = {GRK_COMPRESS.program: "grok", CLIENT.program: "z3950"}
"""Programs that kdr can do without, and their keys in doctor.toml."""

_UTIL_LINUX = (Tool("prlimit", "util-linux"), Tool("setpriv", "util-linux"))


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: its key in doctor.toml, whether it is good, what was found, and facts for the cure.

    Without an `urgent` thing being good a batch fails or is not to be trusted; the others are advice.
    """

    key: str
    good: bool
    found: str
    facts: dict[str, str] = field(default_factory=dict)
    urgent: bool = True

    def name(self) -> str:
        """What was looked at, in the reader's language."""
        return wording("workflows", "doctor.toml").say(f"{self.key}.name", None, **self.facts)

    def cure(self) -> str:
        """What to do about it."""
        return wording("workflows", "doctor.toml").say(f"{self.key}.cure", None, **self.facts)


def examine(home: Home | None) -> tuple[Check, ...]:
    """Look at everything a batch needs; with `home`, at that repository's disks and rights too. Changes nothing."""
    general: tuple[Callable[[], Iterator[Check]], ...] = (
        _python, _programs, _languages, _images, _jpeg2000, _formats, _threads, _clock,
    )  # fmt: skip
    found = [check for part in general for check in part()]
    if home is not None:
        found += [*_disks(home), *_attached(home), *_schemas(home), *_sources(home), *_registrar(home)]
        found += _kept(home)
    return tuple(found)


def _python() -> Iterator[Check]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Check("python", sys.version_info >= (3, 11), version)
    yield Check("sqlite", sqlite3.sqlite_version_info >= (3, 37), sqlite3.sqlite_version)


def _programs() -> Iterator[Check]:
    for tool in (TESSERACT, OPJ_COMPRESS, *_UTIL_LINUX, GRK_COMPRESS, CLIENT):
        found = tool.version() if tool.present() else "–"
        facts = {"program": tool.program, "package": tool.package}
        key = _WELCOME.get(tool.program, "program")
        yield Check(key, tool.present(), found, facts, urgent=key == "program")


def _languages() -> Iterator[Check]:
    try:
        names = installed().names
    except (Problem, ToolFailed):
        names = ()
    missing = [code for code in _LANGUAGES if code not in names]
    packages = " ".join(f"tesseract-ocr-{code}" for code in missing)
    yield Check("languages", not missing, ", ".join(names) or "–", {"packages": packages})


def _images() -> Iterator[Check]:
    version = ".".join(str(pyvips.version(part)) for part in range(3))
    loaders = [name for name in ("tiffload", "jpegload", "pngload") if pyvips.type_find("VipsOperation", name)]
    yield Check("vips", len(loaders) == 3, f"{version} ({', '.join(loaders)})")


def _jpeg2000() -> Iterator[Check]:
    """Encode a small picture in both profiles and decode the master: does it come back bit for bit?"""
    encoders: tuple[tuple[Tool, encode.Encoder], ...] = (
        (OPJ_COMPRESS, encode.OpenJpeg()),
        (GRK_COMPRESS, encode.Grok()),
    )
    for encoder in (made for tool, made in encoders if tool.present()):
        facts = {"program": encoder.agent.name}
        try:
            differing = _round_trip(encoder)
        except (ToolFailed, OSError) as error:
            yield Check("jpeg2000", False, str(error), facts)
        else:
            yield Check("jpeg2000", differing == 0, f"{differing} ≠", facts)


def _round_trip(encoder: encode.Encoder) -> int:
    pixels = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        source, master, user = (Path(folder) / name for name in ("page.ppm", "mc.jp2", "uc.jp2"))
        image.write_pnm(source, pixels)
        for use, target in ((Use.MASTER, master), (Use.USER, user)):
            encode.make_copy(encoder, source, target, use, dpi=(300, 300), icc=b"", ratio=10.0, limits=Limits(60))
        return encode.differing_pixels(master, pixels)


def _formats() -> Iterator[Check]:
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.png"
        probe.write_bytes(bytes.fromhex("89504e470d0a1a0a0000000d49484452"))
        try:
            known = identify(probe)
        except OSError as error:
            yield Check("pronom", False, str(error))
        else:
            yield Check("pronom", True, known.puid or "PRONOM")


def _threads() -> Iterator[Check]:
    limit = os.environ.get("OMP_THREAD_LIMIT", "")
    yield Check("threads", limit == "1", f"OMP_THREAD_LIMIT={limit or '–'}, {os.cpu_count()} CPU")


def _clock() -> Iterator[Check]:
    """A clock before this program was written cannot be right; events and fixity live on it."""
    plausible = time.gmtime().tm_year >= 2026
    yield Check("clock", plausible, time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))


def _disks(home: Home) -> Iterator[Check]:
    folders = {"work": home.batches, "journal": home.journal, "catalogue": home.catalogue.parent}
    for name, folder in folders.items():
        facts = {"name": name, "folder": str(folder)}
        if not folder.is_dir():
            yield Check("folder", False, "–", facts)
            continue
        yield Check("rights", os.access(folder, os.W_OK | os.X_OK), str(folder), facts)
        free = free_gigabytes(folder)
        yield Check("disk", free >= _LEAST_FREE_GB, f"{free:.0f} GB", facts)


def _attached(home: Home) -> Iterator[Check]:
    for place in places(home):
        facts = {"name": place.name, "folder": place.where}
        if isinstance(place, S3Place) and (why := place.why_not()):
            yield Check("bucket", False, why, facts)
            continue
        if not place.attached():
            yield Check("place", False, place.where, facts)
            continue
        if isinstance(place, S3Place) and place.quota is None:  # nobody says how much it takes
            yield Check("bucket", True, place.where, facts)
            continue
        free = place.free_bytes() / 1e9
        yield Check("disk", free >= _LEAST_FREE_GB, f"{free:.0f} GB", facts)
    devices = {place.root.stat().st_dev for place in disks(home) if place.attached()}
    apart = len(devices) == len(disks(home)) and home.journal.is_dir() and home.journal.stat().st_dev not in devices
    yield Check("apart", apart, f"{len(devices)}", urgent=False)


def _schemas(home: Home) -> Iterator[Check]:
    yield Check("schemas", home.schemas is not None, str(home.schemas or "–"), urgent=False)


def _sources(home: Home) -> Iterator[Check]:
    """Whether every source of catalogue records in kdr.toml can be made; none is asked."""
    for name, given in home.settings.source.items():
        try:
            load_source(name, home.placed(given))
        except Problem as problem:
            yield Check("source", False, problem.finding.text(), {"name": name})
        else:
            yield Check("source", True, str(given.get("kind", "")), {"name": name})


def _registrar(home: Home) -> Iterator[Check]:
    """Whether the registrar of URN:NBN can be made; it is not asked."""
    given = home.settings.urnnbn
    if given.kind == "none":
        yield Check("urnnbn", not given.wait, "none", urgent=False)
        return
    try:
        load_registrar({**given.registrar, "folder": str(home.folder)})
    except Problem as problem:
        yield Check("registrar", False, problem.finding.text())
    else:
        yield Check("registrar", True, given.kind)


def _kept(home: Home) -> list[Check]:
    """Whether what is stored is kept as promised, by what the journal says; nothing where it cannot be read."""
    try:
        known = gather(home, now())
    except (Problem, OSError):  # told by _disks
        return []
    return [*_read_in_time(known), *_drilled(known), *_mended(known), *_sealed(known), *_safe(known)]


def _read_in_time(known: Known) -> Iterator[Check]:
    copies = [each for each in known.ledger.replicas() if each.object_id != CANARY]
    late = sum(map(known.overdue, copies))
    yield Check("unread", not late, _told("unread", late=late, all=len(copies)), urgent=False)


def _drilled(known: Known) -> Iterator[Check]:
    held = tuple(held_of(entry) for entry in known.of("drilled"))
    since = known.entries[0].time if known.entries else known.at
    for each in due(known.home, held, since, dt.datetime.fromisoformat(known.at).date()):
        kind = wording("workflows", "drill.toml").say(f"kind.{each.kind}")
        facts = {"kind": kind, "command": "kdr drill restore" if each.kind == RESTORE else "kdr drill"}
        yield Check("drill", not each.overdue, _told("drill", by=each.by), facts, urgent=False)


def _mended(known: Known) -> Iterator[Check]:
    still = [each for each in known.incidents if each.state is State.OPEN and each.object_id != CANARY]
    yield Check("incidents", not still, str(len(still)), urgent=False)


def _sealed(known: Known) -> Iterator[Check]:
    given = known.home.settings.seal
    if given.pkcs12 is None and not given.tsa:
        return
    last = max((entry.time for entry in known.of("sealed")), default="")
    fresh = days_between(last, known.at) <= _SEALED_DAYS
    yield Check("sealing", fresh, last or "–", urgent=False)


def _safe(known: Known) -> Iterator[Check]:
    versions = known.real()
    short = sum(not known.safety(kept).safe for kept in versions)
    yield Check("safe", not short, _told("safe", short=short, all=len(versions)), urgent=False)


def _told(key: str, **facts: object) -> str:
    return wording("workflows", "doctor.toml").say(f"{key}.found", None, **facts)
