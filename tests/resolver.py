"""A resolver of URN:NBN of OURS, made up for tests: not the National Library's, and nothing of its code.

It behaves as public facts say that ČIDLO does: addresses, HTTP Basic authentication for registrations, a redirect where
no `format` is asked for, the structure that a registration must have, coded errors in XML with their HTTP status, no
two documents with the same identifier of one registrar. It misbehaves on demand.
"""

from __future__ import annotations

import base64
import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from metadata.markup import Element, parse
from tests.servers import HERE, send, send_half, send_slowly

REGISTRAR = "lia001"
USER, PASSWORD = "knihovník", "tajné:heslo"
PASSWORD_VARIABLE = "KDR_TEST_URNNBN"  # noqa: S105 - a name

_IDENTIFIED = ("documentType", "digitalBorn", "primaryOriginator", "otherOriginator", "publication")
_BOOK = ("titleInfo", "ccnb", "isbn", "otherId", *_IDENTIFIED)
_SERIAL = ("titleInfo", "ccnb", "issn", "otherId", *_IDENTIFIED)
_TITLED = ("title!", "subTitle")
ENTITIES = {
    "monograph": (_BOOK, _TITLED),
    "monographVolume": (_BOOK, ("monographTitle!", "volumeTitle!")),
    "periodical": (_SERIAL, _TITLED),
    "periodicalVolume": (_SERIAL, ("periodicalTitle!", "volumeTitle!")),
    "periodicalIssue": (_SERIAL, ("periodicalTitle!", "volumeTitle", "issueTitle!")),
    "thesis": (("titleInfo", "ccnb", "otherId", *_IDENTIFIED, "degreeAwardingInstitution"), _TITLED),
    "otherEntity": (_BOOK, _TITLED),
}
"""What may stand in each entity and in its titleInfo, in that order, each once; `!` must be there, with text."""
_PUBLICATION = ("publisher", "place", "year")
_DOCUMENT = ("archiverId", "urnNbn", "registrarScopeIdentifiers", "financed", "contractNumber", "technicalMetadata")
_TECHNICAL = ("format", "extent", "resolution", "compression", "color", "iccProfile", "pictureSize")
_ORIGINATORS = {"AUTHOR", "EVENT", "CORPORATION"}


class WrongDocument(ValueError):
    """A registration that the schema would not take."""


@dataclass(slots=True)
class MadeUpResolver:
    """The resolver: `documents` (numbers by uuid); `taken` are uuids that it refuses; `state` of every number.

    `on_get` and `on_post` are what goes wrong with the next requests of that method, one each: a number is an HTTP
    status; for the words see `Request.misbehaves`. An empty word is a request that goes right; the word `always:…`
    goes wrong for ever.
    """

    version: int = 6
    documents: dict[str, str] = field(default_factory=dict)
    deactivated: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    state: str = "ACTIVE"
    on_get: list[str] = field(default_factory=list)
    on_post: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    registrations: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    @property
    def url(self) -> str:
        """The address of its interface."""
        return f"http://{HERE}:{self.port}/api/v{self.version}"

    @property
    def documents_path(self) -> str:
        """Where the registrar's documents are."""
        return f"/api/v{self.version}/registrars/{REGISTRAR}/digitalDocuments"

    def trouble(self, method: str) -> str:
        """What goes wrong with this request."""
        queue = self.on_get if method == "GET" else self.on_post
        if queue and queue[0].startswith("always:"):
            return queue[0].removeprefix("always:")
        return queue.pop(0) if queue else ""

    def response(self, inside: str) -> bytes:
        """An answer in the version's namespace."""
        space = f"http://resolver.nkp.cz/v{self.version}/"
        return f'<?xml version="1.0"?>\n<response xmlns="{space}">{inside}</response>'.encode()

    def error(self, code: str, message: str) -> bytes:
        """A coded error."""
        return self.response(f"<error><code>{code}</code><message>{message}</message></error>")

    def numbered(self, number: str) -> bytes:
        """The answer to a registration."""
        return self.response(f"<urnNbn><status>{self.state}</status><value>{number}</value></urnNbn>")

    def document(self, uuid: str, number: str) -> bytes:
        """The answer to a look-up."""
        return self.response(
            f'<digitalDocument id="1"><urnNbn><value>{number}</value></urnNbn><created>2026-01-01T00:00:00</created>'
            f'<technicalMetadata/><registrarScopeIdentifiers><id type="uuid">{uuid}</id><id type="signatura">A-1</id>'
            "</registrarScopeIdentifiers></digitalDocument>"
        )

    def register(self, content: bytes) -> tuple[int, bytes]:
        """HTTP status and answer to a registration."""
        try:
            uuid = uuid_of(content, self.version)
        except ValueError as error:
            return 400, self.error("INVALID_DATA", str(error).replace("<", "&lt;"))
        with self.lock:
            if uuid in self.documents or uuid in self.taken:
                return 409, self.error("REGISTRAR_SCOPE_IDENTIFIER_COLLISION", f"{uuid} already registered")
            self.registrations.append(content)
            self.documents[uuid] = f"urn:nbn:cz:{REGISTRAR}-{len(self.registrations):06x}"
            return 201, self.numbered(self.documents[uuid])

    def show(self, uuid: str) -> tuple[int, bytes]:
        """HTTP status and answer to a look-up."""
        number = self.documents.get(uuid)
        if number is None:
            return 404, self.error("UNKNOWN_DIGITAL_DOCUMENT", f"no document {uuid}")
        if number in self.deactivated:
            return 403, self.error("URN_NBN_DEACTIVATED", f"{number} has been deactivated")
        return 200, self.document(uuid, number)


