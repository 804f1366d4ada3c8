"""The samples are what samples/README.md promises: pages with their truth, and deliveries bad in the way they say."""

from __future__ import annotations

import csv
import os
import re
import tomllib
import unicodedata
from io import BytesIO
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from metadata.description import Identifier, IdentifierKind, Organisation, VolumeKind
from metadata.finding import codes
from samples.damaged import MAKERS, jp2, make_bad, white_g4
from samples.make_samples import BOOK, COLUMNS, NEWSPAPER, PHOTOGRAPH
from samples.setting import BOLD, DISPLAY, HAND, ITALIC, ROMAN, SANS, Face, bound, broken, hyphens

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
DELIVERY, TRUTH, BAD = SAMPLES / "delivery", SAMPLES / "ground_truth", SAMPLES / "bad"
VOLUMES = (BOOK, NEWSPAPER, PHOTOGRAPH)
BAD_DELIVERIES = sorted(BAD.iterdir())

typefaces = pytest.mark.skipif(
    not all(Path(face).is_file() for face in (ROMAN, ITALIC, BOLD, DISPLAY, HAND, SANS)),
    reason="needs fonts-linuxlibertine, fonts-junicode and fonts-liberation",
)


def table() -> list[dict[str, str]]:
    with (TRUTH / "pages.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def truth(row: dict[str, str]) -> str:
    return (TRUTH / row["volume"] / f"{Path(row['file']).stem}.txt").read_text(encoding="utf-8")


def scan(row: dict[str, str]) -> Path:
    return DELIVERY / row["volume"] / row["file"]


def names(folder: Path, depth: str, without: str) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.glob(depth) if path.name != without}


def label(row: dict[str, str]) -> str:
    return f"{row['volume'].split('-')[0]}-{row['order']}"


# --- The good delivery ------------------------------------------------------------------------------------------------


def test_every_page_has_a_line_and_every_line_a_page() -> None:
    assert tuple(table()[0]) == COLUMNS
    listed = [f"{row['volume']}/{row['file']}" for row in table()]
    assert len(listed) == len(set(listed)) == 14
    assert set(listed) == names(DELIVERY, "*/*", "volume.toml")


def test_every_page_has_its_text_and_every_text_a_page() -> None:
    wanted = {f"{row['volume']}/{Path(row['file']).stem}.txt" for row in table()}
    assert wanted == names(TRUTH, "*/*", "pages.csv")


@pytest.mark.parametrize("volume", VOLUMES)
def test_pages_stand_in_the_order_of_their_names(volume: str) -> None:
    rows = [row for row in table() if row["volume"] == volume]
    assert [int(row["order"]) for row in rows] == list(range(1, len(rows) + 1))
    assert [row["file"] for row in rows] == sorted(row["file"] for row in rows)


def test_one_file_name_is_decomposed() -> None:
    odd = [path.name for path in (DELIVERY / BOOK).iterdir() if not path.name.isascii()]
    assert len(odd) == 1
    assert unicodedata.is_normalized("NFD", odd[0])
    assert not unicodedata.is_normalized("NFC", odd[0])


def test_the_book_mixes_formats_as_scanners_do() -> None:
    seen = []
    for path in sorted((DELIVERY / BOOK).glob("0*")):
        with Image.open(path) as image:
            seen.append((image.format, image.mode, image.info.get("compression")))
    assert seen.count(("JPEG", "RGB", None)) == 9
    assert ("TIFF", "1", "group4") in seen
    assert ("TIFF", "L", "tiff_lzw") in seen
    assert ("PNG", "L", None) in seen


def test_one_page_carries_an_srgb_profile() -> None:
    with Image.open(DELIVERY / BOOK / "0001.jpg") as image:
        assert image.info["icc_profile"][16:20] == b"RGB "


@pytest.mark.parametrize("row", table(), ids=label)
def test_sizes_and_resolutions(row: dict[str, str]) -> None:
    promised = {BOOK: ((1748, 2480), 300), NEWSPAPER: ((2598, 3661), 300), PHOTOGRAPH: ((1880, 1400), 400)}
    size, dpi = promised[row["volume"]]
    with Image.open(scan(row)) as image:
        image.load()
        assert image.size == size
        assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.01)


