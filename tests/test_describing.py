"""A volume is described by its one catalogue record, lying beside it or looked up; never by a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.describing import Catalogues
from ingest.sidecar import Sidecar
from ingest.source.query import Hits, Key, RecordSource
from metadata.catalogue_record import CatalogueRecord, read_records
from metadata.description import Organisation, VolumeKind
from metadata.problem import Problem

LIBRARY = Organisation("LIA001", "Krajská vědecká knihovna v Liberci")
RECORD = """<record xmlns="http://www.loc.gov/MARC21/slim"><leader>     nam a22     2i 4500</leader>
<controlfield tag="001">{number}</controlfield>
<controlfield tag="008">200101s1934    xr            000 0 cze  </controlfield>
<datafield tag="245" ind1="1" ind2="0"><subfield code="a">{title}</subfield></datafield></record>"""


def record(number: str = "n1", title: str = "Žluťoučký kůň") -> bytes:
    """A MARCXML record made up for tests."""
    return RECORD.format(number=number, title=title).encode()


class Shelf:
    """A catalogue made up for tests."""

    name = "police"

    def __init__(self, *records: bytes, total: int = -1) -> None:
        self.records = tuple(found for each in records for found in read_records(each))
        self.total = len(self.records) if total < 0 else total
        self.asked: list[Key] = []

    def find(self, key: Key) -> Hits:
        """All of it, whatever is asked."""
        self.asked.append(key)
        return Hits(self.records, self.total)


def catalogues(batch: Path, shelf: RecordSource | Problem, *names: str) -> Catalogues:
    """The look-up of a batch whose every source is `shelf`."""

    def load(name: str) -> RecordSource:
        if isinstance(shelf, Problem) or name not in names:
            raise shelf if isinstance(shelf, Problem) else Problem("C006", name or "?", known=", ".join(names) or "-")
        return shelf

    return Catalogues(names, load, LIBRARY, batch)


def wish(**table: str) -> Sidecar:
    """volume.toml with a [record]."""
    return Sidecar.model_validate({"record": table})


class TestLookedUp:
    def test_the_one_hit_describes_the_volume_and_is_kept_untouched(self, tmp_path: Path) -> None:
        shelf = Shelf(record())
        found = catalogues(tmp_path, shelf, "police")("kniha", wish(isbn="80-85605-10-4"), ())
        assert found.record is not None
        assert (found.record.title, found.record.institution, found.findings) == ("Žluťoučký kůň", LIBRARY, ())
        (kept,) = found.kept
        assert (tmp_path / kept.path).read_bytes() == shelf.records[0].raw
        assert [str(key) for key in shelf.asked] == ["isbn 80-85605-10-4"]

    def test_what_was_found_once_is_not_asked_again(self, tmp_path: Path) -> None:
        first = catalogues(tmp_path, Shelf(record()), "police")("kniha", wish(system="n1"), ())
        silent = Problem("C001", "police", why="nikdo tu není")
        assert catalogues(tmp_path, silent, "police")("kniha", wish(system="n1"), ()) == first

    def test_several_hits_are_listed_never_guessed(self, tmp_path: Path) -> None:
        shelf = Shelf(record("n1", "První"), record("n2", "Druhá"), total=10_000)
        found = catalogues(tmp_path, shelf, "police")("kniha", wish(barcode="26"), ())
        (several,) = found.findings
        assert (found.record, several.code, several.facts["count"]) == (None, "C004", 10_000)
        assert several.facts["listed"] == "n1 První; n2 Druhá"
        assert not (tmp_path / "records").exists()

    @pytest.mark.parametrize(
        ("shelf", "table", "code"),
        [
            (Shelf(), {"isbn": "1"}, "C003"),
            (Shelf(record()), {"source": "jiný", "isbn": "1"}, "C006"),
            (Shelf(record(title="")), {"isbn": "1"}, "C005"),
            (Problem("C001", "police", why="x"), {"isbn": "1"}, "C001"),
            (Problem("C002", "police", why="x"), {"isbn": "1"}, "C002"),
            (Shelf(record()), {"isbn": "1" * 1500}, "C005"),
        ],
    )
    def test_whatever_goes_wrong_is_told_and_describes_nothing(
        self, tmp_path: Path, shelf: Shelf | Problem, table: dict[str, str], code: str
    ) -> None:
        found = catalogues(tmp_path, shelf, "police")("kniha", wish(**table), ())
        assert ([each.code for each in found.findings], found.record) == ([code], None)

    def test_with_two_sources_the_volume_must_say_which(self, tmp_path: Path) -> None:
        found = catalogues(tmp_path, Shelf(record()), "police", "sklad")("kniha", wish(isbn="1"), ())
        assert [each.code for each in found.findings] == ["C006"]


class TestBeside:
    def lay(self, folder: Path, **files: bytes) -> tuple[Path, ...]:
        """Files beside the scans."""
        for name, content in files.items():
            (folder / name.replace("_", ".")).write_bytes(content)
        return tuple(sorted(folder.iterdir()))

    def test_a_record_beside_the_scans_describes_the_volume(self, tmp_path: Path) -> None:
        files = self.lay(tmp_path, record_xml=record(), pages_csv=b"a;b")
        found = catalogues(tmp_path, Shelf())("kniha", Sidecar(type=VolumeKind.MAP), files)
        assert found.record is not None
        assert (found.record.title, found.record.kind, found.kept) == ("Žluťoučký kůň", VolumeKind.MAP, ())

    def test_two_records_are_listed(self, tmp_path: Path) -> None:
        files = self.lay(tmp_path, a_xml=record("n1", "První"), b_xml=record("n2", "Druhá"))
        found = catalogues(tmp_path, Shelf())("kniha", Sidecar(), files)
        assert [(each.code, each.facts["listed"]) for each in found.findings] == [("C004", "n1 První; n2 Druhá")]

    @pytest.mark.parametrize("content", [b"<alto/>", b"<a", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b""])
    def test_xml_that_is_no_record_says_nothing(self, tmp_path: Path, content: bytes) -> None:
        files = self.lay(tmp_path, alto_xml=content)
        found = catalogues(tmp_path, Shelf())("kniha", Sidecar(), files)
        assert (found.record, found.findings) == (None, ())

    def test_half_a_record_is_refused(self, tmp_path: Path) -> None:
        files = self.lay(tmp_path, record_mrc=b"00123nam a2200049 i 4500001000300000")
        found = catalogues(tmp_path, Shelf())("kniha", Sidecar(), files)
        assert [each.code for each in found.findings] == ["C005"]


def test_a_record_is_the_bytes_that_came() -> None:
    (found,) = read_records(record())
    assert isinstance(found, CatalogueRecord)
    assert found.raw == record()
