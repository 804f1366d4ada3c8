"""Verification: whatever was done to the repository is found, named as what it is, and ends with 1."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from metadata.finding import Finding
from metadata.wording import Tongue
from repository import verify
from repository.bag import identity
from repository.seal import Sealer, days, seal
from repository.seal_key import load_key, make_test_key
from repository.seal_proof import proof
from repository.verify import Row, Verdict, main, parse_manifest, verify_bag, verify_journal, verify_places
from tests.bags import AGENT, BOOK, OTHER, PAGES, make_bag, opened_store, two_books

V1 = f"3f/a2/{BOOK}/v0001"
HERE = "primary/" + V1
TAGS = ("bagit.txt", "bag-info.txt", "manifest-sha512.txt", "tagmanifest-sha512.txt")
REGISTERED = f"journal/register/{BOOK}/v0001"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two objects in two places, and their journal."""
    return two_books(tmp_path_factory.mktemp("pristine") / "repository")


@pytest.fixture
def root(pristine: Path, tmp_path: Path) -> Path:
    return shutil.copytree(pristine, tmp_path / "repository")


def look(root: Path, only: str | None = None) -> list[Row]:
    return list(verify_places([root / "primary", root / "replica"], root / "journal", only))


def found(root: Path) -> list[tuple[str, str]]:
    """Verdicts and paths (relative) of all that is wrong."""
    return [(row.verdict.value, os.path.relpath(row.path, root)) for row in look(root) if row.code]


