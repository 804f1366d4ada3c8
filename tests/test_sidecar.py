"""volume.toml says what a volume is and what stands above it; whatever it says wrongly is named, never half taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.material import Material
from ingest.sidecar import Sidecar, described, placed_under, read_sidecar, rights_of
from metadata.description import (
    Description,
    Identifier,
    IdentifierKind,
    Name,
    Organisation,
    RecordOrigin,
    VolumeKind,
)

LIBRARY = Organisation("LIA001", "Krajská vědecká knihovna v Liberci")
RECORD = Description(
    title="Katalogový název",
    institution=LIBRARY,
    subtitle="podle katalogu",
    names=(Name("Němcová, Božena", roles=("aut",), primary=True),),
    year="1855",
    languages=("ces",),
    extent="320 s.",
    identifiers=(Identifier(IdentifierKind.CCNB, "cnb000123456"),),
    record=RecordOrigin("aacr", "ABA001", "nkc1"),
)


def told(tmp_path: Path, text: str) -> Sidecar:
    """What a file of that text says."""
    file = tmp_path / "volume.toml"
    file.write_text(text, encoding="utf-8")
    return read_sidecar(file)


class TestKinds:
    @pytest.mark.parametrize("kind", list(VolumeKind))
    def test_every_kind_can_be_said(self, tmp_path: Path, kind: VolumeKind) -> None:
        assert told(tmp_path, f'type = "{kind}"').kind is kind

    def test_the_table_above_tells_the_kind(self, tmp_path: Path) -> None:
        assert told(tmp_path, '[periodical]\ntitle = "Listy"').kind is VolumeKind.ISSUE
        assert told(tmp_path, '[multivolume]\ntitle = "Dílo"').kind is VolumeKind.MONOGRAPH_VOLUME
        assert told(tmp_path, 'title = "Kniha"').kind is None

    def test_without_a_kind_the_record_tells_it_else_it_is_a_monograph(self) -> None:
        assert described(Sidecar(), replace(RECORD, kind=VolumeKind.MAP), "a", LIBRARY).kind is VolumeKind.MAP
        assert described(Sidecar(), None, "a", LIBRARY).kind is VolumeKind.MONOGRAPH

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ('type = "kniha"', "type"),
            ('type = "map"\n[periodical]\ntitle = "Listy"', "periodical"),
            ('type = "issue"\n[multivolume]\ntitle = "Dílo"', "multivolume"),
            ('[periodical]\ntitle = "a"\n[multivolume]\ntitle = "b"', "multivolume"),
            ('tilte = "Kniha"', "tilte"),
            ('[rights]\ncopyright = "free"', "copyright"),
            ('[rights]\nembargo = "zítra"', "embargo"),
            ('[rights]\naccess = "vsichni"', "access"),
            ('[record]\nsource = "nkp"', "record: .*barcode"),
            ('[record]\nisbn = "1"\nissn = "2"', "record: .*barcode"),
            ('[periodical]\nidentifiers = {issn = "12"}', "issn"),
            ('[periodical]\nidentifiers = {uuid = "nic"}', "nic"),
            ('[periodical.volume]\nuuid = "nic"', "nic"),
            ('language = "čeština"', "language"),
            ('material = "kniha"', "material: .*'book'.*'manuscript'"),
            ('spreads = "levá"', "spreads"),
            ("pages = -1", "pages"),
            ('pages = "sedm"', "pages"),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path: Path, text: str, named: str) -> None:
        with pytest.raises(ValueError, match=named):
            told(tmp_path, text)


class TestScans:
    """What the keys say of the scans rather than of the volume."""

    @pytest.mark.parametrize("material", Material)
    def test_every_material_can_be_said(self, tmp_path: Path, material: Material) -> None:
        assert told(tmp_path, f'material = "{material}"').material is material

    def test_spreads_and_pages_as_the_delivery_note_says(self, tmp_path: Path) -> None:
        said = told(tmp_path, "spreads = false\npages = 7")
        assert (said.spreads, said.pages) == (False, 7)

    def test_what_is_not_said_is_left_to_the_settings_and_to_the_kind(self) -> None:
        assert (Sidecar().material, Sidecar().spreads, Sidecar().pages) == (None, None, 0)


class TestDescription:
    def test_volume_toml_overrules_the_record(self, tmp_path: Path) -> None:
        sidecar = told(tmp_path, 'title = "Vlastní"\nyear = "1860"\nauthors = ["Kdosi"]\nrules = "rda"')
        about = described(sidecar, RECORD, "slozka", LIBRARY)
        assert (about.title, about.year, about.authors, about.record.rules) == ("Vlastní", "1860", ("Kdosi",), "rda")

    def test_the_record_fills_what_is_not_said(self) -> None:
        about = described(Sidecar(), RECORD, "slozka", LIBRARY)
        assert (about.title, about.extent, about.authors) == ("Katalogový název", "320 s.", ("Němcová, Božena",))
        assert about.identifier(IdentifierKind.CCNB) == "cnb000123456"

    def test_an_identifier_that_is_given_stands_for_the_one_of_the_record(self, tmp_path: Path) -> None:
        sidecar = told(tmp_path, '[identifiers]\nccnb = "cnb000000001"')
        assert [i.value for i in described(sidecar, RECORD, "a", LIBRARY).identifiers] == ["cnb000000001"]

    def test_an_issue_takes_its_language_from_the_periodical_and_no_title_page_of_the_record(self) -> None:
        about = described(Sidecar.model_validate({"type": "issue"}), RECORD, "slozka", LIBRARY)
        assert (about.languages, about.identifiers, about.names) == (("ces",), (), ())

    def test_the_institution_s_own_fields_are_kept_in_their_order(self, tmp_path: Path) -> None:
        sidecar = told(tmp_path, '[own]\n"inventární číslo" = "F 12"\n"sbírka" = "Pohlednice"')
        assert described(sidecar, None, "a", LIBRARY).own == (("inventární číslo", "F 12"), ("sbírka", "Pohlednice"))

    def test_rights_are_given_or_not_at_all(self, tmp_path: Path) -> None:
        assert rights_of(Sidecar()) is None
        given = rights_of(told(tmp_path, '[rights]\ncopyright = "copyrighted"\nembargo = 2040-01-31'))
        assert given is not None
        assert (given.copyright, given.embargo) == ("copyrighted", "2040-01-31")


class TestAbove:
    """ndk.md §9.2: the title's and the year's identifiers are the same in all packages of a periodical."""

    def issue(self, tmp_path: Path, number: str, more: str = "") -> tuple[str, str]:
        """Identifiers of title and year of an issue."""
        sidecar = told(
            tmp_path,
            f'number = "{number}"\nyear = "1919-05-{number}"\n[periodical]\ntitle = "Listy"\n{more}\n'
            '[periodical.volume]\nnumber = "12"\nyear = "1919"',
        )
        title, year = placed_under(sidecar, described(sidecar, None, f"cislo-{number}", LIBRARY))
        assert title is not None
        assert year is not None
        return title.id, year.id

    def test_issues_of_one_periodical_share_title_and_year(self, tmp_path: Path) -> None:
        assert self.issue(tmp_path, "14") == self.issue(tmp_path, "15")

    def test_the_issn_names_a_periodical_whatever_it_is_called(self, tmp_path: Path) -> None:
        numbered = 'identifiers = {issn = "1210-1168"}'
        assert self.issue(tmp_path, "14", numbered) != self.issue(tmp_path, "14")
        sidecar = told(tmp_path, f'[periodical]\ntitle = "LISTY"\n{numbered}')
        title, _ = placed_under(sidecar, described(sidecar, None, "a", LIBRARY))
        assert title is not None
        assert title.id == self.issue(tmp_path, "14", numbered)[0]

    def test_given_identifiers_are_kept(self, tmp_path: Path) -> None:
        uuid = "30d8f898-c91b-4d47-a1cf-a01e9910651c"
        sidecar = told(tmp_path, f'[periodical]\nidentifiers = {{uuid = "{uuid}"}}\nvolume = {{uuid = "{uuid}"}}')
        title, year = placed_under(sidecar, described(sidecar, None, "a", LIBRARY))
        assert title is not None
        assert year is not None
        assert (title.id, year.id) == (uuid, uuid)
        assert title.description.identifier(IdentifierKind.UUID) == ""

    def test_the_record_describes_the_periodical(self, tmp_path: Path) -> None:
        sidecar = told(tmp_path, 'type = "issue"')
        about = described(sidecar, RECORD, "cislo", LIBRARY)
        title, _ = placed_under(sidecar, about, RECORD)
        assert title is not None
        assert (title.description.title, title.description.extent) == ("Katalogový název", "320 s.")

    def test_volumes_of_a_work_share_its_title_and_keep_their_numbers(self, tmp_path: Path) -> None:
        titles = set()
        for number in ("1", "2"):
            sidecar = told(tmp_path, f'number = "{number}"\n[multivolume]\ntitle = "Dílo"')
            about = described(sidecar, None, f"dil-{number}", LIBRARY)
            title, year = placed_under(sidecar, about)
            assert title is not None
            titles.add(title.id)
            assert (about.part_number, about.title, year) == (number, "Dílo", None)
        assert len(titles) == 1

    def test_a_plain_book_has_nothing_above_it(self) -> None:
        assert placed_under(Sidecar(), described(Sidecar(), None, "a", LIBRARY)) == (None, None)


@pytest.mark.parametrize(
    "toml", ['title = "\\u001b[31mred"', 'title = "a"\nspreads = "yes"', 'title = "a"\npages = true']
)
def test_signs_that_no_document_may_have_and_loose_answers_are_refused(tmp_path: Path, toml: str) -> None:
    (tmp_path / "volume.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(ValueError, match=r"title|spreads|pages"):
        read_sidecar(tmp_path / "volume.toml")
