"""A repository whose second copy lies in a bucket, used by its commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from repository.bucket import Bucket
from repository.harm import Harm
from repository.s3_place import S3Place
from tests.homes import delivery, kdr, make_home
from tests.s3_server import fresh_bucket, keys, started_server, tamper
from workflows.doctor import examine
from workflows.drill import run_drill
from workflows.founding import places
from workflows.restore_drill import Wish, run_restore_drill
from workflows.settings import Home, load

__all__ = ["fresh_bucket", "started_server"]

KEYS = {"KDR_S3_ACCESS_KEY": "testing", "KDR_S3_SECRET_KEY": "testing"}


@pytest.fixture
def home(tmp_path: Path, bucket: Bucket) -> Home:
    """A repository with a place in S3 added to its settings, not made yet."""
    made = make_home(tmp_path / "home")
    with (made.folder / "kdr.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'\n[[place]]\nname = "oblak"\nurl = "{bucket.url}"\nendpoint = "{bucket.endpoint}"\n'
            'site = "Praha"\nthreat = "poskytovatel"\nquota_gb = 1\n'
        )
    return load(made.folder)


def cloud(home: Home) -> S3Place:
    place = places(home)[-1]
    assert isinstance(place, S3Place)
    return place


def test_the_settings_make_it(home: Home, bucket: Bucket) -> None:
    place = cloud(home)
    assert (place.name, place.medium, place.site, place.threat) == ("oblak", "cloud", "Praha", "poskytovatel")
    assert (place.bucket, place.quota) == (bucket, 10**9)


def test_the_doctor_says_why_it_is_not_attached(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [check for check in examine(home) if check.key == "bucket"]
    assert [check.good for check in told] == [False]
    assert "kdr-place.json" in told[0].found
    assert "kdr store add-place oblak" in told[0].cure()
    monkeypatch.delenv("KDR_S3_ACCESS_KEY")
    assert any("KDR_S3_ACCESS_KEY" in check.found for check in examine(home) if check.key == "bucket")
    monkeypatch.setenv("KDR_S3_ACCESS_KEY", "testing")
    cloud(home).create()
    assert not [check for check in examine(home) if check.key == "bucket"]
    assert any(check.facts.get("name") == "oblak" and check.found == "1 GB" for check in examine(home))


def test_a_place_is_added_once_and_only_one_of_the_settings(home: Home) -> None:
    made = kdr("store", "add-place", "oblak", home=home.folder, env=KEYS)
    assert (made.returncode, made.stderr) == (0, "")
    assert cloud(home).attached()
    assert (home.journal / next(home.journal.glob("*.jsonl")).name).read_text().count('"kind":"place added"') == 1
    for name in ("oblak", "neni"):
        refused = kdr("store", "add-place", name, home=home.folder, env=KEYS)
        assert refused.returncode == 73
        assert "S026" in refused.stderr
    assert cloud(home).attached()


@pytest.mark.slow
def test_from_scans_to_a_damaged_copy_found(home: Home, tmp_path: Path) -> None:
    cloud(home).create()
    ran = kdr("batch", "run", delivery(tmp_path / "dodavka", {"kniha": [1]}), home=home.folder, env=KEYS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    listed = json.loads(kdr("store", "list", "--json", home=home.folder, env=KEYS).stdout)
    assert [held["version"] for held in listed] == ["v0001"]
    object_id = listed[0]["id"]
    assert cloud(home).versions(object_id) == ("v0001",)
    assert cloud(home).faults(object_id, "v0001") == []
    assert cloud(home).remembered() == places(home)[0].remembered()
    assert kdr("store", "verify", home=home.folder, env=KEYS).returncode == 0
    page = next(key for key in keys(cloud(home)) if key.endswith(".jp2"))
    tamper(cloud(home), page, b"broken")
    assert [row.code for row in cloud(home).faults(object_id, "v0001")] == ["S010"]
    found = kdr("store", "verify", home=home.folder, env=KEYS)
    assert found.returncode == 1
    assert "S010" in found.stdout + found.stderr
    assert page in found.stdout + found.stderr


def test_a_drill_is_held_in_a_bucket_as_in_a_folder(home: Home) -> None:
    cloud(home).create()
    done = run_drill(home, "oblak")
    assert [each for each in done.exercises if not each.passed] == []
    assert {each.harm for each in done.exercises if each.place == "oblak"} == {harm.value for harm in Harm}
    assert run_restore_drill(home, Wish(place="oblak")).passed
