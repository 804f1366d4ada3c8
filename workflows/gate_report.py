"""How a delivery at the gate ended, as it is written beside it: report.json for programs, report.txt for people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from metadata.file import place_bytes
from metadata.finding import Finding
from metadata.record import from_json, to_pretty_json
from metadata.wording import Tongue, printable, wording
from workflows.gate_sight import Examined
from workflows.quarantine import REPORT, Case

ACCEPTED, REFUSED = "accepted", "refused"


@dataclass(frozen=True, slots=True)
class Gated:
    """How a delivery ended: its verdict, the object and version that hold it (empty when refused), whether safely."""

    id: str
    name: str
    verdict: str
    when: str
    seen: Examined
    object_id: str = ""
    version: str = ""
    new: bool = False
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery at the gate as the list shows it; `verdict` is empty while it was not decided."""

    id: str
    name: str
    verdict: str
    object_id: str
    when: str
    here: bool
    findings: tuple[Finding, ...] = ()


def report_of(case: Case) -> Gated | None:
    """What was decided of a delivery; nothing when it was not."""
    try:
        return from_json(Gated, (case.folder / REPORT).read_bytes())
    except (OSError, ValueError):
        return None


def write_down(case: Case, ended: Gated) -> None:
    """report.txt for people (Czech first), report.json for programs, last."""
    both = [report_text(ended, tongue) for tongue in (Tongue.CS, Tongue.EN)]
    place_bytes(case.folder / "report.txt", "\n\n".join(both).encode())
    place_bytes(case.folder / REPORT, to_pretty_json(ended))


def report_text(ended: Gated, tongue: Tongue) -> str:
    """The decision and its reasons as a letter to the sender."""
    words, seen = wording("workflows", "gate.toml"), ended.seen
    lines = [
        words.say(f"report.{ended.verdict}", tongue, name=ended.name, id=ended.id, when=ended.when),
        words.say("report.bag", tongue, bagit=seen.bagit or "-", files=seen.files, bytes=seen.bytes),
    ]
    if ended.object_id:
        lines.append(words.say("report.object", tongue, object=ended.object_id, version=ended.version))
    formats = Counter(puid or "?" for puid in seen.formats.values())
    if formats:
        counted = ", ".join(f"{puid}: {count}" for puid, count in sorted(formats.items()))
        lines.append(words.say("report.formats", tongue, formats=counted))
    lines.append(words.say("report.scanner", tongue, scanner=printable(seen.scanner) or "-"))
    for found in sorted(seen.findings, key=lambda each: not each.stops):
        lines.append(f"  {found.code} {found.text(tongue)}")
        lines += [f"       → {found.advice(tongue)}"] if found.stops and found.advice(tongue) else []
    if seen.left_out:
        lines.append(words.say("left_out", tongue, count=seen.left_out))
    return "\n".join(lines) + "\n"


def as_waiting(case: Case) -> Waiting:
    """A delivery for the list."""
    ended = report_of(case)
    name = printable(case.delivery.name)
    if ended is None:
        return Waiting(case.id, name, "", "", "", case.waits)
    told = tuple(found for found in ended.seen.findings if found.stops)
    return Waiting(case.id, name, ended.verdict, ended.object_id, ended.when, case.waits, told)
