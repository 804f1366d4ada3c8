"""What a delivery note says: how many pages there are, and who scanned them (acceptance list, points 7 and 8)."""

from __future__ import annotations

from pathlib import Path

from tests.homes import delivery, make_home, run, stored_version
from workflows.batch import State


class TestDeliveryNote:
    def test_a_volume_with_fewer_pages_than_told_waits_and_names_what_came(self, tmp_path: Path) -> None:
        home = make_home(tmp_path / "home")
        given = delivery(tmp_path / "dodavka", {"cela": [1, 2], "pul": [3, 4]})
        (given / "cela" / "volume.toml").write_text("pages = 2\noperator = 'Jana Nováková'\n", encoding="utf-8")
        (given / "pul" / "volume.toml").write_text("pages = 4\n", encoding="utf-8")
        done = run(home, given)
        assert done.codes("pul") >= {"V017"}
        found = next(each for each in done.volume("pul").findings if each.code == "V017")
        assert found.facts == {"told": 4, "pages": 2, "scans": "0001.tif, 0002.tif"}
        assert (done.volume("pul").state, done.volume("cela").state) == (State.WAITING, State.STORED)

    def test_who_scanned_stands_in_the_provenance_of_every_page(self, tmp_path: Path) -> None:
        home = make_home(tmp_path / "home")
        given = delivery(tmp_path / "dodavka", {"kniha": [1]})
        (given / "kniha" / "volume.toml").write_text("operator = 'Jana Nováková'\n", encoding="utf-8")
        run(home, given)
        steps = (stored_version(home) / "data/provenance/pages.jsonl").read_text(encoding="utf-8")
        assert '"note":"operator: Jana Nováková"' in steps
