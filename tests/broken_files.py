"""Packages whose files, names, digests, info.xml or identifiers break one rule: the samples, and how it is done."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from lxml import etree

from metadata.elements import DC, METS, MODS
from metadata.markup import Element
from metadata.model import volume_id
from metadata.ndk import layout
from metadata.ndk.check import identifiers
from metadata.ndk.check import layout as layout_rules
from metadata.ndk.check.complaint import Level
from metadata.ndk.check.context import Family
from metadata.ndk.layout import Use
from tests.broken_sample import PLAIN, Damage, Reason, Sample, in_main
from tests.good_packages import changed, put, renew, renew_info, renew_lists
from tests.page_records import VOLUME

INFO, MAIN, LIST = layout.info_name(VOLUME), layout.mets_name(VOLUME), layout.md5_name(VOLUME)
UPPER = VOLUME.upper()
URN = "urn:nbn:cz:li001-000001"
OTHER_UUID = "11111111-2222-4333-8444-555555555555"


# --- damages ----------------------------------------------------------------------------------------------------------


def page_file(use: Use, order: int = 2) -> str:
    return layout.path(VOLUME, use, order)


def removed(path: str) -> Damage:
    def damage(root: Path) -> None:
        shutil.rmtree(root / path) if (root / path).is_dir() else (root / path).unlink()
        renew(root)

    return damage


def folder_instead(path: str) -> Damage:
    def damage(root: Path) -> None:
        (root / path).unlink()
        (root / path).mkdir()
        renew(root)

    return damage


def file_instead(path: str) -> Damage:
    def damage(root: Path) -> None:
        shutil.rmtree(root / path)
        (root / path).touch()
        renew(root)

    return damage


def added(path: str) -> Damage:
    return lambda root: put(root, path, b"")


def replaced(path: str, old: str, new: str) -> Damage:
    """In a document, with digests and sizes renewed."""
    return lambda root: changed(root, path, old, new)


def as_it_is(path: str, old: str, new: str) -> Damage:
    """In a document, and nothing renewed."""

    def damage(root: Path) -> None:
        text, times = re.subn(old, new, (root / path).read_text(encoding="utf-8"), count=1)
        assert times
        (root / path).write_text(text, encoding="utf-8")

    return damage


def in_info(old: str, new: str) -> Damage:
    """In the info file of a package of any id."""
    return lambda root: changed(root, layout.info_name(volume_id(root.name)), old, new)


def listed(path: str, old: str, new: str) -> Damage:
    """In the main METS, which nobody reads again: only the MD5 list and info.xml know it."""

    def damage(root: Path) -> None:
        as_it_is(path, old, new)(root)
        renew_lists(root)

    return damage


def in_list(old: str, new: str) -> Damage:
    """In the MD5 list, its digest renewed in info.xml."""

    def damage(root: Path) -> None:
        as_it_is(LIST, old, new)(root)
        renew_info(root)

    return damage


def renamed_root(root: Path) -> Path:
    return root.rename(root.with_name("jinak"))


def two_infos(root: Path) -> None:
    shutil.copy(root / INFO, root / "info.xml")
    renew_info(root)


def longer_name(use: Use) -> Damage:
    """The second page's file gets a number of five digits, and everybody who names it knows."""

    def damage(root: Path) -> None:
        old = root / page_file(use)
        new = old.rename(old.with_name(old.name.replace("_0002.", "_00002.")))
        for document in (root / MAIN, root / page_file(Use.AMD)):
            if document.exists():
                _rewritten(document, old.name, new.name)
        renew(root)

    return damage


def upper_case(root: Path) -> Path:
    """The id of the package in capitals, in its name, in all file names and in all documents."""
    for path in [path for path in root.rglob("*") if path.is_file()]:
        renamed = path.rename(path.with_name(path.name.replace(VOLUME, UPPER)))
        if renamed.suffix == ".xml":
            _rewritten(renamed, VOLUME, UPPER)
    moved = root.rename(root.with_name(UPPER))
    renew(moved)
    return moved


