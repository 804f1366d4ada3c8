"""Judge any bag, whoever made it and by whichever version of BagIt (0.93 to 1.0, RFC 8493), and say why.

Nothing is fetched, no link is followed, no name is changed. What the specification forbids, and names that would merge
on other systems, are errors; what it discourages is a warning.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from metadata.file import CHUNK
from metadata.finding import Fact, Finding, finding
from metadata.wording import printable
from repository.names import impossible, leads_out, twins, unsafe
from repository.tag_files import (
    Declaration,
    Fetch,
    algorithm_of,
    declaration,
    fetch_lines,
    info_pairs,
    manifest_lines,
    say,
    spellings,
    text_of,
)  # fmt: skip

MOST_TOLD = 200
"""So many findings of one code are told; how many more there are is counted."""
_OXUM = re.compile(r"(\d+)\.(\d+)")
_SYSTEM = {".ds_store", "thumbs.db", "desktop.ini", ".spotlight-v100", ".trashes", "__macosx"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found: version ("" when not even that could be read), encoding, algorithms, payload files and bytes.

    `info` are labels and values in order; `digests` path -> SHA-512 of every file read (nothing without contents);
    `left_out` says how many findings are not told.
    """

    version: str = ""
    encoding: str = ""
    algorithms: tuple[str, ...] = ()
    files: int = 0
    bytes: int = 0
    info: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    left_out: int = 0

    @property
    def accepted(self) -> bool:
        """Whether nothing forbids to take it."""
        return not any(found.stops for found in self.findings)

    @property
    def valid(self) -> bool:
        """Whether it is a valid bag by the specification, which only discourages names that merge elsewhere."""
        return not any(found.stops and found.code != "S068" for found in self.findings)


def judge(folder: Path, found: Iterable[tuple[str, bool]], *, contents: bool = True) -> Judgement:
    """Judge the bag in `folder`; `found` are its files as `repository.bag.walk` gives them.

    Without `contents` no file's digest is computed. What cannot be read is a finding, never an error.
    """
    files = list(found)
    case = _Case(folder, {path for path, regular in files if regular})
    for path, regular in files:
        if not regular:
            case.tell("S069", path)
    if not case.findings:
        try:
            case.examine(contents=contents)
        except OSError as error:
            case.tell("S060", Path(error.filename or folder).name, why=error.strerror or str(error))
    return case.judgement()


