"""The standard's metadata profiles in our notation: what they say, what they find, and that the fDMF says the same."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from metadata.elements import DC, METS, MODS, OAI_DC
from metadata.lists import LISTS, codes
from metadata.markup import Element, parse
from metadata.ndk.check.complaint import Complaint, Level, rules
from metadata.ndk.check.content import is_isbn, is_issn, read_content
from metadata.ndk.check.notation import FAMILIES, Line, Notation, add_notation, notation
from metadata.ndk.check.record_profile import complaints, profile, profiles
from metadata.wording import Tongue, wording
from tests.fdmf import Rules
from tests.grown_records import damaged, fitting, grown

UUID = "30d8f898-c91b-4d47-a1cf-a01e9910651c"
PAGE = "BIBLIOGRAPHIC_METADATA_MATCH_PROFILE_PAGE"
DICTIONARIES = {
    "sigla": "siglaInstitutionCodes",
    "relators": "marcRelatorCodes",
    "languages": "iso6392languageCodes",
    "countries": "iso31661Alpha2languageCodes",
}
VERSIONS = ("monograph_2.2", "periodical_2.1")
EVERY = [(dmf, name) for dmf in VERSIONS for name in profiles(dmf)]

# The fDMF asks a supplement's printer for an attribute that it does not list (periodical 2.1, supplement_aacr2).
UNAVOIDABLE = {("WARNING", "/ns0:mods/ns0:originInfo[2]/@transliteration")}


def told(root: Element, name: str = "mods/page_rda", dmf: str = "monograph_2.2") -> list[Complaint]:
    """What the profile has to say against the record."""
    return list(complaints(root, profile(dmf, name), PAGE, "mets_x.xml"))


def levels(found: list[Complaint]) -> list[tuple[str, str]]:
    """How bad, and where."""
    return [(each.level, each.xpath) for each in found]


def page(*more: Element) -> Element:
    """The least MODS of a page that the standard accepts, and more."""
    identifier, genre = MODS("identifier", UUID, type="uuid"), MODS("genre", "page", type="normalPage")
    return MODS("mods", identifier, genre, *more, ID="MODS_PAGE_0001")


class TestRecords:
    def test_the_least_page_is_right(self) -> None:
        assert told(page()) == []

    def test_a_page_with_everything_that_a_reader_wants(self) -> None:
        number = MODS("detail", MODS("number", "[12]"), type="pageNumber")
        extent = MODS("extent", MODS("start", "[12]"), unit="pages")
        index = MODS("part", MODS("detail", MODS("number", "12"), type="pageIndex"))
        assert told(page(MODS("part", number, extent, type="normalPage"), index, MODS("note", "left"))) == []

    def test_a_missing_element_is_an_error_where_it_should_be(self) -> None:
        (found,) = told(MODS("mods", MODS("genre", "page", type="blank"), ID="MODS_PAGE_0001"))
        assert (found.level, found.xpath, found.file) == (Level.ERROR, "/mods:mods", "mets_x.xml")
        assert "chybí povinný element mods:identifier[@type='uuid']" in found.text()
        assert "mods:identifier[@type='uuid'] is missing" in found.text(Tongue.EN)

    def test_a_missing_attribute_is_an_error(self) -> None:
        record = page()
        del record.attrib["ID"]
        (found,) = told(record)
        assert (found.level, found.xpath) == (Level.ERROR, "/mods:mods")
        assert "atribut ID" in found.text()

    def test_a_wrong_value_is_an_error_and_told_with_what_is_wanted(self) -> None:
        (found,) = told(page(MODS("note", "vlevo")))
        assert (found.level, found.xpath) == (Level.ERROR, "/mods:mods/mods:note")
        assert "„vlevo“" in found.text()
        assert "right | left | singlePage" in found.text()

    def test_a_wrong_attribute_is_named(self) -> None:
        record = page()
        record.set("ID", "MODS_PAGE_1")
        assert levels(told(record)) == [("ERROR", "/mods:mods/@ID")]

    def test_contents_with_a_name_are_told_in_words(self) -> None:
        record = page()
        record[0].text = "tohle"
        (found,) = told(record)
        assert "má tu být: UUID bez předpony" in found.text()
        assert "wanted: a UUID without prefix" in found.text(Tongue.EN)
        assert found.facts["wanted"] == "<uuid>"

    def test_what_the_standard_does_not_know_is_a_warning(self) -> None:
        record = page(MODS("abstract", "děj"))
        record[1].set("lang", "cze")
        assert levels(told(record)) == [
            ("WARNING", "/mods:mods/mods:genre/@lang"),
            ("WARNING", "/mods:mods/mods:abstract"),
        ]

    def test_an_attribute_of_another_namespace_is_shown_as_written(self) -> None:
        record = parse(
            b'<mods:mods xmlns:mods="http://www.loc.gov/mods/v3" xmlns:x="http://x/" ID="MODS_PAGE_0001" x:y="1">'
            b'<mods:identifier type="uuid">30d8f898-c91b-4d47-a1cf-a01e9910651c</mods:identifier>'
            b'<mods:genre type="blank">page</mods:genre></mods:mods>'
        )
        assert levels(told(record)) == [("WARNING", "/mods:mods/@x:y")]

    def test_what_is_only_recommended_is_a_warning(self) -> None:
        record = page()
        record[1].set("type", "mapa")
        assert levels(told(record)) == [("ERROR", "/mods:mods/mods:genre/@type")]
        (found,) = told(record, dmf="periodical_2.1")
        assert found.level is Level.WARNING
        assert "není doporučená" in found.text()

    def test_a_second_of_what_must_be_alone_is_an_error_of_its_own(self) -> None:
        record = grown(profile("monograph_2.2", "premis_event"))
        event = next(record.iter("{info:lc/xmlns/premis-v2}eventType"))
        event.addnext(etree.fromstring(etree.tostring(event)))
        (found,) = told(record, "premis_event")
        assert found.level is Level.ERROR
        assert found.xpath.endswith("[2]")
        assert "jen jednou" in found.text()

    @pytest.mark.parametrize("text", ["", " ", "\n  "])
    def test_blanks_are_no_content(self, text: str) -> None:
        (found,) = told(page(MODS("titleInfo", MODS("title", text))))
        assert (found.level, found.xpath) == (Level.ERROR, "/mods:mods/mods:titleInfo/mods:title")
        assert "prázdná" in found.text()

    def test_comments_and_instructions_are_nobody(self) -> None:
        record = page()
        record.insert(0, etree.Comment("viděl"))
        record.append(etree.ProcessingInstruction("co", "to"))
        title = MODS("title", "Spo")
        comment = etree.Comment("čti")
        comment.tail = "lek"
        title.append(comment)
        record.append(MODS("titleInfo", title))
        assert told(record) == []

    def test_the_place_is_that_within_the_whole_document(self) -> None:
        wrap = METS("xmlData", page(MODS("note", "vlevo")))
        document = METS("mets", METS("dmdSec"), METS("dmdSec", METS("mdWrap", wrap)))
        (found,) = told(wrap[0])
        assert found.xpath == "/mets:mets/mets:dmdSec[2]/mets:mdWrap/mets:xmlData/mods:mods/mods:note"
        (place,) = document.xpath(found.xpath, namespaces={"mets": METS.uri, "mods": MODS.uri})
        assert place.text == "vlevo"

    def test_another_root_is_one_error(self) -> None:
        (found,) = told(OAI_DC("dc", DC("title", "Spolek")))
        assert (found.level, found.xpath) == (Level.ERROR, "/oai_dc:dc")
        assert "kořenový element je oai_dc:dc, má být mods:mods" in found.text()

    def test_one_of_two_events_is_enough_but_one_there_must_be(self) -> None:
        record = grown(profile("monograph_2.2", "mods/volume_singlevolume_rda"))
        for event in list(record.iter(MODS.tag("originInfo"))):
            if event.get("eventType") in ("publication", "production"):
                record.remove(event)
        (found,) = told(record, "mods/volume_singlevolume_rda")
        assert "aspoň jednou mods:originInfo" in found.text()

    def test_two_languages_in_one_are_one_too_many(self) -> None:
        record = grown(profile("monograph_2.2", "mods/volume_graphic_rda"))
        term = next(record.iter(MODS.tag("languageTerm")))
        term.addnext(MODS("languageTerm", "ger", type="code", authority="iso639-2b"))
        (found,) = told(record, "mods/volume_graphic_rda")
        assert found.xpath == "/ns0:mods/ns0:language"
        assert "at most once" in found.text(Tongue.EN)

    def test_the_header_of_a_periodical_is_not_that_of_a_monograph(self) -> None:
        record = grown(profile("periodical_2.1", "primary_mets_header"))
        assert record.get("TYPE") == "Periodical"
        assert [each.xpath for each in told(record, "primary_mets_header")] == ["/ns0:mets/@TYPE"]


class TestProfiles:
    @pytest.mark.parametrize(("dmf", "name"), EVERY)
    def test_a_record_with_everything_that_a_profile_knows_is_right(self, dmf: str, name: str) -> None:
        found = levels(told(grown(profile(dmf, name)), name, dmf))
        assert [each for each in found if each not in UNAVOIDABLE] == []

    @pytest.mark.parametrize(("dmf", "name"), EVERY)
    def test_no_profile_lets_just_anything_pass(self, dmf: str, name: str) -> None:
        empty: Element = etree.Element(profile(dmf, name).root.tag, strange="1")
        found = Counter(each.level for each in told(empty, name, dmf))
        assert found[Level.ERROR] >= 1
        assert found[Level.WARNING] == 1

    def test_there_are_as_many_as_the_standard_has(self) -> None:
        assert {dmf: len(profiles(dmf)) for dmf in VERSIONS} == {"monograph_2.2": 50, "periodical_2.1": 38}
        assert len({*profiles("monograph_2.2"), *profiles("periodical_2.1")}) == 62

    @pytest.mark.parametrize(("newer", "known"), [("monograph_2.3", "monograph_2.2"), ("periodical_2.2", VERSIONS[1])])
    def test_newer_versions_keep_the_profiles(self, newer: str, known: str) -> None:
        assert profiles(newer) == profiles(known)
        assert told(page(), dmf=newer) == told(page(), dmf=known) == []

    def test_what_is_not_there_is_said(self) -> None:
        with pytest.raises(KeyError):
            profile("monograph_1.4", "mods/page_rda")
        with pytest.raises(KeyError):
            profile("monograph_2.2", "mods/issue_rda")

    def test_every_content_with_a_name_has_words(self) -> None:
        words = wording("metadata.ndk.check", "details_profiles.toml").sentences
        for family in FAMILIES:
            known = notation(family).contents
            assert {f"content_{name}" for name in (*known, *LISTS, "text", "isbn", "issn")} <= set(words)

    def test_every_complaint_can_be_said_in_both_languages(self) -> None:
        record = page(MODS("abstract", "děj"), MODS("note", ""), MODS("note", "x"))
        for rule in (each for each in rules() if each.endswith("_PROFILE") or "_MATCH_PROFILE_" in each):
            found = list(complaints(record, profile("monograph_2.2", "mods/page_rda"), rule, "x"))
            assert len(found) == 3
            assert all(each.text(tongue) for each in found for tongue in Tongue)
            assert not [each for each in found if each.text() == each.text(Tongue.EN)]


class TestContents:
    @pytest.mark.parametrize(
        "text", ["978-83-226-2105-9", "ISBN 978 83 226 2105 9", "ISBN-13: 9788322621059", "83-226-2105-1", "080442957X"]
    )
    def test_an_isbn_with_its_check_digit(self, text: str) -> None:
        assert is_isbn(text)

    @pytest.mark.parametrize(
        "text", ["978-83-226-2105-8", "83-226-2105-2", "080442957x", "12345", "", "ISBN", "X" * 10]
    )
    def test_what_is_no_isbn(self, text: str) -> None:
        assert not is_isbn(text)

    @given(st.integers(0, 10**12 - 1), st.integers(1, 9))
    @settings(max_examples=40)
    def test_one_wrong_digit_of_an_isbn_is_seen(self, number: int, by: int) -> None:
        digits = f"978{number:012}"[:12]
        total = sum(int(sign) * (3 if place % 2 else 1) for place, sign in enumerate(digits))
        last = -total % 10
        assert is_isbn(f"{digits}{last}")
        assert not is_isbn(f"{digits}{(last + by) % 10}")

    def test_an_issn_with_its_check_digit(self) -> None:
        assert [
            is_issn(text) for text in ("2307-7301", "ISSN: 23077301", "2307-7302", "2307-730", "x", "2434-561X")
        ] == [
            True,
            True,
            False,
            False,
            False,
            True,
        ]

    def test_choices_of_every_sort(self) -> None:
        content = read_content("~ a b | /[0-9]+/ | <countries> | <half>", {"half": "1/2 | /x+/"})
        assert content.recommended
        assert content.said == "a b | /[0-9]+/ | <countries> | <half>"
        assert all(content.fits(text) for text in ("a b", "007", "CZ", "1/2", "xx"))
        assert not any(content.fits(text) for text in ("a", "7a", "cz", "half", "<half>", " a b", "٣"))

    def test_a_content_that_nobody_defined(self) -> None:
        with pytest.raises(KeyError):
            read_content("<nothing>", {})

    @given(st.text(max_size=12))
    @settings(max_examples=50)
    def test_any_text_is_text_and_itself_only(self, text: str) -> None:
        assert read_content("<text>", {}).fits(text)
        assert read_content("kus", {}).fits(text) == (text == "kus")


NAMES = st.from_regex(r"[a-z]{1,3}(\[@t='[a-z ]{1,3}'\])?|@[a-z]{1,3}", fullmatch=True)
LINES = st.tuples(NAMES, st.sampled_from("1?+*"), st.sampled_from(["", "<text>", "a b | c", "~ /[0-9] ?/ | x"]))
Tree = dict[tuple[str, str, str], Any]
"""Lines, each with those under it."""
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.dictionaries(LINES, st.just({}), max_size=3),
    lambda inner: st.dictionaries(LINES, inner, max_size=3),
    max_leaves=8,
)


def written(tree: Tree, depth: int) -> str:
    """The lines of a tree, in the notation."""
    return "".join(
        f"{'  ' * depth}{' '.join(part for part in line if part)}\n{written(inner, depth + 1)}"
        for line, inner in tree.items()
    )


def expected(tree: Tree) -> dict[str, Line]:
    """The same tree as it should be read, names without prefix being of `p`."""
    keys = {line: line[0] if line[0].startswith("@") else f"p:{line[0]}" for line in tree}
    return {keys[line]: Line(keys[line], line[1], line[2], expected(inner)) for line, inner in tree.items()}


def once(tree: Tree) -> bool:
    """Whether no name stands twice beside itself."""
    return len({line[0] for line in tree}) == len(tree) and all(once(inner) for inner in tree.values())


def read(text: str, family: str = "monograph") -> Notation:
    """What a file of profiles says."""
    known = Notation()
    add_notation(known, f"prefix p http://p\n{text}", family)
    return known


class TestNotation:
    @given(TREES.filter(once))
    @settings(max_examples=60)
    def test_what_is_written_is_read(self, tree: Tree) -> None:
        text = f"fragment f\n{written(tree, 1)}profile one\n  root 1\n    use f\n"
        assert read(text).profiles["one"].inner == expected(tree)

    def test_a_profile_like_another_says_only_what_differs(self) -> None:
        known = read(
            "profile first\n  root 1\n    a + <text>\n      @x 1 <text>\n      b *\n    c ?\n    at least one p:c\n"
            "profile second third like first\n  root 1\n"
            "    - c\n    - at least one p:c\n    a ?\n      - b\n    d 1 x\n"
        )
        second = known.profiles["second"]
        assert second is known.profiles["third"]
        assert list(second.inner) == ["p:a", "p:d"]
        assert second.inner["p:a"] == Line("p:a", "?", "", {"@x": Line("@x", "1", "<text>")})
        assert list(known.profiles["first"].inner) == ["p:a", "p:c", "at least one p:c"]

    def test_a_family_reads_only_what_is_meant_for_it(self) -> None:
        text = "dmf monograph\ncontent kind = kniha\ndmf periodical\ncontent kind = noviny\ndmf both\ncontent two = 2\n"
        assert read(text).contents == {"kind": "kniha", "two": "2"}
        assert read(text, "periodical").contents == {"kind": "noviny", "two": "2"}

    @pytest.mark.parametrize(
        "text",
        [
            "chapter one",
            "profile a\n  root 1\n      deep 1",
            "profile a\n   root 1",
            "profile a\n  root 1\n    title",
            "profile a\n  root 1\n    title 2 <text>",
            "profile a\n  root 1\n    use nothing",
            "profile a\n  root 1\n    b 1\n    b ?",
            "profile a\n  root 1\n  second 1",
            "profile a",
            "profile a like b\n  root 1",
            "profile a\n  root 1\nprofile b like a\n  root 1\n    - c",
        ],
    )
    def test_what_is_not_in_the_notation_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"\w"):
            read(text)


class TestLists:
    def test_the_lists_hold_what_everybody_knows(self) -> None:
        assert {name: len(codes(name)) for name in LISTS} == {
            "countries": 249,
            "languages": 506,
            "relators": 268,
            "sigla": 8023,
        }
        assert "CZ" in codes("countries")
        assert {"cze", "ger", "slo"} <= codes("languages")
        assert {"aut", "ill", "trl"} <= codes("relators")
        assert {"LIA001", "ABA001", "BOA001"} <= codes("sigla")

    def test_each_code_has_the_form_of_its_list(self) -> None:
        assert all(re.fullmatch("[A-Z]{2}", code) for code in codes("countries"))
        assert all(re.fullmatch("[A-Z]{3}[0-9]{3}", code) for code in codes("sigla"))
        assert all(re.fullmatch("[a-z]{3}", code) for code in codes("relators"))

    def test_there_is_no_other_list(self) -> None:
        with pytest.raises(KeyError):
            codes("../complaint.py")

    @pytest.mark.parametrize("name", LISTS)
    def test_each_list_is_the_dictionary(self, schemas: Path, name: str) -> None:
        path = schemas / "ndk" / "fdmf" / "dictionaries" / f"{DICTIONARIES[name]}.dict"
        lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
        assert codes(name) == {line for line in lines if line and not line.startswith("#")}


@cache
def patterns(fdmf: Path) -> tuple[str, ...]:
    """Every regular expression that the fDMF's profiles use."""
    found = {
        (each.text or "").replace("(?<", "(?P<")
        for path in sorted(fdmf.glob("*/*Profiles/**/*.xml"))
        for each in parse(path.read_bytes()).iter("{http://www.nkp.cz/pspValidator/2.5/metadataProfile}regexp")
    }
    # A look-ahead is nothing that texts can be made from.
    return tuple(sorted(pattern for pattern in found if "(?=" not in pattern))


