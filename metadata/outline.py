"""The structure of a volume as a file that people write by hand: its divisions within each other, in TOML or JSON.

A division is a table `[[part]]`, one inside it `[[part.part]]`, and so on; in JSON a list "part". Its pages are given
by what is printed on them (`pages = "7–12"`, `pages = "xii"`) or by their order (`first = 9`, `last = 14`). Everything
but its kind and its pages may be missing. Orders count from 1. Above them may stand an issue's `number` and `date`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import PurePosixPath
from typing import Any

from metadata.bad_list import BadList, read_json, read_text
from metadata.description import Name, NameKind, VolumeKind
from metadata.elements import clean, line
from metadata.language import languages
from metadata.model import BlockLink, Division, DivisionKind, Page, Source, VolumeId, new_division_id, volume_id
from metadata.ndk.levels import FOREIGN
from metadata.toml_text import read_toml

KEY = "part"
HEAD = ("number", "date")
"""What names an issue or a supplement, at the top of its structure."""
DEEPEST = 20

_TEXTS = {"title": "title", "subtitle": "subtitle", "number": "part_number", "genre": "genre"}
_KEYS = ("kind", *_TEXTS, "authors", "languages", "pages", "first", "last", "id", "blocks", KEY)
_PASSED_OVER = frozenset({"batch", "volume", "folder", "source", "unplaced", *(f"{key}_source" for key in HEAD)})
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_BLOCK_KEYS = frozenset({"page", "block", "role"})
_CZECH_KINDS = {
    "kapitola": DivisionKind.CHAPTER, "článek": DivisionKind.ARTICLE, "obrázek": DivisionKind.PICTURE,
    "příloha": DivisionKind.SUPPLEMENT,
}  # fmt: skip
_LONGEST_RANGE = 200
_DASH = re.compile(r" ?[-\u2013\u2014] ?")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile(r'[\x00-\x1f\x7f"\\]')
_HEADER = """\
# Struktura svazku. Část = [[part]], část uvnitř části = [[part.part]], ještě hlouběji [[part.part.part]].
#   kind      druh: {kinds}
#   pages     strany podle čísel na nich vytištěných: "7–12", "xii", "[3]"
#   first, last   strany podle pořadí ve svazku od 1 (místo pages; last může chybět)
#   title, subtitle, number, authors, languages, genre   název, podnázev, číslo, autoři, jazyky (ces), žánr
#   id, blocks    identifikátor části a bloky textu (ALTO); nechte je, jak jsou, nebo je vynechte
# Structure of the volume. A division is [[part]], one inside it [[part.part]], and so on. Pages are given by printed
# number (pages) or by order in the volume (first, last). Leave id and blocks as they are, or leave them out.
"""
_HEAD_HEADER = """\
# number, date: číslo a datum vydání ("37", "1919-05-14" nebo jak je vytištěno); bez řádku platí dál, co platilo.
# number and date of the issue (ISO 8601, or as printed); without its line each stays what it was; "" is none.
"""


@dataclass(frozen=True, slots=True)
class Structure:
    """What a file says of a volume's structure; `number` and `date` are an issue's, None where it does not say them."""

    divisions: tuple[Division, ...]
    number: str | None = None
    date: str | None = None


def write_outline(
    divisions: Sequence[Division], pages: Sequence[Page], *, number: str | None = None, date: str | None = None
) -> bytes:
    """The structure as TOML with comments; printed numbers where they say unmistakably which of `pages` are meant.

    `number` and `date` are those of an issue or a supplement, empty where not known; None for all other volumes.
    """
    header = _HEADER.format(kinds=", ".join(DivisionKind))
    if number is not None or date is not None:
        header += _HEAD_HEADER + _head_line("number", number or "") + _head_line("date", date or "")
    known = _Pages(pages)
    return (header + "".join(_tables(tuple(divisions), known, KEY))).encode()


def plain_outline(divisions: Sequence[Division], pages: Sequence[Page]) -> list[dict[str, Any]]:
    """The structure as lists, tables and texts: what `read_outline` reads of JSON under the key "part"."""
    known = _Pages(pages)
    return [_plain(each, known) | _below(plain_outline(each.children, pages)) for each in divisions]


def read_outline(
    content: bytes, name: str, pages: Sequence[Page], volume: VolumeId, *, kind: VolumeKind | None = None
) -> tuple[Division, ...]:
    """The divisions that a delivery gives in the file `name`, as in `read_structure`; what else it says is refused."""
    table = _read_table(content, name, ())
    return _Reader(name, _Pages(pages), volume, kind, Source.GIVEN).divisions(table.get(KEY, []), "")


def read_structure(
    content: bytes, name: str, pages: Sequence[Page], volume: VolumeId, *, kind: VolumeKind, source: Source
) -> Structure:
    """What the file `name` says: JSON when it is called so or begins as JSON does, else TOML.

    Args:
        content: the file.
        name: the file's name.
        pages: the volume's, by order.
        volume: within which a division gets its identifier, if it brings none.
        kind: the volume's; what the standard does not have within it is refused.
        source: who says it.

    Raises:
        BadList: it is neither, or says something that no structure can say; with the path of the division.
    """
    table = _read_table(content, name, HEAD if kind.periodical else ())
    reader = _Reader(name, _Pages(pages), volume, kind, source)
    number, date = (reader.head(table, key) for key in HEAD)
    return Structure(reader.divisions(table.get(KEY, []), ""), number, date)


def _read_table(content: bytes, name: str, head: tuple[str, ...]) -> dict[str, Any]:
    """The file as one table, which has no keys but the divisions and those of `head`."""
    text = read_text(content, name)
    is_json = PurePosixPath(name).suffix.lower() == ".json" or text.lstrip()[:1] == "{"
    value = read_json(text, name) if is_json else _toml(text, name)
    table = value if isinstance(value, dict) else {KEY: value}
    wrong = next((key for key in table if key not in (*head, KEY, *_PASSED_OVER)), None)
    if wrong is not None:
        reason = "no_issue" if wrong in HEAD else "key"
        raise BadList(name, 0, reason, column=_line(wrong), allowed=", ".join((*head, KEY)))
    return table


def _head_line(key: str, value: str) -> str:
    text = _line(value)
    return f"{'' if text else '# '}{key} = {_toml_value(text)}\n"


class _Pages:
    """Which pages a volume has, and which printed number means which."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.orders = frozenset(page.order for page in pages)
        self.labelled: dict[str, list[int]] = {}
        self.labels = {page.order: _line(page.label) for page in pages}
        for page in pages:
            if label := _line(page.label):
                self.labelled.setdefault(label, []).append(page.order)

    def readings(self, text: str) -> list[tuple[str, str]]:
        """How "7–12" can be meant, the first and the last number: as one number if there is one like it, or as two."""
        if text in self.labelled:
            return [(text, text)]
        if len(text) > _LONGEST_RANGE:
            return []
        cuts = ((text[: dash.start()], text[dash.end() :]) for dash in _DASH.finditer(text))
        return [(first, last) for first, last in cuts if first in self.labelled and last in self.labelled]

    def spelled(self, first: int, last: int) -> str:
        """The pages by their printed numbers; empty where those do not say it, or could mean something else."""
        start, end = self.labels.get(first, ""), self.labels.get(last, "")
        text = start if first == last else f"{start}–{end}"
        meant = [self.labelled[start], self.labelled[end]] if start and end else []
        return text if meant == [[first], [last]] and self.readings(text) == [(start, end)] else ""


