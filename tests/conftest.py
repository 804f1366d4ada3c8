"""What all tests share: where the real scans and schemas lie, and a skip with its reason where they do not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about us. CI tries the same examples every time, so that a
# red run is about what was submitted; new ones are tried wherever people run the tests.
settings.register_profile("kdr", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("kdr")

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("KDR_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real scans and schemas beside the project."""
    if not (SHARED / "schemas").is_dir():
        pytest.skip(f"{SHARED} is not on this machine (real scans and schemas)")
    return SHARED


@pytest.fixture(scope="session")
def schemas(shared: Path) -> Path:
    """The folder of XML schemas and machine-readable rules."""
    return shared / "schemas"


@pytest.fixture(scope="session")
def scans(shared: Path) -> Path:
    """The folder of real page scans with ground truth."""
    return shared / "scans"


@pytest.fixture(scope="session")
def web_tools() -> Path:
    """The folder of others' browser programs: axe-core, mirador, universalviewer (name@version, as npm packs them)."""
    folder = ROOT / ".tools"
    if not any(folder.glob("axe-core@*")):
        pytest.skip("axe-core, mirador and universalviewer are not here: script/bootstrap dev fetches them with npm")
    return folder


@pytest.fixture(autouse=True)
def _czech(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts with the reader's language unset: Czech."""
    monkeypatch.delenv("KDR_LANGUAGE", raising=False)