def theirs(fdmf: Path, dmf: str, name: str, root: Element) -> Counter[tuple[str, str]]:
    """The verdict of the fDMF's own file on a record: how bad, where, how often."""
    path = next((fdmf / dmf).glob(f"*Profiles/{name}.xml"))
    rules = Rules(fdmf / dmf)
    said = rules.verdicts(str(path.relative_to(fdmf / dmf)).removesuffix(".xml"), root)
    return Counter((level.upper(), place) for level, place, _ in said if not stricter(place))


def ours(dmf: str, name: str, root: Element) -> Counter[tuple[str, str]]:
    """The same of ours."""
    return Counter((str(each.level), each.xpath) for each in told(root, name, dmf) if not stricter(each.xpath))


def stricter(place: str) -> bool:
    """Where we demand the standard's word, and the fDMF writes it so that its validator takes anything."""
    return place.endswith((":mets/@TYPE", ":relationshipType")) or ":relationshipType[" in place


class TestLikeTheNationalLibrary:
    """Nobody but the fDMF itself decides whether our profiles say what the standard says."""

    def test_every_profile_is_there_and_no_other(self, schemas: Path) -> None:
        fdmf = schemas / "ndk" / "fdmf"
        for dmf in VERSIONS:
            paths = (path for path in (fdmf / dmf).glob("*Profiles/**/*.xml") if "binary" not in str(path))
            names = {"/".join(path.relative_to(fdmf / dmf).with_suffix("").parts[1:]) for path in paths}
            assert set(profiles(dmf)) == names

    def test_every_rule_is_one_of_its_own(self, schemas: Path) -> None:
        files = [(schemas / "ndk" / "fdmf" / dmf / "rules.xml").read_text(encoding="utf-8") for dmf in VERSIONS]
        known = set(re.findall(r'rule name="(\w*_PROFILE(?:_\w+)?)"', "".join(files)))
        assert known == set(wording("metadata.ndk.check", "rules_profiles.toml").sentences)

    @pytest.mark.parametrize(("dmf", "name"), EVERY)
    def test_damaged_everywhere_it_is_judged_alike(self, schemas: Path, dmf: str, name: str) -> None:
        fdmf = schemas / "ndk" / "fdmf"
        record = grown(profile(dmf, name))
        assert set(theirs(fdmf, dmf, name, record)) <= UNAVOIDABLE
        found = 0
        for each in damaged(record):
            verdict = ours(dmf, name, each)
            assert verdict == theirs(fdmf, dmf, name, each)
            found += len(verdict)
        assert found > 10

    @given(data=st.data())
    @settings(max_examples=150)
    def test_damaged_at_random_it_is_judged_alike(self, schemas: Path, data: st.DataObject) -> None:
        fdmf = schemas / "ndk" / "fdmf"
        dmf, name = data.draw(st.sampled_from(EVERY))
        record = grown(profile(dmf, name))
        entries = [profile(dmf, name).root]
        for entry in entries:
            entries += entry.children
        words = sorted({word for entry in entries if entry.content for word in entry.content.values})
        like = st.sampled_from(patterns(fdmf)).flatmap(
            lambda pattern: st.from_regex(pattern.strip("^$"), fullmatch=True)
        )
        text = st.one_of(
            st.sampled_from([*words, "x", " ", "ISBN 8322621051", "ISBN-10 8322621051", "2307-7302"]), like
        )
        for _ in range(data.draw(st.integers(1, 4))):
            damage(data, record, text)
        assert ours(dmf, name, record) == theirs(fdmf, dmf, name, record)

    @pytest.mark.parametrize("dmf", VERSIONS)
    def test_the_example_packages_are_judged_alike(self, schemas: Path, dmf: str) -> None:
        folder = schemas / "ndk" / "examples" / f"{dmf}_minimal"
        main = parse(next(folder.glob("mets_*.xml")).read_bytes())
        amd = parse(next((folder / "amdsec").glob("*.xml")).read_bytes())
        records = [("primary_mets_header", main), ("secondary_mets_header", amd)]
        records += [(_technical(each), each) for tag in ("techMD", "digiprovMD") for each in amd.iter(METS.tag(tag))]
        records += [("mods/page_rda", each) for each in main.iter(MODS.tag("mods")) if "PAGE" in each.get("ID", "")]
        assert len(records) > 12
        for name, root in records:
            assert ours(dmf, name, root) == theirs(schemas / "ndk" / "fdmf", dmf, name, root) == Counter()


