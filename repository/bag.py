"""BagIt 1.0 bags (RFC 8493) with SHA-512: written from digests already taken, judged as a stranger's would be.

Paths are relative to the bag everywhere, with forward slashes: ``data/...`` for payload.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import bagit

from metadata.file import Digests, FileRef, place_bytes
from metadata.finding import Finding
from metadata.wording import wording
from repository.bag_rules import Judgement, judge
from repository.verify import MANIFEST, TAG_MANIFEST, parse_manifest

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
INFO = "bag-info.txt"
PROVENANCE = "provenance"
"""The folder of a bag's payload that is ours; any other one is a package."""

_ESCAPES = {"\r": "%0D", "\n": "%0A", "%": "%25"}
_UNESCAPES = {escape: character for character, escape in _ESCAPES.items()}
_TAG_MANIFEST_NAME = re.compile(r"tagmanifest-[a-z0-9]+\.txt")
# bagit warns on stderr about what it also raises; we give back what it raises.
logging.getLogger("bagit").addHandler(logging.NullHandler())


def package_folders(paths: Iterable[str]) -> set[str]:
    """The folders below ``data/`` that hold packages, by the `paths` that a bag's manifest lists."""
    return {path.split("/")[1] for path in paths if path.count("/") > 1} - {PROVENANCE}


def write_bag(
    folder: Path,
    payload: Mapping[str, FileRef | Digests],
    info: Mapping[str, str],
    *,
    durable: bool = True,
) -> None:
    """Make a bag of `folder`, whose payload lies below ``data/`` already: write its four tag files.

    `payload` names every file below ``data/`` (keys begin with it) with size and SHA-512 as taken when it was made; no
    payload is read. `info` becomes bag-info.txt; Payload-Oxum and Bag-Size are computed, empty values are left out,
    white space in values becomes single blanks. Equal arguments give equal bytes.

    Raises:
        ValueError: a path or label would not survive in a bag.
        OSError: the disk refuses.
    """
    size = sum(file.size for file in payload.values())
    computed = {"Bag-Size": _human(size), "Payload-Oxum": f"{size}.{len(payload)}"}  # RFC 8493 2.2.2
    tags = {
        "bagit.txt": DECLARATION,
        INFO: info_bytes({**info, **computed}),
        MANIFEST: manifest_bytes({path: file.sha512 for path, file in payload.items()}),
    }
    astray = [path for path in payload if not path.startswith("data/")]
    if astray:
        raise ValueError(f"{astray[0]!r} is no payload: it does not lie in data/")
    tags[TAG_MANIFEST] = manifest_bytes({name: hashlib.sha512(content).hexdigest() for name, content in tags.items()})
    for name, content in tags.items():
        place_bytes(folder / name, content, durable=durable)


def manifest_bytes(digests: Mapping[str, str]) -> bytes:
    """Path -> SHA-512 as a manifest (RFC 8493 2.1.3), sorted; `repository.verify.parse_manifest` reads it back.

    Raises:
        ValueError: a path is absolute, leads upwards, is not in NFC, or bag tools would read another one.
    """
    return "".join(f"{digests[path]}  {_escaped(path)}\n" for path in sorted(digests)).encode()


def info_bytes(info: Mapping[str, str]) -> bytes:
    """Labels and values as bag-info.txt (RFC 8493 2.2.2), sorted; `parse_info` reads it back.

    Raises:
        ValueError: a label has a colon, a control character or white space at its ends.
    """
    wrong = [label for label in info if ":" in label or label != " ".join(label.split()) or not label.isprintable()]
    if wrong or "" in info:
        raise ValueError(f"{(wrong or [''])[0]!r} is no label for bag-info.txt")
    values = {label: " ".join(value.split()) for label, value in info.items()}
    return "".join(f"{label}: {values[label]}\n" for label in sorted(values) if values[label]).encode()


def parse_info(content: bytes) -> dict[str, str]:
    """Labels and values of a bag-info.txt or bagit.txt: folded lines joined, repeated labels joined by "; ".

    Raises:
        ValueError: a line has no label, or it is not UTF-8.
    """
    info: dict[str, str] = {}
    unfolded = re.sub(r"(\r\n|\n|\r)[ \t]+", " ", content.decode())
    for line in re.split(r"\r\n|\n|\r", unfolded):
        label, colon, value = line.partition(":")
        if not line.strip():
            continue
        if not colon:
            raise ValueError(f"{line[:200]!r} has no label")
        earlier = info.get(label.strip())
        info[label.strip()] = value.strip() if earlier is None else f"{earlier}; {value.strip()}"
    return info


def bag_info(folder: Path) -> dict[str, str]:
    """What bag-info.txt of the bag `folder` says.

    Raises:
        OSError: it cannot be read.
        ValueError: it is none.
    """
    return parse_info((folder / INFO).read_bytes())


def payload_manifest(folder: Path) -> dict[str, str]:
    """Path (``data/...``) -> SHA-512 of every payload file of the bag `folder`.

    Raises:
        OSError: the manifest cannot be read.
        ValueError: it is none.
    """
    return parse_manifest((folder / MANIFEST).read_bytes())