def _rewritten(document: Path, old: str, new: str) -> None:
    document.write_text(document.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def linked(root: Path) -> None:
    (root / "odkaz").symlink_to("/etc/hostname")


def record(root: Element, entity: str, form: str) -> Element:
    """The identifiers' parent in a record of the main METS."""
    for section in root.iter(METS.tag("dmdSec")):
        if section.get("ID") == f"{form}MD_{entity}":
            (wrapped,) = section.iter(METS.tag("xmlData"))
            return wrapped[0]
    raise AssertionError(entity)


def identified(entity: str, form: str, *texts: tuple[str, str], keep: bool = True) -> Callable[[Element], None]:
    """Give a record these identifiers; beside its own unless `keep` is false."""

    def edit(root: Element) -> None:
        parent = record(root, entity, form)
        name = (DC if form == "DC" else MODS).tag("identifier")
        for old in [] if keep else parent.findall(name):
            parent.remove(old)
        for kind, value in texts:
            child = etree.SubElement(parent, name, {} if form == "DC" else {"type": kind})
            child.text = f"{kind}:{value}" if form == "DC" else value

    return edit


def both(entity: str, *texts: tuple[str, str], keep: bool = True) -> Damage:
    return in_main(*(identified(entity, form, *texts, keep=keep) for form in ("DC", "MODS")))


def no_pair(root: Element) -> None:
    for section in root.iter(METS.tag("dmdSec")):
        if section.get("ID") == "DCMD_PAGE_0002":
            section.set("ID", "DCMD_PAGE_0022")


def identifiers_of(level: str, form: str, edit: Callable[[Element], None]) -> Damage:
    """In the record of one form of the first thing of a level."""
    entity = f"{identifiers.SECTIONS.get(level, level)}_0001"
    return in_main(lambda root: edit(record(root, entity, form)))


def lacking(form: str, kind: str) -> Callable[[Element], None]:
    """No identifier of that type counts any more: Dublin Core calls it another, MODS calls it invalid."""

    def edit(parent: Element) -> None:
        if form == "MODS":
            next(each for each in parent.findall(MODS.tag("identifier")) if each.get("type") == kind).set(
                "invalid", "yes"
            )
            return
        for each in parent.findall(DC.tag("identifier")):
            each.text = re.sub(f"^{kind}:", "jiny:", each.text or "")

    return edit


def having(form: str, kind: str, value: str) -> Callable[[Element], None]:
    """One identifier more, behind the others."""

    def edit(parent: Element) -> None:
        name = (DC if form == "DC" else MODS).tag("identifier")
        child = etree.Element(name, {} if form == "DC" else {"type": kind})
        child.text = f"{kind}:{value}" if form == "DC" else value
        parent.findall(name)[-1].addnext(child)

    return edit


def repeated(form: str) -> Callable[[Element], None]:
    """The first identifier twice."""

    def edit(parent: Element) -> None:
        first = parent.findall((DC if form == "DC" else MODS).tag("identifier"))[0]
        first.addnext(copy.deepcopy(first))

    return edit


# --- the samples ------------------------------------------------------------------------------------------------------

SAME = "PRIMARY-METS_DC_IDENTIFIER_MATCH_MODS_IDENTIFIERS"
HEADER = "PRIMARY_METS_HEADER_MATCHES_PROFILE"
RECORD = "BIBLIOGRAPHIC_METADATA_MATCH_PROFILE_"
UPPER_RULES = frozenset(
    {f"{part}_FILENAME_VALID" for part in ("INFO", "PRIMARY-METS", "CHECKSUM")}
    | {f"{name}_FILENAMES_VALID" for name in layout_rules.NAMES.values()}
)
CASES = {
    **{(Family.MONOGRAPH, level): "monograph" for level in identifiers.LEVELS[Family.MONOGRAPH]},
    (Family.MONOGRAPH, "TITLE"): "monograph-volume",
    **{(Family.PERIODICAL, level): "issue" for level in identifiers.LEVELS[Family.PERIODICAL]},
}
"""Where there is a record of a level: the case of tests.described."""
_ONE_SIDE = {
    SAME: Reason(
        "co má jen jeden ze dvou záznamů, tomu druhému chybí", "what only one of two records has, the other lacks"
    )
}
_ONLY_UUID = {
    f"{RECORD}PAGE": Reason(
        "profil strany nezná jiný identifikátor než prosté UUID", "the profile of a page knows only a plain UUID"
    )
}
_NEW = {"urnnbn": "urn:nbn:cz:li001-00000x", "isbn": "80-85605-11-2", "issn": "0317-848X"}
_IN_EVERY_NAME = Reason("id balíčku je ve jménu každého souboru", "the id of the package is in the name of each file")
_ONE_LISTED = Reason("v seznamu je jen jeden z nich", "only one of them is in the list")
_NOR_THIS = Reason("trpěné tam také nepatří", "what is tolerated does not belong there either")
_SAME_TYPE = Reason("profil hlavičky chce totéž", "the profile of the header wants the same")
_NO_TWIN = Reason("každému ze dvou chybí druhý formát", "each of the two lacks the other format")
_BOTH = Reason("oba záznamy mají stejné identifikátory", "both records have the same identifiers")
_GONE = Reason("soubor, který chybí, postrádá každý, kdo ho jmenuje", "a missing file is missed by all who name it")
_MISSING = {
    Use.AMD: ["PRIMARY-METS_FILESEC_ALL_SECONDARY_METS_FILES_REFERENCED"],
    Use.TXT: ["PRIMARY-METS_FILESEC_ALL_OCR_TEXT_FILES_REFERENCED", "SECONDARY-METS_FILESEC_OCR-TEXT_FILE_REFERENCED"],
    Use.ALTO: ["PRIMARY-METS_FILESEC_ALL_OCR_ALTO_FILES_REFERENCED", "SECONDARY-METS_FILESEC_OCR-ALTO_FILE_REFERENCED"],
    Use.MASTER: [
        "PRIMARY-METS_FILESEC_ALL_MASTER_COPY_FILES_REFERENCED",
        "SECONDARY-METS_FILESEC_MASTER_COPY_FILE_REFERENCED",
    ],
    Use.USER: [
        "PRIMARY-METS_FILESEC_ALL_USER_COPY_FILES_REFERENCED",
        "SECONDARY-METS_FILESEC_USER_COPY_FILE_REFERENCED",
    ],
}


def _missing(use: Use, *more: str) -> dict[str, Reason]:
    return dict.fromkeys([*_MISSING[use], "KDR_PAGE_COUNTS", *more], _GONE)


def _layout() -> Iterator[Sample]:
    yield Sample("PSP_DIR_MATCHES_PSP_ID", "renamed", renamed_root)
    for rule, path in (("INFO", INFO), ("PRIMARY-METS", MAIN), ("CHECKSUM", LIST)):
        yield Sample(f"SINGLE_{rule}_FILE_FOUND", "missing", removed(path))
        yield Sample(f"{rule}_IS_NOT_DIR", "folder", folder_instead(path))
    yield Sample("SINGLE_INFO_FILE_FOUND", "two", two_infos, also={"INFO_ITEMLIST_REFERENCES_ALL_FILES": _ONE_LISTED})
    for use, name in layout_rules.NAMES.items():
        yield Sample(f"SINGLE_{name}-DIR_FILE_FOUND", "missing", removed(use), also=_missing(use))
        yield Sample(f"{name}-DIR_IS_DIR", "file", file_instead(use), also=_missing(use))
        yield Sample(f"{name}_FILENAMES_LENGTHS_SAME", "five-digits", longer_name(use))
        yield Sample(
            f"{name}_FILES_ARE_NOT_DIRS", "folder", folder_instead(page_file(use)),
            also=_missing(use),
        )  # fmt: skip
        yield Sample(f"NO_EXTRA_FILES_IN_{name}-DIR", "extra", added(f"{use}/x"))
        yield Sample("NUMBER_OF_FILES_IN_DIRS_MATCH", f"no-{use}", removed(page_file(use)), also=_missing(use))
    for rule in sorted(UPPER_RULES):
        others = dict.fromkeys(UPPER_RULES - {rule}, _IN_EVERY_NAME)
        yield Sample(rule, "capitals", upper_case, also=others)
    yield Sample("NO_TOLERATED_TL_FILES_FOUND", "ltp", added("LTP_MD.xml"))
    yield Sample("NO_TOLERATED_TL_FILES_FOUND", "finder", added(".DS_Store"))
    yield Sample("TOLERATED_TL_FILES_ARE_NOT_DIRS", "folder", lambda root: (root / "LTP_MD.xml").mkdir(), also={
        "NO_TOLERATED_TL_FILES_FOUND": _NOR_THIS})  # fmt: skip
    yield Sample("NO_OTHER_TL_FILES_FOUND", "file", added("readme.txt"))
    yield Sample("NO_OTHER_TL_FILES_FOUND", "folder", lambda root: (root / "nahledy").mkdir())
    yield Sample("KDR_ODD_FILE", "link", linked)


def _documents() -> Iterator[Sample]:
    yield Sample("KDR_XML_BROKEN", "alto", replaced(page_file(Use.ALTO), "</alto>$", ""))
    yield Sample("KDR_XML_BROKEN", "main", listed(MAIN, "</mets:mets>", ""))
    yield Sample("KDR_XML_UNSAFE", "entity", replaced(
        page_file(Use.ALTO), r"\?>", '?><!DOCTYPE alto [<!ENTITY kdo "nikdo">]>'))  # fmt: skip
    yield Sample("KDR_NOT_METS", "page", replaced(page_file(Use.AMD), "(?s).*", "<jiny/>"))
    grammar = "CHECKSUM_FILE_GENERATED_BY_GRAMMAR"
    yield Sample(grammar, "path", in_list(" /alto", " alto"), level=Level.WARNING)
    yield Sample("CHECKSUM_FILE_ALL_PATHS_MATCH_FILES", "line-missing", in_list("[0-9a-f]{32} /alto/.*\n", ""))
    yield Sample("CHECKSUM_FILE_ALL_PATHS_MATCH_FILES", "line-more", in_list("^", f"{'0' * 32} /txt/jiny.txt\n"))
    yield Sample("CHECKSUM_FILE_ALL_CHECKSUMS_MATCH", "digest", in_list("[0-9a-f]{32}", "0" * 32))
    yield Sample("INFO_XML_WELL_BUILT", "not-closed", as_it_is(INFO, "</info>", ""))
    yield Sample("INFO_XML_VALID_BY_XSD", "element", replaced(INFO, "</info>", "<extra/></info>"))
    yield Sample("INFO_XML_VALID_BY_XSD", "created", replaced(INFO, "<created>", "<created>kdysi "))
    yield Sample("INFO_XML_VALID_BY_XSD", "attribute", replaced(INFO, ' version="1"', ""))
    yield Sample("INFO_XML_VALID_BY_XSD", "order", replaced(INFO, "(<size>.*</size>)(?s:(.*))</info>", r"\2\1</info>"))
    yield Sample("INFO_XML_VALID_BY_XSD", "kind", in_info('type="isbn"', 'type="ismn"'), "issue")
    yield Sample("INFO_REFERENCES_PRIMARY-METS", "name", replaced(INFO, "<mainmets>", "<mainmets>x"))
    yield Sample("INFO_ITEMTOTAL_MATCHES_ITEMS_COUNT", "count", as_it_is(INFO, 'itemtotal="13"', 'itemtotal="14"'))
    yield Sample("INFO_ITEMLIST_REFERENCES_ALL_FILES", "path", as_it_is(INFO, "<item>/alto", "<item>/jinde"))
    yield Sample("INFO_CHECKSUM_FILE_CHECKSUM_MATCHES", "digest", as_it_is(INFO, 'checksum="[0-9a-f]', 'checksum="x'))
    yield Sample("INFO_CHECKSUM_FILE_CHECKSUM_MATCHES", "path", as_it_is(INFO, "(<checksum [^>]*>)", r"\1/txt"))
    yield Sample("KDR_INFO_SIZE", "larger", as_it_is(INFO, "<size>", "<size>9"))
    yield Sample("KDR_SIGLA", "unknown", replaced(INFO, "<creator>LIA001", "<creator>XYZ999"))
    for case, current, newer, older in ((PLAIN, "2.2", "2.3", "1.4"), ("issue", "2.1", "2.2", "1.9")):
        for rule, version in (("NEWER", newer), ("OLDER", older), ("UNKNOWN", "7.7")):
            said = in_info(f"<metadataversion>{current}", f"<metadataversion>{version}")
            yield Sample(f"KDR_DMF_{rule}", "version", said, case)
    yield Sample("KDR_METS_TYPE", "book", replaced(MAIN, 'TYPE="Monograph"', 'TYPE="Kniha"'), also={
        HEADER: _SAME_TYPE})  # fmt: skip


def _identifiers() -> Iterator[Sample]:
    yield Sample("INFO_NO_DUPLICATE_IDENTIFIERS", "isbn", replaced(
        INFO, '(<titleid type="isbn">.*</titleid>)', r"\1\1"))  # fmt: skip
    yield Sample("PSP_ID_DERIVED_FROM_TITLE_ID", "other", replaced(
        INFO, '(<titleid type="uuid">).*(</titleid>)', rf"\g<1>{OTHER_UUID}\2"))  # fmt: skip
    yield Sample("DC_IDENTIFIERS_NO_WHITE_SPACES", "blank", replaced(MAIN, "(<dc:identifier>uuid:)", r"\1 "))
    yield Sample("DC_IDENTIFIERS_CONTAIN_TYPE_AND_VALUE", "no-type", in_main(
        identified("PAGE_0002", "DC", ("", "beztypu"))))  # fmt: skip
    yield Sample(
        "MODS_IDENTIFIERS_URN_NBN_VALID", "short", both("TITLE_0001", ("urnnbn", "urn:nbn:x")), "monograph-volume"
    )
    yield Sample(SAME, "more-in-dc", in_main(identified("VOLUME_0001", "DC", ("issn0", "1"))))
    yield Sample(SAME, "no-twin", in_main(no_pair), level=Level.ERROR, also={
        f"{RECORD}PAGE": _NO_TWIN})  # fmt: skip
    for form, other in (("DC", "MODS"), ("MODS", "DC")):
        for case in ("monograph", "issue"):
            yield Sample(f"{form}_IDENTIFIERS_NO_DUPLICATES_WITHIN_DMDSEC", "twice",
                identifiers_of("TITLE" if case == "issue" else "VOLUME", form, repeated(form)), case)  # fmt: skip
        yield Sample(f"{form}_IDENTIFIERS_NO_DUPLICATES_ACROSS_DMDSECS", "uuid", in_main(
            identified("CHAP_0001", "DC", ("x", "1")), identified("PICT_0001", "DC", ("x", "1")),
            identified("CHAP_0001", "MODS", ("x", "1")), identified("PICT_0001", "MODS", ("x", "1"))), "monograph",
            also={f"{other}_IDENTIFIERS_NO_DUPLICATES_ACROSS_DMDSECS": _BOTH},
        )  # fmt: skip
        for family, levels in identifiers.LEVELS.items():
            for level, (mandatory, prohibited) in levels.items():
                yield from _of_level(form, family, level, mandatory.split(), prohibited.split())


def _of_level(form: str, family: Family, level: str, mandatory: list[str], prohibited: list[str]) -> Iterator[Sample]:
    case = CASES[family, level]
    also = _ONE_SIDE | (_ONLY_UUID if (form, level) == ("MODS", "PAGE") else {})
    for kind in mandatory:
        yield Sample(f"{form}_MANDATORY_IDENTIFIERS_PRESENT_LEVEL_{level}", kind,
            identifiers_of(level, form, lacking(form, kind)), case, also=also)  # fmt: skip
    for kind in prohibited:
        value = _NEW.get(kind, "999")
        yield Sample(f"{form}_PROHIBITED_IDENTIFIERS_NOT_PRESENT_LEVEL_{level}", kind,
            identifiers_of(level, form, having(form, kind, value)), case, also=also)  # fmt: skip


SAMPLES = (*_layout(), *_documents(), *_identifiers())
