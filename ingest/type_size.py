"""Resolution against physical size: whether the page and its letters have sizes that originals have."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.page_view import PageView


@dataclass(frozen=True, slots=True)
class PhysicalSize:
    """What the stated resolution makes of the page, in millimetres: its sides, and the height of its letters (or 0)."""

    short_mm: float
    long_mm: float
    letter_mm: float


def physical_size(page: PageView) -> PhysicalSize:
    """Sizes as the page's resolution says; implausible ones say that the resolution is wrong."""
    short, long = (side / page.dpi * 25.4 for side in sorted(page.shade.shape))
    return PhysicalSize(round(short, 1), round(long, 1), round(page.letter_mm, 2) if page.has_text else 0.0)
