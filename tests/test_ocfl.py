"""An object goes out as OCFL 1.1 with all its versions; ocfl-py, another people's tool, is the judge."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import ocfl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.problem import Problem
from repository.directory_place import DirectoryPlace
from repository.ocfl import export_object, object_path, storage_root, versions_of
from repository.store import Store
from tests.bags import AGENT, BOOK, OTHER, make_bag, make_store
from tests.homes import everything, flip

ADDRESS = "urn:isil:CZ-LIA001"
NAMES = ("data/mets.xml", "data/mc/mc_0001.jp2", "data/txt/strana č. 1.txt", "data/100% : *.txt", "data/a/b/c/d")
HISTORIES = st.lists(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([b"", b"a", b"b", b"c" * 3000]), min_size=1),
    min_size=1,
    max_size=4,
)


def judged(folder: Path) -> tuple[bool, str]:
    """What ocfl-py says of an object: whether it is valid, and every error and warning."""
    passed, validator = ocfl.Object().validate(str(folder), log_warnings=True)
    return passed, validator.status_str()


def exported(store: Store, target: Path) -> Path:
    return export_object(versions_of(store.places, store.journal, BOOK), BOOK, target, ADDRESS)


def test_versions_come_out_valid_and_equal_content_is_stored_once(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.take(make_bag(tmp_path / "a"), BOOK, AGENT)
    store.take(make_bag(tmp_path / "b", files={"data/mc/mc_0001.jp2": b"master" * 500, "data/x": b"new"}), BOOK, AGENT)
    made = exported(store, tmp_path / "ocfl")
    assert judged(made) == (True, "")
    inventory = json.loads((made / "inventory.json").read_bytes())
    assert inventory["head"] == "v2"
    assert not (made / "v2/content/data/mc").exists()
    assert inventory["versions"]["v1"]["user"] == {"name": "kdr", "address": ADDRESS}
    assert inventory["versions"]["v2"]["created"] == store.show(BOOK)[1].stored


@settings(max_examples=12)
@given(HISTORIES)
def test_every_version_of_any_history_comes_back_byte_for_byte(history: list[dict[str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        store = make_store(root)
        for number, files in enumerate(history):
            store.take(make_bag(root / f"bag{number}", files=files), BOOK, AGENT)
        made = exported(store, root / "ocfl")
        assert judged(made) == (True, "")
        held = store.versions(BOOK)
        for number, version in enumerate(held, 1):
            ocfl.Object().extract(str(made), f"v{number}", str(root / f"out{number}"))
            primary = store.primary
            assert isinstance(primary, DirectoryPlace)
            assert everything(root / f"out{number}") == everything(primary.folder(BOOK, version))


def test_a_storage_root_holds_several_objects(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    root = tmp_path / "root"
    for number, object_id in enumerate((BOOK, OTHER)):
        store.take(make_bag(tmp_path / f"bag{number}", object_id), object_id, AGENT)
        versions = versions_of(store.places, store.journal, object_id)
        export_object(versions, object_id, storage_root(root) / object_path(object_id), ADDRESS)
    judge = ocfl.StorageRoot(str(root))
    assert judge.validate(log_warnings=True), judge.log.status_str()
    assert (judge.num_objects, judge.good_objects) == (2, 2)


def test_what_lies_there_is_not_overwritten(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.take(make_bag(tmp_path / "bag"), BOOK, AGENT)
    (tmp_path / "ocfl").mkdir()
    (tmp_path / "ocfl" / "mine").write_text("mine")
    with pytest.raises(Problem, match="S005"):
        exported(store, tmp_path / "ocfl")
    with pytest.raises(Problem, match="S005"):
        storage_root(tmp_path / "ocfl")
    assert everything(tmp_path / "ocfl") == {"mine": b"mine"}


def test_a_damaged_file_is_not_handed_out(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.take(make_bag(tmp_path / "bag"), BOOK, AGENT)
    primary = store.primary
    assert isinstance(primary, DirectoryPlace)
    flip(primary.folder(BOOK, "v0001") / "data/mets.xml")
    with pytest.raises(Problem, match="S006"):
        exported(store, tmp_path / "out" / "ocfl")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_copy_whose_manifest_was_altered_is_passed_over(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.take(make_bag(tmp_path / "bag"), BOOK, AGENT)
    primary = store.primary
    assert isinstance(primary, DirectoryPlace)
    flip(primary.folder(BOOK, "v0001") / "manifest-sha512.txt")
    assert judged(exported(store, tmp_path / "ocfl")) == (True, "")


def test_an_unknown_object_is_told(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    with pytest.raises(Problem, match="S004"):
        versions_of(store.places, store.journal, BOOK)
