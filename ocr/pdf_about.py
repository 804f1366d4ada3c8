"""What a searchable PDF says of itself: XMP and Info, language, labels of its pages, bookmarks.

Rules: ISO 19005-2 (PDF/A-2), 6.6.2.1 (XMP packet), 6.6.4 (part 2, conformance U); XMP Specification Part 1, 8.4 (types
of the Dublin Core properties); ISO 32000-1, 12.3.3 (outline), 12.4.2 (page labels), 14.3.3 (Info), 14.9.2 (language).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, Stream, String

from metadata.elements import DC, Namespace, clean, line
from metadata.language import terminology
from metadata.markup import Element

# ISO 639-2/T code -> ISO 639-1: BCP 47 (RFC 5646, 2.2.1) wants the shorter code where there is one.
_SHORT: dict[str, str] = dict(
    re.findall(
        r"(\w+):(\w+)",
        """
    afr:af sqi:sq ara:ar hye:hy bel:be bul:bg cat:ca ces:cs cym:cy dan:da deu:de ell:el eng:en epo:eo est:et eus:eu
    fas:fa fin:fi fra:fr gle:ga glg:gl heb:he hin:hi hrv:hr hun:hu isl:is ita:it jpn:ja kat:ka kaz:kk kor:ko lat:la
    lav:lv lit:lt ltz:lb mkd:mk mlt:mt nld:nl nno:nn nob:nb nor:no oci:oc pol:pl por:pt roh:rm ron:ro rus:ru san:sa
    slk:sk slv:sl spa:es srp:sr swe:sv tur:tr ukr:uk vie:vi vol:vo yid:yi zho:zh bos:bs chu:cu
    """,
    )
)
_XMP_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_X = Namespace("x", "adobe:ns:meta/")
_RDF = Namespace("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#")
_XMP = Namespace("xmp", "http://ns.adobe.com/xap/1.0/")
_PDF = Namespace("pdf", "http://ns.adobe.com/pdf/1.3/")
_PDFAID = Namespace("pdfaid", "http://www.aiim.org/pdfa/ns/id/")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A line of the outline: its title, its first page counted from 0, and what lies within it."""

    title: str
    page: int
    children: tuple[Bookmark, ...] = ()


@dataclass(frozen=True, slots=True)
class PdfAbout:
    """What a PDF says of the volume in it.

    `language` is an ISO 639-2 code or empty; `date` as printed (only a year, month or day goes into XMP); `created` an
    ISO 8601 moment, UTC when it names no zone; `producer` the program that wrote the file, with its version. The first
    of `identifiers` is the one to cite.
    """

    title: str
    created: str
    producer: str
    authors: tuple[str, ...] = ()
    language: str = ""
    publisher: str = ""
    date: str = ""
    identifiers: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    outline: tuple[Bookmark, ...] = field(default=())


def language_tag(code: str) -> str:
    """The BCP 47 tag of an ISO 639-2 code of either form: cze -> cs; codes without a shorter one stay as they are."""
    full = terminology(code)
    return _SHORT.get(full, full)


