"""workflows.standing: how a batch stands, from whatever its folder holds; and made-up batch folders for that."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.delivery import PlannedVolume
from ingest.inbox import Claim
from metadata.description import Description, Organisation
from metadata.event import Agent, AgentKind, Event
from metadata.file import FileRef
from metadata.finding import Finding, finding
from metadata.model import Page, Side, Source, Volume, VolumeId, new_page_id, new_volume_id
from metadata.record import to_pretty_json
from metadata.tool import Limits
from ocr.proposal import Guess, Proposal, Proposed, Why
from workflows.batch import OUTCOME, PLAN, Batch, Options, State, VolumeEnd, read_plan, tasks, working_on
from workflows.closing import STEPS
from workflows.corrections import FOLDER, Corrections
from workflows.examining import THUMBNAIL
from workflows.shaping import PROPOSAL
from workflows.standing import CHAIN, BatchStanding, PageState, standing
from workflows.step import RECORD, Record, Status
from workflows.structure_standing import Known, VolumeStructure
from workflows.task import Rules

START = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
CLAIMED = "2026-11-22T09:00:00+00:00"
TESSERACT = Agent("Tesseract", "5.3.0", AgentKind.SOFTWARE, "ces")
DIGEST = "1f2e3d4c5b6a79880"
BROKEN = {f"structure/{PROPOSAL}": PROPOSAL, f"{FOLDER}/0001.json": FOLDER}
"""Files of a volume's structure, and what a look at the batch names when they are broken."""

RULES = Rules(400, 10.0, "openjpeg", "tesseract", 300, 0.6, Limits())


def planned(folder: str, scans: Sequence[str], *found: Finding, title: str = "") -> PlannedVolume:
    """A volume of a plan; the same scan twice in a row is a file of several images."""
    own = new_volume_id(folder)
    pages = tuple(
        Page(new_page_id(own, f"{order} {scan}"), order, scan, frame=scans[: order - 1].count(scan))
        for order, scan in enumerate(scans, 1)
    )
    about = Description(title or folder, Organisation("LIA001", "Krajská vědecká knihovna"))
    return PlannedVolume(Volume(own, folder, about, pages), {s: FileRef(s, 1, "0") for s in scans}, 0, (), found)


def write_plan(folder: Path, *volumes: PlannedVolume, loose: tuple[Finding, ...] = ()) -> None:
    """Write batch.json for these volumes."""
    plan = Batch(
        folder.name, "/mnt/sken/dodávka", CLAIMED, CLAIMED, DIGEST, Options(), RULES, ("ces",), volumes, loose
    )  # fmt: skip
    _write(folder / PLAN, plan)


def write_step(
    folder: Path,
    volume: PlannedVolume,
    order: int,
    step: str,
    *found: Finding,
    status: Status = Status.GOOD,
    facts: dict[str, Any] | None = None,
    at: dt.datetime = START,
    seconds: float = 0.5,
) -> None:
    """Write what a step of page `order` left."""
    event = Event("capture", at.isoformat(timespec="seconds"), "capture/XML_creation", TESSERACT)
    record = Record(
        step, status, "f" * 64, step, {}, (), (event,), found, facts or {}, at.isoformat(timespec="seconds"), seconds
    )
    _write(folder / "volumes" / volume.volume.id / f"{order:04d}" / step / RECORD, record)


def write_page(
    folder: Path,
    volume: PlannedVolume,
    order: int,
    *found: Finding,
    confidence: float = 0.9,
    words: int = 100,
    skew: float = 0.0,
    blank: bool = False,
    at: dt.datetime = START,
    picture: bytes = b"",
) -> None:
    """Write a whole page that ended well; its picture when there is one."""
    decision = "turned" if skew else "straight"
    facts: dict[str, dict[str, Any]] = {
        "examine": {"blank": blank, "image": {"width": 2480, "height": 3508}},
        "straighten": {"skew": {"decision": decision, "angle": skew}, "width": 2500, "height": 3520},
        "read": {"words": words, "confidence": confidence, "weak": 0.1},
    }
    for step in CHAIN:
        told = found if step == "read" else ()
        write_step(folder, volume, order, step, *told, facts=facts.get(step), at=at)
    if picture:
        (folder / "volumes" / volume.volume.id / f"{order:04d}" / "page" / THUMBNAIL).write_bytes(picture)


