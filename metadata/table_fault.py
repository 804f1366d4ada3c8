"""Why a TOML file that people edit cannot be used, in their language: what pydantic finds, said as one says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from metadata.wording import wording

# A kind of fault of pydantic's -> our sentence, and the fact of the fault that is its limit.
_SENTENCES = {
    "missing": ("missing", ""), "missing_argument": ("missing", ""), "string_type": ("string_type", ""),
    "list_type": ("list_type", ""), "dict_type": ("table", ""), "model_type": ("table", ""),
    "model_attributes_type": ("table", ""), "dataclass_type": ("table", ""), "int_type": ("number", ""),
    "int_parsing": ("number", ""), "int_from_float": ("number", ""), "float_type": ("number", ""),
    "float_parsing": ("number", ""), "finite_number": ("number", ""),
    "bool_type": ("bool", ""), "bool_parsing": ("bool", ""),
    "greater_than_equal": ("least", "ge"), "less_than_equal": ("most", "le"), "greater_than": ("over", "gt"),
    "string_too_long": ("long", "max_length"), "too_long": ("long", "max_length"),
    "string_pattern_mismatch": ("pattern", "pattern"),
}  # fmt: skip
_UNKNOWN = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_OWN = frozenset({"language", "sigla", "identifier", "day", "one_number", "above", "both_above", "sign"})
_LONGEST = 60


def faults_told(faults: Iterable[Mapping[str, Any]], known: Iterable[str] = ()) -> str:
    """What is wrong with a table, in one line, each fault with its key.

    Args:
        faults: as pydantic's `ValidationError.errors()` gives them.
        known: the keys that there are; one that looks like an unknown key is proposed.
    """
    names, sentences = tuple(known), wording("metadata", "table_fault.toml")
    told = []
    for fault in faults:
        # pydantic says "[key]" of a key that is none of a closed list.
        place = ".".join(str(part) for part in fault["loc"] if part != "[key]")
        why = _why(fault, names)
        told.append(sentences.say("at", place=place, why=why) if place else why)
    return "; ".join(told)


def toml_refused(error: ValueError) -> str:
    """What is wrong with a file that is no UTF-8, or no TOML."""
    reason = "encoding" if isinstance(error, UnicodeDecodeError) else "not_toml"
    return wording("metadata", "table_fault.toml").say(reason, why=error)


def too_large(limit: int) -> str:
    """That the file is larger than `limit` bytes."""
    return wording("metadata", "table_fault.toml").say("large", limit=limit)


def _why(fault: Mapping[str, Any], known: tuple[str, ...]) -> str:
    sentences = wording("metadata", "table_fault.toml")
    kind, facts = str(fault["type"]), dict(fault.get("ctx", {}))
    shown = {"value": _shown(fault.get("input")), **facts}
    if kind in _UNKNOWN:
        near = get_close_matches(str(fault["loc"][-1]).casefold(), known, n=1, cutoff=0.7)
        return sentences.say("near", near=near[0]) if near else sentences.say("unknown")
    if kind in ("literal_error", "enum"):
        return sentences.say("one_of", value=shown["value"], allowed=str(facts["expected"]).replace(" or ", ", "))
    if kind in _OWN:
        return sentences.say(kind, **shown)
    if kind in _SENTENCES:
        sentence, limit = _SENTENCES[kind]
        return sentences.say(sentence, value=shown["value"], limit=facts.get(limit, ""))
    return str(fault["msg"])


def _shown(value: object) -> str:
    """A value as the file has it, shortened."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
