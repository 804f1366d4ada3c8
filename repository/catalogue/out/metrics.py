"""/-/metrics: the repository and its server in numbers (Prometheus text format 0.0.4), and a line for every request.

What the repository holds is read from the catalogue when asked, as far as the one who asks may see it; requests are
counted since the server started.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from datasette import Response
from datasette.utils.asgi import Forbidden
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from repository.catalogue.presentation import NAME, Speech
from repository.catalogue.rights.audience import Role, current
from repository.catalogue.rights.views import tables_of
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

App = Callable[..., Any]
ACCESS = logging.getLogger("kdr.access")
"""Gets a line of JSON for every request, without what was asked for and by whom."""

_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_OTHER = (("assets", re.compile("^/(assets|-/static)")), ("table", re.compile(rf"^/{NAME}")))
# Each is one number; the table it is read from must be one that the audience may see.
_HELD = {
    "volumes": ("volume", "select count(*) from volume"),
    "pages": ("volume", "select coalesce(sum(pages), 0) from volume"),
    "words": ("volume", "select coalesce(sum(words), 0) from volume"),
    "bytes": ("volume", "select coalesce(sum(bytes), 0) from volume"),
    "institutions": ("institution", "select count(*) from institution"),
    "last_stored_seconds": ("volume", "select unixepoch(max(stored)) from volume"),
    "journal_entries": ("journal", "select count(*) from journal"),
    "copies": ("copy", "select count(*) from copy"),
    "copies_overdue": ("copy", "select count(*) from overdue"),
    "versions_unsafe": ("safety", "select count(*) from safety where not safe"),
    "incidents_open": ("incident", "select count(*) from incident where ended is null and not practice"),
    "last_audit_seconds": ("audit", "select unixepoch(max(ended)) from audit"),
    "last_drill_seconds": ("drill", "select unixepoch(max(time)) from drill where passed"),
}


@dataclass(frozen=True, slots=True)
class Requests:
    """What is counted of requests."""

    registry: CollectorRegistry
    count: Counter
    seconds: Histogram
    open: Gauge


_COUNTED: WeakKeyDictionary[Datasette, Requests] = WeakKeyDictionary()


def requests_of(datasette: Datasette) -> Requests:
    """The counters of one server."""
    if datasette not in _COUNTED:
        registry, speech = CollectorRegistry(), Speech()
        told = {name: speech.say(f"out.metrics.{name}") for name in ("requests", "seconds", "open")}
        _COUNTED[datasette] = Requests(
            registry,
            Counter("kdr_http_requests", told["requests"], ("route", "method", "status"), registry=registry),
            Histogram("kdr_http_seconds", told["seconds"], ("route",), buckets=_BOUNDS, registry=registry),
            Gauge("kdr_http_requests_open", told["open"], registry=registry),
        )
    return _COUNTED[datasette]


def door_over(routes: Callable[[], Sequence[Route]]) -> Callable[[Datasette, App], App]:
    """The door that counts requests by the route of `routes` that answers them."""

    def door(datasette: Datasette, app: App) -> App:
        counted = requests_of(datasette)
        known = [*((route.name, re.compile(route.pattern)) for route in routes()), *_OTHER]

        async def answer(scope: dict[str, Any], receive: App, send: App) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            path = scope["path"]
            route = next((name for name, pattern in known if pattern.match(path)), "other")
            one = _Request(counted, route, scope["method"])

            async def sent(message: dict[str, Any]) -> None:
                one.saw(message)
                await send(message)

            counted.open.inc()
            try:
                await app(scope, receive, sent)
            finally:
                one.ended()

        return answer

    return door


class _Request:
    """One request while it is answered."""

    def __init__(self, counted: Requests, route: str, method: str) -> None:
        self._counted, self._route = counted, route
        self._method = method if method in _METHODS else "other"
        self._begun, self._status, self._bytes = time.perf_counter(), 500, 0

    def saw(self, message: dict[str, Any]) -> None:
        """A message of the answer."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
        self._bytes += len(message.get("body", b""))

    def ended(self) -> None:
        """Count it, and write its line."""
        seconds = time.perf_counter() - self._begun
        self._counted.open.dec()
        self._counted.count.labels(self._route, self._method, str(self._status)).inc()
        self._counted.seconds.labels(self._route).observe(seconds)
        line = {"route": self._route, "method": self._method, "status": self._status}
        ACCESS.info("%s", json.dumps(line | {"bytes": self._bytes, "ms": round(seconds * 1000, 1)}))


async def metrics(datasette: Datasette, _request: Request) -> Response:
    """The numbers, for programs on the premises, archivists and admins.

    Raises:
        Forbidden: somebody else asks.
    """
    if not (current().on_premises or current().has(Role.ARCHIVIST)):
        raise Forbidden("metrics")
    registry, speech = CollectorRegistry(), Speech()
    for name, number in [each async for each in _held(datasette)]:
        Gauge(f"kdr_{name}", speech.say(f"out.metrics.{name}"), registry=registry).set(number)
    content = generate_latest(registry) + generate_latest(requests_of(datasette).registry)
    return Response(content, content_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})


async def _held(datasette: Datasette) -> AsyncIterator[tuple[str, float]]:
    seen = tables_of(current())
    for name, (table, sql) in _HELD.items():
        if table in seen:
            number = (await datasette.get_database(NAME).execute(sql)).first()[0]
            if number is not None:
                yield name, number


ROUTES = (Route("metrics", r"^/-/metrics$", metrics, media="text/plain"),)
