"""The register of digests: what was stored is known apart from the objects, and cannot be altered unseen."""

from __future__ import annotations

from pathlib import Path

from repository.ledger import read_ledger
from repository.register import DigestRegister
from repository.registering import mend_register
from repository.verify import MANIFEST, TAG_MANIFEST, Verdict
from tests.bags import AGENT, BOOK, make_bag, make_store


class TestRegister:
    def test_every_stored_version_is_in_it(self, tmp_path: Path) -> None:
        store = make_store(tmp_path)
        store.take(make_bag(tmp_path / "bag"), BOOK, AGENT)
        register = DigestRegister(store.journal.root)
        (kept,) = read_ledger(store.journal).of(BOOK)
        assert register.faults(BOOK, "v0001", kept.manifests) == {}
        for name in (MANIFEST, TAG_MANIFEST):
            with store.open(BOOK, "v0001", name) as stream:
                assert (register.folder(BOOK, "v0001") / name).read_bytes() == stream.read()

    def test_what_is_there_stays(self, tmp_path: Path) -> None:
        store = make_store(tmp_path)
        bag = make_bag(tmp_path / "bag")
        store.take(bag, BOOK, AGENT)
        register = DigestRegister(store.journal.root)
        before = (register.folder(BOOK, "v0001") / MANIFEST).stat().st_mtime_ns
        store.take(bag, BOOK, AGENT)
        assert (register.folder(BOOK, "v0001") / MANIFEST).stat().st_mtime_ns == before

    def test_what_is_wrong_is_told_and_mended_and_the_wrong_lies_beside(self, tmp_path: Path) -> None:
        store = make_store(tmp_path)
        store.take(make_bag(tmp_path / "bag"), BOOK, AGENT)
        register, (kept,) = DigestRegister(store.journal.root), read_ledger(store.journal).of(BOOK)
        folder = register.folder(BOOK, "v0001")
        assert register.faults(BOOK, "v0001", kept.manifests) == {}
        right = {name: (folder / name).read_bytes() for name in (MANIFEST, TAG_MANIFEST)}
        for number in (1, 2):
            (folder / MANIFEST).write_bytes(b"forged %d" % number)
            (folder / TAG_MANIFEST).unlink()
            faults = register.faults(BOOK, "v0001", kept.manifests)
            assert {name: row.verdict for name, row in faults.items()} == {
                MANIFEST: Verdict.MANIFEST_ALTERED,
                TAG_MANIFEST: Verdict.MISSING,
            }
            assert [row.path for row in mend_register(store, [kept])] == [row.path for row in faults.values()]
            assert {name: (folder / name).read_bytes() for name in right} == right
            assert (folder / f"{MANIFEST}.altered-{number}").read_bytes() == b"forged %d" % number
        assert list(mend_register(store, [kept])) == []

    def test_one_that_cannot_be_read_is_unreadable(self, tmp_path: Path) -> None:
        register = DigestRegister(tmp_path)
        (register.folder(BOOK, "v0001") / MANIFEST).mkdir(parents=True)
        assert register.faults(BOOK, "v0001", {})[MANIFEST].verdict is Verdict.UNREADABLE
