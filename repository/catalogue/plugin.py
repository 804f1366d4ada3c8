"""The Datasette plugin (entry point `kdr`): our pages, what stands at the door, and who may do what.

Loaded by every Datasette of this Python; it does nothing for those that serve no catalogue of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from datasette import hookimpl

from repository.catalogue import front, language
from repository.catalogue.house import served
from repository.catalogue.routes import Route, View

if TYPE_CHECKING:
    from datasette.app import Datasette

App = Callable[..., Any]

ROUTES: tuple[Route, ...] = (*front.ROUTES,)
"""Every page of ours. Each room keeps its own; the first that matches answers."""

DOORS: tuple[Callable[[Datasette, App], App], ...] = (language.door,)
"""What every request passes, the outermost first."""


@hookimpl  # type: ignore[untyped-decorator]
def register_routes(datasette: Datasette) -> list[tuple[str, View]]:
    """Our pages, before Datasette's own."""
    return [(route.pattern, route.guarded()) for route in ROUTES] if served(datasette) else []


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
