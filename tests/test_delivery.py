"""From names and sidecars to volumes and pages: in the right order, with lasting identifiers, faults named."""

from __future__ import annotations

import itertools
import os
import random
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ingest.delivery import PlannedVolume, natural_order, volumes
from ingest.inbox import claim
from ingest.material import Material
from metadata.description import IdentifierKind, Organisation
from metadata.file import describe
from metadata.finding import Finding, Severity, finding
from tests.deliveries import delivered
from tests.pictures import encoded, noise

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
OURS = Organisation("LIA001", "Krajská vědecká knihovna v Liberci")
UUID = "30d8f898-c91b-4d47-a1cf-a01e9910651c"
# samples/README.md: which faults show before a page is opened, and how many pages the volumes have all the same.
BAD = {
    "D001_no_scans": ([], ["D009"], []),
    "D005_link_out": (["D005"], [], [1]),
    "D006_nfc_nfd_twins": (["D006"], [], [3]),
    "D008_stray_file": (["D008"], [], [1]),
    "D009_scan_outside_volume": ([], ["D009"], [1]),
    "D011_broken_volume_toml": (["D011", "V003"], [], [1]),
    "D011_periodical_of_a_monograph": (["D011", "V003"], [], [1]),
    "V013_pages_do_not_fit": (["V013"], [], [1]),
    "V013_structure_does_not_fit": (["V013"], [], [1]),
    "D011_wrong_identifier": (["D011", "V003"], [], [1]),
    "D012_external_entity": (["D012"], [], [1]),
    "D013_broken_xml": (["D013"], [], [1]),
    "D016_empty_volume_folder": (["D016", "V003"], [], [1, 0]),
}


