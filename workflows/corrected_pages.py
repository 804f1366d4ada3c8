"""Corrected texts on their way into a package: files that people left are taken in, and pages get what was said.

Whoever corrects a page's text puts it into the folder `corrections` of its volume in the batch, named by the page's
number of today as kdr names such files: `0003.txt`, `0003.xml`, `txt_<volume>_0003.txt`, `alto_<volume>_0003.xml`.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from metadata.alto import from_alto, to_alto
from metadata.elements import clean
from metadata.event import Agent, AgentKind, Event
from metadata.file import FileRef, describe, flush, given_bytes
from metadata.finding import Finding, finding
from metadata.model import Page, PageId, PageRecord, Volume, VolumeId
from metadata.problem import Problem
from metadata.text import Block, Line, PageText
from metadata.wording import printable
from ocr.confidence import confidence
from ocr.corrected import compared, with_lines
from workflows.closing import read_page
from workflows.corrections import FOLDER
from workflows.page_standing import subject_of
from workflows.step import RECORD, read_record
from workflows.text_corrections import Form, Given, TextCorrection, TextCorrections, corrections_digest, text_digest

TEXT = "text"
"""The folder, in the package step's, of the corrected pages' files."""
TAKEN = "taken"
"""The folder, within `corrections`, of files that were taken in: nothing that a person wrote is ever deleted."""
LOST = "lost"
"""The fact of the read step of a page that would have been stopped (T004), had nobody given it a text."""
_SETTLED = 2.0
"""Seconds since its last change after which a file is whole."""
_CODE = re.compile(r"[a-z]{3}")
_ENDINGS = tuple(f".{form.value}" for form in Form)


@dataclass(frozen=True, slots=True)
class CorrectedPages:
    """A volume's finished pages as people corrected their texts.

    `sources` are the ALTO and plain text of the corrected pages, where they were written (in this order).
    """

    records: tuple[PageRecord, ...]
    sources: Mapping[PageId, tuple[Path, Path]]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Dropped:
    """A file that somebody left, and the order of the page that it is of."""

    path: Path
    order: int

    @property
    def form(self) -> Form:
        return Form(self.path.suffix.lower().removeprefix("."))


def pending_digest(folder: Path) -> str:
    """SHA-512 of all that people corrected of the volume in `folder`, files included that were not taken in yet.

    What a finished volume's package was made with is compared with this: as long as a file waits, they differ.

    Raises:
        Problem: V014, a correction is damaged; V040, a file that waits cannot be read.
    """
    waiting = [f"{path.name} {hashlib.sha512(_bytes(path, folder.name)).hexdigest()}" for path in _loose(folder)]
    known = corrections_digest(folder)
    return (
        hashlib.sha512("\n".join((known, *waiting)).encode("utf-8", "surrogatepass")).hexdigest() if waiting else known
    )


def take_in(volume: Volume, folder: Path, pages: Sequence[Path]) -> tuple[Finding, ...]:
    """File every corrected text that somebody left in the volume's `folder`; what is wrong stays where it is.

    A file is moved away only after its content is safe, and one that was filed already (a kill came between) is not
    filed again. One that changed within the last two seconds, or while it is read, may still be written to: it stays
    where it is, and nothing holds the volume back; but as long as it lies there `pending_digest` differs from what the
    package was made with, so that the volume counts as to be done again and the next resume takes the file in.

    Args:
        volume: as planned: its pages are known by their orders of today.
        folder: the volume's folder in the batch.
        pages: the folders of its finished pages, in order.

    Returns:
        What lets the volume wait: V040 to V046, or V014 where an earlier correction is damaged. V040 is also told
        where the file or the page's own text cannot be read, or others write corrections at the same instant.
    """
    found: list[Finding] = []
    places = {page.order: (page, place) for page, place in zip(volume.pages, pages, strict=True)}
    for each in _sorted_out(volume, folder, found):
        page, place = places[each.order]
        try:
            _take_one(volume, folder, each, page, place)
        except Problem as problem:
            found.append(problem.finding)
        except OSError as error:
            found.append(finding("V040", volume.folder, file=each.path.name, why=error.strerror or str(error)))
    return tuple(found)


def judged(name: str, form: Form, content: bytes, read: PageText, subject: str) -> Given:
    """The file of that `name` and `content` as a correction of the page that was `read`; `subject` is its volume.

    Raises:
        Problem: V040 it is no ALTO 2.0 that we can use, V041 it is empty or not UTF-8, V043 of an image of another
            size, V044 with words outside of it.
    """
    try:
        given = Given(name, form, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Problem("V041", subject, file=name) from error
    text = given.content.removeprefix("\ufeff")
    # A control character says that this is something else than text; a form feed ends pages.
    if not text or clean(text.replace("\f", "\n")) != text.replace("\f", "\n"):
        raise Problem("V041", subject, file=name)
    if form is Form.ALTO:
        _require_layout(given, read, subject)
    return given


def corrected_text(given: Given, read: PageText) -> PageText:
    """The page as it was corrected.

    An ALTO keeps its own layout as long as the page's image has the size it was made for; else its words are put into
    the layout that was read.

    Raises:
        ValueError: an ALTO that cannot be used.
    """
    plain = given.content.removeprefix("\ufeff")
    if given.form is Form.PLAIN:
        return with_lines(read, plain)
    edited = _tidy(from_alto(given.content.encode()), read)
    if (edited.width, edited.height) != (read.width, read.height):
        return with_lines(read, edited.plain())
    return compared(read, edited)


def is_corrected(folder: Path, volume: VolumeId, page: Page) -> bool:
    """Whether somebody gave the page of the volume in `folder` a text: filed already, or left and not taken in yet.

    Raises:
        Problem: V014, a correction is damaged.
    """
    # First the files left: one that is taken in meanwhile is found among the filed ones.
    left = any(_order(volume, path.name) == page.order for path in _loose(folder))
    return left or page.id in TextCorrections.read(folder).pages


def corrected_pages(
    volume: Volume, folder: Path, records: Sequence[PageRecord], pages: Sequence[Path], place: Path
) -> CorrectedPages:
    """The finished pages with the texts that people gave them; their files are written below `place`.

    Args:
        volume: of which they are; its folder is what people call it.
        folder: the volume's folder in the batch.
        records: its finished pages in order.
        pages: their folders.
        place: the folder of the package step.

    Raises:
        Problem: V014, a correction is damaged; T004, a page went on without text because somebody had given it one
            (workflows.reading), and that is gone.
        OSError: the disk refuses.
    """
    said = TextCorrections.read(folder).pages
    made: list[PageRecord] = []
    found: list[Finding] = []
    sources: dict[PageId, tuple[Path, Path]] = {}
    for record, own in zip(records, pages, strict=True):
        correction, subject = said.get(record.page.id), subject_of(volume.folder, record.page)
        if correction is None or correction.given is None:
            if (step := read_record(own / "read")) and step.facts.get(LOST):
                raise Problem("T004", subject)
            made.append(record)
            continue
        read = from_alto((own / "read" / record.alto.path).read_bytes())
        if correction.read != text_digest(read):
            found.append(finding("V047", subject, who=correction.who, when=correction.when[:10]))
        (place / TEXT).mkdir(parents=True, exist_ok=True)
        text = corrected_text(correction.given, read)
        made.append(_written(record, text, correction, place / TEXT))
        sources[record.page.id] = (place / TEXT / record.alto.path, place / TEXT / record.txt.path)
    return CorrectedPages(tuple(made), sources, tuple(found))


def text_of(place: Path) -> PageText:
    """The text of the page in the folder `place`, as it was read, even where it was stopped for what was read (T004).

    Raises:
        OSError, ValueError: there is none.
    """
    try:
        alto = read_page(place).alto
    except FileNotFoundError:
        record = read_record(place / "read")
        if record is None or not record.has("alto"):
            raise
        alto = record.output("alto")
    return from_alto((place / "read" / alto.path).read_bytes())


def waiting_texts(volume: Volume, corrections: TextCorrections) -> tuple[Finding, ...]:
    """A finding (V015) that names the scans whose corrected texts wait, for the volume has no such page any more."""
    scans = ", ".join(record.scan for record in corrections.gone(volume))
    return (finding("V015", volume.folder, scans=scans[:300]),) if scans else ()


def _loose(folder: Path) -> list[Path]:
    """The files in `corrections` that look like texts; drafts of editors and hidden files are not meant."""
    found = (folder / FOLDER).glob("*")
    return sorted(path for path in found if path.suffix.lower() in _ENDINGS and not path.name.startswith((".", "~")))


def _sorted_out(volume: Volume, folder: Path, found: list[Finding]) -> Iterator[_Dropped]:
    """The files that are of one page each; what is wrong with the others goes to `found`."""
    of_pages: dict[int, list[_Dropped]] = {}
    for path in _loose(folder):
        order = _order(volume.id, path.name)
        if order is None:
            found.append(finding("V046", volume.folder, file=printable(path.name)))
        elif not 1 <= order <= len(volume.pages):
            found.append(finding("V042", volume.folder, file=path.name, pages=len(volume.pages)))
        else:
            of_pages.setdefault(order, []).append(_Dropped(path, order))
    for order, files in sorted(of_pages.items()):
        if len(files) > 1:
            names = ", ".join(each.path.name for each in files)
            found.append(finding("V045", volume.folder, order=order, files=names))
        else:
            yield files[0]


def _order(volume: VolumeId, name: str) -> int | None:
    """The order of the page that the file is of."""
    whole = rf"(?:(?:alto_{volume}_)?([0-9]{{4}})\.xml|(?:txt_{volume}_)?([0-9]{{4}})\.txt)"
    match = re.fullmatch(whole, name, re.IGNORECASE)
    return int(match[1] or match[2]) if match else None


def _bytes(path: Path, subject: str) -> bytes:
    try:
        return given_bytes(path)
    except OSError as error:
        raise Problem("V040", subject, file=printable(path.name), why=error.strerror or str(error)) from error


def _take_one(volume: Volume, folder: Path, dropped: _Dropped, page: Page, place: Path) -> None:
    """File what somebody left for the page in the folder `place`; do nothing while it may still be written to.

    Raises:
        Problem: as `judged`; V040, the page's own text is damaged, or it is V014.
        OSError: the file went away, or others wrote corrections twice in the meantime (FileExistsError).
    """
    path, before = dropped.path, dropped.path.stat()
    content = given_bytes(path)
    if _is_written_to(before, path.stat()):
        return
    read = _own_text(place, path.name, volume.folder)
    given = judged(path.name, dropped.form, content, read, volume.folder)
    try:
        _file(folder, page, given, read, path)
    except FileExistsError:
        _file(folder, page, given, read, path)


def _is_written_to(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether a file looks as if somebody still wrote to it; a server's clock may be somewhat ahead of ours."""
    changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
    return changed or abs(time.time() - after.st_mtime) < _SETTLED