def tag_manifest(folder: Path) -> dict[str, str]:
    """Path -> SHA-512 of every tag file of the bag `folder` but the tag manifest itself.

    Raises:
        OSError: the tag manifest cannot be read.
        ValueError: it is none.
    """
    return parse_manifest((folder / TAG_MANIFEST).read_bytes())


def identity(folder: Path) -> dict[str, str]:
    """SHA-512 of manifest and tag manifest of the bag `folder`: with these, every byte of it is fixed.

    Raises:
        OSError: one cannot be read.
    """
    return {name: hashlib.sha512((folder / name).read_bytes()).hexdigest() for name in (MANIFEST, TAG_MANIFEST)}


def judged(folder: Path, *, contents: bool = True) -> Judgement:
    """Judge the bag `folder` by the rules of its own BagIt version, as a stranger's; without `contents` no digests."""
    return judge(folder, walk(folder), contents=contents)


def problems(folder: Path, *, contents: bool = True) -> tuple[str, ...]:
    """All that is wrong with the bag `folder`, in the reader's language; nothing when the store can take it.

    Our own rules judge it, and when they find nothing the bagit library does, as a second opinion on completeness; then
    what only a store asks: every file beside ``data/`` in a tag manifest, names in NFC, no links. Without `contents` no
    payload is read (whoever copies it compares the digests).
    """
    found = list(walk(folder))
    odd = tuple(_say("not_regular", path=path) for path, regular in found if not regular)
    if odd:  # the library would follow a link and wait for ever at a pipe
        return odd
    wrong = [_worded(each) for each in judge(folder, found, contents=contents).findings if each.stops]
    listed: set[str] = set()
    if not wrong:
        wrong = list(_library(folder, listed))
    return tuple(wrong + list(_overlooked([path for path, _ in found], listed) if listed else []))


def _worded(found: Finding) -> str:
    """A finding of the rules as the store says it."""
    key = {"S063": "missing", "S064": "mismatch", "S065": "unexpected"}.get(found.code)
    return _say(key, path=found.subject) if key else found.text().rstrip(".")


def _library(folder: Path, listed: set[str]) -> Iterator[str]:
    """What the bagit library finds, contents apart; `listed` gains every path in any manifest or tag manifest."""
    try:
        bag = bagit.Bag(str(folder))
        # bagit leaves %25 as it is and stops decoding after two line ends (RFC 8493 2.1.3).
        bag.entries = {_unescaped(path): digests for path, digests in bag.entries.items()}
        bag.normalized_manifest_names = {unicodedata.normalize("NFC", path): path for path in bag.entries}
        listed.update(bag.entries)
        bag.validate(processes=1, completeness_only=True)
    except bagit.BagValidationError as error:
        yield from (_say("other", why=str(detail)) for detail in error.details)
        if not error.details:
            yield _say("other", why=str(error))
    except (bagit.BagError, OSError, ValueError) as error:
        yield _say("other", why=str(error))


def _overlooked(found: Iterable[str], listed: set[str]) -> Iterator[str]:
    """What the bagit library does not report."""
    for path in found:
        if not path.startswith("data/") and path not in listed and not _TAG_MANIFEST_NAME.fullmatch(path):
            yield _say("unlisted", path=path)
        if not unicodedata.is_normalized("NFC", path):
            yield _say("not_nfc", path=path)


def walk(folder: Path) -> Iterator[tuple[str, bool]]:
    """Every name below `folder` that is no folder, relative and sorted by folder, and whether it is a regular file."""
    for top, folders, files in os.walk(folder):
        folders.sort()
        links = [name for name in folders if (Path(top) / name).is_symlink()]
        for name in sorted(files + links):
            path = Path(top) / name
            yield path.relative_to(folder).as_posix(), path.is_file() and not path.is_symlink()


def _escaped(path: str) -> str:
    """A path as it stands in a manifest, if every bag tool reads the same path there."""
    escaped = "".join(_ESCAPES.get(character, character) for character in path)
    sound = (
        unicodedata.is_normalized("NFC", path)
        and not {"", ".", ".."} & set(path.split("/"))
        and escaped == escaped.strip()
        and not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in escaped)
    )
    if not sound:
        raise ValueError(f"{path!r} is no name for a file in a bag")
    return escaped


def _unescaped(path: str) -> str:
    return re.sub("%0D|%0A|%25", lambda found: _UNESCAPES[found.group().upper()], path, flags=re.IGNORECASE)


def _human(size: int) -> str:
    """Bytes as people say them: 1.5 GB (RFC 8493 2.2.2, Bag-Size)."""
    for power, unit in ((9, "GB"), (6, "MB"), (3, "KB")):
        if size >= 10**power:
            return f"{size / 10**power:.1f} {unit}"
    return f"{size} B"


def _say(key: str, *, path: str = "", why: str = "") -> str:
    return wording("repository", "bag.toml").say(key, path=path, why=why)
