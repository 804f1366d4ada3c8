"""A catalogue of as many pages as wanted, written straight into a file by the real schema: Czech words, made-up books.

    .venv/bin/python -m bench.czech_pages FILE [--pages 1000000] [--seed 0]

Word forms are those of simplemma's Czech dictionary; how often each comes follows Zipf (the commonest are the ones of
real Czech), and so do a few set phrases. The same number and seed give the same rows. A million pages take some six
minutes of one core and 4 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from repository.catalogue.database import Row, opened, transaction
from repository.catalogue.lemmas import folded, printed

_FORMS = 120_000
_FLATTENED = 2.7  # Mandelbrot's addition: the commonest words are less common than Zipf's law says
_FEWEST, _MOST = 300, 400
_COMMON = (  # noqa: SIM905 - a list of sixty strings is no better to read
    "a v se na je že s z do o i to ve k pro za by ale jeho od po jsou jako byl které který nebo byla bylo až jen své "
    "si tak při jest jsem není pan již jejich také co ze město let praha pod byly když před roku toho jak mezi než"
).split()
_PHRASES = (
    "v českém brodě", "na zvonici", "obecní zastupitelstvo v liberci", "dne prvního května", "krajský soud",
    "dobrovolný spolek hasičů", "valná hromada spolku", "v pondělí ráno", "severní čechy",
    "zemský výbor království českého",
    "panna maria", "hospodářská výstava", "jablonec nad nisou", "za velkého zájmu občanů", "v jičíně a okolí",
)  # fmt: skip
_HOUSES = {
    "LIA001": "Krajská vědecká knihovna v Liberci", "LIG501": "Severočeské muzeum v Liberci",
    "CLG001": "Knihovna Česká Lípa",
    "JNG001": "Městská knihovna Jablonec nad Nisou", "SMG001": "Městská knihovna Semily",
    "TUG501": "Muzeum Českého ráje v Turnově",
    "CLG501": "Vlastivědné muzeum v České Lípě", "JNG501": "Muzeum skla a bižuterie",
}  # fmt: skip
_TONGUES = (["cze"], ["cze"], ["cze"], ["cze"], ["ger"], ["cze", "ger"], ["lat"])
_QUALITIES, _SHARES = ("good", "fair", "weak", "none", "blank", "unreadable"), (70, 15, 8, 2, 4.5, 0.5)
_RIGHTS = (
    ("public domain", "public"),
    ("public domain", "public"),
    ("copyrighted", "premises"),
    ("copyrighted", "staff"),
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words and phrases, the commonest first, and up to which chance each is taken (the last is 1)."""

    words: npt.NDArray[np.object_]
    until: npt.NDArray[np.float64]

    def pages(self, counts: Sequence[int], chance: np.random.Generator) -> Iterator[str]:
        """So many words of text each."""
        drawn = np.searchsorted(self.until, chance.random(sum(counts)))
        begin = 0
        for count in counts:
            yield " ".join(self.words[drawn[begin : begin + count]])
            begin += count

    def shares(self) -> npt.NDArray[np.float64]:
        """How often each comes, of all words."""
        return np.diff(self.until, prepend=0.0)


def vocabulary(seed: int = 0) -> Vocabulary:
    """All forms of so many Czech words, in an order of their own."""
    forms = sorted(form for forms in _forms_of_lemmas(seed).values() for form in forms)
    random.Random(seed).shuffle(forms)  # noqa: S311 - the same every time
    kept = [form for form in forms if form not in _COMMON]
    step = 60
    for number, phrase in enumerate(_PHRASES):
        kept.insert(number * step + step, phrase)
    words = np.array([*_COMMON, *kept], dtype=object)
    weights = 1 / (np.arange(len(words)) + _FLATTENED)
    until = np.cumsum(weights) / weights.sum()
    until[-1] = 1.0
    return Vocabulary(words, until)


