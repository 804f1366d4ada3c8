"""The samples are what samples/README.md promises: pages with their truth, and deliveries bad in the way they say."""

from __future__ import annotations

import csv
import os
import re
import tomllib
import unicodedata
from dataclasses import replace
from io import BytesIO
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from ingest.sidecar import Sidecar, described, placed_under, read_sidecar, rights_of
from metadata.bad_list import BadList
from metadata.catalogue_record import read_records
from metadata.description import Description, Identifier, IdentifierKind, Organisation, VolumeKind
from metadata.finding import codes
from metadata.language import languages
from metadata.marc_record import BadRecord
from metadata.model import Page, Side, Source, Title, Year, new_page_id, new_volume_id
from metadata.outline import read_outline
from metadata.pagelist import applied, read_pages, write_csv
from samples.damaged import MAKERS, jp2, make_bad, white_g4
from samples.make_samples import (
    BOOK,
    COLUMNS,
    ISSUES,
    MAP,
    MUSIC,
    PHOTOGRAPHS,
    SCANS_END,
    SUPPLEMENT,
    TALES,
    cleared,
    make_map,
    make_music,
    make_newspapers,
    make_tales,
)
from samples.music import sheet_of_music
from samples.newspaper import PAPERS, front_page
from samples.setting import BOLD, DISPLAY, HAND, ITALIC, ROMAN, SANS, Face, bound, broken, hyphens

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
DELIVERY, TRUTH, BAD = SAMPLES / "delivery", SAMPLES / "ground_truth", SAMPLES / "bad"
VOLUMES = (BOOK, *TALES, *ISSUES, SUPPLEMENT, PHOTOGRAPHS, MAP, MUSIC)
KINDS = {
    BOOK: VolumeKind.MONOGRAPH,
    TALES[0]: VolumeKind.MONOGRAPH_VOLUME,
    TALES[1]: VolumeKind.MONOGRAPH_VOLUME,
    ISSUES[0]: VolumeKind.ISSUE,
    ISSUES[1]: VolumeKind.ISSUE,
    SUPPLEMENT: VolumeKind.SUPPLEMENT,
    PHOTOGRAPHS: VolumeKind.GRAPHIC,
    MAP: VolumeKind.MAP,
    MUSIC: VolumeKind.SHEET_MUSIC,
}
OURS = Organisation("LIA001", "Krajská vědecká knihovna v Liberci")
OWN = new_volume_id("samples")
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


def scans_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix in SCANS_END)


def pages_of(folder: Path) -> tuple[Page, ...]:
    """The pages as they are before anybody says anything about them."""
    numbered = enumerate(scans_of(folder), start=1)
    return tuple(Page(new_page_id(OWN, name), n, name, 0, f"[{n}]", source=Source.PROPOSED) for n, name in numbered)


def told_of(volume: str) -> tuple[Description, Title | None, Year | None]:
    """What is known of a volume and of what stands above it, as kdr reads it from the files beside the scans."""
    folder = DELIVERY / volume
    sidecar = read_sidecar(folder / "volume.toml")
    record = None
    if (folder / "record.xml").is_file():
        (found,) = read_records((folder / "record.xml").read_bytes())
        record = found.describe(OURS, sidecar.kind)
    about = described(sidecar, record, volume, OURS)
    return about, *placed_under(sidecar, about, record)


def label(row: dict[str, str]) -> str:
    return f"{row['volume']}-{row['order']}"


# --- The good delivery ------------------------------------------------------------------------------------------------


def test_every_page_has_a_line_and_every_line_a_page() -> None:
    assert tuple(table()[0]) == COLUMNS
    listed = [f"{row['volume']}/{row['file']}" for row in table()]
    assert len(listed) == len(set(listed)) == 24
    assert set(listed) == {f"{folder.name}/{name}" for folder in DELIVERY.iterdir() for name in scans_of(folder)}


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
    promised = {
        **dict.fromkeys((BOOK, SUPPLEMENT), ((1748, 2480), 300)),
        **dict.fromkeys(TALES, ((1240, 1748), 300)),
        **dict.fromkeys(ISSUES, ((2598, 3661), 300)),
        PHOTOGRAPHS: ((1880, 1400), 400),
        MAP: ((1890, 1417), 300),
        MUSIC: ((1748, 1240), 300),
    }
    size, dpi = promised[row["volume"]]
    with Image.open(scan(row)) as image:
        image.load()
        assert image.size == size
        assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.01)


def test_everything_is_small_enough_to_be_cloned() -> None:
    files = (path for path in SAMPLES.rglob("*") if "__pycache__" not in path.parts)
    assert sum(path.lstat().st_size for path in files if not path.is_dir()) < 8_000_000


