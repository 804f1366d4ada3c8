"""The JPEG 2000 profiles over real files of OpenJPEG, and side by side with the National Library's own profiles."""

from __future__ import annotations

import copy
import shutil
import struct
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from jpylyzer import jpylyzer

from metadata.ndk.jp2 import MC, UC, Profile, misses
from tests.fdmf import image_complaints

PRECINCTS = "[256,256],[256,256],[128,128],[128,128],[128,128],[128,128]"
COMMON = ["-c", PRECINCTS, "-b", "64,64", "-p", "RPCL", "-n", "6", "-M", "1", "-TP", "R"]
MASTER = [*COMMON, "-t", "4096,4096", "-SOP", "-EPH"]
RATIOS = "120,100,80,60,50,40,30,25,20,16,12,10"
USER = [*COMMON, "-t", "1024,1024", "-I", "-r", RATIOS]
OFF_PROFILE = {
    "tile width": ["-t", "1024,4096"],
    "quality layers": ["-r", "20,1"],
    "progression order": ["-p", "LRCP"],
    "decomposition levels": ["-n", "4"],
    "code-block width": ["-b", "32,64"],
    "precinct widths": ["-c", "[256,256],[128,128]"],
    "coding bypass": ["-M", "0"],
    "transform": ["-I"],
}


def encode(folder: Path, options: list[str], *, grey: bool = False) -> ET.Element:
    """Encode a small picture with OpenJPEG, add a resolution of 300 ppi, and let jpylyzer look at it."""
    if shutil.which("opj_compress") is None:
        pytest.skip("opj_compress (Debian package libopenjp2-tools) is not on this machine")
    rng = np.random.default_rng(7)
    shape = (256, 192) if grey else (256, 192, 3)
    slope = np.linspace(40, 200, 192).astype(int)
    pixels = rng.integers(0, 40, shape) + (slope if grey else slope[:, np.newaxis])
    picture = folder / ("in.pgm" if grey else "in.ppm")
    picture.write_bytes(b"P%d\n192 256\n255\n" % (5 if grey else 6) + pixels.astype(np.uint8).tobytes())
    target = folder / "out.jp2"
    command = ["opj_compress", "-i", str(picture), "-o", str(target), *options]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    target.write_bytes(with_resolution(target.read_bytes(), 300))
    return looked_at(target)


def looked_at(path: Path) -> ET.Element:
    """What jpylyzer says of a file."""
    report = jpylyzer.checkOneFile(str(path))
    assert isinstance(report, ET.Element)
    return report


def with_resolution(content: bytes, ppi: int) -> bytes:
    """Splice the 26 bytes of a capture resolution box in at the end of jp2h (ISO/IEC 15444-1, I.5.3.7)."""
    values = struct.pack(">HHHHbb", 100 * ppi, 254, 100 * ppi, 254, 2, 2)
    box = struct.pack(">I4sI4s", 26, b"res ", 18, b"resc") + values
    start = content.index(b"jp2h") - 4
    (length,) = struct.unpack_from(">I", content, start)
    header = struct.pack(">I", length + len(box)) + content[start + 4 : start + length] + box
    return content[:start] + header + content[start + length :]


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> ET.Element:
    return encode(tmp_path_factory.mktemp("mc"), MASTER)


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> ET.Element:
    return encode(tmp_path_factory.mktemp("uc"), USER)


def rules_missed(report: ET.Element, profile: Profile) -> set[str]:
    """The names of the rules that a file breaks."""
    return {miss.rule for miss in misses(report, profile)}


class TestGoodFiles:
    """ndk.md §4: these options of OpenJPEG pass the national profiles."""

    def test_a_master_keeps_every_rule(self, master: ET.Element) -> None:
        assert misses(master, MC) == ()

    def test_a_user_copy_keeps_every_rule(self, user: ET.Element) -> None:
        assert misses(user, UC) == ()

    def test_grey_pages_pass_too(self, tmp_path: Path) -> None:
        assert misses(encode(tmp_path, MASTER, grey=True), MC) == ()

    def test_one_is_not_the_other(self, master: ET.Element, user: ET.Element) -> None:
        tiles = {"tile width", "tile height", "quality layers", "transform"}
        assert rules_missed(master, UC) == {*tiles, "compression ratio"}
        assert rules_missed(user, MC) == {*tiles, "SOP markers", "EPH markers"}


