"""``kill -9`` at any moment, then ``kdr batch resume``: nothing is lost, nothing is done twice, nothing differs.

KDR_KILLS (3) kills, KDR_KILL_PAGES (8) pages; with KDR_KILL_SCANS=../shared/scans the pages are cut from real scans
and read by Tesseract; KDR_KILL_SEED chooses other moments.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from metadata.record import from_json
from repository.verify import Verdict, verify_places
from tests.engines import PLACE, CountingEngine, named
from tests.homes import KDR, State, environment, flip, kdr, make_home, scan, whole_records
from workflows.founding import disks, open_store
from workflows.settings import Home
from workflows.step import Record, Status, read_record

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("KDR_KILLS", "3"))
PAGES = int(os.environ.get("KDR_KILL_PAGES", "8"))
SCANS = os.environ.get("KDR_KILL_SCANS", "")
SEED = int(os.environ.get("KDR_KILL_SEED", "20261122"))
PATIENCE = 90.0 + PAGES * (60.0 if SCANS else 2.0)
BOOK = 10 if SCANS else 4
"""Pages of one volume."""

_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_VARYING = (
    (re.compile(rb'"seconds":[0-9.e+-]+'), b'"seconds":0'),
    (re.compile(rb"(?m)^(Bagging-Date|Payload-Oxum|Bag-Size): .*$"), rb"\1: -"),
)


@dataclass(slots=True)
class Killer:
    """Runs commands in process groups of their own, and kills them."""

    folder: Path
    home: Home
    given: Path
    chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(SEED))
    groups: list[int] = field(default_factory=list)
    ended: float = inf

    @property
    def batch(self) -> Path | None:
        """The batch folder, once the delivery is claimed."""
        return next(self.home.batches.glob("[!.]*"), None)

    def start(self) -> subprocess.Popen[bytes]:
        """Begin, or go on: what an operator types after the machine came back."""
        batch = self.batch
        words = ["resume", batch.name] if batch else ["run", str(self.given)]
        with (self.folder / "log.txt").open("ab") as log:
            started = subprocess.Popen(
                [str(KDR), "--home", str(self.home.folder), "batch", *words, "--workers", "2"],
                env=environment(**{PLACE: str(self.folder)}), stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.groups.append(started.pid)
        return started

    def done(self) -> int:
        """How far the batch is: claimed, steps recorded, volumes ended."""
        batch = self.batch
        if batch is None:
            return 0
        return 1 + sum(1 for name in ("record", "outcome") for _ in batch.glob(f"volumes/**/{name}.json"))

    def kill_at(self, target: int, *, group: bool) -> bool:
        """Run until `target` and a little longer, then kill; False when it came to its end before."""
        running = self.start()
        end = time.monotonic() + PATIENCE
        while self.done() < target and running.poll() is None:
            assert time.monotonic() < end, self.log()
            time.sleep(0.01)
        with suppress(subprocess.TimeoutExpired):
            running.wait(float(self.chance.uniform(0, 0.3)))
            assert running.returncode == 0, self.log()
            return False
        (os.killpg if group else os.kill)(running.pid, signal.SIGKILL)
        running.wait()
        # When only the first process is killed, the others must notice by themselves.
        while members(running.pid):
            assert time.monotonic() < end, f"{members(running.pid)} live on"
            time.sleep(0.05)
        return True

    def finish(self) -> int:
        """Run to the end; the exit code."""
        code = self.start().wait(PATIENCE)
        self.ended = uptime()
        return code

    def left(self) -> list[int]:
        """What lives on of all that was started; numbers of groups are given again to others, who began later."""
        return [member for group in self.groups for member in members(group) if (began(member) or inf) <= self.ended]

    def log(self) -> str:
        """The end of what the commands said."""
        return (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace")[-5000:]

    def end(self) -> None:
        """Leave no process behind."""
        for group in self.groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Story:
    """What happened: how often it was killed, what was recorded at each kill, and the two repositories at the end."""

    killer: Killer
    kills: int
    recorded: tuple[State, ...]
    undisturbed: Home

    @property
    def batch(self) -> Path:
        """The batch that was killed so often."""
        batch = self.killer.batch
        assert batch is not None
        return batch


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """One delivery, worked on undisturbed, and killed again and again until it was done."""
    folder = tmp_path_factory.mktemp("kill")
    given = pages(folder / "dodavka")
    engine = "tesseract" if SCANS else named(CountingEngine)
    undisturbed = make_home(folder / "undisturbed", ocr=engine)
    done = kdr("batch", "run", "--sync" if not SCANS else "--workers=2", given, home=undisturbed.folder,
               env={PLACE: str(undisturbed.folder)}, seconds=PATIENCE)  # fmt: skip
    assert done.returncode == 0, done.stderr
    killer = Killer(folder, make_home(folder / "killed", ocr=engine), given)
    volumes = -(-PAGES // BOOK)
    moments = np.sort(killer.chance.choice(np.arange(1, 1 + 6 * PAGES + 2 * volumes), KILLS, replace=False))
    kills, recorded = 0, []
    try:
        for number, moment in enumerate(moments):
            kills += killer.kill_at(int(moment), group=number % 3 != 2)
            recorded.append(whole(killer.batch))
        assert killer.finish() == 0, killer.log()
        yield Story(killer, kills, tuple(recorded), undisturbed)
    finally:
        killer.end()


def whole(batch: Path | None) -> State:
    """The records of a batch that say that a step is done."""
    if batch is None:
        return {}
    found = {name: (state, read_record((batch / name).parent)) for name, state in whole_records(batch).items()}
    return {name: state for name, (state, record) in found.items() if record and record.status is not Status.BROKEN}


class TestNothingTwice:
    def test_it_was_really_killed_and_on_the_way(self, story: Story) -> None:
        assert story.kills >= max(1, KILLS - 1)
        assert any(0 < len(state) < len(whole(story.batch)) for state in story.recorded)

    def test_no_step_that_was_recorded_is_done_again(self, story: Story) -> None:
        for earlier, later in zip(story.recorded, (*story.recorded[1:], whole(story.batch)), strict=True):
            assert earlier.items() <= later.items()

    @pytest.mark.skipif(bool(SCANS), reason="Tesseract does not count")
    def test_pages_are_read_once_but_for_those_in_flight(self, story: Story) -> None:
        reads = Counter((story.killer.folder / "reads").read_text().split())
        assert sum(reads.values()) <= PAGES + 2 * story.kills
        assert sum(reads.values()) >= PAGES

    def test_nothing_is_stored_twice(self, story: Story) -> None:
        store = open_store(story.killer.home)
        assert len(store.objects()) == -(-PAGES // BOOK)
        assert {store.versions(object_id) for object_id in store.objects()} == {("v0001",)}
        kept = Counter(
            (entry.subject, entry.facts["place"]) for entry in store.journal.entries(kinds=("stored", "replicated"))
        )
        assert len(kept) == 2 * len(store.objects())
        assert set(kept.values()) == {1}


class TestNothingLeft:
    def test_every_copy_and_the_journal_are_intact(self, story: Story) -> None:
        home = story.killer.home
        rows = list(verify_places([place.root for place in disks(home)], home.journal))
        assert {row.verdict for row in rows} == {Verdict.INTACT}
        assert kdr("store", "verify", home=home.folder).returncode == 0

    def test_no_draft_is_left_in_work_folder_or_places(self, story: Story) -> None:
        home = story.killer.home
        assert [path.name for path in home.batches.iterdir()] == [story.batch.name]
        assert not list(story.batch.rglob(".draft-*"))
        assert not (story.batch / "tmp").exists()
        assert [path.name for path in home.catalogue.parent.iterdir()] == [home.catalogue.name]
        for place in disks(home):
            assert [path.name for path in (place.root / ".staging").iterdir()] == ["lock"]

    def test_every_step_holds_what_its_record_says_and_nothing_else(self, story: Story) -> None:
        for file in story.batch.glob("volumes/*/[0-9]*/*/record.json"):
            record = from_json(Record, file.read_bytes())
            kept = {output.file.path for output in record.outputs if output.keep}
            assert {path.name for path in file.parent.iterdir()} == kept | {"record.json"}

    def test_no_process_is_left(self, story: Story) -> None:
        assert not story.killer.left()


class TestNothingDiffers:
    def test_the_packages_are_those_of_an_undisturbed_run(self, story: Story) -> None:
        killed, undisturbed = (open_store(home) for home in (story.killer.home, story.undisturbed))
        assert killed.objects() == undisturbed.objects()
        for object_id in killed.objects():
            ours, theirs = (
                comparable(disks(home)[0].folder(object_id, "v0001")) for home in (story.killer.home, story.undisturbed)
            )
            assert set(ours) == set(theirs)
            assert [name for name in ours if ours[name] != theirs[name]] == []

    def test_the_comparison_would_show_any_other_difference(self, story: Story, tmp_path: Path) -> None:
        (first, *_) = open_store(story.undisturbed).objects()
        whole_bag = disks(story.undisturbed)[0].folder(first, "v0001")
        before, bag = comparable(whole_bag), Path(shutil.copytree(whole_bag, tmp_path / "bag"))
        hidden = []
        for file in sorted(path for path in bag.rglob("*") if path.is_file()):
            content = file.read_bytes()
            file.chmod(0o644)
            # The last letter of the document's text is another one, or the last bit of a picture.
            at = max(content.rfind(letter) for letter in (b"e", b"a", b"i")) if file.suffix != ".jp2" else -1
            flip(file, at)
            name = file.relative_to(bag).as_posix()
            if comparable(bag)[name] == before[name]:
                hidden.append(name)
            file.write_bytes(content)
        assert hidden == []


def comparable(bag: Path) -> dict[str, bytes]:
    """Every file of a bag: pictures and texts byte for byte, documents without their times.

    A document that has a time has another digest in every run. Where another file names that digest, the document's
    path stands in its place; the document itself is compared too, so no difference hides behind it.
    """
    files = {path.relative_to(bag).as_posix(): path.read_bytes() for path in bag.rglob("*") if path.is_file()}
    alike = {name for name in files if name.endswith(".jp2") or "/txt/" in name}
    labels: dict[bytes, bytes] = {}
    for name in files.keys() - alike:
        for digest in (hashlib.sha512, hashlib.md5):
            labels[digest(files[name]).hexdigest().encode()] = f"<{name}>".encode()
    digests = re.compile(rb"\b(?:[0-9a-f]{128}|[0-9a-f]{32})\b")

    def timeless(content: bytes) -> bytes:
        content = _TIME.sub(b"TIME", content)
        for pattern, instead in _VARYING:
            content = pattern.sub(instead, content)
        return digests.sub(lambda found: labels.get(found.group(), found.group()), content)

    return {name: content if name in alike else timeless(content) for name, content in files.items()}


def members(group: int) -> list[int]:
    """The living processes of a process group."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, _, own = (process / "stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(own) == group and state not in "ZX":
            found.append(int(process.name))
    return found


