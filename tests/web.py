"""The catalogue served on this machine by a real server in a thread, for clients that speak HTTP only."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from repository.catalogue.house import House
from repository.catalogue.out.serving import HOW
from repository.catalogue.serve import application
from tests.servers import HERE, free_port
from tests.stored_volumes import close


@contextmanager
def serving(house: House) -> Iterator[str]:
    """The address of the catalogue of `house` while it is served."""
    port, served = free_port(), application(house)
    config = uvicorn.Config(served.app(), host=HERE, port=port, **HOW)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < until, "the server did not open its door"
            time.sleep(0.01)
        yield f"http://{HERE}:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
        close(served)
