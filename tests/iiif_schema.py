"""The IIIF project's own schema of Presentation API 3.0, in its library iiif-prezi3 (made from it)."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

LIBRARY = "iiif_prezi3@3.1.1"
"""How its wheel is named in the folder of others' programs; it is not installed, for it would hold back Pillow."""

_DESCRIBED = ("Manifest", "Collection", "Canvas", "Range", "AnnotationPage", "Annotation")


def schema(tools: Path) -> ModuleType:
    """The models of the schema; the test is skipped where they are not."""
    folder = tools / LIBRARY / "iiif_prezi3"
    if not folder.is_dir():
        pytest.skip(f"{LIBRARY} is not here: script/bootstrap dev fetches it")
    if "iiif_prezi3" not in sys.modules:
        # The package itself would import what makes manifests, and with it the network.
        package = ModuleType("iiif_prezi3")
        package.__path__ = [str(folder)]
        sys.modules["iiif_prezi3"] = package
    return importlib.import_module("iiif_prezi3.skeleton")


def check(models: ModuleType, told: dict[str, Any]) -> None:
    """Pass when `told` is valid by the schema of its type, and nothing in it is called as something else is.

    Raises:
        pydantic.ValidationError: where it leaves the schema.
    """
    bare = {key: value for key, value in told.items() if key != "@context"}
    getattr(models, told["type"]).model_validate_json(json.dumps(bare))
    named = list(_named(told))
    assert len(named) == len(set(named)), sorted({each for each in named if named.count(each) > 1})


def _named(told: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """The identifiers of everything that is described, not only named, in `told`."""
    if isinstance(told, dict):
        if told.get("type") in _DESCRIBED and ("items" in told or "body" in told):
            yield told["id"]
        for value in told.values():
            yield from _named(value)
    elif isinstance(told, list):
        for value in told:
            yield from _named(value)