def test_everything_is_small_enough_to_be_cloned() -> None:
    files = (path for path in SAMPLES.rglob("*") if "__pycache__" not in path.parts)
    assert sum(path.lstat().st_size for path in files if not path.is_dir()) < 6_500_000


# --- Its ground truth -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", table(), ids=label)
def test_text_is_nfc_and_only_the_blank_page_has_none(row: dict[str, str]) -> None:
    text = truth(row)
    assert unicodedata.is_normalized("NFC", text)
    assert "\u00a0" not in text
    assert (row["blank"] == "yes") == (row["kind"] == "blank") == (text == "")


def test_a_printed_folio_is_in_the_text() -> None:
    numbered = [row for row in table() if row["folio"]]
    assert [row["folio"] for row in numbered] == [str(number) for number in range(3, 13)]
    assert all(row["folio"] in truth(row).splitlines() for row in numbered)


def test_words_are_parted_at_line_ends_on_several_pages() -> None:
    parted = [row for row in table() if any(line.endswith("-") for line in truth(row).splitlines())]
    assert len(parted) >= 6


def test_all_kinds_of_page_are_there() -> None:
    kinds = {row["kind"] for row in table()}
    assert kinds == {"title", "blank", "text", "picture", "columns", "contents", "newspaper", "photograph"}


@pytest.mark.parametrize(
    ("page", "words"), [(9, "Die jungen Ge-\nsellen"), (10, "Rota\nrotam movet"), (11, "knihovna tisíc svazků")]
)
def test_the_book_speaks_three_languages(page: int, words: str) -> None:
    row = table()[page - 1]
    assert " ".join(words.split()) in " ".join(truth(row).split())


def test_some_pages_are_straight_and_some_are_not() -> None:
    skews = [float(row["skew_degrees"]) for row in table() if row["volume"] == BOOK]
    assert all(-3.5 <= skew <= 3.5 for skew in skews)
    assert skews.count(0.0) >= 3
    assert min(skews) < -3 < 3 < max(skews)


