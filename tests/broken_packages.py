"""The proof of `kdr validate`: for every rule packages that break just that rule, made from good ones.

`python -m tests.broken_packages --list` names them all, `--write DIR` puts them on disk, `--rules`
prints docs/rules.md.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from metadata.model import Division, Volume
from metadata.ndk.check import layout
from metadata.ndk.check.complaint import Complaint, rules
from metadata.ndk.check.psp import NotAPackage
from metadata.ndk.check.validate import check
from metadata.wording import Wording, wording
from tests import (
    broken_archives,
    broken_crowds,
    broken_descriptions,
    broken_files,
    broken_images,
    broken_mets,
    broken_records,
)
from tests.broken_sample import PICTURED, PLAIN, Reason, Sample
from tests.described import BARE, FULL, finished
from tests.good_packages import good_package
from tests.page_records import volume_record

ALL: tuple[Sample, ...] = (
    *broken_files.SAMPLES,
    *broken_archives.SAMPLES,
    *broken_crowds.SAMPLES,
    *broken_mets.SAMPLES,
    *broken_records.SAMPLES,
    *broken_descriptions.SAMPLES,
    *broken_images.SAMPLES,
)
SAMPLES: dict[str, Sample] = {each.id: each for each in ALL}
"""Every sample by its id."""

_TELLS = Reason("neříká, co je špatně, ale co se kontrolovalo", "says what was checked, not what is wrong")
NOT_BROKEN = dict.fromkeys(
    ("KDR_CHECKED", *(f"KDR_LEFT_OUT_{what}" for what in ("SCHEMAS", "IMAGES", "PROGRAMS", "URNNBN"))), _TELLS
)
"""Rules that no package can break."""

_PROGRAM = Reason(
    "soudí cizí program; jeho součástí validátoru není, obrazy posuzuje jpylyzer",
    "is judged by another program that is no part of this; jpylyzer judges the images",
)
_FOUND_BY_NAME = Reason(
    "nelze porušit: složka se hledá podle jediného dovoleného jména",
    "cannot be broken: the folder is looked for by its only allowed name",
)
NOT_COVERED = {
    "MODS_IDENTIFIERS_URN_NBN_REGISTERED": Reason("vyžaduje síť (resolver)", "needs a network (the resolver)"),
    **{
        f"{use}-COPY_FILES_VALID_BY_{program}": _PROGRAM
        for use in ("MASTER", "USER")
        for program in ("JHOVE", "IMAGE_MAGICK", "KAKADU")
    },
    **{f"{name}-DIR_FILENAME_VALID": _FOUND_BY_NAME for name in layout.NAMES.values()},
}
"""Rules of the National Library's fDMF that are not asked, and why."""


def good(case: str, folder: Path) -> Path:
    """The good package of a case, made in `folder`: PLAIN, PICTURED, one of tests.described, or bare- and one."""
    if case == PLAIN:
        return good_package(folder, volume_record())
    if case == PICTURED:
        return broken_images.pictured(folder)
    volume = BARE[case.removeprefix("bare-")] if case.startswith("bare-") else FULL[case]
    return good_package(folder, finished(plain(volume)))


def plain(volume: Volume) -> Volume:
    """Its first two pages, without rights (the standard's own header has no place for them) and without ALTO blocks."""
    held = volume.pages[:2]
    return replace(
        volume, pages=held, rights=None, divisions=tuple(_short(each, len(held)) for each in volume.divisions)
    )


def _short(part: Division, last: int) -> Division:
    first, last = min(part.first, last), min(part.last, last)
    inner = tuple(_short(each, last) for each in part.children)
    return replace(part, first=first, last=last, blocks=(), children=inner)


def broken(sample: Sample, kept: Path, folder: Path) -> Path:
    """The package of a sample: a copy in `folder` of the good one in `kept`, broken."""
    root = Path(shutil.copytree(kept, folder / kept.name))
    return sample.damage(root) or root


def complaints(path: Path, *, schemas: Path | None = None, images: bool = False) -> tuple[Complaint, ...]:
    """What `kdr validate` says of it, also when it is no package at all."""
    try:
        return check(path, schemas=schemas, images=images).complaints
    except NotAPackage as refused:
        return (refused.complaint,)


# --- docs/rules.md ----------------------------------------------------------------------------------------------------


