"""Bags as strangers make them: sound, odd and wrong ones, of every BagIt version; each case says what must come of it.

The names of cases follow what public conformance suites cover; every byte is made here.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

VERSIONS = ("0.93", "0.94", "0.95", "0.96", "0.97", "1.0")
NFC = unicodedata.normalize("NFC", "data/Příloha.txt")
NFD = unicodedata.normalize("NFD", NFC)
FILES: Mapping[str, bytes] = {"data/a.txt": b"alpha", "data/sub/b c.txt": b"beta"}


@dataclass(slots=True)
class Stranger:
    """A bag to be written: every part can be bent before it is."""

    version: str = "1.0"
    encoding: str = "UTF-8"
    algorithms: tuple[str, ...] = ("sha512",)
    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    info: str | None = "Contact-Name: Jana\n"
    fetch: str | None = None
    declaration: bytes | None = None
    lines: Callable[[str, str], str] = "{1}  {0}\n".format
    """Path and digest -> a line of a payload manifest."""
    more: str = ""
    """What follows in every payload manifest."""
    tags: bool = True
    bend: Callable[[Path], None] = lambda folder: None
    """Done to the folder at the end."""

    @property
    def info_name(self) -> str:
        """Up to 0.95 the file was called package-info.txt."""
        return "package-info.txt" if self.version in ("0.93", "0.94", "0.95") else "bag-info.txt"

    def write(self, folder: Path) -> Path:
        """Write the bag into the new folder `folder`."""
        (folder / "data").mkdir(parents=True)
        for path, content in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        declared = f"BagIt-Version: {self.version}\nTag-File-Character-Encoding: {self.encoding}\n".encode()
        written = {"bagit.txt": declared if self.declaration is None else self.declaration}
        if self.info is not None:
            written[self.info_name] = self.info.encode(self.encoding)
        if self.fetch is not None:
            written["fetch.txt"] = self.fetch.encode(self.encoding)
        for name in self.algorithms:
            lines = (self.lines(path, digest(content, name)) for path, content in self.files.items())
            written[f"manifest-{name}.txt"] = ("".join(lines) + self.more).encode(self.encoding)
        if self.tags:
            for name in self.algorithms:
                lines = (f"{digest(content, name)}  {path}\n" for path, content in sorted(written.items()))
                (folder / f"tagmanifest-{name}.txt").write_bytes("".join(lines).encode(self.encoding))
        for path, content in written.items():
            (folder / path).write_bytes(content)
        self.bend(folder)
        return folder


def digest(content: bytes, algorithm: str) -> str:
    """Hex digest."""
    return hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()


def oxum(size: int, count: int) -> str:
    """A bag-info.txt that states the payload."""
    return f"Payload-Oxum: {size}.{count}\n"


def declared(*lines: str) -> bytes:
    """A bagit.txt."""
    return "".join(f"{line}\n" for line in lines).encode()


_TAGS = "Tag-File-Character-Encoding: UTF-8"
_X = digest(b"x", "sha512")
SOUND: Mapping[str, Stranger] = {
    **{f"basic-{version}": Stranger(version) for version in VERSIONS},
    **{f"no-tag-manifest-{version}": Stranger(version, tags=False, info=None) for version in VERSIONS},
    **{
        f"{name}-{version}": Stranger(version, algorithms=(name,))
        for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
        for version in ("0.97", "1.0")
    },
    "two-algorithms": Stranger(algorithms=("md5", "sha256")),
    "utf-16-tags": Stranger("0.97", encoding="UTF-16BE"),
    "utf-16-with-mark": Stranger("0.97", encoding="UTF-16"),
    "latin-tags": Stranger("0.97", encoding="ISO-8859-1", files={"data/café.txt": b"x"}, info="Contact-Name: René\n"),
    "repeated-labels": Stranger(info="Contact-Name: Jana\nContact-Name: Petr\n"),
    "separators": Stranger("0.97", info="Contact-Name:Jana\nContact-Phone \t:  123\nNote: a\n\tb\n  c\n"),
    "oxum": Stranger(info=oxum(9, 2)),
    "bag-in-a-bag": Stranger(files={"data/bagit.txt": b"?", "data/manifest-md5.txt": b"nonsense", "data/data/x": b""}),
    "blanks-in-names": Stranger(files={"data/a  b.txt": b"x"}),
    "cr-line-ends": Stranger(lines="{1}  {0}\r".format, info="Contact-Name: Jana\r"),
    "crlf-line-ends": Stranger(lines="{1}  {0}\r\n".format, info="Contact-Name: Jana\r\n"),
    "tab-between": Stranger(lines="{1}\t{0}\n".format),
    "upper-case-digests": Stranger(lines=lambda path, value: f"{value.upper()}  {path}\n"),
    "blank-lines": Stranger(more="\n\n"),
    "escaped-line-end": Stranger(
        files={"data/a\nb": b"x", "data/50%25": b"y"},
        lines=lambda path, value: f"{value}  {path.replace('%', '%25').replace(chr(10), '%0A')}\n",
    ),
    "percent-as-it-is-0.97": Stranger("0.97", files={"data/50%25.txt": b"x", "data/%7Edir/y": b"y"}),
    "percent-as-urls-do-0.96": Stranger(
        "0.96", files={"data/~dir/x y.txt": b"x"}, lines=lambda _, value: f"{value} data/%7Edir/x%20y.txt\n"
    ),
    "fetched-already": Stranger(fetch="https://example.org/a.txt 5 data/a.txt\n"),
    "files-in-one-manifest-0.97": Stranger(
        "0.97",
        algorithms=("md5", "sha1"),
        bend=lambda folder: _drop(folder, "manifest-md5.txt", 1),
        tags=False,
        info=None,
    ),
    "emoji": Stranger(files={"data/📚🇨🇿.txt": b"x"}),
    "long-name": Stranger(files={"data/" + "ž" * 127 + "x": b"x"}),
    "nfc": Stranger(files={NFC: b"x"}),
    "nfd": Stranger(files={NFD: b"x"}),
    "tilde-within": Stranger(files={"data/~x/~": b"x"}),
}
ODD: Mapping[str, Stranger] = {
    "leading-dot": Stranger(lines="{1}  ./{0}\n".format),
    "stars": Stranger(lines="{1} *{0}\n".format),
    "stars-and-dots": Stranger("0.97", algorithms=("md5",), lines="{1} *./{0}\n".format),
    "dots-within-0.97": Stranger("0.97", lines=lambda path, value: f"{value}  data/x/../{path[5:]}\n"),
    "same-line-twice-0.97": Stranger("0.97", more=f"{digest(b'alpha', 'sha512')}  data/a.txt\n"),
    "another-form": Stranger(files={NFC: b"x"}, lines=lambda _, value: f"{value}  {NFD}\n"),
    "system-files": Stranger(files={"data/.DS_Store": b"x", "data/Thumbs.db": b"y"}),
    "empty": Stranger(files={}),
    "manifest-with-mark": Stranger(
        lines="{1}  {0}\n".format, encoding="UTF-8-SIG", declaration=declared("BagIt-Version: 1.0", _TAGS)
    ),
    "unknown-algorithm-beside": Stranger(bend=lambda folder: _put(folder / "manifest-whirl9.txt", b"1  data/a.txt\n")),
    "upper-case-algorithm": Stranger(
        tags=False, bend=lambda folder: _move(folder, "manifest-sha512.txt", "manifest-SHA-512.txt")
    ),
    "tag-file-in-no-manifest": Stranger(bend=lambda folder: _put(folder / "note.txt", b"?")),
    "percent-not-escaped": Stranger(files={"data/50%25": b"x"}),
    "blank-after-version": Stranger(declaration=declared("BagIt-Version: 1.0 ", _TAGS)),
    "more-lines-0.97": Stranger("0.97", declaration=declared("BagIt-Version: 0.97", _TAGS, "Note: x")),
    "fetched-other-length": Stranger(fetch="https://example.org/a.txt 6 data/a.txt\n"),
    "trailing-dot": Stranger(files={"data/a.": b"x"}),
    "trailing-blank": Stranger(files={"data/a ": b"x", "data/b /c": b"y"}),
    "windows-names": Stranger(files={"data/CON": b"x", "data/a:b": b"y", "data/back\\slash": b"z"}),
}
WRONG: Mapping[str, tuple[Stranger, str]] = {
    "no-declaration": (Stranger(bend=lambda folder: (folder / "bagit.txt").unlink()), "S060"),
    "mark-in-bagit": (Stranger(declaration=b"\xef\xbb\xbf" + declared("BagIt-Version: 1.0", _TAGS)), "S060"),
    "bagit-in-utf-16": (Stranger(declaration=declared("BagIt-Version: 1.0", _TAGS).decode().encode("utf-16")), "S060"),
    "bagit-in-no-utf-8": (Stranger(declaration=b"BagIt-Version: 1.0\nTag-File-Character-Encoding: \xff\n"), "S060"),
    "blank-before-colon-1.0": (Stranger(declaration=declared("BagIt-Version : 1.0", _TAGS)), "S060"),
    "blank-before-colon-0.97": (Stranger("0.97", declaration=declared("BagIt-Version : 0.97", _TAGS)), "S060"),
    "no-blank-after-colon": (Stranger(declaration=declared("BagIt-Version:1.0", _TAGS)), "S060"),
    "no-major-version": (Stranger(declaration=declared("BagIt-Version: .97", _TAGS)), "S060"),
    "unknown-version": (Stranger(declaration=declared("BagIt-Version: 2.0", _TAGS)), "S060"),
    "no-version": (Stranger(declaration=declared(_TAGS)), "S060"),
    "no-encoding": (Stranger(declaration=declared("BagIt-Version: 1.0")), "S060"),
    "swapped-lines": (Stranger(declaration=declared(_TAGS, "BagIt-Version: 1.0")), "S060"),
    "more-lines-1.0": (Stranger(declaration=declared("BagIt-Version: 1.0", _TAGS, "Note: x")), "S060"),
    "empty-declaration": (Stranger(declaration=b""), "S060"),
    "unknown-encoding": (Stranger(declaration=declared("BagIt-Version: 1.0", _TAGS[:-5] + "klingon")), "S060"),
    "encoding-that-runs-code": (Stranger(declaration=declared("BagIt-Version: 1.0", _TAGS[:-5] + "rot13")), "S060"),
    "no-data-folder": (Stranger(files={}, bend=lambda folder: (folder / "data").rmdir()), "S060"),
    "no-manifest": (Stranger(algorithms=()), "S061"),
    "tag-manifest-only": (Stranger(bend=lambda folder: (folder / "manifest-sha512.txt").unlink()), "S061"),
    "unknown-algorithm-only": (
        Stranger(tags=False, bend=lambda folder: _move(folder, "manifest-sha512.txt", "manifest-whirl9.txt")), "S061"),
    "nonsense-line": (Stranger(more="nonsense\n"), "S061"),
    "digest-of-another-length": (Stranger(more=f"{_X[:-2]}  data/a.txt\n"), "S061"),
    "manifest-in-another-encoding": (
        Stranger(tags=False, bend=lambda folder: _put(folder / "manifest-sha512.txt", b"\xff\xfe\xff")), "S061"),
    "listed-twice-same-1.0": (Stranger(more=f"{digest(b'alpha', 'sha512')}  data/a.txt\n"), "S061"),
    "listed-twice-differently-0.97": (Stranger("0.97", more=f"{_X}  data/a.txt\n"), "S061"),
    "listed-twice-differently-1.0": (Stranger(more=f"{_X}  data/a.txt\n"), "S061"),
    **{
        f"path-{name}-{version}": (Stranger(version, more=f"{_X}  {path}\n"), "S062")
        for version in ("0.97", "1.0")
        for name, path in {
            "upwards": "../../../README.md", "upwards-within": "data/../../x", "absolute": "/tmp/foo",
            "home": "~/foo", "somebody's-home": "~root/foo", "drive": "C:\\Windows\\System32\\setx.exe",
            "share": "\\\\?\\UNC\\server\\setx.exe", "variable": "%HomeDrive%\\Windows\\setx.exe",
            "tag-file": "bag-info.txt", "backslash": "data\\..\\..\\x", "url": "file:///etc/passwd",
        }.items()
    },
    **{
        f"fetch-path-{name}": (Stranger("0.97", fetch=f"https://example.org/x 1 {path}\n"), "S062")
        for name, path in {
            "upwards": "../../../README.md", "absolute": "/tmp/foo", "home": "~/foo", "somebody's-home": "~root/foo",
            "drive": "C:\\Windows\\setx.exe", "share": "\\\\?\\UNC\\server\\x", "tag-file": "bag-info.txt",
        }.items()
    },
    "tag-path-upwards": (
        Stranger(bend=lambda folder: _put(folder / "tagmanifest-sha512.txt", f"{_X}  ../x\n".encode())), "S062"),
    "dots-within-1.0": (Stranger(lines=lambda path, value: f"{value}  data/x/../{path[5:]}\n"), "S062"),
    "missing-payload": (Stranger(bend=lambda folder: (folder / "data/a.txt").unlink()), "S063"),
    "missing-tag-file": (Stranger(bend=lambda folder: (folder / "bag-info.txt").unlink()), "S063"),
    "listed-in-other-case": (Stranger(lines=lambda path, value: f"{value}  {path.replace('a.', 'A.')}\n"), "S063"),
    "altered-payload": (Stranger(bend=lambda folder: _put(folder / "data/a.txt", b"alphA")), "S064"),
    "altered-tag-file": (Stranger(bend=lambda folder: _put(folder / "bag-info.txt", b"Contact-Name: J\n")), "S064"),
    "altered-manifest": (Stranger(bend=lambda folder: _drop(folder, "manifest-sha512.txt", 1)), "S064"),
    "extra-payload": (Stranger(bend=lambda folder: _put(folder / "data/bar", b"")), "S065"),
    "extra-payload-0.93": (Stranger("0.93", bend=lambda folder: _put(folder / "data/bar", b"")), "S065"),
    "hidden-extra-payload": (Stranger(bend=lambda folder: _put(folder / "data/.hidden", b"")), "S065"),
    "not-in-every-manifest-1.0": (
        Stranger(algorithms=("md5", "sha512"), tags=False, bend=lambda folder: _drop(folder, "manifest-md5.txt", 1)),
        "S065"),
    "hole": (
        Stranger(fetch="https://example.org/a.txt - data/a.txt\n", bend=lambda f: (f / "data/a.txt").unlink()), "S066"),
    "fetch-not-listed": (Stranger(fetch="https://example.org/a.txt - data/z.txt\n"), "S066"),
    "fetch-nonsense": (Stranger(fetch="data/a.txt\n"), "S066"),
    "fetch-no-url": (Stranger(fetch="here 5 data/a.txt\n"), "S066"),
    "oxum-wrong-size": (Stranger(info=oxum(10, 2)), "S067"),
    "oxum-wrong-count": (Stranger(info=oxum(9, 3)), "S067"),
    "oxum-nonsense": (Stranger(info="Payload-Oxum: nine\n"), "S067"),
    "oxum-wrong-0.95": (Stranger("0.95", info=oxum(10, 2)), "S067"),
    "oxum-twice": (Stranger(info=oxum(9, 2) + oxum(9, 3)), "S067"),
    "no-label": (Stranger(info="key; the value\n"), "S067"),
    "case-twins": (Stranger(files={"data/a.txt": b"x", "data/A.txt": b"y"}), "S068"),
    "folder-twins": (Stranger(files={"data/a/x": b"x", "data/A/y": b"y"}), "S068"),
    "unicode-twins": (Stranger(files={NFC: b"x", NFD: b"y"}), "S068"),
    "listed-in-two-forms": (
        Stranger("0.97", files={NFC: b"x"}, more=f"{_X}  {NFD}\n"), "S068"),
    "link": (Stranger(bend=lambda folder: (folder / "data/link").symlink_to("/etc/hostname")), "S069"),
    "linked-folder": (Stranger(bend=lambda folder: (folder / "data/etc").symlink_to("/etc")), "S069"),
}  # fmt: skip


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _move(folder: Path, old: str, new: str) -> None:
    (folder / old).rename(folder / new)


def _drop(folder: Path, name: str, keep: int) -> None:
    """Leave `keep` lines of a manifest."""
    lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / name).write_text("".join(lines[:keep]), encoding="utf-8")
