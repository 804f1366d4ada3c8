"""Whole METS documents against their XML Schemas, with every fault told by the rule of the record it lies in.

The National Library's validator asks embedded records one by one and never METS itself (ndk.md §6, trap 4). Here one
pass over a document with the schema of all formats finds out whether anything is wrong at all; only then it is asked
record by record what.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from metadata.elements import METS, MIX, MODS, OAI_DC, PREMIS2
from metadata.markup import Element, violations
from metadata.ndk.check.biblio import rule_of
from metadata.ndk.check.complaint import Complaint, Fact, complaint
from metadata.ndk.check.context import Check, Context, Family
from metadata.ndk.check.page import Page, PageCheck, place
from metadata.ndk.layout import Use

COMBINED = Path("ndk", "ndk-combined.xsd")
"""METS 1.9.1 with all records of the standard inside, below the folder of schemas."""

COPYRIGHT = "http://www.cdlib.org/inside/diglib/copyrightMD"

_SCHEMAS = {
    MIX.uri: ("MIX_VALID_BY_XSD", Path("mix", "mix20.xsd")),
    PREMIS2.uri: ("PREMIS_VALID_BY_XSD", Path("premis", "premis-v2-2.xsd")),
    COPYRIGHT: ("COPYRIGHTMD_VALID_BY_XSD", Path("copyrightmd", "copyrightmd-0.91.xsd")),
    MODS.uri: ("", Path("mods", "mods-3-8.xsd")),
    OAI_DC.uri: ("", Path("dc", "oai_dc.xsd")),
}


def main_schema(context: Context) -> Iterator[Complaint]:
    """The main METS and every record in it."""
    if context.main is not None and context.schemas is not None:
        yield from _judged(context.main, context.main_path, context.schemas, context.dmf.family)


def page_schema(page: Page) -> Iterator[Complaint]:
    """A secondary METS and every record in it."""
    if page.amd is not None and page.schemas is not None:
        yield from _judged(page.amd, page.path(Use.AMD), page.schemas, page.dmf.family)


def _judged(root: Element, file: str, schemas: Path, family: Family) -> Iterator[Complaint]:
    if not violations(root, schemas / COMBINED):
        return
    outside = copy.deepcopy(root)
    for record, twin in list(zip(_records(root), _records(outside), strict=True)):
        rule, schema = _SCHEMAS.get(etree.QName(record).namespace or "", ("", None))
        faults = violations(record, schemas / schema) if schema else ()
        if faults:
            # Another namespace in its place is skipped by METS: what is still wrong then is wrong outside the record.
            _replace(twin)
        for fault in faults:
            facts: dict[str, Fact] = {"line": record.sourceline or 0, "why": fault.why, "what": f"XSD: {fault.why}"}
            yield Complaint(rule or _biblio(record, family), file, place(record), facts)
    for fault in violations(outside, schemas / COMBINED):
        yield complaint("KDR_METS_XSD", file, line=fault.line, why=fault.why)


def _records(root: Element) -> Iterator[Element]:
    return (record for data in root.iter(METS.tag("xmlData")) for record in data.iterchildren("*"))


def _replace(record: Element) -> None:
    parent = record.getparent()
    if parent is not None:
        parent.replace(record, etree.Element("{urn:kdr:set-aside}record"))


def _biblio(record: Element, family: Family) -> str:
    """The rule on records of that level; a record outside every level is the whole document's fault."""
    section = next(record.iterancestors(METS.tag("dmdSec")), None)
    return (rule_of(section.get("ID", ""), family) if section is not None else "") or "KDR_METS_XSD"


CHECKS: tuple[Check, ...] = (main_schema,)
PAGE_CHECKS: tuple[PageCheck, ...] = (page_schema,)
