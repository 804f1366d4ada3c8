"""One TOML file: where things live, who we are, how pages are made."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from itertools import permutations
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ingest.material import Material, Thresholds, usual
from metadata.description import Organisation
from metadata.language import languages
from metadata.problem import Problem
from metadata.record import from_plain, plain
from metadata.table_fault import faults_told, toml_refused
from repository.policy import Policy
from workflows.catalogue_settings import CatalogueSettings
from workflows.settings_part import Part

NAME = "kdr.toml"
_Limit = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
_WHOLE = frozenset(each.name for each in fields(Thresholds) if isinstance(each.default, int))
"""Limits that count something."""
AUTO = "auto"
"""The language of a page is seen on the page."""


class Institution(Part):
    """Who runs the repository: library sigla and name."""

    sigla: Annotated[str, Field(pattern=r"^[A-Z]{3}\d{3}$")] = "LIA001"
    name: str = "Krajská vědecká knihovna"


class Paths(Part):
    """Folders, relative to the settings file. `schemas` may be empty: then packages are not checked by XSD."""

    work: Path = Path("work")
    journal: Path = Path("journal")
    catalogue: Path = Path("catalogue")
    schemas: Path | None = None


class PlaceSettings(Part):
    """One place where whole copies are kept; the first in the file is the primary.

    A folder (`path`), or a bucket (`url` "s3://bucket/prefix") at `endpoint`, whose keys the named variables of the
    environment hold. `threat` is the disaster that would take it: flood, fire, provider.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,30}$")]
    path: Path | None = None
    url: Annotated[str, Field(pattern=r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_./-]*)?)?$")] = ""
    endpoint: Annotated[
        str, Field(pattern=r"^(https?://[A-Za-z0-9.-]+(:\d{1,5})?/?)?$|^https?://\[[0-9a-fA-F:]+\](:\d{1,5})?/?$")
    ] = ""
    region: str = "us-east-1"
    access_key_env: str = "KDR_S3_ACCESS_KEY"
    secret_key_env: str = "KDR_S3_SECRET_KEY"  # noqa: S105 - the name of a variable
    medium: str = "disk"
    site: str = ""
    threat: str = ""
    quota_gb: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.path is None) == (not self.url):
            raise ValueError("a place has either a path or an url")
        if ".." in self.url.split("/"):
            raise ValueError(f"{self.url}: ..")
        return self

    @property
    def address(self) -> str:
        """The folder or the bucket, as the settings give it."""
        return self.url or str(self.path)

    def holds(self, other: PlaceSettings) -> bool:
        """Whether the other place is this one, or lies within it: then its copies are no copies of their own."""
        if (self.path is None) != (other.path is None):
            return False
        mine, theirs = (PurePosixPath(os.path.normpath(each.address)) for each in (self, other))
        return self.endpoint.rstrip("/") == other.endpoint.rstrip("/") and theirs.is_relative_to(mine)


class PolicySettings(Part):
    """How many verified copies, sites and media make a version safe; whether repair waits for a person."""

    copies: int = Field(default=3, ge=1, le=20)
    sites: int = Field(default=2, ge=1, le=20)
    media: int = Field(default=2, ge=1, le=20)
    repair: Literal["automatic", "confirm"] = "automatic"


class AuditSettings(Part):
    """Until `kdr audit plan --save` says otherwise: every copy read within `days`, for `hours` a day, at `mb_per_s`.

    0 MB/s is no limit; 0 workers one per core. `drill_days` is how often a fire drill is due.
    """

    days: int = Field(default=90, ge=1, le=3650)
    hours: float = Field(default=8.0, gt=0, le=24)
    mb_per_s: float = Field(default=0.0, ge=0, le=1_000_000)
    workers: int = Field(default=0, ge=0, le=1024)
    drill_days: int = Field(default=90, ge=1, le=3650)


class SealSettings(Part):
    """The institution's key (PKCS#12 file; its password in a variable of the environment) and time authority (URL)."""

    pkcs12: Path | None = None
    password_env: str = "KDR_SEAL_PASSWORD"  # noqa: S105 - the name of a variable
    tsa: str = ""
    tsa_certificates: Path | None = None
    restamp_days: int = Field(default=365, ge=1, le=3650)


