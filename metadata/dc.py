"""Dublin Core 1.1 in oai_dc: the twin of every MODS record, with the same identifiers (ndk.md §2)."""

from __future__ import annotations

from metadata import mods
from metadata.elements import DC, OAI_DC, line
from metadata.markup import Element
from metadata.model import Page, Volume

_ROOT = OAI_DC.declaring(DC)


def volume_record(volume: Volume) -> Element:
    """The Dublin Core of a single-volume monograph."""
    about = volume.description
    shelf_mark = line(about.shelf_mark)
    held = (about.institution.sigla, shelf_mark) if shelf_mark else ()
    full_title = " : ".join(part for part in (mods.title(about), line(about.subtitle)) if part)
    return _ROOT(
        "dc",
        DC("title", full_title),
        *(DC("creator", name) for name in map(line, about.authors) if name),
        DC("type", "model:monograph"),
        *(DC(name, text) for name, text in (("publisher", line(about.publisher)), ("date", line(about.year))) if text),
        *(DC("language", code) for code in mods.codes(about)),
        DC("format", "print"),
        *(DC("identifier", f"{each.kind}:{each.value}") for each in mods.identifiers(volume)),
        *(DC("source", text) for text in held),
    )


def page_record(page: Page) -> Element:
    """The Dublin Core of one page; its coverage is the printed number, where there is one."""
    label = line(page.label)
    return _ROOT(
        "dc",
        DC("type", "model:page"),
        DC("identifier", f"uuid:{page.id}"),
        DC("coverage", label) if label else None,
    )
