"""Claim a finished delivery: copy it into a batch folder, once, whole, or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import shutil
import signal
import stat
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from metadata.event import now
from metadata.file import FileRef, copy_through, flush, place_bytes
from metadata.finding import Finding, finding
from metadata.problem import Problem
from metadata.record import from_json, to_pretty_json

PAGE_BYTES = 16_000_000
"""Work space one page takes at its peak per finished page: master, user copy, text, records (measured: 5-14 MB)."""

_UNFINISHED = re.compile(
    r"(^~\$|^\.~|\.(part|partial|tmp|temp|filepart|crdownload|download|swp|writing)$)", re.IGNORECASE
)
_IGNORED = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep"})
_DRAFT = ".claiming-"

State = dict[str, tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery as it was taken: its files as they lie below `delivery/` in the batch folder, and what was noticed.

    `batch` is made of the delivery's name and the digest of its content: the same delivery is the same batch.
    """

    batch: str
    source: str
    claimed: str
    files: tuple[FileRef, ...]
    findings: tuple[Finding, ...]


def claim(delivery: Path, batches: Path, settle: float) -> tuple[Claim, bool]:
    """Take the delivery in folder `delivery` into `batches`; the source is left as it is.

    Args:
        delivery: the folder that the scanner filled: volumes as sub-folders.
        batches: where batch folders live.
        settle: seconds for which nothing may have changed.

    Returns:
        The claim, and whether it is new (False: this very delivery was claimed before).

    Raises:
        Problem: D001 nothing in it, D002 still being written, D003 changed meanwhile, D004 no such folder, E003/E004
            no room. In every case nothing of it remains in `batches`.
    """
    if not _is_open_folder(delivery):
        raise Problem("D004", _writable(str(delivery)))
    # A delivery given as "." has its name only in its full path.
    delivery = delivery.resolve()
    before = _settled(delivery, settle)
    if not before:
        raise Problem("D001", _writable(delivery.name))
    require_room(batches, sum(size for size, _, _ in before.values()), len(before))
    _sweep(batches)
    try:
        return _taken(delivery, batches, before)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise Problem("E004", batches, why=os.strerror(error.errno)) from None
        raise


def read_claim(folder: Path) -> Claim:
    """The claim of the batch in `folder`.

    Raises:
        OSError: it cannot be read. ValueError: it is none.
    """
    return from_json(Claim, (folder / "claim.json").read_bytes())


def require_room(folder: Path, size: int, pages: int) -> None:
    """Refuse work that the disk under `folder` cannot hold to its end.

    Raises:
        Problem: E003.
    """
    needed = size + pages * PAGE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Problem("E003", folder, free=free // 1_000_000, needed=needed // 1_000_000)


def _taken(delivery: Path, batches: Path, before: State) -> tuple[Claim, bool]:
    draft = Path(tempfile.mkdtemp(prefix=f"{_DRAFT}{os.getpid()}-", dir=batches))
    try:
        files, findings = _copy(delivery, draft / "delivery", sorted(before))
        changed = _difference(before, _state(delivery))
        if changed:
            raise Problem("D003", _writable(delivery.name), file=changed)
        _keep_empty_volumes(delivery, draft / "delivery")
        source = _writable(str(delivery))
        made = Claim(_batch_name(delivery, files), source, now(), tuple(files), tuple(findings))
        place_bytes(draft / "claim.json", to_pretty_json(made))
        return _settle_in(draft, batches / made.batch, made)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _settle_in(draft: Path, target: Path, made: Claim) -> tuple[Claim, bool]:
    try:
        draft.rename(target)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        return replace(read_claim(target), findings=(*made.findings, finding("D010", target.name))), False
    flush(target.parent)
    return made, True


def _settled(delivery: Path, settle: float) -> State:
    state = _state(delivery)
    for name in state:
        if _UNFINISHED.search(Path(name).name) or _is_open_for_writing(delivery / name):
            raise Problem("D002", _writable(delivery.name), file=_writable(name))
    youngest = max((mtime for _, mtime, _ in state.values()), default=0) / 1e9
    wait = youngest + settle - time.time()
    if wait > 0:
        # A clock that runs ahead on the file server must not make us wait for ever.
        time.sleep(min(wait, settle))
        changed = _difference(state, _state(delivery))
        if changed:
            raise Problem("D002", _writable(delivery.name), file=changed)
    return state


def _is_open_for_writing(path: Path) -> bool:
    # The kernel grants a read lease only on a file that nobody has open for writing (fcntl(2)); it is given back at
    # once. File systems without leases (shares) answer with other errors: there, only standing still tells.
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        # Whoever opens the file for writing in this instant makes the kernel signal us: by one that is ignored.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(handle)
    return False


def _state(delivery: Path) -> State:
    """Every file, link and closed folder below the delivery with size, modification time and inode."""
    state: State = {}
    for path in _walk(delivery):
        try:
            facts = path.lstat()
        except FileNotFoundError:
            raise Problem("D002", _writable(delivery.name), file=_writable(path.name)) from None
        state[os.fspath(path.relative_to(delivery))] = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
    return state


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False) and _is_open_folder(path):
            yield from _walk(path)
        elif entry.name not in _IGNORED:
            yield path


