"""A mistake in volume.toml or kdr.toml is told in the reader's language, with its key and what to write instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.sidecar import read_sidecar
from metadata.problem import Problem
from metadata.table_fault import faults_told, too_large
from workflows.settings import NAME, load


class Inner(BaseModel):
    """A table in a table."""

    model_config = ConfigDict(extra="forbid")
    number: int = Field(default=1, ge=1, le=9)
    on: bool = False


class Table(BaseModel):
    """A table as people write it."""

    model_config = ConfigDict(extra="forbid")
    title: str = Field(default="", max_length=5)
    names: list[str] = Field(default_factory=list)
    kind: Literal["map", "issue"] = "map"
    share: float = Field(default=1.0, gt=0)
    code: str = Field(default="A1", pattern="^[A-Z][0-9]$")
    inner: Inner = Inner()


def said(table: object) -> str:
    """What is told of a table that is wrong."""
    with pytest.raises(ValidationError) as caught:
        Table.model_validate(table)
    return faults_told(caught.value.errors(), Table.model_fields)


def refused(folder: Path, content: str | bytes) -> str:
    """What is told of a volume.toml that cannot be used."""
    file = folder / "volume.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what the tests look at
        read_sidecar(file)
    return str(caught.value)


class TestTable:
    @pytest.mark.parametrize(
        ("table", "told"),
        [
            ({"titel": "x"}, "titel: neznámý klíč; nemyslíte „title“?"),
            ({"Title": "x"}, "Title: neznámý klíč; nemyslíte „title“?"),
            ({"barva": "x"}, "barva: neznámý klíč"),
            ({"title": 1934}, "title: má to být text v uvozovkách, ne 1934"),
            ({"title": "dlouhý"}, "title: nejvýše 5 znaků nebo položek"),
            ({"names": "Jan"}, "names: má to být seznam v hranatých závorkách"),
            ({"kind": "kniha"}, "kind: \"kniha\" nelze; možné jsou: 'map', 'issue'"),
            ({"share": 0}, "share: má být větší než 0"),
            ({"code": "b"}, 'code: "b" nemá správný tvar (^[A-Z][0-9]$)'),
            ({"inner": 3}, 'inner: má to být tabulka: {klíč = "…"}'),
            ({"inner": {"number": "mnoho"}}, 'inner.number: má to být číslo, ne "mnoho"'),
            ({"inner": {"number": 0}}, "inner.number: 0 je málo, nejméně 1"),
            ({"inner": {"number": 10}}, "inner.number: 10 je mnoho, nejvýše 9"),
            ({"inner": {"on": "možná"}}, 'inner.on: má to být true nebo false, ne "možná"'),
        ],
    )
    def test_each_fault_with_its_key(self, table: object, told: str) -> None:
        assert said(table).startswith(told)

    def test_all_faults_are_told_at_once(self) -> None:
        assert said({"title": 1, "names": "Jan"}).count("; ") == 1

    def test_in_english(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KDR_LANGUAGE", "en")
        assert said({"titel": "x"}) == "titel: unknown key; do you mean “title”?"
        assert too_large(5) == "the file is larger than 5 bytes"

    @given(st.dictionaries(st.sampled_from([*Table.model_fields, "x"]), st.text() | st.integers() | st.none()))
    @settings(max_examples=60, deadline=None)
    def test_whatever_stands_there_every_wrong_key_is_named(self, table: dict[str, object]) -> None:
        wrong = []
        try:
            Table.model_validate(table)
        except ValidationError as error:
            wrong = error.errors()
        told = faults_told(wrong, Table.model_fields)
        assert all(str(fault["loc"][0]) in told for fault in wrong)
        assert "Input should" not in told


class TestVolumeToml:
    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ('language = "cs"', 'language: "cs" není kód jazyka'),
            ('institution = {sigla = "MUZ", name = "x"}', 'institution.sigla: "MUZ" není sigla knihovny'),
            ('identifiers = {urnnbn = "li001-1"}', 'identifiers: "li001-1" není urnnbn; píše se např. "urn:nbn:cz:'),
            ('[rights]\nembargo = "31.12.2030"', 'rights.embargo: "31.12.2030" není datum'),
            ("[record]", "record: zapište právě jedno z čísel system, barcode"),
            ('type = "map"\n[periodical]', "[periodical] nepatří k typu map"),
            ('title = "a', "není to správné TOML"),
            ('title = "ř"'.encode("cp1250"), "soubor není v UTF-8; uložte jej"),
        ],
    )
    def test_says_what_to_write(self, tmp_path: Path, content: str | bytes, told: str) -> None:
        assert refused(tmp_path, content).startswith(told)


@pytest.mark.parametrize(
    ("content", "told"),
    [("[urnbn]\nkind = 'none'", "urnbn: neznámý klíč; nemyslíte „urnnbn“?"), ("a = ", "není to správné TOML")],
)
def test_kdr_toml_too(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / NAME).write_text(content, encoding="utf-8")
    with pytest.raises(Problem) as caught:
        load(tmp_path)
    assert told in json.dumps(caught.value.finding.facts, ensure_ascii=False)
