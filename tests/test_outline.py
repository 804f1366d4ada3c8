"""A volume's structure as people write it: what is written reads back, by hand it is short, mistakes are told."""

from __future__ import annotations

import json
import tomllib
import uuid
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.bad_list import BadList
from metadata.description import Name, NameKind, VolumeKind
from metadata.elements import clean, line
from metadata.model import BlockLink, Division, DivisionKind, Page, Source
from metadata.outline import DEEPEST, Structure, plain_outline, read_outline, read_structure, write_outline
from metadata.wording import Tongue
from tests.page_records import VOLUME, hostile_text, page

LABELS = ("", "i", "ii", "1", "2", "3", "4", "4", "12-13", "[5]")
PAGES = tuple(page(order, label) for order, label in enumerate(LABELS, start=1))
HAND = """
[[part]]
kind = "chapter"
title = "Dějiny"
authors = ["Novák, Jan"]
pages = "1–4"
first = 0
"""


def read(text: str, name: str = "structure.toml", kind: VolumeKind | None = None) -> tuple[Division, ...]:
    return read_outline(text.encode(), name, PAGES, VOLUME, kind=kind)


def read_issue(text: str, name: str = "s.toml", kind: VolumeKind = VolumeKind.ISSUE) -> Structure:
    return read_structure(text.encode(), name, PAGES, VOLUME, kind=kind, source=Source.CONFIRMED)


def refused(text: str, name: str = "s.toml", kind: VolumeKind | None = None) -> str:
    with pytest.raises(BadList) as caught:
        read(text, name, kind)
    assert caught.value.text(Tongue.EN).startswith(name)
    return caught.value.text(Tongue.CS)


def one(more: str) -> str:
    return f'[[part]]\nkind = "chapter"\n{more}\n'


def _texts() -> st.SearchStrategy[str]:
    spiky = st.sampled_from(['"', "\\", "# ne", "'''", "[[part]]", "a = 1", "\\u0041", "7–12", "\x7f"])
    return (spiky | hostile_text()).map(lambda text: clean(line(text)))


def _names() -> st.SearchStrategy[Name]:
    roles = st.lists(st.sampled_from(["aut", "ill"]), max_size=2).map(tuple)
    return st.builds(Name, _texts(), st.sampled_from(NameKind), _texts(), roles=roles, primary=st.booleans())


@st.composite
def divisions(draw: st.DrawFn, labels: tuple[str, ...] = LABELS, depth: int = 0) -> tuple[Division, ...]:
    """Divisions within each other on any pages, with any texts in them."""
    made = []
    for _ in range(draw(st.integers(0, 3 - depth))):
        first = draw(st.integers(1, len(labels)))
        last = draw(st.integers(first, len(labels)))
        links = st.builds(BlockLink, st.integers(1, len(labels)), _texts(), _texts())
        made.append(
            Division(
                str(draw(st.uuids())),
                draw(st.sampled_from(DivisionKind)),
                first,
                last,
                title=draw(_texts()),
                subtitle=draw(_texts()),
                part_number=draw(_texts()),
                names=tuple(draw(st.lists(_names(), max_size=2))),
                languages=draw(st.sampled_from([(), ("ces",), ("ces", "deu")])),
                genre=draw(_texts()),
                blocks=tuple(draw(st.lists(links, max_size=2))),
                children=draw(divisions(labels, depth + 1)) if depth < 2 else (),
            )
        )
    return tuple(made)


@st.composite
def labelled(draw: st.DrawFn) -> tuple[tuple[Page, ...], tuple[Division, ...]]:
    """Pages with numbers that are easily taken for one another, and divisions on them."""
    shapes = st.sampled_from(["", "1", "2", "1-2", "1–2", "2 - 1", "-", "–", "1-", "xii"]) | _texts()
    labels = tuple(draw(st.lists(shapes, min_size=1, max_size=6)))
    pages = tuple(page(order, label) for order, label in enumerate(labels, start=1))
    return pages, draw(divisions(labels))


class TestWrittenAndReadBack:
    @settings(max_examples=60)
    @given(labelled())
    def test_as_toml(self, volume: tuple[tuple[Page, ...], tuple[Division, ...]]) -> None:
        pages, made = volume
        assert read_outline(write_outline(made, pages), "structure.toml", pages, VOLUME) == made

    @settings(max_examples=40)
    @given(divisions())
    def test_as_json(self, made: tuple[Division, ...]) -> None:
        content = json.dumps({"part": plain_outline(made, PAGES)}).encode()
        assert read_outline(content, "structure.json", PAGES, VOLUME) == made

    @settings(max_examples=60)
    @given(st.binary(max_size=60) | hostile_text().map(lambda text: f"[[part]]\n{text}".encode(errors="replace")))
    def test_anything_is_divisions_or_refused(self, content: bytes) -> None:
        for name in ("s.toml", "s.json"):
            assert all(text.startswith(name) for text in _outcome(content, name))

    def test_tells_pages_by_what_is_printed_on_them_where_that_is_clear(self) -> None:
        made = tuple(
            Division(str(uuid.UUID(int=n)), DivisionKind.CHAPTER, *span) for n, span in enumerate([(4, 6), (1, 7)])
        )
        written = tomllib.loads(write_outline(made, PAGES).decode())["part"]
        assert [(part.get("pages"), part.get("first"), part.get("last")) for part in written] == [
            ("1–3", None, None),
            (None, 1, 7),
        ]

    def test_an_empty_structure_tells_how_to_begin(self) -> None:
        content = write_outline((), PAGES)
        assert "[[part.part]]" in content.decode()
        assert read_outline(content, "structure.toml", PAGES, VOLUME) == ()


