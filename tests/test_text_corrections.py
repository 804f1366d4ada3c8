"""A corrected text outlives every new reading: left as a file or given by a command, it is taken in once and kept."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from metadata.alto import from_alto, to_alto
from metadata.description import Description
from metadata.event import AgentKind
from metadata.file import given_bytes
from metadata.geometry import Box
from metadata.model import Page, PageRecord, Volume
from metadata.ndk.layout import Use
from metadata.ndk.layout import name as file_name
from metadata.problem import Problem
from metadata.record import from_json, to_json, to_pretty_json
from metadata.text import PageText
from ocr.corrected import printed
from tests.page_records import LIBRARY, VOLUME, hostile_text, page, page_record
from tests.page_texts import MODEST, page_of
from workflows.cli import editing
from workflows.cli import volume_text as command
from workflows.corrected_pages import (
    LOST,
    TAKEN,
    CorrectedPages,
    corrected_pages,
    corrected_text,
    is_corrected,
    judged,
    pending_digest,
    take_in,
    waiting_texts,
)
from workflows.corrections import FOLDER, Corrections
from workflows.step import RECORD, Record, Status
from workflows.text_corrections import Form, Given, TextCorrection, TextCorrections, corrections_digest
from workflows.volumes import KnownVolume

READ = page_of("Knlha je přítel\nčlověka", "Druhý odstavec")
WHEN = "2026-11-22T10:00:00+00:00"
GIVEN = Given("0001.txt", Form.PLAIN, "Kniha je přítel\nčlověka\n\nDruhý odstavec\n")


@dataclass(frozen=True, slots=True)
class Book:
    """A volume of finished pages in a batch, and the package step's folder."""

    folder: Path
    volume: Volume

    @property
    def pages(self) -> list[Path]:
        return [self.folder / each.number for each in self.volume.pages]

    @property
    def drop(self) -> Path:
        place = self.folder / FOLDER
        place.mkdir(exist_ok=True)
        return place

    def leave(self, name: str, content: bytes, *, age: float = 60.0) -> Path:
        """Somebody left a file, so many seconds ago."""
        path = self.drop / name
        path.write_bytes(content)
        when = time.time() - age
        os.utime(path, (when, when))
        return path

    def records(self) -> list[PageRecord]:
        return [from_json(PageRecord, (each / "page" / "page.json").read_bytes()) for each in self.pages]

    def read(self, order: int, text: PageText) -> None:
        """As if the page had been read so."""
        place, described = self.pages[order - 1], self.volume.pages[order - 1]
        for each in (place / "read", place / "page"):
            each.mkdir(parents=True, exist_ok=True)
        record = page_record(described)
        (place / "read" / record.alto.path).write_bytes(alto(text, order))
        (place / "page" / "page.json").write_bytes(to_pretty_json(record))

    def said(self) -> TextCorrections:
        return TextCorrections.read(self.folder)

    def take_in(self) -> list[str]:
        """The codes of what is wrong."""
        return [found.code for found in take_in(self.volume, self.folder, self.pages)]

    def packaged(self) -> CorrectedPages:
        return corrected_pages(self.volume, self.folder, self.records(), self.pages, self.folder / "package")

    def loose(self) -> list[str]:
        return sorted(path.name for path in self.drop.iterdir() if path.is_file() and ".text." not in path.name)


def alto(text: PageText, order: int = 1) -> bytes:
    return to_alto(text, image_name="mc.jp2", when=WHEN, order=order)


