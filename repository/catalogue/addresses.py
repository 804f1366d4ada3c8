"""Whole addresses, as those need them who take our answers elsewhere: harvesters, feed readers, search engines."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from repository.catalogue.house import house_of

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request


def origin(datasette: Datasette, request: Request) -> str:
    """What stands before the path of every address of ours, without a slash: the settings' word, else as they came."""
    return house_of(datasette).config.address.rstrip("/") or f"{request.scheme}://{request.host}"


def host_of(base: str) -> str:
    """The host's name in the address `base`."""
    return urlsplit(base).hostname or "localhost"


def contact(told: str, base: str) -> str:
    """Whom to write to: as told, else the mailbox that every host has (RFC 5321, 4.5.1)."""
    return told or f"postmaster@{host_of(base)}"


def sheet_asked(typed: str | None, sheets: int) -> int:
    """The sheet of a long list that an address asks for, from 1 to `sheets`; the first where it asks for none."""
    told = typed or ""
    return min(max(int(told), 1), sheets) if told.isascii() and told.isdigit() and len(told) < 7 else 1


def image_service(base: str, page: str) -> str:
    """The base URI of the image service of a page (IIIF Image API 3.0 §2.1), `base` being what `origin` gave."""
    return f"{base}/iiif/3/{page}"
