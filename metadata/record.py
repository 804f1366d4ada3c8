"""Values as JSON and back: the one place that knows how a dataclass is written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from cattrs import BaseValidationError
from cattrs.preconf.json import make_converter

T = TypeVar("T")

_converter = make_converter(forbid_extra_keys=True)


def reads_also(kind: type[T], today: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Let records of `kind` be read that an earlier version wrote: `today` turns their form into today's."""
    structured = _converter.get_structure_hook(kind)

    def hook(value: object, _: type[T]) -> T:
        read: T = structured(today(dict(value)) if isinstance(value, dict) else value, kind)
        return read

    _converter.register_structure_hook(kind, hook)


def plain(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """`value` as dicts, lists, strings and numbers."""
    return _converter.unstructure(value)


def to_json(value: object) -> bytes:
    """Canonical JSON: sorted keys, no blanks, UTF-8, one line without its end. Equal values give equal bytes."""
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def to_pretty_json(value: object) -> bytes:
    """JSON for people who open the file: sorted keys, indented, ends with a line end."""
    return (json.dumps(plain(value), sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def from_plain(kind: type[T], value: object) -> T:
    """The value of type `kind` that `plain` made `value` of.

    Raises:
        ValueError: it is not one.
    """
    try:
        return _converter.structure(value, kind)
    except (BaseValidationError, AttributeError, TypeError) as error:
        raise ValueError(f"not a {kind.__name__}: {error}") from error


def from_json(kind: type[T], content: bytes | str) -> T:
    """The value of type `kind` written as JSON in `content`.

    Raises:
        ValueError: it is not JSON, or not one.
    """
    return from_plain(kind, read_json(content))


def read_json(content: bytes | str) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """What the JSON in `content` says; strangers may have written it.

    Raises:
        ValueError: it is not JSON, or nested more deeply than anything of ours.
    """
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError(f"JSON: {error}") from None
