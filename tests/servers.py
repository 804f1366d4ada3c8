"""Servers of catalogue records for tests: a real one (yaz-ztest), and two of ours, made up, that misbehave on demand.

The real one has a fixed set of records and finds what it likes. Ours find what they were given, by the number asked.
"""

from __future__ import annotations

import contextlib
import gzip
import re
import shutil
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

HERE = "127.0.0.1"
MARCXML = "http://www.loc.gov/MARC21/slim"
Stock = dict[tuple[str, str], list[bytes]]
"""What a server of ours has: records by (index or use attribute, number)."""


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def yaz_ztest() -> Iterator[int]:
    """A running yaz-ztest, which speaks Z39.50 and SRU on one port."""
    program = shutil.which("yaz-ztest")
    if not program or not shutil.which("yaz-client"):
        pytest.skip("yaz is not installed (yaz-ztest, yaz-client)")
    port = free_port()
    server = subprocess.Popen([program, "-T", "-v", "none", f"tcp:{HERE}:{port}"], stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        server.kill()
        server.wait(10)


def _wait_for(port: int) -> None:
    ends = time.monotonic() + 10
    while True:
        try:
            socket.create_connection((HERE, port), 1).close()
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.02)
        else:
            return


@contextlib.contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    running.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        running.join(10)


# --- SRU --------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class MadeUpSru:
    """An SRU server of ours: `stock` by (CQL index, number); `misbehave` answers instead, as often as it gives True."""

    stock: Stock = field(default_factory=dict)
    misbehave: Callable[[BaseHTTPRequestHandler], bool] = lambda _: False
    asked: list[dict[str, str]] = field(default_factory=list)
    version: str = "1.2"
    as_text: bool = False
    at_once: int = 1000
    over: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        """The address of its database."""
        return f"http://{HERE}:{self.port}/catalogue"

    def found(self, asked: dict[str, str]) -> bytes:
        """The answer to a searchRetrieve request."""
        index, term = _cql(asked["query"])
        records = self.stock.get((index, term), [])
        first = int(asked["startRecord"])
        given = records[first - 1 :][: min(int(asked["maximumRecords"]), self.at_once)]
        return sru_answer(len(records), given, self.version, as_text=self.as_text)


def _cql(query: str) -> tuple[str, str]:
    """Index and literal term of `index relation "term"`."""
    asked = re.fullmatch(r'(\S+) \S+ "((?:\\.|[^"\\])*)"', query, re.DOTALL)
    if not asked or re.search(r"(?<!\\)(?:\\\\)*[*?^]", asked.group(2)):
        raise ValueError(query)
    return asked.group(1), re.sub(r"\\(.)", r"\1", asked.group(2))


def sru_answer(total: object, records: list[bytes], version: str = "1.2", *, as_text: bool = False) -> bytes:
    """A searchRetrieveResponse of that version."""
    space = (
        "http://docs.oasis-open.org/ns/search-ws/sruResponse" if version == "2.0" else "http://www.loc.gov/zing/srw/"
    )
    packed = [each.replace(b"&", b"&amp;").replace(b"<", b"&lt;") if as_text else each for each in records]
    inside = b"".join(
        b"<zs:record><zs:recordSchema>marcxml</zs:recordSchema><zs:recordData>%s</zs:recordData></zs:record>" % each
        for each in packed
    )
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<zs:searchRetrieveResponse xmlns:zs="%s"><zs:numberOfRecords>%s</zs:numberOfRecords>'
        b"<zs:records>%s</zs:records></zs:searchRetrieveResponse>"
    ) % (space.encode(), str(total).encode(), inside)


