"""Bags: what we write is what everybody reads, and what is wrong with a bag is found and named."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from pathlib import Path

import bagit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.file import Digests
from repository.bag import (
    bag_info,
    identity,
    info_bytes,
    manifest_bytes,
    parse_info,
    payload_manifest,
    problems,
    tag_manifest,
    walk,
    write_bag,
)
from repository.verify import parse_manifest
from tests.bags import BOOK, PAGES, make_bag

DIGEST = hashlib.sha512(b"").hexdigest()
HOSTILE = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs", "Mn"]) | st.sampled_from("ěščřžýáíé %\r\n*~#'\"\\\u00a0%25"),
    min_size=1,
    max_size=20,
).map(lambda text: unicodedata.normalize("NFC", text))
PARTS = HOSTILE.filter(lambda part: "/" not in part and part not in (".", "..") and part == part.strip(" \u00a0"))


def sound(path: str) -> bool:
    escaped = path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")
    return escaped == escaped.strip() and unicodedata.is_normalized("NFC", path)


PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join).map("data/{}".format).filter(sound)


class TestManifest:
    """RFC 8493 2.1.3: CR, LF and % in a file path are percent-encoded, and only those."""

    @given(st.dictionaries(PATHS, st.binary(min_size=64, max_size=64).map(bytes.hex), max_size=5))
    def test_gives_back_what_it_was_given(self, digests: dict[str, str]) -> None:
        assert parse_manifest(manifest_bytes(digests)) == digests

    def test_is_sorted_and_readable_by_sha512sum(self) -> None:
        written = manifest_bytes({"data/ř": DIGEST, "data/a b": DIGEST}).decode()
        assert written == f"{DIGEST}  data/a b\n{DIGEST}  data/ř\n"

    def test_escapes_line_ends_and_percent_only(self) -> None:
        assert manifest_bytes({"data/50%\n~": DIGEST}).decode() == f"{DIGEST}  data/50%25%0A~\n"

    @pytest.mark.parametrize("ends", ["\n", "\r", "\r\n"])
    def test_is_read_with_any_line_end_and_with_a_star(self, ends: str) -> None:
        text = ends.join([f"{DIGEST.upper()} *data/a", "", f"{DIGEST}\tdata/%0a"])
        assert parse_manifest(text.encode()) == {"data/a": DIGEST, "data/\n": DIGEST}

    @pytest.mark.parametrize(
        "line",
        ["nonsense", f"{DIGEST}", f"{DIGEST[1:]}  data/a", f"{DIGEST}  /etc/passwd", f"{DIGEST}  data/../../x"],
    )
    def test_refuses_a_line_that_says_nothing_or_leads_out(self, line: str) -> None:
        with pytest.raises(ValueError, match="line 1"):
            parse_manifest(line.encode())

    def test_refuses_a_path_listed_twice(self) -> None:
        with pytest.raises(ValueError, match="line 2"):
            parse_manifest(f"{DIGEST}  data/a\n{DIGEST}  data/a\n".encode())

    @pytest.mark.parametrize(
        "path",
        [
            "data/" + unicodedata.normalize("NFD", "č"),
            "/data/x",
            "data/../x",
            "data//x",
            "data/./x",
            "data/x ",
            "data/\u2028x",
            "data/\x00",
            "data/\udc80",
            "",
        ],
    )
    def test_a_name_that_would_not_survive_is_refused(self, path: str) -> None:
        with pytest.raises(ValueError, match="no name for a file"):
            manifest_bytes({path: DIGEST})


class TestBagInfo:
    """RFC 8493 2.2.2: labels, a colon, a blank, values; long values go on in indented lines."""

    LABELS = st.text(st.characters(categories=["L", "N", "Pd"]), min_size=1, max_size=20)

    @given(st.dictionaries(LABELS, st.text(st.characters(exclude_categories=["Cs"]), max_size=60), max_size=6))
    def test_gives_back_values_with_single_blanks(self, info: dict[str, str]) -> None:
        plain = {label: " ".join(value.split()) for label, value in info.items()}
        assert parse_info(info_bytes(info)) == {label: value for label, value in plain.items() if value}

    def test_reads_folded_lines_and_repeated_labels(self) -> None:
        text = "Contact-Name: Jana\r\n  Nováková\r\nNote: a:b\r\n\r\nNote: c\r\n"
        assert parse_info(text.encode()) == {"Contact-Name": "Jana Nováková", "Note": "a:b; c"}

    def test_a_line_without_label_is_refused(self) -> None:
        with pytest.raises(ValueError, match="no label"):
            parse_info(b"nothing here\n")

    @pytest.mark.parametrize("label", ["a:b", " a", "a\n", "", "a\x00"])
    def test_a_label_that_would_not_survive_is_refused(self, label: str) -> None:
        with pytest.raises(ValueError, match="no label"):
            info_bytes({label: "x"})


class TestWriting:
    """What the package step hands to the store."""

    def test_the_bagit_library_finds_it_valid_and_reads_the_same(self, tmp_path: Path) -> None:
        bag = make_bag(tmp_path / "bag", info={"Source-Organization": "Krajská  vědecká\nknihovna", "Empty": ""})
        stranger = bagit.Bag(str(bag))
        assert stranger.validate(processes=1)
        assert stranger.info == bag_info(bag)
        assert bag_info(bag)["Source-Organization"] == "Krajská vědecká knihovna"
        assert "Empty" not in bag_info(bag)

    def test_oxum_and_size_are_computed_whatever_the_caller_says(self, tmp_path: Path) -> None:
        """RFC 8493 2.2.2: Payload-Oxum is OctetCount.StreamCount of the payload."""
        info = bag_info(make_bag(tmp_path / "bag", info={"Payload-Oxum": "1.1"}))
        assert info["Payload-Oxum"] == f"{sum(map(len, PAGES.values()))}.{len(PAGES)}"
        assert info["Bag-Size"] == "3.0 KB"

    def test_every_file_is_in_one_of_the_manifests(self, tmp_path: Path) -> None:
        bag = make_bag(tmp_path / "bag")
        assert set(payload_manifest(bag)) == set(PAGES)
        assert set(tag_manifest(bag)) == {"bagit.txt", "bag-info.txt", "manifest-sha512.txt"}
        assert {path for path, _ in walk(bag)} == {*PAGES, *tag_manifest(bag), "tagmanifest-sha512.txt"}

    def test_equal_payload_and_info_give_equal_bytes(self, tmp_path: Path) -> None:
        backwards = dict(reversed(PAGES.items()))
        assert identity(make_bag(tmp_path / "a")) == identity(make_bag(tmp_path / "b", files=backwards))

    def test_no_payload_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        os.mkfifo(tmp_path / "data" / "pipe")  # whoever reads it waits for ever
        write_bag(tmp_path, {"data/pipe": Digests(3, DIGEST, "")}, {})
        assert payload_manifest(tmp_path) == {"data/pipe": DIGEST}

    def test_payload_outside_data_is_refused_before_anything_is_written(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="does not lie in data/"):
            write_bag(tmp_path, {"mets.xml": Digests(3, DIGEST, "")}, {})
        assert list(tmp_path.iterdir()) == []

    @settings(max_examples=15, deadline=None)
    @given(files=st.dictionaries(PATHS, st.binary(max_size=9), min_size=1, max_size=3))
    def test_a_bag_with_hostile_names_is_valid(
        self, tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
    ) -> None:
        prefixes = {str(Path(path).parent) for path in files} | {str(Path(p).parent.parent) for p in files}
        chosen = {path: content for path, content in files.items() if path not in prefixes}
        bag = make_bag(tmp_path_factory.mktemp("hostile") / "bag", files=chosen)
        assert problems(bag) == ()
        assert set(payload_manifest(bag)) == set(chosen)


class TestProblems:
    """Whatever is wrong is named; nothing crashes or waits for ever."""

    @pytest.fixture
    def bag(self, tmp_path: Path) -> Path:
        return make_bag(tmp_path / "bag")

    def test_a_good_bag_has_none(self, bag: Path) -> None:
        assert problems(bag) == ()

    def test_a_flipped_byte(self, bag: Path) -> None:
        content = bytearray((bag / "data/mets.xml").read_bytes())
        content[3] ^= 1
        (bag / "data/mets.xml").write_bytes(content)
        assert problems(bag) == ("data/mets.xml: obsah nesouhlasí se součtem",)
        assert problems(bag, contents=False) == ()

    def test_a_missing_file(self, bag: Path) -> None:
        (bag / "bag-info.txt").unlink()
        assert problems(bag) == ("bag-info.txt: chybí",)

    def test_a_missing_page_is_seen_by_its_count(self, bag: Path) -> None:
        (bag / "data/mets.xml").unlink()
        assert any("Oxum" in problem for problem in problems(bag, contents=False))

    def test_an_extra_file_in_the_payload(self, bag: Path) -> None:
        (bag / "data/Thumbs.db").write_bytes(b"")
        assert any("Oxum" in problem for problem in problems(bag))

    def test_an_extra_file_beside_the_payload(self, bag: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (bag / "note.txt").write_bytes(b"?")
        monkeypatch.setenv("KDR_LANGUAGE", "en")
        assert problems(bag) == ("note.txt: lies outside data/ and is in no tag manifest",)

    def test_a_link_is_not_followed(self, bag: Path) -> None:
        (bag / "data/link").symlink_to("/etc/hostname")
        (bag / "data/folder").symlink_to("/etc")
        assert {problem.split(":")[0] for problem in problems(bag)} == {"data/link", "data/folder"}

    def test_a_pipe_does_not_stop_it(self, bag: Path) -> None:
        (bag / "data/mets.xml").unlink()
        os.mkfifo(bag / "data/mets.xml")
        assert len(problems(bag)) == 1

    def test_a_name_that_is_not_nfc(self, tmp_path: Path) -> None:
        name = "data/" + unicodedata.normalize("NFD", "č.txt")
        (tmp_path / "data").mkdir()
        (tmp_path / name).write_bytes(b"")
        (tmp_path / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        (tmp_path / "manifest-sha512.txt").write_text(f"{DIGEST}  {name}\n", encoding="utf-8")
        assert any(problem.endswith("jméno není v NFC") for problem in problems(tmp_path))

    def test_a_folder_that_is_no_bag(self, tmp_path: Path) -> None:
        (tmp_path / "page.tif").write_bytes(b"")
        assert len(problems(tmp_path)) == 1
        assert "bagit.txt" in problems(tmp_path)[0]

    @pytest.mark.parametrize("oxum", ["nonsense", "1", "a.b"])
    def test_a_malformed_oxum_is_a_problem_not_a_crash(self, bag: Path, oxum: str) -> None:
        (bag / "bag-info.txt").write_text(f"Payload-Oxum: {oxum}\n")
        assert problems(bag)

    def test_the_warnings_of_the_library_stay_silent(self, bag: Path, capfd: pytest.CaptureFixture[str]) -> None:
        (bag / "bag-info.txt").unlink()
        problems(bag)
        assert capfd.readouterr().err == ""

    def test_the_volume_of_the_bag_is_said(self, bag: Path) -> None:
        assert bag_info(bag)["External-Identifier"] == f"uuid:{BOOK}"
