"""One bucket of an S3 service, below a prefix: the only module that speaks to obstore.

Nothing is ever overwritten but by `replace`, and what the service refuses is an OSError here, as a disk would raise it.
Keys are relative to the prefix. Credentials are read from the environment, never kept, shown or sent on.
"""

from __future__ import annotations

import errno
import io
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from metadata.file import Reader

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from obstore.store import S3Config

PART = 8 << 20
"""Bytes: what is smaller is sent in one request, what is larger in parts of this size, so that memory is bounded."""
LONGEST_KEY = 900
"""Bytes of UTF-8: S3 keys end at 1024, and the address in the quarantine is longer than the first one."""
_CHUNK = 1 << 20
_MOST_PARTS = 9_000
"""S3: a multipart upload has at most 10,000 parts."""
_LARGEST_COPY = 5 << 30
"""S3: UploadPartCopy takes at most 5 GiB at a time."""
_PARALLEL = 3
_UNSENT = ("Cc", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Bucket:
    """``s3://bucket/prefix`` at `endpoint` (Amazon's when empty); the two names are variables of the environment."""

    url: str
    endpoint: str = ""
    region: str = "us-east-1"
    access_key_env: str = "KDR_S3_ACCESS_KEY"
    secret_key_env: str = "KDR_S3_SECRET_KEY"  # noqa: S105 - the name of a variable

    def create(self, key: str, content: bytes) -> None:
        """Write the new object `key`.

        Raises:
            FileExistsError: it is there already (and stays as it is).
            OSError: the service refuses.
        """
        with _told(key):
            obstore.put(self._store(), key, content, mode="create", use_multipart=False)

    def create_from(self, key: str, stream: BinaryIO, size: int, scratch: str) -> str:
        """Write the new object `key` from what is left of `stream`, about `size` bytes; the SHA-512 of what was sent.

        obstore sends a create-only object in one piece, whole in memory. So a large one goes up in parts under the name
        `scratch`, and becomes `key` by a copy within the service that is create-only. Above 5 GiB, where no such copy
        is possible, `key` is looked for first and then written in parts.

        Raises:
            FileExistsError: it is there already (and stays as it is).
            OSError: the service refuses, or `stream` cannot be read.
        """
        reader = Reader(md5=False)
        first = _filled(stream, reader)
        if len(first) < PART:
            self.create(key, first)
            return reader.digests().sha512
        parts = _parts(first, stream, reader)
        if size > _LARGEST_COPY:
            if self.holds(key):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), key)
            self._upload(key, parts, size)
        else:
            self._upload(scratch, parts, size)
            self.copy(scratch, key)
            self.delete([scratch])
        return reader.digests().sha512

    def replace(self, key: str, content: bytes) -> None:
        """Write the object `key`, new or not, whole or not at all: for our own notes, never for what is kept.

        Raises:
            OSError: the service refuses.
        """
        with _told(key):
            obstore.put(self._store(), key, content, use_multipart=False)

    def copy(self, key: str, target: str) -> None:
        """Copy an object to the new object `target` within the service.

        Raises:
            FileExistsError: `target` is there already (and stays as it is).
            FileNotFoundError: there is no `key`.
            OSError: the service refuses.
        """
        with _told(key):
            obstore.copy(self._store(), key, target, overwrite=False)

    def open(self, key: str) -> BinaryIO:
        """One object, to be read as it comes, in constant memory.

        Raises:
            FileNotFoundError: there is none.
            OSError: the service refuses (reading may, too).
        """
        with _told(key):
            found = obstore.get(self._store(), key)
        return io.BufferedReader(_Incoming(_chunks(found, key)), _CHUNK)

    def read(self, key: str, *, quick: bool = False) -> bytes:
        """All of a small object; with `quick`, whoever does not answer within seconds is not there.

        Raises:
            FileNotFoundError: there is none.
            OSError: the service refuses.
        """
        with _told(key):
            return bytes(obstore.get(self._store(quick=quick), key).bytes())

    def holds(self, key: str) -> bool:
        """Whether there is an object `key`.

        Raises:
            OSError: the service refuses.
        """
        try:
            with _told(key):
                obstore.head(self._store(), key)
        except FileNotFoundError:
            return False
        return True

    def below(self, folder: str = "") -> Iterator[tuple[str, int]]:
        """Key and bytes of every object below `folder`, in the order of the service.

        Raises:
            OSError: the service refuses, or a key is none that we could have written.
        """
        with _told(folder):
            for batch in obstore.list(self._store(), folder or None, chunk_size=1000):
                for meta in batch:
                    yield meta["path"], meta["size"]

    def folders(self, folder: str) -> list[str]:
        """The names directly below `folder` that something lies below, sorted.

        Raises:
            OSError: the service refuses.
        """
        with _told(folder):
            found = obstore.list_with_delimiter(self._store(), folder)
        return sorted(path.rpartition("/")[2] for path in found["common_prefixes"])

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; no error when one is not there.

        Raises:
            OSError: the service refuses.
        """
        doomed = list(keys)
        if doomed:
            with _told(doomed[0]):
                obstore.delete(self._store(), doomed)

    def _upload(self, key: str, parts: Iterator[bytes], size: int) -> None:
        with _told(key):
            obstore.put(
                self._store(),
                key,
                parts,
                use_multipart=True,
                chunk_size=max(PART, size // _MOST_PARTS),
                max_concurrency=_PARALLEL,
            )

    def _store(self, *, quick: bool = False) -> S3Store:
        access, secret = (os.environ.get(name, "") for name in (self.access_key_env, self.secret_key_env))
        if not access or not secret:
            raise PermissionError(errno.EACCES, f"{self.access_key_env}, {self.secret_key_env}: –", self.url)
        return _opened(Bucket(self.url, self.endpoint, self.region), access, secret, quick=quick)


def fits(key: str) -> bool:
    """Whether an object can have the name `key` and be listed and fetched again by it, byte for byte."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        return False
    odd = any(unicodedata.category(each) in _UNSENT or each in "\ufffe\uffff" for each in key)
    return size <= LONGEST_KEY and not odd and not {"", ".", ".."} & set(key.split("/"))