class _Reader:
    """Makes divisions of tables, and knows which identifiers are taken."""

    def __init__(self, name: str, pages: _Pages, volume: VolumeId, kind: VolumeKind | None, source: Source) -> None:
        self.name, self.pages, self.volume, self.source = name, pages, volume, source
        foreign = {FOREIGN[kind.periodical]} if kind else set()
        self.kinds = tuple(each for each in DivisionKind if each not in foreign)
        self.taken: dict[str, str] = {}
        self.places: Counter[str] = Counter()

    def head(self, table: Mapping[str, object], key: str) -> str | None:
        """The issue's number or date; None where the file does not say it."""
        if key not in table:
            return None
        value = table[key]
        # TOML has dates of its own, which people write without quotes.
        text = self._text(str(value) if type(value) is dt.date else value, key)
        try:
            return dt.date.fromisoformat(text).isoformat() if _ISO_DAY.fullmatch(text) else text
        except ValueError:
            raise BadList(self.name, key, "day", value=text) from None

    def divisions(self, value: object, above: str) -> tuple[Division, ...]:
        """The divisions of a list of tables; `above` is the path of the division that they are in."""
        if above.count(".") >= DEEPEST:
            raise BadList(self.name, above.removesuffix("."), "deep", most=DEEPEST)
        if not isinstance(value, list):
            raise BadList(self.name, f"{above}{KEY}", "divisions")
        return tuple(self._division(table, f"{above}{KEY}[{n}]") for n, table in enumerate(value, start=1))

    def _division(self, table: object, path: str) -> Division:
        if not isinstance(table, dict):
            raise BadList(self.name, path, "no_table", column="kind")
        wrong = next((key for key in table if key not in _KEYS), None)
        if wrong is not None:
            raise BadList(self.name, path, "key", column=_line(wrong), allowed=", ".join(_KEYS))
        kind = self._kind(table.get("kind"), f"{path}.kind")
        first, last = self._range(table, path)
        texts = {field: self._text(table.get(key, ""), f"{path}.{key}") for key, field in _TEXTS.items()}
        return Division(
            self._identifier(
                table.get("id", ""), f"{kind} {first}-{last} {texts['part_number']} {texts['title']}", path
            ),
            kind,
            first,
            last,
            names=tuple(self._name(entry, f"{path}.authors") for entry in _listed(table.get("authors", []))),
            languages=self._languages(table.get("languages", []), f"{path}.languages"),
            blocks=tuple(self._block(entry, f"{path}.blocks") for entry in _listed(table.get("blocks", []))),
            children=self.divisions(table.get(KEY, []), f"{path}."),
            source=self.source,
            **texts,
        )

    def _kind(self, value: object, path: str) -> DivisionKind:
        text = str(value).casefold()
        kind = _CZECH_KINDS.get(text) or next((each for each in DivisionKind if each == text), None)
        if kind not in self.kinds:
            shown = "" if value is None else _shown(value)
            raise BadList(self.name, path, "kind", value=shown, allowed=", ".join(self.kinds))
        return kind

    def _text(self, value: object, path: str) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int) or _shown(value) == "…":
            raise BadList(self.name, path, "text", column=path.rpartition(".")[2], value=_shown(value))
        return _line(str(value))

    def _identifier(self, value: object, place: str, path: str) -> str:
        if value:
            try:
                own = str(volume_id(self._text(value, f"{path}.id")))
            except BadList:
                raise
            except ValueError:
                raise BadList(self.name, f"{path}.id", "identifier", value=_shown(value)) from None
        else:
            self.places[place] += 1
            again = f" {self.places[place]}" if self.places[place] > 1 else ""
            own = new_division_id(self.volume, place + again)
        other = self.taken.setdefault(own, path)
        if other != path:
            raise BadList(self.name, f"{path}.id", "identifier_twice", value=own, other=other)
        return own

    def _range(self, table: Mapping[str, object], path: str) -> tuple[int, int]:
        by_order = "first" in table or "last" in table
        if by_order == ("pages" in table):
            raise BadList(self.name, path, "both_pages" if by_order else "no_pages")
        if by_order:
            first = self._order(table.get("first"), f"{path}.first")
            last = self._order(table["last"], f"{path}.last") if "last" in table else first
        else:
            first, last = self._printed(self._text(table["pages"], f"{path}.pages"), f"{path}.pages")
        if last < first:
            raise BadList(self.name, path, "backwards", first=first, last=last)
        return first, last

    def _order(self, value: object, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadList(self.name, path, "number", column=path.rpartition(".")[2], value=_shown(value))
        if value not in self.pages.orders:
            raise BadList(self.name, path, "no_order", value=value, count=len(self.pages.orders))
        return value

    def _printed(self, text: str, path: str) -> tuple[int, int]:
        """The orders of the pages by their printed numbers."""
        readings = self.pages.readings(text)
        if len(readings) != 1:
            raise BadList(self.name, path, "no_label", value=_shown(text))
        found = []
        for label in readings[0]:
            orders = self.pages.labelled[label]
            if len(orders) > 1:
                raise BadList(self.name, path, "labels", value=label, orders=", ".join(map(str, orders[:9])))
            found.append(orders[0])
        return found[0], found[1]

    def _name(self, value: object, path: str) -> Name:
        if isinstance(value, str):
            return Name(_line(value), roles=("aut",))
        known = {field.name for field in fields(Name)}
        if not isinstance(value, dict) or "text" not in value:
            raise BadList(self.name, path, "no_table", column="text")
        wrong = next((key for key in value if key not in known), None)
        if wrong is not None:
            raise BadList(self.name, path, "key", column=_line(wrong), allowed=", ".join(sorted(known)))
        told: dict[str, Any] = {
            key: self._text(text, f"{path}.{key}") for key, text in value.items() if key not in ("roles", "primary")
        }
        if "kind" in told:
            if told["kind"] not in [*NameKind]:
                raise BadList(self.name, f"{path}.kind", "kind", value=told["kind"], allowed=", ".join(NameKind))
            told["kind"] = NameKind(told["kind"])
        roles = _listed(value.get("roles", []))
        return Name(
            **told,
            roles=tuple(self._text(role, f"{path}.roles") for role in roles),
            primary=value.get("primary") is True,
        )

    def _languages(self, value: object, path: str) -> tuple[str, ...]:
        codes = [self._text(entry, path) for entry in _listed(value)]
        try:
            return languages("+".join(codes)) if codes else ()
        except ValueError:
            raise BadList(self.name, path, "language", value=_shown(value)) from None

    def _block(self, value: object, path: str) -> BlockLink:
        if not isinstance(value, dict) or not {"page", "block"} <= set(value) <= _BLOCK_KEYS:
            raise BadList(self.name, path, "block")
        page = self._order(value["page"], f"{path}.page")
        block, role = (self._text(value.get(key, "NORMAL_TEXT"), f"{path}.{key}") for key in ("block", "role"))
        return BlockLink(page, block, role)


def _toml(text: str, name: str) -> object:
    try:
        return read_toml(text)
    except ValueError as error:
        raise BadList(name, 0, "toml", why=str(error)[:200]) from None


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _plain(division: Division, pages: _Pages) -> dict[str, Any]:
    """A division's table, without those inside it; what is empty is left out."""
    spelled = pages.spelled(division.first, division.last)
    texts = {key: _line(str(getattr(division, field))) for key, field in _TEXTS.items()}
    table = {
        "kind": division.kind.value,
        **texts,
        "authors": [_plain_name(name) for name in division.names],
        "languages": list(division.languages),
        **({"pages": spelled} if spelled else {"first": division.first, "last": division.last}),
        "id": division.id,
        "blocks": [
            {"page": link.page, "block": _line(link.block), "role": _line(link.role)} for link in division.blocks
        ],
    }
    return {key: value for key, value in table.items() if value not in ("", [])}


def _below(children: list[dict[str, Any]]) -> dict[str, Any]:
    return {KEY: children} if children else {}


def _plain_name(name: Name) -> str | dict[str, Any]:
    if name == Name(name.text, roles=("aut",)):
        return _line(name.text)
    usual = Name("")
    told = {field.name: getattr(name, field.name) for field in fields(Name)}
    given = {key: value for key, value in told.items() if key == "text" or value != getattr(usual, key)}
    return {key: _line(str(value)) if isinstance(value, str) else value for key, value in given.items()}


def _tables(divisions: tuple[Division, ...], pages: _Pages, path: str) -> Iterator[str]:
    for division in divisions:
        yield f"\n[[{path}]]\n"
        yield from (f"{key} = {_toml_value(value)}\n" for key, value in _plain(division, pages).items())
        yield from _tables(division.children, pages, f"{path}.{KEY}")


def _toml_value(value: object) -> str:
    """`value` in TOML 1.0: texts are basic strings, tables inline."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_toml_key(key)} = {_toml_value(entry)}" for key, entry in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml_value, value))}]"
    return '"' + _ESCAPED.sub(_escape, str(value)) + '"'


def _escape(sign: re.Match[str]) -> str:
    return f"\\{sign[0]}" if sign[0] in '"\\' else f"\\u{ord(sign[0]):04x}"


def _toml_key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _toml_value(key)


def _line(text: str) -> str:
    return clean(line(text))


def _shown(value: object) -> str:
    try:
        return _line(str(value))[:100]
    except ValueError:  # Python does not write numbers of thousands of digits
        return "…"