def uuid_of(content: bytes, version: int) -> str:
    """The uuid in a registration.

    Raises:
        WrongDocument: it has not the structure that the schema asks for.
    """
    root = parse(content)
    space = f"{{http://resolver.nkp.cz/v{version}/}}"
    if root.tag != f"{space}import" or any(not str(each.tag).startswith(space) for each in root.iter()):
        raise WrongDocument("not an import of this version")
    names = _names(root)
    if len(names) != 2 or names[0] not in ENTITIES or names[1] != "digitalDocument":
        raise WrongDocument(f"import of {names}")
    _check_entity(root[0], names[0])
    return _uuid(root[1])


def _check_entity(entity: Element, name: str) -> None:
    allowed, titles = ENTITIES[name]
    _in_order(entity, allowed)
    if _names(entity)[:1] != ["titleInfo"]:
        raise WrongDocument("no titleInfo")
    _in_order(entity[0], titles)
    for part, child in zip(_names(entity), entity, strict=True):
        if part == "primaryOriginator" and child.get("type") not in _ORIGINATORS:
            raise WrongDocument("originator")
        if part == "digitalBorn" and child.text not in {"true", "false", "0", "1"}:
            raise WrongDocument("digitalBorn")
        if part == "publication":
            _in_order(child, _PUBLICATION)


def _uuid(document: Element) -> str:
    _in_order(document, _DOCUMENT)
    parts = dict(zip(_names(document), document, strict=True))
    if "archiverId" in parts and not re.fullmatch(r"\d+", parts["archiverId"].text or ""):
        raise WrongDocument("archiverId")
    if "technicalMetadata" in parts:
        _in_order(parts["technicalMetadata"], _TECHNICAL)
    found = [each.text or "" for each in parts.get("registrarScopeIdentifiers", []) if each.get("type") == "uuid"]
    if len(found) != 1 or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,78}[A-Za-z0-9]", found[0]):
        raise WrongDocument("registrarScopeIdentifiers")
    return found[0]


def _names(element: Element) -> list[str]:
    return [str(child.tag).rpartition("}")[2] for child in element]


def _in_order(element: Element, allowed: tuple[str, ...]) -> None:
    """Each child once, in that order; what must be there is, with text."""
    order = [name.rstrip("!") for name in allowed]
    there = _names(element)
    if there != [name for name in order if name in there]:
        raise WrongDocument(f"{there} in place of {order}")
    texts = {name: child.text or "" for name, child in zip(there, element, strict=True)}
    if any(name.endswith("!") and not texts.get(name[:-1]) for name in allowed):
        raise WrongDocument(f"{there}: something is missing or empty")


@contextlib.contextmanager
def made_up_resolver(version: int = 6) -> Iterator[MadeUpResolver]:
    """The resolver of ours, running."""
    told = MadeUpResolver(version)

    class _Request(Request):
        resolver = told

    server = ThreadingHTTPServer((HERE, 0), _Request)
    server.daemon_threads = True
    told.port = server.server_address[1]
    running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    running.start()
    try:
        yield told
    finally:
        told.over.set()
        server.shutdown()
        server.server_close()
        running.join(10)


