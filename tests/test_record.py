"""Whatever is written as JSON is read back as it was; what was not written by us is refused, never half taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.inbox import Claim
from metadata.description import Description, Name
from metadata.event import Agent, AgentKind, Event
from metadata.file import FileRef
from metadata.finding import Finding, codes
from metadata.geometry import Box, Transform
from metadata.model import (
    BlockLink,
    Division,
    DivisionKind,
    PageRecord,
    Provenance,
    Source,
    VolumeRecord,
)
from metadata.record import from_json, from_plain, plain, to_json, to_pretty_json
from metadata.text import PageText
from tests.page_records import VOLUME, description, page_record, page_records, volume_record

# JSON on disk is UTF-8: names that are not were written as %XX when they were claimed.
WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
FACTS = st.dictionaries(WORDS, WORDS | st.integers() | st.floats(allow_nan=False), max_size=4)
FINDINGS = st.builds(Finding, st.sampled_from(codes()), WORDS, FACTS)
REFS = st.builds(FileRef, WORDS, st.integers(0), WORDS, WORDS, WORDS)
AGENTS = st.builds(Agent, WORDS, WORDS, st.sampled_from(AgentKind), WORDS)
EVENTS = st.builds(Event, WORDS, WORDS, WORDS, AGENTS, WORDS, WORDS, WORDS)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TRANSFORMS = st.builds(Transform, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
BOXES = st.builds(Box, st.integers(), st.integers(), st.integers(0), st.integers(0))
CLAIMS = st.builds(
    Claim, WORDS, WORDS, WORDS, st.lists(REFS, max_size=3).map(tuple), st.lists(FINDINGS, max_size=3).map(tuple)
)
VALUES = FINDINGS | REFS | EVENTS | TRANSFORMS | BOXES | CLAIMS
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


class TestThereAndBack:
    @given(VALUES)
    @settings(deadline=None)
    def test_any_value_comes_back(self, value: object) -> None:
        assert from_json(type(value), to_json(value)) == value
        assert from_json(type(value), to_pretty_json(value)) == value

    @given(FINDINGS)
    @settings(deadline=None)
    def test_facts_keep_their_kind(self, value: Finding) -> None:
        read = from_json(Finding, to_json(value))
        assert [type(fact) for fact in read.facts.values()] == [type(value.facts[key]) for key in read.facts]

    @given(page_records().filter(lambda record: "\\ud" not in repr(record)))
    @settings(max_examples=10, deadline=None)
    def test_a_finished_page_comes_back(self, record: PageRecord) -> None:
        assert from_json(PageRecord, to_json(record)) == record

    def test_a_finished_volume_comes_back(self) -> None:
        record = volume_record(3)
        assert from_json(VolumeRecord, to_json(record)) == record

    def test_a_provenance_comes_back(self) -> None:
        record = volume_record(2)
        made = Provenance(
            record.volume, "kniha-0123456789", "/srv/sken", "2026", "2026", record.maker, record.pages[1].findings
        )
        assert from_json(Provenance, to_pretty_json(made)) == made

    def test_missing_parts_take_their_defaults(self) -> None:
        assert from_plain(Agent, {"name": "kdr"}) == Agent("kdr")


class TestBytes:
    @given(VALUES)
    @settings(deadline=None, max_examples=50)
    def test_equal_values_are_equal_bytes(self, value: object) -> None:
        again = from_json(type(value), to_json(value))
        assert to_json(again) == to_json(value)

    def test_the_order_of_keys_does_not_matter(self) -> None:
        one, other = Finding("P012", "x", {"dpi": 72, "least": 298}), Finding("P012", "x", {"least": 298, "dpi": 72})
        assert to_json(one) == to_json(other)

    def test_canonical_json_is_one_line_of_utf8_without_blanks(self) -> None:
        line = to_json(Agent("Knihovna města Příbrami"))
        assert "Příbrami" in line.decode()
        assert b"\n" not in line
        assert b": " not in line

    def test_pretty_json_is_for_people(self) -> None:
        text = to_pretty_json(description()).decode()
        assert text.endswith("}\n")
        assert '\n "title": "Zkušební svazek"' in text


class TestRefusing:
    @pytest.mark.parametrize("kind", [Claim, Finding, PageRecord, Description, PageText, dict[str, int]])
    @given(value=JSON)
    @settings(max_examples=25, deadline=None)
    def test_any_other_json_is_a_value_error_or_one_of_it(self, kind: type[object], value: object) -> None:
        try:
            read = from_json(kind, json.dumps(value))
        except ValueError:
            return
        assert from_plain(kind, plain(read)) == read

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"\xff\xfe", b"null", b"[]", b"[" * 100_000, b'{"path": 1}', b"{} {}", b'"x"']
    )
    def test_broken_json_is_a_value_error(self, content: bytes) -> None:
        with pytest.raises(ValueError, match=r"\w"):
            from_json(FileRef, content)

    def test_a_key_too_many_is_refused(self) -> None:
        with pytest.raises(ValueError, match="not a Agent"):
            from_plain(Agent, {"name": "kdr", "nick": "k"})

    def test_a_value_that_cannot_be_is_refused(self) -> None:
        for kind, value in (
            (Box, {"left": 0, "top": 0, "width": -1, "height": 1}),
            (Finding, {"code": "X999", "subject": "x", "facts": {}}),
            (Agent, {"name": "kdr", "kind": "robot"}),
        ):
            with pytest.raises(ValueError, match="not a"):
                from_plain(kind, value)

    def test_pages_that_do_not_fit_their_volume_are_refused(self) -> None:
        record = plain(volume_record(2))
        record["pages"] = record["pages"][:1]
        with pytest.raises(ValueError, match="VolumeRecord"):
            from_plain(VolumeRecord, record)


def test_a_record_names_its_volume() -> None:
    assert VOLUME in to_json(page_record()).decode()


class TestEarlierRecords:
    def test_the_authors_of_the_first_repositories_are_names_today(self) -> None:
        written = plain(description()) | {"authors": ["Novák, Jan"]}
        del written["names"]
        assert from_plain(Description, written).names == (Name("Novák, Jan"),)

    def test_divisions_come_back_with_what_lies_in_them(self) -> None:
        inner = Division("b", DivisionKind.PICTURE, 2, 2, blocks=(BlockLink(2, "TB1", "IMAGE"),))
        outer = Division("a", DivisionKind.CHAPTER, 1, 3, title="První", children=(inner,), source=Source.PROPOSED)
        assert from_json(Division, to_json(outer)) == outer