@dataclass(slots=True)
class _Case:
    folder: Path
    files: set[str]
    findings: list[Finding] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    declared: Declaration | None = None
    wanted: dict[str, dict[str, str]] = field(default_factory=dict)
    """File on disk -> algorithm -> digest."""
    manifests: dict[str, set[str]] = field(default_factory=dict)
    """Payload manifest -> files on disk (or, when missing, paths as written) that it lists."""
    fetched: dict[str, Fetch] = field(default_factory=dict)
    info: list[tuple[str, str]] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    bytes: int = 0
    by_form: dict[str, str] = field(default_factory=dict)

    def tell(self, code: str, subject: str, **facts: Fact) -> None:
        """Keep a finding, unless there are very many of its code."""
        self.told[code] += 1
        if self.told[code] <= MOST_TOLD:
            clean = {key: printable(fact) if isinstance(fact, str) else fact for key, fact in facts.items()}
            self.findings.append(finding(code, printable(subject), **clean))

    def judgement(self) -> Judgement:
        """What all this comes to."""
        version = ".".join(map(str, self.declared.version)) if self.declared else ""
        return Judgement(
            version=version,
            encoding=self.declared.encoding if self.declared else "",
            algorithms=tuple(sorted({name for digests in self.wanted.values() for name in digests})),
            files=len(self._payload()),
            bytes=self.bytes,
            info=tuple(self.info),
            findings=tuple(self.findings),
            digests=self.digests,
            left_out=sum(max(0, count - MOST_TOLD) for count in self.told.values()),
        )

    def examine(self, *, contents: bool) -> None:
        """All rules in turn; a bag that does not say what it is is not looked at further."""
        self.by_form = {unicodedata.normalize("NFC", path): path for path in self.files}
        if not self._declaration():
            return
        if not (self.folder / "data").is_dir():
            self.tell("S060", "data/", why=say("no_data"))
        self.bytes = sum((self.folder / path).stat().st_size for path in self._payload())
        self._manifests()
        self._fetch()
        self._complete()
        self._information()
        self._names()
        if contents:
            self._contents()

    @property
    def version(self) -> tuple[int, int]:
        """As declared."""
        return self.declared.version if self.declared else (0, 0)

    def _payload(self) -> list[str]:
        return sorted(path for path in self.files if path.startswith("data/"))

    def _declaration(self) -> bool:
        if "bagit.txt" not in self.files:
            self.tell("S060", "bagit.txt", why=say("absent"))
            return False
        try:
            self.declared = declaration((self.folder / "bagit.txt").read_bytes())
        except ValueError as error:
            self.tell("S060", "bagit.txt", why=str(error))
            return False
        for unusual in self.declared.unusual:
            self.tell("S073", "bagit.txt", why=unusual)
        return True

    def _lines(self, name: str, code: str) -> list[str]:
        """The lines of a tag file; none, and a finding of `code`, when it cannot be decoded."""
        try:
            lines, bom = text_of((self.folder / name).read_bytes(), self.declared.encoding if self.declared else "")
        except ValueError as error:
            self.tell(code, name, why=str(error))
            return []
        if bom:
            self.tell("S073", name, why=say("bom"))
        return lines

    def _manifests(self) -> None:
        known, named = 0, [(name, algorithm_of(name)) for name in sorted(self.files) if "/" not in name]
        for name, kind in named:
            if kind is None:
                continue
            tags, algorithm, written = kind
            if not algorithm:
                self.tell("S073", name, why=say("algorithm", why=written))
                continue
            if algorithm.replace("_", "") != written.replace("-", "_").replace("_", ""):
                self.tell("S073", name, why=say("algorithm_name", why=written))
            known += not tags
            self._manifest(name, algorithm, tags=tags)
        if not known:
            self.tell("S061", "manifest-*.txt", why=say("no_manifest"))

    def _manifest(self, name: str, algorithm: str, *, tags: bool) -> None:
        """One manifest: every line leads into the bag, once, and has a digest of its algorithm."""
        seen: dict[str, str] = {}
        stars, length = 0, 2 * hashlib.new(algorithm, usedforsecurity=False).digest_size
        try:
            for listed in manifest_lines(self._lines(name, "S061")):
                stars += listed.star
                path = self._path(name, listed.written, tags=tags)
                if len(listed.digest) != length:
                    self.tell("S061", name, why=say("digest", path=listed.written[:200]))
                elif path:
                    self._listed(name, algorithm, path, listed.digest, seen)
        except ValueError as error:
            self.tell("S061", name, why=str(error))
        if stars:
            self.tell("S073", name, why=say("star", why=stars))
        for first, second in twins(sorted(seen)):
            self.tell("S068", second, other=printable(first))
        if not tags:
            self.manifests[name] = set(seen.values())
        elif self.version >= (1, 0):
            left = sorted(set(self.manifests) - set(seen.values()))
            for manifest in left:
                self.tell("S073", name, why=say("tag_manifest", path=manifest))

    def _listed(self, name: str, algorithm: str, path: str, digest: str, seen: dict[str, str]) -> None:
        disk = self._on_disk(name, path)
        if path in seen:
            same = self.wanted.get(disk, {}).get(algorithm) == digest
            strict = self.version >= (1, 0) or not same
            self.tell("S061" if strict else "S073", name, why=say("twice", path=path[:200]))
            return
        seen[path] = disk
        self.wanted.setdefault(disk, {})[algorithm] = digest

    def _path(self, name: str, written: str, *, tags: bool) -> str:
        """A path of a manifest made plain; empty, and a finding, when it may not stand there."""
        plain = re.sub(r"^(\./+)+", "", written)
        if plain != written:
            self.tell("S073", name, why=say("dot", path=written[:200]))
        inner = plain.split("/")
        if self.version < (1, 0) and {"", ".", ".."} & set(inner) and inner[0] == "data":
            within = os.path.normpath(plain)
            if within.startswith("data/"):
                self.tell("S073", name, why=say("dot", path=written[:200]))
                return within
        if leads_out(plain) or not (tags or plain.startswith("data/")):
            self.tell("S062", name, path=written[:200])
            return ""
        if impossible(plain):
            self.tell("S061", name, why=say("line", why=repr(written[:120])))
            return ""
        return plain

    def _on_disk(self, name: str, path: str) -> str:
        """The file that a path stands for: as written, unescaped, or in another form of Unicode."""
        for wish in spellings(path, self.version):
            if wish in self.files:
                if wish == path and "%" in path and self.version >= (1, 0) and wish != spellings(path, (1, 0))[0]:
                    self.tell("S073", name, why=say("escape", path=path[:200]))
                return wish
            near = self.by_form.get(unicodedata.normalize("NFC", wish))
            if near is not None:
                self.tell("S073", name, why=say("form", path=path[:200]))
                return near
        return spellings(path, self.version)[0]

    def _fetch(self) -> None:
        if "fetch.txt" not in self.files:
            return
        listed = set().union(*self.manifests.values())
        try:
            for line in fetch_lines(self._lines("fetch.txt", "S066")):
                path = self._path("fetch.txt", line.path, tags=False)
                disk = self._on_disk("fetch.txt", path) if path else ""
                if disk and disk not in listed:
                    self.tell("S066", path, why=say("fetch_unlisted"))
                if disk:
                    self.fetched[disk] = line
        except ValueError as error:
            self.tell("S066", "fetch.txt", why=str(error))
        for path, line in self.fetched.items():
            if path not in self.files:
                self.tell("S066", path, why=say("hole", why=line.url[:200]))
            elif line.length not in (None, (self.folder / path).stat().st_size):
                self.tell("S073", path, why=say("fetch_length"))

    def _complete(self) -> None:
        """Every listed file is there; every payload file is listed, from 1.0 on in each manifest (RFC 8493 2.1.3)."""
        for path in sorted(set(self.wanted) - self.files - set(self.fetched)):
            self.tell("S063", path)
        payload = self._payload()
        everywhere = set().union(*self.manifests.values())
        lists = self.manifests if self.version >= (1, 0) else {"manifest-*.txt": everywhere}
        for name, listed in lists.items():
            for path in payload:
                if path not in listed:
                    self.tell("S065", path, manifest=name)
        if not payload:
            self.tell("S073", "data/", why=say("empty"))
        for path in sorted(self.files - set(self.wanted)):
            if not path.startswith("data/") and algorithm_of(path) is None and path != "bagit.txt":
                self.tell("S073", path, why=say("unlisted_tag"))

    def _information(self) -> None:
        """bag-info.txt (package-info.txt up to 0.95) and its Payload-Oxum (RFC 8493 2.2.2)."""
        name = "package-info.txt" if self.version <= (0, 95) and "package-info.txt" in self.files else "bag-info.txt"
        if name not in self.files:
            return
        try:
            self.info = info_pairs(self._lines(name, "S067"))
        except ValueError as error:
            self.tell("S067", name, why=str(error))
        count = len(self._payload())
        for value in [value for label, value in self.info if label.lower() == "payload-oxum"]:
            match = _OXUM.fullmatch(value)
            if match is None or (int(match.group(1)), int(match.group(2))) != (self.bytes, count):
                self.tell("S067", name, why=say("oxum", path=value[:80], why=f"{self.bytes}.{count}"))

    def _names(self) -> None:
        for first, second in twins(sorted(self.files)):
            self.tell("S068", second, other=printable(first))
        for path in sorted(self.files):
            if unsafe(path):
                self.tell("S077", path)
            if path.rpartition("/")[2].lower() in _SYSTEM:
                self.tell("S073", path, why=say("system"))

    def _contents(self) -> None:
        for path in sorted(self.files):
            found = _digests(self.folder / path, {"sha512", *self.wanted.get(path, {})})
            self.digests[path] = found["sha512"]
            for algorithm, digest in sorted(self.wanted.get(path, {}).items()):
                if found[algorithm] != digest:
                    self.tell("S064", path, algorithm=algorithm)


def _digests(path: Path, algorithms: Iterable[str]) -> dict[str, str]:
    """Hex digests of a file by several algorithms, in one read."""
    made = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    for chunk in _chunks(path):
        for digest in made.values():
            digest.update(chunk)
    return {name: digest.hexdigest() for name, digest in made.items()}


def _chunks(path: Path) -> Iterator[memoryview]:
    buffer = bytearray(CHUNK)
    with path.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            yield memoryview(buffer)[:count]