class Request(BaseHTTPRequestHandler):
    """One request to the resolver."""

    resolver: MadeUpResolver

    def do_GET(self) -> None:
        """A look-up, or a page for people where no format is asked for."""
        told = self.resolver
        told.asked.append(f"GET {self.path}")
        address = urlsplit(self.path)
        found = re.fullmatch(rf"{told.documents_path}/registrarScopeIdentifier/uuid/([^/]+)", address.path)
        if self.headers.get("Authorization"):
            send(self, b"a look-up needs no password", "text/plain", 400)
        elif found is None:
            send(self, b"<html>404</html>", "text/html", 404)
        elif parse_qs(address.query).get("format") != ["xml"]:
            send(self, b"", "text/html", 303, Location="https://example.org/search")
        elif not self.misbehaves(told.trouble("GET"), *told.show(found.group(1))):
            self.answer(*told.show(found.group(1)))

    def do_POST(self) -> None:
        """A registration."""
        told = self.resolver
        told.asked.append(f"POST {self.path}")
        content = self.rfile.read(int(self.headers["Content-Length"]))
        login = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        trouble = told.trouble("POST")
        if self.path != told.documents_path:
            send(self, b"<html>404</html>", "text/html", 404)
        elif self.headers.get("Authorization") != login:
            send(self, b"<html>401</html>", "text/html", 401)
        elif self.headers.get("Content-Type") != "application/xml":
            send(self, b"<html>415</html>", "text/html", 415)
        elif trouble in {"closed", "refused"} or trouble.isdigit():
            self.misbehaves(trouble, 0, b"")
        else:
            answer = told.register(content)
            if not self.misbehaves(trouble, *answer):
                self.answer(*answer)

    def misbehaves(self, trouble: str, status: int, content: bytes) -> bool:
        """Do what `trouble` says with the right answer; False when it says nothing.

        `hang up`, `hang`, `slow`, `half`, `garbage`, `other xml`, `huge` and `late 500` lose or spoil the answer after
        the work was done; `other` names another number, `upper` the number in capitals, `stranger` another document,
        `unknown` says that there is none. `closed`, `refused` and a status register nothing.
        """
        told = self.resolver
        if trouble == "hang":
            told.over.wait(10)
        elif trouble == "slow":
            send_slowly(self, told.over)
        elif trouble == "half":
            send_half(self, content)
        elif trouble == "redirect":
            send(self, b"", "text/html", 301, Location="https://example.org/api")
        elif trouble in _ERRORS or trouble.isdigit():
            wrong, code, message = _ERRORS.get(trouble) or (int(trouble), *_FAILED)
            self.answer(wrong, told.error(code, message))
        elif trouble in _SPOILED:
            self.answer(status, _SPOILED[trouble])
        elif trouble in {"other", "upper", "stranger"}:
            self.answer(status, _changed(trouble, content))
        elif trouble != "hang up":
            return False
        self.close_connection = True
        return True

    def answer(self, status: int, content: bytes) -> None:
        """Answer whole, in XML."""
        send(self, content, "application/xml", status)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


_FAILED = ("INTERNAL_ERROR", "java.lang.NullPointerException")
_ERRORS = {
    "closed": (403, "FORBIDDEN", "This method is (temporarily) not allowed"),
    "refused": (400, "INVALID_ARCHIVER_ID", "no archiver 26"),
    "unknown": (404, "UNKNOWN_DIGITAL_DOCUMENT", "not yet"),
    "late 500": (500, *_FAILED),
}
_SPOILED = {
    "garbage": b"\x00\xff<not xml",
    "other xml": b"<html><body>It works!</body></html>",
    "doctype": b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><response>&x;</response>',
    "empty": b"",
    "nothing": b"<response/>",
    "huge": b"<response>" + b" " * 2_000_000 + b"</response>",
}


def _changed(trouble: str, content: bytes) -> bytes:
    if trouble == "other":
        return re.sub(rb"-[0-9a-f]{6}</value>", b"-zzzzzz</value>", content)
    if trouble == "upper":
        return re.sub(rb"urn:nbn:cz:[^<]*", lambda found: found.group().upper(), content)
    return re.sub(rb'"uuid">[^<]*', b'"uuid">00000000-0000-4000-8000-000000000000', content)
