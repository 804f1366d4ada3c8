"""From where somebody asks: the address that counts, whether it is on the premises, whether the way is encrypted.

Anybody can write X-Forwarded-For. It is believed only from our own proxies, and only its right-most hop that is none of
them (RFC 7239 8.1; OWASP: client IP spoofing). Whoever forwards without being ours is not on the premises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from repository.catalogue.house import Config

_FORWARDS = re.compile(
    rb"(?i)forwarded|via|x-forwarded(-.*)?|x-(real|client|cluster-client)-ip|true-client-ip|.*-connecting-ip"
)
_FOR = re.compile(r'(?i)(?:^|;)\s*for\s*=\s*("?)([^";]*)\1\s*(?=;|$)')
_PORT = re.compile(r"^(?:\[([0-9A-Fa-f:.]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$")
_Address = IPv4Address | IPv6Address
_Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """`address` as text (empty: unknown, as over a Unix socket); `secure`: their browser speaks https."""

    address: str
    on_premises: bool
    secure: bool

    @property
    def neighbourhood(self) -> str:
        """What one household has of addresses: an IPv4 address, or the /64 of an IPv6 one."""
        found = _parsed(self.address)
        return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else self.address


def client_of(scope: dict[str, Any], config: Config) -> Client:
    """From where the request (ASGI scope) comes."""
    headers: list[tuple[bytes, bytes]] = list(scope.get("headers", ()))
    peer = _parsed((scope.get("client") or ("",))[0])
    forwarded = any(_FORWARDS.fullmatch(name) for name, _ in headers)
    ours = _within(peer, _networks(config.proxies))
    secure = config.address.startswith("https:") or scope.get("scheme") == "https"
    if not ours:
        here = not forwarded and _within(peer, _networks(config.premises))
        return Client(str(peer or ""), here, secure)
    reader = _reader(headers, _networks(config.proxies))
    protocol = _values(headers, b"x-forwarded-proto")
    secure = secure or (bool(protocol) and protocol[-1].lower() == "https")
    return Client(str(reader or peer), reader is not None and _within(reader, _networks(config.premises)), secure)


def _reader(headers: list[tuple[bytes, bytes]], proxies: _Networks) -> _Address | None:
    """The right-most hop that is no proxy of ours; nothing when no header, or two that differ, tell one."""
    told = {
        _rightmost(hops, proxies)
        for hops in (
            _values(headers, b"x-forwarded-for"),
            [_for(each) for each in _values(headers, b"forwarded")],
        )
        if hops
    }
    return told.pop() if len(told) == 1 else None


def _rightmost(hops: list[str], proxies: _Networks) -> _Address | None:
    for hop in reversed(hops):
        found = _parsed(hop)
        if not _within(found, proxies):
            return found
    return None


def _for(element: str) -> str:
    found = _FOR.search(element)
    return found[2] if found else ""


def _values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    lines = (value.decode("latin-1") for key, value in headers if key.lower() == name)
    return [each.strip() for line in lines for each in line.split(",")]


def _parsed(text: str) -> _Address | None:
    with_port = _PORT.match(text)
    try:
        found = ip_address((with_port[1] or with_port[2]) if with_port else text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


@lru_cache(maxsize=64)
def _networks(told: tuple[str, ...]) -> _Networks:
    return tuple(ip_network(each) for each in told)


def _within(address: _Address | None, networks: _Networks) -> bool:
    return address is not None and any(address in each for each in networks if each.version == address.version)
