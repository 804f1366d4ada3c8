"""/oai: harvesting by OAI-PMH 2.0 (Open Archives Initiative, 2002-06-14).

`oai_repo` reads requests and writes the envelope, Identify, ListMetadataFormats, ListSets and errors (in ASCII). Lists
are ours: its own know no deleted records, and its tokens count records, so that one is skipped whenever one moves.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from datasette import Response
from lxml import etree
from oai_repo import (
    DataInterface,
    Identify,
    MetadataFormat,
    OAIRepository,
    Set,
)
from oai_repo.error import OAIErrorResponse
from oai_repo.exceptions import (
    OAIError,
    OAIErrorBadArgument,
    OAIErrorBadResumptionToken,
    OAIErrorBadVerb,
    OAIErrorCannotDisseminateFormat,
    OAIErrorIdDoesNotExist,
    OAIErrorNoRecordsMatch,
)
from oai_repo.repository import VERBS, VerbClasses
from oai_repo.request import OAIRequest
from oai_repo.response import OAIResponse

from metadata.elements import clean
from repository.catalogue.addresses import contact, host_of, origin
from repository.catalogue.house import house_of
from repository.catalogue.out.oai_records import FORMATS, Record, Records, Wanted
from repository.catalogue.out.oai_token import LIFE, Token
from repository.catalogue.presentation import NAME, Speech
from repository.catalogue.rights.audience import current
from repository.catalogue.rights.views import tables_of
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

MOST = 50
"""Records of one answer."""
_MOST_BODY = 65536
_NAMESPACE = "http://www.openarchives.org/OAI/2.0/"
_STAMP = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", re.ASCII)
_SPEC = re.compile(r"[\w.!~*'()-]+(:[\w.!~*'()-]+)*", re.ASCII)


class Holdings(DataInterface):  # type: ignore[misc]
    """What `oai_repo` asks of a repository, answered from `records`."""

    limit = MOST

    def __init__(self, records: Records, base: str, name: str, mail: str) -> None:
        self.records, self._base, self._name, self._mail = records, base, name, mail
        self._host = host_of(base)

    def identifier(self, uuid: str) -> str:
        """What a record is called here: oai:<host>:<uuid> (OAI Identifier Format 2.0)."""
        return f"oai:{self._host}:{uuid}"

    def record(self, identifier: str) -> Record | None:
        """The record called so; nothing when there is none."""
        start = self.identifier("")
        return self.records.one(identifier.removeprefix(start)) if identifier.startswith(start) else None

    def get_identify(self) -> Identify:
        """Identify; a lost journal would forget what was let go, so deletes are "transient"."""
        told = _Identified(self._name, f"{self._base}/oai", [self._mail], self.records.earliest())
        told.deleted_record, told.granularity = "transient" if self.records.deletes else "no", "YYYY-MM-DDThh:mm:ssZ"
        return told

    def is_valid_identifier(self, identifier: str) -> bool:
        """Whether there is such a record."""
        return self.record(identifier) is not None

    def get_metadata_formats(self, identifier: str | None = None) -> list[MetadataFormat]:
        """The formats of one record, or all."""
        record = self.record(identifier) if identifier else None
        prefixes = self.records.formats(record) if record else tuple(FORMATS)
        return [MetadataFormat(prefix, *FORMATS[prefix]) for prefix in prefixes]

    def list_set_specs(self, identifier: str | None = None, cursor: int = 0) -> tuple[list[str], None, None]:
        """Every set, in one answer."""
        return [spec for spec, _ in self.records.sets()], None, None

    def get_set(self, setspec: str) -> Set:
        """A set by its setSpec."""
        return Set(setspec, dict(self.records.sets())[setspec], [])


class _Identified(Identify):  # type: ignore[misc]
    def errors(self) -> list[str]:
        """None: oai_repo refuses hosts without a dot, which inner networks and tests have."""
        return []


class ListIdentifiersRequest(OAIRequest):  # type: ignore[misc]
    """ListIdentifiers: what is `wanted`, and how many records were given before."""

    def __init__(self) -> None:
        super().__init__()
        self.optional_args, self.required_args = ["from", "until", "set"], ["metadataPrefix"]
        self.exclusive_arg = "resumptionToken"
        self.wanted, self.given = Wanted(), 0

    def post_parse(self) -> None:
        """Read the arguments.

        Raises:
            OAIError: they are none.
        """
        if "resumptionToken" in self.args:
            token = _token(self.args["resumptionToken"])
            self.wanted = Wanted(token.prefix, token.since, token.until, token.group, after=token.after)
            self.given = token.given
            return
        since, until = (_stamp(self.args.get(name)) for name in ("from", "until"))
        if since and until and (len(since) != len(until) or since > until):
            raise OAIErrorBadArgument("from and until: of one granularity, and in this order")
        group = self.args.get("set", "")
        if group and not _SPEC.fullmatch(group):
            raise OAIErrorBadArgument("set: not a setSpec")
        self.wanted = Wanted(self.args["metadataPrefix"], _full(since, "T00:00:00Z"), _full(until, "T23:59:59Z"), group)


class ListRecordsRequest(ListIdentifiersRequest):
    """ListRecords asks like ListIdentifiers."""


class _Listed(OAIResponse):  # type: ignore[misc]
    """Records in the order of their stamps, and how to go on."""

    whole = False

    def body(self) -> etree._Element:
        """The list.

        Raises:
            OAIError: there is nothing to list.
        """
        data, wanted = self.repository.data, self.request.wanted
        if wanted.prefix not in FORMATS:
            raise OAIErrorCannotDisseminateFormat("no such format")
        size = self.request.given + data.records.count(wanted)
        listed, given, passed = etree.Element(self.request.verb), self.request.given, 0
        while not len(listed):
            found = data.records.some(wanted, MOST + 1)
            if not found:
                raise OAIErrorNoRecordsMatch("no records")
            for record in found[:MOST]:
                _add(listed, data, record, wanted.prefix if self.whole else "")
            last, passed = found[:MOST][-1], passed + len(found[:MOST])
            wanted = Wanted(wanted.prefix, wanted.since, wanted.until, wanted.group, after=(last.stamp, last.uuid))
            if len(found) <= MOST and not len(listed):
                raise OAIErrorNoRecordsMatch("no records")
        more = len(found) > MOST
        if more or given:
            expires = int(time.time()) + LIFE
            token = Token(
                wanted.prefix, wanted.since, wanted.until, wanted.group, wanted.after, given + passed, expires
            )
            listed.append(_resumption(token if more else None, given, size))
        return listed


class _Identifiers(_Listed):
    pass


class _Records(_Listed):
    whole = True


class _Got(OAIResponse):  # type: ignore[misc]
    """One record."""

    def body(self) -> etree._Element:
        """The record.

        Raises:
            OAIError: there is none, or not in this format.
        """
        data, asked = self.repository.data, self.request
        record = data.record(asked.identifier)
        if record is None:
            raise OAIErrorIdDoesNotExist("no such record")
        got = etree.Element("GetRecord")
        if asked.metadataprefix in FORMATS:
            _add(got, data, record, asked.metadataprefix)
        if not len(got):
            raise OAIErrorCannotDisseminateFormat("not in this format")
        return got


_VERBS: Mapping[str, Any] = VERBS | {
    "GetRecord": VerbClasses(VERBS["GetRecord"].request, _Got),
    "ListIdentifiers": VerbClasses(ListIdentifiersRequest, _Identifiers),
    "ListRecords": VerbClasses(ListRecordsRequest, _Records),
}


class Harvested(OAIRepository):  # type: ignore[misc]
    """The repository of `oai_repo` with lists of our own."""

    def create_request(self, args: dict[str, str]) -> OAIRequest:
        """A request of what was asked.

        Raises:
            OAIError: it is none.
        """
        verb = args.pop("verb", "")
        if verb not in _VERBS:
            raise OAIErrorBadVerb("one of " + ", ".join(_VERBS))
        if verb == "ListSets" and "resumptionToken" in args:
            raise OAIErrorBadResumptionToken("sets are listed at once")
        request = _VERBS[verb].request()
        request.parse(args)
        return request

    def create_response(self, request: OAIRequest) -> OAIResponse:
        """Its answer. Raises OAIError."""
        return _VERBS[request.verb].response(self, request)


def answer(data: Holdings, asked: Sequence[tuple[str, str]]) -> bytes:
    """The answer to the arguments `asked`, an XML document."""
    repository, args = Harvested(data), {clean(name): clean(told) for name, told in asked}
    if len(args) < len(asked):
        error: OAIError = OAIErrorBadArgument("an argument was given twice")
        if sum(name == "verb" for name, _ in asked) > 1:
            error = OAIErrorBadVerb("several verbs")
        response = OAIErrorResponse(repository, error)
    else:
        response = repository.process(dict(args))
    root = response.root()
    code = root.find("error")
    # The request is repeated but for bad verbs and arguments (OAI-PMH 2.0, 3.2); oai_repo leaves the verb out.
    if code is None or code.get("code") not in ("badVerb", "badArgument"):
        for name, told in args.items():
            root.find("request").set(name, told)
    _named(root)
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return content


def _named(root: etree._Element) -> None:
    """Put the elements that oai_repo made without a namespace into that of the protocol."""
    for each in root.iter():
        if isinstance(each.tag, str) and not each.tag.startswith("{"):
            each.tag = f"{{{_NAMESPACE}}}{each.tag}"


def _add(listed: etree._Element, data: Holdings, record: Record, prefix: str) -> None:
    """Add a header, or with `prefix` the record; nothing when it has not that format."""
    metadata = data.records.metadata(record, prefix) if prefix and not record.gone else None
    if prefix and metadata is None and not record.gone:
        return
    inside = etree.SubElement(listed, "record") if prefix else listed
    header = etree.SubElement(inside, "header", {"status": "deleted"} if record.gone else {})
    told = [("identifier", data.identifier(record.uuid)), ("datestamp", record.stamp)]
    for name, text in [*told, *(("setSpec", spec) for spec in record.sets)]:
        etree.SubElement(header, name).text = text
    if metadata is not None:
        etree.SubElement(inside, "metadata").append(metadata)


def _resumption(token: Token | None, given: int, size: int) -> etree._Element:
    element = etree.Element("resumptionToken", completeListSize=str(size), cursor=str(given))
    if token is not None:
        element.text = token.text()
        element.set("expirationDate", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(token.expires)))
    return element


def _token(text: str) -> Token:
    try:
        return Token.read(text)
    except (ValueError, RecursionError):
        raise OAIErrorBadResumptionToken("not a token of ours, or no longer good") from None


def _stamp(text: str | None) -> str:
    if text is None:
        return ""
    form = "%Y-%m-%dT%H:%M:%SZ" if "T" in text else "%Y-%m-%d"
    try:
        time.strptime(text, form)
    except ValueError:
        text = ""
    if not _STAMP.fullmatch(text):
        raise OAIErrorBadArgument("a date is YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")
    return text


def _full(stamp: str, rest: str) -> str:
    return stamp + rest if len(stamp) == 10 else stamp


async def harvest(datasette: Datasette, request: Request) -> Response:
    """OAI-PMH, asked by GET or POST (3.1.1)."""
    query = request.query_string
    if request.method == "POST":
        body = await request.post_body()
        if len(body) > _MOST_BODY:
            return Response.text("", status=413)
        query = body.decode("utf-8", "replace")
    base, house = origin(datasette, request), house_of(datasette)
    database, loop = datasette.get_database(NAME), asyncio.get_running_loop()

    def ask(sql: str, values: Mapping[str, Any]) -> Sequence[Any]:
        rows: Sequence[Any] = (
            asyncio.run_coroutine_threadsafe(database.execute_trusted(sql, values), loop).result().rows
        )
        return rows

    deletes = "journal" in tables_of(current())
    name = Speech().say("out.oai.name", publisher=house.config.publisher or host_of(base))
    data = Holdings(Records(ask, house, base, deletes=deletes), base, name, contact(house.config.contact, base))
    # Whom it is for goes along: threads get the context of the request, and what they call back gets theirs.
    content = await asyncio.to_thread(answer, data, parse_qsl(query, keep_blank_values=True))
    return Response(content, content_type="text/xml; charset=utf-8")


ROUTES = (
    Route(
        "oai",
        r"^/oai$",
        harvest,
        methods=("GET", "POST"),
        media="text/xml",
        shared=True,
        parameters=("verb", "identifier", "metadataPrefix", "from", "until", "set", "resumptionToken"),
    ),
)
