"""What an attacker types: hostile values, every address of ours with them, and what an answer may never give away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from repository.catalogue.house import House
from repository.catalogue.out.openapi import templates
from repository.catalogue.routes import Route

HOSTILE: tuple[str, ...] = (
    "",
    "'",
    "' or 1=1 --",
    '" union select sql from sqlite_master --',
    "1); drop table volume; --",
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "/etc/passwd",
    "file:///etc/passwd",
    "\\..\\..\\people\\secret",
    "-1",
    "0",
    "9" * 30,
    "9" * 5000,
    "1e999",
    "NaN",
    "١٢٣",
    "²",
    "00000000-0000-0000-0000-000000000000",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "//evil.example/",
    "https://evil.example/",
    "/\\evil.example",
    "{{7*7}}",
    "${7*7}",
    "%s%n%x",
    "\r\nset-cookie: a=b",
    "a\tb\x0b\x1f\x7f",
    "\u202e\u2066txt\u200f",
    "\ud800",
    "\ufffe\uffff",
    "😀" * 40,
    "e\u0301" * 200,
    '"' * 501,
    "*",
    "a* OR b* NEAR(c d)",
    "(" * 900,
    "AND OR NOT",
    "col:word ^x",
    "[]",
    "__proto__",
    "[[[[" * 200 + "]" * 800,
    "a" * 4000,
)
"""Values for every parameter; those that no address can bear are percent-encoded as UTF-8 with what is not."""

_LEAKS = re.compile(
    r"Traceback \(most recent|File \"/|sqlite3\.|/site-packages/|Error\(|object at 0x|/tmp/|/work/|root:x:|/usr/lib"
    r"|\.py\b|\$argon2|sqlite_master"
)


def encoded(value: str) -> str:
    """The value in a path or query, nothing of it left as it is."""
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


def fitting(names: Mapping[str, str], good: Mapping[str, str]) -> dict[str, str]:
    """For every parameter a value that is right: one of `good` that its pattern takes, by its name if there is one."""
    return {
        name: next(
            value
            for value in (good.get(name, ""), *good.values(), "ttl")
            if value and re.fullmatch(form, value)
        )
        for name, form in names.items()
    }


def addresses(route: Route, good: Mapping[str, str]) -> Iterator[str]:
    """The addresses of a route, right ones first, then with each parameter made hostile in turn."""
    for path, names in templates(route.pattern):
        right = fitting(names, good)
        yield path.format(**right)
        for name in names:
            for value in HOSTILE:
                yield path.format(**(right | {name: encoded(value)}))
        for name in (*route.parameters, "_lang", "unknown"):
            for value in HOSTILE:
                yield f"{path.format(**right)}?{name}={encoded(value)}"
        if route.parameters:
            yield f"{path.format(**right)}?{'&'.join(f'{name}=a&{name}=%00' for name in route.parameters)}"


def leaked(answer: httpx.Response, house: House, asked: str = "") -> list[str]:
    """What an answer tells of the machine: paths, statements, secrets, names of modules; not what was `asked`."""
    text = answer.text + "\n".join(f"{name}: {value}" for name, value in answer.headers.items() if name != "set-cookie")
    secret = (house.state / "secret").read_text(encoding="ascii").strip()
    told = [str(house.database.parent.parent), secret]
    found = [each for each in told if each in text]
    return found + [each for each in _LEAKS.findall(text) if each not in asked]


@dataclass(slots=True)
class Catalogue:
    """A catalogue answered in this process, for whoever asks; `on_premises` says from where all of them come."""

    house: House
    on_premises: bool = False

    def __post_init__(self) -> None:
        self._stack = AsyncExitStack()
