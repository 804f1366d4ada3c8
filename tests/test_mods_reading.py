"""MODS -> Description: our own records come back, and other libraries' records are understood."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata import mods, mods_reading
from metadata.catalogue_record import read_records
from metadata.description import (
    Cartography,
    Classification,
    Description,
    Identifier,
    IdentifierKind,
    Name,
    NameKind,
    Organisation,
    Origin,
    OriginKind,
    OtherTitle,
    RecordOrigin,
    Related,
    Subject,
    VolumeKind,
)
from metadata.elements import clean, line
from metadata.marc_record import BadRecord
from metadata.markup import parse, to_bytes
from metadata.model import Volume
from tests import described
from tests.page_records import CREATED, LIBRARY, VOLUME, descriptions

WORDS = st.text("abcčďeěňřšťžŽÁ 19.,-:&<>[]", min_size=1, max_size=15).map(line).filter(bool)
MAYBE = st.just("") | WORDS
YEARS = st.just("") | st.from_regex(r"1[0-9]{3}", fullmatch=True)


def written(about: Description) -> bytes:
    """The MODS that we write of a volume of that description."""
    kind = about.kind
    title = described.title() if kind.periodical or kind is VolumeKind.MONOGRAPH_VOLUME else None
    volume = Volume(VOLUME, "svazek", about, (), title=title, year=described.year() if kind.periodical else None)
    return to_bytes(mods.volume_record(volume, CREATED))


def back(about: Description) -> Description:
    """What reading gives of the MODS that we write."""
    return read_records(written(about))[0].describe(about.institution, about.kind)


def read(inside: str, institution: Organisation = LIBRARY) -> Description:
    """The description in a MODS record with a title and what is `inside`."""
    content = (
        '<m:mods xmlns:m="http://www.loc.gov/mods/v3"><m:titleInfo><m:title>Pohádky</m:title></m:titleInfo>'
        f"{inside}</m:mods>"
    )
    return read_records(content.encode())[0].describe(institution)


@st.composite
def names(draw: st.DrawFn) -> Name:
    """A name: a person by family and given name, or any other as one text."""
    family, given_name = draw(st.just(("", "")) | st.tuples(WORDS, WORDS))
    return Name(
        f"{family}, {given_name}" if family else draw(WORDS),
        draw(st.sampled_from(NameKind)),
        family,
        given_name,
        dates=draw(YEARS),
        terms=draw(MAYBE),
        authority=draw(MAYBE),
        roles=tuple(draw(st.lists(st.sampled_from(["aut", "ill", "trl"]), min_size=1, max_size=2, unique=True))),
    )


def records() -> st.SearchStrategy[Description]:
    """Descriptions of a monograph by RDA in which everything can be held by MODS."""
    other_kinds = st.sampled_from([kind for kind in OriginKind if kind is not OriginKind.PUBLICATION])
    agents = st.lists(WORDS, max_size=2, unique=True).map(tuple)
    origins = st.builds(Origin, other_kinds, places=agents, agents=agents, date=WORDS)
    subjects = st.builds(
        Subject, st.sampled_from(["", "czenas", "eczenas"]), *[st.lists(WORDS, min_size=1, max_size=2).map(tuple)] * 4
    )
    return st.builds(
        Description,
        title=WORDS,
        institution=st.just(LIBRARY),
        subtitle=MAYBE,
        part_number=MAYBE,
        part_name=MAYBE,
        non_sort=MAYBE,
        other_titles=st.lists(
            st.builds(
                OtherTitle, st.sampled_from(["alternative", "translated", "uniform", "abbreviated"]), WORDS, MAYBE
            ),
            max_size=2,
        ).map(tuple),
        names=st.lists(names(), max_size=2, unique_by=lambda name: name.text).map(tuple),
        year=WORDS,
        publisher=MAYBE,
        place=MAYBE,
        country=st.sampled_from(["", "xr", "gw"]),
        date_start=st.just("1919"),
        date_end=YEARS,
        statement_of_edition=MAYBE,
        issuance=st.sampled_from(["single unit", "monographic"]),
        origins=st.lists(origins, max_size=2).map(tuple),
        languages=st.lists(st.sampled_from(["ces", "deu", "lat"]), max_size=3, unique=True).map(tuple),
        script=st.sampled_from(["", "Fraktur"]),
        form=st.sampled_from(["print", "microfilm", "map"]),
        extent=MAYBE,
        abstract=MAYBE,
        notes=st.lists(WORDS, max_size=2, unique=True).map(tuple),
        subjects=st.lists(subjects, max_size=2).map(tuple),
        classifications=st.lists(
            st.builds(Classification, WORDS, st.sampled_from(["udc", "Konspekt"]), st.sampled_from(["", "Konspekt"])),
            max_size=2,
        ).map(tuple),
        related=st.lists(
            st.builds(
                Related,
                st.sampled_from(["series", "host", "preceding"]),
                WORDS,
                MAYBE,
                st.sampled_from(["", "0317-8471"]),
            ),
            max_size=2,
        ).map(tuple),
        shelf_mark=MAYBE,
        identifiers=st.sampled_from([(), described.identifiers("monograph")[:4]]),
        record=st.builds(
            RecordOrigin, st.just("rda"), st.just("ABA001"), MAYBE, st.just("1998-05-03T00:00:00"), st.just("")
        ),
    )


def as_mods_holds(about: Description) -> Description:
    """What only MODS adds to a description: the volume's own UUID."""
    return replace(about, identifiers=(Identifier(IdentifierKind.UUID, VOLUME), *about.identifiers))