# --- Its ground truth -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", table(), ids=label)
def test_text_is_nfc_and_only_the_blank_page_has_none(row: dict[str, str]) -> None:
    text = truth(row)
    assert unicodedata.is_normalized("NFC", text)
    assert not {"\u00a0", "_"} & set(text)
    assert (row["blank"] == "yes") == (row["kind"] == "blank") == (text == "")


def test_a_printed_folio_is_in_the_text() -> None:
    numbered = [row for row in table() if row["folio"]]
    assert [row["folio"] for row in numbered] == [*(str(number) for number in range(3, 13)), "II", "1", "2"]
    assert all(row["folio"] in truth(row).splitlines() for row in numbered)


def test_words_are_parted_at_line_ends_on_several_pages() -> None:
    parted = [row for row in table() if any(line.endswith("-") for line in truth(row).splitlines())]
    assert len(parted) >= 6


def test_all_kinds_of_page_are_there() -> None:
    kinds = {row["kind"] for row in table()}
    of_book = {"title", "blank", "text", "picture", "columns", "contents", "preface"}
    assert kinds == of_book | {"newspaper", "supplement", "photograph", "map", "music"}


def test_the_contents_of_the_book_match_its_headings_and_folios() -> None:
    rows = [row for row in table() if row["volume"] == BOOK]
    (contents,) = [truth(row) for row in rows if row["kind"] == "contents"]
    headings = {row["folio"]: truth(row).splitlines() for row in rows}
    entries = [line.rpartition(" ") for line in contents.splitlines() if re.search(r"\D \d+$", line)]
    assert len(entries) == 6
    assert all(title in headings[page] for title, _, page in entries)


@pytest.mark.parametrize(("issue", "number", "day"), [(0, "37", "14. září"), (1, "38", "21. září")])
def test_the_masthead_says_what_the_description_says(issue: int, number: str, day: str) -> None:
    (row,) = [row for row in table() if row["volume"] == ISSUES[issue]]
    masthead = truth(row).splitlines()[:5]
    about, title, year = told_of(ISSUES[issue])
    assert title is not None
    assert year is not None
    assert masthead[0] == title.description.title == "Modřínovské listy"
    assert f"Ročník XII. – Číslo {number}." in masthead
    assert f"V Modřínově v sobotu dne {day} 1929." in masthead
    assert (about.part_number, year.number, year.date) == (number, "12", "1929")
    assert about.year == f"1929-09-{day[:2]}"


def test_the_sheet_of_music_has_a_note_for_each_syllable() -> None:
    (row,) = [row for row in table() if row["volume"] == MUSIC]
    verses = truth(row).split("\n\n")[3:]
    assert [len(verse.replace("s ná", "sná").replace(" - ", " ").split()) for verse in verses] == [7] * 4


def test_the_map_names_its_places_and_its_scale() -> None:
    (row,) = [row for row in table() if row["volume"] == MAP]
    assert {"MODŘÍNOV", "Olšičky", "Kamenný vrch", "Břežka", "Měřítko 1 : 25 000"} <= set(truth(row).splitlines())
    with Image.open(scan(row)) as image:
        red, green, blue = (np.asarray(band, np.int16) for band in image.split())
    assert (blue - red > 40).mean() > 0.002  # the river
    assert ((red - blue > 60) & (green < 190)).mean() > 0.01  # the contour lines


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
    about, title, year = told_of(volume)
    assert about.title not in ("", volume)
    assert about.kind is KINDS[volume]
    assert about.institution == OURS
    assert about.languages[0] == "ces"
    assert about.identifier(IdentifierKind.URNNBN)
    assert all((about.year, about.shelf_mark, about.scanner))
    assert (title is not None) == (volume in (*TALES, *ISSUES, SUPPLEMENT))
    assert (year is not None) == about.kind.periodical


def test_what_belongs_together_has_the_same_title_above_it() -> None:
    for volumes in (TALES, (*ISSUES, SUPPLEMENT)):
        above = []
        for volume in volumes:
            _, title, year = told_of(volume)
            assert title is not None
            above.append((title.id, replace(title.description, kind=VolumeKind.ISSUE), year))
        assert above.count(above[0]) == len(volumes)


def test_the_volumes_of_a_work_are_told_apart() -> None:
    parts = [told_of(volume)[0] for volume in TALES]
    assert [(each.part_number, each.part_name, each.year) for each in parts] == [
        ("1", "Voda", "1936"),
        ("2", "Kámen", "1937"),
    ]


def test_the_supplement_belongs_to_the_second_issue() -> None:
    issue, supplement = told_of(ISSUES[1])[0], told_of(SUPPLEMENT)[0]
    assert (supplement.edition, supplement.year) == ("issue_supplement", issue.year)
    assert supplement.title == "Besídka"


