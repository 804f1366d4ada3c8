"""PREMIS: what a file is, what was done to it, and who did it, in version 2.2 (the package) and 3.0 (our own record).

The two versions differ in a handful of element names; `Dialect` holds them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from metadata.elements import PREMIS2, PREMIS3, XSI, Namespace, line
from metadata.event import Agent, AgentKind, Event
from metadata.file import FileRef
from metadata.markup import Element

EVENT_ID = "KDR_EventID"
AGENT_ID = "KDR_AgentID"
UNKNOWN = "unknown"


class Detail(StrEnum):
    """What an NDK package knows to have been done to a page: exact values of eventDetail (ndk.md §3).

    An `Event` is of the package when its `detail` is one of these; then its `kind` is the part before the slash. All
    other steps keep their own words and stand in our PREMIS 3 record only. Free text belongs into `Event.note`.
    """

    DIGITIZATION = "capture/digitization"
    POSTPROCESSING = "derivation/POSTPROCESSING_creation"
    MC_CREATION = "migration/MC_creation"
    XML_CREATION = "capture/XML_creation"
    TXT_CREATION = "capture/TXT_creation"
    PS_DELETION = "deletion/PS_deletion"

    @property
    def kind(self) -> str:
        """The eventType: the part before the slash."""
        return self.value.partition("/")[0]

    @property
    def short(self) -> str:
        """The part behind the slash."""
        return self.value.partition("/")[2]


UC_CREATION = "derivation/UC_creation"
"""eventDetail of making the user copy; the NDK list has no such event, so it stands in our PREMIS 3 record only."""

# PRONOM keys where the identifying tool gave none.
_KEYS = {"image/tiff": "fmt/353", "image/jp2": "x-fmt/392", "text/xml": "fmt/101", "text/plain": "x-fmt/111"}
_ROLES = {AgentKind.HARDWARE: "machine"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version of PREMIS: its namespace and the names that changed."""

    namespace: Namespace
    object_link: str
    event_link: str
    structured: bool

    @property
    def root(self) -> Namespace:
        """For elements that are read alone: they declare xsi too (ndk.md §6, trap 5)."""
        return self.namespace.declaring(XSI)


V2 = Dialect(PREMIS2, "relatedObjectIdentification", "relatedEventIdentification", structured=False)
V3 = Dialect(PREMIS3, "relatedObjectIdentifier", "relatedEventIdentifier", structured=True)


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier with its type, as PREMIS links things."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: MIME type, version, PRONOM key; what is empty is filled from the MIME type or said unknown."""

    name: str
    version: str = ""
    puid: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """How one object depends on another, and by which event it came to be so (None: by none of ours)."""

    type: str
    subtype: str
    target: Name
    event: Name | None = None


@dataclass(frozen=True, slots=True)
class FileObject:
    """A file as PREMIS describes it.

    `digests` are algorithm and hex; `level` the preservation level, assigned on the day `since`; `maker` made the
    file at `made` (ISO 8601); `name` is the one it had when it came.
    """

    id: Name
    file: FileRef
    format: Format
    digests: tuple[tuple[str, str], ...]
    originator: str
    level: str
    since: str
    maker: Agent
    made: str
    name: str
    links: tuple[Link, ...] = ()
    events: tuple[Name, ...] = ()


def md5_of(file: FileRef) -> tuple[tuple[str, str], ...]:
    """The digest that a package writes: MD5; for a file that has none, its SHA-512."""
    return (("MD5", file.md5),) if file.md5 else (("SHA-512", file.sha512),)


def file_object(dialect: Dialect, described: FileObject) -> Element:
    """An object of the category file."""
    p = dialect.namespace
    return dialect.root(
        "object",
        {XSI.tag("type"): f"{p.prefix}:file"},
        _name(p, "objectIdentifier", described.id),
        p(
            "preservationLevel",
            p("preservationLevelValue", described.level),
            p("preservationLevelDateAssigned", described.since),
        ),
        _characteristics(p, described),
        p("originalName", line(described.name) or UNKNOWN),
        *(relationship(dialect, link) for link in described.links),
        *(linking_event(dialect, event) for event in described.events),
    )


def relationship(dialect: Dialect, link: Link) -> Element:
    """A relationship of an object."""
    p = dialect.namespace
    prefix = "related"
    event = _linked(p, dialect.event_link, f"{prefix}Event", link.event) if link.event else None
    return p(
        "relationship",
        p("relationshipType", link.type),
        p("relationshipSubType", link.subtype),
        _linked(p, dialect.object_link, f"{prefix}Object", link.target),
        event,
    )