def xmp(about: PdfAbout) -> bytes:
    """The XMP packet of a PDF/A-2u file about `about`: equal values give equal bytes.

    Raises:
        ValueError: `created` is no ISO 8601 moment.
    """
    when = _moment(about.created).isoformat(timespec="seconds")
    tongue = language_tag(about.language)
    title = line(about.title)
    dates = (about.date,) if _XMP_DATE.fullmatch(about.date) else ()
    said = _RDF.declaring(DC, _XMP, _PDF, _PDFAID)("Description", {_RDF.tag("about"): ""})
    said.append(_PDFAID("part", "2"))
    said.append(_PDFAID("conformance", "U"))
    said.append(DC("format", "application/pdf"))
    titles = [("x-default", title), *([(tongue, title)] if tongue else [])]
    said.append(DC("title", _RDF("Alt", *(_RDF("li", {_XML_LANG: lang}, text) for lang, text in titles))))
    _list(said, DC("creator"), "Seq", about.authors)
    _list(said, DC("publisher"), "Bag", (about.publisher,))
    _list(said, DC("date"), "Seq", dates)
    _list(said, DC("language"), "Bag", (tongue,))
    _list(said, DC("subject"), "Bag", about.subjects)
    if first := next(filter(None, map(line, about.identifiers)), ""):
        said.append(DC("identifier", first))
    _list(said, _XMP("Identifier"), "Bag", about.identifiers)
    for name in ("CreateDate", "ModifyDate", "MetadataDate"):
        said.append(_XMP(name, when))
    said.append(_XMP("CreatorTool", about.producer))
    said.append(_PDF("Producer", about.producer))
    if keywords := _joined(about.subjects):
        said.append(_PDF("Keywords", keywords))
    root = _X("xmpmeta", _RDF("RDF", said))
    etree.indent(root)
    packet: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=False)
    begin = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
    return begin + packet + b'\n<?xpacket end="w"?>\n'


def describe(pdf: Pdf, about: PdfAbout, labels: Sequence[str]) -> None:
    """Write everything that `about` says into `pdf`, whose pages are complete and bear `labels`.

    Raises:
        ValueError: `created` is no ISO 8601 moment, or a bookmark points behind the last page.
    """
    root = pdf.Root
    packet = Stream(pdf, xmp(about))
    packet["/Type"], packet["/Subtype"] = Name.Metadata, Name.XML
    root["/Metadata"] = pdf.make_indirect(packet)
    _info(pdf, about)
    if tongue := language_tag(about.language):
        root["/Lang"] = String(tongue)
    root["/ViewerPreferences"] = Dictionary(DisplayDocTitle=True)
    root["/PageLabels"] = pdf.make_indirect(page_labels(labels))
    if about.outline:
        root["/PageMode"] = Name.UseOutlines
        with pdf.open_outline() as outline:
            outline.root.extend(_bookmarks(about.outline, len(labels)))


def page_labels(labels: Sequence[str]) -> Dictionary:
    """A number tree that gives every page the label printed on it, as printed: xii, [1], 12a; empty where none is."""
    numbers = Array()
    for index, label in enumerate(labels):
        numbers.append(index)
        numbers.append(Dictionary(P=String(clean(line(label)))))
    return Dictionary(Nums=numbers)


def _bookmarks(marks: Iterable[Bookmark], pages: int) -> list[OutlineItem]:
    items = []
    for mark in marks:
        if not 0 <= mark.page < pages:
            raise ValueError(f"bookmark {mark.title!r} points at page {mark.page} of {pages}, counted from 0")
        item = OutlineItem(clean(line(mark.title)) or "…", mark.page)
        item.children.extend(_bookmarks(mark.children, pages))
        items.append(item)
    return items


def _info(pdf: Pdf, about: PdfAbout) -> None:
    moment = _moment(about.created)
    zone = moment.strftime("%z")
    when = f"D:{moment:%Y%m%d%H%M%S}{zone[:3]}'{zone[3:5]}'"
    said = {
        "/Title": line(about.title),
        "/Author": _joined(about.authors),
        "/Keywords": _joined(about.subjects),
        "/Creator": about.producer,
        "/Producer": about.producer,
    }
    for key, value in said.items():
        if value:
            pdf.docinfo[key] = String(clean(value))
    for key in ("/CreationDate", "/ModDate"):
        pdf.docinfo[key] = String(when)


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _list(said: Element, holder: Element, kind: str, values: Iterable[str]) -> None:
    items = [text for value in values if (text := line(value))]
    if items:
        holder.append(_RDF(kind, *(_RDF("li", item) for item in items)))
        said.append(holder)


def _joined(values: Iterable[str]) -> str:
    return ", ".join(text for value in values if (text := line(value)))
