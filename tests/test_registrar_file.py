"""The file of assigned numbers: every way to write one; nothing wrong or half-written is ever taken from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.registrar.numbers_file import NumbersFile, facts
from metadata.description import Description, Identifier, IdentifierKind, RecordOrigin
from metadata.model import Volume, new_volume_id
from metadata.problem import Problem
from tests.described import BARE

NUMBER = "urn:nbn:cz:lia001-00000a"
OTHER = "urn:nbn:cz:lia001-00000b"
ENCODINGS = ["utf-8", "utf-8-sig", "cp1250"]


def volume(folder: str = "kniha-1", **about: object) -> Volume:
    """A volume in that folder, described by nothing else."""
    bare = BARE["monograph"]
    described: Description = replace(bare.description, identifiers=(), shelf_mark="")
    return replace(
        bare,
        id=new_volume_id(folder),
        folder=folder,
        description=replace(described, **about),  # type: ignore[arg-type]
    )


BOOK = volume(
    "kniha č. 1",
    shelf_mark="ŽK 77/č",
    identifiers=(
        Identifier(IdentifierKind.ISBN, "80-85605-10-4"),
        Identifier(IdentifierKind.CCNB, "cnb000123459"),
        Identifier(IdentifierKind.ISMN, "M-66056-110-2"),
    ),
    record=RecordOrigin(id="nkc20010012345"),
    own=(("Inventární číslo", "H-123/4"), ("Čárový kód", "2610012345"), ("Fotograf", "neznámý")),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "urnnbn.csv"


def number(file: Path, content: str | bytes, asked: Volume = BOOK) -> str | None:
    """What a file with that content says of the volume."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return NumbersFile(file).number(asked)


def problem(file: Path, content: str | bytes, asked: Volume = BOOK) -> Problem:
    """What stops the question."""
    with pytest.raises(Problem) as caught:
        number(file, content, asked)
    return caught.value


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("uuid", str(BOOK.id)),
        ("UUID", f"uuid:{BOOK.id}".upper()),
        ("folder", "kniha č. 1"),
        ("Složka", "kniha č. 1"),
        ("složka", "kniha c\u030c. 1"),
        ("slozka", "kniha č. 1"),
        ("Signatura", "žk  77/Č"),
        ("shelf_mark", "ŽK 77/č"),
        ("ISBN", "9788085605105"),
        ("isbn", "8085605104"),
        ("ISMN", "M-66056-110-2"),
        ("čČNB", "cnb000123459"),
        ("ČNB", "CNB000123459"),
        ("ccnb", "cnb000123459"),
        ("Čárový kód", "2610012345"),
        ("barcode", "2610012345"),
        ("Inventární číslo", "h-123/4"),
        ("Systémové číslo", "nkc20010012345"),
        ("identifikátor", "ŽK 77/č"),
        ("identifier", str(BOOK.id)),
        ("id", "80-85605-10-4"),
        ("id", "2610012345"),
    ],
)
@pytest.mark.parametrize("named", [True, False], ids=["named", "unnamed"])
def test_a_number_is_found_by_any_identifier(file: Path, header: str, value: str, *, named: bool) -> None:
    first = f"{header};URN:NBN\n" if named else ""
    assert number(file, f'{first}"{value}";{NUMBER}\n"jiná";{OTHER}\n') == NUMBER


def test_columns_may_stand_in_any_order_among_others(file: Path) -> None:
    content = f"Název;URN NBN;složka;poznámka\nBabička;{NUMBER};kniha č. 1;\nkniha č. 1;{OTHER};jinde;kniha č. 1\n"
    assert number(file, content) == NUMBER


def test_unnamed_columns_after_the_number_say_nothing(file: Path) -> None:
    assert number(file, f"jinde;{OTHER};kniha č. 1\nkniha č. 1;{NUMBER};jinde\n") == NUMBER


def test_a_volume_without_a_row_or_number_waits(file: Path) -> None:
    assert number(file, f"uuid;urnnbn\n{new_volume_id('x')};{OTHER}\n") is None
    assert number(file, f"uuid;urnnbn\n{BOOK.id};\n") is None
    assert number(file, f"uuid;urnnbn\n{BOOK.id}\n") is None
    assert number(file, "uuid;urnnbn\n") is None
    assert number(file, "") is None
    assert number(file, "\r\n \r\n") is None


def test_the_photographer_is_no_identifier(file: Path) -> None:
    assert number(file, f"fotograf;uuid;urnnbn\nneznámý;;{NUMBER}\n") is None
    assert "neznámý" not in {value for values in facts(BOOK).values() for value in values}


def test_a_row_with_a_uuid_belongs_to_that_volume_alone(file: Path) -> None:
    content = f"uuid;signatura;urnnbn\n{new_volume_id('x')};ŽK 77/č;{OTHER}\n{BOOK.id};jiná;{NUMBER}\n"
    assert number(file, content) == NUMBER


def test_a_row_that_contradicts_belongs_to_another_volume(file: Path) -> None:
    content = f"složka;signatura;urnnbn\nkniha č. 1;A 1;{OTHER}\nkniha č. 1;ŽK 77/č;{NUMBER}\n"
    assert number(file, content) == NUMBER


def test_the_same_row_twice_is_one(file: Path) -> None:
    assert number(file, f"{BOOK.id};{NUMBER}\nžk 77/č;{NUMBER}\n{BOOK.id};{NUMBER}\n") == NUMBER


def test_two_numbers_for_a_volume_are_refused(file: Path) -> None:
    found = problem(file, f"{BOOK.id};{NUMBER}\nŽK 77/č;{OTHER}\n").finding
    assert (found.code, found.subject) == ("C013", BOOK.folder)
    assert found.facts == {"given": NUMBER, "other": OTHER}


