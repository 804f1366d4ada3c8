"""A real S3 server (moto) in a process of its own, and small bags that need no disk."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from metadata.model import VolumeId
from repository.bucket import Bucket
from repository.directory_place import DirectoryPlace
from repository.place import Place
from repository.s3_place import S3Place

_SERVER = (
    "import sys, logging; from moto.server import ThreadedMotoServer\n"
    "logging.getLogger('werkzeug').disabled = True\n"
    "server = ThreadedMotoServer(port=0, verbose=False); server.start()\n"
    "print(server.get_host_and_port()[1], flush=True); sys.stdin.read(); server.stop()"
)


@pytest.fixture(name="s3_server", scope="session")
def started_server() -> Iterator[str]:
    """The address of the server; it ends with the tests, however they end."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.communicate()


@pytest.fixture(name="bucket")
def fresh_bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket with a prefix, and keys to it in the environment."""
    monkeypatch.setenv("KDR_S3_ACCESS_KEY", "testing")
    monkeypatch.setenv("KDR_S3_SECRET_KEY", "testing")
    return make_bucket(s3_server)


def make_bucket(server: str) -> Bucket:
    """A new bucket."""
    name = f"kraj-{uuid4().hex}"
    with urlopen(Request(f"{server}/{name}", method="PUT"), timeout=30):  # noqa: S310 - our own server
        return Bucket(f"s3://{name}/archiv/kdr", server)


def made_place(bucket: Bucket, *, quota: int | None = None) -> S3Place:
    """A place in a bucket, made."""
    place = S3Place("hlavní", bucket, site="Liberec", quota=quota)
    place.create()
    return place


def keys(place: Place) -> set[str]:
    """What lies in a place: every path or key below its root."""
    if isinstance(place, S3Place):
        return {key for key, _ in place.bucket.below()}
    assert isinstance(place, DirectoryPlace)
    return {path.relative_to(place.root).as_posix() for path in place.root.rglob("*") if path.is_file()}


def tamper(place: Place, key: str, content: bytes | None) -> None:
    """Change, add or (without `content`) delete what lies in a place, behind its back."""
    if isinstance(place, S3Place):
        place.bucket.delete([key]) if content is None else place.bucket.replace(key, content)
        return
    assert isinstance(place, DirectoryPlace)
    path: Path = place.root / key
    path.unlink(missing_ok=True)
    if content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def look(place: Place, key: str) -> bytes:
    """The bytes of what lies in a place."""
    if isinstance(place, S3Place):
        return place.bucket.read(key)
    assert isinstance(place, DirectoryPlace)
    return (place.root / key).read_bytes()


@dataclass(frozen=True, slots=True)
class MemoryBag:
    """A bag that lies in memory; names need not be such as a disk or `write_bag` would take."""

    files: Mapping[str, bytes]
    object_id: VolumeId
    opened: list[str] = field(default_factory=list)
    """What was read of it so far."""

    @property
    def all(self) -> dict[str, bytes]:
        """Every file, tag files too."""
        info = f"External-Identifier: uuid:{self.object_id}\n".encode()
        tags = {"bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "bag-info.txt": info}
        tags["manifest-sha512.txt"] = manifest(self.files)
        return {**self.files, **tags, "tagmanifest-sha512.txt": manifest(tags)}

    def sizes(self) -> dict[str, int]:
        return {path: len(content) for path, content in self.all.items()}

    def open(self, path: str) -> BinaryIO:
        self.opened.append(path)
        if path not in self.all:
            raise FileNotFoundError(2, "No such file", path)
        return io.BytesIO(self.all[path])


def manifest(files: Mapping[str, bytes]) -> bytes:
    """A manifest (RFC 8493 2.1.3) with the names as they are."""
    escapes = {"%": "%25", "\r": "%0D", "\n": "%0A"}
    named = {"".join(escapes.get(each, each) for each in path): content for path, content in files.items()}
    lines = (f"{hashlib.sha512(content).hexdigest()}  {path}\n" for path, content in named.items())
    return "".join(lines).encode()
