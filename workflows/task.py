"""What a worker needs to know to work on one page, and where the page's results lie."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingest.material import Material, Thresholds
from ingest.quality import Declared
from metadata.file import FileRef
from metadata.finding import Finding
from metadata.model import Page, VolumeId
from metadata.tool import Limits
from workflows.step import Record, read_record


class Choosing(StrEnum):
    """What of language and script is chosen page by page, because nobody told."""

    NOTHING = "nothing"
    SCRIPT = "script"
    ALL = "language and script"


@dataclass(frozen=True, slots=True)
class Rules:
    """How pages of a batch are made, frozen when it starts (see settings.PageRules for the meaning of each)."""

    max_megapixels: int
    user_copy_ratio: float
    encoder: str
    ocr: str
    ocr_dpi: int
    weak_confidence: float
    limits: Limits
    # As pages were made before there were such rules.
    crop: str = "none"
    dewarp: bool = False
    spelling: str = "diplomatic"


@dataclass(frozen=True, slots=True)
class PageTask:
    """One page to be made.

    `batch` is the batch folder, `languages` are ISO 639-2/T codes: those told, else the usual ones.
    """

    batch: str
    volume: VolumeId
    folder: str
    page: Page
    scan: FileRef
    claimed: str
    scanner: str
    operator: str
    declared: Declared
    languages: tuple[str, ...]
    script: str
    material: Material
    thresholds: Thresholds
    rules: Rules
    choosing: Choosing = Choosing.NOTHING

    @property
    def key(self) -> str:
        """The page in task names and logs: volume and number."""
        return f"{self.volume}-{self.page.number}"

    @property
    def subject(self) -> str:
        """The page as people know it: folder, scan, and which image of it if there are several."""
        frame = f" [{self.page.frame + 1}]" if self.page.frame else ""
        return f"{self.folder}/{self.page.scan}{frame}"

    @property
    def place(self) -> Path:
        """The folder of the page's results."""
        return page_folder(Path(self.batch), self.volume, self.page)

    @property
    def scan_path(self) -> Path:
        """The claimed scan."""
        return Path(self.batch) / "delivery" / self.scan.path

    def record(self, step: str) -> Record:
        """What an earlier step of this page left.

        Raises:
            LookupError: nothing.
        """
        found = read_record(self.place / step)
        if found is None:
            raise LookupError(f"{self.subject}: step {step} left no record")
        return found

    def file(self, step: str, role: str) -> Path:
        """The file an earlier step left in `role`."""
        return self.place / step / self.record(step).output(role).path


@dataclass(frozen=True, slots=True)
class PageEnd:
    """How a page ended: good, or stopped at a step with findings; `reused` when nothing had to be done."""

    volume: VolumeId
    number: str
    subject: str
    good: bool
    reused: bool
    step: str
    findings: tuple[Finding, ...]


def volume_folder(batch: Path, volume: VolumeId) -> Path:
    """Where a volume's pages and package are made."""
    return batch / "volumes" / volume


def page_folder(batch: Path, volume: VolumeId, page: Page) -> Path:
    """Where a page's results lie."""
    return volume_folder(batch, volume) / page.number