class GateSettings(Part):
    """What bags from outside pass: clamd's address ("/run/clamav/clamd.ctl" or "host:port"; empty: not scanned)."""

    clamd: str = ""
    max_gb: float = Field(default=200.0, gt=0)
    max_files: int = Field(default=1_000_000, ge=1)


class CapacitySettings(Part):
    """What all versions of one copy may take, in GB; from `warn_percent` on it is told, at 100 nothing is taken."""

    quota_gb: float = Field(default=16_000.0, gt=0)
    warn_percent: float = Field(default=85.0, gt=0, le=100)


class Inbox(Part):
    """Seconds for which a delivery must have stood still before it is taken."""

    settle_seconds: float = Field(default=2.0, ge=0, le=3600)


class PageRules(Part):
    """How pages are made. Ratios are compression ratios, resolutions pixels per inch, confidences 0..1."""

    max_megapixels: int = Field(default=400, ge=1, le=4000)
    user_copy_ratio: float = Field(default=10.0, ge=6.0, le=60.0)
    encoder: Literal["auto", "openjpeg", "grok"] = "auto"
    split: bool = True
    crop: Literal["none", "page", "print"] = "page"
    dewarp: bool = True
    language: str = AUTO
    usual_language: str = "ces"
    ocr: str = "careful"
    ocr_dpi: int = Field(default=300, ge=150, le=1200)
    spelling: Literal["diplomatic", "normalised"] = "diplomatic"
    weak_confidence: float = Field(default=0.55, ge=0, le=1)

    @field_validator("language", "usual_language")
    @classmethod
    def _known_language(cls, value: str, info: ValidationInfo) -> str:
        if value != AUTO or info.field_name == "usual_language":
            languages(value)
        return value

    @property
    def chooses_language(self) -> bool:
        """Whether language and script are chosen page by page where nobody tells."""
        return self.language == AUTO

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of volumes that do not say theirs; where they are chosen, the usual ones."""
        return languages(self.usual_language if self.chooses_language else self.language)


class StandardVersions(Part):
    """Which versions of the national standard (DMF) packages are written by (ndk.md §0)."""

    monograph: Literal["2.2", "2.3"] = "2.2"
    periodical: Literal["2.1", "2.2"] = "2.1"


class UrnNbn(Part):
    """Where URN:NBN come from: kind "none" (given ones only), "file" or "czidlo", and what that kind needs.

    With `wait` a volume without a number waits; else it is packaged without, which the National Library refuses.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    kind: str = "none"
    wait: bool = True

    @property
    def registrar(self) -> dict[str, object]:
        """What the registrar is made of."""
        return {"kind": self.kind, **(self.model_extra or {})}


class Structure(Part):
    """Whether page numbers, page types and divisions are proposed where the delivery does not give them."""

    propose: bool = True


class ToolLimits(Part):
    """What one run of a foreign program may use: seconds of time, megabytes of memory."""

    seconds: float = Field(default=300.0, gt=0)
    memory_mb: int = Field(default=4096, ge=256)


class Workers(Part):
    """How many worker processes; 0 takes one per core."""

    count: int = Field(default=0, ge=0, le=1024)


