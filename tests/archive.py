"""A small repository with a past: objects that are safe, unsafe, damaged and mended, overdue, disposed of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from metadata.event import Agent, AgentKind
from metadata.model import VolumeId, volume_id
from repository.canary import CANARY, make_canary
from repository.journal import Journal, Json
from repository.store import Store
from tests.bags import make_bag
from workflows.agents import KDR
from workflows.founding import attached, places
from workflows.settings import Home, load

SAFE = volume_id("3fa2c1de-0000-4000-8000-000000000001")
UNSAFE = volume_id("3fa2c1de-0000-4000-8000-000000000002")
MENDED = volume_id("3fa2c1de-0000-4000-8000-000000000003")
OVERDUE = volume_id("3fa2c1de-0000-4000-8000-000000000004")
GONE = volume_id("3fa2c1de-0000-4000-8000-000000000005")
NOW = "2026-11-23T12:00:00+00:00"
JANA = Agent("Jana Nováková", kind=AgentKind.PERSON)
SETTINGS = """
[institution]
sigla = "LIA001"
name = "Krajská knihovna v Liberci"
[policy]
copies = 2
sites = 2
media = 1
[[place]]
name = "hlavni"
path = "places/hlavni"
site = "Liberec"
threat = "povodeň"
[[place]]
name = "druha"
path = "places/druha"
medium = "tape"
site = "Jablonec"
threat = "požár"
[[place]]
name = "treti"
path = "places/treti"
site = "Praha"
"""


@dataclass(slots=True)
class Past:
    """Writes the journal as if it were another day."""

    home: Home
    day: str = "2026-01-05"

    @property
    def journal(self) -> Journal:
        """The journal on that day, noon."""
        return Journal(self.home.journal, clock=lambda: f"{self.day}T12:00:00+00:00")

    def write(self, kind: str, subject: str, facts: Mapping[str, Json], agent: Agent = KDR, day: str = "") -> None:
        """An entry of `day` (of the day it is now when not given)."""
        self.day = day or self.day
        self.journal.append(kind, subject, facts, agent, attached(self.home))

    def store(self, bag: Path, object_id: VolumeId) -> None:
        """Take a bag into all places."""
        Store(places(self.home), self.journal).take(bag, object_id, KDR)

    def checked(self, object_id: VolumeId, place: str, verdict: str, day: str) -> None:
        """A copy was read."""
        bad: list[Json] = [] if verdict == "intact" else ["S010 data/mc/mc_0001.jp2"]
        facts: dict[str, Json] = {"version": "v0001", "place": place, "verdict": verdict, "run": "A-1", "faults": bad}
        self.write("checked", object_id, facts | {"files": 7, "bytes": 3_000_000, "seconds": 0.5}, day=day)


def archive(folder: Path) -> Home:
    """The repository; its third place is not attached, and the policy wants two copies at two sites."""
    folder.mkdir(parents=True)
    (folder / "kdr.toml").write_text(SETTINGS, encoding="utf-8")
    home = load(folder)
    for place in places(home)[:2]:
        place.create()
    Journal(home.journal).create()
    past = Past(home)
    titles = {SAFE: "Žluťoučký kůň", UNSAFE: "=Příliš", MENDED: "Úpěl <ódy>", OVERDUE: "Ďábelské", GONE: "Zmizelé"}
    for object_id, title in titles.items():
        past.store(make_bag(folder / "bags" / object_id, object_id, info={"External-Description": title}), object_id)
    past.store(make_canary(folder / "bags" / "canary"), CANARY)
    past.write("audit begun", "A-1", {"scope": "due"}, day="2026-11-01")
    for object_id in (SAFE, UNSAFE, MENDED, GONE, CANARY):
        for name in ("hlavni", "druha"):
            broken = (object_id, name) in ((UNSAFE, "druha"), (MENDED, "druha"))
            past.checked(object_id, name, "damaged" if broken else "intact", "2026-11-01")
    fault: dict[str, Json] = {
        "version": "v0001",
        "place": "druha",
        "verdict": "damaged",
        "run": "A-1",
        "faults": ["S010 x"],
    }
    past.write("incident", MENDED, fault | {"incident": "I-20261101-0001"})
    past.write("incident", UNSAFE, fault | {"incident": "I-20261101-0002"})
    done = next(iter(past.journal.entries(MENDED, ["stored"]))).facts
    mended = {"incident": "I-20261101-0001", "source": "hlavni", "quarantine": "/q", "approved_by": "policy"}
    past.write("repaired", MENDED, dict(done) | {"place": "druha"} | mended, day="2026-11-02")
    past.write("audit ended", "A-1", {"scope": "due", "intact": 8, "faults": 2, "unread": 0})
    past.write("disposal proposed", "D-1", {"objects": [GONE], "reason": "duplicita", "by": "Jana Nováková"}, JANA)
    past.write("disposal approved", "D-1", {"by": "Petr Malý", "account": "petr"}, JANA)
    gone: dict[str, Json] = {
        "disposal": "D-1",
        "versions": ["v0001"],
        "places": ["hlavni", "druha"],
        "reason": "duplicita",
    }
    past.write("disposed", GONE, gone | {"legal_basis": "zákon 499/2004", "by": ["Jana Nováková", "Petr Malý"]}, JANA)
    head = sum(1 for _ in past.journal.entries())
    past.write("sealed", "2026-11-02", {"record": "ab" * 64, "head": head, "sealed": True, "test": False})
    past.write(
        "sealed",
        "2026-11-03",
        {"record": "cd" * 64, "head": head + 1, "sealed": False, "test": False},
        day="2026-11-03",
    )
    past.write("stamped", "2026-11-02", {"stamp": "stamp-001.tsr"})
    past.write("drilled", "D-2026-11-02", {"passed": True, "seconds": 2.0})
    return home