@pytest.mark.parametrize("row", [row for row in table() if float(row["skew_degrees"])], ids=label)
def test_turning_a_page_back_by_its_skew_levels_its_lines(row: dict[str, str]) -> None:
    skew = float(row["skew_degrees"])
    with Image.open(scan(row)) as image:
        small = image.convert("L").reduce(2)
    width, height = small.size

    def evenness(angle: float) -> float:
        upright = small.rotate(angle, Image.Resampling.BICUBIC)
        inner = upright.crop((width // 6, height // 8, width * 4 // 5, height * 4 // 5))
        return float(np.asarray(inner, np.float64).mean(axis=1).var())

    assert evenness(skew) == max(evenness(skew + away) for away in (-1.0, -0.4, 0.0, 0.4, 1.0))


def test_the_blank_page_has_no_ink() -> None:
    row = next(row for row in table() if row["kind"] == "blank")
    with Image.open(scan(row)) as image:
        darkest, _ = image.convert("L").getextrema()
    assert isinstance(darkest, int | float)
    assert darkest > 200


# --- volume.toml ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("volume", VOLUMES)
def test_a_good_volume_is_described_in_the_words_of_the_house(volume: str) -> None:
    told = tomllib.loads((DELIVERY / volume / "volume.toml").read_text(encoding="utf-8"))
    assert told["title"]
    assert VolumeKind(told["type"]) is VolumeKind.MONOGRAPH
    assert Organisation(**told["institution"]).sigla == "LIA001"
    for kind, value in told["identifiers"].items():
        assert Identifier(IdentifierKind(kind), value).value == value
    assert "resolution" not in told


def test_the_example_shows_every_key() -> None:
    text = (DELIVERY / BOOK / "volume.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text.replace("# script =", "script =").replace("# resolution =", "resolution ="))
    text_keys = {"title", "subtitle", "year", "publisher", "place", "language", "script", "type", "shelf_mark"}
    assert set(told) == text_keys | {"authors", "scanner", "institution", "resolution", "identifiers"}
    assert told["language"] == "ces+deu+lat"
    assert isinstance(told["year"], str)
    assert isinstance(told["resolution"], int)


def test_no_two_volumes_share_a_urn() -> None:
    urns = []
    for path in [*DELIVERY.glob("*/volume.toml"), *BAD.glob("*/*/volume.toml")]:
        if path.parts[-3].startswith("D011"):
            continue
        urns.append(tomllib.loads(path.read_text(encoding="utf-8"))["identifiers"]["urnnbn"])
    assert len(urns) == len(set(urns)) > len(VOLUMES)
    assert all(Identifier(IdentifierKind.URNNBN, urn) for urn in urns)


# --- The bad deliveries -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", BAD_DELIVERIES, ids=attrgetter("name"))
def test_each_is_named_by_a_finding(folder: Path) -> None:
    assert folder.name.split("_")[0] in codes()


def test_all_that_the_generator_makes_are_here() -> None:
    assert [folder.name for folder in BAD_DELIVERIES] == sorted([*MAKERS, "D001_no_scans"])


def test_the_readme_explains_each() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    told = {re.sub("^P003_truncated_.*", "P003_truncated_*", folder.name) for folder in BAD_DELIVERIES}
    assert [name for name in sorted(told) if f"`{name}`" not in readme] == []


@pytest.mark.parametrize("folder", [BAD / name for name in sorted(MAKERS)], ids=attrgetter("name"))
def test_a_good_page_stands_beside_the_bad_one(folder: Path) -> None:
    with Image.open(folder / "svazek" / "0001.tif") as image:
        image.load()
        assert (image.size, image.info["dpi"]) == ((900, 700), (300, 300))


def test_the_link_leads_out() -> None:
    link = BAD / "D005_link_out" / "svazek" / "0002.tif"
    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    assert not Path(os.path.normpath(link.parent / link.readlink())).is_relative_to(BAD)


def test_the_twins_are_two_files_of_one_name() -> None:
    twins = [path.name for path in (BAD / "D006_nfc_nfd_twins" / "svazek").glob("0002*")]
    assert len(twins) == 2
    assert len({unicodedata.normalize("NFC", name) for name in twins}) == 1


def test_broken_toml_is_broken() -> None:
    path = BAD / "D011_broken_volume_toml" / "svazek" / "volume.toml"
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(path.read_text(encoding="utf-8"))


def test_the_wrong_identifier_is_refused_and_is_all_that_is_wrong() -> None:
    path = BAD / "D011_wrong_identifier" / "svazek" / "volume.toml"
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    assert Organisation(**told["institution"]).name
    with pytest.raises(ValueError, match="LIBEREC"):
        Identifier(IdentifierKind.URNNBN, told["identifiers"]["urnnbn"])


def test_the_entity_lies_outside_and_the_xml_is_sound_but_for_it() -> None:
    path = BAD / "D012_external_entity" / "svazek" / "mods.xml"
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    document = etree.parse(path, parser)
    assert document.docinfo.internalDTD is not None
    (entity,) = document.docinfo.internalDTD.iterentities()
    assert entity.name == "outside"
    assert b'SYSTEM "file:///' in path.read_bytes()


def test_broken_xml_is_broken() -> None:
    with pytest.raises(etree.XMLSyntaxError):
        etree.parse(BAD / "D013_broken_xml" / "svazek" / "mods.xml")


def test_the_empty_volume_is_empty() -> None:
    assert [path.name for path in (BAD / "D016_empty_volume_folder" / "svazek-bez-skenu").iterdir()] == [".gitkeep"]


def test_files_that_are_no_images() -> None:
    assert (BAD / "P001_empty_file" / "svazek" / "0002.tif").read_bytes() == b""
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(BAD / "P002_text_named_tif" / "svazek" / "0002.tif")


@pytest.mark.parametrize("path", sorted(BAD.glob("P003*/svazek/0002.*")), ids=attrgetter("name"))
def test_a_cut_file_opens_but_cannot_be_read_to_its_end(path: Path) -> None:
    with Image.open(path) as image, pytest.raises(OSError, match=r"truncated|broken data"):
        image.load()


def test_the_bomb_is_small_and_vast(monkeypatch: pytest.MonkeyPatch) -> None:
    path = BAD / "P004_bomb" / "svazek" / "0002.tif"
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert path.stat().st_size < 10_000
    with Image.open(path) as image:
        assert image.size == (30_000, 30_000)


@pytest.mark.parametrize(
    ("path", "kind", "dpi"),
    [
        ("P005_jpeg_named_tif/svazek/0002.tif", "JPEG", (300, 300)),
        ("P010_no_resolution/svazek/0002.jpg", "JPEG", None),
        ("P010_no_resolution/svazek/0003.tif", "TIFF", None),
        ("P012_72_dpi/svazek/0002.jpg", "JPEG", (72, 72)),
        ("P013_unequal_resolution/svazek/0002.tif", "TIFF", (300, 400)),
        ("P014_blank_page/svazek/0002.jpg", "JPEG", (300, 300)),
        ("T001_ink_without_words/svazek/0002.jpg", "JPEG", (300, 300)),
    ],
)
def test_a_page_says_the_promised_resolution(path: str, kind: str, dpi: tuple[int, int] | None) -> None:
    with Image.open(BAD / path) as image:
        image.load()
        assert image.format == kind
        said = image.info.get("dpi")
        assert said == dpi or (dpi is None and said == (1, 1))  # Pillow's word for a TIFF that does not say


def test_blank_is_blank_and_ink_is_ink() -> None:
    dark = {}
    for name in ("P014_blank_page", "T001_ink_without_words"):
        with Image.open(BAD / name / "svazek" / "0002.jpg") as image:
            dark[name] = float((np.asarray(image.convert("L")) < 128).mean())
    assert dark["P014_blank_page"] == 0
    assert dark["T001_ink_without_words"] > 0.05


# --- The generator ----------------------------------------------------------------------------------------------------


@typefaces
def test_the_same_machine_writes_the_same_bytes(tmp_path: Path) -> None:
    for run in ("one", "two"):
        make_bad(tmp_path / run)
    files = names(tmp_path / "one", "*/**/*.*", "")
    assert files == names(tmp_path / "two", "*/**/*.*", "")
    for name in files:
        one, two = tmp_path / "one" / name, tmp_path / "two" / name
        assert one.is_symlink() or one.read_bytes() == two.read_bytes(), name


def test_no_word_is_parted_before_its_second_letter_or_behind_its_last_but_one() -> None:
    assert len(hyphens()) > 300
    assert all(offsets[0] >= 2 and offsets[-1] <= len(word) - 2 for word, offsets in hyphens().items())


@typefaces
@given(st.lists(st.sampled_from([*sorted(hyphens())[::9], "v", "a", "3.", "„věž“,", "–"]), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_broken_lines_fit_and_lose_no_letter(words: list[str]) -> None:
    face, width = Face(ROMAN, 11), 700.0
    lines = broken(" ".join(words), face, width)
    printed = (" ".join(line) for line in lines)
    whole = "".join(line[:-1] if line.endswith("-") else f"{line} " for line in printed)
    assert whole.replace("\u00a0", " ").strip() == " ".join(words)
    assert all(len(line) == 1 or sum(map(face.width, line)) < width for line in lines)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("šel k mlýnu", "šel k~mlýnu"),
        ("a v lese", "a~v~lese"),
        ("dne 14. září 1929", "dne 14.~září 1929"),
        ("v roce 1934 Modřínov", "v~roce 1934 Modřínov"),
        ("Krok – zvláštní", "Krok~– zvláštní"),
        ("poměru 412 : 387", "poměru 412~:~387"),
    ],
)
def test_no_line_may_end_where_czech_typography_forbids(text: str, wanted: str) -> None:
    assert bound(text).replace("\u00a0", "~") == wanted


@given(st.integers(1, 300), st.integers(1, 300))
@settings(max_examples=40, deadline=None)
def test_the_white_tiff_is_read_as_white(width: int, height: int) -> None:
    with Image.open(BytesIO(white_g4(width, height))) as image:
        assert image.size == (width, height)
        assert image.info["dpi"] == (300, 300)
        assert image.convert("L").getextrema() == (255, 255)


@given(st.integers(72, 1200), st.integers(8, 40))
@settings(max_examples=20, deadline=None)
def test_jpeg_2000_says_its_resolution_and_keeps_its_pixels(dpi: int, size: int) -> None:
    ramp = Image.fromarray((np.arange(size * size) % 256).astype(np.uint8).reshape(size, size))
    with Image.open(BytesIO(jp2(ramp, dpi))) as image:
        assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.02)
        assert np.array_equal(np.asarray(image), np.asarray(ramp))