def corrected(word: str = "Kniha") -> bytes:
    return READ.plain().replace("Knlha", word).encode()


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Three pages on which the same was read."""
    volume = Volume(VOLUME, "kniha", Description("Kniha", LIBRARY), tuple(page(order) for order in (1, 2, 3)))
    made = Book(tmp_path / "volumes" / VOLUME, volume)
    for order in (1, 2, 3):
        made.read(order, READ)
    return made


class TestWrittenDown:
    def test_reads_back_what_was_given(self, tmp_path: Path) -> None:
        said = TextCorrections(tmp_path).add("eva", page(2), GIVEN, READ)
        assert TextCorrections.read(tmp_path) == said
        assert (said.pages[page(2).id].given, said.records[0].who) == (GIVEN, "eva")
        assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["0001.text.json"]

    @MODEST
    @given(hostile_text(), hostile_text(), st.sampled_from(Form))
    def test_any_text_that_json_can_hold(self, who: str, content: str, form: Form) -> None:
        who, content = (text.encode(errors="replace").decode() for text in (who, content))
        record = TextCorrection(1, who, WHEN, page().id, "1.tif", 0, "", Given("0001.txt", form, content))
        assert from_json(TextCorrection, to_json(record)) == record

    def test_beside_the_other_corrections(self, tmp_path: Path) -> None:
        TextCorrections(tmp_path).add("eva", page(1), GIVEN, READ)
        Corrections.read(tmp_path).add("karel", [page(1, "xii")])
        assert (len(Corrections.read(tmp_path).records), len(TextCorrections.read(tmp_path).records)) == (1, 1)

    def test_their_names_are_those_that_are_handed_on(self, tmp_path: Path) -> None:
        TextCorrections(tmp_path).add("eva", page(1), GIVEN, READ)
        assert [path.name for path in (tmp_path / FOLDER).glob("[0-9]*.json")] == ["0001.text.json"]

    def test_taken_back_the_one_before_holds(self, tmp_path: Path) -> None:
        better = replace(GIVEN, content="Knihy\n")
        said = TextCorrections(tmp_path).add("eva", page(1), GIVEN, READ).add("eva", page(2), GIVEN, READ)
        said = said.add("eva", page(1), better, READ).undo("karel", page(1))
        assert said.pages[page(1).id].given == GIVEN
        said = said.undo("karel", page(1))
        assert list(said.pages) == [page(2).id]
        assert TextCorrections.read(tmp_path) == said
        with pytest.raises(LookupError):
            said.undo("karel", page(1))

    def test_of_two_at_once_the_second_is_refused(self, tmp_path: Path) -> None:
        mine = theirs = TextCorrections.read(tmp_path)
        mine.add("eva", page(1), GIVEN, READ)
        with pytest.raises(FileExistsError):
            theirs.add("karel", page(1), replace(GIVEN, content="x"), READ)
        assert TextCorrections.read(tmp_path).pages[page(1).id].given == GIVEN

    def test_a_damaged_file_is_told(self, tmp_path: Path) -> None:
        TextCorrections(tmp_path).add("eva", page(1), GIVEN, READ)
        (tmp_path / FOLDER / "0001.text.json").write_text("{")
        with pytest.raises(Problem, match=r"corrections/0001\.text\.json"):
            TextCorrections.read(tmp_path)

    def test_of_a_page_that_is_gone_waits(self, book: Book) -> None:
        said = book.said().add("eva", page(3), GIVEN, READ)
        shorter = replace(book.volume, pages=book.volume.pages[:2])
        assert [(found.code, found.facts) for found in waiting_texts(shorter, said)] == [("V015", {"scans": "003.tif"})]
        assert waiting_texts(book.volume, said) == ()


class TestTheDigest:
    def test_says_what_holds_and_not_who_said_it(self, tmp_path: Path) -> None:
        one = TextCorrections(tmp_path / "a").add("eva", page(1), GIVEN, READ)
        other = TextCorrections(tmp_path / "b").add("karel", page(1), replace(GIVEN, content="x"), READ)
        assert one.digest != other.digest
        assert other.add("karel", page(1), GIVEN, READ).digest == one.digest
        assert one.undo("eva", page(1)).digest == ""

    def test_of_a_volume_without_corrected_texts_is_what_it_was(self, tmp_path: Path) -> None:
        assert corrections_digest(tmp_path) == pending_digest(tmp_path) == ""
        structure = Corrections.read(tmp_path).add("karel", [page(1, "xii")])
        assert corrections_digest(tmp_path) == pending_digest(tmp_path) == structure.digest
        TextCorrections(tmp_path).add("eva", page(1), GIVEN, READ)
        assert corrections_digest(tmp_path) not in ("", structure.digest)

    def test_changes_with_a_file_that_waits(self, book: Book) -> None:
        before = pending_digest(book.folder)
        book.leave("0001.txt", corrected())
        assert pending_digest(book.folder) != before
        assert book.take_in() == []
        assert pending_digest(book.folder) == corrections_digest(book.folder) != before


class TestIsCorrected:
    def given(self, book: Book) -> list[int]:
        return [each.order for each in book.volume.pages if is_corrected(book.folder, VOLUME, each)]

    @pytest.mark.parametrize("name", ["0002.txt", "0002.xml", file_name(VOLUME, Use.ALTO, 2)])
    def test_from_the_moment_a_file_is_left_until_it_is_taken_back(self, book: Book, name: str) -> None:
        book.leave("0009.txt", corrected())
        assert self.given(book) == []
        book.leave(name, alto(READ, 2).replace(b"Knlha", b"Kniha") if name.endswith("xml") else corrected())
        assert self.given(book) == [2]
        assert book.take_in() == ["V042"]
        assert self.given(book) == [2]
        book.said().undo("eva", page(2))
        assert self.given(book) == []


class TestDropped:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("0002.txt", corrected()),
            ("0002.TXT", b"\xef\xbb\xbf" + corrected().replace(b"\n", b"\r\n")),
            (file_name(VOLUME, Use.TXT, 2), corrected()),
            ("0002.xml", alto(READ, 2).replace(b"Knlha", b"Kniha")),
            (file_name(VOLUME, Use.ALTO, 2), alto(READ, 2).replace(b"Knlha", b"Kniha")),
        ],
    )
    def test_is_taken_in_once_and_kept(self, book: Book, name: str, content: bytes) -> None:
        book.leave(name, content)
        assert (book.take_in(), book.take_in(), book.loose()) == ([], [], [])
        (record,) = book.said().records
        assert (record.page, record.who) == (page(2).id, book.drop.owner())
        assert (record.given and record.given.content.encode()) == content
        assert (book.drop / TAKEN / f"0001_{name}").read_bytes() == content
        text = from_alto(book.packaged().sources[page(2).id][0].read_bytes())
        assert printed(text.plain()) == printed(GIVEN.content)

    def test_a_kill_before_it_is_moved_away(self, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        book.leave("0001.txt", corrected())

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", killed)
            with pytest.raises(KeyboardInterrupt):
                book.take_in()
        assert (book.loose(), len(book.said().records)) == (["0001.txt"], 1)
        assert book.take_in() == []
        assert (book.loose(), len(book.said().records)) == ([], 1)

    def test_a_kill_before_it_is_filed(self, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        book.leave("0001.txt", corrected())

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(os, "link", killed)
            with pytest.raises(KeyboardInterrupt):
                book.take_in()
        assert (book.loose(), book.said().records) == (["0001.txt"], ())
        assert (book.take_in(), len(book.said().records)) == ([], 1)

    def test_the_last_one_holds(self, book: Book) -> None:
        for word in ("Kniha", "Knihy"):
            book.leave("0001.txt", corrected(word))
            assert book.take_in() == []
        assert len(list((book.drop / TAKEN).iterdir())) == 2
        assert book.packaged().sources[page(1).id][1].read_bytes() == corrected("Knihy")

    @pytest.mark.parametrize(
        ("name", "content", "code"),
        [
            ("0001.xml", b"<alto/>", "V040"),
            ("0001.xml", b"<alto", "V040"),
            ("0001.txt", "Čeština".encode("cp1250"), "V041"),
            ("0001.txt", b"", "V041"),
            ("0001.txt", b"PK\x03\x04", "V041"),
            ("0004.txt", corrected(), "V042"),
            ("0000.txt", corrected(), "V042"),
            ("0001.xml", alto(replace(READ, width=1999)), "V043"),
            ("0001.xml", alto(READ).replace(b'HPOS="0"', b'HPOS="1999"'), "V044"),
            ("strana3.txt", corrected(), "V046"),
            ("txt_jiny_0001.txt", corrected(), "V046"),
        ],
    )
    def test_what_cannot_be_used_stays_where_it_is(self, book: Book, name: str, content: bytes, code: str) -> None:
        book.leave(name, content)
        assert book.take_in() == [code]
        assert (book.drop / name).read_bytes() == content
        assert book.said().records == ()

    def test_one_wrong_file_does_not_hold_back_another(self, book: Book) -> None:
        book.leave("0001.txt", b"\xff")
        book.leave("0002.txt", corrected())
        assert (book.take_in(), book.loose(), list(book.said().pages)) == (["V041"], ["0001.txt"], [page(2).id])

    def test_two_for_one_page(self, book: Book) -> None:
        book.leave("0001.txt", corrected())
        book.leave("0001.xml", alto(READ))
        assert (book.take_in(), book.loose()) == (["V045"], ["0001.txt", "0001.xml"])

    @pytest.mark.parametrize("age", [0.5, -0.5])
    def test_one_that_is_still_being_written_waits_and_the_volume_is_not_done(self, book: Book, age: float) -> None:
        file = book.leave("0001.txt", corrected()[:5], age=age)
        assert (book.take_in(), book.loose(), book.said().records) == ([], ["0001.txt"], ())
        assert pending_digest(book.folder) != corrections_digest(book.folder)
        assert book.leave(file.name, corrected()).exists()
        assert (book.take_in(), book.loose()) == ([], [])
        assert book.packaged().sources[page(1).id][1].read_bytes() == corrected()

    def test_nor_is_one_taken_in_that_grows_while_it_is_read(self, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        file = book.leave("0001.txt", corrected())

        def growing(path: Path) -> bytes:
            content = given_bytes(path)
            if path == file:
                path.write_bytes(content + b"a")
            return content

        with monkeypatch.context() as patched:
            patched.setattr("workflows.corrected_pages.given_bytes", growing)
            assert book.take_in() == []
        assert (book.loose(), book.said().records) == (["0001.txt"], ())

    def test_for_a_page_whose_text_is_damaged_it_waits_and_the_page_is_looked_at_again(self, book: Book) -> None:
        (book.pages[0] / "page" / RECORD).write_bytes(b"{}")
        (book.pages[0] / "read" / book.records()[0].alto.path).write_bytes(b"<alto")
        book.leave("0001.txt", corrected())
        book.leave("0002.txt", corrected())
        assert (book.take_in(), book.loose(), list(book.said().pages)) == (["V040"], ["0001.txt"], [page(2).id])
        assert not (book.pages[0] / "page" / RECORD).exists()

    def test_a_link_out_of_the_folder_and_a_pipe_are_not_read(self, book: Book, tmp_path: Path) -> None:
        (tmp_path / "secret.txt").write_text("nobody's business", encoding="utf-8")
        (book.drop / "0001.txt").symlink_to(tmp_path / "secret.txt")
        os.mkfifo(book.drop / "0002.txt")
        assert book.take_in() == ["V040", "V040"]
        assert not book.said().pages

    @pytest.mark.parametrize(("times", "codes"), [(1, []), (2, ["V040"])])
    def test_while_somebody_else_corrects_too(
        self, book: Book, times: int, codes: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        book.leave("0001.txt", corrected())
        add, others = TextCorrections.add, iter(range(2, 2 + times))

        def late(said: TextCorrections, who: str, of: Page, given: Given, read: PageText) -> TextCorrections:
            for order in others:
                add(TextCorrections.read(book.folder), "karel", page(order), GIVEN, READ)
                break
            return add(said, who, of, given, read)

        with monkeypatch.context() as patched:
            patched.setattr(TextCorrections, "add", late)
            assert book.take_in() == codes
        assert (book.take_in(), len(book.said().pages), book.loose()) == ([], times + 1, [])

    @pytest.mark.parametrize("call", ["stat", "owner", "rename"])
    def test_one_that_goes_away_meanwhile_is_told(self, book: Book, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
        file = book.leave("0001.txt", corrected())
        before = getattr(Path, call)

        def gone(path: Path, *words: object, **more: object) -> object:
            if path == file:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            return before(path, *words, **more)

        with monkeypatch.context() as patched:
            patched.setattr(Path, call, gone)
            (found,) = take_in(book.volume, book.folder, book.pages)
        assert (found.code, found.facts) == ("V040", {"file": "0001.txt", "why": os.strerror(errno.ENOENT)})

    def test_drafts_of_editors_are_not_meant(self, book: Book) -> None:
        for name in (".0001.txt.swp", "0001.txt~", ".0001.txt", "~$0001.txt", "Thumbs.db"):
            book.leave(name, b"\xff")
        assert (book.take_in(), book.said().records) == ([], ())


class TestInThePackage:
    def test_pages_nobody_corrected_stay(self, book: Book) -> None:
        assert book.packaged() == CorrectedPages(tuple(book.records()), {}, ())
        assert not (book.folder / "package").exists()

    def test_the_page_has_the_text_and_says_who_gave_it(self, book: Book) -> None:
        book.said().add("Eva Malá", page(2), GIVEN, READ)
        made, before = book.packaged(), book.records()
        assert (made.records[0], made.records[2], made.findings) == (before[0], before[2], ())
        record, (written, plain) = made.records[1], made.sources[page(2).id]
        assert plain.read_text(encoding="utf-8") == GIVEN.content
        assert (written.name, plain.name) == (before[1].alto.path, before[1].txt.path)
        assert (record.alto.size, record.txt.size) == (written.stat().st_size, plain.stat().st_size)
        assert (record.words, record.confidence > before[1].confidence) == (6, False)
        event = record.events[-1]
        assert (event.detail, event.when, event.subject) == (
            "modification/text_correction", book.said().records[0].when, record.alto.path,
        )  # fmt: skip
        assert (event.agent.name, event.agent.kind) == ("Eva Malá", AgentKind.PERSON)
        word = next(from_alto(written.read_bytes()).words())
        assert (word.text, word.confidence, word.others) == ("Kniha", 1.0, ("Knlha",))
        assert word.box == next(READ.words()).box

    def test_the_same_twice_is_the_same(self, book: Book) -> None:
        book.said().add("eva", page(1), GIVEN, READ)
        assert book.packaged() == book.packaged()

    def test_it_stands_when_the_page_is_read_anew_and_that_is_told(self, book: Book) -> None:
        book.said().add("eva", page(1), GIVEN, READ)
        book.read(1, page_of("Kniha jje přítel", "Druhý odstavec a ještě jeden"))
        made = book.packaged()
        assert [(found.code, found.subject) for found in made.findings] == [("V047", "kniha/001.tif")]
        assert made.sources[page(1).id][1].read_text(encoding="utf-8") == GIVEN.content

    def test_a_page_that_went_on_for_its_correction_alone_is_not_packaged_without(self, book: Book) -> None:
        lost = Record("read", Status.GOOD, "f", "i", {}, (), (), (), {LOST: True}, WHEN, 1.0)
        (book.pages[1] / "read" / RECORD).write_bytes(to_pretty_json(lost))
        with pytest.raises(Problem, match=r"T004 kniha/002\.tif"):
            book.packaged()
        book.said().add("eva", page(2), GIVEN, READ)
        assert list(book.packaged().sources) == [page(2).id]

    def test_an_alto_keeps_its_layout_while_the_image_has_its_size(self, book: Book) -> None:
        first = READ.blocks[0]
        moved = replace(first, box=Box(7, 7, 77, 77))
        content = alto(replace(READ, blocks=(moved, *READ.blocks[1:]))).decode().replace("Knlha", "Kniha")
        given_alto = Given("0001.xml", Form.ALTO, content)
        made = corrected_text(given_alto, READ)
        assert (made.blocks[0].box, next(made.words()).others) == (moved.box, ("Knlha",))
        larger = corrected_text(given_alto, replace(READ, width=4000))
        assert (larger.width, larger.blocks[0].box, next(larger.words()).text) == (4000, first.box, "Kniha")

    def test_what_other_editors_write(self) -> None:
        strange = alto(READ).replace(b'language="ces"', b'language="cs-CZ"').replace(b'CONTENT="Knlha"', b'CONTENT=" "')
        made = corrected_text(judged("0001.xml", Form.ALTO, strange, READ, "kniha"), READ)
        assert next(made.words()).text == "je"
        assert (made.blocks[0].language, made.engine) == ("", READ.engine)
        assert from_alto(alto(made)) == made


Run = Callable[..., Result]


@pytest.fixture
def run(book: Book, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`kdr volume` with `text` alone; its book is found under any name."""
    app = typer.Typer()
    command.add_to(app)
    app.command("nothing")(lambda: None)
    known = KnownVolume("davka", book.folder, book.volume, None, proposing=False)
    monkeypatch.setattr(editing, "found_volume", lambda _: known)
    return lambda *words, given_in=None: CliRunner().invoke(app, ["text", "kniha", *words], input=given_in)