def _own_text(place: Path, name: str, subject: str) -> PageText:
    try:
        return text_of(place)
    except (OSError, ValueError) as error:
        # Without its record the page is looked at again, and read anew: else this would be told for ever.
        (place / "page" / RECORD).unlink(missing_ok=True)
        raise Problem("V040", subject, file=name, why=f"{place.name}: {error}"[:300]) from error


def _file(folder: Path, page: Page, given: Given, read: PageText, path: Path) -> None:
    corrections = TextCorrections.read(folder)
    last = corrections.pages.get(page.id)
    if last is None or last.given != given:
        corrections = corrections.add(_owner(path), page, given, read)
        last = corrections.records[-1]
    taken = folder / FOLDER / TAKEN
    taken.mkdir(exist_ok=True)
    # Moved, not removed: whoever still writes to the file writes to it there.
    path.rename(_free(taken, f"{last.number:04d}_{path.name}"))
    flush(taken)


def _free(folder: Path, name: str) -> Path:
    """A name in the folder that nothing has."""
    stem, dot, ending = name.rpartition(".")
    names = (name, *(f"{stem}_{number}{dot}{ending}" for number in range(2, 10_000)))
    return next(folder / each for each in names if not (folder / each).exists())


def _owner(path: Path) -> str:
    """Who left the file: its owner, for a file says nothing else of its writer."""
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def _require_layout(given: Given, read: PageText, subject: str) -> None:
    """Judge an ALTO that somebody gave for the page that was `read`.

    Raises:
        Problem: V040, V043, V044.
    """
    try:
        raw = from_alto(given.content.encode())
        to_alto(_tidy(raw, read), image_name="", when="")
    except ValueError as error:
        raise Problem("V040", subject, file=given.name, why=str(error)[:300]) from error
    if (raw.width, raw.height) != (read.width, read.height):
        size, wanted = f"{raw.width} × {raw.height}", f"{read.width} × {read.height}"
        raise Problem("V043", subject, file=given.name, size=size, wanted=wanted)
    outside = [word.text for word in raw.words() if word.box != word.box.inside(raw.width, raw.height)]
    if outside:
        raise Problem("V044", subject, file=given.name, count=len(outside), word=outside[0])


