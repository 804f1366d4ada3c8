"""The bare script: the kernels of the page path and nothing else, two pages at a time.

What somebody in a hurry would write: no deskew, no records, no package, no store. `bench/page_path.py` measures it as
the mark to hold. Usage: ``python bench/bare_script.py job.json`` with
``{"processes": 2, "pages": [{"scan", "model", "dpi", "folder"}], "master": [...], "user": [...]}``; the last two are
encoder commands in which IN and OUT stand for the files.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def page(job: dict[str, Any], one: dict[str, Any]) -> list[str]:
    """Read, encode and hash one page; the SHA-512 of its scan, master and user copy.

    Raises:
        ValueError: the master does not decode to the pixels it was made of.
        CalledProcessError: a program failed.
    """
    folder = Path(one["folder"])
    folder.mkdir(parents=True)
    colour, grey, master, user = (folder / name for name in ("page.ppm", "grey.pgm", "master.jp2", "user.jp2"))
    with Image.open(one["scan"]) as scan:
        pixels = scan.convert("L" if scan.mode in ("1", "L") else "RGB")
    pixels.save(colour)
    pixels.convert("L").save(grey)
    text = [grey, folder / "text", "-l", one["model"], "--dpi", one["dpi"], "alto", "txt"]
    _run(["tesseract", *text])
    _run([_file(word, colour, master) for word in job["master"]])
    _run([_file(word, colour, user) for word in job["user"]])
    with Image.open(master) as decoded:
        if not np.array_equal(np.asarray(decoded), np.asarray(pixels)):
            raise ValueError(f"{one['scan']}: the master differs from its pixels")
    return [hashlib.sha512(path.read_bytes()).hexdigest() for path in (Path(one["scan"]), master, user)]


def _file(word: str, source: Path, target: Path) -> object:
    return {"IN": source, "OUT": target}.get(word, word)


def _run(command: list[Any]) -> None:
    environment = os.environ | {"OMP_THREAD_LIMIT": "1"}
    subprocess.run([str(word) for word in command], check=True, capture_output=True, env=environment)


def main() -> None:
    """Work through the pages of the job file named on the command line; print their digests."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with Pool(job["processes"]) as pool:
        for digests in pool.imap_unordered(partial(page, job), job["pages"]):
            print(*digests)


if __name__ == "__main__":
    main()
