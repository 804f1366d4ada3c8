"""info.xml: fDMF, section "Soubor INFO" (ndk.md §1), the version of the standard, and the sigla of who made it.

The schema of info.xml is obeyed by our own reading of it, so that it is asked on machines without schemas too.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence

from metadata.lists import codes
from metadata.markup import Element
from metadata.ndk.check.checksums import listed_files, path_named
from metadata.ndk.check.complaint import Complaint, complaint
from metadata.ndk.check.context import Check, Context, Family

_SCHEMA, _REFERENCES, _TOTAL, _ITEMS, _DIGEST = (
    "INFO_XML_VALID_BY_XSD", "INFO_REFERENCES_PRIMARY-METS", "INFO_ITEMTOTAL_MATCHES_ITEMS_COUNT",
    "INFO_ITEMLIST_REFERENCES_ALL_FILES", "INFO_CHECKSUM_FILE_CHECKSUM_MATCHES",
)  # fmt: skip

NEWEST = {Family.MONOGRAPH: "2.3", Family.PERIODICAL: "2.2"}
"""The newest versions of the standard that are known; judged by the rules of the one before (ndk.md §0)."""

CURRENT = {Family.MONOGRAPH: "2.2", Family.PERIODICAL: "2.1"}
"""The versions whose rules we have."""

OLDER = {
    Family.MONOGRAPH: ("1.0", "1.1", "1.1.1", "1.1.2", "1.1.3", "1.2", "1.3", "1.3.1", "1.3.2", "1.4", "2.0", "2.1"),
    Family.PERIODICAL: ("1.4", "1.5", "1.5.1", "1.5.2", "1.6", "1.7", "1.7.1", "1.8", "1.9", "2.0"),
}
"""Earlier versions: their packages are real, our rules are stricter than theirs were."""

TITLE_IDS = {
    Family.MONOGRAPH: ("isbn", "ismn", "issn", "ccnb", "urnnbn", "uuid"),
    Family.PERIODICAL: ("isbn", "issn", "ccnb", "uuid"),
}
"""What titleid/@type may be."""

_KINDS = {"Monograph": Family.MONOGRAPH, "Periodical": Family.PERIODICAL}
_ORDER = re.compile(
    "created metadataversion packageid mainmets validation (titleid )+(collection )?(institution )?"
    "creator size itemlist checksum (note )?"
)
_MOMENT = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,9}\s*")
_ATTRIBUTES = {
    "validation": ("version",), "titleid": ("type",), "itemlist": ("itemtotal",), "checksum": ("checksum", "type"),
}  # fmt: skip


def _well_built(context: Context, info: Element) -> Iterator[Complaint]:
    if info.tag != "info":
        yield complaint("INFO_XML_WELL_BUILT", context.info_path, why=_written(info))


def _schema(context: Context, info: Element) -> Iterator[Complaint]:
    """XML Schema of info.xml (info_mon2.2.xsd, info_per2.1.xsd) but for the version, which has rules of its own."""
    tags = "".join(f"{child.tag!s} " for child in _elements(info))
    if not _ORDER.fullmatch(tags):
        yield complaint(_SCHEMA, context.info_path, "/info", found=tags.strip())
    for element in [info, *_elements(info), *info.findall("itemlist/*")]:
        wanted = _ATTRIBUTES.get(str(element.tag), ())
        if tuple(sorted(element.keys())) != wanted or (len(element) and element.tag not in ("info", "itemlist")):
            yield complaint(_SCHEMA, context.info_path, _path(element), found=_written(element))
    for parent in [info, *info.findall("itemlist")]:
        stray = "".join([parent.text or "", *(child.tail or "" for child in parent)]).strip()
        if stray:
            yield complaint(_SCHEMA, context.info_path, _path(parent), found=stray[:200])
    yield from _values(context, info)


def _values(context: Context, info: Element) -> Iterator[Complaint]:
    family = context.dmf.family
    total = info.find("itemlist")
    tests = [
        ("/info/created", _text(info, "created"), _is_moment(_text(info, "created"))),
        ("/info/size", _text(info, "size"), bool(_WHOLE.fullmatch(_text(info, "size")))),
    ]
    if total is not None:
        tests.append(("/info/itemlist", total.get("itemtotal", ""), bool(_WHOLE.fullmatch(total.get("itemtotal", "")))))
        tests += [("/info/itemlist", str(each.tag), each.tag == "item") for each in _elements(total)]
        tests.append(("/info/itemlist", "0 × item", len(total) > 0))
    tests += [(_path(e), e.get("type", ""), e.get("type") in TITLE_IDS[family]) for e in info.findall("titleid")]
    tests += [(_path(e), e.get("type", ""), e.get("type") == "md5") for e in info.findall("checksum")]
    yield from (
        complaint(_SCHEMA, context.info_path, place, found=found[:200]) for place, found, good in tests if not good
    )


def _main(context: Context, info: Element) -> Iterator[Complaint]:
    named = info.findtext("mainmets") or ""
    if context.main_path and named != context.main_path:
        yield complaint(_REFERENCES, context.info_path, "/info/mainmets", found=named[:200], wanted=context.main_path)


def _total(context: Context, info: Element) -> Iterator[Complaint]:
    count = len(info.findall("itemlist/item"))
    for listed in info.findall("itemlist"):
        told = listed.get("itemtotal", "")
        if not _WHOLE.fullmatch(told) or int(told) != count:
            yield complaint(_TOTAL, context.info_path, "/info/itemlist/@itemtotal", found=told[:50], wanted=count)


def _items(context: Context, info: Element) -> Iterator[Complaint]:
    written = [(each.text or "").strip() for each in info.findall("itemlist/item")]
    named = {path_named(path) or path[:200] for path in written}
    wanted = listed_files(context) | {path for path in (context.info_path, context.md5_path) if path}
    for path in sorted(wanted - named):
        yield complaint(_ITEMS, context.info_path, "/info/itemlist", missing=path, extra="–")
    for path in sorted(named - wanted):
        yield complaint(_ITEMS, context.info_path, "/info/itemlist", missing="–", extra=path)


def _digest(context: Context, info: Element) -> Iterator[Complaint]:
    if not context.md5_path:
        return
    told = info.find("checksum")
    written, digest = ((told.text or "").strip(), told.get("checksum", "").strip()) if told is not None else ("", "")
    try:
        found = context.psp.digest(context.md5_path)
    except OSError as error:
        yield complaint("KDR_UNREADABLE", context.md5_path, why=str(error))
        return
    if path_named(written) != context.md5_path or digest.lower() != found:
        yield complaint(
            _DIGEST, context.info_path, "/info/checksum", told=f"{written[:200]} {digest[:64]}", found=found
        )


def _size(context: Context, info: Element) -> Iterator[Complaint]:
    told = _text(info, "size")
    if not _WHOLE.fullmatch(told):
        return  # the schema's complaint
    total = sum(context.psp.files.values())
    least, most = (total - context.psp.files[context.info_path]) // 1024, -(-total // 1024)
    # With or without info.xml itself, rounded up or down: the standard says neither.
    if not least <= int(told) <= most:
        yield complaint(
            "KDR_INFO_SIZE", context.info_path, "/info/size", found=told.strip()[:50], least=least, most=most
        )


def _sigla(context: Context, info: Element) -> Iterator[Complaint]:
    told = _text(info, "creator")
    if told not in codes("sigla"):
        yield complaint("KDR_SIGLA", context.info_path, "/info/creator", found=told[:100])


def _version(context: Context, info: Element) -> Iterator[Complaint]:
    version, family = context.dmf.version, context.dmf.family
    place = {"version": version[:50] or "–", "rules": CURRENT[family]}
    if version == NEWEST[family]:
        yield complaint("KDR_DMF_NEWER", context.info_path, "/info/metadataversion", **place)
    elif version in OLDER[family]:
        yield complaint("KDR_DMF_OLDER", context.info_path, "/info/metadataversion", **place)
    elif version != CURRENT[family]:
        yield complaint("KDR_DMF_UNKNOWN", context.info_path, "/info/metadataversion", **place)


def _type(context: Context) -> Iterator[Complaint]:
    """TYPE of the main METS says which family of the standard the package keeps."""
    if context.main is not None and context.main.get("TYPE") not in _KINDS:
        yield complaint(
            "KDR_METS_TYPE", context.main_path, "/mets:mets/@TYPE", found=context.main.get("TYPE", "–")[:100]
        )


RULES: dict[str, Callable[[Context, Element], Iterator[Complaint]]] = {
    "INFO_XML_WELL_BUILT": _well_built,
    _SCHEMA: _schema,
    _REFERENCES: _main,
    _TOTAL: _total,
    _ITEMS: _items,
    _DIGEST: _digest,
    "KDR_INFO_SIZE": _size,
    "KDR_SIGLA": _sigla,
    "KDR_DMF_UNKNOWN": _version,
}
"""Every rule that reads info.xml, by its id."""


def complaints(context: Context) -> Iterator[Complaint]:
    """All of them; nothing when there is no info.xml that can be read, which is told elsewhere."""
    if context.info is not None:
        for rule in RULES.values():
            yield from rule(context, context.info)


CHECKS: tuple[Check, ...] = (complaints, _type)


def _elements(parent: Element) -> Sequence[Element]:
    return [child for child in parent if isinstance(child.tag, str)]


def _is_moment(text: str) -> bool:
    """Whether `text` is an xs:dateTime."""
    if not _MOMENT.fullmatch(text):
        return False
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _written(element: Element) -> str:
    attributes = "".join(f" {name!s}=…" for name in element.keys())  # noqa: SIM118 - an element iterates its children
    return f"<{element.tag!s}{attributes}>"[:200]


def _text(info: Element, name: str) -> str:
    return (info.findtext(name) or "").strip()


def _path(element: Element) -> str:
    path: str = element.getroottree().getpath(element)
    return path