def _tidy(text: PageText, read: PageText) -> PageText:
    """What another editor wrote, as ours would have: one word each, codes of three letters, boxes on the page.

    Who read the page stays who did: an editor reads nothing.
    """
    blocks = tuple(_tidy_block(block, text) for block in text.blocks)
    return replace(text, blocks=blocks, engine=read.engine, settings=read.settings, languages=read.languages)


def _tidy_block(block: Block, text: PageText) -> Block:
    lines = tuple(tidy for line in block.lines if (tidy := _tidy_line(line, text)).words)
    return replace(block, lines=lines, box=block.box.inside(text.width, text.height), language=_known(block.language))


def _tidy_line(line: Line, text: PageText) -> Line:
    words = tuple(
        replace(word, text=" ".join(word.text.split()), language=_known(word.language))
        for word in line.words
        if word.text.strip()
    )
    hyphen = line.hyphen and replace(line.hyphen, box=line.hyphen.box.inside(text.width, text.height))
    return replace(line, box=line.box.inside(text.width, text.height), words=words, hyphen=hyphen)


def _known(code: str) -> str:
    return code if _CODE.fullmatch(code) and code != "und" else ""


def _written(record: PageRecord, text: PageText, correction: TextCorrection, place: Path) -> PageRecord:
    """The page's record with the corrected text, whose files are in `place` now."""
    score = confidence(text)
    content = to_alto(text, image_name=record.master.path, when=correction.when, order=record.page.order)
    return replace(
        record,
        alto=_put(place / record.alto.path, content, record.alto),
        txt=_put(place / record.txt.path, text.plain().encode(), record.txt),
        words=score.words,
        confidence=score.mean if score.words else -1.0,
        events=(*record.events, _event(record, correction)),
    )


def _put(path: Path, content: bytes, before: FileRef) -> FileRef:
    path.write_bytes(content)
    return describe(path, path.parent, before.media_type)


def _event(record: PageRecord, correction: TextCorrection) -> Event:
    """What a person did to the text; NDK lists no such event, so it stands in our PREMIS 3 record only."""
    person = Agent(correction.who, kind=AgentKind.PERSON, note="manual correction of text")
    name = correction.given.name if correction.given else ""
    return Event(
        "modification", correction.when, "modification/text_correction", person, subject=record.alto.path, note=name
    )
