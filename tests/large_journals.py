"""The journal of a large repository, written at once, for tests of speed."""

from __future__ import annotations

import json

from metadata.model import volume_id
from repository.verify import canonical, entry_hash
from workflows.settings import Home


def entries(home: Home, objects: int) -> None:
    """Write the journal of a large repository at once: every object in two places."""
    (month,) = home.journal.glob("*.jsonl")
    last = json.loads(month.read_bytes().splitlines()[-1])
    lines = []
    for number in range(objects * 2):
        about = {"version": "v0001", "files": 2000, "bytes": 6 * 10**9, "manifest": "a" * 128, "tagmanifest": "b" * 128}
        last = last | {
            "seq": last["seq"] + 1, "previous": last["hash"], "time": "2026-11-20T10:00:00+00:00",
            "kind": "replicated" if number % 2 else "stored",
            "subject": volume_id(f"3fa2c1de-0000-4000-8000-{number // 2:012x}"),
            "facts": about | {"place": home.settings.place[number % 2].name},
        }  # fmt: skip
        last["hash"] = entry_hash(last)
        lines.append(canonical(last) + b"\n")
    with month.open("ab") as stream:
        stream.write(b"".join(lines))