class TestBadFiles:
    """Every departure is named by its rule."""

    @pytest.mark.parametrize("rule", OFF_PROFILE)
    def test_an_off_profile_master_is_named(self, rule: str, tmp_path: Path) -> None:
        # OpenJPEG refuses an option that stands twice, so the departing one replaces its namesake.
        report = encode(tmp_path, replaced(MASTER, OFF_PROFILE[rule]))
        assert rule in rules_missed(report, MC)

    @pytest.mark.parametrize("marker", ["-SOP", "-EPH"])
    def test_a_master_needs_both_markers(self, marker: str, tmp_path: Path) -> None:
        report = encode(tmp_path, [option for option in MASTER if option != marker])
        assert rules_missed(report, MC) == {f"{marker[1:]} markers"}

    def test_a_master_as_opj_compress_leaves_it_has_no_resolution(self, master: ET.Element) -> None:
        bare = without(master, "properties/jp2HeaderBox", "resolutionBox")
        assert rules_missed(bare, MC) == {"vertical resolution", "horizontal resolution"}

    @pytest.mark.parametrize(
        ("per_metre", "kept"), [("11731.9", False), ("11732", True), ("23622", True), ("n/a", False)]
    )
    def test_298_pixels_per_inch_are_the_least(self, master: ET.Element, per_metre: str, kept: bool) -> None:
        changed = with_text(
            master, "properties/jp2HeaderBox/resolutionBox/captureResolutionBox/vRescInPixelsPerMeter", per_metre
        )
        assert rules_missed(changed, MC) == (set() if kept else {"vertical resolution"})

    def test_a_display_resolution_will_do(self, master: ET.Element) -> None:
        changed = copy.deepcopy(master)
        box = changed.find("properties/jp2HeaderBox/resolutionBox/captureResolutionBox")
        assert box is not None
        box.tag = "displayResolutionBox"
        for each in box:
            each.tag = each.tag.replace("Resc", "Resd")
        assert misses(changed, MC) == ()

    def test_a_cut_file_is_not_valid(self, tmp_path: Path) -> None:
        encode(tmp_path, MASTER)
        whole = (tmp_path / "out.jp2").read_bytes()
        cut = tmp_path / "cut.jp2"
        cut.write_bytes(whole[: len(whole) // 2])
        assert "valid JP2" in rules_missed(looked_at(cut), MC)

    def test_what_is_no_jp2_at_all_misses_nearly_everything(self, tmp_path: Path) -> None:
        (tmp_path / "text.jp2").write_text("toto není obraz")
        assert len(rules_missed(looked_at(tmp_path / "text.jp2"), UC)) > 15

    def test_a_miss_says_what_was_found_and_what_is_wanted(self, user: ET.Element) -> None:
        (miss,) = [each for each in misses(user, MC) if each.rule == "tile width"]
        assert (miss.found, miss.wanted) == ("1024", "4096")

    def test_every_component_counts_and_not_only_the_first(self, master: ET.Element) -> None:
        changed = copy.deepcopy(master)
        changed.findall("properties/contiguousCodestreamBox/siz/ssizDepth")[2].text = "16"
        assert rules_missed(changed, MC) == {"bits per sample"}


class TestSideBySide:
    """fdmf/monograph_2.2/binaryFileProfiles: we are never milder than the National Library."""

    @pytest.mark.parametrize(("folder", "profile"), [("mc", MC), ("uc", UC)])
    def test_any_value_that_they_refuse_we_refuse(
        self, folder: str, profile: Profile, master: ET.Element, user: ET.Element, schemas: Path
    ) -> None:
        theirs = schemas / "ndk" / "fdmf" / "monograph_2.2" / "binaryFileProfiles" / folder / "jpylyzer.xml"
        report = {"mc": master, "uc": user}[folder]
        assert image_complaints(theirs, report) == []
        refused = 0
        for changed in mutations(report):
            if image_complaints(theirs, changed):
                refused += 1
                assert misses(changed, profile)
        assert refused > 15


def mutations(report: ET.Element) -> list[ET.Element]:
    """The report with each of its properties in turn said to be something else."""
    found = []
    paths = ("isValid", *(f"properties//{name}" for name in sorted({e.tag for e in report.iterfind("properties//*")})))
    for path in paths:
        if any(len(element) for element in report.iterfind(path)) or path.endswith(("height", "width")):
            continue
        for value in ("7", "no", ""):
            changed = copy.deepcopy(report)
            for element in changed.iterfind(path):
                element.text = value
            found.append(changed)
    return found


def replaced(options: list[str], other: list[str]) -> list[str]:
    """Options of opj_compress with one replaced or added."""
    if other[0] not in options:
        return [*options, *other]
    at = options.index(other[0])
    return [*options[:at], *other, *options[at + len(other) :]]


def without(report: ET.Element, parent: str, child: str) -> ET.Element:
    """The report without one part."""
    changed = copy.deepcopy(report)
    holder = changed.find(parent)
    assert holder is not None
    gone = holder.find(child)
    assert gone is not None
    holder.remove(gone)
    return changed


def with_text(report: ET.Element, path: str, text: str) -> ET.Element:
    """The report with another value in one place."""
    changed = copy.deepcopy(report)
    element = changed.find(path)
    assert element is not None
    element.text = text
    return changed
