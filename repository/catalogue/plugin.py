"""The Datasette plugin (entry point `kdr`): our pages, what stands at the door, and who may do what.

Loaded by every Datasette of this Python; it does nothing for those that serve no catalogue of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from datasette import hookimpl

from repository.catalogue import front, help_page, language, machine
from repository.catalogue.desk import desk_pages, propose_pages
from repository.catalogue.house import served
from repository.catalogue.iiif import image_routes, presentation_routes
from repository.catalogue.out import headers, metrics, openapi
from repository.catalogue.out import rooms as out
from repository.catalogue.reading import columns, downloads, page_view, pdf, search_page, volume_page, words_json
from repository.catalogue.rights.permission import may_ask
from repository.catalogue.routes import Route, View
from repository.catalogue.signing import account_page, pages, porter
from repository.catalogue.signing import door as signing
from repository.catalogue.standing import rooms as standing

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

App = Callable[..., Any]

ROUTES: tuple[Route, ...] = (
    *search_page.ROUTES,
    *front.ROUTES,
    *help_page.ROUTES,
    *standing.ROUTES,
    *propose_pages.ROUTES,
    *desk_pages.ROUTES,
    *out.ROUTES,
    openapi.route_over(lambda: ROUTES),
    *image_routes.ROUTES,
    *presentation_routes.ROUTES,
    *volume_page.ROUTES,
    *page_view.ROUTES,
    *downloads.ROUTES,
    *pdf.ROUTES,
    *words_json.ROUTES,
    *pages.ROUTES,
    *account_page.ROUTES,
)
"""Every page of ours. Each room keeps its own; the first that matches answers."""

DOORS: tuple[Callable[[Datasette, App], App], ...] = (
    metrics.door_over(lambda: ROUTES),
    headers.door,
    image_routes.door,
    language.door,
    signing.door,
    machine.door,
    columns.door,
)
"""What every request passes, the outermost first."""


@hookimpl  # type: ignore[untyped-decorator]
def register_routes(datasette: Datasette) -> list[tuple[str, View]]:
    """Our pages, before Datasette's own."""
    return [(route.pattern, route.guarded()) for route in ROUTES] if served(datasette) else []


@hookimpl  # type: ignore[untyped-decorator]
def permission_allowed(datasette: Datasette, action: str) -> bool | None:
    """Who may ask in SQL."""
    return may_ask(datasette, action)


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: Datasette) -> Callable[[App], App]:
    """Put the doors around the application."""

    def wrapped(app: App) -> App:
        if served(datasette) is None:
            return app
        for door in reversed(DOORS):
            app = door(datasette, app)
        return app

    return wrapped


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]
def actor_from_request(datasette: Datasette, request: Request) -> dict[str, Any] | None:
    """Whoever the door let in, as Datasette's own permissions and templates know them."""
    return porter.actor(request) if served(datasette) else None
