"""A repository of three places as an archivist has it, and what is done to it, for the acceptance tests.

One book went all the way from its scans (with a sidecar that names the scanner), one small object came as a bag. Day
records are sealed with a key for trying; an authority is added where a test wants time stamps.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from metadata.model import VolumeId
from repository.journal import Entry, Journal
from repository.place import Place
from repository.verify import MANIFEST, TAG_MANIFEST, canonical, entry_hash
from tests import tsa
from tests.bags import AGENT, OTHER, make_bag
from tests.homes import ROOT, changed, delivery, kdr, make_home, run
from tests.s3_server import look, tamper
from workflows.founding import add_place, open_store, places
from workflows.sealing import new_test_key
from workflows.settings import Home, load

KEYS = {"KDR_S3_ACCESS_KEY": "testing", "KDR_S3_SECRET_KEY": "testing"}
SIDECAR = 'title = "Kronika obce"\nlanguage = "ces"\nscanner = "Zeutschel OS 12000, č. 7"\n'
_VERIFIER = ROOT / "repository" / "verify.py"


def add_third(home: Home, more: str = 'path = "store/treti"') -> Home:
    """The same repository with a third place, empty: a folder, or what `more` says."""
    with (home.folder / "kdr.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[place]]\nname = "treti"\n{more}\nmedium = "tape"\nsite = "C"\n')
    wider = load(home.folder)
    add_place(wider, "treti")
    return wider


def make_model(folder: Path) -> Path:
    """The repository in ``folder/home``, its delivery in ``folder/dodavka``; only to be copied."""
    home = add_third(make_home(folder / "home"))
    new_test_key(home, None)
    text = (home.folder / "kdr.toml").read_text(encoding="utf-8")
    text = text.replace("\n[seal]\n", '\n[seal]\npkcs12 = "seal-test.p12"\n', 1)
    (home.folder / "kdr.toml").write_text(text, encoding="utf-8")
    home = changed(home.folder, copies=3, sites=3)
    given = delivery(folder / "dodavka", {"kronika": [1, 2]})
    (given / "kronika" / "volume.toml").write_text(SIDECAR, encoding="utf-8")
    run(home, given)
    open_store(home).take(make_bag(folder / "bag", OTHER), OTHER, AGENT)
    return home.folder


def stamped_by(home: Home, authority: tsa.Authority) -> None:
    """Let records be time-stamped from now on."""
    path = home.folder / "kdr.toml"
    lines = f'\n[seal]\ntsa = "{authority.url}"\ntsa_certificates = "{authority.root}"\n'
    path.write_text(path.read_text(encoding="utf-8").replace("\n[seal]\n", lines, 1), encoding="utf-8")


def does(home: Home, *words: str | Path, code: int = 0, tongue: str = "") -> CompletedProcess[str]:
    """A command as the archivist types it; it must end with `code` and without a traceback."""
    done = kdr(*words, home=home.folder, env=KEYS, KDR_LANGUAGE=tongue)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stdout + done.stderr
    return done


def auditor(*words: str | Path, code: int = 0) -> str:
    """What the auditor's own file says, run where nothing else of ours can be imported."""
    command = [sys.executable, "-I", str(_VERIFIER), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def book(home: Home) -> VolumeId:
    """The object that was scanned."""
    return next(each for each in open_store(home).objects() if each != OTHER)


def place(home: Home, name: str) -> Place:
    """One of the places."""
    return next(each for each in places(home) if each.name == name)


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of the first version of an object."""

    place: Place
    object_id: VolumeId

    @property
    def home(self) -> str:
        """Where it lies below the root of its place."""
        return f"{self.object_id[:2]}/{self.object_id[2:4]}/{self.object_id}/v0001"

    def find(self, ending: str) -> str:
        """The first file with that ending, relative to the bag."""
        return min(path for path in self.place.sizes(self.object_id, "v0001") if path.endswith(ending))

    def read(self, path: str) -> bytes:
        return look(self.place, f"{self.home}/{path}")

    def write(self, path: str, content: bytes | None) -> None:
        """Put other bytes there, or nothing, behind the repository's back."""
        tamper(self.place, f"{self.home}/{path}", content)

    def flip(self, path: str) -> bytes:
        """Change one bit; the damaged bytes."""
        content = bytearray(self.read(path))
        content[len(content) // 2] ^= 1
        self.write(path, bytes(content))
        return bytes(content)

    def everything(self) -> dict[str, bytes]:
        return {path: self.read(path) for path in self.place.sizes(self.object_id, "v0001")}

    def forge(self, path: str) -> None:
        """Alter a file, its line in the manifest, and the manifest's line in the tag manifest: a valid bag again."""
        before = hashlib.sha512(self.read(path)).hexdigest()
        after = hashlib.sha512(self.flip(path)).hexdigest()
        listed = hashlib.sha512(self.read(MANIFEST)).hexdigest()
        self.write(MANIFEST, self.read(MANIFEST).replace(before.encode(), after.encode()))
        relisted = hashlib.sha512(self.read(MANIFEST)).hexdigest()
        self.write(TAG_MANIFEST, self.read(TAG_MANIFEST).replace(listed.encode(), relisted.encode()))

    def forge_register(self, home: Home) -> None:
        """Make the register say the same as the forged manifests."""
        folder = home.journal / "register" / self.object_id / "v0001"
        for name in (MANIFEST, TAG_MANIFEST):
            (folder / name).chmod(0o644)
            (folder / name).write_bytes(self.read(name))


def copy_of(home: Home, name: str, object_id: VolumeId | None = None) -> Copy:
    """The copy of the book (or of another object) in a place."""
    return Copy(place(home, name), object_id or book(home))


def entries(home: Home, *kinds: str) -> list[Entry]:
    """What the journal tells."""
    return list(Journal(home.journal).entries(kinds=kinds))


def month(home: Home) -> Path:
    """The only file of the journal."""
    (path,) = home.journal.glob("*.jsonl")
    return path


def rehash(home: Home, old: str, new: str) -> None:
    """Change what a line says and reckon every hash after it anew: a chain that is whole in itself."""
    lines, previous = [], None
    for line in month(home).read_text(encoding="utf-8").replace(old, new).splitlines():
        fields = json.loads(line)
        del fields["hash"]
        if previous is not None:
            fields["previous"] = previous
        previous = entry_hash(fields)
        lines.append(canonical(fields | {"hash": previous}) + b"\n")
    month(home).write_bytes(b"".join(lines))


def forget_heads(home: Home) -> None:
    """Let every place believe the journal as it is now."""
    last = json.loads(month(home).read_bytes().splitlines()[-1])
    for each in places(home):
        head = json.loads(look(each, "journal-head.json"))
        tamper(each, "journal-head.json", json.dumps(head | {"seq": last["seq"], "hash": last["hash"]}).encode())
