"""What a secondary METS tells of its page (ndk.md §3): the scan, both images, the events, the rights.

The way back of metadata/ndk/secondary.py, for packages of any maker. Nothing is made up: what is not told stays empty
(texts), nought (sizes) or `UNKNOWN_IMAGE`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from lxml import etree

from metadata import mix, premis
from metadata.copyrightmd import CMD, PUBLICATIONS, STATUSES
from metadata.description import Rights
from metadata.elements import METS, MIX, PREMIS2, XLINK, line
from metadata.event import Agent, AgentKind, Event
from metadata.file import FileRef
from metadata.markup import Element
from metadata.model import ImageFacts

NAMESPACES = {each.prefix: each.uri for each in (METS, MIX, PREMIS2, XLINK, CMD)}

UNKNOWN_IMAGE = ImageFacts("", "", "", 0, 0, 0, 0, "", compression="", byte_order="", orientation=0)
"""An image of which nothing is told (a package says nothing of its user copies)."""

UNKNOWN_FILE = FileRef("", 0, "")
"""A file of which nothing is told."""

_SCAN, _MASTER = ("OBJ_001", "MIX_001"), ("OBJ_002", "MIX_002")
_ORIENTATIONS = {mix.orientation(tag): tag for tag in range(1, 9)}
_INCH = {"in.": 1.0, "cm": 2.54}
_UNTOLD = frozenset({"", mix.UNKNOWN, "undefined"})
_WHOLE = re.compile(r"[0-9]{1,9}")
_HOLDER = {"licence: ": "licence", "embargo: ": "embargo", "access: ": "access"}


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one page; `scan` has no SHA-512, which packages do not know, and no path when it has no name."""

    scan: FileRef = UNKNOWN_FILE
    scan_image: ImageFacts = UNKNOWN_IMAGE
    master_image: ImageFacts = UNKNOWN_IMAGE
    events: tuple[Event, ...] = ()
    rights: Rights | None = None


def read_page(root: Element) -> Told:
    """What the secondary METS `root` tells."""
    sections = {each.get("ID", ""): each for each in elements(root, "mets:amdSec/mets:*[@ID]")}
    agents = dict(_agent(each) for each in elements(root, ".//premis:agent"))
    return Told(
        scan=_file(sections.get(_SCAN[0])),
        scan_image=_image(sections, *_SCAN),
        master_image=_image(sections, *_MASTER),
        events=tuple(_event(each, agents) for each in elements(root, ".//premis:event")),
        rights=next(map(_rights, elements(root, ".//mets:rightsMD//cmd:copyright")), None),
    )


def elements(root: Element, path: str) -> list[Element]:
    """The elements at the XPath `path`; prefixes as everywhere in the house."""
    found = root.xpath(path, namespaces=NAMESPACES)
    return [each for each in found if isinstance(each, etree._Element)] if isinstance(found, list) else []


def texts(root: Element, path: str) -> tuple[str, ...]:
    """The texts of the elements at `path`, each on one line, empty ones and those that say "unknown" left out."""
    told = (line(str(each.xpath("string()"))) for each in elements(root, path))
    return tuple(text for text in told if text not in _UNTOLD)


def text(root: Element, path: str) -> str:
    """The first of `texts`, or an empty string."""
    return next(iter(texts(root, path)), "")


def whole(found: str) -> int:
    """A number as records write it; nought for anything else."""
    return int(found) if _WHOLE.fullmatch(found) else 0


def bare(name: str) -> str:
    """The last part of a file's name or path, whatever strokes it is written with."""
    return PurePosixPath(name.replace("\\", "/")).name


def _file(section: Element | None) -> FileRef:
    """The scan, of which the package keeps the description only."""
    if section is None:
        return UNKNOWN_FILE
    digest = text(section, ".//premis:fixity[premis:messageDigestAlgorithm='MD5']/premis:messageDigest").lower()
    return FileRef(
        bare(text(section, ".//premis:originalName")),
        whole(text(section, ".//premis:size")),
        "",
        digest if re.fullmatch("[0-9a-f]{32}", digest) else "",
        text(section, ".//premis:formatName"),
    )


