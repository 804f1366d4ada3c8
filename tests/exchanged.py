"""Packages of every kind that are valid but for their images, repositories to exchange them with, and the commands."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import typer
from typer.testing import CliRunner, Result

from metadata.model import BlockLink, Division, Volume
from repository.store import Store
from tests.described import FULL, finished
from tests.good_packages import good_package, renew
from workflows.cli import exchange
from workflows.cli.speech import Chosen
from workflows.founding import found, open_store
from workflows.psp_import import Imported, Wish, import_package
from workflows.settings import Home

WISH = Wish(images=False)
"""The images of these packages are none."""


def volume(case: str = "monograph") -> Volume:
    """The full volume of a case; its divisions are linked to blocks that its ALTO has."""
    described = FULL[case]
    return replace(described, divisions=tuple(map(_linked, described.divisions)))


def _linked(division: Division) -> Division:
    blocks = tuple(BlockLink(link.page, f"BLOCK_{link.page:04d}_0001", link.role) for link in division.blocks)
    return replace(division, blocks=blocks, children=tuple(map(_linked, division.children)))


def package(folder: Path, case: str = "monograph") -> Path:
    """The package of a case in `folder`; its root."""
    return good_package(folder, finished(volume(case)))


def renamed(root: Path, name: str) -> Path:
    """The package with another packageid, as systems make them that name packages by URN:NBN; its new root."""
    old = root.name
    for path in sorted(root.rglob("*")):
        if path.suffix in {".xml", ".md5"} and "alto" not in path.parts:
            text = path.read_text(encoding="utf-8").replace(f"_{old}", f"_{name}")
            path.write_text(text.replace(f"<packageid>{old}", f"<packageid>{name}"), encoding="utf-8")
        if path.is_file():
            path.rename(path.with_name(path.name.replace(old, name)))
    new = root.rename(root.with_name(name))
    renew(new)
    return new


def zipped(root: Path, target: Path, top: str = "") -> Path:
    """The package as somebody else zips it: compressed, in the order of the disk."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in root.rglob("*"):
            if path.is_file():
                archive.write(path, f"{top or root.name}/{path.relative_to(root)}")
    return target


def contents(root: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def repository(folder: Path) -> tuple[Home, Store]:
    """A new repository without schemas."""
    home = found(folder, None)
    return home, open_store(home)


def take(place: tuple[Home, Store], source: Path, wish: Wish = WISH) -> Imported:
    """Import into a repository."""
    return import_package(*place, source, wish)


def command(home: Home, *words: str | Path) -> Result:
    """Run `kdr export` or `kdr import`."""
    app = typer.Typer()
    exchange.add_to(app)
    Chosen.folder = home.folder
    try:
        return CliRunner().invoke(app, [str(word) for word in words])
    finally:
        Chosen.folder = None
