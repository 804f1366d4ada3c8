"""A time-stamping authority for tests: a real HTTP server over `openssl ts -reply`, with certificates made here.

`Manner` says how it behaves: well, or in one of the ways in which authorities fail.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE = "127.0.0.1"
CONFIG = """
[tsa]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
{certs}signer_digest = sha512
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


class Manner(Enum):
    """How the authority answers."""

    WELL = "well"
    UNSORTED = "unsorted"  # certificates in an order that strict DER forbids
    EXPIRED = "expired"
    SOON = "soon"  # its certificate ends in ten days
    WRONG_NONCE = "nonce"
    REFUSES = "refuses"
    HANGS = "hangs"
    HTML = "html"
    FLOOD = "flood"
    ERROR = "error"


@dataclass
class Authority:
    """The server: its address, the file of its root certificate, and how it behaves, which may be changed."""

    url: str
    root: Path
    folder: Path
    manner: Manner = Manner.WELL
    asked: int = 0


@cache
def _keys() -> tuple[ec.EllipticCurvePrivateKey, ec.EllipticCurvePrivateKey]:
    return ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


def certificate(name: str, days: int, *, ca: bool, serial: int) -> x509.Certificate:
    """A certificate of ours that ends in `days`; both are signed by the root's key."""
    top, own = _keys()
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TEST root")])
    key = (top if ca else own).public_key()
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(serial).not_valid_before(now - dt.timedelta(days=400))
    builder = builder.not_valid_after(now + dt.timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(top.public_key())
    builder = builder.add_extension(above, critical=False)
    if not ca:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(top, hashes.SHA256())


def _prepare(folder: Path) -> None:
    """Keys, certificates that end at different times, and a configuration for each manner of signing."""
    pem = serialization.Encoding.PEM
    root = certificate("TEST root", 3650, ca=True, serial=1)
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    secret = _keys()[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for name, days in (("well", 3000), ("expired", -10), ("soon", 10)):
        part = folder / name
        part.mkdir()
        own = certificate("TEST TSA", days, ca=False, serial=1000)
        (part / "tsa.pem").write_bytes(own.public_bytes(pem))
        (part / "tsa.key").write_bytes(secret)
        (part / "serial").write_text("01\n")
        (part / "ts.cnf").write_text(CONFIG.format(folder=part, certs=""))
    unsorted = folder / "unsorted"
    unsorted.mkdir()
    for name in ("tsa.pem", "tsa.key", "serial"):
        (unsorted / name).write_bytes((folder / "well" / name).read_bytes())
    # DER sorts a SET by its members' bytes; openssl writes the signer's first and then those of `certs`.
    (unsorted / "more.pem").write_bytes(root.public_bytes(pem))
    (unsorted / "ts.cnf").write_text(CONFIG.format(folder=unsorted, certs=f"certs = {unsorted}/more.pem\n"))


class _Answers(BaseHTTPRequestHandler):
    authority: Authority
    released: threading.Event

    def do_POST(self) -> None:
        self.authority.asked += 1
        query = self.rfile.read(int(self.headers["Content-Length"]))
        manner = self.authority.manner
        if manner is Manner.HANGS:
            self.released.wait(30)
            return
        if manner is Manner.ERROR:
            self.send_error(503)
            return
        kind, body = "application/timestamp-reply", b""
        if manner is Manner.HTML:
            kind, body = "text/html", b"<html><body>Login</body></html>"
        elif manner is Manner.FLOOD:
            body = b"0" * (1 << 20)
        else:
            body = self._stamped(query, manner)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # a client that has read enough goes away
            self.wfile.write(body)

    def _stamped(self, query: bytes, manner: Manner) -> bytes:
        name = manner.value if manner in (Manner.EXPIRED, Manner.SOON, Manner.UNSORTED) else "well"
        folder = self.authority.folder / name
        if manner is Manner.REFUSES:
            query = b"\x30\x03\x02\x01\x01"
        if manner is Manner.WRONG_NONCE:
            at = query.rindex(b"\x01\x01\xff") - 1  # the nonce stands before certReq
            query = query[:at] + bytes([query[at] ^ 1]) + query[at + 1 :]
        (folder / "query.tsq").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", str(folder / "ts.cnf"), "-section", "tsa"]
        command += ["-queryfile", str(folder / "query.tsq"), "-out", str(folder / "answer.tsr")]
        subprocess.run(command, check=True, capture_output=True)
        return (folder / "answer.tsr").read_bytes()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextlib.contextmanager
def authority(folder: Path, manner: Manner = Manner.WELL) -> Iterator[Authority]:
    """A running authority whose files lie in the new folder `folder`."""
    folder.mkdir(parents=True)
    _prepare(folder)
    server = ThreadingHTTPServer((HERE, 0), _Answers)
    server.daemon_threads = True
    made = Authority(f"http://{HERE}:{server.server_address[1]}/tsa", folder / "root.pem", folder, manner)
    released = threading.Event()
    server.RequestHandlerClass = type("Answers", (_Answers,), {"authority": made, "released": released})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        released.set()
        server.shutdown()
        thread.join()
        server.server_close()
