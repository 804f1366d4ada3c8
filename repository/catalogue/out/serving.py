"""How the server of the catalogue runs (uvicorn): limits, how it stops, and the lines it may write of requests."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from repository.catalogue.out.metrics import ACCESS

HOW: dict[str, Any] = {
    "lifespan": "on",
    "workers": 1,
    "log_level": "warning",
    # Whose word for the reader's address is taken says our own setting, not uvicorn's (which trusts this machine).
    "proxy_headers": False,
    "server_header": False,
    # The wheel that Datasette brings; no web sockets are spoken here.
    "http": "h11",
    "ws": "none",
    # A page view asks for some thirty tiles: room for fifty readers at once, and an answer 503 for more.
    "limit_concurrency": 1600,
    "h11_max_incomplete_event_size": 64 * 1024,
    "backlog": 1024,
    # Longer than a reverse proxy keeps a connection idle, so that it is never closed under its hands.
    "timeout_keep_alive": 75,
    "timeout_graceful_shutdown": 15,
}
"""Arguments of uvicorn; times in seconds, sizes in bytes."""


def log_requests() -> None:
    """Write a line for every request to standard output when KDR_ACCESS_LOG is 1."""
    if os.environ.get("KDR_ACCESS_LOG") == "1":
        lines = logging.StreamHandler(sys.stdout)
        lines.setFormatter(logging.Formatter("%(message)s"))
        ACCESS.addHandler(lines)
        ACCESS.setLevel(logging.INFO)
        ACCESS.propagate = False
