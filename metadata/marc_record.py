"""A MARC 21 record as a value (leader, fields, subfields), and the refusal of a record that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metadata.finding import Fact
from metadata.wording import Tongue, wording

_LEADER = 24


class BadRecord(ValueError):
    """A catalogue record that cannot be used: `reason` is a key of bad_record.toml, `number` its place in its file.

    `number` counts from one; 0 when there is only one record, or none.
    """

    def __init__(self, reason: str, number: int = 0, **facts: Fact) -> None:
        self.reason, self.number, self.facts = reason, number, facts
        super().__init__(reason, number)

    def text(self, tongue: Tongue | None = None) -> str:
        """Why it cannot be used, in the reader's language."""
        sentences = wording("metadata", "bad_record.toml")
        why = sentences.say(self.reason, tongue, **self.facts)
        return sentences.say("record", tongue, number=self.number, why=why) if self.number else why

    def __str__(self) -> str:
        return self.text()

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.reason, self.number, self.facts)


def _again(reason: str, number: int, facts: dict[str, Fact]) -> BadRecord:
    return BadRecord(reason, number, **facts)


@dataclass(frozen=True, slots=True)
class MarcField:
    """A field: a control field has a `value`, a data field two `indicators` and (code, text) `subfields`."""

    tag: str
    value: str = ""
    indicators: str = "  "
    subfields: tuple[tuple[str, str], ...] = ()

    def all(self, codes: str) -> tuple[str, ...]:
        """The texts of the subfields with one of `codes`, in the order of the record; empty ones left out."""
        return tuple(text for code, text in self.subfields if code in codes and text)

    def first(self, codes: str) -> str:
        """The first text of a subfield with one of `codes`, in the order of the record, or an empty string."""
        return next(iter(self.all(codes)), "")


@dataclass(frozen=True, slots=True)
class MarcRecord:
    """A record: its leader of 24 characters and its fields in order.

    Raises:
        BadRecord: the leader has another length (MARC 21 Bibliographic, Leader).
    """

    leader: str
    fields: tuple[MarcField, ...]

    def __post_init__(self) -> None:
        if len(self.leader) != _LEADER:
            raise BadRecord("no_leader")

    def all(self, *tags: str) -> Iterator[MarcField]:
        """The fields with one of `tags`, in the order of the record."""
        return (field for field in self.fields if field.tag in tags)

    def control(self, tag: str) -> str:
        """The value of the first control field `tag`, or an empty string."""
        return next((field.value for field in self.all(tag)), "")

    def coded(self, start: int, stop: int) -> str:
        """Positions `start` to `stop` (exclusive) of field 008; blanks where the field is too short or missing."""
        return self.control("008")[start:stop].ljust(stop - start)

    def texts(self, tag: str, codes: str) -> tuple[str, ...]:
        """The subfields `codes` of all fields `tag`."""
        return tuple(text for field in self.all(tag) for text in field.all(codes))