def _outcome(content: bytes, name: str) -> list[str]:
    try:
        return [name for _ in read_outline(content, name, PAGES, VOLUME)]
    except BadList as refusal:
        return [refusal.text(tongue) for tongue in Tongue]


class TestByHand:
    def test_a_chapter_takes_a_few_lines(self) -> None:
        (chapter,) = read(HAND.replace("first = 0\n", "").replace("1–4", "1–3"))
        assert (chapter.kind, chapter.title, chapter.first, chapter.last) == (DivisionKind.CHAPTER, "Dějiny", 4, 6)
        assert chapter.names == (Name("Novák, Jan", roles=("aut",)),)
        assert chapter.source is Source.GIVEN

    @pytest.mark.parametrize(
        ("pages", "orders"),
        [
            ('pages = "i–ii"', (2, 3)),
            ('pages = "i - ii"', (2, 3)),
            ("pages = 3", (6, 6)),
            ('pages = "12-13"', (9, 9)),
            ('pages = "3–12-13"', (6, 9)),
            ('pages = "[5]"', (10, 10)),
            ("first = 7\nlast = 8", (7, 8)),
            ("first = 7", (7, 7)),
        ],
    )
    def test_pages_by_number_or_by_order(self, pages: str, orders: tuple[int, int]) -> None:
        (chapter,) = read(one(pages))
        assert (chapter.first, chapter.last) == orders

    def test_czech_kinds(self) -> None:
        kinds = ("kapitola", "Článek", "obrázek", "příloha")
        text = "".join(f'[[part]]\nkind = "{kind}"\nfirst = 1\n' for kind in kinds)
        assert [each.kind for each in read(text)] == list(DivisionKind)

    def test_identifiers_are_kept_when_given_else_always_the_same(self) -> None:
        own = str(uuid.UUID(int=5))
        text = one(f'first = 1\nid = "{own}"') + one("first = 2") + one("first = 2")
        kept, made, twin = read(text)
        assert kept.id == own
        assert made.id != twin.id
        assert [each.id for each in read(text)] == [kept.id, made.id, twin.id]

    def test_parts_within_parts(self) -> None:
        text = one('title = "a"\npages = "1–3"') + '[[part.part]]\nkind = "picture"\npages = "2"\n' + one("first = 1")
        first, second = read(text)
        assert [each.kind for each in first.children] == [DivisionKind.PICTURE]
        assert second.children == ()

    def test_language_codes_of_either_form(self) -> None:
        assert read(one('first = 1\nlanguages = ["cze", "deu"]'))[0].languages == ("ces", "deu")

    def test_who_says_it_may_be_told(self) -> None:
        content = write_outline(read(one("first = 1")), PAGES)
        (chapter,) = read_issue(content.decode(), kind=VolumeKind.MONOGRAPH).divisions
        assert chapter.source is Source.CONFIRMED

    def test_written_quotes_are_as_people_write_them(self) -> None:
        made = (replace(read(one("first = 1"))[0], title='O „Babičce" \\ a jiných'),)
        assert 'title = "O „Babičce\\" \\\\ a jiných"' in write_outline(made, PAGES).decode()


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (HAND, "s.toml, part[1]: strany jsou dány „pages“, nebo „first“ a „last“; ne obojí"),
            (one(""), "part[1]: chybí strany části"),
            (one("last = 3"), "part[1].first: „first“ má být celé číslo"),
            (one("first = 99"), "part[1].first: strana s pořadím 99 ve svazku není (stran je 10)"),
            (one("first = 0"), "strana s pořadím 0 ve svazku není"),
            (one("first = true"), "má být celé číslo"),
            (one("first = 5\nlast = 3"), "část končí (pořadí 3) dříve, než začíná (pořadí 5)"),
            (one('pages = "1–99"'), "part[1].pages: strana s číslem „1–99“ ve svazku není"),
            (one('pages = "3–4"'), "číslo „4“ má ve svazku více stran (pořadí 7, 8)"),
            (one('pages = ""'), "strana s číslem „“"),
            ('[[part]]\nkind = "oddíl"\nfirst = 1\n', "neznámý druh „oddíl“; možné jsou: chapter, article, picture"),
            ("[[part]]\nfirst = 1\n", "part[1].kind: neznámý druh „“"),
            (one('first = 1\nnázev = "x"'), "není správné TOML"),
            (one('first = 1\nnazev = "x"'), "neznámá položka „nazev“; možné jsou: kind, title"),
            ('kind = "chapter"', "neznámá položka „kind“; možné jsou: part"),
            (one("first = 1\ntitle = [1]"), "part[1].title: „title“ má být text, ne [1]"),
            (one('first = 1\nid = "7"'), "part[1].id: „7“ není identifikátor"),
            (one('first = 1\nlanguages = ["čeština"]'), "není kód jazyka"),
            (one("first = 1\nauthors = [7]"), "part[1].authors: má to být tabulka s „text“"),
            (one('first = 1\nauthors = [{text = "x", rok = 1}]'), "neznámá položka „rok“"),
            (one('first = 1\nauthors = [{text = "x", kind = "pes"}]'), "neznámý druh „pes“; možné jsou: personal"),
            (one('first = 1\nblocks = [{page = 1}]'), "part[1].blocks: odkaz na blok má být"),
            (one('first = 1\nblocks = [{page = 77, block = "b"}]'), "part[1].blocks.page: strana s pořadím 77"),
            ("part = 7", "part: má to být seznam částí"),
            ("part = [7]", "part[1]: má to být tabulka s „kind“"),
            (one('first = 1\ntitle = "x'), "není správné TOML"),
            (one("first = 1\ntitle = 0x" + "f" * 9000), "„title“ má být text, ne …"),
            ("a = " + "[" * 5000, "není správné TOML"),
        ],
    )  # fmt: skip
    def test_are_told_with_their_place(self, text: str, said: str) -> None:
        assert said in refused(text)

    def test_one_identifier_for_two_parts(self) -> None:
        own = f'first = 1\nid = "{uuid.UUID(int=5)}"'
        assert "part[2].id: identifikátor" in refused(one(own) + one(own))

    def test_deep_within_each_other(self) -> None:
        text = "".join(
            f'[[{".".join(["part"] * depth)}]]\nkind="chapter"\nfirst=1\n' for depth in range(1, DEEPEST + 3)
        )
        assert f"příliš hluboko (nejvýše {DEEPEST})" in refused(text)

    def test_a_kind_that_the_volume_may_not_have(self) -> None:
        assert "možné jsou: article, picture, supplement" in refused(one("first = 1"), kind=VolumeKind.ISSUE)
        assert read(one("first = 1"), kind=VolumeKind.MAP)

    def test_broken_json(self) -> None:
        assert "není správný JSON" in refused('{"part": ', "s.json")


