"""The template of one HTML page that opens anywhere offline: all is escaped, and a missing value stops it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


def page_template(name: str, known: Mapping[str, object], filters: Mapping[str, Callable[..., object]]) -> Template:
    """The template `name` of workflows/templates/; `known` is what every part of it may use."""
    world = Environment(
        loader=PackageLoader("workflows"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    world.globals.update(known)
    world.filters.update(filters)
    return world.get_template(name)