def _image(sections: Mapping[str, Element], object_id: str, mix_id: str) -> ImageFacts:
    record, described = sections.get(mix_id), sections.get(object_id)
    puid = "" if described is None else text(described, ".//premis:formatRegistryKey")
    if record is None:
        return replace(UNKNOWN_IMAGE, puid=puid)
    return ImageFacts(
        format=text(record, ".//mix:formatName"),
        format_version=text(record, ".//mix:formatVersion"),
        puid=puid,
        width=whole(text(record, ".//mix:imageWidth")),
        height=whole(text(record, ".//mix:imageHeight")),
        samples=whole(text(record, ".//mix:samplesPerPixel")),
        bits=whole(text(record, ".//mix:bitsPerSampleValue")),
        colour=text(record, ".//mix:colorSpace"),
        x_dpi=_dpi(record, "xSamplingFrequency"),
        y_dpi=_dpi(record, "ySamplingFrequency"),
        compression=text(record, ".//mix:compressionScheme"),
        byte_order=text(record, ".//mix:byteOrder"),
        icc=text(record, ".//mix:iccProfileName"),
        orientation=_ORIENTATIONS.get(text(record, ".//mix:orientation"), 0),
        captured=mix.moment(text(record, ".//mix:dateTimeCreated")),
        make=text(record, ".//mix:scannerManufacturer"),
        model=text(record, ".//mix:scannerModelName"),
        software=text(record, ".//mix:scanningSoftwareName"),
    )


def _dpi(record: Element, name: str) -> float:
    """Pixels per inch; nought where the record has no unit of length."""
    above = whole(text(record, f".//mix:{name}/mix:numerator"))
    below = whole(text(record, f".//mix:{name}/mix:denominator") or "1")
    unit = _INCH.get(text(record, ".//mix:samplingFrequencyUnit"), 0.0)
    return round(above / below * unit, 4) if below else 0.0


def _agent(element: Element) -> tuple[str, Agent]:
    kinds = {kind.value: kind for kind in AgentKind}
    notes = texts(element, "premis:agentNote")
    named = text(element, "premis:agentName")
    kind = kinds.get(text(element, "premis:agentType").lower(), AgentKind.SOFTWARE)
    return text(element, ".//premis:agentIdentifierValue"), Agent(named, "", kind, notes[0] if notes else "")


def _event(element: Element, agents: Mapping[str, Agent]) -> Event:
    outcome = text(element, ".//premis:eventOutcome")
    linked = text(element, ".//premis:linkingAgentIdentifierValue")
    return Event(
        kind=text(element, "premis:eventType"),
        when=mix.moment(text(element, "premis:eventDateTime")),
        detail=text(element, "premis:eventDetail"),
        agent=agents.get(linked) or Agent(linked or premis.UNKNOWN),
        outcome="success" if outcome.lower() in ("ok", "success", "successful") else outcome,
        subject=text(element, ".//premis:linkingObjectIdentifierValue"),
    )


def _rights(element: Element) -> Rights:
    status, published = element.get("copyright.status", ""), element.get("publication.status", "")
    more = {}
    for note in texts(element, "cmd:rights.holder/cmd:note"):
        for start, name in _HOLDER.items():
            if note.startswith(start):
                more[name] = note.removeprefix(start)
    return Rights(
        copyright=status if status in STATUSES else "unknown",
        publication=published if published in PUBLICATIONS else "unknown",
        holder=text(element, "cmd:rights.holder/cmd:name"),
        licence=more.get("licence", "") or text(element, "cmd:general.note"),
        embargo=more.get("embargo", ""),
        note=text(element, "cmd:notice"),
        access=more.get("access", ""),
    )