def write_end(
    folder: Path,
    volume: PlannedVolume,
    state: State,
    *found: Finding,
    version: str = "",
    ended: dt.datetime = START,
    corrections: str = "",
) -> None:
    """Write how a volume ended."""
    copies = ("hlavní", "druhá") if version else ()
    when = ended.isoformat(timespec="seconds")
    end = VolumeEnd(volume.volume.id, volume.volume.folder, state, version, copies, found, when, corrections)
    _write(folder / "volumes" / volume.volume.id / OUTCOME, end)


def unnamed(volume: PlannedVolume) -> PlannedVolume:
    """The volume as a delivery brings it that says nothing of its pages."""
    pages = tuple(replace(p, label=f"[{p.order}]", source=Source.PROPOSED) for p in volume.volume.pages)
    return replace(volume, volume=replace(volume.volume, pages=pages))


def guessed(order: int, label: str, *, sure: float = 0.9, kind: str = "normalPage") -> Proposed:
    """What is proposed for a page; `sure` is how surely its number was read."""
    side = Guess(Side.RIGHT if order % 2 else Side.LEFT, 0.85, Why.PARITY)
    return Proposed(order, Guess(label, sure, Why.READ), side, Guess(kind, 0.95, Why.NOTHING))


def write_proposal(folder: Path, volume: PlannedVolume, proposal: Proposal) -> Path:
    """Write what is proposed for a volume; where that lies."""
    place = folder / "volumes" / volume.volume.id / "structure" / PROPOSAL
    _write(place, proposal)
    return place


def correct(folder: Path, volume: PlannedVolume, *pages: Page) -> Corrections:
    """Write down what somebody says of these pages."""
    return Corrections.read(folder / "volumes" / volume.volume.id).add("karel", pages)


def only(found: BatchStanding, order: int = 1) -> Any:  # noqa: ANN401 - PageStanding, without a cast in each test
    """Page `order` of the only volume."""
    (volume,) = found.volumes
    return volume.pages[order - 1]


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_pretty_json(value))


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    """An empty batch folder."""
    folder = tmp_path / "kniha-0123456789"
    folder.mkdir()
    return folder