def planned(folder: Path, *noticed: Finding) -> tuple[tuple[PlannedVolume, ...], tuple[Finding, ...]]:
    """The volumes of a folder whose files were all claimed."""
    files = tuple(describe(path, folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return volumes(folder, files, noticed, OURS)


def only(folder: Path, *noticed: Finding) -> PlannedVolume:
    """The one volume of a folder."""
    (found,), _ = planned(folder, *noticed)
    return found


def codes(found: PlannedVolume) -> set[str]:
    """What was noticed about a volume beyond its bare description."""
    return {each.code for each in found.findings} - {"V003"}


def described(tmp_path: Path, toml: str | bytes) -> PlannedVolume:
    """A volume of one scan with this sidecar."""
    content = toml.encode() if isinstance(toml, str) else toml
    return only(delivered(tmp_path / "d", {"svazek/0001.tif": b"II*\0", "svazek/volume.toml": content}))


class TestBadDeliveries:
    @pytest.mark.parametrize("folder", sorted((SAMPLES / "bad").iterdir()), ids=lambda folder: folder.name)
    def test_a_bad_delivery_is_named_by_its_finding(self, folder: Path, tmp_path: Path) -> None:
        made, _ = claim(folder, tmp_path, 0)
        found, loose = volumes(tmp_path / made.batch / "delivery", made.files, made.findings, OURS)
        # What is wrong inside a page shows only when the page is opened; its volume is planned.
        pages = len(list((folder / "svazek").glob("[0-9]*")))
        wanted, outside, counts = BAD.get(folder.name, ([], [], [pages]))
        assert sorted(each.code for volume in found for each in volume.findings) == wanted
        assert [each.code for each in loose] == outside
        assert [len(volume.volume.pages) for volume in found] == counts

    def test_every_delivery_finding_has_its_sample(self) -> None:
        assert {name.name for name in (SAMPLES / "bad").iterdir() if name.name[0] in "DV"} == set(BAD)

    def test_a_faulty_volume_waits_and_the_others_do_not(self, tmp_path: Path) -> None:
        folder = delivered(tmp_path / "d", {"a/1.tif": b"1", "a/mods.xml": b"<m>", "b/1.tif": b"2"})
        (first, second), _ = planned(folder)
        assert any(each.stops for each in first.findings)
        assert not any(each.stops for each in second.findings)


class TestOrder:
    @pytest.mark.parametrize(
        "names",
        [
            ["1.tif", "2.tif", "10.tif", "100.tif"],
            ["s1_2.tif", "s1_10.tif", "s2_1.tif"],
            ["0001.tif", "0001a.tif", "0002.tif"],
            ["0009.jpg", "0010_latinský-nápis.jpg", "0011.jpg"],
            ["A1.tif", "a2.tif", "A10.tif"],
            ["obálka.tif", "příloha.tif", "Řada.tif"],
        ],
    )
    def test_people_and_programs_count_alike(self, names: list[str]) -> None:
        shuffled = names.copy()
        random.Random(3).shuffle(shuffled)  # noqa: S311 - a shuffle of a test
        assert sorted(shuffled, key=natural_order) == names
        decomposed = [unicodedata.normalize("NFD", name) for name in shuffled]
        assert [unicodedata.normalize("NFC", name) for name in sorted(decomposed, key=natural_order)] == names

    @given(st.lists(st.integers(0, 10**9), unique=True, min_size=2), st.text("abč_-"), st.integers(0, 12))
    @settings(deadline=None)
    def test_numbers_stand_in_the_order_of_their_values(self, numbers: list[int], before: str, zeros: int) -> None:
        names = [f"{before}{number:0{zeros}}.tif" for number in numbers]
        assert sorted(names, key=natural_order) == [f"{before}{number:0{zeros}}.tif" for number in sorted(numbers)]

    @given(st.lists(st.text(max_size=8) | st.from_regex(r"[a-z]?\d{1,3}[a-z²٣]?", fullmatch=True), max_size=8))
    @settings(deadline=None)
    def test_any_names_can_be_put_in_order(self, names: list[str]) -> None:
        once = sorted(names, key=natural_order)
        assert sorted(once, key=natural_order) == once
        keys = [natural_order(name) for name in once]
        assert all(before <= after for before, after in itertools.pairwise(keys))

    def test_pages_and_volumes_stand_in_that_order(self, tmp_path: Path) -> None:
        names = ("svazek 10/1.tif", "svazek 2/10.tif", "svazek 2/9.tif")
        found, _ = planned(delivered(tmp_path / "d", {name: name.encode() for name in names}))
        assert [each.volume.folder for each in found] == ["svazek 2", "svazek 10"]
        assert [(page.order, page.scan, page.label) for page in found[0].volume.pages] == [
            (1, "9.tif", "[1]"),
            (2, "10.tif", "[2]"),
        ]


class TestIdentifiers:
    """The same delivery, worked on again anywhere, becomes the same volume with the same pages."""

    SCANS = {"svazek/1.tif": b"jedna", "svazek/2.tif": b"dve", "svazek/3.tif": b"jedna"}  # noqa: RUF012 - never changed

    def test_same_content_same_identifiers(self, tmp_path: Path) -> None:
        one, other = (only(delivered(tmp_path / name, self.SCANS)) for name in ("leden", "unor"))
        assert one.volume == other.volume

    def test_the_folders_name_is_not_its_content(self, tmp_path: Path) -> None:
        one = only(delivered(tmp_path / "a", self.SCANS))
        renamed = {name.replace("svazek", "kniha"): content for name, content in self.SCANS.items()}
        assert only(delivered(tmp_path / "b", renamed)).volume.id == one.volume.id

    def test_other_content_is_another_volume(self, tmp_path: Path) -> None:
        one = only(delivered(tmp_path / "a", self.SCANS))
        other = only(delivered(tmp_path / "b", self.SCANS | {"svazek/2.tif": b"Dve"}))
        swapped = only(delivered(tmp_path / "c", self.SCANS | {"svazek/1.tif": b"dve", "svazek/2.tif": b"jedna"}))
        assert len({one.volume.id, other.volume.id, swapped.volume.id}) == 3

    def test_identical_scans_are_different_pages(self, tmp_path: Path) -> None:
        pages = only(delivered(tmp_path / "a", self.SCANS)).volume.pages
        assert len({page.id for page in pages}) == 3

    def test_a_page_keeps_its_identifier_when_another_is_rescanned(self, tmp_path: Path) -> None:
        toml = f'identifiers = {{uuid = "{UUID}"}}'.encode()
        one = only(delivered(tmp_path / "a", self.SCANS | {"svazek/volume.toml": toml}))
        other = only(delivered(tmp_path / "b", self.SCANS | {"svazek/volume.toml": toml, "svazek/2.tif": b"znovu"}))
        assert one.volume.id == other.volume.id == UUID
        same = [a.id == b.id for a, b in zip(one.volume.pages, other.volume.pages, strict=True)]
        assert same == [True, False, True]

    def test_empty_volumes_are_not_all_one(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            (tmp_path / "d" / name).mkdir(parents=True)
        (first, second), _ = planned(tmp_path / "d")
        assert first.volume.id != second.volume.id


class TestFrames:
    def test_a_file_of_several_images_is_as_many_pages(self, tmp_path: Path) -> None:
        pages = [Image.fromarray(noise(9, 9, seed=n)) for n in range(3)]
        many = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
        found = only(delivered(tmp_path / "d", {"svazek/1.tif": b"II", "svazek/2.tif": many, "svazek/3.tif": b"II"}))
        assert [(page.scan, page.frame, page.order) for page in found.volume.pages] == [
            ("1.tif", 0, 1),
            ("2.tif", 0, 2),
            ("2.tif", 1, 3),
            ("2.tif", 2, 4),
            ("3.tif", 0, 5),
        ]
        assert len({page.id for page in found.volume.pages}) == 5
        assert [(each.subject, each.facts) for each in found.findings if each.code == "P016"] == [
            ("svazek/2.tif", {"count": 3})
        ]


class TestSidecar:
    """volume.toml: everything in it is optional; a key that is not known is a mistake, said at once."""

    def test_the_samples_are_read_whole(self, tmp_path: Path) -> None:
        made, _ = claim(SAMPLES / "delivery", tmp_path, 0)
        found, loose = volumes(tmp_path / made.batch / "delivery", made.files, made.findings, OURS)
        assert loose == ()
        assert [len(each.volume.pages) for each in found] == [2, 12, 1, 1, 1, 1, 1, 3, 2]
        assert [codes(each) for each in found] == [set()] * 9
        book = found[1].volume.description
        assert book.title.startswith("Hodinář a knihovna")
        assert book.identifier(IdentifierKind.URNNBN).startswith("urn:nbn:cz:")
        assert "ces" in book.languages

    def test_every_key_arrives(self, tmp_path: Path) -> None:
        toml = f"""
            title = " Hodinář "
            subtitle = "povídka"
            authors = ["Doubravka, Vavřinec", "Černá, Marie"]
            year = "[1934?]"
            publisher = "Vydavatel & syn"
            place = "Liberec"
            language = "cze+ger"
            script = "Fraktur"
            type = "monograph"
            institution = {{sigla = "ABA001", name = "Národní knihovna"}}
            shelf_mark = "54 A 1"
            scanner = "Zeutschel"
            resolution = 400
            identifiers = {{uuid = "{UUID}", urnnbn = "urn:nbn:cz:li001-000001", isbn = "80-85605-10-4"}}
            """
        found = described(tmp_path, toml)
        about = found.volume.description
        assert codes(found) == set()
        assert (found.declared_dpi, found.volume.id) == (400, UUID)
        assert (about.title, about.subtitle, about.year, about.place) == ("Hodinář", "povídka", "[1934?]", "Liberec")
        assert (about.authors, about.languages) == (("Doubravka, Vavřinec", "Černá, Marie"), ("ces", "deu"))
        assert (about.institution, about.shelf_mark) == (Organisation("ABA001", "Národní knihovna"), "54 A 1")
        assert (about.script, about.scanner, about.publisher) == ("Fraktur", "Zeutschel", "Vydavatel & syn")
        assert about.identifier(IdentifierKind.ISBN) == "80-85605-10-4"
        assert [ref.path for ref in found.sidecars] == ["svazek/volume.toml"]

    @pytest.mark.parametrize(
        ("toml", "material"),
        [
            ("", Material.BOOK),
            ('type = "map"', Material.MAP),
            ('type = "graphic"', Material.PHOTOGRAPH),
            ('type = "sheetmusic"', Material.MUSIC),
            ('[periodical]\ntitle = "Listy"', Material.NEWSPAPER),
            ('type = "graphic"\nmaterial = "book"', Material.BOOK),
            ('material = "manuscript"', Material.MANUSCRIPT),
        ],
    )
    def test_what_is_scanned_follows_the_kind_unless_it_is_said(
        self, tmp_path: Path, toml: str, material: Material
    ) -> None:
        assert described(tmp_path, toml).material is material

    def test_the_pages_of_a_delivery_note_are_kept_for_the_end(self, tmp_path: Path) -> None:
        assert described(tmp_path / "a", "pages = 7").expected == 7
        assert described(tmp_path / "b", "").expected == 0

    def test_without_one_the_folder_stands_for_the_title_and_we_for_the_owner(self, tmp_path: Path) -> None:
        name = unicodedata.normalize("NFD", "příběh")
        found = only(delivered(tmp_path / "d", {f"{name}/1.tif": b"II"}))
        assert found.volume.description.title == found.volume.folder == "příběh"
        assert found.volume.description.institution == OURS
        assert [each.code for each in found.findings] == ["V003"]
        assert all(each.severity is Severity.WARNING for each in found.findings)

    def test_a_byte_order_mark_is_no_obstacle(self, tmp_path: Path) -> None:
        assert described(tmp_path, 'title = "Hodinář"'.encode("utf-8-sig")).volume.description.title == "Hodinář"

    @pytest.mark.parametrize(
        ("toml", "why"),
        [
            ('titel = "Hodinář"', "titel"),
            ('institution = {sigla = "ABA001", name = "x", street = "y"}', "street"),
            ('institution = {sigla = "liberec", name = "x"}', "sigla"),
            ('institution = {sigla = "ABA001"}', "name"),
            ('title = "a', "string"),
            ("title = 7", "title"),
            ("resolution = -300", "resolution"),
            ("resolution = 100000", "resolution"),
            ('resolution = "hodně"', "resolution"),
            ('type = "periodical"', "monograph"),
            ('language = "čeština"', "ISO 639-2"),
            ('identifiers = {urnnbn = "urn:nbn:cz:LIBEREC/1"}', "urnnbn"),
            ('identifiers = {doi = "10.1/x"}', "identifiers"),
            ('identifiers = {uuid = "svazek"}', "uuid"),
            ('authors = "Doubravka"', "authors"),
            (f'title = "{"a" * 2001}"', "2000"),
            ("title = 'Hodinář'".encode("cp1250"), "utf-8"),
            ('title = "Hodinář"'.encode("utf-16"), "utf-8"),
            (b"a = " + b"[" * 5000, "nested"),
            (b"#" * (1 << 20) + b"\n", "1048576"),
            (b"\0", "line 1"),
        ],
    )
    def test_what_cannot_be_used_is_d011_and_says_why(self, tmp_path: Path, toml: str | bytes, why: str) -> None:
        found = described(tmp_path, toml)
        (fault,) = [each for each in found.findings if each.code == "D011"]
        assert fault.subject == "svazek/volume.toml"
        assert why in str(fault.facts["why"])
        assert len(str(fault.facts["why"])) <= 300
        assert len(found.volume.pages) == 1

    @given(
        st.binary(max_size=60)
        | st.text(max_size=60).map(lambda text: f"title = '''{text}'''".encode("utf-8", "ignore"))
    )
    @settings(max_examples=40, deadline=None)
    def test_any_bytes_are_a_description_or_d011(self, tmp_path_factory: pytest.TempPathFactory, toml: bytes) -> None:
        found = described(tmp_path_factory.mktemp("any"), toml)
        assert codes(found) <= {"D011"}

    def test_a_huge_one_is_not_read(self, tmp_path: Path) -> None:
        folder = delivered(tmp_path / "d", {"svazek/1.tif": b"II", "svazek/volume.toml": b""})
        claimed = tuple(describe(path, folder) for path in sorted(folder.rglob("*.*")) if path.is_file())
        os.truncate(folder / "svazek" / "volume.toml", 1 << 36)
        start = time.monotonic()
        (found,), _ = volumes(folder, claimed, (), OURS)
        assert codes(found) == {"D011"}
        assert time.monotonic() - start < 5


class TestOtherFiles:
    def test_good_xml_travels_along(self, tmp_path: Path) -> None:
        found = only(delivered(tmp_path / "d", {"svazek/1.tif": b"II", "svazek/MODS.XML": b"\xef\xbb\xbf<mods/>"}))
        assert [ref.path for ref in found.sidecars] == ["svazek/MODS.XML"]
        assert codes(found) == set()

    def test_billion_laughs_are_refused_at_once(self, tmp_path: Path) -> None:
        entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 30))
        bomb = f'<!DOCTYPE l [<!ENTITY a0 "ha">{entities}]><l>&a29;</l>'.encode()
        start = time.monotonic()
        found = only(delivered(tmp_path / "d", {"svazek/1.tif": b"II", "svazek/mods.xml": bomb}))
        assert codes(found) == {"D012"}
        assert time.monotonic() - start < 5

    @pytest.mark.parametrize(
        "name", ["protokol.log", "1.pdf", "1.gif", ".1.tif", "sub/1.tif", "sub/volume.toml", "tif"]
    )
    def test_what_is_neither_scan_nor_sidecar_is_noted_and_left(self, tmp_path: Path, name: str) -> None:
        found = only(delivered(tmp_path / "d", {"svazek/1.tif": b"II", f"svazek/{name}": b"x"}))
        assert [(each.code, each.subject) for each in found.findings[:1]] == [("D008", f"svazek/{name}")]
        assert [page.scan for page in found.volume.pages] == ["1.tif"]
        assert found.sidecars == ()

    @pytest.mark.parametrize("name", ["1.tif", "1.TIFF", "1.jpg", "1.JPEG", "1.Png", "1.jp2"])
    def test_scans_are_known_by_their_suffix_in_any_case(self, tmp_path: Path, name: str) -> None:
        found = only(delivered(tmp_path / "d", {f"svazek/{name}": b"x"}))
        assert list(found.scans) == [name]
        assert found.scans[name].path == f"svazek/{name}"

    def test_files_beside_the_volumes_belong_to_none(self, tmp_path: Path) -> None:
        found, loose = planned(delivered(tmp_path / "d", {"0001.tif": b"x", "seznam.txt": b"x", "svazek/1.tif": b"x"}))
        assert [(each.code, each.subject) for each in loose] == [("D009", "0001.tif"), ("D009", "seznam.txt")]
        assert len(found) == 1


class TestNoticed:
    """What the claim noticed reaches the volume that it is about."""

    def test_a_refused_file_stops_its_volume_and_no_other(self, tmp_path: Path) -> None:
        folder = delivered(tmp_path / "d", {"a/1.tif": b"x", "b/1.tif": b"y"})
        (first, second), loose = planned(folder, finding("D007", "a/2.tif", why="x"), finding("D017", "roura"))
        assert "D007" in codes(first)
        assert codes(second) == set()
        assert [each.code for each in loose] == ["D017"]

    def test_a_volume_of_which_nothing_could_be_read_is_not_lost(self, tmp_path: Path) -> None:
        (tmp_path / "d").mkdir()
        found = only(tmp_path / "d", finding("D007", "a/1.tif", why="x"))
        assert found.volume.folder == "a"
        assert codes(found) == {"D007", "D016"}

    def test_a_delivery_of_nothing_has_no_volumes(self, tmp_path: Path) -> None:
        assert planned(tmp_path / "none") == ((), ())