def _is_open_folder(path: Path) -> bool:
    return path.is_dir() and os.access(path, os.R_OK | os.X_OK)


def _keep_empty_volumes(delivery: Path, target: Path) -> None:
    """Make the folders of volumes in which nothing was found: an empty one is to be noticed, not lost."""
    for entry in os.scandir(delivery):
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            (target / _writable(entry.name)).mkdir(exist_ok=True)


def _difference(before: State, after: State) -> str:
    """The first file that is not as it was, or an empty string."""
    differing = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return _writable(min(differing, default=""))


def _copy(delivery: Path, target: Path, names: list[str]) -> tuple[list[FileRef], list[Finding]]:
    files: list[FileRef] = []
    findings: list[Finding] = []
    target.mkdir()
    for name in names:
        shown = _writable(name)
        if shown != name:
            findings.append(finding("D018", shown))
        try:
            refusal = _refusal(delivery / name, delivery, shown)
            if refusal is None:
                files.append(_copied(delivery / name, target, shown))
        except FileNotFoundError:
            raise Problem("D003", _writable(delivery.name), file=shown) from None
        except (PermissionError, IsADirectoryError, FileExistsError) as error:
            refusal = finding("D007", shown, why=str(error.strerror))
        if refusal is not None:
            findings.append(refusal)
    return files, findings


def _copied(source: Path, target: Path, shown: str) -> FileRef:
    place = target / shown
    place.parent.mkdir(parents=True, exist_ok=True)
    digests = copy_through(source, place)
    return FileRef(shown, digests.size, digests.sha512, digests.md5)


def _refusal(source: Path, delivery: Path, shown: str) -> Finding | None:
    """Why a directory entry is not to be opened, or None."""
    if source.is_symlink():
        goal = Path(os.path.realpath(source))  # Path.resolve raises an error of its own on a loop
        if not goal.is_relative_to(delivery.resolve()):
            return finding("D005", shown, target=_writable(str(source.readlink())))
        if not goal.is_file():
            return finding("D007", shown, why="dangling link")
        return None
    mode = source.lstat().st_mode
    if stat.S_ISDIR(mode):
        return finding("D007", shown, why=os.strerror(errno.EACCES))
    return None if stat.S_ISREG(mode) else finding("D017", shown)


def _writable(name: str) -> str:
    """The name as text: bytes that are no UTF-8 are written as %XX."""
    return re.sub(r"[\udc80-\udcff]", lambda m: f"%{ord(m.group()) - 0xDC00:02X}", name)


def _batch_name(delivery: Path, files: list[FileRef]) -> str:
    content = hashlib.sha256()
    for ref in sorted(files, key=lambda f: f.path):
        content.update(f"{unicodedata.normalize('NFC', ref.path)}\0{ref.sha512}\n".encode())
    ascii_name = unicodedata.normalize("NFKD", delivery.name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:40] or "delivery"
    return f"{slug}-{content.hexdigest()[:10]}"


def _sweep(batches: Path) -> None:
    """Remove drafts whose process is gone."""
    for draft in batches.glob(f"{_DRAFT}*"):
        owner = draft.name.removeprefix(_DRAFT).split("-", 1)[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(draft, ignore_errors=True)
