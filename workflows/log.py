"""Log lines on standard error, for programs and those who watch them: JSON, Czech text readable.

A module of its own, because most commands log nothing, and structlog takes a tenth of a second to import.
"""

from __future__ import annotations

import logging
import sys
from functools import cache
from typing import Any

import structlog


def log(**always: object) -> Any:  # noqa: ANN401 - structlog's own loggers have no narrower type
    """A logger that says `always` in every line."""
    _configured()
    return structlog.get_logger().bind(**always)


@cache
def _configured() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
