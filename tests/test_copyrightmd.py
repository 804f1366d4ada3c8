"""Rights as copyrightMD: valid by its schema, nothing to be held against them by the standard, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.copyrightmd import ACCESSES, CMD, PUBLICATIONS, STATUSES, copyright_record, creative_commons
from metadata.description import Rights
from metadata.elements import METS, clean, line
from metadata.markup import parse, to_bytes, violations
from metadata.ndk.reading_page import read_page
from metadata.ndk.sections import RIGHTS, rights_section
from tests.fdmf import Rules
from tests.page_records import hostile_text

FULL = Rights(
    "copyrighted", "published", "Nakladatelství Orbis", "CC BY-SA 4.0", "2031-01-01", "Jen v budově.", "premises"
)


def all_rights() -> st.SearchStrategy[Rights]:
    licences = st.sampled_from(["", "CC BY-NC-ND 4.0", "cc by", "https://example.cz/licence"]) | hostile_text()
    return st.builds(
        Rights,
        copyright=st.sampled_from(STATUSES),
        publication=st.sampled_from(PUBLICATIONS),
        holder=hostile_text(),
        licence=licences,
        embargo=st.sampled_from(["", "2031-01-01"]) | hostile_text(),
        note=hostile_text(),
        access=st.sampled_from(["", *ACCESSES]) | hostile_text(),
    )


def said(rights: Rights) -> list[tuple[str, str]]:
    """The elements of the record that hold text, with it, as a stranger reads them."""
    root = parse(to_bytes(copyright_record(rights)))
    return [
        (str(each.tag).removeprefix(CMD.tag("")), each.text or "") for each in root.iter() if (each.text or "").strip()
    ]


class TestTheRecord:
    def test_everything_that_is_known_is_said(self) -> None:
        assert said(FULL) == [
            ("name", "Nakladatelství Orbis"),
            ("note", "licence: CC BY-SA 4.0"),
            ("note", "embargo: 2031-01-01"),
            ("note", "access: premises"),
            ("notice", "Jen v budově."),
            ("general.note", "BY-SA"),
        ]
        record = copyright_record(FULL)
        assert dict(record.attrib) == {"copyright.status": "copyrighted", "publication.status": "published"}

    def test_rights_of_which_nothing_is_known_are_two_unknowns(self) -> None:
        assert said(Rights()) == []
        assert set(copyright_record(Rights()).attrib.values()) == {"unknown"}

    def test_the_record_declares_its_namespace_itself(self) -> None:
        """The validator cuts embedded records out and reads them alone (ndk.md §6, trap 5)."""
        assert b'<cmd:copyright xmlns:cmd="http://www.cdlib.org/inside/diglib/copyrightMD"' in to_bytes(
            copyright_record(FULL)
        )

    def test_who_has_no_rights_section_has_none(self) -> None:
        assert rights_section(None) is None

    @pytest.mark.parametrize(
        ("part", "value"), [("copyright", "pd_usfed"), ("copyright", ""), ("publication", "printed")]
    )
    def test_a_status_that_the_standard_does_not_have_is_refused(self, part: str, value: str) -> None:
        changed = {part: value}
        with pytest.raises(ValueError, match=f"'{value}' is no {part}.status"):
            copyright_record(replace(FULL, **changed))


class TestLicences:
    @pytest.mark.parametrize(
        ("licence", "terms"),
        [
            ("CC BY 4.0", "BY"),
            ("CC-BY-SA", "BY-SA"),
            ("by-nd", "BY-ND"),
            ("https://creativecommons.org/licenses/by-nc-sa/4.0/", "BY-NC-SA"),
            ("http://creativecommons.org/licenses/by-nc/3.0/cz/deed.cs", "BY-NC"),
            ("CC BY-NC-ND 4.0", ""),
            ("https://creativecommons.org/licenses/by-nc-nd/4.0/", ""),
            ("https://example.cz/licence/by", ""),
            ("by agreement with the heirs", ""),
            ("", ""),
        ],
    )
    def test_terms_of_creative_commons_are_known_by_name_and_address(self, licence: str, terms: str) -> None:
        assert creative_commons(licence) == terms

    def test_a_licence_that_the_profile_does_not_know_is_kept_all_the_same(self) -> None:
        assert said(replace(Rights(), licence="CC BY-NC-ND 4.0")) == [("note", "licence: CC BY-NC-ND 4.0")]


class TestTheStandard:
    @pytest.mark.parametrize("dmf", ["monograph_2.2", "periodical_2.1"])
    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(rights=all_rights())
    def test_no_rights_break_schema_or_profile(self, rights: Rights, dmf: str, schemas: Path) -> None:
        section = rights_section(rights)
        assert section is not None
        root = parse(to_bytes(section))
        assert root.get("ID") == RIGHTS
        assert Rules(schemas / "ndk" / "fdmf" / dmf).complaints("techProfiles/copyrightmd", root) == []
        record = copyright_record(rights)
        assert violations(record, schemas / "copyrightmd" / "copyrightmd-0.91.xsd") == ()

    @given(rights=all_rights())
    @settings(max_examples=50, deadline=None)
    def test_no_word_is_lost(self, rights: Rights) -> None:
        texts = " ".join(text for _, text in said(rights))
        for part in (rights.holder, rights.licence, rights.embargo, rights.note, rights.access):
            assert line(clean(line(part))) in line(texts)

    @given(rights=all_rights(), access=st.sampled_from(["", *ACCESSES]), day=st.sampled_from(["", "2031-01-01"]))
    @settings(max_examples=50, deadline=None)
    def test_who_may_see_it_is_read_back_as_it_was_told(self, rights: Rights, access: str, day: str) -> None:
        section = rights_section(replace(rights, access=access, embargo=day))
        assert section is not None
        root = METS("mets", METS("amdSec", section))
        found = read_page(parse(to_bytes(root))).rights
        assert found is not None
        assert (found.access, found.embargo, found.copyright) == (access, day, rights.copyright)

    def test_the_profile_can_say_no(self, schemas: Path) -> None:
        section = rights_section(FULL)
        assert section is not None
        bad = parse(to_bytes(section).replace(b">BY-SA<", b">cokoli<").replace(b'"published"', b'"ano"'))
        found = Rules(schemas / "ndk" / "fdmf" / "monograph_2.2").complaints("techProfiles/copyrightmd", bad)
        assert sorted(each.split()[0] for each in found) == ["error", "warning"]