def rewrite(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


def flip(path: Path) -> None:
    """One bit, and the old time of change put back."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    rewrite(path, bytes(content))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def alter_with_manifests(version: Path) -> None:
    """A page, its line in the manifest and the manifest's line in the tag manifest: a valid bag again."""
    manifest, tags = version / "manifest-sha512.txt", version / "tagmanifest-sha512.txt"
    page, said = parse_manifest(manifest.read_bytes())["data/mets.xml"], identity(version)[manifest.name]
    rewrite(version / "data/mets.xml", b"<forged/>")
    forged, _ = verify.sha512_of(version / "data/mets.xml")
    rewrite(manifest, manifest.read_bytes().replace(page.encode(), forged.encode()))
    rewrite(tags, tags.read_bytes().replace(said.encode(), identity(version)[manifest.name].encode()))
    assert [row.verdict for row in verify_bag(version)] == [Verdict.INTACT]  # a bag alone cannot know


def alter_register_too(root: Path) -> None:
    alter_with_manifests(root / HERE)
    for name in ("manifest-sha512.txt", "tagmanifest-sha512.txt"):
        rewrite(root / REGISTERED / name, (root / HERE / name).read_bytes())


def dispose(root: Path, versions: list[str]) -> None:
    """What the journal says after an object was let go; the places are attached and remember its head."""
    store = opened_store(root)
    facts = {"versions": versions, "places": ["hlavní", "kopie"], "reason": "duplicate"}
    store.journal.append("disposed", BOOK, facts, AGENT, store.places)


def month(root: Path) -> Path:
    (path,) = (root / "journal").glob("*.jsonl")
    return path


def edit_line(root: Path) -> None:
    month(root).write_bytes(month(root).read_bytes().replace(b'"files":7', b'"files":8', 1))


def cut_tail(root: Path) -> None:
    month(root).write_bytes(b"".join(month(root).read_bytes().splitlines(keepends=True)[:-1]))


def remove_version(root: Path) -> None:
    shutil.rmtree(root / "primary" / V1)


def add_version(root: Path) -> None:
    shutil.copytree(root / "primary" / V1, root / "primary" / V1.replace("v0001", "v0002"))


def in_version(act: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda root: act(root / "primary" / V1)


def empty_journal(root: Path) -> None:
    month(root).write_bytes(b"")


def empty_version(root: Path) -> None:
    remove_version(root)
    (root / HERE).mkdir()


def add(name: str) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"?")

    return act


CRIMES: dict[str, tuple[Callable[[Path], object], list[tuple[str, str]]]] = {
    "flipped bit in a page": (
        in_version(lambda v: flip(v / "data/mc/mc_0001.jp2")),
        [("damaged", f"{HERE}/data/mc/mc_0001.jp2")],
    ),
    "flipped bit in a tag file": (
        in_version(lambda v: flip(v / "bag-info.txt")),
        [("damaged", f"{HERE}/bag-info.txt")],
    ),
    "page missing": (
        in_version(lambda v: (v / "data/mets.xml").unlink()),
        [("missing", f"{HERE}/data/mets.xml")],
    ),
    "folder missing": (
        in_version(lambda v: shutil.rmtree(v / "data/mc")),
        [("missing", f"{HERE}/data/mc/mc_0001.jp2")],
    ),
    "bag-info missing": (
        in_version(lambda v: (v / "bag-info.txt").unlink()),
        [("missing", f"{HERE}/bag-info.txt")],
    ),
    "extra file in the payload": (
        add(f"{HERE}/data/Thumbs.db"),
        [("unexpected", f"{HERE}/data/Thumbs.db")],
    ),
    "extra file beside the payload": (
        add(f"{HERE}/note.txt"),
        [("unexpected", f"{HERE}/note.txt")],
    ),
    "extra tag manifest": (
        add(f"{HERE}/tagmanifest-md5.txt"),
        [("unexpected", f"{HERE}/tagmanifest-md5.txt")],
    ),
    "link in the payload": (
        in_version(lambda v: (v / "data/x").symlink_to("/etc")),
        [("unexpected", f"{HERE}/data/x")],
    ),
    "extra file in the place": (
        add("primary/note.txt"),
        [("unexpected", "primary/note.txt")],
    ),
    "extra file between objects": (
        add("primary/3f/a2/note.txt"),
        [("unexpected", "primary/3f/a2/note.txt")],
    ),
    "extra file in the object": (
        add(f"primary/3f/a2/{BOOK}/x"),
        [("unexpected", f"primary/3f/a2/{BOOK}/x")],
    ),
    "object in a wrong folder": (
        add(f"primary/00/00/{BOOK}/x"),
        [("unexpected", f"primary/00/00/{BOOK}")],
    ),
    "page altered with its manifests": (
        in_version(alter_with_manifests),
        [
            ("manifest altered", f"{HERE}/manifest-sha512.txt"),
            ("manifest altered", f"{HERE}/tagmanifest-sha512.txt"),
            ("damaged", f"{HERE}/data/mets.xml"),
        ],
    ),
    "tag manifest damaged": (
        in_version(lambda v: flip(v / "tagmanifest-sha512.txt")),
        [("manifest altered", f"{HERE}/tagmanifest-sha512.txt")],
    ),
    "manifest missing": (
        in_version(lambda v: (v / "manifest-sha512.txt").unlink()),
        [("missing", f"{HERE}/manifest-sha512.txt")],
    ),
    "declaration missing": (
        in_version(lambda v: (v / "bagit.txt").unlink()),
        [("missing", f"{HERE}/bagit.txt")],
    ),
    "journal line edited": (
        edit_line,
        [("journal edited", "journal/{month}"), ("unknown", HERE)],
    ),
    "journal tail removed": (
        cut_tail,
        [("journal cut", "journal"), ("unknown", f"replica/3f/b2/{OTHER}/v0001")],
    ),
    "journal emptied": (
        empty_journal,
        [("journal cut", "journal")],
    ),
    "manifest in the register altered": (
        lambda root: flip(root / REGISTERED / "manifest-sha512.txt"),
        [("manifest altered", f"{REGISTERED}/manifest-sha512.txt")],
    ),
    "manifest in the register missing": (
        lambda root: (root / REGISTERED / "tagmanifest-sha512.txt").unlink(),
        [("missing", f"{REGISTERED}/tagmanifest-sha512.txt")],
    ),
    "page altered with its manifests, in the bag and in the register": (
        alter_register_too,
        [
            ("manifest altered", f"{REGISTERED}/manifest-sha512.txt"),
            ("manifest altered", f"{REGISTERED}/tagmanifest-sha512.txt"),
            ("manifest altered", f"{HERE}/manifest-sha512.txt"),
            ("manifest altered", f"{HERE}/tagmanifest-sha512.txt"),
        ],
    ),
    "version let go but still there": (
        lambda root: dispose(root, ["v0001"]),
        [("unexpected", HERE), ("unexpected", HERE.replace("primary", "replica"))],
    ),
    "version removed": (
        remove_version,
        [("version missing", HERE)],
    ),
    "version added": (
        add_version,
        [("unknown", HERE.replace("v0001", "v0002"))],
    ),
    "version emptied": (
        empty_version,
        [("missing", f"{HERE}/{name}") for name in [*PAGES, *TAGS]],
    ),
    "head garbled": (
        lambda root: rewrite(root / "primary/journal-head.json", b"[]"),
        [("damaged", "primary/journal-head.json")],
    ),
    "place not attached": (
        lambda root: (root / "primary/kdr-place.json").unlink(),
        [("unreadable", "primary")],
    ),
}


class TestCrimes:
    """Each is found, named as what it is, and nothing else is accused."""

    @pytest.mark.parametrize("name", CRIMES)
    def test_is_found_and_named(self, name: str, root: Path) -> None:
        act, expected = CRIMES[name]
        act(root)
        said = found(root)
        wanted = [(verdict, path.replace("{month}", month(root).name)) for verdict, path in expected]
        if name == "journal emptied":  # then nothing is known of any version
            said = said[: len(wanted)]
        assert sorted(said) == sorted(wanted)

    def test_a_manifest_that_is_none_any_more_is_altered_first_of_all(self, root: Path) -> None:
        for kept, more in ((True, []), (False, [("not a bag", HERE)])):  # with and without the register's copies
            rewrite(root / HERE / "manifest-sha512.txt", b"?\n")
            shutil.rmtree(root / "journal/register") if not kept else None
            said = [row for row in found(root) if not row[1].startswith("journal")]
            assert sorted(said) == sorted([("manifest altered", f"{HERE}/manifest-sha512.txt"), *more])

    def test_an_untouched_repository_is_intact(self, root: Path) -> None:
        rows = look(root)
        assert {row.verdict for row in rows} == {Verdict.INTACT}
        assert len(rows) == 1 + 2 * 2  # the journal, and two versions in two places

    @pytest.mark.parametrize("name", CRIMES)
    def test_every_row_fits_its_finding_in_both_languages(self, name: str, root: Path) -> None:
        CRIMES[name][0](root)
        for row in look(root):
            if row.code:
                named = Finding(row.code, row.path, dict(row.facts))
                assert all(named.text(tongue) and named.advice(tongue) for tongue in Tongue)
            assert row.text("cs") != row.text("en")

    def test_a_wholly_rewritten_journal_is_known_to_the_places(self, root: Path) -> None:
        lines = [json.loads(line) for line in month(root).read_bytes().splitlines()]
        previous = ""
        for fields in lines:
            fields |= {"time": "2001-01-01T00:00:00+00:00", "previous": previous}
            previous = fields["hash"] = verify.entry_hash(fields)
        month(root).write_bytes(b"".join(verify.canonical(fields) + b"\n" for fields in lines))
        assert [row.verdict for row in verify_journal(root / "journal")] == [Verdict.INTACT]
        assert [row.facts for row in look(root) if row.code] == [{"line": 4}]

    @pytest.mark.parametrize("versions", [["v0001"], []])
    def test_what_was_lawfully_let_go_is_not_missing(self, versions: list[str], root: Path) -> None:
        dispose(root, versions)  # a list that names none means all of them, as the ledger takes it
        for place in ("primary", "replica"):
            shutil.rmtree(root / place / V1)
        assert found(root) == []

    def test_what_is_stored_again_after_that_is_expected_again(self, root: Path, tmp_path: Path) -> None:
        dispose(root, ["v0001"])
        for place in ("primary", "replica"):
            shutil.rmtree(root / place / V1)
        opened_store(root).take(make_bag(tmp_path / "again"), BOOK, AGENT)
        assert not [row for row in look(root, BOOK) if row.code]
        shutil.rmtree((root / HERE).parent)
        assert [row.verdict for row in look(root, BOOK) if row.code] == [Verdict.VERSION_MISSING]

    def test_a_version_let_go_while_we_read_is_not_missing(self, root: Path) -> None:
        remove_version(root)
        rows = verify_places([root / "primary"], root / "journal")
        assert next(rows).verdict is Verdict.INTACT  # the journal, which does not say so yet
        dispose(root, ["v0001"])
        assert [row.verdict for row in rows] == [Verdict.INTACT]

    def test_a_torn_line_of_a_crash_accuses_nobody(self, root: Path) -> None:
        with month(root).open("ab") as stream:
            stream.write(b'{"agent')
        assert found(root) == []


@pytest.fixture
def stranger() -> Iterator[Path]:
    """A folder that an unprivileged user may enter; while the test runs, we are one."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    os.seteuid(os.getuid())
    shutil.rmtree(folder)


def lose_privileges() -> None:
    if os.getuid() == 0:
        os.seteuid(65534)


class TestUnreadable:
    """Could not look is not the same as damaged or missing."""

    def test_a_file(self, stranger: Path) -> None:
        bag = make_bag(stranger / "bag")
        (bag / "data/mets.xml").chmod(0)
        lose_privileges()
        (row,) = verify_bag(bag)
        assert (row.verdict, row.path, row.facts["why"]) == (
            Verdict.UNREADABLE,
            str(bag / "data/mets.xml"),
            "Permission denied",
        )

    def test_a_folder_and_all_in_it(self, stranger: Path) -> None:
        bag = make_bag(stranger / "bag")
        (bag / "data/mc").chmod(0)
        lose_privileges()
        rows = list(verify_bag(bag))
        os.seteuid(os.getuid())
        (bag / "data/mc").chmod(0o755)
        assert {(row.verdict, Path(row.path).name) for row in rows} == {
            (Verdict.UNREADABLE, "mc"),
            (Verdict.UNREADABLE, "mc_0001.jp2"),
        }

    def test_manifests(self, stranger: Path) -> None:
        bag = make_bag(stranger / "bag")
        (bag / "manifest-sha512.txt").chmod(0)
        lose_privileges()
        assert [row.verdict for row in verify_bag(bag)] == [Verdict.UNREADABLE]

    def test_objects_below_an_unreadable_folder_are_not_missing(self, stranger: Path, pristine: Path) -> None:
        root = shutil.copytree(pristine, stranger / "repository")
        (root / "primary" / "3f").chmod(0)
        lose_privileges()
        said = found(root)
        os.seteuid(os.getuid())
        (root / "primary" / "3f").chmod(0o755)
        assert said == [("unreadable", "primary/3f")]

    def test_a_journal_that_is_not_there(self, root: Path) -> None:
        shutil.rmtree(root / "journal")
        assert [row.verdict for row in look(root) if row.code] == [Verdict.UNREADABLE]


class TestOneObject:
    """What `kdr store verify UUID` asks."""

    def test_only_its_own_versions_are_read(self, root: Path) -> None:
        flip(root / "primary" / V1 / "data/mets.xml")
        assert [row.code for row in look(root, OTHER) if row.code] == []
        assert [row.facts["object"] for row in look(root, BOOK) if row.code] == [BOOK]

    def test_one_that_nobody_knows_is_missing(self, root: Path) -> None:
        assert [(row.verdict, row.path) for row in look(root, "ffff") if row.code] == [(Verdict.MISSING, "ffff")]

    def test_one_that_only_the_journal_knows_is_missing(self, root: Path) -> None:
        remove_version(root)
        assert [row.verdict for row in look(root, BOOK) if row.code] == [Verdict.VERSION_MISSING]


class TestReading:
    """How it reads."""

    def test_every_byte_is_read_and_told(self, root: Path) -> None:
        heard: dict[str, int] = {}
        rows = list(verify_places([root / "primary"], None, BOOK, heard.__setitem__))
        version = root / "primary" / V1
        files = {path for path in version.rglob("*") if path.is_file() and path.name != "tagmanifest-sha512.txt"}
        assert heard == {str(path): path.stat().st_size for path in files}
        assert [row.facts["bytes"] for row in rows] == [sum(heard.values())]

    def test_nothing_is_written(self, root: Path) -> None:
        before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
        look(root)
        assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before

    def test_a_version_stored_while_we_read_is_not_unknown(self, root: Path, tmp_path: Path) -> None:
        lines = month(root).read_bytes().splitlines(keepends=True)
        for place in ("primary", "replica"):
            (root / place / "journal-head.json").unlink()
        month(root).write_bytes(b"".join(lines[:3]))
        rows = verify_places([root / "replica"], root / "journal")
        assert next(rows).verdict is Verdict.INTACT  # the journal, without its last line yet
        month(root).write_bytes(b"".join(lines))
        assert [row.verdict for row in rows] == [Verdict.INTACT, Verdict.INTACT]


def run(*arguments: object, language: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "KDR_LANGUAGE": language} | more
    command = [sys.executable, "-I", "-S", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


class TestAlone:
    """One file, which an auditor takes away."""

    def test_it_runs_where_nothing_else_of_ours_is(self, root: Path, tmp_path: Path) -> None:
        alone = shutil.copy(verify.__file__, tmp_path / "audit.py")
        done = run(alone, "--journal", root / "journal", root / "primary", root / "replica")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1] == "v pořádku: 5, závad: 0"
        flip(root / "replica" / V1 / "data/mets.xml")
        done = run(alone, "--journal", root / "journal", root / "primary", root / "replica", language="en")
        assert done.returncode == 1
        assert f"DAMAGED {root}/replica/{V1}/data/mets.xml" in done.stdout.splitlines()
        assert done.stdout.splitlines()[-1] == "intact: 4, faults: 1"

    def test_it_checks_the_daily_records_and_says_how_to_check_their_seals(self, root: Path, tmp_path: Path) -> None:
        alone = shutil.copy(verify.__file__, tmp_path / "audit.py")
        make_test_key(tmp_path / "key.p12", "", "Knihovna", dt.datetime.now(dt.UTC))
        key = load_key(tmp_path / "key.p12", "", dt.datetime.now(dt.UTC))
        journal = opened_store(root).journal
        seal(Sealer(journal, AGENT, "LIA001", key))
        (day,) = days(journal)
        (tmp_path / "proof.json").write_text(json.dumps(proof(journal, BOOK)), encoding="utf-8")
        done = run(alone, "--journal", root / "journal", language="en")
        assert (done.returncode, done.stderr) == (0, "")
        (command,) = [line for line in done.stdout.splitlines() if "openssl" in line]
        shell = ["sh", "-c", command.removeprefix("check seal and stamps: ")]
        assert subprocess.run(shell, capture_output=True, check=False).returncode == 0
        assert run(alone, "--proof", tmp_path / "proof.json", root / HERE).returncode == 0
        fields = day.fields | {"register": {"leaves": 1, "root": "00"}}
        (day.folder / "record.json").write_bytes(verify.canonical(fields))
        done = run(alone, "--journal", root / "journal")
        assert done.returncode == 1
        assert "PEČEŤ NESEDÍ" in done.stdout
        assert subprocess.run(shell, capture_output=True, check=False).returncode != 0

    def test_names_that_are_not_utf_8_are_printed_somehow(self, root: Path) -> None:
        (root / "primary" / os.fsdecode(b"\xff")).write_bytes(b"")
        done = run(verify.__file__, root / "primary")
        assert (done.returncode, done.stderr) == (1, "")
        assert "NAVÍC" in done.stdout


class TestCommandLine:
    """0 everything is intact, 1 something is not, 2 wrong usage."""

    @pytest.mark.parametrize("name", CRIMES)
    def test_every_crime_ends_with_1(self, name: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        CRIMES[name][0](root)
        assert main(["--journal", str(root / "journal"), str(root / "primary"), str(root / "replica")]) == 1
        assert "závad: 0" not in capsys.readouterr().out

    def test_a_single_bag_or_the_journal_alone(self, root: Path) -> None:
        assert main([str(root / "primary" / V1)]) == 0
        assert main(["--journal", str(root / "journal")]) == 0
        assert main([str(root)]) == 1

    def test_one_object(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--object", BOOK, str(root / "primary")]) == 0
        assert OTHER not in capsys.readouterr().out

    @pytest.mark.parametrize(("language", "said"), [("", "chybí PLACE"), ("en", "is missing")])
    def test_wrong_usage(
        self, language: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("KDR_LANGUAGE", language)
        monkeypatch.setenv("LANG", "cs_CZ.UTF-8")
        with pytest.raises(SystemExit) as stopped:
            main([])
        assert stopped.value.code == 2
        assert said in capsys.readouterr().err

    def test_the_language_of_the_machine_counts_when_nothing_else_is_said(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("LANG", "en_GB.UTF-8")
        main([str(root / "primary")])
        assert "intact: 2" in capsys.readouterr().out
