"""A catalogue of real pages that went through the real pipeline, beside a real identity provider, for browsers."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from oidc_provider_mock import User, run_server_in_thread  # type: ignore[import-untyped]

from repository.catalogue.house import Granted, House, OpenId
from tests.browsing import Visitor, chromium
from tests.homes import ROOT, make_home, run
from tests.signing_server import serving
from workflows.cataloguing import catalogue, house

if TYPE_CHECKING:
    from tests.stored_volumes import Shelf

SAMPLES = ROOT / "samples" / "delivery"
WORD = "hodinář"
JANA = User(sub="jana", claims={"name": "Jana Nová", "groups": ["kuratori"]})
READER = User(sub="karel", claims={"name": "Karel Čtenář"})
GROUP = Granted("kuratori", "curator", ("LIA001",))
_SECRET = "KDR_TEST_SECRET"  # noqa: S105 - the name of a variable
_OPEN, _LATER = '\n[rights]\ncopyright = "pd"\n', '\n[rights]\ncopyright = "copyrighted"\nembargo = "2999-12-31"\n'
_DELIVERED = {
    "kniha": ("kniha-hodinar-a-knihovna", ("0003.jpg", "0005.jpg", "0008.jpg"), _OPEN),
    "budouci": ("povesti-z-podbrezska-2", ("0002.jpg",), _LATER),
    "cizi": ("noviny-modrinovske-listy", ("0001.jpg",), _LATER),
}


@dataclass(frozen=True, slots=True)
class _Held:
    """A repository as `serving` takes it."""

    house: House


@dataclass(frozen=True, slots=True)
class Library:
    """A visitor of the catalogue, and what it holds: the volumes' identifiers by folder of the delivery."""

    visitor: Visitor
    volumes: dict[str, str]
    batch: str

    def path(self, name: str) -> str:
        """The address of a volume."""
        return f"/volume/{self.volumes[name]}"


def _deliver(target: Path) -> None:
    for name, (sample, pages, rights) in _DELIVERED.items():
        (target / name).mkdir(parents=True)
        for page in pages:
            shutil.copy(SAMPLES / sample / page, target / name / page)
        told = (SAMPLES / sample / "volume.toml").read_text(encoding="utf-8")
        if name == "cizi":
            told = re.sub(r'sigla = "[A-Z0-9]+", name = "[^"]*"', 'sigla = "LIG501", name = "Severočeské muzeum"', told)
        head, table, tables = told.partition("\n[")
        (target / name / "volume.toml").write_text(head + rights + table + tables, encoding="utf-8")


@contextmanager
def library(folder: Path) -> Iterator[Library]:
    """Take the pages in, catalogue them, serve them. Whoever comes over the network sits outside the reading room."""
    if not shutil.which("tesseract"):
        pytest.skip("tesseract is not installed")
    _deliver(folder / "delivery")
    home = make_home(folder / "home", ocr="tesseract")
    ran = run(home, folder / "delivery")
    catalogue(home)
    stored = {planned.volume.folder: str(planned.volume.id) for planned in ran.batch.volumes}
    with (
        pytest.MonkeyPatch.context() as patch,
        run_server_in_thread(user_claims=[JANA, READER], require_nonce=True) as provider,
        chromium() as browser,
    ):
        patch.setenv(_SECRET, "any")
        openid = OpenId(f"http://localhost:{provider.server_port}", "kdr", client_secret_env=_SECRET, granted=(GROUP,))
        held = cast("Shelf", _Held(house(home)))
        rates = {"images_per_second": 1e6, "searches_per_second": 1e6}
        with serving(held, premises=(), openid=openid, **rates) as served:
            yield Library(Visitor(browser, served), stored, ran.folder.name)