def test_the_map_has_its_scale_and_the_photographs_the_museums_own_fields_and_rights() -> None:
    assert told_of(MAP)[0].cartography.scale == "1:25 000"
    own = dict(told_of(PHOTOGRAPHS)[0].own)
    assert {"inventární číslo", "sbírka", "autor fotografie"} <= set(own)
    rights = rights_of(read_sidecar(DELIVERY / PHOTOGRAPHS / "volume.toml"))
    assert rights is not None
    assert (rights.copyright, rights.publication) == ("pd_expired", "unpublished")


def test_the_music_is_described_by_its_catalogue_record_alone() -> None:
    sidecar = tomllib.loads((DELIVERY / MUSIC / "volume.toml").read_text(encoding="utf-8"))
    assert set(sidecar) == {"type", "institution", "scanner", "identifiers"}
    about, _, _ = told_of(MUSIC)
    assert (about.title, about.subtitle, about.year) == ("Tikavá polka", "pro jeden hlas", "1931")
    assert [(name.text, name.roles) for name in about.names] == [("Řeřicha, Jan", ("cmp", "lyr"))]
    assert about.identifier(IdentifierKind.CCNB) == "cnb000000004"
    assert (about.record.rules, about.record.id, about.record.created) == ("rda", "kdr000000004", "2019-03-14")


def test_the_given_pages_fit_and_are_written_as_kdr_writes_them() -> None:
    folder = DELIVERY / TALES[0]
    content = (folder / "pages.csv").read_bytes()
    pages = applied(pages_of(folder), read_pages(content, "pages.csv"), VolumeKind.MONOGRAPH_VOLUME, Source.GIVEN)
    assert [(page.label, page.type, page.side) for page in pages] == [
        ("[I]", "titlePage", Side.RIGHT),
        ("II", "preface", Side.LEFT),
        ("1", "normalPage", Side.RIGHT),
    ]
    assert {page.source for page in pages} == {Source.GIVEN}
    columns = content.decode("utf-8-sig").split("\r\n")
    assert columns == [";".join(line.split(";")[:5]) for line in write_csv(pages).decode("utf-8-sig").split("\r\n")]


def test_the_given_numbers_are_those_printed_on_the_pages() -> None:
    folder = DELIVERY / TALES[0]
    given = [row.label for row in read_pages((folder / "pages.csv").read_bytes(), "pages.csv")]
    printed = [row["folio"] for row in table() if row["volume"] == TALES[0]]
    assert [label for label, folio in zip(given, printed, strict=True) if folio] == printed[1:]


def test_the_given_structure_fits_and_its_titles_are_printed() -> None:
    folder = DELIVERY / TALES[0]
    rows = read_pages((folder / "pages.csv").read_bytes(), "pages.csv")
    pages = applied(pages_of(folder), rows, VolumeKind.MONOGRAPH_VOLUME, Source.GIVEN)
    content = (folder / "structure.toml").read_bytes()
    parts = read_outline(content, "structure.toml", pages, OWN, kind=VolumeKind.MONOGRAPH_VOLUME)
    assert [(part.title, part.first, part.last) for part in parts] == [("Předmluva", 2, 2), ("Vodník u jezu", 3, 3)]
    of_volume = [row for row in table() if row["volume"] == TALES[0]]
    assert all(part.title in truth(of_volume[part.first - 1]).splitlines() for part in parts)


def test_pages_and_chapters_of_the_others_are_left_to_be_proposed() -> None:
    given = [path.parent.name for path in DELIVERY.glob("*/*") if path.stem in ("pages", "structure")]
    assert given == [TALES[0]] * 2


def test_the_example_shows_every_key_there_is() -> None:
    text = (DELIVERY / BOOK / "volume.toml").read_text(encoding="utf-8")
    told = tomllib.loads(re.sub(r'^# (?=\[\w+\]$|[\w"][^=:\n]* = )', "", text, flags=re.MULTILINE))
    assert set(told) == set(Sidecar.model_fields)
    # One of each kind of thing stands above a volume, and never above a monograph: all else can be used together.
    together = {key: value for key, value in told.items() if key not in ("periodical", "multivolume")}
    sidecar = Sidecar.model_validate(together)
    assert languages(sidecar.language) == ("ces", "deu", "lat")
    assert rights_of(sidecar) is not None


def test_the_example_explains_itself_in_czech_and_english() -> None:
    for volume in VOLUMES:
        lines = (DELIVERY / volume / "volume.toml").read_text(encoding="utf-8").splitlines()
        comments = [line for line in lines if line.startswith("#")]
        assert any(set("ěščřžů") & set(line) for line in comments)
        assert any(re.search(r"\b(the|The|is|are)\b", line) for line in comments)


@pytest.mark.parametrize("kind", list(VolumeKind))
def test_the_example_knows_every_kind(kind: VolumeKind) -> None:
    assert f'"{kind}"' in (DELIVERY / BOOK / "volume.toml").read_text(encoding="utf-8")


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