def rules_page() -> str:
    """docs/rules.md: every rule, its sentence in both languages, and its samples."""
    return "\n".join([_HEAD.format(rules=len(rules()), samples=len(ALL)), *_table(), *_pairs(), *_reasons()]) + "\n"


_HEAD = """# Pravidla kontroly balíčků / Rules of the validation of packages

<!-- python -m tests.broken_packages --rules > docs/rules.md -->

Co hlídá `kdr validate`: pravidel {rules}, zkušebních vzorků {samples}. Identifikátory bez KDR_ jsou z fDMF Národní
knihovny (monografie 2.2, periodika 2.1), pravidla KDR_ jsou naše. Vzorek je dobrý balíček porušený na jednom místě;
test dokazuje, že si stěžuje právě to pravidlo a žádné jiné. Balíčky pravidla zapíše
`python -m tests.broken_packages --write SLOŽKA PRAVIDLO`.

What `kdr validate` covers: {rules} rules, {samples} samples. Ids without KDR_ are those of the National Library's fDMF
(monographs 2.2, periodicals 2.1), KDR_ are ours. A sample is a good package broken in one place; a test proves that
just that rule complains and no other. `python -m tests.broken_packages --write DIR RULE` writes the packages of a rule.
"""


def _table() -> Iterator[str]:
    yield "| pravidlo / rule | stupeň / level | co chce | what it wants | vzorky / samples |"
    yield "|---|---|---|---|---|"
    for rule, words in _worded().items():
        told = words.sentences[rule]
        found = [each for each in ALL if each.rule == rule]
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(each.name for each in found)) or "–"
        cases = sorted({each.case for each in found} - {PLAIN, PICTURED})
        where = f" ({', '.join(cases)})" if cases else ""
        yield f"| {rule} | {told['level']} | {_open(told['cs'])} | {_open(told['en'])} | {len(found)}: {names}{where} |"


def _pairs() -> Iterator[str]:
    yield ""
    yield "## Co nelze porušit samo / What cannot be broken alone"
    yield ""
    yield "| pravidlo / rule | s ním / with it | proč | why |"
    yield "|---|---|---|---|"
    found: dict[tuple[str, Reason], dict[str, None]] = {}
    for each in ALL:
        for other, reason in (*each.also.items(), *each.by_schema.items()):
            found[each.rule, reason] = found.get((each.rule, reason), {}) | {other: None}
    for (rule, reason), others in found.items():
        yield f"| {rule} | {', '.join(sorted(others))} | {reason.cs} | {reason.en} |"


def _reasons() -> Iterator[str]:
    yield ""
    yield "## Bez vzorku a bez kontroly / Without a sample, not checked"
    yield ""
    yield "| pravidlo / rule | proč | why |"
    yield "|---|---|---|"
    for rule, reason in (NOT_BROKEN | NOT_COVERED).items():
        yield f"| {rule} | {reason.cs} | {reason.en} |"


def _worded() -> dict[str, Wording]:
    files = [wording("metadata.ndk.check", f"rules_{name}.toml") for name in ("files", "mets", "profiles")]
    return {rule: words for words in files for rule in words.sentences}


def _open(sentence: str) -> str:
    """A sentence without facts."""
    parts = sentence.replace("|", "\\|").split("{")
    return parts[0] + "".join("…" + part.partition("}")[2] for part in parts[1:])


# --- the program ------------------------------------------------------------------------------------------------------


def main(arguments: list[str]) -> None:
    """List the samples, write packages to look at, or print docs/rules.md."""
    parser = argparse.ArgumentParser(prog="python -m tests.broken_packages", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true", help="names of all samples")
    what.add_argument(
        "--write", type=Path, metavar="DIR", help="put the packages there, each in a folder of its sample"
    )
    what.add_argument("--rules", action="store_true", help="the page docs/rules.md")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only samples whose names begin so")
    told = parser.parse_args(arguments)
    if told.rules:
        sys.stdout.write(rules_page())
        return
    chosen = [each for name, each in SAMPLES.items() if not told.names or name.startswith(tuple(told.names))]
    if told.list:
        sys.stdout.write("".join(f"{each.id}\n" for each in chosen))
        return
    with tempfile.TemporaryDirectory() as kept:
        found = {case: good(case, Path(kept, case)) for case in sorted({each.case for each in chosen})}
        for each in chosen:
            sys.stdout.write(f"{broken(each, found[each.case], told.write / each.id)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