def test_a_number_that_stands_by_another_volume_too_is_refused(file: Path) -> None:
    other = new_volume_id("x")
    found = problem(file, f"{BOOK.id};{NUMBER}\n{other};{NUMBER}\n").finding
    assert (found.code, found.subject) == ("C012", BOOK.folder)
    assert NUMBER in str(found.facts["why"])
    assert other in str(found.facts["why"])


def test_two_copies_with_one_isbn_do_not_share_a_number(file: Path) -> None:
    file.write_text(f"isbn;urnnbn\n80-85605-10-4;{NUMBER}\n", encoding="utf-8")
    registrar = NumbersFile(file)
    copy = replace(BOOK, id=new_volume_id("copy"), folder="kniha č. 2")
    assert registrar.number(BOOK) == NUMBER
    with pytest.raises(Problem) as caught:
        registrar.number(copy)
    assert (caught.value.finding.code, caught.value.finding.subject) == ("C012", "kniha č. 2")
    assert registrar.number(BOOK) == NUMBER


def test_a_file_that_grows_is_read_again(file: Path) -> None:
    file.write_text("složka;urnnbn\n", encoding="cp1250")
    registrar = NumbersFile(file)
    assert registrar.number(BOOK) is None
    with file.open("a", encoding="cp1250") as lines:
        lines.write("kniha č. 1;urn:nbn:cz:lia001")
        lines.flush()
        assert registrar.number(BOOK) is None
        lines.write("-00000a\n")
    assert registrar.number(BOOK) == NUMBER
    file.write_text(f"složka;urnnbn\nkniha č. 1;{OTHER}\n", encoding="cp1250")
    assert registrar.number(BOOK) == OTHER


def test_a_file_that_comes_later_is_read_then(file: Path) -> None:
    registrar = NumbersFile(file)
    with pytest.raises(Problem) as caught:
        registrar.number(BOOK)
    assert (caught.value.finding.code, caught.value.finding.subject) == ("C011", str(file))
    file.write_text(f"{BOOK.id};{NUMBER}\n", encoding="utf-8")
    assert registrar.number(BOOK) == NUMBER
    file.unlink()
    with pytest.raises(Problem):
        registrar.number(BOOK)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_last_line_may_lack_its_end(file: Path, encoding: str) -> None:
    assert number(file, f"složka;urnnbn\nkniha č. 1;{NUMBER}".encode(encoding)) == NUMBER
    assert number(file, f"kniha č. 1;{NUMBER}".encode(encoding)) == NUMBER
    assert number(file, f'kniha č. 1;"{NUMBER}"'.encode(encoding)) == NUMBER


@pytest.mark.parametrize("content", [f"urnnbn;složka\n{NUMBER};kniha č. 1", f"{OTHER};x\n{NUMBER};kniha č. 1"])
def test_a_last_line_that_may_go_on_is_not_taken(file: Path, content: str) -> None:
    assert number(file, content) is None
    assert number(file, content + "\n") == NUMBER


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04\0\0workbook.xml",
        f"uuid;urnnbn\n{BOOK.id};{NUMBER}\n".encode("utf-16"),
        b"\x81\x83\x88\n",
        f"kniha;cislo\n1;{NUMBER}\n".encode(),
        f"název;urnnbn\nBabička;{NUMBER}\n".encode(),
        b"uuid,signatura\nx,y\n",
    ],
    ids=["xlsx", "utf-16", "undefined in cp1250", "no number column", "no identifier column", "no number"],
)
def test_what_is_no_list_of_numbers_is_said_to_be_none(file: Path, content: bytes) -> None:
    found = problem(file, content).finding
    assert (found.code, found.subject) == ("C011", str(file))


def test_a_folder_in_its_place_is_said_to_be_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        NumbersFile(tmp_path).number(BOOK)
    assert caught.value.finding.code == "C011"


def test_an_open_quote_spoils_its_own_line_only(file: Path) -> None:
    assert number(file, f'uuid;urnnbn\n"jiná;{OTHER}\n{BOOK.id};{NUMBER}\n') == NUMBER


NAMES = st.text(st.sampled_from('abčřž ;,"\t.-/1'), min_size=1, max_size=8).map(str.strip).filter(bool)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[str], str, bytes]:
    """Folders (no two alike), what stands between the fields, and a file with a number for each."""
    folders = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=lambda name: " ".join(name.split()).casefold()))
    delimiter = draw(st.sampled_from(";,\t"))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    quoted = ['"' + name.replace('"', '""') + '"' for name in folders]
    lines = [delimiter.join(("složka", "urnnbn"))] if draw(st.booleans()) else []
    lines += [f"{name}{delimiter}{assigned(place)}" for place, name in enumerate(quoted)]
    return folders, delimiter, "".join(line + end for line in lines).encode(draw(st.sampled_from(ENCODINGS)))


def assigned(place: int) -> str:
    """The number of the volume at that place of the list."""
    return f"urn:nbn:cz:lia001-{place:06x}"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=files(), cut=st.integers(0, 200))
def test_however_it_is_written_and_wherever_it_ends_no_number_is_wrong(
    file: Path, made: tuple[list[str], str, bytes], cut: int
) -> None:
    folders, _, content = made
    for place, folder in enumerate(folders):
        assert number(file, content, volume(folder)) == assigned(place)
        assert number(file, content[: max(0, len(content) - cut)], volume(folder)) in {None, assigned(place)}


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=80) | st.text(st.sampled_from(f'{NUMBER};,"\n\r\tuidnb'), max_size=80).map(str.encode)
)
def test_whatever_the_bytes_there_is_no_number_or_a_clear_reason(file: Path, content: bytes) -> None:
    try:
        said = number(file, content)
    except Problem as stopped:
        said = stopped.finding.code
    assert said in {None, "C011"}