def test_a_periodical_above_a_monograph_is_refused_and_is_all_that_is_wrong() -> None:
    told = tomllib.loads(
        (BAD / "D011_periodical_of_a_monograph" / "svazek" / "volume.toml").read_text(encoding="utf-8")
    )
    with pytest.raises(ValueError, match=r"\[periodical\] does not belong to a monograph"):
        Sidecar.model_validate(told)
    assert Sidecar.model_validate(told | {"type": "issue"}).periodical
    assert Sidecar.model_validate({key: value for key, value in told.items() if key != "periodical"}).title


def test_two_good_records_are_one_too_many() -> None:
    records = read_records((BAD / "C004_two_records" / "svazek" / "record.xml").read_bytes())
    assert len({record.id for record in records}) == 2
    assert all(record.describe(OURS).title for record in records)


def test_a_record_lacks_nothing_but_its_title() -> None:
    path = BAD / "C005_record_without_title" / "svazek" / "record.xml"
    (record,) = read_records(path.read_bytes())
    with pytest.raises(BadRecord, match="245"):
        record.describe(OURS)
    titled = path.read_text(encoding="utf-8").replace(
        "  </record>", '<datafield tag="245" ind1="1" ind2="0"><subfield code="a">Kniha</subfield></datafield></record>'
    )
    (mended,) = read_records(titled.encode())
    assert mended.describe(OURS).title == "Kniha"


def test_pages_that_do_not_fit() -> None:
    folder = BAD / "V013_pages_do_not_fit" / "svazek"
    rows = read_pages((folder / "pages.csv").read_bytes(), "pages.csv")
    pages = pages_of(folder)
    assert applied(pages, rows[:1], VolumeKind.MONOGRAPH, Source.GIVEN)[0].label == "1"
    with pytest.raises(BadList):
        applied(pages, rows, VolumeKind.MONOGRAPH, Source.GIVEN)


def test_a_structure_that_does_not_fit() -> None:
    folder = BAD / "V013_structure_does_not_fit" / "svazek"
    content, pages = (folder / "structure.toml").read_bytes(), pages_of(folder)
    fitting = content.replace(b"first = 7", b"first = 1")
    assert read_outline(fitting, "structure.toml", pages, OWN, kind=VolumeKind.MONOGRAPH)
    with pytest.raises(BadList) as refused:
        read_outline(content, "structure.toml", pages, OWN, kind=VolumeKind.MONOGRAPH)
    assert refused.value.reason == "no_order"


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


@typefaces
def test_the_new_volumes_are_made_as_they_are_kept(tmp_path: Path) -> None:
    """Not the same bytes on each machine (another Pillow, another typeface), but the same pages and the same words."""
    truths = [
        *make_tales(tmp_path),
        *make_newspapers(tmp_path),
        *make_map(tmp_path / MAP),
        *make_music(tmp_path / MUSIC),
    ]
    rows = {(row["volume"], row["file"]): row for row in table()}
    assert len(truths) == 10
    for made in truths:
        row = rows[made.volume, made.file]
        assert made.row == tuple(row[column] for column in COLUMNS)
        assert made.text == truth(row)
        with Image.open(tmp_path / made.volume / made.file) as new, Image.open(scan(row)) as kept:
            one, two = (np.asarray(image.convert("L").reduce(4), np.float64) for image in (new, kept))
        assert np.abs(one - two).mean() < 2, made.volume


def test_what_is_written_by_hand_survives_the_generator(tmp_path: Path) -> None:
    volume = tmp_path / "delivery" / "svazek"
    volume.mkdir(parents=True)
    by_hand = {"volume.toml", "pages.csv", "structure.toml", "record.xml"}
    for name in (*by_hand, "0001.jpg", "0002.tif", "0003.png"):
        (volume / name).touch()
    cleared(tmp_path)
    assert {path.name for path in volume.iterdir()} == by_hand


@typefaces
@pytest.mark.parametrize("name", PAPERS)
def test_a_newspaper_keeps_its_ink_inside_the_margins(name: str) -> None:
    sheet = front_page(name)
    left, top, right, bottom = sheet.ink.getbbox() or (0, 0, 0, 0)
    assert (left >= 140, top >= 140) == (True, True)
    assert (right <= sheet.width - 140, bottom <= sheet.height - 140) == (True, True)
    assert bottom > sheet.height * 0.75


@typefaces
def test_the_staves_have_five_lines_each() -> None:
    ink = np.asarray(sheet_of_music().ink) > 128
    long_rows = np.flatnonzero(ink[:, 150:-150].mean(axis=1) > 0.95)
    lines = 1 + int((np.diff(long_rows) > 1).sum())
    assert lines == 4 * 5


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
