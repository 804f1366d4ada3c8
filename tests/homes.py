"""Small repositories and deliveries, and the commands run on them as a user would, for tests of the roof."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ingest.inbox import claim
from metadata.finding import Finding
from workflows.batch import Batch, Options, VolumeEnd, plan, read_end, read_plan, tasks
from workflows.drive import Inline, Runner
from workflows.founding import disks, found, open_store
from workflows.running import RunEnd, run_batch
from workflows.settings import Home, load
from workflows.task import PageTask, page_folder

ROOT = Path(__file__).resolve().parent.parent
KDR = Path(sys.executable).with_name("kdr")
FIXED = "tests.engines:FixedEngine"
WIDTH, HEIGHT = 600, 400

State = dict[str, tuple[int, int]]


def scan(path: Path, seed: int = 0, *, width: int = WIDTH, dpi: int = 300) -> Path:
    """A page of dark words on light paper, another one for every seed; TIFF, JPEG or PNG as the suffix says."""
    chance = np.random.default_rng(seed)
    page = np.full((HEIGHT, width), 235, np.uint8)
    for top in range(50, HEIGHT - 60, 40):
        left = 50
        while (long := int(chance.integers(20, 70))) and left + long < width - 50:
            page[top : top + 16, left : left + long] = 30
            left += long + 14
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(page).save(path, dpi=(dpi, dpi)) if dpi else Image.fromarray(page).save(path)
    return path


def delivery(folder: Path, volumes: Mapping[str, Sequence[int]]) -> Path:
    """A delivery: the name of each volume and the seeds of its pages."""
    for name, seeds in volumes.items():
        for number, seed in enumerate(seeds, start=1):
            scan(folder / name / f"{number:04d}.tif", seed)
    return folder


def make_home(folder: Path, *, ocr: str = FIXED, schemas: Path | None = None) -> Home:
    """A repository whose pages are read by `ocr` and whose deliveries need not stand still."""
    found(folder, schemas)
    with (folder / "kdr.toml").open("a", encoding="utf-8") as file:
        # `scan` makes pages of a few centimetres.
        file.write("\n[quality.book]\nleast_side_mm = 1\nleast_letter_mm = 0\n")
    return changed(folder, settle_seconds=0, ocr=f'"{ocr}"', wait="false", language='"ces"')


def changed(folder: Path, **values: object) -> Home:
    """The repository in `folder` with other values (as TOML) in its settings."""
    file = folder / "kdr.toml"
    text = file.read_text(encoding="utf-8")
    for key, value in values.items():
        text, count = re.subn(rf"^(# )?{key} = [^#\n]*", f"{key} = {value} ", text, count=1, flags=re.MULTILINE)
        assert count == 1, f"no {key} in kdr.toml"
    file.write_text(text, encoding="utf-8")
    return load(folder)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run left: its folder, its plan and how it ended."""

    folder: Path
    batch: Batch
    end: RunEnd

    def volume(self, name: str) -> VolumeEnd:
        """How the volume delivered in the folder `name` ended."""
        planned = next(p for p in self.batch.volumes if p.volume.folder == name)
        ended = read_end(self.folder, planned.volume.id)
        assert ended is not None, f"{name} has not ended"
        return ended

    def codes(self, name: str) -> set[str]:
        """The codes of a volume's findings, those of its pages included."""
        return {found.code for found in self.volume(name).findings}

    def pages(self, name: str) -> list[Path]:
        """The folders of a volume's pages."""
        planned = next(p for p in self.batch.volumes if p.volume.folder == name)
        return [page_folder(self.folder, planned.volume.id, page) for page in planned.volume.pages]

    def records(self) -> State:
        """Every record.json of the batch: path, inode and time of its last change."""
        return whole_records(self.folder)


def whole_records(batch: Path) -> State:
    """Every record.json below a batch folder: path, inode and time of its last change."""
    found = {}
    for path in sorted(batch.glob("volumes/**/record.json")):
        facts = path.stat()
        found[path.relative_to(batch).as_posix()] = (facts.st_ino, facts.st_mtime_ns)
    return found


def inline() -> AbstractContextManager[Runner]:
    """This process alone."""
    return nullcontext(Inline())


def run(
    home: Home, given: Path, options: Options | None = None, hire: Callable[[], AbstractContextManager[Runner]] = inline
) -> Ran:
    """What ``kdr batch run`` does with a delivery."""
    made, _ = claim(given, home.batches, 0)
    return go_on(home, made.batch, options or Options(), hire)


def go_on(
    home: Home,
    batch: str,
    options: Options | None = None,
    hire: Callable[[], AbstractContextManager[Runner]] = inline,
) -> Ran:
    """What ``kdr batch resume`` does; with `options`, ``kdr batch run`` on what was claimed before."""
    folder = home.batches / batch
    end = run_batch(home, folder, options, hire)
    planned = read_plan(folder)
    assert planned is not None
    return Ran(folder, planned, end)


def tasks_of(home: Home, given: Path, options: Options | None = None) -> list[PageTask]:
    """The pages of a delivery as work, claimed and planned but not begun."""
    made, _ = claim(given, home.batches, 0)
    folder = home.batches / made.batch
    batch = plan(home, folder, options or Options())
    return [task for planned in batch.volumes for task in tasks(batch, folder, planned)]


def flip(file: Path, at: int = -1) -> None:
    """Change one bit of a file; its size and name stay."""
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)


def environment(**more: str) -> dict[str, str]:
    """The environment of a command: tests' engines can be found, the reader's language is unset."""
    dropped = ("KDR_LANGUAGE", "KDR_HOME", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    # Compiled modules are kept beside the project: without them every command starts a second later.
    cache = Path(tempfile.gettempdir()) / f"kdr-tests-{os.getuid()}"
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(cache)} | more


def kdr(
    *arguments: str | Path,
    home: Path | None = None,
    before: Sequence[str] = (),
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float = 120,
    **more: str,
) -> subprocess.CompletedProcess[str]:
    """Run the command line; `before` are words before it (prlimit), `env` and `more` more of its environment."""
    chosen = ["--home", str(home)] if home else []
    # A limit on file size would cut compiled modules too, and leave them cut for every later command; and the records
    # of coverage, which are larger than what such a test allows.
    careful = {"PYTHONDONTWRITEBYTECODE": "1"} if before else {}
    around = environment(**careful, **(env or {}), **more)
    if before:
        around = {name: value for name, value in around.items() if not name.startswith("COVERAGE_PROCESS")}
    return subprocess.run(
        [*before, str(KDR), *chosen, *map(str, arguments)],
        env=around,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=cwd,
    )


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def told(findings: Sequence[Finding]) -> list[str]:
    """The codes of findings."""
    return [found.code for found in findings]


def stored_book(folder: Path) -> Path:
    """A repository below `folder` with one stored book; tests that tamper with it copy it first."""
    run(make_home(folder / "home"), delivery(folder / "dodavka", {"kniha": [1]}))
    return folder / "home"


def copied(model: Path, target: Path) -> Home:
    """A copy of the repository `model`, to be tampered with."""
    shutil.copytree(model, target, symlinks=True)
    return load(target)


def stored_version(home: Home, place: int = 0) -> Path:
    """The folder of the only object's first version in a place."""
    return disks(home)[place].folder(open_store(home).objects()[0], "v0001")