def _technical(section: Element) -> str:
    names = {"OBJ_001": "premis_object_ps", "OBJ_002": "premis_object_mc", "OBJ_003": "premis_object_alto"}
    names |= {"MIX_001": "mix_ps", "MIX_002": "mix_mc", "EVT": "premis_event", "AGENT": "premis_agent"}
    identifier = section.get("ID", "")
    return names.get(identifier) or names[identifier.partition("_")[0]]


def damage(data: st.DataObject, record: Element, text: st.SearchStrategy[str]) -> None:
    """One element of the record dropped, doubled, renamed or given another text or attribute, as hypothesis likes."""
    places = [each for each in record.iter() if each.getparent() is not None]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    parent = place.getparent()
    assert parent is not None
    names = [str(name) for name in place.attrib] + ["type", "strange"]
    match data.draw(st.sampled_from(["drop", "double", "rename", "text", "attribute", "bare"])):
        case "drop":
            parent.remove(place)
        case "double":
            place.addnext(etree.fromstring(etree.tostring(place)))
        case "rename":
            place.tag = data.draw(st.sampled_from([each.tag for each in places]))
        case "text":
            place.text = data.draw(text)
        case "attribute":
            place.set(data.draw(st.sampled_from(names)), data.draw(text))
        case "bare":
            place.attrib.clear()


def test_what_fits_a_content_is_found_for_each_of_them() -> None:
    for family in FAMILIES:
        known = notation(family).contents
        assert all(fitting(read_content(f"<{name}>", known)) for name in known)
