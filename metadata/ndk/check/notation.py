"""The notation of metadata profiles: profiles/*.profile read into trees of lines, with everything shared written out.

A file is made of headings at the margin and of lines under them, each level indented by two blanks:

    prefix mods http://…          a namespace; names without a prefix belong to the first one of the file
    dmf monograph                 what follows is only of this family of the standard (`both` ends that)
    content year = /[0-9]{4}/     a content with a name, known in all files (content.py says what stands behind =)
    fragment place                lines that are shared, known in this file: `use place` puts them in
    profile mods/a mods/b         a profile, under one or more names; `like mods/c`: mods/c, but for what is said here

    title + <text>                an element and what its text must be (nothing said: anything at all)
    identifier[@type='uuid'] 1    … only where it is so: an XPath predicate
    @ID 1 <text>                  an attribute of the element above
    @* and *                      other attributes, other elements are welcome
    at least one mods:namePart    the XPath must find something (at most one …: no two things)
    - title                       in a profile that is `like` another: this line of the other does not hold

`1` must be there once, `+` must be there, `?` may be there once, `*` may be there. Of several lines for one element
name the one that asks for a value is tried first, then one that asks whether something is there, then the plain one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

FAMILIES = ("monograph", "periodical")

_ENTRY = re.compile(r"(?P<key>@?[\w.:]+(?:\[.*?\])?) (?P<mark>[1?+*])(?: (?P<content>.+))?")
_RULE = re.compile(r"at (?:least|most) one .+")
_OPEN = ("*", "@*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and those under it by key: `prefix:name[predicate]`, `@name`, `*`, `@*`, `at least one …`."""

    key: str
    mark: str = ""
    content: str = ""
    inner: dict[str, Line] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notation:
    """What all files say to one family: namespaces by prefix, contents by name, the root line of each profile."""

    prefixes: dict[str, str] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    profiles: dict[str, Line] = field(default_factory=dict)


@cache
def notation(family: str) -> Notation:
    """Everything that profiles/*.profile says to `family`, one of FAMILIES.

    Raises:
        ValueError: a line that the notation does not know, or a name that is not there.
    """
    known = Notation()
    folder = files(__package__).joinpath("profiles")
    for each in sorted(folder.iterdir(), key=lambda file: file.name):
        if each.name.endswith(".profile"):
            add_notation(known, each.read_text(encoding="utf-8"), family)
    return known


def add_notation(known: Notation, text: str, family: str) -> None:
    """Add to `known` what the text of one file says to `family`.

    Raises:
        ValueError: a line that the notation does not know, or a name that is not there.
    """
    fragments: dict[str, dict[str, Line]] = {}
    default, scope = "", "both"
    for heading, lines in _blocks(text):
        word, _, rest = heading.partition(" ")
        if word == "dmf":
            scope = rest
        elif scope not in ("both", family):
            continue
        elif word == "prefix":
            prefix, uri = rest.split()
            known.prefixes[prefix] = uri
            default = default or prefix
        elif word == "content":
            name, content = rest.split(" = ", 1)
            known.contents[name] = content
        elif word == "fragment":
            fragments[rest] = _tree(lines, fragments, default)
        elif word == "profile":
            _add_profile(known, rest, _tree(lines, fragments, default))
        else:
            raise ValueError(f"no heading: {heading!r}")


def _add_profile(known: Notation, heading: str, tree: dict[str, Line]) -> None:
    names, _, parent = heading.partition(" like ")
    if parent:
        if parent not in known.profiles:
            raise ValueError(f"{names} is like {parent}, which is not there")
        first = known.profiles[parent]
        tree = _merged({first.key: first}, tree)
    if len(tree) != 1:
        raise ValueError(f"{names} has {len(tree)} root elements")
    (root,) = tree.values()
    known.profiles.update(dict.fromkeys(names.split(), root))


def _blocks(text: str) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Each heading with its lines: how deep, and what is said."""
    heading, lines = "", list[tuple[int, str]]()
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        blanks = len(raw) - len(raw.lstrip())
        if not line or line.startswith("#"):
            continue
        if blanks % 2 or blanks // 2 > (lines[-1][0] + 1 if lines else 1):
            raise ValueError(f"line {number} is indented by {blanks}: {line!r}")
        if blanks:
            lines.append((blanks // 2, line))
            continue
        if heading:
            yield heading, lines
        heading, lines = line, []
    if heading:
        yield heading, lines


def _tree(lines: list[tuple[int, str]], fragments: dict[str, dict[str, Line]], default: str) -> dict[str, Line]:
    """The lines under one heading as a tree."""
    top: dict[str, Line] = {}
    levels = [top]
    for depth, said in lines:
        del levels[depth:]
        here = levels[depth - 1]
        if said.startswith("use "):
            if said[4:] not in fragments:
                raise ValueError(f"no fragment {said[4:]!r}")
            here.update(_merged({}, fragments[said[4:]]))
            levels.append({})
            continue
        line = _line(said, default)
        if line.key in here:
            raise ValueError(f"said twice: {said!r}")
        here[line.key] = line
        levels.append(line.inner)
    return top


def _line(said: str, default: str) -> Line:
    if said in _OPEN or _RULE.fullmatch(said):
        return Line(said)
    if said.startswith("- "):
        return Line("- " + (said[2:] if said[2:] in _OPEN or _RULE.fullmatch(said[2:]) else _full(said[2:], default)))
    found = _ENTRY.fullmatch(said)
    if found is None:
        raise ValueError(f"not in the notation: {said!r}")
    return Line(_full(found["key"], default), found["mark"], found["content"] or "")


def _full(key: str, default: str) -> str:
    """The key with the prefix of its element's name."""
    name = key.partition("[")[0]
    return key if name.startswith("@") or ":" in name else f"{default}:{key}"


def _merged(first: dict[str, Line], changes: dict[str, Line]) -> dict[str, Line]:
    """`first` as `changes` want it; neither is touched."""
    result = dict(first)
    for key, line in changes.items():
        if not key.startswith("- "):
            before = result[key].inner if key in result else {}
            result[key] = Line(key, line.mark, line.content, _merged(before, line.inner))
        elif result.pop(key[2:], None) is None:
            raise ValueError(f"nothing to leave out: {key!r}")
    return result