class TestPages:
    """What is done, what is left, which page do I rescan?"""

    def test_a_page_with_all_its_steps_is_done(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_page(batch, book, 1, confidence=0.93, words=212, picture=b"\xff\xd8\xff")
        page = only(standing(batch))
        assert (page.state, page.step, page.number) == (PageState.DONE, "page", "0001")
        assert (page.confidence, page.words, page.blank) == (0.93, 212, False)
        assert (page.width, page.height) == (2500, 3520)
        assert page.thumbnail is not None
        assert page.seconds == dict.fromkeys(CHAIN, 0.5)

    def test_the_angle_is_how_it_was_turned_not_how_it_lay(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif", "002.tif"])
        write_plan(batch, book)
        write_page(batch, book, 1, skew=1.3)
        write_page(batch, book, 2)
        found = standing(batch)
        assert (only(found, 1).angle, only(found, 1).decision) == (-1.3, "turned")
        assert (only(found, 2).angle, only(found, 2).decision) == (0.0, "straight")

    def test_a_page_whose_skew_was_not_trusted_was_not_turned(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_page(batch, book, 1)
        write_step(batch, book, 1, "straighten", facts={"skew": {"decision": "disagree", "angle": 2.0}})
        assert only(standing(batch)).angle == 0.0

    @pytest.mark.parametrize("code", ["P060", "P072", "P075"])
    def test_a_scan_that_was_looked_over_and_refused_is_on_the_rescan_list(self, batch: Path, code: str) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        told = finding(code, "kniha/001.tif", width=1, limit=1, degrees=180)
        write_step(batch, book, 1, "examine", told, status=Status.BAD)
        assert [page.subject for _, page in standing(batch).rescan] == ["kniha/001.tif"]

    def test_a_page_that_was_turned_by_its_edges_was_turned(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_page(batch, book, 1, skew=2.5)
        write_step(batch, book, 1, "straighten", facts={"skew": {"decision": "edges", "angle": 2.5}})
        assert standing(batch).volumes[0].pages[0].angle == -2.5

    def test_a_page_that_kdr_0_1_0_finished_is_done(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        for step in ("examine", "deskew", "master", "user", "read", "page"):
            write_step(batch, book, 1, step)
        assert standing(batch).volumes[0].pages[0].state is PageState.DONE

    def test_a_bad_scan_is_on_the_rescan_list(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif", "002.tif"])
        write_plan(batch, book)
        write_page(batch, book, 1)
        low = finding("P012", "kniha/002.tif", dpi=72, least=298)
        write_step(batch, book, 2, "examine", low, status=Status.BAD)
        found = standing(batch)
        ((volume, page),) = found.rescan
        assert (volume.folder, page.subject, page.state, page.step) == ("kniha", "kniha/002.tif", "bad", "examine")
        assert (found.total, found.done, found.bad, found.broken, found.left) == (2, 1, 1, 0, 0)

    @pytest.mark.parametrize(
        ("status", "found"),
        [
            (Status.BAD, finding("P030", "kniha/001.tif", count=3)),
            (Status.BAD, finding("P031", "kniha/001.tif", profile="mc", rule="a", found="b", wanted="c")),
            (Status.BROKEN, finding("P040", "kniha/001.tif", program="opj_compress", why="exit 1")),
            (Status.BROKEN, finding("P003", "kniha/001.tif", why="disk")),
        ],
    )
    def test_a_fault_of_the_machine_is_not(self, batch: Path, status: Status, found: Finding) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_step(batch, book, 1, "examine")
        write_step(batch, book, 1, "master", found, status=status)
        now = standing(batch)
        assert now.rescan == ()
        assert only(now).state.value == status.value
        assert only(now).step == "master"

    def test_a_page_is_left_at_the_step_that_comes_next(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif", "002.tif"])
        write_plan(batch, book)
        write_step(batch, book, 1, "examine")
        found = standing(batch)
        assert [(p.state, p.step) for p in found.volumes[0].pages] == [("left", "straighten"), ("left", "examine")]
        assert only(found).ended is None

    def test_a_closed_page_of_which_a_step_is_gone_is_not_done(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_page(batch, book, 1)
        (batch / "volumes" / book.volume.id / "0001" / "master" / RECORD).unlink()
        assert (only(standing(batch)).state, only(standing(batch)).step) == ("left", "master")

    def test_a_page_that_killed_its_process_is_known_from_its_volume(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif", "002.tif"])
        write_plan(batch, book)
        write_step(batch, book, 1, "examine")
        killed = finding("P051", "kniha/001.tif", step="read")
        missing = finding("V001", "kniha", missing=1, pages=2)
        write_end(batch, book, State.FAILED, missing, killed)
        found = standing(batch)
        assert (only(found).state, only(found).step, only(found).findings) == ("broken", "read", (killed,))
        assert found.volumes[0].findings == (missing,)

    @given(st.lists(st.sampled_from(["a.tif", "b.tif"]), min_size=1, max_size=4))
    @settings(max_examples=20)
    def test_pages_are_called_as_the_steps_call_them(self, scans: list[str]) -> None:
        book = planned("kniha", scans)
        with tempfile.TemporaryDirectory() as place:
            write_plan(Path(place), book)
            (volume,) = standing(Path(place)).volumes
            plan = read_plan(Path(place))
            assert plan is not None
            subjects = [task.subject for task in tasks(plan, Path(place), book)]
            assert [page.subject for page in volume.pages] == subjects


class TestVolumes:
    """How volumes stand."""

    def test_a_stored_volume_tells_version_and_copies(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"], title="Babička")
        write_plan(batch, book)
        write_page(batch, book, 1)
        write_end(batch, book, State.STORED, version="v0001")
        (volume,) = standing(batch).volumes
        assert (volume.title, volume.state, volume.version) == ("Babička", State.STORED, "v0001")
        assert volume.copies == ("hlavní", "druhá")

    def test_a_volume_that_has_not_ended_shows_what_the_plan_noticed(self, batch: Path) -> None:
        wrong = finding("D011", "kniha/volume.toml", why="year: no")
        write_plan(batch, planned("kniha", ["001.tif"], wrong))
        (volume,) = standing(batch).volumes
        assert (volume.state, volume.findings) == (State.WORKING, (wrong,))

    def test_a_volume_taken_up_again_is_worked_on(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_end(batch, book, State.FAILED)
        write_page(batch, book, 1, at=START + dt.timedelta(minutes=5))
        assert standing(batch).volumes[0].state is State.WORKING

    def test_a_stored_volume_stays_stored(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_end(batch, book, State.STORED, version="v0001")
        write_page(batch, book, 1, at=START + dt.timedelta(minutes=5))
        assert standing(batch).volumes[0].state is State.STORED

    def test_who_made_the_pages_is_named_once(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif", "002.tif"])
        write_plan(batch, book)
        write_page(batch, book, 1)
        write_page(batch, book, 2)
        assert standing(batch).tools == (TESSERACT,)


class TestStructure:
    """What is given, proposed, unsure, confirmed."""

    def look(self, batch: Path) -> tuple[VolumeStructure, list[tuple[str, str]]]:
        """The structure of the only volume, and of each page its number and how that is known."""
        (volume,) = standing(batch).volumes
        assert volume.structure is not None
        assert [page.structure for page in volume.pages] == list(volume.structure.pages)
        return volume.structure, [(each.page.label, each.known.value) for each in volume.structure.pages]

    def test_what_the_delivery_says_is_given(self, batch: Path) -> None:
        write_plan(batch, planned("kniha", ["001.tif"]))
        assert self.look(batch)[1] == [("", Known.GIVEN)]

    def test_before_the_proposal_the_numbers_of_a_silent_delivery_are_open(self, batch: Path) -> None:
        write_plan(batch, unnamed(planned("kniha", ["001.tif"])))
        known, pages = self.look(batch)
        assert pages == [("[1]", Known.OPEN)]
        assert not known.proposed

    def test_proposed_unsure_and_confirmed(self, batch: Path) -> None:
        book = unnamed(planned("kniha", ["001.tif", "002.tif", "003.tif"]))
        write_plan(batch, book)
        guesses = guessed(1, "5"), guessed(2, "6", sure=0.79), guessed(3, "7", sure=0.2)
        write_proposal(batch, book, Proposal(guesses, unplaced=("Doslov",)))
        correct(batch, book, replace(book.volume.pages[2], label="vii", type="preface"))
        known, pages = self.look(batch)
        assert pages == [("5", Known.PROPOSED), ("6", Known.UNSURE), ("vii", Known.CONFIRMED)]
        assert [each.guess for each in known.pages] == [*guesses[:2], None]
        assert known.unplaced == ("Doslov",)

    @pytest.mark.parametrize("wild", [float("nan"), float("inf"), -1.0, 1.5])
    def test_a_confidence_that_is_none_is_no_confidence(self, batch: Path, wild: float) -> None:
        book = unnamed(planned("kniha", ["001.tif"]))
        write_plan(batch, book)
        write_proposal(batch, book, Proposal((guessed(1, "5", sure=wild),)))
        assert self.look(batch)[1] == [("5", Known.UNSURE)]

    def test_a_type_that_the_kind_does_not_have_is_not_taken_and_unsure(self, batch: Path) -> None:
        book = unnamed(planned("kniha", ["001.tif"]))
        write_plan(batch, book)
        write_proposal(batch, book, Proposal((guessed(1, "5", kind="flyleaf"),)))
        known, pages = self.look(batch)
        assert pages == [("5", Known.UNSURE)]
        assert known.pages[0].page.type == "normalPage"

    @pytest.mark.parametrize(
        ("state", "packaged", "pending"),
        [(State.STORED, False, True), (State.STORED, True, False), (State.WAITING, False, False)],
    )
    def test_corrections_wait_until_a_package_has_them(
        self, batch: Path, state: State, packaged: bool, pending: bool
    ) -> None:
        book = unnamed(planned("kniha", ["001.tif"]))
        write_plan(batch, book)
        digest = correct(batch, book, *book.volume.pages).digest
        write_end(batch, book, state, version="v0001", corrections=digest if packaged else "")
        assert self.look(batch)[0].pending is pending

    def test_a_proposal_that_is_not_whole_counts_as_none_and_is_named(self, batch: Path) -> None:
        book = unnamed(planned("kniha", ["001.tif"]))
        write_plan(batch, book)
        place = write_proposal(batch, book, Proposal((guessed(1, "5"),)))
        place.write_bytes(place.read_bytes()[:-20])
        assert self.look(batch)[1] == [("[1]", Known.OPEN)]
        assert standing(batch).unread == (f"volumes/{book.volume.id}/structure/{PROPOSAL}",)

    def test_a_damaged_correction_is_named_and_told(self, batch: Path) -> None:
        book = unnamed(planned("kniha", ["001.tif"]))
        write_plan(batch, book)
        place = correct(batch, book, *book.volume.pages).folder / FOLDER
        (place / "0001.json").write_bytes(b"{}")
        (volume,) = standing(batch).volumes
        assert standing(batch).unread == (f"volumes/{book.volume.id}/{FOLDER}",)
        (told,) = volume.findings
        assert (told.stops, "0001.json" in told.text()) == (True, True)

    def test_a_batch_without_a_plan_says_nothing_of_it(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_page(batch, book, 1)
        (volume,) = standing(batch).volumes
        assert (volume.structure, volume.pages[0].structure) == (None, None)


class TestWhenItIsReady:
    """When is it ready?"""

    def ten_of_thirty(self, batch: Path, *, every: float = 6.0, pause: float = 0.0) -> dt.datetime:
        """Ten pages done, one in `every` seconds, with a pause in the middle; when the last one ended."""
        book = planned("kniha", [f"{n:03d}.tif" for n in range(1, 31)])
        write_plan(batch, book)
        at = START
        for order in range(1, 11):
            at += dt.timedelta(seconds=every + (pause if order == 6 else 0))
            write_page(batch, book, order, at=at)
        return at

    def test_the_pages_left_take_their_time_at_the_pace_of_the_last_ones(self, batch: Path) -> None:
        last = self.ten_of_thirty(batch)
        with working_on(batch):
            found = standing(batch, last)
        assert found.working
        assert found.pages_per_minute == pytest.approx(10)
        assert found.eta_seconds == pytest.approx(20 * 6)

    def test_a_night_without_work_does_not_slow_it_down(self, batch: Path) -> None:
        last = self.ten_of_thirty(batch, pause=8 * 3600)
        with working_on(batch):
            assert standing(batch, last).eta_seconds == pytest.approx(20 * 6)

    def test_nobody_knows_while_nobody_works(self, batch: Path) -> None:
        last = self.ten_of_thirty(batch)
        found = standing(batch, last)
        assert not found.working
        assert found.eta_seconds is None
        assert found.pages_per_minute == pytest.approx(10)

    def test_nobody_knows_when_nothing_moves(self, batch: Path) -> None:
        last = self.ten_of_thirty(batch)
        with working_on(batch):
            assert standing(batch, last + dt.timedelta(hours=1)).eta_seconds is None

    def test_pages_that_wait_for_a_person_are_not_waited_for(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif", "002.tif"])
        wrong = planned("vadná", ["001.tif"], finding("D011", "vadná/volume.toml", why="-"))
        write_plan(batch, book, wrong)
        for order in (1, 2):
            write_page(batch, book, order, at=START + dt.timedelta(seconds=6 * order))
        with working_on(batch):
            found = standing(batch, START)
        assert (found.left, found.eta_seconds) == (1, 0)

    def test_looking_leaves_no_trace(self, batch: Path) -> None:
        write_plan(batch, planned("kniha", ["001.tif"]))
        standing(batch)
        assert [path.name for path in batch.iterdir()] == [PLAN]


class TestBrokenFolders:
    """A batch folder that is half written or partly broken still stands somehow."""

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        found = standing(tmp_path / "nic")
        assert (found.id, found.volumes, found.total, found.working) == ("nic", (), 0, False)

    def test_a_claim_without_a_plan(self, batch: Path) -> None:
        _write(batch / "claim.json", Claim("kniha-1", "/mnt/sken", CLAIMED, (), ()))
        found = standing(batch)
        assert (found.id, found.delivery, found.claimed) == ("kniha-1", "/mnt/sken", CLAIMED)

    def test_a_plan_that_is_cut_off_leaves_what_the_folders_show(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_page(batch, book, 1)
        (batch / PLAN).write_bytes((batch / PLAN).read_bytes()[:100])
        found = standing(batch)
        assert found.unread == (PLAN,)
        assert found.volumes[0].state is None
        assert (found.done, only(found).subject) == (1, f"{book.volume.id}/0001")

    def test_an_outcome_that_is_not_whole_is_no_outcome(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_end(batch, book, State.STORED, version="v0001")
        (batch / "volumes" / book.volume.id / OUTCOME).write_bytes(b"")
        found = standing(batch)
        assert found.volumes[0].state is None
        assert found.unread == (f"volumes/{book.volume.id}/{OUTCOME}",)

    def test_a_record_that_is_not_whole_counts_as_not_done(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_page(batch, book, 1)
        (batch / "volumes" / book.volume.id / "0001" / "read" / RECORD).write_bytes(b'{"step": "re')
        found = standing(batch)
        assert (only(found).state, only(found).step, len(found.unread)) == ("left", "read", 1)

    @given(
        st.sampled_from([PLAN, OUTCOME, *BROKEN, *(f"0001/{step}/{RECORD}" for step in (*STEPS, "page"))]),
        st.binary(max_size=40)
        | st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3),
        ).map(lambda value: json.dumps(value).encode()),
    )
    @settings(max_examples=60, deadline=None)
    def test_no_content_of_any_file_stops_the_look(self, name: str, content: bytes) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "dávka"
            book = planned("kniha", ["001.tif"])
            write_plan(folder, book)
            write_page(folder, book, 1)
            write_end(folder, book, State.STORED, version="v0001")
            broken = folder / name if name == PLAN else folder / "volumes" / book.volume.id / name
            broken.parent.mkdir(parents=True, exist_ok=True)
            broken.write_bytes(content)
            found = standing(folder)
        assert [path.rpartition("/")[2] for path in found.unread] == [BROKEN.get(name, broken.name)]
        assert (found.done == 0) == (broken.name == RECORD)

    @pytest.mark.parametrize("wild", [float("nan"), float("inf"), 10**400, "mnoho", None, [], {"angle": {}}, True])
    def test_facts_of_any_kind_are_borne(self, batch: Path, wild: object) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_page(batch, book, 1)
        wild_skew = {"skew": {"decision": "turned", "angle": wild}, "width": wild}
        write_step(batch, book, 1, "straighten", facts=wild_skew, seconds=float("inf"))
        write_step(batch, book, 1, "read", facts={"confidence": wild, "words": wild})
        page = only(standing(batch))
        assert page.state is PageState.DONE
        assert page.angle == 0.0
        assert page.confidence == -1.0
        assert "straighten" not in page.seconds

    def test_a_finding_of_a_later_version_is_a_record_that_cannot_be_read(self, batch: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(batch, book)
        write_step(batch, book, 1, "examine", finding("P012", "x", dpi=1, least=2), status=Status.BAD)
        file = batch / "volumes" / VolumeId(book.volume.id) / "0001" / "examine" / RECORD
        file.write_text(file.read_text(encoding="utf-8").replace("P012", "P999"), encoding="utf-8")
        assert len(standing(batch).unread) == 1
