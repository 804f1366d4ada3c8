"""Rights as copyrightMD 0.91 (California Digital Library), within what the NDK profile copyrightmd lets pass."""

from __future__ import annotations

import re

from metadata.description import Rights
from metadata.elements import Namespace, line
from metadata.markup import Element

CMD = Namespace("cmd", "http://www.cdlib.org/inside/diglib/copyrightMD")

STATUSES = ("copyrighted", "pd", "pd_expired", "pd_holder", "unknown")
"""copyright.status; the schema's pd_usfed is missing in the profile."""

PUBLICATIONS = ("published", "unpublished", "unknown")
"""publication.status."""

ACCESSES = ("public", "premises", "staff")
"""From where it may be seen, where somebody decided; ours, not the standard's."""

# The profile recommends these terms of Creative Commons for general.note and warns of everything else.
_TERMS = ("BY-NC-SA", "BY-NC", "BY-ND", "BY-SA", "BY")
_CREATIVE_COMMONS = re.compile(
    rf"(?:CC[ -]|https?://creativecommons\.org/licenses/)?({'|'.join(_TERMS)})(?:[ /]\d.*|/)?", re.IGNORECASE
)


def copyright_record(rights: Rights) -> Element:
    """The element copyright.

    Holder, licence, embargo and access stand with the holder of the rights, the note as the notice. Of a licence of
    Creative Commons the general note gives the terms besides (BY-SA ...), where the profile knows them.

    Raises:
        ValueError: a status that the standard does not have.
    """
    if rights.copyright not in STATUSES:
        raise ValueError(f"{rights.copyright!r} is no copyright.status, only {', '.join(STATUSES)}")
    if rights.publication not in PUBLICATIONS:
        raise ValueError(f"{rights.publication!r} is no publication.status, only {', '.join(PUBLICATIONS)}")
    note, terms = line(rights.note), creative_commons(rights.licence)
    return CMD(
        "copyright",
        _holder(rights),
        CMD("notice", note) if note else None,
        CMD("general.note", terms) if terms else None,
        {"copyright.status": rights.copyright, "publication.status": rights.publication},
    )


def creative_commons(licence: str) -> str:
    """The terms of a Creative Commons licence given by name or URI ("CC BY-SA 4.0": BY-SA); empty for any other."""
    found = _CREATIVE_COMMONS.fullmatch(line(licence))
    return found[1].upper() if found else ""


def _holder(rights: Rights) -> Element | None:
    name, licence, embargo = line(rights.holder), line(rights.licence), line(rights.embargo)
    access = line(rights.access)
    if not (name or licence or embargo or access):
        return None
    return CMD(
        "rights.holder",
        CMD("name", name) if name else None,
        CMD("note", f"licence: {licence}") if licence else None,
        CMD("note", f"embargo: {embargo}") if embargo else None,
        CMD("note", f"access: {access}") if access else None,
    )
