"""Page lists as people edit them: what is written reads back, what spreadsheets save reads too, mistakes are told."""

from __future__ import annotations

import csv
import io
import json
import pickle
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.bad_list import BadList
from metadata.copyrightmd import ACCESSES
from metadata.description import Rights, VolumeKind
from metadata.elements import clean, line
from metadata.model import Page, Side, Source, new_page_id
from metadata.page_types import page_types
from metadata.pagelist import applied, cells_of, read_pages, write_csv
from metadata.wording import Tongue, wording
from tests.page_records import VOLUME, hostile_text

BOOK = VolumeKind.MONOGRAPH


def page(order: int, scan: str = "", frame: int = 0) -> Page:
    scan = scan or f"{order:03d}.tif"
    own = new_page_id(VOLUME, f"{scan} {frame} {order}")
    return Page(own, order, scan, frame, f"[{order}]", source=Source.PROPOSED)


PAGES = tuple(page(order) for order in range(1, 5))
FRAMES = (page(1, "vse.tif", 0), page(2, "vse.tif", 1), page(3, "jina.tif"))


def told(text: str, *, pages: tuple[Page, ...] = PAGES, kind: VolumeKind = BOOK, name: str = "pages.csv") -> list[Page]:
    return list(applied(pages, read_pages(text.encode(), name), kind, Source.GIVEN))


def refused(text: str | bytes, *, pages: tuple[Page, ...] = PAGES, kind: VolumeKind = BOOK, name: str = "p.csv") -> str:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(BadList) as caught:
        applied(pages, read_pages(content, name), kind, Source.GIVEN)
    return caught.value.text(Tongue.CS)


def plain(text: str) -> str:
    return clean(line(text))


def _labels() -> st.SearchStrategy[str]:
    spiky = st.sampled_from(["=1+1", "'=1", "''+x", "-5", "@a", '"', ";", "\t", "xii", "[5]", "12-13", "'", "007", ","])
    return (spiky | hostile_text()).map(plain)


@st.composite
def volumes(draw: st.DrawFn) -> tuple[Page, ...]:
    """Pages of a volume: several to a file here and there, any label, any type and side, some with rights."""
    frames = draw(st.lists(st.integers(1, 3), min_size=1, max_size=5))
    orders = count(1)
    rights = st.none() | st.builds(
        Rights,
        st.sampled_from(["pd", "copyrighted", "unknown"]),
        licence=_labels(),
        embargo=st.sampled_from(["", "2030-12-31"]),
        access=st.sampled_from(["", *ACCESSES]),
    )
    return tuple(
        replace(
            page(next(orders), f"{number} sken;=.tif", frame),
            label=draw(_labels()),
            type=draw(st.sampled_from(sorted(page_types(BOOK)))),
            side=draw(st.none() | st.sampled_from(Side)),
            rights=draw(rights),
        )
        for number, several in enumerate(frames)
        for frame in range(several)
    )


def _outcome(content: bytes, name: str) -> list[str]:
    """The file that each row names, or the refusal in both languages."""
    try:
        return [row.name for row in read_pages(content, name)]
    except BadList as refusal:
        return [refusal.text(tongue) for tongue in Tongue]


class TestWrittenAndReadBack:
    @settings(max_examples=60)
    @given(volumes())
    def test_as_csv(self, pages: tuple[Page, ...]) -> None:
        bare = tuple(replace(each, label="?", type="blank", side=None, rights=None) for each in pages)
        rows = read_pages(write_csv(pages), "strany.csv")
        assert applied(bare, rows, BOOK, Source.PROPOSED) == pages

    @settings(max_examples=60)
    @given(volumes())
    def test_as_json(self, pages: tuple[Page, ...]) -> None:
        bare = tuple(replace(each, label="?", type="blank", side=None, rights=None) for each in pages)
        content = json.dumps([cells_of(each) for each in pages]).encode()
        assert applied(bare, read_pages(content, "strany.json"), BOOK, Source.PROPOSED) == pages

    @settings(max_examples=60)
    @given(volumes())
    def test_no_cell_is_a_formula_to_a_spreadsheet(self, pages: tuple[Page, ...]) -> None:
        rows = csv.reader(io.StringIO(write_csv(pages).decode("utf-8-sig"), newline=""), delimiter=";")
        assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]

    @settings(max_examples=60)
    @given(st.binary(max_size=60) | hostile_text().map(lambda text: text.encode(errors="replace")))
    def test_anything_is_rows_or_refused(self, content: bytes) -> None:
        for name in ("a.csv", "a.json"):
            assert all(text.startswith(name) for text in _outcome(content, name))

    def test_opens_in_a_czech_spreadsheet(self) -> None:
        content = write_csv(PAGES)
        assert content.startswith("\ufeffpořadí;sken;číslo;typ;poloha;práva;embargo;licence;přístup\r\n".encode())
        assert b"\r\n1;001.tif;[1];normalPage;;;;;\r\n" in content

    def test_images_of_a_file_have_a_column_where_there_are_several(self) -> None:
        assert "1;vse.tif;1;" in write_csv(FRAMES).decode()
        assert "2;vse.tif;2;" in write_csv(FRAMES).decode()


