"""A book's package: made of its page records and nothing else, and judged as a stranger would judge it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import bagit
import pytest

from metadata.finding import Finding
from metadata.markup import parse, violations
from metadata.model import PageRecord, Provenance, Source
from metadata.ndk.package import placed
from metadata.ndk.standard import USUAL
from metadata.record import from_json
from tests.homes import delivery, flip, make_home, tasks_of, told
from workflows.batch import read_plan
from workflows.closing import STEPS, read_page
from workflows.page import run_page
from workflows.volume import PackageEnd, PackageJob, package

SIDECAR = """\
title = "Hodinář a knihovna"
authors = ["Nováková, Jana"]
year = "1934"
[identifiers]
urnnbn = "urn:nbn:cz:li001-000001"
"""
MODS = '<mods xmlns="http://www.loc.gov/mods/v3" version="3.8"><titleInfo><title>Hodinář</title></titleInfo></mods>'


def job_of(folder: Path, schemas: Path | None = None) -> PackageJob:
    """A described book of two pages, made, ready to be packed."""
    given = delivery(folder / "dodavka", {"kniha": [1, 2]})
    (given / "kniha" / "volume.toml").write_text(SIDECAR, encoding="utf-8")
    (given / "kniha" / "mods.xml").write_text(MODS, encoding="utf-8")
    pages = tasks_of(make_home(folder / "home"), given)
    assert all(run_page(task).good for task in pages)
    batch = read_plan(Path(pages[0].batch))
    assert batch is not None
    return PackageJob(
        batch=pages[0].batch,
        batch_id=batch.id,
        delivery=batch.delivery,
        claimed=batch.claimed,
        planned=batch.volumes[0],
        schemas=str(schemas or ""),
        standard=USUAL,
        propose=True,
    )


@pytest.fixture
def job(tmp_path: Path) -> PackageJob:
    """The book, not checked by schemas."""
    return job_of(tmp_path)


def bag_of(job: PackageJob) -> tuple[PackageEnd, Path]:
    made = package(job)
    assert made.good, made.findings
    return made, Path(made.bag)


def page_records(job: PackageJob) -> list[PageRecord]:
    return [read_page(job.folder / page.number) for page in job.planned.volume.pages]


class TestPackage:
    def test_a_stranger_finds_it_valid(self, job: PackageJob) -> None:
        _, folder = bag_of(job)
        bag = bagit.Bag(str(folder))
        bag.validate()
        assert bag.info["External-Identifier"] == job.planned.volume.id
        assert bag.info["Source-Organization"] == "Krajská vědecká knihovna (LIA001)"
        assert bag.info["Bag-Group-Identifier"] == job.batch_id

    def test_its_digests_are_those_taken_when_the_files_were_made(self, job: PackageJob) -> None:
        _, folder = bag_of(job)
        entries = bagit.Bag(str(folder)).payload_entries()
        for page in page_records(job):
            for ref in placed(job.planned.volume.id, page).values():
                name = f"data/{job.planned.volume.id}/{ref.path}"
                assert entries[name]["sha512"] == ref.sha512
                assert (folder / name).stat().st_size == ref.size

    def test_no_byte_of_a_page_is_copied(self, job: PackageJob) -> None:
        _, folder = bag_of(job)
        made = job.folder / "0001" / "master" / page_records(job)[0].master.path
        assert made.stat().st_ino == (folder / f"data/{job.planned.volume.id}/mastercopy/{made.name}").stat().st_ino

    def test_every_document_follows_its_schema(self, tmp_path: Path, schemas: Path) -> None:
        job = job_of(tmp_path, schemas)
        _, folder = bag_of(job)
        kinds = {"alto_": "alto/alto-2-0.xsd", "info_": "ndk/info_mon2.2.xsd"}
        documents = sorted((folder / "data" / job.planned.volume.id).rglob("*.xml"))
        assert len(documents) == 6
        for file in documents:
            schema = next((xsd for start, xsd in kinds.items() if file.name.startswith(start)), "ndk/ndk-combined.xsd")
            assert list(violations(parse(file.read_bytes()), schemas / schema)) == [], file.name

    def test_the_provenance_says_whence_every_page_and_every_step(self, job: PackageJob) -> None:
        _, folder = bag_of(job)
        told_by = folder / "data" / "provenance"
        whence = from_json(Provenance, (told_by / "volume.json").read_bytes())
        assert (whence.batch, whence.delivery) == (job.batch_id, job.delivery)
        lines = (told_by / "pages.jsonl").read_bytes().splitlines()
        kept = [from_json(PageRecord, line) for line in lines]
        assert [replace(new, page=old.page) for new, old in zip(kept, page_records(job), strict=True)] == page_records(
            job
        )
        assert {record.page.source for record in kept} == {Source.PROPOSED}
        steps = [json.loads(line) for line in (told_by / "steps.jsonl").read_bytes().splitlines()]
        assert [(s["page"], s["record"]["step"]) for s in steps] == [(p, s) for p in ("0001", "0002") for s in STEPS]

    def test_what_was_delivered_beside_the_scans_travels_untouched(self, job: PackageJob) -> None:
        _, folder = bag_of(job)
        sidecars = folder / "data" / "provenance" / "sidecars"
        assert (sidecars / "volume.toml").read_text(encoding="utf-8") == SIDECAR
        assert (sidecars / "mods.xml").read_text(encoding="utf-8") == MODS


class TestAgain:
    def test_the_same_pages_are_the_same_package(self, job: PackageJob) -> None:
        first, folder = bag_of(job)
        before = {path: path.stat().st_mtime_ns for path in folder.parent.rglob("*")}
        assert package(job) == first
        assert {path: path.stat().st_mtime_ns for path in folder.parent.rglob("*")} == before

    def test_another_page_is_another_package(self, job: PackageJob) -> None:
        _, folder = bag_of(job)
        before = (folder / "tagmanifest-sha512.txt").read_bytes()
        record = job.folder / "0001" / "page" / "page.json"
        page = json.loads(record.read_bytes())
        page["words"] = 99
        record.write_text(json.dumps(page), encoding="utf-8")
        bag_of(job)
        assert (folder / "tagmanifest-sha512.txt").read_bytes() != before

    def test_what_a_killed_packing_left_is_cleared_away(self, job: PackageJob) -> None:
        half = job.folder / "package" / "bag" / "data" / "half.xml"
        half.parent.mkdir(parents=True)
        half.touch()
        _, folder = bag_of(job)
        assert not half.exists()
        bagit.Bag(str(folder)).validate()


class TestRefusals:
    @pytest.mark.parametrize(
        ("step", "pattern"), [("master", "*.jp2"), ("user", "*.jp2"), ("read", "*.xml"), ("read", "*.txt")]
    )
    def test_a_file_that_changed_since_it_was_made(self, job: PackageJob, step: str, pattern: str) -> None:
        (file,) = (job.folder / "0002" / step).glob(pattern)
        flip(file)
        ended = package(job)
        (found,) = ended.findings
        assert (ended.good, found.code, Path(found.subject).name) == (False, "V008", file.name)
        assert (job.folder / "0001" / "page" / "record.json").is_file()
        assert not (job.folder / "0002" / "page" / "record.json").exists()

    def test_a_file_that_is_gone_breaks_the_package(self, job: PackageJob) -> None:
        (file,) = (job.folder / "0002" / "user").glob("*.jp2")
        file.unlink()
        ended = package(job)
        assert (ended.good, told(ended.findings)) == (False, ["P050"])
        assert file.name in ended.findings[0].text()

    def test_a_document_that_leaves_its_schema_is_named_with_its_line(self, tmp_path: Path, schemas: Path) -> None:
        strict = tmp_path / "xsd"
        shutil.copytree(schemas, strict, ignore=shutil.ignore_patterns("nsesss"))
        # A schema that knows no ALTO at all.
        shutil.copyfile(strict / "ndk" / "info_mon2.2.xsd", strict / "alto" / "alto-2-0.xsd")
        job = job_of(tmp_path, strict)
        ended = package(job)
        assert set(told(ended.findings)) == {"V005"}
        facts = ended.findings[0].facts
        assert str(facts["file"]).startswith("alto/")
        assert facts["line"]

    def test_findings_of_a_package_are_about_its_book(self, job: PackageJob) -> None:
        unreadable = replace(job, planned=replace(job.planned, sidecars=(replace(job.planned.sidecars[0], path="x"),)))
        ended = package(unreadable)
        assert ended.findings == (Finding("P050", "kniha", ended.findings[0].facts),)