class TestOurOwnRecords:
    @given(about=records())
    @settings(max_examples=80, deadline=None)
    def test_come_back_whole(self, about: Description) -> None:
        assert back(about) == as_mods_holds(about)

    @given(about=descriptions())
    @settings(max_examples=40, deadline=None)
    def test_of_any_description_can_be_read(self, about: Description) -> None:
        assert back(about).title == line(clean(mods.title(about)))

    @pytest.mark.parametrize("case", described.CASES)
    def test_of_every_kind_keep_what_the_kind_may_say(self, case: str) -> None:
        about = described.about(case)
        found = back(about)
        for known in (
            "title",
            "subtitle",
            "part_number",
            "part_name",
            "non_sort",
            "year",
            "languages",
            "abstract",
        ):
            assert getattr(found, known) == getattr(about, known)
        # An issue has one statement for all places; its own is the first.
        assert found.place.split(" ; ")[0] == about.place
        assert [name.text for name in found.names] == [name.text for name in about.names]
        # A volume of a work looks like a whole one, unless its record says that the work has several.
        whole = VolumeKind.MONOGRAPH if about.kind is VolumeKind.MONOGRAPH_VOLUME else about.kind
        assert read_records(written(about))[0].kind in (about.kind, whole)

    @pytest.mark.parametrize("case", described.CASES)
    def test_reading_and_writing_again_changes_nothing(self, case: str) -> None:
        once = back(described.about(case))
        assert back(once) == once