class TestAnIssuesNumberAndDate:
    @settings(max_examples=40, deadline=None)
    @given(_texts(), _texts().filter(lambda text: not text[:4].isdigit()))
    def test_are_read_back_as_written_and_what_nobody_knows_is_not_said(self, number: str, date: str) -> None:
        content = write_outline((), PAGES, number=number, date=date).decode()
        assert read_issue(content) == Structure((), number or None, date or None)

    def test_stand_above_the_divisions(self) -> None:
        (article,) = read('[[part]]\nkind = "article"\nfirst = 1\n')
        content = write_outline((article,), PAGES, number="37", date="1919-05-14").decode()
        assert read_issue(content) == Structure((replace(article, source=Source.CONFIRMED),), "37", "1919-05-14")

    @pytest.mark.parametrize(
        ("text", "number", "date"),
        [
            ("number = 37\ndate = 1919-05-14\n", "37", "1919-05-14"),
            ('date = "v květnu 1919"\n', None, "v květnu 1919"),
            ('number = ""\n', "", None),
            ('date = "1919-05"\n', None, "1919-05"),
            ('number = " 37a\tb "\n', "37a b", None),
            ("", None, None),
        ],
    )
    def test_as_people_write_them(self, text: str, number: str | None, date: str | None) -> None:
        assert read_issue(text) == Structure((), number, date)

    def test_in_json_with_what_kdr_says_of_their_source(self) -> None:
        text = '{"number": "37", "number_source": "proposed", "volume": "x", "part": []}'
        assert read_issue(text, "s.json", VolumeKind.SUPPLEMENT) == Structure((), "37")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('date = "1919-02-30"\n', "s.toml, date: „1919-02-30“ není datum"),
            ("number = [37]\n", "s.toml, number: „number“ má být text"),
            ("date = 1919-05-14T10:00:00\n", "s.toml, date: „date“ má být text"),
            ('datum = "1919"\n', "neznámá položka „datum“; možné jsou: number, date, part"),
        ],
    )
    def test_mistakes_are_told(self, text: str, said: str) -> None:
        with pytest.raises(BadList) as caught:
            read_issue(text)
        assert said in caught.value.text(Tongue.CS)

    @pytest.mark.parametrize("text", ['number = "37"\n', "date = 1919-05-14\n"])
    def test_are_refused_of_what_is_no_issue_and_in_a_delivery(self, text: str) -> None:
        with pytest.raises(BadList, match=r"volume\.toml"):
            read_issue(text, kind=VolumeKind.MONOGRAPH)
        assert "volume.toml" in refused(text, kind=VolumeKind.ISSUE)

    def test_a_book_has_none(self) -> None:
        assert "number = " not in write_outline((), PAGES).decode()
