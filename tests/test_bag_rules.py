"""Strangers' bags: what BagIt calls valid is accepted, what it forbids is refused and named, whatever its version."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import bagit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.wording import wording
from repository.bag import judged, problems
from repository.bag_rules import MOST_TOLD
from repository.tag_files import (
    algorithm_of,
    declaration,
    fetch_lines,
    info_pairs,
    manifest_lines,
    spellings,
    text_of,
)
from tests.bag_cases import FILES, ODD, SOUND, VERSIONS, WRONG, Stranger

LINES = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40), max_size=4)


@pytest.mark.parametrize("case", sorted(SOUND))
def test_a_sound_bag_is_accepted_without_a_warning(case: str, tmp_path: Path) -> None:
    found = judged(SOUND[case].write(tmp_path / "bag"))
    assert found.accepted
    assert found.valid
    assert [each for each in found.findings if each.code == "S073"] == []
    assert found.files == len(SOUND[case].files)
    assert set(SOUND[case].files) <= set(found.digests)


@pytest.mark.parametrize("case", sorted(ODD))
def test_an_odd_bag_is_accepted_with_a_warning(case: str, tmp_path: Path) -> None:
    found = judged(ODD[case].write(tmp_path / "bag"))
    assert found.accepted, [each.text() for each in found.findings]
    assert {each.code for each in found.findings} & {"S073", "S077"}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_wrong_bag_is_refused_and_the_reason_named(case: str, tmp_path: Path) -> None:
    bag, code = WRONG[case]
    found = judged(bag.write(tmp_path / "bag"))
    assert not found.accepted
    assert code in {each.code for each in found.findings if each.stops}
    assert found.valid is (code == "S068")


@pytest.mark.parametrize("case", sorted(WRONG))
def test_the_store_refuses_every_wrong_bag_too(case: str, tmp_path: Path) -> None:
    assert problems(WRONG[case][0].write(tmp_path / "bag"))


@pytest.mark.parametrize("case", ["basic-1.0", "basic-0.97", "md5-1.0", "two-algorithms", "oxum", "emoji", "nfc"])
def test_the_store_finds_nothing_wrong_with_plain_bags(case: str, tmp_path: Path) -> None:
    assert problems(SOUND[case].write(tmp_path / "bag")) == ()


def test_without_contents_nothing_is_digested_but_the_rest_is_found(tmp_path: Path) -> None:
    altered = judged(WRONG["altered-payload"][0].write(tmp_path / "altered"), contents=False)
    assert altered.accepted
    assert altered.digests == {}
    assert not judged(WRONG["missing-payload"][0].write(tmp_path / "gone"), contents=False).accepted


def test_a_pipe_is_named_and_not_waited_for(tmp_path: Path) -> None:
    bag = Stranger().write(tmp_path / "bag")
    os.mkfifo(bag / "data/pipe")
    assert [each.code for each in judged(bag).findings] == ["S069"]


def test_very_many_faults_are_counted_not_told(tmp_path: Path) -> None:
    bag = Stranger(files={f"data/{number}": b"" for number in range(MOST_TOLD + 30)}).write(tmp_path / "bag")
    for path in (bag / "data").iterdir():
        path.unlink()
    found = judged(bag)
    assert sum(each.code == "S063" for each in found.findings) == MOST_TOLD
    assert found.left_out == 30


def test_a_folder_without_anything_is_no_bag(tmp_path: Path) -> None:
    assert [each.code for each in judged(tmp_path).findings] == ["S060"]


def test_reasons_are_said_in_both_languages() -> None:
    for key, sentence in wording("repository", "bag.toml").sentences.items():
        assert set(sentence) == {"cs", "en"}, key


@settings(max_examples=40, deadline=None)
@given(
    version=st.sampled_from(VERSIONS),
    algorithms=st.sets(st.sampled_from(["md5", "sha1", "sha256", "sha512"]), min_size=1, max_size=3),
    encoding=st.sampled_from(["UTF-8", "UTF-16", "UTF-16LE", "ISO-8859-2"]),
    flip=st.booleans(),
)
def test_the_bagit_library_agrees(
    tmp_path_factory: pytest.TempPathFactory, version: str, algorithms: set[str], encoding: str, *, flip: bool
) -> None:
    made = Stranger(version, encoding, tuple(sorted(algorithms)), dict(FILES))
    bag = made.write(tmp_path_factory.mktemp("agreed") / "bag")
    if flip:
        (bag / "data/a.txt").write_bytes(b"alphA")
    assert bagit.Bag(str(bag)).is_valid() is judged(bag).accepted is (not flip)


class TestTagFiles:
    """Readers of strangers' lines end in a value or a ValueError, never in another way."""

    @settings(max_examples=80, deadline=None)
    @given(content=st.binary(max_size=80))
    def test_any_bytes_as_bagit_txt(self, content: bytes) -> None:
        with pytest.raises(ValueError, match=r"\S"):
            declaration(content)

    @given(st.sampled_from(VERSIONS), st.sampled_from(["UTF-8", "utf-16le", "ISO-8859-1", "windows-1250"]))
    def test_a_declaration_gives_back_what_was_declared(self, version: str, encoding: str) -> None:
        read = declaration(f"BagIt-Version: {version}\r\nTag-File-Character-Encoding: {encoding}\r\n".encode())
        assert ".".join(map(str, read.version)) == version
        assert (read.encoding, read.unusual) == (encoding, ())

    @settings(max_examples=80, deadline=None)
    @given(LINES)
    def test_any_lines_as_a_manifest_or_fetch(self, lines: list[str]) -> None:
        read, _ = text_of("\n".join(lines).encode(), "UTF-8")
        for reader in (manifest_lines, fetch_lines, info_pairs):
            with suppress(ValueError):
                assert len(list(reader(read))) <= len(read)

    @given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30))
    def test_a_path_written_by_the_rules_is_among_its_spellings_first(self, path: str) -> None:
        written = path.replace("%", "%25")
        assert spellings(written, (1, 0))[0] == path
        assert path in spellings(path, (0, 97))

    @pytest.mark.parametrize(
        ("name", "wanted"),
        [
            ("manifest-sha512.txt", (False, "sha512", "sha512")),
            ("tagmanifest-SHA-256.txt", (True, "sha256", "SHA-256")),
            ("manifest-sha3-256.txt", (False, "sha3_256", "sha3-256")),
            ("manifest-shake_128.txt", (False, "", "shake_128")),
            ("manifest.txt", None),
        ],
    )
    def test_a_manifest_is_known_by_its_name(self, name: str, wanted: object) -> None:
        assert algorithm_of(name) == wanted

    def test_labels_are_kept_in_order_with_their_repetitions(self) -> None:
        assert info_pairs(["A: 1", " 2", "B :x:y", "A:3"]) == [("A", "1 2"), ("B", "x:y"), ("A", "3")]