def uptime() -> float:
    """Seconds since the machine started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def began(process: int) -> float | None:
    """When a process began, in seconds since the machine started; nothing when it is gone (proc(5): stat, 22)."""
    try:
        told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(told[19]) / os.sysconf("SC_CLK_TCK")


def pages(folder: Path) -> Path:
    """A delivery of so many pages, all different."""
    for number in range(PAGES):
        target = folder / f"kniha-{number // BOOK + 1}" / f"{number % BOOK + 1:04d}"
        if SCANS:
            _cut(number, target.with_suffix(".jpg"))
        else:
            scan(target.with_suffix(".tif"), number)
    return folder


def _cut(number: int, target: Path) -> None:
    """A page of a real scan, cut a little differently each time the scan comes round again."""
    suffixes = {".tif", ".jpg", ".png"}
    given = sorted(p for p in Path(SCANS).glob("*/*") if p.suffix in suffixes and p.parent.name != "hard")
    around, which = divmod(number, len(given))
    with Image.open(given[which]) as image:
        page = image.convert("L" if image.mode in ("1", "L", "I;16") else "RGB")
    page.thumbnail((2480, 3508))
    target.parent.mkdir(parents=True, exist_ok=True)
    page.crop((8 * around, 8 * around, page.width, page.height)).save(target, quality=92, dpi=(300, 300))