class _Incoming(io.RawIOBase):
    """What a service sends, as a stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(view), len(self._rest))
        view[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _chunks(found: obstore.GetResult, key: str) -> Iterator[bytes]:
    with _told(key):
        yield from found.stream(_CHUNK)


def _filled(stream: BinaryIO, reader: Reader) -> bytes:
    """The next PART bytes of a stream, fewer only at its end."""
    pieces, missing = [], PART
    while missing and (piece := stream.read(missing)):
        reader.take(piece)
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _parts(first: bytes, stream: BinaryIO, reader: Reader) -> Iterator[bytes]:
    part = first
    while part:
        yield part
        part = _filled(stream, reader)


@lru_cache(maxsize=16)
def _opened(bucket: Bucket, access: str, secret: str, *, quick: bool) -> S3Store:
    url, endpoint = bucket.url, bucket.endpoint
    name, _, prefix = url.removeprefix("s3://").partition("/")
    patience = timedelta(seconds=3 if quick else 60)
    config: S3Config = {
        "access_key_id": access,
        "secret_access_key": secret,
        "region": bucket.region,
        "copy_if_not_exists": "multipart",
    }
    if endpoint:
        config["endpoint"] = endpoint
    with _told(url):
        return S3Store(
            name,
            prefix=prefix.strip("/") or None,
            config=config,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=3 if quick else 10),
                "read_timeout": patience,
                "timeout": patience if quick else timedelta(hours=6),  # of a whole object, however large
            },
            retry_config={"max_retries": 1 if quick else 4, "retry_timeout": patience},
        )


@contextmanager
def _told(key: str) -> Iterator[None]:
    """What obstore raises, as the OSError that a disk would raise."""
    try:
        yield
    except AlreadyExistsError as error:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), key) from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise PermissionError(errno.EACCES, _short(error), key) from error
    except FileNotFoundError as error:
        if error.errno is not None:  # ours already
            raise
        if "NoSuchBucket" in str(error):  # that says nothing of the object
            raise OSError(errno.EIO, _short(error), key) from error
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), key) from error
    except ValueError as error:
        raise OSError(errno.EINVAL, _short(error), key) from error
    except BaseError as error:
        raise OSError(errno.EIO, _short(error), key) from error


def _short(error: Exception) -> str:
    """What a service answers, in one line: obstore adds its inner life below."""
    told = " ".join(str(error).split("Debug source:")[0].split())
    code = re.search("<Code>([^<]*)</Code>", told)
    plain = re.sub("<[^>]*>.*", "", told).strip()[:240]
    return f"{code.group(1)}: {plain}" if code else plain