class Settings(Part):
    """All of kdr.toml."""

    institution: Institution = Institution()
    paths: Paths = Paths()
    place: Annotated[list[PlaceSettings], Field(min_length=1)]
    policy: PolicySettings = PolicySettings()
    audit: AuditSettings = AuditSettings()
    seal: SealSettings = SealSettings()
    gate: GateSettings = GateSettings()
    capacity: CapacitySettings = CapacitySettings()
    catalogue: CatalogueSettings = CatalogueSettings()
    retention: dict[str, Annotated[int, Field(ge=0, le=1000)]] = Field(default_factory=dict)
    """Years that objects of a type of document are kept at least; 0 for ever, which is what others are kept."""
    inbox: Inbox = Inbox()
    page: PageRules = PageRules()
    standard: StandardVersions = StandardVersions()
    structure: Structure = Structure()
    urnnbn: UrnNbn = UrnNbn()
    source: dict[str, dict[str, object]] = Field(default_factory=dict)
    quality: dict[Material, dict[str, _Limit]] = Field(default_factory=dict)
    limits: ToolLimits = ToolLimits()
    workers: Workers = Workers()

    @field_validator("place")
    @classmethod
    def _apart(cls, value: list[PlaceSettings]) -> list[PlaceSettings]:
        if len({place.name for place in value}) < len(value):
            raise ValueError("two places have the same name")
        for one, other in permutations(value, 2):
            if one.holds(other):
                raise ValueError(f"{other.name} ({other.address}) / {one.name} ({one.address}): the same place")
        return value

    @field_validator("quality")
    @classmethod
    def _known_measures(cls, value: dict[Material, dict[str, float]]) -> dict[Material, dict[str, float]]:
        known = {each.name for each in fields(Thresholds)}
        wrong = sorted({name for limits in value.values() for name in limits} - known)
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: one of {', '.join(sorted(known))}")
        for name, limit in (item for limits in value.values() for item in limits.items()):
            if name in _WHOLE and limit != int(limit):
                raise ValueError(f"{name} = {limit:g}: 0, 1, 2 …")
        return value

    def thresholds(self, material: Material) -> Thresholds:
        """The limits of quality for a material: the usual ones, with what this file says."""
        return from_plain(Thresholds, plain(usual(material)) | self.quality.get(material, {}))

    @property
    def organisation(self) -> Organisation:
        """The institution as the packages name it."""
        return Organisation(self.institution.sigla, self.institution.name)


class Home(BaseModel):
    """A repository's settings with the folder they lie in; every path in it is absolute."""

    model_config = ConfigDict(frozen=True)
    folder: Path
    settings: Settings
    digest: str

    @property
    def batches(self) -> Path:
        """Where batch folders live."""
        return self.folder / self.settings.paths.work / "batches"

    @property
    def journal(self) -> Path:
        """The journal's root."""
        return self.folder / self.settings.paths.journal

    @property
    def protocols(self) -> Path:
        """Where protocols of audits, drills and reports are put."""
        return self.folder / "protocols"

    @property
    def quarantine(self) -> Path:
        """Where bags from outside wait at the gate."""
        return self.folder / self.settings.paths.work / "gate"

    @property
    def policy(self) -> Policy:
        """What makes a version safe."""
        given = self.settings.policy
        return Policy(given.copies, given.sites, given.media)

    @property
    def catalogue(self) -> Path:
        """The catalogue's database file."""
        return self.folder / self.settings.paths.catalogue / "catalogue.db"

    @property
    def images(self) -> Path:
        """Where the catalogue keeps copies of page images for readers; they can be made again."""
        return self.catalogue.parent / "images"

    @property
    def people(self) -> Path:
        """What people do in the catalogue: accounts, proposals, lists, the log of who came."""
        return self.folder / "people"

    def placed(self, table: Mapping[str, object]) -> dict[str, object]:
        """A table of the settings file with its `path`, if it has one, made absolute."""
        path = table.get("path")
        return {**table, "path": str(self.folder / str(path))} if path else dict(table)

    @property
    def schemas(self) -> Path | None:
        """The folder of XML schemas, or None when there is none."""
        given = self.settings.paths.schemas
        folder = self.folder / given if given else None
        return folder if folder and (folder / "ndk" / "ndk-combined.xsd").is_file() else None


def find_home(given: Path | None) -> Path:
    """The folder of the repository: as given, else KDR_HOME, else this folder or the nearest above that has kdr.toml.

    Raises:
        Problem: E006, there is none.
    """
    wish = given or (Path(os.environ["KDR_HOME"]) if os.environ.get("KDR_HOME") else None)
    here = Path.cwd()
    candidates = [wish] if wish else [here, *here.parents]
    for folder in candidates:
        if (folder / NAME).is_file():
            return folder.resolve()
    raise Problem("E006", wish or here)


def load(folder: Path) -> Home:
    """Read kdr.toml in `folder`.

    Raises:
        Problem: E005, it is wrong; the finding names the key and its limit.
    """
    file = folder / NAME
    content = file.read_bytes()
    try:
        settings = Settings.model_validate(tomllib.loads(content.decode("utf-8-sig")))
    except ValidationError as error:
        raise Problem("E005", file, why=faults_told(error.errors(), Settings.model_fields)[:400]) from None
    except ValueError as error:
        raise Problem("E005", file, why=toml_refused(error)) from None
    return Home(folder=folder, settings=settings, digest=hashlib.sha512(content).hexdigest())