def linking_event(dialect: Dialect, event: Name) -> Element:
    """What an object says of an event in which it took part."""
    return _name(dialect.namespace, "linkingEventIdentifier", event)


def event_element(
    dialect: Dialect, identifier: Name, event: Event, objects: Iterable[Name], outcomes: Iterable[str] = ()
) -> Element:
    """An event; `objects` are what it was done to, `outcomes` notes on how it ended (only PREMIS 3 may say them)."""
    p = dialect.namespace
    detail = p("eventDetail", line(event.detail) or event.kind)
    return dialect.root(
        "event",
        _name(p, "eventIdentifier", identifier),
        p("eventType", event.kind),
        p("eventDateTime", event.when),
        p("eventDetailInformation", detail) if dialect.structured else detail,
        p(
            "eventOutcomeInformation",
            p("eventOutcome", "OK" if event.outcome == "success" else line(event.outcome) or UNKNOWN),
            *(p("eventOutcomeDetail", p("eventOutcomeDetailNote", note)) for note in outcomes),
        ),
        _name(p, "linkingAgentIdentifier", agent_name(event.agent), _ROLES.get(event.agent.kind, event.agent.kind)),
        *(_name(p, "linkingObjectIdentifier", each) for each in objects),
    )


def agent_element(dialect: Dialect, agent: Agent, notes: Iterable[str] = ()) -> Element:
    """An agent; its own note comes first and is never empty, then `notes`."""
    p = dialect.namespace
    full_name = line(f"{agent.name} {agent.version}") or UNKNOWN
    own = agent.note.strip() or full_name
    # The package's list of agent types has no hardware (profile premis_agent).
    kind = agent.kind if dialect.structured or agent.kind is not AgentKind.HARDWARE else AgentKind.SOFTWARE
    version = line(agent.version) if dialect.structured else ""
    return dialect.root(
        "agent",
        _name(p, "agentIdentifier", agent_name(agent)),
        p("agentName", full_name),
        p("agentType", kind.value),
        p("agentVersion", version) if version else None,
        *(p("agentNote", note) for note in (own, *notes)),
    )


def agent_name(agent: Agent) -> Name:
    """The identifier of an agent: the same name, version, kind and settings always get the same one.

    Only letters, digits, dots and hyphens: the validator puts identifiers into XPath expressions unescaped.
    """
    plain = unicodedata.normalize("NFKD", f"{agent.name} {agent.version}").encode("ascii", "ignore").decode()
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", plain).strip("-.")[:60] or "agent"
    whole = "\0".join((agent.name, agent.version, agent.kind, agent.note))
    digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
    return Name(AGENT_ID, f"{readable}-{digest[:8]}")


def agents(events: Iterable[Event]) -> tuple[Agent, ...]:
    """Who acted in `events`, each once, in the order of their first act."""
    return tuple(dict.fromkeys(event.agent for event in events))


def _characteristics(p: Namespace, described: FileObject) -> Element:
    return p(
        "objectCharacteristics",
        p("compositionLevel", 0),
        *(_fixity(p, algorithm, digest, described.originator) for algorithm, digest in described.digests),
        p("size", described.file.size),
        _format(p, described.format),
        p(
            "creatingApplication",
            p("creatingApplicationName", line(described.maker.name) or UNKNOWN),
            p("creatingApplicationVersion", line(described.maker.version) or UNKNOWN),
            p("dateCreatedByApplication", described.made),
        ),
    )


def _fixity(p: Namespace, algorithm: str, digest: str, originator: str) -> Element:
    return p(
        "fixity",
        p("messageDigestAlgorithm", algorithm),
        p("messageDigest", digest),
        p("messageDigestOriginator", originator),
    )


def _format(p: Namespace, known: Format) -> Element:
    name = line(known.name) or UNKNOWN
    return p(
        "format",
        p("formatDesignation", p("formatName", name), p("formatVersion", line(known.version) or UNKNOWN)),
        p(
            "formatRegistry",
            p("formatRegistryName", "PRONOM"),
            p("formatRegistryKey", line(known.puid) or _KEYS.get(name, UNKNOWN)),
        ),
    )


def _name(p: Namespace, element: str, name: Name, role: str = "") -> Element:
    stem = element.removesuffix("Identifier")
    roles = p(f"{stem}Role", role) if role else None
    return p(element, p(f"{element}Type", name.type), p(f"{element}Value", name.value), roles)


def _linked(p: Namespace, element: str, stem: str, name: Name) -> Element:
    # PREMIS 2.2 calls the wrapper ...Identification, its children ...IdentifierType and ...IdentifierValue.
    return p(element, p(f"{stem}IdentifierType", name.type), p(f"{stem}IdentifierValue", name.value))
