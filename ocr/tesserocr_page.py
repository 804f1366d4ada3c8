"""One page read by the library tesserocr, in a process of its own: a crash or an endless loop ends it and nobody else.

Run by ocr.tesserocr_engine as ``python -P tesserocr_page.py IMAGE HOCR TESSDATA MODELS LAYOUT DPI``: reads the file
IMAGE (what leptonica reads) with MODELS ("ces+deu") from the folder TESSDATA and writes the file HOCR. LAYOUT is the
page segmentation mode, DPI a whole number, 0 when unknown. With ``--version`` it says whose Tesseract it is. It ends
with 1 and the reason on its output when it fails. It knows nothing of the house, so it starts quickly.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import tesserocr


def main(arguments: Sequence[str]) -> str:
    """Do what the command line says; the reason when it failed, else empty."""
    if arguments == ["--version"]:
        sys.stdout.write(tesserocr.tesseract_version())
        return ""
    image, hocr, folder, models, layout, dpi = arguments
    try:
        Path(hocr).write_text(_read(image, folder, models, int(layout), int(dpi)), encoding="utf-8")
    except (OSError, RuntimeError) as error:  # what tesserocr raises for images and models it cannot read
        return f"{type(error).__name__}: {error}"
    return ""


def _read(image: str, folder: str, models: str, layout: int, dpi: int) -> str:
    with tesserocr.PyTessBaseAPI(path=folder, lang=models, psm=layout) as reader:
        if dpi:
            reader.SetVariable("user_defined_dpi", str(dpi))
        reader.SetImageFile(image)
        # Asked for as hOCR, Tesseract reads by itself whatever has not been read yet.
        hocr: str = reader.GetHOCRText(0)
        return hocr


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or 0)
