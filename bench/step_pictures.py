"""Make the pictures of docs/steps.md and docs/kroky.md, and put their figures into the two documents.

Run as ``.venv/bin/python -m bench.step_pictures [--out docs] [--samples samples] [--only STEP ...]``. Half a
minute; the same bytes whenever it is run on one machine. A step whose programs are missing is left as it was.

A figure stands in the documents between two comments, which Markdown does not show:
``<!--deskew.angle-->3.5<!--/-->``. What stands between them is put there by this command; all else is written by hand.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
from PIL import Image

from bench.pictures_of_steps import Figures, Shown, book, cropping, deskewing, dewarping, quality, splitting
from bench.pictures_of_text import PDF_TOOLS, ordering, places, reading, searchable
from ingest.image import Pixels
from metadata.tool import Tool
from metadata.wording import Tongue
from ocr.tesseract import TESSERACT

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = {"kroky.md": Tongue.CS, "steps.md": Tongue.EN}
MOST_BYTES = 60_000
"""Size that no picture exceeds: the documents are read over a telephone, too."""
_FIGURE = re.compile(r"<!--([a-z0-9.-]+)-->([^<]*)<!--/-->")
_QUALITIES = range(84, 20, -4)


@dataclass(frozen=True, slots=True)
class Step:
    """How a step's picture is made of the folder of samples, and the programs that it takes."""

    show: Callable[[Path], Shown]
    tools: tuple[Tool, ...] = field(default=())


STEPS = {
    "quality": Step(quality, (TESSERACT,)),
    "split": Step(splitting),
    "deskew": Step(deskewing),
    "crop": Step(cropping),
    "dewarp": Step(dewarping),
    "reading": Step(reading, (TESSERACT,)),
    "order": Step(ordering, (TESSERACT,)),
    "places": Step(places, (TESSERACT,)),
    "book": Step(book),
    "pdf": Step(searchable, (TESSERACT, *PDF_TOOLS)),
}
"""Every step by the name of its picture, in the order of a page's way."""


def filled(document: str, figures: Figures, tongue: Tongue) -> str:
    """The document with every figure that is known put in; others stay as they are."""
    return _FIGURE.sub(
        lambda found: (
            f"<!--{found[1]}-->{told(figures[found[1]], tongue) if found[1] in figures else found[2]}<!--/-->"
        ),
        document,
    )


def told(figure: float | str, tongue: Tongue) -> str:
    """A figure as people of that language write it: a comma or a point, a true minus, no zeros at the end."""
    if isinstance(figure, str):
        return figure
    number = f"{figure:.3f}".rstrip("0").rstrip(".")
    number = "0" if number == "-0" else number.replace("-", "−")
    return number.replace(".", ",") if tongue is Tongue.CS else number


def asked(document: str) -> tuple[str, ...]:
    """The names of the figures that a document has a place for, in its order."""
    return tuple(found[1] for found in _FIGURE.finditer(document))


def stored(picture: Pixels) -> bytes:
    """The picture as JPEG of the best quality that keeps it within MOST_BYTES.

    Raises:
        ValueError: even the worst takes more.
    """
    for fineness in _QUALITIES:
        stream = io.BytesIO()
        Image.fromarray(picture).save(stream, "JPEG", quality=fineness, optimize=True)
        if stream.tell() <= MOST_BYTES:
            return stream.getvalue()
    raise ValueError(f"a picture of {picture.shape[1]} x {picture.shape[0]} pixels does not go into {MOST_BYTES} bytes")


def lacking(step: Step) -> tuple[str, ...]:
    """The programs that a step takes and that are missing here."""
    return tuple(tool.program for tool in step.tools if not tool.present())


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the pictures, fill the documents, tell what was left out; 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--samples", type=Path, default=ROOT / "samples")
    parser.add_argument("--only", nargs="*", choices=tuple(STEPS), default=tuple(STEPS))
    chosen = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    folder: Path = chosen.out / "picture" / "steps"
    folder.mkdir(parents=True, exist_ok=True)
    figures: Figures = {}
    for name in chosen.only:
        missing = lacking(STEPS[name])
        if missing:
            print(f"{name}: left as it was, for want of {', '.join(missing)}")
            continue
        shown = STEPS[name].show(chosen.samples)
        content = stored(shown.picture)
        (folder / f"{name}.jpg").write_bytes(content)
        figures |= shown.figures
        print(f"{name}: {len(content) / 1000:.0f} kB")
    for document, tongue in DOCUMENTS.items():
        target = chosen.out / document
        text = (target if target.exists() else ROOT / "docs" / document).read_text(encoding="utf-8")
        target.write_text(filled(text, figures, tongue), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