def make(file: Path, pages: int, seed: int = 0) -> None:
    """Write a catalogue of so many pages into the new `file`.

    Raises:
        FileExistsError: it is there.
        sqlite3.Error: it cannot be written.
    """
    if file.exists():
        raise FileExistsError(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    known = vocabulary(seed)
    with closing(opened(file)) as connection:
        connection.execute("pragma synchronous = off")
        connection.execute("pragma cache_size = -400000")
        _Press(connection, known, seed).run(pages)
        connection.execute("pragma optimize")


class _Press:
    """Writes volume after volume until there are pages enough."""

    def __init__(self, connection: sqlite3.Connection, known: Vocabulary, seed: int) -> None:
        self._connection, self._known = connection, known
        self._chance = random.Random(seed)  # noqa: S311 - the same every time
        self._drawn = np.random.default_rng(seed)
        self._names = [word for word in known.words[200:9000] if " " not in word]
        self._papers = [self._title(2) for _ in range(120)]

    def run(self, wanted: int) -> None:
        """Fill the file, telling now and then how far it is."""
        begun, done, told = time.monotonic(), 0, 0
        with transaction(self._connection):
            self._settled(wanted)
        while done < wanted:
            with transaction(self._connection):
                for _ in range(40):
                    done += self._volume(wanted - done) if done < wanted else 0
            if done - told >= 20_000:
                told = done
                print(f"{done} pages, {time.monotonic() - begun:.0f} s", flush=True)

    def _settled(self, wanted: int) -> None:
        self._connection.executemany("insert into institution values (?, ?)", _HOUSES.items())
        for number, title in enumerate(self._papers):
            self._connection.execute(
                "insert into title (id, kind, title) values (?, 'periodical', ?)", (f"title-{number}", title)
            )
        shares = dict(zip(self._known.words, self._known.shares(), strict=True))
        middle = (_FEWEST + _MOST) / 2
        rows = (
            ("cs", folded(lemma), printed(form), max(1, round(wanted * (1 - (1 - shares[form]) ** middle))))
            for lemma, forms in _forms_of_lemmas(0).items()
            for form in forms
            if form in shares and folded(form) != folded(lemma)
        )
        self._connection.executemany("insert or ignore into word_form values (?, ?, ?, ?)", rows)

    def _volume(self, most: int) -> int:
        """Write one volume; how many pages it has."""
        paper = self._chance.random() < 0.9
        pages = min(most, self._chance.randint(8, 40) if paper else self._chance.randint(150, 450))
        row = self._about(paper=paper) | {
            "pages": pages,
            "blank_pages": 0,
            "words": pages * 350,
            "bytes": pages * 16_000_000,
        }
        self._put("volume", [row])
        qualities = self._chance.choices(_QUALITIES, _SHARES, k=pages)
        self._pages(row, qualities)
        return pages

    def _about(self, *, paper: bool) -> Row:
        chance = self._chance
        number, year = chance.randrange(len(self._papers)), min(2026, round(chance.triangular(1780, 2000, 1910)))
        sigla = chance.choice(list(_HOUSES))
        copyright_, access = chance.choice(_RIGHTS)
        title = self._papers[number] if paper else self._title(4)
        date = f"{year}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        author = None if paper else f"{self._title(1)}, {self._title(1)}"
        return {
            "uuid": self._uuid(), "called": f"{title}, {date}" if paper else title, "title": title, "authors": author,
            "title_above": title if paper else None, "title_id": f"title-{number}" if paper else self._uuid()[:16],
            "year": str(year), "date": date if paper else str(year), "languages": json.dumps(chance.choice(_TONGUES)),
            "type": chance.choice(("issue", "issue", "issue", "supplement") if paper else ("monograph", "sheetmusic")),
            "institution": sigla, "owner": _HOUSES[sigla], "copyright": copyright_, "access": access,
            "contents": self._title(12),
            "confidence": 0.9, "worst_confidence": 0.4, "quality": "good", "pages_to_check": 0, "warnings": 0,
            "version": "v0001", "versions": 1, "copies": 3,
            "stored": f"2026-{chance.randint(1, 12):02d}-01",
        }  # fmt: skip

    def _pages(self, volume: Row, qualities: Sequence[str]) -> None:
        counts = [self._chance.randint(_FEWEST, _MOST) if self._said(band) else 0 for band in qualities]
        texts = self._known.pages(counts, self._drawn)
        rows: list[Row] = []
        said: list[Row] = []
        first = self._connection.execute("select coalesce(max(rowid), 0) + 1 from page").fetchone()[0]
        for position, (band, count, text) in enumerate(zip(qualities, counts, texts, strict=True), 1):
            name, stem = self._uuid(), f"v0001/data/{volume['uuid']}"
            rows.append({
                "uuid": name, "volume": volume["uuid"], "position": position, "label": str(position),
                "type": "normalPage",
                "side": "right" if position % 2 else "left", "source": "confirmed", "copyright": volume["copyright"],
                "institution": volume["institution"], "year": volume["year"], "quality": band,
                "confidence": 0.9 if count else None,
                "access": volume["access"], "words": count, "blank": band == "blank", "warnings": 0, "attention": 0,
                "width": 2480, "height": 3508, "x_dpi": 300.0, "y_dpi": 300.0, "turned": 0.0,
                "scan": f"{position:04d}.tif",
                "master": f"{stem}/mastercopy/mc_{position:04d}.jp2", "user": f"{stem}/usercopy/uc_{position:04d}.jp2",
                "alto": f"{stem}/alto/alto_{position:04d}.xml", "txt": f"{stem}/txt/txt_{position:04d}.txt",
            })  # fmt: skip
            if text:
                said.append({"rowid": first + position - 1, "page": name, "text": text})
        self._put("page", rows)
        self._put("page_text", said)

    def _put(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            names = list(rows[0])
            marks = ", ".join(f":{name}" for name in names)
            self._connection.executemany(f"insert into {table} ({', '.join(names)}) values ({marks})", rows)  # noqa: S608 - our own names

    def _title(self, words: int) -> str:
        return " ".join(self._chance.choice(self._names) for _ in range(words)).capitalize()

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))

    @staticmethod
    def _said(band: str) -> bool:
        return band in ("good", "fair", "weak")


def _forms_of_lemmas(seed: int) -> dict[str, list[str]]:
    """Words of the dictionary with all their forms, as many as give so many forms."""
    told: dict[str, list[str]] = {}
    for form, lemma in DefaultDictionaryFactory().get_dictionary("cs").items():
        plain = _as_text(form)
        if plain.isalpha() and plain.islower():
            told.setdefault(_as_text(lemma), []).append(plain)
    names = sorted(told)
    random.Random(seed).shuffle(names)  # noqa: S311 - the same every time
    kept: dict[str, list[str]] = {}
    count = 0
    for name in names:
        kept[name] = sorted(told[name])
        count += len(told[name])
        if count >= _FORMS:
            break
    return kept


def _as_text(form: str | bytes) -> str:
    return form.decode() if isinstance(form, bytes) else form


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--pages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    make(given.file, given.pages, given.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
