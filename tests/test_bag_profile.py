"""BagIt profiles: ours is what our own packages conform to, and every rule of any profile is looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository.bag import judged, walk
from repository.bag_profile import Delivered, deviations, ours, profile_of
from repository.bag_rules import Judgement
from tests.bag_cases import Stranger
from tests.bags import make_bag
from tests.homes import stored_book, stored_version
from workflows.settings import load

INFO = {"BagIt-Profile-Info": {"BagIt-Profile-Identifier": "https://example.org/p.json"}}


def delivered(folder: Path, form: str = "") -> Delivered:
    return Delivered(judged(folder), frozenset(path for path, _ in walk(folder)), form)


@pytest.mark.slow
def test_a_package_of_ours_conforms_to_our_profile(tmp_path: Path) -> None:
    home = load(stored_book(tmp_path))
    assert deviations(ours(), delivered(stored_version(home))) == ()


def test_our_profile_has_what_the_specification_asks_for() -> None:
    profile = ours()
    told = {"BagIt-Profile-Identifier", "Source-Organization", "External-Description", "Version"}
    assert told <= set(profile["BagIt-Profile-Info"])
    assert profile["BagIt-Profile-Info"]["BagIt-Profile-Version"].startswith("1.")
    assert profile["Accept-Serialization"]
    assert set(profile["Manifests-Required"]) <= set(profile["Manifests-Allowed"])
    assert set(profile["Tag-Manifests-Required"]) <= set(profile["Tag-Manifests-Allowed"])


BAG = Delivered(
    Judgement(
        version="1.0",
        bytes=9,
        info=(("Contact-Name", "Jana"), ("Contact-Name", "Petr"), ("Bagging-Date", "2026-11-23")),
    ),
    frozenset(
        {"bagit.txt", "bag-info.txt", "manifest-md5.txt", "manifest-sha512.txt", "tagmanifest-md5.txt", "dpn/a.xml",
         "note.txt", "data/a.tif", "data/sub/b.xml"}
    ),
)  # fmt: skip
ASKED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    # what conforms, what does not, the rule that is named
    "version": ({"Accept-BagIt-Version": ["0.97", "1.0"]}, {"Accept-BagIt-Version": ["0.97"]}, "Accept-BagIt-Version"),
    "required": (
        {"Bag-Info": {"bagging-date": {"required": True}, "Other": {"required": False}}},
        {"Bag-Info": {"Source-Organization": {"required": True}}},
        "Bag-Info required",
    ),
    "values": (
        {"Bag-Info": {"Contact-Name": {"values": ["Jana", "Petr"]}, "Other": {"values": ["x"]}}},
        {"Bag-Info": {"Contact-Name": {"values": ["Jana"]}}},
        "Bag-Info values",
    ),
    "repeatable": (
        {"Bag-Info": {"Contact-Name": {"repeatable": True}, "Bagging-Date": {"repeatable": False}}},
        {"Bag-Info": {"Contact-Name": {"repeatable": False}}},
        "Bag-Info repeatable",
    ),
    "manifests": ({"Manifests-Required": ["md5", "sha512"]}, {"Manifests-Required": ["sha256"]}, "Manifests-Required"),
    "manifests-allowed": (
        {"Manifests-Allowed": ["md5", "SHA-512", "sha256"]}, {"Manifests-Allowed": ["sha512"]}, "Manifests-Allowed"),
    "tag-manifests": (
        {"Tag-Manifests-Required": ["md5"]}, {"Tag-Manifests-Required": ["sha512"]}, "Tag-Manifests-Required"),
    "tag-manifests-allowed": (
        {"Tag-Manifests-Allowed": ["md5"]}, {"Tag-Manifests-Allowed": ["sha512"]}, "Tag-Manifests-Allowed"),
    "tag-files": (
        {"Tag-Files-Required": ["dpn/a.xml", "bag-info.txt"]}, {"Tag-Files-Required": ["dpn/b.xml"]},
        "Tag-Files-Required"),
    "tag-files-allowed": (
        {"Tag-Files-Allowed": ["dpn/*", "*.txt"]}, {"Tag-Files-Allowed": ["dpn/*"]}, "Tag-Files-Allowed"),
    "payload-files": (
        {"Payload-Files-Required": ["data/a.tif"]}, {"Payload-Files-Required": ["data/c.tif"]},
        "Payload-Files-Required"),
    "payload-files-allowed": (
        {"Payload-Files-Allowed": ["data/*.tif", "data/sub/*"]}, {"Payload-Files-Allowed": ["data/*.tif"]},
        "Payload-Files-Allowed"),
    "serialization": ({"Serialization": "optional"}, {"Serialization": "required"}, "Serialization"),
    "not-empty": ({"Data-Empty": False}, {"Data-Empty": True}, "Data-Empty"),
    "fetch-required": ({"Fetch.txt-Required": False}, {"Fetch.txt-Required": True}, "Fetch.txt-Required"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(ASKED))
def test_each_rule(case: str) -> None:
    good, bad, rule = ASKED[case]
    assert deviations({**INFO, **good}, BAG) == ()
    (told,) = deviations({**INFO, **bad}, BAG)
    assert told.facts["rule"] == rule


def test_a_fetch_file_may_be_forbidden() -> None:
    holey = replace(BAG, paths=BAG.paths | {"fetch.txt"})
    assert deviations({**INFO, "Allow-Fetch.txt": True}, holey) == ()
    assert [each.facts["rule"] for each in deviations({**INFO, "Allow-Fetch.txt": False}, holey)] == ["Allow-Fetch.txt"]


def test_an_archive_has_a_form_that_must_be_accepted() -> None:
    packed = replace(BAG, form="application/zip")
    assert deviations({**INFO, "Accept-Serialization": ["application/zip"]}, packed) == ()
    for profile in ({"Accept-Serialization": ["application/tar"]}, {"Serialization": "forbidden"}):
        assert len(deviations({**INFO, **profile}, packed)) == 1


def test_foreign_bags_deviate_from_ours(tmp_path: Path) -> None:
    told = deviations(ours(), delivered(Stranger("0.97", algorithms=("md5",)).write(tmp_path / "bag")))
    rules = {str(each.facts["rule"]) for each in told}
    assert rules >= {"Accept-BagIt-Version", "Bag-Info required", "Manifests-Required", "Manifests-Allowed"}


def test_a_small_bag_of_ours_conforms(tmp_path: Path) -> None:
    bag = make_bag(tmp_path / "bag", info={"Source-Organization": "Muzeum"})
    assert deviations(ours(), delivered(bag)) == ()
    assert deviations(ours(), delivered(bag, "application/zip")) == ()


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_what_is_no_profile_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        profile_of(json.dumps(value).encode())


def test_a_profile_is_read_back_as_written() -> None:
    assert profile_of(json.dumps(ours()).encode()) == ours()
