"""`kdr catalogue images`: every page's image ready before its first reader, as far as there is room."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from metadata.finding import Finding
from metadata.problem import Problem
from tests.bags import AGENT
from tests.homes import changed, make_home
from tests.page_images import picture_bag, squares
from workflows.catalogue_images import Prepared, prepare_images
from workflows.cataloguing import catalogue
from workflows.cli import complete
from workflows.founding import open_store
from workflows.settings import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A repository with a volume of one page and one of two."""
    made = make_home(tmp_path / "home")
    store = open_store(made)
    store.take(tmp_path / "a", picture_bag(tmp_path / "a", "a", [squares(10)]), AGENT)
    store.take(tmp_path / "b", picture_bag(tmp_path / "b", "b", [squares(10)] * 2), AGENT)
    catalogue(made)
    return made


def copies(home: Home) -> dict[Path, int]:
    """The access copies and when each was made."""
    return {path: path.stat().st_ino for path in home.images.rglob("*.tif")}


def run(home: Home, *words: str) -> Result:
    return CliRunner().invoke(complete(), ["--home", str(home.folder), "catalogue", "images", *words])


def prepare(home: Home, *, rebuild: bool = False) -> tuple[Prepared, list[Finding], list[tuple[int, int]]]:
    told: list[Finding] = []
    steps: list[tuple[int, int]] = []
    done = prepare_images(home, told.append, lambda seen, whole: steps.append((seen, whole)), rebuild=rebuild)
    return done, told, steps


def test_all_are_made_once_and_again_when_asked(home: Home) -> None:
    done, told, steps = prepare(home)
    assert (done, told) == (Prepared(3, 0, 0, 0), [])
    assert steps[-1] == (3, 3)
    first = copies(home)
    assert len(first) == 3
    assert prepare(home)[0] == Prepared(0, 3, 0, 0)
    assert copies(home) == first
    assert prepare(home, rebuild=True)[0] == Prepared(3, 0, 0, 0)
    assert set(copies(home)) == set(first)
    assert copies(home) != first


def test_where_there_is_no_room_the_rest_is_left_to_first_sight(home: Home, tmp_path: Path) -> None:
    bag = tmp_path / "c"
    open_store(home).take(bag, picture_bag(bag, "c", [squares(10)] * 8), AGENT)
    catalogue(home)
    done, _, steps = prepare(changed(home.folder, image_cache_gb=0.000001))
    assert done.made + done.left == 11
    assert done.left >= 1
    assert steps[-1] == (11, 11)
    assert len(copies(home)) < done.made


def test_the_command_says_what_it_did_and_what_failed(home: Home) -> None:
    for path in home.folder.rglob("*copy/*_0002.jp2"):
        path.chmod(0o644)
        path.write_bytes(b"spoilt")
    done = run(home)
    assert done.exit_code == 1
    assert "připraveno 2, hotovo už bylo 0, nepodařilo se 1" in done.output
    assert "R020" in done.output


def test_without_a_catalogue_it_is_built_first(home: Home) -> None:
    home.catalogue.unlink()
    assert run(home, "--rebuild").exit_code == 0
    assert len(copies(home)) == 3


def test_what_is_no_catalogue_is_told(home: Home) -> None:
    home.catalogue.write_bytes(b"rubbish" * 1000)
    with pytest.raises(Problem, match="E004"):
        prepare(home)
