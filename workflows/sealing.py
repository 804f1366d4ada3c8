"""Seal the journal's state every day, check all seals, renew what grows old, prove that a version stands under one."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from metadata.file import place_bytes
from metadata.finding import Finding
from metadata.problem import Problem
from repository.journal import Journal
from repository.refusal import refusals
from repository.seal import Done, Sealer, seal
from repository.seal_check import Checked, Checker, check_seals
from repository.seal_key import SealKey, load_key, make_test_key, subject
from repository.seal_proof import proof
from repository.seal_renewal import renew
from repository.seal_stamp import Authority, obtain
from workflows.agents import KDR
from workflows.founding import attached
from workflows.holdings import identified
from workflows.settings import Home
from workflows.verifying import as_finding

TEST_KEY = "seal-test.p12"


def seal_today(home: Home, *, again: bool = False) -> Done:
    """Write, seal and stamp today's record, or finish it.

    Raises:
        Problem: S015, S016, S054 what must not be sealed; S051 the key cannot seal; S055 no trusted certificates; S020.
    """
    return seal(sealer(home), again=again)


def check(home: Home) -> Checked:
    """Check all records.

    Raises:
        Problem: S020.
    """
    return check_seals(
        Checker(Journal(home.journal), _now(), _trusted(home), home.settings.seal.restamp_days, attached(home))
    )


def faults(checked: Checked) -> list[Finding]:
    """All that was found, the journal's faults first."""
    return [*(as_finding(row) for row in checked.rows), *checked.findings]


def renew_stamps(home: Home) -> tuple[Path, ...]:
    """Put new stamps over what ends soon.

    Raises:
        Problem: S052, S053, S055, S020.
    """
    return renew(sealer(home), _now().date(), home.settings.seal.restamp_days)


def proof_of(home: Home, object_id: str, version: str, date: str) -> dict[str, Any]:
    """The proof for a version, as JSON.

    Raises:
        Problem: S004 no identifier; S057 it stands in no such record.
    """
    return proof(Journal(home.journal), identified(object_id), version, date)


def new_test_key(home: Home, file: Path | None) -> tuple[Path, str]:
    """Make a key for trying; its file and its subject.

    Raises:
        FileExistsError: there is one already.
    """
    target = file or home.folder / TEST_KEY
    return target, subject(make_test_key(target, _password(home), home.settings.institution.name, _now()))


def sealer(home: Home) -> Sealer:
    """What sealing needs, as the settings say.

    Raises:
        Problem: S051, S055.
    """
    given = home.settings.seal
    trusted = _trusted(home)
    if given.tsa and trusted is None:
        raise Problem("S055", given.tsa, why="[seal] tsa_certificates")
    authority = Authority(given.tsa, trusted) if given.tsa and trusted is not None else None
    name = f"{home.settings.institution.sigla} {home.settings.institution.name}"
    return Sealer(Journal(home.journal), KDR, name, _key(home), authority, attached(home))


def seal_beside(paths: Iterable[Path], means: Sealer) -> tuple[Path, ...]:
    """Seal each file: beside it its detached CMS signature (.p7s) and a stamp over its bytes (.tsr), as far as set up.

    Raises:
        Problem: S053 the authority gave no usable stamp, S055 no trusted certificates, S003 the folder refuses.
    """
    made = []
    for path in paths:
        content = path.read_bytes()
        signed = {".p7s": means.key.sign(content)} if means.key else {}
        stamped = {".tsr": obtain(means.authority, content)} if means.authority else {}
        for suffix, token in (signed | stamped).items():
            beside = path.with_name(path.name + suffix)
            with refusals(path.parent):
                place_bytes(beside, token)
            made.append(beside)
    return tuple(made)


def _key(home: Home) -> SealKey | None:
    file = home.settings.seal.pkcs12
    return load_key(home.folder / file, _password(home), _now()) if file is not None else None


def _password(home: Home) -> str:
    return os.environ.get(home.settings.seal.password_env, "")


def _trusted(home: Home) -> Path | None:
    file = home.settings.seal.tsa_certificates
    return home.folder / file if file is not None else None


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
