"""What an attacker types: hostile values, every address of ours with them, and what an answer may never give away."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import httpx
from datasette.app import Datasette
from lxml import etree, html

from repository.catalogue.house import House
from repository.catalogue.out.openapi import templates
from repository.catalogue.rights.audience import PUBLIC, Audience
from repository.catalogue.routes import Route
from repository.catalogue.serve import application
from repository.catalogue.signing.session import COOKIE, issue
from tests.stored_volumes import close

HERE = "http://localhost"
FOREIGN = "kdrx"
"""What no markup of ours is called."""

_BREAKING = "]]></script></textarea><script>alert(1)</script>'--!>{{7*7}}&lt;"
MARKUP = f'"><{FOREIGN} {FOREIGN}="1" onerror=alert(1)>{_BREAKING}'
"""A text that becomes markup wherever somebody forgets to write it as text."""

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
    MARKUP,
    '"><img src=x onerror=alert(1)>',
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
    r"Traceback \(most recent|File \"/|sqlite3\.|/site-packages/|Error\(|object at 0x|/tmp/|/work/main|root:x:|/usr/lib"
    r"|\.py\b|\$argon2|sqlite_master"
)


def encoded(value: str) -> str:
    """The value in a path or query, nothing of it left as it is."""
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


def fitting(names: Mapping[str, str], good: Mapping[str, str]) -> dict[str, str]:
    """For every parameter a value that is right: one of `good` that its pattern takes, by its name if there is one."""
    return {
        name: next(
            value for value in (good.get(name, ""), *good.values(), "ttl") if value and re.fullmatch(form, value)
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


def strange_markup(answer: httpx.Response) -> list[str]:
    """What of an answer is markup that is not ours: FOREIGN elements and attributes, scripts, addresses that run.

    An answer that says it is HTML, XML or JSON is read as such, so that one that is none is told, too.
    """
    media = answer.headers.get("content-type", "").partition(";")[0]
    if not answer.content:
        return []
    if media.endswith(("json", "ndjson")):
        return [] if all(map(_is_json, [answer.text] if media.endswith("+json") else _parts(answer.text))) else [media]
    if media.endswith("xml"):
        # libxml2 takes no IRI for the name of a namespace (the Czech terms of use of DCAT-AP-CZ).
        tree = etree.fromstring(
            answer.text.replace("slovník/podmínky-užití", "terms").encode(),
            etree.XMLParser(resolve_entities=False, huge_tree=True),
        )
        return [str(each.tag) for each in tree.iter() if FOREIGN in str(each.tag).lower() or FOREIGN in each.attrib]
    if media != "text/html":
        return []
    return [told for each in html.document_fromstring(answer.text).iter("*") for told in _strange(each)]


def _strange(element: Any) -> Iterator[str]:  # noqa: ANN401 - of lxml
    tag = str(element.tag).lower()
    if FOREIGN in tag or tag in ("iframe", "object", "embed", "base", "style"):
        yield tag
    if tag == "script" and "json" in element.get("type", ""):
        yield from () if _is_json(element.text or "") else (element.text[:200],)
    elif tag == "script" and (element.text or not element.get("src", "").startswith(("/assets/", "/-/static/"))):
        yield f"script {element.get('src')} {(element.text or '')[:80]}"
    for name, value in element.attrib.items():
        if name.lower().startswith("on") or FOREIGN in name.lower() or name == "style":
            yield f"{tag} {name}={value[:80]}"
        runs = re.sub(r"[\s\x00-\x20]", "", value).lower().startswith(("javascript:", "data:", "vbscript:"))
        if name in ("href", "src", "action", "formaction", "content", "srcset") and runs:
            yield f"{tag} {name}={value[:80]}"


def _parts(text: str) -> list[str]:
    """A text that is JSON, or its lines, each of which should be."""
    return [text] if _is_json(text) else text.splitlines()


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Attacked:
    """A catalogue that is answered in this process, to whoever asks."""

    house: House
    served: Datasette

    def ask(
        self, *paths: str, audience: Audience = PUBLIC, headers: Mapping[str, str] | None = None
    ) -> list[httpx.Response]:
        """The answers to `audience`, as a browser would get them."""
        return self.send([("GET", path, {}) for path in paths], audience, headers)

    def send(
        self,
        requests: Iterable[tuple[str, str, dict[str, Any]]],
        audience: Audience = PUBLIC,
        headers: Mapping[str, str] | None = None,
    ) -> list[httpx.Response]:
        """The answers to requests (method, path, what httpx takes besides), in order, each of a browser of its own."""
        cookies = {COOKIE: issue(self.served, audience)} if audience.name else {}
        told = {"accept": "text/html", **(headers or {})}
        return asyncio.run(self._answers(list(requests), cookies, told))

    async def _answers(
        self, requests: Sequence[tuple[str, str, dict[str, Any]]], cookies: dict[str, str], headers: dict[str, str]
    ) -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=self.served.app(), raise_app_exceptions=False)
        answers = []
        for method, path, more in requests:
            told = {name: value for name, value in more.items() if name != "cookies"}
            own = cookies | more.get("cookies", {})
            async with httpx.AsyncClient(transport=transport, base_url=HERE, cookies=own, headers=headers) as client:
                answers.append(await client.request(method, path, **told))
        return answers


@contextmanager
def attacked(house: House) -> Iterator[Attacked]:
    """The catalogue of `house`, whose doors take any number of requests."""
    config = replace(house.config, searches_per_second=1e6, images_per_second=1e6)
    house = replace(house, config=config)
    served = application(house)
    try:
        yield Attacked(house, served)
    finally:
        close(served)
