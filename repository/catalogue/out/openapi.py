"""/openapi.json: every address of ours for programs (OpenAPI Specification 3.1.0), made of the routes themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from datasette import Response

from repository.catalogue.addresses import origin
from repository.catalogue.presentation import Speech
from repository.catalogue.routes import Route
from repository.catalogue.signing.session import COOKIE

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

_FORM = "application/x-www-form-urlencoded"


def route_over(routes: Callable[[], Sequence[Route]]) -> Route:
    """The address of the description of `routes`, which is asked when somebody asks."""

    async def answer(datasette: Datasette, request: Request) -> Response:
        return Response.json(described(routes(), Speech(), origin(datasette, request)))

    return Route("openapi", r"^/openapi\.json$", answer, media="application/json", shared=True)


def described(routes: Sequence[Route], speech: Speech, base: str) -> dict[str, Any]:
    """The description of `routes` at `base`; an address that may be left short is told in both forms."""
    paths: dict[str, Any] = {}
    for route in routes:
        for number, (path, names) in enumerate(templates(route.pattern), start=1):
            operation = route.name if number == 1 else f"{route.name}_{number}"
            told = {method.lower(): _operation(route, method, operation, names, speech) for method in route.methods}
            # Of two routes with one address the first answers, as in Datasette.
            paths[path] = told | paths.get(path, {})
    schemes = {
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        "token": {"type": "http", "scheme": "bearer"},
    }
    about = {"title": speech.say("home.title"), "description": speech.say("home.about"), "version": version("kdr")}
    return {
        "openapi": "3.1.0",
        "info": about,
        "servers": [{"url": base}],
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }


def _operation(route: Route, method: str, operation: str, names: dict[str, str], speech: Speech) -> dict[str, Any]:
    said = speech.say(f"route.{route.name}")
    schema = {"type": "string"}
    inside = [
        {"name": name, "in": "path", "required": True, "schema": schema | {"pattern": f"^(?:{form})$"}}
        for name, form in names.items()
    ]
    asked = [{"name": name, "in": "query", "schema": schema} for name in route.parameters]
    media = route.media.partition(";")[0]
    answers = {"200": {"description": said, "content": {media: {}}}}
    for status in ("403",) * bool(route.roles) + ("404",) * bool(names):
        answers[status] = {"description": speech.say(f"error.{status}")}
    told: dict[str, Any] = {"operationId": operation if method == "GET" else f"{operation}_{method.lower()}"}
    told |= {"summary": said, "parameters": inside + (asked if method == "GET" else []), "responses": answers}
    if method == "POST":
        fields = dict.fromkeys(route.parameters, schema)
        told["requestBody"] = {"content": {_FORM: {"schema": {"type": "object", "properties": fields}}}}
    if route.roles:
        told |= {"security": [{"session": []}, {"token": []}], "x-roles": [role.value for role in route.roles]}
    return told


def templates(pattern: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The paths that a route's pattern matches, as templates with their parameters' own patterns; the shortest first.

    Understood is what our routes are written with: text, escapes, named groups, and groups and signs that may be left
    out.
    """
    text, names, at = "", dict[str, str](), 0
    pattern = pattern.removeprefix("^").removesuffix("$")
    while at < len(pattern):
        sign = pattern[at]
        end = _close(pattern, at) if sign == "(" else at + 1 + (sign == "\\")
        part, optional = pattern[at:end], pattern[end : end + 1] == "?"
        at = end + optional
        if part.startswith("(?:") and optional:
            yield text + next(templates(pattern[at:]))[0], dict(names)
            at, pattern = 0, part[3:-1] + pattern[at:]
        elif part.startswith("(?P<"):
            name, _, form = part[4:-1].partition(">")
            text, names[name] = f"{text}{{{name}}}", form
        elif not optional:
            text += part.removeprefix("\\")
    yield text, names


def _close(pattern: str, start: int) -> int:
    """Behind the bracket that ends the group at `start`."""
    depth, at, in_class = 0, start, False
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 1
        elif in_class:
            in_class = sign != "]"
        elif sign == "[":
            in_class = True
        else:
            depth += (sign == "(") - (sign == ")")
            if depth == 0:
                return at + 1
        at += 1
    raise ValueError(pattern)