class TestTheCommand:
    def test_prints_the_text_and_where_it_comes_from(self, run: Run, book: Book) -> None:
        shown = run("2")
        assert (shown.exit_code, shown.stdout) == (0, READ.plain())
        assert "Fixed 1" in shown.stderr
        book.said().add("eva", page(2), GIVEN, READ)
        book.read(2, page_of("jinak"))
        shown = run("2")
        assert shown.stdout == GIVEN.content
        assert "eva" in shown.stderr
        assert "přečtena jinak" in shown.stderr

    def test_what_is_printed_can_be_edited_and_given_back(self, run: Run, book: Book, tmp_path: Path) -> None:
        file = tmp_path / "oprava.txt"
        file.write_text(run("2").stdout.replace("Knlha", "Kniha"), encoding="utf-8")
        done = run("2", "--apply", str(file), "--who", "Eva Malá")
        assert (done.exit_code, "opravených slov: 1" in done.stdout) == (0, True)
        assert (book.said().records[0].who, run("2").stdout) == ("Eva Malá", GIVEN.content)
        assert run("2", "--undo").exit_code == 0
        assert run("2").stdout == READ.plain()
        assert run("2", "--undo").exit_code == 66

    def test_added_words_are_counted_and_those_that_stay_are_not(self, run: Run, book: Book, tmp_path: Path) -> None:
        book.read(1, page_of("Jisté slovo", confidence=1.0))
        (tmp_path / "oprava.txt").write_text("Jisté slovo a dvě další\n", encoding="utf-8")
        assert "opravených slov: 3" in run("1", "--apply", str(tmp_path / "oprava.txt")).stdout

    def test_a_file_whose_name_is_no_utf_8(self, run: Run, book: Book, tmp_path: Path) -> None:
        file = tmp_path / os.fsdecode(b"opraven\xe1.txt")
        file.write_bytes(corrected())
        assert run("2", "--apply", str(file)).exit_code == 0
        (record,) = book.said().records
        assert record.given
        assert record.given.name == "opraven\ufffd.txt"

    def test_an_alto_and_standard_input(self, run: Run, book: Book, tmp_path: Path) -> None:
        file = tmp_path / "cokoli.XML"
        file.write_bytes(alto(READ).replace(b"Knlha", b"Kniha"))
        assert run("1", "--apply", str(file)).exit_code == 0
        assert run("3", "--apply", "-", given_in="Kniha\n").exit_code == 0
        forms = [record.given.form for record in book.said().pages.values() if record.given]
        assert forms == [Form.ALTO, Form.PLAIN]

    def test_what_cannot_be_used_changes_nothing(self, run: Run, book: Book, tmp_path: Path) -> None:
        file = tmp_path / "oprava.txt"
        file.write_bytes(b"\xff")
        refused = run("2", "--apply", str(file))
        assert isinstance(refused.exception, Problem)
        assert refused.exception.finding.code == "V041"
        assert book.said().records == ()

    @pytest.mark.parametrize(
        ("words", "code"),
        [(("9",), 66), (("1", "--undo", "--edit"), 64), (("1", "--edit"), 64), (("1", "--apply", "/neni"), 66)],
    )
    def test_wrong_use(self, run: Run, words: tuple[str, ...], code: int) -> None:
        assert run(*words).exit_code == code

    def test_a_page_that_was_not_read_yet(self, run: Run, book: Book) -> None:
        (book.pages[0] / "page" / "page.json").unlink()
        assert (run("1").exit_code, "kdr batch resume davka" in run("1").stderr) == (66, True)

    def test_in_the_editor(self, run: Run, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(editing, "at_terminal", lambda: True)

        def edited(draft: Path) -> str:
            draft.write_bytes(draft.read_bytes().replace(b"Knlha", b"Kniha"))
            return ""

        monkeypatch.setattr(editing, "open_editor", edited)
        assert run("2", "--edit").exit_code == 0
        assert run("2").stdout == GIVEN.content
        assert (run("2", "--edit").exit_code, len(book.said().records)) == (0, 1)

    def test_a_draft_that_cannot_be_used_is_kept(self, run: Run, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        drafts: list[Path] = []

        def edited(draft: Path) -> str:
            drafts.append(draft)
            draft.write_bytes(b"\xff")
            return ""

        monkeypatch.setattr(editing, "at_terminal", lambda: True)
        monkeypatch.setattr(editing, "open_editor", edited)
        refused = run("2", "--edit", given_in="n\n")
        assert refused.exit_code not in (0, None)
        assert drafts[0].read_bytes() == b"\xff"
        assert str(drafts[0]) in refused.stderr.replace("\n", "")
        assert book.said().records == ()
