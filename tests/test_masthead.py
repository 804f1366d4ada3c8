"""The head of a newspaper's first page, and the dates in it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.model import volume_id
from metadata.text import PageText
from ocr.dates import dates
from ocr.masthead import masthead
from ocr.proposal import CONFIDENT, Masthead
from ocr.sight import PageSight, printed
from ocr.structure import propose
from tests.page_texts import page_texts
from tests.set_pages import BODY, LEADING, line, page_text, sight

MODEST = settings(max_examples=40, deadline=None)
VOLUME = volume_id("30d8f898-c91b-4d47-a1cf-a01e9910651c")
CZECH = [
    "ledna",
    "února",
    "března",
    "dubna",
    "května",
    "června",
    "července",
    "srpna",
    "září",
    "října",
    "listopadu",
    "prosince",
]
SLOVAK = [
    "januára",
    "februára",
    "marca",
    "apríla",
    "mája",
    "júna",
    "júla",
    "augusta",
    "septembra",
    "októbra",
    "novembra",
    "decembra",
]
GERMAN = [
    "Jänner",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
CZECH_DAYS = ["pondělí", "úterý", "středu", "čtvrtek", "pátek", "sobotu", "neděli"]
GERMAN_DAYS = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
SLOVAK_DAYS = ["pondelok", "utorok", "stredu", "štvrtok", "piatok", "sobotu", "nedeľu"]
SINCE = dt.date(1848, 1, 1)


def front(*rows: str, title: str = "Modřínovské listy", size: int = 150) -> PageSight:
    """A first page: the title, then the rows below it, then text."""
    below = [line(row, 400 + place * LEADING) for place, row in enumerate(rows)]
    text = [line(BODY[place % 4], 700 + place * LEADING) for place in range(25)]
    return PageSight(1, page_text([*([line(title, 120, 100, size)] if title else []), *below, *text]))


def read(*rows: str, title: str = "Modřínovské listy", size: int = 150) -> Masthead:
    found = masthead(printed(front(*rows, title=title, size=size)))
    assert found is not None
    return found


class TestDates:
    @pytest.mark.parametrize(
        ("text", "date", "weekday"),
        [
            ("V Liberci, dne 14. května 1919", "1919-05-14", None),
            ("V Modřínově v sobotu dne 14. září 1929.", "1929-09-14", True),
            ("Mittwoch, den 3. März 1897", "1897-03-03", True),
            ("Montag, 29. März 1852", "1852-03-29", True),
            ("V sobotu dňa 3. mája 1924", "1924-05-03", True),
            ("Den 1. Jänner 1880.", "1880-01-01", None),
            ("v pátek dne 14. května 1919", "1919-05-14", False),
            ("Praha 14. V. 1919", "1919-05-14", None),
            ("V Praze dne 5. 1. 1890", "1890-01-05", None),
            ("V PRAZE, V NEDĚLI DNE 5. LEDNA 1890", "1890-01-05", True),
            ("Čtvrtek dne 23. řijna l913", "1913-10-23", True),
            ("dne 1. čcrvence 1901", "1901-07-01", None),
            ("Miktwoch, den 3. Mârz 1897", "1897-03-03", True),
            ("Dne 28. října roku 1918", "1918-10-28", None),
        ],
    )
    def test_a_date_is_read_with_its_day_of_the_week(self, text: str, date: str, weekday: bool | None) -> None:
        (found,) = dates(text)
        assert (found.date.isoformat(), found.weekday) == (date, weekday)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "31. února 1900",
            "v květnu 1919",
            "14. května",
            "1919 1920 1921",
            "Číslo 14. Ročník 5. Cena 1919 K",
            "5. 13. 1890",
        ],
    )
    def test_what_is_no_whole_date_is_none(self, text: str) -> None:
        assert dates(text) == ()

    def test_several_dates_come_in_their_order(self) -> None:
        found = dates("od 3. ledna 1890 do 4. února 1891")
        assert [each.date.isoformat() for each in found] == ["1890-01-03", "1891-02-04"]

    @given(
        st.dates(SINCE, dt.date(2026, 1, 1)),
        st.sampled_from([(CZECH, CZECH_DAYS), (SLOVAK, SLOVAK_DAYS), (GERMAN, GERMAN_DAYS)]),
    )
    def test_every_date_as_printed_is_read_back(self, date: dt.date, names: tuple[list[str], list[str]]) -> None:
        months, days = names
        (found,) = dates(f"{days[date.weekday()]}, {date.day}. {months[date.month - 1]} {date.year}")
        assert (found.date, found.weekday) == (date, True)

    @MODEST
    @given(st.text(max_size=60) | st.text("0123456789. VIXledna", max_size=60))
    def test_any_text_gives_dates_or_none(self, text: str) -> None:
        assert all(found.date.year >= 1600 for found in dates(text))


class TestMasthead:
    def test_title_number_year_and_date_are_read(self) -> None:
        found = read("Ročník XII. – Číslo 37. V Modřínově v sobotu dne 14. září 1929. Cena 60 haléřů.")
        assert (found.title, found.number, found.year_number, found.date) == (
            "Modřínovské listy", "37", "XII", "1929-09-14",
        )  # fmt: skip
        assert found.confidence > CONFIDENT

    @pytest.mark.parametrize(
        ("said", "number", "year"),
        [
            ("Číslo 23. Ročník XII.", "23", "XII"),
            ("Ročník 12, č. 7", "7", "12"),
            ("XII. ročník. Čís. 7.", "7", "XII"),
            ("Nr. 5. 17. Jahrgang.", "5", "17"),
            ("No. 105 IV. Jahrg.", "105", "IV"),
            ("ROČNÍK IX. ČÍSLO 4.", "4", "IX"),
            ("Nummer 12 Jahrgang 1897", "12", "1897"),
            ("Roč. II. Čislo 82.", "82", "II"),
        ],
    )
    def test_numbers_are_said_in_many_ways(self, said: str, number: str, year: str) -> None:
        found = read(said)
        assert (found.number, found.year_number) == (number, year)

    def test_the_number_beside_the_date_is_the_issue_and_not_a_telephone(self) -> None:
        found = read("Telefon číslo 28.", "Číslo 82. V Mladé Boleslavi v sobotu dne 24. října 1908. Ročník XXIX.")
        assert (found.number, found.date) == ("82", "1908-10-24")

    def test_the_day_is_not_taken_for_a_number_that_was_not_read(self) -> None:
        found = read("Ročník XXIX. Číslo 10. ledna 1889.")
        assert (found.number, found.date) == ("", "1889-01-10")

    def test_a_day_of_the_week_that_agrees_makes_it_surer_one_that_does_not_doubtful(self) -> None:
        agreeing, without, against = (
            read(f"Číslo 37. {day} 14. září 1929").confidence for day in ("sobota", "Modřínov", "středa")
        )
        assert agreeing > without > against
        assert against < CONFIDENT <= agreeing

    def test_a_date_whose_day_agrees_comes_before_another(self) -> None:
        assert read("Založeno 1. ledna 1918", "Číslo 37. V sobotu 14. září 1929").date == "1929-09-14"

    def test_a_title_of_two_rows_is_put_together(self) -> None:
        second = line("mládeže", 290, 100, 130)
        sheet = front("Číslo 3. Ročník II.", title="Noviny", size=150)
        text = page_text([*sheet.text.lines(), second])
        found = masthead(printed(PageSight(1, text)))
        assert found is not None
        assert found.title == "Noviny mládeže"

    def test_columns_beside_the_head_do_not_hide_it(self) -> None:
        lines = [
            line("Modřínovské listy", 120, 100, 150),
            line("Ročník XII. Číslo 37.", 400, 100),
            line("14. září 1929", 400, 900),
        ]
        found = masthead(printed(PageSight(1, page_text([*lines, *front().text.lines()]))))
        assert found is not None
        assert (found.number, found.date) == ("37", "1929-09-14")

    def test_text_below_the_head_is_not_read_for_it(self) -> None:
        body = ["Úvodník", *BODY, *BODY, *BODY, *BODY, "Číslo 4. Ročník II. ze dne 3. května 1920"]
        assert masthead(printed(sight(1, body=body))) is None

    @pytest.mark.parametrize("said", ["", "Dolní ulice č. 14", "Dne 14. září 1929", "Cena 60 haléřů"])
    def test_one_hint_alone_makes_no_masthead(self, said: str) -> None:
        assert masthead(printed(front(*filter(None, [said])))) is None

    def test_without_large_type_there_is_no_title_and_less_confidence(self) -> None:
        plain, large = read("Číslo 3. Ročník II.", title=""), read("Číslo 3. Ročník II.")
        assert plain.title == ""
        assert plain.confidence < large.confidence

    def test_only_periodicals_have_one_and_only_on_their_first_page(self) -> None:
        head = front("Číslo 3. Ročník II.")
        assert propose([head], VOLUME, periodical=True).masthead is not None
        assert propose([head], VOLUME, periodical=False).masthead is None
        assert propose([sight(1), PageSight(2, head.text)], VOLUME, periodical=True).masthead is None
        assert propose([], VOLUME, periodical=True).masthead is None

    def test_a_date_in_the_head_of_every_page_is_no_page_number(self) -> None:
        pages = [front("Číslo 3. Ročník II. 4. května 1920")]
        pages += [sight(n, head=f"{n}\tModřínovské listy\t4. května 1920") for n in range(2, 9)]
        proposal = propose(pages, VOLUME, periodical=True)
        assert [page.label.value for page in proposal.pages] == ["[1]", *map(str, range(2, 9))]

    @MODEST
    @given(page_texts())
    def test_no_page_is_too_strange(self, text: PageText) -> None:
        found = masthead(printed(PageSight(1, text)))
        assert found is None or 0 <= found.confidence <= 1