@contextlib.contextmanager
def made_up_sru() -> Iterator[MadeUpSru]:
    """The SRU server of ours, running."""
    told = MadeUpSru()

    class _Request(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            told.asked.append(asked)
            if not told.misbehave(self):
                send(self, told.found(asked))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((HERE, 0), _Request)
    server.daemon_threads = True
    told.port = server.server_address[1]
    with _serving(server):
        yield told
        told.over.set()


def send(
    request: BaseHTTPRequestHandler, content: bytes, media: str = "text/xml", status: int = 200, **headers: str
) -> bool:
    """Answer whole; True, so that it can stand at the end of a misbehaviour."""
    request.send_response(status)
    request.send_header("Content-Type", media)
    request.send_header("Content-Length", str(len(content)))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    with contextlib.suppress(OSError):
        request.wfile.write(content)
    return True


def send_half(request: BaseHTTPRequestHandler, content: bytes) -> bool:
    """Promise all, send half, hang up."""
    request.send_response(200)
    request.send_header("Content-Type", "text/xml")
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content[: len(content) // 2])
    request.close_connection = True
    return True


def send_slowly(request: BaseHTTPRequestHandler, over: threading.Event) -> bool:
    """A byte now and then, for ever."""
    request.send_response(200)
    request.send_header("Content-Type", "text/xml")
    request.end_headers()
    with contextlib.suppress(OSError):
        while not over.wait(0.05):
            request.wfile.write(b" ")
    return True


def bomb(size: int) -> bytes:
    """`size` bytes that gzip makes a thousand times smaller."""
    return gzip.compress(b" " * size)


# --- Z39.50 -----------------------------------------------------------------------------------------------------------

_BIB1 = b"\x2a\x86\x48\xce\x13\x04\x01"  # 1.2.840.10003.4.1: the diagnostics
USMARC = b"\x2a\x86\x48\xce\x13\x05\x0a"  # 1.2.840.10003.5.10
UNIMARC = b"\x2a\x86\x48\xce\x13\x05\x01"
XML = b"\x2a\x86\x48\xce\x13\x05\x6d\x0a"  # 1.2.840.10003.5.109.10
Tree = list[tuple[int, object]]


def _tlv(kind: int, number: int, content: bytes) -> bytes:
    """BER: identifier octets of class and form `kind` and tag `number`, definite length, content."""
    if number < 31:
        head = bytes([kind | number])
    else:
        head = bytes([kind | 31, *([number >> 7 | 128] if number > 127 else []), number & 127])
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
    return head + (octets if size < 128 else bytes([128 | len(octets)]) + octets) + content


def _put(number: int, *content: bytes | int) -> bytes:
    """A context-specific value; several parts, or a part given in a tuple, make a constructed one."""
    (single,) = content
    value = single.to_bytes(single.bit_length() // 8 + 1, "big") if isinstance(single, int) else single
    return _tlv(0x80, number, value)


def _hold(number: int, *parts: bytes) -> bytes:
    return _tlv(0xA0, number, b"".join(parts))


def _node(data: bytes, at: int) -> tuple[int, object, int]:
    """Tag and content of the value at `at`, and where the next begins; IndexError when it is not all there."""
    constructed, number = data[at] & 0x20, data[at] & 31
    at += 1
    if number == 31:
        number, at = data[at], at + 1  # no tag that we read is over 127
    size, at = data[at], at + 1
    if size == 128:
        return number, *_tree(data, at, None)
    if size > 128:
        size, at = int.from_bytes(data[at : at + size - 128], "big"), at + size - 128
    if at + size > len(data):
        raise IndexError(at + size)
    return number, (_tree(data, at, at + size)[0] if constructed else data[at : at + size]), at + size


def _tree(data: bytes, at: int, end: int | None) -> tuple[Tree, int]:
    """The values from `at` to `end`, or to the mark that ends a content of indefinite length."""
    found: Tree = []
    while data[at : at + 2] != b"\0\0" if end is None else at < end:
        number, content, at = _node(data, at)
        found.append((number, content))
    return found, at if end is not None else at + 2


def _request(line: socket.socket) -> tuple[int, object] | None:
    """Tag and content of one PDU; None when the line was closed."""
    data = b""
    while more := line.recv(1 << 16):
        data += more
        with contextlib.suppress(IndexError):
            return _node(data, 0)[:2]
    return None


def _values(tree: object, number: int) -> list[bytes]:
    """Every primitive value with that tag, at any depth."""
    if not isinstance(tree, list):
        return []
    found = []
    for tag, content in tree:
        found += [content] if tag == number and isinstance(content, bytes) else _values(content, number)
    return found


@dataclass(slots=True)
class MadeUpZ3950:
    """A Z39.50 server of ours: `stock` by (use attribute, number).

    `refuses` says no to the connection, `diagnostic` is a bib-1 condition told instead of hits, `silent_at` a PDU's
    tag (20 init, 22 search, 24 present) that is never answered, `rubbish_at` one that is answered by rubbish,
    `hangs_up_at` one after which the line is dead, `missing` how many records are not sent, `syntax` what it calls
    its records.
    """

    stock: Stock = field(default_factory=dict)
    refuses: bool = False
    diagnostic: int = 0
    silent_at: int = 0
    rubbish_at: int = 0
    hangs_up_at: int = 0
    missing: int = 0
    syntax: bytes = USMARC
    asked: list[tuple[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    def answer(self, tag: int, asked: object, found: list[bytes]) -> bytes:
        """The answer to one PDU; `found` is the result set of the connection."""
        if tag == 20:
            result = b"\0" if self.refuses else b"\xff"
            parts = (_put(3, b"\x05\xe0"), _put(4, b"\x06\xc0"), _put(5, 1 << 20), _put(6, 1 << 20), _put(12, result))
            return _hold(21, *parts)
        if tag == 22:
            return self._searched(asked, found)
        start, count = (int.from_bytes(_values(asked, number)[0], "big") for number in (30, 29))
        given = found[start - 1 : start - 1 + count - self.missing]
        records = b"".join(self._record(each) for each in given)
        return _hold(25, _put(24, len(given)), _put(25, start + len(given)), _put(27, 0), _hold(28, records))

    def _searched(self, asked: object, found: list[bytes]) -> bytes:
        types, values = ([int.from_bytes(each, "big") for each in _values(asked, number)] for number in (120, 121))
        use = dict(zip(types, values, strict=True)).get(1, 0)
        self.asked.append((str(use), _values(asked, 45)[0].decode()))
        found[:] = self.stock.get(self.asked[-1], [])
        head = (_put(23, len(found)), _put(24, 0), _put(25, 1))
        if not self.diagnostic:
            return _hold(23, *head, _put(22, b"\xff"))
        told = _tlv(0, 6, _BIB1) + _tlv(0, 2, bytes([self.diagnostic])) + _tlv(0, 26, b"made up")
        return _hold(23, _put(23, 0), *head[1:], _put(22, b"\0"), _hold(130, told))

    def _record(self, content: bytes) -> bytes:
        external = _tlv(0x20, 8, _tlv(0, 6, self.syntax) + _put(1, content))
        return _tlv(0x20, 16, _put(0, b"catalogue") + _hold(1, _hold(1, external)))


@contextlib.contextmanager
def made_up_z3950() -> Iterator[MadeUpZ3950]:
    """The Z39.50 server of ours, running."""
    told = MadeUpZ3950()

    class _Line(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            found: list[bytes] = []
            while request := _request(self.request):
                tag, asked = request
                if tag == told.silent_at:
                    told.over.wait(10)
                if tag in {told.silent_at, told.hangs_up_at, 48}:
                    return
                self.request.sendall(b"\x1b" * 40 if tag == told.rubbish_at else told.answer(tag, asked, found))

    class _Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    server = _Server((HERE, 0), _Line)
    told.port = server.server_address[1]
    with _serving(server):
        yield told
        told.over.set()
