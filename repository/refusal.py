"""What a disk refuses, told as a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from metadata.problem import Problem


@contextmanager
def refusals(subject: object, present: Callable[[], None] | None = None) -> Iterator[None]:
    """What the disk (or the bucket) under `subject` refuses within the block becomes Problem S003.

    Unless `present`, which looks whether it is still there, raises first: one taken away is no broken one.
    """
    try:
        yield
    except OSError as error:
        if present:
            present()
        raise Problem("S003", subject, why=error.strerror or str(error)) from error
