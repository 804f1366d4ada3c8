"""BagIt profiles (BagIt-Profiles specification 1.3 and 1.4): ours as JSON, and a checker of any.

https://bagit-profiles.github.io/bagit-profiles-specification/. A profile asks more of a bag that is valid already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any

from metadata.finding import Finding, finding
from metadata.record import read_json
from metadata.wording import printable
from repository.bag_rules import Judgement
from repository.tag_files import algorithm_of

Profile = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A bag as a profile looks at it: its judgement, the paths of its files, and its serialisation.

    `form` is the media type of the archive that it came in, empty when it came as a folder.
    """

    judgement: Judgement
    paths: frozenset[str]
    form: str = ""


def ours() -> Profile:
    """The profile of the bags that are kept as they are delivered."""
    return profile_of(files("repository").joinpath("profile.json").read_bytes())


def profile_of(content: bytes) -> Profile:
    """The profile written as JSON in `content`.

    Raises:
        ValueError: it is none.
    """
    profile = read_json(content)
    if not isinstance(profile, dict) or not isinstance(profile.get("BagIt-Profile-Info"), dict):
        raise ValueError("BagIt-Profile-Info")
    return profile


def deviations(profile: Profile, bag: Delivered) -> tuple[Finding, ...]:
    """What the profile asks and the bag does not have: a finding S075 a rule; nothing when it conforms."""
    named = str(profile["BagIt-Profile-Info"].get("BagIt-Profile-Identifier", "-"))
    rules = (*_versions(profile, bag), *_info(profile, bag), *_manifests(profile, bag), *_files(profile, bag))
    return tuple(finding("S075", named, rule=rule, why=printable(why)[:200]) for rule, why in rules)


def _versions(profile: Profile, bag: Delivered) -> Iterator[tuple[str, str]]:
    accepted = profile.get("Accept-BagIt-Version", ())
    if accepted and bag.judgement.version not in accepted:
        yield "Accept-BagIt-Version", bag.judgement.version
    if profile.get("Allow-Fetch.txt", True) is False and "fetch.txt" in bag.paths:
        yield "Allow-Fetch.txt", "fetch.txt"
    if profile.get("Fetch.txt-Required", False) and "fetch.txt" not in bag.paths:
        yield "Fetch.txt-Required", "fetch.txt"
    if profile.get("Data-Empty", False) and bag.judgement.bytes:
        yield "Data-Empty", f"{bag.judgement.bytes} B"
    serialization = profile.get("Serialization", "optional")
    if serialization == ("forbidden" if bag.form else "required"):
        yield "Serialization", bag.form or "-"
    elif bag.form and bag.form not in profile.get("Accept-Serialization", (bag.form,)):
        yield "Accept-Serialization", bag.form


def _info(profile: Profile, bag: Delivered) -> Iterator[tuple[str, str]]:
    """Bag-Info: required labels, allowed values, labels that may not be repeated. Labels are compared without case."""
    values: dict[str, list[str]] = {}
    for label, value in bag.judgement.info:
        values.setdefault(label.lower(), []).append(value)
    for label, rule in profile.get("Bag-Info", {}).items():
        given = values.get(label.lower(), [])
        if rule.get("required", False) and not any(given):
            yield "Bag-Info required", label
        if rule.get("repeatable", True) is False and len(given) > 1:
            yield "Bag-Info repeatable", label
        wrong = [value for value in given if rule.get("values") and value not in rule["values"]]
        for value in wrong:
            yield "Bag-Info values", f"{label}: {value}"


def _manifests(profile: Profile, bag: Delivered) -> Iterator[tuple[str, str]]:
    for prefix, tags in (("", False), ("Tag-", True)):
        found = {_plain(kind[2]) for path in bag.paths if (kind := algorithm_of(path)) and kind[0] is tags}
        for algorithm in profile.get(f"{prefix}Manifests-Required", ()):
            if _plain(algorithm) not in found:
                yield f"{prefix}Manifests-Required", algorithm
        allowed = profile.get(f"{prefix}Manifests-Allowed")
        if allowed is not None:
            for algorithm in sorted(found - {_plain(each) for each in allowed}):
                yield f"{prefix}Manifests-Allowed", algorithm


def _files(profile: Profile, bag: Delivered) -> Iterator[tuple[str, str]]:
    """Tag and payload files that must and may be there; patterns are globs in which * goes over slashes too."""
    payload = sorted(path for path in bag.paths if path.startswith("data/"))
    usual = {"bagit.txt", "bag-info.txt", "fetch.txt"}
    tags = sorted(
        path for path in bag.paths if not path.startswith("data/") and path not in usual and algorithm_of(path) is None
    )
    for kind, there, present in (("Tag", tags, bag.paths), ("Payload", payload, bag.paths)):
        for path in profile.get(f"{kind}-Files-Required", ()):
            if path not in present:
                yield f"{kind}-Files-Required", path
        allowed = profile.get(f"{kind}-Files-Allowed")
        if allowed is not None:
            yield from ((f"{kind}-Files-Allowed", path) for path in _outside(there, allowed))


def _outside(paths: Iterable[str], patterns: Iterable[str]) -> Iterator[str]:
    wanted = list(patterns)
    return (path for path in paths if not any(fnmatchcase(path, pattern) for pattern in wanted))


def _plain(algorithm: str) -> str:
    return algorithm.lower().replace("-", "").replace("_", "")
