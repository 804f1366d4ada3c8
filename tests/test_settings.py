"""kdr.toml: what it says is what is done, and what it must not say is named."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.material import Material, usual
from metadata.problem import Problem
from metadata.wording import Tongue, wording
from tests.page_texts import MODEST
from workflows.settings import NAME, Home, PageRules, find_home, load

PLACE = '[[place]]\nname = "a"\npath = "store/a"\n'
TEMPLATES = {tongue: wording("workflows", "messages.toml").say("settings.template", tongue) for tongue in Tongue}


def home(folder: Path, content: str = PLACE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text(content, encoding="utf-8")
    return folder


def loaded(folder: Path, content: str = PLACE) -> Home:
    return load(home(folder, content))


def refused(folder: Path, content: str) -> str:
    with pytest.raises(Problem) as caught:
        loaded(folder, content)
    assert (caught.value.finding.code, caught.value.exit_code) == ("E005", 78)
    assert str(folder / NAME) in caught.value.finding.text()
    return str(caught.value.finding.facts["why"])


class TestValues:
    def test_everything_but_a_place_may_be_left_out(self, tmp_path: Path) -> None:
        found = loaded(tmp_path)
        assert found.settings.page == PageRules()
        assert found.settings.page.chooses_language
        assert found.settings.page.languages == ("ces",)
        assert [place.name for place in found.settings.place] == ["a"]

    def test_paths_are_relative_to_the_file(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, '[paths]\nwork = "../prace"\njournal = "/mnt/denik"\n' + PLACE)
        assert found.batches == tmp_path / "../prace/batches"
        assert found.journal == Path("/mnt/denik")
        assert found.catalogue == tmp_path / "catalogue" / "catalogue.db"

    def test_a_folder_without_the_ndk_schema_is_no_folder_of_schemas(self, tmp_path: Path) -> None:
        content = '[paths]\nschemas = "xsd"\n' + PLACE
        assert loaded(tmp_path, content).schemas is None
        (tmp_path / "xsd" / "ndk").mkdir(parents=True)
        (tmp_path / "xsd" / "ndk" / "ndk-combined.xsd").touch()
        assert loaded(tmp_path, content).schemas == tmp_path / "xsd"

    def test_the_digest_is_of_every_byte(self, tmp_path: Path) -> None:
        plain = loaded(tmp_path / "a")
        assert len(plain.digest) == 128
        assert plain.digest == loaded(tmp_path / "b").digest
        assert plain.digest != loaded(tmp_path / "c", PLACE + "\n").digest

    def test_a_byte_order_mark_is_no_key(self, tmp_path: Path) -> None:
        assert loaded(tmp_path, "\ufeff" + PLACE).settings.place[0].name == "a"

    @pytest.mark.parametrize("tongue", Tongue)
    @pytest.mark.parametrize("line", ['schemas = "/x"', '# schemas = "/x"'])
    def test_the_template_of_each_language_loads(self, tmp_path: Path, tongue: Tongue, line: str) -> None:
        found = loaded(tmp_path, TEMPLATES[tongue].replace("@schemas@", line))
        assert len(found.settings.place) == 2

    def test_both_templates_set_the_same(self) -> None:
        czech, english = (tomllib.loads(text.replace("@schemas@", "")) for text in TEMPLATES.values())
        assert czech == english

    def test_the_template_says_the_defaults(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, TEMPLATES[Tongue.EN].replace("@schemas@", "")).settings
        plain = loaded(tmp_path / "plain").settings
        for part in ("institution", "paths", "inbox", "page", "limits", "workers"):
            assert getattr(found, part) == getattr(plain, part), part


class TestQuality:
    """[quality.MATERIAL]: limits for one kind of originals."""

    def test_a_limit_holds_for_its_material_alone(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, "[quality.book]\nedge_mm = 0.25\nletters_at_side = 9\n" + PLACE).settings
        usual_book = loaded(tmp_path / "plain").settings.thresholds(Material.BOOK)
        assert found.thresholds(Material.BOOK) == replace(usual_book, edge_mm=0.25, letters_at_side=9)
        assert found.thresholds(Material.PHOTOGRAPH) == usual(Material.PHOTOGRAPH)

    @pytest.mark.parametrize("material", Material)
    def test_where_nothing_is_said_the_usual_limits_hold(self, tmp_path: Path, material: Material) -> None:
        assert loaded(tmp_path).settings.thresholds(material) == usual(material)


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "key"),
        [
            ("[page]\nocr_dpj = 300\n", "page.ocr_dpj"),
            ("[strana]\nocr_dpi = 300\n", "strana"),
            ("[page]\nocr_dpi = 100\n", "page.ocr_dpi"),
            ("[page]\nuser_copy_ratio = 5\n", "page.user_copy_ratio"),
            ('[page]\nencoder = "kakadu"\n', "page.encoder"),
            ('[page]\nlanguage = "klingon"\n', "page.language"),
            ('[page]\nusual_language = "auto"\n', "page.usual_language"),
            ('[page]\ncrop = "print only"\n', "page.crop"),
            ('[page]\nspelling = "modern"\n', "page.spelling"),
            ('[page]\nsplit = "left"\n', "page.split"),
            ("[quality.kniha]\nedge_mm = 0.3\n", "quality.kniha"),
            ("[quality.book]\nedge_mm = nan\n", "quality.book.edge_mm"),
            ("[quality.book]\nmotion = -1\n", "quality.book.motion"),
            ("[quality.book]\nleast_jpeg = inf\n", "quality.book.least_jpeg"),
            ("[quality.book]\nletters_at_side = 0.5\n", "quality"),
            ("[quality.book]\nleast_jpeg = 0.5\n[quality.map]\nleast_jpeg = 5\n", "quality"),
            ('[quality.book]\nedge_mm = "málo"\n', "quality.book.edge_mm"),
            ("[inbox]\nsettle_seconds = -1\n", "inbox.settle_seconds"),
            ("[limits]\nmemory_mb = 1\n", "limits.memory_mb"),
            ('[institution]\nsigla = "ABC"\n', "institution.sigla"),
            ("[workers]\ncount = 'two'\n", "workers.count"),
        ],
    )
    def test_a_wrong_key_or_value_is_named(self, tmp_path: Path, content: str, key: str) -> None:
        assert refused(tmp_path, content + PLACE).startswith(f"{key}: ")

    @given(key=st.from_regex(r"[a-z_]{1,12}", fullmatch=True).filter(lambda k: k not in PageRules.model_fields))
    @MODEST
    def test_no_unknown_key_is_passed_over(self, tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
        assert f"page.{key}" in refused(tmp_path_factory.mktemp("h"), f"[page]\n{key} = 1\n{PLACE}")

    def test_a_limit_that_is_none_is_named_with_those_that_are(self, tmp_path: Path) -> None:
        why = refused(tmp_path, "[quality.map]\nsharpness = 3\n" + PLACE)
        assert "sharpness" in why
        assert "clipped" in why
        assert "edge_mm" in why

    def test_every_mistake_is_named_at_once(self, tmp_path: Path) -> None:
        why = refused(tmp_path, "[page]\nocr_dpi = 1\n[limits]\nseconds = 0\n" + PLACE)
        assert "page.ocr_dpi" in why
        assert "limits.seconds" in why

    @pytest.mark.parametrize(
        "content", ["", "place = []\n", PLACE + '[[place]]\nname = "Větší disk"\npath = "b"\n', "[page\n"]
    )
    def test_no_place_a_strange_name_and_no_toml(self, tmp_path: Path, content: str) -> None:
        assert refused(tmp_path, content)

    @pytest.mark.parametrize("second", ['name = "a"\npath = "store/b"\n', 'name = "b"\npath = "store/./a"\n'])
    def test_two_places_are_never_one(self, tmp_path: Path, second: str) -> None:
        assert refused(tmp_path, f"{PLACE}[[place]]\n{second}").startswith("place: ")

    def test_letters_that_are_no_utf_8(self, tmp_path: Path) -> None:
        home(tmp_path)
        (tmp_path / NAME).write_bytes(PLACE.encode() + '# "Větší"\n'.encode("cp1250"))
        with pytest.raises(Problem, match="E005"):
            load(tmp_path)


class TestWhere:
    def test_what_is_given_stands_above_the_variable_and_that_above_the_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        given, variable, here = (home(tmp_path / name) for name in ("given", "variable", "here"))
        monkeypatch.chdir(here)
        monkeypatch.setenv("KDR_HOME", str(variable))
        assert find_home(given) == given
        assert find_home(None) == variable
        monkeypatch.delenv("KDR_HOME")
        assert find_home(None) == here

    def test_the_nearest_folder_above_is_found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("KDR_HOME", raising=False)
        inner = home(home(tmp_path) / "inner")
        deep = inner / "work" / "batches"
        deep.mkdir(parents=True)
        monkeypatch.chdir(deep)
        assert find_home(None) == inner

    def test_a_wish_that_is_none_is_not_replaced_by_another(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(home(tmp_path))
        monkeypatch.setenv("KDR_HOME", str(tmp_path / "none"))
        for wish in (tmp_path / "nowhere", None):
            with pytest.raises(Problem) as caught:
                find_home(wish)
            assert (caught.value.finding.code, caught.value.exit_code) == ("E006", 66)
            assert caught.value.finding.subject == str(wish or tmp_path / "none")
