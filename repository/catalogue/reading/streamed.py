"""Files sent as they are read: with their length, in ranges (RFC 9110, 14), known again by a tag (8.8.3)."""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, BinaryIO

from datasette import Response
from datasette.utils.asgi import Request

CHUNK = 1 << 18
"""Bytes read and sent at once."""

Send = Callable[[dict[str, Any]], Awaitable[None]]
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Streamed(Response):  # type: ignore[misc]
    """An answer whose body comes in pieces; `media` is its type, `name` what it is called when it is kept."""

    def __init__(self, body: AsyncIterator[bytes], media: str, name: str, status: int = 200, length: int = -1) -> None:
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-cache"}
        if length >= 0:
            headers["content-length"] = str(length)
        super().__init__(None, status, headers, media)
        self._stream = body

    async def asgi_send(self, send: Send) -> None:
        """Send head and pieces; what was opened for them is closed even when the reader has gone."""
        told = {**self.headers, "content-type": self.content_type}
        head = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": head})
        try:
            async for piece in self._stream:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            await self._stream.aclose()  # type: ignore[attr-defined]
        await send({"type": "http.response.body", "body": b""})


def sent(request: Request, file: BinaryIO, media: str, name: str, known_as: str) -> Response:
    """A file, whole or the range that was asked for; it is closed when it was sent.

    `known_as` tells this content from any other. Several ranges at once, and those of another unit, are answered with
    the whole (RFC 9110, 14.2), as is a file that cannot be read from its middle.
    """
    tag = f'"{hashlib.sha256(known_as.encode()).hexdigest()[:32]}"'
    always = {"etag": tag, "cache-control": "private, no-cache"}
    if is_known(request, tag):
        file.close()
        return Response("", status=304, headers=always)
    whole = _length(file)
    asked = request.headers.get("range", "") if request.headers.get("if-range", tag) == tag else ""
    part = _part(asked, whole) if asked and whole >= 0 else None
    if part is not None and not part:
        file.close()
        return Response("", status=416, headers=always | {"content-range": f"bytes */{whole}"})
    first, last = (part.start, part.stop - 1) if part else (0, whole - 1)
    length = last - first + 1 if whole >= 0 else -1
    body = _pieces(file, first, length) if request.method != "HEAD" else _nothing(file)
    given = Streamed(body, media, name, 206 if part else 200, length)
    given.headers |= {"etag": tag}
    if whole >= 0:
        given.headers["accept-ranges"] = "bytes"
    if part:
        given.headers["content-range"] = f"bytes {first}-{last}/{whole}"
    return given


def is_known(request: Request, tag: str) -> bool:
    """Whether the reader has what bears the entity tag `tag` (RFC 9110, 13.1.2: compared weakly)."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in known.split(","))


def file_name(*parts: str, ending: str) -> str:
    """A name for a file, at most a hundred plain letters: "Hodinář a knihovna", "7" -> hodinar-a-knihovna_7.jp2."""
    plain = (unicodedata.normalize("NFKD", part).encode("ascii", "ignore").decode().lower() for part in parts)
    words = [re.sub(r"[^a-z0-9]+", "-", part).strip("-")[:80] for part in plain]
    return ("_".join(filter(None, words))[:100] or "kdr") + f".{ending}"


def _length(file: BinaryIO) -> int:
    """Bytes of the file; -1 where it does not tell."""
    if not file.seekable():
        return -1
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    return length


def _part(asked: str, whole: int) -> range | None:
    """The bytes asked for (RFC 9110, 14.1.2); empty when there are none of them, nothing when all shall be sent."""
    told = _RANGE.fullmatch(asked.strip())
    if not told or not (told[1] or told[2]):
        return None
    if not told[1]:
        return range(max(whole - int(told[2]), 0), whole)
    if told[2] and int(told[2]) < int(told[1]):
        return None
    return range(int(told[1]), min(int(told[2] or whole), whole - 1) + 1)


async def _pieces(file: BinaryIO, first: int, length: int) -> AsyncIterator[bytes]:
    """`length` bytes from `first` on; all of them where the length is -1."""
    with file:
        if first:
            await asyncio.to_thread(file.seek, first)
        left = length
        while left:
            piece = await asyncio.to_thread(file.read, CHUNK if left < 0 else min(CHUNK, left))
            if not piece:
                return
            left -= len(piece) if left > 0 else 0
            yield piece


async def _nothing(file: BinaryIO) -> AsyncIterator[bytes]:
    file.close()
    return
    yield b""
