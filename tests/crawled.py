"""A reader who follows every link: all that a served catalogue answers to one audience, by address."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from datasette.app import Datasette
from lxml import etree, html

from repository.catalogue.house import Config
from repository.catalogue.rights.audience import Audience
from repository.catalogue.serve import application
from repository.catalogue.signing.session import COOKIE, issue
from tests.rights_shelf import RightsShelf
from tests.stored_volumes import close

HOST = "http://localhost"
_LINKED = ("href", "src", "action", "content")
_ADDRESS = re.compile(r"https?://localhost[^\s\"'<>\\)]*")
# Rows in another order are the same rows, and the switch of languages leads back; pictures of the shelf are none.
_SAME = re.compile(r"_sort|_lang=|_facet_size|next=|/assets/|/iiif/3/[^/]+/[^i]|/image\.jpg|/volume\.pdf")
# Filters multiply each other without end: two at once are asked of our own pages, one of tables.
_MOST_PARAMETERS = {"catalogue": 1, "export": 1}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered at an address: `told` is its headers that a reader sees, and its text."""

    path: str
    status: int
    media: str
    told: str


def crawled(shelf: RightsShelf, audience: Audience, seeds: Iterable[str], most: int = 6000) -> dict[str, Answer]:
    """All answers to `audience` at `seeds` and wherever links lead from there on the same host; all may ask in SQL.

    Raises:
        AssertionError: there are more than `most` addresses.
    """
    premises = Config().premises if audience.on_premises else ()
    config = Config(premises=premises, sql="all", searches_per_second=1e6, images_per_second=1e6)
    served = application(shelf.housed(config))
    try:
        return asyncio.run(_crawl(served, audience, seeds, most))
    finally:
        close(served)


async def _crawl(served: Datasette, audience: Audience, seeds: Iterable[str], most: int) -> dict[str, Answer]:
    cookies = {COOKIE: issue(served, audience)} if audience.name else {}
    ahead, answers = deque(map(canonical, seeds)), dict[str, Answer]()
    while ahead:
        path = ahead.popleft()
        if path in answers:
            continue
        assert len(answers) < most, f"no end: {list(answers)[-20:]}"
        given = await served.client.get(path, cookies=cookies)
        headers = "\n".join(f"{name}: {value}" for name, value in given.headers.items() if name in _TELLING)
        answer = Answer(path, given.status_code, given.headers.get("content-type", ""), f"{headers}\n{given.text}")
        answers[path] = answer
        ahead.extend(each for each in links(answer, given.headers.get("location", "")) if each not in answers)
    return answers


_TELLING = frozenset(
    {"location", "link", "content-disposition", "set-cookie", "x-total-count", "etag", "content-length"}
)


def canonical(address: str) -> str:
    """Path and query of an address, its parameters in order; without the fragment."""
    parts = urlsplit(address)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{parts.path or '/'}{'?' + query if query else ''}"


def links(answer: Answer, location: str = "") -> Iterator[str]:
    """Where an answer leads to on its own host, as `canonical` addresses."""
    here = f"{HOST}{answer.path}"
    for found in (*filter(None, [location]), *_named(answer)):
        address = urljoin(here, found.strip())
        if not address.startswith(f"{HOST}/") or "\n" in address:
            continue
        parts = urlsplit(address)
        most = _MOST_PARAMETERS.get(parts.path.split("/")[1], 2)
        if _SAME.search(address) or len(parse_qsl(parts.query)) > most:
            continue
        yield canonical(address)


def _named(answer: Answer) -> Iterator[str]:
    _, _, body = answer.told.partition("\n")
    yield from (found.replace("&amp;", "&") for found in _ADDRESS.findall(body))
    if "html" in answer.media and body.strip():
        for element in html.fromstring(body).iter(etree.Element):
            values = (value for name, value in element.attrib.items() if name in _LINKED or name.startswith("data-"))
            yield from (str(value) for value in values if "/" in str(value) or str(value).startswith("?"))
    elif "json" in answer.media:
        yield from (each for each in _strings(body) if each.startswith("/"))


def _strings(body: str) -> Iterator[str]:
    for line in body.splitlines():
        try:
            ahead = [json.loads(line)]
        except ValueError:
            ahead = []
        while ahead:
            value = ahead.pop()
            if isinstance(value, str):
                yield value
            elif isinstance(value, dict):
                ahead.extend(value.values())
            elif isinstance(value, list):
                ahead.extend(value)