class TestReading:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
    @pytest.mark.parametrize("delimiter", [";", ",", "\t"])
    def test_what_spreadsheets_save(self, encoding: str, delimiter: str) -> None:
        text = "Pořadí;Sken;Číslo;Typ\n1;001.tif;příl. 1;TITLEPAGE\n".replace(";", delimiter)
        (row,) = read_pages(text.encode(encoding), "pages.csv")
        assert (row.order, row.scan, row.label, row.type) == (1, "001.tif", "příl. 1", "TITLEPAGE")
        assert applied(PAGES, [row], BOOK, Source.GIVEN)[0].type == "titlePage"

    def test_english_headers_and_columns_in_any_order(self) -> None:
        first, second, *others = told("side,label,scan\nleft,2,002.tif\nprava,1,001.tif\n".replace("prava", "pravá"))
        assert (first.label, first.side, first.source) == ("1", Side.RIGHT, Source.GIVEN)
        assert (second.label, second.side) == ("2", Side.LEFT)
        assert tuple(others) == PAGES[2:]

    def test_what_has_no_column_stays(self) -> None:
        pages = (replace(PAGES[0], side=Side.LEFT, type="map", rights=Rights("pd")), *PAGES[1:])
        assert told("order;label\n1;xii\n", pages=pages)[0] == replace(pages[0], label="xii", source=Source.GIVEN)

    def test_an_empty_cell_takes_away_what_may_be_missing(self) -> None:
        pages = (replace(PAGES[0], side=Side.LEFT, type="map", rights=Rights("pd")), *PAGES[1:])
        first = told("order;label;type;side;copyright;embargo;licence\n1;;;;;;\n", pages=pages)[0]
        assert (first.label, first.type, first.side, first.rights) == ("", "map", None, None)

    def test_rights_keep_what_the_list_does_not_show(self) -> None:
        pages = (replace(PAGES[0], rights=Rights("copyrighted", holder="Novák", embargo="2030-01-01")), *PAGES[1:])
        first = told("order;embargo\n1;31. 12. 2031\n", pages=pages)[0]
        assert first.rights == Rights("copyrighted", holder="Novák", embargo="2031-12-31")

    def test_a_scan_is_found_whatever_its_case_and_accents_are_made_of(self) -> None:
        pages = (page(1, "Příloha.TIF"), page(2, "b.tif"))
        assert told("sken;číslo\nPr\u030ci\u0301loha.tif;7\n", pages=pages)[0].label == "7"

    def test_of_two_scans_that_differ_in_case_the_exact_one_is_meant(self) -> None:
        pages = (page(1, "A.tif"), page(2, "a.tif"))
        assert [each.label for each in told("sken;číslo\na.tif;7\n", pages=pages)] == ["[1]", "7"]

    def test_images_within_a_file(self) -> None:
        by_image = told("sken;obraz;číslo\nvse.tif;2;7\n", pages=FRAMES)
        by_order = told("sken;pořadí;číslo\nvse.tif;2;7\n", pages=FRAMES)
        assert by_image == by_order
        assert [each.label for each in by_image] == ["[1]", "7", "[3]"]

    def test_blank_rows_and_columns_that_say_nothing_are_passed_over(self) -> None:
        assert told("\n;;\npořadí;poznámka;číslo\n;;\n2;pozor;5\n")[1].label == "5"

    @pytest.mark.parametrize("written", ["titlePage", "TITLEPAGE", "titulní list", "Titulní list", "title page"])
    def test_a_page_type_may_be_written_as_people_are_shown_it(self, written: str) -> None:
        assert told(f"pořadí;typ\n1;{written}\n")[0].type == "titlePage"

    def test_every_type_is_found_by_its_czech_name(self) -> None:
        names = wording("metadata", "page_types.toml").sentences
        for kind in (VolumeKind.MONOGRAPH, VolumeKind.ISSUE):
            for name in page_types(kind):
                assert told(f"pořadí;typ\n1;{names[name]['cs']}\n", kind=kind)[0].type == name

    def test_json_of_numbers_and_nothing(self) -> None:
        content = '{"pages": [{"order": 1, "label": 5, "side": null}, {"scan": "002.tif", "type": "blank"}]}'
        first, second, *_ = told(content, name="pages.json")
        assert (first.label, first.side, second.type) == ("5", None, "blank")


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("pořadí;typ\n1;blank\n2;desky\n", "p.csv, řádek 3: typ strany „desky“"),
            ("pořadí;poloha\n1;vzadu\n", "řádek 2: „vzadu“ není poloha strany; možné jsou: left, right, singlePage"),
            ("sken;číslo\n009.tif;1\n", "sken „009.tif“ ve svazku není; skeny jsou: 001.tif, 002.tif"),
            ("pořadí;číslo\n9;1\n", "strana s pořadím 9 ve svazku není (stran je 4)"),
            ("pořadí;číslo\nprvní;1\n", "„pořadí“ má být celé číslo od 1, ne „první“"),
            ("pořadí;číslo\n0;1\n", "ne „0“"),
            ("pořadí;číslo\n٣;1\n", "ne „٣“"),
            ("pořadí;číslo\n2;1\n\n2;3\n", "řádek 4: strana 2 (sken „002.tif“) je v seznamu už na řádku 2"),
            ("pořadí;sken\n2;001.tif\n", "sken „001.tif“ má ve svazku pořadí 1, v seznamu 2"),
            ("pořadí\n1\n2\n3\n4\n1\n", "seznam má 5 řádků, svazek jen 4 stran"),
            ("pořadí;barva\n1;x\n", "neznámý sloupec „barva“; možné jsou: pořadí (order), sken (scan)"),
            ("order;pořadí\n1;1\n", "sloupec „pořadí“ je v seznamu dvakrát"),
            ("číslo;typ\n1;blank\n", "chybí sloupec „pořadí“ nebo „sken“"),
            ("pořadí;sken;číslo\n;;5\n", "řádek 2: chybí"),
            ("pořadí;číslo\n1;a;b\n", "řádek má více polí než záhlaví"),
            ("pořadí;práva\n1;moje\n", "„moje“ není stav autorských práv"),
            ("order;access\n1;vsichni\n", "přístup „vsichni“ není"),
            ("pořadí;embargo\n1;zítra\n", "„zítra“ není datum"),
            ("pořadí;embargo\n1;31.2.2030\n", "„31.2.2030“ není datum"),
            ('pořadí;číslo\n1;"x\n', "není správné CSV"),
            ("pořadí;číslo\n", "seznam stran je prázdný"),
            ("", "seznam stran je prázdný"),
        ],
    )
    def test_are_told_with_their_row(self, text: str, said: str) -> None:
        assert said in refused(text)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[{]", "není správný JSON"),
            ("[" * 100_000, "není správný JSON"),
            ('{"strany": 1}', "má to být seznam objektů"),
            ('[{"order": 1}, 7]', "řádek 2: má to být seznam objektů"),
            ('[{"order": 1, "label": [1]}]', "„label“ má být text, ne [1]"),
            ('[{"order": true}]', "má být text, ne true"),
            ('[{"label": "5"}]', "chybí sloupec"),
        ],
    )
    def test_in_json(self, text: str, said: str) -> None:
        assert said in refused(text, name="pages.json")

    def test_types_are_those_of_the_kind(self) -> None:
        assert "frontispiece" in told("pořadí;typ\n1;frontispiece\n")[0].type
        assert "„frontispiece“" in refused("pořadí;typ\n1;frontispiece\n", kind=VolumeKind.ISSUE)

    def test_which_image_of_a_file(self) -> None:
        assert "soubor „vse.tif“ má 2 obrazů" in refused("sken;číslo\nvse.tif;1\n", pages=FRAMES)
        assert "nemá obraz č. 3 (obrazů je 2)" in refused("sken;obraz\nvse.tif;3\n", pages=FRAMES)

    def test_a_file_of_no_known_encoding(self) -> None:
        assert "není v UTF-8 ani ve windows-1250" in refused(b"po\x81\x98")

    def test_a_file_too_large_to_be_a_list(self) -> None:
        assert "nejvýše 4 MB" in refused(b"1" * ((4 << 20) + 1))

    def test_a_refusal_travels_between_processes_and_speaks_english(self) -> None:
        refusal = pickle.loads(pickle.dumps(BadList("p.csv", 3, "no_order", value=9, count=4)))  # noqa: S301 - our own
        assert refusal.text(Tongue.EN) == "p.csv, row 3: the volume has no page with the order 9 (it has 4 pages)"
        assert str(refusal) == refusal.text(Tongue.CS)