class TestOthersRecords:
    def test_a_publisher_before_mods_3_8(self) -> None:
        about = read(
            "<m:originInfo><m:place><m:placeTerm type='code' authority='marccountry'>xr</m:placeTerm></m:place>"
            "<m:place><m:placeTerm type='text'>Praha</m:placeTerm></m:place><m:publisher>Topič</m:publisher>"
            "<m:dateIssued>1912</m:dateIssued><m:dateIssued encoding='marc' point='start'>1912</m:dateIssued>"
            "<m:dateIssued encoding='marc' point='end'>1913</m:dateIssued><m:issuance>monographic</m:issuance>"
            "</m:originInfo>"
        )
        assert (about.place, about.publisher, about.year, about.country) == ("Praha", "Topič", "1912", "xr")
        assert (about.date_start, about.date_end, about.issuance, about.origins) == ("1912", "1913", "monographic", ())

    def test_a_printer_and_a_copyright_before_rda(self) -> None:
        role = "<m:role><m:roleTerm>{}</m:roleTerm></m:role>"
        agents = "".join(
            f"<m:agent><m:namePart>{name}</m:namePart>{role.format(term)}</m:agent>"
            for name, term in (("Topič", "publisher"), ("Neubert", "manufacturer"))
        )
        about = read(
            f"<m:originInfo>{agents}<m:dateIssued>1912</m:dateIssued>"
            "<m:dateOther type='manufacture'>1913</m:dateOther><m:copyrightDate>1911</m:copyrightDate></m:originInfo>"
        )
        assert about.publisher == "Topič"
        assert about.origins == (
            Origin(OriginKind.MANUFACTURE, agents=("Neubert",), date="1913"),
            Origin(OriginKind.COPYRIGHT, date="1911"),
        )

    def test_what_mods_says_of_not_knowing_is_empty(self) -> None:
        about = read(
            "<m:originInfo eventType='publication'><m:dateIssued encoding='marc'>uuuu</m:dateIssued></m:originInfo>"
            "<m:language><m:languageTerm type='code' authority='iso639-2b'>und</m:languageTerm></m:language>"
        )
        assert (about.year, about.date_start, about.languages) == ("", "", ())

    def test_titles_names_and_maps(self) -> None:
        about = read(
            "<m:titleInfo type='alternative'><m:title>Povídky</m:title></m:titleInfo>"
            "<m:name type='personal' usage='primary'><m:namePart type='family'>Erben</m:namePart>"
            "<m:namePart type='given'>Karel</m:namePart><m:role><m:roleTerm type='code'>aut</m:roleTerm>"
            "<m:roleTerm type='text'>autor</m:roleTerm></m:role></m:name>"
            "<m:subject><m:cartographics><m:scale>1:75 000</m:scale></m:cartographics></m:subject>"
            "<m:note>první<!-- --> část</m:note>"
        )
        assert about.other_titles == (OtherTitle("alternative", "Povídky"),)
        assert about.names == (Name("Erben, Karel", family="Erben", given="Karel", roles=("aut",), primary=True),)
        assert (about.cartography, about.subjects, about.notes) == (Cartography("1:75 000"), (), ("první část",))

    def test_the_shelf_mark_of_another_library_is_not_ours(self) -> None:
        sigla = "<m:physicalLocation>ABA001</m:physicalLocation>"
        place = f"<m:location>{sigla}<m:shelfLocator>54</m:shelfLocator></m:location>"
        assert read(place).shelf_mark == ""
        assert read(place, Organisation("ABA001", "Národní knihovna")).shelf_mark == "54"

    def test_cancelled_and_wrong_identifiers_are_not_valid(self) -> None:
        about = read(
            "<m:identifier type='isbn' invalid='yes'>80-85605-10-4</m:identifier>"
            "<m:identifier type='isbn'>80-85605-10-3</m:identifier><m:identifier type='issn'>03178471</m:identifier>"
            "<m:identifier type='urnnbn'>URN:NBN:CZ:li001-000001</m:identifier>"
            "<m:identifier type='oclc'>1</m:identifier>"
        )
        assert [(each.kind.value, each.value, each.valid) for each in about.identifiers] == [
            ("isbn", "80-85605-10-4", False),
            ("isbn", "80-85605-10-3", False),
            ("issn", "0317-8471", True),
            ("urnnbn", "urn:nbn:cz:li001-000001", True),
        ]

    @pytest.mark.parametrize(
        ("inside", "kind"),
        [
            ("", VolumeKind.MONOGRAPH),
            ("<m:typeOfResource>cartographic</m:typeOfResource>", VolumeKind.MAP),
            ("<m:typeOfResource>still image</m:typeOfResource>", VolumeKind.GRAPHIC),
            ("<m:genre>sheetmusic</m:genre>", VolumeKind.SHEET_MUSIC),
            ("<m:originInfo><m:issuance>continuing</m:issuance></m:originInfo>", VolumeKind.ISSUE),
            ("<m:originInfo><m:issuance>multipart monograph</m:issuance></m:originInfo>", VolumeKind.MONOGRAPH_VOLUME),
        ],
    )
    def test_kinds(self, inside: str, kind: VolumeKind) -> None:
        assert read(inside).kind is kind

    @pytest.mark.parametrize("title", ["", "<titleInfo type='uniform'><title>Bible</title></titleInfo>"])
    def test_without_a_title_it_is_refused(self, title: str) -> None:
        found = read_records(f'<mods xmlns="http://www.loc.gov/mods/v3">{title}<note>x</note></mods>'.encode())[0]
        with pytest.raises(BadRecord, match="nemá název"):
            found.describe(LIBRARY)

    def test_another_library_s_title_is_listed_with_all_its_parts(self) -> None:
        root = parse(
            b'<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><nonSort>Der</nonSort><title>Tag</title>'
            b"<subTitle>Zeitung</subTitle><partNumber>2</partNumber></titleInfo></mods>"
        )
        assert mods_reading.title_line(root) == "Der Tag : Zeitung. 2"
