"""The registrar ČIDLO: the National Library's resolver of URN:NBN, through its REST interface, versions 3 to 6.

Public facts that it rests on (the interface's documentation and schemas): a registrar's document is found by an
identifier of the registrar's own at registrars/<code>/digitalDocuments/registrarScopeIdentifier/<type>/<value> (without
`format=xml` the answer is a redirect); it is registered by POST to registrars/<code>/digitalDocuments; a registration
is done whole or not at all; a second document with the same identifier is refused. So a volume's uuid is looked up
before it is registered, and again whenever the answer to a registration is not known: there is never a second number.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

import httpx
from pydantic import AfterValidator, ConfigDict, Field

from ingest.registrar import TABLE, Keep
from ingest.registrar.answer import ABSENT, COLLISION, UNKNOWN, Told, understood
from ingest.registrar.exchange import Answer, Limits, NoAnswer, read, send
from ingest.registrar.failure import accepted, refused, silent
from ingest.registrar.registration import namespace, registration
from ingest.settings_table import checked
from metadata.description import IdentifierKind
from metadata.markup import to_bytes
from metadata.model import Volume
from metadata.problem import Problem

_VERSION = re.compile(r"/v([3-6])$")
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
# Asking once more may help; a registration only where nothing was begun, or the resolver itself took it back.
_READ_AGAIN = frozenset({"connection", "timeout", "broken", "garbage", "status", "gateway"})
_SEND_AGAIN = frozenset({"connection", "status"})
_GATEWAY = frozenset({502, 504})


def _interface(url: str) -> str:
    parts, whole = urlsplit(url), url.rstrip("/")
    if parts.username is not None or not parts.hostname or parts.query or parts.fragment or parts.port == 0:
        raise ValueError("an address without user, query and fragment is needed")
    if any(not 0 < len(label) < 64 for label in parts.hostname.split(".")):
        raise ValueError(f"{parts.hostname!r} is no host name")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
        raise ValueError("https://… is needed: the password would travel unprotected")
    try:
        httpx.URL(whole)
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from None
    if not _VERSION.search(whole):
        raise ValueError("it must end with the version of the interface, /v3 to /v6")
    return whole


@dataclass(frozen=True, slots=True)
class CzidloSettings:
    """The table [urnnbn] with kind = "czidlo".

    `url` is the interface with its version (https://resolver.nkp.cz/api/v6), `registrar` the registrar's code,
    `archiver` the resolver's number of the archiving institution where that is not the registrar, `user` the login;
    `password_env` names the environment variable with the password. `identifier` is the type of the uuid among the
    registrar's identifiers; `timeout` seconds for one answer; `size` bytes of one answer; `attempts` and `pause`
    (seconds, doubled each time) for a resolver that is busy.
    """

    url: Annotated[str, AfterValidator(_interface)]
    registrar: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{2,6}$")]
    user: Annotated[str, Field(pattern=r"^[^:\x00-\x1f]+$")]
    password_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    archiver: Annotated[int, Field(ge=0)] | None = None
    identifier: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_:-]{0,18}[A-Za-z0-9]$")] = "uuid"
    timeout: Annotated[float, Field(gt=0, le=300)] = 20.0
    size: Annotated[int, Field(ge=1000, le=100_000_000)] = 1_000_000
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    pause: Annotated[float, Field(ge=0, le=60)] = 1.0

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    @property
    def version(self) -> int:
        """The version of the interface, which stands at the end of its address."""
        found = _VERSION.search(self.url)
        return int(found.group(1)) if found else 0

    @property
    def documents(self) -> str:
        """The address of the registrar's documents."""
        return f"{self.url}/registrars/{self.registrar}/digitalDocuments"

    @property
    def limits(self) -> Limits:
        """The bounds of one answer."""
        return Limits(self.timeout, self.size)

    def login(self) -> httpx.BasicAuth:
        """User and password; the password is read when it is needed and kept nowhere.

        Raises:
            Problem: E005, the environment variable is not set.
        """
        password = os.environ.get(self.password_env, "")
        if not password:
            raise Problem("E005", TABLE, why=f"password_env = {self.password_env!r}: ${self.password_env} = ?")
        return httpx.BasicAuth(self.user, password)


class Czidlo:
    """The resolver, asked for one registrar. `keep` gets what is sent and answered, never the password."""

    def __init__(self, settings: CzidloSettings, keep: Keep) -> None:
        self.name = f"{urlsplit(settings.url).hostname} ({settings.registrar})"
        self._settings = settings
        self._keep = keep

    def number(self, volume: Volume) -> str:
        """The number that the resolver has for this volume's uuid, registering the volume when it has none.

        A volume that is described with a number which the resolver does not know keeps that, and is not registered.

        Raises:
            Problem: C011, it does not answer (whether it registered is found out by the next question); C012, it
                refuses the volume, or says something that is no number of this registrar; C013, two numbers.
        """
        known = self._looked_up(volume) or volume.description.identifier(IdentifierKind.URNNBN)
        return known or self._registered(volume)

    def _looked_up(self, volume: Volume) -> str:
        """The number of the volume's uuid, asked until it is told; empty when the resolver knows none."""
        for attempt in range(self._settings.attempts):
            self._wait(attempt)
            try:
                return self._asked(volume)
            except NoAnswer as failed:
                last = failed
                if failed.reason not in _READ_AGAIN:
                    break
        raise silent(self.name, last.reason, **last.facts)

    def _asked(self, volume: Volume) -> str:
        settings = self._settings
        place = f"{settings.documents}/registrarScopeIdentifier/{settings.identifier}/{volume.id}"
        # `action` is what version 3 wants, the other two are for the later ones.
        url = f"{place}?action=show&format=xml&digitalInstances=false"
        told = self._told(volume, "lookup", read(url, settings.limits))
        return "" if told.code == UNKNOWN else self._number(volume, told)

    def _registered(self, volume: Volume) -> str:
        settings = self._settings
        document = registration(volume, namespace(settings.version), settings.identifier, settings.archiver)
        content = to_bytes(document)
        self._keep(f"{volume.id}-registration.xml", content)
        for attempt in range(settings.attempts):
            self._wait(attempt)
            try:
                answer = send(settings.documents, content, settings.login(), settings.limits)
                return self._taken(volume, self._told(volume, "registered", answer))
            except NoAnswer as failed:
                last = failed
                if found := self._looked_up(volume):
                    return found
                if failed.reason not in _SEND_AGAIN:
                    break
        raise silent(self.name, last.reason, **last.facts)

    def _taken(self, volume: Volume, told: Told) -> str:
        """The number of an answered registration, when the resolver stands by it."""
        if told.code == COLLISION and (found := self._looked_up(volume)):
            return found
        number = self._number(volume, told)
        try:
            known = self._asked(volume)
        except NoAnswer:
            return number
        if known and known != number:
            raise Problem("C013", volume.folder, given=number, other=known)
        return number

    def _number(self, volume: Volume, told: Told) -> str:
        """The number in an answer that is about this volume."""
        if told.code or not told.number:
            raise refused(volume, "error", code=told.code or "?", message=told.message)
        uuids = [value for kind, value in told.identifiers if kind == self._settings.identifier]
        if uuids and str(volume.id) not in uuids:
            raise refused(volume, "stranger", other=", ".join(uuids))
        if told.state not in {"", "ACTIVE"}:
            raise refused(volume, "state", value=told.number, state=told.state)
        number = accepted(volume, told.number)
        if not number.startswith(f"urn:nbn:cz:{self._settings.registrar.lower()}-"):
            raise refused(volume, "foreign", value=number, registrar=self._settings.registrar)
        return number

    def _told(self, volume: Volume, step: str, answer: Answer) -> Told:
        """What the answer says; NoAnswer when that is nothing about the volume."""
        if answer.content:
            self._keep(f"{volume.id}-{step}.xml", answer.content)
        if answer.status >= 500 or answer.status == 429:
            raise NoAnswer("gateway" if answer.status in _GATEWAY else "status", status=answer.status)
        if answer.target:
            raise NoAnswer("redirect", target=answer.target)
        if answer.status == 401:
            raise NoAnswer("login", status=answer.status)
        try:
            told = understood(answer.content)
        except ValueError as error:
            raise NoAnswer("garbage", status=answer.status, detail=error) from None
        if told.code in ABSENT:
            raise NoAnswer("closed", message=told.message)
        return told

    def _wait(self, attempt: int) -> None:
        if attempt:
            time.sleep(self._settings.pause * 2 ** (attempt - 1))


def czidlo(given: Mapping[str, object], _folder: Path, keep: Keep) -> Czidlo:
    """The registrar that [urnnbn] with kind = "czidlo" describes.

    Raises:
        Problem: E005, a setting is wrong, or the environment has no password.
    """
    settings = checked(CzidloSettings, TABLE, given)
    settings.login()
    return Czidlo(settings, keep)
