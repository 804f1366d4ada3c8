"""A repository with batches of two institutions in every state, and its catalogue served, for tests."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from repository.catalogue.rights.audience import EVERYWHERE, Audience, Role, answering
from repository.catalogue.serve import application
from repository.catalogue.signing.session import COOKIE, issue
from tests.homes import make_home, run, scan
from tests.stored_volumes import close
from workflows.batch_rows import show_work
from workflows.cataloguing import house
from workflows.settings import Home

OURS, THEIRS = "LIA001", "LIG501"
OPERATOR = Audience("operátor", frozenset({Role.OPERATOR}), frozenset({EVERYWHERE}), on_premises=True)
OF_LIBRARY = Audience("knihovna", frozenset({Role.OPERATOR}), frozenset({OURS}), on_premises=True)
OF_MUSEUM = Audience("muzeum", frozenset({Role.CURATOR}), frozenset({THEIRS}), on_premises=True)
READER = Audience("čtenář", frozenset({Role.READER}), frozenset({EVERYWHERE}), on_premises=True)
ARCHIVIST_OF_LIBRARY = Audience("archivářka", frozenset({Role.ARCHIVIST}), frozenset({OURS}))
ARCHIVIST = Audience("archivář", frozenset({Role.ARCHIVIST}), frozenset({EVERYWHERE}), on_premises=True)

_MUSEUM = 'title = "Muzejní sbírka"\n[institution]\nsigla = "LIG501"\nname = "Severočeské muzeum"\n'
_BOOK = 'title = "Domácí kniha"\nshelf_mark = "A 1"\n'


def filled_home(folder: Path) -> tuple[Home, str, str]:
    """A home, and the names of its two batches.

    The first holds a stored book of the library and a volume of the museum that waits: one of its pages is too coarse.
    The second is the museum's alone, and stored.
    """
    home = make_home(folder / "home")
    mixed = folder / "smisena"
    for number in (1, 2, 3):
        scan(mixed / "kniha" / f"{number:04d}.tif", number)
    (mixed / "kniha" / "volume.toml").write_text(_BOOK, encoding="utf-8")
    scan(mixed / "sbirka" / "0001.tif", 7)
    scan(mixed / "sbirka" / "0002.tif", 8, dpi=72)
    (mixed / "sbirka" / "volume.toml").write_text(_MUSEUM, encoding="utf-8")
    alone = folder / "muzejni"
    scan(alone / "tisk" / "0001.tif", 9)
    (alone / "tisk" / "volume.toml").write_text(_MUSEUM.replace("sbírka", "tisk"), encoding="utf-8")
    batches = run(home, mixed).folder.name, run(home, alone).folder.name
    show_work(home)  # as whoever serves the catalogue does, once nobody works on them any more
    return home, *batches


def asked(home: Home, audience: Audience, *paths: str) -> list[Any]:
    """What the catalogue of `home` answers to `audience`."""
    kept = house(home)
    premises = kept.config.premises if audience.on_premises else ()
    served = application(replace(kept, config=replace(kept.config, premises=premises)))
    try:
        with answering(audience):
            return asyncio.run(_answers(served, audience, paths))
    finally:
        close(served)


async def _answers(served: Any, audience: Audience, paths: tuple[str, ...]) -> list[Any]:  # noqa: ANN401 - Datasette
    cookies = {COOKIE: issue(served, audience)}
    return [await served.client.get(path, cookies=cookies) for path in paths]
