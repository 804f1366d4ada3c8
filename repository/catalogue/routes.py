"""One address of ours: what answers it, and who may ask. Every page but Datasette's own passes through here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasette import Response
from datasette.utils.asgi import Forbidden, Request

from repository.catalogue.rights.audience import Role, current
from repository.catalogue.tongue import current_tongue

if TYPE_CHECKING:
    from datasette.app import Datasette

View = Callable[["Datasette", Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """An address: `pattern` is what it matches (named groups are its parameters), `roles` who may ask (none: all).

    `name` is unique; "route.<name>" in the wording says what it gives. `media` is the type of its answers. `shared`
    answers may be read by scripts of any other site (CORS; Fetch standard 3.2): images, manifests, open data.
    """

    name: str
    pattern: str
    view: View
    roles: tuple[Role, ...] = ()
    methods: tuple[str, ...] = ("GET",)
    media: str = "text/html"
    shared: bool = False
    parameters: tuple[str, ...] = ()

    def guarded(self) -> View:
        """The view behind its guard.

        Raises (when it is called):
            Forbidden: whoever asks has none of the roles.
        """

        async def answer(datasette: Datasette, request: Request) -> Response:
            if self.shared and request.method == "OPTIONS":
                return _opened(Response("", status=204))
            # Whatever may be read may be asked about; a form that is sent may not (RFC 9110, 9.3.2).
            allowed = (*self.methods, *["HEAD"] * ("GET" in self.methods))
            if request.method not in allowed:
                return Response.text("", status=405, headers={"allow": ", ".join(allowed)})
            if not current().has(*self.roles):
                raise Forbidden(self.name)
            given = await self.view(datasette, request)
            given.headers.setdefault("content-language", current_tongue().value)
            return _opened(given) if self.shared else given

        return answer


def _opened(given: Response) -> Response:
    given.headers.setdefault("access-control-allow-origin", "*")
    given.headers.setdefault("access-control-allow-headers", "Accept, Content-Type, Range")
    return given
