"""A searchable PDF of a volume: PDF/A-2u, a picture for each page with its text, invisible, over it.

ISO 19005-2 level U: the file carries its font and says of every code what it means (`ocr.pdf_font`), its colours are
those of an output intent (6.2.3, sRGB), its metadata are XMP (`ocr.pdf_about`), its trailer has an ID (6.1.3). Nothing
else of what the standard restricts is used: no transparency, scripts, attachments, encryption or outside references.

Pages are written a few at a time into small files beside the target and put together at the end by qpdf, which reads
pictures only when it copies them: memory does not grow with the pictures of a book.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyvips
from pikepdf import AccessMode, Array, Dictionary, Job, Name, Object, ObjectStreamMode, Page, Pdf, Stream, String

from metadata.file import placing
from metadata.text import PageText
from ocr import page_picture, pdf_font, pdf_text
from ocr.page_picture import Pixels
from ocr.pdf_about import PdfAbout, describe
from ocr.pdf_font import Codes

Decode = Callable[[Path, int], Pixels]
"""Pixels of an image file, 8 bits, (height, width) grey or (height, width, 3) sRGB; the number is the long edge, in
pixels, that is enough. A larger picture is made smaller, never the other way round."""

QUALITY = 75
"""Quality of JPEG, 1 to 95: letters stay clean, and a page of a book takes some 300 kB at 2000 pixels."""

UNKNOWN_DPI = 300.0
_POINTS_PER_INCH = 72
_LONGEST = 14_400  # points a side of a page may have (ISO 19005-2, 6.1.13)
_SHORTEST = 3.0
_AT_ONCE = 16
_SPARE = 1 << 20


@dataclass(frozen=True, slots=True)
class PdfPage:
    """A page: its picture, what was read on it, the label printed on it (may be empty).

    `image` shows all of the master copy and nothing else, at any resolution. `text` is in pixels of the master copy,
    whose size it knows; `dpi` is the master copy's, 0 or less when unknown.
    """

    image: Path
    text: PageText
    label: str
    dpi: float


@dataclass(frozen=True, slots=True)
class PdfFacts:
    """What was written: pages, words, bytes of the file.

    `replaced` counts characters that no PDF may hold as text; U+FFFD stands for each.
    """

    pages: int
    words: int
    bytes: int
    replaced: int


def write_pdf(
    target: Path,
    pages: Iterable[PdfPage],
    about: PdfAbout,
    *,
    long_edge: int,
    decode: Decode = page_picture.decode,
    progress: Callable[[int], None] | None = None,
) -> PdfFacts:
    """Write `pages` in their order as the PDF/A-2u file `target`, whole or not at all; equal input gives equal bytes.

    Args:
        target: the file to write; one that is there is replaced.
        pages: taken one after the other, each once.
        about: what the file says of itself; page numbers of its outline count from 0.
        long_edge: pixels that the longer side of a page's picture has at most.
        decode: how the caller opens pictures.
        progress: told after each page how many are done.

    Raises:
        ValueError: no pages, a text without a size, a bookmark behind the last page, `created` that is no moment.
        OSError: a picture cannot be read, or the file not written.
    """
    if long_edge < 1:
        raise ValueError(f"a long edge of {long_edge} pixels")
    book = _Book(long_edge, decode, progress)
    with placing(target) as draft, tempfile.TemporaryDirectory(dir=target.parent, prefix=".pdf-") as folder:
        parts = list(book.parts(iter(pages), Path(folder)))
        if not parts:
            raise ValueError("a PDF without pages")
        # Not by Pdf.pages.extend, which holds every picture until the end. The ID of this file goes into the last one.
        # A disk that fills up under pikepdf ends the whole process: asked before, for the file put together and saved.
        _require_room(target.parent, 2 * sum(part.stat().st_size for part in parts))
        whole = Path(folder, "whole.pdf")
        Job(["qpdf", "--empty", "--deterministic-id", "--pages", *map(str, parts), "--", str(whole)]).run()
        # Not mapped into memory, where all pictures would count as ours.
        with Pdf.open(whole, access_mode=AccessMode.stream) as pdf:
            book.finish(pdf, about)
            pdf.save(draft, min_version="1.7", object_stream_mode=ObjectStreamMode.generate, deterministic_id=True)
        draft.chmod(0o644)
        size = draft.stat().st_size
    return PdfFacts(len(book.labels), book.words, size, book.codes.replaced)


def _require_room(folder: Path, wanted: int) -> None:
    """Raises OSError (ENOSPC) when there is no room for so many bytes and some."""
    if shutil.disk_usage(folder).free < wanted + _SPARE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


class _Book:
    """A PDF on its way: what its pages have said so far, which is little."""

    def __init__(self, long_edge: int, decode: Decode, progress: Callable[[int], None] | None) -> None:
        self.codes, self.labels, self.words = Codes(), list[str](), 0
        self._held = 0
        self._long_edge, self._decode, self._progress = long_edge, decode, progress

    def parts(self, pages: Iterator[PdfPage], folder: Path) -> Iterator[Path]:
        """Write the pages a few at a time as files in `folder`, without the font, which is not yet complete."""
        while some := tuple(islice(pages, _AT_ONCE)):
            part = folder / f"{len(self.labels)}.pdf"
            with Pdf.new() as pdf:
                for page in some:
                    self._add(pdf, page)
                _require_room(folder, self._held)
                pdf.save(part)
            self._held = 0
            yield part

    def finish(self, pdf: Pdf, about: PdfAbout) -> None:
        """Give the pages their font, and the file what PDF/A wants of it."""
        fonts = pdf.make_indirect(Dictionary({f"/{pdf_text.FONT}": _font(pdf, self.codes)}))
        for page in pdf.pages:
            page.obj["/Resources"]["/Font"] = fonts
        profile = Stream(pdf, bytes(pyvips.Image.profile_load("srgb")))
        profile["/N"] = 3
        intent = Dictionary(
            Type=Name.OutputIntent,
            S=Name.GTS_PDFA1,
            OutputConditionIdentifier=String("sRGB"),
            Info=String("sRGB IEC61966-2.1"),
            DestOutputProfile=pdf.make_indirect(profile),
        )
        pdf.Root["/OutputIntents"] = Array([pdf.make_indirect(intent)])
        describe(pdf, about, self.labels)

    def _add(self, pdf: Pdf, page: PdfPage) -> None:
        width, height = page.text.width, page.text.height
        if min(width, height) < 1:
            raise ValueError(f"{page.image.name}: a text on {width} x {height} pixels")
        unit = _points(width, height, page.dpi)
        picture = _picture(pdf, page_picture.fitted(self._decode(page.image, self._long_edge), self._long_edge))
        # A pixel of the master copy is the unit of all that follows, as it is of the text.
        shown = b"q %d 0 0 %d 0 0 cm /P Do Q\n" % (width, height)
        content = b"%.6f 0 0 %.6f 0 0 cm\n" % unit + shown + pdf_text.text_stream(page.text, self.codes)
        pdf.pages.append(
            Page(
                Dictionary(
                    Type=Name.Page,
                    MediaBox=Array([0, 0, round(width * unit[0], 3), round(height * unit[1], 3)]),
                    Resources=Dictionary(XObject=Dictionary(P=picture)),
                    Contents=pdf.make_stream(content),
                )
            )
        )
        self._held += len(picture.read_raw_bytes()) + len(content)
        self.labels.append(page.label)
        self.words += sum(1 for _ in page.text.words())
        if self._progress is not None:
            self._progress(len(self.labels))


def _points(width: int, height: int, dpi: float) -> tuple[float, float]:
    """Points a pixel is wide and high, within what a page of a PDF/A may measure (ISO 19005-2, 6.1.13)."""
    natural = _POINTS_PER_INCH / (dpi if dpi > 0 else UNKNOWN_DPI)
    fit = min(natural, _LONGEST / max(width, height))
    return max(fit, _SHORTEST / width), max(fit, _SHORTEST / height)


def _picture(pdf: Pdf, pixels: Pixels) -> Stream:
    picture = Stream(pdf, page_picture.jpeg(pixels, QUALITY))
    picture["/Type"], picture["/Subtype"] = Name.XObject, Name.Image
    picture["/Width"], picture["/Height"] = pixels.shape[1], pixels.shape[0]
    picture["/ColorSpace"] = Name.DeviceGray if pixels.ndim == 2 else Name.DeviceRGB
    picture["/BitsPerComponent"], picture["/Filter"] = 8, Name.DCTDecode
    return picture


def _font(pdf: Pdf, codes: Codes) -> Object:
    """The invisible font as a Type 0 font over a CIDFontType2 (ISO 32000-1, 9.7), with what its codes mean."""
    program = Stream(pdf, pdf_font.font_program())
    program["/Length1"] = len(pdf_font.font_program())
    name = Name(f"/{pdf_font.NAME}")
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=name,
        Flags=4,  # symbolic: its codes are its own
        FontBBox=Array([0, pdf_font.DESCENT, pdf_font.WIDTH, pdf_font.ASCENT]),
        ItalicAngle=0,
        Ascent=pdf_font.ASCENT,
        Descent=pdf_font.DESCENT,
        CapHeight=pdf_font.ASCENT,
        StemV=80,
        FontFile2=pdf.make_indirect(program),
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=pdf_font.WIDTH,
        CIDToGIDMap=pdf.make_stream(codes.glyphs()),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=name,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=pdf.make_stream(codes.to_unicode()),
        )
    )
