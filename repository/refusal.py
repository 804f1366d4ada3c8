"""What a disk refuses, told as a finding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from metadata.problem import Problem


@contextmanager
def refusals(subject: object) -> Iterator[None]:
    """What the disk (or the bucket) under `subject` refuses within the block becomes Problem S003."""
    try:
        yield
    except OSError as error:
        raise Problem("S003", subject, why=error.strerror or str(error)) from error
